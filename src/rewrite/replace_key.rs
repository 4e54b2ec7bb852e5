//! # replace-key
//!
//! A migration that drops a primary key or a unique rule and adds another one in its place blocks reads and writes while the new
//! one is built. Where its statements commit one by one the table takes duplicates meanwhile, and without a primary key logical
//! replication refuses its updates.
//!
//! ## Instead
//!
//! The new index is built before the old key goes, and the two change places in an instant.
//!
//! ```sql
//! CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a));
//! -- in a migration:
//! ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY (a, b);
//! -- becomes:
//! CREATE UNIQUE INDEX CONCURRENTLY t_pkey_new ON t (a, b);   -- reads and writes go on
//! BEGIN;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_pkey;
//! ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey_new;
//! COMMIT;
//! ```
//!
//! Where the migration drops a unique index on the very columns of the new key, that index becomes the key: nothing is built.
//!
//! ## Why it is safe
//!
//! One of the two keys always holds; `USING INDEX` takes the finished index and gives it the constraint's name. Columns of a
//! primary key that may be NULL are proved first, as in set-not-null.
//!
//! ## Watch
//!
//! Duplicates make the build fail; it leaves an INVALID index, and the old key in force. Where foreign keys point at the table,
//! its keys are not swapped.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD table_constraint_using_index; CREATE INDEX, Building Indexes Concurrently.

use super::add_unique::{attach, build, preflight};
use super::create_index::CONCURRENT_NOTE;
use super::create_unique_index::is_proved;
use super::drop_index::definition;
use super::set_not_null::prove;
use super::slug::without_table;
use super::swap::{NOT_IN_HISTORY, is_unknown, without};
use super::{Applicability, Hazard, Outcome, Severity, Site, StepBuilder};
use crate::operation::{
    ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex, DataOperation, Ident, IndexColumn,
    IndexDefinition, IndexKey, IndexOperation, IndexParameters, Operation, QualifiedName, TableOperation, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::schema::{ConstraintState, Index, RelationKind, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    match site.operation() {
        Operation::Constraint(ConstraintOperation::Drop { table, name, cascade: false, .. }) => {
            replace_constraint(site, table, name)
        }
        Operation::Index(IndexOperation::Drop { names, cascade: false, .. }) => match names.as_slice() {
            [name] => promote_dropped(site, name),
            _ => None,
        },
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            promote_before_drop(site, table, constraint)
        }
        _ => None,
    }
}

