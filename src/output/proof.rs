//! What a proof came to, as plain data and as text.

use schemars::JsonSchema;
use serde::Serialize;

use super::markdown::{code, fenced};
use super::summary::{plural, thousands};
use super::text::{Role, Style, TextOptions};
use crate::source::{visible, visible_lines};

/// The proofs of a run of `safestep verify`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ProofReport {
    /// Version of this data shape.
    pub version: u32,
    /// One for each rewritten migration and server version, in order.
    pub proofs: Vec<Proof>,
    /// How long all of it took; several proofs run side by side.
    pub seconds: f64,
}

/// How a sequence compares with the naive migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same schema and the same rows.
    #[default]
    Same,
    /// The naive migration fails on rows; the same on empty tables.
    FailsOnRows,
    /// Both fail, rows or not.
    Fails,
    /// Something is not as it was promised.
    Differs,
}

/// The proof of one migration on one server.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Proof {
    /// The migration's name.
    pub name: String,
    /// The server's version, `15.18`.
    pub postgres: String,
    /// How it compares.
    pub verdict: Verdict,
    /// Objects in the catalog that were compared.
    pub catalog_objects: usize,
    /// Tables whose rows were compared.
    pub tables: usize,
    /// Rows that were compared.
    pub rows: usize,
    /// Each file of the sequence.
    pub steps: Vec<StepProof>,
    /// The migration with two numbers of rows; absent when it locks no table that was there before.
    pub growth: Option<Growth>,
    /// After how many steps the database was looked at as others see it meanwhile.
    pub looks: usize,
    /// What became of NULLs, duplicates and orphans that the naive migration fails on.
    pub bad_rows: Vec<BadRows>,
    /// Steps that were killed half-way and run again; absent when that was not asked for.
    pub interrupted: Option<usize>,
    /// Steps that were taken back, from the last one on; absent when that was not asked for.
    pub undone: Option<usize>,
    /// What is not as promised; empty when it is proved.
    pub problems: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What a step really did.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepProof {
    /// The file.
    pub file: String,
    /// The locks that it held on relations that were there before the sequence.
    pub locks: Vec<String>,
    /// One of them blocks writers.
    pub blocks: bool,
    /// Tables whose rows it read or wrote under them.
    pub reads: Vec<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
    /// The same with the two numbers of rows of `growth`.
    pub grows: [f64; 2],
    /// No step of its own: it makes the one beside it bear repetition.
    pub helps: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Rows on which the naive migration fails.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BadRows {
    /// `NULLs`, `duplicates` or `orphans`.
    pub kind: String,
    /// The step that fails as well and leaves the rows alone; absent when the sequence fills the NULLs.
    pub stops_at: Option<String>,
    /// No row has changed then; false where the migration's own drops, fills and statements ran before.
    pub untouched: bool,
}

/// How long locks that block writers are held, with two numbers of rows.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Growth {
    /// Rows in every table that the migration locks.
    pub rows: [u32; 2],
    /// The statements of the naive migration that hold such locks.
    pub naive: Vec<NaiveStatement>,
}

/// A statement of the naive migration that blocks writers of a table.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct NaiveStatement {
    /// The statement, in one line.
    pub sql: String,
    /// The locks that block writers.
    pub locks: Vec<String>,
    /// How long it took with either number of rows, in milliseconds.
    pub milliseconds: [f64; 2],
}

impl Proof {
    /// A migration that does not run at all, rewritten or not.
    pub fn history(name: &str, postgres: &str, why: String) -> Proof {
        Proof {
            name: name.to_owned(),
            postgres: postgres.to_owned(),
            verdict: Verdict::Fails,
            notes: vec![format!("it fails on an empty database, so what comes after it is proved without it: {why}")],
            ..Proof::default()
        }
    }
}

impl ProofReport {
    /// True when nothing differs.
    pub fn holds(&self) -> bool {
        self.proofs.iter().all(|proof| proof.verdict != Verdict::Differs)
    }

    /// The proofs as a table for a pull request, with what differs under it.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| migration | PostgreSQL | | schema | rows | steps | longest blocking lock | interrupted | undone |\n|---|---|---|---|---|---|---|---|---|\n",
        );
        let count = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        for proof in &self.proofs {
            text.push_str(&format!(
                "| {} | {} | {} | {} objects | {} | {} | {:.0} ms | {} | {} |\n",
                code(&proof.name),
                proof.postgres,
                proof.title(),
                thousands(proof.catalog_objects),
                thousands(proof.rows),
                proof.steps.len(),
                proof.longest_block(),
                count(proof.interrupted),
                count(proof.undone),
            ));
        }
        for proof in self.proofs.iter().filter(|proof| !proof.problems.is_empty()) {
            text.push_str(&format!(
                "\n{} on PostgreSQL {}:\n\n{}",
                code(&proof.name),
                proof.postgres,
                fenced("text", &proof.problems.join("\n"))
            ));
        }
        text
    }

    /// The proofs for a reader, one paragraph for each migration and server.
    pub fn render(&self, options: &TextOptions) -> String {
        let style = Style::new(options.color, options.unicode);
        let mut text = String::new();
        for proof in &self.proofs {
            text.push_str(&proof.render(style, options.verbosity > 0));
            text.push('\n');
        }
        let proved = self.proofs.iter().filter(|p| p.verdict != Verdict::Differs && !p.steps.is_empty()).count();
        let broken = self.proofs.iter().filter(|p| p.verdict == Verdict::Differs).count();
        let seconds = self.seconds;
        let verdict = match (proved, broken) {
            (0, 0) => "nothing to prove: no migration is rewritten".to_owned(),
            (_, 0) => format!("{proved} proved, none differs ({seconds:.1} s)"),
            _ => format!("{proved} proved, {broken} differ ({seconds:.1} s)"),
        };
        text + &verdict + "\n"
    }
}

