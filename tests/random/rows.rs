//! Rows, sessions, and statements that hold others.

use super::alter::is_random;
use super::model::{Table, default_of, value_of};
use super::writer::{Accepts, Writer};

/// Rows in every table.
const ROWS: usize = 12;
/// More rows than fit into the blocks that a backfill reads at once.
const DEAD: usize = 4_000;

impl Writer {
    /// Rows for all tables, in any order that works: a table that others refer to is tried first.
    pub fn rows(&mut self, accepts: Accepts<'_>) -> Vec<String> {
        let mut rows = Vec::new();
        let mut waiting: Vec<Table> = self.model.tables.clone();
        for child in waiting.clone().iter().filter(|table| table.parent.is_some()) {
            // Its rows are to stand where its parent's file has long ended.
            let dead = self.insertion(child, (1, DEAD));
            if accepts(&dead) {
                rows.push(dead);
                rows.extend(Some(format!("DELETE FROM {}", child.name)).filter(|delete| accepts(delete)));
            }
        }
        for _ in 0..3 {
            let tried = std::mem::take(&mut waiting);
            for table in tried {
                // A child has more rows than its parent, and other ones.
                let numbers = if table.parent.is_some() { (101, 100 + 3 * ROWS) } else { (1, ROWS) };
                let insert = self.insertion(&table, numbers);
                match accepts(&insert) {
                    true => rows.push(insert),
                    false => waiting.push(table),
                }
            }
        }
        rows
    }

