//! # add-foreign-key
//!
//! `ADD FOREIGN KEY` takes SHARE ROW EXCLUSIVE on both tables while it reads every row of the referencing one: every
//! write to both tables waits.
//!
//! ## Instead
//!
//! `NOT VALID` first, then a validation of its own.
//!
//! ```sql
//! ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id);
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p(id) NOT VALID;   -- instant
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;                                         -- reads all rows, blocks nothing
//! ```
//!
//! ## Why it is safe
//!
//! NOT VALID protects new rows at once and reads none; the validation takes SHARE UPDATE EXCLUSIVE on the table and ROW
//! SHARE on the parent. An index on the key's own columns is built first when the migration has one: without it every
//! delete in the parent reads the whole table.
//!
//! ## Watch
//!
//! Orphans make the validation fail; nothing has changed then. Fix the rows and run the step again.
//!
//! A key that points at a partitioned table has a copy for each partition. Before PostgreSQL 18 a validation leaves these copies
//! unproved (measured on 12 and 15), so the statement stays as it is.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT.

use super::{Applicability, Hazard, Outcome, Preflight, Severity, Site, StepBuilder, listed};
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, ForeignKey, Ident, Operation, QualifiedName, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;
use crate::schema::{RelationKind, Schema};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = site.operation() else { return None };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return None };
    let cost = site.effects();
    if constraint.not_valid || cost.work == Work::Constant {
        return None;
    }
    // A table that the migration made and filled has no other writers.
    let is_new = site.schema.is_new(&table.name);
    let both = if crate::schema::same(&table.name, &key.references) {
        table.name.to_string()
    } else if is_new {
        key.references.to_string()
    } else {
        listed(&[table.name.clone(), key.references.clone()])
    };
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every write to {both} waits while all rows of {} are checked", table.name),
        label: if crate::schema::same(&table.name, &key.references) {
            "SHARE ROW EXCLUSIVE for one full scan".into()
        } else if is_new {
            format!("SHARE ROW EXCLUSIVE on {} for one full scan", key.references)
        } else {
            "SHARE ROW EXCLUSIVE on both for one full scan".into()
        },
        help: "NOT VALID, then validate".into(),
    };
    if is_partitioned_before_18(site, &table.name) {
        hazard.applicability = Applicability::Manual;
        hazard.help = "NOT VALID is refused on a partitioned table before PostgreSQL 18: add and validate it on \
             each partition, then on the parent"
            .into();
        return Some(Outcome::reported(hazard));
    }
    if site.settings.postgres < 18 && has_partitions(site.schema, &key.references) {
        hazard.applicability = Applicability::Manual;
        hazard.help = format!(
            "left as it is: before PostgreSQL 18 a validation leaves the copies of the key that point at the partitions of {} \
             unproved",
            key.references
        );
        return Some(Outcome::reported(hazard));
    }
    if site.schema.is_name_open(&table.name, constraint) {
        hazard.applicability = Applicability::Manual;
        hazard.help =
            "left as it is: only PostgreSQL can tell its name, among those of another key's copies that point at \
             partitions; give it a name"
                .into();
        return Some(Outcome::reported(hazard));
    }
    let mut steps = site.steps();
    let name = site.schema.constraint_name(&table.name, constraint);
    add_and_validate(&mut steps, table, constraint, name, key);
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.preflight = no_orphans(&table.name, key, site.schema);
    Some(outcome)
}

pub(super) fn is_partitioned_before_18(site: &Site<'_>, table: &QualifiedName) -> bool {
    site.settings.postgres < 18 && site.schema.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned)
}

fn has_partitions(schema: &Schema, table: &QualifiedName) -> bool {
    schema.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned) && !schema.children(table).is_empty()
}

/// The key under `name`, first for new rows, then for all.
pub(super) fn add_and_validate(
    steps: &mut StepBuilder,
    table: &TableRef,
    constraint: &Constraint,
    name: Ident,
    key: &ForeignKey,
) {
    let words = snake_case(&table.name.name);
    let columns = key.columns.iter().take(3).map(snake_case).collect::<Vec<_>>().join("_");
    let query = no_orphans(&table.name, key, steps.schema()).map(|p| p.query);
    let constraint = Constraint { name: Some(name.clone()), not_valid: true, ..constraint.clone() };
    let undo = Operation::Constraint(ConstraintOperation::Drop {
        table: table.clone(),
        name: name.clone(),
        if_exists: true,
        cascade: false,
    });
    steps.step(
        Operation::Constraint(ConstraintOperation::Add { table: table.clone(), constraint }),
        format!("{words}_{columns}_fkey"),
        "new rows are held to it from here on",
        Undo::By(vec![undo]),
    );
    if let Some(query) = query {
        steps.preflight(&query);
    }
    steps.step(
        Operation::Constraint(ConstraintOperation::Validate { table: table.clone(), name }),
        format!("{words}_validate_{columns}_fkey"),
        "proves the existing rows while reads and writes go on",
        Undo::Nothing,
    );
}

/// Rows whose key points nowhere.
pub(super) fn no_orphans(table: &QualifiedName, key: &ForeignKey, schema: &Schema) -> Option<Preflight> {
    let referenced =
        if key.referenced.is_empty() { schema.walkable_key(&key.references) } else { key.referenced.clone() };
    if referenced.len() != key.columns.len() {
        return None;
    }
    let present = key.columns.iter().map(|c| format!("c.{c} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let joined =
        key.columns.iter().zip(&referenced).map(|(c, p)| format!("p.{p} = c.{c}")).collect::<Vec<_>>().join(" AND ");
    Some(Preflight {
        condition: format!("every {table} row's {} must exist in {}", listed(&key.columns), key.references),
        query: format!(
            "SELECT * FROM {table} c WHERE {present} AND NOT EXISTS (SELECT FROM {} p WHERE {joined})",
            key.references
        ),
    })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn its_index_is_built_first() {
        check(
            "add-foreign-key",
            "
            ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id);
            CREATE INDEX t_a_idx ON t (a);
            -- becomes:
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
            ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p(id) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;
            ",
        );
    }

    #[test]
    fn a_key_without_a_name_gets_postgres_own() {
        check(
            "add-foreign-key",
            "
            ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE;
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p(id) ON DELETE CASCADE NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;
            ",
        );
    }

    #[test]
    fn a_key_that_is_not_valid_reads_nothing() {
        check(
            "add-foreign-key",
            "
            ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id) NOT VALID;
            -- is left alone
            ",
        );
    }
}
