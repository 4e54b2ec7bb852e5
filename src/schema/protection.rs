//! What a catalog keeps from happening, and what is there for those who use it: what no moment of a migration may lack that
//! had it before and has it afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConstraintState, Index, Key, Schema, Table, key};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DomainAction, Ident, IndexColumn, IndexOperation,
    ObjectOperation, Operation, QualifiedName, SortOrder, TableOperation, TypeOperation,
};
use crate::sql::{expression, render};

/// One thing that is there, or that cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Protection {
    Relation,
    /// A type of that name.
    Type,
    Column(Ident),
    NotNull(Ident),
    PrimaryKey,
    /// By its columns and its predicate, whatever makes it so.
    Unique(BTreeSet<String>, String),
    ForeignKey(Vec<Ident>, Key),
    /// Whatever it is: code that leaves the column out goes on.
    Default(Ident),
    /// Whatever its name, and unique or not.
    Index(Vec<String>, String),
    /// By its name: a check that is replaced says something else.
    Check(Ident),
    /// By what it says, whatever its name.
    Rule(String),
    /// An exclusion constraint, by what it compares: one that is replaced says something else.
    Exclusion(BTreeSet<String>),
    /// A trigger or rule that fires, or a policy.
    Object(String),
    /// Its rows are rows of that table as well.
    ChildOf(Key),
}

/// What relations and functions of a catalog protect.
#[derive(Debug, Clone, Default)]
pub struct Protections {
    held: BTreeMap<Key, BTreeSet<Protection>>,
    functions: BTreeSet<Key>,
    /// The relations with row security.
    row_security: BTreeSet<Key>,
    /// The policies that relations have.
    policies: BTreeSet<(Key, String)>,
}

/// Something that is missing in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The relation that lacks it; `None` where it is a function.
    relation: Option<Key>,
    what: String,
}

impl Gap {
    /// The relation that lacks it, or the type that is missing; a function is neither.
    pub(crate) fn relation(&self) -> Option<&Key> {
        self.relation.as_ref()
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl Protections {
    /// What these relations and types of a catalog protect, and its functions.
    pub fn of<'a>(schema: &Schema, relations: impl IntoIterator<Item = &'a QualifiedName>) -> Self {
        let mut all = Protections { functions: schema.functions.keys().cloned().collect(), ..Protections::default() };
        for name in relations {
            let own = key(name);
            if schema.enum_type(name).is_some() || schema.domain(name).is_some() {
                all.held.entry(own.clone()).or_default().insert(Protection::Type);
            }
            if schema.sequences.contains(&own) {
                all.held.entry(own.clone()).or_default().insert(Protection::Relation);
            }
            let Some(table) = schema.tables.get(&own) else { continue };
            all.held.entry(own.clone()).or_default().extend(schema.protections_of(table));
            if table.row_security {
                all.row_security.insert(own.clone());
            }
            let policies =
                schema.dependents.of(&own).into_iter().filter(|d| d.on.is_some() && d.what.starts_with("policy"));
            all.policies.extend(policies.map(|policy| (own.clone(), policy.what.clone())));
        }
        all
    }

    /// What is there in both.
    pub fn and(&self, other: &Protections) -> Protections {
        Protections {
            held: self.held.iter().filter_map(|(relation, own)| in_both(relation, own, other)).collect(),
            functions: self.functions.intersection(&other.functions).cloned().collect(),
            row_security: self.row_security.clone(),
            policies: self.policies.clone(),
        }
    }

    /// The same of some relations alone.
    pub fn only<'a>(&self, relations: impl IntoIterator<Item = &'a QualifiedName>) -> Protections {
        let mut only = Protections::default();
        for own in relations.into_iter().map(key) {
            only.row_security.extend(self.row_security.get(&own).cloned());
            if let Some(held) = self.held.get(&own) {
                only.held.insert(own, held.clone());
            }
        }
        only
    }

    /// The same of functions alone.
    pub fn functions_only(&self) -> Protections {
        Protections { functions: self.functions.clone(), ..Protections::default() }
    }

    /// True when nothing of the index's table is there by that index, or all that is follows from others that `holders` knows
    /// and `schema` has.
    pub fn lacks_nothing_without(&self, index: &Index, holders: &Holders, schema: &Schema) -> bool {
        let own: Vec<Protection> = protections_by(index).collect();
        let is_by_it = |kept: &&Protection| own.iter().any(|own| *kept == own || kept.follows_from(own));
        let kept = self.held.get(&key(&index.table)).into_iter().flatten();
        kept.filter(is_by_it).all(|kept| holders.hold(kept, &key(&index.table), schema))
    }

