//! Who waits: statement by statement as the migration was written, and step by step as it is rewritten.
//!
//! ```text
//! as written, until it commits
//!   line 2   "User"   ████████   ACCESS EXCLUSIVE for one full scan
//! in steps
//!   step 1   "User"   ▏          instant (ACCESS EXCLUSIVE)
//!   step 2   "User"   ░░░░░░░░   scans, blocks nothing
//! ```

use super::text::columns::width;
use crate::report::{HazardReport, MigrationReport, Severity, StepReport};
use crate::source::visible;

/// What the bars mean.
pub(super) const LEGEND: &str = "█ others wait, ▏ for a moment, ░ nobody waits";

/// Others wait as long as it takes.
const WAITS: &str = "████████";
/// They wait, and for how long nobody knows.
const MAY_WAIT: &str = "▒▒▒▒▒▒▒▒";
const MOMENT: &str = "▏";
const GOES_ON: &str = "░░░░░░░░";

/// The longest cell, in characters.
const CELL: usize = 80;

/// One line: what it is, on which tables, who waits, the words for that.
type Row = [String; 4];

/// The lines of one migration, each with its end; none where nothing of it is rewritten, or it had no lock that others feel.
pub(super) fn lines(migration: &MigrationReport) -> String {
    let before: Vec<Row> = naive(migration).into_iter().map(of_hazard).collect();
    let after = of_steps(migration);
    if before.is_empty() || after.is_empty() {
        return String::new();
    }
    let widest = |at: usize| before.iter().chain(&after).map(|row: &Row| width(&row[at])).max().unwrap_or(0);
    let widths = [widest(0), widest(1), widest(2)];
    let of_rows = |rows: &[Row]| -> String { rows.iter().map(|row| line(row, widths)).collect() };
    format!("as written, until it commits\n{}in steps\n{}", of_rows(&before), of_rows(&after))
}

/// What is rewritten and takes a lock, from the top of its file on.
fn naive(migration: &MigrationReport) -> Vec<&HazardReport> {
    let is_felt = |hazard: &&HazardReport| hazard.rewritten && hazard.lock.is_some() && !hazard.label.is_empty();
    let mut hazards: Vec<&HazardReport> = migration.hazards.iter().filter(is_felt).collect();
    hazards.sort_by_key(|hazard| hazard.line);
    hazards
}

fn of_hazard(hazard: &HazardReport) -> Row {
    let bar = match hazard.severity {
        Severity::Danger => WAITS,
        Severity::Caution => MAY_WAIT,
    };
    row(format!("line {}", hazard.line), hazard.table.iter().map(String::as_str), bar, hazard.label.clone())
}

/// What runs at once is one row, and so is what runs one after the other in the same way.
fn of_steps(migration: &MigrationReport) -> Vec<Row> {
    let by_number = migration.steps.chunk_by(|one, other| (one.number, &one.phase) == (other.number, &other.phase));
    by_number.map(of_step).collect()
}

fn of_step(parts: &[StepReport]) -> Row {
    let mut tables: Vec<&str> = Vec::new();
    for table in parts.iter().flat_map(|part| &part.tables) {
        if !tables.contains(&table.as_str()) {
            tables.push(table);
        }
    }
    let mode = |part: &StepReport| Some(part.lock.as_deref()?.split_once(" on ")?.0.to_owned());
    let blocks =
        |mode: &String| ["ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE"].contains(&mode.as_str());
    let strong = parts.iter().filter_map(mode).find(blocks);
    let mut durations: Vec<&str> = parts.iter().map(|part| part.duration.as_str()).collect();
    durations.dedup();
    let words = durations.join(", ");
    let bar = match (&strong, words.as_str()) {
        (Some(_), "instant") => MOMENT,
        (None, "instant" | "locks nothing in use") => "",
        (Some(_), _) => MAY_WAIT,
        (None, _) => GOES_ON,
    };
    let words = strong.map_or_else(|| words.clone(), |mode| format!("{words} ({mode})"));
    row(format!("step {}", parts[0].number), tables.into_iter(), bar, words)
}

fn row<'a>(what: String, tables: impl Iterator<Item = &'a str>, bar: &str, words: String) -> Row {
    let cell = |text: String| visible(&text).chars().take(CELL).collect::<String>();
    [what, cell(tables.collect::<Vec<_>>().join(" ")), bar.to_owned(), cell(words)]
}

fn line(row: &Row, widths: [usize; 3]) -> String {
    let pad = |text: &str, columns: usize| format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))));
    let [what, tables, bar] = [0, 1, 2].map(|at| pad(&row[at], widths[at]));
    format!("  {what}   {tables}   {bar}   {}", row[3]).trim_end().to_owned() + "\n"
}
