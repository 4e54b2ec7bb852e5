//! Text that SQLAlchemy's `text()` takes: `:name` is a parameter, `\:name` is not.

use super::names::literal;
use crate::framework::alembic::python::Text;
use crate::framework::alembic::scope::runtime;
use crate::framework::alembic::sent::Sent;
use crate::framework::alembic::value::{Value, Why};
use crate::source::ByteSpan;

/// A letter, a digit or an underscore, in the sense of Python's `\w`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The parameters of a text, as `(?<![:\w\\]):(\w+)(?![:\w])` finds them: where each stands.
pub(super) fn parameters(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut before = None;
    for (at, character) in text.char_indices() {
        let is_open = character == ':' && !before.is_some_and(|c: char| c == ':' || c == '\\' || is_word(c));
        before = Some(character);
        if !is_open {
            continue;
        }
        let name = &text[at + 1..];
        let length = name.find(|c| !is_word(c)).unwrap_or(name.len());
        if length > 0 && !name[length..].starts_with(':') {
            found.push(at..at + 1 + length);
        }
    }
    found
}

/// What `text()` sends: parameters are their values, and what is escaped loses its backslash.
pub(super) fn filled(text: &Text, values: &[(&str, &Value)]) -> Result<Sent, Why> {
    let found = parameters(&text.value);
    if found.is_empty() {
        return Ok(Sent::known(without_escapes(text)));
    }
    let mut names: Vec<&str> = Vec::new();
    let mut sent = Sent::known(Text::default());
    let mut from = 0;
    for parameter in found {
        let name = &text.value[parameter.start + 1..parameter.end];
        let (_, value) =
            values.iter().find(|(own, _)| *own == name).ok_or_else(|| format!("SQL with a parameter :{name}"))?;
        sent.sql.append(&without_escapes(&text.part(from..parameter.start)));
        let place = text.place(ByteSpan::new(parameter.start, parameter.end));
        let sql = match constant(value) {
            Some(sql) => sql,
            None => {
                let at = names.iter().position(|own| *own == name).unwrap_or(names.len());
                if at == names.len() {
                    names.push(name);
                    sent.parameters.push(value.kind());
                }
                format!("${}", at + 1)
            }
        };
        sent.sql.append(&Text::standing_for(sql, place));
        from = parameter.end;
    }
    sent.sql.append(&without_escapes(&text.part(from..text.value.len())));
    Ok(sent)
}

/// What a driver sends for a text with a value for each `%s`, in order; `%%` is one percent sign.
pub(super) fn positional(text: &Text, values: &[Value]) -> Result<Sent, Why> {
    let mut sent = Sent::known(Text::default());
    let mut values = values.iter();
    let mut from = 0;
    while let Some(offset) = text.value[from..].find('%') {
        let at = from + offset;
        sent.sql.append(&text.part(from..at));
        let place = text.place(ByteSpan::new(at, (at + 2).min(text.value.len())));
        let sql = match text.value.as_bytes().get(at + 1) {
            Some(b'%') => "%".to_owned(),
            Some(b's') => {
                let value = values.next().ok_or("SQL with %s without its value")?;
                constant(value).unwrap_or_else(|| {
                    sent.parameters.push(value.kind());
                    format!("${}", sent.parameters.len())
                })
            }
            _ => return Err("SQL with a % format".to_owned()),
        };
        sent.sql.append(&Text::standing_for(sql, place));
        from = at + 2;
    }
    sent.sql.append(&text.part(from..text.value.len()));
    match values.next() {
        None => Ok(sent),
        Some(_) => Err("SQL with more values than %s".to_owned()),
    }
}

/// What is sent where a string has parts that are known only when it runs: a literal with such a part is a parameter.
///
/// # Errors
/// When such a part stands anywhere else.
pub(super) fn with_runtime_values(sent: Sent) -> Result<Sent, Why> {
    let text = &sent.sql;
    let mut out = Sent { sql: Text::default(), ..sent.clone() };
    let mut from = 0;
    for (literal, is_plain) in quoted_parts(&text.value) {
        let mut values = text.value[literal.clone()].chars().filter_map(runtime::where_from);
        let Some(first) = values.next() else { continue };
        if !is_plain {
            return Err(format!("SQL with {first} in a quotation that is no plain string"));
        }
        out.sql.append(&text.part(from..literal.start));
        out.parameters.push(first.to_owned());
        let place = text.place(ByteSpan::new(literal.start, literal.end));
        out.sql.append(&Text::standing_for(format!("${}", out.parameters.len()), place));
        from = literal.end;
    }
    out.sql.append(&text.part(from..text.value.len()));
    match out.sql.value.chars().find_map(runtime::where_from) {
        Some(value) => Err(format!("SQL with {value} outside of a string")),
        None => Ok(out),
    }
}

