//! The pages of the rules: each rule's own page, and what comes of a sample of it, by PostgreSQL version and in each framework.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use safestep::rewrite::{Availability, RULES, Rule};
use serde_json::Value;

use crate::bench::drizzle::{self, Generation};
use crate::bench::folder::{Folder, migration};
use crate::bench::prisma;
use crate::bench::{self, Named, rails, upgrade};

/// How many samples are run at once.
const THREADS: usize = 4;
/// Where a sample's file is longer than these lines, another one is shown.
const LONG: usize = 120;

/// The table of all rules: those that rewrite first.
pub fn list() -> String {
    let row = |rule: &Rule| {
        let cell = |text: String| text.replace('|', "\\|");
        let (id, word) = (rule.id, rule.availability.word());
        format!("| [{id}](rules/{id}.md) | {word} | {} | {} |\n", cell(rule.summary()), cell(rule.advice()))
    };
    let (never, rewritten): (Vec<&Rule>, Vec<&Rule>) =
        RULES.iter().partition(|rule| rule.availability == Availability::Never);
    let rows: String = rewritten.into_iter().chain(never).map(row).collect();
    format!("| rule | rewritten | what is dangerous | instead |\n|---|---|---|---|\n{rows}")
}

/// The page of each rule, in the order of the rules.
pub fn pages() -> Result<Vec<String>> {
    let samples = Sample::all()?;
    let shown = shown(&samples)?;
    RULES.iter().map(|rule| page(rule, &shown)).collect()
}

/// The frameworks, as people call them.
const FRAMEWORKS: [(&str, &str); 4] =
    [("prisma", "Prisma"), ("drizzle", "Drizzle"), ("alembic", "Alembic"), ("rails", "Rails")];

/// A sample, and what `safestep rewrite` says of it.
struct Shown<'s> {
    framework: &'static str,
    sample: &'s Sample,
    report: Value,
    /// The files that have a hazard, as they are.
    before: Vec<(String, String)>,
}

enum Sample {
    Prisma(prisma::Sample),
    Drizzle(drizzle::Sample),
    Alembic(upgrade::Sample),
    Rails(rails::Sample),
}

impl Sample {
    fn name(&self) -> &str {
        match self {
            Sample::Prisma(sample) => &sample.name,
            Sample::Drizzle(sample) => &sample.name,
            Sample::Alembic(sample) => &sample.name,
            Sample::Rails(sample) => &sample.name,
        }
    }

    fn all() -> Result<Vec<Sample>> {
        let mut all: Vec<Sample> = prisma::Sample::all()?.into_iter().map(Sample::Prisma).collect();
        let declared = bench::samples("phases")?;
        // Drizzle's and Rails' are in folders of their own.
        let of_prisma = declared.iter().filter(|name| !name.starts_with("drizzle-") && *name != "rails");
        all.extend(of_prisma.map(|name| Sample::Prisma(prisma::Sample::declared(name))));
        all.extend(drizzle::Sample::all(Generation::Journal)?.into_iter().map(Sample::Drizzle));
        all.extend(upgrade::Sample::all()?.into_iter().map(Sample::Alembic));
        all.extend(rails::Sample::all()?.into_iter().map(Sample::Rails));
        Ok(all)
    }

    fn framework(&self) -> &'static str {
        match self {
            Sample::Prisma(_) => "prisma",
            Sample::Drizzle(_) => "drizzle",
            Sample::Alembic(_) => "alembic",
            Sample::Rails(_) => "rails",
        }
    }

    /// Runs something in the sample's project, with the path of its migration.
    fn run<T>(&self, work: impl Fn(&Folder, &str) -> Result<T>) -> Result<T> {
        match self {
            Sample::Prisma(sample) => {
                let folder = Folder::of(sample)?;
                folder.write("prisma/schema.prisma", sample.read("after.prisma")?)?;
                work(&folder, &migration(sample))
            }
            Sample::Drizzle(sample) => {
                let (folder, path) = sample.folder()?;
                work(&folder, &path)
            }
            Sample::Alembic(sample) => work(&sample.folder()?, &sample.migration()?),
            Sample::Rails(sample) => {
                let project = sample.project()?;
                work(project.folder(), project.path()?.to_str().context("a path that is not UTF-8")?)
            }
        }
    }

    /// The report about it for servers from this version on.
    fn report(&self, postgres: u32) -> Result<Value> {
        self.run(|folder, path| folder.report(&["--all", "--postgres", &postgres.to_string(), path]))
    }
}

fn shown(samples: &[Sample]) -> Result<Vec<Shown<'_>>> {
    let all = Mutex::new(Vec::new());
    let places: Vec<Place<'_>> = samples.iter().map(Place).collect();
    bench::on_each(&places, THREADS, |Place(sample)| {
        let (report, before) = sample.run(|folder, path| {
            let report = folder.report(&["--all", path])?;
            let mut files: Vec<&str> = hazards(&report).filter_map(|hazard| hazard["file"].as_str()).collect();
            files.dedup();
            let read = |file: &str| Ok((file.to_owned(), std::fs::read_to_string(folder.path().join(file))?));
            let before = files.into_iter().map(read).collect::<Result<Vec<_>>>()?;
            Ok((report, before))
        })?;
        let shown = Shown { framework: sample.framework(), sample, report, before };
        all.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
        Ok(())
    })?;
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by(|a, b| a.sample.name().cmp(b.sample.name()));
    ensure!(all.len() > 250, "only {} samples", all.len());
    Ok(all)
}

/// A sample that is looked at where it is.
struct Place<'s>(&'s Sample);

impl Named for Place<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }
}

fn hazards(report: &Value) -> impl Iterator<Item = &Value> {
    report["hazards"].as_array().into_iter().flatten()
}

