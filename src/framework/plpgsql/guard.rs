//! Statements in a form that does nothing when their work is done.

use std::collections::{BTreeMap, BTreeSet};

use super::retry::{by_itself, ended, if_then};
use crate::operation::{
    ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, QualifiedName, TableOperation,
};
use crate::postgres::idempotence::{
    Idempotent, Later, When, a_column_is_missing, column_is, constraint_exists, idempotent, table_exists,
};
use crate::sql::{Subcommands, render};

/// A statement that may run again.
pub struct Repeated<'a> {
    /// What it does.
    pub operation: &'a Operation,
    /// As the source wrote it, as a statement of its own.
    pub slice: String,
    /// What the rest of its sequence does to what it makes.
    pub later: Later,
    /// The condition under which what it is about is there still, where a later step takes that away.
    pub there: Option<String>,
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
pub fn guarded(all: &[Repeated<'_>]) -> Vec<String> {
    let operations: Vec<Operation> = all.iter().map(|one| in_transaction(one.operation.clone())).collect();
    let takers = takers(&operations);
    let mut statements = Vec::new();
    let mut swapped = BTreeSet::new();
    for (at, operation) in operations.iter().enumerate() {
        if swapped.contains(&at) {
            continue;
        }
        let freed = freed_by_drop(operation);
        let mut behind = freed.and_then(|freed| takers.get(&freed)).into_iter().flatten().filter(|with| **with > at);
        let with = behind.find_map(|with| Some((*with, swap(operation, &operations[*with])?)));
        if let Some((with, swap)) = with.filter(|(with, _)| !swapped.contains(with)) {
            statements.push(Guarded::whole(operation, swap));
            swapped.insert(with);
            continue;
        }
        let Repeated { slice, later, there, .. } = &all[at];
        let guarded = Guarded::of(operation, &words(operation, slice), later);
        statements.push(match there {
            Some(there) => Guarded::whole(operation, if_then(there, &guarded.text())),
            None => guarded,
        });
    }
    in_statements(statements)
}

/// A statement that can run twice, where nothing stands around it. `there` is the condition under which what it is about is there
/// still, where a later step takes that away.
pub fn by_itself_again(idempotent: &Idempotent<'_>, there: Option<&str>) -> String {
    if idempotent.when == When::Always && there.is_none() {
        return idempotent.statement.clone();
    }
    let guarded = guard([&idempotent.when], &idempotent.statement);
    let guarded = there.map_or_else(|| guarded.clone(), |there| if_then(there, &guarded));
    if guarded.starts_with("IF ") { by_itself(&guarded) } else { guarded }
}

/// A statement with the condition under which it has something to do.
struct Guarded<'a> {
    operation: &'a Operation,
    when: When<'a>,
    statement: String,
    /// It may be one of several subcommands of an `ALTER TABLE`.
    joins: bool,
}

impl<'a> Guarded<'a> {
    fn unguarded(operation: &'a Operation, statement: String) -> Self {
        Guarded { operation, when: When::Always, statement, joins: true }
    }

    /// In a form that can run twice, where there is one.
    fn of(operation: &'a Operation, slice: &str, later: &Later) -> Self {
        let Some(Idempotent { when, statement }) = idempotent(operation, slice, later) else {
            return Guarded::unguarded(operation, ended(slice));
        };
        let joins = match (&when, operation) {
            (When::If(_), Operation::Constraint(ConstraintOperation::Add { .. })) => {
                later.stays || later.finished_if.is_some()
            }
            (When::If(_), _) | (_, Operation::Object(ObjectOperation::Create { .. })) => false,
            (When::Always | When::NoColumn(..), _) => true,
        };
        Guarded { operation, when, statement: ended(&statement), joins }
    }

    /// With its conditions in its text.
    fn whole(operation: &'a Operation, statement: String) -> Self {
        Guarded { operation, when: When::Always, statement, joins: false }
    }

