//! Counts, and the sentence that holds them: the answer of a run in one line.

use super::tree::step_files;
use crate::report::{Applicability, FileAction, HazardReport, MigrationReport, Report, Severity};

/// `1 file`, `3 files`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// `12,345`.
pub(super) fn thousands(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a run found, as numbers.
#[derive(Default)]
pub(super) struct Counts {
    pub migrations: usize,
    /// Migrations with at least one hazard.
    pub affected: usize,
    pub dangers: usize,
    pub cautions: usize,
    pub opaque: usize,
    rewritten: usize,
    needs_input: usize,
}

impl Counts {
    pub fn of(report: &Report) -> Self {
        let mut counts = Self::default();
        report.migrations.iter().for_each(|migration| counts.add(migration));
        counts
    }

    pub fn add(&mut self, migration: &MigrationReport) {
        let count = |wanted: &dyn Fn(&HazardReport) -> bool| migration.hazards.iter().filter(|h| wanted(h)).count();
        self.migrations += 1;
        self.affected += usize::from(!migration.hazards.is_empty());
        self.dangers += count(&|hazard| hazard.severity == Severity::Danger);
        self.cautions += count(&|hazard| hazard.severity == Severity::Caution);
        self.opaque += migration.opaque.len();
        self.rewritten += count(&|hazard| hazard.rewritten);
        self.needs_input += count(&needs_input);
    }

    pub fn hazards(&self) -> usize {
        self.dangers + self.cautions
    }

    /// `4 dangers, 1 caution`.
    pub fn found(&self) -> String {
        match (self.dangers, self.cautions) {
            (dangers, 0) => plural(dangers, "danger"),
            (0, cautions) => plural(cautions, "caution"),
            (dangers, cautions) => format!("{}, {}", plural(dangers, "danger"), plural(cautions, "caution")),
        }
    }

    /// `4 dangers in 1 of 3 new migrations`, where `noun` is `new migration`.
    pub fn found_in(&self, noun: &str) -> String {
        let all = plural(self.migrations, noun);
        if self.affected == self.migrations {
            format!("{} in {all}", self.found())
        } else {
            format!("{} in {} of {all}", self.found(), thousands(self.affected))
        }
    }

    /// `3 migrations, nothing dangerous`, where `noun` is `migration`.
    pub fn nothing_found(&self, noun: &str) -> String {
        let limit = if self.opaque > 0 { " in what safestep reads" } else { "" };
        match self.migrations {
            0 => format!("no {noun}s"),
            migrations => format!("{}, nothing dangerous{limit}", plural(migrations, noun)),
        }
    }

    /// What becomes of the hazards: `all rewritten`, or `2 rewritten, 1 needs input, 1 left to you`.
    pub fn disposition(&self) -> String {
        let left = self.hazards() - self.rewritten - self.needs_input;
        let needs = if self.needs_input == 1 { "needs input" } else { "need input" };
        [(self.rewritten, "rewritten"), (self.needs_input, needs), (left, "left to you")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| match count {
                1 if self.hazards() == 1 => what.to_owned(),
                count if count == self.hazards() => format!("all {what}"),
                count => format!("{} {what}", thousands(count)),
            })
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// True when the hazard waits for an answer that only a person knows.
pub(super) fn needs_input(hazard: &HazardReport) -> bool {
    hazard.applicability == Applicability::NeedsInput && !hazard.rewritten
}

/// True when nothing about the migration is worth a line.
pub(super) fn is_silent(migration: &MigrationReport) -> bool {
    migration.hazards.is_empty()
        && migration.files.is_empty()
        && migration.opaque.is_empty()
        && migration.notes.is_empty()
        && migration.preflights.is_empty()
        && migration.phases.is_empty()
}

/// How many files go out with the next deploy, and how many wait for a later one.
pub(super) fn files_now_and_deferred(migration: &MigrationReport) -> (usize, usize) {
    if migration.phases.is_empty() {
        return (migration_files(migration), 0);
    }
    let of = |now: bool| migration.phases.iter().filter(|p| p.gate.is_empty() == now).map(|phase| phase.files).sum();
    (of(true), of(false))
}

/// How many files the migration runs after the rewrite; bookkeeping such as a journal is not counted.
pub(super) fn migration_files(migration: &MigrationReport) -> usize {
    let with_steps = step_files(migration).len();
    if with_steps > 0 || migration.files.is_empty() {
        return with_steps;
    }
    migration.files.iter().filter(|file| file.action != FileAction::Delete).count()
}

/// How many files of the migration are created, changed and removed.
pub(super) fn files_by_action(migration: &MigrationReport) -> [usize; 3] {
    let count = |action| migration.files.iter().filter(|file| file.action == action).count();
    [count(FileAction::Create), count(FileAction::Modify), count(FileAction::Delete)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn numbers_read_well() {
        assert_eq!(plural(1, "file"), "1 file");
        assert_eq!(plural(0, "file"), "0 files");
        assert_eq!(plural(1_234_567, "file"), "1,234,567 files");
        assert_eq!(thousands(100), "100");
    }

    #[test]
    fn what_becomes_of_the_hazards() {
        let mut report = example::combo();
        assert_eq!(Counts::of(&report).disposition(), "all rewritten");
        for hazard in &mut report.migrations[0].hazards[..3] {
            hazard.rewritten = false;
        }
        report.migrations[0].hazards[0].applicability = Applicability::NeedsInput;
        report.migrations[0].hazards[1].severity = Severity::Caution;
        let counts = Counts::of(&report);
        assert_eq!(counts.disposition(), "1 rewritten, 1 needs input, 2 left to you");
        assert_eq!(counts.found_in("new migration"), "3 dangers, 1 caution in 1 new migration");
        report.migrations[0].hazards.truncate(1);
        assert_eq!(Counts::of(&report).disposition(), "needs input");
    }
}
