//! An enum that a migration makes anew without some of its labels: how the frameworks say that. How its columns change over is said
//! in `label_swap`.

use super::{Site, dotted};
use crate::operation::{
    ColumnOperation, Fixed, Ident, Operation, QualifiedName, SessionOperation, TableRef, TransactionControl, TypeName,
    TypeOperation,
};
use crate::schema::{Schema, mentions, same};

/// An enum with other labels than before.
pub(super) struct NewLabels<'a> {
    /// Its name, before and after.
    pub name: &'a QualifiedName,
    /// Its labels before, as literals.
    pub before: &'a [String],
    /// Its labels afterwards, as literals.
    pub labels: &'a [String],
    /// Each of its columns, with the item that changes its type first.
    pub columns: Vec<(&'a TableRef, &'a Ident, usize)>,
    /// The item that makes the new type.
    pub made: usize,
    /// The tables are written twice.
    pub is_twice: bool,
    /// What the migration calls the types meanwhile.
    other_names: Vec<QualifiedName>,
    /// The statements that belong to it, by index.
    items: Vec<usize>,
    /// Those of which a hazard at one of its columns tells.
    pub told: Vec<usize>,
}

impl<'a> NewLabels<'a> {
    /// What the operation at hand, which gives a column another type, is a part of.
    pub fn of(site: &Site<'a>) -> Option<NewLabels<'a>> {
        let Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) = site.operation() else {
            return None;
        };
        let name = site.schema.column(&table.name, column)?.ty.name();
        site.schema.enum_type(name)?;
        let mut found = by_second_type(site, name, ty).or_else(|| by_text(site, table, column, name))?;
        let is_its_column = |table: &TableRef, column: &Ident| {
            found.columns.iter().any(|(of, own, _)| same(&of.name, &table.name) && *own == column)
        };
        let defaults = numbered(site).filter(|(_, operation)| match operation {
            Operation::Column(
                ColumnOperation::SetDefault { table, column, .. } | ColumnOperation::DropDefault { table, column },
            ) => is_its_column(table, column),
            _ => false,
        });
        let defaults: Vec<usize> = defaults.map(|(at, _)| at).collect();
        found.items.extend(defaults);
        found.items.extend(transaction_around(site, &found.items));
        found.items.sort_unstable();
        found.items.dedup();
        Some(found)
    }

    /// The labels that it has no more, as literals.
    pub fn gone(&self) -> Vec<&'a String> {
        self.before.iter().filter(|label| !self.labels.contains(label)).collect()
    }

    /// The items that belong to it, but for that one.
    pub fn claims(&self, but: usize) -> Vec<usize> {
        self.items.iter().copied().filter(|at| *at != but).collect()
    }

    /// The first of its statements that writes a table anew.
    pub fn begins_at(&self, at: usize) -> bool {
        self.columns.iter().map(|(.., item)| *item).min() == Some(at)
    }

    /// The catalog before it, with what the migration does before that is no part of it.
    pub fn before(&self, site: &Site<'_>) -> Schema {
        let mut schema = site.before.clone();
        let others = (0..site.at).filter(|at| !self.items.contains(at));
        others.for_each(|at| schema.apply(&site.items[at].operation));
        schema
    }

    /// The catalog behind it.
    pub fn after(&self, site: &Site<'_>) -> Schema {
        let mut schema = self.before(site);
        self.items.iter().for_each(|at| schema.apply(&site.items[*at].operation));
        schema
    }

    /// What the second type is called until it takes the name.
    pub fn second(&self) -> QualifiedName {
        self.name.sibling(self.name.name.with_suffix("_new"))
    }

    /// What the first one is called from then on.
    pub fn first(&self) -> QualifiedName {
        self.name.sibling(self.name.name.with_suffix("_old"))
    }

    /// Why its columns cannot change over, if they cannot. `site` has the catalog before it.
    pub fn refused(&self, site: &Site<'_>) -> Result<(), String> {
        for at in &self.items {
            if site.items[*at].fixed.is_some_and(|fixed| fixed != Fixed::Transaction) {
                return Err("the statements around it need one another".into());
            }
            if let Operation::Column(ColumnOperation::SetType { column, ty, using: Some(using), .. }) =
                &site.items[*at].operation
                && !is_cast(using.as_str(), column, ty)
            {
                return Err(format!("USING {using} computes its values"));
            }
        }
        let is_own = |table: &QualifiedName, column: &Ident| {
            self.columns.iter().any(|(of, own, _)| same(&of.name, table) && *own == column)
        };
        for table in site.schema.using_type(self.name) {
            for column in table.columns.iter().filter(|column| same(column.ty.name(), self.name)) {
                let name = dotted(&table.name, &column.name);
                match (is_own(&table.name, &column.name), column.ty.is_array()) {
                    (_, true) => return Err(format!("{name} is an array of it")),
                    (false, false) => return Err(format!("{name} is of it as well")),
                    (true, false) => {}
                }
            }
        }
        for name in [self.second(), self.first()] {
            if site.schema.enum_type(&name).is_some() || site.schema.table(&name).is_some() {
                return Err(format!("{name} is there already"));
            }
        }
        self.is_named_elsewhere(site)
    }

    /// Other statements of the migration that speak of the type or of its columns meet them in another state.
    fn is_named_elsewhere(&self, site: &Site<'_>) -> Result<(), String> {
        let types: Vec<&QualifiedName> = std::iter::once(self.name).chain(&self.other_names).collect();
        for at in (0..site.items.len()).filter(|at| !self.items.contains(at)) {
            let text = site.texts[at];
            if let Some(name) = types.iter().find(|name| mentions(text, name.name.as_str())) {
                return Err(format!("another statement of the migration names {name}"));
            }
            let own = self
                .columns
                .iter()
                .find(|(table, column, _)| mentions(text, table.name.name.as_str()) && mentions(text, column.as_str()));
            if let Some((table, column, _)) = own {
                return Err(format!("another statement of the migration names {}", dotted(&table.name, column)));
            }
        }
        Ok(())
    }
}

