//! The names of types.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Ident, QualifiedName};

/// A type as it was written; equality and [`TypeName::canonical`] see through spelling. A clone shares the text.
#[derive(Debug, Clone)]
pub struct TypeName(Arc<Parts>);

/// A type's text and what it says.
#[derive(Debug)]
struct Parts {
    text: String,
    canonical: String,
    modifiers: Vec<i64>,
    name: QualifiedName,
    built_in: bool,
}

/// How many types a thread remembers: a history has few, and writes them in every table.
const REMEMBERED: usize = 256;

thread_local! {
    static SEEN: RefCell<HashMap<String, TypeName>> = RefCell::default();
}

impl TypeName {
    /// A type from its source text; white space in a quoted name is part of it.
    pub fn new(text: &str) -> Self {
        SEEN.with_borrow_mut(|seen| {
            if let Some(known) = seen.get(text) {
                return known.clone();
            }
            let new = TypeName(Arc::new(Parts::of(text)));
            if seen.len() < REMEMBERED {
                seen.insert(text.to_owned(), new.clone());
            }
            new
        })
    }

    /// The source text, with single spaces: `VARCHAR(50)`, `"public"."Role"[]`.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// PostgreSQL's own name of the type, without modifiers: `int4`, `varchar`, `timestamptz`; arrays end in `[]`.
    /// A user's type comes back as written, folded.
    pub fn canonical(&self) -> &str {
        &self.0.canonical
    }

    /// The modifiers: `VARCHAR(50)` → `[50]`, `NUMERIC(10,2)` → `[10, 2]`; empty when there are none.
    pub fn modifiers(&self) -> &[i64] {
        &self.0.modifiers
    }

    /// The identifier of a user's type, when it is one name or a qualified name.
    pub fn name(&self) -> &QualifiedName {
        &self.0.name
    }

    /// True for a type of PostgreSQL's own, or an array of it: `pg_catalog` is searched before every other schema.
    pub fn is_built_in(&self) -> bool {
        self.0.built_in
    }

    /// True for an array type.
    pub fn is_array(&self) -> bool {
        self.0.canonical.ends_with("[]")
    }
}

impl Parts {
    fn of(text: &str) -> Self {
        let text = spaced(text);
        let (base, modifiers, suffix) = parts(&text);
        let folded = if base.contains('"') { base.clone() } else { base.to_ascii_lowercase() };
        let plain = folded.strip_prefix("pg_catalog.").unwrap_or(&folded);
        let mut names = split_name(&base);
        let name = Ident::from_sql(names.pop().unwrap_or_default().as_str());
        let name = QualifiedName { schema: names.pop().map(|s| Ident::from_sql(&s)), name };
        let modifiers = modifiers.split(',').filter_map(|m| m.trim().parse().ok()).collect();
        let own = own_name(plain);
        Parts { canonical: format!("{own}{suffix}"), modifiers, name, built_in: is_built_in(own), text }
    }
}

/// PostgreSQL's own name of a type, from its name in lower case.
fn own_name(base: &str) -> &str {
    match base {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "serial" | "serial4" => "serial",
        "bigserial" | "serial8" => "bigserial",
        "smallserial" | "serial2" => "smallserial",
        "decimal" => "numeric",
        "boolean" => "bool",
        "real" => "float4",
        "double precision" | "float" => "float8",
        "character varying" | "char varying" => "varchar",
        "character" | "char" | "bpchar" => "bpchar",
        "bit varying" => "varbit",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        other => other,
    }
}

/// PostgreSQL's own types by their own names (`pg_type`, and the serial types, which stand for integers).
const BUILT_IN: &[&str] = &[
    "bigserial",
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regnamespace",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "serial",
    "smallserial",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

/// True for the own name of one of PostgreSQL's types.
pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

/// A type's name as it is written, its modifiers, and `[]` for an array.
fn parts(text: &str) -> (String, String, &'static str) {
    let mut text = text.trim();
    let mut suffix = "";
    // Folding other letters than these could change the number of bytes.
    let lower = text.to_ascii_lowercase();
    let ends = |at: &usize| {
        let rest = lower[at + " array".len()..].trim_start();
        rest.is_empty() || rest.starts_with('[')
    };
    if let Some(at) = lower.rfind(" array").filter(ends) {
        text = &text[..at];
        suffix = "[]";
    }
    while let Some(open) = text.strip_suffix(']').and_then(|t| t.rfind('[')) {
        text = text[..open].trim_end();
        suffix = "[]";
    }
    match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let base = format!("{}{}", text[..open].trim_end(), &text[close + 1..]);
            (base.trim().to_owned(), text[open + 1..close].to_owned(), suffix)
        }
        _ => (text.to_owned(), String::new(), suffix),
    }
}

/// The text with one blank where white space stands, but for names in double quotes.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.trim().chars() {
        quoted ^= c == '"';
        match c.is_whitespace() && !quoted {
            true if out.ends_with(' ') => {}
            true => out.push(' '),
            false => out.push(c),
        }
    }
    out
}

/// Splits `"a"."b"` or `a.b` at the dots outside quotes.
fn split_name(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                parts.last_mut().into_iter().for_each(|p| p.push(c));
            }
            '.' if !quoted => parts.push(String::new()),
            _ => parts.last_mut().into_iter().for_each(|p| p.push(c)),
        }
    }
    parts
}

impl PartialEq for TypeName {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical() && self.modifiers() == other.modifiers()
    }
}
impl Eq for TypeName {}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_any_spelling() {
        for (text, canonical, modifiers) in [
            ("VARCHAR(50)", "varchar", vec![50]),
            ("character varying ( 50 )", "varchar", vec![50]),
            ("TIMESTAMP(3) WITH TIME ZONE", "timestamptz", vec![3]),
            ("numeric(10,2)", "numeric", vec![10, 2]),
            ("TEXT[]", "text[]", vec![]),
            ("\"Role\"", "\"Role\"", vec![]),
        ] {
            let ty = TypeName::new(text);
            assert_eq!((ty.canonical(), ty.modifiers()), (canonical, &modifiers[..]), "{text}");
        }
        assert_eq!(TypeName::new("\"a.b\".\"C\"[]").name().to_string(), "\"a.b\".\"C\"");
        assert_eq!(TypeName::new("double  precision\n").to_string(), "double precision");
        assert_eq!(TypeName::new("\"a  b\"  [ ]").to_string(), "\"a  b\" [ ]");
        assert!(TypeName::new("İİİİ ARRAY").is_array());
        assert_eq!(*TypeName::new("Ärger").name(), QualifiedName::unqualified(Ident::from_sql("\"Ärger\"")));
    }
}
