//! The locks and the cost of one operation, one statement, one transaction.

use super::tally::Tally;
use super::{Effects, Work, column, constraint, data, index, object, table};
use crate::operation::{Operation, SessionOperation};
use crate::schema::Schema;

/// What `operation` does on a server of that major version when the catalog is `schema` (as it is before the operation).
/// Tables that the migration itself made count as empty: their locks are left out and their work is constant.
pub fn effects(operation: &Operation, schema: &Schema, version: u32) -> Effects {
    let mut tally = Tally::new(schema, version);
    count(&mut tally, operation);
    tally.into_effects()
}

/// What one statement does that holds several operations, as ALTER TABLE can: its subcommands run in PostgreSQL's order
/// (drops, then types, then new columns, …), each sees what the earlier ones did, and all work is done under the strongest
/// lock of any. The operations of a `DO` block are statements of their own: see [`transaction_effects`].
pub fn statement_effects(operations: &[&Operation], schema: &Schema, version: u32) -> Effects {
    match operations {
        [] => Effects::none(),
        [only] => effects(only, schema, version),
        several => {
            let mut ordered = several.to_vec();
            ordered.sort_by_key(|operation| crate::sql::pass(operation));
            in_order(ordered, &mut schema.clone(), version)
        }
    }
}

/// What statements do that share a transaction: locks are kept to its end, so later work is done under earlier locks.
pub fn transaction_effects<'a>(
    statements: impl IntoIterator<Item = &'a [&'a Operation]>,
    schema: &Schema,
    version: u32,
) -> Effects {
    let mut schema = schema.clone();
    let mut sum = Effects::none();
    let mut labels = Vec::new();
    for statement in statements {
        let mut effects = statement_effects(statement, &schema, version);
        effects.fails_on_rows |= statement.iter().any(|o| data::uses_label(o, &labels));
        sum = sum.then(effects);
        for operation in statement {
            labels.extend(data::unusable_label(operation, &schema, version));
            schema.apply(operation);
        }
    }
    sum
}

fn in_order(operations: Vec<&Operation>, schema: &mut Schema, version: u32) -> Effects {
    let mut sum = Effects::none();
    for operation in operations {
        sum = sum.then(effects(operation, schema, version));
        schema.apply(operation);
    }
    sum
}

fn count(tally: &mut Tally<'_>, operation: &Operation) {
    match operation {
        Operation::Table(operation) => table::count(tally, operation),
        Operation::Column(operation) => column::count(tally, operation),
        Operation::Constraint(operation) => constraint::count(tally, operation),
        Operation::Index(operation) => index::count(tally, operation),
        Operation::Type(operation) => object::count_type(tally, operation),
        Operation::Object(operation) => object::count(tally, operation),
        Operation::Data(operation) => data::count(tally, operation),
        Operation::Session(SessionOperation::LockTable { tables, mode }) => data::lock(tally, tables, mode),
        Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_)) => {}
        Operation::Opaque { .. } => tally.work(Work::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{read_statement, split};

    /// The catalog after `history`, and the verdict on each statement of `migration` in its own transaction.
    fn unsafe_ones(history: &str, migration: &str) -> Vec<bool> {
        let mut schema = Schema::default();
        let operations = |script: &str| -> Vec<Operation> {
            let statements = split(script).pieces.into_iter().map(|p| read_statement(p.span.slice(script)));
            statements.flat_map(|s| s.operations).map(|l| l.operation).collect()
        };
        operations(history).iter().for_each(|o| schema.apply(o));
        schema.begin_migration();
        let judge = |o: Operation| {
            let found = effects(&o, &schema, 16).is_unsafe();
            schema.apply(&o);
            found
        };
        operations(migration).into_iter().map(judge).collect()
    }

    #[test]
    fn what_is_not_known_is_the_dangerous_case() {
        let migration = "ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ADD b uuid DEFAULT some_function();
             ALTER TABLE t ALTER c TYPE text; ALTER TABLE t ADD d some_type; SELECT some_function(); FROBNICATE t";
        assert_eq!(unsafe_ones("", migration), [true; 6]);
    }

    #[test]
    fn tables_of_the_migration_are_empty_and_nobody_waits_for_them() {
        let migration = "CREATE TABLE n (id int, a int); CREATE INDEX ON n (a); ALTER TABLE n ALTER a SET NOT NULL;
             ALTER TABLE n ALTER a TYPE bigint; ALTER TABLE n ADD FOREIGN KEY (id) REFERENCES t";
        assert_eq!(unsafe_ones("CREATE TABLE t (id int PRIMARY KEY)", migration), [false; 5]);
    }

    #[test]
    fn a_check_proves_the_column_it_was_made_for_under_any_name() {
        let history =
            "CREATE TABLE t (a int, CHECK (a IS NOT NULL)); ALTER TABLE t RENAME a TO b; ALTER TABLE t ADD a int";
        let migration = "ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t ALTER a SET NOT NULL";
        assert_eq!(unsafe_ones(history, migration), [false, true]);
    }

    #[test]
    fn a_collation_that_is_lost_rebuilds_the_index() {
        let history =
            "CREATE TABLE t (a varchar(9) COLLATE \"C\", b varchar(9)); CREATE INDEX ON t (a); CREATE INDEX ON t (b)";
        let migration = "ALTER TABLE t ALTER a TYPE text; ALTER TABLE t ALTER b TYPE text";
        assert_eq!(unsafe_ones(history, migration), [true, false]);
    }
}
