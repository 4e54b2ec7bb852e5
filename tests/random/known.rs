//! Cases that were wrong once, or could easily be: `known_cases/`, a file each, written as a finding is printed.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::case::{Case, Form, SEPARATOR};
use super::judge::{Judge, Verdict};
use super::rewritten::{Finding, rewritten};

/// A case that is kept.
#[derive(Debug, Clone)]
pub struct Known {
    pub name: String,
    pub case: Case,
    /// Rules that must be reported.
    pub expected: Vec<String>,
    /// Rules that have nothing to say here.
    pub unexpected: Vec<String>,
}

/// All of them, or those that `SAFESTEP_TEST_ONLY` names.
pub fn known_cases() -> Result<Vec<Known>> {
    let only = std::env::var("SAFESTEP_TEST_ONLY").ok();
    let is_wanted = |name: &str| only.as_deref().is_none_or(|only| only.split(',').any(|part| name.contains(part)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known_cases");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        ensure!(path.extension().is_some_and(|extension| extension == "sql"), "{}: no .sql", path.display());
        if is_wanted(&name) {
            all.push(Known::read(&name, &std::fs::read_to_string(&path)?).with_context(|| path.display().to_string())?);
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

impl Known {
    /// Reads what `Case` prints.
    pub fn read(name: &str, text: &str) -> Result<Known> {
        const BEFORE: &str = "\n-- before.sql\n";
        const ROWS: &str = "\n-- rows\n";
        const MIGRATION: &str = "\n-- migration.sql\n";
        let (head, rest) = text.split_once(BEFORE).context("no line `-- before.sql`")?;
        let (before, migration) = rest.split_once(MIGRATION).context("no line `-- migration.sql`")?;
        let (before, rows) = before.split_once(ROWS).unwrap_or((before, ""));
        let mut lines = head.lines();
        let form = match lines.next().and_then(|line| line.strip_prefix("-- ")) {
            Some("prisma") => Form::Prisma,
            Some("drizzle-journal") => Form::Journal,
            Some("drizzle-folders") => Form::Folders,
            other => bail!("the first line is {other:?} instead of prisma, drizzle-journal or drizzle-folders"),
        };
        let about = lines.next().unwrap_or_default();
        ensure!(about.len() > "-- ".len(), "the second line says in a sentence what it is about");
        let (mut expected, mut unexpected, mut oldest) = (Vec::new(), Vec::new(), None);
        for line in lines {
            match line.strip_prefix("-- ").and_then(|line| line.split_once(": ")) {
                Some(("expect", rule)) => expected.push(rule.to_owned()),
                Some(("not", rule)) => unexpected.push(rule.to_owned()),
                Some(("since", major)) => oldest = Some(major.parse().with_context(|| line.to_owned())?),
                _ => bail!("{line}: neither `-- expect: rule` nor `-- not: rule` nor `-- since: major version`"),
            }
        }
        let whole = |text: &str| -> Vec<String> {
            let statement = text.trim().trim_end_matches(';');
            if statement.is_empty() { Vec::new() } else { vec![statement.to_owned()] }
        };
        let migration = match form {
            Form::Prisma => whole(migration),
            Form::Journal | Form::Folders => migration.split(SEPARATOR).flat_map(whole).collect(),
        };
        let case = Case { seed: 0, form, before: whole(before), rows: whole(rows), migration, oldest };
        Ok(Known { name: name.to_owned(), case, expected, unexpected })
    }

    /// Whether a server of that major version knows its words.
    pub fn is_for(&self, major: u32) -> bool {
        self.case.oldest.is_none_or(|oldest| oldest <= major)
    }

    /// The same for a server of that major version.
    pub fn on(&self, major: u32) -> Known {
        Known { case: self.case.on(major), ..self.clone() }
    }

    /// What is wrong with it, if anything is.
    pub fn finding(&self, judge: &Judge) -> Result<Option<Finding>> {
        let fails = judge.naive_fails(&self.case)?;
        let rewritten = match rewritten(&self.case)? {
            Ok(rewritten) => rewritten,
            Err(finding) => return Ok(Some(finding)),
        };
        let reported: Vec<&str> = rewritten.report.hazards.iter().map(|hazard| hazard.rule.as_str()).collect();
        if let Some(rule) = self.expected.iter().find(|rule| !reported.contains(&rule.as_str())) {
            return Ok(Some(Finding::new("not reported", format!("{rule} is not among {reported:?}"))));
        }
        if let Some(rule) = self.unexpected.iter().find(|rule| reported.contains(&rule.as_str())) {
            return Ok(Some(Finding::new("reported in vain", format!("{rule} is among {reported:?}"))));
        }
        if let Some(why) = fails.filter(|_| reported.is_empty()) {
            return Ok(Some(Finding::new("no word of a migration that fails", why)));
        }
        if let Some(untrue) = judge.reported_untruly(&self.case, &rewritten)? {
            return Ok(Some(untrue));
        }
        match judge.judge(&self.case, true)? {
            Ok(Verdict::Nothing) => bail!("the schema before does not run"),
            Ok(_) => Ok(None),
            Err(finding) => Ok(Some(finding)),
        }
    }
}
