//! `schema.prisma`: which fields stand for which columns, and how a field is added, marked and removed.

mod enumeration;
mod field;
mod relation;
mod table;
mod text;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::config_file::{Config, SCRIPT_ENDINGS, below};
use super::super::deferral::{Deferral, Files, Model, NotKept, Texts};
use super::super::migration::Migration;
use super::super::{Found, FrameworkError};
use super::FILE;
use super::place::others_stand_beside;
use crate::operation::{Ident, QualifiedName};
use crate::plan::Owned;
use crate::schema::Schema;
use crate::source::read_text;
use field::{Kept, kept};
use text::{Block, Field, blocks, quoted};

/// How deep below a folder of models others are looked for.
const DEPTH: usize = 4;

pub(super) struct BesideMigrations;

impl Deferral for BesideMigrations {
    fn keeps_swaps(&self) -> bool {
        true
    }

    fn migrations(&self, found: &Found) -> Utf8PathBuf {
        found.file.parent().and_then(Utf8Path::parent).map(Utf8Path::to_owned).unwrap_or_default()
    }

    fn folder(&self, migrations: &Utf8Path) -> Utf8PathBuf {
        migrations.with_file_name("deferred")
    }

    fn must_stay(&self, migration: &Migration) -> Option<String> {
        let folder = migration.path().parent().and_then(Utf8Path::file_name).unwrap_or_default();
        others_stand_beside(migration.path())
            .then(|| format!("{folder} holds other files, and Prisma refuses a folder without a {FILE}"))
    }

    fn file(&self) -> &'static str {
        FILE
    }

    /// `*.prisma` beside the migrations and below, or where the configuration says.
    fn model_files(&self, migrations: &Utf8Path, files: &dyn Files) -> Result<Texts, FrameworkError> {
        let Some(beside) = migrations.parent() else { return Ok(Vec::new()) };
        let found = models_in(beside, migrations, DEPTH);
        let found = match found.is_empty() {
            false => found,
            true => configured(beside).map_or(Vec::new(), |place| match place.is_dir() {
                true => models_in(&place, migrations, DEPTH),
                false => vec![place],
            }),
        };
        let read = found.into_iter().map(|path| Ok(files.text(&path)?.map(|text| (path, text))));
        read.filter_map(Result::transpose).collect()
    }

    fn model(&self, files: Texts) -> Box<dyn Model> {
        Box::new(SchemaFiles(files))
    }

    fn deploy_command(&self) -> &'static str {
        "prisma migrate deploy"
    }
}

/// The files with models in a folder, in the order of their paths; what is hidden or installed is no model of the project.
fn models_in(folder: &Utf8Path, migrations: &Utf8Path, depth: usize) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let (path, name) = (entry.path().to_owned(), entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        match is_folder {
            true if depth > 0 && path != migrations && !name.starts_with('.') && name != "node_modules" => {
                found.extend(models_in(&path, migrations, depth - 1));
            }
            false if path.extension() == Some("prisma") && path.is_file() => found.push(path),
            true | false => {}
        }
    }
    found.sort();
    found
}

/// `schema: "…"` of the nearest Prisma config file.
fn configured(from: &Utf8Path) -> Option<Utf8PathBuf> {
    let named = |folder: &Utf8Path| {
        let names = SCRIPT_ENDINGS.iter().map(|ending| folder.join(format!("prisma.config.{ending}")));
        let text = names.into_iter().find_map(|file| read_text(&file))?;
        Some(below(folder, &Config::of(&text).string("schema")?))
    };
    from.ancestors().take(DEPTH).find_map(named).filter(|place| place.exists())
}

/// The files with the models of a project.
struct SchemaFiles(Texts);

