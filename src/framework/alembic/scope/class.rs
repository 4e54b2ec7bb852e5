//! Classes that are nothing but values: enumerations, constants, and types that stand for one of SQLAlchemy's.

use std::rc::Rc;

use super::metadata::are_tables;
use super::{Names, Scope};
use crate::framework::alembic::python::{
    Argument, Clause, Expression, ExpressionKind, Header, Parameter, Statement, StatementKind,
};
use crate::framework::alembic::value::{Arguments, Class, ClassKind, Made, Value, Why, truth};

/// An attribute of a class: a constant, or a member of an enumeration.
pub(super) fn attribute(class: &Rc<Class>, name: &str) -> Value {
    match class.attribute(name) {
        Some(_) if class.is_enum() && !name.starts_with('_') => {
            Value::Member(Rc::new(Value::Class(class.clone())), name.to_owned())
        }
        Some(value) => value.clone(),
        None => Value::Unknown(format!("{}.{name}", class.name)),
    }
}

/// `.name` and `.value` of a member of an enumeration.
pub(super) fn of_member(class: &Class, member: &str, name: &str, text: impl FnOnce(&str) -> Value) -> Value {
    let makes_its_values = class.methods.iter().any(|method| matches!(method.as_str(), "__new__" | "__init__"));
    match (name, class.attribute(member)) {
        ("name", Some(_)) => text(member),
        ("value", Some(value)) if !makes_its_values => value.clone(),
        _ => Value::Unknown(format!("{}.{member}.{name}", class.name)),
    }
}

/// Reads a class; `None` where it is anything else than these, or where a statement beside it changes what it is.
pub(super) fn read<'a>(names: &Names<'_, 'a>, clause: &'a Clause, beside: &[Statement]) -> Option<Class> {
    let Header::Class(name, bases) = &clause.header else { return None };
    if beside.iter().any(|statement| changes(names.file, statement, name.slice(names.file))) {
        return None;
    }
    let bases: Vec<Value> = bases.iter().filter(|base| base.name.is_none()).map(|base| of_base(names, base)).collect();
    let (kind, inherited) = kind(&bases)?;
    let mut class = Class {
        name: name.slice(names.file).to_owned(),
        kind,
        attributes: inherited.map(|class| class.attributes.clone()).unwrap_or_default(),
        methods: inherited.map(|class| class.methods.clone()).unwrap_or_default(),
        for_postgresql: inherited.and_then(|class| class.for_postgresql.clone()),
        given: inherited.and_then(|class| class.given.clone()),
    };
    let mut has_own_dictionary = false;
    let mut scopes = names.scopes.to_vec();
    scopes.push(Scope::default());
    for statement in &clause.body {
        let own = scopes.len() - 1;
        match &statement.kind {
            StatementKind::Assign { targets, value: Some(value), .. } => {
                let value = Names { scopes: &scopes, ..*names }.value(value);
                for target in targets {
                    if target.kind != ExpressionKind::Name {
                        return None;
                    }
                    let name = target.span.slice(names.file);
                    class.attributes.push((name.to_owned(), value.clone()));
                    scopes[own].set(name, value.clone());
                }
            }
            StatementKind::Assign { value: None, .. } | StatementKind::Pass => {}
            StatementKind::Expression(Expression { kind: ExpressionKind::Strings(_), .. }) => {}
            // A decorator, such as `@property`.
            StatementKind::Word(word, _) if word.slice(names.file) == "@" => {}
            StatementKind::Compound(clauses) => {
                let (inner, name, parameters) = match &clauses[..] {
                    [inner @ Clause { header: Header::Function { name, parameters }, .. }] => (inner, name, parameters),
                    // A class in a class is one of its values.
                    [Clause { header: Header::Class(name, _), .. }] if !class.is_enum() => {
                        let name = name.slice(names.file);
                        class.attributes.push((name.to_owned(), Value::Unknown(name.to_owned())));
                        continue;
                    }
                    _ => return None,
                };
                let name = name.slice(names.file);
                if let Some(given) = passed_on(names, name, parameters, &inner.body) {
                    class.given = Some(given);
                    continue;
                }
                class.methods.push(name.to_owned());
                has_own_dictionary |= inner.body.iter().any(|statement| is_own_dictionary(names.file, statement));
                if name == "load_dialect_impl" {
                    let parameter = |at: usize| parameters.get(at).map(|one| one.name.slice(names.file));
                    let mut of_method = Scope::default();
                    if let (Some(own), Some(dialect)) = (parameter(0), parameter(1)) {
                        of_method.set(own, Value::Imported("self".to_owned()));
                        of_method.set(dialect, Value::Member(Rc::new(Value::Connection), "dialect".to_owned()));
                    }
                    let scopes = [names.scopes.to_vec(), vec![of_method]].concat();
                    let returned = returned(&Names { scopes: &scopes, ..*names }, &inner.body);
                    class.for_postgresql = Some(returned.and_then(|value| value.ok_or("nothing".to_owned())));
                }
                if name == "get_col_spec" {
                    let returned = returned(names, &inner.body);
                    class.for_postgresql = Some(returned.and_then(|value| value.ok_or("nothing".to_owned())));
                }
            }
            _ => return None,
        }
    }
    (class.kind != ClassKind::AttributeDict || has_own_dictionary).then_some(class)
}

