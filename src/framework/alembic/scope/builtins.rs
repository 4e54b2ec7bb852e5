//! What calls of Python's own functions, and of `op`'s plain ones, come to.

use std::rc::Rc;

use super::MAX_ITEMS;
use super::strings::{characters, dedented, method_of_text, printed, standing_for, text};
use crate::framework::alembic::python::Text;
use crate::framework::alembic::value::{Made, Value};

/// What Python has without an import, and that calls nothing of the file's.
pub const NAMES: &[&str] = &[
    "str",
    "int",
    "float",
    "bool",
    "bytes",
    "len",
    "range",
    "list",
    "tuple",
    "sorted",
    "dict",
    "set",
    "frozenset",
    "print",
    "reversed",
    "enumerate",
    "zip",
    "object",
    "any",
    "all",
    "min",
    "max",
    "sum",
    "abs",
    "round",
    "isinstance",
    "hasattr",
    "repr",
    "Exception",
    "AssertionError",
    "KeyError",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "ValueError",
];

/// A call whose result is plain, or what it made.
pub(super) fn made(made: Made) -> Value {
    let argument = made.arguments.positional.first();
    match (made.path.as_str(), &made.receiver) {
        ("alembic.op.get_bind", None) => return Value::Connection,
        // A session that is given a connection sends on it.
        ("sqlalchemy.orm.Session" | "sqlalchemy.orm.session.Session", None)
            if made.arguments.get(0, "bind") == Some(&Value::Connection) =>
        {
            return Value::Connection;
        }
        ("alembic.op.f", None) => {
            return match argument.or(made.arguments.named("name")).cloned() {
                Some(Value::Text(text)) => Value::Text(text.as_final()),
                other => other.unwrap_or(Value::None),
            };
        }
        (".f", Some(Value::Batch(_))) => {
            return match argument.or(made.arguments.named("name")).cloned() {
                Some(Value::Text(text)) => Value::Text(text.as_final()),
                other => other.unwrap_or(Value::None),
            };
        }
        ("textwrap.dedent", None) => {
            return match argument.and_then(characters) {
                Some(characters) => text(dedented(characters)),
                None => Value::Unknown("a call of textwrap.dedent".to_owned()),
            };
        }
        ("builtins.str", None) => {
            if let Some(text) = argument.and_then(|argument| printed(argument).ok()) {
                return standing_for(text, made.span);
            }
        }
        ("builtins.int", None) => {
            if let [Value::Number(number)] = &made.arguments.positional[..] {
                return Value::Number(number.clone());
            }
            let digits =
                |text: &str| !text.is_empty() && text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit());
            if let [Value::Text(text)] = &made.arguments.positional[..]
                && digits(text.value.trim())
            {
                let number = text.value.trim().trim_start_matches('0');
                return Value::Number(if number.is_empty() { "0".to_owned() } else { number.to_owned() });
            }
            if let Some(why) = argument.and_then(Value::unknown) {
                return Value::Unknown(why.to_owned());
            }
        }
        (path, None) if path.starts_with("builtins.") && path != "builtins.dict" => {
            if let Some(why) = argument.and_then(Value::unknown) {
                return Value::Unknown(why.to_owned());
            }
            if let Some(values) = sequence(path, &made.arguments.positional) {
                return Value::List(values);
            }
        }
        ("builtins.dict", None) if made.arguments.positional.is_empty() => {
            let key = |name: &str| Value::Text(Text::standing_for(name, made.span));
            return Value::Dict(made.arguments.named.iter().map(|(name, value)| (key(name), value.clone())).collect());
        }
        (_, Some(Value::Text(text) | Value::Template(text))) => return method_of_text(text, &made),
        (".items", Some(Value::Dict(pairs))) => {
            let pair = |(key, value): &(Value, Value)| Value::List(vec![key.clone(), value.clone()]);
            return Value::List(pairs.iter().map(pair).collect());
        }
        (".keys", Some(Value::Dict(pairs))) => return Value::List(pairs.iter().map(|(key, _)| key.clone()).collect()),
        (".values", Some(Value::Dict(pairs))) => {
            return Value::List(pairs.iter().map(|(_, value)| value.clone()).collect());
        }
        (name, Some(Value::List(_) | Value::Dict(_))) => return Value::Unknown(format!("a call of {name}")),
        _ => {}
    }
    Value::Made(Rc::new(made))
}

/// What the built-in functions make of lists.
fn sequence(path: &str, arguments: &[Value]) -> Option<Vec<Value>> {
    let pair = |one: Value, other: &Value| Value::List(vec![one, other.clone()]);
    match (path, arguments) {
        ("builtins.list" | "builtins.tuple" | "builtins.set", [Value::List(values)]) => Some(values.clone()),
        ("builtins.reversed", [Value::List(values)]) => Some(values.iter().rev().cloned().collect()),
        ("builtins.sorted", [Value::List(values)]) => {
            let mut texts: Vec<(&str, &Value)> =
                values.iter().map(|value| Some((value.text()?, value))).collect::<Option<_>>()?;
            texts.sort_by(|one, other| one.0.cmp(other.0));
            Some(texts.into_iter().map(|(_, value)| value.clone()).collect())
        }
        ("builtins.enumerate", [Value::List(values)]) => {
            let number = |at: usize| Value::Number(at.to_string());
            Some(values.iter().enumerate().map(|(at, value)| pair(number(at), value)).collect())
        }
        ("builtins.zip", [Value::List(left), Value::List(right)]) => {
            Some(left.iter().zip(right).map(|(left, right)| pair(left.clone(), right)).collect())
        }
        ("builtins.range", numbers) => {
            let number = |value: &Value| match value {
                Value::Number(number) => number.parse::<usize>().ok(),
                _ => None,
            };
            let (start, end) = match numbers {
                [end] => (0, number(end)?),
                [start, end] => (number(start)?, number(end)?),
                _ => return None,
            };
            let is_short = end.saturating_sub(start) <= MAX_ITEMS;
            is_short.then(|| (start..end).map(|at| Value::Number(at.to_string())).collect())
        }
        _ => None,
    }
}
