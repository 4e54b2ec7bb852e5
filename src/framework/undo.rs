//! How a block is taken back, for its comment.

use crate::operation::{
    ColumnOperation, ConstraintOperation, Ident, IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName,
    TableOperation,
};
use crate::plan::{Step, Undo};
use crate::postgres::idempotence::{constraint_exists, table_exists, table_is_missing};
use crate::schema::{mentions, same};
use crate::sql::{one_line, render};

/// What takes steps back.
pub(super) struct Undone {
    /// As steps, the last one's first, and in one statement what can be: the subcommands of one table.
    pub statements: Vec<Vec<Step>>,
    /// Why the rest cannot be taken back.
    pub impossible: Vec<String>,
    /// What would take a step back if what it needs could be had again.
    pub left_out: Vec<Operation>,
}

/// The steps' undo.
pub(super) fn undone<'a>(steps: impl Iterator<Item = &'a Step>) -> Undone {
    let mut statements: Vec<Vec<Step>> = Vec::new();
    let mut impossible: Vec<String> = Vec::new();
    let (mut gone, mut left_out) = (Vec::new(), Vec::new());
    let steps: Vec<&Step> = steps.collect();
    let goes = |at: usize| goes_with_what_is_made(&steps[at].operation, &steps[..at]);
    let stays_in_part = (0..steps.len()).any(|at| matches!(steps[at].undo, Undo::Impossible(_)) && !goes(at));
    for (at, step) in steps.iter().enumerate().rev() {
        match &step.undo {
            _ if goes(at) => {}
            Undo::By(_) if stays_in_part && is_better_there(&step.operation, &steps[..at]) => {}
            Undo::By(operations) => {
                for operation in operations {
                    // what another step took away for good cannot be what it was
                    let is_missing = |one: &Gone<'_>| needs(operation, one);
                    match gone.iter().any(is_missing) || gone_before(&steps[..=at]).any(|one| is_missing(&one)) {
                        true => left_out.push(operation.clone()),
                        false => add_undo(&mut statements, step, operation),
                    }
                }
            }
            Undo::Nothing => {}
            Undo::Impossible(why) => {
                if !impossible.contains(why) {
                    impossible.push(why.clone());
                }
                gone.extend(taken_away(&step.operation));
            }
        }
    }
    Undone { statements, impossible, left_out }
}

/// The same for a comment.
pub(super) fn undo<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let Undone { statements, impossible, .. } = undone(steps);
    let text = statements.iter().map(|statement| line(statement)).collect::<Vec<_>>().join(" ");
    let why = impossible.join("; ");
    match (text.is_empty(), why.is_empty()) {
        (true, true) => vec!["nothing to undo".into()],
        (true, false) => vec![format!("not possible: {why}")],
        (false, true) => vec![text],
        (false, false) => vec![format!("in part, by {text} the rest is not possible: {why}")],
    }
}

/// When a constraint or an index gets a name back: begun again, it finds what was made under that name since.
pub(super) fn renaming_back_is_due(operation: &Operation) -> Option<String> {
    Some(match operation {
        Operation::Index(IndexOperation::Rename { index, to, .. }) => {
            format!("{}\n  AND {}", table_exists(index), table_is_missing(&index.sibling(to.clone())))
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            let exists = |name| constraint_exists(&table.name, name);
            format!("EXISTS ({})\n  AND NOT EXISTS ({})", exists(name), exists(to))
        }
        _ => return None,
    })
}

/// Privileges, policies and attributes of a table are gone when what made the table is taken back.
fn goes_with_what_is_made(operation: &Operation, earlier: &[&Step]) -> bool {
    let is_made = |name: &QualifiedName| {
        earlier.iter().any(|step| {
            let is_made = matches!(
                &step.operation,
                Operation::Table(TableOperation::Create(create))
                    if same(&create.name, name)
            );
            is_made && matches!(step.undo, Undo::By(_))
        })
    };
    match operation {
        Operation::Object(ObjectOperation::Grant { names, .. }) => !names.is_empty() && names.iter().all(is_made),
        Operation::Table(TableOperation::SetAttribute { table, .. }) => is_made(table),
        Operation::Object(ObjectOperation::Create { on: Some(table), .. }) => is_made(table),
        _ => false,
    }
}

