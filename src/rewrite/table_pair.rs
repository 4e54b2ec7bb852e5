//! A table that is dropped and one that is made, of which the author says that they are one: it keeps its rows under the new name,
//! and so do its keys, indexes and sequences, also those of other tables that point at it.

use super::old_name::OldName;
use super::undo::undo_of;
use super::{Applicability, Hazard, Outcome, Severity, Site, Standing};
use crate::operation::{
    ConstraintKind, ConstraintOperation, CreateTable, Ident, IndexOperation, ObjectKind, ObjectOperation, Operation,
    QualifiedName, SqlFragment, TableOperation, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::schema::{Index, Schema, mentions, renamed_to, same};

const BY_ITSELF: &str = "change that in a migration of its own";

/// What the author says of a drop and a create.
struct Pair<'a> {
    old: &'a QualifiedName,
    drop: usize,
    new: &'a CreateTable,
    create: usize,
}

/// The pair as a rename, at the first statement that belongs to it.
pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let pair = site.settings.has_swaps.then(|| declared(site)).flatten()?;
    let is_the_drop = site.at == pair.drop;
    let left =
        |why: String| is_the_drop.then(|| Outcome::reported(hazard(site, &pair, format!("left as it is: {why}"))));
    if site.claimed[site.at] {
        return left("what belongs to it stays as it is".into());
    }
    let whole = match Whole::of(site, &pair) {
        Ok(whole) => whole,
        Err(why) => return left(why),
    };
    if whole.items.first() != Some(&site.at) {
        return left("what belongs to it stands before it and stays as it is".into());
    }
    let help = format!("renamed to {}; a view has the old name until no running code uses it", pair.new.name);
    let name = OldName { name: pair.old, to: &pair.new.name };
    let mut steps = site.steps();
    steps.from(pair.drop);
    name.rename(&mut steps);
    for operation in whole.renames {
        let undo = undo(&operation, steps.schema());
        let slug = format!("{}_names", snake_case(&pair.new.name.name));
        steps.step(operation, slug, "it is called as the new table has it", undo);
        steps.with_the_one_before();
    }
    name.keep(&mut steps);
    name.end(&mut steps);
    Some(Outcome {
        claims: whole.items.into_iter().filter(|at| *at != site.at).collect(),
        deferral: Some(name.deferral(site)),
        standing: Standing::WhereItBegins,
        ..Outcome::rewritten(hazard(site, &pair, help), steps.done())
    })
}

fn hazard(site: &Site<'_>, pair: &Pair<'_>, help: String) -> Hazard {
    Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(pair.old.clone()),
        lock: site.effects().strongest(),
        message: format!("the rows of {} are lost, and running code that uses it breaks", pair.old),
        label: format!("{} goes, {} comes empty", pair.old, pair.new.name),
        help,
    }
}

fn declared<'a>(site: &Site<'a>) -> Option<Pair<'a>> {
    if site.settings.renames.is_empty() {
        return None;
    }
    let renamed = site.items.iter().enumerate().find_map(|(at, item)| match &item.operation {
        Operation::Table(TableOperation::Drop { names, cascade: false, .. }) => match names.as_slice() {
            [only] => Some((at, only, only.sibling(Ident::new(site.settings.table_renamed_to(only)?)))),
            _ => None,
        },
        _ => None,
    });
    let (drop, old, to) = renamed?;
    site.items.iter().enumerate().find_map(|(create, item)| match &item.operation {
        Operation::Table(TableOperation::Create(new)) if same(&new.name, &to) => Some(Pair { old, drop, new, create }),
        _ => None,
    })
}

/// The tables that the migration makes with the columns of one that it drops: it may be that one under another name.
pub(super) fn perhaps<'a>(site: &Site<'a>, table: &QualifiedName) -> Vec<&'a Ident> {
    let Some(old) = site.schema.table(table).filter(|old| old.columns_known) else { return Vec::new() };
    let is_like_it = |new: &CreateTable| {
        new.columns.len() == old.columns.iter().count()
            && same(&table.sibling(new.name.name.clone()), &new.name)
            && new.columns.iter().all(|column| old.columns.get(&column.name).is_some())
    };
    let made = site.items.iter().filter_map(|item| match &item.operation {
        Operation::Table(TableOperation::Create(new)) if is_like_it(new) => Some(&new.name.name),
        _ => None,
    });
    made.collect()
}

/// All that belongs to a pair.
struct Whole {
    /// The items that the rename replaces, in order.
    items: Vec<usize>,
    /// What gets the names that the new table gives.
    renames: Vec<Operation>,
}

