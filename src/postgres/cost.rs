//! What an operation costs those who use its tables, and the cost of several.

use super::LockMode;
use crate::operation::QualifiedName;
use crate::schema::same;

/// What running an operation does to those who use its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The locks on existing relations, each relation once with its strongest lock, ROW SHARE and weaker left out.
    pub locks: Vec<(QualifiedName, LockMode)>,
    /// The work done while they are held.
    pub work: Work,
    /// False when PostgreSQL refuses the operation inside a transaction block.
    pub in_transaction: bool,
    /// True when it is known to fail on a table that has rows, such as ADD COLUMN … NOT NULL without a default, or to
    /// fail in any case, such as CREATE INDEX CONCURRENTLY on a partitioned table.
    pub fails_on_rows: bool,
}

/// The work of an operation, by what it grows with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The same for any size.
    Constant,
    /// Every row of the tables is read.
    Scan(Vec<QualifiedName>),
    /// Every row of the tables is written anew, with all their indexes.
    Rewrite(Vec<QualifiedName>),
    /// Existing or new indexes of the table are built.
    Build(QualifiedName),
    /// Rows are changed by a data statement.
    Rows,
    /// Not known: take the worst.
    Unknown,
}

impl Effects {
    /// The strongest lock.
    pub fn strongest(&self) -> Option<LockMode> {
        self.locks.iter().map(|(_, mode)| *mode).max()
    }

    /// True when a lock blocks writes or reads while work grows with the table, or when nothing is known.
    pub fn is_unsafe(&self) -> bool {
        let strong = self.strongest().is_some_and(LockMode::blocks_writes);
        self.work == Work::Unknown || (self.work != Work::Constant && strong)
    }

    /// No locks, no work.
    pub fn none() -> Self {
        Effects { locks: Vec::new(), work: Work::Constant, in_transaction: true, fails_on_rows: false }
    }

    pub(super) fn add_lock(&mut self, relation: &QualifiedName, mode: LockMode) {
        if mode < LockMode::RowExclusive {
            return;
        }
        match self.locks.iter_mut().find(|(name, _)| same(name, relation)) {
            Some((_, held)) => *held = mode.max(*held),
            None => self.locks.push((relation.clone(), mode)),
        }
    }

    pub(super) fn add_work(&mut self, more: Work) {
        let before = std::mem::replace(&mut self.work, Work::Constant);
        self.work = heavier(before, more);
    }

    /// These effects and then those of a later operation of the same transaction: locks are kept to its end
    /// (documentation, 13.3.1), so the later work is done under the earlier locks.
    pub fn then(mut self, later: Effects) -> Effects {
        for (relation, mode) in &later.locks {
            self.add_lock(relation, *mode);
        }
        self.add_work(later.work);
        self.in_transaction &= later.in_transaction;
        self.fails_on_rows |= later.fails_on_rows;
        self
    }
}

/// Both works as one: of two kinds the heavier, of one kind all its tables.
fn heavier(a: Work, b: Work) -> Work {
    match (a.normal(), b.normal()) {
        (Work::Unknown, _) | (_, Work::Unknown) => Work::Unknown,
        (Work::Constant, other) | (other, Work::Constant) => other,
        (Work::Rewrite(a), Work::Rewrite(b)) => Work::Rewrite(joined(a, b)),
        (Work::Rewrite(tables), _) | (_, Work::Rewrite(tables)) => Work::Rewrite(tables),
        (Work::Rows, _) | (_, Work::Rows) => Work::Rows,
        (Work::Build(a), Work::Build(b)) if same(&a, &b) => Work::Build(a),
        (Work::Build(a), Work::Build(b)) => Work::Scan(vec![a, b]),
        (Work::Build(table), Work::Scan(tables)) | (Work::Scan(tables), Work::Build(table)) => {
            Work::Scan(joined(tables, vec![table]))
        }
        (Work::Scan(a), Work::Scan(b)) => Work::Scan(joined(a, b)),
    }
}

impl Work {
    /// A scan or rewrite of no table is no work.
    fn normal(self) -> Work {
        match self {
            Work::Scan(tables) | Work::Rewrite(tables) if tables.is_empty() => Work::Constant,
            Work::Constant | Work::Scan(_) | Work::Rewrite(_) | Work::Build(_) | Work::Rows | Work::Unknown => self,
        }
    }
}

fn joined(mut a: Vec<QualifiedName>, b: Vec<QualifiedName>) -> Vec<QualifiedName> {
    for name in b {
        if !a.iter().any(|n| same(n, &name)) {
            a.push(name);
        }
    }
    a
}
