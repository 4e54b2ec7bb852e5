//! Defaults as SQL: what Active Record's types make of a value, and how it quotes that.

use super::context::Context;
use super::names::literal;
use crate::framework::rails::value::{Value, Why};

/// What Active Record takes a type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer {
        bytes: u32,
    },
    Float,
    Decimal {
        scale: Option<usize>,
    },
    Boolean,
    Date,
    Time,
    DateTime,
    /// Until 8.1 what HTML gives a meaning is escaped.
    Json {
        escapes: bool,
    },
    Hstore,
    Uuid,
    Binary,
    Bit,
    Xml,
    Network,
    Interval,
    /// Values pass through it.
    Other,
}

/// A default of a column of that type. `has_modifiers`: the type is the catalog's, with its precision and scale, which Active
/// Record does not see where it adds a column.
///
/// # Errors
/// When it cannot be told what Active Record makes of the value.
pub(super) fn quoted(value: &Value, sql_type: &str, has_modifiers: bool, context: &Context<'_>) -> Result<String, Why> {
    if let Value::Proc(returned) = value {
        return match &**returned {
            Value::Text(text) => Ok(text.value.clone()),
            other => Err(format!("a proc that returns {}", other.kind())),
        };
    }
    let (element, is_array) = match sql_type.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (sql_type, false),
    };
    let kind = match kind(element, has_modifiers) {
        Kind::Json { .. } => Kind::Json { escapes: context.runs_before(8, 1) },
        kind => kind,
    };
    match value {
        // What looks like a call is one.
        Value::Text(text) if kind == Kind::Uuid && text.value.contains("()") => Ok(text.value.clone()),
        Value::Nil => Ok("NULL".to_owned()),
        Value::Array(_) if is_array => Ok(literal(&array(value, kind)?)),
        _ if is_array => plain(value),
        _ => scalar(value, kind),
    }
}

/// The same where nobody knows the column's type: what every type makes of it.
pub(super) fn quoted_for_any(value: &Value, context: &Context<'_>) -> Result<String, Why> {
    match value {
        Value::Proc(_) | Value::Nil => quoted(value, "", false, context),
        _ => Err("the column's type is not known".to_owned()),
    }
}

fn kind(sql_type: &str, has_modifiers: bool) -> Kind {
    let (name, modifiers) = match sql_type.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.split_once(')').map_or("", |(modifiers, _)| modifiers)),
        None => (sql_type.trim(), ""),
    };
    match name.to_ascii_lowercase().as_str() {
        "character varying" | "varchar" | "character" | "char" | "bpchar" | "text" | "citext" | "name" | "tsvector"
        | "macaddr" | "ltree" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" => Kind::Text,
        "smallint" | "int2" | "smallserial" => Kind::Integer { bytes: 2 },
        "integer" | "int" | "int4" | "serial" => Kind::Integer { bytes: 4 },
        "bigint" | "int8" | "bigserial" | "oid" => Kind::Integer { bytes: 8 },
        "float" | "real" | "double precision" | "float4" | "float8" => Kind::Float,
        "decimal" | "numeric" => {
            let scale = match modifiers.split_once(',') {
                Some((_, scale)) => scale.trim().parse().ok(),
                None if modifiers.is_empty() => None,
                None => Some(0),
            };
            Kind::Decimal { scale: scale.filter(|_| has_modifiers) }
        }
        "boolean" | "bool" => Kind::Boolean,
        "date" => Kind::Date,
        "time" | "time without time zone" => Kind::Time,
        "timestamp" | "timestamptz" | "timestamp without time zone" | "timestamp with time zone" => Kind::DateTime,
        "json" | "jsonb" => Kind::Json { escapes: true },
        "hstore" => Kind::Hstore,
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Binary,
        "bit" | "bit varying" | "varbit" => Kind::Bit,
        "xml" => Kind::Xml,
        "inet" | "cidr" => Kind::Network,
        "interval" => Kind::Interval,
        _ => Kind::Other,
    }
}

fn scalar(value: &Value, kind: Kind) -> Result<String, Why> {
    let of_text = |sql: fn(&str) -> Result<String, Why>| match value.name() {
        Some(text) => sql(text),
        None => Err(unread(value, kind)),
    };
    match kind {
        Kind::Text | Kind::Xml => {
            let quoted = literal(&as_text(value).ok_or_else(|| unread(value, kind))?);
            Ok(if kind == Kind::Xml { format!("xml {quoted}") } else { quoted })
        }
        Kind::Integer { bytes } => integer(value, bytes),
        Kind::Float => float(value),
        Kind::Decimal { scale } => decimal(value, scale),
        Kind::Boolean => Ok(boolean(value)?.to_owned()),
        Kind::Date => of_text(date),
        Kind::DateTime => of_text(date_time),
        Kind::Time => of_text(time),
        Kind::Json { escapes } => Ok(literal(&json(value, escapes)?)),
        Kind::Hstore => hstore(value),
        Kind::Uuid => of_text(uuid),
        Kind::Binary => of_text(|text| {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            Ok(format!("'\\x{hex}'"))
        }),
        Kind::Bit => of_text(|text| match text {
            text if text.chars().all(|c| matches!(c, '0' | '1')) => Ok(format!("B'{text}'")),
            _ => Err(format!("the bits {text}")),
        }),
        Kind::Network | Kind::Interval if value.name().is_none() => Err(unread(value, kind)),
        Kind::Network | Kind::Interval | Kind::Other => plain(value),
    }
}

