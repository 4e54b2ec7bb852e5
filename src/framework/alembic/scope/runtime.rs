//! Values that are known only when a revision runs, inside strings: a character stands for each.
//!
//! Only what cannot end a string of SQL is among them: a UUID, a date, a time. What may hold any characters is not.

use crate::framework::alembic::value::{Made, Value};

/// What stands for a value in a string, and where the value comes from.
const VALUES: &[(char, &str)] = &[('\u{F8F0}', "uuid4()"), ('\u{F8F1}', "the time when it runs")];

/// Whether a string has such a value in it.
pub fn is_in(text: &str) -> bool {
    text.contains(|character| where_from(character).is_some())
}

/// Where the value comes from that a character stands for.
pub fn where_from(character: char) -> Option<&'static str> {
    VALUES.iter().find(|(own, _)| *own == character).map(|(_, from)| *from)
}

/// The character for what a call makes.
pub(super) fn of(made: &Made) -> Option<char> {
    match (made.path.as_str(), &made.receiver) {
        ("uuid.uuid4" | "uuid.uuid1", None) => Some(VALUES[0].0),
        (
            "datetime.datetime.utcnow" | "datetime.datetime.now" | "datetime.datetime.today" | "datetime.date.today",
            None,
        ) => Some(VALUES[1].0),
        (".isoformat" | ".date" | ".replace", Some(Value::Made(inner))) if inner.path.starts_with("datetime.") => {
            of(inner)
        }
        _ => None,
    }
}
