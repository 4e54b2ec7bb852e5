//! The catalog that replaying a history gives: tables, columns, types, constraints and indexes as far as they are known.
//!
//! What cannot be known is absent or `None`; whoever asks must treat that as the dangerous case.

mod columns;
mod inheritance;
mod links;
pub mod names;
mod objects;
mod record;
mod redundant;
mod renaming;
mod replay;

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{
    Constraint, ConstraintKind, Generated, Ident, IndexColumn, Operation, QualifiedName, SqlFragment, TypeName,
};

pub use record::Difference;

/// Where an object's life began, seen from the migration that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// An earlier migration made it: it may be big and busy.
    Existing,
    /// The migration at hand made it: it is empty and nobody uses it yet.
    New,
}

/// What kind of relation a [`Table`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table.
    Table,
    /// A table with `PARTITION BY`.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table: its rows are another server's.
    Foreign,
}

/// A table, view or materialized view.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name as the history last wrote it.
    pub name: QualifiedName,
    /// What it is.
    pub kind: RelationKind,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// True when all columns are known.
    pub columns_known: bool,
    /// The constraints.
    pub constraints: Vec<ConstraintState>,
    /// The tables it inherits from or is a partition of.
    pub parents: Vec<QualifiedName>,
    /// It is its parent's DEFAULT partition.
    pub is_default_partition: bool,
}

impl Table {
    /// True when the history's statements made it, or at least a part of it.
    pub fn is_sure(&self) -> bool {
        self.columns_known || self.columns.iter().any(|c| c.sure)
    }
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type; serial types are shown as the integer they are.
    pub ty: TypeName,
    /// It has a `COLLATE` of its own.
    pub collated: bool,
    /// NOT NULL in the catalog.
    pub not_null: bool,
    /// Its default.
    pub default: Option<SqlFragment>,
    /// How it is generated.
    pub generated: Option<Generated>,
    /// Whether the migration at hand added it.
    pub age: Age,
    /// The sequence that a serial or identity column owns.
    pub sequence: Option<Ident>,
    /// The history's statements say it. Where only the framework's record does, or the two differ, it proves nothing.
    pub sure: bool,
}

/// A constraint of a table.
#[derive(Debug, Clone)]
pub struct ConstraintState {
    /// Its name, chosen as PostgreSQL chooses where the statement gave none.
    pub name: Ident,
    /// What it says.
    pub constraint: Constraint,
    /// `convalidated`.
    pub valid: bool,
    /// Whether the migration at hand added it.
    pub age: Age,
    /// As in [`Column::sure`].
    pub sure: bool,
}

impl ConstraintState {
    /// True when every row is known to hold to it.
    pub fn is_proved(&self) -> bool {
        self.valid && self.sure
    }
}

/// An index.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name with its table's schema.
    pub name: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// `UNIQUE`.
    pub unique: bool,
    /// Its key columns.
    pub columns: Vec<IndexColumn>,
    /// The partial index's predicate.
    pub predicate: Option<SqlFragment>,
    /// The text after `ON`.
    pub definition: SqlFragment,
    /// The constraint it backs.
    pub constraint: Option<Ident>,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// As in [`Column::sure`].
    pub sure: bool,
}

/// Something that depends on columns and that a change of their type or name would break.
#[derive(Debug, Clone)]
pub struct Dependent {
    /// What it is, in words: `view "v"`.
    pub what: String,
    /// Its name.
    pub name: QualifiedName,
    /// The text that mentions the columns.
    pub definition: SqlFragment,
    /// The table it belongs to, when it is a trigger, policy or rule.
    pub on: Option<QualifiedName>,
    /// A trigger or rule that fires in an ordinary session.
    pub fires: bool,
}

/// The catalog.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    tables: BTreeMap<Key, Table>,
    indexes: BTreeMap<Key, Index>,
    enums: BTreeMap<Key, EnumType>,
    domains: BTreeMap<Key, Domain>,
    functions: BTreeMap<Key, SqlFragment>,
    sequences: BTreeSet<Key>,
    dependents: Vec<Dependent>,
    links: links::Links,
    /// What the migration at hand made or changed.
    touched: BTreeSet<Key>,
    /// `SET timezone` in force: type changes between timestamp types ask for it.
    pub timezone: Option<String>,
}

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumType {
    /// Its labels as literals, in order.
    pub labels: Vec<String>,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// Labels that the migration at hand added.
    pub added: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The type under it.
    pub ty: TypeName,
    /// It has a CHECK or NOT NULL.
    pub constrained: bool,
}

/// Schema and name; an unwritten schema is `public`.
type Key = (String, String);

