//! Whether two catalogs are the same to everybody who uses the database.

use std::collections::BTreeMap;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use super::{Column, ConstraintState, Index, Key, Schema, Table};
use crate::operation::{Constraint, ConstraintKind, Deferrability, Enforcement, Generated, Ident, SqlFragment};
use crate::sql::render;

impl Schema {
    /// The first thing in which the catalogs differ, in words; the order of columns, ages and doubts aside.
    pub fn difference(&self, other: &Schema) -> Option<String> {
        if self.shares_everything_with(other) {
            return None;
        }
        differ(&self.tables, &other.tables, "relation", |_, own, others| own.difference(others))
            .or_else(|| differ(&self.indexes, &other.indexes, "index", |_, own, others| own.difference(others)))
            .or_else(|| {
                differ(&self.enums, &other.enums, "type", |name, own, others| {
                    (own.labels != others.labels).then(|| format!("the labels of type {}", name.name()))
                })
            })
            .or_else(|| differ(&self.domains, &other.domains, "domain", |_, _, _| None))
            .or_else(|| differ(&self.functions, &other.functions, "function", |_, _, _| None))
            .or_else(|| self.dependents_differ(other))
    }

    fn shares_everything_with(&self, other: &Schema) -> bool {
        self.tables.ptr_eq(&other.tables) && self.indexes.ptr_eq(&other.indexes) && self.enums.ptr_eq(&other.enums)
    }

    fn dependents_differ(&self, other: &Schema) -> Option<String> {
        if self.dependents.shares_everything_with(&other.dependents) {
            return None;
        }
        let of = |schema: &Schema| {
            let named = schema.dependents.all().map(|d| {
                let on = d.on.as_ref().map(|on| super::key(on).name().to_owned());
                ((d.what.clone(), on), d.definition.as_str().to_owned())
            });
            named.collect::<BTreeMap<_, _>>()
        };
        let (own, others) = (of(self), of(other));
        let differs = own.iter().find(|(name, text)| others.get(*name) != Some(text));
        let lacks = others.keys().find(|name| !own.contains_key(*name));
        differs.map(|(name, _)| name).or(lacks).map(|(what, _)| what.clone())
    }
}

/// The first name that only one of the maps has, else the first difference of two values. Looks only at what the maps do not
/// share, which is little: both were copied from one catalog.
fn differ<V: PartialEq>(
    one: &OrdMap<Key, V>,
    other: &OrdMap<Key, V>,
    word: &str,
    values: impl Fn(&Key, &V, &V) -> Option<String>,
) -> Option<String> {
    let lone = |item| match item {
        DiffItem::Add(name, _) | DiffItem::Remove(name, _) => Some(format!("{word} {}", Key::name(name))),
        DiffItem::Update { .. } => None,
    };
    let changed = |item| match item {
        DiffItem::Update { old: (name, own), new: (_, others) } => values(name, own, others),
        DiffItem::Add(..) | DiffItem::Remove(..) => None,
    };
    one.diff(other).find_map(lone).or_else(|| one.diff(other).find_map(changed))
}

impl Table {
    fn difference(&self, other: &Table) -> Option<String> {
        let about = |what: String| format!("{what} of {}", self.name);
        if self.kind != other.kind || self.persistence != other.persistence || self.row_security != other.row_security {
            return Some(format!("the kind or row security of {}", self.name));
        }
        let parents = |table: &Table| {
            let mut parents: Vec<_> = table.parents.iter().map(super::key).collect();
            parents.sort_unstable();
            parents
        };
        if parents(self) != parents(other) || self.is_default_partition != other.is_default_partition {
            return Some(format!("the parents of {}", self.name));
        }
        let columns = |table: &Table| sorted(table.columns.iter().map(|c| (c.name.clone(), ColumnFacts::of(c))));
        let constraints = |table: &Table| {
            let lasting =
                table.constraints.iter().filter(|c| !matches!(c.constraint.kind, ConstraintKind::NotNull { .. }));
            sorted(lasting.map(|c| (c.name.clone(), ConstraintFacts::of(c))))
        };
        let column = || differs(&columns(self), &columns(other)).map(|name| about(format!("column {name}")));
        let constraint =
            || differs(&constraints(self), &constraints(other)).map(|name| about(format!("constraint {name}")));
        // Mostly nothing at all differs, which is cheap to see.
        let columns = if self.columns == other.columns { None } else { column() };
        let constraints = || if self.constraints == other.constraints { None } else { constraint() };
        columns.or_else(constraints)
    }
}

