//! How statements read in a step: as schema methods, or as SQL.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::assurance::{Made, is_stopped_at, is_stopped_at_sql, left_to_its_author};
use super::code::{Code, as_written, in_block, own_indent};
use super::directive::{Dialect, Directive, lines};
use super::effects::{Effect, EffectKind};
use super::file::{File, Lines, OWN_INDENT};
use super::helpers::{CHECK_INDEX, DROP_INVALID_INDEX, Helper, WITHOUT_TIMEOUTS};
use super::migration_class::MigrationClass;
use super::written::{MAX_LINE, sql, string, table, words};
use crate::framework::migration::Migration;
use crate::framework::{LayoutSettings, Sequenced};
use crate::operation::{CreateIndex, Ident, IndexOperation, Operation, QualifiedName};
use crate::plan::{Duration, Sequence, Step, Undo};
use crate::source::SourceFile;
use crate::sql::render;

/// Writes the steps of a sequence.
pub(super) struct Writer<'a> {
    pub of: &'a Sequenced<'a>,
    pub file: &'a File<'a>,
    pub dialect: &'a Dialect,
    /// The statements that send nothing and stand in some step already.
    pub said: RefCell<BTreeSet<usize>>,
    /// A gem looks at its calls.
    pub is_looked_at: bool,
    /// The file waits for a deploy: what its author would have to assure has been asked by then.
    pub waits: bool,
    /// What the step has made so far.
    pub made: RefCell<Made>,
}

impl Writer<'_> {
    /// An operation that may be in no transaction, in a form that can run again.
    pub(super) fn concurrent<'s>(
        &self,
        operation: &Operation,
        text: Option<&str>,
        mut steps: impl Iterator<Item = &'s Step>,
    ) -> Code {
        let text = text.map(str::to_owned).or_else(|| render::statement(operation)).unwrap_or_default();
        match operation {
            Operation::Index(IndexOperation::Create(index)) if index.name.is_some() => {
                let build = CreateIndex { if_not_exists: true, ..index.clone() };
                let index_name =
                    index.name.as_ref().map(|name| plain(&index.table.sibling(name.clone()))).unwrap_or_default();
                let build = Operation::Index(IndexOperation::Create(build));
                let mut inside = vec![format!("{DROP_INVALID_INDEX} {}", string(&index_name))];
                inside.extend(self.call_or_sql(&build, &render::statement(&build).unwrap_or(text)));
                let check = check_index(index);
                inside.extend(check.iter().flat_map(|check| lines(check, 6)));
                let mut code = self.without_timeouts(inside);
                code.helpers.insert(Helper::DropInvalidIndex);
                code.helpers.extend(check.map(|_| Helper::CheckIndex));
                code
            }
            Operation::Index(IndexOperation::Drop { names, concurrently, if_exists, .. }) => {
                let drop = Operation::Index(IndexOperation::Drop {
                    names: names.clone(),
                    concurrently: *concurrently,
                    if_exists: true,
                    cascade: false,
                });
                let text = if *if_exists { text } else { render::statement(&drop).unwrap_or(text) };
                let of = steps.find_map(|step| table_of_index(step, self.of.migration));
                let directive = match (names.as_slice(), of) {
                    ([name], Some(table)) => self.dialect.remove_index(&table, name, *concurrently),
                    _ => None,
                };
                self.without_timeouts(directive.map_or_else(|| self.execute(&text, 1), |call| self.call(&call, 1)))
            }
            _ => self.without_timeouts(self.execute(&text, 1)),
        }
    }

    fn call_or_sql(&self, operation: &Operation, text: &str) -> Lines {
        let directive: Option<Directive> = self.dialect.directive(operation, self.of.sequence);
        directive.map_or_else(|| self.execute(text, 1), |call| self.call(&call, 1))
    }

    /// A call that a rewrite makes, in `safety_assured` where a gem would stop at it.
    pub(super) fn call(&self, directive: &Directive, depth: usize) -> Lines {
        let plain = lines(directive, 4 + 2 * depth);
        // A CHECK has proved it before, which they see.
        let is_proved = directive.0 == "change_column_null";
        match self.is_looked_at && self.stops(effects_of(&plain).iter(), "") && !is_proved {
            true => in_safety_assured(plain, || lines(directive, 6 + 2 * depth), 4 + 2 * depth),
            false => plain,
        }
    }

    /// A call that takes something back, at which a gem stops only where it is told to look there.
    pub(super) fn call_back(&self, directive: &Directive, depth: usize) -> Lines {
        let plain = lines(directive, 4 + 2 * depth);
        let gems = &self.dialect.gems;
        let stops = |effect: &Effect| match &effect.kind {
            EffectKind::Schema(call) => {
                is_stopped_at(call, &Made::default(), gems) || left_to_its_author(call, gems).is_some()
            }
            _ => false,
        };
        match self.is_looked_at && gems.checks_down && effects_of(&plain).iter().any(stops) {
            true => in_safety_assured(plain, || lines(directive, 6 + 2 * depth), 4 + 2 * depth),
            false => plain,
        }
    }

    /// Calls of its author's, in `safety_assured` where a gem would stop at them and nothing in them is left as dangerous.
    pub(super) fn words(&self, steps: &[&Step], text: &str, depth: usize) -> Lines {
        let plain = as_written(text, depth);
        let is_judged = self.waits || steps.iter().all(|step| step.duration != Duration::AsWritten);
        let migration = self.of.migration;
        let mut places: Vec<_> = steps.iter().map(|step| migration.statement_of(step.from).span).collect();
        places.dedup();
        let effects = places.into_iter().flat_map(|place| self.file.effects(place));
        match self.is_looked_at && self.stops(effects, migration.text()) && is_judged {
            true => in_safety_assured(plain, || as_written(text, depth + 1), 4 + 2 * depth),
            false => plain,
        }
    }

    /// A gem stops at one of these, which stand in that text.
    fn stops<'e>(&self, effects: impl Iterator<Item = &'e Effect>, text: &str) -> bool {
        let is_bare = |effect: &Effect| {
            let call = text.get(effect.span.start..effect.span.end);
            call.is_some_and(|call| call.starts_with("execute"))
        };
        let (mut made, gems) = (self.made.borrow_mut(), &self.dialect.gems);
        let mut stops = false;
        for effect in effects {
            stops |= !effect.is_assured
                && match &effect.kind {
                    EffectKind::Schema(call) => {
                        is_stopped_at(call, &made, gems) || (self.waits && left_to_its_author(call, gems).is_some())
                    }
                    EffectKind::Sql(_) => is_bare(effect) && is_stopped_at_sql(gems),
                    EffectKind::DropInvalidIndex(_) | EffectKind::Opaque(_) => false,
                };
            if let EffectKind::Schema(call) = &effect.kind {
                made.by(call);
            }
        }
        stops
    }

    /// `connection.execute`, which no gem takes for a dangerous call, and no prefix of table names changes.
    pub(super) fn execute(&self, text: &str, depth: usize) -> Lines {
        let mut lines = sql(text, &"  ".repeat(depth + 2)).into_iter();
        let first = lines.next().unwrap_or_default();
        std::iter::once(format!("connection.execute {first}")).chain(lines.map(own_indent)).collect()
    }

    pub(super) fn without_timeouts(&self, inside: Lines) -> Code {
        Code { lines: in_block(WITHOUT_TIMEOUTS, inside), helpers: BTreeSet::from([Helper::WithoutTimeouts]) }
    }

    pub(super) fn settings(&self) -> &LayoutSettings {
        self.of.settings
    }

    pub(super) fn sequence(&self) -> &Sequence {
        self.of.sequence
    }
}

