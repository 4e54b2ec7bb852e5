//! Statements that few migrations have.

use super::model::{Index, default_of, plain, quoted};
use super::replaced::together;
use super::writer::Writer;

impl Writer {
    pub fn several_at_once(&mut self) -> Option<String> {
        let (a, b) = (self.table()?, self.table()?);
        (a != b).then_some(())?;
        let names = [self.model.tables[a].name.clone(), self.model.tables[b].name.clone()];
        Some(match self.chance.below(4) {
            0 => format!("TRUNCATE TABLE {}", names.join(", ")),
            1 if self.model.tables.len() > 2 => {
                names.iter().for_each(|name| self.drop_table_of_model(name));
                format!("DROP TABLE {}{}", names.join(", "), self.chance.word(&["", " CASCADE"]))
            }
            2 => {
                let first = self.model.tables[a].indexes.pop()?;
                let second = self.model.tables[b].indexes.pop()?;
                names.iter().all(|name| !name.starts_with("app.")).then_some(())?;
                self.model.freed.extend([first.name.clone(), second.name.clone()]);
                format!("DROP INDEX {}, {}", first.name, second.name)
            }
            _ => {
                let mode = self.chance.word(&["ACCESS EXCLUSIVE", "SHARE", "EXCLUSIVE"]);
                format!("LOCK TABLE {} IN {mode} MODE", names.join(", "))
            }
        })
    }

    pub fn inverted_index(&mut self) -> Option<String> {
        let table = self.table()?;
        let columns = &self.model.tables[table].columns;
        let column = columns.iter().find(|c| ["jsonb", "text[]"].contains(&c.type_name.as_str()))?.name.clone();
        let name = self.name(&format!("{}_{}_gin", plain(&self.model.tables[table].name), plain(&column)));
        let of = self.model.tables[table].name.clone();
        let with = self.chance.word(&["", "", " WITH (fastupdate = off)"]);
        let index = Index { name: name.clone(), columns: vec![column.clone()], plain_unique: false };
        self.model.tables[table].indexes.push(index);
        Some(format!("CREATE INDEX {name} ON {of} USING gin ({column}){with}"))
    }

    pub fn alter_index(&mut self) -> Option<String> {
        let table = self.table()?;
        let index = self.model.tables[table].indexes.last()?.name.clone();
        let (of, schema) = (
            self.model.tables[table].name.clone(),
            if self.model.tables[table].name.starts_with("app.") { "app." } else { "" },
        );
        Some(match self.chance.below(5) {
            0 => format!("ALTER INDEX {schema}{index} SET (fillfactor = 80)"),
            1 => format!("ALTER TABLE {of} CLUSTER ON {index}"),
            2 => format!("CLUSTER {of} USING {index}"),
            3 => format!("REINDEX INDEX {schema}{index}"),
            _ => format!("COMMENT ON INDEX {schema}{index} IS 'of a kind'"),
        })
    }

    /// Rows that are changed by what another table, a query or a CTE holds.
    pub fn change_rows(&mut self) -> Option<String> {
        let (table, other) = (self.table()?, self.table()?);
        let column = self.column(table).filter(|column| !column.generated)?;
        let (of, from) = (self.model.tables[table].name.clone(), self.model.tables[other].name.clone());
        let (name, kind) = (&column.name, &column.type_name);
        let value = default_of(&mut self.chance, &self.model, kind);
        Some(match self.chance.below(7) {
            0 => format!(
                "WITH wanted AS (SELECT id FROM {from})\nUPDATE {of} SET {name} = {value} WHERE id IN (SELECT id FROM wanted)"
            ),
            1 => format!(
                "UPDATE {of} SET {name} = (SELECT min(o.{name}) FROM {of} o WHERE o.id >= {of}.id) WHERE {name} IS NULL"
            ),
            2 => format!("INSERT INTO {of} SELECT * FROM {from} ON CONFLICT DO NOTHING"),
            3 => format!("DELETE FROM {of} WHERE NOT EXISTS (SELECT 1 FROM {from} o WHERE o.id = {of}.id)"),
            4 => format!("UPDATE {of} SET ({name}) = ROW ({value}) WHERE id IS NOT NULL"),
            5 => format!(
                "WITH gone AS (DELETE FROM {of} WHERE id > 8 RETURNING *)\nINSERT INTO {from} SELECT * FROM gone"
            ),
            _ => format!("UPDATE {of} SET {name} = CASE WHEN {name} IS NULL THEN {value} ELSE {name} END"),
        })
    }

