//! The file of a step: a class like the original's, with other methods. What its statements may need of the original's file stays
//! with them, byte by byte.

use std::collections::BTreeSet;

use super::effects::Effect;
use super::migration_class::{BodyStatement, MigrationClass};
use super::ruby::{Call, Class, Expression, ExpressionKind, Program};
use crate::framework::text::edited;
use crate::source::{ByteSpan, SourceFile};

/// Stands for what the place adds to the name of a class. No file that is read can hold a NUL byte.
pub(super) const SUFFIX: &str = "\0suffix\0";

/// What the body of a method is indented by.
pub(super) const INDENT: &str = "    ";

/// Lines of code that are not indented yet, but for those behind [`OWN_INDENT`].
pub(super) type Lines = Vec<String>;

/// Begins a line that has its indentation already.
pub(super) const OWN_INDENT: char = '\0';

/// How a step runs.
pub(super) struct StepFile {
    /// It takes the place of its migration, and keeps the name of its class.
    pub is_first: bool,
    /// What is said of it, in comments.
    pub header: String,
    /// It leaves Rails' transaction.
    pub is_outside: bool,
    /// What it does.
    pub methods: Methods,
    /// Its statements are in their author's words, and may use what else stands in the file.
    pub in_words: bool,
    /// The methods that its statements call, as a text for the end of a class.
    pub helpers: Vec<String>,
}

/// What a step does.
pub(super) enum Methods {
    /// Both ways, as Rails finds out.
    Change(Lines),
    /// One way, and the other where there is one.
    Directions(Lines, Option<Lines>),
}

/// A migration's file, from which the files of its steps are made.
pub(super) struct File<'a> {
    text: &'a str,
    /// From `class` to its `end`.
    class: ByteSpan,
    name: ByteSpan,
    superclass: ByteSpan,
    head: ByteSpan,
    opt_out: Option<ByteSpan>,
    /// `change`, `up` and `down`, each with its name and its body.
    directions: Vec<(String, ByteSpan)>,
    /// The statements of the method that is run.
    body: Vec<BodyStatement>,
    /// What they do.
    effects: Vec<Effect>,
}

impl<'a> File<'a> {
    /// Reads the text of a migration; `None` where it holds no class of one.
    pub(super) fn new(text: &'a str) -> Option<File<'a>> {
        let program = Program::read(text);
        let (expression, class) = program.statements.iter().find_map(|expression| migration_class(expression, text))?;
        let superclass = class.superclass.as_ref()?.span;
        let run = MigrationClass::read(SourceFile::new("", text), None).ok()?.up;
        let (body, effects) = run.map(|run| (run.body, run.effects)).unwrap_or_default();
        let mut file = File {
            text,
            class: expression.span,
            name: class.name.span,
            superclass,
            head: class.head,
            opt_out: None,
            directions: Vec::new(),
            body,
            effects,
        };
        for member in &class.body.statements {
            match &member.kind {
                ExpressionKind::Method(method) => {
                    let name = method.name.slice(text);
                    if ["change", "up", "down"].contains(&name) {
                        file.directions.push((name.to_owned(), member.span));
                    }
                }
                ExpressionKind::Name if member.span.slice(text) == OPT_OUT => file.opt_out = Some(member.span),
                ExpressionKind::Call(call) if is_opt_out(call, text) => file.opt_out = Some(member.span),
                _ => {}
            }
        }
        Some(file)
    }

    /// What the class does in one direction, from `def` to `end`.
    pub(super) fn method(&self, name: &str) -> Option<&'a str> {
        self.directions.iter().find(|(own, _)| own == name).map(|(_, span)| span.slice(self.text))
    }

    /// Rails finds out itself how the migration is taken back. `change` is what it runs where there is more.
    pub(super) fn is_reversible(&self) -> bool {
        self.method("change").is_some()
    }

