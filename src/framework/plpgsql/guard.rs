//! Statements in a form that does nothing when their work is done.

use super::conditions::{
    column_exists, column_is, constraint_exists, constraint_is, is_missing, owned_sequence, table_exists,
    table_is_missing,
};
use super::retry::{by_itself, ended, if_then};
use crate::operation::{Ident, ObjectKind, Operation, QualifiedName};
use crate::sql::render;

/// What the rest of a sequence does to what an operation is about.
pub struct Later<'a> {
    /// The condition under which what it adds has done its work and is gone.
    pub settled: &'a dyn Fn(&Operation) -> Option<String>,
    /// The condition under which what it is about is there still, where a later step takes that away.
    pub there: &'a dyn Fn(&Operation) -> Option<String>,
    /// True when what it makes stays as it is made.
    pub stays: &'a dyn Fn(&Operation) -> bool,
}

/// The statements of a brief unit for a runner that runs it again only where it was rolled back. `operations` come with
/// their slices as the source wrote them.
pub fn once(operations: &[(&Operation, String)]) -> Vec<String> {
    let statement = |(operation, slice): &(&Operation, String)| match in_words(operation) {
        true => ended(slice),
        false => render::statement(operation).map_or_else(|| ended(slice), |statement| ended(&statement)),
    };
    operations.iter().map(statement).collect()
}

/// The statements of a brief unit in a form that can run twice.
pub fn guarded(operations: &[(&Operation, String)], later: &Later<'_>) -> Vec<String> {
    let mut statements = Vec::new();
    let mut skip = None;
    for (at, (operation, slice)) in operations.iter().enumerate() {
        if skip == Some(at) {
            continue;
        }
        if let Some((swap, with)) = swap(operation, &operations[at + 1..]) {
            statements.push(swap);
            skip = Some(at + 1 + with);
            continue;
        }
        statements.push(where_there(runs_twice(operation, slice, later), (later.there)(operation)));
    }
    statements
}

fn where_there(statement: String, there: Option<String>) -> String {
    match there {
        Some(there) => if_then(&there, &statement),
        None => statement,
    }
}

/// The statement of an operation that adds or renames and cannot say so itself, or that is about something that is gone
/// later, where nothing tries again around it.
pub fn once_by_itself(operation: &Operation, slice: &str, later: &Later<'_>) -> Option<String> {
    let needs_guard = matches!(
        operation,
        Operation::AddColumn { .. }
            | Operation::AddConstraint { .. }
            | Operation::RenameColumn { .. }
            | Operation::RenameTable { .. }
            | Operation::RenameIndex { .. }
            | Operation::RenameConstraint { .. }
    );
    let there = (later.there)(operation);
    if (!needs_guard && there.is_none()) || slice.starts_with("DO ") {
        return None;
    }
    let statement = match needs_guard {
        true => runs_twice(operation, slice, later),
        false => ended(slice),
    };
    let guarded = where_there(statement, there);
    Some(if guarded.starts_with("IF ") { by_itself(&guarded) } else { guarded })
}

/// A constraint that is dropped and whose name another one takes: run twice, the drop must not meet the new one.
fn swap(drop: &Operation, rest: &[(&Operation, String)]) -> Option<(String, usize)> {
    let Operation::DropConstraint { table, name, .. } = drop else { return None };
    let (with, from, rename) = rest.iter().enumerate().find_map(|(at, (operation, _))| match operation {
        Operation::RenameConstraint { table: other, name: from, to } if other.name == table.name && to == name => {
            Some((at, from, *operation))
        }
        _ => None,
    })?;
    let there = format!("EXISTS ({})", constraint_exists(&table.name, from));
    Some((if_then(&there, &format!("{}\n{}", plain(drop), plain(rename))), with))
}

fn plain(operation: &Operation) -> String {
    render::statement(operation).map(|s| ended(&s)).unwrap_or_default()
}

