//! What PostgreSQL refuses: whether an operation applies to the catalog as it is, and why not.
//!
//! A history rarely tells everything: a table that it does not make may be there all the same. So what is not known is no
//! conflict, unless the catalog is closed ([`Schema::close`]): then everything that is not in it is not there.

mod access_methods;
mod casts;
mod columns;
mod constraints;
mod expressions;
mod inherited_constraints;
mod kinds;
mod objects;
mod own_columns;
mod partitions;
mod relations;
mod rows;
mod sequences;
mod types;

use std::fmt;

use self::kinds::Kind;
use super::key::{Key, key};
use super::{Age, DEFAULT_TABLESPACE, RelationKind, Schema, Table};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, QualifiedName, SessionOperation, TableOperation, TableRef, TransactionControl,
};

/// Why an operation fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The SQLSTATE of PostgreSQL's error (documentation, appendix A).
    pub code: &'static str,
    /// What is in the way, in PostgreSQL's words.
    pub message: String,
    /// The history leaves no doubt. A view's text, for one, may name a column without using it.
    pub sure: bool,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// `Err` is what is in the way.
pub type Applies = Result<(), Conflict>;

fn refused(code: &'static str, message: impl Into<String>) -> Applies {
    Err(Conflict { code, message: message.into(), sure: true })
}

/// The same where the texts only let it be feared.
fn feared(code: &'static str, message: impl Into<String>) -> Applies {
    Err(Conflict { code, message: message.into(), sure: false })
}

const SYNTAX: &str = "42601";
const WRONG_STATE: &str = "55000";
const UNDEFINED_TABLE: &str = "42P01";
const UNDEFINED_COLUMN: &str = "42703";
const UNDEFINED_OBJECT: &str = "42704";
const DUPLICATE_TABLE: &str = "42P07";
const DUPLICATE_COLUMN: &str = "42701";
const DUPLICATE_OBJECT: &str = "42710";
const DEPENDENT_OBJECTS: &str = "2BP01";
const INVALID_TABLE_DEFINITION: &str = "42P16";
const WRONG_OBJECT_TYPE: &str = "42809";
const NOT_SUPPORTED: &str = "0A000";

impl Schema {
    /// Applies an operation, or says why PostgreSQL of that major version would refuse it; nothing has changed then.
    ///
    /// # Errors
    /// When it does not apply.
    pub fn try_apply(&mut self, operation: &Operation, version: u32) -> Applies {
        self.check_applies(operation, version)?;
        self.apply(operation);
        Ok(())
    }

    /// Why PostgreSQL of that major version would refuse an operation here, as far as the catalog knows.
    ///
    /// # Errors
    /// When it does not apply.
    pub fn check_applies(&self, operation: &Operation, version: u32) -> Applies {
        let applies = self.applies(operation, version);
        applies.map_err(|why| Conflict { sure: why.sure && !self.is_doubtful, ..why })
    }

