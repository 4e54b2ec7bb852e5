//! The schemas that a framework wrote down, laid over what replaying gives, and what is said about the two.

use std::collections::{BTreeSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::relative;
use crate::framework::{Found, Framework, FrameworkError, WrittenSchemas};
use crate::schema::{Difference, Schema};

/// How many are held in memory at once: each may be as big as the history's whole schema.
const AT_ONCE: usize = 32;
/// How many differences of one file are named.
const NAMED: usize = 4;

/// What is written down where a run needs it: before each migration in scope.
pub(super) struct WrittenDown {
    schemas: Box<dyn WrittenSchemas>,
    /// After which migrations one is needed, those that were read not any more.
    needed: VecDeque<usize>,
    read: VecDeque<(usize, Result<Schema, FrameworkError>)>,
    /// The last one over the replay, with what ran since.
    schema: Option<Schema>,
    /// What has been said in this run.
    said: BTreeSet<String>,
    /// What is to be said at the next migration in scope.
    waiting: Vec<(Utf8PathBuf, Said)>,
}

enum Said {
    Differences(Vec<Difference>),
    Unreadable(String),
}

impl WrittenDown {
    /// `continues` is true for a migration that is a later part of a sequence: what was written down beside the part
    /// before it is the schema before or after the whole sequence, not between them.
    pub(super) fn new(
        framework: &Framework,
        history: &[Found],
        in_scope: &(dyn Fn(&Found) -> bool + Sync),
        continues: &dyn Fn(usize) -> bool,
    ) -> Self {
        let schemas = framework.folder.written_schemas(history);
        let mut needed = VecDeque::new();
        let mut last = None;
        for (at, found) in history.iter().enumerate() {
            if let Some(before) = last.filter(|_| in_scope(found)) {
                needed.push_back(before);
                last = None;
            }
            let between = || at + 1 < history.len() && continues(at + 1);
            if schemas.file(at).is_some() && !between() {
                last = Some(at);
            }
        }
        WrittenDown { schemas, needed, read: VecDeque::new(), schema: None, said: BTreeSet::new(), waiting: Vec::new() }
    }

    /// The catalog to judge a migration by, where one was written down before it.
    pub(super) fn schema(&mut self) -> Option<&mut Schema> {
        self.schema.as_mut()
    }

    pub(super) fn begin_migration(&mut self) {
        self.schema.iter_mut().for_each(Schema::begin_migration);
    }

    /// To be called when the migration at `at` has been replayed. Each is laid over the replay alone, so that what an
    /// earlier one said otherwise is forgotten.
    pub(super) fn lay_over(&mut self, replayed: &Schema, at: usize) {
        if self.read.is_empty() && self.needed.front() == Some(&at) {
            let some: Vec<usize> = self.needed.drain(..self.needed.len().min(AT_ONCE)).collect();
            let schemas = &self.schemas;
            self.read = some.into_par_iter().map(|at| (at, schemas.after(at))).collect::<Vec<_>>().into();
        }
        if self.read.front().is_none_or(|(wanted, _)| *wanted != at) {
            return;
        }
        let Some((_, written)) = self.read.pop_front() else { return };
        let Some(file) = self.schemas.file(at) else { return };
        let said = match written {
            Ok(written) => {
                let mut schema = replayed.clone();
                let mut differences = schema.reconcile(&written);
                self.schema = Some(schema);
                differences.retain(|difference| self.said.insert(difference.to_string()));
                Said::Differences(differences)
            }
            Err(error) => Said::Unreadable(error.to_string()),
        };
        self.waiting.push((file.to_owned(), said));
    }

    /// What there is to say at a migration in scope, each thing once in a run.
    pub(super) fn notes(&mut self, base: &Utf8Path) -> Vec<String> {
        self.waiting.drain(..).filter_map(|(file, said)| note(&file, said, base)).collect()
    }
}

fn note(file: &Utf8Path, said: Said, base: &Utf8Path) -> Option<String> {
    let place = relative(file, base);
    match said {
        Said::Unreadable(why) => {
            Some(format!("{}: the schema is as the migrations make it", why.replace(file.as_str(), &place)))
        }
        Said::Differences(differences) if differences.is_empty() => None,
        Said::Differences(differences) => {
            let named: Vec<String> = differences.iter().take(NAMED).map(ToString::to_string).collect();
            let more = match differences.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            Some(format!(
                "{place} differs from what the migrations before make: {}{more}; the riskier of the two is assumed",
                named.join("; ")
            ))
        }
    }
}
