//! A file for each block, in the words of Rails; or one for all that may begin again together (`guarded`).
//!
//! What is quick, and what validates, commits with the file's row in the ledger, or not at all. A build and a backfill are in files
//! that leave the transaction; they can run again. What its author wrote in `change` and is left alone is still a `change`.

use super::SIGN;
use super::code::{Up, as_written, in_block};
use super::deferral::called;
use super::directive::Dialect;
use super::downgrade::{Downgrades, attached, downgrades};
use super::file::{File, Lines, Methods, SUFFIX, StepFile};
use super::helpers::{Helper, RETRY};
use super::listing::version;
use super::names::{Named, suffix_of_class};
use super::operations::Version;
use super::project::Project;
use super::remarks;
use super::writer::Writer;
use crate::framework::header::{self, Steps};
use crate::framework::migration::Migration;
use crate::framework::page::{Commands, Page, Written};
use crate::framework::plpgsql::by_itself_again;
use crate::framework::statements::{Statement, statements};
use crate::framework::{Body, Idiom, Layout, Sequenced};
use crate::plan::files::Part;
use crate::plan::{Phase, Sequence, Step, UnitKind};
use crate::postgres::idempotence::{Later, idempotent};

pub(super) struct Classes;

impl Idiom for Classes {
    fn lifts_timeouts(&self) -> bool {
        true
    }

    fn notes(&self, of: &Sequenced<'_>) -> Vec<String> {
        let mut notes: Vec<String> = several_files(of).into_iter().collect();
        let crowded = of.files.one_file.as_ref().filter(|_| of.sequence.blocks.len() > 1);
        notes.extend(crowded.map(|why| format!("{why}: its steps are in one file, each guarded")));
        if let Some(project) = Project::around(of.migration.path())
            && project.gems.all().next().is_some()
        {
            notes.extend(remarks::of(&project.gems, of.migration.text(), &self.bodies(of)));
        }
        notes
    }

    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body> {
        let Some(file) = File::new(of.migration.text()).filter(|_| !of.files.parts.is_empty()) else {
            return Vec::new();
        };
        let dialect = dialect(of.migration, &file);
        let is_looked_at = version(of.migration.path()).is_some_and(|version| version > dialect.gems.start_after);
        let is_looked_at = is_looked_at && dialect.gems.stopping().next().is_some();
        let (said, made) = Default::default();
        let mut writer = Writer { of, file: &file, dialect: &dialect, said, is_looked_at, waits: false, made };
        let mut commented = vec![false; of.migration.statements.len()];
        let downgrades = downgrades(of, &file);
        let count = of.files.parts.len();
        let body = |at: usize| {
            let waits = waits(of, at);
            writer.waits = waits;
            // It gets a version of the day on which it comes in.
            writer.is_looked_at |= waits && dialect.gems.stopping().next().is_some();
            let mut text = file.of_step(&writer.step(at, &downgrades, &mut commented));
            let words = match waits {
                true => {
                    let (words, behind) = waiting_words(of, at);
                    text = text.replace(SUFFIX, &format!("{}{SUFFIX}", suffix_of_class(&behind)));
                    Some(format!("{words}{behind}"))
                }
                false => (at > 0).then(|| format!("step_{}", at + 1)),
            };
            Body { words, text, block: of.files.parts[at].from }
        };
        (0..count).map(body).collect()
    }

    /// A database that ran it knows its version, so it stays.
    fn nothing_yet(&self, migration: &Migration) -> Option<Body> {
        let lines = [
            "Nothing runs yet: what this migration does waits for a deploy.".to_owned(),
            format!(
                "`safestep status` says for which one, `safestep release {}` brings it in then.",
                called(migration)
            ),
        ];
        let methods = Methods::Change(lines.map(|line| header::comment(SIGN, &line)).into());
        let step = StepFile {
            is_first: true,
            header: String::new(),
            is_outside: false,
            methods,
            in_words: false,
            helpers: Vec::new(),
        };
        Some(Body { words: None, text: File::new(migration.text())?.of_step(&step), block: 0 })
    }
}

/// The file at that index waits for a deploy, and comes in as a migration of its own: it is behind the last one that runs now.
fn waits(of: &Sequenced<'_>, at: usize) -> bool {
    of.files.own.is_none_or(|own| at > own)
}

/// The words of a migration, and what a file of it that waits has behind them: its phase, and which one of it.
fn waiting_words<'m>(of: &Sequenced<'m>, at: usize) -> (&'m str, String) {
    let phase = |at: usize| of.sequence.block(of.files.parts[at].from).first().map_or(Phase::Expand, |unit| unit.phase);
    let (own, of_phase) = (phase(at), |other: &usize| phase(*other) == phase(at));
    let (before, all) = ((0..at).filter(of_phase).count(), (0..of.files.parts.len()).filter(of_phase).count());
    let number = if all > 1 { format!("_{}", before + 1) } else { String::new() };
    let words = match Named::of(of.migration.path().file_name().unwrap_or_default()) {
        Named::Migration(name) => name.words,
        Named::Illegal | Named::Other => &of.migration.title,
    };
    (words, format!("_{}{number}", own.word()))
}

