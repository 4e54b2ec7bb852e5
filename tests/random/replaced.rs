//! What authors write together: something goes, and what takes its place comes.

use super::model::{Column, ConstraintKind, Index, condition_on, plain, quoted};
use super::writer::Writer;

/// Statements of one thought; [`Writer::migration`] takes them apart again.
pub fn together<const N: usize>(statements: [String; N]) -> String {
    statements.join(";\n")
}

impl Writer {
    pub fn replace_trigger(&mut self) -> Option<String> {
        let table = self.table()?;
        let name = self.model.tables[table].triggers.last()?.clone();
        let function = self.chance.clone().pick(&self.model.functions)?.clone();
        let of = self.model.tables[table].name.clone();
        let when = match self.column(table).filter(|_| self.chance.is(40)) {
            Some(column) => format!("BEFORE UPDATE OF {}", column.name),
            None => self.chance.word(&["BEFORE UPDATE", "AFTER INSERT OR UPDATE", "AFTER DELETE"]).to_owned(),
        };
        let each = match self.chance.is(25) && when.starts_with("AFTER") {
            true => "STATEMENT",
            false => "ROW",
        };
        Some(together([
            format!("DROP TRIGGER {name} ON {of}"),
            format!("CREATE TRIGGER {name} {when} ON {of} FOR EACH {each} EXECUTE FUNCTION {function}()"),
        ]))
    }

    pub fn replace_policy(&mut self) -> Option<String> {
        let table = self.table()?;
        let column = self.column(table)?;
        let this = &self.model.tables[table];
        let (name, of) = (this.policies.last()?.clone(), this.name.clone());
        let condition = condition_on(&column);
        let what = self.chance.word(&["", " FOR SELECT", " FOR ALL"]);
        Some(match self.chance.is(30) {
            true => format!("ALTER POLICY {name} ON {of} USING ({condition})"),
            false => together([
                format!("DROP POLICY {name} ON {of}"),
                format!("CREATE POLICY {name} ON {of}{what} USING ({condition})"),
            ]),
        })
    }

    pub fn secure_with_policy(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let this = &mut self.model.tables[table];
        this.policies.is_empty().then_some(())?;
        this.policies.push("own".into());
        let enable = format!("ALTER TABLE {of} ENABLE ROW LEVEL SECURITY");
        let policy = format!("CREATE POLICY own ON {of} USING (true)");
        Some(if self.chance.is(60) { together([enable, policy]) } else { together([policy, enable]) })
    }

    pub fn replace_grant(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let (was, is) = (self.chance.word(&["ALL", "SELECT"]), self.chance.word(&["SELECT", "SELECT, UPDATE"]));
        Some(together([format!("REVOKE {was} ON {of} FROM PUBLIC"), format!("GRANT {is} ON {of} TO PUBLIC")]))
    }

    /// With the triggers that call it.
    pub fn replace_function(&mut self) -> Option<String> {
        let name = self.chance.clone().pick(&self.model.functions)?.clone();
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        for table in &mut self.model.tables {
            table.triggers.clear();
        }
        self.model.tables[table].triggers.push("anew".into());
        let drop = format!("DROP FUNCTION {name}() CASCADE");
        let body = "AS $$\nBEGIN\n  RETURN NEW;\nEND\n$$";
        let create = format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {body}");
        let trigger = format!("CREATE TRIGGER anew BEFORE UPDATE ON {of} FOR EACH ROW EXECUTE FUNCTION {name}()");
        Some(together([drop, create, trigger]))
    }

    fn any_index(&mut self) -> Option<(usize, Index)> {
        let table = self.table()?;
        let index = self.chance.clone().pick(&self.model.tables[table].indexes)?.clone();
        self.model.tables[table].indexes.retain(|other| other.name != index.name);
        Some((table, index))
    }