    fn text(&self) -> String {
        guard([&self.when], &self.statement)
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
fn guard<'w>(all: impl IntoIterator<Item = &'w When<'w>>, statement: &str) -> String {
    let mut columns = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    for when in all {
        match when {
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

/// Statements that become one where they are several.
struct Group<'a> {
    all: Vec<Guarded<'a>>,
    /// What an `ALTER TABLE` of theirs alters; `None` where the first of them is none.
    table: Option<String>,
    subcommands: Subcommands<'a>,
}

impl<'a> Group<'a> {
    fn new(first: Guarded<'a>) -> Group<'a> {
        let mut subcommands = Subcommands::default();
        subcommands.push(first.operation);
        Group { table: first.parts().map(|(table, _)| table), all: vec![first], subcommands }
    }

    fn push(&mut self, next: Guarded<'a>) {
        self.subcommands.push(next.operation);
        self.all.push(next);
    }

    /// What stands by itself is alone in its group.
    fn joins(&self) -> bool {
        self.all[0].joins
    }

    /// True when a statement may stand before the group as well as behind it.
    fn may_be_passed_by(&self, next: &Guarded<'_>) -> bool {
        self.joins() && self.subcommands.commute_with(next.operation)
    }

    /// True when a statement may be the next of the group.
    fn takes(&self, next: &Guarded<'_>) -> bool {
        let both_ask = matches!(self.all[0].when, When::Always) == matches!(next.when, When::Always);
        let same_table = || self.table.is_some() && self.table == next.parts().map(|(table, _)| table);
        next.joins && self.joins() && both_ask && self.subcommands.can_be_followed_by(next.operation) && same_table()
    }

    fn statement(&self) -> String {
        match (self.all.as_slice(), &self.table) {
            ([_, _, ..], Some(table)) => {
                let parts: Vec<&str> = self.all.iter().filter_map(|one| Some(one.parts()?.1)).collect();
                guard(self.all.iter().map(|one| &one.when), &format!("ALTER TABLE {table} {}", parts.join(",\n  ")))
            }
            _ => self.all[0].text(),
        }
    }
}

/// Statements of which those that follow each other and can be subcommands of one `ALTER TABLE` are one.
fn in_statements<'a>(all: impl IntoIterator<Item = Guarded<'a>>) -> Vec<String> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for one in all {
        let at = groups.iter().rposition(|group| !group.may_be_passed_by(&one));
        match at.filter(|at| groups[*at].takes(&one)) {
            Some(at) => groups[at].push(one),
            None => groups.push(Group::new(one)),
        }
    }
    groups.iter().map(Group::statement).collect()
}

/// A constraint or an index that is dropped and whose name another one takes: run twice, the drop must not meet the new one.
pub fn swap(drop: &Operation, with: &Operation) -> Option<String> {
    let there = swap_is_due(drop, with)?;
    let both = [drop, with].map(|operation| Guarded::unguarded(operation, plain(operation)));
    Some(if_then(&there, &in_statements(both).join("\n")))
}

/// The condition under which a drop and what takes its place have something to do, where they are that.
pub fn swap_is_due(drop: &Operation, with: &Operation) -> Option<String> {
    Some(match (drop, with) {
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
    })
}

/// A name that a drop frees: a table's and the constraint's, or an index's.
type Freed = (QualifiedName, Option<Ident>);

/// The name whose next owner a drop may change places with.
fn freed_by_drop(operation: &Operation) -> Option<Freed> {
    match operation {
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            Some((table.name.clone(), Some(name.clone())))
        }
        Operation::Index(IndexOperation::Drop { names, .. }) => Some((names.first()?.clone(), None)),
        _ => None,
    }
}

/// What may change places with a drop ([`swap`]), by the name that it takes, in order.
fn takers(operations: &[Operation]) -> BTreeMap<Freed, Vec<usize>> {
    let mut takers: BTreeMap<Freed, Vec<usize>> = BTreeMap::new();
    for (at, operation) in operations.iter().enumerate() {
        let taken = match operation {
            Operation::Constraint(ConstraintOperation::Rename { table, to, .. }) => {
                (table.name.clone(), Some(to.clone()))
            }
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) if constraint.name.is_some() => {
                (table.name.clone(), constraint.name.clone())
            }
            Operation::Index(IndexOperation::Rename { index, to, .. }) => (index.sibling(to.clone()), None),
            _ => continue,
        };
        takers.entry(taken).or_default().push(at);
    }
    takers
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
    ended(&words(operation, slice))
}

/// The words of an operation's statement: ours, but where only the author's tell what it does.
fn words(operation: &Operation, slice: &str) -> String {
    render::statement(operation).filter(|_| !in_words(operation)).unwrap_or_else(|| slice.to_owned())
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

/// The same operation where it stands in a transaction.
fn in_transaction(mut operation: Operation) -> Operation {
    if let Operation::Index(IndexOperation::Drop { concurrently, .. }) = &mut operation {
        *concurrently = false;
    }
    operation
}
