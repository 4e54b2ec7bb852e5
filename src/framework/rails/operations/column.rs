//! Columns: their definitions, and the methods that add, change and remove them.

use super::catalog::{self, NO_CATALOG};
use super::comment::{column_comment, table_comment};
use super::context::{Context, Version};
use super::default;
use super::index;
use super::names::{quoted, table};
use super::sent::{Condition, Sent};
use super::types;
use crate::framework::rails::value::{Arguments, Call, Value, Why};

/// A column as it is made.
#[derive(Debug, Clone)]
pub(super) struct ColumnDefinition {
    pub(super) name: String,
    ty: String,
    pub(super) options: Arguments,
}

/// The options that a column takes since 7.1, which raises for others.
const OPTIONS: &[&str] = &[
    "limit",
    "precision",
    "scale",
    "default",
    "null",
    "collation",
    "comment",
    "primary_key",
    "if_exists",
    "if_not_exists",
    "array",
    "using",
    "cast_as",
    "as",
    "type",
    "enum_type",
    "stored",
];

/// Options that older versions ignore, and that gems or other adapters give a meaning.
const OF_OTHERS: &[&str] = &["foreign_key", "references", "srid", "geographic", "has_z", "has_m", "check", "virtual"];

impl ColumnDefinition {
    /// `new_column_definition`. `bracket` is the version whose table it stands in.
    pub(super) fn new(
        name: &str,
        ty: &str,
        mut options: Arguments,
        bracket: Version,
        context: &Context<'_>,
    ) -> Result<ColumnDefinition, Why> {
        let is_old = options.take("_skip_validate_options").is_some() || context.runs_before(7, 1);
        options.take("_uses_legacy_reference_index_name");
        if !is_old {
            options.only(OPTIONS)?;
        } else if let Some((name, _)) = options.named.iter().find(|(name, _)| OF_OTHERS.contains(&name.as_str())) {
            return Err(format!("option {name}"));
        }
        let mut ty = ty.to_owned();
        if ty == "datetime" && bracket < Version(7, 0) {
            "timestamp".clone_into(&mut ty);
        }
        if ty == "virtual" && context.runs_before(7, 0) {
            return Err("a virtual column before 7.0".to_owned());
        }
        if ty == "virtual" {
            ty = options.text("type")?.ok_or("a virtual column without a type")?.to_owned();
        }
        let is_key = options.is_on("primary_key");
        if is_key && matches!(ty.as_str(), "integer" | "bigint") && !options.has("default") {
            let is_big = ty == "bigint" || options.number("limit")? == Some(8);
            ty = if is_big { "bigserial" } else { "serial" }.to_owned();
        }
        if ty == "datetime" && !context.runs_before(7, 0) && !options.has("precision") {
            options.set("precision", Value::Number("6".to_owned()));
        }
        if ty == "primary_key" {
            options.set("primary_key", Value::Boolean(true));
        }
        if options.is_on("primary_key") {
            options.set("null", Value::Boolean(false));
        }
        Ok(ColumnDefinition { name: name.to_owned(), ty, options })
    }

    fn sql_type(&self, context: &Context<'_>) -> Result<String, Why> {
        types::sql(&self.ty, &self.options, context)
    }

    /// Its part of `CREATE TABLE` or `ADD`.
    pub(super) fn sql(&self, context: &Context<'_>) -> Result<String, Why> {
        let sql_type = self.sql_type(context)?;
        let mut sql = format!("{} {sql_type}", quoted(&self.name));
        if self.ty == "primary_key" {
            return Ok(sql);
        }
        let options = &self.options;
        if let Some(collation) = options.text("collation")? {
            sql += &format!(" COLLATE \"{collation}\"");
        }
        if options.is_on("as") && !context.runs_before(7, 0) {
            let expression = options.text("as")?.ok_or("as is nil")?;
            let stored = match options.is_on("stored") {
                true => "STORED",
                false if context.runs_before(8, 1) => return Err("a virtual column that is not stored".to_owned()),
                false => "VIRTUAL",
            };
            sql += &format!(" GENERATED ALWAYS AS ({expression}) {stored}");
        }
        let is_not_null = *options.option("null") == Value::Boolean(false);
        let default = options.option("default");
        if options.has("default") && !(is_not_null && *default == Value::Nil) {
            sql += &format!(" DEFAULT {}", default::quoted(default, &sql_type, false, context)?);
        }
        if is_not_null {
            sql += " NOT NULL";
        }
        if *options.option("primary_key") == Value::Boolean(true) {
            sql += " PRIMARY KEY";
        }
        Ok(sql)
    }

