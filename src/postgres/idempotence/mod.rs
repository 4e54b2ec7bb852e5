//! What a statement does the second time, and in which form it does nothing then: facts about one statement. What steps do
//! to each other that run again together is the plan's (`plan/rerun`).

mod conditions;
mod names;

use crate::operation::{
    ColumnAttribute, CreateIndex, Ident, ObjectKind, Operation, SqlFragment, TableAttribute, TransactionControl,
    TypeName,
};
use crate::sql::{drops_if_exists, fills_nulls, literal, render, with_if_not_exists};

pub use conditions::{
    a_column_is_missing, column_exists, column_is, constraint_exists, constraint_is, index_on, is_missing,
    owned_sequence, table_exists, table_is_missing, valid_index_is,
};
pub use names::{Name, drops, freed_by_renaming, makes, own_name};

/// A statement that does no harm the second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotent {
    /// This one, whenever it runs.
    Statement(String),
    /// A statement that runs only where a condition holds.
    Where(String, String),
}

/// The statement of an operation in a form that does no harm when it runs again; `None` when safestep knows none.
/// `slice` is the operation as the source wrote it, as a statement of its own without its semicolon.
pub fn idempotent(operation: &Operation, slice: &str) -> Option<Idempotent> {
    let only_if = |condition: &str| Some(Idempotent::Where(condition.to_owned(), slice.to_owned()));
    let as_written = || Some(slice.to_owned());
    let statement = match operation {
        // PostgreSQL reads the query before it looks whether the table is there, and what the query reads may be gone by then.
        Operation::CreateTable(create) if create.as_query => {
            return only_if(&format!("to_regclass({}) IS NULL", literal(&create.name.to_string())));
        }
        Operation::CreateTable(_) => with_if_not_exists(slice),
        Operation::CreateIndex(index) => {
            index.name.as_ref()?;
            render::statement(&Operation::CreateIndex(CreateIndex { if_not_exists: true, ..index.clone() }))
        }
        Operation::AddConstraint { constraint, .. } => constraint.name.as_ref().and_then(|_| as_written()),
        Operation::DropTable { .. }
        | Operation::DropType { .. }
        | Operation::DropIndex { .. }
        | Operation::DropColumn { .. }
        | Operation::DropConstraint { .. }
        | Operation::AddEnumValue { .. } => with_if_exists(operation),
        Operation::DropObject { kind: ObjectKind::Sequence, .. }
        | Operation::AlterObject { kind: ObjectKind::Sequence, .. } => render::statement(operation),
        Operation::CreateEnum { name, labels } => {
            let exists = format!(
                "SELECT FROM pg_type WHERE oid = to_regtype({})\n  AND ARRAY[{}]::text[] <@ ARRAY(SELECT enumlabel::text FROM pg_enum \
                 WHERE enumtypid = pg_type.oid)",
                literal(&name.to_string()),
                labels.join(", ")
            );
            return only_if(&format!("NOT EXISTS ({exists})"));
        }
        Operation::CreateObject { or_replace: true, .. } => as_written(),
        Operation::DropObject { .. } => drops_if_exists(slice).then(|| slice.to_owned()),
        Operation::Update { .. } => fills_nulls(slice).then(|| slice.to_owned()),
        Operation::RenameType { name, .. } => {
            return only_if(&format!("to_regtype({}) IS NOT NULL", literal(&name.to_string())));
        }
        Operation::RenameEnumValue { name, from, .. } => {
            let label = format!(
                "SELECT FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {from}",
                literal(&name.to_string())
            );
            return only_if(&format!("EXISTS ({label})"));
        }
        Operation::CreateObject { kind: ObjectKind::Trigger | ObjectKind::Policy, .. } => {
            return is_missing(operation).and_then(|missing| only_if(&missing));
        }
        Operation::CreateObject { kind: ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension, .. } => {
            with_if_not_exists(slice)
        }
        Operation::SetType { column, ty, using, .. } => {
            using.as_ref().is_none_or(|using| is_plain_cast(using, column, ty)).then(|| slice.to_owned())
        }
        Operation::SetTableAttribute { attribute, .. } => match attribute {
            TableAttribute::Inherit(_) | TableAttribute::NoInherit(_) | TableAttribute::Other => None,
            TableAttribute::StorageParameters
            | TableAttribute::UserCatalogTable
            | TableAttribute::Owner
            | TableAttribute::RowSecurity(_)
            | TableAttribute::ReplicaIdentity
            | TableAttribute::ToggleTrigger(_)
            | TableAttribute::ToggleRule(_)
            | TableAttribute::Persistence(_)
            | TableAttribute::Tablespace
            | TableAttribute::AccessMethod => as_written(),
        },
        Operation::SetColumnAttribute { attribute, .. } => match attribute {
            ColumnAttribute::Statistics
            | ColumnAttribute::Storage
            | ColumnAttribute::Compression
            | ColumnAttribute::SetExpression => as_written(),
            ColumnAttribute::AddIdentity | ColumnAttribute::ChangeIdentity | ColumnAttribute::DropExpression => None,
        },
        Operation::AddColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::SetNotNull { .. }
        | Operation::DropNotNull { .. }
        | Operation::SetDefault { .. }
        | Operation::DropDefault { .. }
        | Operation::ValidateConstraint { .. }
        | Operation::AlterConstraint { .. }
        | Operation::AttachIndex { .. }
        | Operation::Reindex { .. }
        | Operation::RefreshMaterializedView { .. }
        | Operation::Comment { .. }
        | Operation::Grant { .. }
        | Operation::Backfill(_)
        | Operation::SetParameter { local: false, .. }
        | Operation::Transaction(TransactionControl::Begin | TransactionControl::Commit)
        | Operation::Vacuum { .. }
        | Operation::Analyze { .. }
        | Operation::Cluster { .. } => as_written(),
        Operation::SetSchema { .. }
        | Operation::AttachPartition { .. }
        | Operation::DetachPartition { .. }
        | Operation::AlterIndex { .. }
        | Operation::CreateDomain { .. }
        | Operation::AlterDomain { .. }
        | Operation::CreateObject { .. }
        | Operation::AlterObject { .. }
        | Operation::Insert { .. }
        | Operation::Delete { .. }
        | Operation::Truncate { .. }
        | Operation::Select { .. }
        | Operation::LockTable { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction(_)
        | Operation::Opaque { .. } => None,
    };
    statement.map(Idempotent::Statement)
}

/// What a statement does to rows, and would do again.
pub fn changes_rows(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. } | Operation::Truncate { .. }
    )
}

