//! # drop-column
//!
//! `DROP COLUMN` is instant, but the values are lost, and code that is still running and names the column fails from that moment on.
//! Keys and indexes that have the column go with it, also those of several columns.
//!
//! ## Instead
//!
//! Deploy code that no longer names the column first (in Prisma: mark the field `@ignore`), then drop it. safestep reports the
//! drop and passes it through.
//!
//! ```sql
//! ALTER TABLE t DROP COLUMN a;
//! -- is reported:
//! -- danger: the values of t.a are lost, and running code that names it breaks
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, DROP COLUMN.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, listed};
use crate::operation::{ColumnOperation, ConstraintKind, Ident, Operation, QualifiedName};
use crate::schema::Age;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Drop { table, column, .. }) = site.operation() else { return None };
    if site.schema.is_new(&table.name) || site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New) {
        return None;
    }
    let along = match falls_with(site, &table.name, column).as_slice() {
        [] => String::new(),
        [only] => format!("; {only} goes with it"),
        several => format!("; {} go with it", listed(several)),
    };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "the values of {} are lost, and running code that names it breaks{along}",
            dotted(&table.name, column)
        ),
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer names the column".into(),
    }))
}

/// The keys and unique indexes that have the column and others: what they protect is unprotected afterwards.
fn falls_with(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Vec<String> {
    let constraints = site.schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let keys = constraints.filter_map(|state| {
        let columns = match &state.constraint.kind {
            ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => columns,
            ConstraintKind::ForeignKey(key) => &key.columns,
            ConstraintKind::Check { .. } | ConstraintKind::Exclude(_) | ConstraintKind::NotNull { .. } => {
                return None;
            }
        };
        (columns.len() > 1 && columns.contains(column)).then(|| state.name.to_string())
    });
    let indexes = site.schema.indexes_of(table).filter(|index| {
        let has = index.columns.iter().any(|element| element.column() == Some(column));
        index.unique && index.constraint.is_none() && index.columns.len() > 1 && has
    });
    let mut names: Vec<String> = keys.collect();
    names.extend(indexes.map(|index| index.name.to_string()).filter(|name| !names.contains(name)).collect::<Vec<_>>());
    names
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_key_of_several_columns_goes_with_it() {
        check(
            "drop-column",
            "
            CREATE TABLE t (a int, b int, CONSTRAINT t_a_b_key UNIQUE (a, b));
            -- in a migration:
            ALTER TABLE t DROP COLUMN a;
            -- is reported:
            -- danger: the values of t.a are lost, and running code that names it breaks; t_a_b_key goes with it
            ",
        );
    }

    #[test]
    fn a_new_column_is_known_to_nobody() {
        check(
            "drop-column",
            "
            CREATE TABLE t (id int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a int;
            ALTER TABLE t DROP COLUMN a;
            -- is left alone
            ",
        );
    }
}
