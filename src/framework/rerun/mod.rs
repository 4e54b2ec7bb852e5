//! Statements in a form that does nothing the second time: for runners that begin a file again where a unit of it failed.

mod again;
mod conflicts;
mod finished;
mod names;

use super::plpgsql::{is_missing, literal, only_if};
use crate::operation::{
    ColumnAttribute, CreateIndex, Ident, ObjectKind, Operation, SqlFragment, TableAttribute, TransactionControl,
    TypeName,
};
use crate::plan::Step;
use crate::schema::same;
use crate::sql::{drops_if_exists, fills_nulls, render, with_if_not_exists};

pub use again::Again;
pub use conflicts::{conflicts, is_succeeded_by, stays, there_before};
pub use finished::{changes_rows, is_temporary, only_adds, settled};

/// The statement of an operation in a form that does no harm when it runs again; `None` when safestep knows none.
/// `slice` is the operation as the source wrote it, as a statement of its own without its semicolon.
pub fn runs_again(operation: &Operation, slice: &str) -> Option<String> {
    let as_written = || Some(slice.to_owned());
    match operation {
        // PostgreSQL reads the query before it looks whether the table is there, and what the query reads may be gone by then.
        Operation::CreateTable(create) if create.as_query => {
            Some(only_if(&format!("to_regclass({}) IS NULL", literal(&create.name.to_string())), slice))
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
            Some(only_if(&format!("NOT EXISTS ({exists})"), slice))
        }
        Operation::CreateObject { or_replace: true, .. } => as_written(),
        Operation::DropObject { .. } => drops_if_exists(slice).then(|| slice.to_owned()),
        Operation::Update { .. } => fills_nulls(slice).then(|| slice.to_owned()),
        Operation::RenameType { name, .. } => {
            Some(only_if(&format!("to_regtype({}) IS NOT NULL", literal(&name.to_string())), slice))
        }
        Operation::RenameEnumValue { name, from, .. } => {
            let label = format!(
                "SELECT FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {from}",
                literal(&name.to_string())
            );
            Some(only_if(&format!("EXISTS ({label})"), slice))
        }
        Operation::CreateObject { kind: ObjectKind::Trigger | ObjectKind::Policy, .. } => {
            is_missing(operation).map(|missing| only_if(&missing, slice))
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
    }
}

/// A trigger, policy or view that an earlier step drops `IF EXISTS`: dropped and made again each time.
pub fn is_made_anew<'a>(operation: &Operation, earlier: impl IntoIterator<Item = &'a Step>) -> bool {
    let Operation::CreateObject { kind, name: Some(name), on, .. } = operation else { return false };
    matches!(kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::View)
        && earlier.into_iter().any(|step| match &step.operation {
            Operation::DropObject { kind: other, names, on: table, .. } => {
                other == kind
                    && names.iter().any(|n| same(n, name))
                    && on.as_ref().zip(table.as_ref()).is_none_or(|(a, b)| same(a, b))
            }
            _ => false,
        })
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
