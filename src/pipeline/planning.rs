//! The order in which the steps of a migration run: planned, checked, and planned again until it holds.
//!
//! Where no order of a rewrite holds, its statement stays as it is written, with the reason.

mod mending;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mending::{Tried, asserted};

use super::bonds::bonds;
use super::copies::Copies;
use super::findings::Findings;
use super::put_back::put_back;
use super::session;
use crate::framework::migration::Migration;
use crate::operation::{
    ConstraintOperation, DataOperation, Item, Operation, QualifiedName, SessionOperation, TableOperation,
    TransactionControl,
};
use crate::plan::check::{self, Promise};
use crate::plan::{Duration, Freedom, Runner, Sequence, Step, Stuck, Unit, UnitKind, held_up, rules_last, units};
use crate::postgres::LockMode;
use crate::rewrite::failing_statement;
use crate::schema::Schema;

const WRITTEN_BETWEEN: &str =
    "its statements move rows: what is written between them would be lost, or rows would be missing for a while";

/// The catalogs around a migration, with everything in them that its statements need.
pub struct Around {
    before: Schema,
    after: Schema,
    relations: Vec<QualifiedName>,
    /// The items that do not apply in the source's order either, as far as can be seen.
    refused: Vec<bool>,
    /// The items that copy something, each with one that takes it away where it comes from.
    copies: Vec<(usize, usize)>,
}

impl Around {
    /// `before` is the catalog that the history gives.
    pub fn new(migration: &Migration, before: &Schema, version: u32) -> Self {
        let (mut before, mut after) = (before.clone(), before.clone());
        let mut refused = Vec::new();
        let mut copies = Copies::of(migration);
        for (at, item) in migration.items.iter().enumerate() {
            copies.see(at, &after);
            for name in after.presume(&item.operation) {
                before.presume_relation(&name);
                // What is done to a table that the history does not make must be seen by what is done to it next.
                if is_altered(&item.operation, &name) {
                    before.assume_table(&name);
                    after.assume_table(&name);
                }
            }
            refused.push(after.check_applies(&item.operation, version).is_err());
            after.apply(&item.operation);
        }
        before.close();
        let operations = migration.items.iter().map(|item| &item.operation);
        let relations = check::relations(operations, &before);
        Around { before, after, relations, refused, copies: copies.found }
    }

    fn promise<'a>(&'a self, version: u32, rows_together: bool, askable: &'a BTreeMap<usize, String>) -> Promise<'a> {
        Promise {
            rows_together,
            askable,
            before: &self.before,
            after: &self.after,
            relations: &self.relations,
            refused: &self.refused,
            copies: &self.copies,
            version,
        }
    }
}

/// The operation changes a table of that name.
fn is_altered(operation: &Operation, name: &QualifiedName) -> bool {
    let is_no_table = matches!(
        operation,
        Operation::Table(TableOperation::Create(_) | TableOperation::Drop { .. })
            | Operation::Data(
                DataOperation::Insert { .. }
                    | DataOperation::Update { .. }
                    | DataOperation::Delete { .. }
                    | DataOperation::Truncate { .. }
            )
            | Operation::Session(SessionOperation::LockTable { .. })
    );
    !is_no_table && operation.table().is_some_and(|table| crate::schema::same(table, name))
}

/// The sequence of a migration's steps, and the findings as they are after what had to be left as it is.
pub fn plan(
    migration: &Migration,
    findings: Findings,
    around: &Around,
    runner: Runner,
    version: u32,
) -> (Findings, Sequence) {
    let mut search = Search::new(migration, around, runner, version);
    let mut findings = search.prepare(findings);
    while findings.is_rewritten() {
        match search.turn(findings) {
            Ok(found) => return found,
            Err(rest) => findings = rest,
        }
    }
    (findings, Sequence::default())
}

/// The search for an order that holds. Each turn binds more steps, allows less freedom, or leaves one more statement as
/// it is.
struct Search<'a> {
    migration: &'a Migration,
    around: &'a Around,
    runner: Runner,
    version: u32,
    /// The items that only set something for the session, which each step does for itself.
    set_by_steps: BTreeSet<usize>,
    /// Items that commit with one behind them, since they may take away what that one gives.
    put_back: Vec<(usize, usize)>,
    /// Rows change in one transaction where they do in the source. Where that keeps something long from its own form, they
    /// change one statement after the other, as they did elsewhere.
    rows: RowsTogether,
    freedom: Freedom,
    /// The items whose rows are not asked for in the transaction of an earlier change: in no order that holds they can be.
    unasked: BTreeSet<usize>,
    /// Steps that commit as one, found on the way.
    bound: Vec<(usize, usize)>,
    /// How many faults of an order are mended in a turn.
    at_once: usize,
    /// What several faults were mended in, until an order is found.
    tried: Option<Tried>,
    /// Why those do.
    because: String,
    /// An order that holds, given up because something brief loses its attempts in it.
    in_words: Option<InWords>,
}

