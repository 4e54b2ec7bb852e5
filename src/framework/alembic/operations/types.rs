//! Types: what SQLAlchemy's PostgreSQL dialect makes of them.

use super::names::{literal, quoted, table};
use crate::framework::alembic::value::{Arguments, Value, Why};
use crate::framework::alembic::value::{Class, ClassKind};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SqlType {
    /// Its name in SQL.
    pub sql: String,
    /// What it is to a primary key.
    pub serial: Option<&'static str>,
    /// The enum that it is, or is an array of.
    pub native: Option<NativeEnum>,
}

/// A type that `CREATE TYPE … AS ENUM` makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NativeEnum {
    /// Its name, with its schema.
    pub name: String,
    /// `CREATE TYPE …`.
    pub create: String,
    /// A table that is made with it makes it as well.
    pub is_created: bool,
}

/// The name of something that SQLAlchemy has, without its module; `None` for what others have.
pub(super) fn own_name(path: &str) -> Option<String> {
    let rest = path.strip_prefix("sqlalchemy.")?;
    if ["mysql.", "sqlite.", "mssql.", "oracle."].iter().any(|other| rest.contains(other)) {
        return None;
    }
    let mut parts: Vec<&str> = rest.split('.').collect();
    let last = parts.pop()?;
    Some(match parts.last() {
        Some(&"func") => format!("func.{last}"),
        _ => last.to_owned(),
    })
}

/// Reads a type, given as a class or as an instance.
pub(super) fn sql_type(value: &Value) -> Result<SqlType, Why> {
    let none = Arguments::default();
    match value {
        Value::Imported(path) => named(path, &none),
        Value::Class(class) => of_class(class, &none),
        Value::Made(made) => match (&made.receiver, made.path.as_str()) {
            (None, path) => named(path, &made.arguments),
            (Some(Value::Class(class)), _) => of_class(class, &made.arguments),
            (Some(base), ".with_variant") => variant(base, &made.arguments),
            (Some(_), name) => Err(format!("a type that {name} makes")),
        },
        Value::Unknown(why) => Err(format!("a type from {why}")),
        other => Err(format!("a type that is {}", other.kind())),
    }
}

/// `type.with_variant(other, "postgresql")`.
fn variant(base: &Value, arguments: &Arguments) -> Result<SqlType, Why> {
    let databases: Vec<&str> = arguments.positional.iter().skip(1).filter_map(Value::text).collect();
    let databases = arguments.named("dialect_name").and_then(Value::text).into_iter().chain(databases);
    let is_ours = databases.into_iter().any(|database| database == "postgresql");
    match (is_ours, arguments.get(0, "type_")) {
        (true, Some(other)) => sql_type(other),
        (true, None) => Err("a variant without a type".to_owned()),
        (false, _) => sql_type(base),
    }
}

/// What a type of the project's own is in PostgreSQL: the one that it says it stands for.
///
/// `TypeDecorator` gives what it is called with to the type that its `impl` names (`TypeDecorator.__init__` of SQLAlchemy).
fn of_class(class: &Class, arguments: &Arguments) -> Result<SqlType, Why> {
    // These decide on more than values: what they do is not read.
    const DECIDING: &[&str] = &["__init__", "__new__", "_set_table", "_set_parent", "dialect_impl", "type_engine"];
    if let Some(method) = class.methods.iter().find(|method| DECIDING.contains(&method.as_str())) {
        return Err(format!("type {}, which has its own {method}", class.name));
    }
    let arguments = match &class.given {
        None => arguments,
        Some(given) if arguments.positional.is_empty() && arguments.named.is_empty() => given,
        Some(_) => return Err(format!("type {} with arguments", class.name)),
    };
    let known = class
        .for_postgresql
        .as_ref()
        .map(|known| known.as_ref().map_err(|why| format!("type {} from {why}", class.name)));
    if class.kind == ClassKind::OwnType {
        return match known.transpose()? {
            Some(Value::Text(text)) if arguments.positional.is_empty() && arguments.named.is_empty() => {
                plain(&text.value)
            }
            _ => Err(format!("type {}", class.name)),
        };
    }
    let own = || match class.attribute("impl") {
        // A class is called with the arguments; an instance is taken as it is.
        Some(Value::Imported(path)) => named(path, arguments),
        Some(Value::Class(inner)) => of_class(inner, arguments),
        Some(other) => sql_type(other),
        None => Err(format!("type {}, which stands for nothing", class.name)),
    };
    match known.transpose()? {
        None => own(),
        Some(value) => match of_dialect(value) {
            Some(Value::Imported(path)) if path == "self.impl" => own(),
            Some(Value::Made(made)) if made.receiver.is_none() => {
                let given = |value: &Value| match value {
                    Value::Imported(path) if path == "self.impl.length" => {
                        arguments.get(0, "length").cloned().unwrap_or(Value::None)
                    }
                    other => other.clone(),
                };
                let own = &made.arguments;
                let named_as = |(name, value): &(String, Value)| (name.clone(), given(value));
                let own = Arguments {
                    positional: own.positional.iter().map(given).collect(),
                    named: own.named.iter().map(named_as).collect(),
                };
                named(&made.path, &own)
            }
            Some(other) => sql_type(other),
            None => Err(format!("type {} from {}", class.name, value.kind())),
        },
    }
}

