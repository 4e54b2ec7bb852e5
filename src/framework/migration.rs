//! A migration, read: its statements, the operations that they are, and what the runner sends at once.

use std::ops::Range;

use camino::Utf8PathBuf;

use super::header::{self, Header, Undo};
use super::session::Session;
use super::{FrameworkError, Variables};
use crate::operation::{Fixed, Item, Operation, SessionOperation, TableOperation};
use crate::plan::{Runner, Sends};
use crate::source::{ByteSpan, Directive, SourceFile, directives, directives_at_top};
use crate::sql::{Located, PieceKind, Reading, read_statement, sets_within, split};

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

/// A call in a file that is not SQL, or several that stay together.
#[derive(Debug)]
pub struct Call {
    /// What stands before it with its comment; `None` for all that is between it and the one before it.
    pub leading: Option<ByteSpan>,
    /// Where it stands in the file.
    pub span: ByteSpan,
    /// The comment behind it in its last line; `None` where that is looked for in what follows.
    pub behind: Option<ByteSpan>,
    /// What it sends, one by one.
    pub sends: Vec<Sending>,
    /// What is said of it otherwise than in a comment.
    pub directives: Vec<Directive>,
}

/// What a call sends at once.
#[derive(Debug)]
pub struct Sending {
    /// The statement, with its semicolon; empty where nobody knows it without running the file.
    pub sql: String,
    /// What it does.
    pub reading: Reading,
    /// Where its operations stand in the file.
    pub spans: Vec<ByteSpan>,
    /// It is outside the transaction that the runner has begun.
    pub is_outside: bool,
    /// Only running the file tells what of it is sent, and how often.
    pub is_unsure: bool,
}

impl Call {
    /// A call that sends one statement, which is the whole call in the file.
    pub fn of(span: ByteSpan, sql: String) -> Call {
        let reading = read_statement(&sql);
        let spans = vec![span; reading.operations.len()];
        let sends = vec![Sending { sql, reading, spans, is_outside: false, is_unsure: false }];
        Call { leading: None, span, behind: None, sends, directives: Vec::new() }
    }
}

impl Sending {
    /// What nobody knows without running the file, and why.
    pub(super) fn unknown(why: &str, span: ByteSpan, is_outside: bool) -> Sending {
        let operation = Operation::Opaque { what: why.to_owned(), is_program: true };
        let operations = vec![Located { operation, span: ByteSpan::new(0, 0) }];
        Sending {
            sql: String::new(),
            reading: Reading::plain(operations),
            spans: vec![span],
            is_outside,
            is_unsure: false,
        }
    }

    /// Statements that are sent together, or between which the file's language looks at what the database answered: they stay
    /// as they are.
    pub(super) fn together(sends: Vec<Sending>) -> Sending {
        let is_outside = sends.iter().any(|sending| sending.is_outside);
        let is_known = sends.iter().all(|sending| !sending.sql.is_empty());
        let is_named_elsewhere = sends.iter().any(|sending| sending.reading.is_named_elsewhere);
        let mut all = Sending {
            sql: String::new(),
            reading: Reading { has_logic: true, is_named_elsewhere, ..Reading::plain(Vec::new()) },
            spans: Vec::new(),
            is_outside,
            is_unsure: sends.iter().any(|sending| sending.is_unsure),
        };
        for Sending { sql, reading, spans, .. } in sends {
            let from = if is_known { all.sql.len() } else { 0 };
            let before = all.reading.operations.len();
            let caught = reading.caught.into_iter();
            let moved = caught.map(|(range, by)| (before + range.start..range.end.saturating_add(before), by));
            all.reading.caught.extend(moved);
            all.reading.operations.extend(reading.operations.into_iter().map(|located| {
                let span = match is_known {
                    true => ByteSpan::new(from + located.span.start, from + located.span.end),
                    false => ByteSpan::new(0, 0),
                };
                Located { span, ..located }
            }));
            all.spans.extend(spans);
            if is_known {
                all.sql += &sql;
                all.sql.push('\n');
            }
        }
        all
    }
}