    pub fn change_view(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.views.len());
        let view = self.model.views.get(at)?.clone();
        let kind = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
        Some(match self.chance.below(4) {
            0 if !view.materialized => format!("CREATE OR REPLACE VIEW {} AS {}", view.name, view.query),
            1 => {
                let to = quoted(&format!("{}_was", plain(&view.name)));
                self.model.views[at].name.clone_from(&to);
                format!("ALTER {kind} {} RENAME TO {to}", view.name)
            }
            2 => {
                let above = "above".to_owned();
                self.model.views.iter().all(|view| view.name != above).then_some(())?;
                let query = format!("SELECT * FROM {}", view.name);
                let statement = format!("CREATE VIEW above AS {query}");
                self.model.views.push(super::model::View { name: above, materialized: false, query });
                statement
            }
            _ => format!("COMMENT ON {kind} {} IS 'for reports'", view.name),
        })
    }

    /// What stands beside tables.
    pub fn change_object(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let (of, name) = (self.model.tables[table].name.clone(), column.name.clone());
        Some(match self.chance.below(12) {
            0 => {
                self.model.sequences.last()?;
                format!("DROP SEQUENCE {}{}", self.model.sequences.pop()?, self.chance.word(&["", " CASCADE"]))
            }
            1 => format!("ALTER TABLE {of} OWNER TO CURRENT_USER"),
            2 => format!("GRANT SELECT ({name}) ON {of} TO PUBLIC"),
            3 => format!("CREATE RULE seen AS ON UPDATE TO {of} DO ALSO NOTIFY changed"),
            4 => together([
                format!("DROP RULE IF EXISTS keep ON {of}"),
                format!("CREATE RULE keep AS ON DELETE TO {of} DO INSTEAD NOTHING"),
            ]),
            5 => self.alter_domain()?,
            6 => {
                let key = self.model.tables[table]
                    .constraints
                    .iter()
                    .find(|c| c.kind == super::model::ConstraintKind::Foreign)?;
                let how = if self.chance.clone().is(50) { "DEFERRABLE INITIALLY DEFERRED" } else { "NOT DEFERRABLE" };
                format!("ALTER TABLE {of} ALTER CONSTRAINT {} {how}", key.name)
            }
            7 => {
                let key = self.model.tables[table].constraints.last()?;
                format!("COMMENT ON CONSTRAINT {} ON {of} IS 'a rule'", key.name)
            }
            8 => format!("ALTER TABLE {of} ALTER COLUMN {name} SET (n_distinct = 5)"),
            9 => "CREATE SCHEMA IF NOT EXISTS app".to_owned(),
            10 => {
                let at = self.model.enums.iter().position(|other| other.name == column.type_name)?;
                format!("COMMENT ON TYPE {} IS 'a kind'", self.model.enums[at].name)
            }
            _ => format!("ALTER TABLE {of} ALTER COLUMN {name} SET COMPRESSION pglz"),
        })
    }

    /// What holds for the session or the transaction.
    pub fn hold(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        Some(match self.chance.below(9) {
            0 => "SELECT pg_advisory_xact_lock(4711)".to_owned(),
            1 => together([
                "SELECT pg_advisory_lock(4711)".to_owned(),
                self.update()?,
                "SELECT pg_advisory_unlock(4711)".to_owned(),
            ]),
            2 => "SET ROLE NONE".to_owned(),
            3 => "SET CONSTRAINTS ALL DEFERRED".to_owned(),
            4 => format!("SELECT setval(pg_get_serial_sequence('{}', 'id'), 5000)", of.replace('\'', "''")),
            5 => format!("DECLARE rows CURSOR FOR SELECT id FROM {of};\nFETCH 2 FROM rows;\nCLOSE rows"),
            6 => "SAVEPOINT here;\nRELEASE SAVEPOINT here".to_owned(),
            7 => "SELECT 1".to_owned(),
            _ => format!("SELECT count(*) FROM {of}"),
        })
    }

    /// A block with logic of its own.
    pub fn do_with_logic(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let (of, name) = (self.model.tables[table].name.clone(), column.name);
        Some(match self.chance.below(4) {
            0 => format!(
                "DO $$\nDECLARE r record;\nBEGIN\n  FOR r IN SELECT id FROM {of} LOOP\n    UPDATE {of} SET {name} = {name} WHERE id = r.id;\n  END LOOP;\nEND\n$$"
            ),
            1 => format!(
                "DO $$\nBEGIN\n  EXECUTE format('ALTER TABLE %s ALTER COLUMN {} DROP NOT NULL', '{of}'::regclass);\nEND\n$$",
                name.replace('\'', "''")
            ),
            2 => format!(
                "DO $do$\nBEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'by_hand') THEN\n    ALTER TABLE {of} ADD CONSTRAINT by_hand CHECK ({name} IS NOT NULL OR id IS NOT NULL);\n  END IF;\nEND\n$do$"
            ),
            _ => format!("DO $$ BEGIN\n  RAISE NOTICE 'it is %', (SELECT count(*) FROM {of});\nEND $$"),
        })
    }
}