/// Why one file was wanted, and there are several.
fn several_files(of: &Sequenced<'_>) -> Option<String> {
    let Sequenced { sequence, files, settings, .. } = *of;
    if settings.layout != Some(Layout::Phase) || files.parts.len() < 2 {
        return None;
    }
    let is_in_words = |part: &&Part| UnitKind::of(sequence.steps_of(part.from..part.to)) == Some(UnitKind::AsWritten);
    let why = match files.parts.iter().find(is_in_words) {
        Some(once) => format!("step {} may run only once, so it commits with the row of its own file", once.from + 1),
        None => "what one file has done must be done for good before the next one begins".to_owned(),
    };
    Some(format!("{} files, not one: {why}", files.parts.len()))
}

/// Which methods there are, and what they mean.
fn dialect(migration: &Migration, file: &File<'_>) -> Dialect {
    let bracket = file.bracket().and_then(|version| version.parse().ok()).unwrap_or(Version(4, 2));
    let project = Project::around(migration.path());
    let locked = project.as_ref().and_then(|project| project.rails);
    let (prefix, suffix) =
        project.as_ref().map(|project| (project.prefix.clone(), project.suffix.clone())).unwrap_or_default();
    let gems = project.as_ref().map(|project| project.gems.clone()).unwrap_or_default();
    Dialect { bracket, rails: locked.unwrap_or(bracket).max(bracket), prefix, suffix, gems }
}