    /// The version in brackets behind the superclass.
    pub(super) fn bracket(&self) -> Option<&'a str> {
        let superclass = self.superclass.slice(self.text);
        let (_, version) = superclass.rsplit_once('[')?;
        Some(version.trim_end_matches(']').trim().trim_matches(['"', '\'']))
    }

    /// The statements of the method that send nothing and stand for themselves behind what is sent before a call, by index; those
    /// behind the last call for none.
    pub(super) fn beside(&self, call: Option<ByteSpan>) -> Vec<usize> {
        let sends = |statement: &BodyStatement| !statement.effects.is_empty();
        let end = match call {
            Some(call) => self.body.iter().position(|statement| statement.span.start >= call.start),
            None => None,
        };
        let end = end.unwrap_or(self.body.len());
        let start = self.body[..end].iter().rposition(sends).map_or(0, |last| last + 1);
        (start..end).filter(|at| self.body[*at].binds.is_empty()).collect()
    }

    /// The statements before a call that send nothing and give it the names that it needs, by index.
    pub(super) fn bindings(&self, call: ByteSpan) -> Vec<usize> {
        let is_own = |statement: &&BodyStatement| call.start <= statement.span.start && statement.span.end <= call.end;
        let mut names: BTreeSet<&String> =
            self.body.iter().filter(is_own).flat_map(|statement| &statement.uses).collect();
        let earlier = self.body.iter().enumerate().take_while(|(_, statement)| statement.span.start < call.start);
        let mut found = Vec::new();
        for (at, statement) in earlier.collect::<Vec<_>>().into_iter().rev() {
            if statement.effects.is_empty() && statement.binds.iter().any(|name| names.contains(name)) {
                names.extend(&statement.uses);
                found.push(at);
            }
        }
        found.reverse();
        found
    }

    /// What the statements in a place do.
    pub(super) fn effects(&self, place: ByteSpan) -> impl Iterator<Item = &Effect> {
        let is_own = move |effect: &&Effect| place.start <= effect.span.start && effect.span.end <= place.end;
        self.effects.iter().filter(is_own)
    }

    /// A statement as the file has it, with the comments before it.
    pub(super) fn statement(&self, at: usize) -> String {
        let statement = &self.body[at];
        let comments = statement.leading.slice(self.text).lines().map(str::trim).filter(|line| line.starts_with('#'));
        let behind = statement.behind.slice(self.text).trim_end();
        comments.map(|line| format!("{line}\n")).collect::<String>() + statement.span.slice(self.text) + behind
    }

    /// The comments behind the last statement of the method that is run, which ends there.
    pub(super) fn comments_behind(&self, end: usize) -> Vec<&'a str> {
        let own = self.directions.iter().find(|(_, span)| span.start < end && end <= span.end);
        let Some((_, method)) = own else { return Vec::new() };
        let rest = self.text[end..method.end].split_once('\n').map_or("", |(_, rest)| rest);
        rest.lines()
            .map(str::trim)
            .take_while(|line| line.is_empty() || line.starts_with('#'))
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// The file of a step.
    pub(super) fn of_step(&self, step: &StepFile) -> String {
        let text = match step.is_first || step.in_words {
            true => self.changed(step),
            false => self.new_class(step),
        };
        if self.text.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
    }

    /// A class with nothing of the original's but its name, what it comes from, and what Ruby reads in the first lines.
    fn new_class(&self, step: &StepFile) -> String {
        let magic: String = self.magic_comments().iter().map(|line| format!("{line}\n")).collect();
        let gap = if magic.is_empty() { "" } else { "\n" };
        let opt_out = if step.is_outside { format!("  {OPT_OUT}\n\n") } else { String::new() };
        format!(
            "{magic}{gap}{}class {}{SUFFIX} < {}\n{opt_out}{}{}end\n",
            step.header,
            self.name.slice(self.text),
            self.superclass.slice(self.text),
            methods(&step.methods),
            helpers(&step.helpers),
        )
    }

    /// The original's text with other methods in its class.
    fn changed(&self, step: &StepFile) -> String {
        let mut edits: Vec<(ByteSpan, String)> = Vec::new();
        let at = |place: usize| ByteSpan::new(place, place);
        let line = self.start_of_line(self.class.start);
        let follows_comment = self.text[..line].lines().next_back().is_some_and(|line| line.starts_with('#'));
        edits.push((at(line), format!("{}{}", if follows_comment { "\n" } else { "" }, step.header)));
        if !step.is_first {
            edits.push((at(self.name.end), SUFFIX.to_owned()));
        }
        match (self.opt_out, step.is_outside) {
            (Some(span), false) => {
                let end = self.end_of_lines(span.end, true);
                edits.push((ByteSpan::new(self.start_of_line(span.start), end), String::new()));
            }
            (None, true) => edits.push((at(self.end_of_lines(self.head.end, false)), format!("  {OPT_OUT}\n\n"))),
            (Some(_), true) | (None, false) => {}
        }
        for (number, (_, span)) in self.directions.iter().enumerate() {
            let start = self.start_of_line(span.start);
            match number {
                0 => {
                    let end = self.end_of_lines(span.end, false);
                    edits.push((ByteSpan::new(start, end), methods(&step.methods)));
                }
                _ => {
                    // With the empty lines before it.
                    let before = self.text[..start].trim_end().len();
                    let start = before + self.text[before..].find('\n').map_or(0, |at| at + 1);
                    edits.push((ByteSpan::new(start, self.end_of_lines(span.end, false)), String::new()));
                }
            }
        }
        let end = self.start_of_line(self.class.end.saturating_sub("end".len()));
        edits.push((at(end), helpers(&step.helpers)));
        edited(self.text, edits)
    }

    /// The comments in the first lines that Ruby and its tools read: `# frozen_string_literal: true`.
    fn magic_comments(&self) -> Vec<&'a str> {
        let top = self.text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
        let is_magic = |line: &&str| {
            let words = line.trim_start_matches(['#', ' ', '-', '*']);
            ["frozen_string_literal:", "encoding:", "coding:", "warn_indent:", "typed:"]
                .iter()
                .any(|word| words.to_ascii_lowercase().starts_with(word))
        };
        top.filter(is_magic).collect()
    }

    fn start_of_line(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |line| line + 1)
    }

    /// Behind the line that something ends in, or behind the empty lines that follow it.
    fn end_of_lines(&self, at: usize, with_empty: bool) -> usize {
        let mut end = self.text[at..].find('\n').map_or(self.text.len(), |line| at + line + 1);
        while with_empty
            && let Some((line, _)) = self.text[end..].split_once('\n').filter(|(line, _)| line.trim().is_empty())
        {
            end += line.len() + 1;
        }
        end
    }
}

