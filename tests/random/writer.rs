//! Writes schemas and migrations by chance, statement by statement, each against what the ones before it made.

use super::chance::Chance;
use super::model::{COLUMNS, Column, Model, ODD_COLUMNS, ODD_TABLES, TABLES, TYPES, Table, plain, quoted};

/// A generator at some point of its work.
#[derive(Debug, Clone)]
pub struct Writer {
    pub chance: Chance,
    pub model: Model,
    /// The table that most statements are about.
    focus: Option<String>,
}

/// Says whether a statement is worth keeping: a server can tell.
pub type Accepts<'a> = &'a mut dyn FnMut(&str) -> bool;

type Write = fn(&mut Writer) -> Option<String>;

/// What a migration is made of, with how often it comes.
const CHANGES: [(usize, Write); 100] = [
    (46, Writer::alter_table),
    (10, Writer::create_index),
    (6, Writer::drop_index),
    (2, Writer::rename_index),
    (5, Writer::rename_column),
    (2, Writer::rename_constraint),
    (2, Writer::rename_table),
    (7, Writer::create_table),
    (3, Writer::create_table_like),
    (1, Writer::create_table_as),
    (1, Writer::create_child),
    (2, Writer::create_partition),
    (4, Writer::drop_table),
    (1, Writer::detach),
    (2, Writer::set_schema),
    (2, Writer::create_enum),
    (3, Writer::add_label),
    (1, Writer::rename_label),
    (1, Writer::rename_type),
    (2, Writer::drop_type),
    (2, Writer::create_view),
    (2, Writer::replace_view),
    (2, Writer::drop_view),
    (1, Writer::refresh_view),
    (2, Writer::create_function),
    (2, Writer::create_trigger),
    (1, Writer::drop_trigger),
    (2, Writer::secure),
    (2, Writer::create_policy),
    (2, Writer::drop_policy),
    (3, Writer::grant),
    (3, Writer::comment),
    (4, Writer::insert),
    (9, Writer::update),
    (4, Writer::delete),
    (1, Writer::truncate),
    (1, Writer::create_sequence),
    (1, Writer::alter_sequence),
    (3, Writer::set_session),
    (2, Writer::temporary_table),
    (3, Writer::do_block),
    (2, Writer::swap_enum),
    (3, Writer::replace_key),
    (2, Writer::create_domain),
    (3, Writer::alter_domain),
    (3, Writer::domain_and_column),
    (2, Writer::copy_table),
    (1, Writer::attach),
    (1, Writer::create_what_is_there),
    (2, Writer::maintain),
    (1, Writer::prepare),
    (1, Writer::replace_trigger),
    (2, Writer::replace_policy),
    (2, Writer::secure_with_policy),
    (1, Writer::replace_grant),
    (1, Writer::replace_function),
    (4, Writer::replace_index),
    (2, Writer::rule_becomes_index),
    (3, Writer::replace_check),
    (3, Writer::replace_foreign_key),
    (2, Writer::retype_key),
    (2, Writer::text_to_enum),
    (2, Writer::swap_names),
    (2, Writer::rename_table_and_column),
    (4, Writer::required_column),
    (3, Writer::move_column),
    (3, Writer::unique_without_duplicates),
    (2, Writer::proved_by_hand),
    (2, Writer::foreign_key_without_orphans),
    (2, Writer::join_table),
    (2, Writer::wide_foreign_key),
    (2, Writer::several_at_once),
    (2, Writer::inverted_index),
    (2, Writer::alter_index),
    (3, Writer::change_rows),
    (2, Writer::change_view),
    (4, Writer::change_object),
    (2, Writer::hold),
    (2, Writer::do_with_logic),
    (2, Writer::numbers_by_hand),
    (2, Writer::exclude_ranges),
    (3, Writer::computed_column),
    (2, Writer::composite_type),
    (1, Writer::child_with_own_parts),
    (2, Writer::index_by_partition),
    (2, Writer::spread_table),
    (2, Writer::keep_by_trigger),
    (3, Writer::called_function),
    (3, Writer::widen_view),
    (2, Writer::other_primary_key),
    (2, Writer::share),
    (2, Writer::change_identity),
    (4, Writer::guarded),
    (1, Writer::wide_primary_key),
    (6, Writer::change_thing),
    (1, Writer::as_somebody),
    (1, Writer::call_what_sets),
    (2, Writer::function_of_rows),
    (1, Writer::widen_twice),
    (2, Writer::hand_name_on),
];

