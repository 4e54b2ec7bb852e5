//! SARIF 2.1.0, the format of code scanning: GitHub's Security tab, Azure DevOps, editors.
//!
//! Source: *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*, OASIS Standard, 27 March 2020.

use serde_json::{Value, json};

use super::summary::plural;
use crate::report::{FileAction, FileReport, HazardReport, MigrationReport, OpaqueReport, Report, Severity};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Paths are relative to the top of the repository, which whoever reads the log knows.
const ROOT: &str = "%SRCROOT%";

/// What a log says of a rule.
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// What is dangerous, in one sentence.
    pub summary: String,
    /// Its page, in Markdown.
    pub page: String,
}

/// The log, ending in a newline: a result for each hazard, with the whole rewrite of its migration as the fix of the first
/// that is rewritten; a notification for each statement that is not read.
///
/// # Errors
/// Those of `serde_json`; a [`Report`] holds nothing that it cannot write.
pub fn render(report: &Report, rules: &[Rule]) -> serde_json::Result<String> {
    let found = |rule: &&Rule| report.migrations.iter().flat_map(|m| &m.hazards).any(|hazard| hazard.rule == rule.id);
    let rules: Vec<&Rule> = rules.iter().filter(found).collect();
    let results: Vec<Value> = report.migrations.iter().flat_map(|migration| results(migration, &rules)).collect();
    let unread: Vec<Value> = report.migrations.iter().flat_map(|m| &m.opaque).map(notification).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": unread }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "properties": { "tags": ["postgresql", "migration"] },
    })
}

fn results(migration: &MigrationReport, rules: &[&Rule]) -> Vec<Value> {
    let rewritten = migration.hazards.iter().position(|hazard| hazard.rewritten);
    let mut results = Vec::new();
    for (at, hazard) in migration.hazards.iter().enumerate() {
        let mut result = result(hazard, rules);
        if Some(at) == rewritten && !migration.files.is_empty() {
            result["fixes"] = json!([fix(migration)]);
        }
        results.push(result);
    }
    results
}

fn result(hazard: &HazardReport, rules: &[&Rule]) -> Value {
    let help = if hazard.help.is_empty() { String::new() } else { format!("\n{}", hazard.help) };
    let region = json!({
        "startLine": hazard.line,
        "startColumn": hazard.column,
        "endLine": hazard.end_line,
        "endColumn": hazard.end_column,
        "snippet": { "text": hazard.statement },
    });
    let also = hazard.also.iter().map(|line| {
        let region = json!({ "startLine": line });
        json!({ "physicalLocation": { "artifactLocation": artifact(&hazard.file), "region": region } })
    });
    let mut result = json!({
        "ruleId": hazard.rule,
        "level": level(hazard.severity),
        "message": { "text": format!("{}{help}", hazard.message) },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(&hazard.file), "region": region } }],
        "partialFingerprints": { "hazard/v1": hazard.fingerprint },
        "properties": { "applicability": hazard.applicability, "rewritten": hazard.rewritten, "lock": hazard.lock },
    });
    if let Some(index) = rules.iter().position(|rule| rule.id == hazard.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !hazard.also.is_empty() {
        result["relatedLocations"] = also.collect();
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Danger => "error",
        Severity::Caution => "warning",
    }
}

/// The whole rewrite: a hazard cannot be mended alone, because the files of a sequence belong together.
fn fix(migration: &MigrationReport) -> Value {
    let files = plural(migration.files.len(), "file");
    json!({
        "description": { "text": format!("Rewrite the migration, {files} change (safestep rewrite --write)") },
        "artifactChanges": migration.files.iter().map(change).collect::<Vec<_>>(),
    })
}

/// A file that comes is inserted into nothing, one that goes loses all its lines.
fn change(file: &FileReport) -> Value {
    let before = file.before.as_deref().unwrap_or_default();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let mut replacement = json!({ "deletedRegion": {
        "startLine": 1,
        "startColumn": 1,
        "endLine": before.matches('\n').count() + 1,
        "endColumn": last.chars().count() + 1,
    }});
    if file.action != FileAction::Delete {
        replacement["insertedContent"] = json!({ "text": file.after.as_deref().unwrap_or_default() });
    }
    json!({ "artifactLocation": artifact(&file.path), "replacements": [replacement] })
}

