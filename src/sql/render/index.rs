//! Indexes.

use super::{drop_object, joined, list, word};
use crate::operation::{
    CreateIndex, IndexColumn, IndexDefinition, IndexKey, IndexOperation, IndexParameters, NullsOrder, SortOrder,
    StorageParameter,
};

/// The statement of what a rewrite makes.
pub(super) fn statement(operation: &IndexOperation) -> Option<String> {
    match operation {
        IndexOperation::Create(index) => Some(create_index(index)),
        IndexOperation::Drop { names, concurrently, if_exists, cascade } => {
            let kind = if *concurrently { "INDEX CONCURRENTLY" } else { "INDEX" };
            Some(drop_object(kind, names, *if_exists, *cascade))
        }
        IndexOperation::Rename { index, to, if_exists } => {
            Some(format!("ALTER INDEX {}{index} RENAME TO {to}", word(*if_exists, "IF EXISTS ")))
        }
        IndexOperation::Alter { .. } | IndexOperation::AttachPartition { .. } | IndexOperation::Reindex { .. } => None,
    }
}

/// `CREATE [UNIQUE] INDEX [CONCURRENTLY] …`.
fn create_index(index: &CreateIndex) -> String {
    let mut sql = String::from("CREATE ");
    for (on, word) in [
        (index.unique, "UNIQUE "),
        (true, "INDEX "),
        (index.concurrently, "CONCURRENTLY "),
        (index.if_not_exists, "IF NOT EXISTS "),
    ] {
        if on {
            sql.push_str(word);
        }
    }
    if let Some(name) = &index.name {
        sql.push_str(&format!("{name} "));
    }
    sql.push_str(if index.only { "ON ONLY " } else { "ON " });
    sql.push_str(&index.table.spelling().map_or_else(|| (*index.table).to_string(), ToString::to_string));
    match index.definition.spelling() {
        Some(spelling) => sql.push_str(spelling.as_str()),
        None => sql.push_str(&format!(" {}", index_definition(&index.definition))),
    }
    sql
}

/// What stands behind the table's name, from its meaning: `USING gin (j jsonb_path_ops) WHERE …`.
pub fn index_definition(index: &IndexDefinition) -> String {
    let IndexParameters { include, with, tablespace } = &index.parameters;
    let parts = [
        (!index.is_btree()).then(|| format!("USING {}", index.method)),
        Some(format!("({})", index.columns.iter().map(index_column).collect::<Vec<_>>().join(", "))),
        (!include.is_empty()).then(|| format!("INCLUDE ({})", list(include))),
        index.nulls_not_distinct.then(|| "NULLS NOT DISTINCT".to_owned()),
        storage_parameters(with),
        tablespace.as_ref().map(|name| format!("TABLESPACE {name}")),
        index.predicate.as_ref().map(|predicate| format!("WHERE {predicate}")),
    ];
    joined(parts.into_iter().flatten())
}

/// One column or expression with what it says of its order.
pub fn index_column(column: &IndexColumn) -> String {
    let key = match &column.key {
        IndexKey::Column(column) => column.to_string(),
        IndexKey::Expression(expression) => expression.to_string(),
    };
    let nulls = match column.nulls {
        NullsOrder::First => "NULLS FIRST",
        NullsOrder::Last => "NULLS LAST",
    };
    let parts = [
        Some(key),
        column.collation.as_ref().map(|collation| format!("COLLATE {collation}")),
        column.operator_class.as_ref().map(|class| {
            let parameters = class.parameters.as_ref().map(|inside| format!("({inside})"));
            format!("{}{}", class.name, parameters.unwrap_or_default())
        }),
        (column.order == SortOrder::Descending).then(|| "DESC".to_owned()),
        (column.nulls != column.order.nulls()).then(|| nulls.to_owned()),
    ];
    joined(parts.into_iter().flatten())
}

/// `INCLUDE (…) WITH (…) USING INDEX TABLESPACE …` of a key.
pub(super) fn index_parameters(parameters: &IndexParameters) -> String {
    let IndexParameters { include, with, tablespace } = parameters;
    let parts = [
        (!include.is_empty()).then(|| format!("INCLUDE ({})", list(include))),
        storage_parameters(with),
        tablespace.as_ref().map(|name| format!("USING INDEX TABLESPACE {name}")),
    ];
    joined(parts.into_iter().flatten())
}

fn storage_parameters(parameters: &[StorageParameter]) -> Option<String> {
    let one = |parameter: &StorageParameter| match &parameter.value {
        Some(value) => format!("{} = {value}", parameter.name),
        None => parameter.name.to_string(),
    };
    let all: Vec<String> = parameters.iter().map(one).collect();
    (!all.is_empty()).then(|| format!("WITH ({})", all.join(", ")))
}
