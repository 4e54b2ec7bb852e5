//! The comment on a block: what it does to those who use the database, what must be so before, what if it fails, how to undo it.

use std::collections::BTreeSet;

use super::Page;
use crate::framework::header::{StepComment, Steps, comment, undo_lines};
use crate::framework::undo::undo;
use crate::operation::{DataOperation, IndexOperation, Operation, QualifiedName, SessionOperation, TransactionControl};
use crate::plan::{Step, Unit, UnitKind, changes_answer};
use crate::sql::{one_line, read_statement, split};

impl Page<'_> {
    fn first(&self) -> &Step {
        &self.units()[0].steps[0]
    }

    /// What, why it is safe, how to go on when it fails, how to undo it. `sent` is what the runner sends for it.
    pub fn header(&self, sent: &str) -> String {
        self.step_comment(sent, undo(self.steps()))
    }

    /// The same in a file that says in its own language how it is taken back.
    pub fn header_without_undo(&self, sent: &str) -> String {
        self.step_comment(sent, Vec::new())
    }

    fn step_comment(&self, sent: &str, undo: Vec<String>) -> String {
        let (step, of) = (self.at + 1, self.sequence.blocks.len());
        let comment = StepComment {
            step: (of > 1).then_some(Steps { first: step, last: step, of }),
            title: &self.migration.title,
            what: self.what(),
            before: self.before(),
            if_it_fails: self.if_it_fails(sent),
            commands: self.after_failed_build(),
            undo,
            settles: self.steps().filter_map(|step| step.settles).collect::<BTreeSet<_>>().into_iter().collect(),
        };
        comment.lines().iter().map(|line| self.comment(line) + "\n").collect()
    }

    /// How to undo it, as comments.
    pub fn undo(&self) -> Vec<String> {
        undo_lines(&undo(self.steps())).map(|line| self.comment(&line)).collect()
    }

    fn comment(&self, line: &str) -> String {
        comment(self.migration.comment_sign, line)
    }

    /// What it does to those who use the database.
    pub fn what(&self) -> String {
        let lock = strongest(self.steps());
        match self.kind() {
            UnitKind::Free => "locks nothing that is in use".into(),
            UnitKind::Brief => {
                let waits = waits(self.units());
                match &self.settings.lock_timeout {
                    Some(timeout) => format!("instant, waits at most {} for {waits}", spaced(timeout)),
                    None => format!("instant once it has {}", waits.replacen(" at a time", "", 1)),
                }
            }
            UnitKind::Validate => format!("reads all rows; reads and writes go on ({lock})"),
            UnitKind::Alone if matches!(self.first().operation, Operation::Data(DataOperation::Backfill(_))) => {
                format!("fills rows in batches of {}, each with its own commit", self.settings.batch_size)
            }
            UnitKind::Alone => format!("takes its time; reads and writes go on ({lock}){}", self.commands.alone()),
            UnitKind::AsWritten if self.steps().all(Step::is_assertion) => {
                "reads all rows; refuses to go on where one breaks the rule".into()
            }
            UnitKind::AsWritten => "as written".into(),
        }
    }

    /// The query that must find nothing, where the rows begin to matter.
    fn before(&self) -> Vec<String> {
        let validates = |at: usize, step: &Step| {
            let units = self.sequence.block(at).iter().filter(|unit| unit.kind == UnitKind::Validate);
            units.flat_map(|unit| &unit.steps).any(|s| s.item == step.item)
        };
        let fails = |step: &Step| match self.kind() {
            UnitKind::Brief | UnitKind::AsWritten => {
                (0..self.sequence.blocks.len()).find(|at| validates(*at, step)).map(|n| n + 1)
            }
            _ => Some(self.at + 1),
        };
        let mut queries = Vec::new();
        for (at, step) in self.steps().enumerate() {
            let Some(query) = &step.preflight else { continue };
            // the same transaction mends rows first, so that some that are found now are none by then
            let is_mended = self.steps().take(at).any(|earlier| changes_answer(&earlier.operation, query));
            let after = if is_mended { " once its rows are changed" } else { "" };
            let fails = match fails(step) {
                Some(number) if number != self.at + 1 => format!("step {number}"),
                _ => "it".to_owned(),
            };
            queries.push(format!("this must find nothing{after}, or {fails} fails:  {};", one_line(query)));
        }
        queries
    }

    fn if_it_fails(&self, sent: &str) -> String {
        let (again, begin_again) = (self.commands.again(), self.commands.begin_again());
        match (self.kind(), &self.first().operation) {
            (UnitKind::Brief, _) if self.units().len() > 1 && !self.in_transaction => {
                format!("the transactions before the failed one stay. {begin_again}: it goes on there")
            }
            (UnitKind::Free | UnitKind::Brief, _) => format!("nothing has changed. {begin_again}"),
            (UnitKind::Validate, _) if self.units().len() > 1 && !self.in_transaction => {
                format!(
                    "some row breaks the rule, or it was interrupted; what it has proved stays. Mend the row, {again}"
                )
            }
            (UnitKind::Validate, _) => {
                format!("some row breaks the rule, or it was interrupted; nothing has changed. Mend the row, {again}")
            }
            (_, Operation::Data(DataOperation::Backfill(_))) => {
                format!("the batches so far are kept. {begin_again}: it goes on where it was")
            }
            (UnitKind::Alone, Operation::Index(IndexOperation::Create(_))) => {
                format!("it leaves an INVALID index.{}", self.commands.after_failed_build())
            }
            (UnitKind::Alone, _) => again,
            (UnitKind::AsWritten, _) if self.steps().all(Step::is_assertion) => {
                format!("some row breaks the rule; nothing has changed. Mend the row, {again}")
            }
            (UnitKind::AsWritten, _) if self.in_transaction || is_all_or_nothing(sent) => {
                format!("nothing has changed. {begin_again}")
            }
            (UnitKind::AsWritten, _) => format!("look at what it did, then {again}"),
        }
    }

    /// The commands that go on after a build that failed, one a line.
    fn after_failed_build(&self) -> Vec<String> {
        let Operation::Index(IndexOperation::Create(index)) = &self.first().operation else { return Vec::new() };
        let name = index.name.as_ref().map(|n| index.table.sibling(n.clone()).to_string()).unwrap_or_default();
        match self.kind() {
            UnitKind::Alone => self.commands.commands_after_failed_build(&one_line(&name)),
            UnitKind::Free | UnitKind::Brief | UnitKind::Validate | UnitKind::AsWritten => Vec::new(),
        }
    }
}

