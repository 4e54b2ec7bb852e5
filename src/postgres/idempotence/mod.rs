//! What a statement does the second time, and in which form it does nothing then: facts about one statement. What steps do
//! to each other that run again together is the plan's (`plan/rerun`).

mod conditions;
mod form;
mod names;

use crate::operation::{
    ColumnDefinition, ColumnOperation, ConstraintOperation, DataOperation, IndexOperation, Operation, QualifiedName,
    TableOperation, TypeOperation,
};
use crate::sql::literal;

pub use conditions::{
    a_column_is_missing, column_exists, column_is, constraint_exists, constraint_is, has_something_to_do, index_on,
    is_missing, owned_sequence, table_exists, table_is_missing, valid_index_is,
};
use form::Form;
pub use names::{Name, drops, freed_by_renaming, makes, own_name};

/// A statement that does no harm the second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotent<'a> {
    /// When it has something to do.
    pub when: When<'a>,
    /// The statement, without its semicolon.
    pub statement: String,
}

/// When a statement has something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When<'a> {
    /// It asks that itself (`IF EXISTS`), or does the same again.
    Always,
    /// Where the table has no such column.
    NoColumn(&'a QualifiedName, &'a ColumnDefinition),
    /// Where this condition holds.
    If(String),
}

impl When<'_> {
    /// The same as a condition of SQL; `None` where it always has something to do.
    pub fn condition(&self) -> Option<String> {
        match self {
            When::Always => None,
            When::NoColumn(table, column) => Some(format!("NOT EXISTS ({})", column_is(table, column))),
            When::If(condition) => Some(condition.clone()),
        }
    }
}

/// What the rest of a sequence does to what a statement makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// It stays as it is made.
    pub stays: bool,
    /// The condition under which it has done its work and is gone.
    pub finished_if: Option<String>,
}

/// The statement of an operation in a form that does no harm when it runs again; `None` when safestep knows none.
/// `slice` is the operation as the source wrote it, as a statement of its own without its semicolon.
pub fn idempotent<'a>(operation: &'a Operation, slice: &str, later: &Later) -> Option<Idempotent<'a>> {
    let form = Form { operation, slice, later };
    match operation {
        Operation::Table(table) => form.of_table(table),
        Operation::Column(column) => form.of_column(column),
        Operation::Constraint(constraint) => form.of_constraint(constraint),
        Operation::Index(index) => form.of_index(index),
        Operation::Type(ty) => form.of_type(ty),
        Operation::Object(object) => form.of_object(object),
        Operation::Data(data) => form.of_data(data),
        Operation::Session(session) => form.of_session(session),
        Operation::Opaque { .. } => None,
    }
}

/// What a statement does to rows, and would do again.
pub fn changes_rows(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Data(
            DataOperation::Insert { .. }
                | DataOperation::Update { .. }
                | DataOperation::Delete { .. }
                | DataOperation::Truncate { .. }
        )
    )
}

/// True when the guard that the author put around an operation is about what the operation makes.
pub fn is_guarded_by_its_author(operation: &Operation, statement: &str) -> bool {
    let text = statement.to_lowercase();
    let name = match operation {
        Operation::Table(TableOperation::Create(create)) => Some(&create.name.name),
        Operation::Type(TypeOperation::CreateEnum { name, .. }) => Some(&name.name),
        Operation::Index(IndexOperation::Create(index)) => index.name.as_ref(),
        Operation::Column(ColumnOperation::Add { column, .. }) => Some(&column.name),
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => constraint.name.as_ref(),
        Operation::Type(TypeOperation::AddValue { value, .. }) => {
            return text.contains(&format!("= {}", value.to_lowercase()));
        }
        // That something is there already stops nothing that takes away or changes rows.
        Operation::Data(_) => return false,
        _ if !drops(operation).is_empty() || !freed_by_renaming(operation).is_empty() => {
            return text.contains("when undefined_");
        }
        _ => None,
    };
    text.contains("when duplicate_") || name.is_some_and(|n| text.contains(&literal(&n.as_str().to_lowercase())))
}
