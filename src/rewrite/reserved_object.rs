//! # reserved-object
//!
//! A sequence that waits for a deploy takes its columns, tables, names and types as they are: what its next phase does was written for that.
//! A migration that changes one of them before, drops it again because the model no longer has it, or builds something on what is
//! to go, runs into that phase or does its work too early.
//!
//! ## Instead
//!
//! Release the sequence first: `safestep status` says what it waits for. Where a generator made the statement, the model does not
//! say what is still there; `safestep rewrite --write` and `safestep release` keep it in step. safestep reports the statement and
//! passes it through.
//!
//! ```sql
//! -- t.a belongs to a sequence that waits
//! CREATE TABLE t (id int, a text);
//! -- in a migration:
//! ALTER TABLE t DROP COLUMN a;
//! -- is reported:
//! -- danger: t.a belongs to the sequence before, which waits for a deploy
//! ```
//!
//! ## References
//!
//! `safestep status`, `safestep release`.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::{
    ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, ForeignKey, Generated, Ident,
    IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName, SqlFragment, TableOperation, TypeOperation,
};
use crate::schema::{Reserved, ReservedObject, Schema, mentions, reads_column, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let reserved = touched(site)?;
    let (kind, name) = named(reserved);
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: reserved.table().cloned(),
        lock: site.effects().strongest(),
        message: belongs(site)?,
        label: format!("its next phase takes the {kind} as it is now"),
        help: format!("left as it is: release it first (`safestep status`), or leave {name} to it"),
    }))
}

/// Whose it is, where the operation touches something that is reserved.
pub(super) fn belongs(site: &Site<'_>) -> Option<String> {
    let reserved = touched(site)?;
    Some(format!("{} belongs to the sequence {}, which waits for a deploy", named(reserved).1, reserved.sequence))
}

fn touched<'a>(site: &Site<'a>) -> Option<&'a Reserved> {
    let (operation, schema) = (site.operation(), site.schema);
    of_table(operation, schema)
        .or_else(|| of_name(operation, schema))
        .or_else(|| of_column(operation, schema))
        .or_else(|| of_type(operation, schema))
}

/// What kind of thing it is, and its name.
fn named(reserved: &Reserved) -> (&'static str, String) {
    match &reserved.what {
        ReservedObject::Column { table, column, .. } => ("column", dotted(table, column)),
        ReservedObject::Table(table) => ("table", table.to_string()),
        ReservedObject::Name { name, .. } => ("name", name.to_string()),
        ReservedObject::Type(name) => ("type", name.to_string()),
    }
}

/// The reserved table that an operation changes, or to which it ties something that stays.
fn of_table<'a>(operation: &Operation, schema: &'a Schema) -> Option<&'a Reserved> {
    let found = |is_it: &dyn Fn(&QualifiedName) -> bool| {
        schema.reserved_tables().find(|(_, table)| is_it(table)).map(|(reserved, _)| reserved)
    };
    let own = |name: &QualifiedName| found(&|table| same(table, name));
    let tied = found(&|table| {
        keys_of(operation).any(|key| same(&key.references, table))
            || view_of(operation).is_some_and(|text| mentions(text.as_str(), table.name.as_str()))
    });
    let changed = || match operation {
        Operation::Table(table) => match table {
            TableOperation::Create(create) => own(&create.name).or_else(|| create.sources().find_map(own)),
            TableOperation::Drop { names, .. } => names.iter().find_map(own),
            TableOperation::Rename { table, to } => own(&table.name).or_else(|| own(&table.name.sibling(to.clone()))),
            TableOperation::SetAttribute { table, .. } => own(&table.name),
            TableOperation::AttachPartition { table, partition, .. }
            | TableOperation::DetachPartition { table, partition, .. } => own(&table.name).or_else(|| own(partition)),
            TableOperation::Vacuum { .. } | TableOperation::Analyze { .. } | TableOperation::Cluster { .. } => None,
        },
        Operation::Column(column) => own(&column.table().name),
        Operation::Constraint(constraint) => own(&constraint.table().name).or_else(|| match constraint {
            ConstraintOperation::Drop { table, name, .. } => {
                let state = schema.constraint(&table.name, name)?;
                let ConstraintKind::ForeignKey(key) = &state.constraint.kind else { return None };
                own(&key.references)
            }
            _ => None,
        }),
        Operation::Index(IndexOperation::Create(index)) => own(&index.table),
        Operation::Index(IndexOperation::Drop { names, .. }) => {
            names.iter().find_map(|name| own(&schema.index(name)?.table))
        }
        Operation::Object(ObjectOperation::SetSchema { kind: ObjectKind::Table, name, .. }) => own(name),
        Operation::Object(object) => object.table().and_then(own),
        _ => None,
    };
    tied.or_else(changed)
}

