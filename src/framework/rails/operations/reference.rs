//! `add_reference`, `t.references` and what takes them away.

use super::arguments::hash_options;
use super::context::Context;
use crate::framework::rails::value::{Arguments, Value, Why};

/// A reference to another table: `ReferenceDefinition`.
pub(super) struct Reference {
    /// Its columns, with their types and options.
    pub(super) columns: Vec<(String, String, Arguments)>,
    /// The options of its index.
    pub(super) index: Option<Arguments>,
    /// The table that it points at, and the options of the foreign key.
    pub(super) foreign_key: Option<(String, Arguments)>,
}

impl Reference {
    /// Of a table of that full name.
    pub(super) fn new(table: &str, name: &str, options: &Arguments, context: &Context<'_>) -> Result<Reference, Why> {
        let mut options = options.options();
        let polymorphic = options.take("polymorphic").unwrap_or(Value::Boolean(false));
        let index = options.take("index").unwrap_or(Value::Boolean(true));
        let foreign_key = options.take("foreign_key").unwrap_or(Value::Boolean(false));
        let ty = options.take("type").unwrap_or(Value::Symbol("bigint".to_owned()));
        let ty = ty.name().ok_or_else(|| format!("type is {}", ty.kind()))?.to_owned();
        if polymorphic.is_true() && foreign_key.is_true() {
            return Err("a foreign key of a polymorphic reference".to_owned());
        }
        // Since 7.1 they are passed on to all of its parts.
        let conditions = match context.runs_before(7, 1) {
            true => Arguments::default(),
            false => kept(&options, &["if_exists", "if_not_exists"]),
        };
        let column = format!("{name}_id");
        let mut columns = vec![(column.clone(), ty, options.clone())];
        if polymorphic.is_true() {
            let mut of_type = merged(&hash_options(&polymorphic)?, &conditions);
            of_type = merged(&of_type, &kept(&options, &["null", "first", "after", "_skip_validate_options"]));
            columns.insert(0, (format!("{name}_type"), "string".to_owned(), of_type));
        }
        let index = match index.is_true() {
            true => {
                let mut own = merged(&hash_options(&index)?, &conditions);
                // Up to 6.0 the index of a polymorphic reference is named after both columns.
                if polymorphic.is_true() && !options.is_on("_uses_legacy_reference_index_name") {
                    own.set_unless_on("name", Value::Symbol(format!("index_{table}_on_{name}")));
                }
                Some(own)
            }
            false => None,
        };
        let foreign_key = match foreign_key.is_true() {
            true => {
                let mut own = hash_options(&foreign_key)?;
                own.set("column", Value::Symbol(column));
                let own = merged(&own, &conditions);
                let to = own.text("to_table")?.map(str::to_owned);
                Some((to.unwrap_or_else(|| context.inflections.plural(name)), own))
            }
            false => None,
        };
        Ok(Reference { columns, index, foreign_key })
    }

    /// The names of its columns, as an index takes them.
    pub(super) fn column_names(&self) -> Value {
        Value::Array(self.columns.iter().map(|(name, ..)| Value::Symbol(name.clone())).collect())
    }
}

fn kept(options: &Arguments, names: &[&str]) -> Arguments {
    let named = options.named.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect();
    Arguments { positional: Vec::new(), named }
}

fn merged(options: &Arguments, others: &Arguments) -> Arguments {
    let mut merged = options.clone();
    for (name, value) in &others.named {
        merged.set(name, value.clone());
    }
    merged
}

/// The calls that `remove_reference(table, name, …)` makes.
pub(super) fn removal(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<(&'static str, Arguments)>, Why> {
    arguments.at_most(2)?;
    let (table, name) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the reference")?);
    let conditions = match context.runs_before(7, 1) {
        true => Arguments::default(),
        false => kept(arguments, &["if_exists", "if_not_exists"]),
    };
    let of = |column: Option<String>, options: Arguments| Arguments {
        positional: std::iter::once(table.to_owned()).chain(column).map(Value::Symbol).collect(),
        ..options
    };
    let mut calls = Vec::new();
    let foreign_key = arguments.option("foreign_key");
    if foreign_key.is_true() {
        let mut options = match foreign_key {
            Value::Hash(_) => hash_options(foreign_key)?,
            _ => Arguments {
                named: vec![("to_table".to_owned(), Value::Symbol(context.inflections.plural(name)))],
                ..Arguments::default()
            },
        };
        options = merged(&options, &conditions);
        options.set_unless_on("column", Value::Symbol(format!("{name}_id")));
        calls.push(("remove_foreign_key", of(None, options)));
    }
    calls.push(("remove_column", of(Some(format!("{name}_id")), conditions.clone())));
    if arguments.is_on("polymorphic") {
        calls.push(("remove_column", of(Some(format!("{name}_type")), conditions)));
    }
    Ok(calls)
}
