//! A sequence in place of its file's content, or in the files of its parts: a chunk for each statement, outside the
//! migrator's transaction.
//!
//! The migrator runs everything pending in one transaction and sends chunk by chunk. `COMMIT` ends that transaction, so
//! that each chunk commits by itself, and `START TRANSACTION` gives it back for the ledger. Measured with drizzle-kit and
//! the migrators of node-postgres, postgres-js and pglite. A failed run begins at the file's first chunk again, so every
//! chunk must be able to run again.

use super::super::header::{self, BEGINS_AGAIN, NAME, RUNS_ONCE, SQL, Steps, comment};
use super::super::line_ends::LineEnds;
use super::super::migration::Migration;
use super::super::page::{Commands, Page};
use super::super::plpgsql::{batches, before_build, by_itself, must_be_valid};
use super::super::rerun::Again;
use super::super::statements::Rerunnable;
use super::super::{Body, Idiom, Layout, LayoutSettings, Sequenced};
use super::names::{part_name, waiting_name, words};
use super::runners;
use super::{FILE, SEPARATOR};
use crate::operation::{CreateIndex, DataOperation, IndexOperation, Operation, SessionOperation, TransactionControl};
use crate::plan::files::{Files, Part, is_one_transaction};
use crate::plan::{Phase, Sequence, Unit, UnitKind};
use crate::sql::{one_line, render};

/// `BEGIN` would not do: postgres-js with a pool refuses that word in the server's answer.
const BACK: &str = "-- The migrator goes on in a transaction: its ledger belongs to it.\nSTART TRANSACTION;";

pub(super) struct Chunks;

impl Idiom for Chunks {
    fn notes(&self, of: &Sequenced<'_>) -> Vec<String> {
        if of.sequence.units.is_empty() {
            return Vec::new();
        }
        let proved = "proved with drizzle-kit migrate and migrate() over node-postgres, postgres-js and PGlite; not for \
                      neon-http, and not inside db.transaction()";
        let takes_time = |unit: &Unit| matches!(unit.kind, UnitKind::Alone | UnitKind::Validate);
        let lifetime =
            "postgres-js closes its connection after 30 to 60 minutes: ?max_lifetime=86400 on the URL for long steps";
        let lifetime = of.sequence.units.iter().any(takes_time).then(|| lifetime.to_owned());
        let of_files = notes_on_files(of);
        [proved.to_owned()].into_iter().chain(lifetime).chain(of_files).collect()
    }

    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body> {
        let Sequenced { migration, sequence, files: Files { parts, own, .. }, settings } = *of;
        let again = Again::new(migration, &sequence.units);
        let layout = InChunks { migration, sequence, settings, again: &again };
        let mut commented = vec![false; migration.statements.len()];
        let mut files: Vec<Vec<String>> =
            parts.iter().map(|part| layout.chunks(*part, parts.len(), &mut commented)).collect();
        let end = migration.comments_at_the_end();
        if let Some(last) = files.last_mut().and_then(|chunks| chunks.last_mut()).filter(|_| !end.is_empty()) {
            *last = format!("{}\n{end}", last.trim_end());
        }
        let hides_a_rename = hides_a_rename(migration, &files);
        if let Some(last) = own.and_then(|own| files[own].last_mut()).filter(|_| hides_a_rename) {
            *last = format!("{}\n{last}", comment(SQL, RENAMED));
        }
        // What waits comes in as a migration of its own.
        let waits = |at: usize| own.is_none_or(|own| phase(sequence, parts[at]) != phase(sequence, parts[own]));
        let body = |(at, chunks): (usize, &Vec<String>)| {
            let block = parts[at].from;
            let words = match Some(at) == *own {
                true => None,
                false if waits(at) => {
                    let of_phase = |other: &usize| phase(sequence, parts[*other]) == phase(sequence, parts[at]);
                    let (before, of) = ((0..at).filter(of_phase).count(), (0..parts.len()).filter(of_phase).count());
                    let name = (migration.name.as_str(), phase(sequence, parts[at]).word());
                    Some(waiting_name(name, (before, of), sequence.block(block)))
                }
                false => Some(part_name(&migration.name, at, parts.len(), sequence.block(block))),
            };
            Body { words, text: text(chunks, migration.text()), block }
        };
        files.iter().enumerate().map(body).collect()
    }

    /// The journal and the snapshots know it, so it stays.
    fn nothing_yet(&self, migration: &Migration) -> Option<Body> {
        let lines = [
            format!("{}: nothing runs yet. What it does waits for a deploy.", words(&migration.name)),
            format!("`safestep status` says for which one, `safestep release {NAME}` brings it in then."),
        ];
        let text = lines.map(|line| comment(SQL, &line)).join("\n") + "\n";
        Some(Body { words: None, text: LineEnds::of(migration.text()).in_text(text), block: 0 })
    }
}

