//! Operations that a rewrite made, as SQL: one statement each, without its semicolon.

use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, EnumPosition, Generated, ObjectKind, Operation,
    QualifiedName, TableRef,
};

/// The statement of an operation, or `None` for the kinds that no rewrite makes (they are printed from the source).
pub fn statement(operation: &Operation) -> Option<String> {
    if let (Some(table), Some(subcommand)) = (alter_target(operation), subcommand(operation)) {
        return Some(format!("ALTER TABLE {table} {subcommand}"));
    }
    Some(match operation {
        Operation::CreateIndex(index) => create_index(index),
        Operation::DropIndex { names, concurrently, if_exists, cascade } => format!(
            "DROP INDEX {}{}{}{}",
            if *concurrently { "CONCURRENTLY " } else { "" },
            if *if_exists { "IF EXISTS " } else { "" },
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            if *cascade { " CASCADE" } else { "" },
        ),
        Operation::RenameIndex { index, to, if_exists } => {
            format!("ALTER INDEX {}{index} RENAME TO {to}", if *if_exists { "IF EXISTS " } else { "" })
        }
        Operation::DropTable { names, if_exists, cascade } => drop_object("TABLE", names, *if_exists, *cascade),
        Operation::DropType { names, if_exists, cascade } => drop_object("TYPE", names, *if_exists, *cascade),
        Operation::CreateObject { definition, .. } => format!("CREATE {definition}"),
        Operation::AlterObject { kind: ObjectKind::Sequence, name: Some(name), action, .. } => {
            format!("ALTER SEQUENCE {name} {action}")
        }
        Operation::DropObject { kind: ObjectKind::Sequence, names, cascade, .. } => {
            drop_object("SEQUENCE", names, true, *cascade)
        }
        Operation::RenameConstraint { table, name, to } => {
            format!("ALTER TABLE {table} RENAME CONSTRAINT {name} TO {to}")
        }
        Operation::RenameTable { table, to } => format!("ALTER TABLE {table} RENAME TO {to}"),
        Operation::RenameColumn { table, column, to } => format!("ALTER TABLE {table} RENAME COLUMN {column} TO {to}"),
        Operation::RenameType { name, to } => format!("ALTER TYPE {name} RENAME TO {to}"),
        Operation::RenameEnumValue { name, from, to } => format!("ALTER TYPE {name} RENAME VALUE {from} TO {to}"),
        Operation::AddEnumValue { name, value, if_not_exists, position } => {
            let position = match position {
                EnumPosition::Last => String::new(),
                EnumPosition::Before(label) => format!(" BEFORE {label}"),
                EnumPosition::After(label) => format!(" AFTER {label}"),
            };
            format!(
                "ALTER TYPE {name} ADD VALUE {}{value}{position}",
                if *if_not_exists { "IF NOT EXISTS " } else { "" }
            )
        }
        _ => return None,
    })
}

fn drop_object(kind: &str, names: &[QualifiedName], if_exists: bool, cascade: bool) -> String {
    let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("DROP {kind} {}{names}{}", if if_exists { "IF EXISTS " } else { "" }, if cascade { " CASCADE" } else { "" })
}

/// The table of an operation that can be one of several subcommands of an `ALTER TABLE`.
pub fn alter_target(operation: &Operation) -> Option<&TableRef> {
    match operation {
        Operation::AddColumn { table, .. }
        | Operation::DropColumn { table, .. }
        | Operation::SetNotNull { table, .. }
        | Operation::DropNotNull { table, .. }
        | Operation::SetDefault { table, .. }
        | Operation::DropDefault { table, .. }
        | Operation::SetType { table, .. }
        | Operation::AddConstraint { table, .. }
        | Operation::DropConstraint { table, .. }
        | Operation::ValidateConstraint { table, .. } => Some(table),
        _ => None,
    }
}

