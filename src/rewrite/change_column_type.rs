//! # change-column-type
//!
//! `ALTER COLUMN … TYPE` mostly writes the whole table and all its indexes anew under an ACCESS EXCLUSIVE lock: every read and
//! write waits. Some changes touch the catalog only, such as a longer varchar or varchar to text; even those rebuild an index
//! that has the column in an expression or predicate, read the table again for a CHECK, and lose the column's statistics.
//!
//! ## Instead
//!
//! A second column of the new type, kept in step by a trigger, filled in batches, and swapped in one instant. It needs a deploy
//! between its phases; safestep reports the change and passes it through.
//!
//! ```sql
//! CREATE TABLE t (a int);
//! -- in a migration:
//! ALTER TABLE t ALTER COLUMN a TYPE bigint;
//! -- is reported:
//! -- danger: every read and write of t waits while the table and its indexes are written anew
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes; `ATColumnChangeRequiresRewrite` in `src/backend/commands/tablecmds.c`.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ColumnOperation, Operation, TypeName};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) = site.operation() else { return None };
    let cost = site.effects();
    if cost.work == Work::Constant {
        return None;
    }
    let (message, label) = match &cost.work {
        Work::Rewrite(_) => (
            format!("every read and write of {} waits while the table and its indexes are written anew", table.name),
            "ACCESS EXCLUSIVE for a full rewrite",
        ),
        Work::Build(_) => (
            format!("every read and write of {} waits while indexes on {column} are rebuilt", table.name),
            "ACCESS EXCLUSIVE while indexes are rebuilt",
        ),
        Work::Scan(_) => (
            format!("every read and write of {} waits while its rows are checked again", table.name),
            "ACCESS EXCLUSIVE for one full scan",
        ),
        Work::Constant | Work::Rows | Work::Unknown => (
            format!("every read and write of {} may wait for a full rewrite: the type before is not known", table.name),
            "ACCESS EXCLUSIVE, perhaps for a full rewrite",
        ),
    };
    let help = match &cost.work {
        Work::Build(_) => format!(
            "left as it is: drop those indexes CONCURRENTLY before it and build them again after it; \
             then ANALYZE {}",
            table.name
        ),
        Work::Scan(_) => format!(
            "left as it is: in one ALTER TABLE drop the CHECK, change the type and add the CHECK NOT \
             VALID; then validate it and ANALYZE {}",
            table.name
        ),
        Work::Rewrite(_) | Work::Constant | Work::Rows | Work::Unknown => {
            format!(
                "left as it is: add {} column beside {column}, fill it in batches, swap the two after a deploy",
                with_article(ty)
            )
        }
    };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message,
        label: label.into(),
        help,
    }))
}

/// `an integer`, `a "Role"`: PostgreSQL's own types in lower case, a user's as it is written.
fn with_article(ty: &TypeName) -> String {
    let text = if ty.is_built_in() { ty.text().to_lowercase() } else { ty.text().to_owned() };
    let begins_with_vowel = text.trim_start_matches('"').starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {text}", if begins_with_vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_longer_varchar_touches_the_catalog_only() {
        check(
            "change-column-type",
            "
            CREATE TABLE t (a varchar(5));
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a TYPE varchar(9);
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_shorter_varchar_writes_the_table_anew() {
        check(
            "change-column-type",
            "
            CREATE TABLE t (a varchar(9));
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a TYPE varchar(5);
            -- is reported:
            -- danger: every read and write of t waits while the table and its indexes are written anew
            ",
        );
    }
}