    fn schema_of(&self, table: usize) -> &'static str {
        if self.model.tables[table].name.starts_with("app.") { "app." } else { "" }
    }

    /// By an index, a rule or a key that covers the same, or a little more.
    pub fn replace_index(&mut self) -> Option<String> {
        let (table, index) = self.any_index()?;
        let (of, schema) = (self.model.tables[table].name.clone(), self.schema_of(table));
        let mut columns = index.columns.clone();
        if self.chance.is(40) {
            columns.extend(self.column(table).map(|c| c.name).filter(|name| !index.columns.contains(name)));
        }
        let name = match self.chance.is(50) {
            true => index.name.clone(),
            false => self.name(&format!("{}_two", plain(&index.name))),
        };
        let list = columns.join(", ");
        let drop = format!("DROP INDEX {schema}{}", index.name);
        let new = match self.chance.below(4) {
            0 => {
                let names: Vec<&str> = columns.iter().map(String::as_str).collect();
                self.constrain(table, name.clone(), ConstraintKind::Unique, &names);
                format!("ALTER TABLE {of} ADD CONSTRAINT {name} UNIQUE ({list})")
            }
            kind => {
                let unique = if kind == 1 { "UNIQUE " } else { "" };
                self.model.tables[table].indexes.push(Index { name: name.clone(), columns, plain_unique: kind == 1 });
                format!("CREATE {unique}INDEX {name} ON {of} ({list})")
            }
        };
        let is_free = name != index.name;
        Some(if is_free && self.chance.is(40) { together([new, drop]) } else { together([drop, new]) })
    }

    /// A unique rule goes, and a unique index of the same name and columns is made.
    pub fn rule_becomes_index(&mut self) -> Option<String> {
        let table = self.table()?;
        let this = &mut self.model.tables[table];
        let at = this.constraints.iter().position(|c| c.kind == ConstraintKind::Unique)?;
        let rule = this.constraints.remove(at);
        let of = this.name.clone();
        this.indexes.push(Index { name: rule.name.clone(), columns: rule.columns.clone(), plain_unique: true });
        Some(together([
            format!("ALTER TABLE {of} DROP CONSTRAINT {}", rule.name),
            format!("CREATE UNIQUE INDEX {} ON {of} ({})", rule.name, rule.columns.join(", ")),
        ]))
    }

    /// A check that says something else, in one statement or in two.
    pub fn replace_check(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let check = self.model.tables[table].constraints.iter().find(|c| c.kind == ConstraintKind::Check)?.clone();
        let column = self.model.tables[table].column(check.columns.first()?)?.clone();
        let more = self.chance.word(&["", "", " NOT VALID"]);
        let condition = match self.chance.is(50) {
            true => format!("{} OR {} IS NULL", condition_on(&column), column.name),
            false => condition_on(&column),
        };
        let between = if self.chance.is(50) { ",\n ".to_owned() } else { format!(";\nALTER TABLE {of}") };
        let name = &check.name;
        Some(format!(
            "ALTER TABLE {of} DROP CONSTRAINT {name}{between} ADD CONSTRAINT {name} CHECK ({condition}){more}"
        ))
    }

    /// As Prisma changes what happens to children.
    pub fn replace_foreign_key(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let key = self.model.tables[table].constraints.iter().find(|c| c.kind == ConstraintKind::Foreign)?.clone();
        let kind = self.model.tables[table].column(key.columns.first()?)?.type_name.clone();
        let parents: Vec<(String, String)> = self
            .model
            .tables
            .iter()
            .filter_map(|table| table.key().map(|(key, of)| (table.name.clone(), key.to_owned(), of.to_owned())))
            .filter(|(_, _, of)| *of == kind)
            .map(|(table, key, _)| (table, key))
            .collect();
        let (parent, parent_key) = self.chance.pick(&parents)?.clone();
        let (name, columns) = (&key.name, key.columns.join(", "));
        let action = self.chance.word(&["", " ON DELETE CASCADE", " ON DELETE RESTRICT ON UPDATE CASCADE"]);
        let drop = format!("ALTER TABLE {of} DROP CONSTRAINT {name}");
        let add = format!(
            "ALTER TABLE {of} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {parent} ({parent_key}){action}"
        );
        // what else is changed stands between them, as Prisma orders it
        match self.chance.is(40).then(|| self.alter_table()).flatten() {
            Some(change) => Some(together([drop, change, add])),
            None => Some(together([drop, add])),
        }
    }

    /// The type of a key changes, and with it that of the columns which refer to it.
    pub fn retype_key(&mut self) -> Option<String> {
        let parent = self.table()?;
        let (key, was) = self.model.tables[parent].key().map(|(key, of)| (key.to_owned(), of.to_owned()))?;
        let to = match was.as_str() {
            "integer" => self.chance.word(&["bigint", "text"]),
            _ => "text",
        };
        let of = self.model.tables[parent].name.clone();
        let mut users: Vec<(String, String, String)> = Vec::new();
        for table in &self.model.tables {
            let keys = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Foreign && c.columns.len() == 1);
            users.extend(keys.map(|c| (table.name.clone(), c.name.clone(), c.columns[0].clone())));
        }
        users.truncate(1);
        let (table, name, column) = users.first()?.clone();
        let mut statements = vec![
            format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
            format!("ALTER TABLE {of} ALTER COLUMN {key} TYPE {to}"),
            format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {to}"),
            format!("ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {of} ({key})"),
        ];
        if to == "text" {
            statements.insert(1, format!("ALTER TABLE {of} ALTER COLUMN {key} DROP DEFAULT"));
        }
        let retyped = |column: &mut Column| column.type_name = to.to_owned();
        let all = &mut self.model.tables;
        all[parent].columns.iter_mut().filter(|c| c.name == key).for_each(retyped);
        let child = all.iter_mut().find(|other| other.name == table)?;
        child.columns.iter_mut().filter(|c| c.name == column).for_each(retyped);
        Some(statements.join(";\n"))
    }

    /// A text becomes an enum.
    pub fn text_to_enum(&mut self) -> Option<String> {
        let of = self.chance.clone().pick(&self.model.enums)?.clone();
        let table = self.table()?;
        let column = self.column(table).filter(|c| c.type_name == "text" || c.type_name.starts_with("varchar"))?;
        let (name, label) = (&column.name, of.labels.first()?.clone());
        let table_name = self.model.tables[table].name.clone();
        let mut statements = Vec::new();
        if column.has_default {
            statements.push(format!("ALTER TABLE {table_name} ALTER COLUMN {name} DROP DEFAULT"));
        }
        statements.push(format!("UPDATE {table_name} SET {name} = '{label}'"));
        statements.push(format!("ALTER TABLE {table_name} ALTER COLUMN {name} TYPE {0} USING {name}::{0}", of.name));
        if column.has_default {
            statements.push(format!("ALTER TABLE {table_name} ALTER COLUMN {name} SET DEFAULT '{label}'"));
        }
        let columns = &mut self.model.tables[table].columns;
        columns.iter_mut().filter(|c| c.name == *name).for_each(|c| c.type_name.clone_from(&of.name));
        Some(statements.join(";\n"))
    }

    /// Two names change places, or a new thing takes an old one's name.
    pub fn swap_names(&mut self) -> Option<String> {
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        if self.chance.is(50) {
            let (a, b) = (self.column(table)?, self.column(table)?);
            (a.name != b.name).then_some(())?;
            for column in &mut self.model.tables[table].columns {
                if column.name == a.name {
                    column.name.clone_from(&b.name);
                } else if column.name == b.name {
                    column.name.clone_from(&a.name);
                }
            }
            let rename = |from: &str, to: &str| format!("ALTER TABLE {of} RENAME COLUMN {from} TO {to}");
            return Some(together([rename(&a.name, "aside"), rename(&b.name, &a.name), rename("aside", &b.name)]));
        }
        let bare = self.model.tables[table].bare().to_owned();
        let schema = self.schema_of(table);
        let old = quoted(&format!("{}_old", plain(&of)));
        let mut fresh = self.model.tables[table].clone();
        (fresh.partitioned.is_none() && fresh.parent.is_none()).then_some(())?;
        fresh.constraints.clear();
        fresh.indexes.clear();
        fresh.triggers.clear();
        fresh.policies.clear();
        self.model.tables[table] = fresh;
        let mut statements = vec![
            format!("CREATE TABLE {schema}fresh (LIKE {of} INCLUDING DEFAULTS)"),
            format!("INSERT INTO {schema}fresh SELECT * FROM {of}"),
            format!("ALTER TABLE {of} RENAME TO {old}"),
            format!("ALTER TABLE {schema}fresh RENAME TO {bare}"),
        ];
        statements.extend(self.chance.is(60).then(|| format!("DROP TABLE {schema}{old}")));
        Some(statements.join(";\n"))
    }

    pub fn rename_table_and_column(&mut self) -> Option<String> {
        let renamed = self.rename_table()?;
        let column = self.rename_column()?;
        Some(together([renamed, column]))
    }
}