    /// Its subcommands of `ALTER TABLE`, where it changes a column.
    fn change(&self, context: &Context<'_>) -> Result<String, Why> {
        let sql_type = self.sql_type(context)?;
        let (column, options) = (quoted(&self.name), &self.options);
        let mut sql = format!("ALTER COLUMN {column} TYPE {sql_type}");
        if let Some(collation) = options.text("collation")? {
            sql += &format!(" COLLATE \"{collation}\"");
        }
        if let Some(using) = options.text("using")? {
            sql += &format!(" USING {using}");
        } else if let Some(cast) = options.text("cast_as")? {
            sql += &format!(" USING CAST({column} AS {})", types::sql(cast, options, context)?);
        }
        match options.named("default") {
            Some(Value::Nil) => sql += &format!(", ALTER COLUMN {column} DROP DEFAULT"),
            Some(value) => {
                sql += &format!(
                    ", ALTER COLUMN {column} SET DEFAULT {}",
                    default::quoted(value, &sql_type, false, context)?
                )
            }
            None => {}
        }
        match options.named("null") {
            Some(null) if null.is_true() => sql += &format!(", ALTER COLUMN {column} DROP NOT NULL"),
            Some(_) => sql += &format!(", ALTER COLUMN {column} SET NOT NULL"),
            None => {}
        }
        Ok(sql)
    }
}

/// Subcommands of `ALTER TABLE`, and what follows it.
pub(super) type Subcommands = (Vec<String>, Vec<Sent>);

/// The subcommands of `ALTER TABLE` for a call that `change_table` with `bulk: true` can merge, and what follows the ALTER;
/// `None` for another.
pub(super) fn for_alter(call: &Call, context: &Context<'_>) -> Result<Option<Subcommands>, Why> {
    let arguments = &call.arguments;
    let table = arguments.name_at(0, "the table")?;
    let column = || arguments.name_at(1, "the column");
    let comment = || -> Result<Vec<Sent>, Why> {
        let comment = arguments.named("comment").map(|value| column_comment(table, column()?, value));
        comment.transpose().map(|sent| sent.into_iter().collect())
    };
    let one = |sql: String, then: Vec<Sent>| Ok(Some((vec![sql], then)));
    match call.method.as_str() {
        "add_column" => one(format!("ADD {}", definition(arguments, context)?.sql(context)?), comment()?),
        "change_column" => one(definition(arguments, context)?.change(context)?, comment()?),
        "remove_column" => one(drop(column()?), Vec::new()),
        "remove_columns" => Ok(Some((drops(&arguments.positional[1..])?, Vec::new()))),
        "change_column_default" => one(set_default(arguments, context)?, Vec::new()),
        "change_column_null" => {
            let null = is_null(arguments, context)?;
            match arguments.positional.get(3) {
                // Until 7.1 a default is not looked at here.
                Some(default) if *default != Value::Nil && !context.runs_before(7, 1) => {
                    Ok(Some((Vec::new(), change_null(arguments, context)?)))
                }
                _ => one(nullable(column()?, null), Vec::new()),
            }
        }
        "add_timestamps" => {
            let adds = timestamps(arguments, context)?;
            let adds = adds.iter().map(|column| Ok(format!("ADD {}", column.sql(context)?)));
            Ok(Some((adds.collect::<Result<_, Why>>()?, Vec::new())))
        }
        "remove_timestamps" => Ok(Some((vec![drop("updated_at"), drop("created_at")], Vec::new()))),
        _ => Ok(None),
    }
}

fn alter(table_name: &str, subcommands: &[String]) -> Sent {
    Sent::always(format!("ALTER TABLE {} {}", table(table_name), subcommands.join(", ")))
}

fn drop(column: &str) -> String {
    format!("DROP COLUMN {}", quoted(column))
}

