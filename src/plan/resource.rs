//! What steps use together: the things that a step reads, and those that it makes, changes or takes away.

use std::collections::BTreeSet;

use crate::operation::{Ident, QualifiedName, TypeName};
use crate::schema::{Key, Schema, key};
use crate::sql::names_its_columns;

/// Something that steps use together. The tables of a partition or inheritance tree are one: what is said of columns and
/// constraints is said of the tree's root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Resource {
    /// A name among tables, views, indexes and sequences. Written when it comes or goes, or is needed alone.
    Relation(Key),
    /// The rows of a table, as they stand beside whatever else is said of it.
    Rows(Key),
    /// Which rows there are, whatever they hold.
    Members(Key),
    /// Which rows there are that have a value in this column: those that came and went before it was added are none of them.
    MembersWith(Key, Ident),
    /// The list of a relation's columns: read by what adds to it or takes from it, written by what looks at all of it.
    Structure(Key),
    /// A column's existence and type.
    Column(Key, Ident),
    /// A column's type alone: written by what changes it, read by the end of what would not work with another one.
    TypeOf(Key, Ident),
    Default(Key, Ident),
    Nullability(Key, Ident),
    /// The values in a column.
    Data(Key, Ident),
    Constraint(Key, Ident),
    Type(Key),
    /// The primary key and unique constraints of a table, which foreign keys stand on.
    Keys(Key),
    /// Row security and its policies.
    Policies(Key),
    Triggers(Key),
    /// A function, whatever its arguments.
    Function(Key),
    /// Who may do what.
    Privileges,
    /// Who may do what with one object; functions (true) have names of their own.
    PrivilegesOn(bool, Key),
}

/// What a step uses, computed against the catalog before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    pub(super) reads: BTreeSet<Resource>,
    pub(super) writes: BTreeSet<Resource>,
    /// Nothing passes it.
    pub(super) barrier: bool,
    /// Of a barrier: what only says who may use something else passes it all the same.
    pub(super) passed_by_privileges: bool,
    /// It says who may use something, and nothing else.
    pub(super) only_privileges: bool,
    /// It passes nothing that stands before it; what stands behind it may pass.
    pub(super) last: bool,
    /// What it makes of rows is said by the columns and members that it reads: where need be it passes who changes others.
    pub(super) by_columns: bool,
    /// It goes by where rows lie.
    pub(super) by_place: bool,
    /// It makes these columns of a table unique.
    pub(super) unique_on: Option<(Key, Vec<Ident>)>,
    /// It adds a key that goes with any of these columns; none where it is not known what its index is of.
    pub(super) stands_on: Vec<Ident>,
    /// Its foreign keys point at these columns of a table (none written: its primary key).
    pub(super) points_at: Vec<(Key, Vec<Ident>)>,
    /// It builds an index that leads with this column.
    pub(super) builds: Option<(Key, Ident)>,
    /// It drops an index, or a key with its index, that leads with this column.
    pub(super) drops: Option<(Key, Ident)>,
    /// What it drops keeps duplicates of these columns of a table out.
    pub(super) unique_until: Option<(Key, Vec<Ident>)>,
}

impl Uses {
    /// Nothing passes it, in either direction.
    pub fn everything() -> Self {
        Uses { barrier: true, ..Uses::default() }
    }

    /// Nobody knows what it uses: see [`Uses::everything`].
    pub fn is_everything(&self) -> bool {
        self.barrier
    }

    /// What both use, as one that passes nothing that stands before it.
    pub fn with(mut self, other: &Uses) -> Self {
        self.reads.extend(other.reads.iter().cloned());
        self.writes.extend(other.writes.iter().cloned());
        self.last = true;
        self
    }

    pub(super) fn read(&mut self, resource: Resource) {
        self.reads.insert(resource);
    }

    pub(super) fn write(&mut self, resource: Resource) {
        self.writes.insert(resource);
    }

    /// Uses a table beside others that use it; its tree's root, under which its parts are known.
    pub(super) fn table(&mut self, table: &QualifiedName, schema: &Schema) -> Key {
        let (own, root) = (key(table), root(table, schema));
        for name in if own == root { vec![own] } else { vec![own, root.clone()] } {
            self.read(Resource::Rows(name.clone()));
            self.read(Resource::Relation(name));
        }
        root
    }

    /// It is the same to those who change the table's rows whether they do it before or after.
    pub(super) fn is_no_matter_of_rows(&mut self) {
        self.reads.retain(|resource| !matches!(resource, Resource::Rows(_)));
    }

    /// Needs a table alone: nothing else of it or its tree passes.
    pub(super) fn alone(&mut self, table: &QualifiedName, schema: &Schema) -> Key {
        let (own, root) = (key(table), root(table, schema));
        if own != root {
            self.write(Resource::Relation(root.clone()));
        }
        self.write(Resource::Relation(own));
        root
    }

