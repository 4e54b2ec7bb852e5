//! Tables: `op.create_table`, `op.add_column`, `op.drop_table` and their relatives.

use super::column::{Column, column};
use super::constraint::{Constraint, checked};
use super::enums::Enums;
use super::index::Index;
use super::names::{literal, quoted, table};
use super::naming::Namer;
use super::types::own_name;
use crate::framework::alembic::value::{Arguments, Value, Why};

/// `op.create_table(name, *columns_and_constraints, …)`.
pub(super) fn create_table(arguments: &Arguments, enums: &mut Enums, namer: &Namer<'_>) -> Result<Vec<String>, Why> {
    const NAMES: &[&str] = &[
        "table_name",
        "schema",
        "comment",
        "if_not_exists",
        "info",
        "prefixes",
        "implicit_returning",
        "keep_existing",
        "postgresql_inherits",
        "postgresql_partition_by",
        "postgresql_using",
        "postgresql_with",
        "postgresql_with_oids",
        "postgresql_on_commit",
        "postgresql_ignore_search_path",
        "postgresql_tablespace",
    ];
    arguments.only(usize::MAX, NAMES)?;
    let name = arguments.needed(0, "table_name")?;
    let schema = arguments.text(usize::MAX, "schema")?;
    let full = table(schema, name);
    let first = usize::from(arguments.named("table_name").is_none());
    let mut items = Items::default();
    for item in arguments.positional.get(first..).unwrap_or_default() {
        items.push(item, schema, name, namer)?;
    }
    items.finish(schema, name, namer)?;
    let mut statements: Vec<String> = items.columns.iter().filter_map(|column| enums.create(column)).collect();
    let options = options(arguments)?;
    let exists = if arguments.is_on("if_not_exists")? { "IF NOT EXISTS " } else { "" };
    let prefixes: String = match arguments.named("prefixes") {
        None => String::new(),
        Some(_) => arguments.texts(usize::MAX, "prefixes")?.iter().map(|prefix| format!("{prefix} ")).collect(),
    };
    let lines = items.lines()?.join(",\n    ");
    let lines = if lines.is_empty() { lines } else { format!("\n    {lines}") };
    statements.push(format!("CREATE {prefixes}TABLE {exists}{full} ({lines}\n){options}"));
    for index in &items.indexes {
        statements.push(index.create(&full)?);
    }
    if let Some(comment) = arguments.text(usize::MAX, "comment")? {
        statements.push(format!("COMMENT ON TABLE {full} IS {}", literal(comment)));
    }
    statements.extend(items.columns.iter().filter_map(|column| comment(&full, column)));
    Ok(statements)
}

fn comment(table: &str, column: &Column) -> Option<String> {
    let comment = column.comment.as_ref()?;
    Some(format!("COMMENT ON COLUMN {table}.{} IS {}", quoted(&column.name), literal(comment)))
}

/// What stands in a `create_table`.
#[derive(Default)]
struct Items {
    columns: Vec<Column>,
    constraints: Vec<Constraint>,
    indexes: Vec<Index>,
}

impl Items {
    fn push(&mut self, item: &Value, schema: Option<&str>, table: &str, namer: &Namer<'_>) -> Result<(), Why> {
        match item {
            Value::Made(made) if own_name(&made.path).as_deref() == Some("Column") => self.columns.push(column(item)?),
            Value::Made(made) if own_name(&made.path).as_deref() == Some("Index") => {
                self.indexes.push(Index::made(made, (schema, table), namer)?);
            }
            Value::Made(made) if made.receiver.is_none() => {
                self.constraints.push(Constraint::made(made).map_err(|why| format!("{table} with {why}"))?);
            }
            Value::None => {}
            Value::Unknown(why) => return Err(why.clone()),
            other => return Err(format!("a table with {}", other.kind())),
        }
        Ok(())
    }

