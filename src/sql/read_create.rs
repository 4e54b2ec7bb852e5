//! `CREATE TABLE` and columns.

use super::cursor::Cursor;
use super::read_constraint::{at_constraint_end, inline_constraint, starts_constraint, table_constraint};
use super::read_index::index_key;
use super::temporary::TEMPORARY_SCHEMA;
use crate::operation::{
    ColumnDefinition, Copies, CreateTable, Generated, Generation, Identity, IndexKey, Like, Operation, Persistence,
    QualifiedName, TableOperation,
};

/// After `CREATE [TEMPORARY | UNLOGGED] TABLE`.
pub(super) fn create_table(c: &mut Cursor<'_>, persistence: Persistence) -> Option<Operation> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let (name, persistence) = own_place(c.name()?, persistence);
    let mut table = CreateTable { if_not_exists, persistence, ..CreateTable::without_columns(name) };
    if c.eat("PARTITION OF") {
        table.partition_of = Some(c.name()?);
    }
    if c.at_symbol("(") {
        let inside = c.parenthesised()?;
        if !inside.is_done() {
            for element in inside.comma_parts() {
                table_element(element, &mut table)?;
            }
        }
    }
    let after_columns = c.position();
    c.skip_until(0, |c| c.at("INHERITS") || c.at("PARTITION BY") || c.at("AS"));
    table.bounds = table.partition_of.as_ref().map(|_| c.fragment_from(after_columns));
    if c.eat("INHERITS") {
        table.inherits = c.parenthesised()?.names()?;
        c.skip_until(0, |c| c.at("PARTITION BY"));
    }
    if c.eat("PARTITION BY") {
        table.partition_key = Some(partition_key(c).unwrap_or_default());
    }
    table.as_query = c.at("AS");
    c.rest();
    Some(Operation::Table(TableOperation::Create(table)))
}

/// A new table's name, and how long it lasts: the session's own schema goes with the session, and is the first in which a bare
/// name is looked for.
pub(super) fn own_place(mut name: QualifiedName, persistence: Persistence) -> (QualifiedName, Persistence) {
    match name.schema.take_if(|schema| schema.as_str() == TEMPORARY_SCHEMA) {
        Some(_) => (name, Persistence::Temporary),
        None => (name, persistence),
    }
}

/// After `PARTITION BY`: `RANGE (a, lower(b))`.
fn partition_key(c: &mut Cursor<'_>) -> Option<Vec<IndexKey>> {
    c.ident()?;
    let element = |mut element: Cursor<'_>| index_key(&mut element);
    c.parenthesised()?.comma_parts().into_iter().map(element).collect()
}

/// After `LIKE`: the options are read from left to right.
fn like(c: &mut Cursor<'_>) -> Option<Like> {
    let table = c.name()?;
    let mut copies = Copies::default();
    while let Some(word) = c.eat_one(&["INCLUDING", "EXCLUDING"]) {
        let is_copied = word == "INCLUDING";
        match c.word().as_str() {
            "ALL" => {
                let all = is_copied;
                copies = Copies { defaults: all, identity: all, generated: all, constraints: all, indexes: all };
            }
            "DEFAULTS" => copies.defaults = is_copied,
            "IDENTITY" => copies.identity = is_copied,
            "GENERATED" => copies.generated = is_copied,
            "CONSTRAINTS" => copies.constraints = is_copied,
            "INDEXES" => copies.indexes = is_copied,
            _ => {} // comments, storage, statistics
        }
        c.next();
    }
    c.rest();
    Some(Like { table, copies })
}

fn table_element(mut c: Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    if c.eat("LIKE") {
        table.like.push(like(&mut c)?);
    } else if starts_constraint(&c) {
        table.constraints.push(table_constraint(&mut c)?);
    } else if table.partition_of.is_some() {
        c.rest(); // column options of a partition
    } else if table_as_column_list(&c) {
        c.rest();
    } else {
        table.columns.push(column_definition(&mut c)?);
    }
    c.is_done().then_some(())
}

/// `CREATE TABLE t (a, b) AS …` has names without types.
fn table_as_column_list(c: &Cursor<'_>) -> bool {
    let mut c = c.clone();
    c.ident().is_some() && c.is_done()
}

/// `name type constraints…`, to the end.
pub(super) fn column_definition(c: &mut Cursor<'_>) -> Option<ColumnDefinition> {
    let name = c.ident()?;
    let ty = c.type_name()?;
    let mut column = ColumnDefinition {
        name,
        ty,
        storage: None,
        compression: None,
        collation: None,
        not_null: false,
        default: None,
        generated: None,
        constraints: Vec::new(),
    };
    while !c.is_done() {
        if c.eat("COLLATE") {
            column.collation = Some(c.name()?);
        } else if c.eat("STORAGE") {
            column.storage = Some(c.ident()?);
        } else if c.eat("COMPRESSION") {
            column.compression = Some(c.ident()?);
        } else {
            column_constraint(c, &mut column)?;
        }
    }
    Some(column)
}