    /// What a moment lacks of `kept`, which is there before and after; and whose rows it hides that have a policy at the
    /// `end`.
    pub fn lacking(&self, kept: &Protections, end: &Protections) -> Vec<Gap> {
        let none = BTreeSet::new();
        let held = kept.held.iter().flat_map(|(relation, kept)| {
            let held = self.held.get(relation).unwrap_or(&none);
            let lacking = kept.iter().filter(|protection| !protection.is_held_by(held));
            lacking.map(|what| Gap { relation: Some(relation.clone()), what: what.missing_from(relation.name()) })
        });
        let missing = |function: &Key| Gap { relation: None, what: format!("function {} is missing", function.name()) };
        let functions = kept.functions.difference(&self.functions).map(missing);
        let of = |relation: &Key, what: String| Gap { relation: Some(relation.clone()), what };
        let is_bare = |relation: &&Key| {
            let mut wanted = end.policies.iter().filter(|(on, _)| on == *relation);
            wanted.any(|policy| !self.policies.contains(policy))
        };
        let new = self.row_security.difference(&kept.row_security).filter(is_bare);
        let bare = new.map(|own| of(own, format!("row security of {} hides every row", own.name())));
        // A table that goes or is spared again hides its rows for nothing, until then.
        let is_open = |relation: &&Key| {
            kept.held.contains_key(*relation)
                && !kept.row_security.contains(*relation)
                && !end.row_security.contains(*relation)
        };
        let passing = self.row_security.iter().filter(is_open);
        let passing = passing.map(|own| of(own, format!("row security of {} hides rows for a while", own.name())));
        held.chain(functions).chain(bare).chain(passing).collect()
    }
}

/// Which indexes of a catalog something is there by.
#[derive(Debug, Default)]
pub struct Holders(BTreeMap<Key, BTreeMap<Protection, Vec<QualifiedName>>>);

impl Holders {
    /// The indexes of these relations.
    pub fn of<'a>(schema: &Schema, relations: impl IntoIterator<Item = &'a QualifiedName>) -> Self {
        let mut holders = Holders::default();
        for name in relations {
            let own = holders.0.entry(key(name)).or_default();
            for index in schema.indexes_of(name) {
                protections_by(index).for_each(|what| own.entry(what).or_default().push(index.name.clone()));
            }
        }
        holders
    }

    /// True when it is there in that catalog by one of them.
    fn hold(&self, kept: &Protection, table: &Key, schema: &Schema) -> bool {
        let Some(own) = self.0.get(table) else { return false };
        let is_there = |what: &Protection, name: &QualifiedName| {
            let index = schema.index(name).filter(|index| key(&index.table) == *table);
            index.is_some_and(|index| protections_by(index).any(|own| own == *what))
        };
        kept.beginnings().iter().any(|from| {
            let near = own.range::<Protection, _>(from..).take_while(|(what, _)| what.begins_like(from));
            let mut holding = near.filter(|(what, _)| *what == kept || kept.follows_from(what));
            holding.any(|(what, names)| names.iter().any(|name| is_there(what, name)))
        })
    }
}

fn in_both(relation: &Key, own: &BTreeSet<Protection>, other: &Protections) -> Option<(Key, BTreeSet<Protection>)> {
    let others = other.held.get(relation)?;
    let kept = own.iter().filter(|protection| protection.is_held_by(others)).cloned().collect();
    Some((relation.clone(), kept))
}

impl Protection {
    /// It is among these, or follows from one of them: what is unique is unique together with more columns, and an index is
    /// as good with more columns behind its own; what holds for all rows holds for some. An exclusion constraint gives way to
    /// another one of the same columns.
    fn is_held_by(&self, held: &BTreeSet<Protection>) -> bool {
        let near = |from: &Protection| {
            let near = held.range::<Protection, _>(from..).take_while(|other| other.begins_like(from));
            near.into_iter().any(|other| self.follows_from(other))
        };
        held.contains(self)
            || match self {
                Protection::Exclusion(_) => held.iter().any(|other| self.follows_from(other)),
                _ => self.beginnings().iter().any(near),
            }
    }

    fn follows_from(&self, other: &Protection) -> bool {
        match (self, other) {
            (Protection::Unique(columns, predicate), Protection::Unique(fewer, of)) => {
                (predicate == of || of.is_empty()) && fewer.is_subset(columns)
            }
            (Protection::Index(columns, predicate), Protection::Index(more, of)) => {
                (predicate == of || of.is_empty()) && more.starts_with(columns)
            }
            (Protection::Exclusion(compared), Protection::Exclusion(others)) => !compared.is_disjoint(others),
            _ => false,
        }
    }

