//! Names in texts: a definition, a query or a default names an object when the name stands in it as a word of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::operation::Ident;

/// True when `name` stands in `text` as a word of its own. Errs on the side of yes: strings and comments count.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    text.match_indices(&name).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(is_part);
        let after = text[at + found.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

/// The words of a text, in lower case, each once.
pub(super) fn words(text: &str) -> BTreeSet<Arc<str>> {
    let text = text.to_lowercase();
    let distinct: BTreeSet<&str> = text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
    distinct.into_iter().map(Arc::from).collect()
}

/// The names in a text: its words, folded, and what stands in double quotes; strings are passed over.
pub(super) fn identifiers(text: &str) -> BTreeSet<Ident> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        if first == '"' || (is_part(first) && !first.is_ascii_digit()) {
            found.insert(Ident::from_sql(word));
        }
        rest = after;
    }
    found
}

/// A word that every text has among its [`words`] that mentions the name; `None` for a name like `"-"`, which has none.
pub(super) fn word_of(name: &str) -> Option<Arc<str>> {
    let name = name.to_lowercase();
    name.split(|c| !is_part(c)).filter(|word| !word.is_empty()).max_by_key(|word| word.len()).map(Arc::from)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_mentions_a_name_has_its_word() {
        for name in ["users", "Order Item", "a-b", "-", "é", "İstanbul", "x$y"] {
            for text in
                ["SELECT * FROM \"USERS\"", "\"order item\"", "A-B", "a -", "É", "\"İstanbul\"", "X$y z", "xusers"]
            {
                let found = word_of(name).is_none_or(|word| words(text).contains(&word));
                assert!(found || !mentions(text, name), "{name} in {text}");
            }
        }
        assert!(mentions("SELECT 1 FROM Users", "users") && !mentions("FROM users_old", "users"));
        assert!(!words("FROM users_old").contains("users"));
    }
}
