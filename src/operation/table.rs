//! Tables, columns and indexes as statements define them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Constraint, Ident, QualifiedName, SqlFragment};

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

/// A column's default, in words that say what it costs.
pub type DefaultValue = SqlFragment;

/// How a column is generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// `GENERATED ALWAYS AS (…) STORED`.
    Stored(SqlFragment),
    /// `GENERATED ALWAYS AS (…) [VIRTUAL]` (PostgreSQL 18).
    Virtual(SqlFragment),
    /// `GENERATED … AS IDENTITY`.
    Identity(Identity),
}

/// `GENERATED … AS IDENTITY [(…)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `ALWAYS` or `BY DEFAULT`.
    pub generation: Generation,
    /// The sequence_options in parentheses.
    pub sequence_options: Option<SqlFragment>,
}

/// Whether an identity column takes a value that an INSERT brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum Generation {
    #[default]
    Always,
    ByDefault,
}

/// A column as `CREATE TABLE` or `ADD COLUMN` defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// `STORAGE`.
    pub storage: Option<Ident>,
    /// `COMPRESSION`.
    pub compression: Option<Ident>,
    /// `COLLATE`.
    pub collation: Option<QualifiedName>,
    /// `NOT NULL` is written (serial and identity imply it without).
    pub not_null: bool,
    /// `DEFAULT …`.
    pub default: Option<DefaultValue>,
    /// `GENERATED …`.
    pub generated: Option<Generated>,
    /// Inline `UNIQUE`, `PRIMARY KEY`, `REFERENCES`, `CHECK`, as the table constraints they stand for.
    pub constraints: Vec<Constraint>,
}

impl ColumnDefinition {
    /// `SERIAL`, `BIGSERIAL` or `SMALLSERIAL`.
    pub fn is_serial(&self) -> bool {
        matches!(self.ty.canonical(), "serial" | "bigserial" | "smallserial")
    }
    /// `GENERATED … AS IDENTITY`.
    pub fn is_identity(&self) -> bool {
        matches!(self.generated, Some(Generated::Identity(_)))
    }
}

/// How long a table's rows last (`relpersistence`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persistence {
    /// They survive a crash.
    #[default]
    Permanent,
    /// They are gone after a crash.
    Unlogged,
    /// They are gone with the session.
    Temporary,
}

impl Persistence {
    /// It lasts as long as its session.
    pub fn is_temporary(self) -> bool {
        self == Persistence::Temporary
    }
}

/// `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: QualifiedName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`, `UNLOGGED` or neither.
    pub persistence: Persistence,
    /// The columns, in order.
    pub columns: Vec<ColumnDefinition>,
    /// The table constraints, in order.
    pub constraints: Vec<Constraint>,
    /// Tables whose columns are copied by `LIKE`.
    pub like: Vec<QualifiedName>,
    /// `INHERITS (…)`.
    pub inherits: Vec<QualifiedName>,
    /// `PARTITION OF parent`.
    pub partition_of: Option<QualifiedName>,
    /// `FOR VALUES …` or `DEFAULT` of a partition.
    pub bounds: Option<SqlFragment>,
    /// `PARTITION BY …` is written.
    pub partitioned: bool,
    /// `AS SELECT …`: the columns are unknown.
    pub as_query: bool,
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
