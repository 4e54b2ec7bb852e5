//! How an operation that passes through is taken back, where the catalog tells.

use super::swap::NOT_IN_HISTORY;
use crate::operation::{
    ColumnOperation, Constraint, ConstraintOperation, DataOperation, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, QualifiedName, SessionOperation, TableOperation, TableRef, TypeOperation,
};
use crate::plan::Undo;
use crate::schema::Schema;

/// What takes it back; `schema` is the catalog before it.
pub(super) fn undo_of(operation: &Operation, schema: &Schema) -> Undo {
    match operation {
        Operation::Table(operation) => of_table(operation, schema),
        Operation::Column(operation) => of_column(operation, schema),
        Operation::Constraint(operation) => of_constraint(operation, schema),
        Operation::Index(operation) => of_index(operation, schema),
        Operation::Type(operation) => of_type(operation),
        Operation::Object(operation) => of_object(operation, schema),
        Operation::Data(operation) => of_data(operation),
        Operation::Session(SessionOperation::Transaction(_) | SessionOperation::SetParameter { .. }) => Undo::Nothing,
        Operation::Session(SessionOperation::LockTable { .. }) | Operation::Opaque { .. } => by_hand(),
    }
}

/// How a column gets the default back that it has now.
pub(super) fn undo_default(schema: &Schema, table: &TableRef, column: &Ident) -> Undo {
    let known = schema.column(&table.name, column).filter(|known| known.sure);
    let (table, column) = (table.clone(), column.clone());
    match known.map(|known| known.default.clone()) {
        Some(Some(default)) => by_column(ColumnOperation::SetDefault { table, column, default }),
        Some(None) => by_column(ColumnOperation::DropDefault { table, column }),
        None => Undo::Impossible("the default before is not known for sure".into()),
    }
}

/// Only its author knows.
pub(super) fn by_hand() -> Undo {
    Undo::Impossible("safestep does not know how; write it by hand".into())
}

fn gone() -> Undo {
    Undo::Impossible("what it removes is gone".into())
}

fn of_table(operation: &TableOperation, schema: &Schema) -> Undo {
    let by = |operation| Undo::By(vec![Operation::Table(operation)]);
    match operation {
        TableOperation::Create(create) if create.if_not_exists && schema.table(&create.name).is_some() => Undo::Nothing,
        TableOperation::Create(create) => {
            by(TableOperation::Drop { names: vec![create.name.clone()], if_exists: true, cascade: false })
        }
        TableOperation::Drop { .. } => gone(),
        TableOperation::Rename { table, to } => by(TableOperation::Rename {
            table: TableRef { name: table.name.sibling(to.clone()), ..table.clone() },
            to: table.name.name.clone(),
        }),
        TableOperation::SetAttribute { .. }
        | TableOperation::AttachPartition { .. }
        | TableOperation::DetachPartition { .. }
        | TableOperation::Vacuum { .. }
        | TableOperation::Analyze { .. }
        | TableOperation::Cluster { .. } => by_hand(),
    }
}

fn by_column(operation: ColumnOperation) -> Undo {
    Undo::By(vec![Operation::Column(operation)])
}

fn of_column(operation: &ColumnOperation, schema: &Schema) -> Undo {
    let (table, column) = (operation.table().clone(), operation.column().clone());
    match operation {
        ColumnOperation::Add { if_not_exists: true, .. } if schema.column(&table.name, &column).is_some() => {
            Undo::Nothing
        }
        ColumnOperation::Add { .. } => {
            by_column(ColumnOperation::Drop { table, column, if_exists: true, cascade: false })
        }
        ColumnOperation::Drop { .. } => gone(),
        ColumnOperation::Rename { to, .. } => {
            by_column(ColumnOperation::Rename { table, column: to.clone(), to: column })
        }
        ColumnOperation::SetDefault { .. } | ColumnOperation::DropDefault { .. } => {
            undo_default(schema, &table, &column)
        }
        ColumnOperation::SetNotNull { .. } => by_column(ColumnOperation::DropNotNull { table, column }),
        ColumnOperation::DropNotNull { .. } => match schema.column(&table.name, &column) {
            Some(state) if !state.not_null => Undo::Nothing,
            _ => by_column(ColumnOperation::SetNotNull { table, column }),
        },
        ColumnOperation::SetType { .. } | ColumnOperation::SetAttribute { .. } => by_hand(),
    }
}

fn of_constraint(operation: &ConstraintOperation, schema: &Schema) -> Undo {
    let by = |operation| Undo::By(vec![Operation::Constraint(operation)]);
    let table = operation.table().clone();
    match operation {
        ConstraintOperation::Add { constraint, .. } if schema.is_name_open(&table.name, constraint) => by_hand(),
        ConstraintOperation::Add { constraint, .. } => {
            let name = schema.constraint_name(&table.name, constraint);
            by(ConstraintOperation::Drop { table, name, if_exists: true, cascade: false })
        }
        ConstraintOperation::Drop { name, .. } => match schema.constraint(&table.name, name) {
            Some(state) => {
                let constraint = Constraint { name: Some(name.clone()), ..state.constraint.clone() };
                by(ConstraintOperation::Add { table, constraint })
            }
            None => Undo::Impossible(NOT_IN_HISTORY.into()),
        },
        ConstraintOperation::Validate { .. } => Undo::Nothing,
        ConstraintOperation::Rename { name, to, .. } => {
            by(ConstraintOperation::Rename { table, name: to.clone(), to: name.clone() })
        }
        ConstraintOperation::Alter { .. } => by_hand(),
    }
}

