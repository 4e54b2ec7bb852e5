//! A few words for the file of an operation that passes through.

use crate::operation::{
    ColumnAttribute, ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation,
    ObjectKind, ObjectOperation, Operation, Persistence, QualifiedName, SessionOperation, TableAttribute,
    TableOperation, TransactionControl, TypeOperation,
};
use crate::plan::snake_case;
use crate::sql::expression;

/// `user_add_age`, `create_role`.
pub(super) fn slug_of(operation: &Operation) -> String {
    let table = operation.table().map(|t| snake_case(&t.name)).unwrap_or_default();
    match operation {
        Operation::Table(operation) => of_table(operation, &table),
        Operation::Column(operation) => of_column(operation, &table),
        Operation::Constraint(operation) => of_constraint(operation, &table),
        Operation::Index(operation) => of_index(operation, &table),
        Operation::Type(operation) => of_type(operation),
        Operation::Object(operation) => of_object(operation, &table),
        Operation::Data(operation) => of_data(operation, &table),
        Operation::Session(SessionOperation::SetParameter { name, value, .. }) => {
            let verb = if value.is_empty() { "reset" } else { "set" };
            format!("{verb}_{}", snake_case(&Ident::new(name.as_str())))
        }
        Operation::Session(SessionOperation::Transaction(control)) => of_control(*control).to_owned(),
        Operation::Session(SessionOperation::LockTable { .. }) => with("lock_table", &table),
        Operation::Opaque { what, .. } => snake_case(&Ident::new(what.as_str())),
    }
}

fn of_control(control: TransactionControl) -> &'static str {
    match control {
        TransactionControl::Begin => "begin",
        TransactionControl::Commit => "commit",
        TransactionControl::Rollback => "rollback",
        TransactionControl::Savepoint => "savepoint",
        TransactionControl::SetConstraints => "set_constraints",
        TransactionControl::SetTransaction => "set_transaction",
    }
}

fn with(words: &str, table: &str) -> String {
    if words.is_empty() || table.is_empty() { [words, table].concat() } else { format!("{words}_{table}") }
}

/// The first of what a statement names.
fn first(names: &[QualifiedName]) -> String {
    names.first().map(last).unwrap_or_default()
}

fn last(name: &QualifiedName) -> String {
    snake_case(&name.name)
}

fn of_table(operation: &TableOperation, table: &str) -> String {
    match operation {
        TableOperation::Create(_) => with("create", table),
        TableOperation::Drop { .. } => with("drop_table", table),
        TableOperation::Rename { to, .. } => format!("{table}_rename_to_{}", snake_case(to)),
        TableOperation::SetAttribute { attribute, .. } => format!("{table}_{}", of_attribute(attribute)),
        TableOperation::AttachPartition { partition, .. } => format!("{table}_attach_{}", last(partition)),
        TableOperation::DetachPartition { partition, .. } => format!("{table}_detach_{}", last(partition)),
        TableOperation::Vacuum { .. } => with("vacuum", table),
        TableOperation::Analyze { .. } => with("analyze", table),
        TableOperation::Cluster { .. } => with("cluster", table),
    }
}

fn of_attribute(attribute: &TableAttribute) -> String {
    let words = match attribute {
        TableAttribute::StorageParameters | TableAttribute::UserCatalogTable => "storage_parameters",
        TableAttribute::Owner => "owner",
        TableAttribute::RowSecurity(_) => "row_security",
        TableAttribute::ReplicaIdentity => "replica_identity",
        TableAttribute::ToggleTrigger(toggle) => match toggle.fires {
            true => "enable_trigger",
            false => "disable_trigger",
        },
        TableAttribute::ToggleRule(toggle) => match toggle.fires {
            true => "enable_rule",
            false => "disable_rule",
        },
        TableAttribute::Persistence(Persistence::Unlogged) => "unlogged",
        TableAttribute::Persistence(_) => "logged",
        TableAttribute::Tablespace => "tablespace",
        TableAttribute::AccessMethod => "access_method",
        TableAttribute::Inherit(parent) => return format!("inherit_{}", last(parent)),
        TableAttribute::NoInherit(parent) => return format!("no_inherit_{}", last(parent)),
        TableAttribute::ClusterIndex => "cluster_index",
        TableAttribute::Other => "options",
    };
    words.to_owned()
}

fn of_column(operation: &ColumnOperation, table: &str) -> String {
    let column = snake_case(operation.column());
    match operation {
        ColumnOperation::Add { .. } => format!("{table}_add_{column}"),
        ColumnOperation::Drop { .. } => format!("{table}_drop_{column}"),
        ColumnOperation::SetDefault { .. } => format!("{table}_set_{column}_default"),
        ColumnOperation::DropDefault { .. } => format!("{table}_drop_{column}_default"),
        ColumnOperation::DropNotNull { .. } => format!("{table}_make_{column}_nullable"),
        ColumnOperation::SetNotNull { .. } => format!("{table}_{column}_not_null"),
        ColumnOperation::Rename { to, .. } => format!("{table}_rename_{column}_to_{}", snake_case(to)),
        ColumnOperation::SetType { .. } => format!("{table}_{column}_type"),
        ColumnOperation::SetAttribute { attribute, .. } => {
            let words = match attribute {
                ColumnAttribute::Statistics => "statistics",
                ColumnAttribute::Storage => "storage",
                ColumnAttribute::Compression => "compression",
                ColumnAttribute::AddIdentity(_) | ColumnAttribute::ChangeIdentity => "identity",
                ColumnAttribute::DropIdentity { .. } => "drop_identity",
                ColumnAttribute::DropExpression { .. } | ColumnAttribute::SetExpression => "expression",
            };
            format!("{table}_{column}_{words}")
        }
    }
}