    /// Changes the list of a table's columns.
    pub(super) fn restructures(&mut self, table: &QualifiedName, schema: &Schema) -> Key {
        let root = self.table(table, schema);
        self.read(Resource::Structure(root.clone()));
        root
    }

    pub(super) fn reads_columns(&mut self, table: &QualifiedName, columns: &[Ident], schema: &Schema) {
        let root = self.table(table, schema);
        for column in columns {
            self.read(Resource::Column(root.clone(), column.clone()));
            self.read(Resource::Data(root.clone(), column.clone()));
            if let Some(state) = schema.column(table, column) {
                self.reads_type(&state.ty);
            }
        }
    }

    pub(super) fn writes_column(&mut self, table: &QualifiedName, column: &Ident, schema: &Schema) {
        let root = self.restructures(table, schema);
        for resource in [Resource::Column, Resource::Default, Resource::Nullability, Resource::Data] {
            self.write(resource(root.clone(), column.clone()));
        }
    }

    pub(super) fn reads_type(&mut self, ty: &TypeName) {
        self.read(Resource::Type(key(ty.name())));
    }

    /// The relations that a statement names, which reads or changes rows of theirs.
    pub(super) fn reads_rows_of_statement(&mut self, text: &str, schema: &Schema) {
        let before = self.writes.clone();
        self.reads_rows_of_text(text, schema);
        if names_its_columns(text) {
            let is_kept =
                |resource: &Resource| !matches!(resource, Resource::Structure(_)) || before.contains(resource);
            self.writes.retain(is_kept);
        }
    }

    /// The relations that a text names: each is there, and its columns are those that the text was written for.
    pub(super) fn reads_text(&mut self, text: &str, schema: &Schema) {
        for table in schema.named_in(text) {
            let root = self.table(&table.name, schema);
            self.write(Resource::Structure(root));
        }
        // Those that the history does not make lie in `public`, as far as anybody can tell.
        for word in schema.unknown_words(text) {
            self.write(Resource::Relation(word));
        }
        self.reads_types_of_text(text, schema);
    }

    /// The types that a text names, in a cast say.
    pub(super) fn reads_types_of_text(&mut self, text: &str, schema: &Schema) {
        for name in schema.types_named_in(text) {
            self.read(Resource::Type(name));
        }
    }

    /// What a default or the expression of a generated column needs beside its own table.
    pub(super) fn reads_default(&mut self, text: &str, schema: &Schema) {
        self.reads_types_of_text(text, schema);
        for name in schema.sequences_named_in(text) {
            self.read(Resource::Relation(name));
        }
    }

    /// As [`Uses::reads_text`], for what reads the rows of these relations: the values in all of their columns.
    pub(super) fn reads_rows_of_text(&mut self, text: &str, schema: &Schema) {
        self.reads_text(text, schema);
        for table in schema.named_in(text) {
            if !table.columns_known {
                self.alone(&table.name, schema);
            }
            let root = root(&table.name, schema);
            for column in &table.columns {
                self.read(Resource::Column(root.clone(), column.name.clone()));
                self.read(Resource::Data(root.clone(), column.name.clone()));
            }
        }
    }

    /// Changes rows of a table: those on either side of its foreign keys take part.
    pub(super) fn rows(&mut self, table: &QualifiedName, schema: &Schema) {
        for name in &taking_part(table, schema) {
            if !schema.table(name).is_some_and(|table| table.columns_known) {
                self.alone(name, schema);
            }
            let root = self.table(name, schema);
            self.write(Resource::Rows(root));
            self.write(Resource::Rows(key(name)));
        }
    }
}

/// The tables whose rows may change with those of a table: its tree, and those on either side of its foreign keys.
pub(super) fn taking_part(table: &QualifiedName, schema: &Schema) -> Vec<QualifiedName> {
    let tree = schema.children(table).into_iter().map(|child| child.name.clone());
    let referencing = schema.referencing(table).into_iter().map(|(other, _)| other.name.clone());
    tree.chain(referencing).chain(schema.referenced_by(table)).chain([table.clone()]).collect()
}

/// The top of the tree that a table belongs to: itself, mostly.
fn root(table: &QualifiedName, schema: &Schema) -> Key {
    let mut name = table.clone();
    for _ in 0..64 {
        match schema.table(&name).and_then(|state| state.parents.first()) {
            Some(parent) => name = parent.clone(),
            None => break,
        }
    }
    key(&name)
}

/// The table is a part of a partition or inheritance tree, or the top of one.
pub(super) fn in_tree(table: &QualifiedName, schema: &Schema) -> bool {
    schema.table(table).is_some_and(|t| !t.parents.is_empty()) || !schema.children(table).is_empty()
}
