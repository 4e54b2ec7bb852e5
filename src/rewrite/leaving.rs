//! A column that goes in a later phase: whether it can by itself, what goes with it, and what its last phase waits for.

use super::{Site, dotted};
use crate::operation::{ConstraintKind, Ident, QualifiedName, TableRef};
use crate::plan::Check;
use crate::schema::{Column, ConstraintState, Index, RelationKind};
use crate::sql::literal;

/// The rule that has nothing more to say when the column goes.
pub(super) const SETTLES: &str = "drop-column";

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
    let has_key = |constraint: &&ConstraintState| matches!(&constraint.constraint.kind, ConstraintKind::ForeignKey(key) if key.columns.contains(column));
    if let Some(key) = state.constraints.iter().find(has_key) {
        return Err(format!("its foreign key {} would have to wait with it", key.name));
    }
    let is_referenced = |constraint: &ConstraintState| matches!(&constraint.constraint.kind, ConstraintKind::ForeignKey(key) if key.referenced.contains(column));
    if let Some((other, key)) = site.schema.referencing(&table.name).into_iter().find(|(_, key)| is_referenced(key)) {
        return Err(format!("the foreign key {} of {} points at it", key.name, other.name));
    }
    Ok(known)
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

/// A view would keep the column from going.
pub(super) fn no_view_reads(table: &QualifiedName, column: &Ident) -> Check {
    Check {
        condition: format!("no view reads {}", dotted(table, column)),
        query: format!(
            "SELECT DISTINCT r.ev_class::regclass FROM pg_attribute a JOIN pg_depend d ON d.refobjid = a.attrelid AND \
             d.refobjsubid = a.attnum JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass AND \
             d.refclassid = 'pg_class'::regclass AND {}",
            is_column(table, column)
        ),
    }
}

/// A row of `pg_attribute` is that column.
pub(super) fn is_column(table: &QualifiedName, column: &Ident) -> String {
    format!("a.attrelid = to_regclass({}) AND a.attname = {}", literal(&table.to_string()), literal(column.as_str()))
}