/// The name of a table from before that an operation takes, drops or uses, or whose view keeps it from changing the table.
fn of_name<'a>(operation: &Operation, schema: &'a Schema) -> Option<&'a Reserved> {
    let found = |is_it: &dyn Fn(&QualifiedName, &QualifiedName) -> bool| {
        schema.reserved_names().find(|(_, name, table)| is_it(name, table)).map(|(reserved, ..)| reserved)
    };
    let taken = |own: &QualifiedName| found(&|name, _| same(name, own));
    // the view reads all of its columns
    let read = |own: &QualifiedName| found(&|name, table| same(name, own) || same(table, own));
    match operation {
        Operation::Table(table) => match table {
            TableOperation::Create(create) => taken(&create.name),
            TableOperation::Drop { names, .. } => names.iter().find_map(read),
            TableOperation::Rename { table, to } => {
                read(&table.name).or_else(|| taken(&table.name.sibling(to.clone())))
            }
            _ => None,
        },
        Operation::Column(ColumnOperation::Drop { table, .. } | ColumnOperation::SetType { table, .. }) => {
            read(&table.name)
        }
        Operation::Object(ObjectOperation::SetSchema { kind: ObjectKind::Table | ObjectKind::View, name, .. }) => {
            read(name)
        }
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::View, name: Some(name), definition, .. }) => {
            taken(name).or_else(|| found(&|name, _| mentions(definition.as_str(), name.name.as_str())))
        }
        Operation::Object(ObjectOperation::Drop { kind: ObjectKind::View, names, .. }) => names.iter().find_map(taken),
        _ => None,
    }
}

/// The reserved column that an operation changes, or whose table or index it does.
fn of_column<'a>(operation: &Operation, schema: &'a Schema) -> Option<&'a Reserved> {
    let in_table = |table: &QualifiedName, is_it: &dyn Fn(&Ident) -> bool| {
        schema.reserved_columns(table).find(|(_, column, _)| is_it(column)).map(|(reserved, ..)| reserved)
    };
    // What is built on a column that stays does not change the column.
    let leaving = |table: &QualifiedName, is_it: &dyn Fn(&Ident) -> bool| {
        let mut columns = schema.reserved_columns(table);
        columns.find(|(_, column, stays)| !stays && is_it(column)).map(|(reserved, ..)| reserved)
    };
    let pointed_at =
        keys_of(operation).find_map(|key| leaving(&key.references, &|column| key.referenced.contains(column)));
    let read = || {
        let (text, tables) = match operation {
            Operation::Column(ColumnOperation::Add { table, column, .. }) => {
                (expression_of(column)?, vec![table.name.clone()])
            }
            Operation::Object(ObjectOperation::Create { on: Some(table), definition, .. }) => {
                (definition, vec![table.clone()])
            }
            _ => {
                let text = view_of(operation)?;
                (text, schema.named_in(text.as_str()).into_iter().map(|table| table.name.clone()).collect())
            }
        };
        tables.iter().find_map(|table| leaving(table, &|column| mentions(text.as_str(), column.as_str())))
    };
    let changed = || match operation {
        Operation::Column(column) => in_table(&column.table().name, &|reserved| {
            let comes = matches!(column, ColumnOperation::Rename { to, .. } if to == reserved);
            reserved == column.column() || comes
        }),
        Operation::Table(TableOperation::Drop { names, .. }) => {
            names.iter().find_map(|table| in_table(table, &|_| true))
        }
        Operation::Table(TableOperation::Rename { table, .. }) => in_table(&table.name, &|_| true),
        Operation::Object(ObjectOperation::SetSchema { name, .. }) => in_table(name, &|_| true),
        Operation::Index(IndexOperation::Create(index)) => {
            leaving(&index.table, &|column| reads_column(&index.definition, column))
        }
        Operation::Index(IndexOperation::Drop { names, .. }) => names.iter().find_map(|name| {
            let index = schema.index(name)?;
            leaving(&index.table, &|column| index.uses_column(column))
        }),
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            leaving(&table.name, &|column| has_column(&constraint.kind, column))
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            let state = schema.constraint(&table.name, name)?;
            leaving(&table.name, &|column| has_column(&state.constraint.kind, column))
        }
        _ => None,
    };
    pointed_at.or_else(read).or_else(changed)
}

