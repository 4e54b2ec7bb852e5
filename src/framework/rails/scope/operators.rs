//! Operators on values.

use super::strings;
use crate::framework::rails::value::Value;
use crate::source::ByteSpan;

/// Whether Ruby takes it for true, where that can be told.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Unknown(_) => None,
        known => Some(known.is_true()),
    }
}

/// `-value`, `!value`
pub(super) fn unary(operator: &str, value: Value) -> Value {
    match (operator, value) {
        (_, Value::Unknown(why)) => Value::Unknown(why),
        ("!" | "not", value) => Value::Boolean(!value.is_true()),
        ("-", Value::Number(number)) => Value::Number(match number.strip_prefix('-') {
            Some(number) => number.to_owned(),
            None => format!("-{number}"),
        }),
        ("+", value @ Value::Number(_)) => value,
        (operator, _) => Value::Unknown(format!("an expression with {operator}")),
    }
}

/// `left operator right`, which stands at `span`. The right side is looked at only where Ruby does.
pub(super) fn binary(left: Value, operator: &str, right: impl FnOnce() -> Value, span: ByteSpan) -> Value {
    match (operator, truth(&left)) {
        ("&&" | "and", Some(false)) | ("||" | "or", Some(true)) => return left,
        ("&&" | "and", Some(true)) | ("||" | "or", Some(false)) => return right(),
        _ => {}
    }
    match (left, operator, right()) {
        (Value::Unknown(why), ..) | (_, _, Value::Unknown(why)) => Value::Unknown(why),
        (Value::Text(mut left), "+" | "<<", Value::Text(right)) => {
            left.append(&right);
            Value::Text(left)
        }
        (Value::Array(left), "+", Value::Array(right)) => Value::Array([left, right].concat()),
        (Value::Array(left), "-", Value::Array(right)) => {
            Value::Array(left.into_iter().filter(|value| !right.iter().any(|other| is_same(value, other))).collect())
        }
        (Value::Text(template), "%", values) => strings::formatted(&template.value, &values, span),
        (Value::Number(left), operator, Value::Number(right)) => arithmetic(&left, operator, &right),
        (left, "==", right) => Value::Boolean(is_same(&left, &right)),
        (left, "!=", right) => Value::Boolean(!is_same(&left, &right)),
        (_, operator, _) => Value::Unknown(format!("an expression with {operator}")),
    }
}

/// Two known values are equal; where a string stands does not count.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.value == right.value,
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        _ => left == right,
    }
}

fn arithmetic(left: &str, operator: &str, right: &str) -> Value {
    let unknown = || Value::Unknown(format!("an expression with {operator}"));
    let (Ok(a), Ok(b)) = (left.parse::<i64>(), right.parse::<i64>()) else { return unknown() };
    let number = |result: Option<i64>| result.map_or_else(unknown, |number| Value::Number(number.to_string()));
    match operator {
        "+" => number(a.checked_add(b)),
        "-" => number(a.checked_sub(b)),
        "*" => number(a.checked_mul(b)),
        "**" => number(u32::try_from(b).ok().and_then(|b| a.checked_pow(b))),
        "==" => Value::Boolean(a == b),
        "!=" => Value::Boolean(a != b),
        "<" => Value::Boolean(a < b),
        ">" => Value::Boolean(a > b),
        "<=" => Value::Boolean(a <= b),
        ">=" => Value::Boolean(a >= b),
        ".." | "..." => {
            let end = if operator == ".." { b.saturating_add(1) } else { b };
            if end.saturating_sub(a) > super::MAX_ITEMS as i64 {
                return Value::Unknown("a long range".to_owned());
            }
            Value::Array((a..end).map(|number| Value::Number(number.to_string())).collect())
        }
        _ => unknown(),
    }
}

/// `value[index]`
pub(super) fn item(of: &Value, index: &Value) -> Value {
    let found = match (of, index) {
        (_, Value::Unknown(why)) | (Value::Unknown(why), _) => return Value::Unknown(why.clone()),
        (Value::Hash(pairs), key) => pairs.iter().rev().find(|(own, _)| is_same(own, key)).map(|(_, value)| value),
        (Value::Array(values), Value::Number(at)) => match at.parse::<isize>() {
            Ok(at) if at < 0 => values.len().checked_add_signed(at).and_then(|at| values.get(at)),
            Ok(at) => values.get(at.unsigned_abs()),
            Err(_) => return Value::Unknown("a part of an array".to_owned()),
        },
        _ => return Value::Unknown(format!("a part of {}", of.kind())),
    };
    found.cloned().unwrap_or(Value::Nil)
}