    /// What the columns bring themselves comes behind what is written beside them.
    fn finish(&mut self, schema: Option<&str>, table: &str, namer: &Namer<'_>) -> Result<(), Why> {
        for column in &mut self.columns {
            if column.is_indexed {
                self.indexes.push(Index::of_column((schema, table), &column.name, column.is_unique, namer)?);
            } else if column.is_unique {
                self.constraints.push(unique(&column.name));
            }
            self.constraints.append(&mut column.foreign_keys);
        }
        let key: Vec<String> = match self.constraints.iter().find_map(|constraint| constraint.primary_key.clone()) {
            Some(key) => key,
            None => {
                let key = self.columns.iter().filter(|column| column.is_primary_key);
                key.map(|column| column.name.clone()).collect()
            }
        };
        for column in &mut self.columns {
            column.is_primary_key |= key.contains(&column.name);
        }
        let has_constraint = self.constraints.iter().any(|constraint| constraint.primary_key.is_some());
        if !has_constraint && !key.is_empty() {
            let definition = format!("PRIMARY KEY ({})", super::names::list(key.iter().map(String::as_str)));
            let (kind, columns) = ("pk", key.clone());
            let primary_key = Some(key);
            self.constraints.push(Constraint { definition, primary_key, kind, columns, ..Constraint::default() });
        }
        let checks = self.columns.iter_mut().flat_map(|column| &mut column.checks);
        for constraint in self.constraints.iter_mut().chain(checks) {
            namer.name(constraint, schema, table)?;
        }
        Ok(())
    }

    /// The column whose values the server counts.
    fn serial(&self) -> Option<&str> {
        let key: Vec<&Column> = self.columns.iter().filter(|column| column.is_primary_key).collect();
        let is_foreign =
            |column: &Column| self.constraints.iter().any(|constraint| constraint.foreign_key.contains(&column.name));
        let serial = match key[..] {
            [one] => Some(one).filter(|one| one.counts_alone(is_foreign(one))),
            _ => key.into_iter().find(|column| column.autoincrement == Some(true) && column.counts_alone(false)),
        };
        serial.map(|column| column.name.as_str())
    }

    fn lines(&self) -> Result<Vec<String>, Why> {
        let serial = self.serial();
        let mut lines = Vec::new();
        for column in &self.columns {
            let mut line = column.sql(serial == Some(column.name.as_str()));
            for check in &column.checks {
                line += &format!(" {}", check.sql()?);
            }
            lines.push(line);
        }
        let (keys, others): (Vec<&Constraint>, Vec<&Constraint>) =
            self.constraints.iter().partition(|constraint| constraint.primary_key.is_some());
        for constraint in keys.into_iter().chain(others).filter(|constraint| !constraint.is_left_out) {
            lines.push(constraint.sql()?);
        }
        Ok(lines)
    }
}

fn unique(column: &str) -> Constraint {
    let definition = format!("UNIQUE ({})", quoted(column));
    Constraint { definition, kind: "uq", columns: vec![column.to_owned()], ..Constraint::default() }
}

fn options(arguments: &Arguments) -> Result<String, Why> {
    let mut options = String::new();
    match arguments.named("postgresql_inherits") {
        None | Some(Value::None) => {}
        Some(Value::Text(one)) => options += &format!("\n INHERITS ({})", quoted(&one.value)),
        Some(_) => {
            let parents = arguments.texts(usize::MAX, "postgresql_inherits")?;
            options += &format!("\n INHERITS ({})", super::names::list(parents));
        }
    }
    for (name, words) in [("postgresql_partition_by", "PARTITION BY"), ("postgresql_using", "USING")] {
        if let Some(text) = arguments.text(usize::MAX, name)? {
            options += &format!("\n {words} {text}");
        }
    }
    if let Some(with) = super::index::with(arguments)? {
        options += &format!("\n WITH ({with})");
    }
    match arguments.switch("postgresql_with_oids")? {
        Some(true) => options += "\n WITH OIDS",
        Some(false) => options += "\n WITHOUT OIDS",
        None => {}
    }
    if let Some(action) = arguments.text(usize::MAX, "postgresql_on_commit")? {
        options += &format!("\n ON COMMIT {}", action.replace('_', " ").to_uppercase());
    }
    if let Some(tablespace) = arguments.text(usize::MAX, "postgresql_tablespace")? {
        options += &format!("\n TABLESPACE {}", quoted(tablespace));
    }
    Ok(options)
}

