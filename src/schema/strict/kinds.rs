//! Which kind of relation a name has: a statement that wants a table refuses a view.

use super::*;
use crate::operation::DataOperation;

/// What a relation is, of those that the history's statements made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Partitioned,
    Foreign,
    View,
    MaterializedView,
    Index,
    Sequence,
}

impl Kind {
    /// Rows are stored in it or in its partitions.
    pub(super) fn is_table(self) -> bool {
        matches!(self, Kind::Table | Kind::Partitioned)
    }

    /// It has columns that `ALTER TABLE` adds, drops and retypes.
    fn has_own_columns(self) -> bool {
        self.is_table() || self == Kind::Foreign
    }
}

impl Schema {
    /// `None` where the history does not tell for sure.
    pub(super) fn kind_of(&self, name: &QualifiedName) -> Option<Kind> {
        let wanted = key(name);
        if let Some(table) = self.tables.get(&wanted) {
            return match table.kind {
                RelationKind::View => Some(Kind::View),
                RelationKind::MaterializedView => Some(Kind::MaterializedView),
                RelationKind::Foreign => Some(Kind::Foreign),
                RelationKind::Partitioned => Some(Kind::Partitioned),
                // One that is only spoken of may be a view.
                RelationKind::Table => table.is_sure().then_some(Kind::Table),
            };
        }
        if let Some(index) = self.indexes.get(&wanted) {
            return index.sure.then_some(Kind::Index);
        }
        self.sequences.contains(&wanted).then_some(Kind::Sequence)
    }

    /// The relation is of a kind that fits, as far as is known.
    pub(super) fn is_a(&self, name: &QualifiedName, word: &str, fits: impl Fn(Kind) -> bool) -> Applies {
        match self.kind_of(name) {
            Some(kind) if !fits(kind) => refused(WRONG_OBJECT_TYPE, format!("{name} is not {word}")),
            _ => Ok(()),
        }
    }

    /// What `ALTER TABLE` changes the columns, constraints or row security of.
    pub(super) fn has_own_columns(&self, table: &QualifiedName) -> Applies {
        self.is_a(table, "a table", Kind::has_own_columns)
    }

    /// A table, which a key can be on and a foreign key can point at.
    pub(super) fn is_table(&self, table: &QualifiedName) -> Applies {
        self.is_a(table, "a table", Kind::is_table)
    }

    /// Rows of it can be changed: a view's may be, where a rule or a trigger says how.
    pub(super) fn can_change_rows(&self, operation: &DataOperation) -> Applies {
        let names = match operation {
            DataOperation::Insert { table, .. }
            | DataOperation::Update { table, .. }
            | DataOperation::Delete { table, .. } => {
                return self.is_a(table, "a table or view", |kind| kind.has_own_columns() || kind == Kind::View);
            }
            DataOperation::Truncate { tables, .. } => tables,
            DataOperation::Backfill(_) | DataOperation::Select { .. } | DataOperation::Assertion(_) => return Ok(()),
        };
        names.iter().try_for_each(|table| self.has_own_columns(table))
    }
}
