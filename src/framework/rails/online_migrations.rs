//! Methods that online_migrations adds, as the calls of Active Record's own that they make (its `SchemaStatements` and
//! `CommandRecorder`). Those that copy rows, rename in phases or leave work to a background job are read by nobody: they stay, by
//! their names.

use super::operations::{Context, check_name, foreign_key_name, string};
use super::value::{Arguments, Call, Receiver, Value, Why};

/// What a call of one of its methods does on the connection, in order; `None` for any other. `is_reverted`: taken back.
pub(super) fn calls(call: &Call, is_reverted: bool, context: &Context<'_>) -> Option<Result<Vec<Call>, Why>> {
    let method = call.method.as_str();
    let found = match (method, is_reverted) {
        ("add_not_null_constraint", false) | ("remove_not_null_constraint", true) => not_null(call, true, context),
        ("remove_not_null_constraint", false) | ("add_not_null_constraint", true) => not_null(call, false, context),
        ("validate_not_null_constraint", _) => validated(call, "not_null", context),
        ("add_text_limit_constraint", false) | ("remove_text_limit_constraint", true) => limit(call, true, context),
        ("remove_text_limit_constraint", false) | ("add_text_limit_constraint", true) => limit(call, false, context),
        ("validate_text_limit_constraint", _) => validated(call, "max_length", context),
        ("add_reference_concurrently", false) => reference(call, context),
        ("add_reference_concurrently", true) => {
            Ok(vec![Call { method: "remove_reference".to_owned(), ..on_connection(call, context) }])
        }
        _ => return None,
    };
    Some(found.map_err(|why| format!("{method}: {why}")))
}

/// The call on the connection, where the table has its whole name.
fn on_connection(call: &Call, context: &Context<'_>) -> Call {
    let mut call = Call { receiver: Receiver::Connection, ..call.clone() };
    if let Some(table) = call.arguments.positional.first_mut()
        && let Some(name) = table.name()
    {
        *table = string(&context.full(name));
    }
    call
}

fn other(call: &Call, method: &str, positional: Vec<Value>, named: Vec<(&str, Value)>) -> Call {
    let named = named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Call {
        method: method.to_owned(),
        receiver: Receiver::Connection,
        arguments: Arguments { positional, named },
        block: None,
        span: call.span,
    }
}

/// The table and the column of a call on the connection.
fn column(call: &Call) -> Result<(String, String), Why> {
    match call.arguments.positional.as_slice() {
        [table, column, ..] => {
            let name = |value: &Value, what: &str| value.name().map(str::to_owned).ok_or_else(|| what.to_owned());
            Ok((name(table, "the table")?, name(column, "the column")?))
        }
        _ => Err("a table and a column".to_owned()),
    }
}

/// The name that it is given, or gets.
fn name(call: &Call, table: &str, column: &str, about: &str) -> Value {
    let given = call.arguments.named("name").filter(|name| **name != Value::Nil).cloned();
    given.unwrap_or_else(|| string(&check_name(table, &format!("{column}_{about}"))))
}

fn not_null(call: &Call, is_added: bool, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let call = &on_connection(call, context);
    let (_, column) = column(call)?;
    check(call, "not_null", is_added.then(|| format!("\"{}\" IS NOT NULL", column.replace('"', "\"\""))))
}

fn limit(call: &Call, is_added: bool, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let call = &on_connection(call, context);
    let (_, column) = column(call)?;
    let most = match call.arguments.positional.get(2) {
        Some(Value::Number(most)) => Some(most),
        _ if is_added => return Err("no limit".to_owned()),
        _ => None,
    };
    check(call, "max_length", most.filter(|_| is_added).map(|most| format!("char_length({column}) <= {most}")))
}

/// A check that is added, and validated apart unless its author says otherwise; or one that is taken away.
fn check(call: &Call, about: &str, expression: Option<String>) -> Result<Vec<Call>, Why> {
    let (table, column) = column(call)?;
    let name = name(call, &table, &column, about);
    let table = string(&table);
    let Some(expression) = expression else {
        return Ok(vec![other(call, "remove_check_constraint", vec![table], vec![("name", name)])]);
    };
    let options = vec![("name", name.clone()), ("validate", Value::Boolean(false))];
    let mut calls = vec![other(call, "add_check_constraint", vec![table.clone(), string(&expression)], options)];
    if call.arguments.named("validate").is_none_or(Value::is_true) {
        calls.push(other(call, "validate_check_constraint", vec![table], vec![("name", name)]));
    }
    Ok(calls)
}

fn validated(call: &Call, about: &str, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let call = &on_connection(call, context);
    let (table, column) = column(call)?;
    let name = name(call, &table, &column, about);
    Ok(vec![other(call, "validate_check_constraint", vec![string(&table)], vec![("name", name)])])
}

