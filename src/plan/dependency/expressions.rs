//! What the text of an index, a check or a default uses.

use crate::operation::{ColumnDefinition, Generated, Ident, QualifiedName, SqlFragment};
use crate::plan::resource::{Resource, Uses};
use crate::schema::{Folded, Schema};

/// An expression of an index or a check reads the columns that it names.
pub(super) fn reads_expression(uses: &mut Uses, table: &QualifiedName, text: &str, schema: &Schema) {
    let known = schema.table(table).filter(|t| t.columns_known);
    let names = known.into_iter().flat_map(|t| &t.columns).map(|c| &c.name);
    let folded = Folded::of(text);
    let columns: Vec<Ident> = names.filter(|name| folded.mentions(name.as_str())).cloned().collect();
    uses.reads_columns(table, &columns, schema);
    uses.reads_types_of_text(text, schema);
    if known.is_none() {
        let root = uses.table(table, schema);
        uses.write(Resource::Structure(root));
    }
}

/// An index or a check goes before its columns become something that it does not work with.
pub(super) fn stands_on_columns(uses: &mut Uses, table: &QualifiedName, text: &str, schema: &Schema) {
    let root = uses.table(table, schema);
    let known = schema.table(table).into_iter().flat_map(|t| &t.columns).map(|c| &c.name);
    let folded = Folded::of(text);
    for column in known.filter(|name| folded.mentions(name.as_str())) {
        uses.read(Resource::TypeOf(root.clone(), column.clone()));
    }
}

/// A column's type, and what its value is computed with.
pub(super) fn reads_definition(uses: &mut Uses, column: &ColumnDefinition, schema: &Schema) {
    uses.reads_type(&column.ty);
    let default = column.default.as_ref().map(SqlFragment::as_str);
    let generated = match &column.generated {
        Some(Generated::Stored(text) | Generated::Virtual(text)) => Some(text.as_str()),
        _ => None,
    };
    default.into_iter().chain(generated).for_each(|text| uses.reads_default(text, schema));
}
