//! A sequence in place of its file's content, or a file for each of its units: a chunk for each statement, outside the
//! migrator's transaction.
//!
//! The migrator runs everything pending in one transaction and sends chunk by chunk. `COMMIT` ends that transaction, so
//! that each chunk commits by itself, and `START TRANSACTION` gives it back for the ledger. Measured with drizzle-kit and
//! the migrators of node-postgres, postgres-js and pglite. A failed run begins at the file's first chunk again, so every
//! chunk must be able to run again.

use super::super::migration::Migration;
use super::super::page::{Commands, Page, validation};
use super::super::plpgsql::{
    batches, dropped_if_invalid, guarded, is_missing, must_be_valid, retried, validated_if_there,
};
use super::super::rerun::{
    is_guarded_by_its_author, is_made_anew, is_temporary, makes_again, only_adds, runs_again, settled,
};
use super::super::{LaidOut, Layout, LayoutSettings, Refusal, with_line_ends_of};
use super::{FILE, SEPARATOR};
use crate::operation::{CreateIndex, Fixed, Ident, Operation, QualifiedName, TransactionControl};
use crate::plan::{Sequence, Step, Unit, UnitKind};
use crate::sql::render;

/// The longest name of a part in bytes, without its number or time: file systems take 255.
const MAX_WORDS: usize = 200;

/// `BEGIN` would not do: postgres-js with a pool refuses that word in the server's answer.
const BACK: &str = "-- The migrator goes on in a transaction: its ledger belongs to it.\nSTART TRANSACTION;";

pub(super) fn lay_out(migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut> {
    if sequence.units.is_empty() {
        return Vec::new();
    }
    let layout = Chunks { migration, sequence, settings };
    let one_file = settings.layout != Some(Layout::Step) || stays_one_file(migration, sequence).is_some();
    let by_step = !one_file && layout.end() > 1;
    let mut files = if by_step { layout.files() } else { vec![layout.chunks()] };
    let end = migration.comments_at_the_end();
    if let Some(last) = files.last_mut().and_then(|chunks| chunks.last_mut()).filter(|_| !end.is_empty()) {
        *last = format!("{}\n{end}", last.trim_end());
    }
    let last = files.len() - 1;
    let file = |(at, chunks): (usize, &Vec<String>)| {
        let path = match at == last {
            true => migration.path().clone(),
            false => migration.path().with_file_name(part_name(&migration.name, at, last + 1, &sequence.units[at])),
        };
        LaidOut { path, content: content(chunks, &migration.source.text), unit: at }
    };
    files.iter().enumerate().map(file).collect()
}

/// Chunks as a file that ends as the original does.
fn content(chunks: &[String], original: &str) -> String {
    let chunks: Vec<&str> = chunks.iter().map(|chunk| chunk.trim()).collect();
    let mut content = chunks.join(&format!("\n{SEPARATOR}\n"));
    if original.ends_with('\n') {
        content.push('\n');
    }
    with_line_ends_of(original, content)
}

/// Why the steps of a migration have to stay in one file, if they have to.
pub(super) fn stays_one_file(migration: &Migration, sequence: &Sequence) -> Option<&'static str> {
    if migration.leaves_open || migration.items.iter().any(|item| item.fixed == Some(Fixed::Transaction)) {
        return Some("it begins or ends transactions of its own, so its steps stay in one file");
    }
    // Where the migrator goes by names, a database that ran the migration knows the last file and runs the others.
    let by_name = migration.path().file_name() == Some(FILE);
    (by_name && !only_adds(sequence.units.iter().flat_map(|unit| &unit.steps))).then_some(
        "a database that ran it would run all files but the last again, and they take away what that one makes: its steps \
         stay in one file",
    )
}

/// True when a file holds statements that run once, with its row in the ledger.
pub(super) fn ends_in_transaction(text: &str) -> bool {
    text.rsplit_once("START TRANSACTION;").is_some_and(|(_, rest)| rest.contains(SEPARATOR))
}