impl Migration {
    /// Reads a file of SQL statements.
    ///
    /// # Errors
    /// When something in it never ends.
    pub fn of_sql(name: String, source: SourceFile, runner: Runner) -> Result<Self, FrameworkError> {
        let mut migration = Migration::unread(name, source, header::SQL, runner);
        let mut session = Session::new(runner);
        let mut end = 0;
        for (chunk, place) in runner.chunks(&migration.source.text).into_iter().enumerate() {
            let script = split(place.slice(&migration.source.text));
            session.chunk = chunk;
            let first = migration.statements.len();
            for piece in &script.pieces {
                let span = ByteSpan { start: place.start + piece.span.start, end: place.start + piece.span.end };
                if piece.kind == PieceKind::Unterminated {
                    let position = migration.source.position(span.start);
                    return Err(FrameworkError::Unterminated { path: migration.source.path, position });
                }
                let reading = (piece.kind == PieceKind::Statement)
                    .then(|| script.read(piece, place.slice(&migration.source.text)));
                let sql = span.slice(&migration.source.text);
                let places = Places {
                    looks_for_leftovers: looks_for_leftovers(sql),
                    sets: sets_within(sql),
                    spans: None,
                    is_unsure: false,
                };
                let leading = ByteSpan { start: end, end: span.start };
                migration.push(leading, span, reading, piece.kind, places, &mut session);
                end = span.end;
            }
            let statements = first..migration.statements.len();
            migration.sent.push(Sent { span: place, statements, is_outside: false });
        }
        Ok(migration.ended(end, &session))
    }

    /// Takes in a file of calls, each sent by itself.
    pub fn of_calls(
        name: String,
        source: SourceFile,
        comment_sign: &'static str,
        runner: Runner,
        calls: Vec<Call>,
    ) -> Self {
        let mut migration = Migration::unread(name, source, comment_sign, runner);
        let mut session = Session::new(runner);
        let mut end = 0;
        let first = calls.first().map_or(migration.source.text.len(), |call| call.span.start);
        migration.headers.iter_mut().take(1).for_each(|header| header.is_at_the_top = header.at < first);
        for Call { leading, span, behind, sends, directives } in calls {
            let first = migration.statements.len();
            let call = first..first + sends.len();
            let mut leading = leading.unwrap_or_else(|| ByteSpan::new(end, span.start));
            let mut from = end;
            for Sending { sql, reading, spans, is_outside, is_unsure } in sends {
                session.chunk = migration.sent.len();
                session.is_outside(is_outside);
                let at = migration.statements.len();
                let places = Places {
                    looks_for_leftovers: looks_for_leftovers(&sql),
                    sets: sets_within(&sql),
                    spans: Some(spans),
                    is_unsure,
                };
                migration.push(leading, span, Some(reading), PieceKind::Statement, places, &mut session);
                migration.statements[at].sql = Some(sql);
                migration.statements[at].call = call.clone();
                migration.statements[at].directives.extend(directives.iter().cloned());
                migration.sent.push(Sent { span: ByteSpan::new(from, span.end), statements: at..at + 1, is_outside });
                (from, leading) = (span.end, ByteSpan::new(span.end, span.end));
            }
            if let (Some(behind), Some(last)) = (behind, migration.statements.last_mut()) {
                last.behind = behind;
            }
            end = behind.unwrap_or(span).end;
        }
        migration.ended(end, &session)
    }

    fn unread(name: String, source: SourceFile, comment_sign: &'static str, runner: Runner) -> Self {
        let words = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_');
        Migration {
            title: if words.is_empty() { name.clone() } else { words.to_owned() },
            name,
            headers: header::headers(&source.text, comment_sign),
            downgrade: None,
            source,
            statements: Vec::new(),
            trailing: ByteSpan::new(0, 0),
            items: Vec::new(),
            spans: Vec::new(),
            in_sql: Vec::new(),
            directives: Vec::new(),
            leaves_open: false,
            sent: Vec::new(),
            comment_sign,
            runner,
            variables: Variables::default(),
        }
    }

    /// Behind its last statement, which ends there.
    fn ended(mut self, end: usize, session: &Session) -> Self {
        self.trailing = self.behind_last(ByteSpan { start: end, end: self.source.text.len() });
        if !self.headers.is_empty() {
            self.items.iter_mut().for_each(without_own_guard);
        }
        self.leaves_open = session.author_began;
        let top = self.statements.first().map_or(self.trailing, |s| s.leading);
        self.directives = directives_at_top(top.slice(&self.source.text));
        self
    }