/// A key goes, another one comes later.
fn replace_constraint(site: &Site<'_>, table: &TableRef, name: &Ident) -> Option<Outcome> {
    let old = site.schema.constraint(&table.name, name);
    let is_unknown = old.is_none() && is_unknown(site, &table.name);
    let columns = match old {
        Some(old) => old.constraint.key_columns()?,
        None if is_unknown => &[],
        None => return None,
    };
    let primary = old.is_some_and(|old| matches!(old.constraint.kind, ConstraintKind::PrimaryKey { .. }));
    if !(is_unknown || is_plain_table(site, &table.name)) || !site.schema.referencing(&table.name).is_empty() {
        return None;
    }
    let (at, new) = site.later().find_map(|(at, operation)| match operation {
        Operation::Constraint(ConstraintOperation::Add { table: other, constraint })
            if same(&other.name, &table.name) =>
        {
            let takes_its_place = match &constraint.kind {
                ConstraintKind::PrimaryKey { using_index: None, .. } => primary,
                ConstraintKind::Unique { using_index: None, columns: new, .. } => {
                    !primary && (constraint.name.as_ref() == Some(name) || new.iter().any(|c| columns.contains(c)))
                }
                _ => false,
            };
            takes_its_place.then_some((at, constraint))
        }
        _ => None,
    })?;
    let wanted = match &new.name {
        Some(name) => name.clone(),
        None => without(site, table, name).constraint_name(&table.name, new),
    };
    let new_columns = new.key_columns()?;
    // A column that comes in between can only be built on behind it.
    let known = |column: &Ident| site.schema.column(&table.name, column).is_some();
    if !(is_unknown || new_columns.iter().all(known)) || changes_columns(site, at, &table.name, new_columns) {
        return None;
    }
    let mut steps = site.steps();
    steps.from(at);
    if primary {
        prove_columns(&mut steps, site, table, new_columns);
    }
    let temporary = if wanted == *name { name.with_suffix("_new") } else { wanted.clone() };
    let preflight = preflight(&table.name, new).filter(|_| !is_proved(site, &table.name, new_columns, false));
    build(&mut steps, table, new, &temporary, preflight.as_ref())?;
    let again = |old: &ConstraintState| {
        Operation::Constraint(ConstraintOperation::Add {
            table: table.clone(),
            constraint: Constraint { name: Some(name.clone()), ..old.constraint.clone() },
        })
    };
    let words = snake_case(&table.name.name);
    steps.from(site.at).step(
        Operation::Constraint(ConstraintOperation::Drop {
            table: table.clone(),
            name: name.clone(),
            if_exists: old.is_some(),
            cascade: false,
        }),
        format!("{words}_swap_{}", without_table(name, &words)),
        "the new index is there and holds",
        old.map_or_else(|| Undo::Impossible(NOT_IN_HISTORY.into()), |old| Undo::By(vec![again(old)])),
    );
    attach(steps.from(at), table, new, &wanted, &temporary);
    let mut outcome = outcome(site, table, at, steps);
    outcome.preflight = preflight;
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

/// A unique index is dropped, and a key on its columns is added later: the index becomes the key.
fn promote_dropped(site: &Site<'_>, name: &QualifiedName) -> Option<Outcome> {
    let index = site.schema.index(name).filter(|index| index.constraint.is_none())?;
    let (at, table, new) = site.later().find_map(|(at, operation)| match operation {
        Operation::Constraint(ConstraintOperation::Add { table, constraint })
            if same(&table.name, &index.table) && can_become(index, constraint) =>
        {
            Some((at, table, constraint))
        }
        _ => None,
    })?;
    if !is_plain_table(site, &index.table) || changes_columns(site, at, &index.table, new.key_columns()?) {
        return None;
    }
    let wanted = match &new.name {
        Some(name) => name.clone(),
        None => {
            let mut after = site.schema.clone();
            after.apply(site.operation());
            after.constraint_name(&index.table, new)
        }
    };
    promoted(site, table, new, &wanted, index, at)
}

/// A key is added, and a unique index on its columns is dropped later: the index becomes the key.
fn promote_before_drop(site: &Site<'_>, table: &TableRef, new: &Constraint) -> Option<Outcome> {
    if !is_plain_table(site, &table.name) {
        return None;
    }
    let wanted = site.schema.constraint_name(&table.name, new);
    let (at, index) = site.later().find_map(|(at, operation)| match operation {
        Operation::Index(IndexOperation::Drop { names, cascade: false, .. }) => match names.as_slice() {
            [name] => {
                let index =
                    site.schema.index(name).filter(|i| i.constraint.is_none() && same(&i.table, &table.name))?;
                can_become(index, new).then_some((at, index))
            }
            _ => None,
        },
        _ => None,
    })?;
    if changes_columns(site, at, &table.name, new.key_columns()?) {
        return None;
    }
    promoted(site, table, new, &wanted, index, at)
}

fn promoted(
    site: &Site<'_>,
    table: &TableRef,
    new: &Constraint,
    wanted: &Ident,
    index: &Index,
    at: usize,
) -> Option<Outcome> {
    let mut steps = site.steps();
    if !matches!(site.operation(), Operation::Constraint(ConstraintOperation::Add { .. })) {
        steps.from(at);
    }
    if matches!(new.kind, ConstraintKind::PrimaryKey { .. }) {
        prove_columns(&mut steps, site, table, new.key_columns()?);
    }
    attach(&mut steps, table, new, wanted, &index.name.name);
    steps.undone_by(without_key(table, wanted, index));
    let mut outcome = outcome(site, table, at, steps);
    outcome.hazard.help = format!("{} becomes the key: nothing is built", index.name);
    Some(outcome)
}

/// The key goes and takes its index with it: one like it is built first.
fn without_key(table: &TableRef, key: &Ident, index: &Index) -> Vec<Operation> {
    let name = index.name.name.with_suffix("_again");
    let again = QualifiedName { name: name.clone(), ..index.name.clone() };
    vec![
        Operation::Index(IndexOperation::Create(CreateIndex { name: Some(name), ..definition(index) })),
        Operation::Constraint(ConstraintOperation::Drop {
            table: table.clone(),
            name: key.clone(),
            if_exists: true,
            cascade: false,
        }),
        Operation::Index(IndexOperation::Rename { index: again, to: index.name.name.clone(), if_exists: false }),
    ]
}

fn outcome(site: &Site<'_>, table: &TableRef, at: usize, mut steps: StepBuilder) -> Outcome {
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("every read and write of {} waits while its new key is built", table.name),
        label: "one key goes before the other is there".into(),
        help: "build the new index concurrently first, then swap the two in one instant".into(),
    };
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.claims = vec![at];
    outcome
}

