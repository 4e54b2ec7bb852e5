//! A sequence as Prisma's folders: one unit a folder, one statement a file.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::migration::Migration;
use super::super::plpgsql::{batches, guarded, retried};
use super::super::{LaidOut, LayoutSettings};
use super::FILE;
use crate::operation::{Operation, QualifiedName};
use crate::plan::{Sequence, Step, Undo, Unit, UnitKind};
use crate::sql::render;

/// The longest folder name in bytes: the ledger's column and most file systems.
const MAX_NAME: usize = 255;

pub(super) fn lay_out(migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut> {
    let folder = migration.path().parent().and_then(Utf8Path::parent).map(Utf8Path::to_owned).unwrap_or_default();
    let mut names = names(&migration.name, &sequence.units);
    if let Some(first) = names.first_mut().filter(|_| others_stand_beside(migration.path())) {
        first.clone_from(&migration.name);
    }
    let mut told = vec![false; migration.statements.len()];
    let last = sequence.units.len().saturating_sub(1);
    let mut files = Vec::new();
    for (at, unit) in sequence.units.iter().enumerate() {
        let page = Page { migration, sequence, settings, at, name: &names[at] };
        let mut content = page.header();
        content.push_str(&page.body(unit, &mut told));
        if at == last {
            let trailing = migration.trailing.slice(&migration.source.text).trim();
            if !trailing.is_empty() {
                content.push_str(&format!("\n{trailing}\n"));
            }
        }
        files.push(LaidOut {
            path: path(&folder, &names[at]),
            content: with_line_ends_of(&migration.source.text, content),
            unit: at,
        });
    }
    files
}

/// True when the migration's folder holds more than the migration, such as a `down.sql`: then the folder stays, as the
/// first of the sequence, because Prisma refuses a folder without a `migration.sql`.
fn others_stand_beside(file: &Utf8Path) -> bool {
    let entries = file.parent().and_then(|folder| folder.read_dir_utf8().ok());
    entries.into_iter().flatten().flatten().any(|entry| entry.file_name() != FILE)
}

fn path(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    folder.join(name).join(FILE)
}

/// A file with CRLF stays one.
fn with_line_ends_of(original: &str, content: String) -> String {
    if original.contains("\r\n") { content.replace("\r\n", "\n").replace('\n', "\r\n") } else { content }
}

/// A single unit keeps the migration's name; several get `_NN_slug`, padded, so that every order of names is the same.
fn names(name: &str, units: &[Unit]) -> Vec<String> {
    if units.len() == 1 {
        return vec![name.to_owned()];
    }
    let width = units.len().to_string().len().max(2);
    let suffix = |at: usize, unit: &Unit| {
        format!("_{:0width$}_{}", at + 1, unit.steps.first().map_or("step", |s| s.slug.as_str()))
    };
    units
        .iter()
        .enumerate()
        .map(|(at, unit)| {
            let suffix = suffix(at, unit);
            let mut stem = name.to_owned();
            while stem.len() + suffix.len() > MAX_NAME {
                stem.pop();
            }
            stem + &suffix
        })
        .collect()
}

/// What one file says and does.
struct Page<'a> {
    migration: &'a Migration,
    sequence: &'a Sequence,
    settings: &'a LayoutSettings,
    at: usize,
    name: &'a str,
}

