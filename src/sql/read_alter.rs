//! `ALTER TABLE` and the other `ALTER` statements.

use super::cursor::Cursor;
use super::passes::in_order_of_passes;
use super::read_constraint::{constraint_alteration, domain_action, starts_constraint, table_constraint};
use super::read_create::{column_definition, generated};
use super::reading::Located;
use crate::operation::{
    ColumnAttribute, ColumnOperation, ConstraintOperation, EnumPosition, Generated, ObjectKind, ObjectOperation,
    Operation, Persistence, RowSecurity, SqlFragment, TableAttribute, TableOperation, TableRef, Toggle, TypeOperation,
};

/// After `ALTER TABLE`: one operation for each subcommand, with its slice, in the order in which they run.
pub(super) fn alter_table(c: &mut Cursor<'_>) -> Option<Vec<Located>> {
    let if_exists = c.eat("IF EXISTS");
    let only = c.eat("ONLY");
    let table = TableRef { name: c.name()?, only, if_exists };
    c.eat_symbol("*");
    if let Some(operation) = whole_table(c, &table) {
        return Some(vec![Located { span: c.span_from(0), operation }]);
    }
    let parts = c.clone().comma_parts();
    c.rest();
    let located = parts.into_iter().map(|mut part| {
        let span = part.whole_span();
        let operation = subcommand(&mut part, &table).filter(|_| part.is_done())?;
        Some(Located { operation, span })
    });
    let mut subcommands = located.collect::<Option<Vec<_>>>()?;
    in_order_of_passes(&mut subcommands, |located| &located.operation);
    Some(subcommands)
}

/// The forms that cannot be one of several subcommands.
fn whole_table(c: &mut Cursor<'_>, table: &TableRef) -> Option<Operation> {
    let table = table.clone();
    if c.eat("RENAME CONSTRAINT") {
        let name = c.ident()?;
        c.need("TO")?;
        return Some(Operation::Constraint(ConstraintOperation::Rename { table, name, to: c.ident()? }));
    }
    if c.eat("RENAME TO") {
        return Some(Operation::Table(TableOperation::Rename { table, to: c.ident()? }));
    }
    if c.eat("RENAME") {
        c.eat("COLUMN");
        let column = c.ident()?;
        c.need("TO")?;
        return Some(Operation::Column(ColumnOperation::Rename { table, column, to: c.ident()? }));
    }
    if c.eat("SET SCHEMA") {
        return Some(Operation::Object(ObjectOperation::SetSchema {
            kind: ObjectKind::Table,
            name: table.name,
            to: c.ident()?,
        }));
    }
    if c.eat("ATTACH PARTITION") {
        return Some(Operation::Table(TableOperation::AttachPartition {
            table,
            partition: c.name()?,
            bounds: c.rest(),
        }));
    }
    if c.eat("DETACH PARTITION") {
        let partition = c.name()?;
        let concurrently = c.eat("CONCURRENTLY");
        return Some(Operation::Table(TableOperation::DetachPartition {
            table,
            partition,
            concurrently,
            finalize: c.eat("FINALIZE"),
        }));
    }
    None
}

fn subcommand(c: &mut Cursor<'_>, table: &TableRef) -> Option<Operation> {
    if c.eat("ADD") {
        return add(c, table.clone());
    }
    if c.eat("DROP CONSTRAINT") {
        let if_exists = c.eat("IF EXISTS");
        let name = c.ident()?;
        return Some(Operation::Constraint(ConstraintOperation::Drop {
            table: table.clone(),
            name,
            if_exists,
            cascade: c.cascade(),
        }));
    }
    if c.eat("DROP") {
        c.eat("COLUMN");
        let if_exists = c.eat("IF EXISTS");
        let column = c.ident()?;
        return Some(Operation::Column(ColumnOperation::Drop {
            table: table.clone(),
            column,
            if_exists,
            cascade: c.cascade(),
        }));
    }
    if c.eat("VALIDATE CONSTRAINT") {
        return Some(Operation::Constraint(ConstraintOperation::Validate { table: table.clone(), name: c.ident()? }));
    }
    if c.eat("ALTER CONSTRAINT") {
        let name = c.ident()?;
        return Some(Operation::Constraint(ConstraintOperation::Alter {
            table: table.clone(),
            name,
            alteration: constraint_alteration(c),
        }));
    }
    if c.eat("ALTER") {
        c.eat("COLUMN");
        return alter_column(c, table.clone());
    }
    table_attribute(c)
        .map(|attribute| Operation::Table(TableOperation::SetAttribute { table: table.clone(), attribute }))
}

fn add(c: &mut Cursor<'_>, table: TableRef) -> Option<Operation> {
    if starts_constraint(c) {
        return Some(Operation::Constraint(ConstraintOperation::Add { table, constraint: table_constraint(c)? }));
    }
    c.eat("COLUMN");
    let if_not_exists = c.eat("IF NOT EXISTS");
    Some(Operation::Column(ColumnOperation::Add { table, column: column_definition(c)?, if_not_exists }))
}