fn phase(sequence: &Sequence, part: Part) -> Phase {
    sequence.block(part.from).first().map_or(Phase::Expand, |unit| unit.phase)
}

/// What to know of the files that a sequence becomes, one sentence each.
fn notes_on_files(of: &Sequenced<'_>) -> Vec<String> {
    let Sequenced { sequence, files: Files { parts, one_file, own }, settings, .. } = of;
    let of_now = |part: &&Part| own.is_some_and(|own| phase(sequence, **part) == phase(sequence, parts[own]));
    let files = parts.iter().filter(of_now).count();
    let one_file = one_file.as_ref().filter(|_| settings.layout == Some(Layout::Step) && sequence.blocks.len() > 1);
    let recorded = (files > 1 && settings.layout != Some(Layout::Step))
        .then(|| format!("{files} files: what must run only once is recorded before the next one begins"));
    one_file.map(|why| format!("{why}: its steps stay in one file")).into_iter().chain(recorded).collect()
}

/// Chunks as a file that ends as the original does.
fn text(chunks: &[String], original: &str) -> String {
    let chunks: Vec<&str> = chunks.iter().map(|chunk| chunk.trim()).collect();
    let mut text = chunks.join(&format!("\n{SEPARATOR}\n"));
    if original.ends_with('\n') {
        text.push('\n');
    }
    LineEnds::of(original).in_text(text)
}

/// Told of what a snapshot of 1.0 does not tell: who reads the snapshots looks for the word in the file beside one.
const RENAMED: &str = "drizzle-kit wrote a RENAME here: its snapshot says nothing of it.";

fn hides_a_rename(migration: &Migration, files: &[Vec<String>]) -> bool {
    let has_word = |text: &str| text.to_ascii_uppercase().contains("RENAME");
    let is_in_folder = migration.path().file_name() == Some(FILE);
    is_in_folder && has_word(migration.text()) && !files.iter().flatten().any(|chunk| has_word(chunk))
}

/// True when a file holds statements that run once, with its row in the ledger.
pub(super) fn ends_in_transaction(text: &str) -> bool {
    text.rsplit_once("START TRANSACTION;").is_some_and(|(_, rest)| rest.contains(SEPARATOR))
}

struct InChunks<'a> {
    migration: &'a Migration,
    sequence: &'a Sequence,
    settings: &'a LayoutSettings,
    /// All units.
    again: &'a Again<'a>,
}

impl<'a> InChunks<'a> {
    /// A file, one of `of`: its blocks outside the migrator's transaction, then those inside.
    fn chunks(&self, part: Part, of: usize, commented: &mut [bool]) -> Vec<String> {
        if part.from == part.once && of > 1 {
            return self.inside(part, commented);
        }
        let mut chunks = Vec::new();
        if !(part.from == 0 && self.begins_with_commit()) {
            chunks.push("COMMIT;".to_owned());
        }
        (part.from..part.once).for_each(|at| chunks.extend(self.block(at, false, commented)));
        if let Some(first) = chunks.first_mut() {
            *first = format!("{}\n{first}", self.header(part, of));
        }
        if !self.migration.leaves_open {
            chunks.push(BACK.to_owned());
        }
        (part.once..part.to).for_each(|at| chunks.extend(self.block(at, true, commented)));
        chunks
    }

    /// A file that runs once, as a whole.
    fn inside(&self, part: Part, commented: &mut [bool]) -> Vec<String> {
        let page = self.page(part.from, true);
        let (first, of) = (part.from + 1, self.sequence.blocks.len());
        let header = [
            header::of_file(Steps { first, last: first, of }, words(&self.migration.name), &page.what()),
            RUNS_ONCE.to_owned(),
            header::if_it_fails("nothing has changed. Run the same command again"),
        ];
        let mut chunks = runners::once(page.as_written_by_step(commented));
        (part.from + 1..part.to).for_each(|at| chunks.extend(self.block(at, true, commented)));
        if let Some(first) = chunks.first_mut() {
            let lines: Vec<String> = header.iter().map(|line| comment(SQL, line)).chain(page.undo()).collect();
            *first = format!("{}\n{first}", lines.join("\n"));
        }
        chunks
    }

