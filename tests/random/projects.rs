//! What the migrations of real projects hold beside plain changes of tables: parts of several objects that are of one thought.

use super::model::{Column, ConstraintKind, Index, Table, View, plain, quoted};
use super::replaced::together;
use super::writer::Writer;

impl Writer {
    /// A number for each row, as it is written without a serial type.
    pub fn numbers_by_hand(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let name = self.new_column_name(table)?;
        let sequence = quoted(&format!("{}_{}_seq", plain(&of), plain(&name)));
        let (schema, type_name) =
            (if of.starts_with("app.") { "app." } else { "" }, self.chance.word(&["integer", "bigint"]));
        let column = Column {
            name: name.clone(),
            type_name: type_name.to_owned(),
            not_null: true,
            has_default: true,
            numbered: true,
            ..Column::default()
        };
        self.model.tables[table].columns.push(column);
        let next = format!("nextval('{}')", format!("{schema}{sequence}").replace('\'', "''"));
        let (add, default) = match self.chance.is(50) {
            true => (format!("ALTER TABLE {of} ADD COLUMN {name} {type_name} NOT NULL DEFAULT {next}"), None),
            false => (
                format!("ALTER TABLE {of} ADD COLUMN {name} {type_name}"),
                Some(format!(
                    "ALTER TABLE {of} ALTER COLUMN {name} SET DEFAULT {next};\nUPDATE {of} SET {name} = {next} WHERE {name} IS NULL;\nALTER TABLE {of} ALTER COLUMN {name} SET NOT NULL"
                )),
            ),
        };
        let owned = format!("ALTER SEQUENCE {schema}{sequence} OWNED BY {of}.{name}");
        let mut statements = vec![format!("CREATE SEQUENCE {schema}{sequence}"), add];
        statements.extend(default);
        statements.push(owned);
        Some(statements.join(";\n"))
    }