fn unread(value: &Value, kind: Kind) -> Why {
    format!("{} as the default of a column of {kind:?}", value.kind())
}

/// As it is quoted when no type has changed it.
fn plain(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => Ok(literal(&text.value)),
        Value::Symbol(name) => Ok(literal(name)),
        Value::Boolean(true) => Ok("TRUE".to_owned()),
        Value::Boolean(false) => Ok("FALSE".to_owned()),
        Value::Number(number) if number.parse::<i64>().is_ok() => Ok(number.clone()),
        Value::Number(_) => float(value),
        Value::Nil => Ok("NULL".to_owned()),
        other => Err(format!("{} as a default", other.kind())),
    }
}

/// `ImmutableString#serialize`.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.value.clone()),
        Value::Symbol(name) => Some(name.clone()),
        Value::Number(number) => match number.parse::<i64>() {
            Ok(number) => Some(number.to_string()),
            Err(_) => float(value).ok(),
        },
        Value::Boolean(on) => Some(if *on { "t" } else { "f" }.to_owned()),
        _ => None,
    }
}

/// `Integer#serialize`: what is no number is NULL.
fn integer(value: &Value, bytes: u32) -> Result<String, Why> {
    let number = match value {
        Value::Boolean(on) => i128::from(*on),
        Value::Text(text) => {
            let text = text.value.trim_start();
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse::<i128>() {
                Ok(number) => {
                    if text.starts_with('-') {
                        -number
                    } else {
                        number
                    }
                }
                Err(_) => return Ok("NULL".to_owned()),
            }
        }
        Value::Number(number) => {
            let whole = number.split_once('.').map_or(number.as_str(), |(whole, _)| whole);
            whole.parse().map_err(|_| format!("the number {number}"))?
        }
        other => return Err(format!("{} as the default of a number", other.kind())),
    };
    let limit = 1i128 << (bytes * 8 - 1);
    match (-limit..limit).contains(&number) {
        true => Ok(number.to_string()),
        false => Err(format!("{number} is out of range")),
    }
}

/// `Float#to_s`, where it needs no exponent.
fn float(value: &Value) -> Result<String, Why> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::Text(text) if text.value.parse::<f64>().is_ok_and(f64::is_finite) => text.value.as_str(),
        other => return Err(format!("{} as the default of a number", other.kind())),
    };
    let number: f64 = text.parse().map_err(|_| format!("the number {text}"))?;
    match number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        true => Ok(format!("{number:?}")),
        false => Err(format!("the number {text}")),
    }
}

/// `BigDecimal#to_s("F")`, or a whole number where the scale is 0.
fn decimal(value: &Value, scale: Option<usize>) -> Result<String, Why> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::Text(text) => text.value.trim(),
        Value::Boolean(on) => {
            if *on {
                "1"
            } else {
                "0"
            }
        }
        other => return Err(format!("{} as the default of a number", other.kind())),
    };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return Err(format!("the number {text}"));
    }
    if scale.is_some_and(|scale| fraction.trim_end_matches('0').len() > scale) {
        return Err(format!("the number {text}, which is rounded"));
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    if scale == Some(0) {
        return Ok(format!("{sign}{whole}"));
    }
    let fraction = match fraction.trim_end_matches('0') {
        "" => "0",
        fraction => fraction,
    };
    let sign = if whole == "0" && fraction == "0" { "" } else { sign };
    Ok(format!("{sign}{whole}.{fraction}"))
}

/// `Boolean::FALSE_VALUES`; an empty string is NULL.
fn boolean(value: &Value) -> Result<&'static str, Why> {
    const FALSE: &[&str] = &["0", "f", "F", "false", "FALSE", "off", "OFF"];
    Ok(match value {
        Value::Text(text) if text.value.is_empty() => "NULL",
        Value::Boolean(false) => "FALSE",
        Value::Number(number) if number == "0" => "FALSE",
        Value::Text(_) | Value::Symbol(_) if value.name().is_some_and(|name| FALSE.contains(&name)) => "FALSE",
        Value::Boolean(true) | Value::Number(_) | Value::Text(_) | Value::Symbol(_) => "TRUE",
        other => return Err(format!("{} as the default of a boolean", other.kind())),
    })
}

/// A text in which Ruby finds no date is NULL.
fn without_date(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    ["", "now()", "now", "current_timestamp", "current_date", "current_time"].contains(&text.as_str())
}

fn date(text: &str) -> Result<String, Why> {
    match text {
        "infinity" => Ok("'Infinity'".to_owned()),
        "-infinity" => Ok("'-Infinity'".to_owned()),
        text if is_date(text) => Ok(literal(text)),
        text if without_date(text) => Ok("NULL".to_owned()),
        text => Err(format!("the date {text}")),
    }
}