    fn insertion(&mut self, table: &Table, (first, last): (usize, usize)) -> String {
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for column in table.columns.iter().filter(|column| column.is_given()) {
            let value = value_of(&self.model, &column.type_name);
            columns.push(column.name.as_str());
            values.push(match column.not_null || column.name == "id" || self.chance.is(65) {
                true => value,
                false => format!("CASE WHEN n % 3 > 0 THEN {value} END"),
            });
        }
        if columns.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", table.name);
        }
        let (columns, values) = (columns.join(", "), values.join(", "));
        format!("INSERT INTO {} ({columns}) SELECT {values} FROM generate_series({first}, {last}) n", table.name)
    }

    pub fn insert(&mut self) -> Option<String> {
        let at = self.table()?;
        let table = self.model.tables[at].clone();
        if self.chance.is(30) {
            let from = self.table()?;
            // whether a value finds its parent, and which rows come first, is to be no chance
            let column = self.column(from).filter(|column| !column.random)?;
            let to = table.columns.iter().find(|other| other.type_name == column.type_name && other.name != "id")?;
            let of = &self.model.tables[from].name;
            return Some(format!(
                "INSERT INTO {} ({}) SELECT {2} FROM {of} ORDER BY {2}::text LIMIT 2",
                table.name, to.name, column.name
            ));
        }
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in table.columns.iter().filter(|column| column.is_given()) {
            columns.push(column.name.as_str());
            values.push(match column.name == "id" || column.type_name == "uuid" {
                true => value_of(&self.model, &column.type_name).replace('n', "9001"),
                false => default_of(&mut self.chance, &self.model, &column.type_name),
            });
        }
        (!columns.is_empty())
            .then(|| format!("INSERT INTO {} ({}) VALUES ({})", table.name, columns.join(", "), values.join(", ")))
    }

    pub fn update(&mut self) -> Option<String> {
        let table = self.table()?;
        let (to, from) = (self.column(table).filter(|column| !column.generated)?, self.column(table)?);
        let name = &self.model.tables[table].name.clone();
        let value = match from.type_name == to.type_name && from.name != to.name {
            true => from.name.clone(),
            false if self.chance.is(20) => format!("{}::{}", from.name, to.type_name),
            false => default_of(&mut self.chance, &self.model, &to.type_name),
        };
        if is_random(&value) {
            self.model.tables[table].columns.iter_mut().filter(|c| c.name == to.name).for_each(|c| c.random = true);
        }
        let to = &to.name;
        Some(match self.chance.below(5) {
            0 => format!("UPDATE {name} SET {to} = {value}"),
            1 => format!("UPDATE {name} SET {to} = {value} WHERE id = 1"),
            2 => format!("UPDATE {name} AS t SET {to} = {value} WHERE t.{to} IS NOT NULL"),
            3 => {
                let other = self.table()?;
                let other = &self.model.tables[other].name;
                format!("UPDATE {name} AS t SET {to} = {value} FROM {other} AS o WHERE o.id = t.id")
                    .replace(&format!("= {} FROM", from.name), &format!("= t.{} FROM", from.name))
            }
            _ => format!("UPDATE {name} SET {to} = {value} WHERE {to} IS NULL"),
        })
    }

    pub fn delete(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let name = &self.model.tables[table].name;
        Some(match self.chance.below(3) {
            0 => format!("DELETE FROM {name} WHERE {} IS NULL", column.name),
            1 => format!("DELETE FROM {name} WHERE id > 5"),
            _ => format!("DELETE FROM {name} a USING {name} b WHERE a.{0} = b.{0} AND a.ctid > b.ctid", column.name),
        })
    }

    pub fn truncate(&mut self) -> Option<String> {
        let table = self.table()?;
        Some(format!(
            "TRUNCATE {}{}",
            self.model.tables[table].name,
            self.chance.word(&["", " CASCADE", " RESTART IDENTITY"])
        ))
    }

    pub fn create_sequence(&mut self) -> Option<String> {
        let name = self.chance.word(&["numbers", "users_id_seq", "t_a_seq"]).to_owned();
        (!self.model.sequences.contains(&name)).then_some(())?;
        self.model.sequences.push(name.clone());
        Some(format!("CREATE SEQUENCE {name}{}", self.chance.word(&["", " START 100", " AS integer"])))
    }

    pub fn alter_sequence(&mut self) -> Option<String> {
        let name = self.model.sequences.last()?.clone();
        let table = self.table()?;
        let column = self.column(table)?;
        Some(match self.chance.below(3) {
            0 => format!("ALTER SEQUENCE {name} OWNED BY {}.{}", self.model.tables[table].name, column.name),
            1 => format!(
                "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT nextval('{name}')",
                self.model.tables[table].name, column.name
            ),
            _ => format!("ALTER SEQUENCE {name} RESTART WITH 500"),
        })
    }

    pub fn set_session(&mut self) -> Option<String> {
        let local = self.chance.word(&["", "LOCAL "]);
        Some(match self.chance.below(6) {
            0 | 1 if self.model.has_app => format!("SET {local}search_path TO app, public"),
            0 => format!("SET {local}search_path TO public"),
            1 => format!("SET {local}TIME ZONE 'America/New_York'"),
            2 => format!("SET {local}lock_timeout = '5s'"),
            3 => format!("SET {local}statement_timeout = '60s'"),
            4 => format!("SET {local}session_replication_role = replica"),
            _ => format!("SET {local}DateStyle = 'German'"),
        })
    }

    pub fn temporary_table(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let name = &self.model.tables[table].name;
        let kept = self.chance.word(&["kept", "\"keep\""]);
        Some(match self.chance.is(50) {
            true => format!("CREATE TEMPORARY TABLE {kept} AS SELECT id, {} AS was FROM {name}", column.name),
            false => format!("UPDATE {name} SET {0} = k.was FROM {kept} k WHERE k.id = {name}.id", column.name),
        })
    }

    pub fn prepare(&mut self) -> Option<String> {
        Some(format!("PREPARE change AS {};\nEXECUTE change;\nDEALLOCATE change", self.update()?))
    }

    pub fn do_block(&mut self) -> Option<String> {
        let statement = match self.chance.below(3) {
            0 => self.update()?,
            1 => self.create_index()?,
            _ => self.alter_table()?,
        };
        Some(match self.chance.is(60) {
            true => format!("DO $$ BEGIN\n  {statement};\nEXCEPTION\n  WHEN duplicate_object THEN null;\nEND $$"),
            false => {
                format!("DO $$\nBEGIN\n  IF EXISTS (SELECT FROM pg_class) THEN\n    {statement};\n  END IF;\nEND\n$$")
            }
        })
    }
}
