//! One step of a sequence.

use std::sync::Arc;

use super::resource::{Resource, Uses};
use crate::operation::{
    Asked, Assertion, ColumnOperation, ConstraintOperation, DataOperation, Ident, ObjectOperation, Operation,
    QualifiedName, Setting, TableOperation, TypeOperation,
};
use crate::postgres::LockMode;
use crate::schema::{key, mentions};

/// When a step may run, seen from the deploys of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before the new code is deployed; the old code goes on.
    Expand,
    /// After the code that writes both forms is deployed.
    Migrate,
    /// After no running code needs the old form.
    Contract,
}

impl Phase {
    /// All, in order.
    pub const ALL: [Phase; 3] = [Phase::Expand, Phase::Migrate, Phase::Contract];

    /// The word for it in the names of files and folders.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Expand => "expand",
            Phase::Migrate => "migrate",
            Phase::Contract => "contract",
        }
    }
}

/// What a step needs from the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// May share a transaction with others of its kind.
    Shared,
    /// Must have a transaction of its own.
    Own,
    /// PostgreSQL refuses it inside a transaction block.
    Outside,
}

/// How long a step takes, by what it grows with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duration {
    /// Touches nothing that exists or takes no lock that anybody feels.
    Free,
    /// O(1) under a strong lock.
    Instant,
    /// Reads every row; reads and writes go on.
    Scan,
    /// Builds or removes an index; reads and writes go on.
    Build,
    /// Changes rows in batches, each with its own commit.
    Backfill,
    /// As the source wrote it, whatever that costs.
    AsWritten,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// By these operations, in this order.
    By(Vec<Operation>),
    /// Nothing has changed that could be taken back.
    Nothing,
    /// It cannot be taken back, and why.
    Impossible(String),
}

/// The operation changes or takes away rows that a query looks at.
pub fn changes_answer(operation: &Operation, query: &str) -> bool {
    let Operation::Data(data) = operation else { return false };
    let reads = |table: &QualifiedName| mentions(query, table.name.as_str());
    match data {
        DataOperation::Update { table, sets, .. } => {
            let is_set = |sets: &Vec<Ident>| sets.iter().any(|column| mentions(query, column.as_str()));
            reads(table) && sets.as_ref().is_none_or(is_set)
        }
        DataOperation::Delete { table, .. } => reads(table),
        DataOperation::Truncate { tables, .. } => tables.iter().any(reads),
        // A step that fills comes of what has its own query; rows that come are seldom those that break a rule.
        DataOperation::Insert { .. }
        | DataOperation::Select { .. }
        | DataOperation::Backfill(_)
        | DataOperation::Assertion(_) => false,
    }
}

/// The operation is a question whether rows would make a later step fail.
pub fn asserts(operation: &Operation, query: &str) -> bool {
    matches!(operation, Operation::Data(DataOperation::Assertion(assertion)) if assertion.query.as_str() == query)
}

/// Behind the operation a query says what it did not say before, or can be asked at all: a name, a type or a label in it is another.
pub fn changes_meaning(operation: &Operation, query: &str) -> bool {
    match operation {
        Operation::Table(TableOperation::Create(create)) => mentions(query, create.name.name.as_str()),
        Operation::Column(ColumnOperation::Add { column, .. }) => mentions(query, column.name.as_str()),
        Operation::Table(TableOperation::Rename { .. })
        | Operation::Column(ColumnOperation::Rename { .. } | ColumnOperation::SetType { .. })
        | Operation::Object(ObjectOperation::SetSchema { .. } | ObjectOperation::Create { .. })
        | Operation::Type(_)
        | Operation::Opaque { .. } => true,
        _ => false,
    }
}

/// One operation of a sequence with everything that a layout or a report says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub operation: Operation,
    /// The item of the source whose rewrite it belongs to, by index.
    pub item: usize,
    /// The item of the source that it says anew: another one than `item` where a rewrite replaces several.
    pub from: usize,
    /// Printed as it stands in the source, not rendered.
    pub verbatim: bool,
    /// When it may run.
    pub phase: Phase,
    /// What it needs from the transaction around it.
    pub transaction: Transaction,
    /// How long it takes.
    pub duration: Duration,
    /// The locks on existing relations that others feel.
    pub locks: Vec<(QualifiedName, LockMode)>,
    /// It is known to fail where its table has rows.
    pub fails_on_rows: bool,
    /// Why it is there, in one sentence.
    pub why: String,
    /// How it is taken back.
    pub undo: Undo,
    /// A query that must find nothing before the step that `fails` can pass, shown where the sequence begins.
    pub preflight: Option<String>,
    /// What its session must be set to, so that it does what the author's statement would have done.
    pub settings: Vec<Setting>,
    /// What it uses together with others: decides what must wait for what.
    pub uses: Arc<Uses>,
    /// A few words for its file: `user_add_age`.
    pub slug: String,
    /// The rule whose hazard is over when the step runs in its phase.
    pub settles: Option<&'static str>,
    /// It is one transaction with the step before it of the same rewrite.
    pub joined: bool,
}

