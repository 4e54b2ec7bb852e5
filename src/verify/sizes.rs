//! The sizes of a database's tables, as its catalog and its counters say: nothing is read of the tables themselves.

use std::time::Duration;

use super::address::Address;
use super::{Doing, VerifyError};

/// Gives one JSON value in one row.
pub const SIZES: &str = include_str!("sizes.sql");

/// How long the query may take: the sizes of ten thousand files are looked up.
const WITHIN: Duration = Duration::from_secs(120);

/// Asks a database, or a standby of it, and gives the answer's JSON. The session only reads.
///
/// # Errors
/// When the server cannot be reached, or refuses the query.
pub fn sizes(url: &str) -> Result<String, VerifyError> {
    let mut client = Address::of(url)?.connect().doing("--database-url")?;
    let settings = format!(
        "SET statement_timeout = {}; SET lock_timeout = '2s'; SET application_name = 'safestep stats'; SET default_transaction_read_only = on",
        WITHIN.as_millis()
    );
    client.batch_execute(&settings).doing("--database-url")?;
    let row = client.query_one(&format!("SELECT ({SIZES})::text"), &[]).doing("asking for the sizes of tables")?;
    row.try_get(0).doing("asking for the sizes of tables")
}
