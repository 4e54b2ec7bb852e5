//! Names and what they stand for, and the values of expressions.

mod builtins;
mod class;
mod metadata;
mod naming;
mod operators;
mod project;
pub mod runtime;
mod strings;

use std::rc::Rc;

use imbl::HashMap;

pub use super::value::truth;
use builtins::{NAMES, made};
pub use naming::Convention;
use operators::{arithmetic, item, member, unary};
pub use project::Project;
use strings::{characters, percent, printed};

use super::python::{
    Argument, Clause, Expression, ExpressionKind, Header, Imported, Literal, Module, Parameter, Part, Round, Star,
    Statement, StatementKind, Text, expression_at, literal,
};
use super::value::{Arguments, Made, Value, Why};
use crate::source::ByteSpan;

/// The names that a piece of code sees. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    values: HashMap<&'a str, Value>,
    functions: HashMap<&'a str, &'a Clause>,
    /// The modules from which everything was imported.
    stars: Vec<&'a str>,
    /// What is outside of the file; the module's scope has it.
    project: Option<Rc<Project>>,
}

/// Where names are looked up: what the function has, then what the module has.
#[derive(Clone, Copy)]
pub struct Names<'s, 'a> {
    /// The file.
    pub file: &'a str,
    /// The function's own names, the innermost last.
    pub scopes: &'s [Scope<'a>],
    /// How many functions of the file are being followed for their values.
    pub depth: usize,
}

impl<'a> Scope<'a> {
    /// The names of a module, from its statements at the top level.
    pub fn of_module(file: &'a str, module: &'a Module, project: &Rc<Project>) -> Scope<'a> {
        let mut scopes = [Scope { project: Some(project.clone()), ..Scope::default() }];
        for statement in &module.body {
            match &statement.kind {
                StatementKind::Import(imported) => scopes[0].import(imported),
                StatementKind::Assign { targets, value: Some(value), .. } => {
                    let value = Names { file, scopes: &scopes, depth: 0 }.value(value);
                    targets.iter().for_each(|target| scopes[0].assign(file, target, value.clone()));
                }
                _ => {
                    scopes[0].define(file, statement);
                    scopes[0].forget_changed(file, statement);
                    let class = Names { file, scopes: &scopes, depth: 0 }.class(statement, &module.body);
                    class.into_iter().for_each(|class| scopes[0].set(class.0, class.1));
                }
            }
        }
        let [scope] = scopes;
        scope
    }

    /// Takes the names that an import brings.
    pub fn import(&mut self, imported: &'a [Imported]) {
        for one in imported {
            match one.path.strip_suffix(".*") {
                Some(module) => self.stars.push(module),
                None => drop(self.values.insert(&one.name, Value::Imported(one.path.clone()))),
            }
        }
    }

    /// Takes a function that is defined here.
    pub fn define(&mut self, file: &'a str, statement: &'a Statement) {
        if let [clause @ Clause { header: Header::Function { name, .. }, .. }] = statement.clauses() {
            self.functions.insert(name.slice(file), clause);
        }
    }

    /// Gives a name, or several, a value.
    pub fn assign(&mut self, file: &'a str, target: &Expression, value: Value) {
        match &target.kind {
            ExpressionKind::Name => drop(self.values.insert(target.span.slice(file), value)),
            ExpressionKind::Tuple(parts) | ExpressionKind::List(parts) => {
                let values = match value {
                    Value::List(values) if values.len() == parts.len() => values,
                    other => vec![Value::Unknown(format!("a part of {}", other.kind())); parts.len()],
                };
                parts.iter().zip(values).for_each(|(part, value)| self.assign(file, part, value));
            }
            // `x.y = …` and `x[…] = …` change what x stands for.
            _ => self.forget(file, target),
        }
    }

    /// Gives a name a value.
    pub fn set(&mut self, name: &'a str, value: Value) {
        self.values.insert(name, value);
    }

    fn forget(&mut self, file: &'a str, target: &Expression) {
        target.walk(&mut |part| {
            if part.kind == ExpressionKind::Name {
                let name = part.span.slice(file);
                self.values.insert(name, Value::Unknown(format!("{name}, which is changed")));
            }
        });
    }

    /// Forgets the names that something gives another value without our following it.
    pub fn forget_changed(&mut self, file: &'a str, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Assign { targets, .. } => targets.iter().for_each(|target| self.forget(file, target)),
            StatementKind::Augment { target, .. } => self.forget(file, target),
            StatementKind::Import(imported) => self.import(imported),
            StatementKind::Word(word, values) if word.slice(file) == "del" => {
                values.iter().for_each(|value| self.forget(file, value));
            }
            // `rows.append(…)`: what is called may change what it belongs to.
            StatementKind::Expression(Expression { kind: ExpressionKind::Call(function, _), .. }) => {
                if let ExpressionKind::Attribute(of, _) = &function.kind
                    && of.kind == ExpressionKind::Name
                    && matches!(self.values.get(of.span.slice(file)), Some(Value::List(_) | Value::Dict(_)))
                {
                    self.forget(file, of);
                }
            }
            _ => {
                for clause in statement.clauses() {
                    match &clause.header {
                        Header::For(target, _) => self.forget(file, target),
                        Header::With(items) => {
                            items.iter().filter_map(|(_, name)| name.as_ref()).for_each(|name| self.forget(file, name));
                        }
                        Header::Function { name, .. } | Header::Class(name, _) => {
                            let name = name.slice(file);
                            self.values.insert(name, Value::Unknown(format!("{name}, which is defined here")));
                            continue;
                        }
                        _ => {}
                    }
                    clause.body.iter().for_each(|inner| self.forget_changed(file, inner));
                }
            }
        }
    }
}

