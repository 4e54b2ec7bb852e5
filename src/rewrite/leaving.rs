//! What goes in a later phase: whether it can by itself, what goes with it, and what its last phase waits for.

use super::undo::undo_of;
use super::{Site, StepBuilder, dotted};
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, Ident, ObjectKind, ObjectOperation, Operation, QualifiedName,
    TableRef, TypeOperation,
};
use crate::plan::{Check, Owned, Undo, snake_case};
use crate::schema::{Column, ConstraintState, Index, RelationKind, Table, same};
use crate::sql::literal;

/// The rule that has nothing more to say when the column goes.
pub(super) const SETTLES: &str = "drop-column";

/// What is said of something that is left as it is, with the reason where there is one.
pub(super) fn because(left: &str, why: Option<&str>) -> String {
    why.map_or_else(|| left.to_owned(), |why| format!("{left}; {why}"))
}

/// The table, where its drop can wait by itself, or why it cannot.
pub(super) fn deferrable_table<'a>(site: &'a Site<'_>, name: &QualifiedName) -> Result<&'a Table, String> {
    let state = site.schema.table(name).filter(|state| state.columns_known);
    let state = state.ok_or("the migrations do not tell what the table looks like")?;
    if site.schema.is_new(name) {
        return Err(format!("{name} is as new as the drop"));
    }
    let is_alone =
        state.kind == RelationKind::Table && state.parents.is_empty() && site.schema.children(name).is_empty();
    if is_alone { Ok(state) } else { Err(format!("other tables share the rows of {name}")) }
}

/// The column, where the drop can wait by itself, or why it cannot.
pub(super) fn deferrable<'a>(
    site: &'a Site<'_>,
    table: &TableRef,
    column: &Ident,
    cascade: bool,
) -> Result<&'a Column, String> {
    let state = site.schema.table(&table.name).filter(|state| state.columns_known);
    let state = state.ok_or("the migrations do not tell what the table looks like")?;
    let known =
        state.columns.get(column).filter(|known| known.sure).ok_or("the migrations do not tell what it looks like")?;
    if cascade {
        return Err("CASCADE takes what nobody can list with it".into());
    }
    let is_alone =
        state.kind == RelationKind::Table && state.parents.is_empty() && site.schema.children(&table.name).is_empty();
    if !is_alone || table.only {
        return Err("other tables share the column".into());
    }
    if state.primary_key().is_some_and(|key| key.contains(column)) {
        return Err("it is in the primary key".into());
    }
    let is_referenced = |constraint: &ConstraintState| matches!(&constraint.constraint.kind, ConstraintKind::ForeignKey(key) if key.referenced.contains(column));
    if let Some((other, key)) = site.schema.referencing(&table.name).into_iter().find(|(_, key)| is_referenced(key)) {
        return Err(format!("the foreign key {} of {} points at it", key.name, other.name));
    }
    Ok(known)
}

/// The foreign keys of its table that have the column.
pub(super) fn own_keys<'a>(
    site: &'a Site<'_>,
    table: &QualifiedName,
    column: &'a Ident,
) -> impl Iterator<Item = &'a ConstraintState> {
    let constraints = site.schema.table(table).into_iter().flat_map(|state| &state.constraints);
    constraints.filter(move |state| match &state.constraint.kind {
        ConstraintKind::ForeignKey(key) => key.columns.contains(column),
        _ => false,
    })
}

/// A foreign key goes in a transaction of its own: it locks both tables.
pub(super) fn drop_key(steps: &mut StepBuilder, on: TableRef, key: &ConstraintState, slug: String, why: String) {
    let name = key.name.clone();
    let drop = ConstraintOperation::Drop { table: on.clone(), name: name.clone(), if_exists: true, cascade: false };
    let again = Constraint { name: Some(name.clone()), not_valid: true, ..key.constraint.clone() };
    let undo = Undo::By(vec![
        Operation::Constraint(ConstraintOperation::Add { table: on.clone(), constraint: again }),
        Operation::Constraint(ConstraintOperation::Validate { table: on, name }),
    ]);
    steps.step(Operation::Constraint(drop), slug, why, undo);
}

