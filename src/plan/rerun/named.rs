//! What a statement names that is gone or has another name when it runs again, and no guard of it asks for that.

use super::around::Around;
use super::last_changes::changed_column;
use crate::operation::{
    ColumnOperation, ConstraintOperation, DataOperation, DomainAction, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, QualifiedName, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::postgres::idempotence::own_name;
use crate::schema::{mentions, renamed_to, same};

/// What an operation takes away: what has these names is gone, or has another name.
pub(super) fn taken(operation: &Operation) -> Vec<&Ident> {
    match operation {
        Operation::Table(TableOperation::Drop { names: of, .. })
        | Operation::Index(IndexOperation::Drop { names: of, .. })
        | Operation::Type(TypeOperation::Drop { names: of, .. })
        | Operation::Object(ObjectOperation::Drop { names: of, .. }) => of.iter().map(|name| &name.name).collect(),
        Operation::Table(TableOperation::Rename { table, .. }) => vec![&table.name.name],
        Operation::Column(ColumnOperation::Drop { column, .. } | ColumnOperation::Rename { column, .. }) => {
            vec![column]
        }
        Operation::Constraint(ConstraintOperation::Drop { name, .. } | ConstraintOperation::Rename { name, .. }) => {
            vec![name]
        }
        Operation::Index(IndexOperation::Rename { index, .. }) => vec![&index.name],
        Operation::Type(TypeOperation::Rename { name, .. }) => vec![&name.name],
        Operation::Type(TypeOperation::AlterDomain { name, action }) => match action {
            DomainAction::Rename(_) | DomainAction::SetSchema(_) => vec![&name.name],
            DomainAction::DropConstraint { name, .. } | DomainAction::RenameConstraint { name, .. } => vec![name],
            _ => Vec::new(),
        },
        Operation::Object(ObjectOperation::SetSchema { name, .. }) => vec![&name.name],
        Operation::Object(ObjectOperation::Alter { name: Some(name), action, .. }) if renamed_to(action).is_some() => {
            vec![&name.name]
        }
        _ => Vec::new(),
    }
}

/// It only gives another name, which a guard that asks for what it makes does not notice.
fn renames(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Table(TableOperation::Rename { .. })
            | Operation::Column(ColumnOperation::Rename { .. })
            | Operation::Constraint(ConstraintOperation::Rename { .. })
            | Operation::Index(IndexOperation::Rename { .. })
            | Operation::Type(TypeOperation::Rename { .. })
            | Operation::Object(ObjectOperation::Alter { .. } | ObjectOperation::SetSchema { .. })
    )
}

/// How a statement stands to what it names.
enum Asks {
    /// It fails where that is gone.
    Nothing,
    /// It asks first whether what it makes is there, and then needs nothing.
    Made,
    /// It does nothing where that is gone.
    All,
}

fn asks(operation: &Operation) -> Asks {
    match operation {
        Operation::Object(
            ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. }
            | ObjectOperation::ShareAccess { .. }
            | ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Alter { .. }
            | ObjectOperation::Create { or_replace: true, .. },
        )
        | Operation::Index(
            IndexOperation::Create(_) | IndexOperation::Reindex { .. } | IndexOperation::AttachPartition { .. },
        )
        | Operation::Table(
            TableOperation::SetAttribute { .. }
            | TableOperation::Vacuum { .. }
            | TableOperation::Analyze { .. }
            | TableOperation::Cluster { .. },
        )
        | Operation::Column(
            ColumnOperation::SetDefault { .. }
            | ColumnOperation::SetType { .. }
            | ColumnOperation::SetAttribute { .. }
            | ColumnOperation::SetNotNull { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::DropDefault { .. },
        )
        | Operation::Type(TypeOperation::AddValue { .. })
        | Operation::Data(DataOperation::Update { .. } | DataOperation::Backfill(_)) => Asks::Nothing,
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::Trigger | ObjectKind::Policy, .. })
        | Operation::Constraint(ConstraintOperation::Add { .. })
        | Operation::Column(ColumnOperation::Add { .. }) => Asks::Made,
        _ => Asks::All,
    }
}

