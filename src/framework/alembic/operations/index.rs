//! Indexes: `op.create_index`, `op.drop_index`, `sa.Index`.

use super::clause::{clause, condition};
use super::constraint::checked;
use super::names::{list, quoted, table};
use super::naming::Namer;
use super::types::own_name;
use crate::framework::alembic::value::{Arguments, Made, Value, Why};

/// An index that is made.
pub(super) struct Index {
    name: String,
    is_unique: bool,
    columns: Vec<String>,
    /// What `CREATE INDEX` says before its name.
    flags: String,
    /// `USING …`, before the columns.
    using: String,
    /// What follows the columns.
    options: String,
}

const OPTIONS: &[&str] = &[
    "index_name",
    "table_name",
    "columns",
    "schema",
    "unique",
    "if_not_exists",
    "quote",
    "info",
    "postgresql_using",
    "postgresql_where",
    "postgresql_ops",
    "postgresql_include",
    "postgresql_with",
    "postgresql_concurrently",
    "postgresql_nulls_not_distinct",
    "postgresql_tablespace",
];

impl Index {
    /// `sa.Index(name, *columns, …)`.
    pub(super) fn made(made: &Made, table: (Option<&str>, &str), namer: &Namer<'_>) -> Result<Index, Why> {
        let columns = made.arguments.positional.get(1..).unwrap_or_default();
        Index::read(&made.arguments, columns, table, namer)
    }

    /// `index=True` in a column.
    pub(super) fn of_column(
        (schema, table): (Option<&str>, &str),
        column: &str,
        is_unique: bool,
        namer: &Namer<'_>,
    ) -> Result<Index, Why> {
        Ok(Index {
            name: namer.index(schema, table, column)?,
            is_unique,
            columns: vec![quoted(column)],
            flags: String::new(),
            using: String::new(),
            options: String::new(),
        })
    }

    fn read(
        arguments: &Arguments,
        columns: &[Value],
        (schema, table): (Option<&str>, &str),
        namer: &Namer<'_>,
    ) -> Result<Index, Why> {
        arguments.only(usize::MAX, OPTIONS)?;
        let name = arguments.text(0, "index_name")?.or(arguments.text(usize::MAX, "name")?);
        let mut flags = String::new();
        if arguments.is_on("postgresql_concurrently")? {
            flags += "CONCURRENTLY ";
        }
        if arguments.is_on("if_not_exists")? {
            flags += "IF NOT EXISTS ";
        }
        let using = arguments.text(usize::MAX, "postgresql_using")?;
        // What SQLAlchemy calls an index without a name.
        let by_convention = match (name, columns.first()) {
            (None, Some(Value::Text(column))) => Some(namer.index(schema, table, &column.value)?),
            _ => None,
        };
        let columns: Vec<String> = columns
            .iter()
            .map(|column| element(column, arguments.named("postgresql_ops")))
            .collect::<Result<_, _>>()?;
        if columns.is_empty() {
            return Err("an index without columns".to_owned());
        }
        Ok(Index {
            name: name.map(str::to_owned).or(by_convention).ok_or("an index without a name")?,
            is_unique: arguments.is_on("unique")?,
            columns,
            flags,
            using: using.map(|using| format!("USING {} ", using.to_lowercase())).unwrap_or_default(),
            options: options(arguments)?,
        })
    }

    /// `CREATE INDEX …`.
    pub(super) fn create(&self, table: &str) -> Result<String, Why> {
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        let name = quoted(checked(&self.name)?);
        let Index { flags, using, options, .. } = self;
        Ok(format!("CREATE {unique}INDEX {flags}{name} ON {table} {using}({}){options}", self.columns.join(", ")))
    }
}

