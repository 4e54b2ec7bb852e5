//! What is done about an order that does not hold: steps are bound, rows are asked for, or it comes closer to the source's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{RowsTogether, Search, left};
use crate::operation::{Asked, Assertion, DataOperation, Operation, SqlFragment};
use crate::pipeline::findings::Findings;
use crate::plan::check::{Fault, Faults, Missing};
use crate::plan::{Duration, Freedom, Step, changes_meaning};
use crate::postgres::idempotence::changes_rows;

/// What the search was before it mended several faults in one turn.
pub(super) struct Tried {
    findings: Findings,
    faults: Faults,
    bound: Vec<(usize, usize)>,
    because: String,
    unasked: BTreeSet<usize>,
    /// How many faults were looked at.
    count: usize,
}

/// What mends a fault where all steps keep their form.
enum Remedy {
    /// These commit as one.
    Bind(Vec<(usize, usize)>),
    /// A change of rows asks in its transaction for those on which a later step would fail.
    Ask { change: usize, step: usize },
}

impl Search<'_> {
    /// Steps are bound, or a change asks for rows, or the order comes closer to the source's, or the statements at fault stay as
    /// they are. What can be mended with the first fault is: a migration may have hundreds. `askable` is what finds the rows on
    /// which an item's steps fail.
    pub(super) fn mend(&mut self, findings: Findings, faults: Faults, askable: &BTreeMap<usize, String>) -> Findings {
        let asked: HashSet<(usize, &str)> = findings.steps.iter().filter_map(assertion).collect();
        let mut queries: HashSet<&str> = asked.iter().map(|(_, query)| *query).collect();
        let mut bound: HashSet<(usize, usize)> = self.bound.iter().copied().collect();
        let count = self.at_once.min(1 + faults.others.len());
        let (mut pairs, mut asks, mut because) = (Vec::new(), Vec::new(), None);
        for (number, fault) in std::iter::once(&*faults.first).chain(&faults.others).take(count).enumerate() {
            match self.remedy(&findings.steps, fault, askable, &queries) {
                Some(Remedy::Bind(own)) if own.first().is_some_and(|pair| !bound.contains(pair)) => {
                    pairs.extend(own.into_iter().filter(|pair| bound.insert(*pair)));
                    because = Some(explain(fault, &findings.steps).1);
                }
                Some(Remedy::Ask { change, step }) => {
                    let query = askable.get(&findings.steps[step].item).map(String::as_str);
                    let Some(query) = query else { continue };
                    let is_asked = asked.contains(&(findings.steps[change].from, query));
                    if number == 0 && is_asked {
                        // it is asked too early
                        drop((asked, queries));
                        return self.without_assertions(findings).unwrap_or_else(|findings| findings);
                    }
                    if !is_asked && (queries.insert(query) || number == 0) {
                        asks.push((change, step));
                    }
                }
                Some(Remedy::Bind(_)) | None if number == 0 => {
                    drop((asked, queries));
                    return self.give_way(findings, &faults.first);
                }
                Some(Remedy::Bind(_)) | None => {}
            }
        }
        drop((asked, queries));
        self.tried = (pairs.len() + asks.len() > 1 && count > 1).then(|| Tried {
            findings: findings.clone(),
            faults,
            bound: self.bound.clone(),
            because: self.because.clone(),
            unasked: self.unasked.clone(),
            count,
        });
        self.bound.extend(pairs);
        self.because = because.unwrap_or_else(|| std::mem::take(&mut self.because));
        self.ask(findings, &asks)
    }

    /// The same again with half of the faults, where no order was found after all of them.
    pub(super) fn with_fewer(&mut self) -> Option<Findings> {
        let tried = self.tried.take()?;
        (self.bound, self.because, self.unasked) = (tried.bound, tried.because, tried.unasked);
        self.at_once = tried.count / 2;
        let askable = self.askable(&tried.findings);
        Some(self.mend(tried.findings, tried.faults, &askable))
    }

    fn remedy(
        &self,
        steps: &[Step],
        fault: &Fault,
        askable: &BTreeMap<usize, String>,
        queries: &HashSet<&str>,
    ) -> Option<Remedy> {
        match fault {
            Fault::Gap { first: first @ Missing { closed: Some(_), .. }, others } => {
                let ends = std::iter::once(first).chain(others).map(|gap| Some((gap.opened, gap.closed?)));
                Some(Remedy::Bind(ends.flatten().collect()))
            }
            Fault::Doubtful { removal, step } => Some(Remedy::Bind(vec![(*removal, *step)])),
            Fault::Unasserted { change, step } => Some(Remedy::Ask { change: *change, step: *step }),
            Fault::Early { step, .. } if self.rows == RowsTogether::RulesLast => {
                let query = askable.get(&steps[*step].item).map(String::as_str);
                query.filter(|query| !queries.contains(query))?;
                let change = steps[..*step].iter().rposition(|step| changes_rows(&step.operation))?;
                Some(Remedy::Ask { change, step: *step })
            }
            Fault::Gap { .. }
            | Fault::Refused { .. }
            | Fault::Costly { .. }
            | Fault::Differs { .. }
            | Fault::Early { .. }
            | Fault::Parted { .. }
            | Fault::Unproved { .. }
            | Fault::Moved { .. } => None,
        }
    }

    /// The order comes closer to the source's, or the statements at fault stay as they are.
    fn give_way(&mut self, findings: Findings, fault: &Fault) -> Findings {
        let (faulty, why) = explain(fault, &findings.steps);
        if matches!(fault, Fault::Unproved { .. } | Fault::Moved { .. }) {
            self.unbind();
            (self.rows, self.freedom) = (RowsTogether::InOrder, Freedom::Things);
            return left(findings, &faulty, &why);
        }
        let may_come_closer = !matches!(self.freedom, Freedom::None | Freedom::Rows);
        if may_come_closer && !matches!(fault, Fault::Doubtful { .. } | Fault::Early { .. }) {
            self.freedom = if self.freedom == Freedom::Things { Freedom::Tables } else { Freedom::None };
            return findings;
        }
        self.unbind();
        if self.rows.are_together() {
            return self.ease(findings);
        }
        self.freedom = Freedom::Things;
        match self.without_assertions(findings) {
            Ok(findings) => findings,
            Err(findings) => left(findings, &faulty, &why),
        }
    }

    /// Asks in the transaction of each change for the rows on which a later step would fail.
    fn ask(&mut self, mut findings: Findings, asks: &[(usize, usize)]) -> Findings {
        if asks.is_empty() {
            return findings;
        }
        let steps = &findings.steps;
        let mut preflights = HashMap::new();
        for finding in findings.findings.iter().rev() {
            preflights.extend(finding.outcome.preflight.as_ref().map(|preflight| (finding.item, preflight)));
        }
        // Statements that change rows one behind the other stay so.
        let changes = |step: &&Step| changes_rows(&step.operation) && step.duration == Duration::AsWritten;
        let behind = |change: usize| change + 1 + steps[change + 1..].iter().take_while(changes).count();
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut asked: Vec<(usize, Step)> = Vec::new();
        for (change, step) in asks.iter().copied() {
            let later = &steps[step];
            let Some(preflight) = preflights.get(&later.item) else { continue };
            let place = *places.entry(change).or_insert_with(|| behind(change));
            let mut between = steps.get(place..step).unwrap_or_default().iter();
            if between.any(|between| changes_meaning(&between.operation, &preflight.query)) {
                self.unasked.insert(later.item);
                continue;
            }
            let query = SqlFragment::new(&preflight.query);
            let assertion = Assertion { query, condition: preflight.condition.clone(), asked: Asked::WithChange };
            asked.push((place, steps[change].asserting(later, assertion)));
        }
        self.put_in(&mut findings.steps, asked);
        findings
    }

    /// Puts steps before those at these places, of several at one place the last first.
    fn put_in(&mut self, steps: &mut Vec<Step>, mut added: Vec<(usize, Step)>) {
        added.reverse();
        added.sort_by_key(|(place, _)| *place);
        let mut added = added.into_iter().peekable();
        let (mut all, mut moved) = (Vec::with_capacity(steps.len() + added.len()), Vec::with_capacity(steps.len()));
        for (at, step) in std::mem::take(steps).into_iter().enumerate() {
            while let Some((_, before)) = added.next_if(|(place, _)| *place == at) {
                all.push(before);
            }
            moved.push(all.len());
            all.push(step);
        }
        all.extend(added.map(|(_, step)| step));
        *steps = all;
        self.bound.iter_mut().for_each(|(one, other)| (*one, *other) = (moved[*one], moved[*other]));
    }
}

