//! The types that `sa.Enum` makes on the way.

use std::collections::HashSet;

use super::column::Column;
use super::types::NativeEnum;

/// The enums that were created so far: SQLAlchemy creates each once in a run.
#[derive(Debug, Default)]
pub struct Enums {
    created: HashSet<String>,
}

impl Enums {
    /// `CREATE TYPE` for a column of a table that is made.
    pub(super) fn create(&mut self, column: &Column) -> Option<String> {
        let native = column.ty.native.as_ref().filter(|native| native.is_created)?;
        self.created.insert(native.name.clone()).then(|| native.create.clone())
    }

    /// `CREATE TYPE`, asked for by itself.
    pub(super) fn created(&mut self, native: NativeEnum) -> String {
        self.created.insert(native.name);
        native.create
    }

    /// `DROP TYPE`.
    pub(super) fn dropped(&mut self, native: &NativeEnum) -> String {
        self.created.remove(&native.name);
        format!("DROP TYPE {}", native.name)
    }
}