impl Page<'_> {
    fn unit(&self) -> &Unit {
        &self.sequence.units[self.at]
    }

    /// What, why it is safe, how to go on when it fails, how to undo it.
    fn header(&self) -> String {
        let of = self.sequence.units.len();
        let short = self.migration.name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_');
        let title = if short.is_empty() { &self.migration.name } else { short };
        let mut lines = vec![match of {
            1 => format!("-- {title} · {}", self.what()),
            _ => format!("-- Step {} of {of} · {title} · {}", self.at + 1, self.what()),
        }];
        lines.extend(self.before());
        lines.push(format!("-- If it fails: {}", self.if_it_fails()));
        lines.extend(undo(self.unit()).into_iter().map(|undo| format!("-- Undo: {}", one_line(&undo))));
        lines.join("\n") + "\n"
    }

    fn what(&self) -> String {
        let unit = self.unit();
        let tables = listed(&unit.steps.iter().flat_map(|s| s.locked_tables()).collect::<Vec<_>>());
        let lock = unit.steps.iter().flat_map(|s| s.locks.iter().map(|(_, mode)| *mode)).max();
        let lock = lock.map(|l| l.to_string()).unwrap_or_default();
        match unit.kind {
            UnitKind::Free => "locks nothing that is in use".into(),
            UnitKind::Brief => match &self.settings.lock_timeout {
                Some(timeout) => format!("instant, waits at most {} for {tables} at a time ({lock})", spaced(timeout)),
                None => format!("instant once it has {tables} ({lock})"),
            },
            UnitKind::Validate => format!("reads all rows; reads and writes go on ({lock})"),
            UnitKind::Alone if matches!(unit.steps[0].operation, Operation::Backfill(_)) => {
                format!("fills rows in batches of {}, each with its own commit", self.settings.batch_size)
            }
            UnitKind::Alone => format!("takes its time; reads and writes go on ({lock}); keep it alone in this file"),
            UnitKind::AsWritten => "as written".into(),
        }
    }

    /// The query that must find nothing, where the rows begin to matter.
    fn before(&self) -> Vec<String> {
        let fails = |at: usize| match self.unit().kind {
            UnitKind::Brief => {
                self.sequence.units.iter().skip(at).position(|u| u.kind == UnitKind::Validate).map(|n| at + n + 1)
            }
            _ => Some(at + 1),
        };
        let steps = self.unit().steps.iter();
        steps
            .filter_map(|s| s.preflight.as_ref())
            .map(|query| match fails(self.at) {
                Some(step) if step != self.at + 1 => {
                    format!("-- Before: this must find nothing, or step {step} fails:  {};", one_line(query))
                }
                _ => format!("-- Before: this must find nothing, or it fails:  {};", one_line(query)),
            })
            .collect()
    }

    fn if_it_fails(&self) -> String {
        let again = format!("prisma migrate resolve --rolled-back {}, then prisma migrate deploy", self.name);
        let step = &self.unit().steps[0];
        match (self.unit().kind, &step.operation) {
            (UnitKind::Free | UnitKind::Brief, _) => format!("nothing has changed. {again}"),
            (UnitKind::Validate, _) => {
                format!("some row breaks the rule, or it was interrupted; nothing has changed. Mend the row, {again}")
            }
            (_, Operation::Backfill(_)) => format!("the batches so far are kept. {again}: it goes on where it was"),
            (UnitKind::Alone, Operation::CreateIndex(index)) => {
                let name = index.name.as_ref().map(|n| index.table.sibling(n.clone()).to_string()).unwrap_or_default();
                format!(
                    "it leaves an INVALID index.\n--   1. prisma db execute --stdin <<< 'DROP INDEX \
                         CONCURRENTLY IF EXISTS {name};'\n--   2. prisma migrate resolve --rolled-back {}\n--   \
                         3. prisma migrate deploy",
                    self.name
                )
            }
            (UnitKind::Alone, _) => again,
            (UnitKind::AsWritten, _) => format!("look at what it did, then {again}"),
        }
    }

    /// The author's comments on the unit's statements, each in the first file that says something of its statement.
    fn comments(&self, told: &mut [bool]) -> String {
        self.unit().steps.iter().map(|step| self.comments_on(step, told)).collect()
    }

    /// The author's comments before and inside the statement that a step comes from; nothing the second time.
    fn comments_on(&self, step: &Step, told: &mut [bool]) -> String {
        let at = self.migration.items[step.from].statement;
        if std::mem::replace(&mut told[at], true) {
            return String::new();
        }
        let statement = &self.migration.statements[at];
        let source = &self.migration.source.text;
        let leading = statement.leading.slice(source).trim();
        let inside = crate::sql::comments(statement.span.slice(source));
        let comments = Some(leading.to_owned()).filter(|l| !l.is_empty()).into_iter().chain(inside);
        comments.map(|comment| comment + "\n").collect()
    }

    fn body(&self, unit: &Unit, told: &mut [bool]) -> String {
        let statements = match unit.kind {
            UnitKind::Free | UnitKind::AsWritten => return self.as_written(unit, told),
            UnitKind::Brief => {
                let operations: Vec<_> = unit.steps.iter().map(|s| (&s.operation, self.slice(s))).collect();
                retried(&guarded(&operations), self.settings)
            }
            UnitKind::Validate => validate(unit),
            UnitKind::Alone => match &unit.steps[0].operation {
                Operation::Backfill(backfill) => batches(backfill, self.settings),
                operation => render::statement(operation).unwrap_or_else(|| self.slice(&unit.steps[0])) + ";\n",
            },
        };
        self.comments(told) + &statements
    }

    /// The operation as the source wrote it, as a statement of its own.
    fn slice(&self, step: &Step) -> String {
        let slice = self.migration.slice(step.from);
        let statement = self.migration.statement_of(step.from);
        let whole = statement.span.slice(&self.migration.source.text);
        match render::alter_target(&step.operation) {
            Some(table) if !starts_with_alter(slice) => format!("ALTER TABLE {table} {slice}"),
            _ if statement.items.len() == 1 && !statement.in_do => whole.trim_end().trim_end_matches(';').to_owned(),
            _ => match step.operation.table() {
                Some(table) if !starts_with_alter(slice) && is_table_attribute(&step.operation) => {
                    format!("ALTER TABLE {table} {slice}")
                }
                _ => slice.to_owned(),
            },
        }
    }

    /// Whole statements where the unit has all of them, with their comments, in the source's order.
    fn as_written(&self, unit: &Unit, told: &mut [bool]) -> String {
        let source = &self.migration.source.text;
        let mut text = String::new();
        let mut done = Vec::new();
        for step in &unit.steps {
            let at = self.migration.items[step.from].statement;
            let statement = &self.migration.statements[at];
            let own = unit.steps.iter().filter(|s| s.verbatim && statement.items.contains(&s.from)).count();
            if !step.verbatim || own < statement.items.len() {
                let rendered = render::statement(&step.operation).filter(|_| !step.verbatim);
                text.push_str(&self.comments_on(step, told));
                text.push_str(&format!("{};\n", rendered.unwrap_or_else(|| self.slice(step))));
            } else if !done.contains(&at) {
                done.push(at);
                told[at] = true;
                let gap = if text.is_empty() { "" } else { "\n" };
                let leading = statement.leading.slice(source).trim();
                let leading = if leading.is_empty() { String::new() } else { format!("{leading}\n") };
                let whole = statement.span.slice(source);
                let end = if whole.ends_with(';') { "" } else { ";" };
                text.push_str(&format!("{gap}{leading}{whole}{end}\n"));
            }
        }
        text
    }
}

