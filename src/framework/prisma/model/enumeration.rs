//! An enum for a type that goes later, and labels of one that go later.

use super::SchemaFiles;
use super::field::free_name;
use super::text::{Block, blocks, is_name, quoted};
use crate::operation::QualifiedName;
use crate::schema::Schema;

/// What stands behind a label that goes, before the migration with which it does.
const MARK: &str = "// no code uses it; it goes with";

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

    /// The file has the labels, marked as ones that no code uses.
    pub(super) fn keep_labels(&mut self, ty: &QualifiedName, labels: &[String], migration: &str) -> Result<(), String> {
        let mark = format!("{MARK} {migration}");
        for label in labels {
            let (file, block) = self.enum_block(ty).ok_or_else(|| format!("no enum is that of {ty}"))?;
            let known = block.labels();
            if let Some(own) = known.iter().find(|own| own.label == label) {
                let marked = format!("{} {mark}", own.text.trim_end());
                let line = own.line;
                if !own.text.contains(MARK) {
                    self.replace(file, line..line + 1, &[marked]);
                }
                continue;
            }
            let last = known.last().ok_or_else(|| format!("the enum {} has no labels", block.name))?;
            let indent = &last.text[..last.text.len() - last.text.trim_start().len()];
            let is_taken = |name: &str| known.iter().any(|own| own.text.split_whitespace().next() == Some(name));
            let name = free_name(label, "label", &is_taken);
            let map = if name == *label { String::new() } else { format!(" @map({})", quoted(label)) };
            let (at, line) = (last.line + 1, format!("{indent}{name}{map} {mark}"));
            self.replace(file, at..at, &[line]);
        }
        Ok(())
    }

    /// The file has the labels no more.
    pub(super) fn remove_labels(&mut self, ty: &QualifiedName, labels: &[String]) {
        for label in labels {
            let Some((file, block)) = self.enum_block(ty) else { return };
            let own = block.labels().into_iter().find(|own| own.label == label);
            if let Some(line) = own.map(|own| own.line) {
                self.replace(file, line..line + 1, &[]);
            }
        }
    }

    /// Code may write one of the labels: the file has it without the mark.
    pub(super) fn uses_labels(&self, ty: &QualifiedName, labels: &[String]) -> bool {
        self.lines_of_labels(ty, labels).iter().any(|line| !line.contains(MARK))
    }

    /// The lines of the labels.
    pub(super) fn lines_of_labels(&self, ty: &QualifiedName, labels: &[String]) -> Vec<String> {
        let all = self.enum_block(ty).map(|(_, block)| block.labels()).unwrap_or_default();
        let own = all.into_iter().filter(|own| labels.iter().any(|label| own.label == label));
        own.map(|own| own.text.trim().to_owned()).collect()
    }

    fn enum_block(&self, ty: &QualifiedName) -> Option<(usize, Block<'_>)> {
        let all = self.0.iter().enumerate();
        let mut all = all.flat_map(|(file, (_, text))| blocks(text).into_iter().map(move |block| (file, block)));
        all.find(|(_, block)| block.is_enum_of(ty))
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
