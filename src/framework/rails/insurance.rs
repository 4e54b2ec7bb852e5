//! The statements that a gem sends instead of Active Record's: safe-pg-migrations always (its plugins `StatementInsurer` and
//! `IdempotentStatements`), strong_migrations where it is told to be safe by default (`SafeMethods`).

use super::gems::{Gem, Gems};
use super::operations::{Context, NO_CATALOG, Sent, statements, string};
use super::value::{Arguments, Call, Receiver, Value, Why};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, Ident, Operation, QualifiedName, SqlFragment,
};
use crate::sql::read_statement;

/// Every file runs without Rails' transaction, under a `lock_timeout`.
pub(super) fn leaves_transaction(gems: &Gems) -> bool {
    gems.has(Gem::SafePgMigrations)
}

/// Some schema methods send other statements than Active Record's, in transactions of their own.
pub(super) fn sends_otherwise(gems: &Gems) -> bool {
    gems.has(Gem::SafePgMigrations) || (gems.has(Gem::StrongMigrations) && gems.is_safe_by_default)
}

/// What is sent for a call in the place of `sent`, outside of Rails' transaction; `None` where a gem leaves it as it is. `is_new`
/// tells of a table that the migration makes.
///
/// # Errors
/// Where a gem asks the catalog, and that is not known.
pub(super) fn insured(
    call: &Call,
    sent: &[Sent],
    gems: &Gems,
    is_new: impl Fn(&QualifiedName) -> bool,
    context: &Context<'_>,
) -> Result<Option<Vec<Sent>>, Why> {
    let (is_safe_pg, is_strong) = (gems.has(Gem::SafePgMigrations), gems.is_safe_by_default);
    // strong_migrations sees what is called on the migration itself.
    let is_seen = is_safe_pg || (is_strong && gems.has(Gem::StrongMigrations) && call.receiver == Receiver::Migration);
    if !is_seen || !is_insured(&call.method, is_safe_pg) {
        return Ok(None);
    }
    let mut insured = Vec::new();
    for one in sent {
        let operations = read_statement(&one.sql).operations;
        let [located] = operations.as_slice() else {
            insured.push(one.clone());
            continue;
        };
        match &located.operation {
            Operation::Index(_) => insured.push(match says(call, "algorithm") {
                true => one.clone(),
                false => Sent { sql: concurrently(&one.sql, |table| !is_safe_pg && is_new(table)), ..one.clone() },
            }),
            Operation::Constraint(ConstraintOperation::Add { table, constraint })
                if is_apart(call, is_safe_pg)
                    && !constraint.not_valid
                    && matches!(constraint.kind, ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. }) =>
            {
                insured.push(Sent { sql: format!("{} NOT VALID", one.sql.trim_end()), ..one.clone() });
                if let Some(name) = &constraint.name {
                    let name = name.as_str().replace('"', "\"\"");
                    insured.push(Sent::always(format!("ALTER TABLE {} VALIDATE CONSTRAINT \"{name}\"", table.name)));
                }
            }
            Operation::Column(ColumnOperation::SetNotNull { table, column })
                if call.arguments.positional.len() < 4 && !is_proved(&table.name, column, context)? =>
            {
                insured.extend(proved(call, is_safe_pg, context)?);
            }
            _ => insured.push(one.clone()),
        }
    }
    Ok((insured != sent).then_some(insured))
}

/// A gem may send something else for a method.
pub(super) fn is_insured(method: &str, is_safe_pg: bool) -> bool {
    match method {
        "add_index"
        | "remove_index"
        | "add_reference"
        | "add_belongs_to"
        | "add_foreign_key"
        | "add_check_constraint"
        | "change_column_null" => true,
        // What is called on its table goes to the connection.
        "change_table" => is_safe_pg,
        _ => false,
    }
}

