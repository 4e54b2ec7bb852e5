//! What a migration did to an application's traffic, for a reader, a pull request and as a picture.

mod chart;
mod svg;

use super::markdown::{cell, code};
use super::summary::{plural, thousands};
use super::text::{Role, Style, TextOptions};
use crate::report::{Side, Statements, TrafficReport, Trial};
use crate::source::{visible, visible_lines};

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
}

impl Trial {
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
                        cell(&code(&step.name)),
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