fn key(name: &QualifiedName) -> Key {
    let schema = name.schema.as_ref().map_or("public", Ident::as_str);
    (schema.to_owned(), name.name.as_str().to_owned())
}

/// True when two names mean the same object.
pub fn same(a: &QualifiedName, b: &QualifiedName) -> bool {
    let schema = |name: &'_ QualifiedName| name.schema.clone().unwrap_or_else(|| Ident::new("public"));
    a.name == b.name && (a.schema == b.schema || schema(a) == schema(b))
}

impl Schema {
    /// The table or view of that name; `None` when the history does not make it.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.get(&key(name))
    }

    /// All tables and views.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// A column, when its table and it are known.
    pub fn column(&self, table: &QualifiedName, column: &Ident) -> Option<&Column> {
        self.table(table)?.columns.iter().find(|c| c.name == *column)
    }

    /// An index by name.
    pub fn index(&self, name: &QualifiedName) -> Option<&Index> {
        self.indexes.get(&key(name))
    }

    /// The indexes of a table, those behind constraints included.
    pub fn indexes_of<'a>(&'a self, table: &QualifiedName) -> impl Iterator<Item = &'a Index> + use<'a> {
        let table = table.clone();
        let linked = self.links.indexes_of(&key(&table)).filter_map(|name| self.indexes.get(name));
        linked.filter(move |index| same(&index.table, &table))
    }

    /// An enum by name.
    pub fn enum_type(&self, name: &QualifiedName) -> Option<&EnumType> {
        self.enums.get(&key(name))
    }

    /// A domain by name.
    pub fn domain(&self, name: &QualifiedName) -> Option<&Domain> {
        self.domains.get(&key(name))
    }

    /// The definition of a user's function, from its name on.
    pub fn function(&self, name: &QualifiedName) -> Option<&SqlFragment> {
        self.functions.get(&key(name))
    }

    /// True when the migration at hand made the table (or it is temporary): empty, and nobody waits for its locks.
    pub fn is_new(&self, table: &QualifiedName) -> bool {
        self.table(table).is_some_and(|t| t.age == Age::New || t.temporary)
    }

    /// The tables whose rows are also this table's: its partitions and inheriting children, at any depth.
    pub fn children(&self, table: &QualifiedName) -> Vec<&Table> {
        let mut found: Vec<&Table> = Vec::new();
        let mut open = vec![key(table)];
        while let Some(parent) = open.pop() {
            for (child, state) in self.links.children_of(&parent).filter_map(|name| self.tables.get_key_value(name)) {
                let seen = found.iter().any(|f| key(&f.name) == *child);
                if !seen && state.parents.iter().any(|p| key(p) == parent) {
                    found.push(state);
                    open.push(child.clone());
                }
            }
        }
        found
    }

    /// The foreign keys of other tables that point at this table, each with its table.
    pub fn referencing<'a>(&'a self, table: &QualifiedName) -> Vec<(&'a Table, &'a ConstraintState)> {
        let keys = |c: &ConstraintState| matches!(&c.constraint.kind, ConstraintKind::ForeignKey(fk) if same(&fk.references, table));
        let tables = self.links.referencing(&key(table)).filter_map(|name| self.tables.get(name));
        tables.flat_map(|t| t.constraints.iter().filter(|c| keys(c)).map(move |c| (t, c))).collect()
    }

    /// The DEFAULT partition of a table.
    pub fn default_partition(&self, table: &QualifiedName) -> Option<&Table> {
        let of_table = |t: &&Table| t.is_default_partition && t.parents.iter().any(|p| same(p, table));
        self.links.children_of(&key(table)).filter_map(|name| self.tables.get(name)).find(of_table)
    }

    /// The views and materialized views whose definition names the relation.
    pub fn views_of<'a>(&'a self, relation: &QualifiedName) -> impl Iterator<Item = &'a Dependent> + use<'a> {
        let name = relation.name.as_str().to_owned();
        let views = self.dependents.iter().filter(|d| d.what.contains("view "));
        views.filter(move |d| d.name.name.as_str() != name && mentions(d.definition.as_str(), &name))
    }

    /// The text that made a view, trigger, policy, rule, publication or statistics object.
    pub fn definition_of(&self, name: &QualifiedName) -> Option<&SqlFragment> {
        self.dependents.iter().find(|d| same(&d.name, name)).map(|d| &d.definition)
    }

    /// The names of the user's functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|(_, name)| name.as_str())
    }

    /// A constraint of a table.
    pub fn constraint(&self, table: &QualifiedName, name: &Ident) -> Option<&ConstraintState> {
        self.table(table)?.constraints.iter().find(|c| c.name == *name)
    }

    /// Views, triggers, policies, rules, functions and statistics whose text mentions the column's name.
    pub fn dependents<'a>(&'a self, table: &QualifiedName, column: &Ident) -> Vec<&'a Dependent> {
        self.dependents.iter().filter(|d| d.mentions(table, column)).collect()
    }

    /// A table that the history does not make, so that what is done to it can be followed.
    pub fn assume_table(&mut self, name: &QualifiedName) {
        self.tables.entry(key(name)).or_insert_with(|| Table {
            name: name.clone(),
            kind: RelationKind::Table,
            age: Age::Existing,
            temporary: false,
            columns: Vec::new(),
            columns_known: false,
            constraints: Vec::new(),
            parents: Vec::new(),
            is_default_partition: false,
        });
    }

    /// From here on everything that is made is [`Age::New`].
    pub fn begin_migration(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        for name in &touched {
            if let Some(table) = self.tables.get_mut(name) {
                table.age = Age::Existing;
                table.columns.iter_mut().for_each(|c| c.age = Age::Existing);
                table.constraints.iter_mut().for_each(|c| c.age = Age::Existing);
            }
            if let Some(index) = self.indexes.get_mut(name) {
                index.age = Age::Existing;
            }
            if let Some(state) = self.enums.get_mut(name) {
                state.age = Age::Existing;
                state.added.clear();
            }
        }
        self.timezone = None;
    }

    /// Remembers that the migration at hand made or changed an object of that name.
    fn touch(&mut self, name: &QualifiedName) {
        self.touched.insert(key(name));
    }

    /// The part of the catalog that an operation on a table can depend on: the table, its family, the tables that its
    /// foreign keys join it with, and every type and function.
    pub fn excerpt(&self, operation: &Operation) -> Schema {
        let Some(table) = operation.table() else { return self.clone() };
        let mut names = vec![table.clone()];
        names.extend(self.children(table).iter().map(|t| t.name.clone()));
        names.extend(self.referencing(table).iter().map(|(t, _)| t.name.clone()));
        let inline = match operation {
            Operation::AddConstraint { constraint, .. } => std::slice::from_ref(constraint),
            Operation::AddColumn { column, .. } => column.constraints.as_slice(),
            _ => &[],
        };
        let own = self.table(table).into_iter().flat_map(|t| &t.constraints).map(|c| &c.constraint);
        names.extend(own.chain(inline).filter_map(|c| match &c.kind {
            ConstraintKind::ForeignKey(key) => Some(key.references.clone()),
            _ => None,
        }));
        let mut excerpt = Schema {
            enums: self.enums.clone(),
            domains: self.domains.clone(),
            functions: self.functions.clone(),
            sequences: self.sequences.clone(),
            dependents: self.dependents.clone(),
            timezone: self.timezone.clone(),
            ..Schema::default()
        };
        for name in &names {
            if let Some(state) = self.table(name) {
                excerpt.tables.insert(key(name), state.clone());
                let indexes = self.indexes_of(name).map(|i| (key(&i.name), i.clone()));
                excerpt.indexes.extend(indexes);
            }
        }
        excerpt.relink();
        excerpt
    }

    /// A unique key of NOT NULL columns that batches can walk along: the primary key, else a plain unique index.
    pub fn walkable_key(&self, table: &QualifiedName) -> Vec<Ident> {
        let Some(state) = self.table(table) else { return Vec::new() };
        let is_not_null = |c: &Ident| state.columns.iter().any(|k| k.name == *c && k.not_null && k.sure);
        let not_null = |columns: &[Ident]| columns.iter().all(is_not_null);
        let primary = state.constraints.iter().find_map(|c| match &c.constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } if c.sure && !columns.is_empty() => Some(columns.clone()),
            _ => None,
        });
        primary
            .or_else(|| {
                self.indexes_of(table).filter(|i| i.sure && i.unique && i.predicate.is_none()).find_map(|i| {
                    let columns: Option<Vec<Ident>> = i.columns.iter().map(|c| c.column.clone()).collect();
                    columns.filter(|c| !c.is_empty() && not_null(c))
                })
            })
            .unwrap_or_default()
    }
}

impl Dependent {
    fn mentions(&self, table: &QualifiedName, column: &Ident) -> bool {
        let on_table = match &self.on {
            Some(on) => same(on, table),
            None => mentions(self.definition.as_str(), table.name.as_str()),
        };
        on_table && mentions(self.definition.as_str(), column.as_str())
    }
}

/// True when `name` stands in `text` as a word of its own. Errs on the side of yes: strings and comments count.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&name).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(is_part);
        let after = text[at + found.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}