impl Writer {
    pub fn new(seed: u64) -> Writer {
        Writer { chance: Chance::new(seed), model: Model::default(), focus: None }
    }

    /// Some tables and what hangs on them.
    pub fn schema(&mut self, accepts: Accepts<'_>) -> Vec<String> {
        let mut schema = Vec::new();
        if self.chance.is(30) {
            self.model.has_app = true;
            schema.push("CREATE SCHEMA app".to_owned());
            accepts("CREATE SCHEMA app");
        }
        let tables = 2 + self.chance.below(3);
        let hangs_on: [(usize, Write); 20] = [
            (8, Writer::create_index),
            (4, Writer::alter_table),
            (3, Writer::create_view),
            (2, Writer::create_trigger),
            (2, Writer::secure),
            (2, Writer::create_policy),
            (2, Writer::create_function),
            (2, Writer::grant),
            (2, Writer::comment),
            (2, Writer::create_partition),
            (2, Writer::create_child),
            (1, Writer::create_sequence),
            (1, Writer::create_domain),
            (1, Writer::create_table_like),
            (1, Writer::child_with_own_parts),
            (1, Writer::spread_table),
            (1, Writer::computed_column),
            (1, Writer::keep_by_trigger),
            (1, Writer::called_function),
            (1, Writer::exclude_ranges),
        ];
        if self.chance.is(30) {
            self.one(&[(1, Writer::create_domain)], &mut schema, accepts);
        }
        let enums = self.chance.below(3);
        for _ in 0..enums {
            self.one(&[(1, Writer::create_enum)], &mut schema, accepts);
        }
        for _ in 0..tables {
            self.one(&[(1, Writer::create_table)], &mut schema, accepts);
        }
        for _ in 0..self.chance.below(7) {
            self.one(&hangs_on, &mut schema, accepts);
        }
        schema
    }

    /// Two to twelve statements, most of them about one table.
    pub fn migration(&mut self, accepts: Accepts<'_>) -> Vec<String> {
        self.focus = self.chance.pick(&self.model.tables).map(|table| table.name.clone());
        self.model.freed.clear();
        let wanted = 2 + self.chance.below(6) + self.chance.below(6);
        let mut migration = Vec::new();
        for _ in 0..wanted * 3 {
            if migration.len() >= wanted {
                break;
            }
            self.one(&CHANGES, &mut migration, accepts);
        }
        // what is of one thought may stand in several statements
        migration.into_iter().flat_map(|text| if self.chance.is(70) { apart(&text) } else { vec![text] }).collect()
    }

    fn one(&mut self, from: &[(usize, Write)], to: &mut Vec<String>, accepts: Accepts<'_>) {
        let Some(write) = self.chance.weighed(from) else { return };
        let before = self.model.clone();
        match write(self) {
            Some(statement) if accepts(&statement) => to.push(statement),
            _ => self.model = before,
        }
    }

    /// The table that the migration is about, or another one.
    pub fn table(&mut self) -> Option<usize> {
        let focus = self.focus.as_ref().and_then(|name| self.model.tables.iter().position(|table| table.name == *name));
        match focus {
            Some(at) if self.chance.is(65) => Some(at),
            _ => (!self.model.tables.is_empty()).then(|| self.chance.below(self.model.tables.len())),
        }
    }

    /// A column of a table that is not its `id`, when there is one.
    pub fn column(&mut self, table: usize) -> Option<Column> {
        let columns: Vec<Column> =
            self.model.tables[table].columns.iter().filter(|c| c.name != "id").cloned().collect();
        // the first ones more often: statements are to meet each other
        let end = if self.chance.is(60) { columns.len().min(3) } else { columns.len() };
        columns.get(self.chance.below(end)).cloned()
    }