/// An order in which what changes rows is together, and something brief commits with it.
struct InWords {
    findings: Findings,
    ordered: Ordered,
    locks: Locks,
}

/// How far what changes rows is kept together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowsTogether {
    /// In the source's order.
    InOrder,
    /// What looks at other values passes it.
    ByColumns,
    /// And what only holds rows to a rule comes behind it: whether they keep it is asked in its transaction.
    RulesLast,
    /// No more: one statement after the other.
    Apart,
}

impl RowsTogether {
    fn are_together(self) -> bool {
        self != RowsTogether::Apart
    }

    /// The next that is tried, and with which freedom.
    fn ease(&mut self) -> Freedom {
        let (next, freedom) = match self {
            RowsTogether::InOrder => (RowsTogether::ByColumns, Freedom::Rows),
            RowsTogether::ByColumns => (RowsTogether::RulesLast, Freedom::Rows),
            RowsTogether::RulesLast | RowsTogether::Apart => (RowsTogether::Apart, Freedom::Things),
        };
        *self = next;
        freedom
    }
}

/// SAVEPOINT and its like, outside the author's own BEGIN and COMMIT: they are of the runner's transaction, or fail.
fn has_savepoints_of_runner(migration: &Migration) -> bool {
    let mut author_began = false;
    migration.items.iter().any(|item| match item.operation {
        Operation::Session(SessionOperation::Transaction(TransactionControl::Begin)) => {
            author_began = true;
            false
        }
        Operation::Session(SessionOperation::Transaction(TransactionControl::Commit)) => {
            author_began = false;
            false
        }
        Operation::Session(SessionOperation::Transaction(
            TransactionControl::Rollback | TransactionControl::Savepoint,
        )) => !author_began,
        _ => false,
    })
}

/// The units, each with the indexes of its steps.
type Ordered = Vec<(UnitKind, Vec<usize>)>;

/// The locks that each step takes where it stands.
type Locks = Vec<Vec<(QualifiedName, LockMode)>>;

impl<'a> Search<'a> {
    fn new(migration: &'a Migration, around: &'a Around, runner: Runner, version: u32) -> Self {
        Search {
            migration,
            around,
            runner,
            version,
            set_by_steps: session::set_by_steps(migration, runner),
            put_back: put_back(migration),
            rows: RowsTogether::InOrder,
            freedom: Freedom::Things,
            unasked: BTreeSet::new(),
            bound: Vec::new(),
            at_once: usize::MAX,
            tried: None,
            because: "its statements must be seen together, and one of them takes long".to_owned(),
            in_words: None,
        }
    }

    /// What is left as it is before any order is looked for.
    fn prepare(&self, mut findings: Findings) -> Findings {
        if self.runner.clears_leftovers() {
            findings = findings.with_leftovers_cleared();
        }
        if findings.findings.iter().any(|finding| finding.rule.id == failing_statement::ID) {
            findings = findings.left("one of its statements fails, and what stands before it would be committed alone");
        }
        let is_caught = |(item, refused): (&Item, &bool)| *refused && !item.caught.is_empty();
        if self.migration.items.iter().zip(&self.around.refused).any(is_caught) {
            findings = findings.left("a block catches that one of its statements fails");
        }
        if self.migration.is_as_written() {
            findings = findings.left("an earlier rewrite left it as it is");
        }
        if has_savepoints_of_runner(self.migration) {
            findings = findings.left("its savepoints are those of one transaction");
        }
        let items: Vec<usize> = self.put_back.iter().map(|(_, item)| *item).collect();
        if !items.is_empty() {
            let why = "a statement before it, which is not read, may take away what it puts back";
            findings = findings.left_in_place(&items, why).unwrap_or_else(|findings| findings);
        }
        match findings.is_rewritten() && !self.set_by_steps.is_empty() {
            true => findings.apart(&self.set_by_steps),
            false => findings,
        }
    }

