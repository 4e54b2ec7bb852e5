//! `ADD`, `DROP`, `ALTER COLUMN`.
//!
//! Locks: `AlterTableGetLockLevel` (`src/backend/commands/tablecmds.c`). Costs: documentation, ALTER TABLE, Notes.

use super::table::{lock_borrowers, lock_views};
use super::tally::Tally;
use super::type_change::{TypeAlteration, TypeChange, is_constrained, type_change};
use super::volatility::{Volatility, volatility};
use super::{LockMode, Work, constraint};
use crate::operation::{
    ColumnAttribute, ColumnDefinition, ColumnOperation, ConstraintKind, ConstraintOperation, Generated, Ident,
    Operation, QualifiedName, SqlFragment, TableRef, TypeName, is_built_in,
};
use crate::schema::{Schema, mentions, same};
use crate::sql::expression;

/// Counts what an operation on a column does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &ColumnOperation) {
    match operation {
        ColumnOperation::Add { table, column, if_not_exists } => add(tally, table, column, *if_not_exists),
        ColumnOperation::Drop { table, column, cascade, .. } => drop(tally, table, column, *cascade),
        ColumnOperation::DropNotNull { table, column } => constraint::drop_not_null(tally, table, column),
        ColumnOperation::Rename { table, .. }
        | ColumnOperation::SetDefault { table, .. }
        | ColumnOperation::DropDefault { table, .. } => {
            tally.lock_family(table, table.only, LockMode::AccessExclusive);
        }
        ColumnOperation::SetNotNull { table, column } => constraint::set_not_null(tally, table, column),
        ColumnOperation::SetType { table, column, ty, collation, using } => {
            let change = TypeAlteration { table, column, to: ty, collation: collation.as_ref(), using: using.as_ref() };
            set_type(tally, table, &change);
        }
        ColumnOperation::SetAttribute { table, column, attribute: set } => attribute(tally, table, column, set),
    }
}

/// `ADD COLUMN`: ACCESS EXCLUSIVE. A value that is the same for every row is kept in the catalog (11+,
/// `pg_attribute.attmissingval`); any other rewrites the table.
fn add(tally: &mut Tally<'_>, table: &TableRef, column: &ColumnDefinition, if_not_exists: bool) {
    let exists = tally.schema.column(table, &column.name).is_some_and(|c| c.sure);
    tally.lock_family(table, table.only || (if_not_exists && exists), LockMode::AccessExclusive);
    if if_not_exists && exists {
        // Up to 12 an inline REFERENCES is added all the same.
        if tally.version < 13 {
            lock_referenced(tally, column);
        }
        return;
    }
    let filled = is_filled(column);
    let generated = column.generated.as_ref();
    if differs_by_row(column, tally.schema) {
        tally.rewrite(table, table.only);
    } else if !is_known_type(&column.ty, tally.schema) && !tally.heaps(table, table.only).is_empty() {
        tally.work(Work::Unknown); // it may be a domain with a CHECK
    }
    let virtual_column = matches!(generated, Some(Generated::Virtual(_)));
    if virtual_column && tally.version < 18 {
        tally.fails();
    }
    if virtual_column && column.not_null {
        tally.scan(table, table.only);
    }
    if column.not_null && !filled && !tally.heaps(table, table.only).is_empty() {
        tally.fails(); // 23502 on a table that has rows
    }
    add_inline_constraints(tally, table, column, filled);
}

/// Each existing row gets a value, or a check, of its own: sequences, stored generated columns, volatile defaults, and
/// any domain with a constraint.
fn differs_by_row(column: &ColumnDefinition, schema: &Schema) -> bool {
    let computed = matches!(column.generated, Some(Generated::Stored(_) | Generated::Identity(_)));
    let volatile = column.default.as_ref().is_some_and(|d| volatility(d, schema) == Volatility::Volatile);
    column.is_serial() || computed || volatile || is_constrained(&column.ty, schema)
}

/// Existing rows get a value that is not NULL.
fn is_filled(column: &ColumnDefinition) -> bool {
    let null = |d: &SqlFragment| expression::parse(d).is_some_and(|e| e.is_null());
    let default = column.default.as_ref().is_some_and(|d| !null(d));
    default || column.is_serial() || column.generated.is_some()
}