/// How deep functions are followed for their values.
const MAX_DEPTH: usize = 8;
/// Lists longer than this are not made.
const MAX_ITEMS: usize = 10_000;
/// Strings longer than this are not put together.
const MAX_TEXT: usize = 1 << 20;

impl<'a> Names<'_, 'a> {
    /// What a name stands for.
    pub fn get(&self, name: &str) -> Value {
        let known = self.scopes.iter().rev().find_map(|scope| scope.values.get(name));
        if let Some(value) = known {
            return value.clone();
        }
        let stars: Vec<&str> = self.scopes.iter().flat_map(|scope| scope.stars.iter().copied()).collect();
        match stars[..] {
            [module] => Value::Imported(format!("{module}.{name}")),
            _ if NAMES.contains(&name) => Value::Imported(format!("builtins.{name}")),
            _ => Value::Unknown(format!("the name {name}")),
        }
    }

    /// A function of the file.
    pub fn function(&self, name: &str) -> Option<&'a Clause> {
        self.scopes.iter().rev().find_map(|scope| scope.functions.get(name).copied())
    }

    /// What an expression comes to.
    pub fn value(&self, expression: &Expression) -> Value {
        match &expression.kind {
            ExpressionKind::Name => match expression.span.slice(self.file) {
                "None" => Value::None,
                "True" => Value::Boolean(true),
                "False" => Value::Boolean(false),
                name => self.resolved(self.get(name), expression.span),
            },
            ExpressionKind::Number => Value::Number(expression.span.slice(self.file).replace('_', "")),
            ExpressionKind::Strings(literals) => self.strings(literals),
            ExpressionKind::Attribute(of, name) => {
                self.resolved(member(self.value(of), name.slice(self.file)), expression.span)
            }
            ExpressionKind::Call(function, arguments) => self.call(function, arguments, expression.span),
            ExpressionKind::List(parts) | ExpressionKind::Tuple(parts) | ExpressionKind::Set(parts) => {
                Value::List(self.values(parts))
            }
            ExpressionKind::Dict(pairs) => self.dictionary(pairs),
            ExpressionKind::Subscript(of, index) => match &index[..] {
                [index] => match (self.value(of), self.value(index)) {
                    (Value::Imported(path), Value::Text(name)) if path == "os.environ" => {
                        self.variable(&name.value, expression.span)
                    }
                    (of, index) => item(&of, &index),
                },
                _ => Value::Unknown("a slice".to_owned()),
            },
            ExpressionKind::Unary(operator, value) => unary(operator.slice(self.file), self.value(value)),
            ExpressionKind::Binary(left, operator, right) => {
                self.binary(&self.value(left), operator.slice(self.file), self.value(right), expression.span)
            }
            ExpressionKind::Conditional(value, test, other) => match truth(&self.value(test)) {
                Some(true) => self.value(value),
                Some(false) => self.value(other),
                None => Value::Unknown("a condition".to_owned()),
            },
            ExpressionKind::Comprehension(parts, rounds) => self.comprehension(parts, rounds),
            ExpressionKind::Starred(_) => Value::Unknown("a starred value".to_owned()),
            ExpressionKind::Other(_) => Value::Unknown("an expression".to_owned()),
        }
    }

    /// What an imported name stands for, when the project says it; its strings stand for `span` here.
    fn resolved(&self, value: Value, span: ByteSpan) -> Value {
        let (Value::Imported(path), Some(project)) = (&value, self.project()) else { return value };
        project.value(path).map_or_else(|| value.clone(), |found| found.standing_at(span))
    }

    fn project(&self) -> Option<&Rc<Project>> {
        self.scopes.first()?.project.as_ref()
    }

    /// An environment variable.
    fn variable(&self, name: &str, span: ByteSpan) -> Value {
        match self.project().and_then(|project| project.variable(name)) {
            Some(value) => Value::Text(Text::standing_for(value, span)),
            None => Value::Unknown(format!("the environment variable {name}")),
        }
    }

    /// How constraints without a name are named.
    pub fn convention(&self) -> Convention {
        self.project().map(|project| project.convention()).unwrap_or_default()
    }

    /// What a parameter of `upgrade` and `downgrade` stands for: `env.py` may give them arguments.
    pub fn argument(&self, name: &str) -> Value {
        match self.project().and_then(|project| project.argument(name)) {
            _ if name == "op" => Value::Imported("alembic.op".to_owned()),
            Some(value) if value.unknown().is_none() => value,
            _ => Value::Unknown(format!("the parameter {name}")),
        }
    }

    /// A class that is defined here, with its name, when its values are known.
    pub fn class(&self, statement: &'a Statement, beside: &[Statement]) -> Option<(&'a str, Value)> {
        let [clause @ Clause { header: Header::Class(name, _), .. }] = statement.clauses() else { return None };
        let class = class::read(self, clause, beside)?;
        Some((name.slice(self.file), Value::Class(Rc::new(class))))
    }

    fn values(&self, parts: &[Expression]) -> Vec<Value> {
        let mut values = Vec::new();
        for part in parts {
            match &part.kind {
                ExpressionKind::Starred(inner) => match self.value(inner) {
                    Value::List(inner) => values.extend(inner),
                    other => values.push(Value::Unknown(format!("*{}", other.kind()))),
                },
                _ => values.push(self.value(part)),
            }
        }
        values
    }

    /// What a comprehension over known values makes.
    fn comprehension(&self, parts: &[Expression], rounds: &[Round]) -> Value {
        let mut scopes = self.scopes.to_vec();
        scopes.push(Scope::default());
        let mut made = Vec::new();
        if let Err(why) = (Names { scopes: &scopes, ..*self }).rounds(parts, rounds, &mut made) {
            return Value::Unknown(why);
        }
        match parts {
            [_] => Value::List(made),
            _ => Value::Dict(made.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()),
        }
    }

    fn rounds(&self, parts: &[Expression], rounds: &[Round], made: &mut Vec<Value>) -> Result<(), Why> {
        let [round, inner @ ..] = rounds else {
            made.extend(parts.iter().map(|part| self.value(part)));
            return Ok(());
        };
        let values = match iterated(self.value(&round.values)) {
            Value::List(values) => values,
            other => return Err(other.kind()),
        };
        let mut scopes = self.scopes.to_vec();
        let last = scopes.len() - 1;
        for value in values {
            scopes[last].assign(self.file, &round.target, value);
            let names = Names { scopes: &scopes, ..*self };
            let mut is_taken = true;
            for test in &round.tests {
                is_taken &= truth(&names.value(test)).ok_or("a list with a condition")?;
            }
            if is_taken {
                names.rounds(parts, inner, made)?;
            }
            if made.len() > MAX_ITEMS {
                return Err("a very long list".to_owned());
            }
        }
        Ok(())
    }

    fn dictionary(&self, pairs: &[(Option<Expression>, Expression)]) -> Value {
        let mut all = Vec::new();
        for (key, value) in pairs {
            match (key, self.value(value)) {
                (Some(key), value) => all.push((self.value(key), value)),
                (None, Value::Dict(inner)) => all.extend(inner),
                (None, other) => return Value::Unknown(format!("**{}", other.kind())),
            }
        }
        Value::Dict(all)
    }

    fn strings(&self, literals: &[ByteSpan]) -> Value {
        let mut whole = Text::default();
        for span in literals {
            let Literal::Text(parts) = literal(self.file, *span) else {
                return Value::Unknown("bytes or a template string".to_owned());
            };
            for part in parts {
                match part {
                    Part::Text(text) if runtime::is_in(&text.value) => {
                        return Value::Unknown("a string with characters for private use".to_owned());
                    }
                    Part::Text(text) => whole.append(&text),
                    Part::Field(field) => match self.field(field) {
                        Ok(text) => whole.append(&Text::standing_for(text, field)),
                        Err(why) => return Value::Unknown(why),
                    },
                }
            }
        }
        if whole.value.len() > MAX_TEXT {
            return Value::Unknown("a very long string".to_owned());
        }
        strings::text(whole)
    }

    /// What stands in the braces of an f-string, when it is an expression without a format.
    fn field(&self, field: ByteSpan) -> Result<String, Why> {
        let expression = expression_at(self.file, field).ok_or("an f-string with a format")?;
        printed(&self.value(&expression)).map_err(|why| format!("an f-string with {why}"))
    }

    /// The arguments of a call.
    ///
    /// # Errors
    /// When some stand for several (`*x`, `**x`) that are not known.
    pub fn arguments(&self, arguments: &[Argument]) -> Result<Arguments, Why> {
        let mut all = Arguments::default();
        for argument in arguments {
            let value = self.value(&argument.value);
            match (argument.star, argument.name, value) {
                (Star::None, Some(name), value) => all.named.push((name.slice(self.file).to_owned(), value)),
                (Star::None, None, value) => all.positional.push(value),
                (Star::One, _, Value::List(values)) => all.positional.extend(values),
                (Star::Two, _, Value::Dict(pairs)) => {
                    for (key, value) in pairs {
                        let name = key.text().ok_or("**a dictionary without names")?.to_owned();
                        all.named.push((name, value));
                    }
                }
                (Star::One, _, other) => return Err(format!("*{}", other.kind())),
                (Star::Two, _, other) => return Err(format!("**{}", other.kind())),
            }
        }
        Ok(all)
    }

    fn call(&self, function: &Expression, arguments: &[Argument], span: ByteSpan) -> Value {
        let arguments = match self.arguments(arguments) {
            Ok(arguments) => arguments,
            Err(why) => return Value::Unknown(why),
        };
        if let Some(value) = self.returned(function, &arguments) {
            return value;
        }
        let (path, receiver) = match &function.kind {
            ExpressionKind::Attribute(..) if matches!(self.value(function), Value::Class(_)) => {
                let Value::Class(class) = self.value(function) else { return Value::None };
                let made = Made { path: class.name.clone(), receiver: None, arguments, span };
                return class::instance(&class, made);
            }
            ExpressionKind::Attribute(of, name) => match self.value(of) {
                Value::Imported(path) => (format!("{path}.{}", name.slice(self.file)), None),
                Value::Unknown(why) => return Value::Unknown(why),
                receiver => (format!(".{}", name.slice(self.file)), Some(receiver)),
            },
            _ => match self.value(function) {
                Value::Imported(path) => (path, None),
                Value::Member(of, name) => (format!(".{name}"), Some(of.as_ref().clone())),
                Value::Class(class) => {
                    let made = Made { path: class.name.clone(), receiver: None, arguments, span };
                    return class::instance(&class, made);
                }
                Value::Unknown(why) => return Value::Unknown(format!("a call of {why}")),
                other => return Value::Unknown(format!("a call of {}", other.kind())),
            },
        };
        if let ("os.getenv" | "os.environ.get", [Value::Text(name), ..]) = (path.as_str(), &arguments.positional[..]) {
            return self.variable(&name.value, span);
        }
        made(Made { path, receiver, arguments, span })
    }

    /// What a function of the file returns, when that is all that it does.
    fn returned(&self, function: &Expression, arguments: &Arguments) -> Option<Value> {
        if function.kind != ExpressionKind::Name || self.depth == MAX_DEPTH {
            return None;
        }
        let clause = self.function(function.span.slice(self.file))?;
        let Header::Function { parameters, .. } = &clause.header else { return None };
        let [value] = returns(self.file, clause)? else { return None };
        let scopes = [self.scopes.first()?.clone(), self.bound(parameters, arguments).ok()?];
        Some(Names { file: self.file, scopes: &scopes, depth: self.depth + 1 }.value(value))
    }

    /// The names that a function sees of its own when it is called.
    ///
    /// # Errors
    /// When the arguments do not fit its parameters.
    pub fn bound(&self, parameters: &'a [Parameter], arguments: &Arguments) -> Result<Scope<'a>, Why> {
        let mut scope = Scope::default();
        let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.slice(self.file)).collect();
        arguments.only(known.len(), &known)?;
        for (position, parameter) in parameters.iter().enumerate() {
            let name = parameter.name.slice(self.file);
            let value = match (arguments.get(position, name), &parameter.default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.value(default),
                (None, None) => return Err(format!("a call without {name}")),
            };
            scope.set(name, value);
        }
        Ok(scope)
    }

    fn binary(&self, left: &Value, operator: &str, right: Value, span: ByteSpan) -> Value {
        if let ("+", Some(left), Some(right)) = (operator, characters(left), characters(&right))
            && left.value.len() + right.value.len() <= MAX_TEXT
        {
            let mut both = left.clone();
            both.append(right);
            return strings::text(both);
        }
        match (left, operator, &right) {
            (Value::Unknown(why), ..) | (_, _, Value::Unknown(why)) => Value::Unknown(why.clone()),
            (Value::List(left), "+", Value::List(right)) => Value::List(left.iter().chain(right).cloned().collect()),
            (Value::Text(template) | Value::Template(template), "%", values) => {
                percent(&template.value, values).map_or_else(Value::Unknown, |text| strings::standing_for(text, span))
            }
            (Value::Text(left), "==", Value::Text(right)) => Value::Boolean(left.value == right.value),
            (Value::Text(left), "!=", Value::Text(right)) => Value::Boolean(left.value != right.value),
            (Value::Text(left), "in" | "not in", Value::List(values))
                if values.iter().all(|value| value.text().is_some()) =>
            {
                let is_in = values.iter().any(|value| value.text() == Some(&left.value));
                Value::Boolean(is_in == (operator == "in"))
            }
            (Value::Number(left), "+" | "-" | "*", Value::Number(right)) => arithmetic(left, operator, right),
            (Value::Boolean(left), "and", Value::Boolean(right)) => Value::Boolean(*left && *right),
            (Value::Boolean(left), "or", Value::Boolean(right)) => Value::Boolean(*left || *right),
            _ if left.is_clause() || right.is_clause() => {
                Value::Clause(Rc::new((left.clone(), operator.to_owned(), right)))
            }
            _ => Value::Unknown(format!("an expression with {operator}")),
        }
    }
}