    /// Different columns of a table.
    pub fn columns(&mut self, table: usize, at_most: usize) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for _ in 0..=self.chance.below(at_most) {
            columns.extend(self.column(table).filter(|column| columns.iter().all(|other| other.name != column.name)));
        }
        columns
    }

    pub fn type_name(&mut self) -> String {
        if let Some(of) = self.model.enums.last().filter(|_| self.chance.clone().is(12)) {
            return of.name.clone();
        }
        if self.chance.is(25)
            && let Some(of) = self.chance.clone().pick(&self.model.domains)
        {
            return of.clone();
        }
        self.chance.word(&TYPES).to_owned()
    }

    /// A name for a new relation or constraint: one that was given up before, a usual one, or one of a few.
    pub fn name(&mut self, usual: &str) -> String {
        if self.chance.is(25)
            && let Some(freed) = self.chance.clone().pick(&self.model.freed)
        {
            return freed.clone();
        }
        match self.chance.is(80) {
            true => quoted(usual),
            false => self.chance.word(&["k1", "k2", "\"Key\"", "ix"]).to_owned(),
        }
    }

    pub fn usual(&self, table: usize, columns: &[Column], ending: &str) -> String {
        let columns: Vec<String> = columns.iter().map(|column| plain(&column.name)).collect();
        format!("{}_{}_{ending}", plain(&self.model.tables[table].name), columns.join("_"))
    }

    pub fn new_table_name(&mut self) -> Option<String> {
        let taken: Vec<String> = self.model.tables.iter().map(|table| table.bare().to_owned()).collect();
        let name = match self.chance.is(30) {
            true => self.chance.clone().pick(&self.model.freed).cloned(),
            false => None,
        };
        let usual = if self.chance.is(6) { self.chance.word(&ODD_TABLES) } else { self.chance.word(&TABLES) };
        let name = name.unwrap_or_else(|| usual.to_owned());
        let schema = if self.model.has_app && self.chance.is(20) { "app." } else { "" };
        (!taken.contains(&name)).then(|| format!("{schema}{name}"))
    }

    pub fn new_column_name(&mut self, table: usize) -> Option<String> {
        let Table { name, columns, .. } = &self.model.tables[table];
        let dropped: Vec<&String> =
            self.model.dropped.iter().filter(|(of, ..)| of == name).map(|(_, column, _)| column).collect();
        let new = match self.chance.clone().is(40).then(|| self.chance.clone().pick(&dropped).copied()).flatten() {
            Some(dropped) => dropped.clone(),
            None if self.chance.is(6) => self.chance.word(&ODD_COLUMNS).to_owned(),
            None => self.chance.word(&COLUMNS).to_owned(),
        };
        self.chance.below(1);
        columns.iter().all(|column| column.name != new).then_some(new)
    }

    pub fn drop_table_of_model(&mut self, name: &str) {
        let Some(at) = self.model.tables.iter().position(|table| table.name == name) else { return };
        let table = self.model.tables.remove(at);
        self.model.freed.push(table.bare().to_owned());
        self.model.freed.extend(table.constraints.into_iter().map(|constraint| constraint.name));
        self.model.freed.extend(table.indexes.into_iter().map(|index| index.name));
        self.model.tables.retain(|other| other.parent.as_deref() != Some(name));
    }

    pub fn drop_column_of_model(&mut self, table: usize, name: &str) {
        let table = &mut self.model.tables[table];
        if let Some(at) = table.columns.iter().position(|column| column.name == name) {
            let column = table.columns.remove(at);
            self.model.dropped.push((table.name.clone(), column.name, column.type_name));
        }
        let uses = |columns: &[String]| columns.iter().any(|column| column == name);
        self.model.freed.extend(table.constraints.iter().filter(|c| uses(&c.columns)).map(|c| c.name.clone()));
        self.model.freed.extend(table.indexes.iter().filter(|i| uses(&i.columns)).map(|i| i.name.clone()));
        table.constraints.retain(|constraint| !uses(&constraint.columns));
        table.indexes.retain(|index| !uses(&index.columns));
    }
}

/// The statements of a text, where none of them has a body of its own.
fn apart(text: &str) -> Vec<String> {
    match text.contains("$$") || text.starts_with("DO ") {
        true => vec![text.to_owned()],
        false => text.split(";\n").map(str::to_owned).collect(),
    }
}
