//! How statements read in a step: as schema methods, or as SQL.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::code::{Code, in_block, own_indent};
use super::directive::{Dialect, Directive, lines};
use super::file::{File, Lines};
use super::helpers::{DROP_INVALID_INDEX, Helper, WITHOUT_TIMEOUTS};
use super::written::{sql, string};
use crate::framework::migration::Migration;
use crate::framework::{LayoutSettings, Sequenced};
use crate::operation::{CreateIndex, Ident, IndexOperation, Operation, QualifiedName};
use crate::plan::{Sequence, Step, Undo};
use crate::sql::render;

/// Writes the steps of a sequence.
pub(super) struct Writer<'a> {
    pub of: &'a Sequenced<'a>,
    pub file: &'a File<'a>,
    pub dialect: &'a Dialect,
    /// The statements that send nothing and stand in some step already.
    pub said: RefCell<BTreeSet<usize>>,
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
                let mut code = self.without_timeouts(inside);
                code.helpers.insert(Helper::DropInvalidIndex);
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
                self.without_timeouts(directive.map_or_else(|| self.execute(&text, 1), |call| lines(&call, 6)))
            }
            _ => self.without_timeouts(self.execute(&text, 1)),
        }
    }

    fn call_or_sql(&self, operation: &Operation, text: &str) -> Lines {
        let directive: Option<Directive> = self.dialect.directive(operation, self.of.sequence);
        directive.map_or_else(|| self.execute(text, 1), |call| lines(&call, 6))
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

/// The table of an index that a step makes, or that a call of its author's takes away.
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

/// A name with quotes only where it needs them.
fn plain(name: &QualifiedName) -> String {
    let fresh = |name: &Ident| Ident::new(name.as_str());
    QualifiedName { schema: name.schema.as_ref().map(fresh), name: fresh(&name.name) }.to_string()
}
