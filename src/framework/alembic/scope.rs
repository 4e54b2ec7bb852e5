//! Names and what they stand for, and the values of expressions.

use std::rc::Rc;

use imbl::HashMap;

use super::python::{
    Argument, Clause, Expression, ExpressionKind, Header, Imported, Literal, Module, Parameter, Part, Star, Statement,
    StatementKind, Text, expression_at, literal,
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
    pub fn of_module(file: &'a str, module: &'a Module) -> Scope<'a> {
        let mut scopes = [Scope::default()];
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
    pub fn assign(&mut self, file: &'a str, target: &'a Expression, value: Value) {
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

    fn forget(&mut self, file: &'a str, target: &'a Expression) {
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
            _ if matches!(
                name,
                "str"
                    | "int"
                    | "len"
                    | "range"
                    | "list"
                    | "tuple"
                    | "sorted"
                    | "dict"
                    | "set"
                    | "print"
                    | "reversed"
                    | "enumerate"
                    | "zip"
            ) =>
            {
                Value::Imported(format!("builtins.{name}"))
            }
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
                name => self.get(name),
            },
            ExpressionKind::Number => Value::Number(expression.span.slice(self.file).replace('_', "")),
            ExpressionKind::Strings(literals) => self.strings(literals),
            ExpressionKind::Attribute(of, name) => member(self.value(of), name.slice(self.file)),
            ExpressionKind::Call(function, arguments) => self.call(function, arguments, expression.span),
            ExpressionKind::List(parts) | ExpressionKind::Tuple(parts) | ExpressionKind::Set(parts) => {
                Value::List(self.values(parts))
            }
            ExpressionKind::Dict(pairs) => self.dictionary(pairs),
            ExpressionKind::Subscript(of, index) => match &index[..] {
                [index] => item(&self.value(of), &self.value(index)),
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
            ExpressionKind::Starred(_) => Value::Unknown("a starred value".to_owned()),
            ExpressionKind::Other(_) => Value::Unknown("an expression".to_owned()),
        }
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
        Value::Text(whole)
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
            ExpressionKind::Attribute(of, name) => match self.value(of) {
                Value::Imported(path) => (format!("{path}.{}", name.slice(self.file)), None),
                Value::Unknown(why) => return Value::Unknown(why),
                receiver => (format!(".{}", name.slice(self.file)), Some(receiver)),
            },
            _ => match self.value(function) {
                Value::Imported(path) => (path, None),
                Value::Member(of, name) => (format!(".{name}"), Some(of.as_ref().clone())),
                Value::Unknown(why) => return Value::Unknown(format!("a call of {why}")),
                other => return Value::Unknown(format!("a call of {}", other.kind())),
            },
        };
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
        match (left, operator, &right) {
            (Value::Unknown(why), ..) | (_, _, Value::Unknown(why)) => Value::Unknown(why.clone()),
            (Value::Text(left), "+", Value::Text(right)) if left.value.len() + right.value.len() <= MAX_TEXT => {
                let mut both = left.clone();
                both.append(right);
                Value::Text(both)
            }
            (Value::List(left), "+", Value::List(right)) => Value::List(left.iter().chain(right).cloned().collect()),
            (Value::Text(template), "%", values) => percent(&template.value, values)
                .map_or_else(Value::Unknown, |text| Value::Text(Text::standing_for(text, span))),
            (Value::Text(left), "==", Value::Text(right)) => Value::Boolean(left.value == right.value),
            (Value::Text(left), "!=", Value::Text(right)) => Value::Boolean(left.value != right.value),
            (Value::Text(left), "in", Value::List(values)) if values.iter().all(|value| value.text().is_some()) => {
                Value::Boolean(values.iter().any(|value| value.text() == Some(&left.value)))
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

fn arithmetic(left: &str, operator: &str, right: &str) -> Value {
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let result = numbers.and_then(|(left, right)| match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        _ => left.checked_mul(right),
    });
    result.map_or_else(|| Value::Unknown(format!("an expression with {operator}")), |n| Value::Number(n.to_string()))
}

fn unary(operator: &str, value: Value) -> Value {
    match (operator, value) {
        (_, Value::Unknown(why)) => Value::Unknown(why),
        ("-", Value::Number(number)) => Value::Number(format!("-{number}")),
        ("not", value) => match truth(&value) {
            Some(is_true) => Value::Boolean(!is_true),
            None => Value::Unknown("a condition".to_owned()),
        },
        (operator, value) => Value::Unknown(format!("{operator} {}", value.kind())),
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

/// An attribute of a value.
fn member(of: Value, name: &str) -> Value {
    match of {
        Value::Imported(path) => Value::Imported(format!("{path}.{name}")),
        Value::Unknown(why) => Value::Unknown(why),
        Value::Connection if matches!(name, "engine" | "bind" | "connection") => Value::Connection,
        Value::Made(made) if is_context(&made) && matches!(name, "bind" | "connection") => Value::Connection,
        Value::Member(of, own) if own == "dialect" && name == "name" && is_database(&of) => {
            Value::Text(Text::standing_for("postgresql", ByteSpan::new(0, 0)))
        }
        other => Value::Member(Rc::new(other), name.to_owned()),
    }
}

fn is_context(made: &Made) -> bool {
    made.path == "alembic.op.get_context" || made.path == "alembic.context.get_context"
}

fn is_database(of: &Value) -> bool {
    match of {
        Value::Connection => true,
        Value::Made(made) => is_context(made),
        _ => false,
    }
}

fn item(of: &Value, index: &Value) -> Value {
    let found = match (of, index) {
        (Value::Dict(pairs), key) => {
            pairs.iter().rev().find(|(own, _)| own.text().is_some() && own.text() == key.text()).map(|(_, value)| value)
        }
        (Value::List(values), Value::Number(at)) => at.parse().ok().and_then(|at: usize| values.get(at)),
        _ => None,
    };
    found.cloned().unwrap_or_else(|| Value::Unknown(format!("an item of {}", of.kind())))
}

/// A call whose result is plain, or what it made.
fn made(made: Made) -> Value {
    let argument = made.arguments.positional.first();
    match (made.path.as_str(), &made.receiver) {
        ("alembic.op.get_bind", None) => return Value::Connection,
        ("alembic.op.f", None) => {
            return argument.or(made.arguments.named("name")).cloned().unwrap_or(Value::None);
        }
        (".f", Some(Value::Batch(_))) => {
            return argument.or(made.arguments.named("name")).cloned().unwrap_or(Value::None);
        }
        ("textwrap.dedent", None) => {
            // Blanks at the beginning of lines are all that it takes away.
            return argument.cloned().unwrap_or(Value::None);
        }
        ("builtins.str", None) => {
            if let Some(text) = argument.and_then(|argument| printed(argument).ok()) {
                return Value::Text(Text::standing_for(text, made.span));
            }
        }
        (path, None) if path.starts_with("builtins.") && path != "builtins.dict" => {
            if let Some(values) = sequence(path, &made.arguments.positional) {
                return Value::List(values);
            }
        }
        ("builtins.dict", None) if made.arguments.positional.is_empty() => {
            let key = |name: &str| Value::Text(Text::standing_for(name, made.span));
            return Value::Dict(made.arguments.named.iter().map(|(name, value)| (key(name), value.clone())).collect());
        }
        (_, Some(Value::Text(text))) => return method_of_text(text, &made),
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

fn method_of_text(text: &Text, made: &Made) -> Value {
    let arguments = &made.arguments;
    let value = &text.value;
    let standing = |value: String| Value::Text(Text::standing_for(value, made.span));
    match (made.path.as_str(), &arguments.positional[..]) {
        (".strip", []) => {
            let start = value.len() - value.trim_start().len();
            Value::Text(text.part(start..start + value.trim().len()))
        }
        (".lower", []) => standing(value.to_lowercase()),
        (".upper", []) => standing(value.to_uppercase()),
        (".replace", [Value::Text(from), Value::Text(to)]) if !from.value.is_empty() => {
            standing(value.replace(&from.value, &to.value))
        }
        (".format", _) => format(value, arguments).map_or_else(Value::Unknown, standing),
        (".join", [Value::List(values)]) => {
            let parts: Result<Vec<&str>, Why> =
                values.iter().map(|value| value.text().ok_or_else(|| value.kind())).collect();
            parts.map_or_else(Value::Unknown, |parts| standing(parts.join(value)))
        }
        (name, _) => Value::Unknown(format!("a call of {name}")),
    }
}

/// What `str()` gives.
fn printed(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => Ok(text.value.clone()),
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

/// `template % values`, with nothing but `%s`, `%d` and `%(name)s`.
fn percent(template: &str, values: &Value) -> Result<String, Why> {
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
