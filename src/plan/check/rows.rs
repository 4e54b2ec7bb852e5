//! What changes rows, what may fail on them, and what the one has to do with the other.

use super::super::step::{Duration, Step, changes_answer};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, CreateIndex, DataOperation, ForeignKey, Ident,
    IndexOperation, ObjectOperation, Operation, QualifiedName, Rows, SqlFragment, TableOperation, TypeOperation,
};
use crate::postgres::{Effects, Work};
use crate::schema::{Age, ConstraintState, NamesIn, Schema, same};

/// What it does is seen at once, or gone.
pub(super) fn is_final(step: &Step) -> bool {
    step.is_removal()
        && matches!(
            step.operation,
            Operation::Table(TableOperation::Rename { .. } | TableOperation::Drop { .. })
                | Operation::Column(
                    ColumnOperation::Rename { .. } | ColumnOperation::Drop { .. } | ColumnOperation::SetType { .. }
                )
                | Operation::Type(TypeOperation::RenameValue { .. } | TypeOperation::Drop { .. })
                | Operation::Object(ObjectOperation::Drop { .. })
                | Operation::Data(DataOperation::Truncate { .. })
        )
}

/// It changes rows of the user's for good.
pub(super) fn changes_rows(step: &Step) -> bool {
    let changes = matches!(
        step.operation,
        Operation::Data(
            DataOperation::Update { .. }
                | DataOperation::Delete { .. }
                | DataOperation::Truncate { .. }
                | DataOperation::Insert { .. }
        )
    );
    (changes || may_change_rows(&step.operation)) && step.duration != Duration::Free
}

/// A statement that is not read and does what another text says, or whatever its rows say.
fn may_change_rows(operation: &Operation) -> bool {
    const VERBS: [&str; 6] = ["CALL", "COPY", "DO block", "EXECUTE", "MERGE", "WITH"];
    matches!(operation, Operation::Opaque { what, .. } if VERBS.iter().any(|verb| what.starts_with(verb)))
}

/// It may come upon a rule that a row breaks, or a value that cannot be cast.
pub(super) fn changes_rows_as_written(step: &Step) -> bool {
    let changes = matches!(
        step.operation,
        Operation::Data(DataOperation::Insert { .. } | DataOperation::Update { .. } | DataOperation::Delete { .. })
    );
    changes && step.duration == Duration::AsWritten
}

/// A statement in the author's words that reads or writes all rows of a table and checks them on the way.
pub(super) fn may_fail_as_written(step: &Step, cost: &Effects) -> bool {
    let checks = matches!(
        step.operation,
        Operation::Column(
            ColumnOperation::SetType { .. } | ColumnOperation::SetNotNull { .. } | ColumnOperation::Add { .. }
        ) | Operation::Constraint(ConstraintOperation::Add { .. })
            | Operation::Index(IndexOperation::Create(_))
            | Operation::Table(TableOperation::AttachPartition { .. })
    );
    checks && cost.work != Work::Constant
}

/// It may put values into columns that were empty.
pub(super) fn fills(step: &Step) -> bool {
    matches!(
        step.operation,
        Operation::Data(
            DataOperation::Insert { .. }
                | DataOperation::Update { .. }
                | DataOperation::Select { .. }
                | DataOperation::Backfill(_)
        ) | Operation::Opaque { .. }
    )
}

/// Rows that are there may make it fail. `filled` says that a step before it changes rows.
pub(super) fn is_doubtful(step: &Step, schema: &Schema, filled: bool) -> bool {
    match &step.operation {
        Operation::Constraint(ConstraintOperation::Validate { table, name }) => {
            use ConstraintKind::{Check, ForeignKey};
            let state = schema.constraint(table, name);
            let empty = |column| !filled && holds_nothing(table, column, schema);
            match state.map(|state| &state.constraint.kind) {
                Some(ForeignKey(fk)) => !fk.columns.iter().any(empty) && !is_kept(fk, &table.name, schema),
                Some(Check { .. }) | Some(_) | None => true,
            }
        }
        Operation::Index(IndexOperation::Create(index)) => {
            let unique_before = || schema.is_new(&index.table) || is_unique_already(index, schema);
            let empty = || !filled && is_empty(index, schema);
            index.unique && !unique_before() && !empty()
        }
        // EXECUTE, CALL, a DO block with logic, COPY: whatever they do
        Operation::Opaque { .. } => step.fails_on_rows || step.duration == Duration::AsWritten,
        _ => step.fails_on_rows || step.runs_query(),
    }
}

/// A CHECK or NOT NULL of the table or of one below it that is not validated, and never is in this migration.
pub(super) fn unproved(table: &QualifiedName, schema: &Schema, after: &Schema) -> Option<String> {
    let below = schema.children(table).into_iter().map(|child| child.name.clone());
    std::iter::once(table.clone()).chain(below).find_map(|name| {
        let own = schema.table(&name)?;
        let holds_rows = |state: &&ConstraintState| {
            matches!(state.constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. })
        };
        let proved_later =
            |state: &ConstraintState| after.constraint(&name, &state.name).is_some_and(ConstraintState::is_proved);
        let mut rules = own.constraints.iter().filter(holds_rows);
        let rule = rules.find(|state| state.constraint.not_valid && !state.is_proved() && !proved_later(state))?;
        Some(format!("{} of {name}", rule.name))
    })
}

