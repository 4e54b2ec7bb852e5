//! `CREATE INDEX`, `ALTER INDEX` and what else an index's definition is made of.

use super::cursor::Cursor;
use crate::operation::{
    CreateIndex, Exclusion, IndexAction, IndexColumn, IndexDefinition, IndexKey, IndexOperation, IndexParameters,
    NullsOrder, Operation, OperatorClass, QualifiedName, SortOrder, Spelled, SqlFragment, StorageParameter,
};

/// After `CREATE [UNIQUE] INDEX`.
pub(super) fn create_index(c: &mut Cursor<'_>, unique: bool) -> Option<Operation> {
    let concurrently = c.eat("CONCURRENTLY");
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = if c.at("ON") { None } else { Some(c.ident()?) };
    c.need("ON")?;
    let only = c.eat("ONLY");
    let start = c.position();
    let name_of_table = c.name()?;
    let table = Spelled::as_written(name_of_table, c.fragment_from(start));
    let behind_table = c.end_of_last();
    let meaning = definition(c)?;
    let spelling = SqlFragment::untrimmed(c.span_from(behind_table).slice(c.text));
    let definition = Spelled::as_written(meaning, spelling);
    Some(Operation::Index(IndexOperation::Create(CreateIndex {
        name,
        table,
        unique,
        concurrently,
        if_not_exists,
        only,
        definition,
    })))
}

/// After the table's name, to the end.
fn definition(c: &mut Cursor<'_>) -> Option<IndexDefinition> {
    let method = if c.eat("USING") { Some(c.ident()?) } else { None };
    let columns = c.parenthesised()?.comma_parts().into_iter().map(element).collect::<Option<Vec<_>>>()?;
    let mut index = IndexDefinition::of(columns);
    index.method = method.unwrap_or(index.method);
    if c.eat("INCLUDE") {
        index.parameters.include = c.columns()?;
    }
    index.nulls_not_distinct = c.eat("NULLS NOT DISTINCT");
    c.eat("NULLS DISTINCT");
    if c.eat("WITH") {
        index.parameters.with = storage_parameters(c)?;
    }
    if c.eat("TABLESPACE") {
        index.parameters.tablespace = Some(c.ident()?);
    }
    index.predicate = c.eat("WHERE").then(|| c.rest());
    Some(index)
}

/// An element of an index. What does not read as one is an expression as a whole.
fn element(c: Cursor<'_>) -> Option<IndexColumn> {
    let whole = SqlFragment::new(c.whole_span().slice(c.text));
    let known = || {
        let mut c = c.clone();
        index_column(&mut c).filter(|_| c.is_done())
    };
    let plain = |text: SqlFragment| IndexColumn::plain(IndexKey::Expression(text));
    (!whole.as_str().is_empty()).then(|| known().unwrap_or_else(|| plain(whole)))
}

/// `column | function(…) | (expression) [COLLATE …] [operator class] [ASC | DESC] [NULLS FIRST | LAST]`.
fn index_column(c: &mut Cursor<'_>) -> Option<IndexColumn> {
    let mut column = IndexColumn::plain(index_key(c)?);
    if c.eat("COLLATE") {
        column.collation = Some(c.name()?);
    }
    if !c.is_done() && !["ASC", "DESC", "NULLS"].iter().any(|word| c.at(word)) {
        let name = c.name()?;
        let parameters = c.parenthesised().map(|mut inside| inside.rest());
        column.operator_class = Some(OperatorClass { name, parameters });
    }
    if !c.eat("ASC") && c.eat("DESC") {
        column.order = SortOrder::Descending;
    }
    column.nulls = match c.eat_one(&["NULLS FIRST", "NULLS LAST"]) {
        Some("NULLS FIRST") => NullsOrder::First,
        Some(_) => NullsOrder::Last,
        None => column.order.nulls(),
    };
    Some(column)
}

/// `column | function(…) | (expression)`.
pub(super) fn index_key(c: &mut Cursor<'_>) -> Option<IndexKey> {
    let start = c.position();
    let mut behind = c.clone();
    if let Some(column) = behind.ident()
        && !behind.at_symbol("(")
        && !behind.at_symbol(".")
    {
        *c = behind;
        return Some(IndexKey::Column(column));
    }
    if !c.at_symbol("(") {
        c.name()?;
    }
    c.parenthesised()?;
    Some(IndexKey::Expression(c.fragment_from(start)))
}

/// `EXCLUDE [USING method] (element WITH operator, …) [index_parameters] [WHERE (predicate)]`.
pub(super) fn exclusion(c: &mut Cursor<'_>) -> Option<Exclusion> {
    c.need("EXCLUDE")?;
    let method = if c.eat("USING") { Some(c.ident()?) } else { None };
    let (mut columns, mut operators) = (Vec::new(), Vec::new());
    for mut part in c.parenthesised()?.comma_parts() {
        let mut column = part.clone();
        part.skip_until(1, |c| c.at("WITH"));
        column.ends_with(&part);
        columns.push(element(column)?);
        part.need("WITH")?;
        operators.push(part.rest());
    }
    let mut index = IndexDefinition::of(columns);
    index.method = method.unwrap_or(index.method);
    index.parameters = index_parameters(c)?;
    index.predicate = if c.eat("WHERE") { Some(c.inside()?) } else { None };
    Some(Exclusion { index, operators })
}

