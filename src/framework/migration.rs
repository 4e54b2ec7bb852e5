//! A migration, read: its statements, the operations that they are, and what the runner sends at once.

mod read;
mod sending;

use std::ops::Range;

use camino::Utf8PathBuf;

use super::Variables;
use super::header::{self, Header, Undo};
use crate::operation::{Item, Operation};
use crate::plan::{Runner, Sends};
use crate::source::{ByteSpan, Directive, SourceFile};
pub use sending::{Call, Sending};

/// A migration with its statements and operations.
#[derive(Debug)]
pub struct Migration {
    /// The name as the framework records it.
    pub name: String,
    /// What it is called among people: in the comments of a sequence and in the names of its files.
    pub title: String,
    /// The file.
    pub source: SourceFile,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// White space and comments after the last statement.
    pub trailing: ByteSpan,
    /// The operations of all statements, in order.
    pub items: Vec<Item>,
    /// Where each item stands in the file.
    pub spans: Vec<ByteSpan>,
    /// Where each item stands in the SQL of its statement.
    in_sql: Vec<ByteSpan>,
    /// Directives for the whole file.
    pub directives: Vec<Directive>,
    /// A transaction is open after it, begun by the author.
    pub leaves_open: bool,
    /// What the runner sends at once, in order.
    pub sent: Vec<Sent>,
    /// What an earlier rewrite wrote in its comments.
    pub headers: Vec<Header>,
    /// How its file itself takes it back, where it can say that in statements; impossible where nobody knows them.
    pub downgrade: Option<Undo>,
    /// What begins a comment line in it.
    pub comment_sign: &'static str,
    /// Who runs it.
    pub runner: Runner,
    /// The environment variables that were known when it was read.
    pub variables: Variables,
}

/// What a runner sends at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where it stands in the file, with the comments before it.
    pub span: ByteSpan,
    /// Its statements, by index.
    pub statements: Range<usize>,
    /// It is outside the transaction that the runner has begun, by what the file says around it.
    pub is_outside: bool,
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    /// What stands between it and the one before it with its comment: white space, comments, separators.
    pub leading: ByteSpan,
    /// The statement with its semicolon.
    pub span: ByteSpan,
    /// The comment behind it in its last line, if there is one.
    pub behind: ByteSpan,
    /// Its items, by index.
    pub items: Range<usize>,
    /// The statements that stand for the same place of the file, by index: those of a call that sends several.
    pub call: Range<usize>,
    /// The SQL that it is sent as, where the file is not SQL; empty where nobody knows it without running the file.
    pub sql: Option<String>,
    /// It is a `DO` block.
    pub in_do: bool,
    /// Directives for it.
    pub directives: Vec<Directive>,
}

impl Migration {
    /// An earlier rewrite left it in its author's words, as a step of a sequence.
    pub fn is_as_written(&self) -> bool {
        header::is_as_written(&self.headers)
    }

    /// An item's statement runs what its text calls.
    pub fn runs_its_text(&self, item: usize) -> bool {
        let Item { operation, in_do, .. } = &self.items[item];
        *in_do || runs_its_text(operation)
    }

    /// The text of an item, as it stands in the SQL of its statement.
    pub fn slice(&self, item: usize) -> &str {
        self.in_sql[item].slice(self.sql(self.statement_of(item)))
    }

    /// The author's comments before a statement.
    pub fn comments_before(&self, statement: &Statement) -> String {
        self.without_separators(statement.leading)
    }

    /// The author's comment behind a statement, in its last line.
    pub fn comment_behind(&self, statement: &Statement) -> &str {
        statement.behind.slice(&self.source.text).trim()
    }

    /// The author's comments after the last statement.
    pub fn comments_at_the_end(&self) -> String {
        self.without_separators(self.trailing)
    }

    fn separator(&self) -> Option<&'static str> {
        match self.runner.sends {
            Sends::Chunks(separator) => Some(separator),
            Sends::Files | Sends::Calls => None,
        }
    }

    fn without_separators(&self, span: ByteSpan) -> String {
        let text = span.slice(&self.source.text);
        let parts = match self.separator() {
            Some(separator) => text.split(separator).collect(),
            None => vec![text],
        };
        let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        // In a file of calls comments are indented as these are.
        match self.runner.sends {
            Sends::Calls => parts.lines().map(str::trim_start).collect::<Vec<_>>().join("\n"),
            Sends::Files | Sends::Chunks(_) => parts,
        }
    }

    /// The statement that an item stands in.
    pub fn statement_of(&self, item: usize) -> &Statement {
        &self.statements[self.items[item].statement]
    }

    /// A statement as SQL, with its semicolon.
    pub fn sql<'a>(&'a self, statement: &'a Statement) -> &'a str {
        statement.sql.as_deref().unwrap_or_else(|| statement.span.slice(&self.source.text))
    }

    /// What it sends that nobody knows without running its file: where it stands, and what it is.
    pub fn unknown(&self) -> Vec<String> {
        let unknown = self.statements.iter().filter(|statement| statement.sql.as_deref() == Some(""));
        let place = |statement: &Statement| format!("{}:{}", self.path(), self.source.position(statement.span.start));
        let what = |statement: &Statement| match self.items[statement.items.clone()].first().map(|item| &item.operation)
        {
            Some(Operation::Opaque { what, .. }) => what.clone(),
            _ => "a statement".to_owned(),
        };
        unknown.map(|statement| format!("{}: {}", place(statement), what(statement))).collect()
    }

    /// The SQL that is sent at once.
    pub fn sql_of(&self, sent: &Sent) -> String {
        let statements = &self.statements[sent.statements.clone()];
        match statements.iter().any(|statement| statement.sql.is_some()) {
            true => statements.iter().map(|statement| self.sql(statement)).collect::<Vec<_>>().join("\n"),
            false => sent.span.slice(&self.source.text).to_owned(),
        }
    }

    /// What an earlier rewrite wrote before the statements that are sent at once.
    pub fn headers_of(&self, sent: &Sent) -> impl Iterator<Item = &Header> {
        let first = self.statements[sent.statements.clone()].first();
        let end = first.map_or(sent.span.end, |statement| statement.span.start);
        let (from, to) = (sent.span.start, end);
        self.headers.iter().filter(move |header| (from..to).contains(&header.at))
    }

    /// The comment lines that a header begins.
    pub fn comments_at(&self, header: &Header) -> &str {
        let text = &self.source.text[header.at..];
        let lines = text.split_inclusive('\n').take_while(|line| line.trim_start().starts_with(self.comment_sign));
        &text[..lines.map(str::len).sum()]
    }

    /// What the file holds.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// The file.
    pub fn path(&self) -> &Utf8PathBuf {
        &self.source.path
    }
}

fn runs_its_text(operation: &Operation) -> bool {
    matches!(operation, Operation::Opaque { .. } | Operation::Data(_))
}
