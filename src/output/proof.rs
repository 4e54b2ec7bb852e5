//! What a proof came to, as plain data and as text.

use schemars::JsonSchema;
use serde::Serialize;

use super::summary::thousands;
use super::text::{Role, Style, TextOptions};

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
    /// What is wrong with it.
    pub problem: Option<String>,
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
                "| `{}` | {} | {} | {} objects | {} | {} | {:.0} ms | {} | {} |\n",
                proof.name,
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
                "\n`{}` on PostgreSQL {}:\n\n```text\n{}\n```\n",
                proof.name,
                proof.postgres,
                proof.problems.join("\n")
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

    fn render(&self, style: Style, verbose: bool) -> String {
        let title = match self.verdict {
            _ if self.steps.is_empty() => "not rewritten",
            Verdict::Same => "proved",
            Verdict::FailsOnRows => "proved on empty tables; both fail on rows",
            Verdict::Fails => "both fail",
            Verdict::Differs => "NOT THE SAME",
        };
        let mut lines =
            vec![format!("{}   {title} on PostgreSQL {}", style.paint(Role::Path, &self.name), self.postgres)];
        let mut row = |name: &str, text: String| lines.push(format!("  {name:<14}{text}"));
        if matches!(self.verdict, Verdict::Same | Verdict::FailsOnRows) {
            row("same schema", format!("{} objects compared, 0 differ", thousands(self.catalog_objects)));
            row("same data", format!("{} tables, {} rows compared, 0 differ", self.tables, thousands(self.rows)));
            let blocking = self.longest_block();
            row("locks", format!("{} steps: longest blocking lock {blocking:.0} ms", self.steps.len()));
            if let Some(killed) = self.interrupted {
                row("interrupted", format!("{killed} steps killed half-way and run again: same result"));
            }
            if let Some(undone) = self.undone {
                let all = undone == self.steps.len();
                let end = if all { "the schema before" } else { "the others cannot be taken back" };
                row("undone", format!("{undone} steps undone in reverse: {end}"));
            }
        }
        if verbose {
            for step in &self.steps {
                let locks =
                    if step.locks.is_empty() { "no lock that matters".to_owned() } else { step.locks.join(", ") };
                lines.push(format!("    {}  {:.1} ms  {locks}", step.file, step.milliseconds));
            }
        }
        lines.extend(
            self.problems.iter().map(|problem| format!("  {} {problem}", style.paint(Role::Danger, "problem:"))),
        );
        lines.extend(self.notes.iter().map(|note| format!("  note: {note}")));
        lines.join("\n") + "\n"
    }
}