/// The part of an `ALTER TABLE` after the table's name.
pub fn subcommand(operation: &Operation) -> Option<String> {
    Some(match operation {
        Operation::AddColumn { column, if_not_exists, .. } => {
            format!("ADD COLUMN {}{}", if *if_not_exists { "IF NOT EXISTS " } else { "" }, column_definition(column))
        }
        Operation::DropColumn { column, if_exists, cascade, .. } => format!(
            "DROP COLUMN {}{column}{}",
            if *if_exists { "IF EXISTS " } else { "" },
            if *cascade { " CASCADE" } else { "" }
        ),
        Operation::SetNotNull { column, .. } => format!("ALTER COLUMN {column} SET NOT NULL"),
        Operation::DropNotNull { column, .. } => format!("ALTER COLUMN {column} DROP NOT NULL"),
        Operation::SetDefault { column, default, .. } => format!("ALTER COLUMN {column} SET DEFAULT {default}"),
        Operation::DropDefault { column, .. } => format!("ALTER COLUMN {column} DROP DEFAULT"),
        Operation::SetType { column, ty, collation, using, .. } => format!(
            "ALTER COLUMN {column} SET DATA TYPE {ty}{}{}",
            collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default(),
            using.as_ref().map(|u| format!(" USING {u}")).unwrap_or_default(),
        ),
        Operation::AddConstraint { constraint, .. } => format!("ADD {}", self::constraint(constraint)),
        Operation::DropConstraint { name, if_exists, cascade, .. } => format!(
            "DROP CONSTRAINT {}{name}{}",
            if *if_exists { "IF EXISTS " } else { "" },
            if *cascade { " CASCADE" } else { "" }
        ),
        Operation::ValidateConstraint { name, .. } => format!("VALIDATE CONSTRAINT {name}"),
        _ => return None,
    })
}

/// `CREATE [UNIQUE] INDEX [CONCURRENTLY] …`.
pub fn create_index(index: &CreateIndex) -> String {
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
    sql.push_str(index.definition.as_str());
    sql
}

/// `name type …` with everything that was written.
pub fn column_definition(column: &ColumnDefinition) -> String {
    let mut sql = format!("{} {}", column.name, column.ty);
    let mut push = |text: &str| {
        if !text.is_empty() {
            sql.push(' ');
            sql.push_str(text);
        }
    };
    push(column.options.as_str());
    match &column.generated {
        Some(Generated::Identity(clause)) => push(clause.as_str()),
        Some(Generated::Stored(expression)) => push(&format!("GENERATED ALWAYS AS ({expression}) STORED")),
        Some(Generated::Virtual(expression)) => push(&format!("GENERATED ALWAYS AS ({expression}) VIRTUAL")),
        None => {}
    }
    if column.not_null {
        push("NOT NULL");
    }
    if let Some(default) = &column.default {
        push(&format!("DEFAULT {default}"));
    }
    for inline in &column.constraints {
        push(&self::inline_constraint(inline));
    }
    sql
}

fn inline_constraint(constraint: &Constraint) -> String {
    let mut parts = Vec::new();
    parts.extend(constraint.name.as_ref().map(|name| format!("CONSTRAINT {name}")));
    parts.push(match &constraint.kind {
        ConstraintKind::Check { expression } => format!("CHECK ({expression})"),
        ConstraintKind::Unique { nulls_not_distinct, index_options, .. } => {
            format!("UNIQUE{} {index_options}", if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" })
        }
        ConstraintKind::PrimaryKey { index_options, .. } => format!("PRIMARY KEY {index_options}"),
        ConstraintKind::ForeignKey(key) => references(key),
        ConstraintKind::Exclude { definition } => definition.to_string(),
        ConstraintKind::NotNull { .. } => "NOT NULL".to_owned(),
    });
    finished(parts, constraint)
}

/// `[CONSTRAINT name] … [NOT VALID]`.
pub fn constraint(constraint: &Constraint) -> String {
    let mut parts = Vec::new();
    parts.extend(constraint.name.as_ref().map(|name| format!("CONSTRAINT {name}")));
    parts.push(match &constraint.kind {
        ConstraintKind::Check { expression } => format!("CHECK ({expression})"),
        ConstraintKind::Unique { columns, nulls_not_distinct, index_options, using_index } => {
            let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            match using_index {
                Some(index) => format!("UNIQUE USING INDEX {index}"),
                None => format!("UNIQUE{nulls} ({}) {index_options}", list(columns)),
            }
        }
        ConstraintKind::PrimaryKey { columns, index_options, using_index } => match using_index {
            Some(index) => format!("PRIMARY KEY USING INDEX {index}"),
            None => format!("PRIMARY KEY ({}) {index_options}", list(columns)),
        },
        ConstraintKind::ForeignKey(key) => format!("FOREIGN KEY ({}) {}", list(&key.columns), references(key)),
        ConstraintKind::Exclude { definition } => definition.to_string(),
        ConstraintKind::NotNull { column } => format!("NOT NULL {column}"),
    });
    finished(parts, constraint)
}

fn references(key: &crate::operation::ForeignKey) -> String {
    let columns = if key.referenced.is_empty() { String::new() } else { format!("({})", list(&key.referenced)) };
    format!("REFERENCES {}{columns} {}", key.references, key.actions)
}

fn finished(mut parts: Vec<String>, constraint: &Constraint) -> String {
    parts.push(constraint.options.to_string());
    if constraint.not_valid {
        parts.push("NOT VALID".to_owned());
    }
    parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
}

fn list(names: &[crate::operation::Ident]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