fn alter_column(c: &mut Cursor<'_>, table: TableRef) -> Option<Operation> {
    let column = c.ident()?;
    if c.eat("SET NOT NULL") {
        return Some(Operation::Column(ColumnOperation::SetNotNull { table, column }));
    }
    if c.eat("DROP NOT NULL") {
        return Some(Operation::Column(ColumnOperation::DropNotNull { table, column }));
    }
    if c.eat("SET DEFAULT") {
        return Some(Operation::Column(ColumnOperation::SetDefault { table, column, default: c.rest() }));
    }
    if c.eat("DROP DEFAULT") {
        return Some(Operation::Column(ColumnOperation::DropDefault { table, column }));
    }
    if c.eat("SET DATA TYPE") || c.eat("TYPE") {
        let ty = c.type_name()?;
        let collation = if c.eat("COLLATE") { Some(c.name()?) } else { None };
        let using = c.eat("USING").then(|| c.rest());
        return Some(Operation::Column(ColumnOperation::SetType { table, column, ty, collation, using }));
    }
    let attribute = column_attribute(c)?;
    c.rest();
    Some(Operation::Column(ColumnOperation::SetAttribute { table, column, attribute }))
}

fn column_attribute(c: &mut Cursor<'_>) -> Option<ColumnAttribute> {
    if c.at("ADD GENERATED") {
        c.need("ADD")?;
        return match generated(c)? {
            Generated::Identity(identity) => Some(ColumnAttribute::AddIdentity(identity)),
            Generated::Stored(_) | Generated::Virtual(_) => None,
        };
    }
    let forms = [
        ("SET STATISTICS", ColumnAttribute::Statistics),
        ("SET STORAGE", ColumnAttribute::Storage),
        ("SET COMPRESSION", ColumnAttribute::Compression),
        ("DROP IDENTITY IF EXISTS", ColumnAttribute::DropIdentity { if_exists: true }),
        ("DROP IDENTITY", ColumnAttribute::DropIdentity { if_exists: false }),
        ("SET GENERATED", ColumnAttribute::ChangeIdentity),
        ("RESTART", ColumnAttribute::ChangeIdentity),
        ("DROP EXPRESSION IF EXISTS", ColumnAttribute::DropExpression { if_exists: true }),
        ("DROP EXPRESSION", ColumnAttribute::DropExpression { if_exists: false }),
        ("SET EXPRESSION", ColumnAttribute::SetExpression),
        ("SET INCREMENT", ColumnAttribute::ChangeIdentity),
        ("SET START", ColumnAttribute::ChangeIdentity),
    ];
    if let Some((_, attribute)) = forms.into_iter().find(|(words, _)| c.eat(words)) {
        return Some(attribute);
    }
    let options = c.eat("SET") || c.eat("RESET");
    (options && c.at_symbol("(")).then_some(ColumnAttribute::Statistics)
}

fn table_attribute(c: &mut Cursor<'_>) -> Option<TableAttribute> {
    if c.eat("INHERIT") {
        return Some(TableAttribute::Inherit(c.name()?));
    }
    if c.eat("NO INHERIT") {
        return Some(TableAttribute::NoInherit(c.name()?));
    }
    for (words, fires) in [("ENABLE", true), ("DISABLE", false), ("ENABLE ALWAYS", true), ("ENABLE REPLICA", false)] {
        for kind in ["TRIGGER", "RULE"] {
            if c.eat(&format!("{words} {kind}")) {
                let all = kind == "TRIGGER" && (c.at("ALL") || c.at("USER"));
                let name = c.ident()?;
                let toggle = Toggle { name: (!all).then_some(name), fires };
                return Some(match kind {
                    "TRIGGER" => TableAttribute::ToggleTrigger(toggle),
                    _ => TableAttribute::ToggleRule(toggle),
                });
            }
        }
    }
    let forms = [
        ("OWNER TO", TableAttribute::Owner),
        ("ENABLE ROW LEVEL SECURITY", TableAttribute::RowSecurity(RowSecurity::Enable)),
        ("DISABLE ROW LEVEL SECURITY", TableAttribute::RowSecurity(RowSecurity::Disable)),
        ("FORCE ROW LEVEL SECURITY", TableAttribute::RowSecurity(RowSecurity::Force)),
        ("NO FORCE ROW LEVEL SECURITY", TableAttribute::RowSecurity(RowSecurity::NoForce)),
        ("REPLICA IDENTITY", TableAttribute::ReplicaIdentity),
        ("SET LOGGED", TableAttribute::Persistence(Persistence::Permanent)),
        ("SET UNLOGGED", TableAttribute::Persistence(Persistence::Unlogged)),
        ("SET TABLESPACE", TableAttribute::Tablespace),
        ("SET ACCESS METHOD", TableAttribute::AccessMethod),
        ("CLUSTER ON", TableAttribute::ClusterIndex),
        ("SET WITHOUT CLUSTER", TableAttribute::ClusterIndex),
        ("SET WITHOUT", TableAttribute::Other),
        ("OF", TableAttribute::Other),
        ("NOT OF", TableAttribute::Other),
    ];
    if let Some((_, attribute)) = forms.into_iter().find(|(words, _)| c.eat(words)) {
        c.rest();
        return Some(attribute);
    }
    let set = c.eat("SET") || c.eat("RESET");
    if !set || !c.at_symbol("(") {
        return None;
    }
    let options = c.rest();
    let catalog = options.as_str().to_ascii_lowercase().contains("user_catalog_table");
    Some(if catalog { TableAttribute::UserCatalogTable } else { TableAttribute::StorageParameters })
}

