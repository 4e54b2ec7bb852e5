//! Statements in a form that does nothing the second time: for runners that begin a file again where a unit of it failed.

use super::plpgsql::{column_exists, is_missing, literal, only_if, table_exists};
use crate::operation::{
    ColumnAttribute, ConstraintKind, CreateIndex, Ident, ObjectKind, Operation, QualifiedName, SqlFragment,
    TableAttribute, TransactionControl, TypeName,
};
use crate::plan::Step;
use crate::schema::same;
use crate::sql::{drops_if_exists, fills_nulls, render, with_if_not_exists};

/// The statement of an operation in a form that does no harm when it runs again; `None` when safestep knows none.
/// `slice` is the operation as the source wrote it, as a statement of its own without its semicolon.
pub fn runs_again(operation: &Operation, slice: &str) -> Option<String> {
    let as_written = || Some(slice.to_owned());
    match operation {
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
        | Operation::RenameIndex { .. }
        | Operation::AddEnumValue { .. } => with_if_exists(operation),
        Operation::DropObject { kind: ObjectKind::Sequence, .. }
        | Operation::AlterObject { kind: ObjectKind::Sequence, .. } => render::statement(operation),
        Operation::CreateEnum { name, .. } => {
            let exists = format!("SELECT FROM pg_type WHERE oid = to_regtype({})", literal(&name.to_string()));
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
            | TableAttribute::ToggleTrigger
            | TableAttribute::Persistence
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
        | Operation::DropConstraint { if_exists, .. }
        | Operation::RenameIndex { if_exists, .. } => *if_exists = true,
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

/// What a step takes away and a later one makes again under the same name: run again, it would take away the new one
/// and the rows in it. And what it makes and a later one renames.
pub fn makes_again<'a>(step: &Step, later: impl IntoIterator<Item = &'a Step>) -> bool {
    let later: Vec<&Operation> = later.into_iter().map(|s| &s.operation).collect();
    let made = |made: &dyn Fn(&Operation) -> bool| later.iter().any(|operation| made(operation));
    let any = |names: &[QualifiedName], name: &QualifiedName| names.iter().any(|n| same(n, name));
    let makes_table = |o: &Operation, names: &[QualifiedName]| match o {
        Operation::CreateTable(create) => any(names, &create.name),
        Operation::RenameTable { table, to } => any(names, &table.sibling(to.clone())),
        Operation::CreateObject { kind: ObjectKind::View | ObjectKind::MaterializedView, name: Some(name), .. } => {
            any(names, name)
        }
        _ => false,
    };
    match &step.operation {
        Operation::DropTable { names, .. } => made(&|o| makes_table(o, names)),
        Operation::RenameTable { table, .. } => made(&|o| makes_table(o, std::slice::from_ref(&table.name))),
        Operation::RenameIndex { index, .. } => made(&|o| makes_index(o, &index.name)),
        // Made again under its first name, it would be renamed onto itself.
        Operation::CreateTable(create) => made(&|o| match o {
            Operation::RenameTable { table, .. } => same(table, &create.name),
            _ => false,
        }),
        Operation::AddColumn { table, column, .. } => made(&|o| match o {
            Operation::RenameColumn { table: other, column: name, .. } => same(other, table) && *name == column.name,
            _ => false,
        }),
        Operation::DropType { names, .. } => made(&|o| makes_type(o, names)),
        Operation::RenameType { name, .. } => made(&|o| makes_type(o, std::slice::from_ref(name))),
        Operation::DropColumn { table, column, .. } | Operation::RenameColumn { table, column, .. } => {
            made(&|o| match o {
                Operation::AddColumn { table: other, column: new, .. } => same(other, table) && new.name == *column,
                Operation::RenameColumn { table: other, to, .. } => same(other, table) && to == column,
                _ => false,
            })
        }
        _ => false,
    }
}

fn makes_index(operation: &Operation, name: &Ident) -> bool {
    match operation {
        Operation::CreateIndex(index) => index.name.as_ref() == Some(name),
        Operation::RenameIndex { to, .. } => to == name,
        _ => false,
    }
}

/// The condition under which what a step is about is there still, where a later one drops or renames it: its table, or its
/// column.
pub fn there_before<'a>(step: &'a Step, later: impl IntoIterator<Item = &'a Step> + Clone) -> Option<String> {
    let removes = matches!(
        step.operation,
        Operation::CreateTable(_) | Operation::DropTable { .. } | Operation::RenameTable { .. }
    );
    let table = step.operation.table().filter(|_| !removes)?;
    let table_goes = |later: &Step| match &later.operation {
        Operation::DropTable { names, .. } => names.iter().any(|name| same(name, table)),
        Operation::RenameTable { table: other, .. } => same(other, table),
        _ => false,
    };
    if later.clone().into_iter().any(table_goes) {
        return Some(table_exists(table));
    }
    let column = match &step.operation {
        Operation::SetNotNull { column, .. }
        | Operation::DropNotNull { column, .. }
        | Operation::SetDefault { column, .. }
        | Operation::DropDefault { column, .. }
        | Operation::SetType { column, .. } => column,
        _ => return None,
    };
    let column_goes = |later: &Step| match &later.operation {
        Operation::DropColumn { table: other, column: gone, .. }
        | Operation::RenameColumn { table: other, column: gone, .. } => same(other, table) && gone == column,
        _ => false,
    };
    later.into_iter().any(column_goes).then(|| format!("EXISTS ({})", column_exists(table, column)))
}

fn makes_type(operation: &Operation, names: &[QualifiedName]) -> bool {
    let any = |name: &QualifiedName| names.iter().any(|n| same(n, name));
    match operation {
        Operation::CreateEnum { name, .. } | Operation::CreateDomain { name, .. } => any(name),
        Operation::RenameType { name, to } => any(&name.sibling(to.clone())),
        Operation::CreateObject { name: Some(name), .. } => any(name),
        _ => false,
    }
}

/// A constraint that a sequence adds and takes away again when it has done its work.
pub fn is_temporary<'a>(table: &QualifiedName, name: &Ident, steps: impl IntoIterator<Item = &'a Step>) -> bool {
    steps.into_iter().any(|step| match &step.operation {
        Operation::DropConstraint { table: other, name: dropped, .. } => same(other, table) && dropped == name,
        _ => false,
    })
}

