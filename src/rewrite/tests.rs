//! Examples, run as a migration is: those in the rules' pages and the small ones under each rule.
//!
//! An example is SQL in parts, each begun by a comment that stands alone in its line:
//!
//! ```sql
//! -- in safestep.toml: postgres = 18
//! -- in a project whose phases can wait
//! CREATE TABLE t (a int);                  -- what is there, where that matters
//! -- in a migration:
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;
//! -- becomes:                              -- or `-- is reported:` with the messages, or `-- is left alone`
//! ALTER TABLE t ADD CONSTRAINT …;          -- what stands behind a statement is for the reader
//! ```
//!
//! What it becomes are the statements of the steps without what tries them again; BEGIN and COMMIT stand around those that share
//! a transaction.

use std::fmt;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;

use super::{Availability, RULES, Rule, rule};
use crate::framework::{FRAMEWORKS, Framework, PLAIN, plpgsql};
use crate::operation::{Ident, QualifiedName};
use crate::pipeline::{self, Options};
use crate::project::{Baseline, Config, Phases};
use crate::report::{HazardReport, MigrationReport, Severity, StepReport};
use crate::schema::{Reserved, ReservedObject, Schema};
use crate::source::SourceFile;
use crate::sql::{one_line, split};

/// A migration, and what is there before it.
struct Example {
    framework: &'static Framework,
    settings: String,
    history: String,
    migration: String,
    has_phases: bool,
    /// `table.column` or a table of a sequence that waits.
    reserved: Option<String>,
}

const RESERVED: &str = " belongs to a sequence that waits";

/// What a rule makes of it.
#[derive(PartialEq, Eq)]
enum Made {
    Becomes(Vec<String>),
    Reported(Vec<String>),
    LeftAlone,
}

/// Runs examples that stand under a rule.
#[track_caller]
pub(super) fn check(id: &str, example: &str) {
    let rule = rule(id).unwrap_or_else(|| panic!("no rule is called {id}"));
    if let Err(wrong) = run(rule, example) {
        panic!("{wrong}");
    }
}

/// Runs an example: whether what the rule finds in it is rewritten, where it finds something, or what is wrong with the example.
fn run(rule: &Rule, text: &str) -> Result<Option<bool>, String> {
    let (example, wanted) = Example::read(text);
    let report = example.report();
    let own: Vec<&HazardReport> = report.hazards.iter().filter(|hazard| hazard.rule == rule.id).collect();
    let found = match &wanted {
        _ if own.is_empty() => Made::LeftAlone,
        Made::Becomes(_) => Made::Becomes(transactions(&report)),
        Made::Reported(_) | Made::LeftAlone if own.iter().any(|hazard| hazard.rewritten) => {
            Made::Becomes(transactions(&report))
        }
        Made::Reported(_) | Made::LeftAlone => Made::Reported(own.iter().map(|hazard| message(hazard)).collect()),
    };
    match found == wanted {
        true => Ok((!own.is_empty()).then(|| own.iter().any(|hazard| hazard.rewritten))),
        false => {
            Err(format!("{}:\n{text}\nit says:\n{wanted}\nit is:\n{found}\nreported:\n{}", rule.id, said(&report)))
        }
    }
}

impl Example {
    fn read(text: &str) -> (Example, Made) {
        let mut example = Example::of(PLAIN, String::new());
        let mut wanted = None;
        for line in text.lines().map(str::trim) {
            let words =
                line.split_once("--").filter(|(sql, _)| sql.is_empty()).map_or("", |(_, comment)| comment.trim());
            match (&mut wanted, words) {
                (_, "becomes:") => wanted = Some(Made::Becomes(Vec::new())),
                (_, "is reported:") => wanted = Some(Made::Reported(Vec::new())),
                (_, "is left alone") => wanted = Some(Made::LeftAlone),
                (None, "in a migration:" | "in a migration of Drizzle:") => {
                    example.history = std::mem::take(&mut example.migration);
                    if words.contains("Drizzle") {
                        example.framework = drizzle();
                    }
                }
                (None, "in a project whose phases can wait") => example.has_phases = true,
                (None, _) => match (words.strip_prefix("in safestep.toml: "), words.strip_suffix(RESERVED)) {
                    (Some(setting), _) => example.settings += &format!("{setting}\n"),
                    (None, Some(column)) => example.reserved = Some(column.to_owned()),
                    (None, None) => example.migration += &format!("{line}\n"),
                },
                (Some(Made::Becomes(lines) | Made::Reported(lines)), _) => lines.push(line.to_owned()),
                (Some(Made::LeftAlone), _) => assert_eq!(line, "", "behind what is left alone"),
            }
        }
        let wanted = match wanted {
            Some(Made::Becomes(lines)) => Made::Becomes(statements(&lines.join("\n"))),
            Some(Made::Reported(lines)) => Made::Reported(messages(&lines)),
            Some(Made::LeftAlone) => Made::LeftAlone,
            None => panic!("the example does not say what becomes of it: {text}"),
        };
        (example, wanted)
    }

