//! `sa.Column(…)`, and what stands in it.

use super::clause::{clause, condition};
use super::constraint::Constraint;
use super::names::{literal, quoted};
use super::types::{SqlType, own_name, sql_type};
use crate::framework::alembic::value::{Arguments, Made, Value, Why};

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    pub ty: SqlType,
    /// What it says of NULL; where it says nothing, a primary key has none.
    pub nullable: Option<bool>,
    pub is_primary_key: bool,
    pub default: Option<String>,
    /// `autoincrement=`: what it says.
    pub autoincrement: Option<bool>,
    /// It has a default that the client computes.
    pub has_client_default: bool,
    pub is_unique: bool,
    pub is_indexed: bool,
    pub comment: Option<String>,
    /// `GENERATED …`.
    pub generated: Option<Generated>,
    /// Those that become constraints of the table.
    pub foreign_keys: Vec<Constraint>,
    /// Those that stay in the column.
    pub checks: Vec<Constraint>,
}

/// `GENERATED …` of a column.
#[derive(Debug, Clone)]
pub(super) enum Generated {
    Computed(String),
    Identity(String),
}

const ARGUMENTS: &[&str] = &[
    "name",
    "type_",
    "autoincrement",
    "default",
    "insert_default",
    "doc",
    "key",
    "index",
    "unique",
    "info",
    "nullable",
    "onupdate",
    "primary_key",
    "server_default",
    "server_onupdate",
    "quote",
    "system",
    "comment",
    "sort_order",
];

/// Reads `sa.Column(…)`.
pub(super) fn column(value: &Value) -> Result<Column, Why> {
    let made = match value {
        Value::Made(made) if made.receiver.is_none() && own_name(&made.path).as_deref() == Some("Column") => made,
        Value::Unknown(why) => return Err(format!("a column from {why}")),
        other => return Err(format!("a column that is {}", other.kind())),
    };
    let arguments = &made.arguments;
    arguments.only(usize::MAX, ARGUMENTS)?;
    if arguments.named("quote").is_some() || arguments.is_on("system")? {
        return Err("a column with quote= or system=".to_owned());
    }
    let name = arguments.needed(0, "name")?.to_owned();
    let mut rest = arguments.positional.get(usize::from(arguments.named("name").is_none())..).unwrap_or_default();
    let ty = match (arguments.named("type_"), rest) {
        (Some(ty), _) => sql_type(ty)?,
        (None, [first, after @ ..]) if !is_item(first) => {
            rest = after;
            sql_type(first)?
        }
        // A foreign key may give it its type, which nobody here knows.
        _ => return Err(format!("column {name} without a type")),
    };
    let is_primary_key = arguments.is_on("primary_key")?;
    let mut column = Column {
        ty,
        nullable: arguments.switch("nullable")?,
        is_primary_key,
        default: None,
        autoincrement: match arguments.named("autoincrement") {
            Some(Value::Boolean(on)) => Some(*on),
            _ => None,
        },
        has_client_default: arguments
            .named("default")
            .or(arguments.named("insert_default"))
            .is_some_and(|d| !d.is_none()),
        is_unique: arguments.is_on("unique")?,
        is_indexed: arguments.is_on("index")?,
        comment: arguments.text(usize::MAX, "comment")?.map(str::to_owned),
        generated: None,
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        name,
    };
    if let Some(default) = arguments.named("server_default") {
        column.server_default(default)?;
    }
    for item in rest {
        column.item(item)?;
    }
    Ok(column)
}

/// Something of a column that is no type.
fn is_item(value: &Value) -> bool {
    let name = match value {
        Value::Made(made) if made.receiver.is_none() => own_name(&made.path),
        Value::Imported(path) => own_name(path),
        _ => None,
    };
    matches!(
        name.as_deref(),
        Some(
            "ForeignKey"
                | "CheckConstraint"
                | "Identity"
                | "Computed"
                | "Sequence"
                | "FetchedValue"
                | "DefaultClause"
                | "ColumnDefault"
        )
    )
}

/// The SQL of a server default; a string is a literal.
pub(super) fn server_default(value: &Value) -> Result<String, Why> {
    let checked = match value {
        Value::Text(text) => return Ok(literal(&text.value)),
        Value::Made(_) | Value::Clause(_) | Value::Member(..) => clause(value),
        // SQLAlchemy refuses what is neither text nor a clause.
        other => Err(other.kind()),
    };
    checked.map_err(|why| format!("server_default is {why}"))
}

impl Column {
    fn server_default(&mut self, value: &Value) -> Result<(), Why> {
        if value.is_none() {
            return Ok(());
        }
        match value {
            Value::Made(made) if is_item(value) && !made.path.ends_with(".DefaultClause") => self.item(value),
            _ => {
                self.default = Some(server_default(value)?);
                Ok(())
            }
        }
    }

