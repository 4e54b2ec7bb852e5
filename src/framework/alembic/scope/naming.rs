//! The naming convention of the models' metadata, from which Alembic names constraints that a revision does not name.

use crate::framework::alembic::python::{Expression, ExpressionKind, Module, Statement, StatementKind};
use crate::framework::alembic::value::Value;

/// How constraints without a name are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Convention {
    /// By PostgreSQL: the metadata has no convention.
    #[default]
    None,
    /// By these: `uq` and `uq_%(table_name)s_%(column_0_name)s`.
    Known(Vec<(String, String)>),
    /// Nobody sees the metadata without running anything.
    Unknown,
}

/// The convention that a value is, as `MetaData(naming_convention=…)` takes it.
pub(super) fn of(value: &Value) -> Convention {
    let Value::Dict(pairs) = value else { return Convention::Unknown };
    let pair = |(key, template): &(Value, Value)| Some((key.text()?.to_owned(), template.text()?.to_owned()));
    // A function may make a part of the names.
    pairs.iter().map(pair).collect::<Option<Vec<_>>>().map_or(Convention::Unknown, Convention::Known)
}

/// The values that a module gives as a naming convention: `naming_convention=…`, `….naming_convention = …`.
pub(super) fn given<'m>(file: &str, module: &'m Module) -> Vec<&'m Expression> {
    let mut given = Vec::new();
    let mut todo: Vec<&Statement> = module.body.iter().collect();
    while let Some(statement) = todo.pop() {
        todo.extend(statement.clauses().iter().flat_map(|clause| &clause.body));
        if let StatementKind::Assign { targets, value: Some(value), .. } = &statement.kind {
            let is_meant = |target: &Expression| matches!(target.kind, ExpressionKind::Attribute(_, name) if name.slice(file) == "naming_convention");
            given.extend(targets.iter().any(is_meant).then_some(value));
        }
    }
    for statement in &module.body {
        statement.expressions(&mut |expression| {
            if let ExpressionKind::Call(_, arguments) = &expression.kind {
                let is_meant = |name: &str| name == "naming_convention";
                let own = arguments.iter().filter(|own| own.name.is_some_and(|name| is_meant(name.slice(file))));
                given.extend(own.map(|own| &own.value));
            }
        });
    }
    given
}

/// Whether an expression makes metadata, or what has some, of nothing but what it names: `MetaData()`, `SQLAlchemy()`.
pub(super) fn makes_metadata(file: &str, statement: &Statement) -> bool {
    let mut makes = false;
    let mut is_given_some = false;
    statement.expressions(&mut |expression| match &expression.kind {
        ExpressionKind::Call(_, arguments) => {
            let is_metadata = |name: &str| name == "metadata";
            is_given_some |= arguments.iter().any(|own| own.name.is_some_and(|name| is_metadata(name.slice(file))));
        }
        ExpressionKind::Name => {
            let name = expression.span.slice(file);
            makes |= matches!(name, "MetaData" | "SQLAlchemy" | "DeclarativeBase" | "declarative_base");
        }
        ExpressionKind::Attribute(_, name) => {
            let name = name.slice(file);
            makes |= matches!(name, "MetaData" | "SQLAlchemy" | "DeclarativeBase" | "declarative_base");
        }
        _ => {}
    });
    makes && !is_given_some
}