/// What `load_dialect_impl` gives: `dialect.type_descriptor(type)`, or `self.impl`.
fn of_dialect(value: &Value) -> Option<&Value> {
    match value {
        Value::Made(made) if made.path == ".type_descriptor" => made.arguments.positional.first(),
        Value::Imported(path) if path == "self.impl" || path == "self.impl_instance" => Some(value),
        _ => None,
    }
}

fn plain(sql: impl Into<String>) -> Result<SqlType, Why> {
    Ok(SqlType { sql: sql.into(), serial: None, native: None })
}

fn named(path: &str, arguments: &Arguments) -> Result<SqlType, Why> {
    let is_postgresql = path.contains(".postgresql.");
    let Some(name) = own_name(path) else {
        return other_librarys(path, arguments);
    };
    let integer = |sql: &str, serial| Ok(SqlType { sql: sql.to_owned(), serial: Some(serial), native: None });
    match name.as_str() {
        "Integer" | "INTEGER" | "INT" => integer("INTEGER", "SERIAL"),
        "BigInteger" | "BIGINT" => integer("BIGINT", "BIGSERIAL"),
        "SmallInteger" | "SMALLINT" => integer("SMALLINT", "SMALLSERIAL"),
        "String" | "VARCHAR" | "Unicode" => text("VARCHAR", arguments),
        "CHAR" | "NCHAR" | "NVARCHAR" => text(&name, arguments),
        "Text" | "TEXT" | "UnicodeText" => text("TEXT", arguments),
        "Boolean" | "BOOLEAN" => {
            without_check(arguments)?;
            plain("BOOLEAN")
        }
        "DateTime" | "TIMESTAMP" => plain(time("TIMESTAMP", arguments, is_postgresql)?),
        "Time" | "TIME" => plain(time("TIME", arguments, is_postgresql)?),
        "Interval" | "INTERVAL" => interval(arguments, &name, is_postgresql),
        "Float" | "FLOAT" => plain(sized("FLOAT", number(arguments, 0, "precision")?)),
        "Double" | "DOUBLE" | "DOUBLE_PRECISION" => plain("DOUBLE PRECISION"),
        "Numeric" | "NUMERIC" => numeric("NUMERIC", arguments),
        "DECIMAL" => numeric("DECIMAL", arguments),
        "LargeBinary" | "BYTEA" | "PickleType" => plain("BYTEA"),
        "Uuid" if arguments.switch("native_uuid")? == Some(false) => plain("CHAR(32)"),
        "Uuid" | "UUID" => plain("UUID"),
        "MatchType" => plain("BOOLEAN"),
        "Date" | "DATE" | "REAL" | "JSON" | "JSONB" | "HSTORE" | "INET" | "CIDR" | "MACADDR" | "MACADDR8" | "MONEY"
        | "OID" | "REGCLASS" | "REGCONFIG" | "TSVECTOR" | "TSQUERY" | "CITEXT" | "JSONPATH" | "INT4RANGE"
        | "INT8RANGE" | "NUMRANGE" | "DATERANGE" | "TSRANGE" | "TSTZRANGE" | "INT4MULTIRANGE" | "INT8MULTIRANGE"
        | "NUMMULTIRANGE" | "DATEMULTIRANGE" | "TSMULTIRANGE" | "TSTZMULTIRANGE" => plain(name.to_uppercase()),
        "BIT" => {
            let length = number(arguments, 0, "length")?;
            match arguments.is_on("varying")? || arguments.positional.get(1) == Some(&Value::Boolean(true)) {
                true => plain(sized("BIT VARYING", length)),
                false => plain(format!("BIT({})", length.unwrap_or("1"))),
            }
        }
        "ARRAY" => array(arguments),
        "Enum" | "ENUM" => native_enum(&name, arguments),
        other => Err(format!("type {other}")),
    }
}

/// Types of libraries that are often used with SQLAlchemy, and what they are in PostgreSQL.
fn other_librarys(path: &str, arguments: &Arguments) -> Result<SqlType, Why> {
    match path {
        "sqlmodel.sql.sqltypes.AutoString" | "sqlmodel.AutoString" => text("VARCHAR", arguments),
        "sqlmodel.sql.sqltypes.GUID"
        | "fastapi_users_db_sqlalchemy.generics.GUID"
        | "fastapi_users_db_sqlalchemy.guid.GUID"
        | "advanced_alchemy.types.GUID" => plain("UUID"),
        "fastapi_users_db_sqlalchemy.generics.TIMESTAMPAware" => plain("TIMESTAMP WITH TIME ZONE"),
        "pgvector.sqlalchemy.Vector" | "pgvector.sqlalchemy.vector.VECTOR" | "pgvector.sqlalchemy.VECTOR" => {
            plain(sized("VECTOR", number(arguments, 0, "dim")?))
        }
        other => Err(format!("type {other}")),
    }
}

