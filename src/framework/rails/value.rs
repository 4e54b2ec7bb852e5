//! Values of Ruby expressions, as far as a reader sees them without running anything, and calls with such values.

use crate::framework::text::Text;
use crate::source::ByteSpan;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(Text),
    /// A symbol, by its name.
    Symbol(String),
    /// A number as Ruby writes it, without `_`: `255`, `-1`, `0.5`, `1e3`.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `nil`.
    Nil,
    /// An array.
    Array(Vec<Value>),
    /// A hash.
    Hash(Vec<(Value, Value)>),
    /// `-> { … }`, by what it returns.
    Proc(Box<Value>),
    /// Nothing that a reader sees; why, in a few words.
    Unknown(String),
}

/// The arguments of a call. A hash at the end whose keys are symbols, in braces or not, is `named`: Active Record's schema methods
/// take both alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// Those without names, in order.
    pub positional: Vec<Value>,
    /// Those with names, in order.
    pub named: Vec<(String, Value)>,
}

/// A call of a schema method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// What it is called on.
    pub receiver: Receiver,
    /// Its arguments.
    pub arguments: Arguments,
    /// What its block calls on the table, in order; `None` without a block.
    pub block: Option<Vec<BlockCall>>,
    /// The call, with its block.
    pub span: ByteSpan,
}

/// What a schema method is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// The migration: table names get the prefix and the suffix, and the version in brackets has its say.
    Migration,
    /// The connection, which knows of neither.
    Connection,
}

/// A call of a method of the table in the block of `create_table` or `change_table`: `t.string :name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockCall {
    /// The method.
    pub method: String,
    /// Its arguments.
    pub arguments: Arguments,
    /// The call.
    pub span: ByteSpan,
}

/// Why a call is not understood, in a few words.
pub type Why = String;

impl Value {
    /// A string's characters, or a symbol's name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(&text.value),
            Value::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// Why it is not known, when it or something in it is not.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Value::Unknown(why) => Some(why),
            Value::Array(values) => values.iter().find_map(Value::unknown),
            Value::Hash(pairs) => pairs.iter().find_map(|(key, value)| key.unknown().or(value.unknown())),
            Value::Proc(value) => value.unknown(),
            _ => None,
        }
    }

    /// Ruby takes everything for true but `false` and `nil`.
    pub fn is_true(&self) -> bool {
        !matches!(self, Value::Nil | Value::Boolean(false))
    }

    /// What kind of value it is, for a person.
    pub fn kind(&self) -> String {
        match self {
            Value::Text(_) => "a string".to_owned(),
            Value::Symbol(name) => format!(":{name}"),
            Value::Number(number) => number.clone(),
            Value::Boolean(on) => on.to_string(),
            Value::Nil => "nil".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            Value::Hash(_) => "a hash".to_owned(),
            Value::Proc(_) => "a proc".to_owned(),
            Value::Unknown(why) => why.clone(),
        }
    }
}

impl Arguments {
    /// The argument with this name.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Why one of them is not known, when one is not.
    pub fn unknown(&self) -> Option<&str> {
        let named = self.named.iter().map(|(_, value)| value);
        self.positional.iter().chain(named).find_map(Value::unknown)
    }
}
