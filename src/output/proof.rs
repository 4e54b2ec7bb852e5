//! What a proof came to, for a reader and for a pull request.

use super::markdown::{cell, code, fenced};
use super::summary::{plural, thousands};
use super::text::{Role, Style, TextOptions};
use crate::report::{BadRows, Proof, ProofReport, Verdict};
use crate::source::{visible, visible_lines};

impl ProofReport {
    /// The proofs as a table for a pull request, with what differs under it.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| migration | PostgreSQL | | schema | rows | steps | longest blocking lock | interrupted | undone |\n|---|---|---|---|---|---|---|---|---|\n",
        );
        let count = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        for proof in &self.proofs {
            text.push_str(&format!(
                "| {} | {} | {} | {} objects | {} | {} | {:.0} ms | {} | {} |\n",
                cell(&code(&proof.name)),
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
        let rewritten = || self.proofs.iter().filter(|proof| !proof.steps.is_empty());
        let of = |verdict: Verdict| rewritten().filter(|proof| proof.verdict == verdict).count();
        let broken = self.proofs.iter().filter(|proof| proof.verdict == Verdict::Differs).count();
        let open = of(Verdict::NotKnown);
        let proved = rewritten().count() - of(Verdict::Differs) - open;
        let seconds = self.seconds;
        let open_too = if open > 0 { format!(", {open} not proved") } else { String::new() };
        let verdict = match (proved, broken, open) {
            (0, 0, 0) => "nothing to prove: no migration is rewritten".to_owned(),
            (_, 0, _) => format!("{proved} proved{open_too}, none differs ({seconds:.1} s)"),
            _ => format!("{proved} proved{open_too}, {broken} differ ({seconds:.1} s)"),
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
            Verdict::NotKnown => "NOT PROVED",
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
            let is_alone = self.by_command.as_ref().is_some_and(|by| by.is_alone);
            if !is_alone {
                row("locks", self.locks());
            }
            if let Some(by) = &self.by_command {
                let all = if is_alone { "; locks were not looked at" } else { "" };
                row(
                    "by command",
                    format!("{}, {} one by one: the same{all}", visible(&by.command), plural(by.files, "file")),
                );
            }
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
        if verbose && self.verdict != Verdict::NotKnown {
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
