//! ALTER TABLE: one clause or several, in any order.

use super::model::{Column, Constraint, ConstraintKind, Index, Table, condition_on, default_of, plain, quoted};
use super::writer::Writer;

/// An expression that gives another value each time.
pub fn is_random(expression: &str) -> bool {
    ["random", "clock_timestamp", "now()", "CURRENT_"].iter().any(|word| expression.contains(word))
}

type Clause = fn(&mut Writer, usize) -> Option<String>;

const CLAUSES: [(usize, Clause); 25] = [
    (22, Writer::add_column),
    (12, Writer::drop_column),
    (12, Writer::set_not_null),
    (6, Writer::drop_not_null),
    (6, Writer::set_default),
    (4, Writer::drop_default),
    (9, Writer::set_type),
    (6, Writer::add_unique),
    (4, Writer::add_primary_key),
    (9, Writer::add_check),
    (9, Writer::add_foreign_key),
    (8, Writer::drop_constraint),
    (4, Writer::validate),
    (2, Writer::use_index),
    (2, Writer::add_identity),
    (2, Writer::row_security),
    (1, Writer::set_storage),
    (1, Writer::set_statistics),
    (1, Writer::set_parameter),
    (1, Writer::replica_identity),
    (1, Writer::set_logged),
    (1, Writer::enable_trigger),
    (1, Writer::add_exclusion),
    (1, Writer::drop_expression),
    (3, Writer::retype_by_drop),
];

impl Writer {
    pub fn alter_table(&mut self) -> Option<String> {
        let table = self.table()?;
        let wanted = if self.chance.is(65) { 1 } else { 2 + self.chance.below(3) };
        let mut clauses = Vec::new();
        for _ in 0..wanted {
            let clause = self.chance.weighed(&CLAUSES)?;
            clauses.extend(clause(self, table));
        }
        let only = if self.chance.is(3) { "ONLY " } else { "" };
        let exists = if self.chance.is(5) { "IF EXISTS " } else { "" };
        let name = &self.model.tables[table].name;
        (!clauses.is_empty()).then(|| format!("ALTER TABLE {exists}{only}{name} {}", clauses.join(",\n  ")))
    }

    fn this(&mut self, table: usize) -> &mut Table {
        &mut self.model.tables[table]
    }

    fn add_column(&mut self, table: usize) -> Option<String> {
        let name = self.new_column_name(table)?;
        let (definition, column) = self.column_definition(table, &name)?;
        self.this(table).columns.push(column);
        let exists = if self.chance.is(8) { "IF NOT EXISTS " } else { "" };
        Some(format!("ADD COLUMN {exists}{definition}"))
    }

    /// A column with what may stand behind its type.
    pub fn column_definition(&mut self, table: usize, name: &str) -> Option<(String, Column)> {
        let mut column = Column { name: name.to_owned(), ..Column::default() };
        if self.chance.is(4) {
            column.type_name = self.chance.word(&["integer", "bigint"]).to_owned();
            (column.not_null, column.has_default, column.numbered) = (true, true, true);
            let serial = if column.type_name == "bigint" { "bigserial" } else { "serial" };
            return Some((format!("{name} {serial}"), column));
        }
        if self.chance.is(3) {
            let of = self.column(table)?;
            (column.type_name, column.generated) = (of.type_name.clone(), true);
            return Some((format!("{name} {} GENERATED ALWAYS AS ({}) STORED", of.type_name, of.name), column));
        }
        column.type_name = self.type_name();
        let mut text = format!("{name} {}", column.type_name);
        let refers = self.chance.is(10).then(|| self.parent_key(&mut column)).flatten();
        if let Some((parent, key)) = refers {
            text = format!("{name} {} REFERENCES {parent}", column.type_name);
            text += &if self.chance.is(70) { format!(" ({key})") } else { String::new() };
            text += self.chance.word(&["", "", " ON DELETE CASCADE", " ON DELETE SET NULL"]);
            let constraint = format!("{}_{}_fkey", plain(&self.this(table).name), plain(name));
            self.constrain(table, quoted(&constraint), ConstraintKind::Foreign, &[name]);
            return Some((text, column));
        }
        if self.chance.is(5) {
            text += " COLLATE \"C\"";
        }
        if self.chance.is(50) {
            let default = default_of(&mut self.chance, &self.model, &column.type_name);
            text += &format!(" DEFAULT {default}");
            (column.has_default, column.random) = (true, is_random(&default));
        }
        if self.chance.is(if column.has_default { 60 } else { 12 }) {
            text += " NOT NULL";
            column.not_null = true;
        }
        if self.chance.is(8) && !column.has_default {
            text += " UNIQUE";
            let constraint = format!("{}_{}_key", plain(&self.this(table).name), plain(name));
            self.constrain(table, quoted(&constraint), ConstraintKind::Unique, &[name]);
        }
        for _ in 0..[0, 0, 0, 0, 0, 0, 0, 1, 1, 2][self.chance.below(10)] {
            let named = if self.chance.is(40) {
                format!(" CONSTRAINT {}", self.name(&format!("{}_ck", plain(name))))
            } else {
                String::new()
            };
            text += &format!("{named} CHECK ({})", condition_on(&column));
        }
        Some((text, column))
    }