    /// Where in the order those begin from which something unique or an index may follow: there may be thousands of others.
    fn beginnings(&self) -> Vec<Protection> {
        match self {
            Protection::Unique(columns, _) => {
                columns.iter().map(|first| Protection::Unique([first.clone()].into(), String::new())).collect()
            }
            Protection::Index(columns, _) => vec![Protection::Index(columns.clone(), String::new())],
            _ => Vec::new(),
        }
    }

    /// It is one of those that begin there.
    fn begins_like(&self, beginning: &Protection) -> bool {
        match (self, beginning) {
            (Protection::Unique(all, _), Protection::Unique(first, _)) => all.first() == first.first(),
            (Protection::Index(all, _), Protection::Index(first, _)) => all.starts_with(first),
            _ => false,
        }
    }

    fn missing_from(&self, relation: &str) -> String {
        match self {
            Protection::Relation => format!("{relation} is missing"),
            Protection::Type => format!("type {relation} is missing"),
            Protection::Column(column) => format!("{relation} has no column {column}"),
            Protection::NotNull(column) => format!("{relation}.{column} takes NULL"),
            Protection::Default(column) => format!("{relation}.{column} has no default"),
            Protection::PrimaryKey => format!("{relation} has no primary key"),
            Protection::Unique(columns, _) => {
                let columns = columns.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("{relation} takes duplicates of ({columns})")
            }
            Protection::Index(columns, _) => format!("{relation} has no index on ({})", columns.join(", ")),
            Protection::ForeignKey(columns, parent) => {
                let columns = columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                format!("{relation} takes orphans in ({columns}), without a row in {}", parent.name())
            }
            Protection::Exclusion(compared) => {
                let compared = compared.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("{relation} takes conflicts of ({compared})")
            }
            Protection::ChildOf(parent) => format!("{} has no rows of {relation}", parent.name()),
            Protection::Check(name) => format!("{relation} lacks check {name}"),
            Protection::Rule(expression) => format!("{relation} lacks CHECK ({expression})"),
            Protection::Object(what) => format!("{what} of {relation} is missing"),
        }
    }
}

impl Schema {
    fn protections_of(&self, table: &Table) -> Vec<Protection> {
        let mut found = vec![Protection::Relation];
        found.extend(table.parents.iter().map(|parent| Protection::ChildOf(key(parent))));
        for column in &table.columns {
            found.push(Protection::Column(column.name.clone()));
            if column.default.is_some() || column.sequence.is_some() || column.generated.is_some() {
                found.push(Protection::Default(column.name.clone()));
            }
            if column.not_null {
                found.push(Protection::NotNull(column.name.clone()));
            }
        }
        found.extend(table.constraints.iter().filter_map(protection_by));
        for state in &table.constraints {
            match &state.constraint.kind {
                ConstraintKind::Check { expression } => {
                    found.push(Protection::Rule(expression.as_str().to_owned()));
                    // validated or not: new rows obey it
                    let parsed = expression::parse(expression);
                    let columns = table.columns.iter().map(|column| &column.name);
                    let proved = columns.filter(|name| parsed.as_ref().is_some_and(|e| e.proves_not_null(name)));
                    found.extend(proved.cloned().map(Protection::NotNull));
                }
                ConstraintKind::NotNull { column } => found.push(Protection::NotNull(column.clone())),
                ConstraintKind::Exclude(exclusion) => {
                    let columns: Vec<String> = exclusion.index.columns.iter().map(render::index_column).collect();
                    found.push(Protection::Exclusion(columns.iter().cloned().collect()));
                    if exclusion.index.predicate.is_none() {
                        found.push(Protection::Index(columns, String::new()));
                    }
                }
                ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::ForeignKey(_) => {}
            }
        }
        for index in self.indexes_of(&table.name) {
            found.extend(protections_by(index));
        }
        let own = self.dependents.of(&key(&table.name)).into_iter().filter(|d| d.on.is_some() && d.fires);
        found.extend(own.map(|dependent| Protection::Object(dependent.what.clone())));
        found
    }
}

/// What an index keeps from happening, and what it is there for.
fn protections_by(index: &Index) -> impl Iterator<Item = Protection> + use<> {
    let columns: Vec<String> = index.columns.iter().map(render::index_column).collect();
    let predicate = index.predicate.as_ref().map(|p| p.as_str().to_owned()).unwrap_or_default();
    let unique = index.unique.then(|| {
        // in which order they are sorted says nothing of duplicates
        let sorted = |column: &IndexColumn| IndexColumn {
            order: SortOrder::Ascending,
            nulls: SortOrder::Ascending.nulls(),
            ..column.clone()
        };
        let keys = index.columns.iter().map(|column| render::index_column(&sorted(column))).collect();
        Protection::Unique(keys, predicate.clone())
    });
    unique.into_iter().chain([Protection::Index(columns, predicate)])
}

