//! A code quality report for GitLab, which shows it in the merge request and tells what is new in it by the fingerprints.
//!
//! Source: GitLab documentation, *Code Quality*, "Code quality report format": a part of the Code Climate engine's issues.

use serde::Serialize;

use crate::report::{HazardReport, Report, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The report: a JSON array, ending in a newline.
///
/// # Errors
/// Those of `serde_json`; a [`Report`] holds nothing that it cannot write.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let issues: Vec<Issue<'_>> = report.migrations.iter().flat_map(|m| &m.hazards).map(issue).collect();
    Ok(serde_json::to_string_pretty(&issues)? + "\n")
}

fn issue(hazard: &HazardReport) -> Issue<'_> {
    let help = if hazard.help.is_empty() { String::new() } else { format!("; {}", hazard.help) };
    Issue {
        description: format!("{}{help}", hazard.message),
        check_name: &hazard.rule,
        fingerprint: &hazard.fingerprint,
        severity: match hazard.severity {
            Severity::Danger => "critical",
            Severity::Caution => "minor",
        },
        location: Location { path: &hazard.file, lines: Lines { begin: hazard.line, end: hazard.end_line } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn issues() {
        let issues: serde_json::Value = serde_json::from_str(&render(&example::combo()).unwrap()).unwrap();
        let path = "prisma/migrations/20261120105114_combo/migration.sql";
        assert_eq!(
            issues[1],
            serde_json::json!({
                "description": "every write to \"Post\" waits until the index is built; rewritten: CREATE INDEX CONCURRENTLY (file 3)",
                "check_name": "create-index",
                "fingerprint": "00000000000000000000000000000006",
                "severity": "critical",
                "location": { "path": path, "lines": { "begin": 6, "end": 6 } },
            })
        );
    }
}
