//! A field for a column that the application does not use, with the attributes of the indexes that have the column.

use super::text::{Block, is_name, quoted};
use crate::operation::{Ident, IndexColumn, IndexKey, QualifiedName, TypeName};
use crate::schema::{Column, Index, Schema, same};

/// What is added to a model.
pub(super) struct Kept {
    /// The line of the field.
    pub field: String,
    /// Lines with `@@index` and `@@unique`.
    pub attributes: Vec<String>,
}

/// The lines that keep a column. `enums` gives the name of a type's enum in the file.
pub(super) fn kept(
    table: &QualifiedName,
    column: &Column,
    schema: &Schema,
    block: &Block<'_>,
    enums: &dyn Fn(&QualifiedName) -> Option<String>,
) -> Result<Kept, String> {
    let (ty, native) = type_of(&column.ty, enums)?;
    let name = free_name(column.name.as_str(), "column", &|name| block.has_field(name));
    let optional = if column.not_null || column.ty.is_array() { "" } else { "?" };
    let mut line = vec![format!("{ty}{optional}")];
    let (mut own, mut attributes) = (Vec::new(), Vec::new());
    for index in schema.indexes_of(table).filter(|index| index.uses_column(&column.name)) {
        let field = |wanted: &Ident| match *wanted == column.name {
            true => Some(name.clone()),
            false => block.field_of(wanted.as_str()).map(str::to_owned),
        };
        let Some(fields) = fields_of(index, &field)? else { continue };
        let kind = if index.unique { "unique" } else { "index" };
        let map = map_of(index, table);
        match (index.unique, index.columns.len()) {
            (true, 1) => own.push(match map {
                Some(map) => format!("@unique(map: {})", quoted(map)),
                None => "@unique".to_owned(),
            }),
            _ => {
                let map = map.map(|map| format!(", map: {}", quoted(map))).unwrap_or_default();
                attributes.push(format!("@@{kind}([{}]{map})", fields.join(", ")));
            }
        }
    }
    line.extend(own);
    line.extend(default_of(column)?);
    if name != column.name.as_str() {
        line.push(format!("@map({})", quoted(column.name.as_str())));
    }
    line.extend(native);
    line.push("@ignore".to_owned());
    let (indent, names) = block.style();
    let width = names.saturating_sub(1).max(name.len());
    let attributes = attributes.into_iter().map(|attribute| format!("{indent}{attribute}")).collect();
    Ok(Kept { field: format!("{indent}{name:width$} {}", line.join(" ")), attributes })
}

/// The database's name where the file can have it, else one like it with a word that says of what it is.
pub(super) fn free_name(own: &str, word: &str, is_taken: &dyn Fn(&str) -> bool) -> String {
    if is_name(own) && !is_taken(own) {
        return own.to_owned();
    }
    let letters: String = own.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let base = match letters.trim_start_matches(|c: char| !c.is_ascii_alphabetic()) {
        "" => format!("{word}_{letters}"),
        base => base.to_owned(),
    };
    let mut names = (1..).map(|n| if n == 1 { format!("{base}_{word}") } else { format!("{base}_{word}{n}") });
    names.find(|name| !is_taken(name)).unwrap_or(base)
}

