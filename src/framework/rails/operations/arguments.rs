//! Arguments as Active Record takes them: options that are asked for, changed and passed on.

use crate::framework::rails::value::{Arguments, Value, Why};
use crate::framework::text::Text;
use crate::source::ByteSpan;

impl Arguments {
    /// An option, `nil` where it is left out.
    pub(super) fn option(&self, name: &str) -> &Value {
        self.named(name).unwrap_or(&Value::Nil)
    }

    /// It is there, be it `nil`: `options.key?`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named(name).is_some()
    }

    /// It is there and neither `nil` nor `false`.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.option(name).is_true()
    }

    /// Gives an option another value.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.named.retain(|(own, _)| own != name);
        self.named.push((name.to_owned(), value));
    }

    /// `options[name] ||= value`.
    pub(super) fn set_unless_on(&mut self, name: &str, value: Value) {
        if !self.is_on(name) {
            self.set(name, value);
        }
    }

    /// Takes an option out.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let value = self.named(name).cloned();
        self.named.retain(|(own, _)| own != name);
        value
    }

    /// The same without some options.
    pub(super) fn without(&self, names: &[&str]) -> Arguments {
        let named = self.named.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect();
        Arguments { positional: self.positional.clone(), named }
    }

    /// Only its options.
    pub(super) fn options(&self) -> Arguments {
        Arguments { positional: Vec::new(), named: self.named.clone() }
    }

    /// The string or symbol at a place.
    pub(super) fn name_at(&self, at: usize, what: &str) -> Result<&str, Why> {
        let value = self.positional.get(at).ok_or_else(|| format!("{what} is left out"))?;
        value.name().ok_or_else(|| format!("{what} is {}", value.kind()))
    }

    /// An option that is a string or a symbol; `None` where it is `nil` or left out.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Why> {
        match self.option(name) {
            Value::Nil => Ok(None),
            value => value.name().map(Some).ok_or_else(|| format!("{name} is {}", value.kind())),
        }
    }

    /// An option that is a whole number; `None` where it is `nil` or left out.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Why> {
        match self.option(name) {
            Value::Nil => Ok(None),
            Value::Number(number) => number.parse().map(Some).map_err(|_| format!("{name} is {number}")),
            value => Err(format!("{name} is {}", value.kind())),
        }
    }

    /// Fails on an option that is none of these.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Why> {
        match self.named.iter().find(|(name, _)| !name.starts_with('_') && !names.contains(&name.as_str())) {
            Some((name, _)) => Err(format!("option {name}")),
            None => Ok(()),
        }
    }

    /// Fails on more arguments than `most` without names.
    pub(super) fn at_most(&self, most: usize) -> Result<(), Why> {
        match self.positional.len() > most {
            true => Err("too many arguments".to_owned()),
            false => Ok(()),
        }
    }
}

/// A string that stands nowhere in the file.
pub(in crate::framework::rails) fn string(value: &str) -> Value {
    Value::Text(Text::standing_for(value, ByteSpan::new(0, 0)))
}

/// The strings and symbols of an array, or a single one: `Array(value)`.
pub(super) fn names(value: &Value, what: &str) -> Result<Vec<String>, Why> {
    let one = |value: &Value| value.name().map(str::to_owned).ok_or_else(|| format!("{what} is {}", value.kind()));
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        Value::Nil => Ok(Vec::new()),
        other => Ok(vec![one(other)?]),
    }
}

/// The options in a hash whose keys are symbols or strings; none for anything else.
pub(super) fn hash_options(value: &Value) -> Result<Arguments, Why> {
    let Value::Hash(pairs) = value else { return Ok(Arguments::default()) };
    let pair = |(key, value): &(Value, Value)| match key.name() {
        Some(name) => Ok((name.to_owned(), value.clone())),
        None => Err(format!("a key that is {}", key.kind())),
    };
    Ok(Arguments { positional: Vec::new(), named: pairs.iter().map(pair).collect::<Result<_, _>>()? })
}