/// `INCLUDE (…) WITH (…) USING INDEX TABLESPACE x`, each where it is written.
pub(super) fn index_parameters(c: &mut Cursor<'_>) -> Option<IndexParameters> {
    let mut parameters = IndexParameters::default();
    if c.eat("INCLUDE") {
        parameters.include = c.columns()?;
    }
    if c.eat("WITH") {
        parameters.with = storage_parameters(c)?;
    }
    if c.eat("USING INDEX TABLESPACE") {
        parameters.tablespace = Some(c.ident()?);
    }
    Some(parameters)
}

/// `(fillfactor = 70, toast.autovacuum_enabled = off, fastupdate)`.
fn storage_parameters(c: &mut Cursor<'_>) -> Option<Vec<StorageParameter>> {
    let one = |mut part: Cursor<'_>| {
        let name = part.name()?;
        let value = part.eat_symbol("=").then(|| part.rest());
        part.is_done().then_some(StorageParameter { name, value })
    };
    c.parenthesised()?.comma_parts().into_iter().map(one).collect()
}

fn names_of_parameters(c: &mut Cursor<'_>) -> Option<Vec<QualifiedName>> {
    let mut inside = c.parenthesised()?;
    inside.names().filter(|_| inside.is_done())
}

/// After `ALTER INDEX`.
pub(super) fn alter_index(c: &mut Cursor<'_>) -> Option<Operation> {
    let if_exists = c.eat("IF EXISTS");
    let index = c.name()?;
    if c.eat("RENAME TO") {
        return Some(Operation::Index(IndexOperation::Rename { index, to: c.ident()?, if_exists }));
    }
    if c.eat("ATTACH PARTITION") {
        return Some(Operation::Index(IndexOperation::AttachPartition { index, partition: c.name()? }));
    }
    let mut known = c.clone();
    let action = index_action(&mut known).filter(|_| known.is_done()).unwrap_or(IndexAction::Other);
    c.rest();
    Some(Operation::Index(IndexOperation::Alter { index, action }))
}

fn index_action(c: &mut Cursor<'_>) -> Option<IndexAction> {
    if c.eat("SET TABLESPACE") {
        return Some(IndexAction::SetTablespace(c.ident()?));
    }
    if c.eat("SET") {
        return Some(IndexAction::SetParameters(storage_parameters(c)?));
    }
    if c.eat("RESET") {
        return Some(IndexAction::ResetParameters(names_of_parameters(c)?));
    }
    c.need("ALTER")?;
    c.rest();
    Some(IndexAction::SetStatistics)
}

#[cfg(test)]
mod tests {
    use crate::operation::{IndexDefinition, IndexOperation, Operation};
    use crate::sql::{read_statement, render};

    fn definition(text: &str) -> IndexDefinition {
        match read_statement(&format!("CREATE INDEX ON t {text}")).operations.remove(0).operation {
            Operation::Index(IndexOperation::Create(index)) => (*index.definition).clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_an_index_is_built_of_is_known_by_any_spelling() {
        for (text, plain) in [
            ("(a)", "(a)"),
            ("using  BTREE(\"a\" asc nulls last)", "(\"a\")"),
            ("(a DESC NULLS FIRST, b nulls first)", "(a DESC, b NULLS FIRST)"),
            ("USING gin (j jsonb_path_ops) WHERE a>0", "USING gin (j jsonb_path_ops) WHERE a>0"),
            (
                "USING gist (n COLLATE \"C\" x.gist_trgm_ops(siglen = 32))",
                "USING gist (n COLLATE \"C\" x.gist_trgm_ops(siglen = 32))",
            ),
            ("(lower(a) text_pattern_ops,(b+c) DESC)", "(lower(a) text_pattern_ops, (b+c) DESC)"),
            (
                "(a) INCLUDE (b,c) NULLS NOT DISTINCT WITH (fillfactor=70, deduplicate_items) TABLESPACE s WHERE d",
                "(a) INCLUDE (b, c) NULLS NOT DISTINCT WITH (fillfactor = 70, deduplicate_items) TABLESPACE s WHERE d",
            ),
            ("(U&\"!0061\" UESCAPE '!' DESC)", "(\"a\" DESC)"),
        ] {
            let found = definition(text);
            assert_eq!(render::index_definition(&found), plain, "{text}");
            assert_eq!(definition(plain), found, "{text}");
        }
    }

    #[test]
    fn the_authors_spelling_is_kept() {
        let text = "CREATE INDEX i ON \"T\"(\"a\"  asc)  where b";
        let operation = &read_statement(text).operations[0].operation;
        assert_eq!(render::statement(operation).as_deref(), Some(text));
    }
}
