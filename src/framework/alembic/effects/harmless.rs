//! What does nothing to the database, whatever it is called with.

use super::Reader;
use crate::framework::alembic::python::{Clause, Expression, ExpressionKind, Literal, Part, expression_at, literal};
use crate::framework::alembic::scope::returns;
use crate::framework::alembic::value::{Made, Value, Why};
use crate::source::ByteSpan;

impl Reader<'_> {
    /// No call in the fields of f-strings does anything to the database.
    pub(super) fn fields_are_harmless(&self, literals: &[ByteSpan]) -> bool {
        literals.iter().all(|span| {
            let Literal::Text(parts) = literal(self.file, *span) else { return true };
            parts.iter().all(|part| match part {
                Part::Field(field) if field.slice(self.file).contains('(') => {
                    let mut is_harmless = true;
                    let expression = expression_at(self.file, *field);
                    expression.iter().for_each(|expression| {
                        expression.walk(&mut |part| is_harmless &= matches!(self.harmless_call(part), Ok(true)));
                    });
                    is_harmless && expression.is_some()
                }
                _ => true,
            })
        })
    }

    pub(super) fn harmless_call(&self, call: &Expression) -> Result<bool, Why> {
        let ExpressionKind::Call(function, _) = &call.kind else { return Ok(true) };
        match &function.kind {
            ExpressionKind::Attribute(of, name) => {
                let name = name.slice(self.file);
                match self.names().value(of) {
                    Value::Imported(path) => match self.names().value(function) {
                        Value::Class(class) if class.is_type() => Ok(true),
                        _ => Ok(is_harmless(&format!("{path}.{name}"))),
                    },
                    Value::Connection | Value::Batch(_) => Ok(false),
                    Value::Class(class) => Err(format!("a call of {name} of {}", class.name)),
                    Value::Made(made) => Ok(is_harmless_method(&made, name)),
                    Value::Unknown(why) if !HARMLESS_METHODS.contains(&name) => {
                        Err(format!("a call of {name} of {why}"))
                    }
                    _ => Ok(true),
                }
            }
            _ if self
                .names()
                .function(function.span.slice(self.file))
                .is_some_and(|clause| self.only_returns(clause)) =>
            {
                Ok(true)
            }
            _ => match self.names().value(function) {
                Value::Imported(path) => Ok(is_harmless(&path)),
                Value::Class(class) if class.is_type() => Ok(true),
                Value::Unknown(why) => Err(format!("a call of {why}")),
                other => Err(format!("a call of {}", other.kind())),
            },
        }
    }

    /// A function of the file that only returns a value.
    fn only_returns(&self, clause: &Clause) -> bool {
        let mut is_harmless = true;
        for value in returns(self.file, clause).unwrap_or_default() {
            value.walk(&mut |part| {
                // One that calls itself, or another that calls it, is not followed.
                is_harmless &= match &part.kind {
                    ExpressionKind::Call(function, _) if function.kind == ExpressionKind::Name => {
                        self.names().function(function.span.slice(self.file)).is_none()
                            && matches!(self.harmless_call(part), Ok(true))
                    }
                    ExpressionKind::Call(..) => matches!(self.harmless_call(part), Ok(true)),
                    _ => true,
                };
            });
        }
        is_harmless && returns(self.file, clause).is_some()
    }
}

/// Modules whose functions do nothing to the database.
const HARMLESS_MODULES: &[&str] = &[
    "sqlalchemy",
    "logging",
    "warnings",
    "uuid",
    "datetime",
    "json",
    "os",
    "re",
    "builtins",
    "textwrap",
    "decimal",
    "itertools",
    "collections",
    "enum",
    "hashlib",
    "base64",
    "secrets",
    "random",
    "time",
    "string",
    "pathlib",
    "typing",
    "math",
    "copy",
    "functools",
    "operator",
    "sys",
    "pytz",
    "citext",
    "geoalchemy2",
    "pgvector",
    "sqlmodel",
    "sqlalchemy_utils",
    "fastapi_users_db_sqlalchemy",
];

pub(super) fn is_harmless(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    match path {
        "alembic.op.get_bind" | "alembic.op.get_context" | "alembic.op.f" | "alembic.op.inline_literal" => true,
        _ if path.starts_with("alembic.op.") => false,
        _ if path.starts_with("alembic.context.") => true,
        _ => HARMLESS_MODULES.contains(&first),
    }
}

/// Methods of strings, lists, dictionaries, rows and results.
const HARMLESS_METHODS: &[&str] = &[
    "append",
    "extend",
    "add",
    "get",
    "items",
    "keys",
    "values",
    "pop",
    "format",
    "join",
    "strip",
    "lower",
    "upper",
    "split",
    "replace",
    "fetchall",
    "fetchone",
    "first",
    "all",
    "scalar",
    "scalars",
    "one",
    "mappings",
    "startswith",
    "endswith",
    "isoformat",
    "encode",
    "decode",
    "hexdigest",
    "update",
    "copy",
    "sort",
    "index",
    "count",
    "one_or_none",
    "scalar_one",
    "scalar_one_or_none",
    "info",
    "debug",
    "warning",
];

/// Whether a method of something that a call made does nothing to the database.
fn is_harmless_method(made: &Made, name: &str) -> bool {
    match made.path.as_str() {
        // A session, or an engine: everything that it does may be sent.
        path if path.starts_with("sqlalchemy.orm.")
            || path.contains("create_engine")
            || path == "sqlalchemy.MetaData" =>
        {
            false
        }
        path if path.starts_with("sqlalchemy.") && matches!(name, "create" | "drop" | "create_all" | "drop_all") => {
            false
        }
        path if path.starts_with("sqlalchemy.") || path.starts_with("logging.") => true,
        path if path.starts_with("alembic.op.get_context") => name == "autocommit_block",
        path if path.starts_with('.') => made.receiver.as_ref().is_none_or(|receiver| match receiver {
            Value::Made(inner) => is_harmless_method(inner, name),
            Value::Connection => HARMLESS_METHODS.contains(&name),
            _ => HARMLESS_METHODS.contains(&name),
        }),
        path => is_harmless(path),
    }
}
