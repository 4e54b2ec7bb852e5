//! The order in which the steps of a migration run: planned, checked, and planned again until it holds.
//!
//! Where no order of a rewrite holds, its statement stays as it is written, with the reason.

use super::bonds::bonds;
use super::copies::Copies;
use super::findings::Findings;
use super::session;
use crate::framework::migration::Migration;
use crate::operation::{Operation, QualifiedName};
use crate::plan::check::{self, Fault, Promise};
use crate::plan::{Duration, Freedom, Runner, Sequence, Step, Unit, UnitKind, units};
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

    fn promise(&self, version: u32, rows_together: bool) -> Promise<'_> {
        Promise {
            rows_together,
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
    use Operation::*;
    let is_no_table = matches!(
        operation,
        CreateTable(_)
            | DropTable { .. }
            | Insert { .. }
            | Update { .. }
            | Delete { .. }
            | Truncate { .. }
            | LockTable { .. }
    );
    !is_no_table && operation.table().is_some_and(|table| crate::schema::same(table, name))
}

/// The sequence of a migration's steps, and the findings as they are after what had to be left as it is.
pub fn plan(
    migration: &Migration,
    mut findings: Findings,
    around: &Around,
    runner: Runner,
    version: u32,
) -> (Findings, Sequence) {
    if runner.clears_leftovers() {
        findings = findings.with_leftovers_cleared();
    }
    if findings.findings.iter().any(|finding| finding.rule.id == failing_statement::ID) {
        findings = findings.left("one of its statements fails, and what stands before it would be committed alone");
    }
    if migration.is_as_written() {
        findings = findings.left("an earlier rewrite left it as it is");
    }
    let set_by_steps = session::set_by_steps(migration, runner);
    if findings.is_rewritten() && !set_by_steps.is_empty() {
        findings = findings.apart(&set_by_steps);
    }
    let is_set_by_steps = |step: &Step| step.verbatim && set_by_steps.contains(&step.from);
    // Where it keeps something long from its own form, rows change one statement after the other, as they did elsewhere.
    let mut rows_together = true;
    let mut freedom = Freedom::Things;
    let mut bound: Vec<(usize, usize)> = Vec::new(); // steps that commit as one, found on the way
    let mut because = "its statements must be seen together, and one of them takes long".to_owned();
    // Each turn binds two more steps, allows less freedom, or leaves one more statement as it is.
    while findings.is_rewritten() {
        if let Some((silent, why)) = session::untold(migration, &findings.steps, runner) {
            findings = left(findings, &silent, &why);
            bound.clear();
            continue;
        }
        let steps = &findings.steps;
        let mut together = bonds(migration, steps, &around.before, &around.copies, rows_together);
        together.extend(&bound);
        let ordered = match units(steps, &together, freedom) {
            Ok(ordered) => ordered,
            Err(_) if rows_together => {
                rows_together = false;
                bound.clear();
                continue;
            }
            Err(stuck) => {
                let item = |at: &usize| steps[*at].from;
                let items: Vec<usize> = stuck.steps.iter().map(item).collect();
                let copies =
                    around.copies.iter().any(|(copy, removal)| items.contains(copy) && items.contains(removal));
                let why = if copies { WRITTEN_BETWEEN } else { &because };
                findings = left(findings, &stuck.steps, why);
                bound.clear();
                continue;
            }
        };
        let ordered: Vec<(UnitKind, Vec<usize>)> = ordered.into_iter().map(|unit| (kind(steps, &unit), unit)).collect();
        let promise = around.promise(version, rows_together);
        let fault = match check::check(steps, &ordered, &promise) {
            Ok(_)
                if ordered
                    .iter()
                    .any(|(_, unit)| unit.len() > 1 && unit.iter().any(|at| is_set_by_steps(&steps[*at]))) =>
            {
                findings = findings.left("what a SET decides belongs together with what is before the SET");
                continue;
            }
            Ok(_)
                if rows_together
                    && (is_one_as_written(ordered.iter().filter(|(_, unit)| !is_set_by_steps(&steps[unit[0]])))
                        || ordered
                            .iter()
                            .any(|(kind, unit)| *kind == UnitKind::AsWritten && has_brief(steps, unit))) =>
            {
                rows_together = false;
                bound.clear();
                continue;
            }
            Ok(_) if is_one_as_written(ordered.iter().filter(|(_, unit)| !is_set_by_steps(&steps[unit[0]]))) => {
                findings = findings.left("its statements belong together, and one of them takes long");
                continue;
            }
            Ok(locks) => {
                let mut sequence = sequence(std::mem::take(&mut findings.steps), ordered, locks);
                sequence.units.retain(|unit| !unit.steps.iter().all(is_set_by_steps));
                findings = findings.without_guards_in_as_written(&sequence);
                let nothing = !findings.is_rewritten();
                return (findings, if nothing { Sequence::default() } else { sequence });
            }
            Err(fault) => fault,
        };
        match fault {
            Fault::Gap { opened, closed: Some(closed), .. } if !bound.contains(&(opened, closed)) => {
                because = explain(&fault, steps).1;
                bound.push((opened, closed));
            }
            Fault::Doubtful { removal, step } if !bound.contains(&(removal, step)) => {
                because = explain(&fault, steps).1;
                bound.push((removal, step));
            }
            Fault::Refused { .. }
            | Fault::Costly { .. }
            | Fault::Differs { .. }
            | Fault::Gap { .. }
            | Fault::Parted { .. }
                if freedom != Freedom::None =>
            {
                freedom = if freedom == Freedom::Things { Freedom::Tables } else { Freedom::None };
            }
            _ if rows_together => {
                rows_together = false;
                bound.clear();
                freedom = Freedom::Things;
            }
            fault => {
                let (faulty, why) = explain(&fault, steps);
                findings = left(findings, &faulty, &why);
                bound.clear();
                freedom = Freedom::Things;
            }
        }
    }
    (findings, Sequence::default())
}