    fn item(&mut self, item: &Value) -> Result<(), Why> {
        let Value::Made(made) = item else { return Err(format!("a column with {}", item.kind())) };
        match own_name(&made.path).as_deref() {
            Some("ForeignKey") => self.foreign_keys.push(Constraint::of_column(made, &self.name)?),
            Some("CheckConstraint") => self.checks.push(Constraint::made(made)?),
            Some("Identity") => self.generated = Some(Generated::Identity(identity(&made.arguments)?)),
            Some("Computed") => self.generated = Some(Generated::Computed(computed(made)?)),
            Some("DefaultClause") => self.default = Some(clause(item)?),
            Some(other) => return Err(format!("a column with {other}")),
            None => return Err(format!("a column with {}", made.path)),
        }
        Ok(())
    }

    /// Its part of `CREATE TABLE` or `ADD COLUMN`. `is_serial`: the server counts its values.
    pub(super) fn sql(&self, is_serial: bool) -> String {
        let mut sql = quoted(&self.name);
        match (self.ty.serial.filter(|_| is_serial), &self.default) {
            (Some(serial), _) => sql += &format!(" {serial}"),
            (None, Some(default)) => sql += &format!(" {} DEFAULT {default}", self.ty.sql),
            (None, None) => sql += &format!(" {}", self.ty.sql),
        }
        let is_identity = matches!(self.generated, Some(Generated::Identity(_)));
        if let Some(Generated::Computed(generated) | Generated::Identity(generated)) = &self.generated {
            sql += &format!(" {generated}");
        }
        match (self.is_nullable(), is_identity) {
            (false, false) => sql += " NOT NULL",
            (true, true) => sql += " NULL",
            _ => {}
        }
        sql
    }

    fn is_nullable(&self) -> bool {
        let is_identity = matches!(self.generated, Some(Generated::Identity(_)));
        self.nullable.unwrap_or(!self.is_primary_key && !is_identity)
    }

    /// It becomes SERIAL as the only column of a primary key.
    pub(super) fn counts_alone(&self, has_foreign_key: bool) -> bool {
        let is_identity = matches!(self.generated, Some(Generated::Identity(_)));
        if self.ty.serial.is_none() || is_identity || self.has_client_default {
            return false;
        }
        match self.autoincrement {
            Some(on) => on,
            None => self.default.is_none() && !has_foreign_key,
        }
    }
}

/// `sa.Identity(…)`.
pub(super) fn identity(arguments: &Arguments) -> Result<String, Why> {
    let always = match arguments.get(0, "always") {
        None | Some(Value::None | Value::Boolean(false)) => "BY DEFAULT",
        Some(Value::Boolean(true)) => "ALWAYS",
        Some(other) => return Err(format!("always is {}", other.kind())),
    };
    let options = options(arguments)?;
    let options = if options.is_empty() { options } else { format!(" ({options})") };
    Ok(format!("GENERATED {always} AS IDENTITY{options}"))
}

/// What a sequence's or an identity's arguments say of its values.
pub(super) fn options(arguments: &Arguments) -> Result<String, Why> {
    let number = |name: &str| match arguments.named(name) {
        None | Some(Value::None) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.as_str())),
        Some(other) => Err(format!("{name} is {}", other.kind())),
    };
    let mut options = Vec::new();
    for (name, words) in
        [("increment", "INCREMENT BY"), ("start", "START WITH"), ("minvalue", "MINVALUE"), ("maxvalue", "MAXVALUE")]
    {
        options.extend(number(name)?.map(|number| format!("{words} {number}")));
    }
    for (name, words) in [("nominvalue", "NO MINVALUE"), ("nomaxvalue", "NO MAXVALUE")] {
        options.extend(arguments.switch(name)?.map(|_| words.to_owned()));
    }
    options.extend(number("cache")?.map(|number| format!("CACHE {number}")));
    options.extend(arguments.switch("cycle")?.map(|on| if on { "CYCLE" } else { "NO CYCLE" }.to_owned()));
    Ok(options.join(" "))
}

/// `sa.Computed(…)`. Servers before 18 have no virtual columns, and SQLAlchemy writes STORED for them.
fn computed(made: &Made) -> Result<String, Why> {
    let expression = condition(made.arguments.get(0, "sqltext").ok_or("a computed column of nothing")?)?;
    match made.arguments.get(1, "persisted") {
        None | Some(Value::None | Value::Boolean(true)) => Ok(format!("GENERATED ALWAYS AS ({expression}) STORED")),
        Some(Value::Boolean(false)) => Ok(format!("GENERATED ALWAYS AS ({expression}) VIRTUAL")),
        Some(other) => Err(format!("persisted is {}", other.kind())),
    }
}
