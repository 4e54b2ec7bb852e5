//! Trials as one SVG picture that needs no style sheet, font or script of its own.

use std::fmt::Write;

use super::duration;
use crate::report::{SLICE, Side, StepTraffic, Trial};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 24.0;
/// Height of the plot of reads, and of that of writes.
const PLOT: f64 = 56.0;
const LINE: f64 = 17.0;
/// Points of a curve at most.
const POINTS: usize = 430;
/// Steps that are listed under a band.
const LISTED: usize = 24;

const INK: &str = "#1f2933";
const FAINT: &str = "#7b8794";
const READS: &str = "#2f7ed8";
const WRITES: &str = "#d9822b";
const STALL: &str = "#d64545";
const CALM: &str = "#2f8f5b";

/// The picture of all trials, one below the other.
pub(super) fn draw(trials: &[Trial]) -> String {
    let mut page = Page { text: String::new(), y: 0.0 };
    for trial in trials {
        page.trial(trial);
    }
    let height = page.y + 14.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>Traffic during a migration, naive and as a sequence</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d5dae0\"/>\n\
         <g font-family=\"ui-sans-serif, system-ui, 'Helvetica Neue', Arial, sans-serif\" font-size=\"12.5\" fill=\"{INK}\">\n{}</g>\n</svg>\n",
        page.text
    )
}

struct Page {
    text: String,
    /// Where the next thing goes.
    y: f64,
}

impl Page {
    fn trial(&mut self, trial: &Trial) {
        self.y += 30.0;
        self.say(22.0, INK, " font-size=\"16\" font-weight=\"600\"", &trial.name);
        self.y += 19.0;
        let conditions = format!("PostgreSQL {} · {}", trial.postgres, trial.conditions());
        self.say(22.0, FAINT, "", &conditions);
        let limit = trial.promised.unwrap_or(1_000.0);
        self.band("naive", &trial.naive, limit);
        self.band("sequence", &trial.sequence, limit);
    }

    fn band(&mut self, name: &str, side: &Side, limit: f64) {
        self.y += 34.0;
        let (kind, worst) = side.worst();
        let colour = if worst.longest > limit { STALL } else { CALM };
        self.say(
            22.0,
            INK,
            " font-size=\"14\" font-weight=\"600\"",
            &format!("{name} · {}", duration(side.seconds * 1e3)),
        );
        let stall = format!("longest stall {} ({kind})", duration(worst.longest));
        self.say(190.0, colour, " font-size=\"14\" font-weight=\"600\"", &stall);
        let both = format!(
            "{} statements, {} failed · p99 of reads {}, of writes {}",
            super::thousands(side.sent()),
            super::thousands(side.failed()),
            duration(side.reads.p99),
            duration(side.writes.p99)
        );
        let colour = if side.failed() > 0 { STALL } else { FAINT };
        self.say(430.0, colour, "", &both);
        self.y += 24.0;
        let plot = Plot { top: self.y, seconds: side.answered.len() as f64 * SLICE };
        self.steps(&plot, side, limit);
        self.curve(&plot, side, 0, "reads", READS);
        self.curve(&plot, side, 1, "writes", WRITES);
        self.axis(&plot);
        self.y += 2.0 * PLOT + 34.0;
        self.list(&side.steps, limit);
        if let Some(why) = &side.failure {
            self.say(LEFT, STALL, "", &format!("failed: {why}"));
            self.y += LINE;
        }
        self.y -= LINE - 4.0;
    }

    /// A line where each step begins, and a shade over those that somebody waited for too long.
    fn steps(&mut self, plot: &Plot, side: &Side, limit: f64) {
        let mut free_from = 0.0;
        let bottom = plot.top + 2.0 * PLOT;
        for (number, step) in side.steps.iter().enumerate() {
            let (from, to) = (plot.x(step.begins), plot.x(step.begins + step.seconds));
            if step.longest_read.max(step.longest_write) > limit {
                let width = (to - from).max(1.0);
                let _ = writeln!(
                    self.text,
                    "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{STALL}\" opacity=\"0.14\"/>",
                    plot.top,
                    2.0 * PLOT
                );
            }
            let _ = writeln!(
                self.text,
                "<path d=\"M{from:.1} {:.1}V{bottom:.1}\" stroke=\"{FAINT}\" stroke-width=\"0.6\" stroke-dasharray=\"2 3\"/>",
                plot.top - 3.0
            );
            if from >= free_from {
                let _ = writeln!(
                    self.text,
                    "<text x=\"{from:.1}\" y=\"{:.1}\" font-size=\"10.5\" text-anchor=\"middle\" fill=\"{FAINT}\">{}</text>",
                    plot.top - 6.0,
                    number + 1
                );
                free_from = from + 16.0;
            }
        }
        let end = plot.x(side.begins + side.seconds);
        let _ = writeln!(
            self.text,
            "<path d=\"M{end:.1} {:.1}V{bottom:.1}\" stroke=\"{FAINT}\" stroke-width=\"0.6\"/>",
            plot.top - 3.0
        );
    }