    /// A table with a key, whose type the column takes.
    fn parent_key(&mut self, column: &mut Column) -> Option<(String, String)> {
        let parents: Vec<(String, String, String)> = self
            .model
            .tables
            .iter()
            .filter_map(|table| table.key().map(|(key, of)| (table.name.clone(), key.to_owned(), of.to_owned())))
            .collect();
        let (parent, key, of) = self.chance.pick(&parents)?.clone();
        column.type_name = of;
        Some((parent, key))
    }

    pub fn constrain(&mut self, table: usize, name: String, kind: ConstraintKind, columns: &[&str]) {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        self.this(table).constraints.push(Constraint { name, kind, columns, valid: true });
    }

    fn drop_column(&mut self, table: usize) -> Option<String> {
        let column = self.column(table)?;
        self.drop_column_of_model(table, &column.name);
        let exists = if self.chance.is(10) { "IF EXISTS " } else { "" };
        let cascade = self.chance.word(&["", "", "", " CASCADE"]);
        Some(format!("DROP COLUMN {exists}{}{cascade}", column.name))
    }

    /// As Prisma changes a type.
    fn retype_by_drop(&mut self, table: usize) -> Option<String> {
        let column = self.column(table)?;
        self.drop_column_of_model(table, &column.name);
        let (definition, new) = self.column_definition(table, &column.name)?;
        self.this(table).columns.push(new);
        Some(format!("DROP COLUMN {},\n  ADD COLUMN {definition}", column.name))
    }

    fn with_column(&mut self, table: usize, change: impl Fn(&mut Column)) -> Option<Column> {
        let column = self.column(table)?;
        self.this(table).columns.iter_mut().filter(|other| other.name == column.name).for_each(change);
        Some(column)
    }

    fn set_not_null(&mut self, table: usize) -> Option<String> {
        let column = self.with_column(table, |column| column.not_null = true)?;
        Some(format!("ALTER COLUMN {} SET NOT NULL", column.name))
    }

    fn drop_not_null(&mut self, table: usize) -> Option<String> {
        let column = self.with_column(table, |column| column.not_null = false)?;
        Some(format!("ALTER COLUMN {} DROP NOT NULL", column.name))
    }

    fn set_default(&mut self, table: usize) -> Option<String> {
        let column = self.with_column(table, |column| column.has_default = true)?;
        let default = default_of(&mut self.chance, &self.model, &column.type_name);
        if is_random(&default) {
            self.this(table).columns.iter_mut().filter(|c| c.name == column.name).for_each(|c| c.random = true);
        }
        Some(format!("ALTER COLUMN {} SET DEFAULT {default}", column.name))
    }

    fn drop_default(&mut self, table: usize) -> Option<String> {
        let column = self.with_column(table, |column| column.has_default = false)?;
        Some(format!("ALTER COLUMN {} DROP DEFAULT", column.name))
    }

