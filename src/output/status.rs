//! What waits for a deploy: one screen at a terminal, and a checklist on a pull request.

use super::text::{Role, Style, TextOptions};
use crate::report::{CheckOutcome, CheckStatus, PhaseStatus, Release, SequenceStatus, StatusReport};
use crate::source::visible;

impl StatusReport {
    /// For a person at a terminal.
    pub fn render(&self, options: &TextOptions) -> String {
        let style = Style::new(options.color, options.unicode);
        match self.sequences.as_slice() {
            [] => "nothing waits for a deploy\n".to_owned(),
            sequences => {
                let blocks: Vec<String> = sequences.iter().map(|sequence| of_sequence(sequence, style)).collect();
                blocks.join("\n")
            }
        }
    }

    /// For a pull request: a checklist.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for sequence in &self.sequences {
            out += &format!("**{}**\n\n", visible(&sequence.name));
            for phase in &sequence.phases {
                let mark = if phase.state == Release::Released { 'x' } else { ' ' };
                out += &format!("- [{mark}] {}\n", visible(&sentence(phase)));
                for check in &phase.checks {
                    let mark = if check.outcome == CheckOutcome::Holds { 'x' } else { ' ' };
                    out += &format!("  - [{mark}] {}\n", visible(&check.what));
                }
            }
            out.push('\n');
        }
        if out.is_empty() { "Nothing waits for a deploy.\n".to_owned() } else { out }
    }
}

fn of_sequence(sequence: &SequenceStatus, style: Style) -> String {
    let mut out = format!("{}\n", style.paint(Role::Path, &visible(&sequence.path)));
    let names = sequence.phases.iter().map(|phase| phase.phase.len()).max().unwrap_or_default();
    for phase in &sequence.phases {
        let (word, role) = match phase.state {
            Release::Released => ("released", Role::Safe),
            Release::Next => ("next", Role::Caution),
            Release::Later => ("later", Role::Dim),
        };
        let state = style.paint(role, &format!("{word:<8}"));
        out += &format!("  {state}   {:<names$}   {}\n", phase.phase, visible(&files(phase)));
        let indent = " ".repeat(2 + 8 + 3 + names + 3);
        for deploy in &phase.deploy {
            out += &format!("{indent}after {}\n", visible(deploy));
        }
        for check in &phase.checks {
            out += &format!("{indent}{}\n", of_check(check, style));
        }
    }
    let failing = sequence.failing().count();
    let name = visible(&sequence.name).into_owned();
    out += &match failing {
        0 => format!("  `safestep release {name}` brings the next phase into the folder.\n"),
        _ => style.paint(Role::Danger, "  not yet: what fails above comes first") + "\n",
    };
    out
}

fn of_check(check: &CheckStatus, style: Style) -> String {
    let (word, role) = match check.outcome {
        CheckOutcome::Holds => ("holds", Role::Safe),
        CheckOutcome::Fails => ("fails", Role::Danger),
        CheckOutcome::Unknown => ("not known", Role::Dim),
    };
    format!("{}  {}", style.paint(role, &format!("{word:<9}")), visible(&check.what))
}

fn files(phase: &PhaseStatus) -> String {
    match phase.files.as_slice() {
        [] => "nothing runs on the database".to_owned(),
        [only] => only.clone(),
        [first, .., last] => format!("{} files, {first} to {last}", phase.files.len()),
    }
}

fn sentence(phase: &PhaseStatus) -> String {
    let after = match phase.deploy.is_empty() {
        true => String::new(),
        false => format!(", after {}", phase.deploy.join("; ")),
    };
    format!("{}: {}{after}", phase.phase, files(phase))
}
