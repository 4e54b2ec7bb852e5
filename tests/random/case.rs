//! A schema, rows and a migration, as a project of one of the frameworks.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use safestep::project::Config;
use tempfile::TempDir;

use super::chance::Chance;
use super::frame::framed;
use super::writer::Writer;

/// How a framework keeps its migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Prisma,
    /// Drizzle with a journal.
    Journal,
    /// Drizzle with a folder for each migration.
    Folders,
}

/// What is tried.
#[derive(Debug, Clone)]
pub struct Case {
    pub seed: u64,
    pub form: Form,
    pub before: Vec<String>,
    pub rows: Vec<String>,
    pub migration: Vec<String>,
    /// The oldest PostgreSQL that it must run on, where that is not the usual one.
    pub oldest: Option<u32>,
}

/// Between the chunks of a Drizzle migration.
pub const SEPARATOR: &str = "--> statement-breakpoint";

impl Case {
    /// The case of this seed. `accepts` says whether a statement works behind those that it was asked before; where it
    /// does not, it is nearly always left out.
    pub fn of(seed: u64, accepts: &mut dyn FnMut(Part, &str) -> bool) -> Case {
        let mut chance = Chance::new(seed ^ 0xcafe);
        let form = [Form::Prisma, Form::Prisma, Form::Journal, Form::Folders][chance.below(4)];
        let mut writer = Writer::new(seed);
        let before = writer.schema(&mut |sql| accepts(Part::Before, sql));
        let rows = writer.rows(&mut |sql| accepts(Part::Rows, sql));
        // Of what fails some is kept: then the naive migration fails as a whole.
        let bold = chance.is(20);
        let migration = writer.migration(&mut |sql| accepts(Part::Migration, sql) || (bold && chance.is(40)));
        let migration = framed(seed, &before, migration);
        Case { seed, form, before, rows, migration, oldest: None }
    }

    /// The same for a server of that major version, which may be older than what is usual.
    pub fn on(&self, major: u32) -> Case {
        let usual = Config::default().postgres;
        Case { oldest: self.oldest.or((major < usual).then_some(major)), ..self.clone() }
    }

    /// Its statements of this part.
    pub fn of_part(&self, part: Part) -> &[String] {
        match part {
            Part::Before => &self.before,
            Part::Rows => &self.rows,
            Part::Migration => &self.migration,
        }
    }

    /// The same, to be changed.
    pub fn part_mut(&mut self, part: Part) -> &mut Vec<String> {
        match part {
            Part::Before => &mut self.before,
            Part::Rows => &mut self.rows,
            Part::Migration => &mut self.migration,
        }
    }

    /// The migration as its author has it.
    pub fn text(&self) -> String {
        let end = if self.form == Form::Prisma { ";\n\n".to_owned() } else { format!(";\n{SEPARATOR}\n") };
        let statements = self.migration.iter().map(String::as_str).collect::<Vec<_>>();
        let text = statements.join(&end);
        if text.is_empty() { text } else { text + ";\n" }
    }

    /// What the runner sends at once.
    pub fn chunks(&self) -> Vec<String> {
        match self.form {
            Form::Prisma => vec![self.text()],
            Form::Journal | Form::Folders => self.migration.clone(),
        }
    }

    /// A project with the history and the migration.
    pub fn project(&self) -> Result<Project> {
        let folder = TempDir::with_prefix("safestep-random-")?;
        let history = self.before.iter().map(|statement| format!("{statement};\n")).collect::<String>();
        let files = match self.form {
            Form::Prisma => vec![
                ("migrations/migration_lock.toml", "provider = \"postgresql\"\n".to_owned()),
                ("migrations/20260101000000_init/migration.sql", history),
                ("migrations/20260201000000_change/migration.sql", self.text()),
            ],
            Form::Journal => vec![
                ("migrations/meta/_journal.json", journal(&["0000_init", "0001_change"])),
                ("migrations/0000_init.sql", history),
                ("migrations/0001_change.sql", self.text()),
            ],
            Form::Folders => vec![
                ("migrations/20260101000000_init/migration.sql", history),
                ("migrations/20260201000000_change/migration.sql", self.text()),
            ],
        };
        for (path, content) in files {
            write(&folder.path().join(path), &content)?;
        }
        let root = Utf8PathBuf::from_path_buf(folder.path().join("migrations")).ok().context("TMPDIR is not UTF-8")?;
        Ok(Project { _folder: folder, root })
    }
}

/// What a statement is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Before,
    Rows,
    Migration,
}

/// A folder of migrations that goes with this value.
pub struct Project {
    _folder: TempDir,
    pub root: Utf8PathBuf,
}

fn write(path: &Path, content: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(std::fs::write(path, content)?)
}

fn journal(tags: &[&str]) -> String {
    let entry = |(idx, tag): (usize, &&str)| {
        format!(
            r#"{{"idx":{idx},"version":"7","when":{},"tag":"{tag}","breakpoints":true}}"#,
            1_767_225_600_000_u64 + 3_600_000 * idx as u64
        )
    };
    let entries: Vec<String> = tags.iter().enumerate().map(entry).collect();
    format!(r#"{{"version":"7","dialect":"postgresql","entries":[{}]}}"#, entries.join(","))
}

/// As a file of `known_cases/`.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let lines =
            |statements: &[String]| statements.iter().map(|statement| format!("{statement};\n")).collect::<String>();
        let form = match self.form {
            Form::Prisma => "prisma",
            Form::Journal => "drizzle-journal",
            Form::Folders => "drizzle-folders",
        };
        writeln!(formatter, "-- {form}\n-- seed {}\n-- before.sql\n{}", self.seed, lines(&self.before))?;
        if !self.rows.is_empty() {
            writeln!(formatter, "-- rows\n{}", lines(&self.rows))?;
        }
        write!(formatter, "-- migration.sql\n{}", self.text())
    }
}

/// Writes a file of a project again, or takes it away.
pub fn put(path: &Utf8Path, content: Option<&str>) -> Result<()> {
    match content {
        Some(content) => write(path.as_std_path(), content),
        None => Ok(std::fs::remove_file(path)?),
    }
}