    fn of(framework: &'static Framework, migration: String) -> Example {
        Example {
            framework,
            settings: String::new(),
            history: String::new(),
            migration,
            has_phases: false,
            reserved: None,
        }
    }

    fn report(&self) -> MigrationReport {
        let read = |name: &str, text: &str| {
            let source = SourceFile::from_bytes(format!("/{name}/migration.sql"), text.as_bytes().to_vec());
            self.framework.folder.read(name, source.expect("text")).expect("statements")
        };
        let mut schema = Schema::default();
        read("before", &self.history).items.iter().for_each(|item| schema.apply(&item.operation));
        schema.begin_migration();
        let name = |text: &str| QualifiedName::unqualified(Ident::new(text));
        let reserved = self.reserved.iter().map(|what| match what.split_once('.') {
            Some((table, column)) => {
                ReservedObject::Column { table: name(table), column: Ident::new(column), stays: false }
            }
            None => match what.split_once('=') {
                Some((old, table)) => ReservedObject::Name { name: name(old), table: name(table) },
                None => ReservedObject::Table(name(what)),
            },
        });
        let reserved = reserved.map(|what| Reserved { what, sequence: "before".into() });
        schema.reserve(reserved.collect());
        let mut config: Config = toml::from_str(&self.settings).expect("settings");
        if self.has_phases {
            config.phases = Phases::Together;
        }
        let options = Options { config, base: Utf8PathBuf::from("/"), baseline: Baseline::default() };
        pipeline::rewrite(self.framework, read("example", &self.migration), &mut schema, &options).report
    }
}

/// A hazard's severity and message.
fn message(hazard: &HazardReport) -> String {
    match hazard.severity {
        Severity::Danger => format!("danger: {}", hazard.message),
        Severity::Caution => format!("caution: {}", hazard.message),
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Made::Becomes(lines) | Made::Reported(lines) => write!(f, "    {}", lines.join("\n    ")),
            Made::LeftAlone => write!(f, "    (nothing)"),
        }
    }
}

/// All hazards, one a line.
fn said(report: &MigrationReport) -> String {
    let hazards = report.hazards.iter();
    hazards.map(|hazard| format!("    {}: {}; {}\n", hazard.rule, hazard.message, hazard.help)).collect()
}

/// The statements of the steps, with BEGIN and COMMIT around those that share a transaction.
fn transactions(report: &MigrationReport) -> Vec<String> {
    let blocks = report.steps.chunk_by(|one, other| one.number == other.number);
    blocks.flat_map(|block| in_transactions(block, content(report, block))).collect()
}

/// The transactions of one block: steps that lock the same tables share one, unless its file says that it has more.
fn in_transactions(block: &[StepReport], file: Option<&str>) -> Vec<String> {
    let several = file.map(|content| plpgsql::transactions(content).len().max(1));
    let by_tables: Vec<&[StepReport]> = block.chunk_by(|one, other| one.tables == other.tables).collect();
    let transactions: Vec<&[StepReport]> = match several {
        _ if block.len() == 1 => vec![block],
        Some(1) => vec![block],
        Some(several) if several == block.len() => block.chunks(1).collect(),
        Some(several) if several == by_tables.len() => by_tables,
        _ => panic!("which steps share a transaction? A smaller example shows it: {file:?}"),
    };
    let statements = |steps: &[StepReport]| steps.iter().map(|step| in_one_line(&step.sql)).collect::<Vec<_>>();
    let in_one = |steps: &[StepReport]| match steps {
        [_] => statements(steps),
        _ => [vec!["BEGIN".to_owned()], statements(steps), vec!["COMMIT".to_owned()]].concat(),
    };
    transactions.into_iter().flat_map(in_one).collect()
}

/// The file of a block, where it has one to itself.
fn content<'a>(report: &'a MigrationReport, block: &[StepReport]) -> Option<&'a str> {
    let (path, number) = (&block[0].file, block[0].number);
    if report.steps.iter().any(|step| step.file == *path && step.number != number) {
        return None;
    }
    report.files.iter().find(|file| file.path == *path)?.after.as_deref()
}

/// The statements of a text, without comments.
fn statements(text: &str) -> Vec<String> {
    let pieces = split(text).pieces;
    pieces.iter().map(|piece| in_one_line(piece.span.slice(text).trim_end_matches(';'))).collect()
}

/// A statement without the indentation of its lines: an example has its own.
fn in_one_line(statement: &str) -> String {
    one_line(&statement.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
}

/// The messages in comments, each begun by its severity and perhaps in several lines.
fn messages(lines: &[String]) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let words = line.trim_start_matches("--").trim();
        match messages.last_mut() {
            Some(message) if !words.starts_with("danger: ") && !words.starts_with("caution: ") => {
                *message += &format!(" {words}");
            }
            _ => messages.push(words.to_owned()),
        }
    }
    messages
}

fn drizzle() -> &'static Framework {
    FRAMEWORKS.iter().find(|framework| framework.name == "drizzle").expect("Drizzle")
}