fn number<'a>(arguments: &'a Arguments, position: usize, name: &str) -> Result<Option<&'a str>, Why> {
    match arguments.get(position, name) {
        None | Some(Value::None) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number)),
        Some(other) => Err(format!("{name} is {}", other.kind())),
    }
}

fn sized(name: &str, size: Option<&str>) -> String {
    size.map_or_else(|| name.to_owned(), |size| format!("{name}({size})"))
}

fn text(name: &str, arguments: &Arguments) -> Result<SqlType, Why> {
    let sized = sized(name, number(arguments, 0, "length")?);
    match arguments.text(1, "collation")? {
        Some(collation) => plain(format!("{sized} COLLATE {}", quoted(collation))),
        None => plain(sized),
    }
}

fn time(name: &str, arguments: &Arguments, is_postgresql: bool) -> Result<String, Why> {
    let zone = match arguments.get(0, "timezone") {
        None | Some(Value::None | Value::Boolean(false)) => "WITHOUT",
        Some(Value::Boolean(true)) => "WITH",
        Some(other) => return Err(format!("timezone is {}", other.kind())),
    };
    let precision = if is_postgresql { number(arguments, 1, "precision")? } else { None };
    Ok(format!("{} {zone} TIME ZONE", sized(name, precision)))
}

fn interval(arguments: &Arguments, name: &str, is_postgresql: bool) -> Result<SqlType, Why> {
    if !is_postgresql {
        let precision = number(arguments, 1, "second_precision")?;
        return plain(precision.map_or_else(|| "INTERVAL".to_owned(), |precision| format!("INTERVAL ({precision})")));
    }
    debug_assert_eq!(name, "INTERVAL");
    let mut sql = "INTERVAL".to_owned();
    if let Some(fields) = arguments.text(1, "fields")? {
        sql += &format!(" {fields}");
    }
    if let Some(precision) = number(arguments, 0, "precision")? {
        sql += &format!(" ({precision})");
    }
    plain(sql)
}

fn numeric(name: &str, arguments: &Arguments) -> Result<SqlType, Why> {
    match (number(arguments, 0, "precision")?, number(arguments, 1, "scale")?) {
        (Some(precision), Some(scale)) => plain(format!("{name}({precision}, {scale})")),
        (precision, _) => plain(sized(name, precision)),
    }
}

fn array(arguments: &Arguments) -> Result<SqlType, Why> {
    let item = sql_type(arguments.get(0, "item_type").ok_or("an array of nothing")?)?;
    let dimensions = number(arguments, 2, "dimensions")?.map_or(Ok(1), str::parse::<usize>);
    let dimensions = dimensions.map_err(|_| "dimensions that are no number")?.min(10);
    let brackets = "[]".repeat(dimensions);
    // The brackets belong to the type, and a collation to its column.
    let sql = match item.sql.split_once(" COLLATE ") {
        Some((ty, collation)) => format!("{ty}{brackets} COLLATE {collation}"),
        None => item.sql + &brackets,
    };
    Ok(SqlType { sql, serial: None, native: item.native })
}

fn without_check(arguments: &Arguments) -> Result<(), Why> {
    match arguments.is_on("create_constraint")? {
        true => Err("create_constraint=True".to_owned()),
        false => Ok(()),
    }
}

fn native_enum(class: &str, arguments: &Arguments) -> Result<SqlType, Why> {
    let label =
        |label: &'_ Value| label.text().map(str::to_owned).ok_or_else(|| format!("enum labels from {}", label.kind()));
    let (labels, own_name) = match &arguments.positional[..] {
        // An enumeration's labels are the names of its members, and its own name in small letters is the type's.
        [Value::Class(class)] if class.is_enum() => match arguments.named("values_callable") {
            None | Some(Value::None) => {
                let labels = class.members().into_iter().map(str::to_owned).collect();
                (labels, Some(class.name.to_lowercase()))
            }
            Some(_) => return Err("enum labels from values_callable".to_owned()),
        },
        labels => (labels.iter().map(label).collect::<Result<Vec<String>, _>>()?, None),
    };
    without_check(arguments)?;
    if arguments.switch("native_enum")? == Some(false) {
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).to_string();
        let length = number(arguments, usize::MAX, "length")?.unwrap_or(&longest);
        return plain(format!("VARCHAR({length})"));
    }
    let name = arguments.text(usize::MAX, "name")?.or(own_name.as_deref()).ok_or("an enum without a name")?;
    let schema = arguments.text(usize::MAX, "schema")?;
    let full = table(schema, name);
    let create = format!(
        "CREATE TYPE {full} AS ENUM ({})",
        labels.iter().map(|label| literal(label)).collect::<Vec<_>>().join(", ")
    );
    debug_assert!(matches!(class, "Enum" | "ENUM"));
    let native = NativeEnum { name: full.clone(), create, is_created: arguments.switch("create_type")? != Some(false) };
    Ok(SqlType { sql: full, serial: None, native: Some(native) })
}