fn numbered<'a>(site: &Site<'a>) -> impl Iterator<Item = (usize, &'a Operation)> + use<'a> {
    site.items.iter().enumerate().map(|(at, item)| (at, &item.operation))
}

/// A cast of the column to text, to the type, or to the one and then the other.
fn is_cast(using: &str, column: &Ident, ty: &TypeName) -> bool {
    let plain: String = using.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
    let mut parts = plain.split("::");
    let last_name = |text: &str| text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    let own = parts.next().map(last_name);
    let wanted = ty.name().name.as_str();
    let is_known = |part: &str| {
        ["text", "varchar"].contains(&part.to_ascii_lowercase().as_str())
            || last_name(part).eq_ignore_ascii_case(wanted)
    };
    own.is_some_and(|own| own.eq_ignore_ascii_case(column.as_str())) && parts.all(is_known)
}

/// The author's BEGIN and COMMIT around the operation at hand, where nothing but these items stands between them.
fn transaction_around(site: &Site<'_>, items: &[usize]) -> Vec<usize> {
    let is = |at: &usize, wanted: TransactionControl| matches!(site.items[*at].operation, Operation::Session(SessionOperation::Transaction(control)) if control == wanted);
    let begin = (0..site.at).rev().find(|at| !items.contains(at)).filter(|at| is(at, TransactionControl::Begin));
    let commit = (site.at..site.items.len()).find(|at| !items.contains(at));
    let commit = commit.filter(|at| is(at, TransactionControl::Commit));
    begin.into_iter().zip(commit).flat_map(|(begin, commit)| [begin, commit]).collect()
}

/// Prisma: the columns take a second type, which takes the name of the first.
fn by_second_type<'a>(site: &Site<'a>, name: &'a QualifiedName, ty: &'a TypeName) -> Option<NewLabels<'a>> {
    let second = ty.name();
    let labels = &site.schema.enum_type(second)?.labels;
    let before = &site.schema.enum_type(name)?.labels;
    let takes_the_name = |operation: &Operation| matches!(operation, Operation::Type(TypeOperation::Rename { name: from, to }) if same(from, second) && *to == name.name);
    site.following().find(|(_, operation)| takes_the_name(operation))?;
    let moved = site.following().find_map(|(_, operation)| match operation {
        Operation::Type(TypeOperation::Rename { name: from, to }) if same(from, name) => Some(name.sibling(to.clone())),
        _ => None,
    });
    let is_of_types = |operation: &Operation| match operation {
        Operation::Type(TypeOperation::Rename { name: from, .. }) => same(from, name) || takes_the_name(operation),
        Operation::Type(TypeOperation::Drop { names, .. }) => {
            names.iter().all(|n| same(n, name) || moved.as_ref().is_some_and(|m| same(m, n)))
        }
        _ => false,
    };
    let told: Vec<usize> = site.following().filter(|(_, o)| is_of_types(o)).map(|(at, _)| at).collect();
    let makes = |operation: &Operation| matches!(operation, Operation::Type(TypeOperation::CreateEnum { name, .. }) if same(name, second));
    let made = numbered(site).find(|(_, operation)| makes(operation)).map(|(at, _)| at);
    let columns: Vec<_> = numbered(site)
        .filter_map(|(at, operation)| match operation {
            Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) if same(ty.name(), second) => {
                Some((table, column, at))
            }
            _ => None,
        })
        .collect();
    let items = told.iter().copied().chain(made).chain(columns.iter().map(|(.., at)| *at)).collect();
    let other_names = std::iter::once(second.clone()).chain(moved).collect();
    let made = made.unwrap_or(site.at);
    Some(NewLabels { name, before, labels, columns, made, is_twice: false, other_names, items, told })
}

/// Drizzle: the columns become text, the type is dropped and made anew, the columns take it again.
fn by_text<'a>(site: &Site<'a>, table: &TableRef, column: &Ident, name: &'a QualifiedName) -> Option<NewLabels<'a>> {
    let before = &site.schema.enum_type(name)?.labels;
    let dropped = site.following().find(|(_, operation)| {
        matches!(operation, Operation::Type(TypeOperation::Drop { names, .. }) if names.iter().any(|n| same(n, name)))
    })?;
    let (made, labels) = site.following().find_map(|(at, operation)| match operation {
        Operation::Type(TypeOperation::CreateEnum { name: made, labels }) if same(made, name) => Some((at, labels)),
        _ => None,
    })?;
    let changes = |at: usize, is_back: bool| match &site.items[at].operation {
        Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) => {
            let was = site.before.column(&table.name, column).is_some_and(|known| same(known.ty.name(), name));
            (was && same(ty.name(), name) == is_back).then_some((table, column, at))
        }
        _ => None,
    };
    let all = |is_back: bool| (0..site.items.len()).filter_map(move |at| changes(at, is_back));
    let columns: Vec<_> = all(false).collect();
    let own = |(other, own, _): &(&TableRef, &Ident, usize)| other.name == table.name && *own == column;
    let back = all(true).find(own)?;
    let told = vec![dropped.0, back.2];
    let items = all(false).chain(all(true)).map(|(.., at)| at).chain([dropped.0, made]).collect();
    Some(NewLabels { name, before, labels, columns, made, is_twice: true, other_names: Vec::new(), items, told })
}
