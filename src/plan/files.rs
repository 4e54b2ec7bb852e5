//! Which blocks of a sequence share a file, by what the runner does.
//!
//! A runner that goes on at the file that failed gets a file for each block. One that begins a file again runs what was done
//! once more: what cannot run again ends its file, in the transaction that writes the file's row in the ledger, and what
//! comes behind it is a file of its own, which first commits both.

use super::rerun::{Finished, Growing, Rerun, changes_rows};
use super::{Origin, Phase, Resumes, Runner};
use super::{Sequence, Step, Unit, UnitKind};
use crate::operation::{
    Fixed, ObjectKind, ObjectOperation, Operation, QualifiedName, SessionOperation, TableAttribute, TableOperation,
    TypeOperation,
};
use crate::schema::same;
use crate::sql::temporary;

/// A sequence that fits into no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The item that stands in the way.
    pub item: usize,
    /// Why, as the end of a sentence that begins with the item.
    pub why: String,
}

/// A file of a sequence, as a range of its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its first block.
    pub from: usize,
    /// The first one that runs in the runner's transaction, once; those before it run outside one, and may run again.
    pub once: usize,
    /// The one behind its last.
    pub to: usize,
}

/// The files that a sequence becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// In their order.
    pub parts: Vec<Part>,
    /// The one that keeps the migration's name and time; `None` where all of it waits for a deploy.
    pub own: Option<usize>,
    /// Why it is one file although a file for each step was wanted.
    pub one_file: Option<String>,
}

/// What tells which blocks may share a file.
pub struct Division<'a> {
    /// The sequence.
    pub sequence: &'a Sequence,
    /// All its units, which come from the migration that it replaces.
    pub again: Rerun<'a>,
    /// Who runs it.
    pub runner: Runner,
    /// A file for each block is wanted, or the fewest; `None` leaves it to the runner.
    pub by_step: Option<bool>,
    /// Why there is room for one file only.
    pub one_file: Option<&'a str>,
    /// A database that ran the migration knows one of the files by its name, and runs the others.
    pub others_run_again: bool,
    /// Later phases wait for deploys, so that they are in files of their own.
    pub by_phase: bool,
}

impl<'a> Division<'a> {
    /// The files; or what stands in their way.
    ///
    /// # Errors
    /// The step that cannot run again and gets no file that ends with it.
    pub fn files(&self) -> Result<Files, Refusal> {
        if self.runner.resumes == Resumes::AtFileThatWasResolved {
            let alone = |at: usize| Part { from: at, once: at + 1, to: at + 1 };
            let parts = (0..self.sequence.blocks.len()).map(alone).collect();
            return Ok(Files { parts, own: Some(0), one_file: None });
        }
        if self.runner.resumes == Resumes::AtFile {
            let is_crowded = self.one_file.is_some() && self.runner.commits_by_file();
            let parts = match self.by_step {
                by_step if by_step == Some(false) || is_crowded => self.begun_again(),
                _ => (0..self.sequence.blocks.len()).map(|at| self.alone(at)).collect(),
            };
            let parts = parts.map_err(stuck)?;
            let now = self.now(&parts);
            if let (Some(why), [first, _, ..]) = (self.one_file, &parts[..now]) {
                let item = self.units(*first)[0].steps[0].from;
                return Err(Refusal { item, why: format!("becomes {now} files, and {why}") });
            }
            let one_file = self.one_file.filter(|_| self.by_step != Some(false)).map(str::to_owned);
            // where later phases wait, it is the last one that runs now
            let own = if parts.is_empty() { Some(0) } else { now.checked_sub(1) };
            return Ok(Files { own, parts, one_file });
        }
        let parts = self.divide(false).map_err(stuck)?;
        let mut reason = self.one_file.map(str::to_owned);
        if self.by_step == Some(true) && reason.is_none() && !parts.is_empty() {
            let steps = self.divide(true).map_err(stuck)?;
            match self.own(&steps) {
                Ok(own) => return Ok(Files { parts: steps, own, one_file: None }),
                Err(why) => reason = Some(why.to_owned()),
            }
        }
        let now = self.now(&parts);
        let once = match parts.as_slice() {
            [] => return Ok(Files { parts, own: Some(0), one_file: reason }),
            [_] if now == 1 => return Ok(Files { parts, own: Some(0), one_file: reason }),
            [first, ..] => self.once_in(*first),
        };
        let own = match reason.as_deref().filter(|_| now > 1) {
            Some(why) => Err(why.to_owned()),
            None => self.own(&parts).map_err(str::to_owned),
        };
        match own {
            Ok(own) => Ok(Files { parts, own, one_file: reason.filter(|_| now < 2) }),
            Err(why) => Err(crowded(once, &why)),
        }
    }

