//! Partitioned tables: what their rows are parted by binds their keys and their columns.

use super::*;
use crate::operation::{IndexKey, IndexParameters};
use crate::schema::mentions;

impl Schema {
    /// A key has all columns of the partition key, so that each partition can see to it alone (`DefineIndex`,
    /// `transformPartitionSpec`).
    pub(super) fn covers_partition_key(&self, table: &QualifiedName, columns: &[Ident]) -> Applies {
        let key = self.table(table).map(|table| table.partition_key.as_slice()).unwrap_or_default();
        covers(key, columns)
    }

    /// A column that the rows are parted by stays as it is (`has_partition_attrs`).
    pub(super) fn is_not_parted_by(&self, table: &QualifiedName, column: &Ident, verb: &str) -> Applies {
        let key = self.table(table).map(|table| table.partition_key.as_slice()).unwrap_or_default();
        let is_read = |element: &IndexKey| match element {
            IndexKey::Column(own) => own == column,
            IndexKey::Expression(text) => mentions(text.as_str(), column.as_str()),
        };
        match key.iter().any(is_read) {
            true => {
                let part = format!("cannot {verb} column {column}: it is part of the partition key of {table}");
                refused(INVALID_TABLE_DEFINITION, part)
            }
            false => Ok(()),
        }
    }

    /// What is stored in no place of its own cannot be told to be in the one where everything is (`GetDefaultTablespace`).
    pub(super) fn can_be_placed(&self, is_partitioned: bool, parameters: Option<&IndexParameters>) -> Applies {
        let is_default = match parameters.and_then(|parameters| parameters.tablespace.as_ref()) {
            Some(named) => named.as_str() == DEFAULT_TABLESPACE,
            None => self.default_tablespace,
        };
        match is_partitioned && is_default {
            true => refused(NOT_SUPPORTED, "cannot specify default tablespace for partitioned relations"),
            false => Ok(()),
        }
    }

    pub(super) fn is_partitioned(&self, table: &QualifiedName) -> bool {
        self.table(table).is_some_and(|table| table.kind == RelationKind::Partitioned)
    }
}

/// The same of a table that is made.
pub(super) fn covers(key: &[IndexKey], columns: &[Ident]) -> Applies {
    for element in key {
        match element {
            IndexKey::Column(column) if columns.contains(column) => {}
            IndexKey::Column(column) => {
                let lacking =
                    format!("unique constraint on partitioned table must include partitioning column {column}");
                return refused(NOT_SUPPORTED, lacking);
            }
            IndexKey::Expression(_) => {
                return refused(
                    NOT_SUPPORTED,
                    "unique constraints cannot be used when partition keys include expressions",
                );
            }
        }
    }
    Ok(())
}