impl Writer<'_> {
    fn step(&self, at: usize, downgrades: &Downgrades, commented: &mut [bool]) -> StepFile {
        let Sequenced { migration, sequence, settings, files } = *self.of;
        let part = files.parts[at];
        self.made.take();
        // What its author put outside of a transaction stays there.
        let is_outside = part.once > part.from || is_outside(migration, sequence, part.from);
        let page = Page {
            migration,
            sequence,
            settings,
            at: part.from,
            commands: &Migrate,
            one_session: false,
            in_transaction: !is_outside,
            again: None,
        };
        let is_begun_again = part.to - part.from > 1;
        let mut left_out: Lines = page.comments_on_what_is_left_out(commented).lines().map(str::to_owned).collect();
        let waits = self.waits;
        let (up, in_words) = match is_begun_again {
            true => (self.guarded(part, &Migrate, commented), false),
            false if waits => (self.wherever_it_runs(&page, commented), false),
            false => self.up(&page, commented),
        };
        let is_last = at + 1 == files.parts.len();
        let behind = migration.statements.last().map_or(0, |last| last.behind.end.max(last.span.end));
        let behind = self.file.comments_behind(behind).into_iter().filter(|_| is_last).map(str::to_owned);
        let at_the_end = if is_last { self.said_once(self.file.beside(None)) } else { Vec::new() };
        let has_words = up.has_words || !at_the_end.is_empty();
        let mut code = up.code;
        left_out.append(&mut code.lines);
        code.lines = left_out.into_iter().chain(at_the_end).chain(behind).collect();
        let methods = match in_words && up.is_bare && self.file.is_reversible() {
            true => Methods::Change(code.lines),
            false => {
                let down = match is_begun_again || waits {
                    true => downgrades.of_several(self, at),
                    false => downgrades.of(self, at, is_outside),
                };
                let down = down.map(|down| {
                    code.helpers.extend(down.helpers);
                    down.lines
                });
                Methods::Directions(code.lines, down)
            }
        };
        let header = match is_begun_again {
            true => {
                let steps = Steps { first: part.from + 1, last: part.to, of: sequence.blocks.len() };
                let lines = header::of_several(steps, &migration.title, "", files.parts.len() == 1);
                lines.map(|line| header::comment(SIGN, &line) + "\n").concat() + &String::from_iter(up.settles)
            }
            false => page.header_without_undo(&up.sent),
        };
        let helpers = code.helpers.into_iter().map(|helper| helper.definition(settings)).collect();
        StepFile { is_first: at == 0 && !waits, header, is_outside, methods, in_words: has_words, helpers }
    }

    /// What a block sends; and whether all of it is in its author's words.
    fn up(&self, page: &Page<'_>, commented: &mut [bool]) -> (Up, bool) {
        if page.kind() == UnitKind::Alone {
            return (self.alone(page, commented), false);
        }
        let has_attempts = page.kind() == UnitKind::Brief && self.of.settings.lock_timeout.is_some();
        let depth = usize::from(has_attempts);
        let mut up = Up::default();
        let set = page.set_for_block(page.kind() != UnitKind::Validate);
        let mut inside: Lines = set.lines().flat_map(|line| self.execute(line, depth)).collect();
        if page.kind() == UnitKind::Validate {
            inside.extend(self.execute("SET LOCAL statement_timeout = 0", depth));
        }
        up.is_bare = !has_attempts && set.is_empty();
        let written = page.as_written_by_step(commented);
        let in_words = written.iter().all(|one| one.in_words);
        up.has_words = written.iter().any(|one| one.in_words);
        for one in &written {
            up.sent += &one.text;
            let beside = self.beside(&one.steps, one.in_words, depth);
            up.has_words |= !beside.is_empty();
            inside.extend(beside);
            inside.extend(self.written(one, depth));
        }
        up.code.lines = match has_attempts {
            true => {
                up.code.helpers.insert(Helper::Retry);
                in_block(RETRY, inside)
            }
            false => inside,
        };
        (up, in_words)
    }

    /// A statement: its author's own call, a schema method, or SQL.
    fn written(&self, one: &Written<'_>, depth: usize) -> Lines {
        let mut all: Lines = one.comments.lines().map(str::to_owned).collect();
        match one.steps.as_slice() {
            _ if one.in_words => all.extend(self.words(&one.steps, &one.text, depth)),
            // Taken back, the constraint stays for as long as its index does.
            [step] if attached(self.of, step).is_some() => {
                let slice = one.text.trim_end().trim_end_matches(';');
                let text = idempotent(&step.operation, slice, &Later { stays: true, finished_if: None })
                    .map_or_else(|| one.text.clone(), |guarded| by_itself_again(&guarded, None));
                all.extend(self.execute(&text, depth));
            }
            [step] => {
                let directive = match step.verbatim {
                    true => self.dialect.directive(&step.operation, self.of.sequence),
                    false => self.dialect.of_rewrite(&step.operation, self.of.sequence),
                };
                all.extend(directive.map_or_else(|| self.execute(&one.text, depth), |call| self.call(&call, depth)));
            }
            _ => all.extend(self.execute(&one.text, depth)),
        }
        all
    }

    /// What its author wrote around the calls that steps come from, and sends nothing: once what stands for itself, and before a
    /// call in its author's words what gives it names.
    pub(super) fn beside(&self, steps: &[&Step], in_words: bool, depth: usize) -> Lines {
        let migration = self.of.migration;
        let mut lines = Lines::new();
        let mut calls: Vec<usize> = steps.iter().map(|step| migration.statement_of(step.from).call.start).collect();
        calls.dedup();
        for call in calls.into_iter().map(|at| migration.statements[at].span) {
            lines.extend(self.said_once(self.file.beside(Some(call))));
            let bindings = if in_words { self.file.bindings(call) } else { Vec::new() };
            lines.extend(bindings.into_iter().flat_map(|at| as_written(&self.file.statement(at), depth)));
        }
        lines
    }

    fn said_once(&self, statements: Vec<usize>) -> Lines {
        let new: Vec<usize> = statements.into_iter().filter(|at| self.said.borrow_mut().insert(*at)).collect();
        new.into_iter().flat_map(|at| as_written(&self.file.statement(at), 0)).collect()
    }

    /// A build, a backfill, or what else may be in no transaction.
    pub(super) fn alone(&self, page: &Page<'_>, commented: &mut [bool]) -> Up {
        let all = statements(page, commented);
        let mut up = Up { sent: all.sql(), ..Up::default() };
        up.code.lines.extend(all.comments.lines().map(str::to_owned));
        let beside = self.beside(&page.steps().collect::<Vec<_>>(), false, 0);
        up.has_words |= !beside.is_empty();
        up.code.lines.extend(beside);
        for statement in &all.all {
            match statement {
                Statement::AsWritten(text) => {
                    up.has_words = true;
                    up.code.lines.extend(self.words(&page.steps().collect::<Vec<_>>(), text, 0));
                }
                Statement::Sql(text) => up.code.add(self.without_timeouts(self.execute(text, 1))),
                Statement::Operation(operation, text) => {
                    up.code.add(self.concurrent(operation, Some(text), page.steps()))
                }
            }
        }
        up
    }
}

/// A block whose statements its author put outside of a transaction.
fn is_outside(migration: &Migration, sequence: &Sequence, block: usize) -> bool {
    let is_in_words = |step: &Step| step.verbatim;
    let sent = |step: &Step| {
        migration.sent.iter().find(|sent| sent.statements.contains(&migration.items[step.from].statement))
    };
    let kind = UnitKind::of(sequence.steps_of(block..block + 1));
    kind == Some(UnitKind::AsWritten)
        && sequence
            .steps_of(block..block + 1)
            .any(|step| is_in_words(step) && sent(step).is_some_and(|sent| sent.is_outside))
}

/// How to go on with Rails: the same command.
struct Migrate;

impl Commands for Migrate {
    fn again(&self) -> String {
        "run bin/rails db:migrate again".into()
    }

    fn begin_again(&self) -> String {
        "Run bin/rails db:migrate again".into()
    }

    fn after_failed_build(&self) -> &'static str {
        " Run bin/rails db:migrate again: it is dropped and built anew"
    }
}
