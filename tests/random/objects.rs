//! What hangs on tables: types, views, functions, triggers, policies, grants, comments.

use super::model::{Enum, View, condition_on, plain, quoted};
use super::writer::Writer;

const ROLES: [&str; 2] = ["PUBLIC", "pg_monitor"];

impl Writer {
    pub fn create_enum(&mut self) -> Option<String> {
        let name = self.chance.word(&["\"Role\"", "state", "\"Kind\""]).to_owned();
        self.model.enums.iter().all(|of| of.name != name).then_some(())?;
        let labels: Vec<String> =
            ["open", "closed", "it''s", "A B"].iter().take(2 + self.chance.below(3)).map(|&l| l.to_owned()).collect();
        let text = format!("CREATE TYPE {name} AS ENUM ('{}')", labels.join("', '"));
        self.model.enums.push(Enum { name, labels });
        Some(text)
    }

    pub fn add_label(&mut self) -> Option<String> {
        let label = self.chance.word(&["new", "old", "on hold"]).to_owned();
        let at = self.chance.below(self.model.enums.len());
        let of = self.model.enums.get_mut(at)?;
        (!of.labels.contains(&label)).then_some(())?;
        let place = match self.chance.below(4) {
            0 => format!(" BEFORE '{}'", of.labels[0]),
            1 => format!(" AFTER '{}'", of.labels[0]),
            _ => String::new(),
        };
        let exists = if self.chance.is(20) { "IF NOT EXISTS " } else { "" };
        Some(format!("ALTER TYPE {} ADD VALUE {exists}'{label}'{place}", of.name)) // not in use before a commit
    }

    pub fn rename_label(&mut self) -> Option<String> {
        let of = self.model.enums.last_mut()?;
        let from = std::mem::replace(of.labels.last_mut()?, "renamed".into());
        Some(format!("ALTER TYPE {} RENAME VALUE '{from}' TO 'renamed'", of.name))
    }

    pub fn rename_type(&mut self) -> Option<String> {
        let of = self.model.enums.last_mut()?;
        let from = of.name.clone();
        of.name = quoted(&format!("{}_next", plain(&from)));
        let to = of.name.clone();
        for column in self.model.tables.iter_mut().flat_map(|table| &mut table.columns) {
            if column.type_name == from {
                column.type_name.clone_from(&to);
            }
        }
        Some(format!("ALTER TYPE {from} RENAME TO {to}"))
    }

    pub fn drop_type(&mut self) -> Option<String> {
        let of = self.model.enums.pop()?;
        let cascade = self.chance.word(&["", " CASCADE"]);
        for table in &mut self.model.tables {
            table.columns.retain(|column| column.type_name != of.name);
        }
        Some(format!("DROP TYPE {}{cascade}", of.name))
    }