    fn applies(&self, operation: &Operation, version: u32) -> Applies {
        match operation {
            Operation::Table(operation) => self.table_applies(operation, version),
            Operation::Column(operation) => self.column_applies(operation, version),
            Operation::Constraint(operation) => self.constraint_applies(operation, version),
            Operation::Index(operation) => self.index_applies(operation),
            Operation::Type(operation) => self.type_applies(operation),
            Operation::Object(operation) => self.object_applies(operation),
            Operation::Data(operation) => self.data_applies(operation),
            Operation::Session(SessionOperation::LockTable { tables, .. }) => {
                self.has_relations(tables)?;
                let fits = |kind: Kind| kind.is_table() || kind == Kind::View;
                tables.iter().try_for_each(|table| self.is_a(table, "a table or view", fits))
            }
            Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_))
            | Operation::Opaque { .. } => Ok(()),
        }
    }

    fn has_relations(&self, names: &[QualifiedName]) -> Applies {
        names.iter().try_for_each(|name| self.has_relation(name))
    }

    /// From here on what is not in the catalog is not there.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// True when nothing is there that the catalog does not know.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes for there what an operation speaks of and the history does not make: the operation fails otherwise. Says what was
    /// taken for there.
    pub fn presume(&mut self, operation: &Operation) -> Vec<QualifiedName> {
        let found: Vec<QualifiedName> = self.unknown_to(operation).cloned().collect();
        found.iter().for_each(|name| self.presume_relation(name));
        found
    }

    /// The relations that an operation needs and the catalog does not know.
    pub(super) fn unknown_to<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a QualifiedName> {
        let names: Vec<&QualifiedName> = match operation {
            Operation::Table(TableOperation::Create(create)) => create.sources().collect(),
            Operation::Object(ObjectOperation::Create { on, .. } | ObjectOperation::Drop { on: on @ Some(_), .. }) => {
                on.iter().collect()
            }
            Operation::Table(TableOperation::Drop { names, if_exists: false, .. })
            | Operation::Index(IndexOperation::Drop { names, if_exists: false, .. })
            | Operation::Object(ObjectOperation::Drop {
                kind: ObjectKind::View | ObjectKind::MaterializedView,
                names,
                if_exists: false,
                ..
            }) => names.iter().collect(),
            Operation::Table(TableOperation::Drop { .. })
            | Operation::Index(IndexOperation::Drop { .. })
            | Operation::Object(ObjectOperation::Drop { .. }) => Vec::new(),
            Operation::Index(IndexOperation::Rename { index, .. } | IndexOperation::Alter { index, .. }) => vec![index],
            Operation::Index(IndexOperation::AttachPartition { index, partition }) => vec![index, partition],
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                let key = match &constraint.kind {
                    ConstraintKind::ForeignKey(fk) => Some(&fk.references),
                    _ => None,
                };
                std::iter::once(&table.name).chain(key).collect()
            }
            Operation::Table(
                TableOperation::AttachPartition { table, partition, .. }
                | TableOperation::DetachPartition { table, partition, .. },
            ) => {
                vec![&table.name, partition]
            }
            Operation::Object(ObjectOperation::RefreshMaterializedView { name, .. }) => vec![name],
            Operation::Data(DataOperation::Truncate { tables, .. })
            | Operation::Session(SessionOperation::LockTable { tables, .. })
            | Operation::Table(TableOperation::Analyze { tables } | TableOperation::Vacuum { tables, .. }) => {
                tables.iter().collect()
            }
            other => other.table().into_iter().collect(),
        };
        let inline = match operation {
            Operation::Table(TableOperation::Create(create)) => {
                create.columns.iter().flat_map(|c| &c.constraints).chain(&create.constraints).collect()
            }
            Operation::Column(ColumnOperation::Add { column, .. }) => column.constraints.iter().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let references = inline.into_iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(fk) => Some(&fk.references),
            _ => None,
        });
        let own = match operation {
            Operation::Table(TableOperation::Create(create)) => Some(&create.name),
            _ => None,
        };
        let unknown = move |name: &&QualifiedName| {
            let wanted = key(name);
            !self.is_relation(&wanted)
                && !self.gone.contains(&wanted)
                && !self.presumed.contains(&wanted)
                && own.is_none_or(|own| !super::same(own, name))
        };
        names.into_iter().chain(references).filter(unknown)
    }

    /// Takes a relation for there.
    pub fn presume_relation(&mut self, name: &QualifiedName) {
        self.presumed.insert(key(name));
    }

    fn has_table(&self, table: &TableRef) -> Applies {
        if table.if_exists { Ok(()) } else { self.has_relation(&table.name) }
    }

    /// The table or view is there, as far as it can be known.
    fn has_relation(&self, name: &QualifiedName) -> Applies {
        match self.is_missing(name) {
            true => refused(UNDEFINED_TABLE, format!("relation {name} does not exist")),
            false => Ok(()),
        }
    }

    /// True when no relation of that name is there for sure.
    fn is_missing(&self, name: &QualifiedName) -> bool {
        let wanted = key(name);
        let known = self.is_relation(&wanted) || self.presumed.contains(&wanted);
        !known && (self.closed || self.gone.contains(&wanted))
    }

    /// True when the history leaves no doubt that no index of that name is there: it made everything that it speaks of, and
    /// nothing in it may have made more.
    fn has_no_index(&self, name: &QualifiedName) -> bool {
        let wanted = key(name);
        let made = |schema: &Ident| self.schemas.contains(&key(&QualifiedName::unqualified(schema.clone())));
        let is_own = name.schema.as_ref().is_none_or(|schema| wanted.is_public() || made(schema));
        let has_history = self.migrations > 1 && !self.tables.is_empty();
        has_history && !self.partly_known && is_own && !self.is_relation(&wanted) && !self.presumed.contains(&wanted)
    }

    /// An operation may make more than the catalog learns of it, or is about something that the catalog does not know.
    pub(super) fn tells_not_all(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }) => true,
            Operation::Session(SessionOperation::Transaction(control)) => {
                matches!(control, TransactionControl::Rollback | TransactionControl::Savepoint)
            }
            // A partition gets indexes of its own, which it keeps.
            Operation::Table(TableOperation::AttachPartition { .. } | TableOperation::DetachPartition { .. }) => true,
            _ => self.unknown_to(operation).next().is_some(),
        }
    }

    /// The relation's name is free: tables, views, indexes and sequences share one name space in a schema.
    fn relation_is_free(&self, name: &QualifiedName) -> Applies {
        match self.is_surely_relation(&key(name)) {
            true => refused(DUPLICATE_TABLE, format!("relation {name} already exists")),
            false => Ok(()),
        }
    }

    pub(super) fn is_relation(&self, name: &Key) -> bool {
        self.tables.contains_key(name) || self.indexes.contains_key(name) || self.sequences.contains(name)
    }

    /// A relation of that name is there for sure, so that `IF NOT EXISTS` does nothing, whatever it would make.
    pub fn has_surely(&self, name: &QualifiedName) -> bool {
        self.is_surely_relation(&key(name))
    }

    /// The history's own statements made it: what only a framework wrote down may still have to be made.
    fn is_surely_relation(&self, name: &Key) -> bool {
        let is_view = |t: &Table| matches!(t.kind, RelationKind::View | RelationKind::MaterializedView);
        self.tables.get(name).is_some_and(|t| t.is_sure() || t.age == Age::New || is_view(t))
            || self.indexes.get(name).is_some_and(|i| i.sure)
            || self.sequences.contains(name)
    }

    /// A table makes a type of its name.
    fn type_is_free(&self, name: &QualifiedName) -> Applies {
        let wanted = key(name);
        let is_other = self.other_types.contains(&wanted);
        match self.enums.contains_key(&wanted) || self.domains.contains_key(&wanted) || is_other {
            true => refused(DUPLICATE_OBJECT, format!("type {name} already exists")),
            false => Ok(()),
        }
    }

    fn has_column(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_table(table)?;
        let Some(state) = self.table(&table.name) else { return Ok(()) };
        match state.lacks(column) {
            true => refused(UNDEFINED_COLUMN, format!("column {column} of relation {} does not exist", table.name)),
            false => Ok(()),
        }
    }
}

impl Table {
    /// True when it has no such column for sure.
    fn lacks(&self, column: &Ident) -> bool {
        let is_table = matches!(self.kind, RelationKind::Table | RelationKind::Partitioned);
        self.columns_known && is_table && !self.columns.has(column)
    }
}

#[cfg(test)]
mod tests;