/// The words of a part's name, without the time or number that its place in the folder gives it.
fn part_name(name: &str, at: usize, parts: usize, unit: &Unit) -> String {
    let width = parts.to_string().len().max(2);
    let slug = unit.steps.first().map_or("step", |step| step.slug.as_str());
    let mut words = words(name).to_owned();
    while words.len() + slug.len() > MAX_WORDS {
        if words.pop().is_none() {
            break;
        }
    }
    format!("{words}_{:0width$}_{slug}", at + 1)
}

/// A migration's name without its number or time.
pub(super) fn words(name: &str) -> &str {
    name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_')
}

/// Which step a file begins with and what it is a part of, as its first line says.
pub(super) fn part_of(text: &str) -> Option<(usize, &str)> {
    let (number, rest) = text.lines().next()?.strip_prefix("-- Step ")?.split_once(" of ")?;
    let (_, rest) = rest.split_once(" of ")?;
    let (words, _) = rest.split_once(": ")?;
    Some((number.parse().ok()?, words))
}

/// The first step that can neither run again nor wait for the end of the file.
pub(super) fn refuse(migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Option<Refusal> {
    let layout = Chunks { migration, sequence, settings };
    let end = layout.end();
    let stuck = (0..end).find_map(|at| sequence.units[at].steps.iter().find(|step| layout.again(at, step).is_none()));
    let steps: Vec<&Step> = layout.steps().collect();
    let remade = || (0..steps.len()).find(|at| makes_again(steps[*at], steps[at + 1..].iter().copied()));
    let step = stuck.or_else(|| remade().map(|at| steps[at]))?;
    let why = match &step.operation {
        Operation::SetParameter { .. } | Operation::LockTable { .. } | Operation::Transaction(_) => {
            "needs the migrator's one transaction, which safe steps must leave"
        }
        _ => "would run again when a later step fails",
    };
    Some(Refusal { item: step.from, why: format!("{why}; put it in a migration of its own") })
}

struct Chunks<'a> {
    migration: &'a Migration,
    sequence: &'a Sequence,
    settings: &'a LayoutSettings,
}

impl<'a> Chunks<'a> {
    fn chunks(&self) -> Vec<String> {
        let mut told = vec![false; self.migration.statements.len()];
        let end = self.end();
        let units = |from: usize, to: usize, told: &mut [bool]| -> Vec<String> {
            (from..to).flat_map(|at| self.unit(at, told)).collect()
        };
        let mut chunks = Vec::new();
        if !self.begins_with_commit() {
            chunks.push("COMMIT;".to_owned());
        }
        chunks.extend(units(0, end, &mut told));
        if let Some(first) = chunks.first_mut() {
            *first = format!("{}\n{first}", self.header());
        }
        if !self.migration.leaves_open {
            chunks.push(BACK.to_owned());
        }
        chunks.extend(units(end, self.sequence.units.len(), &mut told));
        chunks
    }

    /// A file for each unit, in the shape of one file. What commits with its ledger row goes into the last.
    fn files(&self) -> Vec<Vec<String>> {
        let mut told = vec![false; self.migration.statements.len()];
        let end = self.end();
        let mut files: Vec<Vec<String>> = (0..end)
            .map(|at| {
                let mut chunks = vec![format!("{}\nCOMMIT;", self.part_header(at))];
                chunks.extend(self.unit(at, &mut told));
                chunks.push(BACK.to_owned());
                chunks
            })
            .collect();
        let rest = (end..self.sequence.units.len()).flat_map(|at| self.unit(at, &mut told));
        if let Some(last) = files.last_mut() {
            last.extend(rest);
        }
        files
    }

    fn part_header(&self, at: usize) -> String {
        let (name, of) = (words(&self.migration.name), self.sequence.units.len());
        format!(
            "-- Step {} of {of} of {name}: it has its own commit, so COMMIT ends the migrator's transaction first.\n\
             -- When it fails, the same command begins this file again: what was done runs again as a no-op.",
            at + 1
        )
    }

