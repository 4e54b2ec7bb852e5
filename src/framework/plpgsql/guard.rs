//! Statements in a form that does nothing when their work is done.

use super::retry::{by_itself, ended, if_then};
use crate::operation::{
    ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, Ident, IndexOperation,
    ObjectKind, ObjectOperation, Operation, QualifiedName, TableOperation, TypeOperation,
};
use crate::postgres::idempotence::{
    Idempotent, a_column_is_missing, column_exists, column_is, constraint_exists, constraint_is, idempotent,
    is_missing, owned_sequence, table_exists, table_is_missing,
};
use crate::sql::{can_follow, commute, render};

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
    in_statements(operations.iter().map(|(operation, slice)| Guarded::unguarded(operation, plainly(operation, slice))))
}

/// The same, one for each operation.
pub fn each(operations: &[(&Operation, String)]) -> Vec<String> {
    operations.iter().map(|(operation, slice)| plainly(operation, slice)).collect()
}

/// The statements of a brief unit in a form that can run twice.
pub fn guarded(operations: &[(&Operation, String)], later: &Later<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let mut swapped = Vec::new();
    for (at, (operation, slice)) in operations.iter().enumerate() {
        if swapped.contains(&at) {
            continue;
        }
        let with = (at + 1..operations.len()).find_map(|with| Some((with, swap(operation, operations[with].0)?)));
        if let Some((with, swap)) = with.filter(|(with, _)| !swapped.contains(with)) {
            all.push(Guarded::whole(operation, swap));
            swapped.push(with);
            continue;
        }
        let guarded = runs_twice(operation, slice, later);
        all.push(match (later.there)(operation) {
            Some(there) => Guarded::whole(operation, if_then(&there, &guarded.text())),
            None => guarded,
        });
    }
    in_statements(all)
}

/// A statement with the condition under which it has something to do.
struct Guarded<'a> {
    operation: &'a Operation,
    when: When<'a>,
    statement: String,
    /// It may be one of several subcommands of an `ALTER TABLE`.
    joins: bool,
}

/// When a statement has something to do.
enum When<'a> {
    Always,
    /// The table has no such column.
    NoColumn(&'a QualifiedName, &'a ColumnDefinition),
    If(String),
}

impl<'a> Guarded<'a> {
    fn unguarded(operation: &'a Operation, statement: String) -> Self {
        Guarded { operation, when: When::Always, statement, joins: true }
    }

    /// With its conditions in its text.
    fn whole(operation: &'a Operation, statement: String) -> Self {
        Guarded { operation, when: When::Always, statement, joins: false }
    }

    fn text(&self) -> String {
        guard(&[self], &self.statement)
    }

    /// The table, as an `ALTER TABLE` writes it, and what stands behind it.
    fn parts(&self) -> Option<(String, &str)> {
        let table = match (render::alter_target(self.operation), self.operation) {
            (Some(table), _) => table.to_string(),
            (
                None,
                Operation::Table(TableOperation::SetAttribute { .. })
                | Operation::Column(ColumnOperation::SetAttribute { .. })
                | Operation::Constraint(ConstraintOperation::Alter { .. }),
            ) => self.operation.table()?.to_string(),
            (None, _) => return None,
        };
        let rest = self.statement.strip_prefix(&format!("ALTER TABLE {table} "))?;
        Some((table, rest.trim_end().trim_end_matches(';')))
    }
}

