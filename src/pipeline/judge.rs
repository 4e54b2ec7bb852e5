//! The history, one migration after the other: what each of them meets, and what the rules say of those in scope.

use std::sync::Arc;

use super::ancestry::Ancestry;
use super::continued::{Before, continues_on_disk};
use super::deferring::{self, Deferring};
use super::draft::{Draft, Planned};
use super::findings::{self, Findings};
use super::planning::{self, Around};
use super::remarks::Remarks;
use super::written_schema::WrittenDown;
use super::{Options, Wanted, layout_settings, session, settings};
use crate::framework::header::begins;
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError, Variables};
use crate::plan::Sequence;
use crate::project::Phases;
use crate::rewrite::Settings;
use crate::schema::Schema;

/// Replays a history and judges the migrations in scope, each against the catalog that it meets.
pub(super) struct Judge<'a> {
    framework: &'a Framework,
    history: &'a [Found],
    in_scope: &'a (dyn Fn(&Found) -> bool + Sync),
    options: &'a Options,
    settings: Settings,
    deferring: Option<Deferring>,
    remarks: Remarks,
    /// What the migrations before leave.
    schema: Schema,
    written_down: WrittenDown,
    ancestry: Option<Ancestry<'a>>,
    before: Before,
}

impl<'a> Judge<'a> {
    /// Reads what the project says around its migrations; what cannot be used of it goes to `errors`.
    pub(super) fn new(
        framework: &'a Framework,
        history: &'a [Found],
        in_scope: &'a (dyn Fn(&Found) -> bool + Sync),
        options: &'a Options,
        variables: &'a Variables,
        errors: &mut Vec<FrameworkError>,
    ) -> Self {
        let deferring = Deferring::of(framework, history, errors);
        let continues = |at: usize| continues_on_disk(framework, history, at);
        Judge {
            settings: Settings {
                has_swaps: deferring.as_ref().is_some_and(Deferring::keeps_swaps),
                ..settings(&options.config, deferring.as_ref().is_some_and(Deferring::has_model))
            },
            deferring,
            remarks: Remarks::of(framework, history, &options.base, errors),
            schema: Schema::default(),
            written_down: WrittenDown::new(framework, history, in_scope, &continues),
            ancestry: Ancestry::of(framework, history, variables),
            before: Before::default(),
            framework,
            history,
            in_scope,
            options,
        }
    }

    /// What is kept of sequences that wait.
    pub(super) fn deferring(&self) -> Option<&Deferring> {
        self.deferring.as_ref()
    }

    /// The migrations of a batch that begins at `first`, each with its place and whether it is a later part of what the one
    /// before it begins.
    pub(super) fn in_order(
        &mut self,
        first: usize,
        read: Vec<Result<Migration, FrameworkError>>,
    ) -> impl Iterator<Item = (usize, bool, Result<Migration, FrameworkError>)> + use<> {
        let continued = self.before.continued(&read);
        (first..).zip(continued).zip(read).map(|((at, continues), migration)| (at, continues, migration))
    }

    /// The next migration of the history: what the rules say of it, where it is in scope. It is replayed.
    ///
    /// # Errors
    /// Why it could not be read; the catalog is as before then.
    pub(super) fn meet(
        &mut self,
        at: usize,
        continues: bool,
        migration: Result<Migration, FrameworkError>,
    ) -> Result<Option<Judged>, FrameworkError> {
        if let Some(ancestry) = &mut self.ancestry {
            self.schema = ancestry.before(at);
        }
        if !continues {
            self.schema.begin_migration();
            self.written_down.begin_migration();
            if migration.as_ref().is_ok_and(|migration| begins(&migration.headers)) {
                self.schema.begin_sequence();
            }
        }
        if let Some(deferring) = &mut self.deferring {
            let reserved = deferring.reserved(self.history, at);
            self.written_down.schema().into_iter().for_each(|known| known.reserve(Arc::clone(&reserved)));
            self.schema.reserve(reserved);
        }
        let judged = migration.map(|migration| {
            let migration =
                met(self.framework, migration, self.written_down.schema().map_or(&self.schema, |known| &*known));
            match (self.in_scope)(&self.history[at]) {
                true => Some(self.judged(migration)),
                false => {
                    self.replay(migration);
                    None
                }
            }
        });
        self.written_down.lay_over(&self.schema, at);
        if let Some(ancestry) = &mut self.ancestry {
            ancestry.keep(at, &self.schema);
        }
        judged
    }

    /// One in scope, which is replayed in both catalogs.
    fn judged(&mut self, mut migration: Migration) -> Judged {
        let mut notes = self.written_down.notes(&self.options.base);
        session::resolve(&mut migration, self.written_down.schema().map_or(&self.schema, |known| &*known));
        let known = match self.written_down.schema() {
            Some(known) => {
                migration.items.iter().for_each(|item| self.schema.apply(&item.operation));
                known
            }
            None => &mut self.schema,
        };
        let before = known.clone();
        let config = &self.options.config;
        let mut findings = self.remarks.heed(findings::find(&migration, known, &self.settings, config));
        if let Some(deferring) = self.deferring.as_ref().filter(|_| config.phases == Phases::Deferred) {
            let mut settings = self.settings.clone();
            findings = loop {
                match deferring.heed(&migration, findings, &before, &self.options.base) {
                    Ok(findings) => break findings,
                    Err(stays) => settings.stays.extend(stays),
                }
                findings = self.remarks.heed(findings::find(&migration, &mut before.clone(), &settings, config));
            };
        }
        notes.extend(self.remarks.notes.iter().filter(|_| findings.is_rewritten()).cloned());
        notes.extend(self.remarks.on_blocks(&migration));
        let before = findings.is_rewritten().then_some(before);
        Judged { migration, before, findings, notes }
    }

    fn replay(&mut self, mut migration: Migration) {
        session::resolve(&mut migration, &self.schema);
        let known = self.written_down.schema().into_iter().chain([&mut self.schema]);
        known.for_each(|schema| migration.items.iter().for_each(|item| schema.apply(&item.operation)));
    }
}

/// A migration as it reads where it meets that catalog.
fn met(framework: &Framework, migration: Migration, before: &Schema) -> Migration {
    framework.folder.read_against(&migration, before).unwrap_or(migration)
}

/// A migration with what the rules say.
pub(super) struct Judged {
    migration: Migration,
    /// The catalog before it, where something is rewritten.
    before: Option<Schema>,
    findings: Findings,
    notes: Vec<String>,
}

impl Judged {
    /// The order of its steps, and how the framework writes them.
    pub(super) fn plan(self, framework: &Framework, wanted: Wanted, options: &Options) -> Planned {
        let Judged { migration, before, findings, notes } = self;
        let (findings, sequence, after_expand) = match before {
            Some(before) => {
                let around = Around::new(&migration, &before, options.config.postgres);
                let (findings, sequence) =
                    planning::plan(&migration, findings, &around, framework.runner, options.config.postgres);
                let has_phases = findings.deferrals().next().is_some();
                let after_expand = has_phases.then(|| deferring::after_expand(&before, &sequence));
                (findings, sequence, after_expand)
            }
            None => (findings, Sequence::default(), None),
        };
        let settings = layout_settings(&options.config);
        let how = (wanted, options.config.phases);
        let mut draft = Draft::of(framework, migration, findings, sequence, settings, how);
        (draft.notes, draft.after_expand) = (notes, after_expand);
        match draft.is_empty() {
            true => Planned::Finished(Box::new(draft.outcome(framework, Vec::new(), wanted, options))),
            false => Planned::Draft(Box::new(draft)),
        }
    }
}