/// The SQL blocks of a page.
fn examples(rule: &Rule) -> Vec<String> {
    let (_, text) = rule.written();
    let blocks = text.split("```sql\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_page_shows_what_its_rule_does() {
    let mut wrong: Vec<String> = Vec::new();
    for rule in RULES {
        let runs = examples(rule).into_iter().filter_map(|example| run(rule, &example).transpose());
        let rewritten: Vec<bool> = match runs.collect() {
            Ok(rewritten) => rewritten,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        let fits = match rule.availability {
            Availability::Always | Availability::Sometimes => rewritten.contains(&true),
            Availability::Never => rewritten.contains(&false) && !rewritten.contains(&true),
        };
        if !fits {
            wrong.push(format!("{}: no example shows that it is {} rewritten", rule.id, rule.availability.word()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_example_that_is_wrong_is_found() {
    let rule = rule("set-not-null").expect("a rule");
    let history = "CREATE TABLE t (a int);\n-- in a migration:\n";
    let naive = "ALTER TABLE t ALTER COLUMN a SET NOT NULL;\n";
    let proved = "ALTER TABLE t ADD CONSTRAINT t_a_nn CHECK (a IS NOT NULL) NOT VALID;\n\
        ALTER TABLE t VALIDATE CONSTRAINT t_a_nn;\n";
    let set = "ALTER TABLE t ALTER COLUMN a SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_nn;\n";
    let example = |becomes: &str| run(rule, &format!("{history}{naive}{becomes}"));
    assert_eq!(example(&format!("-- becomes:\n{proved}BEGIN;\n{set}COMMIT;")), Ok(Some(true)));
    for wrong in [
        format!("-- becomes:\n{proved}{set}"), // two transactions
        format!("-- becomes:\nBEGIN;\n{set}COMMIT;\n{proved}"),
        format!("-- becomes:\n{naive}"),
        "-- is left alone".to_owned(),
        "-- is reported:\n-- danger: every read and write of t waits while all its rows are checked".to_owned(),
    ] {
        assert!(example(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_page_has_its_parts() {
    for rule in RULES {
        let (title, text) = rule.written();
        assert_eq!(title, format!("# {}", rule.id));
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        let known = ["## Instead", "## Why it is safe", "## Watch", "## References"];
        let order: Vec<&str> = known.into_iter().filter(|heading| headings.contains(heading)).collect();
        assert_eq!(headings, order, "{}", rule.id);
        assert!(headings.contains(&"## Instead") && headings.contains(&"## References"), "{}", rule.id);
        for sentence in [rule.summary(), rule.advice()] {
            assert!(!sentence.is_empty() && !sentence.starts_with("```"), "{}: {sentence:?}", rule.id);
        }
    }
}

#[test]
fn every_rule_has_small_examples_under_it() {
    for rule in RULES {
        let tests = rule.source.matches("#[test]").count();
        assert!(tests >= 2, "{} has {tests} tests under it", rule.id);
    }
}

/// What a rule says of itself holds for every sample and every known case. What comes of a rule's own function
/// [`Rule::apply`] looks at wherever a test runs.
#[test]
fn what_is_never_rewritten_stays() {
    let mut rewritten = 0;
    let migrations = migrations();
    assert!(migrations.len() > 250, "only {} migrations were found", migrations.len());
    for (path, example) in &migrations {
        for hazard in example.report().hazards.iter().filter(|hazard| hazard.rewritten) {
            let rule = rule(&hazard.rule).expect("a rule");
            assert_ne!(rule.availability, Availability::Never, "{} in {}", rule.id, path.display());
            rewritten += 1;
        }
    }
    assert!(rewritten > 250, "only {rewritten} hazards were rewritten");
}

/// The samples and the known cases.
fn migrations() -> Vec<(PathBuf, Example)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut migrations = Vec::new();
    for sample in entries(&tests.join("samples/prisma")) {
        let history = text(sample.join("before.sql"));
        let example = Example { history, ..Example::of(PLAIN, text(sample.join("migration.sql"))) };
        migrations.push((sample, example));
    }
    for sample in entries(&tests.join("samples/drizzle-031")) {
        let mut files = entries(&sample.join("drizzle"));
        files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
        let last = files.pop().map(text).unwrap_or_default();
        let history = files.into_iter().map(|file| text(file) + "\n--> statement-breakpoint\n").collect();
        migrations.push((sample, Example { history, ..Example::of(drizzle(), last) }));
    }
    for case in entries(&tests.join("known_cases")) {
        let case_text = text(case.clone());
        let section = |name: &str| {
            let (_, rest) = case_text.split_once(&format!("\n-- {name}\n")).unwrap_or_default();
            ["before.sql", "rows", "migration.sql"]
                .iter()
                .filter_map(|next| rest.split_once(&format!("\n-- {next}\n")))
                .map(|(section, _)| section)
                .min_by_key(|section| section.len())
                .unwrap_or(rest)
                .to_owned()
        };
        let framework = if case_text.starts_with("-- prisma") { PLAIN } else { drizzle() };
        let example = Example { history: section("before.sql"), ..Example::of(framework, section("migration.sql")) };
        migrations.push((case, example));
    }
    migrations
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
