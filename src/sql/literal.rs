//! A value as SQL writes it, and what quotes a whole body.

/// `'…'` with its quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A dollar tag of that word that does not stand in the body.
pub fn dollar_tag(word: &str, body: &str) -> String {
    let mut tag = format!("${word}$");
    let mut number = 0;
    while body.contains(&tag) {
        number += 1;
        tag = format!("${word}{number}$");
    }
    tag
}
