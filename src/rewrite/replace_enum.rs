//! # replace-enum
//!
//! To take a label out of an enum Prisma makes a second type, changes the columns to it and renames the two; Drizzle changes the
//! columns to text, drops the type, makes it anew and changes them back. Either way every table with such a column is written
//! anew under an ACCESS EXCLUSIVE lock (Drizzle's twice), and the migration fails where a row still has the label that is gone.
//!
//! ## Instead
//!
//! A label that nobody writes any more may stay in the type: a CHECK (`NOT VALID`, then `VALIDATE`) keeps it out of the rows. A new
//! label needs no new type (`ALTER TYPE … ADD VALUE`), nor does another name for one (`ALTER TYPE … RENAME VALUE`). safestep reports
//! the pattern once for each column and leaves it as it is.
//!
//! ```sql
//! CREATE TYPE role AS ENUM ('USER', 'OLD');
//! CREATE TABLE t (a role);
//! -- in a migration:
//! CREATE TYPE role_new AS ENUM ('USER');
//! ALTER TABLE t ALTER COLUMN a TYPE role_new USING (a::text::role_new);
//! ALTER TYPE role RENAME TO role_old;
//! ALTER TYPE role_new RENAME TO role;
//! DROP TYPE role_old;
//! -- is reported:
//! -- danger: every read and write of t waits while it is written anew; a row that still has 'OLD' stops it
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TYPE; ALTER TABLE, Notes.

use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::{ColumnOperation, Ident, Operation, QualifiedName, TableRef, TypeName, TypeOperation};
use crate::postgres::Work;
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) = site.operation() else { return None };
    let before = site.schema.column(&table.name, column)?.ty.name();
    let old = site.schema.enum_type(before)?;
    if matches!(site.effects().work, Work::Constant) {
        return None;
    }
    let swap = by_second_type(site, before, ty).or_else(|| by_text(site, table, column, before))?;
    let gone: Vec<&String> = old.labels.iter().filter(|label| !swap.labels.contains(label)).collect();
    let stops = match gone.as_slice() {
        [] => String::new(),
        gone => format!("; a row that still has {} stops it", listed(gone).replace(" and ", " or ")),
    };
    let help = match gone.is_empty() {
        true => format!("left as it is: ALTER TYPE {before} ADD VALUE adds labels without touching a row"),
        false => "left as it is: keep the label and forbid it with a CHECK, NOT VALID first; RENAME VALUE where it is another \
                  name"
            .into(),
    };
    let mut outcome = Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "every read and write of {} waits while it is written anew{}{stops}",
            table.name, swap.how_often
        ),
        label: "ACCESS EXCLUSIVE for a full rewrite".into(),
        help,
    });
    outcome.claims = swap.parts;
    Some(outcome)
}

struct Swap<'a> {
    /// The labels afterwards.
    labels: &'a [String],
    how_often: &'static str,
    /// The statements that belong to it, by index.
    parts: Vec<usize>,
}

/// Prisma: the column takes a second type, which takes the name of the first.
fn by_second_type<'a>(site: &Site<'a>, old: &QualifiedName, ty: &TypeName) -> Option<Swap<'a>> {
    let second = ty.name();
    let labels = &site.schema.enum_type(second)?.labels;
    let takes_the_name = |operation: &Operation| {
        matches!(
            operation,
            Operation::Type(TypeOperation::Rename { name, to })
                if same(name, second) && *to == old.name
        )
    };
    site.following().find(|(_, operation)| takes_the_name(operation))?;
    let makes_room = |operation: &Operation| {
        matches!(
            operation,
            Operation::Type(TypeOperation::Rename { name, .. })
                if same(name, old)
        )
    };
    let moved = site.following().find_map(|(_, operation)| match operation {
        Operation::Type(TypeOperation::Rename { name, to }) if same(name, old) => Some(name.sibling(to.clone())),
        _ => None,
    });
    let drops = |operation: &Operation| {
        matches!(operation, Operation::Type(TypeOperation::Drop { names, .. })
            if names.iter().all(|n| same(n, old) || moved.as_ref().is_some_and(|m| same(m, n))))
    };
    let parts =
        site.following().filter(|(_, o)| takes_the_name(o) || makes_room(o) || drops(o)).map(|(at, _)| at).collect();
    Some(Swap { labels, how_often: "", parts })
}

/// Drizzle: the column becomes text, the type is dropped and made anew, the column takes it again.
fn by_text<'a>(site: &Site<'a>, table: &TableRef, column: &Ident, old: &QualifiedName) -> Option<Swap<'a>> {
    let drop = site.following().find(|(_, operation)| {
        matches!(
            operation,
            Operation::Type(TypeOperation::Drop { names, .. })
                if names.iter().any(|name| same(name, old))
        )
    })?;
    let labels = site.following().find_map(|(_, operation)| match operation {
        Operation::Type(TypeOperation::CreateEnum { name, labels }) if same(name, old) => Some(labels),
        _ => None,
    })?;
    let back = site.following().find(|(_, operation)| {
        matches!(operation, Operation::Column(ColumnOperation::SetType { table: other, column: own, ty, .. })
            if other.name == table.name && own == column && same(ty.name(), old))
    })?;
    Some(Swap { labels, how_often: ", twice", parts: vec![drop.0, back.0] })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn through_text() {
        check(
            "replace-enum",
            "
            CREATE TYPE role AS ENUM ('USER', 'OLD');
            CREATE TABLE t (a role);
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a SET DATA TYPE text;
            DROP TYPE role;
            CREATE TYPE role AS ENUM ('USER');
            ALTER TABLE t ALTER COLUMN a SET DATA TYPE role USING a::role;
            -- is reported:
            -- danger: every read and write of t waits while it is written anew, twice; a row that still has 'OLD' stops it
            ",
        );
    }

    #[test]
    fn a_new_label_needs_no_new_type() {
        check(
            "replace-enum",
            "
            CREATE TYPE role AS ENUM ('USER');
            -- in a migration:
            ALTER TYPE role ADD VALUE 'OWNER';
            -- is left alone
            ",
        );
    }
}
