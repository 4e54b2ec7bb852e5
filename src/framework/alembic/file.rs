//! The file of a step: the file of the revision that it comes from, with other functions and its own place in the chain.
//! What its functions need of the rest stays, byte by byte.

use std::collections::BTreeSet;

use super::calls::{PHASE, STEP, groups, is_mark, needed, title};
use super::needed::without_what_is_not_needed;
use super::python::{ExpressionKind, Module, Statement, StatementKind};
use super::revision::{BodyStatement, Function, Revision, words};
use super::version;
use super::written::MAX_LINE;
use crate::framework::inverse::subjects;
use crate::framework::page::Page;
use crate::framework::text::edited;
use crate::plan::Phase;
use crate::source::ByteSpan;

/// What a block below a function is indented by.
pub(super) const INDENT: &str = "    ";

/// Stands for the id of a revision that has no place yet. No file that is read can hold a NUL byte.
pub(super) const ID: &str = "\0id\0";
/// Stands for the id of the step before it.
pub(super) const PREVIOUS: &str = "\0previous\0";
/// Stands for the time at which a revision that waits is released.
pub(super) const CREATED: &str = "\0created\0";

/// Which file of a sequence it is.
#[derive(Clone, Copy)]
pub(super) struct Number {
    /// From 1 on, among those of its phase.
    pub number: usize,
    /// How many there are.
    pub count: usize,
    /// The phase, where it waits for a deploy.
    pub waits: Option<Phase>,
}

impl Number {
    /// The one that keeps the revision's id.
    pub(super) fn is_own(self) -> bool {
        self.waits.is_none() && self.number == self.count
    }
}

/// A statement of an author's `downgrade()`.
pub(super) struct Taken<'a> {
    /// The comments before it and behind it.
    pub comments: Vec<String>,
    /// As the file has it.
    pub text: &'a str,
    /// What it takes back; `None` where it does something else.
    pub subjects: Option<BTreeSet<String>>,
    /// It always fails: Alembic generates it for a constraint without a name.
    pub fails: bool,
}

/// What Alembic's directives are called by.
const OP: &str = "op";

/// A revision's file, from which the files of its steps are made.
pub(super) struct File<'a> {
    revision: &'a Revision,
    text: &'a str,
}

