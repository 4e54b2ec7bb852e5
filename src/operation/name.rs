//! Names as PostgreSQL sees them: folded, quoted where needed, at most 63 bytes long.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// `NAMEDATALEN - 1`: the longest name in bytes; PostgreSQL cuts longer ones (Lexical Structure, 4.1.1).
pub const MAX_NAME_BYTES: usize = 63;

/// One identifier. Two identifiers are equal when PostgreSQL would find the same object by them, however they were
/// written; how it was written is kept for printing. A clone shares the text.
#[derive(Clone)]
pub struct Ident {
    value: Arc<str>,
    quoted: bool,
}

impl Ident {
    /// An identifier from its catalog spelling; it is printed quoted when it needs to be.
    pub fn new(value: impl Into<String>) -> Self {
        let value = truncated(value.into());
        let quoted = !is_plain(&value);
        Ident { value: value.into(), quoted }
    }

    /// An identifier as it stands in SQL: `"User"`, `U&"\00dcser"` or `users`. Of unquoted text only the letters A to Z are
    /// folded to lower case, as in every database whose encoding is UTF-8 (`downcase_identifier`).
    pub fn from_sql(text: &str) -> Self {
        if let Some(name) = Self::from_unicode(text, '\\') {
            return name;
        }
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let quoted = inner.is_some();
        let value = match inner {
            Some(inner) if inner.contains('"') => truncated(inner.replace("\"\"", "\"")).into(),
            None if text.contains(|c: char| c.is_ascii_uppercase()) => truncated(text.to_ascii_lowercase()).into(),
            as_it_is => clipped(as_it_is.unwrap_or(text), MAX_NAME_BYTES).into(),
        };
        Ident { value, quoted }
    }

    /// `U&"…"` with its escape character (`UESCAPE`); `None` for anything else, and where an escape is not one.
    pub fn from_unicode(text: &str, escape: char) -> Option<Self> {
        let inner = text.strip_prefix(['U', 'u'])?.strip_prefix("&\"")?.strip_suffix('"')?;
        Some(Ident { value: truncated(unescaped(&inner.replace("\"\"", "\""), escape)?).into(), quoted: true })
    }

    /// The same name with `suffix`, shortened at its end so that the whole fits 63 bytes; printed in the same style.
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let own = clipped(&self.value, MAX_NAME_BYTES.saturating_sub(suffix.len()));
        let value = truncated(format!("{own}{suffix}"));
        Ident { quoted: self.quoted || !is_plain(&value), value: value.into() }
    }

    /// The name as it stands in the catalog.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The same text, shared.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.value)
    }

    /// True when the name was written (or has to be written) in double quotes.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// The same name, printed in the style of `like` where that is possible.
    pub fn styled_like(mut self, like: &Ident) -> Self {
        self.quoted = self.quoted || like.quoted;
        self
    }
}

/// The text of a `U&` name: `\XXXX` and `\+XXXXXX` are characters, two escape characters are one (4.1.2.3).
fn unescaped(text: &str, escape: char) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    let push = |units: &mut Vec<u16>, c: char| units.extend(c.encode_utf16(&mut [0; 2]).iter());
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character != escape {
            push(&mut units, character);
        } else if let Some(after) = rest.strip_prefix(escape) {
            push(&mut units, escape);
            rest = after;
        } else {
            let (digits, after) = match rest.strip_prefix('+') {
                Some(long) => (long.get(..6)?, long.get(6..)?),
                None => (rest.get(..4)?, rest.get(4..)?),
            };
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            let code = u32::from_str_radix(digits, 16).ok().filter(|code| *code != 0)?;
            // Two halves of a pair may be two escapes.
            match (char::from_u32(code), u16::try_from(code)) {
                (Some(character), _) => push(&mut units, character),
                (None, Ok(half)) => units.push(half),
                (None, Err(_)) => return None,
            }
            rest = after;
        }
    }
    String::from_utf16(&units).ok()
}

/// Cuts a name to 63 bytes at a character border, as `truncate_identifier` does.
fn truncated(mut value: String) -> String {
    value.truncate(clipped(&value, MAX_NAME_BYTES).len());
    value
}

