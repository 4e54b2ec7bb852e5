//! # add-unique
//!
//! `ADD UNIQUE` builds an index under an ACCESS EXCLUSIVE lock: every read and write of the table waits.
//!
//! ## Instead
//!
//! The index is built concurrently, the constraint takes it.
//!
//! ```sql
//! ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE (a);
//! -- becomes:
//! CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);                  -- alone, outside a transaction
//! ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key;    -- instant
//! ```
//!
//! ## Why it is safe
//!
//! The build takes SHARE UPDATE EXCLUSIVE. The index is built under the constraint's final name. `USING INDEX` refuses
//! an INVALID index, so a failed build cannot slip through. DEFERRABLE stays on the constraint, NULLS NOT DISTINCT and
//! INCLUDE on the index.
//!
//! ## Watch
//!
//! Duplicates make the build fail and leave an INVALID index. Remove the duplicates, drop the leftover with `DROP INDEX
//! CONCURRENTLY`, run the step again.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD table_constraint_using_index.

use super::create_index::CONCURRENT_NOTE;
use super::create_unique_index::{is_proved, no_duplicates};
use super::slug::without_table;
use super::{Applicability, Hazard, Outcome, Preflight, Severity, Site, StepBuilder};
use crate::operation::{
    ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex, Ident, IndexColumn, IndexDefinition,
    IndexKey, IndexOperation, Operation, QualifiedName, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;
use crate::schema::{RelationKind, is_same_key};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = site.operation() else { return None };
    let ConstraintKind::Unique { columns, using_index: None, .. } = &constraint.kind else { return None };
    let cost = site.effects();
    if cost.work == Work::Constant {
        return None;
    }
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits until the index is built", table.name),
        label: "ACCESS EXCLUSIVE for the whole build".into(),
        help: "CREATE UNIQUE INDEX CONCURRENTLY, then USING INDEX".into(),
    };
    if site.schema.table(&table.name).is_some_and(|t| t.kind == RelationKind::Partitioned) {
        hazard.applicability = Applicability::Manual;
        hazard.help = "USING INDEX is refused on a partitioned table: add it ON ONLY the parent, on each \
             partition USING INDEX, attach"
            .into();
        return Some(Outcome::reported(hazard));
    }
    if is_said_twice(site, constraint) {
        hazard.applicability = Applicability::Manual;
        hazard.help = SAID_TWICE.into();
        return Some(Outcome::reported(hazard));
    }
    let mut steps = site.steps();
    let name = site.schema.constraint_name(&table.name, constraint);
    let proved = is_proved(site, &table.name, columns, nulls_count(constraint));
    let preflight = preflight(&table.name, constraint).filter(|_| !proved);
    build_and_attach(&mut steps, table, constraint, name, preflight.as_ref());
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.preflight = preflight;
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

/// What to do about a key that another clause says too.
pub(super) const SAID_TWICE: &str = "say it once: its statement has another key of the same columns, of which servers before 13 make one and later ones two";

/// Before 13 all clauses of an `ALTER TABLE` are read before the first one runs, and one index is made for equal keys
/// (`transformIndexConstraints`); from this version on each is read when it runs.
pub(super) const READS_CLAUSES_ONE_BY_ONE: u32 = 13;

/// Another clause of the statement says the same key, and there are servers that make one of them.
pub(super) fn is_said_twice(site: &Site<'_>, constraint: &Constraint) -> bool {
    site.settings.postgres < READS_CLAUSES_ONE_BY_ONE && has_an_equal_clause(site, constraint)
}

/// Another clause of the statement says the same key.
pub(super) fn has_an_equal_clause(site: &Site<'_>, constraint: &Constraint) -> bool {
    let statement = site.items[site.at].statement;
    let mut others = site.items.iter().enumerate().filter(|(at, item)| *at != site.at && item.statement == statement);
    let says_it = |operation: &Operation| match operation {
        Operation::Constraint(ConstraintOperation::Add { constraint: other, .. }) => is_same_key(constraint, other),
        Operation::Column(ColumnOperation::Add { column, .. }) => {
            column.constraints.iter().any(|other| is_same_key(constraint, other))
        }
        _ => false,
    };
    others.any(|(_, item)| says_it(&item.operation))
}

/// The rows that must not be there before the key can be built.
pub(super) fn preflight(table: &QualifiedName, constraint: &Constraint) -> Option<Preflight> {
    match &constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            Some(no_duplicates(table, columns, nulls_count(constraint)))
        }
        ConstraintKind::Check { .. }
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::Exclude(_)
        | ConstraintKind::NotNull { .. } => None,
    }
}