/// The enums that the migration drops behind this because nothing else is of them; each with the item that drops it.
pub(super) fn own_types(
    site: &Site<'_>,
    is_leaving: &dyn Fn(&QualifiedName, &Ident) -> bool,
) -> Vec<(usize, QualifiedName)> {
    let goes = |ty: &QualifiedName| {
        let tables = site.schema.using_type(ty);
        let mut users = tables.iter().flat_map(|table| {
            table.columns.iter().filter(|column| same(column.ty.name(), ty)).map(|column| (&table.name, &column.name))
        });
        !tables.is_empty() && users.all(|(table, column)| is_leaving(table, column))
    };
    let types = site.later().filter_map(|(at, operation)| match operation {
        Operation::Type(TypeOperation::Drop { names, cascade: false, .. }) => match names.as_slice() {
            [only] if site.schema.enum_type(only).is_some() && goes(only) => Some((at, only.clone())),
            _ => None,
        },
        _ => None,
    });
    types.collect()
}

/// They go when nothing is of them any more.
pub(super) fn drop_types(site: &Site<'_>, steps: &mut StepBuilder, types: &[(usize, QualifiedName)]) {
    for (at, name) in types {
        let operation = &site.items[*at].operation;
        let (undo, slug) = (undo_of(operation, site.schema), format!("drop_type_{}", snake_case(&name.name)));
        steps.from(*at).step(operation.clone(), slug, "nothing is of that type any more", undo);
        steps.settles("drop-type");
    }
}

/// They belong to what goes.
pub(super) fn owned_types(types: &[(usize, QualifiedName)]) -> impl Iterator<Item = Owned> {
    types.iter().map(|(_, name)| Owned::Type { name: name.clone() })
}

/// The indexes that have the column and no other.
pub(super) fn own_indexes<'a>(
    site: &'a Site<'_>,
    table: &QualifiedName,
    column: &'a Ident,
) -> impl Iterator<Item = &'a Index> {
    site.schema.indexes_of(table).filter(move |index| {
        let only_it = matches!(index.columns.as_slice(), [key] if key.column() == Some(column));
        index.constraint.is_none() && only_it
    })
}

/// Without DROP NOT NULL, code that does not name the column could not insert.
pub(super) fn is_relaxed(column: &Column) -> bool {
    column.not_null && column.default.is_none() && column.generated.is_none()
}

/// A view would keep the table from going.
pub(super) fn no_view_reads_table(site: &Site<'_>, table: &QualifiedName) -> Check {
    Check {
        condition: format!("no view that stays reads {table}"),
        query: format!(
            "SELECT DISTINCT r.ev_class::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = \
             'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass({0}) AND \
             r.ev_class <> d.refobjid{1}",
            literal(&table.to_string()),
            unless_dropped(site)
        ),
    }
}

/// The views that the migration drops go before.
fn unless_dropped(site: &Site<'_>) -> String {
    let views = site.items.iter().filter_map(|item| match &item.operation {
        Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::View | ObjectKind::MaterializedView,
            names,
            ..
        }) => Some(names),
        _ => None,
    });
    let names: Vec<String> = views.flatten().map(regclass).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" AND NOT coalesce(r.ev_class IN ({}), false)", names.join(", ")),
    }
}

fn regclass(name: &QualifiedName) -> String {
    format!("to_regclass({})", literal(&name.to_string()))
}

/// A foreign key of another table would keep the table from going, unless it is one of those that go before it.
pub(super) fn no_key_points_at(table: &QualifiedName, gone: &[Ident], tables: &[QualifiedName]) -> Check {
    let list = |names: Vec<String>| names.join(", ");
    let keys = list(gone.iter().map(|name| literal(name.as_str())).collect());
    let others = list(tables.iter().map(regclass).collect());
    let unless = match gone.is_empty() {
        true => String::new(),
        false => format!(" AND conname NOT IN ({keys})"),
    };
    Check {
        condition: format!("no foreign key that stays points at {table}"),
        query: format!(
            "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass({}) \
             AND NOT coalesce(conrelid IN ({others}), false){unless}",
            literal(&table.to_string())
        ),
    }
}

/// A view would keep the column from going.
pub(super) fn no_view_reads(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Check {
    Check {
        condition: format!("no view that stays reads {}", dotted(table, column)),
        query: format!(
            "SELECT DISTINCT r.ev_class::regclass FROM pg_attribute a JOIN pg_depend d ON d.refobjid = a.attrelid AND \
             d.refobjsubid = a.attnum JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass AND \
             d.refclassid = 'pg_class'::regclass AND {}{}",
            is_column(table, column),
            unless_dropped(site)
        ),
    }
}

/// A row of `pg_attribute` is that column.
pub(super) fn is_column(table: &QualifiedName, column: &Ident) -> String {
    format!("a.attrelid = to_regclass({}) AND a.attname = {}", literal(&table.to_string()), literal(column.as_str()))
}