    /// The sequence, where the next order holds, else what is to be tried again.
    fn turn(&mut self, findings: Findings) -> Result<(Findings, Sequence), Findings> {
        let steps = &findings.steps;
        if let Some((unset, why)) = session::unsettable(self.migration, steps, self.runner) {
            self.unbind();
            return Err(left(findings, &unset, &why));
        }
        let held_up = held_up(steps);
        if !held_up.is_empty() {
            let items: Vec<usize> = held_up.iter().map(|at| steps[*at].item).collect();
            let items = findings.leaders_of(&items);
            return Err(match findings.left_in_place(&items, "what stands behind it needs it done") {
                Ok(findings) => findings,
                Err(findings) => findings.left("what stands behind it needs it done"),
            });
        }
        let mut together =
            bonds(self.migration, steps, &self.around.before, &self.around.copies, self.rows.are_together());
        together.extend(&self.bound);
        if !self.put_back.is_empty() {
            let first: HashMap<usize, usize> =
                steps.iter().enumerate().rev().map(|(at, step)| (step.from, at)).collect();
            let step = |from: &usize| first.get(from).copied();
            together.extend(self.put_back.iter().filter_map(|(before, item)| step(before).zip(step(item))));
        }
        together.extend(asserted(steps));
        let ordered: Ordered = match units(steps, &together, self.freedom) {
            Ok(ordered) => ordered.into_iter().map(|unit| (kind(steps, &unit), unit)).collect(),
            Err(stuck) => return Err(self.with_fewer().unwrap_or_else(|| self.loosen(findings, &stuck))),
        };
        self.tried = None;
        let askable = self.askable(&findings);
        let promise = self.around.promise(self.version, self.rows.are_together(), &askable);
        match check::check(steps, &ordered, &promise) {
            Ok(locks) => self.accept(findings, ordered, locks),
            Err(faults) => Err(self.mend(findings, faults, &askable)),
        }
    }

    /// Keeps what changes rows together in the next way.
    fn ease(&mut self, mut findings: Findings) -> Findings {
        if self.rows == RowsTogether::RulesLast {
            findings.in_the_sources_order();
        }
        self.freedom = self.rows.ease();
        if self.rows == RowsTogether::RulesLast {
            let askable = self.askable(&findings);
            findings.steps = rules_last(std::mem::take(&mut findings.steps), &askable);
        }
        findings
    }

    /// What finds the rows on which an item's steps fail, where nothing in them mends rows first.
    fn askable(&self, findings: &Findings) -> BTreeMap<usize, String> {
        let is_fill = |step: &&Step| matches!(step.operation, Operation::Data(DataOperation::Backfill(_)));
        let filled: BTreeSet<usize> = findings.steps.iter().filter(is_fill).map(|step| step.item).collect();
        let asked = findings.findings.iter().filter(|f| f.outcome.steps.is_some() && !self.unasked.contains(&f.item));
        let asked = asked.filter_map(|f| Some((f.item, f.outcome.preflight.as_ref()?)));
        let asked = asked.filter(|(item, _)| !filled.contains(item));
        asked.map(|(item, preflight)| (item, preflight.query.clone())).collect()
    }

    /// The same without any assertion, from the start: no order holds with them.
    fn without_assertions(&mut self, mut findings: Findings) -> Result<Findings, Findings> {
        if !findings.steps.iter().any(Step::takes_change_back) {
            return Err(findings);
        }
        self.unasked.extend(self.askable(&findings).into_keys());
        findings.in_the_sources_order();
        self.unbind();
        self.in_words = None;
        (self.rows, self.freedom) = (RowsTogether::InOrder, Freedom::Things);
        Ok(findings)
    }

    /// The search begins anew, in another way.
    fn unbind(&mut self) {
        self.bound.clear();
        self.at_once = usize::MAX;
    }

    /// Steps that are to commit as one cannot: rows may change one statement after the other, or they stay as written.
    fn loosen(&mut self, findings: Findings, stuck: &Stuck) -> Findings {
        self.unbind();
        if self.rows.are_together() {
            return self.ease(findings);
        }
        let findings = match self.without_assertions(findings) {
            Ok(findings) => return findings,
            Err(findings) => findings,
        };
        let items: Vec<usize> = stuck.steps.iter().map(|at| findings.steps[*at].from).collect();
        let is_stuck = |(copy, removal): &(usize, usize)| items.contains(copy) && items.contains(removal);
        let why = if self.around.copies.iter().any(is_stuck) { WRITTEN_BETWEEN } else { &self.because };
        left(findings, &stuck.steps, why)
    }

