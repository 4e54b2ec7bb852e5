//! What stands between two phases: a deploy, and what shows that it is out.

use std::ops::Range;

use super::sequence::Sequence;
use super::step::Phase;
use crate::operation::{Ident, QualifiedName};
use crate::sql::literal;

/// What must be true before a phase may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What the deploy before it has to bring, as the end of "after …".
    pub deploy: String,
    /// What a database says of it.
    pub checks: Vec<Check>,
    /// How to go back while the phase still waits, as a sentence.
    pub undo: String,
}

/// A query that must find nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is true when it finds nothing.
    pub condition: String,
    /// The query.
    pub query: String,
}

/// What a sequence has to itself until its last phase is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    /// A column that goes.
    Column {
        /// Its table.
        table: QualifiedName,
        /// The column.
        column: Ident,
        /// The column that takes its place, where one does.
        becomes: Option<Ident>,
    },
    /// A table that goes.
    Table {
        /// The table.
        table: QualifiedName,
    },
    /// The name that a table had before: a view has it until it goes.
    Name {
        /// The name.
        name: QualifiedName,
        /// The table.
        table: QualifiedName,
    },
    /// A type that goes with what is of it.
    Type {
        /// The type.
        name: QualifiedName,
    },
    /// Labels that an enum loses: a second type without them takes its name.
    Labels {
        /// The enum.
        name: QualifiedName,
        /// The labels, without quotes.
        labels: Vec<String>,
        /// What the second type is called until then.
        second: QualifiedName,
    },
    /// A second column, of another type, that takes the first one's name. No code knows it before.
    Shadow {
        /// The table.
        table: QualifiedName,
        /// The second column.
        column: Ident,
        /// The first one.
        of: Ident,
    },
}

impl std::fmt::Display for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => write!(f, "{table}.{column}"),
            Owned::Table { table } => write!(f, "{table}"),
            Owned::Type { name } | Owned::Name { name, .. } => write!(f, "{name}"),
            Owned::Labels { name, labels, .. } => {
                let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
                write!(f, "{} of {name}", labels.join(", "))
            }
        }
    }
}

/// What later phases of a rewrite wait for, and what waits with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    /// What must be true before its last phase.
    pub gate: Gate,
    /// What no running code uses any more by then, and what goes.
    pub owns: Vec<Owned>,
}

/// A phase of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhasePlan {
    /// Which one.
    pub phase: Phase,
    /// What must be true before it; nothing where it runs at once.
    pub gates: Vec<Gate>,
    /// Its units. None where the database stays as it is.
    pub units: Range<usize>,
}

impl PhasePlan {
    /// The phases of a sequence in which these rewrites wait. The first one runs at once, also where it has nothing to do.
    pub fn of<'a>(sequence: &Sequence, deferrals: impl IntoIterator<Item = &'a Deferral>) -> Vec<PhasePlan> {
        let gates: Vec<Gate> = deferrals.into_iter().map(|deferral| deferral.gate.clone()).collect();
        let mut plans = vec![PhasePlan { phase: Phase::Expand, gates: Vec::new(), units: 0..0 }];
        for (at, unit) in sequence.units.iter().enumerate() {
            match plans.last_mut().filter(|plan| plan.phase == unit.phase) {
                Some(plan) => plan.units.end = at + 1,
                None => plans.push(PhasePlan { phase: unit.phase, gates: gates.clone(), units: at..at + 1 }),
            }
        }
        plans
    }
}
