//! What a sequence has to itself: its next phase waits for a deploy, and takes that as it is now.

use std::sync::Arc;

use super::{Schema, same};
use crate::operation::{Ident, QualifiedName};

/// Something that belongs to a sequence that waits.
#[derive(Debug, Clone)]
pub struct Reserved {
    /// What.
    pub what: ReservedObject,
    /// The sequence.
    pub sequence: Arc<str>,
}

/// What can belong to a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservedObject {
    /// A column.
    Column {
        /// Its table.
        table: QualifiedName,
        /// The column.
        column: Ident,
        /// It takes another one's place and stays: what is built on it does no harm.
        stays: bool,
    },
    /// A table, with all that is on it.
    Table(QualifiedName),
    /// A view that has a table's name from before, and the table's columns.
    Name {
        /// Its name.
        name: QualifiedName,
        /// The table.
        table: QualifiedName,
    },
    /// A type.
    Type(QualifiedName),
}

impl Reserved {
    /// The table that it is, or that the column is in.
    pub fn table(&self) -> Option<&QualifiedName> {
        match &self.what {
            ReservedObject::Column { table, .. }
            | ReservedObject::Table(table)
            | ReservedObject::Name { table, .. } => Some(table),
            ReservedObject::Type(_) => None,
        }
    }
}

impl Schema {
    /// From here on this is what sequences that wait have to themselves.
    pub fn reserve(&mut self, reserved: Arc<[Reserved]>) {
        self.reserved = reserved;
    }

    /// The columns of a table that sequences have to themselves, each with whether it stays.
    pub fn reserved_columns<'a>(
        &'a self,
        table: &QualifiedName,
    ) -> impl Iterator<Item = (&'a Reserved, &'a Ident, bool)> + use<'a> {
        let wanted = table.clone();
        self.reserved.iter().filter_map(move |reserved| match &reserved.what {
            ReservedObject::Column { table, column, stays } => {
                same(table, &wanted).then_some((reserved, column, *stays))
            }
            ReservedObject::Table(_) | ReservedObject::Name { .. } | ReservedObject::Type(_) => None,
        })
    }

    /// The tables that sequences have to themselves.
    pub fn reserved_tables(&self) -> impl Iterator<Item = (&Reserved, &QualifiedName)> {
        self.reserved.iter().filter_map(|reserved| match &reserved.what {
            ReservedObject::Table(table) => Some((reserved, table)),
            ReservedObject::Column { .. } | ReservedObject::Name { .. } | ReservedObject::Type(_) => None,
        })
    }

    /// The names that views of sequences have, each with the table that had it before.
    pub fn reserved_names(&self) -> impl Iterator<Item = (&Reserved, &QualifiedName, &QualifiedName)> {
        self.reserved.iter().filter_map(|reserved| match &reserved.what {
            ReservedObject::Name { name, table } => Some((reserved, name, table)),
            ReservedObject::Column { .. } | ReservedObject::Table(_) | ReservedObject::Type(_) => None,
        })
    }

    /// The sequence that has a type to itself.
    pub fn reserved_type(&self, name: &QualifiedName) -> Option<&Reserved> {
        self.reserved.iter().find(|reserved| matches!(&reserved.what, ReservedObject::Type(own) if same(own, name)))
    }
}
