//! How a block is taken back, for its comment.

use crate::operation::Operation;
use crate::plan::{Step, Undo};
use crate::sql::{one_line, render};

/// The steps' undo, last step first; subcommands of one table together. Every statement is one line.
pub(super) fn undo<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let mut statements: Vec<(String, Vec<String>)> = Vec::new();
    let mut impossible = Vec::new();
    let steps: Vec<&Step> = steps.collect();
    for step in steps.into_iter().rev() {
        match &step.undo {
            Undo::By(operations) => {
                for operation in operations {
                    add_undo(&mut statements, operation);
                }
            }
            Undo::Nothing => {}
            Undo::Impossible(why) => impossible.push(why.clone()),
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
        (false, false) => vec![format!("not possible: {why}; the rest by {text}")],
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
