//! Who may use what a migration makes: it comes into being together with its privileges.
//!
//! With an object that is dropped and made again its owner and its privileges go, so that between the two nobody can use it, or,
//! a function, everybody. A table that is new has no row security and the default privileges until the migration says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{
    ObjectKind, ObjectOperation, Operation, QualifiedName, RowSecurity, TableAttribute, TableOperation,
};
use crate::schema::{Key, key};

/// Functions and relations have names of their own.
type Object = (bool, Key);

/// What the steps so far have made.
#[derive(Debug, Default)]
pub(super) struct Access {
    dropped: BTreeSet<Object>,
    /// The step that made it.
    made: BTreeMap<Object, usize>,
}

impl Access {
    /// The steps, by index, that made what the step `at` opens to somebody or closes. The soft ones are about what was not there before.
    pub(super) fn bonds_of(&mut self, at: usize, operation: &Operation, soft: bool) -> Vec<usize> {
        match operation {
            Operation::Table(TableOperation::Drop { names, .. }) => self.drops(ObjectKind::Table, names),
            Operation::Object(ObjectOperation::Drop { kind, names, on: None, .. }) => self.drops(*kind, names),
            Operation::Table(TableOperation::Create(create)) => self.makes(at, ObjectKind::Table, &create.name),
            Operation::Object(ObjectOperation::Create { kind, name: Some(name), on: None, .. }) => {
                self.makes(at, *kind, name)
            }
            Operation::Object(ObjectOperation::Grant { names, .. }) if names.is_empty() => {
                self.made.iter().filter(|(object, _)| self.dropped.contains(*object)).map(|(_, at)| *at).collect()
            }
            Operation::Object(ObjectOperation::Grant { revokes, kind, names, .. }) => {
                names.iter().filter_map(|name| self.made_by(*kind, name, *revokes && soft)).collect()
            }
            Operation::Object(ObjectOperation::ShareAccess { view, .. }) => {
                self.made_by(ObjectKind::View, view, true).into_iter().collect()
            }
            Operation::Object(ObjectOperation::Alter { kind, name: Some(name), on: None, .. }) => {
                self.made_by(*kind, name, false).into_iter().collect()
            }
            Operation::Table(TableOperation::SetAttribute { table, attribute: TableAttribute::Owner }) => {
                self.made_by(ObjectKind::Table, table, false).into_iter().collect()
            }
            Operation::Table(TableOperation::SetAttribute {
                table,
                attribute: TableAttribute::RowSecurity(RowSecurity::Enable | RowSecurity::Force),
            }) => self.made_by(ObjectKind::Table, table, soft).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn drops(&mut self, kind: ObjectKind, names: &[QualifiedName]) -> Vec<usize> {
        self.dropped.extend(names.iter().map(|name| object(kind, name)));
        Vec::new()
    }

    fn makes(&mut self, at: usize, kind: ObjectKind, name: &QualifiedName) -> Vec<usize> {
        self.made.insert(object(kind, name), at);
        Vec::new()
    }

    /// The step that made it again, or, where also what is `new` counts, made it.
    fn made_by(&self, kind: ObjectKind, name: &QualifiedName, new: bool) -> Option<usize> {
        let object = object(kind, name);
        let made = self.made.get(&object)?;
        (new || self.dropped.contains(&object)).then_some(*made)
    }
}

fn object(kind: ObjectKind, name: &QualifiedName) -> Object {
    (kind == ObjectKind::Function, key(name))
}
