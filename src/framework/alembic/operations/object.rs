//! Schemas and sequences: `sa.schema.CreateSchema(…)` and its relatives in an `op.execute(…)`.

use super::column::options;
use super::names::{quoted, table};
use super::types::sql_type;
use crate::framework::alembic::value::{Arguments, Value, Why};

/// The SQL of one.
pub(super) fn statement(class: &str, arguments: &Arguments) -> Result<String, Why> {
    let verb = if class.starts_with("Create") { "CREATE" } else { "DROP" };
    let exists = match (verb, arguments.is_on("if_not_exists")?, arguments.is_on("if_exists")?) {
        ("CREATE", true, _) => "IF NOT EXISTS ",
        ("DROP", _, true) => "IF EXISTS ",
        _ => "",
    };
    if class.ends_with("Schema") {
        let cascade = if arguments.is_on("cascade")? { " CASCADE" } else { "" };
        return Ok(format!("{verb} SCHEMA {exists}{}{cascade}", quoted(arguments.needed(0, "name")?)));
    }
    let Some(Value::Made(sequence)) = arguments.get(0, "element") else { return Err("a sequence".to_owned()) };
    let own = &sequence.arguments;
    let name = table(own.text(usize::MAX, "schema")?, own.needed(0, "name")?);
    let mut sql = format!("{verb} SEQUENCE {exists}{name}");
    if verb == "CREATE" {
        if let Some(ty) = own.named("data_type").filter(|ty| !ty.is_none()) {
            sql += &format!(" AS {}", sql_type(ty)?.sql);
        }
        if own.positional.len() > 1 {
            return Err("a sequence with unnamed options".to_owned());
        }
        let options = options(own)?;
        if !options.is_empty() {
            sql += &format!(" {options}");
        }
    }
    Ok(sql)
}
