//! What authors write together: rows that make a rule hold, rows that move, tables with all that hangs on them.

use super::model::{Column, ConstraintKind, Index, Table, default_of, plain, quoted};
use super::replaced::together;
use super::writer::Writer;

impl Writer {
    /// A column, a value for the rows that are there, and then it is required.
    pub fn required_column(&mut self) -> Option<String> {
        let table = self.table()?;
        let name = self.new_column_name(table)?;
        let of = self.model.tables[table].name.clone();
        let type_name = self.type_name();
        let value = match self.column(table).filter(|other| other.type_name == type_name && self.chance.is(40)) {
            Some(other) => {
                format!("coalesce({}, {})", other.name, default_of(&mut self.chance, &self.model, &type_name))
            }
            None => default_of(&mut self.chance, &self.model, &type_name),
        };
        let condition = self.chance.word(&["", " WHERE TRUE", " WHERE id IS NOT NULL"]);
        let fill = match self.chance.is(30) {
            true => format!("UPDATE {of} SET {name} = {value} WHERE {name} IS NULL"),
            false => format!("UPDATE {of} SET {name} = {value}{condition}"),
        };
        let mut statements = vec![format!("ALTER TABLE {of} ADD COLUMN {name} {type_name}"), fill];
        statements
            .extend(self.chance.is(30).then(|| format!("ALTER TABLE {of} ALTER COLUMN {name} SET DEFAULT {value}")));
        statements.push(format!("ALTER TABLE {of} ALTER COLUMN {name} SET NOT NULL"));
        self.model.tables[table].columns.push(Column { name, type_name, not_null: true, ..Column::default() });
        Some(statements.join(";\n"))
    }

    /// A column's values go to another column or to another table, and it goes.
    pub fn move_column(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let from = self.column(table)?;
        let (old, kind) = (&from.name, &from.type_name);
        let mut statements = match self.chance.is(60) {
            true => {
                let name = self.new_column_name(table)?;
                let statements = vec![
                    format!("ALTER TABLE {of} ADD COLUMN {name} {kind}"),
                    format!("UPDATE {of} SET {name} = {old}"),
                ];
                self.model.tables[table].columns.push(Column { name, ..from.clone() });
                statements
            }
            false => {
                let name = self.new_table_name()?;
                let column = Column { not_null: false, has_default: false, generated: false, ..from.clone() };
                self.model.tables.push(Table { name: name.clone(), columns: vec![column], ..Table::default() });
                vec![
                    format!("CREATE TABLE {name} (\n  {old} {kind}\n)"),
                    format!("INSERT INTO {name} ({old}) SELECT {old} FROM {of}"),
                ]
            }
        };
        statements.push(format!("ALTER TABLE {of} DROP COLUMN {old}"));
        self.drop_column_of_model(table, &from.name);
        Some(statements.join(";\n"))
    }

    /// Duplicates go, and then there are to be none.
    pub fn unique_without_duplicates(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let column = self.column(table)?;
        let usual = self.usual(table, std::slice::from_ref(&column), "key");
        let name = self.name(&usual);
        let key = &column.name;
        let rid = match self.chance.below(3) {
            0 => format!("DELETE FROM {of} a USING {of} b WHERE a.{key} = b.{key} AND a.ctid > b.ctid"),
            1 => format!(
                "WITH ranked AS (SELECT ctid AS at, row_number() OVER (PARTITION BY {key} ORDER BY ctid) AS n FROM {of})\nDELETE FROM {of} WHERE ctid IN (SELECT at FROM ranked WHERE n > 1)"
            ),
            _ => format!("UPDATE {of} SET {key} = NULL WHERE ctid NOT IN (SELECT min(ctid) FROM {of} GROUP BY {key})"),
        };
        let rule = match self.chance.is(50) {
            true => {
                self.constrain(table, name.clone(), ConstraintKind::Unique, &[key]);
                format!("ALTER TABLE {of} ADD CONSTRAINT {name} UNIQUE ({key})")
            }
            false => {
                let index = Index { name: name.clone(), columns: vec![key.clone()], plain_unique: true };
                self.model.tables[table].indexes.push(index);
                format!("CREATE UNIQUE INDEX {name} ON {of} ({key})")
            }
        };
        Some(together([rid, rule]))
    }

    /// As a careful author writes it by hand, in one file.
    pub fn proved_by_hand(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let column = self.column(table)?;
        let key = &column.name;
        let check = quoted(&format!("{}_{}_not_null", plain(&of), plain(key)));
        let mut statements = vec![
            format!("ALTER TABLE {of} ADD CONSTRAINT {check} CHECK ({key} IS NOT NULL) NOT VALID"),
            format!("ALTER TABLE {of} VALIDATE CONSTRAINT {check}"),
            format!("ALTER TABLE {of} ALTER COLUMN {key} SET NOT NULL"),
        ];
        match self.chance.is(70) {
            true => statements.push(format!("ALTER TABLE {of} DROP CONSTRAINT {check}")),
            false => self.constrain(table, check, ConstraintKind::Check, &[key]),
        }
        self.model.tables[table].columns.iter_mut().filter(|c| c.name == *key).for_each(|c| c.not_null = true);
        Some(statements.join(";\n"))
    }

