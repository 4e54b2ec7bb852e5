//! The form of each operation's statement that does no harm the second time.

use super::conditions::{
    column_exists, constraint_exists, constraint_is, is_missing, owned_sequence, table_exists, table_is_missing,
};
use super::{Idempotent, Later, When};
use crate::operation::{
    ColumnAttribute, ColumnOperation, ConstraintOperation, CreateIndex, DataOperation, Ident, IndexOperation,
    ObjectKind, ObjectOperation, Operation, QualifiedName, SessionOperation, SqlFragment, TableAttribute,
    TableOperation, TransactionControl, TypeName, TypeOperation,
};
use crate::schema::mentions;
use crate::sql::{drops_if_exists, fills_nulls, literal, render, with_if_not_exists};

/// An operation whose form is asked for.
pub(super) struct Form<'a, 'b> {
    pub operation: &'a Operation,
    /// As the source wrote it, as a statement of its own without its semicolon.
    pub slice: &'b str,
    pub later: &'b Later,
}

impl<'a> Form<'a, '_> {
    pub(super) fn of_table(&self, table: &'a TableOperation) -> Option<Idempotent<'a>> {
        match table {
            // PostgreSQL reads the query before it looks whether the table is there, and what the query reads may be gone by
            // then. In a block SELECT … INTO would fill a variable.
            TableOperation::Create(create) if create.as_query && !begins_with_create(self.slice) => None,
            TableOperation::Create(create) if create.as_query => {
                only_if(table_is_missing(&create.name), self.slice.to_owned())
            }
            TableOperation::Create(_) => always(with_if_not_exists(self.slice)?),
            TableOperation::Rename { table, to } => {
                only_if(self.renames_relation(&table.name, to), self.slice.to_owned())
            }
            TableOperation::Drop { .. } => always(with_if_exists(self.operation)?),
            TableOperation::SetAttribute { attribute, .. } => match attribute {
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
                | TableAttribute::AccessMethod => self.as_written(),
            },
            TableOperation::Vacuum { .. } | TableOperation::Analyze { .. } | TableOperation::Cluster { .. } => {
                self.as_written()
            }
            TableOperation::AttachPartition { .. } | TableOperation::DetachPartition { .. } => None,
        }
    }

    pub(super) fn of_column(&self, column: &'a ColumnOperation) -> Option<Idempotent<'a>> {
        match column {
            // Up to PostgreSQL 12 what the column refers to is added again where the column is there.
            ColumnOperation::Add { if_not_exists: true, column, .. } if column.constraints.is_empty() => {
                always(render::statement(self.operation)?)
            }
            ColumnOperation::Add { table, column, .. } => {
                let when = match self.later.stays {
                    true => When::NoColumn(&table.name, column),
                    false => When::If(format!("NOT EXISTS ({})", column_exists(&table.name, &column.name))),
                };
                Some(Idempotent { when, statement: render::statement(self.operation)? })
            }
            ColumnOperation::Rename { table, column, to } => {
                let condition = self.renames_in(&|name| column_exists(&table.name, name), column, to);
                only_if(condition, self.slice.to_owned())
            }
            ColumnOperation::Drop { .. } => always(with_if_exists(self.operation)?),
            ColumnOperation::SetType { column, ty, using, .. } => match using {
                Some(using) if !is_plain_cast(using, column, ty) => None,
                _ => self.as_written(),
            },
            ColumnOperation::SetAttribute { attribute, .. } => match attribute {
                ColumnAttribute::Statistics
                | ColumnAttribute::Storage
                | ColumnAttribute::Compression
                | ColumnAttribute::SetExpression => self.as_written(),
                ColumnAttribute::AddIdentity(_)
                | ColumnAttribute::ChangeIdentity
                | ColumnAttribute::DropIdentity { .. }
                | ColumnAttribute::DropExpression { .. } => None,
            },
            ColumnOperation::SetNotNull { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::SetDefault { .. }
            | ColumnOperation::DropDefault { .. } => self.as_written(),
        }
    }

    pub(super) fn of_constraint(&self, constraint: &'a ConstraintOperation) -> Option<Idempotent<'a>> {
        match constraint {
            ConstraintOperation::Add { table, constraint } => {
                let name = constraint.name.as_ref()?;
                let there = match self.later.stays {
                    true => constraint_is(&table.name, name, constraint),
                    false => constraint_exists(&table.name, name),
                };
                let finished = self.later.finished_if.as_ref();
                let or_finished = finished.map(|finished| format!("\n  AND NOT {finished}")).unwrap_or_default();
                only_if(format!("NOT EXISTS ({there}){or_finished}"), render::statement(self.operation)?)
            }
            ConstraintOperation::Rename { table, name, to } => {
                let condition = self.renames_in(&|name| constraint_exists(&table.name, name), name, to);
                only_if(condition, render::statement(self.operation)?)
            }
            ConstraintOperation::Drop { .. } => always(with_if_exists(self.operation)?),
            ConstraintOperation::Validate { .. } | ConstraintOperation::Alter { .. } => self.as_written(),
        }
    }

    pub(super) fn of_index(&self, index: &'a IndexOperation) -> Option<Idempotent<'a>> {
        match index {
            IndexOperation::Create(index) => {
                index.name.as_ref()?;
                let guarded = CreateIndex { if_not_exists: true, ..index.clone() };
                always(render::statement(&Operation::Index(IndexOperation::Create(guarded)))?)
            }
            IndexOperation::Rename { index, to, if_exists: false } => {
                only_if(self.renames_relation(index, to), render::statement(self.operation)?)
            }
            IndexOperation::Drop { .. } => always(with_if_exists(self.operation)?),
            IndexOperation::Rename { .. } | IndexOperation::AttachPartition { .. } | IndexOperation::Reindex { .. } => {
                self.as_written()
            }
            IndexOperation::Alter { .. } => None,
        }
    }

    pub(super) fn of_type(&self, ty: &'a TypeOperation) -> Option<Idempotent<'a>> {
        match ty {
            TypeOperation::Drop { .. } | TypeOperation::AddValue { .. } => always(with_if_exists(self.operation)?),
            TypeOperation::CreateEnum { name, labels } => {
                let exists = format!(
                    "SELECT FROM pg_type WHERE oid = to_regtype({})\n  AND ARRAY[{}]::text[] <@ ARRAY(SELECT enumlabel::text \
                     FROM pg_enum WHERE enumtypid = pg_type.oid)",
                    literal(&name.to_string()),
                    labels.join(", ")
                );
                only_if(format!("NOT EXISTS ({exists})"), self.slice.to_owned())
            }
            TypeOperation::Rename { name, .. } => {
                only_if(format!("to_regtype({}) IS NOT NULL", literal(&name.to_string())), self.slice.to_owned())
            }
            TypeOperation::RenameValue { name, from, .. } => {
                let label = format!(
                    "SELECT FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {from}",
                    literal(&name.to_string())
                );
                only_if(format!("EXISTS ({label})"), self.slice.to_owned())
            }
            TypeOperation::CreateDomain { .. } | TypeOperation::AlterDomain { .. } => None,
        }
    }

    pub(super) fn of_object(&self, object: &'a ObjectOperation) -> Option<Idempotent<'a>> {
        match object {
            ObjectOperation::Create { kind: ObjectKind::Sequence, on: Some(table), .. } => {
                let owned = owned_sequence(self.operation).map(|owned| format!("{owned} IS NULL"));
                only_if(owned.unwrap_or_else(|| table_exists(table)), render::statement(self.operation)?)
            }
            // A sequence that starts again a second time gives numbers twice; one that is renamed has another name.
            ObjectOperation::Alter { kind: ObjectKind::Sequence, action, .. }
                if ["RENAME", "RESTART"].iter().any(|word| mentions(action.as_str(), word)) =>
            {
                None
            }
            ObjectOperation::Alter { kind: ObjectKind::Sequence, .. } => always(render::statement(self.operation)?),
            ObjectOperation::Drop { kind: ObjectKind::Sequence, .. } => always(with_if_exists(self.operation)?),
            ObjectOperation::Create { or_replace: true, .. } => self.as_written(),
            ObjectOperation::Drop { .. } => drops_if_exists(self.slice).then(|| self.as_written()).flatten(),
            ObjectOperation::Create { kind: ObjectKind::Trigger | ObjectKind::Policy, .. } => {
                only_if(is_missing(self.operation)?, self.slice.to_owned())
            }
            ObjectOperation::Create {
                kind: ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension, ..
            } => always(with_if_not_exists(self.slice)?),
            ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. } => self.as_written(),
            ObjectOperation::ShareAccess { .. } => always(render::statement(self.operation)?),
            ObjectOperation::SetSchema { .. } | ObjectOperation::Create { .. } | ObjectOperation::Alter { .. } => None,
        }
    }

    pub(super) fn of_data(&self, data: &'a DataOperation) -> Option<Idempotent<'a>> {
        match data {
            DataOperation::Update { .. } => fills_nulls(self.slice).then(|| self.as_written()).flatten(),
            DataOperation::Backfill(_) | DataOperation::Assertion(_) => self.as_written(),
            DataOperation::Insert { .. }
            | DataOperation::Delete { .. }
            | DataOperation::Truncate { .. }
            | DataOperation::Select { .. } => None,
        }
    }

    pub(super) fn of_session(&self, session: &'a SessionOperation) -> Option<Idempotent<'a>> {
        match session {
            SessionOperation::SetParameter { local: false, .. }
            | SessionOperation::Transaction(TransactionControl::Begin | TransactionControl::Commit) => {
                self.as_written()
            }
            _ => None,
        }
    }

    fn as_written(&self) -> Option<Idempotent<'a>> {
        always(self.slice.to_owned())
    }

    /// A rename is done where the new name is there and the old one is not.
    fn renames(&self, old: String, new: String) -> String {
        match self.later.stays {
            true => format!("{new}\n  OR {old}"),
            false => old,
        }
    }

    fn renames_in(&self, exists: &dyn Fn(&Ident) -> String, old: &Ident, new: &Ident) -> String {
        self.renames(format!("EXISTS ({})", exists(old)), format!("NOT EXISTS ({})", exists(new)))
    }

    fn renames_relation(&self, old: &QualifiedName, to: &Ident) -> String {
        self.renames(table_exists(old), table_is_missing(&old.sibling(to.clone())))
    }
}

fn always<'a>(statement: String) -> Option<Idempotent<'a>> {
    Some(Idempotent { when: When::Always, statement })
}

fn only_if<'a>(condition: String, statement: String) -> Option<Idempotent<'a>> {
    Some(Idempotent { when: When::If(condition), statement })
}

fn begins_with_create(statement: &str) -> bool {
    statement.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create"))
}

/// The same with IF EXISTS, or IF NOT EXISTS where it adds.
fn with_if_exists(operation: &Operation) -> Option<String> {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::Table(TableOperation::Drop { if_exists, .. })
        | Operation::Type(TypeOperation::Drop { if_exists, .. })
        | Operation::Index(IndexOperation::Drop { if_exists, .. })
        | Operation::Column(ColumnOperation::Drop { if_exists, .. })
        | Operation::Constraint(ConstraintOperation::Drop { if_exists, .. })
        | Operation::Object(ObjectOperation::Drop { if_exists, .. }) => *if_exists = true,
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