/// What one transaction makes is there as a whole or not at all: where a part is missing the statement runs, and fails where
/// somebody else made the rest.
fn guard(all: &[&Guarded<'_>], statement: &str) -> String {
    let mut columns = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    for one in all {
        match &one.when {
            When::Always => {}
            When::NoColumn(table, column) => columns.push((*table, *column)),
            When::If(condition) => conditions.push(condition.clone()),
        }
    }
    match columns.as_slice() {
        [] => {}
        [(table, column)] => conditions.insert(0, format!("NOT EXISTS ({})", column_is(table, column))),
        several => conditions.insert(0, a_column_is_missing(several)),
    }
    match conditions.as_slice() {
        [] => ended(statement),
        [condition] => if_then(condition, statement),
        several => {
            // AND binds closer than OR
            if_then(&several.join("\n  OR "), statement)
        }
    }
}

/// Statements of which those that follow each other and can be subcommands of one `ALTER TABLE` are one.
fn in_statements<'a>(all: impl IntoIterator<Item = Guarded<'a>>) -> Vec<String> {
    let mut groups: Vec<Vec<Guarded<'a>>> = Vec::new();
    for one in all {
        let may_pass = |group: &Vec<Guarded<'_>>| {
            let commutes = |other: &Guarded<'_>| commute(other.operation, one.operation);
            group.iter().all(|other| other.joins && commutes(other))
        };
        let at = groups.iter().rposition(|group| !may_pass(group));
        let joins = at.map(|at| &groups[at]).is_some_and(|group| {
            let before: Vec<&Operation> = group.iter().map(|other| other.operation).collect();
            let same_table = || group[0].parts().zip(one.parts()).is_some_and(|((a, _), (b, _))| a == b);
            let both_ask = matches!(group[0].when, When::Always) == matches!(one.when, When::Always);
            one.joins && group[0].joins && both_ask && can_follow(&before, one.operation) && same_table()
        });
        match at.filter(|_| joins) {
            Some(at) => groups[at].push(one),
            None => groups.push(vec![one]),
        }
    }
    let statement = |group: &Vec<Guarded<'a>>| match (group.as_slice(), group[0].parts()) {
        ([_, _, ..], Some((table, _))) => {
            let parts: Vec<&str> = group.iter().filter_map(|one| Some(one.parts()?.1)).collect();
            let all: Vec<&Guarded<'_>> = group.iter().collect();
            guard(&all, &format!("ALTER TABLE {table} {}", parts.join(",\n  ")))
        }
        _ => group[0].text(),
    };
    groups.iter().map(statement).collect()
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
        Operation::Column(ColumnOperation::Add { .. } | ColumnOperation::Rename { .. })
            | Operation::Constraint(ConstraintOperation::Add { .. } | ConstraintOperation::Rename { .. })
            | Operation::Table(TableOperation::Rename { .. })
            | Operation::Index(IndexOperation::Rename { .. })
    );
    let there = (later.there)(operation);
    if (!needs_guard && there.is_none()) || slice.starts_with("DO ") {
        return None;
    }
    let statement = match needs_guard {
        true => runs_twice(operation, slice, later).text(),
        false => ended(slice),
    };
    let guarded = where_there(statement, there);
    Some(if guarded.starts_with("IF ") { by_itself(&guarded) } else { guarded })
}

/// A constraint or an index that is dropped and whose name another one takes: run twice, the drop must not meet the new one.
pub fn swap(drop: &Operation, with: &Operation) -> Option<String> {
    let there = match (drop, with) {
        (
            Operation::Constraint(ConstraintOperation::Drop { table, name, .. }),
            Operation::Constraint(ConstraintOperation::Rename { table: other, name: from, to }),
        ) if other.name == table.name && to == name => format!("EXISTS ({})", constraint_exists(&table.name, from)),
        (
            Operation::Constraint(ConstraintOperation::Drop { table, name, .. }),
            Operation::Constraint(ConstraintOperation::Add { table: other, constraint }),
        ) if other.name == table.name && constraint.name.as_ref() == Some(name) => {
            table_exists(&table.name.sibling(using_index(constraint).filter(|index| *index != name)?.clone()))
        }
        (
            Operation::Index(IndexOperation::Drop { names, .. }),
            Operation::Index(IndexOperation::Rename { index, to, .. }),
        ) if names.as_slice() == [index.sibling(to.clone())] => table_exists(index),
        _ => return None,
    };
    let both = [drop, with].map(|operation| Guarded::unguarded(operation, plain(operation)));
    Some(if_then(&there, &in_statements(both).join("\n")))
}

/// The index that becomes a constraint.
fn using_index(constraint: &Constraint) -> Option<&Ident> {
    match &constraint.kind {
        ConstraintKind::Unique { using_index, .. } | ConstraintKind::PrimaryKey { using_index, .. } => {
            using_index.as_ref()
        }
        _ => None,
    }
}

fn plain(operation: &Operation) -> String {
    render::statement(operation).map(|s| ended(&s)).unwrap_or_default()
}

fn plainly(operation: &Operation, slice: &str) -> String {
    let rendered = render::statement(operation).filter(|_| !in_words(operation));
    rendered.map_or_else(|| ended(slice), |statement| ended(&statement))
}