fn notification(statement: &OpaqueReport) -> Value {
    let text = format!("{} is left as it is: safestep does not read it and promises nothing about it", statement.what);
    let region = json!({ "startLine": statement.line, "startColumn": statement.column });
    json!({
        "level": "note",
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(&statement.file), "region": region } }],
    })
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri(path), "uriBaseId": ROOT })
}

/// A path as a relative reference (RFC 3986): what may not stand in a segment is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn a_log() {
        let mut report = example::combo();
        report.migrations[0].hazards.truncate(2);
        report.migrations[0].files.truncate(2);
        let rule = |id| Rule { id, summary: "Rows are read.".into(), page: "# A page".into() };
        let rules = [rule("add-check"), rule("set-not-null"), rule("create-index")];
        let log = render(&report, &rules).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.0.0");
        insta::assert_snapshot!(log, @r##"
    {
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "runs": [
        {
          "columnKind": "unicodeCodePoints",
          "invocations": [
            {
              "executionSuccessful": true,
              "toolExecutionNotifications": []
            }
          ],
          "results": [
            {
              "fixes": [
                {
                  "artifactChanges": [
                    {
                      "artifactLocation": {
                        "uri": "prisma/migrations/20261120105114_combo/migration.sql",
                        "uriBaseId": "%SRCROOT%"
                      },
                      "replacements": [
                        {
                          "deletedRegion": {
                            "endColumn": 1,
                            "endLine": 13,
                            "startColumn": 1,
                            "startLine": 1
                          }
                        }
                      ]
                    },
                    {
                      "artifactLocation": {
                        "uri": "prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql",
                        "uriBaseId": "%SRCROOT%"
                      },
                      "replacements": [
                        {
                          "deletedRegion": {
                            "endColumn": 1,
                            "endLine": 1,
                            "startColumn": 1,
                            "startLine": 1
                          },
                          "insertedContent": {
                            "text": "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER NOT NULL DEFAULT 0;\n"
                          }
                        }
                      ]
                    }
                  ],
                  "description": {
                    "text": "Rewrite the migration, 2 files change (safestep rewrite --write)"
                  }
                }
              ],
              "level": "error",
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "prisma/migrations/20261120105114_combo/migration.sql",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "endColumn": 33,
                      "endLine": 3,
                      "snippet": {
                        "text": ""
                      },
                      "startColumn": 1,
                      "startLine": 3
                    }
                  }
                }
              ],
              "message": {
                "text": "every read and write of \"User\" waits while all its rows are checked\nrewritten: check NOT VALID, validate, set, drop the check (files 1, 2)"
              },
              "partialFingerprints": {
                "hazard/v1": "00000000000000000000000000000003"
              },
              "properties": {
                "applicability": "safe",
                "lock": "ACCESS EXCLUSIVE",
                "rewritten": true
              },
              "ruleId": "set-not-null",
              "ruleIndex": 0
            },
            {
              "level": "error",
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "prisma/migrations/20261120105114_combo/migration.sql",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "endColumn": 13,
                      "endLine": 6,
                      "snippet": {
                        "text": ""
                      },
                      "startColumn": 1,
                      "startLine": 6
                    }
                  }
                }
              ],
              "message": {
                "text": "every write to \"Post\" waits until the index is built\nrewritten: CREATE INDEX CONCURRENTLY (file 3)"
              },
              "partialFingerprints": {
                "hazard/v1": "00000000000000000000000000000006"
              },
              "properties": {
                "applicability": "safe",
                "lock": "SHARE",
                "rewritten": true
              },
              "ruleId": "create-index",
              "ruleIndex": 1
            }
          ],
          "tool": {
            "driver": {
              "name": "safestep",
              "rules": [
                {
                  "help": {
                    "markdown": "# A page",
                    "text": "# A page"
                  },
                  "id": "set-not-null",
                  "properties": {
                    "tags": [
                      "postgresql",
                      "migration"
                    ]
                  },
                  "shortDescription": {
                    "text": "Rows are read."
                  }
                },
                {
                  "help": {
                    "markdown": "# A page",
                    "text": "# A page"
                  },
                  "id": "create-index",
                  "properties": {
                    "tags": [
                      "postgresql",
                      "migration"
                    ]
                  },
                  "shortDescription": {
                    "text": "Rows are read."
                  }
                }
              ],
              "semanticVersion": "0.0.0"
            }
          }
        }
      ],
      "version": "2.1.0"
    }
    "##);
    }

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("/a b/ä%/001_x.sql"), "a%20b/%C3%A4%25/001_x.sql");
    }
}
