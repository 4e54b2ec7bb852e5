//! Statements in a form that does nothing the second time: for runners that begin a file again where a unit of it failed.

mod again;
mod conflicts;
mod finished;
mod names;

use super::plpgsql::{is_missing, literal, only_if};
use crate::operation::{
    ColumnAttribute, ColumnOperation, ConstraintOperation, CreateIndex, DataOperation, Ident, IndexOperation,
    ObjectKind, ObjectOperation, Operation, SessionOperation, SqlFragment, TableAttribute, TableOperation,
    TransactionControl, TypeName, TypeOperation,
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
        Operation::Table(TableOperation::Create(create)) if create.as_query => {
            Some(only_if(&format!("to_regclass({}) IS NULL", literal(&create.name.to_string())), slice))
        }
        Operation::Table(TableOperation::Create(_)) => with_if_not_exists(slice),
        Operation::Index(IndexOperation::Create(index)) => {
            index.name.as_ref()?;
            render::statement(&Operation::Index(IndexOperation::Create(CreateIndex {
                if_not_exists: true,
                ..index.clone()
            })))
        }
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            constraint.name.as_ref().and_then(|_| as_written())
        }
        Operation::Table(TableOperation::Drop { .. })
        | Operation::Type(TypeOperation::Drop { .. } | TypeOperation::AddValue { .. })
        | Operation::Index(IndexOperation::Drop { .. })
        | Operation::Column(ColumnOperation::Drop { .. })
        | Operation::Constraint(ConstraintOperation::Drop { .. }) => with_if_exists(operation),
        Operation::Object(
            ObjectOperation::Drop { kind: ObjectKind::Sequence, .. }
            | ObjectOperation::Alter { kind: ObjectKind::Sequence, .. },
        ) => render::statement(operation),
        Operation::Type(TypeOperation::CreateEnum { name, labels }) => {
            let exists = format!(
                "SELECT FROM pg_type WHERE oid = to_regtype({})\n  AND ARRAY[{}]::text[] <@ ARRAY(SELECT enumlabel::text FROM pg_enum \
                 WHERE enumtypid = pg_type.oid)",
                literal(&name.to_string()),
                labels.join(", ")
            );
            Some(only_if(&format!("NOT EXISTS ({exists})"), slice))
        }
        Operation::Object(ObjectOperation::Create { or_replace: true, .. }) => as_written(),
        Operation::Object(ObjectOperation::Drop { .. }) => drops_if_exists(slice).then(|| slice.to_owned()),
        Operation::Data(DataOperation::Update { .. }) => fills_nulls(slice).then(|| slice.to_owned()),
        Operation::Type(TypeOperation::Rename { name, .. }) => {
            Some(only_if(&format!("to_regtype({}) IS NOT NULL", literal(&name.to_string())), slice))
        }
        Operation::Type(TypeOperation::RenameValue { name, from, .. }) => {
            let label = format!(
                "SELECT FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {from}",
                literal(&name.to_string())
            );
            Some(only_if(&format!("EXISTS ({label})"), slice))
        }
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::Trigger | ObjectKind::Policy, .. }) => {
            is_missing(operation).map(|missing| only_if(&missing, slice))
        }
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension,
            ..
        }) => with_if_not_exists(slice),
        Operation::Column(ColumnOperation::SetType { column, ty, using, .. }) => {
            using.as_ref().is_none_or(|using| is_plain_cast(using, column, ty)).then(|| slice.to_owned())
        }
        Operation::Table(TableOperation::SetAttribute { attribute, .. }) => match attribute {
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
        Operation::Column(ColumnOperation::SetAttribute { attribute, .. }) => match attribute {
            ColumnAttribute::Statistics
            | ColumnAttribute::Storage
            | ColumnAttribute::Compression
            | ColumnAttribute::SetExpression => as_written(),
            ColumnAttribute::AddIdentity | ColumnAttribute::ChangeIdentity | ColumnAttribute::DropExpression => None,
        },
        Operation::Column(
            ColumnOperation::Add { .. }
            | ColumnOperation::Rename { .. }
            | ColumnOperation::SetNotNull { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::SetDefault { .. }
            | ColumnOperation::DropDefault { .. },
        )
        | Operation::Table(
            TableOperation::Rename { .. }
            | TableOperation::Vacuum { .. }
            | TableOperation::Analyze { .. }
            | TableOperation::Cluster { .. },
        )
        | Operation::Index(
            IndexOperation::Rename { .. } | IndexOperation::AttachPartition { .. } | IndexOperation::Reindex { .. },
        )
        | Operation::Constraint(
            ConstraintOperation::Rename { .. }
            | ConstraintOperation::Validate { .. }
            | ConstraintOperation::Alter { .. },
        )
        | Operation::Object(
            ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. },
        )
        | Operation::Data(DataOperation::Backfill(_))
        | Operation::Session(
            SessionOperation::SetParameter { local: false, .. }
            | SessionOperation::Transaction(TransactionControl::Begin | TransactionControl::Commit),
        ) => as_written(),
        Operation::Object(
            ObjectOperation::SetSchema { .. } | ObjectOperation::Create { .. } | ObjectOperation::Alter { .. },
        )
        | Operation::Table(TableOperation::AttachPartition { .. } | TableOperation::DetachPartition { .. })
        | Operation::Index(IndexOperation::Alter { .. })
        | Operation::Type(TypeOperation::CreateDomain { .. } | TypeOperation::AlterDomain { .. })
        | Operation::Data(
            DataOperation::Insert { .. }
            | DataOperation::Delete { .. }
            | DataOperation::Truncate { .. }
            | DataOperation::Select { .. },
        )
        | Operation::Session(_)
        | Operation::Opaque { .. } => None,
    }
}

