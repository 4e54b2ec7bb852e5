//! Which objects hang on what, so that no question walks the whole catalog.
//!
//! The links of a table or an index follow from it alone ([`ties`], [`Tie::IndexOf`]); `store` makes and removes them as
//! the object comes, changes and goes, so they are exact.

use std::borrow::Cow;
use std::sync::Arc;

use imbl::OrdSet;

use super::key::{Key, key};
use super::words::{word_of, words};
use super::{Schema, Table};
use crate::operation::{ConstraintKind, QualifiedName, SqlFragment};
use crate::sql::expression;

/// What an object hangs on or is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// The index is one of that table.
    IndexOf(Key),
    /// The table inherits from that one or is its partition.
    ChildOf(Key),
    /// A foreign key of the table points at that one.
    References(Key),
    /// A constraint of the table has that name, in the table's schema.
    Constraint(Key),
    /// A column of the table has that type, or an array of it; PostgreSQL's own types are left out.
    Uses(Key),
    /// A column of the table owns a sequence of that name.
    Owns(Arc<str>),
    /// A column's default has that word in a literal: only there can it name a sequence.
    Default(Arc<str>),
    /// A column's default casts to that type.
    Casts(Key),
    /// The relation's own name has that [`word_of`]; empty when it has none.
    Named(Arc<str>),
    /// The table is temporary.
    Temporary,
    /// The function has that name, whatever its schema.
    Function(Arc<str>),
}

/// For each tie, the objects it leads to. A link is shared by all catalogs that have it: where one changes, the links beside
/// it are copied with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Links(OrdSet<Arc<(Tie, Key)>>);

impl Links {
    /// Adds a link.
    pub(super) fn tie(&mut self, tie: Tie, object: Key) {
        let link = (tie, object);
        if !self.0.contains(&link) {
            self.0.insert(Arc::new(link));
        }
    }

    /// Takes a link away.
    pub(super) fn untie(&mut self, tie: Tie, object: Key) {
        self.0.remove(&(tie, object));
    }

    /// The objects at the other end, in their order.
    pub(super) fn of(&self, tie: Tie) -> impl Iterator<Item = &Key> + use<'_> {
        let from = (tie.clone(), Key::first());
        self.0.range(from..).take_while(move |link| link.0 == tie).map(|link| &link.1)
    }

    /// The first object at the other end.
    pub(super) fn leads_anywhere(&self, tie: Tie) -> bool {
        self.of(tie).next().is_some()
    }
}

/// Everything that a table hangs on, each once.
pub(super) fn ties(table: &Table) -> Vec<Tie> {
    let own = key(&table.name);
    let mut ties: Vec<Tie> = table.parents.iter().map(|parent| Tie::ChildOf(key(parent))).collect();
    ties.push(named(&own));
    ties.extend(table.persistence.is_temporary().then_some(Tie::Temporary));
    for column in &table.columns {
        ties.extend(column_ties(column));
    }
    ties.extend(table.constraints.iter().flat_map(|state| constraint_ties(&own, state)));
    each_once(ties)
}

/// Those of a table's ties that follow from its constraints.
pub(super) fn ties_of_constraints(table: &Table) -> Vec<Tie> {
    let own = key(&table.name);
    each_once(table.constraints.iter().flat_map(|state| constraint_ties(&own, state)).collect())
}

fn each_once(mut ties: Vec<Tie>) -> Vec<Tie> {
    ties.sort_unstable();
    ties.dedup();
    ties
}

/// What a table hangs on by a column of its own.
pub(super) fn column_ties(column: &super::Column) -> impl Iterator<Item = Tie> + use<> {
    let ty = (!column.ty.is_built_in()).then(|| Tie::Uses(key(column.ty.name())));
    let sequence = column.sequence.as_ref().map(|name| Tie::Owns(name.shared()));
    let words = column.default.as_ref().map(|default| words(&literals(default.as_str()))).unwrap_or_default();
    let types = column.default.as_ref().map(types_of_default).unwrap_or_default();
    let casts = types.into_iter().map(|ty| Tie::Casts(key(&ty)));
    ty.into_iter().chain(sequence).chain(words.into_iter().map(Tie::Default)).chain(casts)
}

/// The types that a default casts to, PostgreSQL's own left out: it falls with none of them.
pub(super) fn types_of_default(default: &SqlFragment) -> Vec<QualifiedName> {
    let text = default.as_str();
    let may_cast = text.contains("::") || text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("cast"));
    let read = may_cast.then(|| expression::parse(default)).flatten();
    read.map(|read| read.types()).unwrap_or_default()
}

