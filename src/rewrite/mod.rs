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
mod concurrently_in_transaction;
mod create_index;
mod create_unique_index;
mod data_change;
mod drop_column;
mod drop_index;
mod drop_table;
mod drop_type;
mod filling;
mod missing_lock_timeout;
mod rename_column;
mod rename_table;
mod rename_type;
mod replace_foreign_key;
mod replace_index;
mod retype_by_drop;
mod set_not_null;
mod several_tables;
mod site;

use crate::operation::{Ident, QualifiedName};
use crate::plan::Step;
use crate::postgres::LockMode;

pub use site::{Settings, Site, StepBuilder};

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
    /// Other items of the migration that the steps replace as well, by index.
    pub claims: Vec<usize>,
    /// What rows must fulfil.
    pub preflight: Option<Preflight>,
    /// What else a reader should know.
    pub note: Option<String>,
}

impl Outcome {
    /// A hazard that passes through.
    pub fn reported(hazard: Hazard) -> Self {
        Outcome { hazard, steps: None, claims: Vec::new(), preflight: None, note: None }
    }

    /// A hazard with the steps that replace its operation.
    pub fn rewritten(hazard: Hazard, steps: Vec<Step>) -> Self {
        Outcome { hazard, steps: Some(steps), claims: Vec::new(), preflight: None, note: None }
    }
}

/// A rule: its id, its page and the function that applies it.
pub struct Rule {
    /// The id, as in `safestep explain ID` and `[rules]`.
    pub id: &'static str,
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
    ($($module:ident => $id:literal),* $(,)?) => {
        /// Every rule, in the order in which they are asked: the first that has something to say wins.
        pub static RULES: &[Rule] = &[$(Rule { id: $id, source: include_str!(concat!(stringify!($module), ".rs")), apply: $module::apply }),*];
    };
}

registry! {
    set_not_null => "set-not-null",
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
    change_column_type => "change-column-type",
    rename_column => "rename-column",
    rename_table => "rename-table",
    rename_type => "rename-type",
    drop_column => "drop-column",
    drop_table => "drop-table",
    drop_type => "drop-type",
    data_change => "data-change",
    concurrently_in_transaction => "concurrently-in-transaction",
    several_tables => "several-tables",
    missing_lock_timeout => "missing-lock-timeout",
    blocking_operation => "blocking-operation",
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
