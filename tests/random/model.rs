//! What a generator has to know of a schema in order to write statements that mostly work.

use super::chance::Chance;
use super::domains::DOMAINS;

/// A schema as far as statements refer to it. Names are as SQL writes them.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub tables: Vec<Table>,
    pub enums: Vec<Enum>,
    pub domains: Vec<String>,
    pub views: Vec<View>,
    pub functions: Vec<String>,
    pub sequences: Vec<String>,
    /// There is a second schema, `app`.
    pub has_app: bool,
    /// Names of relations and constraints that are free again.
    pub freed: Vec<String>,
    /// Columns that were dropped: table, column, type.
    pub dropped: Vec<(String, String, String)>,
}

#[derive(Debug, Clone, Default)]
pub struct Table {
    /// With `app.` before it where it is there.
    pub name: String,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
    pub indexes: Vec<Index>,
    pub triggers: Vec<String>,
    pub policies: Vec<String>,
    /// The partition key.
    pub partitioned: Option<String>,
    /// It is a partition or inherits.
    pub parent: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Column {
    pub name: String,
    pub type_name: String,
    pub not_null: bool,
    pub has_default: bool,
    /// Generated or identity: nothing is put in.
    pub generated: bool,
    /// What is in it may be another value each time.
    pub random: bool,
    /// Added as a serial: a sequence gives a number to each row that is there.
    pub numbered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    Primary,
    Unique,
    Check,
    Foreign,
}

#[derive(Debug, Clone)]
pub struct Constraint {
    pub name: String,
    pub kind: ConstraintKind,
    pub columns: Vec<String>,
    pub valid: bool,
}

#[derive(Debug, Clone)]
pub struct Index {
    pub name: String,
    pub columns: Vec<String>,
    /// It can become a constraint.
    pub plain_unique: bool,
}

#[derive(Debug, Clone)]
pub struct Enum {
    pub name: String,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct View {
    pub name: String,
    pub materialized: bool,
    pub query: String,
}

pub const TABLES: [&str; 8] = ["users", "orders", "items", "\"Post\"", "\"User\"", "logs", "t", "\"OrderLine\""];
pub const COLUMNS: [&str; 14] = [
    "a",
    "b",
    "c",
    "email",
    "status",
    "name",
    "amount",
    "\"userId\"",
    "\"createdAt\"",
    "parent_id",
    "note",
    "kind",
    "x",
    "qty",
];
/// Names that must be read as PostgreSQL reads them.
pub const ODD_TABLES: [&str; 5] = [
    "\"line item\"",
    "\"Ärger\"",
    "\"say \"\"hi\"\"\"",
    "Straße",
    "\"aVeryLongTableNameThatLeavesLittleRoomForWhatIsMadeOfIt\"",
];
pub const ODD_COLUMNS: [&str; 7] = [
    "exclude",
    "\"order\"",
    "\"a.b\"",
    "größe",
    "\"two words\"",
    "\"it's\"",
    "aLongColumnNameThatIsFoldedAndNearlyAsLongAsNamesMayBeAtAll",
];
pub const TYPES: [&str; 15] = [
    "integer",
    "bigint",
    "text",
    "varchar(255)",
    "varchar(20)",
    "boolean",
    "timestamptz",
    "timestamp(3)",
    "numeric(10,2)",
    "uuid",
    "jsonb",
    "date",
    "integer",
    "text",
    "text[]",
];

impl Column {
    /// Whether an INSERT gives it a value.
    pub fn is_given(&self) -> bool {
        let makes_its_own = self.name == "id" && self.has_default;
        !self.generated && !makes_its_own
    }
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn has_key(&self) -> bool {
        self.constraints.iter().any(|constraint| constraint.kind == ConstraintKind::Primary)
    }

    /// Without its schema.
    pub fn bare(&self) -> &str {
        bare(&self.name)
    }