/// The type of a field, and its attribute where the type is not the usual one (Prisma's documentation, PostgreSQL connector, type
/// mapping).
pub(super) fn type_of(
    ty: &TypeName,
    enums: &dyn Fn(&QualifiedName) -> Option<String>,
) -> Result<(String, Option<String>), String> {
    let modifiers: Vec<String> = ty.modifiers().iter().map(ToString::to_string).collect();
    let of = |name: &str| match modifiers.is_empty() {
        true => Some(format!("@db.{name}")),
        false => Some(format!("@db.{name}({})", modifiers.join(", "))),
    };
    let base = ty.canonical().trim_end_matches("[]");
    let (scalar, native) = match base {
        "text" => ("String", None),
        "varchar" => ("String", of("VarChar")),
        "bpchar" => ("String", of("Char")),
        "uuid" => ("String", of("Uuid")),
        "xml" => ("String", of("Xml")),
        "inet" => ("String", of("Inet")),
        "bit" => ("String", of("Bit")),
        "varbit" => ("String", of("VarBit")),
        "citext" => ("String", of("Citext")),
        "bool" => ("Boolean", None),
        "int4" => ("Int", None),
        "int2" => ("Int", of("SmallInt")),
        "oid" => ("Int", of("Oid")),
        "int8" => ("BigInt", None),
        "float8" => ("Float", None),
        "float4" => ("Float", of("Real")),
        "numeric" if modifiers == ["65", "30"] => ("Decimal", None),
        "numeric" => ("Decimal", of("Decimal")),
        "money" => ("Decimal", of("Money")),
        "timestamp" if modifiers == ["3"] => ("DateTime", None),
        "timestamp" => ("DateTime", of("Timestamp")),
        "timestamptz" => ("DateTime", of("Timestamptz")),
        "date" => ("DateTime", of("Date")),
        "time" => ("DateTime", of("Time")),
        "timetz" => ("DateTime", of("Timetz")),
        "jsonb" => ("Json", None),
        "json" => ("Json", of("Json")),
        "bytea" => ("Bytes", None),
        _ => ("", None),
    };
    let list = if ty.is_array() { "[]" } else { "" };
    match scalar {
        "" => match enums(ty.name()) {
            Some(name) if !ty.is_built_in() => Ok((format!("{name}{list}"), None)),
            _ => Err(format!("the model has no type for {}", ty.text())),
        },
        scalar => Ok((format!("{scalar}{list}"), native)),
    }
}

/// `@default(…)`; a default that it cannot say for certain is an error.
pub(super) fn default_of(column: &Column) -> Result<Option<String>, String> {
    if column.generated.is_some() {
        return Err("the model has no word for how the column is generated".into());
    }
    if column.sequence.is_some() {
        return Ok(Some("@default(autoincrement())".into()));
    }
    let Some(default) = &column.default else { return Ok(None) };
    let text = default.as_str();
    let unknown = || format!("the model has no word for the default {text}");
    let value = match text.rsplit_once("::") {
        Some((value, _)) if value.ends_with('\'') => value,
        _ => text,
    };
    let said = match value.to_ascii_lowercase().as_str() {
        "true" | "false" => value.to_ascii_lowercase(),
        "current_timestamp" | "now()" => "now()".to_owned(),
        "gen_random_uuid()" => "dbgenerated(\"gen_random_uuid()\")".to_owned(),
        _ if value.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.') => value.to_owned(),
        _ => {
            let inside = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).ok_or_else(unknown)?;
            let is_plain = !inside.contains(['\'', '\\', '\n']);
            let base = column.ty.canonical();
            match base {
                _ if !is_plain => return Err(unknown()),
                "text" | "varchar" | "bpchar" => quoted(inside),
                _ if !column.ty.is_built_in() && !column.ty.is_array() && is_name(inside) => inside.to_owned(),
                _ => return Err(unknown()),
            }
        }
    };
    Ok(Some(format!("@default({said})")))
}

/// The fields of an index, of which `field` gives that of a column; `None` for one that Prisma does not see.
pub(super) fn fields_of(
    index: &Index,
    field: &dyn Fn(&Ident) -> Option<String>,
) -> Result<Option<Vec<String>>, String> {
    let is_seen = index.predicate.is_none() && index.columns.iter().all(|key| key.column().is_some());
    if !is_seen {
        return Ok(None);
    }
    let unknown = || format!("the model has no word for the index {}", index.name);
    let is_plain =
        |key: &IndexColumn| key.column().is_some_and(|name| *key == IndexColumn::plain(IndexKey::Column(name.clone())));
    if !index.is_btree() || !index.columns.iter().all(is_plain) || index.nulls_not_distinct {
        return Err(unknown());
    }
    let names: Option<Vec<String>> = index.columns.iter().filter_map(|key| key.column()).map(field).collect();
    names.map(Some).ok_or_else(unknown)
}

/// The name of an index, where it is not the one that Prisma gives it.
pub(super) fn map_of<'a>(index: &'a Index, table: &QualifiedName) -> Option<&'a str> {
    let columns: Vec<&str> = index.columns.iter().filter_map(|key| key.column()).map(Ident::as_str).collect();
    let end = if index.unique { "key" } else { "idx" };
    let usual = format!("{}_{}_{end}", table.name.as_str(), columns.join("_"));
    let own = index.name.name.as_str();
    (own != usual && same(&index.table, table)).then_some(own)
}