impl Whole {
    fn of(site: &Site<'_>, pair: &Pair<'_>) -> Result<Whole, String> {
        let new = &pair.new.name;
        let mut ours = site.schema.clone();
        let mut naive = site.schema.clone();
        let items = || site.items.iter().enumerate().skip(site.at);
        items().for_each(|(_, item)| naive.apply(&item.operation));
        let table = TableRef { name: pair.old.clone(), only: false, if_exists: false };
        ours.apply(&Operation::Table(TableOperation::Rename { table, to: new.name.clone() }));
        let renames = renames(&ours, &naive, new);
        renames.iter().for_each(|operation| ours.apply(operation));
        let belongs = |at: &usize, operation: &Operation| {
            *at == pair.drop || *at == pair.create || is_of(operation, pair, &ours, &naive)
        };
        let (own, others): (Vec<_>, Vec<_>) =
            items().map(|(at, item)| (at, &item.operation)).partition(|(at, operation)| belongs(at, operation));
        let own: Vec<usize> = own.into_iter().map(|(at, _)| at).collect();
        let movable: Vec<usize> = std::iter::once(site.at).chain(site.later().map(|(at, _)| at)).collect();
        if !own.iter().all(|at| movable.contains(at)) {
            return Err("a statement that belongs to it has to stay where it is".into());
        }
        let moves_rows = |(at, operation): &&(usize, &Operation)| {
            let is_read = |name: &QualifiedName| mentions(site.texts[*at], name.name.as_str());
            matches!(operation, Operation::Data(_) | Operation::Opaque { .. }) && (is_read(pair.old) || is_read(new))
        };
        if others.iter().any(|one| moves_rows(&one)) {
            return Err(format!(
                "the migration moves rows itself; rename the table instead: ALTER TABLE {} RENAME TO {}",
                pair.old, new.name
            ));
        }
        OldName { name: pair.old, to: new }.refused(site, &own)?;
        let adds = |(_, operation): &&(usize, &Operation)| match operation {
            Operation::Index(IndexOperation::Create(index)) => same(&index.table, new),
            Operation::Column(column) => same(&column.table().name, new),
            Operation::Constraint(constraint) => same(&constraint.table().name, new),
            _ => false,
        };
        if others.iter().any(|one| adds(&one)) {
            return Err(format!("{new} has more than {} had: {BY_ITSELF}", pair.old));
        }
        others.iter().for_each(|(_, operation)| ours.apply(operation));
        match ours.difference(&naive) {
            Some(what) => Err(format!("{what} is another one: {BY_ITSELF}")),
            None => Ok(Whole { items: own, renames }),
        }
    }
}

/// What gets the names that the new table gives to its keys, indexes and sequences. `ours` has the table under its new name.
fn renames(ours: &Schema, naive: &Schema, new: &QualifiedName) -> Vec<Operation> {
    let (Some(own), Some(wanted)) = (ours.table(new), naive.table(new)) else { return Vec::new() };
    let table = TableRef { name: new.clone(), only: false, if_exists: false };
    let constraints = own.constraints.iter().filter(|state| wanted.constraints.get(&state.name).is_none());
    let constraints = constraints.filter_map(|state| {
        let mut like_it = wanted.constraints.iter().filter(|other| other.constraint.kind == state.constraint.kind);
        let other = like_it.find(|other| own.constraints.get(&other.name).is_none())?;
        let (table, name, to) = (table.clone(), state.name.clone(), other.name.clone());
        Some(Operation::Constraint(ConstraintOperation::Rename { table, name, to }))
    });
    let is_plain = |index: &&Index| index.constraint.is_none();
    let indexes = ours.indexes_of(new).filter(is_plain).filter(|index| naive.index(&index.name).is_none());
    let indexes = indexes.filter_map(|index| {
        let is_like_it =
            |other: &&Index| other.definition == index.definition && other.unique == index.unique && is_plain(other);
        let mut like_it = naive.indexes_of(new).filter(is_like_it);
        let other = like_it.find(|other| ours.index(&other.name).is_none())?;
        let (index, to) = (index.name.clone(), other.name.name.clone());
        Some(Operation::Index(IndexOperation::Rename { index, to, if_exists: false }))
    });
    let sequences = own.columns.iter().filter_map(|column| {
        let (from, to) = (column.sequence.as_ref()?, wanted.columns.get(&column.name)?.sequence.as_ref()?);
        let action = SqlFragment::new(&format!("RENAME TO {to}"));
        let (kind, name) = (ObjectKind::Sequence, Some(new.sibling(from.clone())));
        (from != to).then_some(Operation::Object(ObjectOperation::Alter { kind, name, on: None, action }))
    });
    constraints.chain(indexes).chain(sequences).collect()
}

fn undo(operation: &Operation, schema: &Schema) -> Undo {
    let Operation::Object(ObjectOperation::Alter { kind, name: Some(name), on, action }) = operation else {
        return undo_of(operation, schema);
    };
    let Some(to) = renamed_to(action) else { return undo_of(operation, schema) };
    let action = SqlFragment::new(&format!("RENAME TO {}", name.name));
    let back = ObjectOperation::Alter { kind: *kind, name: Some(name.sibling(to)), on: on.clone(), action };
    Undo::By(vec![Operation::Object(back)])
}

/// What the rename replaces beside the drop and the create: what drops and adds keys and indexes that stay.
fn is_of(operation: &Operation, pair: &Pair<'_>, ours: &Schema, naive: &Schema) -> bool {
    let new = &pair.new.name;
    let now = |table: &QualifiedName| if same(table, pair.old) { new.clone() } else { table.clone() };
    match operation {
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            same(&table.name, pair.old) || stays(&now(&table.name), name, new, (ours, naive))
        }
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            constraint.name.as_ref().is_some_and(|name| stays(&table.name, name, new, (ours, naive)))
        }
        Operation::Index(IndexOperation::Create(index)) => {
            let name = index.name.as_ref().map(|name| index.table.sibling(name.clone()));
            same(&index.table, new) && name.is_some_and(|name| ours.index(&name).is_some())
        }
        _ => false,
    }
}

/// A constraint of the table, or a key that points at it, is the same where the table is renamed and where it is made again.
fn stays(table: &QualifiedName, name: &Ident, new: &QualifiedName, (ours, naive): (&Schema, &Schema)) -> bool {
    let (Some(own), Some(wanted)) = (ours.constraint(table, name), naive.constraint(table, name)) else { return false };
    let points_at_it = matches!(&own.constraint.kind, ConstraintKind::ForeignKey(key) if same(&key.references, new));
    own.constraint.kind == wanted.constraint.kind && (same(table, new) || points_at_it)
}