/// The last of the changes, the latest first, that can decide whether a step fails, unless it makes sure that it does not.
pub(super) fn unasserted(
    changes: impl Iterator<Item = usize>,
    step: &Step,
    query: &str,
    steps: &[Step],
    schema: &Schema,
) -> Option<usize> {
    let named = NamesIn::of(query);
    let mut last = None;
    for at in changes.filter(|at| is_of_one(&steps[*at].operation, &named)) {
        let change = &steps[at].operation;
        // Of new rows alone nothing is lost.
        if matches!(change, Operation::Data(DataOperation::Insert { .. })) {
            last.get_or_insert(at);
        }
        if !changes_answer(change, query) || is_unrelated(change, step, schema) {
            continue;
        }
        return last.or_else(|| (!makes_sure(change, step, schema)).then_some(at));
    }
    None
}

/// It changes rows of a table that is among the names.
fn is_of_one(change: &Operation, named: &NamesIn) -> bool {
    let is_named = |table: &QualifiedName| named.holds(table.name.as_str());
    match change {
        Operation::Data(
            DataOperation::Insert { table, .. }
            | DataOperation::Update { table, .. }
            | DataOperation::Delete { table, .. },
        ) => is_named(table),
        Operation::Data(DataOperation::Truncate { tables, .. }) => tables.iter().any(is_named),
        _ => false,
    }
}

/// It fills every NULL of the column that must not hold one, and with no NULL.
fn makes_sure(change: &Operation, step: &Step, schema: &Schema) -> bool {
    let Operation::Data(DataOperation::Update { table, rows, never_null, .. }) = change else { return false };
    let Operation::Constraint(ConstraintOperation::Validate { table: of, name }) = &step.operation else {
        return false;
    };
    let column = schema.constraint(of, name).and_then(|state| match &state.constraint.kind {
        ConstraintKind::NotNull { column } => Some(column.clone()),
        ConstraintKind::Check { expression } => not_null_in(expression),
        _ => None,
    });
    let fills_all = |column: &Ident| match rows {
        Rows::All => true,
        Rows::Picked(condition) => {
            condition.nulls_only && !condition.joined && !condition.narrow && condition.columns == [column.clone()]
        }
    };
    column.is_some_and(|column| same(of, table) && never_null.contains(&column) && fills_all(&column))
}

/// The column of a check that asks for nothing but a value in it.
fn not_null_in(expression: &SqlFragment) -> Option<Ident> {
    let read = crate::sql::expression::parse(expression)?;
    let mut columns = read.columns().into_iter();
    let column = columns.next()?;
    let asks_for_that_alone = expression.as_str().trim_matches(['(', ')', ' ']) == format!("{column} IS NOT NULL");
    (asks_for_that_alone && columns.next().is_none()).then_some(column)
}

/// An UPDATE of columns at which what may fail does not look, so that it cannot be there to make it pass.
pub(super) fn is_unrelated(change: &Operation, step: &Step, schema: &Schema) -> bool {
    let Operation::Data(DataOperation::Update { table, sets: Some(changed), .. }) = change else { return false };
    let is_changed = |column: &Ident| changed.contains(column);
    let reads_other = |of: &QualifiedName, columns: &[Ident]| !same(of, table) || !columns.iter().any(is_changed);
    let is_other = match &step.operation {
        Operation::Index(IndexOperation::Create(index)) => {
            let plain: Option<Vec<Ident>> = index.columns.iter().map(|c| c.column().cloned()).collect();
            plain.is_some_and(|columns| index.predicate.is_none() && reads_other(&index.table, &columns))
        }
        Operation::Constraint(ConstraintOperation::Validate { table: of, name }) => {
            match schema.constraint(of, name).map(|c| &c.constraint.kind) {
                Some(ConstraintKind::ForeignKey(fk)) => {
                    reads_other(of, &fk.columns)
                        && !fk.referenced.is_empty()
                        && reads_other(&fk.references, &fk.referenced)
                }
                Some(ConstraintKind::Check { expression }) => {
                    let read = crate::sql::expression::parse(expression);
                    read.is_some_and(|e| reads_other(of, &e.columns().into_iter().collect::<Vec<_>>()))
                }
                _ => false,
            }
        }
        _ => false,
    };
    let computes = || {
        let state = schema.table(table);
        state.is_none_or(|state| !state.columns_known || state.columns.iter().any(|column| column.generated.is_some()))
    };
    is_other && !computes()
}

/// Another foreign key says the same and holds.
fn is_kept(key: &ForeignKey, table: &QualifiedName, schema: &Schema) -> bool {
    let mut constraints = schema.table(table).into_iter().flat_map(|t| &t.constraints);
    constraints.any(|state| match &state.constraint.kind {
        ConstraintKind::ForeignKey(other) => {
            let same_parent = same(&other.references, &key.references) && other.referenced == key.referenced;
            state.is_proved() && same_parent && other.columns == key.columns
        }
        _ => false,
    })
}

/// One of its columns is new and holds NULL in every row, and NULLs are no duplicates.
fn is_empty(index: &CreateIndex, schema: &Schema) -> bool {
    let mut columns = index.columns.iter().filter_map(|c| c.column());
    !index.nulls_not_distinct && columns.any(|column| holds_nothing(&index.table, column, schema))
}

/// The migration adds the column without a value.
fn holds_nothing(table: &QualifiedName, column: &Ident, schema: &Schema) -> bool {
    schema.column(table, column).is_some_and(|c| c.age == Age::New && c.default.is_none() && !c.not_null)
}

/// Another unique index keeps duplicates of these columns out.
fn is_unique_already(index: &CreateIndex, schema: &Schema) -> bool {
    let wanted: Vec<Ident> = index.columns.iter().filter_map(|c| c.column().cloned()).collect();
    let mut narrower = schema.unique_within(&index.table, &wanted);
    narrower.any(|other| other.sure && Some(&other.name.name) != index.name.as_ref())
}
