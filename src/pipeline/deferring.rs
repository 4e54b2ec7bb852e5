//! Phases that wait for a deploy: whether the project can keep them, what waits already, and how its model follows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

use super::findings::Findings;
use super::relative;
use crate::deferred::{DeferredError, PhaseState, Sequence, sequences};
use crate::framework::deferral::{Deferral, Model, NotKept, OnDisk, Texts};
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError};
use crate::plan::{self, Owned, Phase};
use crate::schema::{Reserved, ReservedObject, Schema};

/// A project that keeps phases.
pub(super) struct Deferring {
    pub deferral: &'static dyn Deferral,
    /// The folder of all sequences.
    pub folder: Utf8PathBuf,
    migrations: Utf8PathBuf,
    /// The files with the model, as they are on disk; those that may be anywhere are looked for when something waits.
    model: OnceLock<Texts>,
    has_model: bool,
    waiting: Vec<Waiting>,
    /// What the migration before had to leave alone, and which sequences that was of.
    reserved: (Vec<usize>, Arc<[Reserved]>),
}

/// A sequence of which phases wait.
struct Waiting {
    /// The files of it that are among the migrations.
    released: HashSet<String>,
    /// The place of the migration that it follows, where that is known.
    after: Option<usize>,
    /// What others have to leave alone meanwhile.
    reserved: Vec<Reserved>,
}

impl Waiting {
    /// `places` tells where the migrations of the history are.
    fn of(sequence: &Sequence, places: &HashMap<&str, usize>) -> Option<Waiting> {
        sequence.next()?;
        let name: Arc<str> = sequence.migration.as_str().into();
        let objects = sequence.owns().into_iter().flat_map(reserved_objects);
        Some(Waiting {
            released: sequence.phases.iter().flat_map(released).cloned().collect(),
            after: sequence.after.as_ref().and_then(|after| places.get(after.as_str()).copied()),
            reserved: objects.map(|what| Reserved { what, sequence: Arc::clone(&name) }).collect(),
        })
    }

    /// It stands before a migration, and that one is none of its own.
    fn is_before(&self, found: &Found, at: usize) -> bool {
        !self.released.contains(&found.name) && self.after.is_none_or(|after| after < at)
    }
}

impl Deferring {
    /// `None` where phases cannot wait: the framework has no place for them, or nothing says what the application uses.
    pub fn of(framework: &Framework, history: &[Found], errors: &mut Vec<FrameworkError>) -> Option<Deferring> {
        let deferral = framework.deferral?;
        let migrations = deferral.migrations(history.last()?);
        let folder = deferral.folder(&migrations);
        let model = match deferral.waits_without_model() {
            true => Ok(OnceLock::new()),
            false => deferral.model_files(&migrations, &OnDisk).map(OnceLock::from),
        };
        match (model, sequences(&folder)) {
            (Ok(model), Ok(waiting)) => {
                let mut places = HashMap::new();
                for (at, found) in history.iter().enumerate().filter(|_| !waiting.is_empty()) {
                    places.entry(found.name.as_str()).or_insert(at);
                }
                let waiting = waiting.iter().filter_map(|(_, sequence)| Waiting::of(sequence, &places)).collect();
                let has_model = model.get().is_none_or(|files: &Texts| !files.is_empty());
                let reserved = (Vec::new(), [].into());
                Some(Deferring { deferral, folder, migrations, model, has_model, waiting, reserved })
            }
            // what cannot be read cannot be kept in step
            (Err(_), _) => None,
            (Ok(_), Err(error)) => {
                errors.push(as_framework_error(error));
                None
            }
        }
    }

    /// Phases can wait: something says what the application uses, where that is needed.
    pub fn has_model(&self) -> bool {
        self.has_model
    }

    /// What takes another one's name can wait as well.
    pub fn keeps_swaps(&self) -> bool {
        self.has_model() && self.deferral.keeps_swaps()
    }

    /// What the application's files say.
    pub fn model(&self) -> Box<dyn Model> {
        let found = || self.deferral.model_files(&self.migrations, &OnDisk).unwrap_or_default();
        self.deferral.model(self.model.get_or_init(found).clone())
    }

    /// What a migration has to leave alone, because a sequence before it waits.
    pub fn reserved(&mut self, history: &[Found], at: usize) -> Arc<[Reserved]> {
        let is_before = |place: &usize| self.waiting[*place].is_before(&history[at], at);
        let before: Vec<usize> = (0..self.waiting.len()).filter(is_before).collect();
        if before != self.reserved.0 {
            let all = before.iter().flat_map(|place| &self.waiting[*place].reserved).cloned().collect();
            self.reserved = (before, all);
        }
        Arc::clone(&self.reserved.1)
    }

