//! Strings in a configuration file that is JavaScript, TypeScript or JSON, read without running it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::fence;

/// What such a file may end with, beside `json`.
pub const SCRIPT_ENDINGS: [&str; 6] = ["ts", "mts", "cts", "js", "mjs", "cjs"];

/// The words, strings and signs of a configuration file.
pub struct Config(Vec<Token>);

impl Config {
    /// Reads a file's text.
    pub fn of(text: &str) -> Config {
        Config(tokens(text))
    }

    /// The value of a key, where it is a string and nothing else.
    pub fn string(&self, key: &str) -> Option<String> {
        string_of(&self.0, key)
    }

    /// The values of a key, where it is a string or a list of strings and nothing else.
    pub fn strings(&self, key: &str) -> Vec<String> {
        let opens = |three: &[Token]| three[0].is(key) && three[1..] == [Token::Sign(':'), Token::Sign('[')];
        let Some(at) = self.0.windows(3).position(opens) else { return self.string(key).into_iter().collect() };
        let inside = self.0[at + 3..].iter().take_while(|token| **token != Token::Sign(']'));
        let text = |token: &Token| match token {
            Token::Text(text) => Some(Some(text.clone())),
            Token::Sign(',') => None,
            _ => Some(None),
        };
        inside.filter_map(text).collect::<Option<_>>().unwrap_or_default()
    }

    /// The same of a key in an object: `object: { key: "…" }`.
    pub fn string_in(&self, object: &str, key: &str) -> Option<String> {
        let opens = |three: &[Token]| three[0].is(object) && three[1..] == [Token::Sign(':'), Token::Sign('{')];
        let inside = &self.0[self.0.windows(3).position(opens)? + 3..];
        let end = inside.iter().position(|token| *token == Token::Sign('}'))?;
        string_of(&inside[..=end], key)
    }
}

/// `root` joined with a path that may climb: `../../packages/db/drizzle`. It climbs out of no fenced tree.
pub fn below(root: &Utf8Path, path: &str) -> Utf8PathBuf {
    let mut joined = root.to_owned();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if fence::is_fenced(&joined) => {}
            ".." => drop(joined.pop()),
            name => joined.push(name),
        }
    }
    joined
}

/// A part of JavaScript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name or a number.
    Word(String),
    /// A string.
    Text(String),
    /// A template string with a value in it.
    Computed,
    /// Anything else, sign by sign.
    Sign(char),
}

/// A part of JavaScript, with its place in the text in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What it is.
    pub token: Token,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Token {
    fn is(&self, key: &str) -> bool {
        matches!(self, Token::Word(word) | Token::Text(word) if word == key)
    }

    /// It is that name.
    pub fn is_word(&self, name: &str) -> bool {
        matches!(self, Token::Word(word) if word == name)
    }
}

fn string_of(tokens: &[Token], wanted: &str) -> Option<String> {
    tokens.windows(4).find_map(|four| match four {
        [key, Token::Sign(':'), Token::Text(value), Token::Sign(',' | '}')] if key.is(wanted) => Some(value.clone()),
        _ => None,
    })
}

/// Words, strings and signs of JavaScript; comments and white space go.
fn tokens(text: &str) -> Vec<Token> {
    placed_tokens(text).into_iter().map(|placed| placed.token).collect()
}

/// The same with their places.
pub fn placed_tokens(text: &str) -> Vec<Placed> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let start = text.len() - rest.len();
        let mut push = |token: Token, length: usize| tokens.push(Placed { token, start, end: start + length });
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if matches!(c, '"' | '\'' | '`') {
            let inside = string(&rest[1..], c);
            let computed = c == '`' && inside.contains("${");
            let length = (inside.len() + 2).min(rest.len());
            push(if computed { Token::Computed } else { Token::Text(inside.to_owned()) }, length);
            length
        } else if is_word(c) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            push(Token::Word(rest[..end].to_owned()), end);
            end
        } else {
            if !c.is_whitespace() {
                push(Token::Sign(c), c.len_utf8());
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// A string up to its closing quote.
fn string(text: &str, quote: char) -> &str {
    let mut escaped = false;
    let end = text.find(|c| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::{Config, below};

    #[test]
    fn only_a_plain_string_is_read() {
        let found = [
            ("export default defineConfig({ out: './drizzle', dialect: 'postgresql' })", Some("./drizzle")),
            ("export default { // out: \"./old\",\n  schema: './s.ts', out: \"./src/db\" }", Some("./src/db")),
            ("{ \"out\": \"db/migrations\" }", Some("db/migrations")),
            ("{ out: `./drizzle`, }", Some("./drizzle")),
            ("{ out: `./${name}`, }", None),
            ("{ out: process.env.OUT ?? './drizzle' }", None),
            ("{ layout: './drizzle' }", None),
            ("{ out: 'a", None),
        ];
        for (text, value) in found {
            assert_eq!(Config::of(text).string("out").as_deref(), value, "{text}");
        }
    }

    #[test]
    fn no_path_climbs_out_of_a_fenced_tree() {
        let folder = tempfile::tempdir().unwrap();
        let top = camino::Utf8Path::from_path(folder.path()).unwrap().join("top");
        assert_eq!(below(&top.join("a"), "../../b"), top.parent().unwrap().join("b"));
        crate::source::fence::fence(&top).unwrap();
        assert_eq!(below(&top.join("a"), "../../b"), top.join("b"));
    }

    #[test]
    fn a_key_is_looked_for_in_its_object() {
        for (text, value) in [
            ("{ schema: 'a', migrations: { path: 'db/migrations', seed: 'tsx seed.ts' } }", Some("db/migrations")),
            ("{ /* migrations: { path: 'old' } */ migrations: { seed: \"s\", path: `m` } }", Some("m")),
            ("{ migrations: { path: path.join('prisma', 'migrations') } }", None),
            ("{ path: 'x', migrations, more: { path: 'y' } }", None),
            ("{ migrations: { path: 'a'", None),
        ] {
            assert_eq!(Config::of(text).string_in("migrations", "path").as_deref(), value, "{text}");
        }
    }

    #[test]
    fn a_path_may_climb() {
        assert_eq!(below("/a/apps/web".as_ref(), "../../packages/db/./drizzle/"), "/a/packages/db/drizzle");
    }
}
