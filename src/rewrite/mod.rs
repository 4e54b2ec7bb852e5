//! The heart of the tool: one file per rewrite, named after its rule id, and the registry of all of them.
//!
//! A rewrite takes an operation where it stands in a migration and gives the hazard and the steps that replace it. It
//! decides; what an operation costs it asks `postgres/`. It knows no framework and no file.
//!
//! The comment at the top of a rule's file is its manual page: `safestep explain` prints it. The SQL in it is an example that
//! `tests` runs.

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
mod label_swap;
mod leaving;
mod lock_table;
mod missing_lock_timeout;
mod new_labels;
mod old_name;
mod rename_column;
mod rename_table;
mod rename_type;
mod replace_check;
mod replace_enum;
mod replace_foreign_key;
mod replace_index;
mod replace_key;
mod reserved_object;
mod retype_by_drop;
mod row_security;
mod set_not_null;
mod several_tables;
mod shadow;
mod site;
mod slug;
mod split_column;
mod swap;
mod sync_trigger;
mod table_pair;
#[cfg(test)]
mod tests;
mod undo;
mod work_under_lock;

use crate::operation::{Ident, QualifiedName};
use crate::plan::{Deferral, Step};
use crate::postgres::LockMode;

pub use create_index::CONCURRENT_NOTE;
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
    /// What its later phases wait for, where it has some.
    pub deferral: Option<Deferral>,
    /// Where the steps stand among those of other operations.
    pub standing: Standing,
}

/// Where the steps of a rewrite that replaces several operations stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Where the last of these stood.
    WhereItEnds,
    /// Where the first of these stood.
    WhereItBegins,
}

impl Outcome {
    /// A hazard that passes through.
    pub fn reported(hazard: Hazard) -> Self {
        Outcome {
            hazard,
            steps: None,
            claims: Vec::new(),
            preflight: None,
            note: None,
            guarded: false,
            held_by: None,
            deferral: None,
            standing: Standing::WhereItEnds,
        }
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
            deferral: None,
            standing: Standing::WhereItEnds,
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

/// Whether a rule has another form, without the hazard, for what it finds. That can still be left out: the author's BEGIN and
/// COMMIT, or an order that does not hold, keep a migration as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It has one for all that it finds.
    Always,
    /// It has one for some of it and reports the rest.
    Sometimes,
    /// It only reports.
    Never,
}

impl Availability {
    /// The word in lists: whether it is rewritten.
    pub fn word(self) -> &'static str {
        match self {
            Availability::Always => "always",
            Availability::Sometimes => "sometimes",
            Availability::Never => "never",
        }
    }

    /// The line on a rule's page.
    pub fn sentence(self) -> &'static str {
        match self {
            Availability::Always => "Rewritten.",
            Availability::Sometimes => "Rewritten where that has a safe form; reported elsewhere.",
            Availability::Never => "Reported, never rewritten.",
        }
    }
}

/// A rule: its id, its page and the function that applies it.
pub struct Rule {
    /// The id, as in `safestep explain ID` and `[rules]`.
    pub id: &'static str,
    /// What it looks at.
    pub scope: Scope,
    /// Whether it rewrites what it finds.
    pub availability: Availability,
    /// The source of its file, whose opening comment is the manual page.
    source: &'static str,
    apply: fn(&Site<'_>) -> Option<Outcome>,
}

impl Rule {
    /// Looks at one operation; `None` when the rule has nothing to say.
    pub fn apply(&self, site: &Site<'_>) -> Option<Outcome> {
        let outcome = (self.apply)(site)?;
        let rewrites = outcome.steps.is_some() && !outcome.guarded;
        let as_declared = match self.availability {
            Availability::Always => rewrites,
            Availability::Sometimes => true,
            Availability::Never => !rewrites && outcome.hazard.applicability != Applicability::Safe,
        };
        debug_assert!(as_declared, "{} is declared as {} rewritten", self.id, self.availability.word());
        Some(outcome)
    }

