//! What operators, attributes and items come to.

use std::rc::Rc;

use super::class;
use super::metadata::{are_tables, table};
use crate::framework::alembic::python::Text;
use crate::framework::alembic::value::{Made, Value, truth};
use crate::source::ByteSpan;

pub(super) fn arithmetic(left: &str, operator: &str, right: &str) -> Value {
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let result = numbers.and_then(|(left, right)| match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        _ => left.checked_mul(right),
    });
    result.map_or_else(|| Value::Unknown(format!("an expression with {operator}")), |n| Value::Number(n.to_string()))
}

pub(super) fn unary(operator: &str, value: Value) -> Value {
    match (operator, value) {
        (_, Value::Unknown(why)) => Value::Unknown(why),
        ("-", Value::Number(number)) => Value::Number(format!("-{number}")),
        ("not", value) => match truth(&value) {
            Some(is_true) => Value::Boolean(!is_true),
            None => Value::Unknown("a condition".to_owned()),
        },
        (operator, value) => Value::Unknown(format!("{operator} {}", value.kind())),
    }
}

/// Methods of a dictionary: no tables of that name are meant.
const OF_DICTIONARY: &[&str] =
    &["clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"];

/// An attribute of a value.
pub(super) fn member(of: Value, name: &str) -> Value {
    match of {
        // Of a dictionary whose keys are its attributes, too.
        Value::Imported(path) if are_tables(&path) && !OF_DICTIONARY.contains(&name) => table(name),
        Value::Imported(path) => Value::Imported(format!("{path}.{name}")),
        Value::Unknown(why) => Value::Unknown(why),
        Value::Class(class) => class::attribute(&class, name),
        Value::Connection if matches!(name, "engine" | "bind" | "connection") => Value::Connection,
        // `engine.name`
        Value::Connection if name == "name" => Value::Text(Text::standing_for("postgresql", ByteSpan::new(0, 0))),
        Value::Made(made) if is_context(&made) && matches!(name, "bind" | "connection") => Value::Connection,
        Value::Member(of, own) if own == "dialect" && name == "name" && is_database(&of) => {
            Value::Text(Text::standing_for("postgresql", ByteSpan::new(0, 0)))
        }
        Value::Member(of, own) => match of.as_ref() {
            Value::Class(class) => {
                class::of_member(class, &own, name, |text| Value::Text(Text::standing_for(text, ByteSpan::new(0, 0))))
            }
            _ => Value::Member(Rc::new(Value::Member(of, own)), name.to_owned()),
        },
        other => Value::Member(Rc::new(other), name.to_owned()),
    }
}

fn is_context(made: &Made) -> bool {
    made.path == "alembic.op.get_context" || made.path == "alembic.context.get_context"
}

fn is_database(of: &Value) -> bool {
    match of {
        Value::Connection => true,
        Value::Made(made) => is_context(made),
        _ => false,
    }
}

pub(super) fn item(of: &Value, index: &Value) -> Value {
    let found = match (of, index) {
        (Value::Imported(path), Value::Text(name)) if are_tables(path) => return table(&name.value),
        (Value::Dict(pairs), key) => {
            pairs.iter().rev().find(|(own, _)| own.text().is_some() && own.text() == key.text()).map(|(_, value)| value)
        }
        (Value::List(values), Value::Number(at)) => at.parse().ok().and_then(|at: usize| values.get(at)),
        _ => None,
    };
    found.cloned().unwrap_or_else(|| Value::Unknown(format!("an item of {}", of.kind())))
}
