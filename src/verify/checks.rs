//! Questions to a database that must find nothing. Nothing is changed there.

use postgres::SimpleQueryMessage;

use super::address::Address;
use super::{Doing, VerifyError};

/// How many rows each query finds.
///
/// # Errors
/// When the server cannot be reached or a query fails.
pub fn rows_found(url: &str, queries: &[&str]) -> Result<Vec<usize>, VerifyError> {
    let mut client = Address::of(url)?.connect().doing("--database-url")?;
    client
        .batch_execute("SET default_transaction_read_only = on; SET statement_timeout = '60s'")
        .doing("--database-url")?;
    let found = queries.iter().map(|query| {
        let rows = client.simple_query(query).doing(format!("asking: {query}"))?;
        Ok(rows.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count())
    });
    found.collect()
}
