//! Builds and drops of indexes as Alembic's own directives, in the style of the file.

use super::file::File;
use super::python::{Expression, ExpressionKind, Star, expression_at};
use super::written::literal;
use crate::framework::migration::Migration;
use crate::operation::{
    CreateIndex, Ident, IndexColumn, IndexDefinition, IndexKey, IndexOperation, Operation, QualifiedName,
};
use crate::plan::Step;

/// `op.create_index(…, postgresql_concurrently=True, if_not_exists=True)`: the author's own call where the build comes of
/// one, otherwise one of its name, table and columns. `None` where it is more than that.
pub(super) fn create_index(
    migration: &Migration,
    step: &Step,
    index: &CreateIndex,
    file: &File<'_>,
) -> Option<Vec<String>> {
    let mut arguments = match of_author(migration, step, index) {
        Some(arguments) => arguments,
        None => of_index(index, file)?,
    };
    arguments.extend(["postgresql_concurrently=True".to_owned(), "if_not_exists=True".to_owned()]);
    Some(file.call("op.create_index", &arguments, 1))
}

/// `op.drop_index(…, postgresql_concurrently=True, if_exists=True)`.
pub(super) fn drop_index(index: &QualifiedName, file: &File<'_>) -> Vec<String> {
    let quoted = |text: &str| literal(text, file.quote());
    let mut arguments = vec![format!("op.f({})", quoted(index.name.as_str()))];
    arguments.extend(index.schema.as_ref().map(|schema| format!("schema={}", quoted(schema.as_str()))));
    arguments.extend(["postgresql_concurrently=True".to_owned(), "if_exists=True".to_owned()]);
    file.call("op.drop_index", &arguments, 1)
}

/// The arguments of the `op.create_index` that a build comes of, where it makes the same index.
fn of_author(migration: &Migration, step: &Step, index: &CreateIndex) -> Option<Vec<String>> {
    let statement = migration.statement_of(step.from);
    let Operation::Index(IndexOperation::Create(own)) = &migration.items[step.from].operation else { return None };
    let is_same = own.name == index.name
        && own.unique == index.unique
        && own.only == index.only
        && *own.table == *index.table
        && *own.definition == *index.definition;
    if !is_same || statement.call.len() != 1 {
        return None;
    }
    let text = migration.text();
    let Expression { kind: ExpressionKind::Call(function, arguments), .. } = expression_at(text, statement.span)?
    else {
        return None;
    };
    if function.dotted(text).as_deref() != Some("op.create_index") {
        return None;
    }
    let mut written = Vec::new();
    for argument in &arguments {
        let name = argument.name.map(|name| name.slice(text));
        if matches!(name, Some("postgresql_concurrently" | "if_not_exists")) {
            continue;
        }
        let value = argument.value.span.slice(text);
        if value.contains('\n') || value.contains('#') || argument.star != Star::None {
            return None;
        }
        written.push(name.map_or_else(|| value.to_owned(), |name| format!("{name}={value}")));
    }
    Some(written)
}

/// The arguments for an index of plain columns.
fn of_index(index: &CreateIndex, file: &File<'_>) -> Option<Vec<String>> {
    let name = index.name.as_ref()?;
    let names: Vec<&Ident> = index.columns.iter().map(IndexColumn::column).collect::<Option<_>>()?;
    let plain = |name: &&Ident| IndexColumn::plain(IndexKey::Column((*name).clone()));
    if index.only || *index.definition != IndexDefinition::of(names.iter().map(plain).collect()) {
        return None;
    }
    let quoted = |text: &str| literal(text, file.quote());
    let columns: Vec<String> = names.iter().map(|name| quoted(name.as_str())).collect();
    let mut arguments = vec![
        format!("op.f({})", quoted(name.as_str())),
        quoted(index.table.name.as_str()),
        format!("[{}]", columns.join(", ")),
        format!("unique={}", if index.unique { "True" } else { "False" }),
    ];
    arguments.extend(index.table.schema.as_ref().map(|schema| format!("schema={}", quoted(schema.as_str()))));
    Some(arguments)
}