/// True when the guard that the author put around an operation is about what the operation makes.
pub fn is_guarded_by_its_author(operation: &Operation, statement: &str) -> bool {
    let text = statement.to_lowercase();
    let name = match operation {
        Operation::CreateTable(create) => Some(&create.name.name),
        Operation::CreateEnum { name, .. } => Some(&name.name),
        Operation::CreateIndex(index) => index.name.as_ref(),
        Operation::AddColumn { column, .. } => Some(&column.name),
        Operation::AddConstraint { constraint, .. } => constraint.name.as_ref(),
        Operation::AddEnumValue { value, .. } => return text.contains(&format!("= {}", value.to_lowercase())),
        _ => None,
    };
    text.contains("when duplicate_") || name.is_some_and(|n| text.contains(&literal(&n.as_str().to_lowercase())))
}

/// The same with IF EXISTS, or IF NOT EXISTS where it adds.
fn with_if_exists(operation: &Operation) -> Option<String> {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::DropTable { if_exists, .. }
        | Operation::DropType { if_exists, .. }
        | Operation::DropIndex { if_exists, .. }
        | Operation::DropColumn { if_exists, .. }
        | Operation::DropConstraint { if_exists, .. } => *if_exists = true,
        Operation::AddEnumValue { if_not_exists, .. } => *if_not_exists = true,
        _ => return None,
    }
    render::statement(&operation)
}

/// `"role"::"public"."role"`: what has the type already stays as it is.
fn is_plain_cast(using: &SqlFragment, column: &Ident, ty: &TypeName) -> bool {
    let Some((value, to)) = using.as_str().trim_matches(['(', ')', ' ']).split_once("::") else { return false };
    Ident::from_sql(value.trim()) == *column && TypeName::new(to) == *ty
}