    fn set_type(&mut self, table: usize) -> Option<String> {
        let column = self.column(table)?;
        let wider: &[&str] = match column.type_name.as_str() {
            "integer" => &["bigint", "bigint", "text", "numeric(10,2)"],
            "varchar(20)" => &["varchar(255)", "text", "varchar(20)"],
            "varchar(255)" => &["text", "varchar(20)"],
            "timestamp(3)" => &["timestamptz"],
            "date" => &["timestamptz", "text"],
            "numeric(10,2)" => &["numeric(12,2)", "numeric", "integer"],
            "bigint" => &["integer", "text"],
            "text" => &["varchar(255)", "varchar(20)"],
            _ => &["text"],
        };
        let to = self.chance.word(wider);
        self.this(table)
            .columns
            .iter_mut()
            .filter(|other| other.name == column.name)
            .for_each(|c| c.type_name = to.into());
        let data = self.chance.word(&["", "SET DATA "]);
        let using = if self.chance.is(30) { format!(" USING {}::{to}", column.name) } else { String::new() };
        Some(format!("ALTER COLUMN {} {data}TYPE {to}{using}", column.name))
    }

    fn add_unique(&mut self, table: usize) -> Option<String> {
        let columns = self.columns(table, 2);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let usual = self.usual(table, &columns, "key");
        let (name, named) = self.constraint_name(&usual);
        self.constrain(table, name, ConstraintKind::Unique, &names);
        let more = self.chance.word(&["", "", "", "", " DEFERRABLE INITIALLY DEFERRED"]);
        (!names.is_empty()).then(|| format!("ADD {named}UNIQUE ({}){more}", names.join(", ")))
    }

    fn constraint_name(&mut self, usual: &str) -> (String, String) {
        match self.chance.is(75) {
            true => {
                let name = self.name(usual);
                (name.clone(), format!("CONSTRAINT {name} "))
            }
            false => (quoted(usual), String::new()),
        }
    }

    fn add_primary_key(&mut self, table: usize) -> Option<String> {
        let columns = if self.chance.is(60) {
            vec!["id".to_owned()]
        } else {
            self.columns(table, 2).into_iter().map(|c| c.name).collect()
        };
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let usual = format!("{}_pkey", plain(&self.this(table).name));
        let (name, named) = self.constraint_name(&usual);
        self.constrain(table, name, ConstraintKind::Primary, &names);
        (!names.is_empty()).then(|| format!("ADD {named}PRIMARY KEY ({})", names.join(", ")))
    }

    fn add_check(&mut self, table: usize) -> Option<String> {
        let column = self.column(table)?;
        let usual = self.usual(table, std::slice::from_ref(&column), "check");
        let (name, named) = self.constraint_name(&usual);
        let condition = if self.chance.is(20) { format!("{} IS NOT NULL", column.name) } else { condition_on(&column) };
        let more = self.chance.word(&["", "", "", " NOT VALID", " NOT VALID", " NO INHERIT"]);
        self.constrain(table, name, ConstraintKind::Check, &[&column.name]);
        if let Some(last) = self.this(table).constraints.last_mut() {
            last.valid = more != " NOT VALID";
        }
        Some(format!("ADD {named}CHECK ({condition}){more}"))
    }

    fn add_foreign_key(&mut self, table: usize) -> Option<String> {
        // whether a new column of numbers finds its parents is chance: a row that was not kept takes a number as well
        let column = self.column(table).filter(|column| !column.numbered)?;
        let mut wanted = column.clone();
        let (parent, key) = self.parent_key(&mut wanted).filter(|_| wanted.type_name == column.type_name)?;
        let usual = self.usual(table, std::slice::from_ref(&column), "fkey");
        let (name, named) = self.constraint_name(&usual);
        let more = self.chance.word(&[
            "",
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL ON UPDATE CASCADE",
            " NOT VALID",
            " DEFERRABLE",
        ]);
        self.constrain(table, name, ConstraintKind::Foreign, &[&column.name]);
        if let Some(last) = self.this(table).constraints.last_mut() {
            last.valid = more != " NOT VALID";
        }
        Some(format!("ADD {named}FOREIGN KEY ({}) REFERENCES {parent} ({key}){more}", column.name))
    }

    fn drop_constraint(&mut self, table: usize) -> Option<String> {
        let constraints = &self.model.tables[table].constraints;
        let at = self.chance.below(constraints.len());
        (at < constraints.len()).then_some(())?;
        let dropped = self.this(table).constraints.remove(at);
        self.model.freed.push(dropped.name.clone());
        let exists = if self.chance.is(10) { "IF EXISTS " } else { "" };
        let cascade = self.chance.word(&["", "", "", " CASCADE"]);
        Some(format!("DROP CONSTRAINT {exists}{}{cascade}", dropped.name))
    }

