//! What is missing between the units of an order, which step opens each gap, and which closes it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{IndexOperation, ObjectOperation, Operation, QualifiedName, TableOperation, TypeOperation};
use crate::plan::{Step, UnitKind};
use crate::schema::protection::{Gap, Holders, Protections, takes_away};
use crate::schema::{Key, Schema, key};

/// Something that is missing between two units and is there before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The step that takes it away, by index.
    pub opened: usize,
    /// The step that gives it back.
    pub closed: Option<usize>,
    /// What it is.
    pub what: Gap,
}

/// What no moment of a migration may lack.
pub(super) struct Kept<'a> {
    steps: &'a [Step],
    relations: BTreeMap<Key, &'a QualifiedName>,
    kept: Protections,
    end: Protections,
    after: &'a Schema,
    /// By which indexes something is there at the end; looked up once it is asked for.
    holders: OnceCell<Holders>,
}

impl<'a> Kept<'a> {
    /// The catalogs around the steps, and the relations that they are about.
    pub(super) fn new(steps: &'a [Step], before: &Schema, after: &'a Schema, relations: &'a [QualifiedName]) -> Self {
        let end = Protections::of(after, relations);
        let kept = Protections::of(before, relations).and(&end);
        Kept {
            steps,
            relations: relations.iter().map(|name| (key(name), name)).collect(),
            kept,
            end,
            after,
            holders: OnceCell::new(),
        }
    }

    /// What is missing in a catalog behind a unit; `start` is the one before it, in which nothing else is missing.
    pub(super) fn missing_behind(&self, unit: &[usize], start: &Schema, schema: &Schema) -> Vec<Gap> {
        if self.drops_only_spare_indexes(unit, start, schema) {
            return Vec::new();
        }
        match touched(self.steps, unit, start) {
            // The others are as they were after the unit before.
            Some(touched) => Protections::of(schema, &touched).lacking(&self.kept.only(&touched), &self.end),
            None => {
                let relations = self.relations.values().copied();
                Protections::of(schema, relations).lacking(&self.kept, &self.end)
            }
        }
    }

    /// A unit that drops indexes without which nothing is missing that is there before and after: with thousands of them, not each
    /// is asked what all others of its table protect.
    fn drops_only_spare_indexes(&self, unit: &[usize], start: &Schema, schema: &Schema) -> bool {
        let is_spare = |name: &QualifiedName| {
            let alone = |table: &QualifiedName| start.children(table).is_empty();
            let holders = || Holders::of(self.after, self.relations.values().copied());
            let lacks_nothing =
                |index| self.kept.lacks_nothing_without(index, self.holders.get_or_init(holders), schema);
            start.index(name).is_some_and(|index| alone(&index.table) && lacks_nothing(index))
        };
        unit.iter().all(|at| match &self.steps[*at].operation {
            Operation::Index(IndexOperation::Drop { names, cascade: false, .. }) => names.iter().all(is_spare),
            _ => false,
        })
    }

    /// What the first of these units leaves missing and what those behind it do, each with the steps that open and close it, in
    /// the order in which they are opened. `schema` is the catalog before all of them.
    pub(super) fn gaps(&self, mut schema: Schema, units: &[(UnitKind, Vec<usize>)]) -> Vec<Missing> {
        let mut gaps: Vec<Missing> = Vec::new();
        for (number, (_, unit)) in units.iter().enumerate() {
            let takes = unit.iter().any(|at| takes_away(&self.steps[*at].operation)) && number + 1 < units.len();
            let start = takes.then(|| schema.clone());
            for at in unit {
                let touched = touched(self.steps, std::slice::from_ref(at), &schema);
                let touched: Option<BTreeSet<Key>> = touched.map(|names| names.iter().map(key).collect());
                let may_close = |gap: &Gap| {
                    touched.as_ref().is_none_or(|touched| gap.relation().is_some_and(|own| touched.contains(own)))
                };
                schema.apply(&self.steps[*at].operation);
                let mut moment = Moment::new(self, &schema);
                for gap in gaps.iter_mut().filter(|gap| gap.closed.is_none() && may_close(&gap.what)) {
                    gap.closed = (!moment.lacks(&gap.what)).then_some(*at);
                }
            }
            if let Some(start) = start {
                let mut found = self.missing_behind(unit, &start, &schema);
                found.retain(|what| !gaps.iter().any(|gap| gap.closed.is_none() && gap.what == *what));
                gaps.extend(self.opened(start, unit, found));
            }
        }
        gaps
    }