/// What passes through in the author's words, because only its text tells what it does.
pub fn in_words(operation: &Operation) -> bool {
    matches!(operation, Operation::CreateObject { kind, .. } | Operation::AlterObject { kind, .. } | Operation::DropObject { kind, .. } if *kind != ObjectKind::Sequence)
        || matches!(operation, Operation::RenameColumn { .. } | Operation::RenameTable { .. })
}

/// One operation as a statement that does nothing when its work is done already.
fn runs_twice(operation: &Operation, slice: &str, later: &Later<'_>) -> String {
    let stays = (later.stays)(operation);
    // A rename is done where the new name is there and the old one is not.
    let renames = |old: String, new: String| match stays {
        true => format!("{new}\n  OR {old}"),
        false => old,
    };
    let renames_in = |exists: &dyn Fn(&Ident) -> String, old: &Ident, new: &Ident| {
        renames(format!("EXISTS ({})", exists(old)), format!("NOT EXISTS ({})", exists(new)))
    };
    let renames_relation =
        |old: &QualifiedName, to: &Ident| renames(table_exists(old), table_is_missing(&old.sibling(to.clone())));
    match operation {
        Operation::AddColumn { if_not_exists: true, .. } => plain(operation),
        Operation::AddColumn { table, column, .. } => {
            let there = match stays {
                true => column_is(&table.name, column),
                false => column_exists(&table.name, &column.name),
            };
            if_then(&format!("NOT EXISTS ({there})"), &plain(operation))
        }
        Operation::AddConstraint { table, constraint } => match &constraint.name {
            Some(name) => {
                let there = match stays {
                    true => constraint_is(&table.name, name, constraint),
                    false => constraint_exists(&table.name, name),
                };
                let settled = (later.settled)(operation);
                let or_settled = settled.map(|settled| format!("\n  AND NOT {settled}")).unwrap_or_default();
                if_then(&format!("NOT EXISTS ({there}){or_settled}"), &plain(operation))
            }
            None => plain(operation),
        },
        Operation::CreateObject { kind: ObjectKind::Sequence, on: Some(table), .. } => {
            match owned_sequence(operation) {
                Some(owned) => if_then(&format!("{owned} IS NULL"), &plain(operation)),
                None => where_there(plain(operation), Some(table_exists(table))),
            }
        }
        Operation::DropConstraint { table, name, cascade, .. } => plain(&Operation::DropConstraint {
            table: table.clone(),
            name: name.clone(),
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::DropColumn { table, column, cascade, .. } => plain(&Operation::DropColumn {
            table: table.clone(),
            column: column.clone(),
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::RenameConstraint { table, name, to } => {
            if_then(&renames_in(&|name| constraint_exists(&table.name, name), name, to), &plain(operation))
        }
        Operation::RenameColumn { table, column, to } => {
            if_then(&renames_in(&|name| column_exists(&table.name, name), column, to), slice)
        }
        Operation::RenameTable { table, to } => if_then(&renames_relation(&table.name, to), slice),
        Operation::RenameIndex { index, to, if_exists: false } => {
            if_then(&renames_relation(index, to), &plain(operation))
        }
        Operation::DropIndex { names, cascade, .. } => plain(&Operation::DropIndex {
            names: names.clone(),
            concurrently: false,
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::DropTable { names, cascade, .. } => {
            plain(&Operation::DropTable { names: names.clone(), if_exists: true, cascade: *cascade })
        }
        Operation::DropType { names, cascade, .. } => {
            plain(&Operation::DropType { names: names.clone(), if_exists: true, cascade: *cascade })
        }
        Operation::CreateObject { or_replace: false, .. } if is_missing(operation).is_some() => {
            if_then(&is_missing(operation).unwrap_or_default(), slice)
        }
        other if in_words(other) => ended(slice),
        other => render::statement(other).map_or_else(|| ended(slice), |statement| ended(&statement)),
    }
}
