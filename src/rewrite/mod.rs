//! The heart of the tool: one file per rewrite, named after its rule id, and the registry of all of them.
//!
//! A rewrite takes an operation where it stands in a migration and gives the hazard and the steps that replace it. It
//! decides; what an operation costs it asks `postgres/`. It knows no framework and no file.
//!
//! The comment at the top of a rule's file is its manual page: `safestep explain` prints it.

mod add_check;
mod add_column_constraint;
mod add_column_default;
mod add_enum_value;
mod add_foreign_key;
mod add_generated_column;
mod add_primary_key;
mod add_required_column;
mod add_serial_column;
mod add_unique;
mod blocking_operation;
mod change_column_type;
mod commit_in_file;
mod concurrent_leftover;
mod concurrently_in_transaction;
mod create_index;
mod create_unique_index;
mod data_change;
mod drop_column;
mod drop_index;
mod drop_table;
mod drop_type;
pub(crate) mod failing_statement;
mod filling;
mod lock_table;
mod missing_lock_timeout;
mod rename_column;
mod rename_table;
mod rename_type;
mod replace_check;
mod replace_enum;
mod replace_foreign_key;
mod replace_index;
mod replace_key;
mod retype_by_drop;
mod row_security;
mod set_not_null;
mod several_tables;
mod site;
mod swap;
mod work_under_lock;

use crate::operation::{Ident, QualifiedName};
use crate::plan::Step;
use crate::postgres::LockMode;

pub use missing_lock_timeout::lacks_lock_timeout;
pub use rename_table::takes_its_name;
pub use site::{Held, Settings, Site, StepBuilder};

/// What safestep can do about a hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// Same meaning, one deploy: applied automatically.
    Safe,
    /// A deploy is needed between phases.
    Phased,
    /// A value is missing that only a person knows.
    NeedsInput,
    /// No safe form exists.
    Manual,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Blocks, breaks or loses something on a big or busy table.
    Danger,
    /// Harmless in most cases.
    Caution,
}

/// A hazard: what is dangerous, in words for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// How bad it is.
    pub severity: Severity,
    /// What can be done.
    pub applicability: Applicability,
    /// The table it is about.
    pub table: Option<QualifiedName>,
    /// The strongest lock of the naive form.
    pub lock: Option<LockMode>,
    /// What happens, in plain words, in one line.
    pub message: String,
    /// Beside the marked source: the lock and for how long.
    pub label: String,
    /// What the rewrite does, or what a person should do.
    pub help: String,
}

/// A condition that rows must meet before the sequence can pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// In plain words.
    pub condition: String,
    /// The query that must find nothing.
    pub query: String,
}

/// What a rule says about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The hazard.
    pub hazard: Hazard,
    /// The steps that replace the operation; `None` when it passes through.
    pub steps: Option<Vec<Step>>,
    /// Other items of the migration, by index, that the steps replace as well, or of which the hazard tells where there are none.
    pub claims: Vec<usize>,
    /// What rows must fulfil.
    pub preflight: Option<Preflight>,
    /// What else a reader should know.
    pub note: Option<String>,
    /// The steps are the operation as it was written, made to try again for its lock: the hazard is still there.
    pub guarded: bool,
    /// The item whose lock makes it dangerous: it is harmless in another transaction than that one.
    pub held_by: Option<usize>,
}

impl Outcome {
    /// A hazard that passes through.
    pub fn reported(hazard: Hazard) -> Self {
        Outcome { hazard, steps: None, claims: Vec::new(), preflight: None, note: None, guarded: false, held_by: None }
    }

    /// A hazard with the steps that replace its operation.
    pub fn rewritten(hazard: Hazard, steps: Vec<Step>) -> Self {
        Outcome {
            hazard,
            steps: Some(steps),
            claims: Vec::new(),
            preflight: None,
            note: None,
            guarded: false,
            held_by: None,
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The operation by itself: the first rule that has something to say wins.
    Operation,
    /// What its transaction holds already: asked as well, where no rule has another form for the operation.
    Transaction,
}

/// A rule: its id, its page and the function that applies it.
pub struct Rule {
    /// The id, as in `safestep explain ID` and `[rules]`.
    pub id: &'static str,
    /// What it looks at.
    pub scope: Scope,
    /// The source of its file, whose opening comment is the manual page.
    source: &'static str,
    /// Looks at one operation; `None` when the rule has nothing to say.
    pub apply: fn(&Site<'_>) -> Option<Outcome>,
}

impl Rule {
    /// The manual page: Markdown, the first line is the title.
    pub fn page(&self) -> String {
        let lines = self.source.lines().take_while(|line| line.starts_with("//!"));
        lines.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or("")).collect::<Vec<_>>().join("\n")
    }
}

macro_rules! registry {
    ($($scope:ident { $($module:ident => $id:literal),* $(,)? })*) => {
        /// Every rule, in the order in which they are asked.
        pub static RULES: &[Rule] = &[$($(Rule {
            id: $id,
            scope: Scope::$scope,
            source: include_str!(concat!(stringify!($module), ".rs")),
            apply: $module::apply,
        }),*),*];
    };
}

registry! {
    Operation {
        failing_statement => "failing-statement",
        set_not_null => "set-not-null",
        replace_key => "replace-key",
        replace_check => "replace-check",
        replace_index => "replace-index",
        create_unique_index => "create-unique-index",
        create_index => "create-index",
        drop_index => "drop-index",
        replace_foreign_key => "replace-foreign-key",
        add_foreign_key => "add-foreign-key",
        add_check => "add-check",
        add_primary_key => "add-primary-key",
        add_unique => "add-unique",
        retype_by_drop => "retype-by-drop",
        add_required_column => "add-required-column",
        add_generated_column => "add-generated-column",
        add_serial_column => "add-serial-column",
        add_column_default => "add-column-default",
        add_column_constraint => "add-column-constraint",
        add_enum_value => "add-enum-value",
        replace_enum => "replace-enum",
        change_column_type => "change-column-type",
        rename_column => "rename-column",
        rename_table => "rename-table",
        rename_type => "rename-type",
        drop_column => "drop-column",
        drop_table => "drop-table",
        drop_type => "drop-type",
        data_change => "data-change",
        lock_table => "lock-table",
        row_security => "row-security",
        concurrently_in_transaction => "concurrently-in-transaction",
        concurrent_leftover => "concurrent-leftover",
        commit_in_file => "commit-in-file",
        blocking_operation => "blocking-operation",
        several_tables => "several-tables",
        missing_lock_timeout => "missing-lock-timeout",
    }
    Transaction {
        work_under_lock => "work-under-lock",
    }
}

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// `"User"."name"`.
fn dotted(table: &QualifiedName, column: &Ident) -> String {
    format!("{table}.{column}")
}

/// `a, b and c`.
fn listed<T: ToString>(things: &[T]) -> String {
    let words: Vec<String> = things.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
