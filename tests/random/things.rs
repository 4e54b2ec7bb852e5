//! Things that stand in no table, or beside several: what is said of them, what they become, who they belong to.

use super::model::{Table, View, plain, quoted};
use super::replaced::together;
use super::writer::Writer;

impl Writer {
    /// What is made, said of or done to something else than a table.
    pub fn change_thing(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let (of, name) = (self.model.tables[table].name.clone(), column.name);
        Some(match self.chance.below(24) {
            0 => format!("CREATE STATISTICS together ON id, {name} FROM {of}"),
            1 => "DROP STATISTICS IF EXISTS together".to_owned(),
            2 => "COMMENT ON STATISTICS together IS 'both'".to_owned(),
            3 => "CREATE COLLATION IF NOT EXISTS plain_c (locale = 'C')".to_owned(),
            4 => "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)".to_owned(),
            5 => "CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer)".to_owned(),
            6 => together([
                "CREATE OR REPLACE FUNCTION is_near(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) < 2'".to_owned(),
                "CREATE OPERATOR <~> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = is_near)".to_owned(),
            ]),
            7 => {
                let kind = self.model.enums.last()?.name.clone();
                together([
                    format!("CREATE OR REPLACE FUNCTION as_number(v {kind}) RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
                    format!("CREATE CAST ({kind} AS integer) WITH FUNCTION as_number({kind})"),
                ])
            }
            8 => together([
                "CREATE OR REPLACE FUNCTION on_change() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END'".to_owned(),
                "CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION on_change()".to_owned(),
            ]),
            9 => "DROP EVENT TRIGGER IF EXISTS watch".to_owned(),
            10 => format!("CREATE PUBLICATION of_tables FOR TABLE {of}"),
            11 => format!("ALTER PUBLICATION of_tables ADD TABLE {of}"),
            12 => "COMMENT ON PUBLICATION of_tables IS 'what others read'".to_owned(),
            13 => "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor".to_owned(),
            14 => format!("ALTER TABLE {of} OWNER TO pg_monitor"),
            15 => format!("COMMENT ON COLUMN {of}.{name} IS 'of {}'", plain(&of).replace('\'', "''")),
            16 => {
                let index = self.model.tables[table].indexes.last()?.name.clone();
                let schema = if of.starts_with("app.") { "app." } else { "" };
                format!("COMMENT ON INDEX {schema}{index} IS 'for reports'")
            }
            17 => {
                let sequence = self.model.sequences.last_mut()?;
                let to = quoted(&format!("{}_next", plain(sequence)));
                let from = std::mem::replace(sequence, to.clone());
                format!("ALTER SEQUENCE {from} RENAME TO {to}")
            }
            18 => format!("COMMENT ON SEQUENCE {} IS 'numbers'", self.model.sequences.last()?),
            19 => {
                let trigger = self.model.tables[table].triggers.last()?;
                format!("COMMENT ON TRIGGER {trigger} ON {of} IS 'of rows'")
            }
            20 => {
                let policy = self.model.tables[table].policies.last()?;
                format!("ALTER POLICY {policy} ON {of} USING (id IS NOT NULL)")
            }
            21 => {
                let trigger = self.model.tables[table].triggers.last()?;
                let how = if self.chance.clone().is(50) { "DISABLE" } else { "ENABLE" };
                format!("ALTER TABLE {of} {how} TRIGGER {trigger}")
            }
            22 => {
                let function = self.model.functions.last()?;
                format!("COMMENT ON FUNCTION {function}() IS 'called by triggers'")
            }
            _ => "CREATE SCHEMA IF NOT EXISTS more;\nCOMMENT ON SCHEMA more IS 'for later'".to_owned(),
        })
    }

    /// What somebody else makes, who owns it then.
    pub fn as_somebody(&mut self) -> Option<String> {
        let name = self.new_table_name().filter(|name| !name.starts_with("app."))?;
        let who = self.chance.word(&["ROLE", "SESSION AUTHORIZATION"]);
        self.model.tables.push(Table { name: name.clone(), ..Table::default() });
        Some(together([
            "GRANT USAGE, CREATE ON SCHEMA public TO pg_monitor".to_owned(),
            format!("SET {who} pg_monitor"),
            format!("CREATE TABLE {name} (id integer PRIMARY KEY, note text)"),
            format!("CREATE INDEX {} ON {name} (note)", quoted(&format!("{}_note_idx", plain(&name)))),
            format!("RESET {who}"),
        ]))
    }

    /// A call of a function that sets something in its body or for its body.
    pub fn call_what_sets(&mut self) -> Option<String> {
        let path = if self.model.has_app { "app, public" } else { "public" };
        let (language, body) = match self.chance.below(3) {
            0 => ("sql", format!("SELECT set_config(''search_path'', ''{path}'', false); SELECT 1")),
            1 => ("plpgsql", format!("BEGIN SET search_path TO {path}; RETURN 1; END")),
            _ => ("plpgsql", "BEGIN PERFORM set_config(''timezone'', ''Asia/Tokyo'', false); RETURN 1; END".to_owned()),
        };
        let clause = self.chance.word(&["", "", " SET work_mem = '8MB'"]);
        Some(together([
            format!("CREATE OR REPLACE FUNCTION settle() RETURNS integer LANGUAGE {language}{clause} AS '{body}'"),
            "SELECT settle()".to_owned(),
        ]))
    }

    /// A function of a table's rows, or one that is dropped and made again otherwise.
    pub fn function_of_rows(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        Some(match self.chance.below(4) {
            0 => format!(
                "CREATE OR REPLACE FUNCTION all_rows() RETURNS SETOF {of} LANGUAGE sql AS 'SELECT * FROM {}'",
                of.replace('\'', "''")
            ),
            1 => "DROP FUNCTION IF EXISTS all_rows()".to_owned(),
            2 => together([
                "CREATE OR REPLACE FUNCTION answer() RETURNS integer LANGUAGE sql AS 'SELECT 1'".to_owned(),
                "DROP FUNCTION IF EXISTS answer()".to_owned(),
                "CREATE OR REPLACE FUNCTION answer() RETURNS text LANGUAGE sql AS 'SELECT 1::text'".to_owned(),
            ]),
            _ => "COMMENT ON FUNCTION answer() IS 'to a question'".to_owned(),
        })
    }

    /// A view that is put in the place of another one, twice with more columns.
    pub fn widen_twice(&mut self) -> Option<String> {
        let table = self.table()?;
        let columns: Vec<String> = self.columns(table, 3).into_iter().map(|column| column.name).collect();
        let (first, rest) = columns.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let of = self.model.tables[table].name.clone();
        let name = "widened".to_owned();
        self.model.views.iter().all(|view| view.name != name).then_some(())?;
        let wide = format!("SELECT {first}, {} FROM {of}", rest.join(", "));
        self.model.views.push(View { name: name.clone(), materialized: false, query: wide.clone() });
        Some(together([
            format!("CREATE OR REPLACE VIEW {name} AS SELECT {first} FROM {of}"),
            format!("CREATE OR REPLACE VIEW {name} AS {wide}"),
        ]))
    }

    /// A table that takes over the name of one that got another name.
    pub fn hand_name_on(&mut self) -> Option<String> {
        let (one, other) = (self.table()?, self.table()?);
        (one != other).then_some(())?;
        let [a, b] = [&self.model.tables[one].name, &self.model.tables[other].name].map(Clone::clone);
        (!a.starts_with("app.") && !b.starts_with("app.")).then_some(())?;
        let old = quoted(&format!("{}_old", plain(&a)));
        let drops = self.chance.is(50);
        let mut statements = vec![format!("ALTER TABLE {a} RENAME TO {old}"), format!("ALTER TABLE {b} RENAME TO {a}")];
        self.model.tables[one].name.clone_from(&old);
        self.model.tables[other].name.clone_from(&a);
        if drops {
            self.drop_table_of_model(&old);
            statements.push(format!("DROP TABLE {old}"));
        }
        Some(statements.join(";\n"))
    }
}
