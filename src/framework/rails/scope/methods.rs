//! Methods of known values, and of the connection where they ask nothing of the database.

use super::operators::{is_same, item};
use super::strings::{printed, squished, stripped, without_indent};
use super::{Bound, Names};
use crate::framework::rails::ruby::{Expression, ExpressionKind};
use crate::framework::rails::value::{Arguments, Value, Why};
use crate::framework::text::Text;
use crate::operation::Ident;
use crate::source::ByteSpan;

/// The connection: `connection`, `ActiveRecord::Base.connection`, `User.connection`, or a name that was given it.
pub fn is_connection(names: &Names<'_, '_>, expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Name => {
            let name = expression.span.slice(names.file);
            match names.own.get(name) {
                Some(bound) => *bound == Bound::Connection,
                None => name == "connection",
            }
        }
        ExpressionKind::Call(call) => {
            let is_on_class = call.receiver.as_ref().is_some_and(|receiver| {
                receiver.constant(names.file).is_some() || receiver.kind == ExpressionKind::Keyword
            });
            let name = call.name.slice(names.file);
            is_on_class && matches!(name, "connection" | "lease_connection" | "retrieve_connection")
        }
        _ => false,
    }
}

/// A method that changes what it is called on.
pub(super) fn changes_receiver(name: &str) -> bool {
    name.ends_with('!')
        || matches!(
            name,
            "push"
                | "append"
                | "unshift"
                | "prepend"
                | "concat"
                | "delete"
                | "delete_if"
                | "store"
                | "update"
                | "insert"
                | "clear"
                | "pop"
                | "shift"
                | "replace"
                | "add"
                | "fill"
        )
}

/// What a method of the connection gives that only puts text together, or tells what is known of PostgreSQL.
pub(super) fn of_connection(name: &str, arguments: Result<Arguments, Why>, span: ByteSpan) -> Value {
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(why) => return Value::Unknown(why),
    };
    let text = |text: String| Value::Text(Text::standing_for(text, span));
    match (name, &arguments.positional[..]) {
        ("adapter_name", []) => text("PostgreSQL".to_owned()),
        // PostgreSQL's adapter says so since long ago.
        (
            "supports_datetime_with_precision?"
            | "supports_foreign_keys?"
            | "supports_extensions?"
            | "supports_json?"
            | "supports_bulk_alter?"
            | "supports_index_sort_order?"
            | "supports_partial_index?"
            | "supports_expression_index?"
            | "supports_ddl_transactions?"
            | "supports_views?",
            [],
        ) => Value::Boolean(true),
        ("quote_column_name", [name]) => match name.name() {
            Some(name) => text(quoted(name)),
            None => Value::Unknown(name.kind()),
        },
        ("quote_table_name", [name]) => match name.name() {
            Some(name) => text(name.split('.').map(quoted).collect::<Vec<_>>().join(".")),
            None => Value::Unknown(name.kind()),
        },
        ("quote", [Value::Text(value)]) => text(format!("'{}'", value.value.replace('\'', "''"))),
        ("quote", [Value::Symbol(value)]) => text(format!("'{}'", value.replace('\'', "''"))),
        ("quote", [Value::Number(number)]) => text(number.clone()),
        ("quote", [Value::Boolean(on)]) => text(if *on { "TRUE" } else { "FALSE" }.to_owned()),
        ("quote", [Value::Nil]) => text("NULL".to_owned()),
        _ => Value::Unknown(format!("connection.{name}")),
    }
}

/// As Active Record quotes a name: always.
fn quoted(name: &str) -> String {
    format!("\"{}\"", Ident::new(name).as_str().replace('"', "\"\""))
}

/// What a loop over a value goes through: of a hash its pairs.
pub(super) fn items(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) => Some(values.clone()),
        Value::Hash(pairs) => {
            Some(pairs.iter().map(|(key, value)| Value::Array(vec![key.clone(), value.clone()])).collect())
        }
        _ => None,
    }
}

