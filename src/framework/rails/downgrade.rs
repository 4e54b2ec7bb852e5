//! `down` of each step of a sequence: what takes back that step and no other.

use std::collections::BTreeSet;

use super::code::{Code, as_written, in_block};
use super::file::{File, Lines};
use super::guarded::only_if;
use super::helpers::{Helper, RETRY};
use super::writer::Writer;
use super::written::string;
use crate::framework::Sequenced;
use crate::framework::header::Undo as Downgrade;
use crate::framework::inverse::subjects;
use crate::framework::rerun::Asked;
use crate::framework::undo::{Undone, renaming_back_is_due, undone};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, Ident, IndexOperation, Operation, QualifiedName,
    TableOperation,
};
use crate::plan::rerun::{LastChanges, can_begin_again};
use crate::plan::{Step, Undo};
use crate::postgres::idempotence::{Later, idempotent};
use crate::schema::same;
use crate::sql::{read_statement, render};

/// How the ways down of a sequence come about.
pub(super) enum Downgrades {
    /// Each step takes itself back.
    Each,
    /// The author's own stays whole, in the file at this index; those behind it do nothing, and those before it take themselves
    /// back.
    Whole(usize, Lines),
}

/// The ways down of the steps: each takes itself back, unless its author's `down` does more or other than take back what `up`
/// does. Then that stays whole, in the first step, which is the last one to be taken back; one that only fails fails at once.
pub(super) fn downgrades(of: &Sequenced<'_>, file: &File<'_>) -> Downgrades {
    if file.is_reversible() {
        return Downgrades::Each;
    }
    let Some(own) = file.method("down") else { return Downgrades::Each };
    let whole = |at: usize| Downgrades::Whole(at, body(own));
    let last = of.files.parts.len() - 1;
    match &of.migration.downgrade {
        _ if body(own).iter().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) => {
            Downgrades::Each
        }
        _ if own.contains("IrreversibleMigration") => whole(last),
        Some(Downgrade::By(statements)) => {
            let steps = || of.sequence.steps_of(0..of.sequence.blocks.len());
            let made: BTreeSet<String> = steps().flat_map(|step| subjects(&step.operation)).collect();
            let operations = statements.iter().flat_map(|statement| read_statement(statement).operations);
            let takes_back = |operation: &Operation| {
                let all = subjects(operation);
                !all.is_empty() && all.iter().all(|subject| made.contains(subject))
            };
            let mut operations = operations.map(|located| located.operation).peekable();
            match operations.peek().is_some() && operations.all(|operation| takes_back(&operation)) {
                true => Downgrades::Each,
                false => whole(0),
            }
        }
        Some(Downgrade::Impossible) | None => whole(0),
    }
}

impl Downgrades {
    /// The way down of the step at that index.
    pub(super) fn of(&self, writer: &Writer<'_>, at: usize, is_outside: bool) -> Option<Code> {
        match self {
            Downgrades::Whole(own, lines) if *own == at => Some(Code { lines: lines.clone(), ..Code::default() }),
            // What always fails keeps those behind it from being taken back, and no other.
            Downgrades::Whole(own, _) if at < *own => Some(writer.down(at, is_outside)),
            Downgrades::Whole(..) => Some(Code::default()),
            Downgrades::Each => Some(writer.down(at, is_outside)),
        }
    }
}

impl Downgrades {
    /// The same of a file of several steps, each taken back by itself.
    pub(super) fn of_several(&self, writer: &Writer<'_>, at: usize) -> Option<Code> {
        match self {
            Downgrades::Each => Some(writer.down_again(at)),
            Downgrades::Whole(own, _) if at < *own => Some(writer.down_again(at)),
            Downgrades::Whole(..) => self.of(writer, at, true),
        }
    }
}

/// The statements of a method, as its author indented them.
fn body(method: &str) -> Lines {
    let inside = method.split_once('\n').map_or("", |(_, rest)| rest);
    let inside = inside.trim_end().strip_suffix("end").unwrap_or(inside).trim_end();
    as_written(inside.trim_start_matches([' ', '\n']), 0)
}

