//! A value as SQL writes it.

/// `'…'` with its quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