/// A trigger, policy or view that an earlier step drops `IF EXISTS`: dropped and made again each time.
pub fn is_made_anew<'a>(operation: &Operation, earlier: impl IntoIterator<Item = &'a Step>) -> bool {
    let Operation::Object(ObjectOperation::Create { kind, name: Some(name), on, .. }) = operation else { return false };
    matches!(kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::View)
        && earlier.into_iter().any(|step| match &step.operation {
            Operation::Object(ObjectOperation::Drop { kind: other, names, on: table, .. }) => {
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
        Operation::Table(TableOperation::Create(create)) => Some(&create.name.name),
        Operation::Type(TypeOperation::CreateEnum { name, .. }) => Some(&name.name),
        Operation::Index(IndexOperation::Create(index)) => index.name.as_ref(),
        Operation::Column(ColumnOperation::Add { column, .. }) => Some(&column.name),
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => constraint.name.as_ref(),
        Operation::Type(TypeOperation::AddValue { value, .. }) => {
            return text.contains(&format!("= {}", value.to_lowercase()));
        }
        _ => None,
    };
    text.contains("when duplicate_") || name.is_some_and(|n| text.contains(&literal(&n.as_str().to_lowercase())))
}

/// The same with IF EXISTS, or IF NOT EXISTS where it adds.
fn with_if_exists(operation: &Operation) -> Option<String> {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::Table(TableOperation::Drop { if_exists, .. })
        | Operation::Type(TypeOperation::Drop { if_exists, .. })
        | Operation::Index(IndexOperation::Drop { if_exists, .. })
        | Operation::Column(ColumnOperation::Drop { if_exists, .. })
        | Operation::Constraint(ConstraintOperation::Drop { if_exists, .. }) => *if_exists = true,
        Operation::Type(TypeOperation::AddValue { if_not_exists, .. }) => *if_not_exists = true,
        _ => return None,
    }
    render::statement(&operation)
}

/// `"role"::"public"."role"`: what has the type already stays as it is.
fn is_plain_cast(using: &SqlFragment, column: &Ident, ty: &TypeName) -> bool {
    let Some((value, to)) = using.as_str().trim_matches(['(', ')', ' ']).split_once("::") else { return false };
    Ident::from_sql(value.trim()) == *column && TypeName::new(to) == *ty
}