/// Something brief commits with it, and has no attempts of its own.
fn has_brief(steps: &[Step], unit: &[usize]) -> bool {
    unit.iter().any(|at| steps[*at].duration == Duration::Instant)
}

fn is_one_as_written<'a>(mut units: impl Iterator<Item = &'a (UnitKind, Vec<usize>)>) -> bool {
    units.next().is_some_and(|(kind, _)| *kind == UnitKind::AsWritten) && units.next().is_none()
}

fn kind(steps: &[Step], unit: &[usize]) -> UnitKind {
    UnitKind::of(unit.iter().map(|at| &steps[*at])).unwrap_or(UnitKind::Free)
}

fn sequence(
    steps: Vec<Step>,
    ordered: Vec<(UnitKind, Vec<usize>)>,
    locks: Vec<Vec<(QualifiedName, crate::postgres::LockMode)>>,
) -> Sequence {
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut units = Vec::new();
    for (kind, unit) in ordered {
        let own = unit.into_iter().filter_map(|at| {
            let mut step = steps[at].take()?;
            step.locks = check::all_locks(std::mem::take(&mut step.locks), &locks[at]);
            Some(step)
        });
        let steps: Vec<Step> = own.collect();
        units.extend(Unit::of(steps).map(|unit| Unit { kind, ..unit }));
    }
    Sequence::new(units)
}

/// The steps that a fault is about, and what to say of it.
fn explain(fault: &Fault, steps: &[Step]) -> (Vec<usize>, String) {
    match fault {
        Fault::Refused { step, why } => (vec![*step], format!("in no order of its steps it passes: {why}")),
        Fault::Costly { step } => (vec![*step], "in no order of its steps it is brief".into()),
        Fault::Gap { opened, closed, what } => {
            (std::iter::once(*opened).chain(*closed).collect(), format!("between its steps {what}"))
        }
        Fault::Parted { copy, removal } => (
            vec![*copy, *removal],
            "what is written between the copy and the end of what it copies would be lost".into(),
        ),
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

/// The statements of these steps stay as they are written; where none of them has another form, all statements do.
fn left(findings: Findings, steps: &[usize], why: &str) -> Findings {
    let items: Vec<usize> = steps.iter().map(|at| findings.steps[*at].item).collect();
    match findings.left_in_place(&items, why) {
        Ok(findings) => findings,
        Err(findings) => findings.left(why),
    }
}