/// What a loop goes over: the members of an enumeration, the keys of a dictionary; anything else as it is.
pub fn iterated(value: Value) -> Value {
    match value {
        Value::Class(class) if class.is_enum() => {
            let member = |name: &str| Value::Member(Rc::new(Value::Class(class.clone())), name.to_owned());
            Value::List(class.members().into_iter().map(member).collect())
        }
        Value::Dict(pairs) => Value::List(pairs.into_iter().map(|(key, _)| key).collect()),
        other => other,
    }
}

/// What a function returns that does nothing else.
pub fn returns<'a>(file: &str, clause: &'a Clause) -> Option<&'a [Expression]> {
    let (last, before) = clause.body.split_last()?;
    let is_docstring = |statement: &Statement| {
        matches!(&statement.kind, StatementKind::Expression(Expression { kind: ExpressionKind::Strings(_), .. }))
    };
    match &last.kind {
        StatementKind::Word(word, values) if word.slice(file) == "return" && before.iter().all(is_docstring) => {
            Some(values)
        }
        _ => None,
    }
}

/// Whether a statement gives a name a value, wherever in it.
fn binds(file: &str, statement: &Statement, name: &str) -> bool {
    let is_in = |target: &Expression| {
        let mut is_in = false;
        target.walk(&mut |part| is_in |= part.is_name(file, name));
        is_in
    };
    match &statement.kind {
        StatementKind::Assign { targets, .. } => targets.iter().any(is_in),
        StatementKind::Augment { target, .. } => is_in(target),
        StatementKind::Import(imported) => imported.iter().any(|one| one.name == name),
        StatementKind::Word(word, values) => word.slice(file) == "del" && values.iter().any(is_in),
        _ => statement.clauses().iter().any(|clause| match &clause.header {
            Header::Function { name: own, .. } | Header::Class(own, _) => own.slice(file) == name,
            header => {
                let is_bound = match header {
                    Header::For(target, _) => is_in(target),
                    Header::With(items) => items.iter().any(|(_, own)| own.as_ref().is_some_and(is_in)),
                    _ => false,
                };
                is_bound || clause.body.iter().any(|inner| binds(file, inner, name))
            }
        }),
    }
}