/// `op.add_column(table, sa.Column(…), …)`.
pub(super) fn add_column(arguments: &Arguments, namer: &Namer<'_>) -> Result<Vec<String>, Why> {
    arguments.only(
        2,
        &[
            "table_name",
            "column",
            "schema",
            "if_not_exists",
            "inline_references",
            "inline_primary_key",
            "insert_before",
            "insert_after",
        ],
    )?;
    let name = arguments.needed(0, "table_name")?;
    let schema = arguments.text(usize::MAX, "schema")?;
    let full = table(schema, name);
    let mut column = column(arguments.get(1, "column").ok_or("no column")?)?;
    let mut foreign_keys = std::mem::take(&mut column.foreign_keys);
    for constraint in foreign_keys.iter_mut().chain(&mut column.checks) {
        namer.name(constraint, schema, name)?;
    }
    let is_serial = column.is_primary_key && column.counts_alone(!foreign_keys.is_empty());
    let exists = if arguments.is_on("if_not_exists")? { "IF NOT EXISTS " } else { "" };
    let checks = std::mem::take(&mut column.checks);
    let mut add = format!("ALTER TABLE {full} ADD COLUMN {exists}{}", column.sql(is_serial));
    if arguments.is_on("inline_primary_key")? && column.is_primary_key {
        add += " PRIMARY KEY";
    }
    let is_inline = arguments.is_on("inline_references")? && foreign_keys.len() == 1;
    if let ([foreign_key], true) = (&foreign_keys[..], is_inline) {
        let references = foreign_key.definition.find(" REFERENCES").unwrap_or(foreign_key.definition.len());
        add += &foreign_key.definition[references..];
        add += foreign_key.options.trim_end_matches(" NOT VALID");
    }
    for check in checks {
        add += &format!(" {}", check.sql()?);
    }
    let mut statements = vec![add];
    if column.is_unique && !column.is_indexed {
        let mut unique = unique(&column.name);
        namer.name(&mut unique, schema, name)?;
        statements.push(format!("ALTER TABLE {full} ADD {}", unique.sql()?));
    }
    if !is_inline {
        for foreign_key in &foreign_keys {
            statements.push(format!("ALTER TABLE {full} ADD {}", foreign_key.sql()?));
        }
    }
    if column.is_indexed {
        statements.push(Index::of_column((schema, name), &column.name, column.is_unique, namer)?.create(&full)?);
    }
    statements.extend(comment(&full, &column));
    Ok(statements)
}

/// `op.drop_column(table, column, …)`.
pub(super) fn drop_column(arguments: &Arguments) -> Result<Vec<String>, Why> {
    // `mssql_drop_…` and the like are for others; `type_` and its relatives are how the column comes back.
    arguments.only(2, &["table_name", "column_name", "schema", "if_exists", "existing_type", "existing_nullable"])?;
    let exists = if arguments.is_on("if_exists")? { "IF EXISTS " } else { "" };
    Ok(vec![format!("{} DROP COLUMN {exists}{}", alter_table(arguments)?, quoted(arguments.needed(1, "column_name")?))])
}

/// `ALTER TABLE …` for a directive with the table as its first argument.
pub(super) fn alter_table(arguments: &Arguments) -> Result<String, Why> {
    Ok(format!("ALTER TABLE {}", the_table(arguments)?))
}

/// The table that is a directive's first argument.
fn the_table(arguments: &Arguments) -> Result<String, Why> {
    Ok(table(arguments.text(usize::MAX, "schema")?, arguments.needed(0, "table_name")?))
}

/// `op.drop_table(table, …)`.
pub(super) fn drop_table(arguments: &Arguments) -> Result<Vec<String>, Why> {
    arguments.only(1, &["table_name", "schema", "if_exists", "info"])?;
    let exists = if arguments.is_on("if_exists")? { "IF EXISTS " } else { "" };
    Ok(vec![format!("DROP TABLE {exists}{}", the_table(arguments)?)])
}

/// `op.rename_table(old, new, …)`.
pub(super) fn rename_table(arguments: &Arguments) -> Result<Vec<String>, Why> {
    arguments.only(2, &["old_table_name", "new_table_name", "schema"])?;
    let old = table(arguments.text(usize::MAX, "schema")?, arguments.needed(0, "old_table_name")?);
    Ok(vec![format!("ALTER TABLE {old} RENAME TO {}", quoted(checked(arguments.needed(1, "new_table_name")?)?))])
}

/// `op.create_table_comment(table, comment, …)`.
pub(super) fn create_comment(arguments: &Arguments) -> Result<Vec<String>, Why> {
    arguments.only(2, &["table_name", "comment", "existing_comment", "schema"])?;
    let comment = arguments.text(1, "comment")?.map_or_else(|| "NULL".to_owned(), literal);
    Ok(vec![format!("COMMENT ON TABLE {} IS {comment}", the_table(arguments)?)])
}

/// `op.drop_table_comment(table, …)`.
pub(super) fn drop_comment(arguments: &Arguments) -> Result<Vec<String>, Why> {
    arguments.only(1, &["table_name", "existing_comment", "schema"])?;
    Ok(vec![format!("COMMENT ON TABLE {} IS NULL", the_table(arguments)?)])
}
