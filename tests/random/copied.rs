//! Tables that are made after the pattern of others.

use super::model::{Constraint, Table, quoted};
use super::replaced::together;
use super::writer::Writer;

const OPTIONS: [&str; 9] =
    ["COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY", "INDEXES", "STATISTICS", "STORAGE"];

impl Writer {
    fn like_options(&mut self) -> String {
        let mut options = String::new();
        if self.chance.is(35) {
            options += " INCLUDING ALL";
        }
        let word = if options.is_empty() { "INCLUDING" } else { "EXCLUDING" };
        for _ in 0..self.chance.below(4) {
            let option = self.chance.word(&OPTIONS);
            options += &format!(" {word} {option}");
        }
        options
    }

    pub fn create_table_like(&mut self) -> Option<String> {
        let (of, name) = (self.table()?, self.new_table_name()?);
        let source = self.model.tables[of].clone();
        let options = self.like_options();
        let mut columns = source.columns;
        if !options.contains("INCLUDING ALL") {
            let keeps = |what: &str| options.contains(&format!("INCLUDING {what}"));
            let (defaults, computed) = (keeps("DEFAULTS"), keeps("GENERATED") || keeps("IDENTITY"));
            for column in &mut columns {
                column.has_default &= defaults;
                column.generated &= computed;
            }
        }
        let mut lines = vec![format!("LIKE {}{options}", source.name)];
        let mut table = Table { name: name.clone(), columns, ..Table::default() };
        if self.chance.is(20) {
            lines.insert(self.chance.below(2), "own integer DEFAULT 1 CHECK (own > 0)".to_owned());
        }
        if self.chance.is(20) {
            let key = quoted(&format!("{}_own_key", table.bare().trim_matches('"')));
            lines.push(format!("CONSTRAINT {key} UNIQUE (id)"));
            let columns = vec!["id".to_owned()];
            table.constraints.push(Constraint {
                name: key,
                kind: super::model::ConstraintKind::Unique,
                columns,
                valid: true,
            });
        }
        self.model.tables.push(table);
        Some(format!("CREATE TABLE {name} (\n  {}\n)", lines.join(",\n  ")))
    }

    /// A table is copied with its rows, and the copy takes its place.
    pub fn copy_table(&mut self) -> Option<String> {
        let of = self.table()?;
        let source = self.model.tables[of].clone();
        (source.parent.is_none() && source.partitioned.is_none()).then_some(())?;
        let (bare, copy) = (source.bare().trim_matches('"').to_owned(), self.new_table_name()?);
        let create = format!("CREATE TABLE {copy} (LIKE {}{})", source.name, self.like_options());
        let given: Vec<&str> =
            source.columns.iter().filter(|column| !column.generated).map(|column| column.name.as_str()).collect();
        let given = given.join(", ");
        let fill = format!("INSERT INTO {copy} ({given}) SELECT {given} FROM {}", source.name);
        match self.chance.below(3) {
            0 => {
                self.model.tables.push(Table { name: copy, columns: source.columns, ..Table::default() });
                Some(together([create, fill]))
            }
            1 => {
                let kept = quoted(&format!("{bare}_kept"));
                let copied = copy.split_once('.').map_or(copy.as_str(), |(_, name)| name).to_owned();
                let own = source.name.clone();
                let at_copy = own.replace(source.bare(), &copied);
                (at_copy == copy).then_some(())?;
                let name = own.replace(source.bare(), &kept);
                self.model.tables[of].name = name;
                self.model.tables.push(Table {
                    name: own.clone(),
                    columns: source.columns.clone(),
                    ..Table::default()
                });
                let renames = [
                    format!("ALTER TABLE {own} RENAME TO {kept}"),
                    format!("ALTER TABLE {copy} RENAME TO {}", source.bare()),
                ];
                let [from, to] = renames;
                Some(together([create, fill, from, to]))
            }
            _ => {
                self.drop_table_of_model(&source.name);
                self.model.tables.push(Table { name: copy, columns: source.columns.clone(), ..Table::default() });
                Some(together([create, fill, format!("DROP TABLE {}", source.name)]))
            }
        }
    }
}
