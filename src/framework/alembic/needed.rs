//! What of a revision's file a step needs: the definitions and imports that its functions use, and what these use.

use std::collections::BTreeSet;

use super::python::{Clause, ExpressionKind, Module, Statement, StatementKind};
use super::revision::{self, words};
use super::written::MAX_LINE;
use crate::framework::text::edited;
use crate::source::ByteSpan;

/// Leaves out what no function of the file needs. The file of the last step (`original`) keeps what nothing needed before, and of
/// what was needed the definitions that have no place `elsewhere`.
pub(super) fn without_what_is_not_needed(text: &str, original: Option<&str>, elsewhere: &BTreeSet<String>) -> String {
    let Ok(module) = Module::read(text) else { return text.to_owned() };
    let before = original.and_then(|original| Module::read(original).ok().map(|module| used(original, &module.body)));
    let is_root = |statement: &Statement| match &statement.kind {
        StatementKind::Import(_) => false,
        StatementKind::Expression(expression) => {
            before.is_some() || matches!(expression.kind, ExpressionKind::Strings(_))
        }
        _ => {
            let own = statement.binds(text);
            own.iter().any(|name| ROOTS.contains(&name.as_str()))
                || (before.is_some() && !own.iter().all(|name| elsewhere.contains(name)))
        }
    };
    let mut is_kept: Vec<bool> = module.body.iter().map(is_root).collect();
    loop {
        let kept = module.body.iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept).map(|(statement, _)| statement);
        let names = used(text, kept);
        let mut grows = false;
        for (statement, is_kept) in module.body.iter().zip(&mut is_kept).filter(|(_, is_kept)| !**is_kept) {
            let own = statement.binds(text);
            let is_needed =
                own.iter().any(|name| names.contains(name.as_str()) || name == "*" || name == "annotations");
            let was_needed = |before: &BTreeSet<String>| own.iter().any(|name| before.contains(name));
            let was_idle = before.as_ref().is_some_and(|before| !was_needed(before));
            if is_needed || was_idle {
                *is_kept = true;
                grows = true;
            }
        }
        if !grows {
            break;
        }
    }
    let (kept, gone): (Vec<_>, Vec<_>) = module.body.iter().zip(&is_kept).partition(|(_, is_kept)| **is_kept);
    let names = used(text, kept.iter().map(|(statement, _)| *statement));
    let is_needed = |name: &str| names.contains(name) || before.as_ref().is_some_and(|before| !before.contains(name));
    let narrowed = kept.iter().filter_map(|(statement, _)| {
        let is_import = matches!(statement.kind, StatementKind::Import(_));
        let narrow = is_import.then(|| narrow(statement.span.slice(text), &is_needed)).flatten()?;
        Some((statement.span, narrow))
    });
    let mut lines: Vec<ByteSpan> = Vec::new();
    for span in gone.iter().map(|(statement, _)| lines_of(text, statement.span)) {
        match lines.last_mut().filter(|last| text[last.end..span.start].trim().is_empty()) {
            Some(last) => last.end = span.end,
            None => lines.push(span),
        }
    }
    let gone = lines.into_iter().map(|span| (with_fewer_empty_lines(text, span), String::new()));
    let edits = gone.chain(narrowed).collect();
    with_two_empty_lines_at_most(&edited(text, edits))
}

/// The names that a file's own statements define.
pub(super) fn defined(text: &str) -> BTreeSet<String> {
    let Ok(module) = Module::read(text) else { return BTreeSet::new() };
    let is_definition = |statement: &&Statement| !matches!(statement.kind, StatementKind::Import(_));
    module.body.iter().filter(is_definition).flat_map(|statement| statement.binds(text)).collect()
}

/// `from a import b, c` with only the names that are needed; `None` where all are, or what stands there is more than that.
fn narrow(import: &str, is_needed: &dyn Fn(&str) -> bool) -> Option<String> {
    let (from, names) = import.split_once(" import ").filter(|(from, _)| from.starts_with("from "))?;
    if names.contains(['#', '\\', '*', ';']) || from == "from __future__" {
        return None;
    }
    let names = names.trim().trim_start_matches('(').trim_end_matches(')').split(',').map(str::trim);
    let all: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let bound = |name: &&&str| is_needed(name.rsplit_once(" as ").map_or(**name, |(_, name)| name.trim()));
    let needed: Vec<&str> = all.iter().filter(bound).copied().collect();
    if needed.is_empty() || needed.len() == all.len() {
        return None;
    }
    let line = format!("{from} import {}", needed.join(", "));
    match line.chars().count() > MAX_LINE {
        true => Some(format!("{from} import (\n    {},\n)", needed.join(",\n    "))),
        false => Some(line),
    }
}

/// What Alembic looks for in a file.
const ROOTS: [&str; 6] = ["revision", "down_revision", "branch_labels", "depends_on", "upgrade", "downgrade"];

/// The names that statements use.
fn used<'s>(text: &str, statements: impl IntoIterator<Item = &'s Statement>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in statements {
        statement.expressions(&mut |expression| {
            names.extend(revision::names(text, expression).into_iter().map(str::to_owned));
        });
        // Annotations, and what an `except` names.
        let heads = heads(statement).into_iter().flat_map(|head| words(head.slice(text)));
        names.extend(heads.map(str::to_owned));
        if statement.has_unread() {
            names.extend(words(statement.span.slice(text)).map(str::to_owned));
        }
    }
    names
}

/// The heads of all clauses in a statement.
fn heads(statement: &Statement) -> Vec<ByteSpan> {
    let of =
        |clause: &Clause| std::iter::once(clause.head).chain(clause.body.iter().flat_map(heads)).collect::<Vec<_>>();
    statement.clauses().iter().flat_map(of).collect()
}

/// Whole lines, with the comments that stand directly above them.
fn lines_of(text: &str, span: ByteSpan) -> ByteSpan {
    let mut start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
        if !text[above..start].starts_with('#') {
            break;
        }
        start = above;
    }
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
    ByteSpan::new(start, end)
}

/// Lines that go, with the empty ones on that side of them that has fewer.
fn with_fewer_empty_lines(text: &str, span: ByteSpan) -> ByteSpan {
    let is_empty = |line: &&str| line.trim().is_empty();
    let before: usize = text[..span.start].split_inclusive('\n').rev().take_while(is_empty).map(str::len).sum();
    let behind: usize = text[span.end..].split_inclusive('\n').take_while(is_empty).map(str::len).sum();
    match before < behind {
        true => ByteSpan::new(span.start - before, span.end),
        false => ByteSpan::new(span.start, span.end + behind),
    }
}

/// Empty lines between statements of the module, as few as every style wants; those in strings stay.
fn with_two_empty_lines_at_most(text: &str) -> String {
    let Ok(module) = Module::read(text) else { return text.to_owned() };
    let mut edits = Vec::new();
    let mut end = 0;
    for statement in &module.body {
        let gap = &text[end..statement.span.start];
        let mut shorter = gap.to_owned();
        while shorter.contains("\n\n\n\n") {
            shorter = shorter.replace("\n\n\n\n", "\n\n\n");
        }
        if shorter != gap {
            edits.push((ByteSpan::new(end, statement.span.start), shorter));
        }
        end = statement.span.end;
    }
    edited(text, edits)
}
