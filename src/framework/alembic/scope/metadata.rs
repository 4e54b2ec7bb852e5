//! The models' metadata and its tables.

use std::rc::Rc;

use crate::framework::alembic::python::Text;
use crate::framework::alembic::value::{Arguments, Made, Value};
use crate::source::ByteSpan;

/// The models' metadata, as `env.py` gives it to Alembic: its `tables` are tables by their names.
pub(super) const METADATA: &str = "<metadata>";

/// Whether a path is that of the metadata's tables.
pub(super) fn are_tables(path: &str) -> bool {
    path.strip_prefix(METADATA) == Some(".tables")
}

/// A table of the metadata: its name is `schema.name`, or `name`.
pub(super) fn table(name: &str) -> Value {
    let text = |text: &str| Value::Text(Text::standing_for(text, ByteSpan::new(0, 0)));
    let (schema, own) = name.rsplit_once('.').map_or((None, name), |(schema, own)| (Some(schema), own));
    let named = schema.map(|schema| ("schema".to_owned(), text(schema))).into_iter().collect();
    let arguments = Arguments { positional: vec![text(own)], named };
    let made = Made { path: "sqlalchemy.Table".to_owned(), receiver: None, arguments, span: ByteSpan::new(0, 0) };
    Value::Made(Rc::new(made))
}
