//! `out` and `migrations` of a `drizzle.config`, read without running it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::read_text;

const ENDINGS: [&str; 6] = ["ts", "mts", "cts", "js", "mjs", "cjs"];

/// The folders that the `drizzle*.config.*` files of a folder name in plain words, `drizzle.config.*` first.
pub(super) fn out_folders(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    texts(root).iter().filter_map(|text| out(text)).map(|out| below(root, &out)).collect()
}

/// The `drizzle*.config.*` files of a folder.
fn texts(root: &Utf8Path) -> Vec<String> {
    let Ok(entries) = root.read_dir_utf8() else { return Vec::new() };
    let mut files: Vec<Utf8PathBuf> =
        entries.flatten().filter(|e| is_config(e.file_name())).map(|e| e.path().to_owned()).collect();
    files.sort_by_key(|file| (!file.file_name().is_some_and(|name| name.starts_with("drizzle.config.")), file.clone()));
    files.iter().filter_map(|file| read_text(file)).collect()
}

/// `migrations: { table, schema }`, as far as they are plain strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LedgerPlace {
    pub table: Option<String>,
    pub schema: Option<String>,
}

/// Where the nearest configuration above a migrations folder that names this folder keeps its ledger.
pub(super) fn ledger(folder: &Utf8Path) -> LedgerPlace {
    let is_its = |root: &Utf8Path, text: &str| below(root, &out(text).unwrap_or_else(|| "drizzle".into())) == *folder;
    let nearest = folder.ancestors().find_map(|root| texts(root).into_iter().find(|text| is_its(root, text)));
    nearest.map(|text| ledger_place(&text)).unwrap_or_default()
}

fn ledger_place(text: &str) -> LedgerPlace {
    let tokens = tokens(text);
    let is_key = |token: &Token, key: &str| matches!(token, Token::Word(word) | Token::Text(word) if word == key);
    let opens = |three: &[Token]| is_key(&three[0], "migrations") && three[1..] == [Token::Sign(':'), Token::Sign('{')];
    let Some(at) = tokens.windows(3).position(opens) else { return LedgerPlace::default() };
    let inside: Vec<Token> = tokens[at + 3..].iter().take_while(|token| **token != Token::Sign('}')).cloned().collect();
    let inside = [inside, vec![Token::Sign('}')]].concat();
    LedgerPlace { table: string_of(&inside, "table"), schema: string_of(&inside, "schema") }
}

/// `root` joined with a path that may climb: `../../packages/db/drizzle`.
fn below(root: &Utf8Path, path: &str) -> Utf8PathBuf {
    let mut joined = root.to_owned();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(joined.pop()),
            name => joined.push(name),
        }
    }
    joined
}

/// `drizzle.config.ts`, `drizzle-admin.config.ts`, `drizzle.dev.config.js`, `drizzle.config.json`.
fn is_config(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let is_script = ENDINGS.contains(&ending) && stem.ends_with("config");
    name.starts_with("drizzle") && (is_script || (ending == "json" && stem == "drizzle.config"))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    /// A template string with a value in it.
    Computed,
    Sign(char),
}

/// The value of `out` when it is a string and nothing else.
fn out(text: &str) -> Option<String> {
    string_of(&tokens(text), "out")
}

/// The value of a key when it is a string and nothing else.
fn string_of(tokens: &[Token], wanted: &str) -> Option<String> {
    tokens.windows(4).find_map(|four| match four {
        [Token::Word(key) | Token::Text(key), Token::Sign(':'), Token::Text(value), Token::Sign(',' | '}')]
            if key == wanted =>
        {
            Some(value.clone())
        }
        _ => None,
    })
}

/// Words, strings and signs of JavaScript; comments and white space go.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if matches!(c, '"' | '\'' | '`') {
            let inside = string(&rest[1..], c);
            let computed = c == '`' && inside.contains("${");
            tokens.push(if computed { Token::Computed } else { Token::Text(inside.to_owned()) });
            (inside.len() + 2).min(rest.len())
        } else if is_word(c) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            end
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
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
    use super::{LedgerPlace, below, is_config, ledger_place, out};

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
            assert_eq!(out(text).as_deref(), value, "{text}");
        }
    }

    #[test]
    fn the_ledger_is_where_plain_strings_say() {
        let place = |table: Option<&str>, schema: Option<&str>| LedgerPlace {
            table: table.map(str::to_owned),
            schema: schema.map(str::to_owned),
        };
        for (text, expected) in [
            (
                "{ schema: './s.ts', migrations: { table: 'done', schema: \"public\" } }",
                place(Some("done"), Some("public")),
            ),
            ("{ migrations: { prefix: 'unix', table: `m` }, schema: './s.ts' }", place(Some("m"), None)),
            ("{ migrations: { table: name } }", place(None, None)),
            ("{ table: 'x', migrations, schema: 'y' }", place(None, None)),
        ] {
            assert_eq!(ledger_place(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_may_climb() {
        assert_eq!(below("/a/apps/web".as_ref(), "../../packages/db/./drizzle/"), "/a/packages/db/drizzle");
    }

    #[test]
    fn configs_have_many_names() {
        for name in ["drizzle.config.ts", "drizzle-admin.config.mjs", "drizzle.dev.config.cts", "drizzle.config.json"] {
            assert!(is_config(name), "{name}");
        }
        assert!(!is_config("vite.config.ts") && !is_config("drizzle.ts") && !is_config("drizzle.json"));
    }
}