    /// As Prisma removes a label.
    pub fn swap_enum(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.enums.len());
        let of = self.model.enums.get(at)?.clone();
        let (new, old) = (quoted(&format!("{}_new", plain(&of.name))), quoted(&format!("{}_old", plain(&of.name))));
        let mut labels = of.labels.clone();
        match self.chance.is(50) {
            true => labels.push("more".into()),
            false => drop(labels.pop()),
        }
        let mut text = format!("CREATE TYPE {new} AS ENUM ('{}')", labels.join("', '"));
        let users = self
            .model
            .tables
            .iter()
            .flat_map(|t| t.columns.iter().filter(|c| c.type_name == of.name).map(|c| (&t.name, c)));
        for (table, column) in users {
            let name = &column.name;
            if column.has_default {
                text += &format!(";\nALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT");
            }
            text += &format!(";\nALTER TABLE {table} ALTER COLUMN {name} TYPE {new} USING ({name}::text::{new})");
        }
        self.model.enums[at].labels = labels;
        let bare = &of.name;
        Some(format!(
            "{text};\nALTER TYPE {bare} RENAME TO {old};\nALTER TYPE {new} RENAME TO {bare};\nDROP TYPE {old}"
        ))
    }

    pub fn create_view(&mut self) -> Option<String> {
        let table = self.table()?;
        let columns: Vec<String> = self.columns(table, 3).into_iter().map(|column| column.name).collect();
        (!columns.is_empty()).then_some(())?;
        let name = self.chance.word(&["v", "\"Report\"", "summary"]).to_owned();
        self.model.views.iter().all(|view| view.name != name).then_some(())?;
        let query = format!("SELECT {} FROM {}", columns.join(", "), self.model.tables[table].name);
        let materialized = self.chance.is(35);
        let mut text = create_view(&name, materialized, &query);
        if materialized && self.chance.is(40) {
            text += &format!(";\nCREATE INDEX {} ON {name} ({})", quoted(&format!("{}_idx", plain(&name))), columns[0]);
        }
        self.model.views.push(View { name, materialized, query });
        Some(text)
    }

    /// Dropped and made again, with a change of its table in between.
    pub fn replace_view(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.views.len());
        let view = self.model.views.get(at)?.clone();
        let change = if self.chance.is(60) { self.alter_table().map(|change| format!(";\n{change}")) } else { None };
        Some(format!(
            "{}{};\n{}",
            drop_view(&view),
            change.unwrap_or_default(),
            create_view(&view.name, view.materialized, &view.query)
        ))
    }

    pub fn drop_view(&mut self) -> Option<String> {
        let view = self.model.views.pop()?;
        self.model.freed.push(view.name.clone());
        Some(drop_view(&view) + self.chance.word(&["", " CASCADE"]))
    }

    pub fn refresh_view(&mut self) -> Option<String> {
        let view = self.model.views.iter().find(|view| view.materialized)?;
        Some(format!("REFRESH MATERIALIZED VIEW {}", view.name))
    }

    pub fn create_function(&mut self) -> Option<String> {
        let name = self.chance.word(&["touch", "\"stampRow\""]).to_owned();
        let replace = if self.model.functions.contains(&name) { "OR REPLACE " } else { "" };
        let note = self.chance.word(&["'a'", "'it''s'", "'two\n     lines'"]);
        // what fires it can be seen
        let (made, seen) = match self.chance.is(40) {
            true => (
                "CREATE TABLE IF NOT EXISTS audit (what text);\n",
                "INSERT INTO audit VALUES (TG_OP || ' ' || TG_TABLE_NAME);\n  ",
            ),
            false => ("", ""),
        };
        let text = format!(
            "{made}CREATE {replace}FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  {seen}PERFORM {note};\n  RETURN NEW;\nEND\n$$"
        );
        self.model.functions.push(name);
        Some(text)
    }

    pub fn create_trigger(&mut self) -> Option<String> {
        let (table, function) = (self.table()?, self.chance.clone().pick(&self.model.functions)?.clone());
        let name = self.chance.word(&["tr", "stamp"]).to_owned();
        let when = self.chance.word(&["BEFORE INSERT OR UPDATE", "AFTER UPDATE", "BEFORE INSERT"]);
        let this = &mut self.model.tables[table];
        (!this.triggers.contains(&name)).then_some(())?;
        let text = format!("CREATE TRIGGER {name} {when} ON {} FOR EACH ROW EXECUTE FUNCTION {function}()", this.name);
        this.triggers.push(name);
        Some(text)
    }

    pub fn drop_trigger(&mut self) -> Option<String> {
        let table = self.table()?;
        let this = &mut self.model.tables[table];
        let name = this.triggers.pop()?;
        Some(format!("DROP TRIGGER {name} ON {}", this.name))
    }

    pub fn secure(&mut self) -> Option<String> {
        let table = self.table()?;
        Some(format!(
            "ALTER TABLE {} {} ROW LEVEL SECURITY",
            self.model.tables[table].name,
            self.chance.word(&["ENABLE", "ENABLE", "FORCE"])
        ))
    }

    pub fn create_policy(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let name = self.chance.word(&["p", "\"read all\""]).to_owned();
        let condition = if self.chance.is(60) { "true".to_owned() } else { condition_on(&column) };
        let what = self.chance.word(&["", " FOR SELECT", " FOR ALL TO PUBLIC"]);
        let this = &mut self.model.tables[table];
        (!this.policies.contains(&name)).then_some(())?;
        this.policies.push(name.clone());
        Some(format!("CREATE POLICY {name} ON {}{what} USING ({condition})", this.name))
    }

    pub fn drop_policy(&mut self) -> Option<String> {
        let table = self.table()?;
        let this = &mut self.model.tables[table];
        let name = this.policies.pop()?;
        Some(format!("DROP POLICY {name} ON {}", this.name))
    }

    pub fn grant(&mut self) -> Option<String> {
        let table = self.table()?;
        let (what, role) = (self.chance.word(&["SELECT", "SELECT, INSERT", "ALL"]), self.chance.word(&ROLES));
        let on = &self.model.tables[table].name;
        Some(match self.chance.is(60) {
            true => format!("GRANT {what} ON {on} TO {role}"),
            false => format!("REVOKE {what} ON {on} FROM {role}"),
        })
    }

    pub fn comment(&mut self) -> Option<String> {
        let table = self.table()?;
        let text = self.chance.word(&["'a'", "'it''s; so'", "'two\n  lines'", "NULL"]);
        let name = self.model.tables[table].name.clone();
        Some(match self.column(table).filter(|_| self.chance.is(50)) {
            Some(column) => format!("COMMENT ON COLUMN {name}.{} IS {text}", column.name),
            None => format!("COMMENT ON TABLE {name} IS {text}"),
        })
    }
}

fn create_view(name: &str, materialized: bool, query: &str) -> String {
    format!("CREATE {}VIEW {name} AS {query}", if materialized { "MATERIALIZED " } else { "" })
}

fn drop_view(view: &View) -> String {
    format!("DROP {}VIEW {}", if view.materialized { "MATERIALIZED " } else { "" }, view.name)
}