/// A statement that names what later ones may take away.
pub(super) fn needs_what_it_names(operation: &Operation) -> bool {
    !matches!(asks(operation), Asks::All)
}

/// True when `step` names what `gone` takes away, and would fail for want of it.
pub(super) fn names_what_goes(step: &Step, gone: &Step, around: &Around<'_>) -> bool {
    let operation = &step.operation;
    match asks(operation) {
        Asks::All => return false,
        Asks::Made if renames(&gone.operation) => return false,
        // Where the column is still there, it is not added again.
        Asks::Made if matches!(operation, Operation::Column(_)) && !goes_itself(operation, around) => return false,
        Asks::Made | Asks::Nothing => {}
    }
    let is_own_table = |table: &QualifiedName| operation.table().is_some_and(|own| same(own, table));
    let words = (around.text)(step);
    match &gone.operation {
        // Of what is its own `condition_of_being_there` asks.
        Operation::Table(TableOperation::Drop { names, .. }) => {
            names.iter().any(|name| !is_own_table(name) && mentions(&words, name.name.as_str()))
        }
        Operation::Table(TableOperation::Rename { table, .. }) => {
            !is_own_table(&table.name) && mentions(&words, table.name.name.as_str())
        }
        Operation::Column(
            ColumnOperation::Drop { table, column, .. } | ColumnOperation::Rename { table, column, .. },
        ) => {
            let about = is_own_table(&table.name) || mentions(&words, table.name.name.as_str());
            about && own_column(operation) != Some(column) && mentions(&words, column.as_str())
        }
        // What a rewrite makes for a time and takes away again is its own affair.
        Operation::Constraint(_) | Operation::Index(_) if step.item == gone.item => false,
        Operation::Constraint(_) | Operation::Index(_) if asks_for_keys(operation) => false,
        // It is made again as it was, and goes again; of what has its place by then `is_replaced_again` asks.
        Operation::Object(ObjectOperation::Drop { names, .. }) if makes_one_of(operation, names) => false,
        taking => taken(taking).into_iter().any(|name| mentions(&words, name.as_str())),
    }
}

/// It makes or takes away what constraints and indexes are, and its guard asks for them; a build of what is there does not.
fn asks_for_keys(operation: &Operation) -> bool {
    match operation {
        Operation::Index(IndexOperation::Reindex { .. } | IndexOperation::AttachPartition { .. }) => false,
        Operation::Constraint(_) | Operation::Index(_) | Operation::Column(_) => true,
        _ => false,
    }
}

/// A view or function that is put in the place of the one before, and that a later one makes once more: the first would take the
/// place of the second, which has other columns, or returns something else where the one before was dropped.
pub(super) fn is_replaced_again(operation: &Operation, later: &Operation) -> bool {
    let Operation::Object(ObjectOperation::Create { kind, name: Some(name), or_replace: true, .. }) = operation else {
        return false;
    };
    let Operation::Object(ObjectOperation::Create { kind: as_kind, .. }) = later else { return false };
    matches!(kind, ObjectKind::View | ObjectKind::Function)
        && kind == as_kind
        && makes_one_of(later, std::slice::from_ref(name))
}

/// Some step drops the column or constraint that it makes.
fn goes_itself(operation: &Operation, around: &Around<'_>) -> bool {
    own_name(operation).iter().any(|name| (around.drops_before)(name, usize::MAX))
}

fn makes_one_of(operation: &Operation, names: &[QualifiedName]) -> bool {
    match operation {
        Operation::Object(ObjectOperation::Create { name: Some(name), .. }) => names.iter().any(|own| same(own, name)),
        _ => false,
    }
}

/// The column that the statement is about, as far as it asks for it.
fn own_column(operation: &Operation) -> Option<&Ident> {
    match operation {
        Operation::Column(ColumnOperation::Add { column, .. }) => Some(&column.name),
        operation => changed_column(operation),
    }
}