fn column_constraint(c: &mut Cursor<'_>, column: &mut ColumnDefinition) -> Option<()> {
    let name = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
    if c.eat("NOT NULL") {
        column.not_null = true;
        c.eat("NO INHERIT");
    } else if c.eat("NULL") {
    } else if c.eat("DEFAULT") {
        let start = c.position();
        c.skip_until(1, at_column_constraint);
        column.default = Some(c.fragment_from(start));
    } else if c.at("GENERATED") {
        column.generated = Some(generated(c)?);
    } else {
        column.constraints.push(inline_constraint(c, name, &column.name)?);
    }
    Some(())
}

pub(super) fn generated(c: &mut Cursor<'_>) -> Option<Generated> {
    c.need("GENERATED")?;
    let generation = match c.eat_one(&["ALWAYS", "BY DEFAULT"]) {
        Some("BY DEFAULT") => Generation::ByDefault,
        _ => Generation::Always,
    };
    c.need("AS")?;
    if c.eat("IDENTITY") {
        let sequence_options = if c.at_symbol("(") { Some(c.inside()?) } else { None };
        return Some(Generated::Identity(Identity { generation, sequence_options }));
    }
    let expression = c.inside()?;
    if c.eat("STORED") {
        return Some(Generated::Stored(expression));
    }
    c.eat("VIRTUAL");
    Some(Generated::Virtual(expression))
}

/// The words that end a `DEFAULT` expression.
fn at_column_constraint(c: &Cursor<'_>) -> bool {
    [
        "CONSTRAINT",
        "NOT NULL",
        "NULL",
        "UNIQUE",
        "PRIMARY KEY",
        "REFERENCES",
        "CHECK",
        "COLLATE",
        "GENERATED",
        "DEFAULT",
        "STORAGE",
        "COMPRESSION",
    ]
    .iter()
    .any(|w| c.at(w))
        || at_constraint_end(c)
}

/// `TEMPORARY` and its spellings.
pub(super) fn is_temporary(c: &mut Cursor<'_>) -> bool {
    c.eat("TEMPORARY")
        || c.eat("TEMP")
        || c.eat("LOCAL TEMPORARY")
        || c.eat("LOCAL TEMP")
        || c.eat("GLOBAL TEMPORARY")
        || c.eat("GLOBAL TEMP")
}

#[cfg(test)]
mod tests {
    use crate::operation::{ColumnOperation, Operation, TableOperation};
    use crate::sql::read_statement;

    /// The columns and the number of constraints of a `CREATE TABLE`.
    fn table(text: &str) -> (Vec<String>, usize) {
        match read_statement(text).operations.remove(0).operation {
            Operation::Table(TableOperation::Create(table)) => {
                (table.columns.iter().map(|column| column.name.to_string()).collect(), table.constraints.len())
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_word_that_is_not_reserved_may_be_a_column() {
        let words = "exclude period include storage compression generated no valid enforced key type value partition \
                     inherits cascade restrict set if add at start restart without over only_ virtual stored always";
        for word in words.split(' ') {
            assert_eq!(table(&format!("CREATE TABLE t ({word} int, a int)")), (vec![word.into(), "a".into()], 0));
            for add in ["ADD", "ADD COLUMN"] {
                let text = format!("ALTER TABLE t {add} {word} int NOT NULL");
                let operation = &read_statement(&text).operations[0].operation;
                let Operation::Column(ColumnOperation::Add { column, .. }) = operation else {
                    panic!("{text}: {operation:?}")
                };
                assert_eq!((column.name.as_str(), column.not_null), (word, true), "{text}");
            }
        }
    }

    #[test]
    fn a_reserved_word_is_a_column_in_quotes_only() {
        for word in ["check", "unique", "primary", "foreign", "constraint", "like", "exclude", "not"] {
            assert_eq!(table(&format!("CREATE TABLE t (\"{word}\" int)")), (vec![format!("\"{word}\"")], 0));
        }
        let constraints = "CHECK (a > 0), UNIQUE (a), PRIMARY KEY (a), FOREIGN KEY (a) REFERENCES t, EXCLUDE (a WITH =), \
                           CONSTRAINT c EXCLUDE USING gist (a WITH &&), EXCLUDE USING gist (a WITH =)";
        assert_eq!(table(&format!("CREATE TABLE t (a int, {constraints}, LIKE b)")), (vec!["a".into()], 7));
    }

    #[test]
    fn names_are_spelled_in_several_ways() {
        let columns =
            "Ä int, U&\"d\\0061t\" int, U&\"!0041!!\" UESCAPE '!' text DEFAULT U&'!0041' UESCAPE '!', \"ä  b\" int";
        let names = ["Ä", "\"dat\"", "\"A!\"", "\"ä  b\""].map(str::to_owned).to_vec();
        assert_eq!(table(&format!("CREATE TABLE t ({columns})")), (names, 0));
        let wrong = &read_statement("ALTER TABLE U&\"\\zzzz\" ADD a int").operations[0].operation;
        assert!(matches!(wrong, Operation::Opaque { .. }), "{wrong:?}");
    }
}