    /// The manual page: Markdown, the first line is the title, the second paragraph says whether the rule rewrites.
    pub fn page(&self) -> String {
        let (title, text) = self.written();
        format!("{title}\n\n{}\n{text}", self.availability.sentence())
    }

    /// What is dangerous, in one sentence.
    pub fn summary(&self) -> String {
        first_sentence(&self.written().1)
    }

    /// What its page advises, in one sentence.
    pub fn advice(&self) -> String {
        let (_, text) = self.written();
        first_sentence(text.split_once("## Instead\n").map_or("", |(_, instead)| instead))
    }

    /// The comment at the top of its file: the title, and what stands under it.
    fn written(&self) -> (&'static str, String) {
        let lines = self.source.lines().take_while(|line| line.starts_with("//!"));
        let mut lines = lines.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or(""));
        (lines.next().unwrap_or_default(), lines.collect::<Vec<_>>().join("\n"))
    }
}

/// The first sentence of the first paragraph; where that is the only one, what stands before its colon.
fn first_sentence(text: &str) -> String {
    let paragraph = text.lines().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    let paragraph = paragraph.collect::<Vec<_>>().join(" ");
    let end = paragraph.find(". ").or_else(|| paragraph.find(": ")).unwrap_or(paragraph.len());
    paragraph[..end].trim_end_matches(['.', ':']).to_owned()
}

macro_rules! registry {
    ($($scope:ident { $($module:ident => $id:literal, $availability:ident;)* })*) => {
        /// Every rule, in the order in which they are asked.
        pub static RULES: &[Rule] = &[$($(Rule {
            id: $id,
            scope: Scope::$scope,
            availability: Availability::$availability,
            source: include_str!(concat!(stringify!($module), ".rs")),
            apply: $module::apply,
        }),*),*];
    };
}

registry! {
    Operation {
        failing_statement => "failing-statement", Never;
        reserved_object => "reserved-object", Never;
        rename_table => "rename-table", Sometimes;
        set_not_null => "set-not-null", Sometimes;
        replace_key => "replace-key", Always;
        replace_check => "replace-check", Always;
        replace_index => "replace-index", Always;
        create_unique_index => "create-unique-index", Sometimes;
        create_index => "create-index", Sometimes;
        drop_index => "drop-index", Always;
        replace_foreign_key => "replace-foreign-key", Always;
        add_foreign_key => "add-foreign-key", Sometimes;
        add_check => "add-check", Always;
        add_primary_key => "add-primary-key", Sometimes;
        add_unique => "add-unique", Sometimes;
        split_column => "split-column", Sometimes;
        rename_column => "rename-column", Sometimes;
        retype_by_drop => "retype-by-drop", Never;
        add_required_column => "add-required-column", Sometimes;
        add_generated_column => "add-generated-column", Never;
        add_serial_column => "add-serial-column", Sometimes;
        add_column_default => "add-column-default", Sometimes;
        add_column_constraint => "add-column-constraint", Sometimes;
        add_enum_value => "add-enum-value", Always;
        replace_enum => "replace-enum", Sometimes;
        change_column_type => "change-column-type", Sometimes;
        rename_type => "rename-type", Never;
        drop_column => "drop-column", Sometimes;
        drop_table => "drop-table", Sometimes;
        drop_type => "drop-type", Never;
        data_change => "data-change", Sometimes;
        lock_table => "lock-table", Never;
        row_security => "row-security", Never;
        concurrently_in_transaction => "concurrently-in-transaction", Always;
        concurrent_leftover => "concurrent-leftover", Sometimes;
        commit_in_file => "commit-in-file", Never;
        blocking_operation => "blocking-operation", Never;
        several_tables => "several-tables", Never;
        missing_lock_timeout => "missing-lock-timeout", Sometimes;
    }
    Transaction {
        work_under_lock => "work-under-lock", Sometimes;
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
