//! What strings come to that are put together.

use super::runtime;
use crate::framework::alembic::python::Text;
use crate::framework::alembic::value::{Arguments, ClassKind, Made, Value, Why};
use crate::source::ByteSpan;

/// A string that was put together: a template where some of it is known only when it runs.
pub(super) fn text(text: Text) -> Value {
    match runtime::is_in(&text.value) {
        true => Value::Template(text),
        false => Value::Text(text),
    }
}

/// A string that stands for what `span` covers.
pub(super) fn standing_for(value: String, span: ByteSpan) -> Value {
    text(Text::standing_for(value, span))
}

/// The characters of a string or a template.
pub(super) fn characters(value: &Value) -> Option<&Text> {
    match value {
        Value::Text(text) | Value::Template(text) => Some(text),
        _ => None,
    }
}

pub(super) fn method_of_text(text: &Text, made: &Made) -> Value {
    let arguments = &made.arguments;
    let value = &text.value;
    let standing = |value: String| standing_for(value, made.span);
    match (made.path.as_str(), &arguments.positional[..]) {
        (".strip", []) => {
            let start = value.len() - value.trim_start().len();
            self::text(text.part(start..start + value.trim().len()))
        }
        (".lower", []) => standing(value.to_lowercase()),
        (".upper", []) => standing(value.to_uppercase()),
        (".replace", [Value::Text(from), Value::Text(to)]) if !from.value.is_empty() => {
            standing(value.replace(&from.value, &to.value))
        }
        (".format", _) => format(value, arguments).map_or_else(Value::Unknown, standing),
        (".join", [Value::List(values)]) => {
            let part = |value| characters(value).map(|text| text.value.as_str()).ok_or_else(|| value.kind());
            let parts: Result<Vec<&str>, Why> = values.iter().map(part).collect();
            parts.map_or_else(Value::Unknown, |parts| standing(parts.join(value)))
        }
        (name, _) => Value::Unknown(format!("a call of {name}")),
    }
}

/// What `str()` gives.
pub(super) fn printed(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) | Value::Template(text) => Ok(text.value.clone()),
        Value::Made(made) => match moment(made) {
            Some(moment) => Ok(moment),
            None => runtime::of(made).map(String::from).ok_or_else(|| value.kind()),
        },
        Value::Member(of, member) => match of.as_ref() {
            // `str, Enum` prints differently in each version of Python.
            Value::Class(class) if class.kind == ClassKind::PrintedEnum => {
                class.attribute(member).map_or_else(|| Err(value.kind()), printed)
            }
            _ => Err(value.kind()),
        },
        Value::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0') => {
            Ok(number.clone())
        }
        Value::Number(number) if number == "0" => Ok(number.clone()),
        Value::None => Ok("None".to_owned()),
        Value::Boolean(true) => Ok("True".to_owned()),
        Value::Boolean(false) => Ok("False".to_owned()),
        other => Err(other.kind()),
    }
}

/// How `datetime(…)` and `date(…)` print.
fn moment(made: &Made) -> Option<String> {
    let is_date = match (made.path.as_str(), &made.receiver) {
        ("datetime.datetime", None) => false,
        ("datetime.date", None) => true,
        _ => return None,
    };
    let arguments = &made.arguments;
    let number = |value: &Value| match value {
        Value::Number(number) => number.parse::<u16>().ok(),
        _ => None,
    };
    let numbers: Vec<u16> = arguments.positional.iter().map(number).collect::<Option<_>>()?;
    match (&numbers[..], is_date, arguments.named.is_empty()) {
        ([year, month, day], true, true) => Some(format!("{year:04}-{month:02}-{day:02}")),
        ([year, month, day, time @ ..], false, true) if time.len() <= 3 => {
            let part = |at: usize| time.get(at).copied().unwrap_or(0);
            Some(format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", part(0), part(1), part(2)))
        }
        _ => None,
    }
}

/// `template % values`, with nothing but `%s`, `%d` and `%(name)s`.
pub(super) fn percent(template: &str, values: &Value) -> Result<String, Why> {
    let mut out = String::new();
    let mut rest = template;
    let mut taken = 0;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let value = if let Some(named) = rest.strip_prefix('(') {
            let (name, after) = named.split_once(')').ok_or("a % format")?;
            rest = after;
            let Value::Dict(pairs) = values else { return Err("a % format".to_owned()) };
            pairs.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
        } else {
            taken += 1;
            match values {
                Value::List(values) => values.get(taken - 1),
                single if taken == 1 => Some(single),
                _ => None,
            }
        };
        rest = rest.strip_prefix(['s', 'd']).ok_or("a % format")?;
        out += &printed(value.ok_or("a % format without its value")?)?;
    }
    Ok(out + rest)
}

/// `template.format(…)`, with nothing but `{}`, `{0}` and `{name}`.
fn format(template: &str, arguments: &Arguments) -> Result<String, Why> {
    let mut out = String::new();
    let mut rest = template;
    let mut taken = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out += &rest[..at];
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out += brace;
            rest = after;
            continue;
        }
        let (name, after) = rest.split_once('}').filter(|_| brace == "{").ok_or("a format")?;
        rest = after;
        let value = match name.parse::<usize>() {
            Ok(at) => arguments.positional.get(at),
            Err(_) if name.is_empty() => {
                taken += 1;
                arguments.positional.get(taken - 1)
            }
            Err(_) => arguments.named(name),
        };
        out += &printed(value.ok_or_else(|| format!("a format of {name}"))?)?;
    }
    Ok(out + rest)
}

/// `textwrap.dedent(text)`: without the blanks that all lines begin with; a line of blanks is empty.
pub(super) fn dedented(text: &Text) -> Text {
    let value = &text.value;
    let blank = |line: &str| line.trim_end_matches('\n').trim_matches([' ', '\t']).is_empty();
    let lines = || value.split_inclusive('\n').filter(|line| !blank(line));
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut margin = lines().next().map_or("", |line| &line[..blanks(line)]);
    for line in lines() {
        let same = margin.bytes().zip(line.bytes()).take_while(|(one, other)| one == other).count();
        margin = &margin[..same];
    }
    let mut out = Text::default();
    let mut at = 0;
    for line in value.split_inclusive('\n') {
        let start = match blank(line) {
            true => at + line.trim_end_matches('\n').len(),
            false => at + margin.len(),
        };
        at += line.len();
        out.append(&text.part(start..at));
    }
    out
}
