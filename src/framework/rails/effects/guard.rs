//! `add_column … unless column_exists?(…)`: conditions that ask whether there is something to do.

use super::super::ruby::{Expression, ExpressionKind, If};
use super::super::scope::{Names, is_connection};
use super::super::value::{Arguments, Value, Why};

/// What the catalog must have, or must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guard {
    kind: Kind,
    is_there: bool,
    table: String,
    /// A column, the columns of an index or the name of something; nothing for a table.
    subject: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Column,
    Index,
    IndexName,
    ForeignKey,
    CheckConstraint,
}

impl Guard {
    /// The condition of a statement, when it is one of these and nothing else is done where it is not met.
    pub(super) fn of(names: &Names<'_, '_>, of: &If) -> Option<Guard> {
        if !of.otherwise.is_empty() {
            return None;
        }
        let (mut test, mut is_there) = (&of.test, of.word.slice(names.file) != "unless");
        loop {
            match &test.kind {
                ExpressionKind::Unary(operator, value) if matches!(operator.slice(names.file), "!" | "not") => {
                    (test, is_there) = (&**value, !is_there);
                }
                ExpressionKind::Parentheses(inner) => match &inner[..] {
                    [one] => test = one,
                    _ => return None,
                },
                _ => break,
            }
        }
        Guard::asked(names, test, is_there)
    }

    fn asked(names: &Names<'_, '_>, test: &Expression, is_there: bool) -> Option<Guard> {
        let ExpressionKind::Call(call) = &test.kind else { return None };
        if !call.receiver.as_ref().is_none_or(|receiver| is_connection(names, receiver)) || call.block.is_some() {
            return None;
        }
        let arguments = names.arguments(&call.arguments).ok()?;
        let text = |at: usize| arguments.positional.get(at).and_then(Value::name).map(str::to_owned);
        let kind = match call.name.slice(names.file) {
            "table_exists?" | "data_source_exists?" => Kind::Table,
            "column_exists?" => Kind::Column,
            "index_exists?" => Kind::Index,
            "index_name_exists?" => Kind::IndexName,
            "foreign_key_exists?" => Kind::ForeignKey,
            "check_constraint_exists?" => Kind::CheckConstraint,
            _ => return None,
        };
        let subject = match kind {
            Kind::Table => None,
            Kind::Column | Kind::IndexName => Some(vec![text(1)?]),
            Kind::Index => Some(columns(arguments.positional.get(1)?)?),
            Kind::ForeignKey | Kind::CheckConstraint => Some(Vec::new()),
        };
        Some(Guard { kind, is_there, table: text(0)?, subject })
    }

    /// Fails unless a call only makes what must not be there, or needs what must be there. It gets the option that says the
    /// same.
    pub(super) fn binds(&self, method: &str, arguments: &mut Arguments) -> Result<(), Why> {
        let refused = || Err(format!("{method} under a condition"));
        let text = |at: usize| arguments.positional.get(at).and_then(Value::name);
        if text(0) != Some(self.table.as_str()) {
            return refused();
        }
        let subject = || self.subject.as_deref().unwrap_or_default();
        let is_same_columns = |value: Option<&Value>| value.and_then(columns).as_deref() == Some(subject());
        let is_name = |value: Option<&Value>| value.and_then(Value::name) == subject().first().map(String::as_str);
        let is_bound = match (self.kind, self.is_there) {
            (Kind::Table, false) => method == "create_table",
            // Whatever is done to that table.
            (Kind::Table, true) => method != "create_table",
            (Kind::Column, false) => match method {
                "add_column" => is_name(arguments.positional.get(1)),
                "add_reference" | "add_belongs_to" => {
                    text(1).is_some_and(|name| subject().first() == Some(&format!("{name}_id")))
                }
                _ => false,
            },
            (Kind::Column, true) => {
                let takes_column = [
                    "remove_column",
                    "rename_column",
                    "change_column",
                    "change_column_default",
                    "change_column_null",
                    "change_column_comment",
                ];
                takes_column.contains(&method) && is_name(arguments.positional.get(1))
            }
            (Kind::Index, false) => method == "add_index" && is_same_columns(arguments.positional.get(1)),
            (Kind::Index, true) => {
                method == "remove_index" && is_same_columns(arguments.positional.get(1).or(arguments.named("column")))
            }
            (Kind::IndexName, false) => method == "add_index" && is_name(arguments.named("name")),
            (Kind::IndexName, true) => match method {
                "remove_index" => is_name(arguments.named("name")),
                "rename_index" => is_name(arguments.positional.get(1)),
                _ => false,
            },
            (Kind::ForeignKey, false) => method == "add_foreign_key",
            (Kind::ForeignKey, true) => method == "remove_foreign_key",
            (Kind::CheckConstraint, false) => method == "add_check_constraint",
            (Kind::CheckConstraint, true) => method == "remove_check_constraint",
        };
        if !is_bound {
            return refused();
        }
        let option = match method {
            "create_table" | "add_column" | "add_reference" | "add_index" => "if_not_exists",
            "drop_table" | "remove_column" | "remove_index" => "if_exists",
            _ => return Ok(()),
        };
        if arguments.named(option).is_none() {
            arguments.named.push((option.to_owned(), Value::Boolean(true)));
        }
        Ok(())
    }
}

/// One column, or several.
fn columns(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.name().map(str::to_owned)).collect(),
        one => Some(vec![one.name()?.to_owned()]),
    }
}
