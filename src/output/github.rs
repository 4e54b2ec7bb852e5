//! Annotations for GitHub: workflow commands in the log, which GitHub shows at their lines of the pull request.
//!
//! Source: GitHub documentation, *Workflow commands for GitHub Actions*; the escapes are those of `actions/toolkit`
//! (`packages/core/src/command.ts`).

use super::summary::Counts;
use crate::report::{HazardReport, OpaqueReport, Report, Severity};
use crate::source::visible_lines;

/// A command for each hazard and each statement that is not read, and the summary as the last line.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for migration in &report.migrations {
        out.extend(migration.hazards.iter().map(hazard));
        out.extend(migration.opaque.iter().map(opaque));
    }
    out + &data(&Counts::of(report).found_in("migration")) + "\n"
}

fn hazard(hazard: &HazardReport) -> String {
    let command = match hazard.severity {
        Severity::Danger => "error",
        Severity::Caution => "warning",
    };
    let mut place = format!("file={},line={},endLine={}", property(&hazard.file), hazard.line, hazard.end_line);
    if hazard.line == hazard.end_line {
        // GitHub takes columns on one line only; ours end behind the last character, GitHub's at it.
        let last = hazard.end_column.saturating_sub(1).max(hazard.column);
        place += &format!(",col={},endColumn={last}", hazard.column);
    }
    let title = property(&format!("safestep: {}", hazard.rule));
    let help = if hazard.help.is_empty() { String::new() } else { format!("\n{}", hazard.help) };
    format!("::{command} {place},title={title}::{}\n", data(&format!("{}{help}", hazard.message)))
}

fn opaque(statement: &OpaqueReport) -> String {
    let place = format!("file={},line={}", property(&statement.file), statement.line);
    let text = format!("{} is left as it is: safestep does not read it and promises nothing about it", statement.what);
    format!("::notice {place},title=safestep::{}\n", data(&text))
}

fn data(text: &str) -> String {
    visible_lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn annotations() {
        insta::assert_snapshot!(render(&example::combo()), @r##"
    ::error file=prisma/migrations/20261120105114_combo/migration.sql,line=3,endLine=3,col=1,endColumn=32,title=safestep%3A set-not-null::every read and write of "User" waits while all its rows are checked%0Arewritten: check NOT VALID, validate, set, drop the check (files 1, 2)
    ::error file=prisma/migrations/20261120105114_combo/migration.sql,line=6,endLine=6,col=1,endColumn=12,title=safestep%3A create-index::every write to "Post" waits until the index is built%0Arewritten: CREATE INDEX CONCURRENTLY (file 3)
    ::error file=prisma/migrations/20261120105114_combo/migration.sql,line=9,endLine=9,col=1,endColumn=19,title=safestep%3A create-unique-index::every write to "User" waits until the index is built
    ::error file=prisma/migrations/20261120105114_combo/migration.sql,line=12,endLine=12,col=20,endColumn=49,title=safestep%3A add-foreign-key::every write to "Post" and "User" waits
    4 dangers in 1 migration
    "##);
    }

    #[test]
    fn a_name_starts_no_command() {
        let mut report = example::combo();
        let hazard = &mut report.migrations[0].hazards[0];
        hazard.file = "a,b:c%\n::add-mask::x/migration.sql".into();
        hazard.message = "100% of \"a\n::set-output name=x::y\"".into();
        let text = render(&report);
        assert!(text.lines().all(|line| line.starts_with("::error file=") || line.ends_with("migration")), "{text}");
        assert!(text.contains("file=a%2Cb%3Ac%25%0A%3A%3Aadd-mask%3A%3Ax/migration.sql"), "{text}");
        assert!(text.contains("100%25 of \"a%0A::set-output"), "{text}");
    }
}