fn protection_by(state: &ConstraintState) -> Option<Protection> {
    match &state.constraint.kind {
        ConstraintKind::PrimaryKey { .. } => Some(Protection::PrimaryKey),
        ConstraintKind::ForeignKey(fk) => Some(Protection::ForeignKey(fk.columns.clone(), key(&fk.references))),
        ConstraintKind::Check { .. } => Some(Protection::Check(state.name.clone())),
        ConstraintKind::Unique { .. } | ConstraintKind::Exclude(_) | ConstraintKind::NotNull { .. } => None,
    }
}

/// True when an operation may take away what protects, or hide what is there.
pub fn takes_away(operation: &Operation) -> bool {
    match operation {
        Operation::Table(operation) => match operation {
            TableOperation::Drop { .. }
            | TableOperation::Rename { .. }
            | TableOperation::SetAttribute { .. }
            | TableOperation::DetachPartition { .. } => true,
            TableOperation::Create(_)
            | TableOperation::AttachPartition { .. }
            | TableOperation::Vacuum { .. }
            | TableOperation::Analyze { .. }
            | TableOperation::Cluster { .. } => false,
        },
        Operation::Column(operation) => match operation {
            ColumnOperation::Drop { .. }
            | ColumnOperation::Rename { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::DropDefault { .. }
            | ColumnOperation::SetAttribute { .. } => true,
            ColumnOperation::Add { .. }
            | ColumnOperation::SetNotNull { .. }
            | ColumnOperation::SetDefault { .. }
            | ColumnOperation::SetType { .. } => false,
        },
        Operation::Constraint(operation) => matches!(operation, ConstraintOperation::Drop { .. }),
        Operation::Index(operation) => matches!(operation, IndexOperation::Drop { .. }),
        Operation::Type(operation) => match operation {
            TypeOperation::Rename { .. } | TypeOperation::Drop { .. } => true,
            TypeOperation::AlterDomain { action, .. } => {
                matches!(action, DomainAction::Rename(_) | DomainAction::SetSchema(_))
            }
            TypeOperation::CreateEnum { .. }
            | TypeOperation::AddValue { .. }
            | TypeOperation::RenameValue { .. }
            | TypeOperation::CreateDomain { .. } => false,
        },
        Operation::Object(operation) => match operation {
            ObjectOperation::Drop { .. } | ObjectOperation::Alter { .. } | ObjectOperation::SetSchema { .. } => true,
            ObjectOperation::Create { .. }
            | ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. }
            | ObjectOperation::ShareAccess { .. } => false,
        },
        Operation::Data(_) | Operation::Session(_) | Operation::Opaque { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Protections;
    use crate::operation::{Ident, QualifiedName};
    use crate::schema::Schema;
    use crate::sql::read_statement;

    fn protections(statements: &[&str]) -> Protections {
        let mut schema = Schema::default();
        for located in statements.iter().flat_map(|statement| read_statement(statement).operations) {
            schema.apply(&located.operation);
        }
        Protections::of(&schema, [&QualifiedName::unqualified(Ident::new("r"))])
    }

    #[test]
    fn a_trigger_that_is_silent_protects_nobody() {
        let made = ["CREATE TABLE r (a int)", "CREATE TRIGGER x BEFORE UPDATE ON r FOR EACH ROW EXECUTE FUNCTION f()"];
        let silent = [made[0], made[1], "ALTER TABLE r DISABLE TRIGGER x"];
        let kept = protections(&made).and(&protections(&made));
        let gaps = protections(&silent).lacking(&kept, &protections(&made));
        assert_eq!(gaps.first().map(ToString::to_string).as_deref(), Some("trigger x of r is missing"));
    }

    #[test]
    fn an_exclusion_constraint_gives_way_to_another_of_its_columns() {
        let table = "CREATE TABLE r (a int, b int)";
        let narrow = "ALTER TABLE r ADD CONSTRAINT x EXCLUDE USING gist (a WITH =) WHERE (b > 0)";
        let wide = "ALTER TABLE r ADD CONSTRAINT y EXCLUDE USING gist (a WITH =, b WITH =)";
        let (before, end) = (protections(&[table, narrow]), protections(&[table, wide]));
        let kept = before.and(&end);
        assert_eq!(protections(&[table, wide]).lacking(&kept, &end), []);
        let gaps = protections(&[table]).lacking(&kept, &end);
        assert_eq!(gaps.first().map(ToString::to_string).as_deref(), Some("r takes conflicts of (a)"));
    }
}
