//! Names in texts: a definition, a query or a default names an object when the name stands in it as a word of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::operation::{Ident, MAX_NAME_BYTES};

/// True when `name` stands in `text` as a word of its own. Errs on the side of yes: strings and comments count.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    Folded::of(text).mentions(name)
}

/// A text that is searched for many names.
pub(crate) struct Folded(String);

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        Folded(folded(text))
    }

    /// The same as [`mentions`].
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let (text, name) = (&self.0, name.to_lowercase());
        // The server cuts a longer name at a character of up to four bytes, so a long one may go on in the text.
        let is_cut = name.len() > MAX_NAME_BYTES - 4;
        text.match_indices(&name).any(|(at, found)| {
            let before = text[..at].chars().next_back().is_some_and(is_part);
            let after = text[at + found.len()..].chars().next().is_some_and(is_part);
            !before && (!after || is_cut)
        })
    }
}

/// The names in a text, where many are asked for: most are no word of it, and the text is searched for none of them.
pub(crate) struct NamesIn {
    words: BTreeSet<Arc<str>>,
    text: Folded,
}

impl NamesIn {
    pub(crate) fn of(text: &str) -> Self {
        NamesIn { words: words(text), text: Folded::of(text) }
    }

    /// The same as [`mentions`].
    pub(crate) fn holds(&self, name: &str) -> bool {
        word_of(name).is_none_or(|word| self.words.contains(&word)) && self.text.mentions(name)
    }
}

/// The words of a text, in lower case, each once; of a name that is spelled with escapes its own, and of one that is too
/// long what the server leaves of it.
pub(crate) fn words(text: &str) -> BTreeSet<Arc<str>> {
    let text = folded(text);
    let mut distinct: BTreeSet<Arc<str>> =
        text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(Arc::from).collect();
    let cut = |word: &Arc<str>| Arc::from(Ident::from_sql(word).as_str());
    let long: Vec<Arc<str>> = distinct.iter().filter(|word| word.len() > MAX_NAME_BYTES).map(cut).collect();
    distinct.extend(long);
    distinct
}

/// The text in lower case, and behind it what its names in `U&"…"` spell with escapes, and those that have a quote in them
/// with that alone.
fn folded(text: &str) -> String {
    let spelled = text.match_indices("&\"").filter_map(|(at, _)| {
        let name = text.get(at.checked_sub(1)?..)?;
        let name = name.get(..at_closing_quote(name)?)?;
        Ident::from_unicode(name, '\\').map(|name| format!(" {}", name.as_str().to_lowercase()))
    });
    let mut folded: String = text.to_lowercase() + &spelled.collect::<String>();
    if text.contains("\"\"") {
        folded += " ";
        folded += &text.to_lowercase().replace("\"\"", "\"");
    }
    folded
}

/// Where the name ends that begins with `U&"`.
fn at_closing_quote(name: &str) -> Option<usize> {
    closing_quote(name.get(3..)?, '"').map(|at| 3 + at + 1)
}

/// Where the quote ends that was opened before the text: two of it are one that is meant.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut quotes = text.match_indices(quote).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        match quotes.peek() {
            Some(next) if *next == at + 1 => drop(quotes.next()),
            _ => return Some(at),
        }
    }
    None
}

/// The names in a text: its words, folded, and what stands in double quotes; strings are passed over.
pub(super) fn identifiers(text: &str) -> BTreeSet<Ident> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.get(1..).unwrap_or_default().starts_with("&\"").then(|| at_closing_quote(rest)).flatten();
        let length = match first {
            'U' | 'u' if escaped.is_some() => escaped.unwrap_or_default(),
            '\'' | '"' => closing_quote(&rest[1..], first).map_or(rest.len(), |at| at + 2),
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
pub(crate) fn word_of(name: &str) -> Option<Arc<str>> {
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
        let named = NamesIn::of("SELECT nextval('\"Two words_seq\"')");
        assert!(named.holds("Two words_seq") && !named.holds("words_seq_1") && !named.holds("One words_seq"));
    }

    #[test]
    fn a_name_may_be_spelled_with_escapes_or_longer_than_it_is() {
        let (long, text) = ("x".repeat(63), format!("SELECT {}", "x".repeat(70)));
        for (name, text) in [("data", "FROM U&\"d\\0061ta\" AS d"), (long.as_str(), text.as_str())] {
            assert!(mentions(text, name), "{text}");
            assert!(word_of(name).is_some_and(|word| words(text).contains(&word)), "{text}");
        }
        assert!(!mentions("FROM U&\"d\\0061tb\"", "data"));
    }

    #[test]
    fn a_quote_in_a_name_is_written_twice() {
        let text = r#"SELECT * FROM "say ""hi""" AS "b""c""#;
        assert!(mentions(text, "say \"hi\"") && mentions(text, "b\"c") && !mentions(text, "b\"\"d"));
        let names: Vec<String> = identifiers(text).iter().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names, ["as", "b\"c", "from", "say \"hi\"", "select"]);
    }
}
