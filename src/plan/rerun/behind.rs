//! The steps that have run already when others run again behind them, found by what they do.

use std::collections::HashMap;
use std::sync::Arc;

use super::named::{needs_what_it_names, taken};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, IndexOperation, ObjectOperation, Operation,
    TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::postgres::idempotence::{Name, drops, freed_by_renaming, makes, own_name};
use crate::schema::{word_of, words};

/// Steps in order, and what of them is found without a search: a migration may have thousands.
pub(super) struct Behind<'a> {
    steps: Vec<&'a Step>,
    /// Those that take away what others may read.
    taking: Vec<usize>,
    making: Places,
    dropping: Places,
    /// Those that take a name away, by a word of it; of a name without words under none.
    taken: HashMap<Arc<str>, Vec<usize>>,
    /// Those that make an object, by its name.
    created: HashMap<Arc<str>, Vec<usize>>,
    /// Those that may hold a column or a key as it is.
    holding: Vec<usize>,
    /// By the name that is free then, with the one that is taken.
    renaming: HashMap<Name, Vec<(usize, Name)>>,
}

type Places = HashMap<Name, Vec<usize>>;

impl<'a> Behind<'a> {
    pub(super) fn new(steps: Vec<&'a Step>) -> Self {
        let taking = (0..steps.len()).filter(|at| takes_what_is_read(steps[*at])).collect();
        let holding = (0..steps.len())
            .filter(|at| holds_a_column(&steps[*at].operation) || !steps[*at].uses.points_at.is_empty())
            .collect();
        let mut behind = Behind {
            steps,
            taking,
            taken: HashMap::new(),
            created: HashMap::new(),
            holding,
            making: Places::new(),
            dropping: Places::new(),
            renaming: HashMap::new(),
        };
        for (at, step) in behind.steps.iter().enumerate() {
            for name in taken(&step.operation) {
                behind.taken.entry(word_of(name.as_str()).unwrap_or_default()).or_default().push(at);
            }
            if let Some(name) = created(&step.operation) {
                behind.created.entry(name).or_default().push(at);
            }
            for name in makes(&step.operation) {
                behind.making.entry(name).or_default().push(at);
            }
            for name in drops(&step.operation) {
                behind.dropping.entry(name).or_default().push(at);
            }
            for (from, to) in freed_by_renaming(&step.operation) {
                behind.renaming.entry(from).or_default().push((at, to));
            }
        }
        behind
    }

    /// The steps from `from` on, in order, that can be in the way of `step`: all that `conflicts` looks at.
    /// `text` is a step's statement.
    pub(super) fn that_matter_to(&self, step: &Step, from: usize, text: &dyn Fn(&Step) -> String) -> Vec<&'a Step> {
        let mut places = Vec::new();
        if reads(&step.operation) {
            places.extend(&self.taking);
        }
        if let Operation::Column(ColumnOperation::SetType { .. } | ColumnOperation::DropNotNull { .. })
        | Operation::Constraint(ConstraintOperation::Drop { .. }) = step.operation
        {
            places.extend(&self.holding);
        }
        if !self.taken.is_empty() && needs_what_it_names(&step.operation) {
            let words = words(&text(step)).into_iter().chain([Arc::default()]);
            places.extend(words.filter_map(|word| self.taken.get(&word)).flatten());
        }
        if let Some(name) = created(&step.operation) {
            places.extend(self.created.get(&name).into_iter().flatten());
        }
        let of = |names: &Places, name: &Name| names.get(name).into_iter().flatten().copied().collect::<Vec<_>>();
        let renamed = freed_by_renaming(&step.operation).into_iter().map(|(from, _)| from);
        for freed in drops(&step.operation).into_iter().chain(renamed) {
            places.extend(of(&self.making, &freed));
        }
        for name in own_name(&step.operation) {
            places.extend(of(&self.dropping, &name));
            for (at, to) in self.renaming.get(&name).into_iter().flatten() {
                places.push(*at);
                places.extend(of(&self.dropping, to));
            }
        }
        places.retain(|at| *at >= from);
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|at| self.steps[at]).collect()
    }
}

/// The name of the object that it makes, in lower case.
fn created(operation: &Operation) -> Option<Arc<str>> {
    match operation {
        Operation::Object(ObjectOperation::Create { name: Some(name), .. }) => {
            Some(name.name.as_str().to_lowercase().into())
        }
        _ => None,
    }
}

/// It fails, or does something else, where what it reads is gone.
fn reads(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Constraint(ConstraintOperation::Add { .. })
            | Operation::Index(IndexOperation::Create(_))
            | Operation::Data(DataOperation::Update { .. } | DataOperation::Backfill(_))
            | Operation::Object(ObjectOperation::Create { .. } | ObjectOperation::Alter { .. })
            | Operation::Type(TypeOperation::CreateEnum { .. })
    )
}

/// It makes what stands on a column: generated from it, a primary key on it, or what asks for it by name.
fn holds_a_column(operation: &Operation) -> bool {
    match operation {
        Operation::Column(ColumnOperation::Add { column, .. }) => column.generated.is_some(),
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            matches!(constraint.kind, ConstraintKind::PrimaryKey { .. })
        }
        Operation::Object(ObjectOperation::Create { .. }) => true,
        _ => false,
    }
}

fn takes_what_is_read(step: &Step) -> bool {
    step.uses.unique_until.is_some()
        || matches!(
            step.operation,
            Operation::Column(ColumnOperation::Drop { .. } | ColumnOperation::Rename { .. })
                | Operation::Table(TableOperation::Drop { .. } | TableOperation::Rename { .. })
                | Operation::Object(ObjectOperation::Drop { .. })
                | Operation::Type(TypeOperation::RenameValue { .. })
        )
}