    fn push(
        &mut self,
        leading: ByteSpan,
        span: ByteSpan,
        reading: Option<Reading>,
        kind: PieceKind,
        places: Places,
        session: &mut Session,
    ) {
        let first = self.items.len();
        let mut in_do = false;
        if let Some(reading) = reading {
            in_do = reading.in_do;
            session.looks_for_leftovers |= places.looks_for_leftovers;
            let (commits, caught) = (reading.commits_before, reading.caught);
            let runs = |located: &Located| runs_its_text(&located.operation);
            let sets = places.sets && (in_do || reading.operations.iter().any(runs));
            for (at, located) in reading.operations.into_iter().enumerate() {
                session.follow(&located.operation, in_do);
                self.in_sql.push(located.span);
                self.spans.push(match &places.spans {
                    Some(spans) => spans[at],
                    None => ByteSpan { start: span.start + located.span.start, end: span.start + located.span.end },
                });
                let control = matches!(located.operation, Operation::Session(SessionOperation::Transaction(_)));
                self.items.push(Item {
                    operation: located.operation,
                    statement: self.statements.len(),
                    in_do,
                    chunk: session.chunk,
                    part: commits.iter().filter(|commit| **commit <= at).count(),
                    block: session.block,
                    fixed: if session.author_began || control {
                        Some(Fixed::Transaction)
                    } else if session.is_unclear() {
                        Some(Fixed::Session)
                    } else {
                        match (places.is_unsure, reading.is_named_elsewhere, reading.has_logic, in_do) {
                            (true, ..) => Some(Fixed::Condition),
                            (_, true, ..) => Some(Fixed::Unnamed),
                            _ if reading.is_asked => Some(Fixed::Asked),
                            (.., true, true) => Some(Fixed::Block),
                            (.., true, false) => Some(Fixed::Program),
                            (.., false, _) => None,
                        }
                    },
                    caught: caught.iter().filter(|(range, _)| range.contains(&at)).map(|(_, by)| by.clone()).collect(),
                    settings: session.settings(),
                    bounds_lock_waits: reading.bounds_lock_waits || session.bounded,
                    looks_for_leftovers: session.looks_for_leftovers,
                    is_used_later: false,
                });
            }
            if sets {
                session.is_set_somehow();
            }
            session.ends_statement();
        } else {
            let what = if kind == PieceKind::Copy { "COPY … FROM stdin" } else { "psql command" };
            self.spans.push(span);
            self.in_sql.push(ByteSpan::new(0, span.len()));
            self.items.push(Item {
                operation: Operation::Opaque { what: what.into(), is_program: false },
                statement: self.statements.len(),
                in_do: false,
                chunk: session.chunk,
                part: 0,
                block: session.block,
                fixed: session.author_began.then_some(Fixed::Transaction),
                caught: Vec::new(),
                settings: session.settings(),
                bounds_lock_waits: true,
                looks_for_leftovers: session.looks_for_leftovers,
                is_used_later: false,
            });
        }
        let directives = directives(leading.slice(&self.source.text));
        let leading = self.behind_last(leading);
        let behind = ByteSpan::new(span.end, span.end);
        let items = first..self.items.len();
        let call = self.statements.len()..self.statements.len() + 1;
        self.statements.push(Statement { leading, span, behind, items, call, sql: None, in_do, directives });
    }

