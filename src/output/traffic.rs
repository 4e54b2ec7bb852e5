//! What a migration did to an application's traffic, as plain data and as text.

mod chart;
mod svg;

use schemars::JsonSchema;
use serde::Serialize;

use super::markdown::code;
use super::summary::{plural, thousands};
use super::text::{Role, Style, TextOptions};
use crate::source::{visible, visible_lines};

/// The trials of a run of `safestep verify --traffic`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TrafficReport {
    /// Version of this data shape.
    pub version: u32,
    /// One for each rewritten migration and server version, in order.
    pub trials: Vec<Trial>,
}

/// A migration under traffic: as it was written, and as a sequence.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Trial {
    /// The migration's name.
    pub name: String,
    /// The server's version, `15.18`.
    pub postgres: String,
    /// The tables that are read and written: those that the naive migration locks.
    pub tables: Vec<String>,
    /// Rows in each of them.
    pub rows: u32,
    /// Sessions that send statements, half of them readers and half writers.
    pub clients: u32,
    /// Statements per second of all clients together.
    pub rate: u32,
    /// The longest stall that the sequence promises, in milliseconds; absent when no `lock_timeout` is set.
    pub promised: Option<f64>,
    /// The migration as it was written.
    pub naive: Side,
    /// The sequence.
    pub sequence: Side,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One way to run the migration, with the traffic beside it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Side {
    /// How long the migration took, in seconds.
    pub seconds: f64,
    /// When it began, in seconds after the traffic.
    pub begins: f64,
    /// What was sent, in order.
    pub steps: Vec<StepTraffic>,
    /// Statements that read, since the migration began and until a second after it.
    pub reads: Statements,
    /// Statements that write, since then.
    pub writes: Statements,
    /// Statements that succeeded in each slice of [`SLICE`] seconds, since the traffic began: reads and writes.
    pub answered: Vec<[u32; 2]>,
    /// Why the migration failed.
    pub failure: Option<String>,
}

/// Length of a slice of [`Side::answered`], in seconds.
pub const SLICE: f64 = 0.1;

/// A statement or step of the migration, and what clients felt of it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepTraffic {
    /// The statement in one line, or the file.
    pub name: String,
    /// When it began, in seconds after the traffic.
    pub begins: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The longest that a read waited during it, in milliseconds.
    pub longest_read: f64,
    /// The longest that a write waited during it, in milliseconds.
    pub longest_write: f64,
}

/// Statements of one kind, with their waits from the moment at which a client wanted an answer. In milliseconds.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Statements {
    /// How many.
    pub sent: usize,
    /// How many of them failed.
    pub failed: usize,
    /// What the server said to the first that failed.
    pub first_failure: Option<String>,
    /// Half of them waited no longer.
    pub p50: f64,
    /// 99 of 100 waited no longer.
    pub p99: f64,
    /// The longest wait.
    pub longest: f64,
    /// When that one was sent, in seconds after the traffic began.
    pub longest_at: f64,
}

impl Side {
    /// The kind of statement that waited longest: its name and its numbers.
    fn worst(&self) -> (&'static str, &Statements) {
        match self.reads.longest > self.writes.longest {
            true => ("reads", &self.reads),
            false => ("writes", &self.writes),
        }
    }

    fn sent(&self) -> usize {
        self.reads.sent + self.writes.sent
    }

    fn failed(&self) -> usize {
        self.reads.failed + self.writes.failed
    }
}

impl Trial {
    /// True when the sequence ran to its end and stopped nothing that the naive migration lets pass.
    pub fn holds(&self) -> bool {
        self.sequence.failure.is_none() && (self.sequence.failed() == 0 || self.naive.failed() > 0)
    }

    fn conditions(&self) -> String {
        format!(
            "{} rows in {}, {}, {} statements a second",
            thousands(self.rows as usize),
            self.tables.join(" and "),
            plural(self.clients as usize, "client"),
            thousands(self.rate as usize)
        )
    }
}

impl TrafficReport {
    /// True when every sequence ran to its end.
    pub fn holds(&self) -> bool {
        self.trials.iter().all(Trial::holds)
    }

    /// The trials as pictures in one SVG document, which needs nothing else.
    pub fn svg(&self) -> String {
        svg::draw(&self.trials)
    }