fn prove_columns(steps: &mut StepBuilder, site: &Site<'_>, table: &TableRef, columns: &[Ident]) {
    for column in columns {
        if !steps.schema().is_surely_not_null(&table.name, column) {
            prove(steps, table, column, site.settings.postgres);
        }
    }
}

fn is_plain_table(site: &Site<'_>, table: &QualifiedName) -> bool {
    let state = site.schema.table(table);
    state.is_some_and(|t| t.kind == RelationKind::Table && t.parents.is_empty()) && !site.schema.is_new(table)
}

/// True when an operation up to `at` changes a column of the key, or nobody knows what it changes.
fn changes_columns(site: &Site<'_>, at: usize, table: &QualifiedName, columns: &[Ident]) -> bool {
    site.items[site.at + 1..at].iter().any(|item| match &item.operation {
        Operation::Column(ColumnOperation::Add { table: other, column, .. }) => {
            same(other, table) && columns.contains(&column.name)
        }
        Operation::Column(
            ColumnOperation::Drop { table: other, column, .. }
            | ColumnOperation::SetType { table: other, column, .. }
            | ColumnOperation::Rename { table: other, column, .. }
            | ColumnOperation::DropNotNull { table: other, column },
        ) => same(other, table) && columns.contains(column),
        Operation::Table(TableOperation::Rename { table: other, .. }) => same(other, table),
        Operation::Data(
            DataOperation::Update { .. }
            | DataOperation::Delete { .. }
            | DataOperation::Insert { .. }
            | DataOperation::Truncate { .. },
        ) => true,
        Operation::Data(DataOperation::Select { .. }) | Operation::Opaque { .. } => true,
        _ => false,
    })
}

/// The index is what the key would build, and nothing more was said of it, which the key's own would not have.
fn can_become(index: &Index, key: &Constraint) -> bool {
    let (columns, parameters) = match &key.kind {
        ConstraintKind::Unique { columns, nulls_not_distinct: false, index_parameters, using_index: None }
        | ConstraintKind::PrimaryKey { columns, index_parameters, using_index: None } => (columns, index_parameters),
        _ => return false,
    };
    let columns = columns.iter().cloned().map(|c| IndexColumn::plain(IndexKey::Column(c))).collect();
    *parameters == IndexParameters::default()
        && index.sure
        && !index.is_marked
        && index.unique
        && *index.definition == IndexDefinition::of(columns)
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_the_history_does_not_show_is_known_by_its_name() {
        check(
            "replace-key",
            "
            ALTER TABLE t DROP CONSTRAINT a, ADD CONSTRAINT a UNIQUE (x, y);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY a_new ON t (x, y);
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT a;
            ALTER TABLE t ADD CONSTRAINT a UNIQUE USING INDEX a_new;
            COMMIT;
            ",
        );
    }

    #[test]
    fn a_unique_rule() {
        check(
            "replace-key",
            "
            CREATE TABLE t (a int, b int, CONSTRAINT t_a_key UNIQUE (a));
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_a_key, ADD CONSTRAINT t_a_key UNIQUE (a, b);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_a_key_new ON t (a, b);
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_key;
            ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key_new;
            COMMIT;
            ",
        );
    }

    #[test]
    fn foreign_keys_stand_on_the_old_key() {
        check(
            "replace-key",
            "
            CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a));
            CREATE TABLE c (t_a int REFERENCES t (a));
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE, ADD CONSTRAINT t_pkey PRIMARY KEY (a, b);
            -- is left alone
            ",
        );
    }
}