    /// Gives the last statement the comment that stands behind it in its line; returns what is left of what follows it.
    fn behind_last(&mut self, following: ByteSpan) -> ByteSpan {
        // It begins a line of its own.
        if self.source.text[..following.start].ends_with('\n') {
            return following;
        }
        let text = following.slice(&self.source.text);
        let line = text.split('\n').next().unwrap_or_default();
        let end = self.separator().and_then(|separator| line.find(separator)).unwrap_or(line.len());
        let comment = line[..end].trim_end();
        let words = comment.trim_start();
        // Another statement in the same line has the comment before it.
        let is_last = end < text.len() || following.end == self.source.text.len();
        let is_comment = words.starts_with(self.comment_sign)
            || (words.starts_with("/*") && words.find("*/") == Some(words.len() - 2));
        match self.statements.last_mut().filter(|_| is_comment && is_last) {
            Some(last) => {
                let at = following.start + comment.len();
                last.behind = ByteSpan { start: following.start, end: at };
                ByteSpan { start: at, ..following }
            }
            None => following,
        }
    }

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

/// In a block that safestep wrote IF NOT EXISTS only lets it run again: the table is as new as the migration says that had it
/// before.
fn without_own_guard(item: &mut Item) {
    let is_retried = item.fixed == Some(Fixed::Block) && item.bounds_lock_waits;
    if let Operation::Table(TableOperation::Create(create)) = &mut item.operation {
        create.if_not_exists &= !is_retried;
    }
}

/// What is known of a statement beside its operations.
struct Places {
    /// It asks for `indisvalid`.
    looks_for_leftovers: bool,
    /// It calls `set_config`, or puts a `SET` together.
    sets: bool,
    /// Where its operations stand in the file; `None` where the file holds the statement as it is.
    spans: Option<Vec<ByteSpan>>,
    /// Only running the file tells what of it is sent, and how often.
    is_unsure: bool,
}

fn runs_its_text(operation: &Operation) -> bool {
    matches!(operation, Operation::Opaque { .. } | Operation::Data(_))
}

fn looks_for_leftovers(sql: &str) -> bool {
    is_do_block(sql) && sql.contains("indisvalid")
}

fn is_do_block(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("do"))
}

#[cfg(test)]
mod tests {
    use super::super::drizzle::DRIZZLE;
    use super::*;

    fn read(text: &str) -> Migration {
        let runner = Runner { sends: Sends::Chunks("--> cut"), ..DRIZZLE.runner };
        Migration::of_sql("m".into(), SourceFile::new("m.sql", text), runner).unwrap()
    }

    #[test]
    fn a_separator_may_be_all_that_parts_statements() {
        let migration = read("-- a\nSELECT 1--> cut\n-- b\n--> cut\n-- c\nSELECT 2; SELECT 3;\n-- d");
        let texts: Vec<&str> = migration.statements.iter().map(|s| s.span.slice(&migration.source.text)).collect();
        assert_eq!(texts, ["SELECT 1", "SELECT 2;", "SELECT 3;"]);
        let comments: Vec<String> = migration.statements.iter().map(|s| migration.comments_before(s)).collect();
        assert_eq!(comments, ["-- a", "-- b\n-- c", ""]);
        assert_eq!(migration.comments_at_the_end(), "-- d");
        assert_eq!(migration.items.iter().map(|i| i.chunk).collect::<Vec<_>>(), [0, 2, 2]);
    }

    #[test]
    fn a_comment_in_the_line_of_a_statement_is_its_own() {
        let migration = read(
            "SELECT 1; -- one\n-- two\nSELECT 2; /* 2 */\nSELECT 3; /* 4 */ SELECT 4; -- d--> cut\nSELECT 5; -- e",
        );
        let of = |statement| (migration.comments_before(statement), migration.comment_behind(statement).to_owned());
        let comments: Vec<(String, String)> = migration.statements.iter().map(of).collect();
        let expected = [("", "-- one"), ("-- two", "/* 2 */"), ("", ""), ("/* 4 */", "-- d"), ("", "-- e")];
        assert_eq!(comments, expected.map(|(before, behind)| (before.to_owned(), behind.to_owned())));
        assert_eq!(migration.comments_at_the_end(), "");
    }

    #[test]
    fn a_separator_in_a_string_cuts_it_as_the_runner_does() {
        let runner = Runner { sends: Sends::Chunks("--> cut"), ..DRIZZLE.runner };
        let source = SourceFile::new("m.sql", "SELECT 1;\nSELECT 'a --> cut b';");
        let error = Migration::of_sql("m".into(), source, runner).unwrap_err();
        assert!(error.to_string().starts_with("m.sql:2:8: this never ends"), "{error}");
    }

    #[test]
    fn transactions_are_followed() {
        let migration = read("SELECT 1;--> cut\nCOMMIT;--> cut\nSELECT 2;--> cut\nBEGIN;--> cut\nSELECT 3;");
        let blocks: Vec<_> = migration.items.iter().map(|i| (i.block, i.fixed.is_some())).collect();
        assert_eq!(blocks, [(Some(0), false), (None, true), (None, false), (Some(1), true), (Some(1), true)]);
        assert!(migration.leaves_open);
    }
}
