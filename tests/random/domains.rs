//! Domains: what they ask of values, and the columns that have them.

use super::model::{Column, base_of, condition_for, default_of, quoted};
use super::replaced::together;
use super::writer::Writer;

/// The domains that there can be, each with the type under it.
pub const DOMAINS: [(&str, &str); 4] =
    [("amount_of", "integer"), ("label_of", "text"), ("few_of", "amount_of"), ("\"Day of\"", "date")];

impl Writer {
    pub fn create_domain(&mut self) -> Option<String> {
        let (name, base) = *self.chance.pick(&DOMAINS)?;
        let is_there = |name: &str| self.model.domains.iter().any(|domain| domain == name);
        let has_base = DOMAINS.iter().all(|(other, _)| *other != base) || is_there(base);
        (has_base && !is_there(name)).then_some(())?;
        self.model.domains.push(name.to_owned());
        let default = match self.chance.is(25) {
            true => format!(" DEFAULT {}", default_of(&mut self.chance, &self.model, base)),
            false => String::new(),
        };
        let condition = condition_for("VALUE", base);
        let rule = match self.chance.below(4) {
            0 => String::new(),
            1 => " NOT NULL".to_owned(),
            2 => format!(" CONSTRAINT of_domain CHECK ({condition})"),
            _ => format!(" CHECK ({condition})"),
        };
        Some(format!("CREATE DOMAIN {name} AS {base}{default}{rule}"))
    }

    /// What is done to a domain that columns may have.
    pub fn alter_domain(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.domains.len());
        let name = self.model.domains.get(at)?.clone();
        let constraint = self.chance.word(&["of_domain", "small", "\"in Range\""]);
        let action = match self.chance.below(13) {
            0 | 1 => {
                let more = self.chance.word(&["", "", " NOT VALID"]);
                format!("ADD CONSTRAINT {constraint} CHECK ({}){more}", condition_for("VALUE", base_of(&name)))
            }
            2 => "ADD CHECK (VALUE IS NOT NULL)".to_owned(),
            3 => format!("VALIDATE CONSTRAINT {constraint}"),
            4 => format!("DROP CONSTRAINT {}{constraint}", self.chance.word(&["", "IF EXISTS "])),
            5 => format!("RENAME CONSTRAINT {constraint} TO renamed_rule"),
            6 => "SET NOT NULL".to_owned(),
            7 => "DROP NOT NULL".to_owned(),
            8 | 9 => format!("SET DEFAULT {}", default_of(&mut self.chance, &self.model, base_of(&name))),
            10 => "DROP DEFAULT".to_owned(),
            11 => "OWNER TO CURRENT_USER".to_owned(),
            _ => format!(
                "ADD CONSTRAINT {constraint} CHECK (VALUE IS NULL OR {})",
                condition_for("VALUE", base_of(&name))
            ),
        };
        Some(format!("ALTER DOMAIN {name} {action}"))
    }

    /// A domain and a column of it change in one thought.
    pub fn domain_and_column(&mut self) -> Option<String> {
        let at = self.chance.below(self.model.domains.len());
        let name = self.model.domains.get(at)?.clone();
        let table = self.table()?;
        let of = self.model.tables[table].name.clone();
        let base = base_of(&name);
        let has_base = |column: &&Column| base_of(&column.type_name) == base && !column.generated;
        match self.chance.below(5) {
            // a column becomes one of the domain, or of what is under it
            0 => {
                let columns: Vec<Column> = self.model.tables[table].columns.iter().filter(has_base).cloned().collect();
                let column = self.chance.pick(&columns)?.clone();
                let to = if column.type_name == name { base.to_owned() } else { name };
                self.with_type(table, &column.name, &to);
                Some(format!("ALTER TABLE {of} ALTER COLUMN {} TYPE {to}", column.name))
            }
            1 | 2 => {
                let change = self.alter_domain()?;
                let new = self.new_column_name(table)?;
                let column = Column { name: new.clone(), type_name: name.clone(), ..Column::default() };
                self.model.tables[table].columns.push(column);
                let more = self.chance.word(&["", " NOT NULL", " DEFAULT NULL"]);
                Some(together([change, format!("ALTER TABLE {of} ADD COLUMN {new} {name}{more}")]))
            }
            // the rule moves from the table to the domain
            3 => {
                let column = self.model.tables[table].columns.iter().find(has_base)?.clone();
                let rule = quoted(&format!("{base}_of_table"));
                let condition = condition_for(&column.name, base);
                Some(together([
                    format!("ALTER TABLE {of} ADD CONSTRAINT {rule} CHECK ({condition})"),
                    format!("ALTER DOMAIN {name} ADD CONSTRAINT small CHECK ({})", condition_for("VALUE", base)),
                    format!("ALTER TABLE {of} DROP CONSTRAINT {rule}"),
                ]))
            }
            _ => {
                let name = self.model.domains.remove(at);
                for table in &mut self.model.tables {
                    table.columns.retain(|column| column.type_name != name);
                }
                Some(format!("DROP DOMAIN {name}{}", self.chance.word(&["", " CASCADE"])))
            }
        }
    }

    fn with_type(&mut self, table: usize, column: &str, to: &str) {
        let columns = self.model.tables[table].columns.iter_mut();
        columns.filter(|other| other.name == column).for_each(|other| other.type_name = to.to_owned());
    }
}
