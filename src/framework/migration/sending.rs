//! What a file that is not SQL sends: its calls, with the SQL of each.

use crate::operation::Operation;
use crate::source::{ByteSpan, Directive};
use crate::sql::{Located, Reading, read_statement};

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
    pub(in crate::framework) fn unknown(why: &str, span: ByteSpan, is_outside: bool) -> Sending {
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
    pub(in crate::framework) fn together(sends: Vec<Sending>) -> Sending {
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
