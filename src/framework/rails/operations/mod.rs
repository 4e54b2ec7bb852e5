//! The schema methods and the SQL that each stands for: the very statements that Active Record sends to PostgreSQL, in the
//! same order, with the meaning that the version in brackets gives them.
//!
//! `compatibility` changes a call as the version in brackets does, `connection` has the methods of the newest version that
//! runs it, and `inverse` what rolls them back. Facts are those of Active Record's source (`connection_adapters/`,
//! `migration/`), 6.1 to 8.1; older versions in brackets exist only as those versions run them.
//!
//! A method with an argument that is not understood gives no SQL but the reason: nothing is guessed.

mod arguments;
mod catalog;
mod change_table;
mod column;
mod comment;
mod compatibility;
mod connection;
mod constraint;
mod context;
mod default;
mod index;
mod inflections;
mod inverse;
mod names;
mod reference;
mod sent;
mod table;
mod table_call;
mod types;

pub(super) use arguments::string;
pub use catalog::{NO_CATALOG, applied};
pub use context::{Context, Version};
pub use inflections::{Inflections, RAILS_OWN};
pub use inverse::inverse;
pub(super) use names::{check_name, foreign_key_name};
pub use sent::{Condition, Sent};

use super::value::{Call, Receiver, Why};

/// The SQL of a call.
///
/// # Errors
/// Why it is not understood.
pub fn statements(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    if let Some(unknown) = call.arguments.unknown() {
        return Err(unknown.to_owned());
    }
    if call.receiver == Receiver::Connection {
        return connection::statements(call, &context.on_connection());
    }
    let mut sent = Vec::new();
    for call in compatibility::adapted(call, context)? {
        sent.extend(connection::statements(&call, context)?);
    }
    Ok(sent)
}

/// The SQL that rolls a call of `change` back. The catalog is the one that it left.
///
/// # Errors
/// As [`inverse`] and [`statements`].
pub fn rollback(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut sent = Vec::new();
    let mut schema = context.schema.cloned();
    for call in inverse(call, context)? {
        let more = statements(&call, &Context { schema: schema.as_ref(), ..*context })?;
        schema = schema.map(|schema| applied(schema, &more));
        sent.extend(more);
    }
    Ok(sent)
}
