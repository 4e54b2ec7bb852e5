//! Relations for the foreign keys that go later.

use super::SchemaFiles;
use super::field::free_name;
use super::text::{Block, quoted};
use crate::operation::{ConstraintKind, ForeignKey, Ident, QualifiedName, ReferentialAction};
use crate::plan::Owned;
use crate::schema::{ConstraintState, Schema, Table, same};

impl SchemaFiles {
    /// The models have a relation for each foreign key that goes with it.
    pub(super) fn keep_relations(&mut self, owned: &Owned, schema: &Schema) -> Result<(), String> {
        for (table, state, key) in keys_with(owned, schema) {
            self.keep_relation((table, state, key), schema)?;
        }
        Ok(())
    }

    fn keep_relation(
        &mut self,
        (table, state, key): (&Table, &ConstraintState, &ForeignKey),
        schema: &Schema,
    ) -> Result<(), String> {
        let (from_file, from) = self.model(&table.name)?;
        let (_, to) = self.model(&key.references)?;
        let fields = fields(&from, &key.columns, state)?;
        if from.fields.iter().any(|field| field.relation_fields() == fields && field.type_name() == to.name) {
            return Ok(());
        }
        let primary = || schema.table(&key.references).and_then(|table| table.primary_key()).unwrap_or_default();
        let referenced = if key.referenced.is_empty() { primary() } else { &key.referenced };
        let references = self::fields(&to, referenced, state)?;
        let is_nullable = |column: &Ident| table.columns.get(column).is_some_and(|column| !column.not_null);
        let optional = if key.columns.iter().any(is_nullable) { "?" } else { "" };
        let is_taken = |name: &str| from.has_field(name) || to.has_field(name);
        let name = free_name(state.name.as_str(), "relation", &is_taken);
        let relation = quoted(&name);
        let line = format!(
            "{}{name} {}{optional} @relation({relation}, fields: [{}], references: [{}], onDelete: {}, onUpdate: {}{}){}",
            from.style().0,
            to.name,
            fields.join(", "),
            references.join(", "),
            action(&key.actions.on_delete, state)?,
            action(&key.actions.on_update, state)?,
            map_of(&table.name, key, state),
            ignored(&from)
        );
        // a model that points at itself has both
        let back = if from.name == to.name { format!("{name}_from") } else { name };
        let back = format!("{}{back} {}[] @relation({relation}){}", to.style().0, from.name, ignored(&to));
        let after = from.end_of_fields();
        self.replace(from_file, after..after, &[line]);
        let (to_file, to) = self.model(&key.references)?;
        let after = to.end_of_fields();
        self.replace(to_file, after..after, &[back]);
        Ok(())
    }
}

/// The foreign keys that something ties to other tables, each with its table.
fn keys_with<'a>(owned: &Owned, schema: &'a Schema) -> Vec<(&'a Table, &'a ConstraintState, &'a ForeignKey)> {
    let own = |name: &QualifiedName| {
        let table = schema.table(name);
        table.into_iter().flat_map(|table| table.constraints.iter().map(move |state| (table, state)))
    };
    let (name, column) = match owned {
        Owned::Column { table, column, .. } => (table, Some(column)),
        Owned::Table { table } => (table, None),
        // a second column has no keys
        Owned::Name { .. } | Owned::Type { .. } | Owned::Labels { .. } | Owned::Shadow { .. } => return Vec::new(),
    };
    let keys = own(name).chain(schema.referencing(name)).filter_map(|(table, state)| match &state.constraint.kind {
        ConstraintKind::ForeignKey(key) => Some((table, state, key)),
        _ => None,
    });
    let has_it = |(table, _, key): &(&Table, &ConstraintState, &ForeignKey)| {
        column.is_none_or(|column| {
            (same(&table.name, name) && key.columns.contains(column))
                || (same(&key.references, name) && key.referenced.contains(column))
        })
    };
    keys.filter(has_it).collect()
}

/// The fields of columns.
fn fields<'a>(block: &Block<'a>, columns: &[Ident], state: &ConstraintState) -> Result<Vec<&'a str>, String> {
    let fields: Option<Vec<&str>> = columns.iter().map(|column| block.field_of(column.as_str())).collect();
    fields.ok_or_else(|| format!("the model lacks a field of the foreign key {}", state.name))
}

fn action(action: &ReferentialAction, state: &ConstraintState) -> Result<&'static str, String> {
    Ok(match action {
        ReferentialAction::NoAction => "NoAction",
        ReferentialAction::Restrict => "Restrict",
        ReferentialAction::Cascade => "Cascade",
        ReferentialAction::SetNull(columns) if columns.is_empty() => "SetNull",
        ReferentialAction::SetDefault(columns) if columns.is_empty() => "SetDefault",
        ReferentialAction::SetNull(_) | ReferentialAction::SetDefault(_) => {
            return Err(format!("the model has no word for what {} does", state.name));
        }
    })
}

/// Its name, where that is not the one that Prisma gives it.
fn map_of(table: &QualifiedName, key: &ForeignKey, state: &ConstraintState) -> String {
    let columns: Vec<&str> = key.columns.iter().map(Ident::as_str).collect();
    let usual = format!("{}_{}_fkey", table.name.as_str(), columns.join("_"));
    match state.name.as_str() {
        own if own == usual => String::new(),
        own => format!(", map: {}", quoted(own)),
    }
}

/// The client has neither side; what is in a model that it does not have needs no word for that.
fn ignored(block: &Block<'_>) -> &'static str {
    if block.is_ignored() { "" } else { " @ignore" }
}