    /// What is missing behind a unit, with the step of it that takes it away. `schema` is the catalog before it.
    fn opened(&self, mut schema: Schema, unit: &[usize], mut found: Vec<Gap>) -> Vec<Missing> {
        let mut opened: Vec<Missing> = Vec::new();
        for at in unit {
            schema.apply(&self.steps[*at].operation);
            if takes_away(&self.steps[*at].operation) {
                let mut moment = Moment::new(self, &schema);
                let missing = found.extract_if(.., |what| moment.lacks(what));
                opened.extend(missing.map(|what| Missing { opened: *at, closed: None, what }));
            }
        }
        let last = unit.last().copied().unwrap_or_default();
        opened.extend(found.into_iter().map(|what| Missing { opened: last, closed: None, what }));
        opened
    }

    /// What a relation lacks in a catalog; without one, which functions are missing.
    fn missing_of(&self, relation: Option<&Key>, schema: &Schema) -> Vec<Gap> {
        let name = relation.and_then(|relation| self.relations.get(relation)).copied();
        let kept = name.map_or_else(|| self.kept.functions_only(), |name| self.kept.only([name]));
        Protections::of(schema, name).lacking(&kept, &self.end)
    }
}

/// A catalog that is asked for several gaps: what a relation lacks is looked for once.
struct Moment<'a> {
    of: &'a Kept<'a>,
    schema: &'a Schema,
    missing: BTreeMap<Option<Key>, Vec<Gap>>,
}

impl<'a> Moment<'a> {
    fn new(of: &'a Kept<'a>, schema: &'a Schema) -> Self {
        Moment { of, schema, missing: BTreeMap::new() }
    }

    fn lacks(&mut self, gap: &Gap) -> bool {
        let relation = gap.relation().cloned();
        let missing =
            self.missing.entry(relation).or_insert_with_key(|own| self.of.missing_of(own.as_ref(), self.schema));
        missing.contains(gap)
    }
}

/// The relations whose protections a unit may change, where all that it does is done to tables that it names.
fn touched(steps: &[Step], unit: &[usize], schema: &Schema) -> Option<Vec<QualifiedName>> {
    let operations = || unit.iter().map(|at| &steps[*at].operation);
    let is_of_table = |operation: &Operation| {
        matches!(operation, Operation::Column(_) | Operation::Constraint(_) | Operation::Index(_))
    };
    operations().all(is_of_table).then(|| relations(operations(), schema))
}

/// The relations and types that operations are about, under every name that they have.
pub fn relations<'a>(operations: impl IntoIterator<Item = &'a Operation>, schema: &Schema) -> Vec<QualifiedName> {
    let mut found: Vec<QualifiedName> = Vec::new();
    for operation in operations {
        found.extend(operation.table().cloned());
        match operation {
            Operation::Type(TypeOperation::Rename { name, to }) => {
                found.extend([name.clone(), name.sibling(to.clone())])
            }
            Operation::Table(TableOperation::Drop { names, .. })
            | Operation::Object(ObjectOperation::Drop { names, .. })
            | Operation::Type(TypeOperation::Drop { names, .. }) => found.extend(names.iter().cloned()),
            Operation::Index(IndexOperation::Drop { names, .. }) => {
                found.extend(names.iter().filter_map(|name| schema.index(name)).map(|index| index.table.clone()));
            }
            Operation::Table(TableOperation::Rename { table, to }) => found.push(table.sibling(to.clone())),
            Operation::Object(ObjectOperation::SetSchema { name, to, .. }) => {
                found.push(QualifiedName { schema: Some(to.clone()), name: name.name.clone() });
            }
            Operation::Object(ObjectOperation::Create { name: Some(name), .. }) => found.push(name.clone()),
            _ => {}
        }
    }
    let around: Vec<QualifiedName> = found
        .iter()
        .flat_map(|name| {
            let children = schema.children(name).into_iter().map(|t| t.name.clone());
            children.chain(schema.referencing(name).into_iter().map(|(t, _)| t.name.clone()))
        })
        .collect();
    found.extend(around);
    let mut seen = BTreeSet::new();
    found.retain(|name| seen.insert(key(name)));
    found
}