impl Writer<'_> {
    fn down(&self, at: usize, is_outside: bool) -> Code {
        let part = self.of.files.parts[at];
        let steps = || self.sequence().steps_of(part.from..part.to);
        let undone = undone(steps().filter(|step| attached(self.of, step).is_none()));
        if !undone.impossible.is_empty()
            && let Some(code) = self.author_s_own(at, &undone)
        {
            return code;
        }
        let brought_back = if undone.impossible.is_empty() { Vec::new() } else { self.brought_back(&undone, steps()) };
        let mut code = Code::default();
        let mut quick: Lines = Vec::new();
        let has_attempts = self.settings().lock_timeout.is_some();
        let depth = usize::from(has_attempts);
        let taken_back = undone.statements.into_iter().flatten().map(|step| step.operation);
        let made_again = steps().filter_map(|step| self.made_again(step, part.from));
        let operations = made_again.chain(taken_back).chain(brought_back);
        let operations: Vec<Operation> = operations.collect();
        let is_in_vain = |operation: &Operation| goes_with_its_table(operation, &operations, steps());
        for operation in operations.iter().filter(|operation| !is_in_vain(operation)).cloned() {
            if is_outside && is_concurrent(&operation) {
                let more = self.concurrent(&operation, None, steps());
                code.lines.extend(more.lines);
                code.helpers.extend(more.helpers);
                continue;
            }
            let operation = at_once(operation);
            let text = render::statement(&operation).unwrap_or_default();
            let directive = self.dialect.of_rewrite(&operation, self.sequence());
            quick.extend(directive.map_or_else(|| self.execute(&text, depth), |call| self.call_back(&call, depth)));
        }
        if has_attempts && !quick.is_empty() {
            quick = in_block(RETRY, quick);
            code.helpers.insert(Helper::Retry);
        }
        code.lines.extend(quick);
        let gone_with: Lines = steps()
            .filter_map(|step| attached(self.of, step))
            .map(|file| taken_away_by(file, self.of.files.parts.len()))
            .collect();
        let mut lines = self.detached(at, &mut code.helpers);
        lines.append(&mut code.lines);
        code.lines = gone_with.into_iter().chain(lines).collect();
        code
    }

    /// What takes back the steps of a file from the last to the first, where it is begun again at its first statement.
    fn down_again(&self, at: usize) -> Code {
        let part = self.of.files.parts[at];
        let steps = || self.sequence().steps_of(part.from..part.to);
        let undone = undone(steps().filter(|step| attached(self.of, step).is_none()));
        if !undone.impossible.is_empty()
            && let Some(code) = self.author_s_own(at, &undone)
        {
            return code;
        }
        let brought_back = if undone.impossible.is_empty() { Vec::new() } else { self.brought_back(&undone, steps()) };
        let mut groups = undone.statements;
        if let Some(step) = steps().next() {
            let as_step = |operation| Step { operation, verbatim: false, undo: Undo::Nothing, ..step.clone() };
            let made_again = steps().filter_map(|step| self.made_again(step, part.from));
            groups.splice(..0, made_again.map(|operation| vec![as_step(operation)]));
            groups.extend(brought_back.into_iter().map(|operation| vec![as_step(operation)]));
        }
        let all: Vec<Operation> = groups.iter().flatten().map(|step| step.operation.clone()).collect();
        for group in &mut groups {
            group.retain(|step| !goes_with_its_table(&step.operation, &all, steps()));
        }
        groups.retain(|group| !group.is_empty());
        // What cannot begin again behind a part of itself is one transaction.
        let is_apart = |group: &Vec<Step>| group.iter().any(|step| is_concurrent(&step.operation));
        if !groups.iter().any(is_apart) && !can_begin_again(&groups) {
            groups = vec![groups.concat()];
        }
        let mut code = Code::default();
        code.lines = self.detached(at, &mut code.helpers);
        let last = LastChanges::of(groups.iter().flatten());
        let mut number = 0;
        for group in &groups {
            let mut inside = Code::default();
            for step in group {
                match is_concurrent(&step.operation) {
                    true => code.add(self.concurrent(&step.operation, None, std::iter::once(step))),
                    false => inside.add(self.taken_back_again(step, &last, number)),
                }
                number += 1;
            }
            if !inside.lines.is_empty() {
                code.add(self.in_a_transaction(inside));
            }
        }
        let gone_with = steps().filter_map(|step| attached(self.of, step));
        let gone_with: Lines = gone_with.map(|file| taken_away_by(file, self.of.files.parts.len())).collect();
        code.lines.splice(..0, gone_with);
        code
    }

    /// A statement of a way back that is begun again.
    fn taken_back_again(&self, step: &Step, last: &LastChanges, number: usize) -> Code {
        let operation = at_once(step.operation.clone());
        let text = render::statement(&operation).unwrap_or_default();
        let directly = |depth: usize| {
            let directive = self.dialect.of_rewrite(&operation, self.sequence());
            directive.map_or_else(|| self.execute(&text, depth), |call| self.call_back(&call, depth))
        };
        if let Some(condition) = renaming_back_is_due(&operation) {
            return only_if(&condition, directly(2), 1);
        }
        let later = Later { stays: false, finished_if: None };
        let there = last.condition_of_being_there(step, number);
        let form = idempotent(&operation, &text, &later);
        let asked = form.map(|form| Asked::of(&operation, None, &form, there.clone()));
        match asked.or(there.map(Asked::If)) {
            None | Some(Asked::Nothing) => Code { lines: directly(1), ..Code::default() },
            Some(Asked::If(condition)) => only_if(&condition, directly(2), 1),
            Some(Asked::Itself(text)) => Code { lines: self.execute(&text, 1), ..Code::default() },
        }
    }

    /// The constraints that later files make of the indexes which this one builds: they go before their indexes do.
    fn detached(&self, at: usize, helpers: &mut BTreeSet<Helper>) -> Lines {
        let later = self.sequence().steps_of(self.of.files.parts[at].to..self.sequence().blocks.len());
        let drops = later.filter(|step| attached(self.of, step) == Some(at)).filter_map(|step| match &step.undo {
            Undo::By(operations) => Some(operations),
            Undo::Nothing | Undo::Impossible(_) => None,
        });
        let has_attempts = self.settings().lock_timeout.is_some();
        let depth = usize::from(has_attempts);
        // It may not have been made yet, which only SQL can say.
        let drop = |operation: &Operation| self.execute(&render::statement(operation).unwrap_or_default(), depth);
        let lines: Lines = drops.flatten().flat_map(drop).collect();
        if lines.is_empty() || !has_attempts {
            return lines;
        }
        helpers.insert(Helper::Retry);
        in_block(RETRY, lines)
    }

    /// A constraint that the sequence makes and takes away again, before what took it away is done another time: existing rows
    /// are not looked at under its lock.
    fn made_again(&self, step: &Step, block: usize) -> Option<Operation> {
        let Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) = &step.operation else { return None };
        let is_it = |earlier: &&Step| {
            matches!(
                &earlier.operation,
                Operation::Constraint(ConstraintOperation::Add { table: own, constraint })
                    if own.name == table.name && constraint.name.as_ref() == Some(name)
            )
        };
        let mut operation = self.sequence().steps_of(0..block).find(is_it)?.operation.clone();
        if let Operation::Constraint(ConstraintOperation::Add { constraint, .. }) = &mut operation {
            constraint.not_valid = true;
        }
        (step.undo == Undo::Nothing).then_some(operation)
    }

    /// What cannot be taken back as it was, its author's way back may bring back in some form.
    fn brought_back<'s>(&self, undone: &Undone, steps: impl Iterator<Item = &'s Step>) -> Vec<Operation> {
        let Some(Downgrade::By(statements)) = &self.of.migration.downgrade else { return Vec::new() };
        let impossible = steps.filter(|step| matches!(step.undo, Undo::Impossible(_)));
        let wanted = impossible.map(|step| &step.operation).chain(&undone.left_out);
        let wanted: BTreeSet<String> = wanted.flat_map(subjects).collect();
        let own = statements.iter().flat_map(|statement| read_statement(statement).operations);
        let is_wanted = |operation: &Operation| {
            let all = subjects(operation);
            !all.is_empty() && all.iter().all(|subject| wanted.contains(subject))
        };
        own.map(|located| self.as_far_as_now(located.operation)).filter(is_wanted).collect()
    }

    /// A column that takes NULL before it goes comes back so: the file that changed that takes it back.
    fn as_far_as_now(&self, mut operation: Operation) -> Operation {
        if let Operation::Column(ColumnOperation::Add { table, column, .. }) = &mut operation {
            column.not_null &= !self.is_relaxed(&table.name, &column.name);
        }
        operation
    }

    /// A step lets the column take NULL, in a sequence that drops it.
    fn is_relaxed(&self, table: &QualifiedName, column: &Ident) -> bool {
        let mut steps = self.sequence().steps_of(0..self.sequence().blocks.len());
        steps.any(|step| match &step.operation {
            Operation::Column(ColumnOperation::DropNotNull { table: of, column: own }) => {
                same(&of.name, table) && own == column
            }
            _ => false,
        })
    }

    /// Rails' own way back of what its author wrote in `change`; where its author has none, as Rails says it. `None` where its
    /// author's way back does without a part of it.
    fn author_s_own(&self, at: usize, undone: &Undone) -> Option<Code> {
        let part = self.of.files.parts[at];
        let migration = self.of.migration;
        let steps: Vec<&Step> = self.sequence().steps_of(part.from..part.to).collect();
        let is_whole = |step: &&Step| {
            let call = &migration.statement_of(step.from).call;
            let items = migration.statements[call.clone()].iter().flat_map(|statement| statement.items.clone());
            step.verbatim && items.clone().all(|item| steps.iter().any(|step| step.from == item && step.verbatim))
        };
        // Rails goes back over what has no way back, as if there were nothing to do.
        migration.downgrade.as_ref()?;
        let raise = || {
            let raise = format!("raise ActiveRecord::IrreversibleMigration, {}", string(&undone.impossible.join("; ")));
            Some(Code { lines: vec![raise], ..Code::default() })
        };
        // Others have its values by now: an empty one would be no way back.
        let is_replaced = |step: &&Step| {
            let is_drop = matches!(&step.operation, Operation::Column(ColumnOperation::Drop { .. }));
            is_drop && !step.verbatim && matches!(step.undo, Undo::Impossible(_))
        };
        if steps.iter().any(is_replaced) {
            return raise();
        }
        let is_relaxed = |step: &&&Step| match &step.operation {
            Operation::Column(ColumnOperation::Drop { table, column, .. }) => self.is_relaxed(&table.name, column),
            _ => false,
        };
        if matches!(migration.downgrade, Some(Downgrade::By(_))) && steps.iter().any(|step| is_relaxed(&step)) {
            return None;
        }
        if !self.file.is_reversible() || !steps.iter().all(is_whole) {
            if matches!(migration.downgrade, Some(Downgrade::By(_))) {
                return None;
            }
            return raise();
        }
        let mut calls: Vec<usize> = steps.iter().map(|step| migration.statement_of(step.from).call.start).collect();
        calls.dedup();
        let has_attempts = self.settings().lock_timeout.is_some();
        let depth = 1 + usize::from(has_attempts);
        let text = |at: &usize| as_written(migration.statements[*at].span.slice(migration.text()), depth);
        let mut lines = in_block("revert", calls.iter().flat_map(text).collect());
        let mut helpers = BTreeSet::new();
        if has_attempts {
            lines = in_block(RETRY, lines);
            helpers.insert(Helper::Retry);
        }
        Some(Code { lines, helpers })
    }
}