impl Shown<'_> {
    /// How much else there is to see beside the rule, other hazards and signs that have a meaning of their own: the least is shown.
    fn distraction(&self, rule: &Rule) -> (bool, usize, bool, usize) {
        let others = hazards(&self.report).filter(|hazard| hazard["rule"] != rule.id).count();
        let same = hazards(&self.report).count() - others;
        let lines = |text: &str| text.lines().count();
        let after = files(&self.report).map(|(_, text)| lines(text)).sum::<usize>();
        let size = after + self.before.iter().map(|(_, text)| lines(text)).sum::<usize>();
        let odd = |text: &str| text.chars().filter(|c| !c.is_ascii() || matches!(c, '\\' | '$' | '&')).count();
        let odd = self.before.iter().map(|(_, text)| odd(text)).sum::<usize>();
        (size > LONG, (others + odd) * 10 + same, self.sample.name().starts_with("hand_"), size)
    }

    /// Whether it has a hazard of the rule that is rewritten, or one that is not.
    fn has(&self, rule: &Rule, rewritten: bool) -> bool {
        hazards(&self.report).any(|hazard| hazard["rule"] == rule.id && hazard["rewritten"] == rewritten)
    }
}

/// The new content of each file of a rewrite; what only a generator reads is left out.
fn files(report: &Value) -> impl Iterator<Item = (&str, &str)> {
    let files = report["files"].as_array().into_iter().flatten();
    let files = files.filter_map(|file| Some((file["path"].as_str()?, file["after"].as_str()?)));
    files.filter(|(path, _)| ![".json", ".toml", "schema.rb"].iter().any(|ending| path.ends_with(ending)))
}

fn page(rule: &Rule, shown: &[Shown<'_>]) -> Result<String> {
    let mut text = rule.page() + "\n";
    let rewritten = shown.iter().any(|shown| shown.has(rule, true));
    let in_framework = |framework: &str| {
        let about = shown.iter().filter(|shown| shown.framework == framework && shown.has(rule, rewritten));
        about.min_by_key(|shown| shown.distraction(rule))
    };
    let examples: Vec<(&str, &Shown<'_>)> =
        FRAMEWORKS.iter().filter_map(|(name, title)| Some((*title, in_framework(name)?))).collect();
    if let Some((_, first)) = examples.first() {
        text.push_str(&by_version(rule, first.sample)?);
    }
    if !examples.is_empty() {
        text.push_str("\n## In each framework\n");
    }
    for (title, shown) in examples {
        write!(text, "\n### {title}\n\n{}", example(rule, shown))?;
    }
    Ok(text)
}

/// The naive file, and what becomes of it.
fn example(rule: &Rule, shown: &Shown<'_>) -> String {
    let mut text = String::new();
    for (path, before) in &shown.before {
        text += &block(path, before);
    }
    let after: Vec<(&str, &str)> = files(&shown.report).collect();
    if after.is_empty() {
        let hazard = hazards(&shown.report).find(|hazard| hazard["rule"] == rule.id);
        let said = |key: &str| hazard.and_then(|hazard| hazard[key].as_str()).unwrap_or_default().to_owned();
        return text + &format!("stays as it is:\n\n> {}\n>\n> {}\n", said("message"), said("help"));
    }
    text.push_str("becomes\n\n");
    for (path, content) in after {
        text += &block(path, content);
    }
    let waits = shown.report["phases"].as_array().into_iter().flatten();
    for gate in waits.filter_map(|phase| phase["gate"].as_str()).filter(|gate| !gate.is_empty()) {
        text += &format!("What is in `prisma/deferred` waits: {gate}. See [Phases and deploys](../phases.md).\n\n");
    }
    text
}

/// A file with its name.
fn block(path: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let language = match path.rsplit('.').next().unwrap_or_default() {
        "py" => "python",
        "rb" => "ruby",
        other => other,
    };
    format!("`{path}`\n\n{fence}{language}\n{}\n{fence}\n\n", content.trim_end())
}

/// What the steps of a sample lock and for how long, by version of PostgreSQL.
fn by_version(rule: &Rule, sample: &Sample) -> Result<String> {
    let mut tables: Vec<(u32, u32, String)> = Vec::new();
    for version in 12..=18 {
        let table = steps(rule, &sample.report(version)?)?;
        match tables.last_mut() {
            Some((_, last, same)) if *same == table => *last = version,
            _ => tables.push((version, version, table)),
        }
    }
    let mut text = String::from("\n## Locks, by version of PostgreSQL\n");
    for (first, last, table) in tables {
        let versions = if first == last { first.to_string() } else { format!("{first} to {last}") };
        write!(text, "\n### PostgreSQL {versions}\n\n{table}")?;
    }
    Ok(text)
}

/// A table of the naive statements of a rule, and of the steps that take the migration's place.
fn steps(rule: &Rule, report: &Value) -> Result<String> {
    let mut table = String::from("| | statement | for how long, and the lock |\n|---|---|---|\n");
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('|', "\\|");
    let short = |sql: &Value| {
        let sql = text(sql).split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = sql.chars().take(110).collect();
        format!("`` {cut}{} ``", if cut.len() < sql.len() { " …" } else { "" })
    };
    for hazard in hazards(report).filter(|hazard| hazard["rule"] == rule.id) {
        writeln!(table, "| as written | {} | {} |", short(&hazard["statement"]), text(&hazard["label"]))?;
    }
    for step in report["steps"].as_array().context("steps")? {
        let lock = text(&step["lock"]);
        let lock = if lock.is_empty() { String::new() } else { format!("; {lock}") };
        writeln!(table, "| step {} | {} | {}{lock} |", step["number"], short(&step["sql"]), text(&step["duration"]))?;
    }
    Ok(table)
}