/// `2020-01-31`.
fn is_date(text: &str) -> bool {
    let is_shaped = text.len() == 10
        && text.char_indices().all(|(at, c)| if matches!(at, 4 | 7) { c == '-' } else { c.is_ascii_digit() });
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let days = match part(5..7) {
        // What is special about the 29th is left to Ruby.
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    is_shaped && (1..=days).contains(&part(8..10))
}

/// `10:20:30`.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let below = |part: &str, limit: u32| part.len() == 2 && part.parse::<u32>().is_ok_and(|part| part < limit);
    matches!(&parts[..], [hour, minute, second] if below(hour, 24) && below(minute, 60) && below(second, 60))
}

fn date_time(text: &str) -> Result<String, Why> {
    let stripped = text.strip_suffix('Z').or(text.strip_suffix(" UTC")).unwrap_or(text);
    match stripped.split_once(['T', ' ']) {
        Some((date, clock)) if is_date(date) && is_clock(clock) => Ok(format!("'{date} {clock}'")),
        None if is_date(stripped) => Ok(format!("'{stripped} 00:00:00'")),
        _ if text == "infinity" || text == "-infinity" => date(text),
        _ if without_date(text) => Ok("NULL".to_owned()),
        _ => Err(format!("the time {text}")),
    }
}

fn time(text: &str) -> Result<String, Why> {
    let text = text.trim();
    let whole = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    match whole {
        whole if is_clock(&whole) => Ok(format!("'{whole}'")),
        _ if without_date(text) => Ok("NULL".to_owned()),
        _ => Err(format!("the time {text}")),
    }
}

/// What is no UUID is NULL.
fn uuid(text: &str) -> Result<String, Why> {
    let hex: String = text.trim_matches(['{', '}']).replace('-', "").to_ascii_lowercase();
    match hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()) {
        true => Ok(format!("'{}-{}-{}-{}-{}'", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])),
        false => Ok("NULL".to_owned()),
    }
}

/// `ActiveSupport::JSON.encode`.
fn json(value: &Value, escapes: bool) -> Result<String, Why> {
    let string = |text: &str| {
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => out += "\\\"",
                '\\' => out += "\\\\",
                '\n' => out += "\\n",
                '\r' => out += "\\r",
                '\t' => out += "\\t",
                '\u{8}' => out += "\\b",
                '\u{c}' => out += "\\f",
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if escapes => out += &format!("\\u{:04x}", u32::from(c)),
                c if u32::from(c) < 0x20 => out += &format!("\\u{:04x}", u32::from(c)),
                c => out.push(c),
            }
        }
        out + "\""
    };
    Ok(match value {
        Value::Nil => "null".to_owned(),
        Value::Boolean(on) => on.to_string(),
        Value::Number(number) if number.parse::<i64>().is_ok() => number.clone(),
        Value::Number(_) => float(value)?,
        Value::Text(text) => string(&text.value),
        Value::Symbol(name) => string(name),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(|value| json(value, escapes)).collect::<Result<_, _>>()?;
            format!("[{}]", values.join(","))
        }
        Value::Hash(pairs) => {
            let pair = |(key, value): &(Value, Value)| {
                let key = as_text(key).ok_or_else(|| key.kind())?;
                Ok(format!("{}:{}", string(&key), json(value, escapes)?))
            };
            let pairs: Vec<String> = pairs.iter().map(pair).collect::<Result<_, Why>>()?;
            format!("{{{}}}", pairs.join(","))
        }
        Value::Proc(_) | Value::Unknown(_) => return Err(value.kind()),
    })
}

/// `OID::Hstore#serialize`.
fn hstore(value: &Value) -> Result<String, Why> {
    let Value::Hash(pairs) = value else { return plain(value) };
    let part = |value: &Value| -> Result<String, Why> {
        if *value == Value::Nil {
            return Ok("NULL".to_owned());
        }
        let text = as_text(value).ok_or_else(|| value.kind())?;
        Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    };
    let pair = |(key, value): &(Value, Value)| Ok(format!("{}=>{}", part(key)?, part(value)?));
    let pairs: Vec<String> = pairs.iter().map(pair).collect::<Result<_, Why>>()?;
    Ok(literal(&pairs.join(", ")))
}

/// An array as PostgreSQL's text of it.
fn array(value: &Value, kind: Kind) -> Result<String, Why> {
    let Value::Array(values) = value else {
        return match value {
            Value::Nil => Ok("NULL".to_owned()),
            Value::Boolean(on) if kind == Kind::Boolean => Ok(on.to_string()),
            value => {
                let sql = scalar(value, kind)?;
                let text = sql.strip_prefix('\'').and_then(|sql| sql.strip_suffix('\''));
                Ok(element(&text.map_or(sql.clone(), |text| text.replace("''", "'"))))
            }
        };
    };
    let values: Vec<String> = values.iter().map(|value| array(value, kind)).collect::<Result<_, _>>()?;
    Ok(format!("{{{}}}", values.join(",")))
}

fn element(text: &str) -> String {
    let is_special = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | '"' | '\\');
    match text.is_empty() || text.contains(is_special) || text.eq_ignore_ascii_case("null") {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_owned(),
    }
}