/// The file of the build, by index, where a step makes a constraint of an index that an earlier file builds. Nothing parts the two
/// again: taken back alone, the constraint would take the index with it, and what is done again would miss it. So it goes where
/// the index goes.
pub(super) fn attached(of: &Sequenced<'_>, step: &Step) -> Option<usize> {
    let index = index_of(step)?;
    let is_build = |other: &Step| match &other.operation {
        Operation::Index(IndexOperation::Create(build)) => {
            build.name.as_ref() == Some(index.1) && same(&build.table, index.0)
        }
        _ => false,
    };
    let file_of = |is_it: &dyn Fn(&Step) -> bool| {
        of.files.parts.iter().position(|part| of.sequence.steps_of(part.from..part.to).any(is_it))
    };
    let (built, own) = (file_of(&is_build)?, file_of(&|other| std::ptr::eq(other, step))?);
    let part = of.files.parts[own];
    // One that takes another one's place, and what a primary key needs, go back together.
    let is_alone = of.sequence.steps_of(part.from..part.to).all(|other| match &other.operation {
        Operation::Constraint(ConstraintOperation::Drop { table, .. }) => !same(table, index.0),
        _ => true,
    });
    (built < own && is_alone).then_some(built)
}

/// The table and the index of which a step makes a unique constraint.
fn index_of(step: &Step) -> Option<(&QualifiedName, &Ident)> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else { return None };
    match &constraint.kind {
        ConstraintKind::Unique { using_index: Some(index), .. } if !step.verbatim => Some((&table.name, index)),
        _ => None,
    }
}

