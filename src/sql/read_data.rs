//! What changes or reads rows → an operation.

use super::cursor::Cursor;
use super::inserted::given;
use super::read_create::{is_temporary, own_place};
use super::rows::{merged, rows};
use super::whole_rows::{Updated, updated};
use crate::operation::{CreateTable, DataOperation, Operation, Persistence, TableOperation};

/// `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, `SELECT` and their `WITH` forms.
pub(super) fn data(c: &mut Cursor<'_>) -> Option<Operation> {
    let start = c.position();
    let mut inner = c.clone();
    if inner.at("WITH") {
        inner.skip_until(1, |c| ["INSERT", "UPDATE", "DELETE", "SELECT", "MERGE"].iter().any(|w| c.at(w)));
    }
    let with = inner.fragment_from(start);
    let operation = if inner.eat("INSERT INTO") {
        let table = inner.name()?;
        let mut behind = inner.clone();
        behind.skip_until(0, |c| c.at("ON CONFLICT"));
        inner.skip_until(0, |c| ["SELECT", "WITH", "TABLE", "VALUES", "DEFAULT VALUES"].iter().any(|w| c.at(w)));
        // SELECT without FROM makes one row.
        if inner.at("SELECT") {
            inner.skip_until(0, |c| c.at("FROM"));
        }
        let from_query = !inner.is_done() && !inner.at("VALUES") && !inner.at("DEFAULT");
        inner.rest();
        let given = given(inner.fragment_from(start).as_str());
        Operation::Data(DataOperation::Insert { table, from_query, given, on_conflict: !behind.is_done() })
    } else if inner.eat("UPDATE") {
        inner.eat("ONLY");
        let table = inner.name()?;
        let rows = rows(&mut inner, with.as_str());
        let (sets, never_null, literal) = match updated(inner.fragment_from(start).as_str()) {
            Some(Updated { columns, never_null, literal }) => (Some(columns), never_null, literal),
            None => (None, Vec::new(), None),
        };
        Operation::Data(DataOperation::Update { table, rows, sets, never_null, literal })
    } else if inner.eat("DELETE FROM") {
        inner.eat("ONLY");
        let table = inner.name()?;
        Operation::Data(DataOperation::Delete { table, rows: rows(&mut inner, with.as_str()) })
    } else if inner.eat("TRUNCATE") {
        inner.eat("TABLE");
        inner.eat("ONLY");
        let tables = inner.names()?;
        Operation::Data(DataOperation::Truncate {
            tables,
            cascade: inner.rest().as_str().to_ascii_uppercase().ends_with("CASCADE"),
        })
    } else if inner.at("SELECT")
        || inner.at("VALUES")
        || inner.at("TABLE")
        || inner.at("CALL")
        || inner.at("SHOW")
        || inner.at("EXPLAIN")
    {
        match selected_into(&inner) {
            Some(table) => table,
            None => {
                inner.rest();
                Operation::Data(DataOperation::Select { definition: inner.fragment_from(start) })
            }
        }
    } else if inner.eat("MERGE INTO") {
        Operation::Data(DataOperation::Update {
            table: inner.name()?,
            rows: merged(&mut inner),
            sets: None,
            never_null: Vec::new(),
            literal: None,
        })
    } else {
        return None;
    };
    c.rest();
    Some(operation)
}

/// `SELECT … INTO [TEMPORARY | UNLOGGED] [TABLE] name`, which is `CREATE TABLE name AS SELECT …`.
fn selected_into(c: &Cursor<'_>) -> Option<Operation> {
    let mut c = c.clone();
    c.need("SELECT")?;
    c.skip_until(0, |c| ["INTO", "FROM", "WHERE", "UNION"].iter().any(|word| c.at(word)));
    c.need("INTO")?;
    let persistence = match c.eat("UNLOGGED") {
        true => Persistence::Unlogged,
        false if is_temporary(&mut c) => Persistence::Temporary,
        false => Persistence::Permanent,
    };
    c.eat("TABLE");
    let (name, persistence) = own_place(c.name()?, persistence);
    Some(Operation::Table(TableOperation::Create(CreateTable {
        persistence,
        as_query: true,
        ..CreateTable::without_columns(name)
    })))
}
