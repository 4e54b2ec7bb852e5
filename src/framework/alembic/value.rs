//! Values of Python expressions, as far as a reader sees them without running anything.

use std::rc::Rc;

use super::python::Text;
use crate::source::ByteSpan;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(Text),
    /// A number, as it is written.
    Number(String),
    /// `True` or `False`.
    Boolean(bool),
    /// `None`.
    None,
    /// A list, a tuple or a set.
    List(Vec<Value>),
    /// A dictionary.
    Dict(Vec<(Value, Value)>),
    /// A string with parts that are known only when it runs; [`runtime`](super::scope::runtime) says which.
    Template(Text),
    /// What an import brings, with its full path: `sqlalchemy.Integer`.
    Imported(String),
    /// A class of the file, or of the project.
    Class(Rc<Class>),
    /// What a call of something imported makes: `sqlalchemy.Column(…)`.
    Made(Rc<Made>),
    /// An attribute of something that a call made: `table.c`.
    Member(Rc<Value>, String),
    /// Two values and the operator between them, where one of them is a clause of SQLAlchemy's.
    Clause(Rc<(Value, String, Value)>),
    /// The connection: `op.get_bind()`.
    Connection,
    /// `with op.batch_alter_table(…) as batch_op`.
    Batch(Rc<Batch>),
    /// Nothing that a reader sees; why, in a few words.
    Unknown(String),
}

/// A call of something imported, or of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The full path of what is called; for a method its name with a dot before it.
    pub path: String,
    /// What the method belongs to.
    pub receiver: Option<Value>,
    /// Its arguments.
    pub arguments: Arguments,
    /// The call.
    pub span: ByteSpan,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// Those without names, in order.
    pub positional: Vec<Value>,
    /// Those with names, in order.
    pub named: Vec<(String, Value)>,
}

/// The table of a `batch_alter_table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub table: Value,
    /// Its schema.
    pub schema: Value,
}

/// Why a call is not understood, in a few words.
pub type Why = String;

impl Value {
    /// The same value in another place: its strings stand for what `span` covers.
    #[must_use]
    pub fn standing_at(self, span: ByteSpan) -> Value {
        let list = |values: Vec<Value>| values.into_iter().map(|value| value.standing_at(span)).collect();
        let pair = |(key, value): (Value, Value)| (key.standing_at(span), value.standing_at(span));
        match self {
            Value::Text(text) => Value::Text(Text::standing_for(text.value, span)),
            Value::Template(text) => Value::Template(Text::standing_for(text.value, span)),
            Value::List(values) => Value::List(list(values)),
            Value::Dict(pairs) => Value::Dict(pairs.into_iter().map(pair).collect()),
            Value::Member(of, name) => Value::Member(Rc::new(of.as_ref().clone().standing_at(span)), name),
            Value::Clause(parts) => {
                let (left, operator, right) = parts.as_ref().clone();
                Value::Clause(Rc::new((left.standing_at(span), operator, right.standing_at(span))))
            }
            Value::Made(made) => {
                let Made { path, receiver, arguments, .. } = made.as_ref().clone();
                let named = arguments.named.into_iter().map(|(name, value)| (name, value.standing_at(span))).collect();
                let arguments = Arguments { positional: list(arguments.positional), named };
                let receiver = receiver.map(|receiver| receiver.standing_at(span));
                Value::Made(Rc::new(Made { path, receiver, arguments, span }))
            }
            // These have no place, or are made anew where they are used.
            Value::Class(_)
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::None
            | Value::Imported(_)
            | Value::Connection
            | Value::Batch(_)
            | Value::Unknown(_) => self,
        }
    }

    /// A string's characters.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(&text.value),
            _ => None,
        }
    }

    /// `None`, or not there.
    pub fn is_none(&self) -> bool {
        *self == Value::None
    }

    /// Why it is not known, when it is not.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Value::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// It is a clause of SQLAlchemy's, or may be one.
    pub fn is_clause(&self) -> bool {
        matches!(self, Value::Made(_) | Value::Member(..) | Value::Clause(_) | Value::Imported(_))
    }

    /// What kind of value it is, for a person.
    pub fn kind(&self) -> String {
        match self {
            Value::Text(_) => "a string".to_owned(),
            Value::Number(_) => "a number".to_owned(),
            Value::Boolean(_) => "True or False".to_owned(),
            Value::None => "None".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Dict(_) => "a dictionary".to_owned(),
            Value::Template(_) => "a string that is known only when it runs".to_owned(),
            Value::Imported(path) => path.clone(),
            Value::Class(class) => class.name.clone(),
            Value::Made(made) => made.found().map_or_else(|| made.path.clone(), str::to_owned),
            Value::Member(of, name) => of.found().map_or_else(|| format!(".{name}"), str::to_owned),
            Value::Clause(_) => self.found().unwrap_or("an expression").to_owned(),
            Value::Connection => "the connection".to_owned(),
            Value::Batch(_) => "a batch".to_owned(),
            Value::Unknown(why) => why.clone(),
        }
    }
}

impl Value {
    /// What it depends on in the database, in a few words, when it does.
    fn found(&self) -> Option<&'static str> {
        match self {
            Value::Made(made) => made.found(),
            Value::Member(of, _) => of.found(),
            Value::Clause(parts) => parts.0.found().or_else(|| parts.2.found()),
            _ => None,
        }
    }
}

