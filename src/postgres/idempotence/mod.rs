//! What a statement does the second time, and in which form it does nothing then: facts about one statement. What steps do
//! to each other that run again together is the plan's (`plan/rerun`).

mod conditions;
mod names;

use crate::operation::{
    ColumnAttribute, ColumnDefinition, ColumnOperation, ConstraintOperation, CreateIndex, DataOperation, Ident,
    IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName, SessionOperation, SqlFragment,
    TableAttribute, TableOperation, TransactionControl, TypeName, TypeOperation,
};
use crate::schema::mentions;
use crate::sql::{drops_if_exists, fills_nulls, literal, render, with_if_not_exists};

pub use conditions::{
    a_column_is_missing, column_exists, column_is, constraint_exists, constraint_is, index_on, is_missing,
    owned_sequence, table_exists, table_is_missing, valid_index_is,
};
pub use names::{Name, drops, freed_by_renaming, makes, own_name};

fn begins_with_create(statement: &str) -> bool {
    statement.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create"))
}

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
    let only_if = |condition: String, statement: String| Some(Idempotent { when: When::If(condition), statement });
    let as_written = || Some(slice.to_owned());
    // A rename is done where the new name is there and the old one is not.
    let renames = |old: String, new: String| match later.stays {
        true => format!("{new}\n  OR {old}"),
        false => old,
    };
    let renames_in = |exists: &dyn Fn(&Ident) -> String, old: &Ident, new: &Ident| {
        renames(format!("EXISTS ({})", exists(old)), format!("NOT EXISTS ({})", exists(new)))
    };
    let renames_relation =
        |old: &QualifiedName, to: &Ident| renames(table_exists(old), table_is_missing(&old.sibling(to.clone())));
    let statement = match operation {
        // PostgreSQL reads the query before it looks whether the table is there, and what the query reads may be gone by then.
        // In a block SELECT … INTO would fill a variable.
        Operation::Table(TableOperation::Create(create)) if create.as_query && !begins_with_create(slice) => {
            return None;
        }
        Operation::Table(TableOperation::Create(create)) if create.as_query => {
            return only_if(table_is_missing(&create.name), slice.to_owned());
        }
        Operation::Table(TableOperation::Create(_)) => with_if_not_exists(slice),
        Operation::Index(IndexOperation::Create(index)) => {
            index.name.as_ref()?;
            render::statement(&Operation::Index(IndexOperation::Create(CreateIndex {
                if_not_exists: true,
                ..index.clone()
            })))
        }
        // Up to PostgreSQL 12 what the column refers to is added again where the column is there.
        Operation::Column(ColumnOperation::Add { if_not_exists: true, column, .. })
            if column.constraints.is_empty() =>
        {
            render::statement(operation)
        }
        Operation::Column(ColumnOperation::Add { table, column, .. }) => {
            let there = || column_exists(&table.name, &column.name);
            let when = match later.stays {
                true => When::NoColumn(&table.name, column),
                false => When::If(format!("NOT EXISTS ({})", there())),
            };
            return Some(Idempotent { when, statement: render::statement(operation)? });
        }
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            let name = constraint.name.as_ref()?;
            let there = match later.stays {
                true => constraint_is(&table.name, name, constraint),
                false => constraint_exists(&table.name, name),
            };
            let finished = later.finished_if.as_ref();
            let or_finished = finished.map(|finished| format!("\n  AND NOT {finished}")).unwrap_or_default();
            return only_if(format!("NOT EXISTS ({there}){or_finished}"), render::statement(operation)?);
        }
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::Sequence, on: Some(table), .. }) => {
            let owned = owned_sequence(operation).map(|owned| format!("{owned} IS NULL"));
            return only_if(owned.unwrap_or_else(|| table_exists(table)), render::statement(operation)?);
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            let condition = renames_in(&|name| constraint_exists(&table.name, name), name, to);
            return only_if(condition, render::statement(operation)?);
        }
        Operation::Column(ColumnOperation::Rename { table, column, to }) => {
            let condition = renames_in(&|name| column_exists(&table.name, name), column, to);
            return only_if(condition, slice.to_owned());
        }
        Operation::Table(TableOperation::Rename { table, to }) => {
            return only_if(renames_relation(&table.name, to), slice.to_owned());
        }
        Operation::Index(IndexOperation::Rename { index, to, if_exists: false }) => {
            return only_if(renames_relation(index, to), render::statement(operation)?);
        }
        Operation::Table(TableOperation::Drop { .. })
        | Operation::Type(TypeOperation::Drop { .. } | TypeOperation::AddValue { .. })
        | Operation::Index(IndexOperation::Drop { .. })
        | Operation::Column(ColumnOperation::Drop { .. })
        | Operation::Constraint(ConstraintOperation::Drop { .. }) => with_if_exists(operation),
        // A sequence that starts again a second time gives numbers twice; one that is renamed has another name.
        Operation::Object(ObjectOperation::Alter { kind: ObjectKind::Sequence, action, .. })
            if ["RENAME", "RESTART"].iter().any(|word| mentions(action.as_str(), word)) =>
        {
            None
        }
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
            return only_if(format!("NOT EXISTS ({exists})"), slice.to_owned());
        }
        Operation::Object(ObjectOperation::Create { or_replace: true, .. }) => as_written(),
        Operation::Object(ObjectOperation::Drop { .. }) => drops_if_exists(slice).then(|| slice.to_owned()),
        Operation::Data(DataOperation::Update { .. }) => fills_nulls(slice).then(|| slice.to_owned()),
        Operation::Type(TypeOperation::Rename { name, .. }) => {
            let there = format!("to_regtype({}) IS NOT NULL", literal(&name.to_string()));
            return only_if(there, slice.to_owned());
        }
        Operation::Type(TypeOperation::RenameValue { name, from, .. }) => {
            let label = format!(
                "SELECT FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {from}",
                literal(&name.to_string())
            );
            return only_if(format!("EXISTS ({label})"), slice.to_owned());
        }
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::Trigger | ObjectKind::Policy, .. }) => {
            return is_missing(operation).and_then(|missing| only_if(missing, slice.to_owned()));
        }
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension,
            ..
        }) => with_if_not_exists(slice),
        Operation::Column(ColumnOperation::SetType { column, ty, using, .. }) => {
            using.as_ref().is_none_or(|using| is_plain_cast(using, column, ty)).then(|| slice.to_owned())
        }
        Operation::Table(TableOperation::SetAttribute { attribute, .. }) => match attribute {
            TableAttribute::Inherit(_)
            | TableAttribute::NoInherit(_)
            | TableAttribute::ClusterIndex
            | TableAttribute::Other => None,
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
            ColumnAttribute::AddIdentity(_)
            | ColumnAttribute::ChangeIdentity
            | ColumnAttribute::DropIdentity { .. }
            | ColumnAttribute::DropExpression { .. } => None,
        },
        Operation::Column(
            ColumnOperation::SetNotNull { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::SetDefault { .. }
            | ColumnOperation::DropDefault { .. },
        )
        | Operation::Table(
            TableOperation::Vacuum { .. } | TableOperation::Analyze { .. } | TableOperation::Cluster { .. },
        )
        | Operation::Index(
            IndexOperation::Rename { .. } | IndexOperation::AttachPartition { .. } | IndexOperation::Reindex { .. },
        )
        | Operation::Constraint(ConstraintOperation::Validate { .. } | ConstraintOperation::Alter { .. })
        | Operation::Object(
            ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. },
        )
        | Operation::Data(DataOperation::Backfill(_) | DataOperation::Assertion(_))
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
    };
    statement.map(|statement| Idempotent { when: When::Always, statement })
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