    /// Statements that succeeded over time, cut off at twice the usual number: what was late comes in a burst.
    fn curve(&mut self, plot: &Plot, side: &Side, kind: usize, name: &str, colour: &str) {
        let base = plot.top + PLOT * (kind as f64 + 1.0);
        let slices = side.answered.len().max(1);
        let each = slices.div_ceil(POINTS);
        let means: Vec<f64> = side
            .answered
            .chunks(each)
            .map(|chunk| chunk.iter().map(|answered| f64::from(answered[kind])).sum::<f64>() / chunk.len() as f64)
            .collect();
        let usual = {
            let mut busy: Vec<f64> = means.iter().copied().filter(|mean| *mean > 0.0).collect();
            busy.sort_by(f64::total_cmp);
            busy.get(busy.len() / 2).copied().unwrap_or(1.0)
        };
        let mut path = format!("M{:.1} {base:.1}", plot.x(0.0));
        for (at, mean) in means.iter().enumerate() {
            let height = (mean / (2.0 * usual)).min(1.0) * (PLOT - 6.0);
            let from = (at * each) as f64 * SLICE;
            let to = ((at + 1) * each).min(slices) as f64 * SLICE;
            let _ = write!(path, "L{:.1} {:.1}H{:.1}", plot.x(from), base - height, plot.x(to));
        }
        let _ = writeln!(
            self.text,
            "<path d=\"{path}V{base:.1}Z\" fill=\"{colour}\" fill-opacity=\"0.55\" stroke=\"{colour}\" stroke-width=\"0.8\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>",
            LEFT - 8.0,
            base - 12.0
        );
    }

    fn axis(&mut self, plot: &Plot) {
        let base = plot.top + 2.0 * PLOT;
        let _ = writeln!(
            self.text,
            "<path d=\"M{LEFT} {base:.1}H{:.1}\" stroke=\"{FAINT}\" stroke-width=\"0.8\"/>",
            WIDTH - RIGHT
        );
        let every = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0];
        let every = every.into_iter().find(|every| plot.seconds / every <= 12.0).unwrap_or(3_600.0);
        let mut at = 0.0;
        while at <= plot.seconds {
            let _ = writeln!(
                self.text,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10.5\" text-anchor=\"middle\" fill=\"{FAINT}\">{at} s</text>",
                plot.x(at),
                base + 14.0
            );
            at += every;
        }
    }

    fn list(&mut self, steps: &[StepTraffic], limit: f64) {
        for (number, step) in steps.iter().take(LISTED).enumerate() {
            let longest = step.longest_read.max(step.longest_write);
            let colour = if longest > limit { STALL } else { FAINT };
            let waits = format!("reads {}, writes {}", duration(step.longest_read), duration(step.longest_write));
            self.say(LEFT, FAINT, "", &format!("{}", number + 1));
            self.say(LEFT + 26.0, FAINT, "", &duration(step.seconds * 1e3));
            self.say(LEFT + 86.0, colour, "", &waits);
            self.say(
                LEFT + 292.0,
                INK,
                " font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"11\"",
                &cut(&step.name),
            );
            self.y += LINE;
        }
        if steps.len() > LISTED {
            self.say(LEFT, FAINT, "", &format!("… {} more", steps.len() - LISTED));
            self.y += LINE;
        }
    }

    fn say(&mut self, x: f64, colour: &str, attributes: &str, text: &str) {
        let _ = writeln!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{colour}\"{attributes}>{}</text>",
            self.y,
            escaped(text)
        );
    }
}

/// Where a band's curves are.
struct Plot {
    top: f64,
    seconds: f64,
}

impl Plot {
    fn x(&self, second: f64) -> f64 {
        LEFT + second / self.seconds.max(SLICE) * (WIDTH - LEFT - RIGHT)
    }
}

fn cut(text: &str) -> String {
    const MOST: usize = 82;
    match text.chars().count() <= MOST {
        true => text.to_owned(),
        false => text.chars().take(MOST - 1).chain(['…']).collect(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