impl Step {
    /// A step in the transaction of this one, which changes rows, that takes the change back where rows would make `later` fail.
    pub fn asserting(&self, later: &Step, assertion: Assertion) -> Step {
        let table = later.operation.table().map(key);
        let is_its_table =
            |resource: &&Resource| matches!(resource, Resource::Relation(name) if Some(name) == table.as_ref());
        let reads = later.uses.reads.iter().chain(later.uses.writes.iter().filter(is_its_table)).cloned();
        Step {
            operation: Operation::Data(DataOperation::Assertion(assertion)),
            verbatim: false,
            duration: Duration::AsWritten,
            locks: Vec::new(),
            fails_on_rows: false,
            why: "takes the change back where rows would make a later step fail".into(),
            undo: Undo::Nothing,
            preflight: None,
            settings: later.settings.clone(),
            uses: Arc::new(Uses { reads: reads.collect(), ..Uses::default() }),
            joined: false,
            ..self.clone()
        }
    }

    /// It asks for rows on which a later step would fail, or would lose something.
    pub fn is_assertion(&self) -> bool {
        matches!(self.operation, Operation::Data(DataOperation::Assertion(_)))
    }

    /// It asks for them in the transaction of a statement that changes rows.
    pub fn takes_change_back(&self) -> bool {
        let Operation::Data(DataOperation::Assertion(assertion)) = &self.operation else { return false };
        assertion.asked == Asked::WithChange
    }

    /// It proves a constraint: one reading pass over the table.
    pub fn is_validation(&self) -> bool {
        matches!(self.operation, Operation::Constraint(ConstraintOperation::Validate { .. }))
    }

    /// It takes rows, values, names or rules away from those who use the database, or shows them something else.
    pub fn is_removal(&self) -> bool {
        match self.operation {
            Operation::Table(TableOperation::Drop { .. } | TableOperation::Rename { .. })
            | Operation::Column(ColumnOperation::Drop { .. } | ColumnOperation::Rename { .. }) => {
                self.duration != Duration::Free
            }
            Operation::Data(DataOperation::Truncate { .. } | DataOperation::Delete { .. }) => {
                self.duration != Duration::Free
            }
            Operation::Column(ColumnOperation::SetType { .. }) => self.duration == Duration::AsWritten,
            Operation::Type(TypeOperation::RenameValue { .. }) => true, // nobody waits for it, and everybody sees it
            // the columns of that type or in that schema go with it, and their values
            Operation::Type(TypeOperation::Drop { cascade: true, .. })
            | Operation::Object(ObjectOperation::Drop { cascade: true, .. }) => self.duration != Duration::Free,
            _ => false,
        }
    }

    /// It takes rows or values away, or the name that they are found under, or puts others there.
    pub fn replaces(&self) -> bool {
        matches!(
            self.operation,
            Operation::Column(ColumnOperation::Drop { .. } | ColumnOperation::Rename { .. })
                | Operation::Table(TableOperation::Drop { .. } | TableOperation::Rename { .. })
                | Operation::Object(ObjectOperation::SetSchema { .. })
                | Operation::Data(
                    DataOperation::Truncate { .. } | DataOperation::Delete { .. } | DataOperation::Insert { .. }
                )
        )
    }

    /// Rows that are there can make it fail.
    pub fn may_fail_on_rows(&self) -> bool {
        self.fails_on_rows
            || self.runs_query()
            || matches!(self.duration, Duration::Scan | Duration::Build | Duration::Backfill)
    }

    /// What it makes is filled by a query of the author's, which may come upon a value that it cannot work with.
    pub fn runs_query(&self) -> bool {
        matches!(&self.operation, Operation::Table(TableOperation::Create(create)) if create.as_query)
    }

    /// The tables whose strong locks it takes.
    pub fn locked_tables(&self) -> Vec<QualifiedName> {
        self.locks.iter().filter(|(_, mode)| mode.blocks_writes()).map(|(table, _)| table.clone()).collect()
    }
}

/// `authorId` → `author_id`, `CustomLLMCost` → `custom_llm_cost`: words for a file name.
pub fn snake_case(name: &Ident) -> String {
    let mut words = String::new();
    let mut letters = name.as_str().chars().peekable();
    let mut before = ' ';
    while let Some(c) = letters.next() {
        if c.is_ascii_alphanumeric() {
            let begins_word = before.is_ascii_lowercase() || before.is_ascii_digit();
            let ends_capitals = before.is_ascii_uppercase() && letters.peek().is_some_and(char::is_ascii_lowercase);
            if c.is_ascii_uppercase() && (begins_word || ends_capitals) {
                words.push('_');
            }
            words.push(c.to_ascii_lowercase());
        } else if !words.ends_with('_') && !words.is_empty() {
            words.push('_');
        }
        before = c;
    }
    words.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        for (name, words) in [
            ("authorId", "author_id"),
            ("User", "user"),
            ("APIKey2Id", "api_key2_id"),
            ("CustomLLMCost", "custom_llm_cost"),
            ("URL", "url"),
            ("_x y", "x_y"),
        ] {
            assert_eq!(snake_case(&Ident::new(name)), words);
        }
    }
}
