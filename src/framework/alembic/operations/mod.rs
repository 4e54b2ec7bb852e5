//! The `op` directives and the SQL that each stands for: the very statements that Alembic and SQLAlchemy send to PostgreSQL,
//! in the same order, as the newest versions of both write them.
//!
//! A directive with an argument that is not understood gives no SQL but the reason: nothing is guessed.

mod alter_column;
mod bind;
mod clause;
mod column;
mod constraint;
mod enums;
mod index;
mod insert;
mod names;
mod naming;
mod object;
mod select;
mod table;
mod types;

use super::python::Text;
use super::sent::Sent;
use super::value::{Arguments, Batch, Made, Value, Why};
use crate::source::ByteSpan;
use constraint::{Constraint, checked, is_final};
pub use enums::Enums;
use names::quoted;
pub use naming::Namer;

/// The SQL of `op.directive(…)`.
///
/// # Errors
/// Why it is not understood.
pub fn statements(
    directive: &str,
    arguments: &Arguments,
    enums: &mut Enums,
    namer: &Namer<'_>,
) -> Result<Vec<String>, Why> {
    if let Some(unknown) = arguments.positional.iter().find_map(Value::unknown) {
        return Err(unknown.to_owned());
    }
    match directive {
        "create_table" => table::create_table(arguments, enums, namer),
        "drop_table" => table::drop_table(arguments),
        "rename_table" => table::rename_table(arguments),
        "create_table_comment" => table::create_comment(arguments),
        "drop_table_comment" => table::drop_comment(arguments),
        "add_column" => table::add_column(arguments, namer),
        "drop_column" => table::drop_column(arguments),
        "alter_column" => alter_column::alter_column(arguments),
        "create_index" => index::create_index(arguments, namer),
        "drop_index" => index::drop_index(arguments),
        "create_primary_key" => {
            let columns = arguments.texts(2, "columns")?;
            add_constraint(arguments, namer, "table_name", |named| Constraint::primary_key(named, &columns))
        }
        "create_unique_constraint" => {
            let columns = arguments.texts(2, "columns")?;
            add_constraint(arguments, namer, "table_name", |named| Constraint::unique(named, &columns))
        }
        "create_check_constraint" => {
            let condition = arguments.get(2, "condition").ok_or("no condition")?;
            add_constraint(arguments, namer, "table_name", |named| Constraint::check(named, condition))
        }
        "create_exclude_constraint" => {
            let elements = arguments.positional.get(2..).unwrap_or_default();
            add_constraint(arguments, namer, "table_name", |named| Constraint::exclude(named, elements))
        }
        "create_foreign_key" => create_foreign_key(arguments, namer),
        "drop_constraint" => drop_constraint(arguments, namer),
        other => Err(format!("op.{other}")),
    }
}

/// The directives that a batch keeps until it ends; the others run at once.
pub fn waits_in_batch(directive: &str) -> bool {
    directive != "execute" && directive != "bulk_insert"
}

/// The arguments of a directive of a batch, with the table that `op` would be given.
pub fn in_batch(directive: &str, batch: &Batch, arguments: &Arguments) -> Arguments {
    let mut whole = arguments.clone();
    // The name of a constraint or an index stands before its table.
    let position = match directive {
        "create_index" | "drop_index" | "drop_constraint" | "create_foreign_key" => 1,
        _ if directive.starts_with("create_") && !directive.starts_with("create_table") => 1,
        _ => 0,
    };
    let name = if directive == "create_foreign_key" { "source_table" } else { "table_name" };
    match position <= whole.positional.len() && (position == 0 || !whole.positional.is_empty()) {
        true => whole.positional.insert(position, batch.table.clone()),
        false => whole.named.push((name.to_owned(), batch.table.clone())),
    }
    if !batch.schema.is_none() {
        let schema = if directive == "create_foreign_key" { "source_schema" } else { "schema" };
        whole.named.push((schema.to_owned(), batch.schema.clone()));
    }
    whole
}

/// `ALTER TABLE … ADD …`; the constraint's name is the first argument.
fn add_constraint(
    arguments: &Arguments,
    namer: &Namer<'_>,
    table: &str,
    read: impl FnOnce(&Arguments) -> Result<Constraint, Why>,
) -> Result<Vec<String>, Why> {
    let own =
        ["constraint_name", "table_name", "source_table", "referent_table", "local_cols", "remote_cols", "condition"];
    let schema = if table == "source_table" { "source_schema" } else { "schema" };
    let options = arguments.named.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned();
    let named = Arguments { positional: Vec::new(), named: options.collect() };
    let (schema, table) = (arguments.text(usize::MAX, schema)?, arguments.needed(1, table)?);
    let full = names::table(schema, table);
    let name = arguments.text(0, "constraint_name")?.map(str::to_owned);
    let is_name_final = is_final(arguments.get(0, "constraint_name"));
    let mut constraint = Constraint { name, is_name_final, ..read(&named)? };
    namer.name(&mut constraint, schema, table)?;
    Ok(vec![format!("ALTER TABLE {full} ADD {}", constraint.sql()?)])
}