fn of_constraint(operation: &ConstraintOperation, table: &str) -> String {
    match operation {
        ConstraintOperation::Add { constraint, .. } => match (&constraint.kind, &constraint.name) {
            (ConstraintKind::ForeignKey(key), _) => {
                format!("{table}_{}_fkey", key.columns.iter().map(snake_case).collect::<Vec<_>>().join("_"))
            }
            (_, Some(name)) => format!("{table}_add_{}", without_table(name, table)),
            (ConstraintKind::PrimaryKey { .. }, None) => format!("{table}_pkey"),
            (ConstraintKind::Unique { columns, .. }, None) => format!("{table}_add_{}", joined(columns, "key")),
            (ConstraintKind::Check { expression }, None) => {
                let read = expression::parse(expression).map(|read| read.columns()).unwrap_or_default();
                let columns: Vec<Ident> = read.into_iter().collect();
                // As PostgreSQL names it: after its column where it reads one.
                format!("{table}_add_{}", joined(if columns.len() == 1 { &columns } else { &[] }, "check"))
            }
            (ConstraintKind::Exclude(exclusion), None) => {
                let columns: Vec<Ident> = exclusion.index.columns.iter().filter_map(|c| c.column().cloned()).collect();
                format!("{table}_add_{}", joined(&columns, "excl"))
            }
            (ConstraintKind::NotNull { column }, None) => format!("{table}_{}_not_null", snake_case(column)),
        },
        ConstraintOperation::Drop { name, .. } => format!("{table}_drop_{}", without_table(name, table)),
        ConstraintOperation::Validate { name, .. } => format!("{table}_validate_{}", without_table(name, table)),
        ConstraintOperation::Rename { name, to, .. } => {
            format!("{table}_rename_{}_to_{}", snake_case(name), snake_case(to))
        }
        ConstraintOperation::Alter { name, .. } => format!("{table}_alter_{}", without_table(name, table)),
    }
}

/// The columns, and what is made of them.
fn joined(columns: &[Ident], what: &str) -> String {
    columns.iter().map(snake_case).chain([what.to_owned()]).collect::<Vec<_>>().join("_")
}

/// A constraint's name, which often begins with its table's.
pub(super) fn without_table(name: &Ident, table: &str) -> String {
    let name = snake_case(name);
    name.strip_prefix(table).and_then(|rest| rest.strip_prefix('_')).map(str::to_owned).unwrap_or(name)
}

fn of_index(operation: &IndexOperation, table: &str) -> String {
    match operation {
        IndexOperation::Create(_) => format!("{table}_index"),
        IndexOperation::Rename { to, .. } => format!("rename_index_{}", snake_case(to)),
        IndexOperation::Drop { names, .. } => with("drop_index", &first(names)),
        IndexOperation::Alter { index, .. } => format!("{}_options", last(index)),
        IndexOperation::AttachPartition { index, partition } => format!("{}_attach_{}", last(index), last(partition)),
        IndexOperation::Reindex { name, .. } => with("reindex", &name.as_ref().map(last).unwrap_or_default()),
    }
}

fn of_type(operation: &TypeOperation) -> String {
    match operation {
        TypeOperation::CreateEnum { name, .. } | TypeOperation::CreateDomain { name, .. } => {
            format!("create_{}", last(name))
        }
        TypeOperation::AddValue { name, .. } => format!("{}_add_value", last(name)),
        TypeOperation::RenameValue { name, .. } => format!("{}_rename_value", last(name)),
        TypeOperation::Rename { name, to } => format!("{}_rename_to_{}", last(name), snake_case(to)),
        TypeOperation::Drop { names, .. } => with("drop_type", &first(names)),
        TypeOperation::AlterDomain { name, .. } => format!("{}_alter_domain", last(name)),
    }
}