/// A column, an index that is built concurrently, and a foreign key that is validated apart.
fn reference(call: &Call, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let call = &on_connection(call, context);
    let (table, reference) = column(call)?;
    let option = |name: &str| call.arguments.named(name).cloned().unwrap_or(Value::Nil);
    if option("polymorphic").is_true() {
        return Err("polymorphic".to_owned());
    }
    let full = table;
    let (table, column) = (string(&full), Value::Symbol(format!("{reference}_id")));
    let ty = call.arguments.named("type").cloned().unwrap_or(Value::Symbol("bigint".to_owned()));
    let null = call.arguments.named("null").cloned().unwrap_or(Value::Boolean(true));
    let added = vec![table.clone(), column.clone(), ty];
    let mut calls = vec![other(call, "add_column", added, vec![("null", null)])];
    let index = call.arguments.named("index").cloned().unwrap_or(Value::Boolean(true));
    if index.is_true() {
        let mut options = pairs(&index)?;
        options.push(("algorithm".to_owned(), Value::Symbol("concurrently".to_owned())));
        let mut add = other(call, "add_index", vec![table.clone(), column.clone()], Vec::new());
        add.arguments.named = options;
        calls.push(add);
    }
    let key = option("foreign_key");
    if key.is_true() {
        let mut options = pairs(&key)?;
        let taken = |options: &mut Vec<(String, Value)>, name: &str| {
            let at = options.iter().position(|(own, _)| own == name)?;
            Some(options.remove(at).1)
        };
        let to = taken(&mut options, "to_table").unwrap_or_else(|| string(&context.inflections.plural(&reference)));
        let is_validated = taken(&mut options, "validate").is_none_or(|validate| validate.is_true());
        options.push(("column".to_owned(), column));
        let mut add = other(call, "add_foreign_key", vec![table.clone(), to], Vec::new());
        add.arguments.named = [options.clone(), vec![("validate".to_owned(), Value::Boolean(false))]].concat();
        calls.push(add);
        let implicit = || string(&foreign_key_name(&full, &format!("{reference}_id")));
        let name = options.iter().find(|(own, _)| own == "name").map_or_else(implicit, |(_, name)| name.clone());
        let validate = || other(call, "validate_foreign_key", vec![table.clone()], vec![("name", name)]);
        calls.extend(is_validated.then(validate));
    }
    Ok(calls)
}

/// The options in a hash; none for `true`.
fn pairs(value: &Value) -> Result<Vec<(String, Value)>, Why> {
    let Value::Hash(pairs) = value else { return Ok(Vec::new()) };
    let pair = |(key, value): &(Value, Value)| Some((key.name()?.to_owned(), value.clone()));
    pairs.iter().map(pair).collect::<Option<_>>().ok_or_else(|| "its options".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::operations::{Version, statements};
    use super::*;
    use crate::source::ByteSpan;

    fn sent(method: &str, positional: Vec<Value>, named: Vec<(&str, Value)>, is_reverted: bool) -> Vec<String> {
        let context = Context { prefix: "p_", ..Context::of(Version(7, 2), Version(7, 2)) };
        let any = Call {
            method: String::new(),
            receiver: Receiver::Migration,
            arguments: Arguments::default(),
            block: None,
            span: ByteSpan::new(0, 0),
        };
        let call = Call { receiver: Receiver::Migration, ..other(&any, method, positional, named) };
        let calls = calls(&call, is_reverted, &context).expect("its method").expect("plain");
        let of = |call: &Call| statements(call, &context).expect("a schema method");
        calls.iter().flat_map(of).map(|sent| sent.sql).collect()
    }

    #[test]
    fn its_methods_are_active_records_calls() {
        let symbol = |name: &str| Value::Symbol(name.to_owned());
        let users = || vec![symbol("users"), symbol("email")];
        assert_eq!(
            sent("add_not_null_constraint", users(), vec![("name", string("n"))], false),
            [
                "ALTER TABLE \"p_users\" ADD CONSTRAINT n CHECK (\"email\" IS NOT NULL) NOT VALID",
                "ALTER TABLE \"p_users\" VALIDATE CONSTRAINT \"n\"",
            ]
        );
        assert_eq!(
            sent("validate_not_null_constraint", users(), Vec::new(), false),
            ["ALTER TABLE \"p_users\" VALIDATE CONSTRAINT \"chk_rails_5027f58c4f\""]
        );
        assert_eq!(
            sent("add_not_null_constraint", users(), vec![("name", string("n"))], true),
            ["ALTER TABLE \"p_users\" DROP CONSTRAINT \"n\""]
        );
        let limit = vec![symbol("users"), symbol("email"), Value::Number("255".to_owned())];
        assert_eq!(sent("add_text_limit_constraint", limit, vec![("validate", Value::Boolean(false))], false).len(), 1);
        assert_eq!(
            sent(
                "add_reference_concurrently",
                vec![symbol("posts"), symbol("user")],
                vec![("foreign_key", Value::Boolean(true))],
                false
            ),
            [
                "ALTER TABLE \"p_posts\" ADD \"user_id\" bigint",
                "CREATE INDEX CONCURRENTLY \"index_p_posts_on_user_id\" ON \"p_posts\" (\"user_id\")",
                "ALTER TABLE \"p_posts\" ADD CONSTRAINT \"fk_rails_89ca86530f\" FOREIGN KEY (\"user_id\") REFERENCES \"p_users\" (\"id\") NOT VALID",
                "ALTER TABLE \"p_posts\" VALIDATE CONSTRAINT \"fk_rails_89ca86530f\"",
            ]
        );
    }
}