/// The reserved type that an operation changes, or of which it makes something.
fn of_type<'a>(operation: &Operation, schema: &'a Schema) -> Option<&'a Reserved> {
    let own = |name: &QualifiedName| schema.reserved_type(name);
    match operation {
        Operation::Type(operation) => match operation {
            TypeOperation::CreateEnum { name, .. }
            | TypeOperation::AddValue { name, .. }
            | TypeOperation::RenameValue { name, .. }
            | TypeOperation::CreateDomain { name, .. }
            | TypeOperation::AlterDomain { name, .. } => own(name),
            TypeOperation::Rename { name, to } => own(name).or_else(|| own(&name.sibling(to.clone()))),
            TypeOperation::Drop { names, .. } => names.iter().find_map(own),
        },
        Operation::Column(ColumnOperation::Add { column, .. }) => own(column.ty.name()),
        Operation::Column(ColumnOperation::SetType { ty, .. }) => own(ty.name()),
        Operation::Table(TableOperation::Create(create)) => {
            create.columns.iter().find_map(|column| own(column.ty.name()))
        }
        _ => None,
    }
}

/// The foreign keys that an operation adds.
fn keys_of(operation: &Operation) -> impl Iterator<Item = &ForeignKey> {
    let (table, column, constraint): (&[ColumnDefinition], Option<&ColumnDefinition>, &[Constraint]) = match operation {
        Operation::Table(TableOperation::Create(create)) => (&create.columns, None, &create.constraints),
        Operation::Column(ColumnOperation::Add { column, .. }) => (&[], Some(column), &[]),
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            (&[], None, std::slice::from_ref(constraint))
        }
        _ => (&[], None, &[]),
    };
    let inline = table.iter().chain(column).flat_map(|column| &column.constraints);
    inline.chain(constraint).filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    })
}

/// The text of a view that an operation makes.
fn view_of(operation: &Operation) -> Option<&SqlFragment> {
    match operation {
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::View | ObjectKind::MaterializedView,
            definition,
            ..
        }) => Some(definition),
        _ => None,
    }
}

/// What a generated column is computed from.
fn expression_of(column: &ColumnDefinition) -> Option<&SqlFragment> {
    match &column.generated {
        Some(Generated::Stored(expression) | Generated::Virtual(expression)) => Some(expression),
        Some(Generated::Identity(_)) | None => None,
    }
}