    /// A key that others may refer to: one column.
    pub fn key(&self) -> Option<(&str, &str)> {
        let keys =
            self.constraints.iter().filter(|c| matches!(c.kind, ConstraintKind::Primary | ConstraintKind::Unique));
        let column = keys.filter(|key| key.columns.len() == 1).find_map(|key| self.column(&key.columns[0]))?;
        Some((&column.name, &column.type_name))
    }
}

/// A name without its schema.
pub fn bare(name: &str) -> &str {
    name.strip_prefix("app.").or_else(|| name.strip_prefix("public.")).unwrap_or(name)
}

/// A name without its quotes, for a part of another name.
pub fn plain(name: &str) -> String {
    bare(name).trim_matches('"').to_owned()
}

/// Quoted where it must be.
pub fn quoted(name: &str) -> String {
    match name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        true => name.to_owned(),
        false => format!("\"{name}\""),
    }
}

/// The type under a domain, or the type itself.
pub fn base_of(type_name: &str) -> &str {
    match DOMAINS.iter().find(|(domain, _)| *domain == type_name) {
        Some((_, base)) => base_of(base),
        None => type_name,
    }
}

/// A literal that a column of this type takes as its default; now and then one that is not the same each time.
pub fn default_of(chance: &mut Chance, model: &Model, type_name: &str) -> String {
    let type_name = base_of(type_name);
    if let Some(of) = model.enums.iter().find(|of| of.name == type_name) {
        return format!("'{}'", chance.pick(&of.labels).cloned().unwrap_or_default());
    }
    let volatile = chance.is(15);
    let text = ["''", "'x'", "'it''s'", "'two  words'", "'a;b'", "E'a\\nb'", "'line\n  break'"];
    match type_name {
        "integer" | "bigint" | "numeric(10,2)" if volatile => "(random() * 10000000)::int".into(),
        "integer" | "bigint" => chance.word(&["0", "1", "42", "-1"]).into(),
        "numeric(10,2)" => chance.word(&["0", "1.50"]).into(),
        "text" if volatile => "md5(random()::text)".into(),
        "text" | "varchar(255)" | "varchar(20)" => chance.word(&text).into(),
        "boolean" => chance.word(&["false", "true"]).into(),
        "timestamptz" | "timestamp(3)" if volatile => "clock_timestamp()".into(),
        "timestamptz" | "timestamp(3)" => chance.word(&["now()", "CURRENT_TIMESTAMP", "'2024-01-01 00:00:00'"]).into(),
        "date" => chance.word(&["'2024-01-01'", "CURRENT_DATE"]).into(),
        "uuid" => chance.word(&["gen_random_uuid()", "'00000000-0000-4000-8000-000000000001'"]).into(),
        "jsonb" => chance.word(&["'{}'", "'{\"a\": 1}'", "'[]'::jsonb"]).into(),
        "text[]" => chance.word(&["'{}'", "ARRAY[]::text[]"]).into(),
        _ => "NULL".into(),
    }
}

/// An expression over `n`, the number of the row.
pub fn value_of(model: &Model, type_name: &str) -> String {
    let type_name = base_of(type_name);
    if let Some(of) = model.enums.iter().find(|of| of.name == type_name) {
        let labels: Vec<String> = of.labels.iter().map(|label| format!("'{label}'")).collect();
        return format!("(ARRAY[{}])[1 + n % {}]::{type_name}", labels.join(", "), labels.len());
    }
    match type_name {
        "integer" | "bigint" | "numeric(10,2)" => "n".into(),
        "text" | "varchar(255)" | "varchar(20)" => "n::text".into(),
        "boolean" => "n % 2 = 0".into(),
        "timestamptz" | "timestamp(3)" => "timestamp '2024-01-01' + n * interval '1 day'".into(),
        "date" => "date '2024-01-01' + n".into(),
        "uuid" => "lpad(n::text, 32, '0')::uuid".into(),
        "jsonb" => "jsonb_build_object('n', n)".into(),
        "text[]" => "ARRAY[n::text]".into(),
        _ => "n".into(), // a type of its own
    }
}

/// What may stand behind WHERE or in a CHECK that all rows pass.
pub fn condition_on(column: &Column) -> String {
    condition_for(&column.name, &column.type_name)
}

/// The same for a value of that name and type.
pub fn condition_for(name: &str, type_name: &str) -> String {
    match base_of(type_name) {
        "integer" | "bigint" | "numeric(10,2)" => format!("{name} >= 0"),
        "text" | "varchar(255)" | "varchar(20)" => format!("length({name}) < 100"),
        "boolean" => format!("{name} IN (true, false)"),
        "timestamptz" | "timestamp(3)" | "date" => format!("{name} > '2000-01-01'"),
        _ => format!("{name} IS NOT NULL"),
    }
}