/// What the lines of a method do.
fn effects_of(lines: &[String]) -> Vec<Effect> {
    let body: String = lines.iter().map(|line| format!("{}\n", line.trim_start_matches(OWN_INDENT))).collect();
    let class = format!("class Lines < ActiveRecord::Migration[7.0]\ndef up\n{body}end\nend\n");
    let read = MigrationClass::read(SourceFile::new("", &class), None);
    read.ok().and_then(|class| class.up).map(|run| run.effects).unwrap_or_default()
}

/// Lines in `safety_assured`, in braces where they fit into one line that is indented so far.
fn in_safety_assured(plain: Lines, inside: impl FnOnce() -> Lines, indent: usize) -> Lines {
    match plain.as_slice() {
        [line] if !line.starts_with('#') && indent + line.chars().count() + 19 <= MAX_LINE => {
            vec![format!("{SAFETY_ASSURED} {{ {line} }}")]
        }
        _ => in_block(SAFETY_ASSURED, inside()),
    }
}

const SAFETY_ASSURED: &str = "safety_assured";

/// The table of an index that a step makes, or that a call of its author's takes away; of a step that takes another one back, the
/// one that this one's call is about.
fn table_of_index(step: &Step, migration: &Migration) -> Option<QualifiedName> {
    let made = |operation: &Operation| match operation {
        Operation::Index(IndexOperation::Create(index)) => Some((*index.table).clone()),
        _ => None,
    };
    let undone = match &step.undo {
        Undo::By(operations) => operations.iter().find_map(made),
        Undo::Nothing | Undo::Impossible(_) => None,
    };
    made(&step.operation).or(undone).or_else(|| migration.items[step.from].operation.table().cloned())
}

/// The call that fails where another index has the name, as far as the connection shows an index: `None` where Active Record
/// cannot be asked about the table.
fn check_index(index: &CreateIndex) -> Option<Directive> {
    let mut arguments = vec![string(index.name.as_ref()?.as_str()), format!("on: {}", table(&index.table)?)];
    let keys: Option<Vec<&Ident>> = index.columns.iter().map(|column| column.column()).collect();
    // Before 7.1 the connection counts what an index includes among its columns.
    let keys = keys.filter(|_| index.parameters.include.is_empty());
    arguments.extend(keys.map(|keys| format!("columns: {}", words(&keys))));
    arguments.extend(index.unique.then(|| "unique: true".to_owned()));
    arguments.extend(index.predicate.as_ref().map(|_| "partial: true".to_owned()));
    Some((CHECK_INDEX, arguments))
}

/// A name with quotes only where it needs them.
fn plain(name: &QualifiedName) -> String {
    let fresh = |name: &Ident| Ident::new(name.as_str());
    QualifiedName { schema: name.schema.as_ref().map(fresh), name: fresh(&name.name) }.to_string()
}