/// The unique index behind a constraint, built concurrently under the constraint's name.
pub(super) fn concurrent_index(table: &TableRef, constraint: &Constraint, name: &Ident) -> Option<CreateIndex> {
    let (columns, nulls_not_distinct, parameters) = match &constraint.kind {
        ConstraintKind::Unique { columns, nulls_not_distinct, index_parameters, .. } => {
            (columns, *nulls_not_distinct, index_parameters.clone())
        }
        ConstraintKind::PrimaryKey { columns, index_parameters, .. } => (columns, false, index_parameters.clone()),
        _ => return None,
    };
    let columns = columns.iter().cloned().map(|c| IndexColumn::plain(IndexKey::Column(c))).collect();
    let definition = IndexDefinition { parameters, nulls_not_distinct, ..IndexDefinition::of(columns) };
    Some(CreateIndex {
        name: Some(name.clone()),
        table: table.name.clone().into(),
        unique: true,
        concurrently: true,
        if_not_exists: false,
        only: false,
        definition: definition.into(),
    })
}

/// Build, then attach as the constraint.
pub(super) fn build_and_attach(
    steps: &mut StepBuilder,
    table: &TableRef,
    constraint: &Constraint,
    name: Ident,
    preflight: Option<&Preflight>,
) {
    if build(steps, table, constraint, &name, preflight).is_some() {
        attach(steps, table, constraint, &name, &name);
    }
}

/// Builds the unique index behind a constraint concurrently, under a name of its own.
pub(super) fn build(
    steps: &mut StepBuilder,
    table: &TableRef,
    constraint: &Constraint,
    name: &Ident,
    preflight: Option<&Preflight>,
) -> Option<()> {
    let index = concurrent_index(table, constraint, name)?;
    let words = snake_case(&table.name.name);
    let undo = Operation::Index(IndexOperation::Drop {
        names: vec![table.name.sibling(name.clone())],
        concurrently: true,
        if_exists: true,
        cascade: false,
    });
    steps.step(
        Operation::Index(IndexOperation::Create(index)),
        format!("{words}_build_{}", without_table(name, &words)),
        "builds the index while reads and writes go on",
        Undo::By(vec![undo]),
    );
    if let Some(preflight) = preflight {
        steps.preflight(&preflight.query);
    }
    Some(())
}

/// An index that is there becomes the constraint's, and gets its name.
pub(super) fn attach(steps: &mut StepBuilder, table: &TableRef, constraint: &Constraint, name: &Ident, index: &Ident) {
    let undo = Operation::Constraint(ConstraintOperation::Drop {
        table: table.clone(),
        name: name.clone(),
        if_exists: true,
        cascade: false,
    });
    let mut attached = constraint.clone();
    attached.name = Some(name.clone());
    match &mut attached.kind {
        ConstraintKind::Unique { using_index, columns, .. }
        | ConstraintKind::PrimaryKey { using_index, columns, .. } => {
            *using_index = Some(index.clone());
            columns.clear();
        }
        _ => {}
    }
    // Inheriting tables have no part in it, and from some version on would be locked all the same (measured on 12 to 18).
    let unique = matches!(constraint.kind, ConstraintKind::Unique { .. });
    let words = snake_case(&table.name.name);
    let only = table.only || (unique && !steps.schema().children(&table.name).is_empty());
    steps.step(
        Operation::Constraint(ConstraintOperation::Add {
            table: TableRef { only, ..table.clone() },
            constraint: attached,
        }),
        format!("{words}_{}", without_table(name, &words)),
        "the finished index becomes the constraint",
        Undo::By(vec![undo]),
    );
}

/// `NULLS NOT DISTINCT`: a NULL repeats a NULL.
fn nulls_count(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::Unique { nulls_not_distinct: true, .. })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_a_key_includes_is_the_indexs() {
        check(
            "add-unique",
            "
            ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE (a) INCLUDE (b) DEFERRABLE;
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a) INCLUDE (b);
            ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key DEFERRABLE;
            ",
        );
    }

    #[test]
    fn a_rule_without_a_name_gets_postgres_own() {
        check(
            "add-unique",
            "
            ALTER TABLE t ADD UNIQUE (a, b);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_a_b_key ON t (a, b);
            ALTER TABLE t ADD CONSTRAINT t_a_b_key UNIQUE USING INDEX t_a_b_key;
            ",
        );
    }
}
