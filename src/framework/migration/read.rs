//! How a migration is read: from a file of SQL, or from the calls of another one.

use super::sending::{Call, Sending};
use super::{Migration, Sent, Statement, runs_its_text};
use crate::framework::header;
use crate::framework::session::Session;
use crate::framework::{FrameworkError, Variables};
use crate::operation::{Fixed, Item, Operation, SessionOperation, TableOperation};
use crate::plan::{Runner, Sends};
use crate::source::{ByteSpan, Directive, DirectiveScope, SourceFile, directives, directives_at_top};
use crate::sql::{Located, PieceKind, Reading, sets_within, split};

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
        if self.runner.sends == Sends::Calls {
            let of_file = self.directives_above(top.start);
            self.directives.extend(of_file);
        }
        self
    }

    /// Those that stand above the method with the statements: they speak of the file.
    fn directives_above(&self, method: usize) -> Vec<Directive> {
        let lines = self.source.text[..method].lines().map(str::trim).filter(|line| line.starts_with('#'));
        let found = directives(&lines.map(|line| format!("{line}\n")).collect::<String>());
        found.into_iter().map(|directive| Directive { scope: DirectiveScope::File, ..directive }).collect()
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

fn looks_for_leftovers(sql: &str) -> bool {
    is_do_block(sql) && sql.contains("indisvalid")
}

fn is_do_block(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("do"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::drizzle::DRIZZLE;
    use crate::plan::Sends;

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