fn drops(columns: &[Value]) -> Result<Vec<String>, Why> {
    let drops: Vec<String> = columns
        .iter()
        .map(|column| column.name().map(drop).ok_or_else(|| format!("a column is {}", column.kind())))
        .collect::<Result<_, Why>>()?;
    if drops.is_empty() { Err("no column".to_owned()) } else { Ok(drops) }
}

fn nullable(column: &str, null: bool) -> String {
    format!("ALTER COLUMN {} {} NOT NULL", quoted(column), if null { "DROP" } else { "SET" })
}

fn definition(arguments: &Arguments, context: &Context<'_>) -> Result<ColumnDefinition, Why> {
    arguments.at_most(3)?;
    let (column, ty) = (arguments.name_at(1, "the column")?, arguments.name_at(2, "the type")?);
    ColumnDefinition::new(column, ty, arguments.options(), context.rails, context)
}

/// `add_column(table, column, type, …)`.
pub(super) fn add(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let mut add = alter(name, &[format!("ADD {}", definition(arguments, context)?.sql(context)?)]);
    if *arguments.option("if_not_exists") == Value::Boolean(true) {
        add.condition = Condition::UnlessThere;
    }
    let mut sent = vec![add];
    if let Some(comment) = arguments.named("comment") {
        sent.push(column_comment(name, column, comment)?);
    }
    Ok(sent)
}

/// `add_columns(table, column, …, type:)`.
pub(super) fn add_several(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut one = arguments.clone();
    let ty = one.take("type").ok_or("no type")?;
    let [table, columns @ ..] = &arguments.positional[..] else { return Err("no table".to_owned()) };
    let mut sent = Vec::new();
    for column in columns {
        one.positional = vec![table.clone(), column.clone(), ty.clone()];
        sent.extend(add(&one, context)?);
    }
    Ok(sent)
}

/// `remove_column(table, column, …)`.
pub(super) fn remove(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let mut remove = alter(name, &[drop(column)]);
    if *arguments.option("if_exists") == Value::Boolean(true) {
        remove.condition = Condition::IfThere;
    }
    Ok(vec![remove])
}

/// `remove_columns(table, column, …)`: in one statement since 7.0.
pub(super) fn remove_several(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let name = arguments.name_at(0, "the table")?;
    let drops = drops(arguments.positional.get(1..).unwrap_or_default())?;
    if !context.runs_before(7, 0) {
        return Ok(vec![alter(name, &drops)]);
    }
    let is_guarded = *arguments.option("if_exists") == Value::Boolean(true);
    let condition = if is_guarded { Condition::IfThere } else { Condition::Always };
    Ok(drops.into_iter().map(|drop| Sent { condition, ..alter(name, &[drop]) }).collect())
}

/// `change_column(table, column, type, …)`.
pub(super) fn change(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let mut sent = vec![alter(name, &[definition(arguments, context)?.change(context)?])];
    if let Some(comment) = arguments.named("comment") {
        sent.push(column_comment(name, column, comment)?);
    }
    Ok(sent)
}

/// The new value of `change_column_default` or of a comment: with `from:` and `to:`, or alone.
fn new_value(arguments: &Arguments, at: usize) -> Result<Value, Why> {
    match (arguments.positional.get(at), arguments.named("from"), arguments.named("to")) {
        (Some(value), ..) => Ok(value.clone()),
        (None, Some(_), Some(to)) => Ok(to.clone()),
        (None, ..) if !arguments.named.is_empty() => {
            let pair = |(name, value): &(String, Value)| (Value::Symbol(name.clone()), value.clone());
            Ok(Value::Hash(arguments.named.iter().map(pair).collect()))
        }
        (None, ..) => Err("no value".to_owned()),
    }
}

fn set_default(arguments: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    arguments.at_most(3)?;
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let value = new_value(arguments, 2)?;
    let what = match value {
        Value::Nil => "DROP DEFAULT".to_owned(),
        value => format!("SET DEFAULT {}", default_in(name, column, &value, context)?),
    };
    Ok(format!("ALTER COLUMN {} {what}", quoted(column)))
}

