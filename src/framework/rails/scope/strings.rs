//! Strings: how values print, and the methods that put strings together.

use crate::framework::rails::value::{Value, Why};
use crate::framework::text::Text;
use crate::source::ByteSpan;

/// What `to_s` gives.
pub(super) fn printed(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => Ok(text.value.clone()),
        Value::Symbol(name) => Ok(name.clone()),
        Value::Number(number) if number.parse::<i64>().is_ok() => Ok(number.clone()),
        Value::Boolean(on) => Ok(on.to_string()),
        Value::Nil => Ok(String::new()),
        Value::Unknown(why) => Err(why.clone()),
        other => Err(format!("{} in a string", other.kind())),
    }
}

/// ActiveSupport's `squish`: no blanks around it, and one wherever there are some in it.
pub(super) fn squished(text: &Text) -> Text {
    let mut squished = Text::default();
    let mut at = 0;
    for word in text.value.split_whitespace() {
        let start = at + text.value[at..].find(word).unwrap_or(0);
        if !squished.value.is_empty() {
            let place = text.place(ByteSpan::new(start.saturating_sub(1), start));
            squished.push(" ", place, false);
        }
        at = start + word.len();
        squished.append(&text.part(start..at));
    }
    squished
}

/// Without the blanks around it.
pub(super) fn stripped(text: &Text) -> Text {
    let start = text.value.len() - text.value.trim_start().len();
    let end = text.value.trim_end().len().max(start);
    text.part(start..end)
}

/// ActiveSupport's `strip_heredoc`: without the blanks that all lines begin with.
pub(super) fn without_indent(text: &Text) -> Text {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = text.value.lines().filter(|line| !line.trim().is_empty());
    let common = filled.map(indent).min().unwrap_or(0);
    let (mut result, mut at) = (Text::default(), 0);
    for line in text.value.split_inclusive('\n') {
        let skip = indent(line.trim_end_matches('\n')).min(common);
        result.append(&text.part(at + skip..at + line.len()));
        at += line.len();
    }
    result
}

/// `template % values`, which stands at `span`: `%s`, `%d`, `%{name}` and `%<name>s`.
pub(super) fn formatted(template: &str, values: &Value, span: ByteSpan) -> Value {
    fill(template, values).map_or_else(Value::Unknown, |text| Value::Text(Text::standing_for(text, span)))
}

fn fill(template: &str, values: &Value) -> Result<String, Why> {
    let mut positional = match values {
        Value::Array(values) => values.clone(),
        Value::Hash(_) => Vec::new(),
        one => vec![one.clone()],
    }
    .into_iter();
    let named = |name: &str| match values {
        Value::Hash(pairs) => {
            let found = pairs.iter().find(|(key, _)| key.name() == Some(name));
            found.map(|(_, value)| printed(value)).ok_or_else(|| format!("%{{{name}}}"))?
        }
        _ => Err(format!("%{{{name}}}")),
    };
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('%') {
        text += before;
        let open = behind.chars().next();
        rest = match open {
            Some('%') => {
                text.push('%');
                &behind[1..]
            }
            Some('s' | 'd') => {
                text += &printed(&positional.next().ok_or("too few values for a format")?)?;
                &behind[1..]
            }
            Some('{') => {
                let (name, behind) = behind[1..].split_once('}').ok_or("a format")?;
                text += &named(name)?;
                behind
            }
            Some('<') => {
                let (name, behind) = behind[1..].split_once(">s").ok_or("a format")?;
                text += &named(name)?;
                behind
            }
            _ => return Err("a format".to_owned()),
        };
    }
    Ok(text + rest)
}