/// `@compiles(Class)` and `@listens_for(Class, …)` let a function decide on the SQL, or on what a column brings with it.
fn changes(file: &str, statement: &Statement, class: &str) -> bool {
    let mut changes = false;
    statement.expressions(&mut |expression| {
        if let ExpressionKind::Call(function, arguments) = &expression.kind
            && matches!(path_end(file, function), "compiles" | "listens_for" | "listen")
        {
            changes |= arguments.first().is_some_and(|first| first.value.is_name(file, class));
        }
    });
    changes
}

fn path_end<'a>(file: &'a str, function: &Expression) -> &'a str {
    function.span.slice(file).rsplit('.').next().unwrap_or_default()
}

/// `self.__dict__ = self`
fn is_own_dictionary(file: &str, statement: &Statement) -> bool {
    let StatementKind::Assign { targets, value: Some(value), .. } = &statement.kind else { return false };
    matches!(&targets[..], [target] if target.span.slice(file) == "self.__dict__") && value.is_name(file, "self")
}

/// The arguments of `super().__init__(…)`, when that is all that an `__init__` without parameters does.
fn passed_on(names: &Names<'_, '_>, name: &str, parameters: &[Parameter], body: &[Statement]) -> Option<Arguments> {
    let is_docstring = |statement: &&Statement| {
        matches!(&statement.kind, StatementKind::Expression(Expression { kind: ExpressionKind::Strings(_), .. }))
    };
    let mut rest = body.iter().skip_while(is_docstring);
    let (Some(only), None, "__init__", [_]) = (rest.next(), rest.next(), name, parameters) else { return None };
    let StatementKind::Expression(Expression { kind: ExpressionKind::Call(function, arguments), .. }) = &only.kind
    else {
        return None;
    };
    let is_super = matches!(function.span.slice(names.file), "super().__init__");
    is_super.then(|| names.arguments(arguments).ok()).flatten()
}

/// A base class; `TypeDecorator[str]` is `TypeDecorator`.
fn of_base(names: &Names<'_, '_>, base: &Argument) -> Value {
    match &base.value.kind {
        ExpressionKind::Subscript(of, _) => names.value(of),
        _ => names.value(&base.value),
    }
}

/// What a class with these bases is, and the class that it goes on from.
fn kind(bases: &[Value]) -> Option<(ClassKind, Option<&Class>)> {
    let is = |value: &Value, paths: &[&str]| matches!(value, Value::Imported(path) if paths.contains(&path.as_str()));
    match bases {
        [] => Some((ClassKind::Constants, None)),
        [one] if is(one, &["builtins.object"]) => Some((ClassKind::Constants, None)),
        [one] if is(one, &["builtins.dict"]) => Some((ClassKind::AttributeDict, None)),
        [one] if is(one, &["enum.IntEnum", "enum.StrEnum"]) => Some((ClassKind::PrintedEnum, None)),
        // With another class before it, it may print in another way.
        [others @ .., one] if is(one, &["enum.Enum", "enum.IntEnum", "enum.StrEnum"]) => {
            let is_plain = |other: &Value| match other {
                Value::Class(class) => class.kind == ClassKind::Constants,
                other => is(other, &["builtins.str", "builtins.int"]),
            };
            others.iter().all(is_plain).then_some((ClassKind::Enum, None))
        }
        [Value::Imported(path)] if path.starts_with("sqlalchemy.") => match path.rsplit('.').next() {
            Some("TypeDecorator") => Some((ClassKind::Type, None)),
            Some("UserDefinedType") => Some((ClassKind::OwnType, None)),
            _ => None,
        },
        [Value::Class(class)] => Some((class.kind, Some(class))),
        _ => None,
    }
}

/// What the statements of a method return: `None` when they come to their end.
fn returned(names: &Names<'_, '_>, body: &[Statement]) -> Result<Option<Value>, Why> {
    for statement in body {
        match &statement.kind {
            StatementKind::Expression(Expression { kind: ExpressionKind::Strings(_), .. }) | StatementKind::Pass => {}
            StatementKind::Word(word, values) if word.slice(names.file) == "return" => {
                return Ok(Some(values.first().map_or(Value::None, |value| names.value(value))));
            }
            StatementKind::Compound(clauses) => {
                for clause in clauses {
                    let is_taken = match &clause.header {
                        Header::Test(word, test) if word.slice(names.file) != "while" => {
                            truth(&names.value(test)).ok_or("a condition")?
                        }
                        Header::Plain(word) if word.slice(names.file) == "else" => true,
                        _ => return Err("more than conditions".to_owned()),
                    };
                    if is_taken {
                        if let Some(value) = returned(names, &clause.body)? {
                            return Ok(Some(value));
                        }
                        break;
                    }
                }
            }
            _ => return Err("more than conditions".to_owned()),
        }
    }
    Ok(None)
}

/// What a class makes that is called: an instance of a type; anything else is not known.
pub(super) fn instance(class: &Rc<Class>, made: Made) -> Value {
    match class.kind {
        ClassKind::Type | ClassKind::OwnType => {
            let receiver = Some(Value::Class(class.clone()));
            Value::Made(Rc::new(Made { path: class.name.clone(), receiver, ..made }))
        }
        ClassKind::AttributeDict => match &made.arguments.positional[..] {
            [Value::Imported(path)] if are_tables(path) => Value::Imported(path.clone()),
            _ => Value::Unknown(format!("a call of {}", class.name)),
        },
        _ => Value::Unknown(format!("a call of {}", class.name)),
    }
}