    /// An order that holds is taken, unless it helps nobody.
    fn accept(&mut self, findings: Findings, ordered: Ordered, locks: Locks) -> Result<(Findings, Sequence), Findings> {
        let steps = &findings.steps;
        let is_set_by_steps = |step: &Step| step.verbatim && self.set_by_steps.contains(&step.from);
        let sets = |unit: &[usize]| unit.iter().any(|at| is_set_by_steps(&steps[*at]));
        if ordered.iter().any(|(_, unit)| unit.len() > 1 && sets(unit)) {
            return Err(findings.left("what a SET decides belongs together with what is before the SET"));
        }
        let mut others = ordered.iter().filter(|(_, unit)| !is_set_by_steps(&steps[unit[0]]));
        let is_one_as_written =
            others.next().is_some_and(|(kind, _)| *kind == UnitKind::AsWritten) && others.next().is_none();
        let in_words = brief_in_words(steps, &ordered);
        if self.rows.are_together() && (is_one_as_written || !in_words.is_empty()) {
            if !is_one_as_written && self.in_words.is_none() {
                self.in_words = Some(InWords { findings: findings.clone(), ordered, locks });
            }
            self.unbind();
            return Err(self.ease(findings));
        }
        if is_one_as_written {
            return Err(findings.left("its statements belong together, and one of them takes long"));
        }
        // Going apart has to give something brief its attempts, else a failure would leave rows changed for nothing.
        let gains_nothing = |kept: &InWords| brief_in_words(&kept.findings.steps, &kept.ordered).is_subset(&in_words);
        let InWords { mut findings, ordered, locks } =
            self.in_words.take().filter(gains_nothing).unwrap_or(InWords { findings, ordered, locks });
        let mut sequence = sequence(std::mem::take(&mut findings.steps), ordered, locks);
        sequence.units.retain(|unit| !unit.steps.iter().all(is_set_by_steps));
        findings = findings.without_guards_in_as_written(&sequence).with_locks_of(&sequence, &self.because);
        let sequence = if findings.is_rewritten() { sequence } else { Sequence::default() };
        Ok((findings, sequence))
    }
}

/// What is brief and commits with something in the author's words, so that it has no attempts of its own: its items.
fn brief_in_words(steps: &[Step], ordered: &Ordered) -> BTreeSet<usize> {
    let in_words = ordered.iter().filter(|(kind, _)| *kind == UnitKind::AsWritten);
    let steps = in_words.flat_map(|(_, unit)| unit).map(|at| &steps[*at]);
    steps.filter(|step| step.duration == Duration::Instant).map(|step| step.from).collect()
}

fn kind(steps: &[Step], unit: &[usize]) -> UnitKind {
    UnitKind::of(unit.iter().map(|at| &steps[*at])).unwrap_or(UnitKind::Free)
}

fn sequence(steps: Vec<Step>, ordered: Ordered, locks: Locks) -> Sequence {
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut units = Vec::new();
    for (kind, unit) in ordered {
        let dropped: Vec<usize> =
            unit.iter().filter_map(|at| steps[*at].as_ref()).filter_map(dropped_constraint).collect();
        let own = unit.into_iter().filter_map(|at| {
            let mut step = steps[at].take()?;
            step.locks = match is_constraint_renamed(&step) && !dropped.contains(&step.item) {
                // what it takes the place of went before, in another transaction
                true => locks[at].clone(),
                false => check::all_locks(std::mem::take(&mut step.locks), &locks[at]),
            };
            Some(step)
        });
        let steps: Vec<Step> = own.collect();
        units.extend(Unit::of(steps).map(|unit| Unit { kind, ..unit }));
    }
    Sequence::new(units)
}

/// The item of a step that drops a constraint.
fn dropped_constraint(step: &Step) -> Option<usize> {
    matches!(step.operation, Operation::Constraint(ConstraintOperation::Drop { .. })).then_some(step.item)
}

fn is_constraint_renamed(step: &Step) -> bool {
    matches!(step.operation, Operation::Constraint(ConstraintOperation::Rename { .. })) && !step.verbatim
}

/// The statements of these steps stay as they are written; where none of them has another form, all statements do.
fn left(findings: Findings, steps: &[usize], why: &str) -> Findings {
    let items: Vec<usize> = steps.iter().map(|at| findings.steps[*at].item).collect();
    match findings.left_in_place(&items, why) {
        Ok(findings) => findings,
        Err(findings) => findings.left(why),
    }
}