impl Made {
    fn found(&self) -> Option<&'static str> {
        match (&self.receiver, self.path.rsplit('.').next()) {
            (Some(Value::Connection), _) => Some("what a query finds"),
            (Some(receiver), _) => receiver.found(),
            (None, Some("inspect" | "from_engine" | "Inspector")) => Some("what the inspector finds"),
            _ => None,
        }
    }
}

impl Arguments {
    /// The argument that stands at `position` or has this name; `None` where it is left out.
    pub fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.positional.get(position).or_else(|| self.named(name))
    }

    /// The argument with this name.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of an argument; `None` where it is left out or `None`.
    ///
    /// # Errors
    /// When it is something else, or unknown.
    pub fn text(&self, position: usize, name: &str) -> Result<Option<&str>, Why> {
        match self.get(position, name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(&text.value)),
            Some(other) => Err(format!("{name} is {}", other.kind())),
        }
    }

    /// As [`Arguments::text`], for an argument that must be there.
    ///
    /// # Errors
    /// When it is left out or not text.
    pub fn needed(&self, position: usize, name: &str) -> Result<&str, Why> {
        self.text(position, name)?.ok_or_else(|| format!("{name} is None"))
    }

    /// A switch; `None` where it is left out or `None`.
    ///
    /// # Errors
    /// When it is something else, or unknown.
    pub fn switch(&self, name: &str) -> Result<Option<bool>, Why> {
        match self.named(name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Boolean(on)) => Ok(Some(*on)),
            Some(other) => Err(format!("{name} is {}", other.kind())),
        }
    }

    /// A switch that is off where it is left out.
    ///
    /// # Errors
    /// As [`Arguments::switch`].
    pub fn is_on(&self, name: &str) -> Result<bool, Why> {
        Ok(self.switch(name)?.unwrap_or(false))
    }

    /// A list of texts.
    ///
    /// # Errors
    /// When it is something else, or unknown.
    pub fn texts(&self, position: usize, name: &str) -> Result<Vec<&str>, Why> {
        match self.get(position, name) {
            Some(Value::List(values)) => values
                .iter()
                .map(|value| value.text().ok_or_else(|| format!("{name} holds {}", value.kind())))
                .collect(),
            // A text is a sequence of its characters, which nobody means: a single column is one.
            Some(other) => Err(format!("{name} is {}", other.kind())),
            None => Err(format!("{name} is left out")),
        }
    }

    /// Fails when there is an argument of another name, apart from those for other databases.
    ///
    /// # Errors
    /// Names the argument.
    pub fn only(&self, positional: usize, names: &[&str]) -> Result<(), Why> {
        let for_others = ["mysql_", "mariadb_", "sqlite_", "mssql_", "oracle_"];
        let is_known = |name: &str| names.contains(&name) || for_others.iter().any(|other| name.starts_with(other));
        if let Some((name, _)) = self.named.iter().find(|(name, _)| !is_known(name)) {
            return Err(format!("argument {name}"));
        }
        if self.positional.len() > positional {
            return Err("too many arguments".to_owned());
        }
        Ok(())
    }
}

/// Whether Python takes it for true, where that can be told.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(on) => Some(*on),
        Value::None => Some(false),
        Value::Text(text) => Some(!text.value.is_empty()),
        Value::List(values) => Some(!values.is_empty()),
        _ => None,
    }
}

/// A class whose values are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ClassKind,
    /// What its body gives names, in order; of an enumeration its members are among them.
    pub attributes: Vec<(String, Value)>,
    /// Its methods.
    pub methods: Vec<String>,
    /// What `load_dialect_impl` returns for PostgreSQL, where it has one; why that is not known.
    pub for_postgresql: Option<Result<Value, Why>>,
    /// What its `__init__`, which takes nothing, gives the `__init__` that it comes from.
    pub given: Option<Arguments>,
}

/// What a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassKind {
    /// An enumeration.
    Enum,
    /// An enumeration whose members are strings or numbers, and print as these.
    PrintedEnum,
    /// Names for values.
    Constants,
    /// A dictionary whose keys are its attributes, too.
    AttributeDict,
    /// `TypeDecorator`: it stands for a type of SQLAlchemy's.
    Type,
    /// `UserDefinedType`: it says itself what it is in SQL.
    OwnType,
}

impl Class {
    /// Something that its body gives a name.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// It is an enumeration.
    pub fn is_enum(&self) -> bool {
        matches!(self.kind, ClassKind::Enum | ClassKind::PrintedEnum)
    }

    /// It is a type of columns.
    pub fn is_type(&self) -> bool {
        matches!(self.kind, ClassKind::Type | ClassKind::OwnType)
    }

    /// The names of an enumeration's members, in order. A second name for the same value is no member.
    pub fn members(&self) -> Vec<&str> {
        let mut members: Vec<(&str, &Value)> = Vec::new();
        for (name, value) in &self.attributes {
            let is_other_name = |(_, own): &(&str, &Value)| match (own.text(), value.text()) {
                (None, None) => *own == value && value.unknown().is_none(),
                (own, other) => own == other,
            };
            if !name.starts_with('_') && !members.iter().any(is_other_name) {
                members.push((name, value));
            }
        }
        members.into_iter().map(|(name, _)| name).collect()
    }
}
