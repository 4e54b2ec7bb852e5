//! The catalog that replaying a history gives: tables, columns, types, constraints and indexes as far as they are known.
//!
//! What cannot be known is absent or `None`; whoever asks must treat that as the dangerous case.

mod columns;
mod common;
mod dependents;
mod difference;
mod dropping;
mod inheritance;
mod key;
mod like;
mod links;
mod list;
mod making;
mod moving;
pub mod names;
mod objects;
mod parts;
pub mod protection;
mod reconcile;
mod redundant;
mod renaming;
mod replay;
mod reserved;
mod search_path;
mod sequences;
mod store;
pub mod strict;
mod table;
mod unknown;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

pub(crate) use self::key::{Key, key};
use self::links::Tie;
use crate::operation::{ConstraintKind, Ident, Persistence, QualifiedName, SqlFragment, TypeName};

pub(crate) use columns::reads_column;
pub use key::same;
pub use list::{List, Named};
pub(crate) use objects::renamed_to;
pub use parts::{Age, Column, ConstraintState};
pub use reconcile::Difference;
pub(crate) use redundant::is_same as is_same_key;
pub use reserved::{Reserved, ReservedObject};
pub use search_path::Ambiguous;
pub use table::{Index, RelationKind, Table};
pub(crate) use words::{Folded, NamesIn, mentions, word_of, words};

/// The tablespace that databases are in unless they are made elsewhere.
const DEFAULT_TABLESPACE: &str = "pg_default";

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

/// The catalog. A clone shares everything with it; what is changed in either is copied then.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    tables: OrdMap<Key, Arc<Table>>,
    indexes: OrdMap<Key, Arc<Index>>,
    enums: OrdMap<Key, EnumType>,
    domains: OrdMap<Key, Domain>,
    /// Composite, range and base types.
    other_types: OrdSet<Key>,
    /// Names of types that were dropped or renamed away, and not made again.
    gone_types: OrdSet<Key>,
    functions: OrdMap<Key, SqlFragment>,
    /// Those of them that may leave a parameter of the session set.
    setting: OrdSet<Key>,
    sequences: OrdSet<Key>,
    /// The schemas that the history makes, as names without one.
    schemas: OrdSet<Key>,
    dependents: dependents::Dependents,
    links: links::Links,
    /// What the migration at hand made or changed.
    touched: OrdSet<Key>,
    /// How many migrations have begun.
    migrations: usize,
    /// The migration at hand is a sequence of steps that may run again.
    of_sequence: bool,
    /// What a framework wrote down has been laid over it.
    reconciled: bool,
    /// The tables that the transaction at hand has emptied with TRUNCATE.
    emptied: OrdSet<Key>,
    /// The migration at hand did something that nobody read.
    unread: bool,
    /// The tables that the migration at hand made and filled from others.
    filled: OrdSet<Key>,
    /// Names of relations that were dropped or renamed away, and not made again.
    gone: OrdSet<Key>,
    /// Names of relations that a migration speaks of and the history does not make: they are there.
    presumed: OrdSet<Key>,
    /// What is not here is not there.
    closed: bool,
    /// Something was done that the catalog does not tell the whole of, or to what it does not know: more may be there.
    partly_known: bool,
    /// The history makes casts of its own.
    own_casts: bool,
    /// `SET default_tablespace` names the one that a database is in where nothing else is said: an index or a table that is
    /// partitioned cannot be told to be there.
    default_tablespace: bool,
    /// A program ran that nobody read: what is here may be otherwise.
    is_doubtful: bool,
    /// What sequences that wait have to themselves.
    reserved: Arc<[Reserved]>,
    /// `SET timezone` in force: type changes between timestamp types ask for it.
    pub timezone: Option<String>,
}

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// Its labels as literals, in order.
    pub labels: Vec<String>,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// Labels that the migration at hand added.
    pub added: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The type under it.
    pub ty: TypeName,
    /// It has a CHECK or NOT NULL.
    pub constrained: bool,
}