    /// The trials for a pull request.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for trial in &self.trials {
            text.push_str(&format!(
                "{} on PostgreSQL {}: {}\n\n| | took | statements | failed | reads: p50 | p99 | longest | writes: p50 | p99 | longest |\n|---|---|---|---|---|---|---|---|---|---|\n",
                code(&trial.name),
                trial.postgres,
                trial.conditions()
            ));
            for (name, side) in [("naive", &trial.naive), ("sequence", &trial.sequence)] {
                let cells: Vec<String> = [&side.reads, &side.writes]
                    .iter()
                    .flat_map(|s| [duration(s.p50), duration(s.p99), duration(s.longest)])
                    .collect();
                text.push_str(&format!(
                    "| {name} | {:.1} s | {} | {} | {} |\n",
                    side.seconds,
                    thousands(side.sent()),
                    side.failed(),
                    cells.join(" | ")
                ));
            }
            for (name, side) in [("naive", &trial.naive), ("sequence", &trial.sequence)] {
                text.push_str(&format!("\n| {name} | took | reads wait | writes wait |\n|---|---|---|---|\n"));
                for step in &side.steps {
                    text.push_str(&format!(
                        "| {} | {:.1} s | {} | {} |\n",
                        code(&step.name),
                        step.seconds,
                        duration(step.longest_read),
                        duration(step.longest_write)
                    ));
                }
            }
            text.extend(trial.notes.iter().map(|note| format!("\n{}\n", visible_lines(note))));
            text.push('\n');
        }
        text
    }

    /// The trials for a reader at a terminal.
    pub fn render(&self, options: &TextOptions) -> String {
        if self.trials.is_empty() {
            return "nothing to try: no migration is rewritten\n".to_owned();
        }
        let style = Style::new(options.color, options.unicode);
        let width = options.width.min(100);
        self.trials.iter().map(|trial| trial.render(style, width, options.unicode) + "\n").collect()
    }
}

impl Trial {
    fn render(&self, style: Style, width: usize, unicode: bool) -> String {
        let name = style.paint(Role::Path, &visible(&self.name));
        let mut lines = vec![format!("{name}   on PostgreSQL {}", self.postgres), format!("  {}", self.conditions())];
        for (name, side) in [("naive", &self.naive), ("sequence", &self.sequence)] {
            let (kind, worst) = side.worst();
            let is_bad = worst.longest > self.promised.unwrap_or(1_000.0);
            let role = if is_bad { Role::Danger } else { Role::Safe };
            let stall = style.paint(role, &format!("longest stall {} ({kind})", duration(worst.longest)));
            lines.push(String::new());
            lines.push(format!("{name:<9} {:.1} s   {stall}", side.seconds));
            for (kind, statements) in [("reads", &side.reads), ("writes", &side.writes)] {
                let failed = match statements.failed {
                    0 => "0 failed".to_owned(),
                    failed => style.paint(Role::Danger, &format!("{} failed", thousands(failed))),
                };
                lines.push(format!(
                    "  {kind:<7} {} sent, {failed}   p50 {}   p99 {}   longest {}",
                    thousands(statements.sent),
                    duration(statements.p50),
                    duration(statements.p99),
                    duration(statements.longest)
                ));
                lines.extend(
                    statements.first_failure.iter().map(|why| format!("          the first: {}", visible_lines(why))),
                );
            }
            lines.extend(chart::draw(side, width, unicode));
            lines.extend(chart::legend(side, width));
            lines.extend(
                side.failure
                    .iter()
                    .map(|why| format!("  {} {}", style.paint(Role::Danger, "failed:"), visible_lines(why))),
            );
        }
        lines.extend(self.notes.iter().map(|note| format!("\nnote: {}", visible_lines(note))));
        lines.join("\n") + "\n"
    }
}

/// Milliseconds as a reader wants them: `0.4 ms`, `93 ms`, `7.3 s`.
fn duration(milliseconds: f64) -> String {
    match milliseconds {
        m if m < 9.95 => format!("{m:.1} ms"),
        m if m < 999.5 => format!("{m:.0} ms"),
        m => format!("{:.1} s", m / 1e3),
    }
}