fn create_foreign_key(arguments: &Arguments, namer: &Namer<'_>) -> Result<Vec<String>, Why> {
    let schema = arguments.text(usize::MAX, "referent_schema")?;
    let target = (schema, arguments.needed(2, "referent_table")?);
    let (columns, referenced) = (arguments.texts(3, "local_cols")?, arguments.texts(4, "remote_cols")?);
    if columns.len() != referenced.len() || columns.is_empty() {
        return Err("a foreign key whose columns do not pair".to_owned());
    }
    let read = |named: &Arguments| Constraint::foreign_key(named, &columns, target, &referenced);
    add_constraint(arguments, namer, "source_table", read)
}

fn drop_constraint(arguments: &Arguments, namer: &Namer<'_>) -> Result<Vec<String>, Why> {
    arguments.only(3, &["constraint_name", "table_name", "type_", "schema", "if_exists"])?;
    let name = arguments.text(0, "constraint_name")?.ok_or("a constraint without a name, which always fails")?;
    let (schema, table) = (arguments.text(usize::MAX, "schema")?, arguments.needed(1, "table_name")?);
    let full = names::table(schema, table);
    let exists = if arguments.is_on("if_exists")? { "IF EXISTS " } else { "" };
    // Alembic makes a constraint of that kind to drop it, which a naming convention names as any other.
    let kind = match arguments.text(2, "type_")? {
        Some("foreignkey") => "fk",
        Some("primary") => "pk",
        Some("unique") => "uq",
        Some("check") => "ck",
        _ => "",
    };
    let is_name_final = is_final(arguments.get(0, "constraint_name"));
    let mut constraint = Constraint { kind, is_name_final, name: Some(name.to_owned()), ..Constraint::default() };
    namer.name(&mut constraint, schema, table)?;
    let name = constraint.name.as_deref().unwrap_or(name);
    Ok(vec![format!("ALTER TABLE {full} DROP CONSTRAINT {exists}{}", quoted(checked(name)?))])
}

/// What `op.bulk_insert(…)` sends, the call at `span`.
///
/// # Errors
/// Why it is not understood.
pub fn bulk_insert(arguments: &Arguments, span: ByteSpan) -> Result<Vec<Sent>, Why> {
    insert::bulk_insert(arguments, span)
}

/// What a connection sends for a string of the driver's own, with values for its `%s`.
///
/// # Errors
/// When it has others than `%s`, or another number of them.
pub fn driver_values(text: &Text, values: &[Value]) -> Result<Sent, Why> {
    bind::positional(text, values)
}

/// What `op.execute(…)` and `connection.execute(…)` send: a string, `sa.text(…)`, or a clause; `values` are those of its
/// parameters.
///
/// # Errors
/// Why it is not understood.
pub fn executed(value: &Value, values: &[(&str, &Value)]) -> Result<Sent, Why> {
    match value {
        Value::Text(text) => bind::filled(text, values),
        Value::Template(text) => bind::with_runtime_values(bind::filled(text, values)?),
        Value::Made(made) => match (types::own_name(&made.path).as_deref(), &made.receiver) {
            (Some("text"), None) => match made.arguments.get(0, "text") {
                Some(text @ (Value::Text(_) | Value::Template(_))) => executed(text, values),
                Some(other) => Err(other.kind()),
                None => Err("text of nothing".to_owned()),
            },
            (Some("DDL"), None) => match made.arguments.get(0, "statement") {
                // `%%` is one percent sign there.
                Some(Value::Text(text)) if made.arguments.named.is_empty() && !text.value.contains('%') => {
                    Ok(Sent::known(text.clone()))
                }
                _ => Err("sa.DDL with values".to_owned()),
            },
            (None, Some(text)) if made.path == ".bindparams" && made.arguments.positional.iter().all(only_types) => {
                let own = made.arguments.named.iter().map(|(name, value)| (name.as_str(), value));
                executed(text, &own.chain(values.iter().copied()).collect::<Vec<_>>())
            }
            (Some(name @ ("CreateSequence" | "DropSequence" | "CreateSchema" | "DropSchema")), None) => {
                object::statement(name, &made.arguments).map(|sql| Sent::known(Text::standing_for(sql, made.span)))
            }
            _ if !values.is_empty() => Err("a statement with parameters".to_owned()),
            _ => match select::query(made)? {
                Some(query) => Ok(query),
                None => insert::data_statement(made),
            },
        },
        other => Err(other.kind()),
    }
}

/// `sa.bindparam(name, type_=…)`, which says what type a parameter has and nothing of its value.
fn only_types(value: &Value) -> bool {
    let Value::Made(made) = value else { return false };
    let arguments = &made.arguments;
    let says_more = |name: &str| !matches!(name, "type_" | "key");
    types::own_name(&made.path).as_deref() == Some("bindparam")
        && arguments.positional.len() <= 1
        && !arguments.named.iter().any(|(name, _)| says_more(name))
}

/// What `enum.create(connection)` and `enum.drop(connection)` send; whether they look first if it is there.
///
/// # Errors
/// Why it is not understood.
pub fn enum_method(made: &Made, enums: &mut Enums) -> Result<Option<String>, Why> {
    let (Some(receiver @ Value::Made(_)), ".create" | ".drop") = (&made.receiver, made.path.as_str()) else {
        return Ok(None);
    };
    let Some(native) = types::sql_type(receiver)?.native else { return Ok(None) };
    match made.path == ".drop" {
        true => Ok(Some(enums.dropped(&native))),
        false => Ok(Some(enums.created(native))),
    }
}