/// A column of an index, or an expression.
fn element(value: &Value, classes: Option<&Value>) -> Result<String, Why> {
    let (sql, key) = match value {
        Value::Text(name) => (quoted(&name.value), Some(name.value.as_str())),
        Value::Made(made) => {
            let key = match own_name(&made.path).as_deref() {
                Some("literal_column" | "column" | "text") => made.arguments.text(0, "text")?,
                _ => None,
            };
            (clause(value)?, key)
        }
        other => (clause(other)?, None),
    };
    let class = match classes {
        None | Some(Value::None) => None,
        Some(Value::Dict(pairs)) => {
            let found = key.and_then(|key| pairs.iter().find(|(own, _)| own.text() == Some(key)));
            found.map(|(_, class)| class.text().ok_or_else(|| class.kind())).transpose()?
        }
        Some(other) => return Err(format!("postgresql_ops is {}", other.kind())),
    };
    Ok(class.map_or_else(|| sql.clone(), |class| format!("{sql} {class}")))
}

fn options(arguments: &Arguments) -> Result<String, Why> {
    let mut options = String::new();
    if arguments.named("postgresql_include").is_some_and(|include| !include.is_none()) {
        let include = arguments.texts(usize::MAX, "postgresql_include")?;
        if !include.is_empty() {
            options += &format!(" INCLUDE ({})", list(include));
        }
    }
    options += match arguments.switch("postgresql_nulls_not_distinct")? {
        Some(true) => " NULLS NOT DISTINCT",
        Some(false) => " NULLS DISTINCT",
        None => "",
    };
    if let Some(with) = with(arguments)? {
        options += &format!(" WITH ({with})");
    }
    if let Some(tablespace) = arguments.text(usize::MAX, "postgresql_tablespace")? {
        options += &format!(" TABLESPACE {}", quoted(tablespace));
    }
    if let Some(predicate) = arguments.named("postgresql_where").filter(|predicate| !predicate.is_none()) {
        options += &format!(" WHERE {}", condition(predicate)?);
    }
    Ok(options)
}

/// `postgresql_with={…}`, without its parentheses.
pub(super) fn with(arguments: &Arguments) -> Result<Option<String>, Why> {
    let pairs = match arguments.named("postgresql_with") {
        None | Some(Value::None) => return Ok(None),
        Some(Value::Dict(pairs)) => pairs,
        Some(other) => return Err(format!("postgresql_with is {}", other.kind())),
    };
    let mut parts = Vec::new();
    for (name, value) in pairs {
        let name = name.text().ok_or_else(|| name.kind())?;
        parts.push(match value {
            Value::None => name.to_owned(),
            Value::Boolean(on) => format!("{name} = {on}"),
            Value::Number(number) => format!("{name} = {number}"),
            Value::Text(text) => format!("{name} = {}", text.value),
            other => return Err(other.kind()),
        });
    }
    Ok(Some(parts.join(", ")).filter(|with| !with.is_empty()))
}

/// `op.create_index(name, table, columns, …)`.
pub(super) fn create_index(arguments: &Arguments, namer: &Namer<'_>) -> Result<Vec<String>, Why> {
    let of = (arguments.text(usize::MAX, "schema")?, arguments.needed(1, "table_name")?);
    let full = table(of.0, of.1);
    let columns = match arguments.get(2, "columns") {
        Some(Value::List(columns)) => columns,
        Some(other) => return Err(format!("columns is {}", other.kind())),
        None => return Err("columns is left out".to_owned()),
    };
    Ok(vec![Index::read(arguments, columns, of, namer)?.create(&full)?])
}

/// `op.drop_index(name, table, …)`.
pub(super) fn drop_index(arguments: &Arguments) -> Result<Vec<String>, Why> {
    const NAMES: &[&str] = &["index_name", "table_name", "schema", "if_exists", "unique", "columns"];
    let options = arguments.named.iter().filter(|(name, _)| !name.starts_with("postgresql_"));
    let own = Arguments { positional: arguments.positional.clone(), named: options.cloned().collect() };
    own.only(2, NAMES)?;
    let concurrently = if arguments.is_on("postgresql_concurrently")? { "CONCURRENTLY " } else { "" };
    let exists = if arguments.is_on("if_exists")? { "IF EXISTS " } else { "" };
    let name = table(arguments.text(usize::MAX, "schema")?, checked(arguments.needed(0, "index_name")?)?);
    Ok(vec![format!("DROP INDEX {concurrently}{exists}{name}")])
}