/// True when nothing of what is sent stays after a failure, also with a runner that sends it statement by statement: it is one
/// statement that commits nothing itself, or all of it stands between BEGIN and COMMIT. What is only set ends with the session.
fn is_all_or_nothing(sent: &str) -> bool {
    let statements = split(sent).pieces.into_iter().map(|piece| piece.span.slice(sent));
    let operations = statements.map(|statement| (statement, read_statement(statement).operations));
    let lasting: Vec<(&str, Option<TransactionControl>)> = operations
        .filter(|(_, all)| {
            !all.iter().all(|one| matches!(one.operation, Operation::Session(SessionOperation::SetParameter { .. })))
                || all.is_empty()
        })
        .map(|(statement, all)| {
            let control = all.iter().find_map(|one| match one.operation {
                Operation::Session(SessionOperation::Transaction(control)) => Some(control),
                _ => None,
            });
            (statement, control)
        })
        .collect();
    let between = match lasting.as_slice() {
        [(_, Some(TransactionControl::Begin)), between @ .., (_, Some(TransactionControl::Commit))] => between,
        [_] => lasting.as_slice(),
        several => return several.is_empty(),
    };
    !between.iter().any(|(statement, control)| control.is_some() || may_commit(statement))
}

/// True for a statement that commits what it has done so far, or may.
fn may_commit(statement: &str) -> bool {
    const WORDS: [&str; 10] = [
        "CONCURRENTLY",
        "COMMIT",
        "ROLLBACK",
        "CALL",
        "VACUUM",
        "REINDEX",
        "CLUSTER",
        "DATABASE",
        "TABLESPACE",
        "SUBSCRIPTION",
    ];
    let upper = statement.to_ascii_uppercase();
    upper.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| WORDS.contains(&word))
}

/// `100ms` → `100 ms`.
fn spaced(duration: &str) -> String {
    let digits = duration.find(|c: char| !c.is_ascii_digit()).unwrap_or(duration.len());
    format!("{} {}", &duration[..digits], &duration[digits..])
}

/// What brief units wait for, one after the other.
fn waits(units: &[Unit]) -> String {
    let tables = |unit: &Unit| listed(&unit.steps.iter().flat_map(Step::locked_tables).collect::<Vec<_>>());
    let brief = units.iter().filter(|unit| unit.kind == UnitKind::Brief);
    let locks: Vec<(String, String)> = brief.map(|unit| (tables(unit), strongest(&unit.steps))).collect();
    let lock = locks.first().map_or("", |(_, lock)| lock);
    match locks.iter().all(|(_, other)| other == lock) {
        true => {
            let tables: Vec<&str> = locks.iter().map(|(tables, _)| tables.as_str()).collect();
            format!("{} at a time ({lock})", tables.join(", then "))
        }
        false => {
            let each: Vec<String> = locks.iter().map(|(tables, lock)| format!("{tables} ({lock})")).collect();
            format!("{} at a time", each.join(", then "))
        }
    }
}

/// The strongest lock that steps take.
fn strongest<'a>(steps: impl IntoIterator<Item = &'a Step>) -> String {
    let strongest = steps.into_iter().flat_map(|step| step.locks.iter().map(|(_, mode)| *mode)).max();
    strongest.map(|lock| lock.to_string()).unwrap_or_default()
}

/// Each table once, also where one statement writes its schema and another does not.
fn listed(tables: &[QualifiedName]) -> String {
    let mut names: Vec<&QualifiedName> = Vec::new();
    for table in tables {
        if !names.iter().any(|known| crate::schema::same(known, table)) {
            names.push(table);
        }
    }
    names.iter().map(|table| one_line(&table.to_string())).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::is_all_or_nothing;

    #[test]
    fn what_stays_after_a_failure() {
        for (sent, expected) in [
            ("UPDATE t SET a = 1;", true),
            ("-- why\nSET lock_timeout = '1s';\nUPDATE t SET a = 1;", true),
            ("DO $$ BEGIN UPDATE t SET a = 1; UPDATE u SET a = 1; END $$;", true),
            ("BEGIN;\nUPDATE t SET a = 1;\nUPDATE u SET a = 1;\nCOMMIT;", true),
            ("UPDATE t SET a = 1;\nUPDATE u SET a = 1;", false),
            ("BEGIN;\nUPDATE t SET a = 1;\nCOMMIT;\nUPDATE u SET a = 1;", false),
            ("BEGIN;\nUPDATE t SET a = 1;\nCOMMIT;\nBEGIN;\nUPDATE u SET a = 1;\nCOMMIT;", false),
            ("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; UPDATE u SET a = 1; END $$;", false),
            ("CREATE INDEX CONCURRENTLY i ON t (a);", false),
            ("CALL fill();", false),
            ("GRANT SELECT ON t TO \"reader\";", true),
        ] {
            assert_eq!(is_all_or_nothing(sent), expected, "{sent}");
        }
    }
}