fn taken_away_by(file: usize, files: usize) -> String {
    format!("# The index is the constraint's by now: step {} of {files} takes both away", file + 1)
}

/// The index of a table that is taken away with it.
fn goes_with_its_table<'s>(
    operation: &Operation,
    all: &[Operation],
    mut steps: impl Iterator<Item = &'s Step>,
) -> bool {
    let Operation::Index(IndexOperation::Drop { names, .. }) = operation else { return false };
    let dropped = |table: &QualifiedName| {
        all.iter()
            .any(|other| matches!(other, Operation::Table(TableOperation::Drop { names, .. }) if names.contains(table)))
    };
    steps.any(|step| match &step.operation {
        Operation::Index(IndexOperation::Create(index)) => {
            let own = index.name.as_ref().map(|name| index.table.sibling(name.clone()));
            own.is_some_and(|own| names.contains(&own)) && dropped(&index.table)
        }
        _ => false,
    })
}

/// It waits for others by itself, and may stand in no transaction.
fn is_concurrent(operation: &Operation) -> bool {
    match operation {
        Operation::Index(IndexOperation::Create(index)) => index.concurrently,
        Operation::Index(IndexOperation::Drop { concurrently, .. } | IndexOperation::Reindex { concurrently, .. })
        | Operation::Table(TableOperation::DetachPartition { concurrently, .. }) => *concurrently,
        _ => false,
    }
}

/// The same in a transaction.
fn at_once(mut operation: Operation) -> Operation {
    match &mut operation {
        Operation::Index(IndexOperation::Create(index)) => index.concurrently = false,
        Operation::Index(IndexOperation::Drop { concurrently, .. }) => *concurrently = false,
        _ => {}
    }
    operation
}