    /// How many of the parts run at once.
    fn now(&self, parts: &[Part]) -> usize {
        parts.iter().take_while(|part| !self.by_phase || self.phase(part.from) == Phase::Expand).count()
    }

    /// The phase of a block.
    fn phase(&self, at: usize) -> Phase {
        self.sequence.units[self.sequence.blocks[at].start].phase
    }

    /// The block is the first of a phase that waits.
    fn begins_phase(&self, at: usize) -> bool {
        self.by_phase && at > 0 && self.phase(at) != self.phase(at - 1)
    }

    /// The fewest files, or one for each block; or the step that fits into none.
    fn divide(&self, by_step: bool) -> Result<Vec<Part>, &'a Step> {
        let (count, tail) = (self.sequence.blocks.len(), self.tail());
        let mut parts: Vec<Part> = Vec::new();
        let mut steps = Growing::new(self.again.origin);
        for at in 0..count {
            let once = self.once(at);
            match (once, parts.last_mut().filter(|_| !self.begins_phase(at))) {
                (Some(step), _) if !self.is_in_words(at) => return Err(step),
                (Some(_), Some(part)) => part.to = at + 1,
                (Some(_), None) => parts.push(Part { from: at, once: at, to: at + 1 }),
                (None, Some(part)) if part.once < part.to && at >= tail => part.to = at + 1,
                (None, Some(part)) if !by_step && part.once == part.to && !self.must_be_done_before(&steps, at) => {
                    (part.once, part.to) = (at + 1, at + 1);
                }
                (None, _) => parts.push(Part { from: at, once: at + 1, to: at + 1 }),
            }
            self.grow(&mut steps, &parts, at);
        }
        Ok(parts)
    }

    /// The steps of the last part, to which a block has come.
    fn grow(&self, steps: &mut Growing<'a>, parts: &[Part], at: usize) {
        if parts.last().is_some_and(|part| part.from == at) {
            *steps = Growing::new(self.again.origin);
        }
        self.sequence.block(at).iter().for_each(|unit| steps.push(unit));
    }

    /// A file for one block: in the author's words, or where the runner commits it with its row, it runs once, otherwise it
    /// must bear to run again by itself.
    fn alone(&self, at: usize) -> Result<Part, &'a Step> {
        if self.commits_with_its_row(at) || self.is_in_words(at) {
            return Ok(Part { from: at, once: at, to: at + 1 });
        }
        self.harmful_alone(at).map_or(Ok(Part { from: at, once: at + 1, to: at + 1 }), Err)
    }

    /// The runner commits a block that has a file together with the file's row.
    fn commits_with_its_row(&self, at: usize) -> bool {
        self.runner.commits_by_file() && self.sequence.block(at).iter().all(|unit| unit.kind != UnitKind::Alone)
    }

    /// The first step of a block that would do harm when the block runs again by itself.
    fn harmful_alone(&self, at: usize) -> Option<&'a Step> {
        let again = Rerun::new(self.again.origin, self.units(Part { from: at, once: at + 1, to: at + 1 }));
        match self.sequence.block(at) {
            [unit] if unit.kind == UnitKind::Brief => again.harmful_at_once(unit),
            units => units.iter().find_map(|unit| again.harmful(unit)),
        }
    }

    /// The fewest files that can each be begun again: what runs once ends its file, and no two blocks in their author's words
    /// hold their locks together. A runner that commits a file with its row can only do that with all of it, or with nothing:
    /// what runs once is a file by itself.
    fn begun_again(&self) -> Result<Vec<Part>, &'a Step> {
        let tail = self.tail();
        let is_by_file = self.runner.commits_by_file();
        let mut parts: Vec<Part> = Vec::new();
        let mut steps = Growing::new(self.again.origin);
        for at in 0..self.sequence.blocks.len() {
            let alone = self.alone(at)?;
            let must = is_by_file || at < tail || self.sequence.steps_of(at..at + 1).all(is_label);
            let is_guarded = || is_by_file && self.bears_to_run_again(at);
            let may_rerun = alone.once > at || (must && self.is_free_to_run_again(at)) || is_guarded();
            match parts.last_mut().filter(|_| !self.begins_phase(at)) {
                Some(part) if may_rerun && part.once == part.to && !self.must_be_done_before(&steps, at) => {
                    (part.once, part.to) = (at + 1, at + 1);
                }
                Some(part) if !may_rerun && !is_by_file && self.ends(*part, at) => part.to = at + 1,
                _ if may_rerun => parts.push(Part { from: at, once: at + 1, to: at + 1 }),
                _ => parts.push(Part { from: at, once: at, to: at + 1 }),
            }
            self.grow(&mut steps, &parts, at);
        }
        let is_only = |part: &&mut Part| part.to - part.from == 1 && self.commits_with_its_row(part.from);
        parts.iter_mut().filter(is_only).for_each(|part| part.once = part.from);
        Ok(parts)
    }

    /// The first block from which on all are in their author's words.
    fn tail(&self) -> usize {
        let count = self.sequence.blocks.len();
        (0..count).rev().take_while(|at| self.is_in_words(*at)).last().unwrap_or(count)
    }

    /// What locks nothing in use and can run again statement by statement, whatever the session is set to.
    fn is_free_to_run_again(&self, at: usize) -> bool {
        let block = self.sequence.block(at);
        self.once(at).is_none()
            && block.iter().all(|unit| unit.kind == UnitKind::Free)
            && !is_one_transaction(self.again.origin, block)
            && !self.needs_settings(at)
    }

    /// A block that a rewrite has made can run again in a transaction of its own, whatever the session is set to.
    fn bears_to_run_again(&self, at: usize) -> bool {
        !self.is_in_words(at) && !self.needs_settings(at) && self.harmful_alone(at).is_none()
    }

    fn needs_settings(&self, at: usize) -> bool {
        self.sequence.steps_of(at..at + 1).any(|step| !self.again.origin.item(step.from).settings.is_empty())
    }

    /// A block that runs once can end a part, in the transaction that records it.
    fn ends(&self, part: Part, at: usize) -> bool {
        let begins_one =
            |at: usize| self.sequence.steps_of(at..at + 1).any(|s| self.again.origin.item(s.from).block.is_none());
        let is_free = |at: usize| self.sequence.block(at).iter().all(|unit| unit.kind == UnitKind::Free);
        let mut inside = part.once..part.to;
        !begins_one(at) && !inside.clone().any(begins_one) && (is_free(at) || inside.all(is_free))
    }

    /// Blocks that the author's words stay in, outside transactions of the author's.
    fn is_in_words(&self, at: usize) -> bool {
        let fixed = |step: &Step| self.again.origin.item(step.from).fixed == Some(Fixed::Transaction);
        let in_words = |unit: &Unit| matches!(unit.kind, UnitKind::Free | UnitKind::AsWritten);
        self.sequence.block(at).iter().all(in_words) && !self.sequence.steps_of(at..at + 1).any(fixed)
    }

    /// The block's first step that would do harm when it runs again.
    fn once(&self, at: usize) -> Option<&'a Step> {
        self.sequence.block(at).iter().find_map(|unit| self.again.harmful(unit))
    }

    /// True when the block makes what the steps of a part take away, or takes away what they build on or read: that part must be
    /// done for good before it.
    fn must_be_done_before(&self, part: &Growing<'a>, at: usize) -> bool {
        let later = || self.sequence.steps_of(at..at + 1);
        part.harmful_behind(later()).is_some() || part.are_at_work_on_what_goes(later())
    }

    fn units(&self, part: Part) -> &'a [Unit] {
        let (from, to) = (self.sequence.blocks[part.from].start, self.sequence.blocks[part.to - 1].end);
        &self.sequence.units[from..to]
    }

    fn steps(&self, part: Part) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        self.units(part).iter().flat_map(|unit| &unit.steps)
    }

    /// True when a part makes something for its session that another one names.
    fn leaves_temporary_object(&self, part: Part) -> bool {
        let (sequence, count) = (self.sequence, self.sequence.blocks.len());
        let others = || sequence.steps_of(0..part.from).chain(sequence.steps_of(part.to..count));
        self.steps(part).any(|step| {
            let name = temporary(&step.operation, self.again.origin.slice(step.from));
            name.is_some_and(|name| others().any(|other| self.again.origin.slice(other.from).contains(name.as_str())))
        })
    }

    /// What keeps the first file of several from being all: its step that runs once, or what a later one makes again.
    fn once_in(&self, first: Part) -> &'a Step {
        let units = self.units(first);
        let later = self.sequence.steps_of(first.to..self.sequence.blocks.len());
        let once = (first.from..first.to).find_map(|at| self.once(at));
        let steps = || Growing::of(self.again.origin, units);
        once.or_else(|| steps().harmful_behind(later)).unwrap_or(&units[0].steps[0])
    }

    /// The file that keeps the migration's name and time, which a database that ran the migration knows. Where later phases wait, it
    /// is one of the first, if that has any; what waits finds nothing to do there.
    fn own(&self, parts: &[Part]) -> Result<Option<usize>, &'static str> {
        let all = || self.sequence.units.iter().flat_map(|unit| &unit.steps);
        if self.again.origin.leaves_open()
            || self.again.origin.items().iter().any(|item| item.fixed == Some(Fixed::Transaction))
        {
            return Err("it begins or ends transactions of its own");
        }
        if all().any(holds_transaction) {
            return Err("a SET or LOCK TABLE of the file holds for all that stands behind it");
        }
        if parts.iter().any(|part| self.leaves_temporary_object(*part)) {
            return Err("the next one needs a temporary object of this one, which is gone then");
        }
        let parts = &parts[..self.now(parts)];
        // A journal goes by times: all files have earlier ones than the migration.
        let Some(last) = parts.len().checked_sub(1) else { return Ok(None) };
        let now = || parts.iter().flat_map(|part| self.steps(*part));
        if !self.others_run_again || last == 0 || Finished::of(now()).only_adds(now()) {
            return Ok(Some(last));
        }
        // The others run there, so they must find their work done, and nothing that the own one has changed.
        let once = |part: &Part| self.steps(*part).any(|step| changes_rows(&step.operation));
        let own = parts.iter().position(once).unwrap_or(last);
        let rest = parts.iter().enumerate().filter(|(at, _)| *at != own).flat_map(|(_, part)| self.steps(*part));
        let rows_aside = self.steps(parts[own]).filter(|step| !changes_rows(&step.operation));
        match Finished::of(now()).only_adds(rest.chain(rows_aside)) {
            true => Ok(Some(own)),
            false => Err("a database that ran it would run the other files again, and they would do harm there"),
        }
    }
}