/// The beginning of a text that fits so many bytes, whole characters only.
pub(crate) fn clipped(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// True for a name that reads the same without quotes.
fn is_plain(value: &str) -> bool {
    let mut chars = value.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    starts
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$')
        && !RESERVED.contains(&value)
}

/// Key words that cannot be a column or table name without quotes (Appendix C, "reserved" and "reserved (can be function or type)").
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl Eq for Ident {}
impl PartialOrd for Ident {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ident {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}
impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "\"{}\"", self.value.replace('"', "\"\"")) } else { f.write_str(&self.value) }
    }
}

/// A name with its schema, when one was written.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// The schema, when written.
    pub schema: Option<Ident>,
    /// The object's own name.
    pub name: Ident,
}

impl QualifiedName {
    /// A name without a schema.
    pub fn unqualified(name: Ident) -> Self {
        QualifiedName { schema: None, name }
    }

    /// The name as settings write it: without quotes, `billing.plans`.
    pub fn unquoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", schema.as_str(), self.name.as_str()),
            None => self.name.as_str().to_owned(),
        }
    }

    /// Another name in the same schema, as an index is named beside its table.
    pub fn sibling(&self, name: Ident) -> Self {
        QualifiedName { schema: self.schema.clone(), name }
    }
}

impl fmt::Debug for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}", self.name)
    }
}

/// The table of an `ALTER TABLE`, with the words around its name. Dereferences to the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRef {
    /// The table.
    pub name: QualifiedName,
    /// `ALTER TABLE ONLY`.
    pub only: bool,
    /// `ALTER TABLE IF EXISTS`.
    pub if_exists: bool,
}

impl From<QualifiedName> for TableRef {
    fn from(name: QualifiedName) -> Self {
        TableRef { name, only: false, if_exists: false }
    }
}

impl Deref for TableRef {
    type Target = QualifiedName;
    fn deref(&self) -> &QualifiedName {
        &self.name
    }
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.if_exists {
            f.write_str("IF EXISTS ")?;
        }
        if self.only {
            f.write_str("ONLY ")?;
        }
        write!(f, "{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_quoted_and_cut_as_postgresql_does() {
        assert_eq!(Ident::from_sql("Users"), Ident::from_sql("\"users\""));
        assert_ne!(Ident::from_sql("Users"), Ident::from_sql("\"Users\""));
        assert_eq!(Ident::from_sql("\"a\"\"b\"").to_string(), "\"a\"\"b\"");
        assert_eq!(Ident::new("order").to_string(), "\"order\"");
        let long = format!("\"{}ä\"", "x".repeat(62));
        assert_eq!(Ident::from_sql(&long).as_str().len(), 62);
        let (one, another) = (format!("{}a", "x".repeat(63)), format!("\"{}b\"", "x".repeat(63)));
        assert_eq!(Ident::from_sql(&one), Ident::from_sql(&another));
    }

    #[test]
    fn only_ascii_is_folded() {
        for (written, value) in [("Ärger", "Ärger"), ("ÄRGER", "Ärger"), ("İD", "İd")] {
            assert_eq!(
                (Ident::from_sql(written).as_str(), Ident::from_sql(written).to_string()),
                (value, value.to_owned())
            );
        }
        assert_ne!(Ident::from_sql("Ärger"), Ident::from_sql("ärger"));
        assert_eq!(Ident::from_sql("Ärger"), Ident::from_sql("\"Ärger\""));
    }

    #[test]
    fn unicode_escapes_are_names() {
        for (written, printed) in [
            ("U&\"d\\0061t\\+000061\"", "\"data\""),
            ("u&\"\\0041\\\\\"\"\"", "\"A\\\"\"\""),
            ("U&\"\\d83d\\de42\"", "\"🙂\""),
            ("U&\"x\\000ay\"", "\"x\ny\""),
        ] {
            assert_eq!(Ident::from_sql(written).to_string(), printed, "{written}");
        }
        assert_eq!(Ident::from_unicode("U&\"d!0061ta\"", '!'), Some(Ident::from_sql("\"data\"")));
        for wrong in ["U&\"\\00\"", "U&\"\\xyzw\"", "U&\"\\d83d\"", "U&\"\\0000\"", "U&\"\\+110000\"", "\"a\""] {
            assert_eq!(Ident::from_unicode(wrong, '\\'), None, "{wrong}");
        }
    }
}