/// What a method gives that is called on a known value.
pub(super) fn of_value(of: &Value, name: &str, arguments: &Arguments, span: ByteSpan) -> Value {
    let unknown = || Value::Unknown(format!("{name} of {}", of.kind()));
    if let Some(why) = arguments.unknown() {
        return Value::Unknown(why.to_owned());
    }
    let positional = &arguments.positional[..];
    match (name, positional) {
        ("freeze" | "dup" | "clone" | "itself" | "html_safe" | "unicode_normalize", []) => return of.clone(),
        ("nil?", []) => return Value::Boolean(*of == Value::Nil),
        ("to_s", []) => {
            let text = if let Value::Text(text) = of { Ok(text.clone()) } else { standing(printed(of), span) };
            return text.map_or_else(Value::Unknown, Value::Text);
        }
        ("present?", []) => return is_blank(of).map_or_else(unknown, |is_blank| Value::Boolean(!is_blank)),
        ("blank?", []) => return is_blank(of).map_or_else(unknown, Value::Boolean),
        ("to_sym", []) => return of.name().map_or_else(unknown, |name| Value::Symbol(name.to_owned())),
        _ => {}
    }
    match of {
        Value::Text(text) => of_text(text, name, positional, span),
        Value::Symbol(text) => match of_text(&Text::standing_for(text.clone(), span), name, positional, span) {
            // A symbol's methods give symbols.
            Value::Text(text) => Value::Symbol(text.value),
            other => other,
        },
        Value::Number(number) => of_number(number, name, positional).unwrap_or_else(unknown),
        Value::Array(values) => of_array(values, name, positional, span).unwrap_or_else(unknown),
        Value::Hash(pairs) => of_hash(pairs, of, name, arguments).unwrap_or_else(unknown),
        _ => unknown(),
    }
}

fn standing(text: Result<String, Why>, span: ByteSpan) -> Result<Text, Why> {
    text.map(|text| Text::standing_for(text, span))
}

fn is_blank(value: &Value) -> Option<bool> {
    match value {
        Value::Nil => Some(true),
        Value::Boolean(on) => Some(!on),
        Value::Text(text) => Some(text.value.trim().is_empty()),
        Value::Array(values) => Some(values.is_empty()),
        Value::Hash(pairs) => Some(pairs.is_empty()),
        Value::Symbol(_) | Value::Number(_) => Some(false),
        Value::Proc(_) | Value::Unknown(_) => None,
    }
}

fn of_text(text: &Text, name: &str, arguments: &[Value], span: ByteSpan) -> Value {
    let made = |value: String| Value::Text(Text::standing_for(value, span));
    let value = text.value.as_str();
    match (name, arguments) {
        ("squish", []) => Value::Text(squished(text)),
        ("strip", []) => Value::Text(stripped(text)),
        ("strip_heredoc", []) => Value::Text(without_indent(text)),
        ("chomp", []) => {
            let end = value.strip_suffix('\n').unwrap_or(value);
            Value::Text(text.part(0..end.strip_suffix('\r').unwrap_or(end).len()))
        }
        ("rstrip", []) => Value::Text(text.part(0..value.trim_end().len())),
        ("lstrip", []) => Value::Text(text.part(value.len() - value.trim_start().len()..value.len())),
        ("downcase", []) => made(value.to_lowercase()),
        ("upcase", []) => made(value.to_uppercase()),
        ("sub", [Value::Text(from), Value::Text(to)]) if !to.value.contains('\\') => {
            made(value.replacen(&from.value, &to.value, 1))
        }
        ("gsub", [Value::Text(from), Value::Text(to)]) if !to.value.contains('\\') => {
            made(value.replace(&from.value, &to.value))
        }
        ("split", []) => Value::Array(value.split_whitespace().map(|part| made(part.to_owned())).collect()),
        ("empty?", []) => Value::Boolean(value.is_empty()),
        ("length" | "size", []) => Value::Number(value.chars().count().to_string()),
        ("include?", [Value::Text(part)]) => Value::Boolean(value.contains(&part.value)),
        ("start_with?", [Value::Text(part)]) => Value::Boolean(value.starts_with(&part.value)),
        ("end_with?", [Value::Text(part)]) => Value::Boolean(value.ends_with(&part.value)),
        _ => Value::Unknown(format!("{name} of a string")),
    }
}

