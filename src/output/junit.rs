//! A JUnit report: a test for each migration, which fails where a hazard of it does.
//!
//! JUnit has no published schema. This is what Jenkins, GitLab and the actions for GitHub read: suites, cases, one
//! `failure` a case, `system-out`.

use std::fmt::Write;

use crate::report::{HazardReport, Level, MigrationReport, Report};
use crate::source::{visible, visible_lines};

/// The report, ending in a newline.
pub fn render(report: &Report) -> String {
    let failures = report.migrations.iter().filter(|migration| fails(migration)).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", report.migrations.len());
    let framework = attribute(&report.framework);
    let cases: String = report.migrations.iter().map(|migration| case(migration, &framework)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"safestep\" {counts}>\n  <testsuite \
         name=\"{framework}\" {counts} skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn fails(migration: &MigrationReport) -> bool {
    migration.hazards.iter().any(|hazard| hazard.level == Level::Error)
}

fn case(migration: &MigrationReport, framework: &str) -> String {
    let of = |level: Level| migration.hazards.iter().filter(move |hazard| hazard.level == level);
    let mut inside = String::new();
    if fails(migration) {
        let mut rules: Vec<&str> = of(Level::Error).map(|hazard| hazard.rule.as_str()).collect();
        rules.dedup();
        let text: String = of(Level::Error).map(told).collect();
        inside += &format!(
            "      <failure message=\"{}\" type=\"hazard\">{}</failure>\n",
            attribute(&rules.join(", ")),
            content(&text)
        );
    }
    let mut aside: String = of(Level::Warn).map(told).collect();
    for statement in &migration.opaque {
        let _ = writeln!(aside, "{}:{}: {} is not read", statement.file, statement.line, statement.what);
    }
    if !aside.is_empty() {
        inside += &format!("      <system-out>{}</system-out>\n", content(&aside));
    }
    let name = attribute(&migration.name);
    let file = attribute(&migration.path);
    let head = format!("    <testcase classname=\"{framework}\" name=\"{name}\" file=\"{file}\" time=\"0\"");
    if inside.is_empty() { format!("{head}/>\n") } else { format!("{head}>\n{inside}    </testcase>\n") }
}

fn told(hazard: &HazardReport) -> String {
    let HazardReport { file, line, column, rule, message, help, .. } = hazard;
    let help = if help.is_empty() { String::new() } else { format!("  {help}\n") };
    format!("{file}:{line}:{column}: [{rule}] {message}\n{help}")
}

fn attribute(text: &str) -> String {
    content(&visible(text)).replace('"', "&quot;")
}

/// XML 1.0 cannot hold most control characters, not even as references.
fn content(text: &str) -> String {
    visible_lines(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn a_report() {
        let mut report = example::combo();
        report.migrations[0].hazards.truncate(2);
        report.migrations[0].hazards[1].level = Level::Warn;
        report.migrations.push(example::migration("prisma/migrations/20261121000000_\"<&>\u{1}"));
        insta::assert_snapshot!(render(&report), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="safestep" tests="2" failures="1" errors="0">
      <testsuite name="prisma" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="prisma" name="20261120105114_combo" file="prisma/migrations/20261120105114_combo" time="0">
          <failure message="set-not-null" type="hazard">prisma/migrations/20261120105114_combo/migration.sql:3:1: [set-not-null] every read and write of "User" waits while all its rows are checked
      rewritten: check NOT VALID, validate, set, drop the check (files 1, 2)
    </failure>
          <system-out>prisma/migrations/20261120105114_combo/migration.sql:6:1: [create-index] every write to "Post" waits until the index is built
      rewritten: CREATE INDEX CONCURRENTLY (file 3)
    </system-out>
        </testcase>
        <testcase classname="prisma" name="20261121000000_&quot;&lt;&amp;&gt;\u{1}" file="prisma/migrations/20261121000000_&quot;&lt;&amp;&gt;\u{1}" time="0"/>
      </testsuite>
    </testsuites>
    "##);
    }
}