fn has_column(kind: &ConstraintKind, column: &Ident) -> bool {
    match kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => columns.contains(column),
        ConstraintKind::ForeignKey(key) => key.columns.contains(column),
        ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn other_columns_of_its_table_are_free() {
        check(
            "reserved-object",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text, b text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN b, ADD COLUMN c text;
            CREATE INDEX ON t (id);
            -- is left alone
            ",
        );
    }

    #[test]
    fn what_takes_the_whole_table_takes_it_too() {
        check(
            "reserved-object",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text);
            -- in a migration:
            ALTER TABLE t RENAME TO u;
            -- is reported:
            -- danger: t.a belongs to the sequence before, which waits for a deploy
            ",
        );
    }

    #[test]
    fn an_index_on_it_is_in_the_way() {
        check(
            "reserved-object",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text);
            -- in a migration:
            CREATE INDEX t_a_idx ON t (id, a);
            -- is reported:
            -- danger: t.a belongs to the sequence before, which waits for a deploy
            ",
        );
    }

    #[test]
    fn what_reads_a_column_that_goes_is_in_the_way() {
        for statement in [
            "CREATE VIEW v AS SELECT a FROM t;",
            "ALTER TABLE t ADD COLUMN b text GENERATED ALWAYS AS (a || 'x') STORED;",
            "CREATE TABLE u (x text REFERENCES t (a));",
        ] {
            check(
                "reserved-object",
                &format!(
                    "
                    -- t.a belongs to a sequence that waits
                    CREATE TABLE t (id int, a text UNIQUE);
                    -- in a migration:
                    {statement}
                    -- is reported:
                    -- danger: t.a belongs to the sequence before, which waits for a deploy
                    "
                ),
            );
        }
    }

    #[test]
    fn its_name_is_taken() {
        check(
            "reserved-object",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a int;
            -- is reported:
            -- danger: t.a belongs to the sequence before, which waits for a deploy
            ",
        );
    }

    #[test]
    fn a_table_that_goes_is_left_alone_with_all_that_is_on_it() {
        for statement in [
            "DROP TABLE t CASCADE;",
            "ALTER TABLE t RENAME TO v;",
            "ALTER TABLE t ADD COLUMN b text;",
            "ALTER TABLE u ADD COLUMN t int REFERENCES t;",
            "ALTER TABLE u DROP CONSTRAINT u_x_fkey;",
            "CREATE VIEW v AS SELECT id FROM t;",
        ] {
            check(
                "reserved-object",
                &format!(
                    "
                    -- t belongs to a sequence that waits
                    CREATE TABLE t (id int PRIMARY KEY);
                    CREATE TABLE u (x int REFERENCES t);
                    -- in a migration:
                    {statement}
                    -- is reported:
                    -- danger: t belongs to the sequence before, which waits for a deploy
                    "
                ),
            );
        }
    }

    #[test]
    fn a_name_from_before_is_left_alone_and_so_are_the_columns_below_it() {
        for statement in [
            "CREATE TABLE t (a int);",
            "DROP VIEW t;",
            "ALTER TABLE u RENAME TO v;",
            "ALTER TABLE u DROP COLUMN a;",
            "CREATE VIEW v AS SELECT a FROM t;",
        ] {
            check(
                "reserved-object",
                &format!(
                    "
                    -- t=u belongs to a sequence that waits
                    CREATE TABLE u (a int, b int);
                    -- in a migration:
                    {statement}
                    -- is reported:
                    -- danger: t belongs to the sequence before, which waits for a deploy
                    "
                ),
            );
        }
    }

    #[test]
    fn a_table_below_a_name_from_before_may_grow() {
        check(
            "reserved-object",
            "
            -- t=u belongs to a sequence that waits
            CREATE TABLE u (a int);
            -- in a migration:
            ALTER TABLE u ADD COLUMN b int;
            -- is left alone
            ",
        );
    }

    #[test]
    fn rows_of_a_table_that_goes_are_nobodys_trouble() {
        check(
            "reserved-object",
            "
            -- t belongs to a sequence that waits
            CREATE TABLE t (id int PRIMARY KEY);
            -- in a migration:
            DELETE FROM t WHERE id = 1;
            GRANT SELECT ON t TO public;
            -- is left alone
            ",
        );
    }
}