fn lock_referenced(tally: &mut Tally<'_>, column: &ColumnDefinition) {
    for inline in &column.constraints {
        if let ConstraintKind::ForeignKey(fk) = &inline.kind {
            constraint::lock_referenced(tally, &fk.references, LockMode::ShareRowExclusive);
        }
    }
}

/// UNIQUE and PRIMARY KEY build an index, CHECK reads every row, REFERENCES only when a DEFAULT clause is written, even
/// DEFAULT NULL: without one all values are NULL and the check is skipped (`transformColumnDefinition`, `skipValidation`).
fn add_inline_constraints(tally: &mut Tally<'_>, table: &TableRef, column: &ColumnDefinition, filled: bool) {
    lock_referenced(tally, column);
    for inline in &column.constraints {
        match &inline.kind {
            ConstraintKind::Unique { .. } => tally.build(table, table.only),
            ConstraintKind::PrimaryKey { .. } => {
                tally.build(table, table.only);
                if !filled && !tally.heaps(table, table.only).is_empty() {
                    tally.fails();
                }
            }
            ConstraintKind::ForeignKey(fk) => {
                let skipped = column.default.is_none() && column.generated.is_none() && !column.is_serial();
                if !skipped && !tally.heaps(table, table.only).is_empty() {
                    tally.scan(table, table.only);
                    if filled {
                        tally.scan(&fk.references, false);
                    }
                }
            }
            ConstraintKind::Check { .. } | ConstraintKind::Exclude(_) | ConstraintKind::NotNull { .. } => {
                tally.scan(table, table.only);
            }
        }
    }
}

/// True when a column that comes with REFERENCES has its rows read because of what else its ALTER TABLE does: a DEFAULT of any
/// added column, or a foreign key that is added, ends `skipValidation` for all of it (`transformAlterTableStmt`).
pub fn is_checked_beside<'a>(operation: &Operation, others: impl IntoIterator<Item = &'a Operation>) -> bool {
    let Operation::Column(ColumnOperation::Add { column, .. }) = operation else { return false };
    let refers = column.constraints.iter().any(|inline| matches!(inline.kind, ConstraintKind::ForeignKey(_)));
    refers
        && others.into_iter().any(|other| match other {
            Operation::Column(ColumnOperation::Add { column, .. }) => {
                column.default.is_some() || column.generated.is_some() || column.is_serial()
            }
            Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
                matches!(constraint.kind, ConstraintKind::ForeignKey(_))
            }
            _ => false,
        })
}

/// A type that is known to be no domain with constraints: built in, of a known extension, an enum or a domain that the
/// history made.
fn is_known_type(ty: &TypeName, schema: &Schema) -> bool {
    let name = ty.name();
    let canonical = ty.canonical();
    let plain = canonical.trim_end_matches("[]").rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    schema.enum_type(name).is_some()
        || schema.domain(name).is_some()
        || is_built_in(&plain)
        || TYPES.contains(&plain.as_str())
        || plain.starts_with("interval")
}

/// Types of the usual extensions.
const TYPES: &[&str] =
    &["citext", "cube", "geography", "geometry", "halfvec", "hstore", "ltree", "sparsevec", "vector"];

/// `DROP COLUMN`: ACCESS EXCLUSIVE, the catalog only. Foreign keys go with it and lock the tables at their other end; with CASCADE so do
/// the views that read it, and the views of those.
pub(super) fn drop(tally: &mut Tally<'_>, table: &TableRef, column: &Ident, cascade: bool) {
    tally.lock_family(table, table.only, LockMode::AccessExclusive);
    tally.lock_heirs(table, LockMode::AccessExclusive);
    lock_foreign_keys(tally, table, column, cascade);
    if cascade {
        let views = tally.schema.dependents(table, column);
        for view in views.into_iter().filter(|d| d.what.contains("view ")) {
            tally.lock(&view.name, LockMode::AccessExclusive);
            lock_views(tally, &view.name);
        }
        lock_borrowers(tally, table, |own| own == column);
    }
}

/// ACCESS EXCLUSIVE on the tables at the other end of the column's foreign keys, and on their partitions, which have them too.
fn lock_foreign_keys(tally: &mut Tally<'_>, table: &QualifiedName, column: &Ident, referencing: bool) {
    let constraints = tally.schema.table(table).into_iter().flat_map(|t| &t.constraints);
    for state in constraints {
        if let ConstraintKind::ForeignKey(fk) = &state.constraint.kind
            && fk.columns.contains(column)
        {
            constraint::lock_referenced(tally, &fk.references, LockMode::AccessExclusive);
        }
    }
    for (other, state) in tally.schema.referencing(table) {
        if let ConstraintKind::ForeignKey(fk) = &state.constraint.kind
            && referencing
            && references(tally.schema, table, &fk.referenced, column)
        {
            tally.lock_family(&other.name, !tally.is_partitioned(&other.name), LockMode::AccessExclusive);
        }
    }
}

