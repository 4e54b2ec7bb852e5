//! A model for a table that goes later.

use super::SchemaFiles;
use super::field::{default_of, fields_of, free_name, map_of, type_of};
use super::text::{blocks, quoted};
use crate::operation::{ConstraintKind, Ident, QualifiedName};
use crate::schema::{Schema, Table};

impl SchemaFiles {
    /// The file has a model of that table which the client does not have, still without its relations.
    pub(super) fn keep_table(&mut self, name: &QualifiedName, schema: &Schema) -> Result<(), String> {
        if let Ok((_, block)) = self.model(name) {
            return Err(format!("the model still has {}: take it out first", block.name));
        }
        let table = schema.table(name).ok_or("the migrations do not tell what the table looks like")?;
        let model = free_name(name.name.as_str(), "table", &|name| self.has_block(name));
        let fields = fields(table);
        let field = |column: &Ident| fields.iter().find(|(own, _)| own == column).map(|(_, field)| field.clone());
        let (own, below) = indexes(table, schema, &field)?;
        let width = fields.iter().map(|(_, field)| field.len()).max().unwrap_or_default();
        let mut lines = vec![format!("model {model} {{")];
        for (column, (_, name)) in table.columns.iter().zip(&fields) {
            let (ty, native) = type_of(&column.ty, &|ty| self.enum_of(ty))?;
            let optional = if column.not_null || column.ty.is_array() { "" } else { "?" };
            let mut line = vec![format!("{ty}{optional}")];
            line.extend(own.iter().filter(|(column, _)| column == name).map(|(_, attribute)| attribute.clone()));
            line.extend(default_of(column)?);
            if name != column.name.as_str() {
                line.push(format!("@map({})", quoted(column.name.as_str())));
            }
            line.extend(native);
            lines.push(format!("  {name:width$} {}", line.join(" ")));
        }
        lines.push(String::new());
        lines.extend(below.into_iter().map(|attribute| format!("  {attribute}")));
        lines.extend(self.place_of(name, &model));
        lines.extend(["  @@ignore".to_owned(), "}".to_owned()]);
        self.append(lines)
    }

    /// The models say in which of the database's schemas they are.
    pub(super) fn names_schemas(&self) -> bool {
        self.0.iter().flat_map(|(_, text)| blocks(text)).any(|block| block.has_schema())
    }
}

/// The name of the field of each column.
fn fields(table: &Table) -> Vec<(Ident, String)> {
    let mut names: Vec<(Ident, String)> = Vec::new();
    for column in table.columns.iter() {
        let is_taken = |name: &str| names.iter().any(|(_, taken)| taken == name);
        let name = free_name(column.name.as_str(), "column", &is_taken);
        names.push((column.name.clone(), name));
    }
    names
}

/// Attributes of fields, each with its field, and attributes of the model.
type Attributes = (Vec<(String, String)>, Vec<String>);

/// `@id`, `@unique` and `@@index` for the key and the indexes of a table.
fn indexes(table: &Table, schema: &Schema, field: &dyn Fn(&Ident) -> Option<String>) -> Result<Attributes, String> {
    let (mut own, mut below) = (Vec::new(), Vec::new());
    let is_key = |name: &Ident| {
        let state = table.constraints.get(name);
        state.is_some_and(|state| matches!(state.constraint.kind, ConstraintKind::PrimaryKey { .. }))
    };
    for index in schema.indexes_of(&table.name) {
        let Some(fields) = fields_of(index, field)? else { continue };
        let is_key = index.constraint.as_ref().is_some_and(is_key);
        let usual = format!("{}_pkey", table.name.name.as_str());
        let map = match is_key {
            true => Some(index.name.name.as_str()).filter(|name| *name != usual),
            false => map_of(index, &table.name),
        };
        let kind = match (is_key, index.unique) {
            (true, _) => "id",
            (false, true) => "unique",
            (false, false) => "index",
        };
        match fields.as_slice() {
            [only] if kind != "index" => {
                let map = map.map(|map| format!("(map: {})", quoted(map))).unwrap_or_default();
                own.push((only.clone(), format!("@{kind}{map}")));
            }
            _ => {
                let map = map.map(|map| format!(", map: {}", quoted(map))).unwrap_or_default();
                let attribute = format!("@@{kind}([{}]{map})", fields.join(", "));
                below.insert(if is_key { 0 } else { below.len() }, attribute);
            }
        }
    }
    Ok((own, below))
}
