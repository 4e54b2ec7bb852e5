//! An enum for a type that goes later.

use super::SchemaFiles;
use super::field::free_name;
use super::text::{is_name, quoted};
use crate::operation::QualifiedName;
use crate::schema::Schema;

impl SchemaFiles {
    /// The file has an enum of that type.
    pub(super) fn keep_enum(&mut self, ty: &QualifiedName, schema: &Schema) -> Result<(), String> {
        if self.enum_of(ty).is_some() {
            return Ok(());
        }
        let known = schema.enum_type(ty).ok_or("the migrations do not tell what the type looks like")?;
        let name = free_name(ty.name.as_str(), "type", &|name| self.has_block(name));
        let mut lines = vec![format!("enum {name} {{")];
        for literal in &known.labels {
            let label = literal.trim_matches('\'').replace("''", "'");
            match is_name(&label) {
                true => lines.push(format!("  {label}")),
                false => return Err(format!("the model has no word for the label {literal}")),
            }
        }
        lines.extend(self.attributes_of(ty, &name));
        lines.push("}".into());
        self.append(lines)
    }

    /// `@@map` and `@@schema`, where they are needed, below an empty line.
    fn attributes_of(&self, own: &QualifiedName, name: &str) -> Vec<String> {
        let attributes = self.place_of(own, name);
        if attributes.is_empty() { attributes } else { std::iter::once(String::new()).chain(attributes).collect() }
    }

    /// `@@map` and `@@schema` of something that is called `name` in the file.
    pub(super) fn place_of(&self, own: &QualifiedName, name: &str) -> Vec<String> {
        let map = (own.name.as_str() != name).then(|| format!("  @@map({})", quoted(own.name.as_str())));
        let schema = own.schema.as_ref().filter(|_| self.names_schemas());
        let schema = schema.map(|schema| format!("  @@schema({})", quoted(schema.as_str())));
        map.into_iter().chain(schema).collect()
    }
}
