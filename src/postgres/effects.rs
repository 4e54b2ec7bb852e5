//! The locks and the cost of one operation, one statement, one transaction.

use super::tally::Tally;
use super::type_change::TypeAlteration;
use super::{Effects, LockMode, Work, column, constraint, data, index, object, table};
use crate::operation::ObjectKind;
use crate::operation::Operation::{self, *};
use crate::schema::Schema;

/// What `operation` does on a server of that major version when the catalog is `schema` (as it is before the operation).
/// Tables that the migration itself made count as empty: their locks are left out and their work is constant.
pub fn effects(operation: &Operation, schema: &Schema, version: u32) -> Effects {
    let mut tally = Tally::new(schema, version);
    of_table(&mut tally, operation);
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

/// Tables, columns and constraints; the rest is [`of_object`]'s.
fn of_table(t: &mut Tally<'_>, operation: &Operation) {
    match operation {
        CreateTable(create) => table::create(t, create),
        DropTable { names, cascade, .. } => table::drop(t, names, *cascade),
        RenameTable { table: name, .. } => table::rename(t, name),
        SetTableAttribute { table: name, attribute } => table::attribute(t, name, attribute),
        AttachPartition { table: name, partition, bounds } => table::attach(t, name, partition, bounds),
        DetachPartition { table: name, partition, concurrently, finalize } => {
            table::detach(t, name, partition, *concurrently, *finalize)
        }
        AddColumn { table, column, if_not_exists } => column::add(t, table, column, *if_not_exists),
        DropColumn { table, column, cascade, .. } => column::drop(t, table, column, *cascade),
        RenameColumn { table, .. }
        | DropNotNull { table, .. }
        | SetDefault { table, .. }
        | DropDefault { table, .. } => t.lock_family(table, table.only, LockMode::AccessExclusive),
        SetNotNull { table, column } => constraint::set_not_null(t, table, column),
        SetType { table, column, ty, collation, using } => {
            let change = TypeAlteration { table, column, to: ty, collation: collation.as_ref(), using: using.as_ref() };
            column::set_type(t, table, &change);
        }
        SetColumnAttribute { table, column, attribute } => column::attribute(t, table, column, attribute),
        AddConstraint { table, constraint } => constraint::add(t, table, constraint),
        DropConstraint { table, name, cascade, .. } => constraint::drop(t, table, name, *cascade),
        ValidateConstraint { table, name } => constraint::validate(t, table, name),
        RenameConstraint { table, name, .. } => constraint::rename(t, table, name),
        AlterConstraint { table, name, options } => constraint::alter(t, table, name, options.as_str()),
        SetSchema { .. }
        | CreateIndex(_)
        | DropIndex { .. }
        | RenameIndex { .. }
        | AlterIndex { .. }
        | AttachIndex { .. }
        | Reindex { .. }
        | CreateEnum { .. }
        | AddEnumValue { .. }
        | RenameEnumValue { .. }
        | RenameType { .. }
        | DropType { .. }
        | CreateDomain { .. }
        | AlterDomain { .. }
        | CreateObject { .. }
        | AlterObject { .. }
        | DropObject { .. }
        | RefreshMaterializedView { .. }
        | Comment { .. }
        | Grant { .. }
        | Insert { .. }
        | Update { .. }
        | Delete { .. }
        | Truncate { .. }
        | Select { .. }
        | Backfill(_)
        | SetParameter { .. }
        | Transaction(_)
        | LockTable { .. }
        | Vacuum { .. }
        | Analyze { .. }
        | Cluster { .. }
        | Opaque { .. } => of_object(t, operation),
    }
}

/// Indexes, types, other objects, data and the session.
fn of_object(t: &mut Tally<'_>, operation: &Operation) {
    match operation {
        SetSchema { kind: ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView, name, .. } => {
            table::rename(t, name)
        }
        SetSchema { kind: ObjectKind::Sequence, name, .. } => t.lock_index(name, LockMode::AccessExclusive),
        CreateIndex(index) => index::create(t, index),
        DropIndex { names, concurrently, cascade, .. } => index::drop(t, names, *concurrently, *cascade),
        RenameIndex { index, .. } => index::rename(t, index),
        AlterIndex { index, options } => index::alter(t, index, options.as_str()),
        AttachIndex { index, partition } => index::attach(t, index, partition),
        Reindex { kind, name, concurrently } => index::reindex(t, *kind, name.as_ref(), *concurrently),
        // Labels and new types live in catalogs of their own; ADD VALUE may be in a transaction block since 12.
        SetSchema { .. }
        | CreateEnum { .. }
        | AddEnumValue { .. }
        | RenameEnumValue { .. }
        | RenameType { .. }
        | CreateDomain { .. } => {}
        DropType { names, cascade, .. } => object::drop_types(t, names, *cascade),
        AlterDomain { name, action } => object::alter_domain(t, name, action),
        CreateObject { kind, name, on, definition, .. } => {
            object::create(t, *kind, name.as_ref(), on.as_ref(), definition)
        }
        AlterObject { kind, name, on, action } => object::alter(t, *kind, name.as_ref(), on.as_ref(), action),
        DropObject { kind, names, on, cascade, .. } => object::drop(t, *kind, names, on.as_ref(), *cascade),
        RefreshMaterializedView { name, concurrently } => object::refresh(t, name, *concurrently),
        Comment { definition } => object::comment(t, definition),
        Insert { table, .. } => data::insert(t, table),
        Update { table, rows } | Delete { table, rows } => data::change(t, table, rows),
        Backfill(backfill) => data::backfill(t, &backfill.table),
        Truncate { tables, cascade } => table::truncate(t, tables, *cascade),
        Select { definition } => data::select(t, definition),
        Grant { .. } | SetParameter { .. } | Transaction(_) => {}
        LockTable { tables, mode } => data::lock(t, tables, mode),
        Vacuum { tables, full } => data::vacuum(t, tables, *full),
        Analyze { tables } => data::analyze(t, tables),
        Cluster { table } => data::cluster(t, table.as_ref()),
        Opaque { .. } => t.work(Work::Unknown),
        CreateTable(_)
        | DropTable { .. }
        | RenameTable { .. }
        | SetTableAttribute { .. }
        | AttachPartition { .. }
        | DetachPartition { .. }
        | AddColumn { .. }
        | DropColumn { .. }
        | RenameColumn { .. }
        | SetNotNull { .. }
        | DropNotNull { .. }
        | SetDefault { .. }
        | DropDefault { .. }
        | SetType { .. }
        | SetColumnAttribute { .. }
        | AddConstraint { .. }
        | DropConstraint { .. }
        | ValidateConstraint { .. }
        | RenameConstraint { .. }
        | AlterConstraint { .. } => {} // of_table
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