/// What a statement does to rows, and would do again.
pub fn changes_rows(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. } | Operation::Truncate { .. }
    )
}

/// True when steps of a sequence take nothing away and change nothing twice, so that any part of them does nothing where
/// `all` of it was done: an index that is dropped and built anew, or built under another name, would be gone after its
/// first half.
pub fn only_adds<'a>(
    some: impl IntoIterator<Item = &'a Step>,
    all: impl IntoIterator<Item = &'a Step> + Clone,
) -> bool {
    let steps = all;
    let once = |operation: &Operation| match operation {
        Operation::CreateTable(_)
        | Operation::CreateEnum { .. }
        | Operation::CreateIndex(_)
        | Operation::AddColumn { .. }
        | Operation::AddEnumValue { .. }
        | Operation::ValidateConstraint { .. }
        | Operation::SetNotNull { .. }
        | Operation::Backfill(_)
        | Operation::Analyze { .. } => true,
        // A check that stands for a time is not added again where its column is NOT NULL.
        Operation::AddConstraint { table, constraint } => {
            let drops = constraint.name.as_ref().is_some_and(|name| is_temporary(table, name, steps.clone()));
            !drops || settled(operation, steps.clone()).is_some()
        }
        Operation::DropConstraint { table, name, .. } => steps.clone().into_iter().any(|step| {
            matches!(&step.operation, Operation::AddConstraint { table: other, constraint }
                if same(other, table) && constraint.name.as_ref() == Some(name))
                && settled(&step.operation, steps.clone()).is_some()
        }),
        Operation::SetDefault { table, column, .. } => {
            let same_column = |step: &&Step| {
                matches!(&step.operation, Operation::SetDefault { table: other, column: too, .. }
                    if same(other, table) && too == column)
            };
            steps.clone().into_iter().filter(same_column).count() == 1
        }
        _ => false,
    };
    some.into_iter().all(|step| once(&step.operation))
}

/// What is true when the work of a step's constraint is done and the constraint is gone: its column is NOT NULL.
pub fn settled<'a>(operation: &Operation, steps: impl IntoIterator<Item = &'a Step> + Clone) -> Option<String> {
    let Operation::AddConstraint { table, constraint } = operation else { return None };
    let ConstraintKind::Check { .. } = constraint.kind else { return None };
    constraint.name.as_ref().filter(|name| is_temporary(table, name, steps.clone()))?;
    let item = steps.clone().into_iter().find(|s| s.operation == *operation)?.item;
    let column = steps.into_iter().filter(|s| s.item == item).find_map(|s| match &s.operation {
        Operation::SetNotNull { table: other, column } if same(other, table) => Some(column),
        _ => None,
    })?;
    Some(format!(
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND attnotnull)",
        literal(&table.to_string()),
        literal(column.as_str())
    ))
}