/// A call, or one in its block, has that option, or has it in one of its own.
fn says(call: &Call, option: &str) -> bool {
    let has = |named: &[(String, Value)]| {
        named.iter().any(|(name, value)| {
            let is_inside = |(key, _): &(Value, Value)| key.name() == Some(option);
            name == option || matches!(value, Value::Hash(pairs) if pairs.iter().any(is_inside))
        })
    };
    has(&call.arguments.named) || call.block.iter().flatten().any(|inner| has(&inner.arguments.named))
}

/// A constraint is validated apart, unless its author says when.
fn is_apart(call: &Call, is_safe_pg: bool) -> bool {
    !(is_safe_pg && says(call, "validate"))
}

/// An index, but for one of a table that strong_migrations has seen made.
fn concurrently(sql: &str, is_new: impl Fn(&QualifiedName) -> bool) -> String {
    let of = read_statement(sql).operations.first().and_then(|located| located.operation.table().cloned());
    if of.is_some_and(|table| is_new(&table)) {
        return sql.to_owned();
    }
    let begins = ["CREATE UNIQUE INDEX ", "CREATE INDEX ", "DROP INDEX "];
    let begin = begins.iter().find(|begin| sql.starts_with(**begin)).filter(|_| !sql.contains("CONCURRENTLY "));
    begin.map_or_else(|| sql.to_owned(), |begin| format!("{begin}CONCURRENTLY {}", &sql[begin.len()..]))
}

/// A valid CHECK says it in these very words.
fn is_proved(table: &QualifiedName, column: &Ident, context: &Context<'_>) -> Result<bool, Why> {
    let schema = context.schema.ok_or_else(|| NO_CATALOG.to_owned())?;
    let says_so = |expression: &SqlFragment| {
        let text = expression.as_str().trim().trim_start_matches('(').trim_end_matches(')');
        let subject = text.to_ascii_uppercase().strip_suffix(" IS NOT NULL").map(|before| &text[..before.len()]);
        subject.is_some_and(|subject| subject == column.as_str() || subject == format!("\"{}\"", column.as_str()))
    };
    let is_it = |constraint: &crate::schema::ConstraintState| match &constraint.constraint.kind {
        ConstraintKind::Check { expression } => constraint.valid && says_so(expression),
        _ => false,
    };
    Ok(schema.table(table).is_some_and(|table| table.constraints.iter().any(is_it)))
}

/// `change_column_null` behind a CHECK that is proved first, for as long as that takes.
fn proved(call: &Call, is_safe_pg: bool, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let [table, column, ..] = call.arguments.positional.as_slice() else { return Err("no column".to_owned()) };
    let (of, column) = (table.name().ok_or("the table")?, column.name().ok_or("the column")?);
    // strong_migrations names it after both, safe-pg-migrations leaves that to Active Record.
    let name = (!is_safe_pg).then(|| ("name".to_owned(), string(&format!("{of}_{column}_null"))));
    let expression = string(&format!("{column} IS NOT NULL"));
    let other = |method: &str, positional: Vec<Value>, named: Vec<(String, Value)>| Call {
        method: method.to_owned(),
        arguments: Arguments { positional, named: name.iter().cloned().chain(named).collect() },
        block: None,
        ..call.clone()
    };
    let not_valid = vec![("validate".to_owned(), Value::Boolean(false))];
    let check = statements(&other("add_check_constraint", vec![table.clone(), expression], not_valid), context)?;
    let mut sent = check;
    let constraint = sent.first().and_then(|sent| read_statement(&sent.sql).operations.pop());
    let Some(Operation::Constraint(ConstraintOperation::Add { constraint, .. })) =
        constraint.map(|located| located.operation)
    else {
        return Err("its CHECK".to_owned());
    };
    let name = constraint.name.ok_or("its CHECK")?;
    let named = |method: &str| Call {
        method: method.to_owned(),
        arguments: Arguments {
            positional: vec![table.clone()],
            named: vec![("name".to_owned(), string(name.as_str()))],
        },
        block: None,
        ..call.clone()
    };
    sent.extend(statements(&named("validate_check_constraint"), context)?);
    sent.extend(statements(call, context)?);
    sent.extend(statements(&named("remove_check_constraint"), context)?);
    Ok(sent)
}
