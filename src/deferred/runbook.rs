//! `RUNBOOK.md`: a page for who brings a sequence to its end.

use super::stored::{PhaseState, Sequence, StoredPhase};
use crate::framework::header::SQL;
use crate::plan::Owned;
use crate::report::{MigrationReport, StepReport};
use crate::source::visible;

/// What a framework says in the page.
pub struct Words<'a> {
    /// The command that runs the migrations.
    pub deploy: &'a str,
    /// The lines of the model for the time between.
    pub model: &'a [String],
    /// What they are for.
    pub meanwhile: &'a str,
    /// What else to know of that time, a sentence each.
    pub beware: &'a [&'a str],
}

/// The page of a sequence. `report` tells of its steps.
pub fn runbook(sequence: &Sequence, report: &MigrationReport, words: &Words<'_>) -> String {
    let Words { deploy, .. } = words;
    let mut page = format!("# {}\n\n{}", visible(&sequence.migration), checklist(sequence, deploy));
    page += &format!(
        "\n{} Code that is still running may name what goes, so the migration is cut where a deploy must happen: between two \
         deploys the code before and the code after both work.\n",
        outcome(sequence)
    );
    for (at, phase) in sequence.phases.iter().enumerate() {
        page += &format!("\n## {}. {}\n\n", at + 1, phase.phase);
        page += &of_phase(phase, report, words);
    }
    page + WATCH
}

/// What becomes of what is its own.
fn outcome(sequence: &Sequence) -> String {
    let owns = sequence.owns();
    let name = |owned: &Owned| code(&owned.to_string());
    let becomes = |owned: &Owned, to: String| format!("{} becomes {}", name(owned), code(&to));
    let renamed = |owned: &Owned| match owned {
        Owned::Column { becomes: Some(to), .. } => {
            Some(format!("{}; a trigger keeps both in step until it goes.", becomes(owned, to.to_string())))
        }
        Owned::Name { table, .. } => {
            Some(format!("{}; a view has the old name until it goes.", becomes(owned, table.to_string())))
        }
        Owned::Shadow { of, .. } => Some(format!("{}; a trigger fills it until then.", becomes(owned, of.to_string()))),
        Owned::Column { becomes: None, .. } | Owned::Table { .. } | Owned::Type { .. } | Owned::Labels { .. } => None,
    };
    let gone: Vec<String> = owns.iter().filter(|owned| renamed(owned).is_none()).map(name).collect();
    let goes = if gone.len() == 1 { "goes" } else { "go" };
    let gone = (!gone.is_empty()).then(|| format!("{} {goes} for good.", gone.join(", ")));
    owns.iter().filter_map(renamed).chain(gone).collect::<Vec<_>>().join(" ")
}

fn checklist(sequence: &Sequence, deploy: &str) -> String {
    let mut lines = Vec::new();
    for phase in &sequence.phases {
        let files = match phase.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        lines.extend(phase.deploy.iter().map(|deploy| format!("deploy the code: {}", visible(deploy))));
        match (phase.state, phase.files.is_empty()) {
            (PhaseState::Released, true) => lines.push("deploy: nothing runs on the database yet".to_owned()),
            (PhaseState::Released, false) => lines.push(format!("{}: {files} with {}", phase.phase, code(deploy))),
            (PhaseState::Waiting, _) => lines.push(format!(
                "{}: {} brings in {files}; commit, then {}",
                phase.phase,
                code(&format!("safestep release {}", sequence.migration)),
                code(deploy)
            )),
        }
    }
    lines.iter().map(|line| format!("- [ ] {line}\n")).collect()
}

fn of_phase(
    phase: &StoredPhase,
    report: &MigrationReport,
    Words { model, meanwhile, beware, .. }: &Words<'_>,
) -> String {
    let mut text = String::new();
    if phase.state == PhaseState::Released {
        text += "Old code runs on, and reads and writes as before.\n";
        match model.is_empty() {
            true => text += "New code does not name what goes.\n",
            false => {
                text += &format!("New code does not name what goes. {meanwhile}\n\n");
                text += &fenced("", model);
            }
        }
        text += &beware.iter().map(|sentence| format!("{sentence}\n")).collect::<String>();
    }
    if !phase.deploy.is_empty() {
        let deploys: Vec<&str> = phase.deploy.iter().map(String::as_str).collect();
        text += &format!("Not before: {}.\n", visible(&deploys.join("; ")));
    }
    if !phase.checks.is_empty() {
        text += "Each of these must find nothing; `safestep status --database-url URL` asks them:\n\n";
        let queries =
            phase.checks.iter().map(|check| format!("{SQL} {}\n{};", visible(&check.condition), visible(&check.query)));
        text += &fenced("sql", &queries.collect::<Vec<_>>());
    }
    if !phase.undo.is_empty() {
        text += "\nTo go back while it waits:\n\n";
        text += &phase.undo.iter().map(|how| format!("- {}\n", visible(how))).collect::<String>();
    }
    let steps: Vec<&StepReport> = report.steps.iter().filter(|step| step.phase == phase.phase).collect();
    if steps.is_empty() {
        return text + "\nNothing runs on the database.\n";
    }
    text += "\n| step | what | lock | how long | undo |\n|---|---|---|---|---|\n";
    for step in steps {
        let lock = step.lock.as_deref().unwrap_or("none that others feel");
        let cells = [&code(&step.name), &code(&brief(&step.sql)), &cell(lock), &cell(&step.duration), &undo(step)];
        text += &format!("| {} |\n", cells.map(String::as_str).join(" | "));
    }
    text
}

/// A statement as code; a reason as it is.
fn undo(step: &StepReport) -> String {
    match step.undo.chars().next() {
        Some(first) if first.is_ascii_uppercase() => code(&step.undo),
        _ => cell(&step.undo),
    }
}

fn cell(text: &str) -> String {
    visible(text).replace('|', "\\|")
}

/// The most characters of a statement in a table: its file has the rest.
const LONG: usize = 200;

/// A statement as far as a table has room for it.
fn brief(sql: &str) -> String {
    match sql.char_indices().nth(LONG) {
        Some((end, _)) => {
            format!("{} …", sql[..end].rsplit_once(char::is_whitespace).map_or(&sql[..end], |(head, _)| head))
        }
        None => sql.to_owned(),
    }
}

/// Text as code in one line, also where it has backticks.
fn code(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ticks = if words.contains('`') { "``" } else { "`" };
    format!("{ticks}{}{ticks}", cell(&words))
}

fn fenced(language: &str, lines: &[String]) -> String {
    format!("```{language}\n{}\n```\n", lines.join("\n"))
}

const WATCH: &str = "
## While a phase runs

Every step can be interrupted, and its file says how to go on. Stop when sessions queue behind it or a standby falls behind:

```sql
-- who waits for a lock, and for whom
SELECT pid, pg_blocking_pids(pid), wait_event_type, now() - query_start AS since, left(query, 80) FROM pg_stat_activity WHERE wait_event_type = 'Lock';
-- how far standbys are behind
SELECT application_name, replay_lag FROM pg_stat_replication;
```
";