    fn header(&self) -> String {
        let name = words(&self.migration.name);
        let steps = match self.sequence.units.len() {
            1 => "1 step with its own commit".to_owned(),
            count => format!("{count} steps, each with its own commit"),
        };
        format!(
            "-- {name}: {steps}, so COMMIT ends the migrator's transaction first.\n-- When a step fails, the same command \
             goes on with it: what was done before stays, and runs again as a no-op."
        )
    }

    fn begins_with_commit(&self) -> bool {
        let first = self.sequence.units.first().and_then(|unit| unit.steps.first());
        first.is_some_and(|step| step.operation == Operation::Transaction(TransactionControl::Commit))
    }

    /// The first unit that runs in the migrator's transaction again, behind everything else: from there on all stays in
    /// the author's words, and something would not bear to run twice.
    fn end(&self) -> usize {
        let units = &self.sequence.units;
        let as_written = |at: usize| {
            let unit = &units[at];
            let in_words = matches!(unit.kind, UnitKind::Free | UnitKind::AsWritten);
            in_words && unit.steps.iter().all(|step| self.fixed(step) != Some(Fixed::Transaction))
        };
        let tail = (0..units.len()).rev().take_while(|at| as_written(*at)).last().unwrap_or(units.len());
        let once = |at: &usize| units[*at].steps.iter().any(|step| self.again(*at, step).is_none());
        (tail..units.len()).find(once).unwrap_or(units.len())
    }

    fn fixed(&self, step: &Step) -> Option<Fixed> {
        self.migration.items[step.from].fixed
    }