fn of_object(operation: &ObjectOperation, table: &str) -> String {
    let on = |words: String| if table.is_empty() { words } else { format!("{words}_on_{table}") };
    match operation {
        ObjectOperation::Create { kind, name, or_replace, .. } => {
            let verb = if *or_replace { "replace" } else { "create" };
            on(with(&with(verb, word(*kind)), &name.as_ref().map(last).unwrap_or_default()))
        }
        ObjectOperation::Alter { kind, name, .. } => {
            on(with(&with("alter", word(*kind)), &name.as_ref().map(last).unwrap_or_default()))
        }
        ObjectOperation::Drop { kind, names, .. } => on(with(&with("drop", word(*kind)), &first(names))),
        ObjectOperation::SetSchema { name, to, .. } => format!("{}_to_schema_{}", last(name), snake_case(to)),
        ObjectOperation::RefreshMaterializedView { name, .. } => with("refresh", &last(name)),
        ObjectOperation::Comment { name, part, .. } => {
            let name = name.as_ref().map(last).unwrap_or_default();
            with(&with("comment", &name), &part.as_ref().map(snake_case).unwrap_or_default())
        }
        ObjectOperation::ShareAccess { view, .. } => format!("{}_access", last(view)),
        ObjectOperation::Grant { revokes, names, definition, .. } => {
            let labels = definition.as_str().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("security"));
            let verb = match revokes {
                true => "revoke",
                false if labels => "security_label",
                false => "grant",
            };
            if names.is_empty() { verb.to_owned() } else { format!("{verb}_on_{}", first(names)) }
        }
    }
}

/// A kind of object in the words of SQL; nothing where it has no word of its own.
fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "table",
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized_view",
        ObjectKind::Index => "index",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Type => "type",
        ObjectKind::Domain => "domain",
        ObjectKind::Schema => "schema",
        ObjectKind::Function => "function",
        ObjectKind::Trigger => "trigger",
        ObjectKind::Policy => "policy",
        ObjectKind::Rule => "rule",
        ObjectKind::Extension => "extension",
        ObjectKind::Publication => "publication",
        ObjectKind::Statistics => "statistics",
        ObjectKind::Other => "",
    }
}

fn of_data(operation: &DataOperation, table: &str) -> String {
    with(
        match operation {
            DataOperation::Insert { .. } => "insert",
            DataOperation::Update { .. } => "update",
            DataOperation::Delete { .. } => "delete",
            DataOperation::Truncate { .. } => "truncate",
            DataOperation::Select { definition } => return verb(definition.as_str()),
            DataOperation::Backfill(_) => "backfill",
            DataOperation::Assertion(_) => "assert",
        },
        table,
    )
}

/// `select`, `call`, `notify`: what is read as a query that changes nothing that is known.
fn verb(text: &str) -> String {
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    if word.is_empty() || word == "with" { "select".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{read_statement, split};

    #[test]
    fn a_file_is_called_what_its_statement_does() {
        for (sql, slug) in [
            ("CREATE VIEW \"ActiveUsers\" AS SELECT 1", "create_view_active_users"),
            ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "replace_function_f"),
            ("DROP TRIGGER stamp ON users", "drop_trigger_stamp_on_users"),
            ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "users_row_security"),
            ("ALTER TABLE logs DETACH PARTITION logs_1", "logs_detach_logs_1"),
            ("ALTER TABLE users RENAME TO members", "users_rename_to_members"),
            ("ALTER TABLE users RENAME COLUMN a TO b", "users_rename_a_to_b"),
            ("ALTER TABLE users ALTER COLUMN a TYPE text", "users_a_type"),
            ("ALTER TABLE users ALTER COLUMN a SET STORAGE EXTERNAL", "users_a_storage"),
            ("ALTER TABLE users VALIDATE CONSTRAINT c", "users_validate_c"),
            ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", "mood_rename_value"),
            ("DROP TYPE mood", "drop_type_mood"),
            ("REVOKE ALL ON users FROM PUBLIC", "revoke_on_users"),
            ("SECURITY LABEL ON TABLE users IS 'x'", "security_label"),
            ("NOTIFY changes, 'x'", "notify"),
            ("CALL tidy()", "call"),
            ("WITH a AS (SELECT 1) SELECT f(1) FROM a", "select"),
            ("RESET search_path", "reset_search_path"),
            ("RESET ALL", "reset_all"),
            ("REFRESH MATERIALIZED VIEW counts", "refresh_counts"),
            ("DROP TABLE users", "drop_table_users"),
            ("DROP INDEX users_email", "drop_index_users_email"),
            ("CREATE MATERIALIZED VIEW counts AS SELECT 1", "create_materialized_view_counts"),
            ("COMMENT ON TABLE app.users IS 'x'", "comment_users"),
            ("COMMENT ON COLUMN app.users.\"eMail\" IS 'x'", "comment_users_e_mail"),
            ("COMMENT ON CONSTRAINT positive ON users IS 'x'", "comment_users_positive"),
            ("COMMENT ON MATERIALIZED VIEW counts IS 'x'", "comment_counts"),
            ("SET CONSTRAINTS ALL DEFERRED", "set_constraints"),
            ("SAVEPOINT here", "savepoint"),
            ("BEGIN", "begin"),
            ("ALTER TABLE users ADD CHECK (age > 0)", "users_add_age_check"),
            ("ALTER TABLE users ADD CHECK (age > 0 OR name <> '')", "users_add_check"),
            ("ALTER TABLE users ADD UNIQUE (org, email)", "users_add_org_email_key"),
        ] {
            let script = split(sql);
            let reading = read_statement(script.pieces[0].span.slice(sql));
            assert_eq!(slug_of(&reading.operations[0].operation), slug, "{sql}");
        }
    }
}