/// After `ALTER TYPE`.
pub(super) fn alter_type(c: &mut Cursor<'_>) -> Option<Operation> {
    let name = c.name()?;
    if c.eat("ADD VALUE") {
        let if_not_exists = c.eat("IF NOT EXISTS");
        let value = c.string()?;
        let position = if c.eat("BEFORE") {
            EnumPosition::Before(c.string()?)
        } else if c.eat("AFTER") {
            EnumPosition::After(c.string()?)
        } else {
            EnumPosition::Last
        };
        return Some(Operation::Type(TypeOperation::AddValue { name, value, if_not_exists, position }));
    }
    if c.eat("RENAME VALUE") {
        let from = c.string()?;
        c.need("TO")?;
        return Some(Operation::Type(TypeOperation::RenameValue { name, from, to: c.string()? }));
    }
    if c.eat("RENAME TO") {
        return Some(Operation::Type(TypeOperation::Rename { name, to: c.ident()? }));
    }
    if c.eat("SET SCHEMA") {
        return Some(Operation::Object(ObjectOperation::SetSchema { kind: ObjectKind::Type, name, to: c.ident()? }));
    }
    Some(Operation::Object(ObjectOperation::Alter {
        kind: ObjectKind::Type,
        name: Some(name),
        on: None,
        action: c.rest(),
    }))
}

/// After `ALTER`, for kinds of objects whose details no rewrite needs.
pub(super) fn alter_other(c: &mut Cursor<'_>) -> Option<Operation> {
    let kind = object_kind(c)?;
    if kind == ObjectKind::Domain {
        return Some(Operation::Type(TypeOperation::AlterDomain { name: c.name()?, action: domain_action(c)? }));
    }
    c.eat("IF EXISTS");
    let name = c.name();
    let on = if c.eat("ON") { c.name() } else { None };
    let mut renamed = c.clone();
    if renamed.eat("SET SCHEMA")
        && let Some(name) = name
    {
        c.need("SET SCHEMA")?;
        return Some(Operation::Object(ObjectOperation::SetSchema { kind, name, to: c.ident()? }));
    }
    Some(Operation::Object(ObjectOperation::Alter { kind, name, on, action: c.rest() }))
}

/// Reads the words that name a kind of object.
pub(super) fn object_kind(c: &mut Cursor<'_>) -> Option<ObjectKind> {
    let kinds = [
        ("MATERIALIZED VIEW", ObjectKind::MaterializedView),
        ("RECURSIVE VIEW", ObjectKind::View),
        ("VIEW", ObjectKind::View),
        ("FOREIGN TABLE", ObjectKind::Table),
        ("SEQUENCE", ObjectKind::Sequence),
        ("DOMAIN", ObjectKind::Domain),
        ("TYPE", ObjectKind::Type),
        ("SCHEMA", ObjectKind::Schema),
        ("FUNCTION", ObjectKind::Function),
        ("PROCEDURE", ObjectKind::Function),
        ("ROUTINE", ObjectKind::Function),
        ("AGGREGATE", ObjectKind::Function),
        ("CONSTRAINT TRIGGER", ObjectKind::Trigger),
        ("TRIGGER", ObjectKind::Trigger),
        ("POLICY", ObjectKind::Policy),
        ("RULE", ObjectKind::Rule),
        ("EXTENSION", ObjectKind::Extension),
        ("PUBLICATION", ObjectKind::Publication),
        ("SUBSCRIPTION", ObjectKind::Publication),
        ("STATISTICS", ObjectKind::Statistics),
        ("DEFAULT PRIVILEGES", ObjectKind::Other),
        ("EVENT TRIGGER", ObjectKind::Other),
        ("ROLE", ObjectKind::Other),
        ("USER", ObjectKind::Other),
        ("COLLATION", ObjectKind::Other),
        ("CAST", ObjectKind::Other),
        ("OPERATOR", ObjectKind::Other),
        ("TEXT SEARCH", ObjectKind::Other),
    ];
    kinds.into_iter().find(|(words, _)| c.eat(words)).map(|(_, kind)| kind)
}

/// A fragment for operations whose text nobody reads.
pub(super) fn rest(c: &mut Cursor<'_>) -> SqlFragment {
    c.rest()
}