impl<'a> File<'a> {
    pub(super) fn new(revision: &'a Revision) -> File<'a> {
        File { revision, text: &revision.source.text }
    }

    /// The quote of its strings.
    pub(super) fn quote(&self) -> char {
        let id = self.value("revision").map_or("\"", |span| span.slice(self.text));
        if id.starts_with('\'') { '\'' } else { '"' }
    }

    /// A call at that depth below its function, in lines as Black and Ruff break them; where the file has other quotes than
    /// theirs, in one. An argument that has lines of its own keeps them.
    pub(super) fn call(&self, function: &str, arguments: &[String], depth: usize) -> Vec<String> {
        let (all, indent) = (arguments.join(", "), INDENT.repeat(depth));
        let line = format!("{indent}{function}({all})");
        let fits = |line: &str| INDENT.len() + line.chars().count() <= MAX_LINE;
        if self.quote() != '"' || line.contains('\n') || fits(&line) {
            return vec![line];
        }
        let body = format!("{indent}{INDENT}{all}");
        let body = match arguments.len() == 1 || fits(&body) {
            true => vec![body],
            false => arguments.iter().map(|argument| format!("{indent}{INDENT}{argument},")).collect(),
        };
        std::iter::once(format!("{indent}{function}(")).chain(body).chain([format!("{indent})")]).collect()
    }

    /// True when its Alembic is one that looks whether an index is there.
    pub(super) fn checks_for_index(&self) -> bool {
        let folder = self.revision.source.path.parent();
        folder.and_then(version::of).is_some_and(|version| version >= version::CHECKS_FOR_INDEX)
    }

    /// The statements of its `downgrade()` that do something to the database, in order.
    pub(super) fn downgrade(&self) -> Option<Vec<Taken<'a>>> {
        let function = self.revision.downgrade.as_ref()?;
        let operations = function.operations();
        let statements = function.body.iter().filter(|statement| !statement.effects.is_empty());
        let taken = |statement: &'a BodyStatement| {
            let text = statement.span.slice(self.text);
            let own = operations.iter().filter(|one| statement.effects.contains(&one.effect));
            let subjects = own.map(|one| subjects(&one.operation));
            Taken {
                comments: self.comments_on(statement),
                text,
                // It needs what another statement gives a name.
                subjects: subjects
                    .map(|all| (!all.is_empty()).then_some(all))
                    .collect::<Option<Vec<_>>>()
                    .filter(|_| statement.uses.is_empty())
                    .map(|all| all.into_iter().flatten().collect()),
                fails: text.split_whitespace().collect::<String>().starts_with("op.drop_constraint(None"),
            }
        };
        Some(statements.map(taken).collect())
    }

    fn value(&self, variable: &str) -> Option<ByteSpan> {
        self.revision.values.iter().find(|(name, _)| *name == variable).map(|(_, span)| *span)
    }

    /// A call as the file has it, with the comments before it.
    pub(super) fn as_written(&self, text: &str, page: &Page<'_>) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut rest = text.trim_matches('\n');
        while rest.starts_with('#') || rest.starts_with('\n') {
            let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
            lines.push(line.to_owned());
            rest = behind;
        }
        let mut with = self.bindings(rest, page);
        with.extend(lines);
        with.extend((!rest.is_empty()).then(|| rest.trim_end().to_owned()));
        with
    }

    /// The statements that send nothing and give a call the names that it needs. Those between statements that stay together
    /// are part of the call.
    fn bindings(&self, call: &str, page: &Page<'_>) -> Vec<String> {
        let Some(function) = &self.revision.upgrade else { return Vec::new() };
        let calls = page.steps().map(|step| page.migration.statement_of(step.from).span);
        let Some(span) = calls.into_iter().find(|span| call.starts_with(span.slice(self.text))) else {
            return Vec::new();
        };
        let of_call = |statement: &BodyStatement| span.start <= statement.span.start && statement.span.end <= span.end;
        let Some(first) = function.body.iter().position(of_call) else { return Vec::new() };
        let own = function.body.iter().enumerate().filter(|(_, statement)| of_call(statement));
        let names: BTreeSet<String> = own.flat_map(|(at, statement)| needed(&function.body, at, statement)).collect();
        let earlier = function.body[..first].iter().filter(|statement| statement.effects.is_empty());
        let bound = earlier.filter(|statement| statement.binds.iter().any(|name| names.contains(name)));
        bound.flat_map(|statement| self.with_comments(statement)).collect()
    }

    /// A statement of a function as the file has it, with the comments before it and behind it.
    fn with_comments(&self, statement: &BodyStatement) -> Vec<String> {
        let own = ByteSpan::new(statement.span.start, statement.behind.end).slice(self.text).trim_end();
        self.comments_before(statement).chain([own.to_owned()]).collect()
    }

    fn comments_before(&self, statement: &BodyStatement) -> impl Iterator<Item = String> + use<'a> {
        let leading = statement.leading.slice(self.text).lines().map(str::trim);
        leading.filter(|line| line.starts_with('#') && !is_mark(line)).map(str::to_owned)
    }

    fn comments_on(&self, statement: &BodyStatement) -> Vec<String> {
        let behind = statement.behind.slice(self.text).trim();
        let behind = Some(behind.to_owned()).filter(|behind| behind.starts_with('#'));
        self.comments_before(statement).chain(behind).collect()
    }

    /// The file of a step, with gaps for its id and for that of the step before it. Without a `downgrade` it keeps its own. The one
    /// with the revision's id does without definitions that it does not need and that have a place `elsewhere`.
    pub(super) fn of_step(
        &self,
        number: Number,
        upgrade: &[String],
        downgrade: Option<&[String]>,
        elsewhere: &BTreeSet<String>,
    ) -> String {
        let mut edits: Vec<(ByteSpan, String)> = Vec::new();
        let quoted = |gap: &str| format!("{0}{gap}{0}", self.quote());
        let mut set = |variable: &str, value: String| edits.extend(self.value(variable).map(|span| (span, value)));
        if !number.is_own() {
            set("revision", quoted(ID));
            set("branch_labels", "None".to_owned());
        }
        if number.number > 1 || number.waits.is_some() {
            set("down_revision", quoted(PREVIOUS));
            set("depends_on", "None".to_owned());
        }
        if number.count > 1 || number.waits.is_some() {
            edits.extend(self.revision.docstring.map(|span| (span, self.docstring(span, number))));
        }
        if let Some(function) = &self.revision.upgrade {
            let mut lines = upgrade.to_vec();
            if number.is_own() {
                lines.extend(self.left_over(function));
            }
            edits.push(self.function(function, &lines));
        }
        if let (Some(function), Some(lines)) = (&self.revision.downgrade, downgrade) {
            edits.push(self.function(function, lines));
        }
        let text = edited(self.text, edits);
        let text = without_what_is_not_needed(&text, number.is_own().then_some(self.text), elsewhere);
        if self.text.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
    }

    fn docstring(&self, span: ByteSpan, at: Number) -> String {
        let Number { number, count, waits } = at;
        let text = span.slice(self.text);
        let message = self.revision.message();
        let of_phase = waits.map(|phase| format!("{}{PHASE}", phase.word())).map(|words| format!(", {words}"));
        let of_step = (count > 1).then(|| format!("{STEP}{number} of {count}"));
        let own = [Some(title(self.revision)), of_phase, of_step].into_iter().flatten().collect::<String>();
        let follows_another = number > 1 || waits.is_some();
        let mut out = String::new();
        let mut is_titled = message.is_empty();
        for line in text.split_inclusive('\n') {
            if !is_titled && let Some(at) = line.find(message) {
                out += &format!("{}{own}{}", &line[..at], &line[at + message.len()..]);
                is_titled = true;
            } else if let Some(rest) = value_of(line, "Revision ID:") {
                let id = if at.is_own() { rest.trim() } else { ID };
                out += &line.replacen(rest.trim(), id, 1);
            } else if let Some(rest) =
                value_of(line, "Create Date:").filter(|rest| waits.is_some() && !rest.trim().is_empty())
            {
                out += &line.replacen(rest.trim(), CREATED, 1);
            } else if let Some(rest) = value_of(line, "Revises:").filter(|_| follows_another) {
                match rest.trim() {
                    "" => {
                        out += &format!(
                            "{} {PREVIOUS}{}",
                            line.trim_end(),
                            &line[line.trim_end().len()..].trim_start_matches(' ')
                        )
                    }
                    old => out += &line.replacen(old, PREVIOUS, 1),
                }
            } else {
                out += line;
            }
        }
        out
    }

    /// The statements of `upgrade()` that send nothing and are there for themselves, and its last comments.
    fn left_over(&self, function: &Function) -> Vec<String> {
        let module = Module::read(self.text).unwrap_or(Module { body: Vec::new(), comments: Vec::new() });
        let is_expression = |statement: &BodyStatement| {
            let of_function = module.body.iter().flat_map(Statement::clauses).flat_map(|clause| &clause.body);
            let mut own = of_function.filter(|inner| inner.span == statement.span);
            own.any(|inner| matches!(&inner.kind, StatementKind::Expression(e) if !matches!(e.kind, ExpressionKind::Strings(_))))
        };
        let groups = groups(function);
        let is_apart = |at: &usize| !groups.iter().any(|group| group.contains(at));
        let apart = function.body.iter().enumerate().filter(|(at, _)| is_apart(at));
        let statements: Vec<(usize, &BodyStatement)> =
            apart.filter(|(_, statement)| statement.effects.is_empty() && is_expression(statement)).collect();
        let names: BTreeSet<String> =
            statements.iter().flat_map(|(at, statement)| needed(&function.body, *at, statement)).collect();
        let binds = |statement: &BodyStatement| statement.binds.iter().any(|name| names.contains(name));
        let all = function.body.iter().enumerate().filter(|(at, statement)| {
            let is_said = statements.iter().any(|(said, _)| said == at);
            is_said || (is_apart(at) && statement.effects.is_empty() && binds(statement))
        });
        let comments = function.trailing.slice(self.text).lines().map(str::trim).filter(|line| !line.is_empty());
        let statements = all.flat_map(|(_, statement)| self.with_comments(statement));
        statements.chain(comments.map(str::to_owned)).collect()
    }

    /// A function with other statements, behind its docstring.
    fn function(&self, function: &Function, lines: &[String]) -> (ByteSpan, String) {
        // Its statements may stand behind its colon, in the same line.
        let is_one_line = !self.text[..function.indent.start].ends_with('\n');
        let indent = if is_one_line { INDENT } else { function.indent.slice(self.text) };
        let docstring = function.body.first().filter(|first| self.is_docstring(first));
        let head = self.text[function.head.end..].find('\n').map_or(self.text.len(), |at| function.head.end + at + 1);
        let head = if is_one_line { function.head.end } else { head };
        let from = docstring.map_or(head, |docstring| docstring.behind.end);
        let to = function.trailing.end.max(function.body.last().map_or(from, |last| last.behind.end));
        let mut text = String::new();
        let imports = self.imports_of_op(function, lines);
        let lines: Vec<&String> = match imports.is_empty() {
            true => lines.iter().collect(),
            false => imports.iter().chain(lines.iter().filter(|line| !imports.contains(line))).collect(),
        };
        let mut has_statement = false;
        // A docstring is a statement.
        let is_idle = |line: &str| docstring.is_some() && line == "pass";
        for line in lines.into_iter().filter(|line| !is_mark(line) && !is_idle(line)) {
            has_statement |= !line.is_empty() && !line.starts_with('#');
            let depth = (line.len() - line.trim_start_matches(' ').len()) / 4;
            let line = &line[depth * 4..];
            if !line.is_empty() {
                text += &indent.repeat(depth + 1);
            }
            text += line;
            text.push('\n');
        }
        if !has_statement && docstring.is_none() {
            text += &format!("{indent}pass\n");
        }
        // The statement before it may end its file.
        if from > 0 && !self.text[..from].ends_with('\n') {
            text.insert(0, '\n');
        }
        (ByteSpan::new(from, to.max(from)), text)
    }

    /// The imports in a function, or in the other one, that `op` comes from in it.
    fn imports_of_op(&self, function: &Function, lines: &[String]) -> Vec<String> {
        let needs_it = lines.iter().any(|line| words(line).any(|word| word == OP));
        let functions = [Some(function), self.revision.upgrade.as_ref()];
        let of = |function: &Function| -> Vec<String> {
            let text = |statement: &BodyStatement| statement.span.slice(self.text).to_owned();
            let is_import = |text: &String| text.starts_with("from ") || text.starts_with("import ");
            let binding = function.body.iter().filter(|statement| statement.binds.iter().any(|name| name == OP));
            binding.map(text).filter(is_import).collect()
        };
        let found = functions.into_iter().flatten().filter(|_| needs_it).map(of);
        found.into_iter().find(|imports| !imports.is_empty()).unwrap_or_default()
    }

    fn is_docstring(&self, statement: &BodyStatement) -> bool {
        let text = statement.span.slice(self.text).trim_start_matches(['r', 'R', 'u', 'U']);
        statement.effects.is_empty() && statement.binds.is_empty() && text.starts_with(['"', '\''])
    }
}

/// The rest of a line that says that of a revision.
fn value_of<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    line.trim_start().strip_prefix(what)
}