/// A label of an enum that is not there yet can be used when it has committed: by what comes next in the same run, too.
pub fn is_label(step: &Step) -> bool {
    matches!(step.operation, Operation::Type(TypeOperation::AddValue { if_not_exists: true, .. }))
}

/// Statements in the author's words that commit as one, outside the migrator's transaction. Where nobody waits for any of them,
/// that is so when one takes away what another gives: a privilege, a name.
pub fn is_one_transaction(origin: &dyn Origin, block: &[Unit]) -> bool {
    let steps = || block.iter().flat_map(|unit| &unit.steps);
    let ends_one = |step: &Step| {
        origin.item(step.from).fixed == Some(Fixed::Transaction)
            || matches!(step.operation, Operation::Session(SessionOperation::Transaction(_)))
    };
    // of tables only new ones are changed without a wait, and nobody looks at these yet
    let is_seen = |step: &Step| {
        matches!(
            step.operation,
            Operation::Object(
                ObjectOperation::Grant { .. }
                    | ObjectOperation::Drop { .. }
                    | ObjectOperation::Alter { .. }
                    | ObjectOperation::SetSchema { .. }
            ) | Operation::Type(TypeOperation::Drop { .. } | TypeOperation::Rename { .. })
        )
    };
    // or only since the block before: on one of those row security and its policies come at once, and where policies come with it
    // on any
    let makes = |step: &Step, table: &QualifiedName| matches!(&step.operation, Operation::Table(TableOperation::Create(create)) if same(&create.name, table));
    let permits = |step: &Step, table: &QualifiedName| matches!(&step.operation, Operation::Object(ObjectOperation::Create { kind: ObjectKind::Policy, on: Some(on), .. }) if same(on, table));
    let secures = |step: &Step| match &step.operation {
        Operation::Table(TableOperation::SetAttribute { table, attribute: TableAttribute::RowSecurity(_) }) => {
            !steps().any(|other| makes(other, table)) || steps().any(|other| permits(other, table))
        }
        _ => false,
    };
    let is_as_written = block.iter().any(|unit| unit.kind == UnitKind::AsWritten);
    let is_seen_apart = is_as_written || steps().any(|step| is_seen(step) || secures(step));
    is_seen_apart && steps().count() > 1 && !steps().any(ends_one)
}

/// The statement that cannot run again stands in no file.
fn stuck(step: &Step) -> Refusal {
    let why = if holds_transaction(step) { ONE_TRANSACTION } else { RUNS_AGAIN };
    Refusal { item: step.from, why: format!("{why}; put it in a migration of its own") }
}

/// The statement needs a file of its own, and there is none.
fn crowded(step: &Step, why: &str) -> Refusal {
    match holds_transaction(step) {
        true => stuck(step),
        false => {
            let why = format!("{RUNS_AGAIN}, and gets no file of its own: {why}; put it in a migration of its own");
            Refusal { item: step.from, why }
        }
    }
}

const ONE_TRANSACTION: &str = "needs the migrator's one transaction, which safe steps must leave";
const RUNS_AGAIN: &str = "would run again when a later step fails";

fn holds_transaction(step: &Step) -> bool {
    matches!(step.operation, Operation::Session(_))
}
