//! Where a rule looks, and how it makes steps.

use std::sync::Arc;

use super::slug::slug_of;
use super::undo::{by_hand, undo_of};
use crate::operation::{
    Backfill, DataOperation, Fixed, Ident, Item, Operation, QualifiedName, SessionOperation, SqlFragment, clipped,
};
use crate::plan::{Duration, Phase, Step, Transaction, Undo, Uses, uses};
use crate::postgres::{Effects, LockMode, Work, effects};
use crate::schema::{RelationKind, Schema};

/// What the user has decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The oldest major version that the migrations must run on.
    pub postgres: u32,
    /// A column with a DEFAULT has its NULLs filled with it before SET NOT NULL.
    pub fill_nulls: bool,
    /// Triggers and rules may fire while rows are filled in batches.
    pub fire_triggers: bool,
    /// Lock waits are bounded in the files.
    pub bound_lock_waits: bool,
    /// Phases behind a deploy can wait beside the migrations, or are wanted all at once.
    pub has_phases: bool,
    /// So can those of what takes another one's name.
    pub has_swaps: bool,
    /// The items of the migration that cannot wait all the same, by index, and why.
    pub stays: std::collections::BTreeMap<usize, String>,
    /// Answers to needs-input rewrites, by `table.column`.
    pub values: std::collections::BTreeMap<String, String>,
    /// What gets another name by a drop and an add: columns by `table.column`, tables by their names.
    pub renames: std::collections::BTreeMap<String, String>,
}

impl Settings {
    /// The value for existing rows of a column, asked for with or without its schema.
    pub fn value(&self, table: &QualifiedName, column: &Ident) -> Option<SqlFragment> {
        of_column(&self.values, table, column).map(SqlFragment::new)
    }

    /// The name that a column gets by a drop and an add, if the author says so.
    pub fn renamed_to(&self, table: &QualifiedName, column: &Ident) -> Option<&str> {
        of_column(&self.renames, table, column)
    }

    /// The name that a table gets by a drop and a create, if the author says so.
    pub fn table_renamed_to(&self, table: &QualifiedName) -> Option<&str> {
        let full = table.schema.as_ref().map(|schema| format!("{}.{}", schema.as_str(), table.name.as_str()));
        let found = full.and_then(|full| self.renames.get(&full)).or_else(|| self.renames.get(table.name.as_str()));
        found.map(String::as_str)
    }
}

fn of_column<'a>(
    texts: &'a std::collections::BTreeMap<String, String>,
    table: &QualifiedName,
    column: &Ident,
) -> Option<&'a str> {
    let short = format!("{}.{}", table.name.as_str(), column.as_str());
    let full = table.schema.as_ref().map(|s| format!("{}.{short}", s.as_str()));
    let found = full.and_then(|full| texts.get(&full)).or_else(|| texts.get(&short));
    found.map(String::as_str)
}

/// A strong lock on a relation in use that a transaction holds to its end.
#[derive(Debug, Clone)]
pub struct Held {
    /// The item that took it, by index.
    pub item: usize,
    /// The relation.
    pub relation: QualifiedName,
    /// The lock.
    pub lock: LockMode,
}

/// One operation where it stands.
#[derive(Clone)]
pub struct Site<'a> {
    /// The migration's operations.
    pub items: &'a [Item],
    /// The one at hand.
    pub at: usize,
    /// The items that a rewrite before this one replaces already.
    pub claimed: &'a [bool],
    /// The strongest lock that its transaction holds by then, and the item that took it.
    pub held: Option<&'a Held>,
    /// The items' own texts.
    pub texts: &'a [&'a str],
    /// The catalog before it.
    pub schema: &'a Schema,
    /// The catalog before the migration.
    pub before: &'a Schema,
    /// What the user has decided.
    pub settings: &'a Settings,
    /// What the operation costs as it stands.
    pub cost: &'a Effects,
}

impl<'a> Site<'a> {
    /// Later phases of what stands here can wait.
    ///
    /// # Errors
    /// Why they cannot; nothing is said where the project keeps none.
    pub fn may_wait(&self) -> Result<(), Option<&str>> {
        match (self.settings.has_phases, self.settings.stays.get(&self.at)) {
            (true, None) => Ok(()),
            (true, Some(why)) => Err(Some(why)),
            (false, _) => Err(None),
        }
    }