fn of_number(number: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let value: i64 = number.parse().ok()?;
    let unit: i64 = match (name, arguments) {
        ("to_i" | "byte" | "bytes", []) => 1,
        ("kilobyte" | "kilobytes", []) => 1 << 10,
        ("megabyte" | "megabytes", []) => 1 << 20,
        ("gigabyte" | "gigabytes", []) => 1 << 30,
        _ => return None,
    };
    value.checked_mul(unit).map(|number| Value::Number(number.to_string()))
}

fn of_array(values: &[Value], name: &str, arguments: &[Value], span: ByteSpan) -> Option<Value> {
    let found = match (name, arguments) {
        ("first", []) => values.first().cloned().unwrap_or(Value::Nil),
        ("last", []) => values.last().cloned().unwrap_or(Value::Nil),
        ("size" | "length" | "count", []) => Value::Number(values.len().to_string()),
        ("empty?", []) => Value::Boolean(values.is_empty()),
        ("any?", []) => Value::Boolean(values.iter().any(Value::is_true)),
        ("to_a" | "each" | "to_ary", []) => Value::Array(values.to_vec()),
        ("reverse", []) => Value::Array(values.iter().rev().cloned().collect()),
        ("compact", []) => Value::Array(values.iter().filter(|value| **value != Value::Nil).cloned().collect()),
        ("uniq", []) => {
            let mut own: Vec<Value> = Vec::new();
            for value in values {
                if !own.iter().any(|other| is_same(other, value)) {
                    own.push(value.clone());
                }
            }
            Value::Array(own)
        }
        ("flatten", []) => {
            let parts = values.iter().flat_map(|value| match value {
                Value::Array(inner) => inner.clone(),
                other => vec![other.clone()],
            });
            Value::Array(parts.collect())
        }
        ("include?", [value]) => Value::Boolean(values.iter().any(|own| is_same(own, value))),
        ("join", [] | [Value::Text(_)]) => {
            let separator = arguments.first().and_then(Value::name).unwrap_or_default();
            let mut text = Text::default();
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.append(&Text::standing_for(separator, span));
                }
                match value {
                    Value::Text(own) => text.append(own),
                    other => text.append(&Text::standing_for(printed(other).ok()?, span)),
                }
            }
            Value::Text(text)
        }
        _ => return None,
    };
    Some(found)
}

fn of_hash(pairs: &[(Value, Value)], of: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
    let positional = &arguments.positional[..];
    let found = match (name, positional) {
        ("keys", []) => Value::Array(pairs.iter().map(|(key, _)| key.clone()).collect()),
        ("values", []) => Value::Array(pairs.iter().map(|(_, value)| value.clone()).collect()),
        ("fetch" | "dig", [key]) => item(of, key),
        ("size" | "length" | "count", []) => Value::Number(pairs.len().to_string()),
        ("empty?", []) => Value::Boolean(pairs.is_empty()),
        ("key?" | "has_key?" | "include?", [key]) => Value::Boolean(pairs.iter().any(|(own, _)| is_same(own, key))),
        ("to_a", []) => Value::Array(super::methods::items(of)?),
        ("merge", []) => {
            let mut merged = pairs.to_vec();
            for (name, value) in &arguments.named {
                let key = Value::Symbol(name.clone());
                match merged.iter_mut().find(|(own, _)| *own == key) {
                    Some(pair) => pair.1 = value.clone(),
                    None => merged.push((key, value.clone())),
                }
            }
            Value::Hash(merged)
        }
        ("except", keys) => {
            Value::Hash(pairs.iter().filter(|(own, _)| !keys.iter().any(|key| is_same(own, key))).cloned().collect())
        }
        ("slice", keys) => {
            Value::Hash(pairs.iter().filter(|(own, _)| keys.iter().any(|key| is_same(own, key))).cloned().collect())
        }
        _ => return None,
    };
    Some(found)
}