fn of_index(operation: &IndexOperation, schema: &Schema) -> Undo {
    let by = |operation| Undo::By(vec![Operation::Index(operation)]);
    match operation {
        IndexOperation::Create(index) => {
            let name = index.name.clone().unwrap_or_else(|| schema.index_name(index));
            if index.if_not_exists && schema.is_taken(&index.table, &name) {
                return Undo::Nothing;
            }
            by(IndexOperation::Drop {
                names: vec![index.table.sibling(name)],
                concurrently: index.concurrently,
                if_exists: true,
                cascade: false,
            })
        }
        IndexOperation::Rename { index, to, if_exists } => by(IndexOperation::Rename {
            index: index.sibling(to.clone()),
            to: index.name.clone(),
            if_exists: *if_exists,
        }),
        IndexOperation::Drop { .. }
        | IndexOperation::Alter { .. }
        | IndexOperation::AttachPartition { .. }
        | IndexOperation::Reindex { .. } => by_hand(),
    }
}

fn of_type(operation: &TypeOperation) -> Undo {
    let by = |operation| Undo::By(vec![Operation::Type(operation)]);
    match operation {
        TypeOperation::CreateEnum { name, .. } => {
            by(TypeOperation::Drop { names: vec![name.clone()], if_exists: true, cascade: false })
        }
        TypeOperation::Drop { .. } => gone(),
        TypeOperation::Rename { name, to } => {
            by(TypeOperation::Rename { name: name.sibling(to.clone()), to: name.name.clone() })
        }
        TypeOperation::RenameValue { name, from, to } => {
            by(TypeOperation::RenameValue { name: name.clone(), from: to.clone(), to: from.clone() })
        }
        TypeOperation::CreateDomain { name, .. } => by_drop(ObjectKind::Domain, name, None),
        TypeOperation::AddValue { .. } | TypeOperation::AlterDomain { .. } => by_hand(),
    }
}

/// An object is dropped that was not there before.
fn by_drop(kind: ObjectKind, name: &QualifiedName, on: Option<&QualifiedName>) -> Undo {
    let (names, on) = (vec![name.clone()], on.cloned());
    Undo::By(vec![Operation::Object(ObjectOperation::Drop { kind, names, on, if_exists: true, cascade: false })])
}

/// Nothing of that name was there before, or it would have failed; functions may share a name, and what is no function has a
/// DROP of its own.
fn is_new(kind: ObjectKind, name: &QualifiedName, definition: &str, schema: &Schema) -> bool {
    let begins = |words: &str| definition.get(..words.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(words));
    let may_be_there = definition.to_ascii_uppercase().contains("IF NOT EXISTS");
    match kind {
        ObjectKind::Function => begins("FUNCTION") && schema.function(name).is_none(),
        ObjectKind::Trigger => begins("TRIGGER"),
        ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Policy
        | ObjectKind::Rule
        | ObjectKind::Type
        | ObjectKind::Schema
        | ObjectKind::Statistics => !may_be_there,
        ObjectKind::Table
        | ObjectKind::Index
        | ObjectKind::Domain
        | ObjectKind::Extension
        | ObjectKind::Publication
        | ObjectKind::Other => false,
    }
}

fn of_object(operation: &ObjectOperation, schema: &Schema) -> Undo {
    match operation {
        ObjectOperation::Create { kind, name: Some(name), or_replace: false, on, definition }
            if is_new(*kind, name, definition.as_str(), schema) =>
        {
            by_drop(*kind, name, on.as_ref())
        }
        ObjectOperation::Drop { .. } => gone(),
        ObjectOperation::ShareAccess { .. } => Undo::Nothing,
        ObjectOperation::Create { .. }
        | ObjectOperation::Alter { .. }
        | ObjectOperation::SetSchema { .. }
        | ObjectOperation::RefreshMaterializedView { .. }
        | ObjectOperation::Comment { .. }
        | ObjectOperation::Grant { .. } => by_hand(),
    }
}

fn of_data(operation: &DataOperation) -> Undo {
    match operation {
        DataOperation::Delete { .. } => gone(),
        DataOperation::Update { .. } => Undo::Impossible("the values before it are gone".into()),
        DataOperation::Select { .. } | DataOperation::Assertion(_) => Undo::Nothing,
        DataOperation::Insert { .. } | DataOperation::Truncate { .. } | DataOperation::Backfill(_) => by_hand(),
    }
}
