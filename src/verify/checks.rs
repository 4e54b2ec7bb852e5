//! Questions to a database that must find nothing. Nothing is changed there.

use std::time::Duration;

use postgres::SimpleQueryMessage;
use postgres::error::SqlState;

use super::address::Address;
use super::{Doing, VerifyError};

/// How long a question may wait for a lock: whoever holds it is migrating, and what comes behind a waiting reader waits too.
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// What a database says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It finds nothing.
    Nothing,
    /// It finds rows: the first of them, and whether there are more.
    Rows {
        /// Each as `column = value, …`.
        first: Vec<String>,
        /// There are more than these.
        more: bool,
    },
    /// It cannot say, and why.
    None(String),
}

/// The answers to queries, each in a transaction of its own that reads only and ends after `within`; of the rows that one finds
/// at most `shown` are fetched, and one more.
///
/// # Errors
/// When the server cannot be reached, or goes away.
pub fn ask(url: &str, queries: &[&str], within: Duration, shown: usize) -> Result<Vec<Answer>, VerifyError> {
    let mut client = Address::of(url)?.connect().doing("--database-url")?;
    let settings = format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = '60s'; \
         SET application_name = 'safestep preflight'",
        within.as_millis(),
        LOCK_WAIT.as_millis()
    );
    client.batch_execute(&settings).doing("--database-url")?;
    let mut answers = Vec::new();
    for query in queries {
        client.batch_execute("START TRANSACTION READ ONLY").doing("--database-url")?;
        let query = query.trim_end().trim_end_matches(';');
        let limited = format!("SELECT * FROM ({query}\n) AS found LIMIT {}", shown + 1);
        let answer = match client.simple_query(&limited) {
            Ok(messages) => answer(&messages, shown),
            Err(error) => match error.as_db_error() {
                Some(said) if *said.code() == SqlState::QUERY_CANCELED => {
                    Answer::None(format!("no answer within {} s", within.as_secs_f32()))
                }
                Some(said) if *said.code() == SqlState::LOCK_NOT_AVAILABLE => {
                    Answer::None("its table is locked".to_owned())
                }
                Some(said) => Answer::None(said.message().to_owned()),
                None => return Err(error).doing(format!("asking: {query}")),
            },
        };
        client.batch_execute("ROLLBACK").doing("--database-url")?;
        answers.push(answer);
    }
    Ok(answers)
}

fn answer(messages: &[SimpleQueryMessage], shown: usize) -> Answer {
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let mut first: Vec<String> = rows
        .map(|row| {
            let columns = row.columns().iter().enumerate();
            let values = columns.map(|(at, column)| format!("{} = {}", column.name(), row.get(at).unwrap_or("NULL")));
            values.collect::<Vec<_>>().join(", ")
        })
        .collect();
    let more = first.len() > shown;
    first.truncate(shown);
    if first.is_empty() { Answer::Nothing } else { Answer::Rows { first, more } }
}
