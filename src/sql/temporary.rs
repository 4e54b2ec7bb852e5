//! What goes with the session that made it.

use crate::operation::{Ident, ObjectOperation, Operation, TableOperation};

/// The alias of the session's own schema.
pub(super) const TEMPORARY_SCHEMA: &str = "pg_temp";

/// The name of a table, view, sequence, function or type that a statement makes for its session alone. `text` is the
/// statement.
pub fn temporary<'a>(operation: &'a Operation, text: &str) -> Option<&'a Ident> {
    match operation {
        Operation::Table(TableOperation::Create(create)) => {
            create.persistence.is_temporary().then_some(&create.name.name)
        }
        Operation::Object(ObjectOperation::Create { name: Some(name), .. }) => {
            let own = name.schema.as_ref().is_some_and(|schema| schema.as_str() == TEMPORARY_SCHEMA);
            (own || says_temporary(text)).then_some(&name.name)
        }
        _ => None,
    }
}

/// `CREATE [OR REPLACE] [LOCAL | GLOBAL] TEMPORARY …`.
fn says_temporary(text: &str) -> bool {
    let words = text.split_whitespace().take(5).map(str::to_ascii_uppercase);
    let mut words = words.skip_while(|word| ["CREATE", "OR", "REPLACE", "LOCAL", "GLOBAL"].contains(&word.as_str()));
    words.next().is_some_and(|word| ["TEMP", "TEMPORARY"].contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::temporary;
    use crate::sql::read_statement;

    #[test]
    fn what_goes_with_its_session() {
        for (text, name) in [
            ("CREATE TEMP TABLE t (a int)", Some("t")),
            ("CREATE TABLE pg_temp.t AS SELECT 1", Some("t")),
            ("SELECT 1 AS a INTO TEMPORARY t", Some("t")),
            ("create or replace temporary view v as select 1", Some("v")),
            ("CREATE TEMP SEQUENCE s", Some("s")),
            ("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", Some("f")),
            ("CREATE VIEW temp AS SELECT 1", None),
            ("CREATE UNLOGGED TABLE t (a int)", None),
            ("SELECT 1 AS a INTO t", None),
        ] {
            let operation = read_statement(text).operations.remove(0).operation;
            assert_eq!(temporary(&operation, text).map(crate::operation::Ident::as_str), name, "{text}");
        }
    }
}