fn is_table_attribute(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::SetTableAttribute { .. } | Operation::SetColumnAttribute { .. } | Operation::AlterConstraint { .. }
    )
}

fn starts_with_alter(slice: &str) -> bool {
    slice.get(..11).is_some_and(|s| s.eq_ignore_ascii_case("ALTER TABLE"))
}

/// One statement: several validations of one table share a pass.
fn validate(unit: &Unit) -> String {
    let table = unit
        .steps
        .first()
        .and_then(|s| render::alter_target(&s.operation))
        .map(ToString::to_string)
        .unwrap_or_default();
    let parts: Vec<String> = unit.steps.iter().filter_map(|s| render::subcommand(&s.operation)).collect();
    format!("ALTER TABLE {table} {};\n", parts.join(", "))
}

/// The steps' undo, last step first; subcommands of one table together.
fn undo(unit: &Unit) -> Vec<String> {
    let mut statements: Vec<(String, Vec<String>)> = Vec::new();
    let mut impossible = Vec::new();
    for step in unit.steps.iter().rev() {
        match &step.undo {
            Undo::By(operations) => {
                for operation in operations {
                    add_undo(&mut statements, operation);
                }
            }
            Undo::Nothing => {}
            Undo::Impossible(why) => impossible.push(why.clone()),
        }
    }
    let text = statements
        .into_iter()
        .map(|(head, parts)| format!("{head}{};", parts.join(", ")))
        .collect::<Vec<_>>()
        .join(" ");
    impossible.dedup();
    match (text.is_empty(), impossible.is_empty()) {
        (true, true) => vec!["nothing to undo".into()],
        (true, false) => vec![format!("not possible: {}", impossible.join("; "))],
        (false, true) => vec![text],
        (false, false) => vec![format!("{text} The rest is not possible: {}", impossible.join("; "))],
    }
}

fn add_undo(statements: &mut Vec<(String, Vec<String>)>, operation: &Operation) {
    if let (Some(table), Some(part)) = (render::alter_target(operation), render::subcommand(operation)) {
        let head = format!("ALTER TABLE {table} ");
        match statements.last_mut() {
            Some((same, parts)) if *same == head => parts.push(part),
            _ => statements.push((head, vec![part])),
        }
    } else if let Some(statement) = render::statement(operation) {
        statements.push((statement, Vec::new()));
    }
}

/// `100ms` → `100 ms`.
fn spaced(duration: &str) -> String {
    let digits = duration.find(|c: char| !c.is_ascii_digit()).unwrap_or(duration.len());
    format!("{} {}", &duration[..digits], &duration[digits..])
}

fn one_line(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn listed(tables: &[QualifiedName]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in tables.iter().map(ToString::to_string) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" and ")
}