    fn validate(&mut self, table: usize) -> Option<String> {
        let constraint = self.this(table).constraints.iter_mut().find(|constraint| !constraint.valid)?;
        constraint.valid = true;
        Some(format!("VALIDATE CONSTRAINT {}", constraint.name))
    }

    fn use_index(&mut self, table: usize) -> Option<String> {
        let at = self.this(table).indexes.iter().position(|index| index.plain_unique)?;
        let Index { name, columns, .. } = self.this(table).indexes.remove(at);
        let kind = if self.this(table).has_key() || self.chance.is(60) { "UNIQUE" } else { "PRIMARY KEY" };
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let constraint = self.name(&plain(&name));
        self.constrain(table, constraint.clone(), ConstraintKind::Unique, &columns);
        Some(format!("ADD CONSTRAINT {constraint} {kind} USING INDEX {name}"))
    }

    fn add_identity(&mut self, table: usize) -> Option<String> {
        let column = self.column(table).filter(|column| ["integer", "bigint"].contains(&column.type_name.as_str()))?;
        let what = ["ADD GENERATED BY DEFAULT AS IDENTITY", "DROP IDENTITY IF EXISTS"];
        let what = if column.generated { what[1] } else { self.chance.word(&what) };
        Some(format!("ALTER COLUMN {} {what}", column.name))
    }

    fn row_security(&mut self, _: usize) -> Option<String> {
        let what = ["ENABLE", "ENABLE", "DISABLE", "FORCE", "NO FORCE"];
        Some(format!("{} ROW LEVEL SECURITY", self.chance.word(&what)))
    }

    fn set_storage(&mut self, table: usize) -> Option<String> {
        let column = self.column(table).filter(|column| column.type_name == "text")?;
        Some(format!("ALTER COLUMN {} SET STORAGE {}", column.name, self.chance.word(&["EXTERNAL", "MAIN"])))
    }

    fn set_statistics(&mut self, table: usize) -> Option<String> {
        Some(format!("ALTER COLUMN {} SET STATISTICS 500", self.column(table)?.name))
    }

    fn set_parameter(&mut self, _: usize) -> Option<String> {
        let all = [
            "SET (fillfactor = 70)",
            "SET TABLESPACE pg_default",
            "SET (autovacuum_enabled = false)",
            "RESET (fillfactor)",
        ];
        Some(self.chance.word(&all).to_owned())
    }

    fn replica_identity(&mut self, table: usize) -> Option<String> {
        match self.this(table).indexes.iter().find(|index| index.plain_unique).map(|index| index.name.clone()) {
            Some(index) if self.chance.is(50) => Some(format!("REPLICA IDENTITY USING INDEX {index}")),
            _ => Some(format!("REPLICA IDENTITY {}", self.chance.word(&["FULL", "DEFAULT", "NOTHING"]))),
        }
    }

    fn set_logged(&mut self, _: usize) -> Option<String> {
        Some(self.chance.word(&["SET UNLOGGED", "SET LOGGED"]).to_owned())
    }

    fn enable_trigger(&mut self, table: usize) -> Option<String> {
        let trigger = self.model.tables[table].triggers.last().cloned()?;
        Some(format!("{} TRIGGER {trigger}", self.chance.word(&["ENABLE", "DISABLE", "ENABLE ALWAYS"])))
    }

    fn add_exclusion(&mut self, table: usize) -> Option<String> {
        let column = self.column(table)?;
        let usual = self.usual(table, std::slice::from_ref(&column), "excl");
        let (name, named) = self.constraint_name(&usual);
        self.constrain(table, name, ConstraintKind::Check, &[&column.name]);
        Some(format!("ADD {named}EXCLUDE ({} WITH =)", column.name))
    }

    fn drop_expression(&mut self, table: usize) -> Option<String> {
        let generated = self.this(table).columns.iter_mut().find(|column| column.generated)?;
        generated.generated = false;
        Some(format!("ALTER COLUMN {} DROP EXPRESSION IF EXISTS", generated.name))
    }
}