    /// The operation at hand.
    pub fn operation(&self) -> &'a Operation {
        &self.items[self.at].operation
    }

    /// What the operation costs as it stands.
    pub fn effects(&self) -> &'a Effects {
        self.cost
    }

    /// The operations after this one that a rewrite can take as well, with their indexes, up to the next one that is
    /// not understood or must stay where it is.
    pub fn later(&self) -> impl Iterator<Item = (usize, &'a Operation)> + use<'a> {
        let (items, claimed) = (self.items, self.claimed);
        let stays = |item: &Item| {
            item.fixed.is_some()
                || matches!(
                    item.operation,
                    Operation::Opaque { .. } | Operation::Session(SessionOperation::Transaction(_))
                )
        };
        (self.at + 1..items.len())
            .take_while(move |at| !stays(&items[*at]))
            .filter(|at| !claimed[*at])
            .map(move |at| (at, &items[at].operation))
    }

    /// All operations after this one, with their indexes.
    pub fn following(&self) -> impl Iterator<Item = (usize, &'a Operation)> + use<'a> {
        let (items, at) = (self.items, self.at);
        (at + 1..items.len()).map(move |at| (at, &items[at].operation))
    }

    /// The operation at hand as a step, unchanged.
    pub fn pass_through(&self) -> Step {
        let operation = self.operation();
        let cost = self.effects();
        let (duration, transaction) = shape(operation, cost);
        Step {
            operation: operation.clone(),
            item: self.at,
            from: self.at,
            verbatim: true,
            phase: Phase::Expand,
            transaction,
            duration,
            undo: match self.items[self.at].fixed {
                Some(Fixed::Condition) => by_hand(), // it may not have run
                _ => undo_of(operation, self.schema),
            },
            locks: cost.locks.clone(),
            fails_on_rows: cost.fails_on_rows,
            why: "as written".into(),
            preflight: None,
            settings: Vec::new(),
            uses: uses(operation, self.texts[self.at], self.schema).into(),
            slug: first_words(&slug_of(operation)),
            settles: None,
            joined: false,
        }
    }

    /// A builder for the steps that replace the operation at hand.
    pub fn steps(&self) -> StepBuilder {
        let mut schema = self.schema.clone();
        if let Some(table) = self.operation().table() {
            schema.assume_table(table);
        }
        StepBuilder { item: self.at, from: self.at, schema, postgres: self.settings.postgres, steps: Vec::new() }
    }
}

/// The most bytes of a [`Step::slug`]: a file's name is to be read at a glance.
const MAX_SLUG: usize = 48;

/// The first words of a slug, as many as there is room for.
fn first_words(slug: &str) -> String {
    let cut = clipped(slug, MAX_SLUG);
    let whole = cut.len() == slug.len() || slug[cut.len()..].starts_with('_');
    let words = if whole { Some(cut) } else { cut.rsplit_once('_').map(|(words, _)| words) };
    words.unwrap_or(cut).trim_end_matches('_').to_owned()
}

/// Makes steps: asks `postgres/` what each operation costs after those before it.
pub struct StepBuilder {
    item: usize,
    from: usize,
    schema: Schema,
    postgres: u32,
    steps: Vec<Step>,
}

impl StepBuilder {
    /// How the last step is taken back, where the usual way takes too much.
    pub fn undone_by(&mut self, operations: Vec<Operation>) {
        if let Some(last) = self.steps.last_mut() {
            last.undo = Undo::By(operations);
        }
    }

    /// From here on the steps say that item of the migration anew.
    pub fn from(&mut self, item: usize) -> &mut Self {
        self.from = item;
        self
    }

    /// Adds a step. `slug` names its file.
    pub fn step(&mut self, operation: Operation, slug: String, why: impl Into<String>, undo: Undo) -> &mut Self {
        let cost = effects(&operation, &self.schema, self.postgres);
        let (duration, transaction) = shape(&operation, &cost);
        let uses = uses(&operation, "", &self.schema).into();
        self.schema.apply(&operation);
        self.steps.push(Step {
            uses,
            operation,
            item: self.item,
            from: self.from,
            verbatim: false,
            phase: Phase::Expand,
            transaction,
            duration,
            locks: cost.locks,
            fails_on_rows: cost.fails_on_rows,
            why: why.into(),
            undo,
            preflight: None,
            settings: Vec::new(),
            slug: first_words(&slug),
            settles: None,
            joined: false,
        });
        self
    }

    /// Adds a step that is made already, such as the operation at hand as it was written.
    pub fn add(&mut self, step: Step) -> &mut Self {
        self.schema.apply(&step.operation);
        self.steps.push(step);
        self
    }

    /// The steps added from there on, by index, run in a later phase.
    pub fn wait_from(&mut self, first: usize, phase: Phase) -> &mut Self {
        self.steps[first..].iter_mut().for_each(|step| step.phase = phase);
        self
    }

    /// From here on what the steps so far have made is in use.
    pub fn after_a_deploy(&mut self) -> &mut Self {
        self.schema.begin_migration();
        self
    }

    /// The query that must find nothing before the step just added can pass.
    pub fn preflight(&mut self, query: &str) -> &mut Self {
        if let Some(step) = self.steps.last_mut() {
            step.preflight = Some(query.to_owned());
        }
        self
    }

    /// A batched update of the rows that `todo` finds.
    pub fn backfill(
        &mut self,
        table: &QualifiedName,
        column: &Ident,
        value: SqlFragment,
        todo: SqlFragment,
        slug: String,
        why: &str,
    ) -> &mut Self {
        // A key tells nothing of the order of rows in other tables, so partitions and children are walked by blocks.
        let known = self.schema.table(table);
        let alone = known.is_some_and(|t| t.kind == RelationKind::Table) && self.schema.children(table).is_empty();
        // Its places are kept in variables, which are NULL before the first row: a domain may refuse that.
        let is_constrained = |column: &Ident| {
            let known = known.and_then(|table| table.columns.iter().find(|own| own.name == *column));
            known.and_then(|column| self.schema.domain(column.ty.name())).is_some_and(|domain| domain.constrained)
        };
        let key = if alone { self.schema.walkable_key(table) } else { Vec::new() };
        let key = if key.iter().any(is_constrained) { Vec::new() } else { key };
        let fires = self.schema.fired_by_update(table, column).iter().map(|d| d.what.clone()).collect();
        let backfill = Backfill { table: table.clone(), column: column.clone(), value, todo, key, fires };
        self.step(Operation::Data(DataOperation::Backfill(backfill)), slug, why, Undo::Nothing)
    }

    /// The same where a trigger of the rewrite itself is there by then: who fires besides is what `before` says.
    pub fn backfill_as_before(
        &mut self,
        before: &Schema,
        (table, column): (&QualifiedName, &Ident),
        value: SqlFragment,
        todo: SqlFragment,
        slug: String,
        why: &str,
    ) -> &mut Self {
        self.backfill(table, column, value, todo, slug, why);
        if let Some(Operation::Data(DataOperation::Backfill(fill))) =
            self.steps.last_mut().map(|step| &mut step.operation)
        {
            fill.fires = before.fired_by_update(table, column).iter().map(|d| d.what.clone()).collect();
        }
        self
    }

    /// How many steps there are so far.
    pub fn count(&self) -> usize {
        self.steps.len()
    }

    /// The steps from there on, by index, pass whatever the last of them passes: they are a part of it.
    pub fn part_of_the_last(&mut self, first: usize) -> &mut Self {
        if let Some((last, parts)) = self.steps[first..].split_last_mut() {
            parts.iter_mut().for_each(|step| step.uses.clone_from(&last.uses));
        }
        self
    }

    /// The last step does what a rule would find dangerous, when its time has come.
    pub fn settles(&mut self, rule: &'static str) -> &mut Self {
        if let Some(last) = self.steps.last_mut() {
            last.settles = Some(rule);
        }
        self
    }

    /// The step just added is part of the one before it: the same transaction, under the same locks.
    pub fn with_the_one_before(&mut self) -> &mut Self {
        if let [.., before, last] = self.steps.as_mut_slice() {
            (last.duration, last.transaction) = (before.duration, before.transaction);
            last.locks.clone_from(&before.locks);
            last.uses.clone_from(&before.uses);
            last.joined = true;
        }
        self
    }

    /// The steps from there on, by index, are one transaction under the locks of the first of them.
    pub fn one_transaction(&mut self, first: usize) -> &mut Self {
        if let Some((first, others)) = self.steps[first..].split_first_mut() {
            for step in others {
                (step.joined, step.duration, step.transaction) = (true, first.duration, first.transaction);
                step.locks.clone_from(&first.locks);
            }
        }
        self
    }

    /// The step just added shares no transaction with others.
    pub fn alone(&mut self) -> &mut Self {
        if let Some(last) = self.steps.last_mut() {
            last.transaction = Transaction::Own;
        }
        self
    }

    /// The steps from there on, by index, are one: each waits for what any of them waits for, and is passed by what passes all. What
    /// uses something that cannot be listed uses `instead`.
    pub fn wait_as_one(&mut self, first: usize, instead: &[Operation]) -> &mut Self {
        let own = self.steps[first..].iter().map(|step| Arc::clone(&step.uses)).filter(|uses| !uses.is_everything());
        let instead = instead.iter().map(|operation| Arc::new(uses(operation, "", &self.schema)));
        let all: Arc<Uses> = Arc::new(own.chain(instead).fold(Uses::default(), |all, uses| all.with(&uses)));
        self.steps[first..].iter_mut().for_each(|step| step.uses = Arc::clone(&all));
        self
    }

    /// True when a step so far fills the column.
    pub fn fills(&self, column: &Ident) -> bool {
        let is_fill =
            |s: &Step| matches!(&s.operation, Operation::Data(DataOperation::Backfill(fill)) if fill.column == *column);
        self.steps.iter().any(is_fill)
    }

    /// The catalog after the steps so far.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The steps.
    pub fn done(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }
}

/// How long an operation of that cost takes, and what it needs from its transaction.
pub fn shape(operation: &Operation, cost: &Effects) -> (Duration, Transaction) {
    if matches!(operation, Operation::Data(DataOperation::Backfill(_))) {
        return (Duration::Backfill, Transaction::Outside);
    }
    if !cost.in_transaction {
        return (Duration::Build, Transaction::Outside);
    }
    let felt = cost.strongest().is_some_and(LockMode::blocks_writes);
    match (&cost.work, felt) {
        (Work::Constant, false) => (Duration::Free, Transaction::Shared),
        (Work::Constant, true) => (Duration::Instant, Transaction::Shared),
        (Work::Scan(_), false) => (Duration::Scan, Transaction::Shared),
        (Work::Scan(_) | Work::Rewrite(_) | Work::Build(_) | Work::Rows | Work::Unknown, _) => {
            (Duration::AsWritten, Transaction::Shared)
        }
    }
}
