//! Types of columns: Active Record's names for PostgreSQL's.

use super::context::Context;
use crate::framework::rails::value::{Arguments, Why};

/// The methods of a table that make columns, and the types that they stand for.
pub(super) fn of_method(method: &str, context: &Context<'_>) -> Option<&'static str> {
    const TYPES: &[&str] = &[
        "bigint",
        "binary",
        "boolean",
        "date",
        "datetime",
        "decimal",
        "float",
        "integer",
        "json",
        "string",
        "text",
        "time",
        "timestamp",
        "virtual",
        "bigserial",
        "bit",
        "bit_varying",
        "cidr",
        "citext",
        "daterange",
        "hstore",
        "inet",
        "interval",
        "int4range",
        "int8range",
        "jsonb",
        "ltree",
        "macaddr",
        "money",
        "numrange",
        "oid",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "serial",
        "tsrange",
        "tstzrange",
        "tsvector",
        "uuid",
        "xml",
        "timestamptz",
        "enum",
    ];
    match method {
        "numeric" => Some("decimal"),
        "blob" if !context.runs_before(7, 0) => Some("binary"),
        "timestamptz" | "enum" | "virtual" if context.runs_before(7, 0) => None,
        _ => TYPES.iter().copied().find(|ty| *ty == method),
    }
}

/// `type_to_sql`: the type as SQL writes it.
pub(super) fn sql(ty: &str, options: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    let native = match ty {
        "primary_key" => "bigserial primary key",
        "string" => "character varying",
        "datetime" => context.datetime,
        "timestamp" | "text" | "bigint" | "float" | "decimal" | "time" | "date" | "boolean" => ty,
        "integer" => match options.number("limit")? {
            Some(1 | 2) => "smallint",
            None | Some(3 | 4) => "integer",
            Some(5..=8) => "bigint",
            Some(limit) => return Err(format!("no integer has {limit} bytes")),
        },
        "binary" => "bytea",
        "bit_varying" => "bit varying",
        "enum" if !context.runs_before(7, 0) => options.text("enum_type")?.ok_or("an enum without enum_type")?,
        other => other,
    };
    // Types that Active Record does not know are written as they are, without a limit.
    let takes_limit = is_native(ty) && !matches!(ty, "primary_key" | "integer" | "binary" | "text" | "enum");
    if matches!(ty, "text" | "binary") && options.number("limit")?.is_some_and(|limit| limit > 0x3fff_ffff) {
        return Err(format!("no {ty} has that many bytes"));
    }
    let precision = options.number("precision")?;
    let mut sql = native.to_owned();
    match ty {
        "decimal" => match (precision, options.number("scale")?) {
            (Some(precision), Some(scale)) => sql += &format!("({precision},{scale})"),
            (Some(precision), None) => sql += &format!("({precision})"),
            (None, Some(_)) => return Err("a decimal with a scale and no precision".to_owned()),
            (None, None) => {}
        },
        "datetime" | "timestamp" | "time" | "interval" if precision.is_some() => match precision {
            Some(precision @ 0..=6) => sql += &format!("({precision})"),
            other => return Err(format!("a precision of {}", other.unwrap_or_default())),
        },
        _ if takes_limit => {
            if let Some(limit) = options.number("limit")? {
                sql += &format!("({limit})");
            }
        }
        _ => {}
    }
    if options.is_on("array") && ty != "primary_key" {
        sql += "[]";
    }
    Ok(sql)
}

/// It is one of `NATIVE_DATABASE_TYPES`.
fn is_native(ty: &str) -> bool {
    const NATIVE: &[&str] = &[
        "primary_key",
        "string",
        "text",
        "integer",
        "bigint",
        "float",
        "decimal",
        "datetime",
        "timestamp",
        "timestamptz",
        "time",
        "date",
        "daterange",
        "numrange",
        "tsrange",
        "tstzrange",
        "int4range",
        "int8range",
        "binary",
        "boolean",
        "xml",
        "tsvector",
        "hstore",
        "inet",
        "cidr",
        "macaddr",
        "uuid",
        "json",
        "jsonb",
        "ltree",
        "citext",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "bit",
        "bit_varying",
        "money",
        "interval",
        "oid",
        "enum",
    ];
    NATIVE.contains(&ty)
}
