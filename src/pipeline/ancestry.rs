//! Histories with branches: the catalog that a migration meets is what its own ancestors made, not its siblings.

use std::collections::HashMap;

use super::session;
use crate::framework::{Found, Framework, Variables};
use crate::schema::Schema;

/// The catalogs that migrations still to come begin with.
pub(super) struct Ancestry<'a> {
    framework: &'a Framework,
    history: &'a [Found],
    variables: &'a Variables,
    /// The catalog behind a migration, while one that follows it is still to come.
    behind: HashMap<usize, Schema>,
    /// How many that follow a migration are still to come.
    to_come: Vec<usize>,
}

impl<'a> Ancestry<'a> {
    /// `None` where each migration follows the one before it.
    pub(super) fn of(framework: &'a Framework, history: &'a [Found], variables: &'a Variables) -> Option<Ancestry<'a>> {
        let is_next = |(at, found): (usize, &Found)| match &found.follows {
            None => true,
            Some(follows) => follows.as_slice() == at.checked_sub(1).as_slice(),
        };
        if history.iter().enumerate().all(is_next) {
            return None;
        }
        let mut to_come = vec![0; history.len()];
        (0..history.len()).for_each(|at| follows(history, at).into_iter().for_each(|one| to_come[one] += 1));
        Some(Ancestry { framework, history, variables, behind: HashMap::new(), to_come })
    }

    /// The catalog that a migration meets. Those before it in the history were [`Ancestry::keep`]t.
    pub(super) fn before(&mut self, at: usize) -> Schema {
        let follows = follows(self.history, at);
        let Some(last) = follows.iter().max().copied() else { return Schema::default() };
        let mut schema = self.behind.get(&last).cloned().unwrap_or_default();
        // What only the other ones of a merge have behind them.
        let known = self.ancestors(&[last]);
        let all = self.ancestors(&follows);
        for missing in (0..at).filter(|one| all[*one] && !known[*one]) {
            schema.begin_migration();
            // A file that cannot be read is said where its own turn comes.
            if let Ok(mut migration) = self.framework.read_with(&self.history[missing], self.variables) {
                session::resolve(&mut migration, &schema);
                migration.items.iter().for_each(|item| schema.apply(&item.operation));
            }
        }
        for one in follows {
            self.to_come[one] -= 1;
            if self.to_come[one] == 0 {
                self.behind.remove(&one);
            }
        }
        schema
    }

    /// Keeps the catalog behind a migration for those that follow it.
    pub(super) fn keep(&mut self, at: usize, schema: &Schema) {
        if self.to_come[at] > 0 {
            self.behind.insert(at, schema.clone());
        }
    }

    /// Which migrations these are or have behind them.
    fn ancestors(&self, of: &[usize]) -> Vec<bool> {
        let mut is_ancestor = vec![false; self.history.len()];
        let mut open = of.to_vec();
        while let Some(one) = open.pop() {
            if !std::mem::replace(&mut is_ancestor[one], true) {
                open.extend(follows(self.history, one));
            }
        }
        is_ancestor
    }
}

/// What a migration follows, by index.
fn follows(history: &[Found], at: usize) -> Vec<usize> {
    match &history[at].follows {
        Some(follows) => follows.clone(),
        None => at.checked_sub(1).into_iter().collect(),
    }
}