impl SchemaFiles {
    /// The model of a table, with the file that it is in.
    fn model(&self, table: &QualifiedName) -> Result<(usize, Block<'_>), String> {
        let mut found = self.0.iter().enumerate().flat_map(|(file, (_, text))| {
            blocks(text).into_iter().filter(|block| block.is_model_of(table)).map(move |block| (file, block))
        });
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(format!("no model is that of {table}")),
            (Some(_), Some(_)) => Err(format!("several models are those of {table}")),
        }
    }

    fn field(&self, table: &QualifiedName, column: &Ident) -> Option<Field<'_>> {
        let (_, block) = self.model(table).ok()?;
        block.fields.into_iter().find(|field| field.column() == column.as_str())
    }

    /// The name of a type's enum.
    fn enum_of(&self, ty: &QualifiedName) -> Option<String> {
        let mut all = self.0.iter().flat_map(|(_, text)| blocks(text));
        all.find(|block| block.is_enum_of(ty)).map(|block| block.name.to_owned())
    }

    /// A model, enum or type of that name is there.
    fn has_block(&self, name: &str) -> bool {
        self.0.iter().flat_map(|(_, text)| blocks(text)).any(|block| block.name == name)
    }

    /// Puts a new block behind the last one of the first file that has models, or of the first that has any.
    fn append(&mut self, block: Vec<String>) -> Result<(), String> {
        let end = |is_it: &dyn Fn(&Block<'_>) -> bool| {
            self.0.iter().enumerate().find_map(|(file, (_, text))| {
                let all = blocks(text);
                all.iter().any(is_it).then(|| Some((file, all.last()?.lines.end)))?
            })
        };
        let (file, end) = end(&|block| block.has_fields()).or_else(|| end(&|_| true)).ok_or("no file has a model")?;
        let lines: Vec<String> = std::iter::once(String::new()).chain(block).collect();
        self.replace(file, end..end, &lines);
        Ok(())
    }

    /// Takes the blocks that `goes` says away, each with the empty line before it.
    fn remove_blocks(&mut self, goes: &dyn Fn(&Block<'_>) -> bool) {
        for file in 0..self.0.len() {
            let text = self.0[file].1.clone();
            for block in blocks(&text).iter().rev().filter(|block| goes(block)) {
                let before = block.lines.start.checked_sub(1).filter(|line| block.is_empty_line(*line));
                self.replace(file, before.unwrap_or(block.lines.start)..block.lines.end, &[]);
            }
        }
    }

    /// Takes the fields that `goes` says away.
    fn remove_fields(&mut self, goes: &dyn Fn(&Block<'_>, &Field<'_>) -> bool) {
        for file in 0..self.0.len() {
            let text = self.0[file].1.clone();
            for block in blocks(&text).iter().rev() {
                let gone = block.fields.iter().rev().filter(|field| goes(block, field));
                gone.for_each(|field| self.replace(file, field.lines.clone(), &[]));
            }
        }
    }

    /// Puts other lines in place of some of a file.
    fn replace(&mut self, file: usize, lines: std::ops::Range<usize>, by: &[String]) {
        let text = &self.0[file].1;
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        let new: String = by.iter().map(|line| format!("{line}{end}")).collect();
        self.0[file].1 = [all[..lines.start].concat(), new, all[lines.end..].concat()].concat();
    }
}

impl SchemaFiles {
    /// A field of its own that the client does not have.
    fn keep_column(&mut self, table: &QualifiedName, column: &Ident, schema: &Schema) -> Result<(), String> {
        let state = schema.column(table, column).ok_or("the migrations do not tell what the column looks like")?;
        let (file, block) = self.model(table)?;
        if let Some(field) = block.fields.iter().find(|field| field.column() == column.as_str()) {
            let (lines, line) = (field.lines.clone(), field.unused(!state.not_null));
            self.replace(file, lines, &[line?]);
            return Ok(());
        }
        let Kept { field, attributes } = kept(table, state, schema, &block, &|ty| self.enum_of(ty))?;
        let (after, end) = (block.end_of_fields(), block.lines.end - 1);
        let mut below = attributes;
        if !below.is_empty() && !block.has_attributes() {
            below.insert(0, String::new());
        }
        self.replace(file, end..end, &below);
        self.replace(file, after..after, &[field]);
        Ok(())
    }

    /// Takes the field of a column away, with the attributes of its indexes and its relations.
    fn remove_column(&mut self, table: &QualifiedName, column: &Ident) -> Result<(), String> {
        let (file, block) = self.model(table)?;
        let Some(field) = block.fields.iter().find(|field| field.column() == column.as_str()) else { return Ok(()) };
        let relations: Vec<(String, Option<String>)> = block
            .fields
            .iter()
            .filter(|other| other.relation_fields().contains(&field.name))
            .map(|other| (other.name.to_owned(), other.relation().map(str::to_owned)))
            .collect();
        let mut gone = vec![field.lines.clone()];
        gone.extend(block.attributes.iter().filter(|attribute| attribute.names(field.name)).map(|a| a.lines.clone()));
        let is_empty_before = gone.len() > 1 && gone.len() - 1 == block.attributes.len();
        let first = block.attributes.first().map(|attribute| attribute.lines.start);
        if let Some(first) = first.filter(|first| is_empty_before && block.is_empty_line(first - 1)) {
            gone.push(first - 1..first);
        }
        let model = block.name.to_owned();
        gone.sort_by_key(|lines| std::cmp::Reverse(lines.start));
        gone.into_iter().for_each(|lines| self.replace(file, lines, &[]));
        self.remove_fields(&|block, field| {
            relations.iter().any(|(name, relation)| {
                let is_own = block.name == model && field.name == name;
                is_own || (relation.is_some() && field.relation() == relation.as_deref() && field.type_name() == model)
            })
        });
        Ok(())
    }

