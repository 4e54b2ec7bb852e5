//! How a block is taken back, for its comment.

use crate::operation::{Ident, Operation, QualifiedName};
use crate::plan::{Step, Undo};
use crate::schema::{mentions, same};
use crate::sql::{one_line, render};

/// The steps' undo, last step first; subcommands of one table together. Every statement is one line.
pub(super) fn undo<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let mut statements: Vec<(String, Vec<String>)> = Vec::new();
    let mut impossible = Vec::new();
    let mut gone = Vec::new();
    let steps: Vec<&Step> = steps.collect();
    for (at, step) in steps.iter().enumerate().rev() {
        match &step.undo {
            Undo::By(operations) => {
                // what a later step took away for good cannot be what it was
                for operation in operations.iter().filter(|operation| !gone.iter().any(|one| needs(operation, one))) {
                    add_undo(&mut statements, operation);
                }
            }
            Undo::Nothing => {}
            Undo::Impossible(_) if goes_with_what_is_made(&step.operation, &steps[..at]) => {}
            Undo::Impossible(why) => {
                impossible.push(why.clone());
                gone.extend(taken_away(&step.operation));
            }
        }
    }
    let text = statements
        .into_iter()
        .map(|(head, parts)| one_line(&format!("{head}{};", parts.join(", "))))
        .collect::<Vec<_>>()
        .join(" ");
    let mut why: Vec<String> = Vec::new();
    for reason in impossible {
        if !why.contains(&reason) {
            why.push(reason);
        }
    }
    let why = why.join("; ");
    match (text.is_empty(), why.is_empty()) {
        (true, true) => vec!["nothing to undo".into()],
        (true, false) => vec![format!("not possible: {why}")],
        (false, true) => vec![text],
        (false, false) => vec![format!("in part, by {text} the rest is not possible: {why}")],
    }
}

/// Privileges, policies and attributes of a table are gone when what made the table is taken back.
fn goes_with_what_is_made(operation: &Operation, earlier: &[&Step]) -> bool {
    let is_made = |name: &QualifiedName| {
        earlier.iter().any(|step| matches!(&step.operation, Operation::CreateTable(create) if same(&create.name, name)))
    };
    match operation {
        Operation::Grant { names, .. } => !names.is_empty() && names.iter().all(is_made),
        Operation::SetTableAttribute { table, .. } => is_made(table),
        Operation::CreateObject { on: Some(table), .. } => is_made(table),
        _ => false,
    }
}

/// A table that is gone, or one of its columns.
type Gone<'a> = (&'a QualifiedName, Option<&'a Ident>);

fn taken_away(operation: &Operation) -> Vec<Gone<'_>> {
    match operation {
        Operation::DropTable { names, .. } => names.iter().map(|name| (name, None)).collect(),
        Operation::DropColumn { table, column, .. } => vec![(&table.name, Some(column))],
        _ => Vec::new(),
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

fn add_undo(statements: &mut Vec<(String, Vec<String>)>, operation: &Operation) {
    if let (Some(table), Some(part)) = (render::alter_target(operation), render::subcommand(operation)) {
        let head = format!("ALTER TABLE {table} ");
        match statements.last_mut() {
            Some((same, parts)) if *same == head => parts.push(part),
            _ => statements.push((head, vec![part])),
        }
    } else if let Some(statement) = render::statement(operation) {
        statements.push((statement, Vec::new()));
    }
}