/// What is quoted in SQL, in order, with comments; whether each is a plain `'…'`.
fn quoted_parts(sql: &str) -> Vec<(std::ops::Range<usize>, bool)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(offset) = sql[at..].find(['\'', '"', '$', '-', '/']) {
        let start = at + offset;
        let rest = &sql[start..];
        let ends =
            |end: &str, begin: usize| rest[begin..].find(end).map_or(rest.len(), |found| begin + found + end.len());
        // `E'…'`, `U&'…'`, `B'…'`: backslashes may mean something there, or it is no text.
        let is_plain = !sql[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '&' | '\''));
        let length = match rest.as_bytes() {
            [b'\'', ..] => ends("'", 1),
            [b'"', ..] => ends("\"", 1),
            [b'-', b'-', ..] => ends("\n", 2),
            [b'/', b'*', ..] => ends("*/", 2),
            [b'$', ..] => {
                let tag = rest[1..].find(|c: char| !is_word(c)).map_or(rest.len(), |end| end + 1);
                match rest[tag..].starts_with('$') {
                    true => ends(&rest[..=tag], tag + 1),
                    false => 1,
                }
            }
            _ => 1,
        };
        if length > 1 {
            parts.push((start..start + length, is_plain && rest.starts_with('\'')));
        }
        at = start + length;
    }
    parts
}

/// A value as a literal.
pub(super) fn constant(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(literal(&text.value)),
        Value::Number(number) => Some(number.replace('_', "")),
        Value::Boolean(on) => Some(on.to_string()),
        Value::None => Some("NULL".to_owned()),
        _ => None,
    }
}

/// `\(:\w*)(?![:\w])` loses its backslash.
pub(super) fn without_escapes(text: &Text) -> Text {
    let value = &text.value;
    let mut out = Text::default();
    let mut from = 0;
    for (at, _) in value.match_indices("\\:") {
        let name = &value[at + 2..];
        let length = name.find(|c| !is_word(c)).unwrap_or(name.len());
        if !name[length..].starts_with(':') {
            out.append(&text.part(from..at));
            from = at + 1;
        }
    }
    if from == 0 {
        return text.clone();
    }
    out.append(&text.part(from..value.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ByteSpan;

    fn of(text: &str) -> Result<String, Why> {
        filled(&Text::standing_for(text, ByteSpan::new(0, 0)), &[]).map(|sent| sent.sql.value)
    }

    #[test]
    fn a_colon_before_a_word_is_a_parameter() {
        for plain in ["a::text", "x := 1", "'12:30'", "a[1:2]", "x:y", ":a:", ":a:b", ":ab:c", "::x", "'a: b'"] {
            assert_eq!(of(plain).as_deref(), Ok(plain));
        }
        for (text, name) in [("':x'", "x"), ("-- see :foo", "foo"), ("(c):d", "d"), ("= :ü1", "ü1")] {
            assert_eq!(of(text), Err(format!("SQL with a parameter :{name}")), "{text}");
        }
    }

    #[test]
    fn a_backslash_goes_only_where_the_pattern_fits() {
        for (text, sent) in [
            (r"'\:x'", "':x'"),
            (r"\:a:b", r"\:a:b"),
            (r"\:ab:", r"\:ab:"),
            (r"\::x", r"\::x"),
            (r"a\: b", "a: b"),
            (r"\n", r"\n"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(sent), "{text}");
        }
    }

    #[test]
    fn values_take_the_place_of_parameters() {
        let text = Text::standing_for("UPDATE t SET a = :a, b = :b WHERE c = :a AND d = :d", ByteSpan::new(0, 0));
        let (known, unknown) =
            (Value::Text(Text::standing_for("it's", ByteSpan::new(0, 0))), Value::Unknown("x".into()));
        let sent = filled(&text, &[("a", &unknown), ("b", &known), ("d", &Value::Number("7".into()))]).unwrap();
        assert_eq!(sent.sql.value, "UPDATE t SET a = $1, b = 'it''s' WHERE c = $1 AND d = 7");
        assert_eq!(sent.parameters, ["x"]);
    }

    #[test]
    fn a_literal_with_a_value_of_the_run_is_a_parameter() {
        let sent = |text: &str| {
            let text = text.replace("UUID", "\u{F8F0}").replace("NOW", "\u{F8F1}");
            with_runtime_values(Sent::known(Text::standing_for(text, ByteSpan::new(0, 0))))
        };
        let row = sent("INSERT INTO t VALUES ('UUID', 'it''s', 'since NOW', 1) -- 'a'").unwrap();
        assert_eq!(row.sql.value, "INSERT INTO t VALUES ($1, 'it''s', $2, 1) -- 'a'");
        assert_eq!(row.parameters, ["uuid4()", "the time when it runs"]);
        for other in ["SELECT UUID", "SELECT E'UUID'", "SELECT $$UUID$$", "SELECT \"UUID\"", "SELECT 1 -- UUID"] {
            assert!(sent(other).is_err(), "{other}");
        }
        // The quote before it is the second half of a doubled one.
        assert!(sent("SELECT 'it''UUID'").is_err());
    }

    #[test]
    fn values_take_the_place_of_percent_signs() {
        let text = Text::standing_for("UPDATE t SET a = %s, b = '5 %%' WHERE c = %s", ByteSpan::new(0, 0));
        let values = [Value::Number("1".into()), Value::Unknown("x".into())];
        let sent = positional(&text, &values).unwrap();
        assert_eq!(sent.sql.value, "UPDATE t SET a = 1, b = '5 %' WHERE c = $1");
        assert_eq!(sent.parameters, ["x"]);
        assert!(positional(&text, &values[..1]).is_err() && positional(&text, &[]).is_err());
        assert!(positional(&Text::standing_for("SELECT %(a)s", ByteSpan::new(0, 0)), &values[..1]).is_err());
    }
}