impl Proof {
    fn title(&self) -> &'static str {
        match self.verdict {
            _ if self.steps.is_empty() => "not rewritten",
            Verdict::Same => "proved",
            Verdict::FailsOnRows => "proved on empty tables; both fail on rows",
            Verdict::Fails => "both fail",
            Verdict::Differs => "NOT THE SAME",
        }
    }

    /// The longest that a step held a lock which blocks writers, in milliseconds.
    fn longest_block(&self) -> f64 {
        self.steps.iter().filter(|step| step.blocks).map(|step| step.milliseconds).fold(0.0, f64::max)
    }

    /// Where bad rows stop the sequence, in one line.
    fn stops(&self) -> String {
        let stop = |bad: &BadRows| {
            let Some(file) = &bad.stops_at else { return format!("{} are filled", bad.kind) };
            let until = self.steps.iter().position(|step| step.file == *file).unwrap_or_default();
            let step = self.steps.iter().take(until + 1).filter(|step| !step.helps).count();
            format!("{} stop step {step}", bad.kind)
        };
        let stops: Vec<String> = self.bad_rows.iter().map(stop).collect();
        let untouched = self.bad_rows.iter().all(|bad| bad.untouched);
        let rows = if untouched { "no row is touched" } else { "only what the migration itself changes has changed" };
        format!("{}; {rows}", stops.join(", "))
    }

    /// How long the steps hold locks that block writers, beside the naive migration: in one line.
    fn locks(&self) -> String {
        let steps = plural(self.steps.iter().filter(|step| !step.helps).count(), "step");
        let Some(growth) = &self.growth else {
            return format!("{steps}: longest blocking lock {:.0} ms", self.longest_block());
        };
        let blocking = || self.steps.iter().filter(|step| step.blocks);
        let longest = |at: usize| blocking().map(|step| step.grows[at]).fold(0.0, f64::max);
        let naive = |at: usize| growth.naive.iter().map(|statement| statement.milliseconds[at]).sum::<f64>();
        format!(
            "{steps}: longest blocking lock {:.0} ms at {} rows, {:.0} ms at {} (naive: {:.0} ms, {:.0} ms)",
            longest(0),
            thousands(growth.rows[0] as usize),
            longest(1),
            thousands(growth.rows[1] as usize),
            naive(0),
            naive(1),
        )
    }

    fn render(&self, style: Style, verbose: bool) -> String {
        let title = self.title();
        let mut lines = vec![format!(
            "{}   {title} on PostgreSQL {}",
            style.paint(Role::Path, &visible(&self.name)),
            self.postgres
        )];
        let mut row = |name: &str, text: String| lines.push(format!("  {name:<14}{text}"));
        if matches!(self.verdict, Verdict::Same | Verdict::FailsOnRows) {
            row("same schema", format!("{} objects compared, 0 differ", thousands(self.catalog_objects)));
            row("same data", format!("{} tables, {} rows compared, 0 differ", self.tables, thousands(self.rows)));
            row("locks", self.locks());
            if self.looks > 0 {
                row(
                    "in between",
                    format!("looked at after {}: nothing is missing or unprotected", plural(self.looks, "step")),
                );
            }
            if !self.bad_rows.is_empty() {
                row("bad rows", self.stops());
            }
            if let Some(killed) = self.interrupted {
                row("interrupted", format!("{} killed half-way and run again: same result", plural(killed, "step")));
            }
            if let Some(undone) = self.undone {
                let all = undone == self.steps.iter().filter(|step| !step.helps).count();
                let end = if all { "the schema before" } else { "the others cannot be taken back" };
                row("undone", format!("{} undone in reverse: {end}", plural(undone, "step")));
            }
        }
        if verbose {
            for step in &self.steps {
                let locks =
                    if step.locks.is_empty() { "no lock that matters".to_owned() } else { step.locks.join(", ") };
                lines.push(format!("    {}  {:.1} ms  {}", visible(&step.file), step.milliseconds, visible(&locks)));
            }
            for statement in self.growth.iter().flat_map(|growth| &growth.naive) {
                let [few, many] = statement.milliseconds;
                let (sql, locks) = (visible(&statement.sql), statement.locks.join(", "));
                lines.push(format!("    naive: {sql}  {few:.1} ms, {many:.1} ms  {}", visible(&locks)));
            }
        }
        lines.extend(
            self.problems
                .iter()
                .map(|problem| format!("  {} {}", style.paint(Role::Danger, "problem:"), visible_lines(problem))),
        );
        lines.extend(self.notes.iter().map(|note| format!("  note: {}", visible_lines(note))));
        lines.join("\n") + "\n"
    }
}