    /// The findings, where what they let wait can wait in this project; else the items that cannot, and why. `before` is the catalog
    /// before the migration, and paths are told as from `base`.
    pub fn heed(
        &self,
        migration: &Migration,
        mut findings: Findings,
        before: &Schema,
        base: &Utf8Path,
    ) -> Result<Findings, BTreeMap<usize, String>> {
        let waiting: Vec<(usize, Owned)> =
            findings.waiting().flat_map(|(item, owns)| owns.into_iter().map(move |owned| (item, owned))).collect();
        if waiting.is_empty() {
            return Ok(findings);
        }
        let own = self.folder.join(self.deferral.called(migration));
        let other = own.exists().then(|| format!("{} is there already", relative(&own, base)));
        let leaves_nothing = findings.steps.iter().all(|step| step.phase != Phase::Expand);
        let must_stay = other
            .or_else(|| self.deferral.must_stay(migration).filter(|_| leaves_nothing))
            .or_else(|| self.deferral.is_whole(migration));
        if let Some(why) = must_stay {
            return Err(waiting
                .iter()
                .flat_map(|(item, _)| findings.with_claims(*item))
                .map(|at| (at, why.clone()))
                .collect());
        }
        if let Err(NotKept { at, why }) = self.kept(&findings, &waiting, &migration.name, before) {
            return Err(findings.with_claims(waiting[at].0).into_iter().map(|at| (at, why.clone())).collect());
        }
        for (item, owned) in waiting {
            let model = self.model();
            let cheapest =
                model.mapped(&owned).map(|how| format!("a new name in the code alone needs no migration: {how}"));
            let notes = model.by_hand(&owned).into_iter().chain(cheapest);
            notes.for_each(|note| findings.add_note(item, &note.replace(&format!("{base}/"), "")));
        }
        Ok(findings)
    }

    /// The model can say what waits; `before` is the catalog before the migration.
    fn kept(
        &self,
        findings: &Findings,
        waiting: &[(usize, Owned)],
        migration: &str,
        before: &Schema,
    ) -> Result<(), NotKept> {
        let mut now = before.clone();
        let steps = findings.steps.iter().filter(|step| step.phase == Phase::Expand);
        steps.for_each(|step| now.apply(&step.operation));
        let owns: Vec<Owned> = waiting.iter().map(|(_, owned)| owned.clone()).collect();
        self.model().keep_unused(&owns, migration, &now)
    }
}

/// What of a sequence others leave alone.
fn reserved_objects(owned: Owned) -> Vec<ReservedObject> {
    match owned {
        Owned::Column { table, column, becomes } => {
            let to = becomes.map(|column| ReservedObject::Column { table: table.clone(), column, stays: true });
            std::iter::once(ReservedObject::Column { table, column, stays: false }).chain(to).collect()
        }
        Owned::Table { table } => vec![ReservedObject::Table(table)],
        Owned::Name { name, table } => vec![ReservedObject::Name { name, table }],
        Owned::Type { name } => vec![ReservedObject::Type(name)],
        Owned::Labels { name, second, .. } => vec![ReservedObject::Type(name), ReservedObject::Type(second)],
        // what is built on the first one would not be on the second
        Owned::Shadow { table, column, of } => {
            [column, of].map(|column| ReservedObject::Column { table: table.clone(), column, stays: false }).into()
        }
    }
}

/// The files of a phase that is among the migrations.
fn released(phase: &crate::deferred::StoredPhase) -> &[String] {
    match phase.state {
        PhaseState::Released => &phase.files,
        PhaseState::Waiting => &[],
    }
}

/// The catalog once the first phase has run.
pub(super) fn after_expand(before: &Schema, sequence: &plan::Sequence) -> Schema {
    let mut schema = before.clone();
    let now = sequence.units.iter().filter(|unit| unit.phase == Phase::Expand).flat_map(|unit| &unit.steps);
    now.for_each(|step| schema.apply(&step.operation));
    schema
}

fn as_framework_error(error: DeferredError) -> FrameworkError {
    match error {
        DeferredError::Source(error) => error.into(),
        DeferredError::Framework(error) => error,
        DeferredError::Unlistable { path, source } => FrameworkError::Unlistable { path, source },
        DeferredError::Unusable { path, why } => FrameworkError::Unusable { path, why },
    }
}