/// What stands between the quotes of an expression; the whole of it where a backslash may hide one.
fn literals(expression: &str) -> Cow<'_, str> {
    match expression.contains('\\') {
        true => expression.into(),
        false => expression.split('\'').skip(1).step_by(2).collect::<Vec<_>>().join(" ").into(),
    }
}

/// What a table hangs on by a constraint of its own.
pub(super) fn constraint_ties(table: &Key, state: &super::ConstraintState) -> impl Iterator<Item = Tie> + use<> {
    let referenced = match &state.constraint.kind {
        ConstraintKind::ForeignKey(fk) => Some(Tie::References(key(&fk.references))),
        _ => None,
    };
    [Tie::Constraint(table.sibling(&state.name))].into_iter().chain(referenced)
}

fn named(table: &Key) -> Tie {
    Tie::Named(word_of(table.name()).unwrap_or_default())
}

impl Schema {
    /// The tables at the other end of a tie, in their order.
    pub(super) fn tables_by(&self, tie: Tie) -> impl Iterator<Item = &Table> + use<'_> {
        self.links.of(tie).filter_map(|name| self.tables.get(name)).map(|table| &**table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{read_statement, split};

    /// The links that the objects have, made anew.
    fn relinked(schema: &Schema) -> Links {
        let mut links = Links::default();
        for (name, table) in &schema.tables {
            ties(table).into_iter().for_each(|tie| links.tie(tie, name.clone()));
        }
        schema.indexes.iter().for_each(|(name, index)| links.tie(Tie::IndexOf(key(&index.table)), name.clone()));
        schema.functions.keys().for_each(|name| links.tie(Tie::Function(name.name().into()), name.clone()));
        links
    }

    #[test]
    fn links_are_exact_after_every_statement() {
        let script = "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE FUNCTION f() RETURNS int RETURN 1;
            CREATE TABLE p (id serial PRIMARY KEY, m mood, ms mood[], x d DEFAULT nextval('s')) PARTITION BY LIST (m);
            CREATE TABLE app.c (a int UNIQUE, b int REFERENCES p (id), CHECK (a > 0), n text DEFAULT 'one');
            CREATE TABLE c1 PARTITION OF p FOR VALUES IN ('a'); CREATE TABLE c2 (LIKE p);
            ALTER TABLE p ATTACH PARTITION c2 DEFAULT; CREATE INDEX i ON app.c (b); CREATE UNIQUE INDEX u ON app.c (b);
            ALTER TABLE app.c ADD CONSTRAINT k UNIQUE USING INDEX u; ALTER TABLE app.c RENAME CONSTRAINT k TO l;
            ALTER TABLE p RENAME COLUMN id TO no; ALTER TABLE p RENAME TO q; ALTER TYPE mood RENAME TO temper;
            ALTER TABLE app.c ADD CONSTRAINT again FOREIGN KEY (a) REFERENCES q (no); ALTER INDEX app.l RENAME TO l2;
            ALTER TABLE app.c DROP CONSTRAINT again; ALTER TABLE app.c ALTER n TYPE temper;
            ALTER TABLE app.c ALTER n SET DEFAULT 'two'; ALTER TABLE app.c SET SCHEMA other; ALTER TABLE q DETACH PARTITION c2;
            ALTER TABLE c2 INHERIT q; CREATE VIEW v AS SELECT 1 FROM q; DROP INDEX other.i; ALTER TABLE q DROP COLUMN no;
            ALTER TABLE other.c DROP COLUMN a; DROP TYPE temper CASCADE; DROP FUNCTION f; DROP TABLE q CASCADE;
            DROP SCHEMA other CASCADE; DROP VIEW v";
        let mut schema = Schema::default();
        for piece in split(script).pieces {
            let text = piece.span.slice(script);
            let before = (schema.clone(), format!("{schema:?}"));
            for located in read_statement(text).operations {
                schema.apply(&located.operation);
                assert_eq!(schema.links, relinked(&schema), "{text}");
            }
            assert_ne!(format!("{schema:?}"), before.1, "{text} changes the catalog");
            assert_eq!(format!("{:?}", before.0), before.1, "{text} changes a clone");
        }
        assert!(schema.tables.is_empty() && schema.indexes.is_empty(), "{schema:?}");
    }
}