/// True when the referenced columns (none written: the primary key) hold the column.
fn references(schema: &Schema, table: &QualifiedName, referenced: &[Ident], column: &Ident) -> bool {
    if !referenced.is_empty() {
        return referenced.contains(column);
    }
    let mut constraints = schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let primary = constraints.find_map(|c| match &c.constraint.kind {
        ConstraintKind::PrimaryKey { columns, .. } => Some(columns),
        _ => None,
    });
    primary.is_none_or(|columns| columns.contains(column))
}

/// `ALTER COLUMN … TYPE`: ACCESS EXCLUSIVE, on the tables at the other end of its foreign keys too; see [`type_change`].
fn set_type(tally: &mut Tally<'_>, table: &TableRef, change: &TypeAlteration<'_>) {
    tally.lock_family(table, table.only, LockMode::AccessExclusive);
    lock_foreign_keys(tally, table, change.column, true);
    if tally.heaps(table, table.only).is_empty() {
        return;
    }
    match type_change(change, tally.schema, tally.version) {
        TypeChange::Metadata => {}
        TypeChange::MetadataBut { rebuilt_indexes, scanned_checks } => {
            if !scanned_checks.is_empty() {
                tally.scan(table, table.only);
            }
            for index in rebuilt_indexes {
                let owner = tally.schema.index(&index).map_or(&table.name, |i| &i.table);
                tally.build(owner, true);
            }
        }
        TypeChange::FailsBecauseOf(_) => {
            tally.fails();
            tally.work(Work::Unknown);
        }
        TypeChange::Rewrite => {
            tally.rewrite(table, table.only);
            scan_referencing(tally, table, change.column);
        }
        TypeChange::Unknown => tally.work(Work::Unknown),
    }
}

/// The foreign keys that point at a rewritten key column are checked again.
fn scan_referencing(tally: &mut Tally<'_>, table: &QualifiedName, column: &Ident) {
    for (other, state) in tally.schema.referencing(table) {
        if let ConstraintKind::ForeignKey(fk) = &state.constraint.kind
            && !same(&other.name, table)
            && references(tally.schema, table, &fk.referenced, column)
        {
            tally.scan(&other.name, !tally.is_partitioned(&other.name));
        }
    }
}

/// `SET STATISTICS`, `SET STORAGE`, identity and expressions: all O(1), but `SET EXPRESSION` of a stored column (17+).
fn attribute(tally: &mut Tally<'_>, table: &TableRef, column: &Ident, attribute: &ColumnAttribute) {
    let mode = match attribute {
        ColumnAttribute::Statistics => LockMode::ShareUpdateExclusive,
        ColumnAttribute::Storage
        | ColumnAttribute::Compression
        | ColumnAttribute::AddIdentity(_)
        | ColumnAttribute::ChangeIdentity
        | ColumnAttribute::DropIdentity { .. }
        | ColumnAttribute::DropExpression { .. }
        | ColumnAttribute::SetExpression => LockMode::AccessExclusive,
    };
    // A compression is the table's own, and so is an identity (measured on 12, 15 and 18), which partitions share.
    let own = *attribute == ColumnAttribute::Compression;
    let identity = matches!(
        attribute,
        ColumnAttribute::AddIdentity(_) | ColumnAttribute::ChangeIdentity | ColumnAttribute::DropIdentity { .. }
    );
    tally.lock_family(table, table.only || own || (identity && !tally.is_partitioned(table)), mode);
    if *attribute != ColumnAttribute::SetExpression {
        return;
    }
    let generated = tally.schema.column(table, column).and_then(|c| c.generated.as_ref());
    if !matches!(generated, Some(Generated::Virtual(_))) {
        tally.rewrite(table, table.only);
        return;
    }
    let mut constraints = tally.schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let checked = constraints.any(|c| match &c.constraint.kind {
        ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        _ => false,
    });
    let not_null = tally.schema.column(table, column).is_some_and(|c| c.not_null);
    if checked || not_null {
        tally.scan(table, table.only);
    }
}
