//! Columns that a sequence has to itself: its next phase waits for a deploy, and takes them as they are now.

use std::sync::Arc;

use super::{Schema, same};
use crate::operation::{Ident, QualifiedName};

/// A column of a sequence that waits.
#[derive(Debug, Clone)]
pub struct Reserved {
    /// Its table.
    pub table: QualifiedName,
    /// The column.
    pub column: Ident,
    /// It takes another one's place and stays: what is built on it does no harm.
    pub stays: bool,
    /// The sequence.
    pub sequence: Arc<str>,
}

impl Schema {
    /// From here on these columns are those of sequences that wait.
    pub fn reserve(&mut self, columns: Arc<[Reserved]>) {
        self.reserved = columns;
    }

    /// The columns of a table that sequences have to themselves.
    pub fn reserved_in<'a>(&'a self, table: &QualifiedName) -> impl Iterator<Item = &'a Reserved> + use<'a> {
        let table = table.clone();
        self.reserved.iter().filter(move |reserved| same(&reserved.table, &table))
    }
}