/// Each assertion with the change that it may take back.
pub(super) fn asserted(steps: &[Step]) -> Vec<(usize, usize)> {
    let (mut last, mut found) = (HashMap::new(), Vec::new());
    for (at, step) in steps.iter().enumerate() {
        if step.takes_change_back() {
            found.extend(last.get(&step.from).map(|change| (*change, at)));
        }
        if !step.is_assertion() {
            last.insert(step.from, at);
        }
    }
    found
}

/// What an assertion asks, with the statement in whose place it does.
fn assertion(step: &Step) -> Option<(usize, &str)> {
    match &step.operation {
        Operation::Data(DataOperation::Assertion(assertion)) => Some((step.from, assertion.query.as_str())),
        _ => None,
    }
}

/// The steps that a fault is about, and what to say of it.
fn explain(fault: &Fault, steps: &[Step]) -> (Vec<usize>, String) {
    match fault {
        Fault::Refused { step, why } => (vec![*step], format!("in no order of its steps it passes: {why}")),
        Fault::Costly { step } => (vec![*step], "in no order of its steps it is brief".into()),
        Fault::Gap { first: Missing { opened, closed, what }, .. } => {
            (std::iter::once(*opened).chain(*closed).collect(), format!("between its steps {what}"))
        }
        Fault::Parted { copy, removal } => (
            vec![*copy, *removal],
            "what is written between the copy and the end of what it copies would be lost".into(),
        ),
        Fault::Early { change, step } | Fault::Unasserted { change, step } => {
            (vec![*change, *step], "rows would be changed for good before it, which may fail".into())
        }
        Fault::Unproved { fill, rule } => {
            (vec![*fill], format!("filling rows fails on those that break {rule}, which is not validated"))
        }
        Fault::Moved { fill, step } => {
            (vec![*fill, *step], "filling rows moves them, and a statement behind it goes by their ctid".into())
        }
        Fault::Doubtful { removal, step } => {
            (vec![*removal, *step], "it may fail on rows that are there, after what cannot be taken back".into())
        }
        Fault::Differs { what } => {
            // The rewrites of the table that differs; where that is not enough, all go.
            let named = |step: &Step| step.operation.table().is_some_and(|table| what.contains(table.name.as_str()));
            let about = (0..steps.len()).filter(|at| !steps[*at].verbatim && named(&steps[*at]));
            (about.collect(), format!("its steps leave another schema: {what}"))
        }
    }
}