/// A policy without which nobody sees the rows of its table, or what stands in the place of one that was dropped: where that does
/// not come back, it is better there than gone.
fn is_better_there(operation: &Operation, earlier: &[&Step]) -> bool {
    let Operation::Object(ObjectOperation::Create { kind, name: Some(name), .. }) = operation else { return false };
    let is_its_drop = |step: &&Step| match &step.operation {
        Operation::Object(ObjectOperation::Drop { kind: other, names, .. }) => {
            kind == other && names.iter().any(|dropped| same(dropped, name))
        }
        _ => false,
    };
    *kind == ObjectKind::Policy || earlier.iter().any(is_its_drop)
}

/// A table that is gone, or one of its columns.
type Gone<'a> = (&'a QualifiedName, Option<&'a Ident>);

fn taken_away(operation: &Operation) -> Vec<Gone<'_>> {
    match operation {
        Operation::Table(TableOperation::Drop { names, .. }) => names.iter().map(|name| (name, None)).collect(),
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => vec![(&table.name, Some(column))],
        _ => Vec::new(),
    }
}

/// What is gone for good behind these steps, and has not been made again.
fn gone_before<'a>(steps: &'a [&'a Step]) -> impl Iterator<Item = Gone<'a>> {
    let ends = steps.iter().enumerate().filter(|(_, step)| matches!(step.undo, Undo::Impossible(_)));
    let gone = ends.flat_map(|(at, step)| taken_away(&step.operation).into_iter().map(move |one| (at, one)));
    gone.filter(|(at, one)| !steps[at + 1..].iter().any(|step| makes(&step.operation, one))).map(|(_, one)| one)
}

fn makes(operation: &Operation, (table, column): &Gone<'_>) -> bool {
    match operation {
        Operation::Table(TableOperation::Create(create)) => same(&create.name, table),
        Operation::Table(TableOperation::Rename { table: own, to }) => same(&own.sibling(to.clone()), table),
        Operation::Column(ColumnOperation::Rename { table: own, to, .. }) => {
            same(&own.name, table) && column.is_some_and(|column| column == to)
        }
        Operation::Column(ColumnOperation::Add { table: own, column: new, .. }) => {
            same(&own.name, table) && column.is_some_and(|column| *column == new.name)
        }
        _ => false,
    }
}

/// True when an operation cannot be done without that.
fn needs(operation: &Operation, (table, column): &Gone<'_>) -> bool {
    let own = operation.table().is_some_and(|own| same(own, table));
    let text = || render::statement(operation).unwrap_or_default();
    match column {
        Some(column) => own && mentions(&text(), column.as_str()),
        None => own || mentions(&text(), table.name.as_str()),
    }
}

fn add_undo(statements: &mut Vec<Vec<Step>>, of: &Step, operation: &Operation) {
    let target = |operation: &Operation| {
        let table = render::subcommand(operation).and(render::alter_target(operation));
        table.map(ToString::to_string)
    };
    let step = Step { operation: operation.clone(), verbatim: false, undo: Undo::Nothing, ..of.clone() };
    let table = target(operation);
    let joins =
        |last: &&mut Vec<Step>| table.is_some() && last.first().and_then(|first| target(&first.operation)) == table;
    match statements.last_mut().filter(joins) {
        Some(last) => last.push(step),
        None if render::statement(operation).is_some() => statements.push(vec![step]),
        None => {}
    }
}

/// A statement in one line.
fn line(steps: &[Step]) -> String {
    let first = steps.first().map(|step| &step.operation);
    let parts: Vec<String> = steps.iter().filter_map(|step| render::subcommand(&step.operation)).collect();
    let text = match first.and_then(render::alter_target).filter(|_| !parts.is_empty()) {
        Some(table) => format!("ALTER TABLE {table} {}", parts.join(", ")),
        None => first.and_then(render::statement).unwrap_or_default(),
    };
    one_line(&format!("{text};"))
}
