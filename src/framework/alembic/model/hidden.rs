//! The lines for `env.py` that hide from autogenerate what waits for a deploy.

use super::super::written::literal;
use crate::plan::Owned;

/// The function, with what waits. Names are as SQLAlchemy gives them: `table.column` or `table`, behind a schema where one was
/// written.
pub(super) fn lines(all: &[Owned]) -> Vec<String> {
    let names: Vec<String> = all.iter().filter_map(name).map(|name| literal(&name, '"')).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let set = format!("WAITING = {{{}}}", names.join(", "));
    std::iter::once(set).chain(FUNCTION.lines().map(str::to_owned)).collect()
}

fn name(owned: &Owned) -> Option<String> {
    let of = |table: &crate::operation::QualifiedName| {
        let schema = table.schema.as_ref().filter(|schema| schema.as_str() != "public");
        let schema = schema.map(|schema| format!("{}.", schema.as_str()));
        schema.unwrap_or_default() + table.name.as_str()
    };
    match owned {
        Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
            Some(format!("{}.{}", of(table), column.as_str()))
        }
        Owned::Table { table } => Some(of(table)),
        // Autogenerate looks at no types, and views are not in its comparison.
        Owned::Type { .. } | Owned::Name { .. } | Owned::Labels { .. } => None,
    }
}

const FUNCTION: &str = "

def include_object(object, name, type_, reflected, compare_to):
    if not reflected or type_ == \"table\":
        return not reflected or str(object) not in WAITING
    columns = [object] if type_ == \"column\" else list(object.columns)
    names = {f\"{column.table}.{column.name}\" for column in columns}
    if type_ == \"foreign_key_constraint\":
        names |= {element.target_fullname.rpartition(\".\")[0] for element in object.elements}
    return WAITING.isdisjoint(names)


# and in each call:  context.configure(..., include_object=include_object)";