    fn header(&self, part: Part, of: usize) -> String {
        let (name, steps) = (words(&self.migration.name), self.sequence.blocks.len());
        let steps_of_file = Steps { first: part.from + 1, last: part.once, of: steps };
        let [when_it_fails, when_one_fails] = BEGINS_AGAIN.map(str::to_owned);
        let ends = "so COMMIT ends the migrator's transaction first.";
        let lines = match (of, part.once - part.from) {
            (1, _) => {
                let steps = match steps {
                    1 => "1 step with its own commit".to_owned(),
                    count => format!("{count} steps, each with its own commit"),
                };
                [
                    format!("{name}: {steps}, {ends}"),
                    "When a step fails, the same command goes on with it: what was done before stays, and runs again as a \
                     no-op."
                        .to_owned(),
                ]
            }
            (_, 1) => [header::of_file(steps_of_file, name, &format!("it has its own commit, {ends}")), when_it_fails],
            _ => [header::of_file(steps_of_file, name, &format!("each has its own commit, {ends}")), when_one_fails],
        };
        lines.map(|line| comment(SQL, &line)).join("\n")
    }

    fn begins_with_commit(&self) -> bool {
        let first = self.sequence.units.first().and_then(|unit| unit.steps.first());
        first.is_some_and(|step| {
            step.operation == Operation::Session(SessionOperation::Transaction(TransactionControl::Commit))
        })
    }

    /// The block at an index, and whether the migrator's transaction holds it.
    fn page(&self, at: usize, in_transaction: bool) -> Page<'a> {
        Page {
            migration: self.migration,
            sequence: self.sequence,
            settings: self.settings,
            at,
            commands: &Migrate,
            one_session: true,
            in_transaction,
            again: (!in_transaction).then_some(self.again),
        }
    }

    fn block(&self, at: usize, inside: bool, commented: &mut [bool]) -> Vec<String> {
        let page = self.page(at, inside);
        if matches!(page.kind(), UnitKind::Free | UnitKind::AsWritten) {
            let mut chunks = match inside {
                true => runners::once(page.as_written_by_step(commented)),
                false => self.in_words(at, commented),
            };
            if !inside && is_one_transaction(self.migration, page.units()) {
                chunks.insert(0, "START TRANSACTION;".to_owned());
                chunks.push("COMMIT;".to_owned());
            }
            let sent = chunks.join("\n");
            if let Some(first) = chunks.first_mut() {
                *first = format!("{}{first}", page.header(&sent));
            }
            return chunks;
        }
        if page.kind() == UnitKind::Brief {
            let (comments, sql) = page.block(|unit| self.again.brief(unit), page.turn().as_deref(), commented);
            return vec![page.header("") + &comments + &sql];
        }
        if page.kind() == UnitKind::Validate && page.units().len() > 1 {
            let (comments, sql) = page.block(|unit| vec![self.again.validate(unit)], None, commented);
            return vec![page.header("") + &comments + &sql];
        }
        let head = page.header("") + &page.comments(commented);
        match page.kind() {
            UnitKind::Validate => {
                let statement = self.again.validate(&page.units()[0]);
                let is_block = statement.starts_with("IF ") || statement.starts_with("BEGIN\n");
                vec![head + &if is_block { by_itself(&statement) } else { statement }]
            }
            _ => self.alone(&page, &head),
        }
    }

    /// Every statement of a block as a chunk, where it may run again in that form.
    fn in_words(&self, at: usize, commented: &mut [bool]) -> Vec<String> {
        let page = self.page(at, false);
        let chunk = |Rerunnable { comments, text }| format!("{comments}{text}");
        page.in_words_again(commented).into_iter().map(chunk).collect()
    }

    /// A build between two looks at what an earlier one left; a backfill; or what is alone otherwise.
    fn alone(&self, page: &Page<'_>, head: &str) -> Vec<String> {
        let unit = &page.units()[0];
        let step = &unit.steps[0];
        match &step.operation {
            Operation::Data(DataOperation::Backfill(_)) => {
                vec![format!("{head}{}", batches(&page.backfills(), self.settings))]
            }
            Operation::Index(IndexOperation::Create(index)) => {
                let Some(name) = &index.name else { return vec![format!("{head}{};", page.slice(step))] };
                let place = index.table.sibling(name.clone());
                let build = CreateIndex { if_not_exists: true, ..index.clone() };
                let build = Operation::Index(IndexOperation::Create(build));
                let build = render::statement(&build).unwrap_or_else(|| page.slice(step));
                let step = page.at + 1;
                vec![
                    format!(
                        "{}\n{}",
                        comment(SQL, &header::before_build(step, &one_line(&place.to_string()))),
                        before_build(&place, &index.table, self.settings)
                    ),
                    format!("{head}{build};"),
                    format!("{}\n{}", comment(SQL, &header::after_build(step)), must_be_valid(&place, index)),
                ]
            }
            _ => {
                let text = self.again.statement(step).unwrap_or_else(|| page.slice(step));
                let end = if text.trim_end().ends_with(';') { "" } else { ";" };
                vec![format!("{head}{text}{end}")]
            }
        }
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

    fn after_failed_build(&self) -> &'static str {
        " Run the same command again: it is dropped and built anew"
    }
}