    fn page(&self, at: usize) -> Page<'a> {
        Page { migration: self.migration, sequence: self.sequence, settings: self.settings, at, commands: &Migrate }
    }

    fn steps(&self) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        self.sequence.units.iter().flat_map(|unit| &unit.steps)
    }

    /// A step's statement in a form that can run again, when there is one.
    fn again(&self, at: usize, step: &Step) -> Option<String> {
        let statement = self.migration.statement_of(step.from);
        let decides = self.fixed(step) == Some(Fixed::Block);
        if decides {
            return None;
        }
        // The author's own guard stays around it.
        if step.verbatim && statement.in_do {
            let whole = statement.span.slice(&self.migration.source.text);
            return is_guarded_by_its_author(&step.operation, whole).then(|| whole.to_owned());
        }
        let slice = match step.verbatim {
            true => self.page(at).slice(step),
            false => render::statement(&step.operation).unwrap_or_default(),
        };
        let earlier = self.steps().take_while(|other| !std::ptr::eq(*other, step));
        if is_made_anew(&step.operation, earlier) {
            return Some(slice);
        }
        let text = runs_again(&step.operation, &slice)?;
        // A block cannot stand in the block that tries again, which has guards of its own.
        match self.sequence.units[at].kind == UnitKind::Brief && text.starts_with("DO ") {
            true => is_missing(&step.operation).map(|_| slice),
            false => Some(text),
        }
    }

    fn unit(&self, at: usize, told: &mut [bool]) -> Vec<String> {
        let page = self.page(at);
        let unit = page.unit();
        if matches!(unit.kind, UnitKind::Free | UnitKind::AsWritten) {
            let mut chunks = self.in_words(at, told);
            if let Some(first) = chunks.first_mut() {
                *first = format!("{}{first}", page.header());
            }
            return chunks;
        }
        let comments = page.comments(told);
        let head = format!("{}{comments}", page.header());
        match unit.kind {
            UnitKind::Brief => {
                let again = |step: &Step| self.again(at, step).unwrap_or_else(|| page.slice(step));
                let operations: Vec<_> = unit.steps.iter().map(|s| (if_missing(&s.operation), again(s))).collect();
                let operations: Vec<_> = operations.iter().map(|(o, slice)| (o, slice.clone())).collect();
                let done = |operation: &Operation| settled(operation, self.steps());
                vec![head + &retried(&guarded(&operations, &done), self.settings)]
            }
            UnitKind::Validate => vec![head + &self.validate(&page)],
            _ => self.alone(unit, &page, &head),
        }
    }

    /// Every statement of a unit as a chunk, where it may run again in that form.
    fn in_words(&self, at: usize, told: &mut [bool]) -> Vec<String> {
        let page = self.page(at);
        if at >= self.end() {
            return page.as_written(told);
        }
        let mut chunks = Vec::new();
        let mut whole = Vec::new();
        for step in &page.unit().steps {
            let statement = self.migration.items[step.from].statement;
            let in_do = step.verbatim && self.migration.statements[statement].in_do;
            if in_do && whole.contains(&statement) {
                continue;
            }
            whole.push(statement);
            let text = self.again(at, step).unwrap_or_else(|| page.slice(step));
            let end = if text.trim_end().ends_with(';') { "" } else { ";" };
            let comments = page.comments_missing_in(&text, step, told);
            chunks.push(format!("{comments}{text}{end}"));
        }
        chunks
    }

    /// A validation must not miss a constraint that a finished run has taken away again.
    fn validate(&self, page: &Page<'_>) -> String {
        let all: Vec<&Step> = page.unit().steps.iter().collect();
        let constraints: Vec<_> = all.iter().filter_map(|step| self.temporary(step)).collect();
        if constraints.is_empty() {
            return validation(&all);
        }
        let rest: Vec<&Step> = all.iter().copied().filter(|step| self.temporary(step).is_none()).collect();
        let rest = (!rest.is_empty()).then(|| validation(&rest));
        validated_if_there(&constraints, validation(&all).trim_end(), rest.as_deref().map(str::trim_end))
    }

    /// The constraint of a validation that the sequence takes away again.
    fn temporary<'s>(&self, step: &'s Step) -> Option<(&'s QualifiedName, &'s Ident)> {
        let Operation::ValidateConstraint { table, name } = &step.operation else { return None };
        is_temporary(table, name, self.steps()).then_some((&table.name, name))
    }

    /// A build between two looks at what an earlier one left; a backfill; or what is alone otherwise.
    fn alone(&self, unit: &Unit, page: &Page<'_>, head: &str) -> Vec<String> {
        let step = &unit.steps[0];
        match &step.operation {
            Operation::Backfill(backfill) => vec![format!("{head}{}", batches(backfill, self.settings))],
            Operation::CreateIndex(index) => {
                let Some(name) = &index.name else { return vec![format!("{head}{};", page.slice(step))] };
                let place = index.table.sibling(name.clone());
                let build = Operation::CreateIndex(CreateIndex { if_not_exists: true, ..index.clone() });
                let build = render::statement(&build).unwrap_or_else(|| page.slice(step));
                let step = page.at + 1;
                vec![
                    format!(
                        "-- Before step {step}: an INVALID {place} that a failed build left is dropped\n{}",
                        dropped_if_invalid(&place, &index.table, self.settings)
                    ),
                    format!("{head}{build};"),
                    format!("-- After step {step}: the index must be valid\n{}", must_be_valid(&place)),
                ]
            }
            _ => {
                let text = self.again(page.at, step).unwrap_or_else(|| page.slice(step));
                let end = if text.trim_end().ends_with(';') { "" } else { ";" };
                vec![format!("{head}{text}{end}")]
            }
        }
    }
}

/// An index that is built in an instant is built once.
fn if_missing(operation: &Operation) -> Operation {
    match operation {
        Operation::CreateIndex(index) => Operation::CreateIndex(CreateIndex { if_not_exists: true, ..index.clone() }),
        other => other.clone(),
    }
}

/// Whatever migrator it is, it is the same command again.
struct Migrate;

impl Commands for Migrate {
    fn again(&self) -> String {
        "run the same command again".into()
    }

    fn begin_again(&self) -> String {
        "Run the same command again".into()
    }

    fn after_failed_build(&self, _index: &str) -> String {
        " Run the same command again: it is dropped and built anew".into()
    }

    fn alone(&self) -> &'static str {
        ""
    }
}