    /// Rows that no two of which may meet.
    pub fn exclude_ranges(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table).filter(|column| column.type_name == "integer")?;
        let of = self.model.tables[table].name.clone();
        let name = self.name(&format!("{}_{}_apart", plain(&of), plain(&column.name)));
        let range = format!("int4range({0}, {0}, '[]')", column.name);
        let condition = self.chance.word(&["", " WHERE (id IS NOT NULL)"]);
        self.constrain(table, name.clone(), ConstraintKind::Check, &[&column.name]);
        let add = format!("ALTER TABLE {of} ADD CONSTRAINT {name} EXCLUDE USING gist ({range} WITH &&){condition}");
        Some(match self.chance.is(30) {
            true => together([format!("ALTER TABLE {of} DROP CONSTRAINT IF EXISTS {name}"), add]),
            false => add,
        })
    }

    /// A column that is computed from others, with an index that reads it.
    pub fn computed_column(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let columns = self.columns(table, 2);
        let name = self.new_column_name(table)?;
        let is_text = |c: &&Column| ["text", "varchar(20)", "varchar(255)"].contains(&c.type_name.as_str());
        let parts: Vec<String> = columns
            .iter()
            .filter(|column| is_text(column) && !column.generated)
            .map(|column| format!("coalesce({}, '')", column.name))
            .collect();
        (!parts.is_empty()).then_some(())?;
        let expression = match self.chance.is(40) {
            true => format!("lower({})", parts.join(" || ' ' || ")),
            false => parts.join(" || ' ' || "),
        };
        let index = self.name(&format!("{}_{}_idx", plain(&of), plain(&name)));
        self.model.tables[table].columns.push(Column {
            name: name.clone(),
            type_name: "text".into(),
            generated: true,
            ..Column::default()
        });
        let add = format!("ALTER TABLE {of} ADD COLUMN {name} text GENERATED ALWAYS AS ({expression}) STORED");
        Some(match self.chance.is(50) {
            true => {
                let columns = vec![name.clone()];
                self.model.tables[table].indexes.push(Index { name: index.clone(), columns, plain_unique: false });
                together([add, format!("CREATE INDEX {index} ON {of} ({name})")])
            }
            false => add,
        })
    }

    /// A type of several values, and a column of it.
    pub fn composite_type(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let name = self.new_column_name(table)?;
        let has_pair = self.model.tables.iter().flat_map(|table| &table.columns).any(|c| c.type_name == "pair");
        self.model.tables[table].columns.push(Column {
            name: name.clone(),
            type_name: "pair".into(),
            ..Column::default()
        });
        Some(match self.chance.below(3) {
            0 if has_pair => "ALTER TYPE pair ADD ATTRIBUTE third text".to_owned(),
            1 => format!("ALTER TABLE {of} ADD COLUMN {name} pair"),
            _ => together([
                "CREATE TYPE pair AS (one integer, other text)".to_owned(),
                format!("ALTER TABLE {of} ADD COLUMN {name} pair"),
            ]),
        })
    }

    /// A child that has a column and a check of its own that its parent has too.
    pub fn child_with_own_parts(&mut self) -> Option<String> {
        let (of, name) = (self.table()?, self.new_table_name()?);
        let parent = self.model.tables[of].clone();
        (parent.partitioned.is_none() && parent.parent.is_none()).then_some(())?;
        let column = self.column(of).filter(|column| !column.generated && !column.numbered)?;
        self.model.tables.push(Table {
            name: name.clone(),
            columns: parent.columns.clone(),
            parent: Some(parent.name.clone()),
            ..Table::default()
        });
        Some(format!("CREATE TABLE {name} ({} {}) INHERITS ({})", column.name, column.type_name, parent.name))
    }

    /// An index of a partitioned table that is made partition by partition.
    pub fn index_by_partition(&mut self) -> Option<String> {
        let parents: Vec<usize> =
            (0..self.model.tables.len()).filter(|at| self.model.tables[*at].partitioned.is_some()).collect();
        let parent = *self.chance.pick(&parents)?;
        let column = self.column(parent)?.name;
        let of = self.model.tables[parent].name.clone();
        let schema = if of.starts_with("app.") { "app." } else { "" };
        let whole = quoted(&format!("{}_{}_all", plain(&of), plain(&column)));
        let mut statements = vec![format!("CREATE INDEX {whole} ON ONLY {of} ({column})")];
        for (number, child) in self.model.tables.iter().filter(|table| table.parent.as_deref() == Some(&of)).enumerate()
        {
            let part = quoted(&format!("{}_{}_part{number}", plain(&of), plain(&column)));
            statements.push(format!("CREATE INDEX {part} ON {} ({column})", child.name));
            statements.push(format!("ALTER INDEX {schema}{whole} ATTACH PARTITION {schema}{part}"));
        }
        self.model.tables[parent].indexes.push(Index { name: whole, columns: vec![column], plain_unique: false });
        Some(statements.join(";\n"))
    }

    /// A table whose rows are spread by a list or a hash.
    pub fn spread_table(&mut self) -> Option<String> {
        let name = self.new_table_name()?;
        let key = Column { name: "id".into(), type_name: "integer".into(), not_null: true, ..Column::default() };
        let (by, first, second) = match self.chance.is(50) {
            true => ("LIST (id)", "FOR VALUES IN (1, 2, 3)", "DEFAULT"),
            false => {
                ("HASH (id)", "FOR VALUES WITH (MODULUS 2, REMAINDER 0)", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
            }
        };
        let refers = match self.chance.is(50) {
            true => self.model.tables.iter().find_map(|table| {
                let (key, of) = table.key()?;
                Some((format!(",\n  other {of} REFERENCES {} ({key})", table.name), of.to_owned()))
            }),
            false => None,
        };
        let (line, other) = refers.unzip();
        let child = |number: usize| {
            let bare = quoted(&format!("{}_s{number}", plain(&name)));
            if name.starts_with("app.") { format!("app.{bare}") } else { bare }
        };
        let text = together([
            format!("CREATE TABLE {name} (\n  id integer NOT NULL{}\n) PARTITION BY {by}", line.unwrap_or_default()),
            format!("CREATE TABLE {} PARTITION OF {name} {first}", child(0)),
            format!("CREATE TABLE {} PARTITION OF {name} {second}", child(1)),
        ]);
        let other = other.map(|type_name| Column { name: "other".into(), type_name, ..Column::default() });
        let columns: Vec<Column> = std::iter::once(key).chain(other).collect();
        let children: Vec<String> = (0..2).map(child).collect();
        self.model.tables.push(Table { name: name.clone(), columns: columns.clone(), ..Table::default() });
        for child in children {
            let columns = columns.clone();
            self.model.tables.push(Table { name: child, columns, parent: Some(name.clone()), ..Table::default() });
        }
        Some(text)
    }

    /// A trigger that keeps a column, with its function.
    pub fn keep_by_trigger(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table).filter(|column| column.type_name == "text" && !column.generated)?;
        let this = &mut self.model.tables[table];
        let (of, name) = (this.name.clone(), "keep_text".to_owned());
        (!this.triggers.contains(&name)).then_some(())?;
        this.triggers.push(name.clone());
        let own = &column.name;
        let body = format!("BEGIN\n  NEW.{own} := trim(NEW.{own});\n  RETURN NEW;\nEND");
        let kind = self.chance.word(&["", "CONSTRAINT "]);
        let when = if kind.is_empty() { "BEFORE INSERT OR UPDATE" } else { "AFTER INSERT OR UPDATE" };
        let condition = self.chance.word(&["", " WHEN (NEW.id IS NOT NULL)"]);
        Some(together([
            format!("CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n{body}\n$$"),
            format!("CREATE {kind}TRIGGER {name} {when} ON {of} FOR EACH ROW{condition} EXECUTE FUNCTION {name}()"),
        ]))
    }

    /// A function of SQL that a default, a check or an index calls.
    pub fn called_function(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table).filter(|column| ["integer", "bigint"].contains(&column.type_name.as_str()))?;
        let of = self.model.tables[table].name.clone();
        let name = quoted(&format!("{}_{}_fine", plain(&of), plain(&column.name)));
        let make = "CREATE OR REPLACE FUNCTION is_fine(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n IS NULL OR n > -100'";
        let own = &column.name;
        let use_it = match self.chance.below(3) {
            0 => {
                self.constrain(table, name.clone(), ConstraintKind::Check, &[own]);
                format!("ALTER TABLE {of} ADD CONSTRAINT {name} CHECK (is_fine({own}))")
            }
            1 => format!("CREATE INDEX {name} ON {of} (is_fine({own}))"),
            _ => format!("DROP FUNCTION is_fine(bigint){}", self.chance.word(&["", " CASCADE"])),
        };
        Some(together([make.to_owned(), use_it]))
    }

    /// A view that shows more than before, or is told otherwise.
    pub fn widen_view(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.views.len());
        let View { name, materialized, query } = self.model.views.get(at)?.clone();
        match self.chance.below(4) {
            0 if materialized => Some(together([
                format!("CREATE UNIQUE INDEX IF NOT EXISTS view_key ON {name} (({name}::text))"),
                format!("REFRESH MATERIALIZED VIEW {name}"),
            ])),
            _ if materialized => None,
            1 => Some(format!("ALTER VIEW {name} SET (security_barrier = true)")),
            2 => Some(format!("GRANT SELECT ON {name} TO PUBLIC")),
            3 => {
                let wider = query.replacen(" FROM ", ", 1 AS one_more FROM ", 1);
                self.model.views[at].query.clone_from(&wider);
                Some(format!("CREATE OR REPLACE VIEW {name} AS {wider}"))
            }
            _ => Some(format!("ALTER VIEW {name} ALTER COLUMN id SET DEFAULT 1")),
        }
    }

    /// Another key for a table: a new column of its own takes the place of `id`.
    pub fn other_primary_key(&mut self) -> Option<String> {
        let table = self.table()?;
        let this = &self.model.tables[table];
        let at = this.constraints.iter().position(|c| c.kind == ConstraintKind::Primary)?;
        let (of, key) = (this.name.clone(), this.constraints[at].name.clone());
        let name = self.new_column_name(table)?;
        let this = &mut self.model.tables[table];
        this.constraints.remove(at);
        let column = Column { name: name.clone(), type_name: "uuid".into(), not_null: true, ..Column::default() };
        this.columns.push(Column { has_default: true, ..column });
        self.constrain(table, key.clone(), ConstraintKind::Primary, &[&name]);
        Some(together([
            format!("ALTER TABLE {of} ADD COLUMN {name} uuid DEFAULT gen_random_uuid() NOT NULL"),
            format!("ALTER TABLE {of} DROP CONSTRAINT {key}"),
            format!("ALTER TABLE {of} ADD CONSTRAINT {key} PRIMARY KEY ({name})"),
        ]))
    }

    /// A key of several columns where there is none.
    pub fn wide_primary_key(&mut self) -> Option<String> {
        let table = self.table()?;
        (!self.model.tables[table].has_key()).then_some(())?;
        let columns = self.columns(table, 2);
        let names: Vec<&str> = std::iter::once("id").chain(columns.iter().map(|c| c.name.as_str())).collect();
        let of = self.model.tables[table].name.clone();
        let key = quoted(&format!("{}_pkey", plain(&of)));
        self.constrain(table, key.clone(), ConstraintKind::Primary, &names);
        Some(format!("ALTER TABLE {of} ADD CONSTRAINT {key} PRIMARY KEY ({})", names.join(", ")))
    }

    /// Rights and what is published, not of one table alone.
    pub fn share(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        Some(match self.chance.below(7) {
            0 => "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC".to_owned(),
            1 => "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC".to_owned(),
            2 => "GRANT USAGE ON SCHEMA public TO PUBLIC".to_owned(),
            3 => "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC".to_owned(),
            4 => format!("CREATE PUBLICATION of_tables FOR TABLE {of}"),
            5 => "DROP PUBLICATION IF EXISTS of_tables".to_owned(),
            _ => format!("ALTER TABLE {of} REPLICA IDENTITY FULL"),
        })
    }

    /// An identity that is made, changed or begun anew.
    pub fn change_identity(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let column = "id";
        Some(match self.chance.below(5) {
            0 => format!("ALTER TABLE {of} ALTER COLUMN {column} SET GENERATED ALWAYS"),
            1 => format!("ALTER TABLE {of} ALTER COLUMN {column} RESTART WITH 9000"),
            2 => together([
                format!("ALTER TABLE {of} ALTER COLUMN {column} DROP DEFAULT"),
                format!(
                    "ALTER TABLE {of} ALTER COLUMN {column} ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 7000)"
                ),
            ]),
            3 => format!("ALTER TABLE {of} ALTER COLUMN {column} DROP IDENTITY"),
            _ => format!("ALTER TABLE {of} ALTER COLUMN {column} TYPE bigint"),
        })
    }

    /// What a generator asks first.
    pub fn guarded(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let (of, name) = (self.model.tables[table].name.clone(), column.name);
        let bare = plain(&of).replace('\'', "''");
        let own = name.trim_matches('"').replace('\'', "''");
        Some(match self.chance.below(5) {
            0 => format!(
                "DO $$ BEGIN\n  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = '{bare}' AND column_name = '{own}') THEN\n    ALTER TABLE {of} ADD COLUMN {name} {};\n  END IF;\nEND $$",
                column.type_name
            ),
            1 => format!(
                "DO $$ BEGIN\n  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = '{bare}' AND column_name = '{own}') THEN\n    ALTER TABLE {of} ALTER COLUMN {name} DROP NOT NULL;\n  END IF;\nEND $$"
            ),
            2 => "DO $$ BEGIN\n  CREATE TYPE state AS ENUM ('open', 'closed');\nEXCEPTION\n  WHEN duplicate_object THEN null;\nEND $$"
                .to_owned(),
            3 => format!(
                "DO $$ BEGIN\n  ALTER TABLE {of} ADD COLUMN {name} {};\nEXCEPTION\n  WHEN duplicate_column THEN RAISE NOTICE 'it is there';\nEND $$",
                column.type_name
            ),
            _ => format!(
                "DO $$ BEGIN\n  ALTER TABLE {of} DROP CONSTRAINT by_hand;\nEXCEPTION\n  WHEN undefined_object OR undefined_table THEN null;\nEND $$"
            ),
        })
    }
}