    fn keep(&mut self, owned: &Owned, migration: &str, schema: &Schema) -> Result<(), String> {
        match owned {
            Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                self.keep_column(table, column, schema)
            }
            Owned::Table { table } => self.keep_table(table, schema),
            // Prisma sees no views
            Owned::Name { .. } => Ok(()),
            Owned::Type { name } => self.keep_enum(name, schema),
            Owned::Labels { name, labels, second } => {
                self.keep_labels(name, labels, migration)?;
                self.keep_enum(second, schema)
            }
        }
    }
}

impl Model for SchemaFiles {
    fn keep_unused(&mut self, all: &[Owned], migration: &str, schema: &Schema) -> Result<(), NotKept> {
        // columns are of types, and relations between models
        let of_kind = |kind: usize| {
            all.iter().enumerate().filter(move |(_, owned)| match owned {
                Owned::Type { .. } | Owned::Labels { .. } => kind == 0,
                Owned::Table { .. } => kind == 1,
                Owned::Column { .. } | Owned::Shadow { .. } | Owned::Name { .. } => kind == 2,
            })
        };
        for (at, owned) in (0..3).flat_map(of_kind) {
            self.keep(owned, migration, schema).map_err(|why| NotKept { at, why })?;
        }
        for (at, owned) in all.iter().enumerate() {
            self.keep_relations(owned, schema).map_err(|why| NotKept { at, why })?;
        }
        Ok(())
    }

    fn remove(&mut self, all: &[Owned]) -> Result<(), String> {
        for owned in all {
            match owned {
                Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                    self.remove_column(table, column)?;
                }
                Owned::Labels { name, labels, second } => {
                    self.remove_labels(name, labels);
                    self.remove_blocks(&|block| block.is_enum_of(second));
                }
                Owned::Table { table } => {
                    let name = self.model(table)?.1.name.to_owned();
                    self.remove_fields(&|block, field| block.has_fields() && field.type_name() == name);
                    self.remove_blocks(&|block| block.is_model_of(table));
                }
                Owned::Type { name } => self.remove_blocks(&|block| block.is_enum_of(name)),
                Owned::Name { .. } => {}
            }
        }
        Ok(())
    }

    fn uses(&self, owned: &Owned, _migration: &str) -> bool {
        let is_in_use = |table: &QualifiedName| self.model(table).is_ok_and(|(_, block)| !block.is_ignored());
        match owned {
            Owned::Labels { name, labels, .. } => self.uses_labels(name, labels),
            Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                is_in_use(table) && self.field(table, column).is_some_and(|field| !field.is_ignored())
            }
            Owned::Table { table } | Owned::Name { name: table, .. } => is_in_use(table),
            Owned::Type { name } => {
                let own = self.enum_of(name);
                let of_it = |field: &Field<'_>| !field.is_ignored() && Some(field.type_name()) == own.as_deref();
                let mut models = self.0.iter().flat_map(|(_, text)| blocks(text)).filter(Block::has_fields);
                models.any(|model| !model.is_ignored() && model.fields.iter().any(of_it))
            }
        }
    }

    fn lines(&self, owned: &Owned) -> Vec<String> {
        let of_block = |is_it: &dyn Fn(&Block<'_>) -> bool| {
            let mut all = self.0.iter().flat_map(|(_, text)| blocks(text));
            all.find(|block| is_it(block)).map(|block| block.text().map(str::to_owned).collect()).unwrap_or_default()
        };
        match owned {
            Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                self.field(table, column).map(|field| field.text.trim().to_owned()).into_iter().collect()
            }
            Owned::Labels { name, labels, second } => {
                let own = self.lines_of_labels(name, labels).into_iter();
                own.chain(of_block(&|block| block.is_enum_of(second))).collect()
            }
            Owned::Table { table } => of_block(&|block| block.is_model_of(table)),
            Owned::Type { name } => of_block(&|block| block.is_enum_of(name)),
            Owned::Name { .. } => Vec::new(),
        }
    }

    fn mapped(&self, owned: &Owned) -> Option<String> {
        let line = match owned {
            Owned::Column { table, column, becomes: Some(to) } => self.field(table, to)?.mapped(column.as_str()),
            Owned::Name { name, table } => {
                self.model(table).ok()?;
                format!("@@map({})", quoted(name.name.as_str()))
            }
            Owned::Column { becomes: None, .. }
            | Owned::Shadow { .. }
            | Owned::Table { .. }
            | Owned::Type { .. }
            | Owned::Labels { .. } => return None,
        };
        Some(format!("delete it and write `{line}` in the model"))
    }

    fn files(&self) -> &Texts {
        &self.0
    }
}

#[cfg(test)]
mod tests;