    /// Orphans go, and then there are to be none.
    pub fn foreign_key_without_orphans(&mut self) -> Option<String> {
        let (table, parent) = (self.table()?, self.table()?);
        let (parent_key, kind) = self.model.tables[parent].key().map(|(key, of)| (key.to_owned(), of.to_owned()))?;
        let column = self.column(table).filter(|column| column.type_name == kind)?;
        let (of, to) = (self.model.tables[table].name.clone(), self.model.tables[parent].name.clone());
        let usual = self.usual(table, std::slice::from_ref(&column), "fkey");
        let name = self.name(&usual);
        let key = &column.name;
        let orphans = format!("NOT EXISTS (SELECT 1 FROM {to} p WHERE p.{parent_key} = {of}.{key})");
        let rid = match self.chance.is(50) {
            true => format!("DELETE FROM {of} WHERE {key} IS NOT NULL AND {orphans}"),
            false => format!("UPDATE {of} SET {key} = NULL WHERE {orphans}"),
        };
        self.constrain(table, name.clone(), ConstraintKind::Foreign, &[key]);
        let add = format!("ALTER TABLE {of} ADD CONSTRAINT {name} FOREIGN KEY ({key}) REFERENCES {to} ({parent_key})");
        Some(match self.chance.is(30) {
            true => together([rid, format!("{add} NOT VALID"), format!("ALTER TABLE {of} VALIDATE CONSTRAINT {name}")]),
            false => together([rid, add]),
        })
    }

    /// As Prisma makes a table between two others.
    pub fn join_table(&mut self) -> Option<String> {
        let (a, b) = (self.table()?, self.table()?);
        let key = |writer: &Writer, table: usize| {
            let of = &writer.model.tables[table];
            of.key().map(|(key, kind)| (of.name.clone(), key.to_owned(), kind.to_owned()))
        };
        let ((a, a_key, a_type), (b, b_key, b_type)) = (key(self, a)?, key(self, b)?);
        let name = "\"_AToB\"".to_owned();
        self.model.tables.iter().all(|table| table.name != name).then_some(())?;
        let column = |name: &str, kind: &str| Column {
            name: format!("\"{name}\""),
            type_name: kind.to_owned(),
            not_null: true,
            ..Column::default()
        };
        let columns = vec![column("A", &a_type), column("B", &b_type)];
        self.model.tables.push(Table { name: name.clone(), columns, ..Table::default() });
        let key = match self.chance.is(50) {
            true => "CREATE UNIQUE INDEX \"_AToB_AB_unique\" ON \"_AToB\" (\"A\", \"B\")".to_owned(),
            false => "ALTER TABLE \"_AToB\" ADD CONSTRAINT \"_AToB_AB_pkey\" PRIMARY KEY (\"A\", \"B\")".to_owned(),
        };
        let refers = |column: &str, table: &str, key: &str| {
            format!(
                "ALTER TABLE {name} ADD CONSTRAINT \"_AToB_{column}_fkey\" FOREIGN KEY (\"{column}\") REFERENCES {table} ({key}) ON DELETE CASCADE ON UPDATE CASCADE"
            )
        };
        Some(together([
            format!("CREATE TABLE {name} (\n  \"A\" {a_type} NOT NULL,\n  \"B\" {b_type} NOT NULL\n)"),
            key,
            format!("CREATE INDEX \"_AToB_B_index\" ON {name} (\"B\")"),
            refers("A", &a, &a_key),
            refers("B", &b, &b_key),
        ]))
    }

    /// A foreign key over two columns, with the key that it needs.
    pub fn wide_foreign_key(&mut self) -> Option<String> {
        let (table, parent) = (self.table()?, self.table()?);
        let theirs = self.columns(parent, 2);
        let [one, two] = theirs.as_slice() else { return None };
        let of_type = |writer: &Writer, kind: &str, not: &str| {
            let columns = writer.model.tables[table].columns.iter();
            columns.filter(|c| c.type_name == kind && c.name != not).map(|c| c.name.clone()).next()
        };
        let first = of_type(self, &one.type_name, "")?;
        let second = of_type(self, &two.type_name, &first)?;
        let (of, to) = (self.model.tables[table].name.clone(), self.model.tables[parent].name.clone());
        let (unique, key) = (self.usual(parent, &theirs, "wide_key"), quoted(&format!("{}_wide_fkey", plain(&of))));
        let unique = quoted(&unique);
        self.constrain(parent, unique.clone(), ConstraintKind::Unique, &[&one.name, &two.name]);
        self.constrain(table, key.clone(), ConstraintKind::Foreign, &[&first, &second]);
        let full = self.chance.word(&["", " MATCH FULL", " ON DELETE SET NULL"]);
        Some(together([
            format!("ALTER TABLE {to} ADD CONSTRAINT {unique} UNIQUE ({}, {})", one.name, two.name),
            format!(
                "ALTER TABLE {of} ADD CONSTRAINT {key} FOREIGN KEY ({first}, {second}) REFERENCES {to} ({}, {}){full}",
                one.name, two.name
            ),
        ]))
    }
}