/// What takes a file out of Rails' transaction.
const OPT_OUT: &str = "disable_ddl_transaction!";

fn is_opt_out(call: &Call, text: &str) -> bool {
    call.name.slice(text) == OPT_OUT
}

/// The class of a migration: what it comes from says so.
fn migration_class<'t>(expression: &'t Expression, text: &str) -> Option<(&'t Expression, &'t Class)> {
    let ExpressionKind::Class(class) = &expression.kind else { return None };
    let superclass = class.superclass.as_ref()?;
    superclass.span.slice(text).contains("Migration").then_some((expression, &**class))
}

fn methods(methods: &Methods) -> String {
    match methods {
        Methods::Change(lines) => method("change", lines),
        Methods::Directions(up, None) => method("up", up),
        Methods::Directions(up, Some(down)) => {
            let nothing = ["# Nothing to take back".to_owned()];
            let down = if down.is_empty() { &nothing[..] } else { down };
            format!("{}\n{}", method("up", up), method("down", down))
        }
    }
}

fn method(name: &str, lines: &[String]) -> String {
    let body: String = lines.iter().map(|line| indented(line)).collect();
    format!("  def {name}\n{body}  end\n")
}

fn indented(line: &str) -> String {
    match line.strip_prefix(OWN_INDENT) {
        Some(line) => format!("{line}\n"),
        None if line.is_empty() => "\n".to_owned(),
        None => format!("{INDENT}{line}\n"),
    }
}

fn helpers(helpers: &[String]) -> String {
    if helpers.is_empty() { String::new() } else { format!("\n  private\n\n{}", helpers.join("\n")) }
}