/// What passes through in the author's words, because only its text tells what it does.
pub fn in_words(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Object(
            ObjectOperation::Create { kind, .. }
            | ObjectOperation::Alter { kind, .. }
            | ObjectOperation::Drop { kind, .. }
        )
            if *kind != ObjectKind::Sequence
    ) || matches!(
        operation,
        Operation::Column(ColumnOperation::Rename { .. }) | Operation::Table(TableOperation::Rename { .. })
    )
}

/// One operation as a statement that does nothing when its work is done already.
fn runs_twice<'a>(operation: &'a Operation, slice: &str, later: &Later<'_>) -> Guarded<'a> {
    let stays = (later.stays)(operation);
    let whole = |statement: String| Guarded::whole(operation, statement);
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
        // Up to PostgreSQL 12 what the column refers to is added again where the column is there.
        Operation::Column(ColumnOperation::Add { if_not_exists: true, column, .. })
            if column.constraints.is_empty() =>
        {
            Guarded::unguarded(operation, plain(operation))
        }
        Operation::Column(ColumnOperation::Add { table, column, .. }) => match stays {
            true => {
                let when = When::NoColumn(&table.name, column);
                Guarded { when, ..Guarded::unguarded(operation, plain(operation)) }
            }
            false => {
                let there = column_exists(&table.name, &column.name);
                whole(if_then(&format!("NOT EXISTS ({there})"), &plain(operation)))
            }
        },
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => match &constraint.name {
            Some(name) => {
                let there = match stays {
                    true => constraint_is(&table.name, name, constraint),
                    false => constraint_exists(&table.name, name),
                };
                let settled = (later.settled)(operation);
                let joins = stays || settled.is_some();
                let or_settled = settled.map(|settled| format!("\n  AND NOT {settled}")).unwrap_or_default();
                let when = When::If(format!("NOT EXISTS ({there}){or_settled}"));
                Guarded { when, joins, ..Guarded::unguarded(operation, plain(operation)) }
            }
            None => Guarded::unguarded(operation, plain(operation)),
        },
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::Sequence, on: Some(table), .. }) => {
            whole(match owned_sequence(operation) {
                Some(owned) => if_then(&format!("{owned} IS NULL"), &plain(operation)),
                None => where_there(plain(operation), Some(table_exists(table))),
            })
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            whole(if_then(&renames_in(&|name| constraint_exists(&table.name, name), name, to), &plain(operation)))
        }
        Operation::Column(ColumnOperation::Rename { table, column, to }) => {
            whole(if_then(&renames_in(&|name| column_exists(&table.name, name), column, to), slice))
        }
        Operation::Table(TableOperation::Rename { table, to }) => {
            whole(if_then(&renames_relation(&table.name, to), slice))
        }
        Operation::Index(IndexOperation::Rename { index, to, if_exists: false }) => {
            whole(if_then(&renames_relation(index, to), &plain(operation)))
        }
        Operation::Object(ObjectOperation::Create { or_replace: false, .. }) if is_missing(operation).is_some() => {
            whole(if_then(&is_missing(operation).unwrap_or_default(), slice))
        }
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension,
            ..
        }) => match idempotent(operation, slice) {
            Some(Idempotent::Statement(statement)) => whole(ended(&statement)),
            _ => Guarded::unguarded(operation, plainly(operation, slice)),
        },
        Operation::Constraint(ConstraintOperation::Drop { .. })
        | Operation::Column(ColumnOperation::Drop { .. })
        | Operation::Index(IndexOperation::Drop { .. })
        | Operation::Table(TableOperation::Drop { .. })
        | Operation::Type(TypeOperation::Drop { .. }) => {
            Guarded::unguarded(operation, plain(&if_there(operation.clone())))
        }
        other => Guarded::unguarded(operation, plainly(other, slice)),
    }
}

/// The drop of something that may be gone, in a transaction.
fn if_there(mut operation: Operation) -> Operation {
    match &mut operation {
        Operation::Index(IndexOperation::Drop { if_exists, concurrently, .. }) => {
            (*if_exists, *concurrently) = (true, false)
        }
        Operation::Constraint(ConstraintOperation::Drop { if_exists, .. })
        | Operation::Column(ColumnOperation::Drop { if_exists, .. })
        | Operation::Table(TableOperation::Drop { if_exists, .. })
        | Operation::Type(TypeOperation::Drop { if_exists, .. }) => *if_exists = true,
        _ => {}
    }
    operation
}