impl Schema {
    /// The table or view of that name; `None` when the history does not make it.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.get(&key(name)).map(|table| &**table)
    }

    /// All tables and views.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values().map(|table| &**table)
    }

    /// The tables and views of a schema.
    pub fn tables_in(&self, schema: &Ident) -> impl Iterator<Item = &Table> + use<'_> {
        store::keys_in(&self.tables, schema).into_iter().filter_map(|name| self.tables.get(&name)).map(|table| &**table)
    }

    /// True when a table is temporary.
    pub fn has_temporary_tables(&self) -> bool {
        self.links.leads_anywhere(Tie::Temporary)
    }

    /// The tables and views that a text names.
    pub fn named_in(&self, text: &str) -> Vec<&Table> {
        let words = words(text).into_iter().chain([Arc::default()]);
        let named: BTreeSet<&Key> = words.flat_map(|word| self.links.of(Tie::Named(word))).collect();
        let tables =
            named.into_iter().filter(|name| mentions(text, name.name())).filter_map(|name| self.tables.get(name));
        tables.map(|table| &**table).collect()
    }

    /// The enums and domains that a text names.
    pub(crate) fn types_named_in(&self, text: &str) -> Vec<Key> {
        if self.enums.is_empty() && self.domains.is_empty() {
            return Vec::new();
        }
        let named = NamesIn::of(text);
        let is_named = |key: &&Key| named.holds(key.name());
        self.enums.keys().chain(self.domains.keys()).filter(is_named).cloned().collect()
    }

    /// The tables with a column of that type or domain, or an array of it.
    pub fn using_type(&self, ty: &QualifiedName) -> Vec<&Table> {
        self.tables_by(Tie::Uses(key(ty))).collect()
    }

    /// The columns whose defaults cast to that type or domain, with their tables.
    pub(crate) fn defaults_of_type(&self, ty: &QualifiedName) -> impl Iterator<Item = (&QualifiedName, &Ident)> {
        self.tables_by(Tie::Casts(key(ty))).flat_map(|table| {
            let casts = |c: &&Column| {
                c.default.as_ref().is_some_and(|d| links::types_of_default(d).iter().any(|name| same(name, ty)))
            };
            table.columns.iter().filter(casts).map(|column| (&table.name, &column.name))
        })
    }

    /// The sequences that a text counts with.
    pub(crate) fn sequences_named_in(&self, text: &str) -> Vec<Key> {
        if !text.contains("nextval") && !text.contains("regclass") {
            return Vec::new();
        }
        let named = NamesIn::of(text);
        let is_named = |key: &&Key| named.holds(key.name());
        self.sequences.iter().filter(is_named).cloned().collect()
    }

    /// The table that owns a sequence of that name through a serial column.
    pub fn owner_of(&self, sequence: &Ident) -> Option<&Table> {
        self.tables_by(Tie::Owns(sequence.shared())).next()
    }

    /// The tables with a default that names the sequence.
    pub fn counting_with(&self, sequence: &Ident) -> Vec<&Table> {
        let uses = |t: &&Table| {
            t.columns.iter().filter_map(|c| c.default.as_ref()).any(|d| mentions(d.as_str(), sequence.as_str()))
        };
        match word_of(sequence.as_str()) {
            Some(word) => self.tables_by(Tie::Default(word)).filter(uses).collect(),
            None => self.tables().filter(uses).collect(),
        }
    }

    /// Columns of other tables whose defaults count with a sequence of these columns of a table: `LIKE` makes such.
    pub(crate) fn borrowers(&self, table: &QualifiedName, columns: impl Fn(&Ident) -> bool) -> Vec<(&Table, &Ident)> {
        let own = self.table(table).into_iter().flat_map(|t| &t.columns).filter(|column| columns(&column.name));
        let mut found = Vec::new();
        for sequence in own.filter_map(|column| column.sequence.as_ref()) {
            let is_beside = |other: &QualifiedName| same(other, &table.sibling(other.name.clone()));
            let is_other = |other: &&Table| !same(&other.name, table) && is_beside(&other.name);
            for other in self.counting_with(sequence).into_iter().filter(is_other) {
                let counts = |c: &&Column| c.default.as_ref().is_some_and(|d| mentions(d.as_str(), sequence.as_str()));
                found.extend(other.columns.iter().filter(counts).map(|column| (other, &column.name)));
            }
        }
        found
    }

    /// A column, when its table and it are known.
    pub fn column(&self, table: &QualifiedName, column: &Ident) -> Option<&Column> {
        self.table(table)?.columns.get(column)
    }

    /// A column in which no row holds NULL, unless something that nobody read has changed that.
    pub fn is_surely_not_null(&self, table: &QualifiedName, column: &Ident) -> bool {
        !self.unread && self.column(table, column).is_some_and(|column| column.not_null)
    }

    /// An index by name.
    pub fn index(&self, name: &QualifiedName) -> Option<&Index> {
        self.indexes.get(&key(name)).map(|index| &**index)
    }

    /// The indexes of a table, those behind constraints included.
    pub fn indexes_of<'a>(&'a self, table: &QualifiedName) -> impl Iterator<Item = &'a Index> + use<'a> {
        self.links.of(Tie::IndexOf(key(table))).filter_map(|name| self.indexes.get(name)).map(|index| &**index)
    }

    /// The indexes that keep some of these columns from repeating in a table's rows, and hold no other column.
    pub fn unique_within<'a>(&'a self, table: &QualifiedName, columns: &'a [Ident]) -> impl Iterator<Item = &'a Index> {
        let table = key(table);
        let from = move |first: &Ident| self.links.of(Tie::UniqueFrom(table.clone(), first.shared()));
        let within =
            |index: &&Index| index.unique_columns().is_some_and(|mut own| own.all(|column| columns.contains(column)));
        columns.iter().flat_map(from).filter_map(|name| self.indexes.get(name)).map(|index| &**index).filter(within)
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

    /// True when the migration at hand made the table (or it is temporary), and no older one was put below it: empty, and
    /// nobody waits for its locks.
    pub fn is_new(&self, table: &QualifiedName) -> bool {
        self.table(table).is_some_and(|table| self.is_new_table(table))
    }

    /// The same of one that is at hand.
    pub(crate) fn is_new_table(&self, table: &Table) -> bool {
        let is_new = |table: &Table| table.age == Age::New || table.persistence.is_temporary();
        is_new(table) && self.children(&table.name).into_iter().all(is_new)
    }

    /// True when the transaction at hand has emptied the table: it is locked, and there is nothing to read or write anew.
    pub fn is_emptied(&self, table: &QualifiedName) -> bool {
        !self.emptied.is_empty() && self.emptied.contains(&key(table))
    }

    /// True when the migration at hand made the table and put rows of others into it: nobody waits for its locks, but what reads
    /// it takes its time.
    pub fn is_filled(&self, table: &QualifiedName) -> bool {
        self.filled.contains(&key(table))
    }

    /// The tables whose rows are also this table's: its partitions and inheriting children, at any depth.
    pub fn children(&self, table: &QualifiedName) -> Vec<&Table> {
        let mut found: Vec<&Table> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![key(table)];
        while let Some(parent) = open.pop() {
            for name in self.links.of(Tie::ChildOf(parent)) {
                if let Some(child) = self.tables.get(name).filter(|_| seen.insert(name)) {
                    found.push(child);
                    open.push(name.clone());
                }
            }
        }
        found
    }

    /// The foreign keys of other tables that point at this table, each with its table.
    pub fn referencing<'a>(&'a self, table: &QualifiedName) -> Vec<(&'a Table, &'a ConstraintState)> {
        let keys = |c: &ConstraintState| matches!(&c.constraint.kind, ConstraintKind::ForeignKey(fk) if same(&fk.references, table));
        let tables = self.tables_by(Tie::References(key(table)));
        tables.flat_map(|t| t.constraints.iter().filter(|c| keys(c)).map(move |c| (t, c))).collect()
    }

    /// The tables that the foreign keys of a table point at.
    pub fn referenced_by(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let constraints = self.table(table).into_iter().flat_map(|t| &t.constraints);
        let references = constraints.filter_map(|state| match &state.constraint.kind {
            ConstraintKind::ForeignKey(fk) => Some(fk.references.clone()),
            _ => None,
        });
        references.collect()
    }

    /// The triggers, policies and rules of a table.
    pub fn attached_to(&self, table: &QualifiedName) -> impl Iterator<Item = &Dependent> + use<'_> {
        self.dependents.of(&key(table)).into_iter().filter(|dependent| dependent.on.is_some())
    }

    /// The names in a text that no relation of the catalog has, as if they were relations in `public`.
    pub(crate) fn unknown_words(&self, text: &str) -> Vec<Key> {
        let names = words::identifiers(text).into_iter().map(|name| key(&QualifiedName::unqualified(name)));
        names.filter(|name| !self.tables.contains_key(name)).collect()
    }

    /// The DEFAULT partition of a table.
    pub fn default_partition(&self, table: &QualifiedName) -> Option<&Table> {
        self.tables_by(Tie::ChildOf(key(table))).find(|child| child.is_default_partition)
    }

    /// The views and materialized views whose definition names the relation.
    pub fn views_of<'a>(&'a self, relation: &QualifiedName) -> impl Iterator<Item = &'a Dependent> + use<'a> {
        let name = relation.name.clone();
        let mentioning = self.dependents.mentioning(name.as_str());
        mentioning.into_iter().filter(move |d| d.what.contains("view ") && d.name.name != name)
    }

    /// The row security policies of a table.
    pub fn policies_of<'a>(&'a self, table: &QualifiedName) -> impl Iterator<Item = &'a Dependent> + use<'a> {
        let table = table.clone();
        let attached = self.dependents.of(&key(&table)).into_iter();
        attached.filter(move |d| d.what.starts_with("policy ") && d.on.as_ref().is_some_and(|on| same(on, &table)))
    }

    /// The text that made a view, trigger, policy, rule, publication or statistics object.
    pub fn definition_of(&self, name: &QualifiedName) -> Option<&SqlFragment> {
        self.dependents.named(&key(name)).next().map(|d| &d.definition)
    }

    /// True when a function of the user's has that name, in any schema.
    pub fn has_function(&self, name: &str) -> bool {
        self.links.leads_anywhere(Tie::Function(name.into()))
    }

    /// Functions of the user's may leave a parameter of the session set.
    pub fn has_setting_functions(&self) -> bool {
        !self.setting.is_empty()
    }

    /// True when a text calls such a function.
    pub fn calls_setting_function(&self, text: &str) -> bool {
        self.setting.iter().any(|function| objects::calls(text, function.name()))
    }

    /// A constraint of a table.
    pub fn constraint(&self, table: &QualifiedName, name: &Ident) -> Option<&ConstraintState> {
        self.table(table)?.constraints.get(name)
    }

    /// Views, triggers, policies, rules, functions and statistics whose text mentions the column's name.
    pub fn dependents<'a>(&'a self, table: &QualifiedName, column: &Ident) -> Vec<&'a Dependent> {
        let of_table = self.dependents.of(&key(table));
        of_table.into_iter().filter(|d| mentions(d.definition.as_str(), column.as_str())).collect()
    }

    /// A table that the history does not make, so that what is done to it can be followed.
    pub fn assume_table(&mut self, name: &QualifiedName) {
        if self.tables.contains_key(&key(name)) {
            return;
        }
        self.put_table(Table {
            name: name.clone(),
            kind: RelationKind::Table,
            age: Age::Existing,
            persistence: Persistence::Permanent,
            columns: List::default(),
            columns_known: false,
            constraints: List::default(),
            parents: Vec::new(),
            partition_key: Vec::new(),
            is_default_partition: false,
            row_security: false,
        });
    }

    /// True when a table that is not in it is not there: nothing ran before, a framework wrote down the whole schema, or
    /// whoever makes it says so.
    fn is_complete(&self) -> bool {
        self.reconciled || self.migrations < 2 || self.of_sequence
    }

    /// From here on everything that is made is [`Age::New`].
    pub fn begin_migration(&mut self) {
        self.migrations += 1;
        self.of_sequence = false;
        let touched = std::mem::take(&mut self.touched);
        for name in &touched {
            self.edit_flags(name, |table| {
                table.age = Age::Existing;
                table.gets_older();
            });
            self.edit_index(name, |index| index.age = Age::Existing);
            if let Some(state) = store::get_mut(&mut self.enums, name) {
                state.age = Age::Existing;
                state.added.clear();
            }
        }
        self.emptied.clear();
        self.filled.clear();
        self.timezone = None;
        self.default_tablespace = false;
        self.unread = false;
    }

    /// The migration that began is a sequence of steps that may run again: what one of them makes unless it is there is not
    /// there before.
    pub fn begin_sequence(&mut self) {
        self.of_sequence = true;
    }

    /// Remembers that the migration at hand made or changed an object of that name.
    fn touch(&mut self, name: &QualifiedName) {
        store::remember(&mut self.touched, &key(name));
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
                    let columns: Option<Vec<Ident>> = i.columns.iter().map(|c| c.column().cloned()).collect();
                    columns.filter(|c| !c.is_empty() && not_null(c))
                })
            })
            .unwrap_or_default()
    }
}