impl Index {
    fn difference(&self, other: &Index) -> Option<String> {
        let facts = |index: &Index| {
            let columns: Vec<String> = index.columns.iter().map(|c| spaced(&render::index_column(c))).collect();
            (
                super::key(&index.table),
                index.unique,
                columns,
                index.predicate.as_ref().map(plain),
                index.constraint.clone(),
            )
        };
        (facts(self) != facts(other)).then(|| format!("index {}", self.name))
    }
}

/// What a column is, whoever made it.
#[derive(PartialEq)]
struct ColumnFacts {
    ty: (String, Vec<i64>),
    collated: bool,
    not_null: bool,
    default: Option<String>,
    generated: Option<String>,
}

impl ColumnFacts {
    fn of(column: &Column) -> Self {
        ColumnFacts {
            ty: (column.ty.canonical().to_owned(), column.ty.modifiers().to_vec()),
            collated: column.collated,
            not_null: column.not_null,
            default: column.default.as_ref().map(plain),
            generated: column.generated.as_ref().map(|generated| match generated {
                Generated::Stored(text) => format!("stored {}", plain(text)),
                Generated::Virtual(text) => format!("virtual {}", plain(text)),
                Generated::Identity(_) => "identity".to_owned(),
            }),
        }
    }
}

/// What a constraint says, whoever made it.
#[derive(PartialEq)]
struct ConstraintFacts {
    says: String,
    deferrability: Deferrability,
    enforcement: Enforcement,
    no_inherit: bool,
    valid: bool,
}

impl ConstraintFacts {
    fn of(state: &ConstraintState) -> Self {
        let Constraint { deferrability, enforcement, no_inherit, .. } = state.constraint;
        ConstraintFacts { says: says(&state.constraint), deferrability, enforcement, no_inherit, valid: state.valid }
    }
}

fn says(constraint: &Constraint) -> String {
    let list = |columns: &[Ident]| columns.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
    match &constraint.kind {
        ConstraintKind::Check { expression } => format!("check {}", plain(expression)),
        ConstraintKind::Unique { columns, nulls_not_distinct, .. } => {
            format!("unique {nulls_not_distinct} {}", list(columns))
        }
        ConstraintKind::PrimaryKey { columns, .. } => {
            format!("primary key {}", list(columns))
        }
        ConstraintKind::ForeignKey(fk) => format!(
            "foreign key {} {:?} {} {}",
            list(&fk.columns),
            super::key(&fk.references),
            list(&fk.referenced),
            render::referential_actions(&fk.actions)
        ),
        ConstraintKind::Exclude(exclusion) => spaced(&render::exclusion(exclusion)),
        ConstraintKind::NotNull { column } => format!("not null {}", column.as_str()),
    }
}

fn sorted<T>(facts: impl Iterator<Item = (Ident, T)>) -> BTreeMap<String, T> {
    facts.map(|(name, facts)| (name.as_str().to_owned(), facts)).collect()
}

fn differs<T: PartialEq>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> Option<String> {
    let own = one.iter().find(|(name, facts)| other.get(*name) != Some(facts)).map(|(name, _)| name);
    own.or_else(|| other.keys().find(|name| !one.contains_key(*name))).cloned()
}

/// A text without the differences in space that no one means.
fn plain(text: &SqlFragment) -> String {
    spaced(text.as_str())
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