/// A default of a column that the catalog has.
fn default_in(table: &str, column: &str, value: &Value, context: &Context<'_>) -> Result<String, Why> {
    match catalog::column_type(table, column, context) {
        Some(sql_type) => default::quoted(value, &sql_type, true, context),
        None if context.schema.is_none() && !matches!(value, Value::Proc(_)) => Err(NO_CATALOG.to_owned()),
        None => default::quoted_for_any(value, context),
    }
}

/// `change_column_default(table, column, …)`.
pub(super) fn change_default(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    Ok(vec![alter(arguments.name_at(0, "the table")?, &[set_default(arguments, context)?])])
}

fn is_null(arguments: &Arguments, context: &Context<'_>) -> Result<bool, Why> {
    arguments.at_most(4)?;
    match arguments.positional.get(2) {
        Some(Value::Boolean(null)) => Ok(*null),
        Some(value) if context.runs_before(7, 1) => Ok(value.is_true()),
        Some(value) => Err(format!("null is {}", value.kind())),
        None => Err("null is left out".to_owned()),
    }
}

/// `change_column_null(table, column, null, default)`.
pub(super) fn change_null(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let null = is_null(arguments, context)?;
    let mut sent = Vec::new();
    match arguments.positional.get(3) {
        Some(default) if !null && *default != Value::Nil => {
            let (value, column) = (default_in(name, column, default, context)?, quoted(column));
            let table = table(name);
            sent.push(Sent::always(format!("UPDATE {table} SET {column}={value} WHERE {column} IS NULL")));
        }
        _ => {}
    }
    sent.push(alter(name, &[nullable(column, null)]));
    Ok(sent)
}

/// `rename_column(table, column, new)`: an index that is named after the column gets another name, too.
pub(super) fn rename(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    let new = arguments.name_at(2, "the new name")?;
    arguments.at_most(3)?;
    let mut sent = vec![alter(name, &[format!("RENAME COLUMN {} TO {}", quoted(column), quoted(new))])];
    sent.extend(index::renamed_with_column(name, column, new, context)?);
    Ok(sent)
}

fn timestamps(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<ColumnDefinition>, Why> {
    let mut options = arguments.options();
    if *options.option("null") == Value::Nil {
        options.set("null", Value::Boolean(false));
    }
    if !options.has("precision") {
        options.set("precision", Value::Number("6".to_owned()));
    }
    if options.has("comment") {
        return Err("timestamps with a comment".to_owned());
    }
    let of = |name: &str| ColumnDefinition::new(name, "datetime", options.clone(), context.rails, context);
    Ok(vec![of("created_at")?, of("updated_at")?])
}

/// `add_timestamps(table, …)`: in one statement since 7.1.
pub(super) fn add_timestamps(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(1)?;
    let name = arguments.name_at(0, "the table")?;
    let columns = timestamps(arguments, context)?;
    let adds: Vec<String> =
        columns.iter().map(|column| Ok(format!("ADD {}", column.sql(context)?))).collect::<Result<_, Why>>()?;
    match context.runs_before(7, 1) {
        true => {
            let is_guarded = *arguments.option("if_not_exists") == Value::Boolean(true);
            let condition = if is_guarded { Condition::UnlessThere } else { Condition::Always };
            Ok(adds.into_iter().map(|add| Sent { condition, ..alter(name, &[add]) }).collect())
        }
        false => Ok(vec![alter(name, &adds)]),
    }
}

/// `remove_timestamps(table)`: in one statement since 7.0.
pub(super) fn remove_timestamps(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let name = arguments.name_at(0, "the table")?;
    let drops = [drop("updated_at"), drop("created_at")];
    match context.runs_before(7, 0) {
        true => Ok(drops.into_iter().map(|drop| alter(name, &[drop])).collect()),
        false => Ok(vec![alter(name, &drops)]),
    }
}

/// `change_column_comment(table, column, …)`.
pub(super) fn change_comment(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    let (name, column) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the column")?);
    Ok(vec![column_comment(name, column, &new_value(arguments, 2)?)?])
}

/// `change_table_comment(table, …)`.
pub(super) fn change_table_comment(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    Ok(vec![table_comment(arguments.name_at(0, "the table")?, &new_value(arguments, 1)?)?])
}
