//! What to know of the gems before a sequence runs.

use std::collections::BTreeSet;

use super::assurance::left_to_its_author;
use super::effects::{Effect, EffectKind};
use super::gems::{Gem, Gems};
use super::insurance::{is_insured, sends_otherwise};
use super::migration_class::MigrationClass;
use crate::framework::Body;
use crate::source::SourceFile;

/// A sentence for each thing that they do to the files of a sequence, which comes of that text; or to that text itself, where
/// nothing comes of it.
pub(super) fn of(gems: &Gems, original: &str, bodies: &[Body]) -> Vec<String> {
    if bodies.is_empty() {
        return as_it_is(gems, original).into_iter().collect();
    }
    let mut notes = Vec::new();
    let stopping: Vec<&str> = gems.stopping().map(Gem::name).collect();
    let assured = |text: &str| text.matches("safety_assured").count();
    if !stopping.is_empty() && bodies.iter().map(|body| assured(&body.text)).sum::<usize>() > assured(original) {
        let verb = if stopping.len() == 1 { "stops" } else { "stop" };
        notes.push(format!(
            "{} {verb} at what stands in safety_assured, which safestep has looked at: it locks nothing for long",
            stopping.join(" and ")
        ));
    }
    for (gem, method) in left(gems, bodies) {
        notes.push(format!("{} stops at {method}: put it into safety_assured once no running code minds", gem.name()));
    }
    if gems.has(Gem::OnlineMigrations) && bodies.iter().any(|body| body.text.contains("connection.add_index")) {
        notes.push(
            "builds are called on the connection: online_migrations gives what is called on the migration a lock_timeout, \
             which cuts a build that waits for an older transaction"
                .to_owned(),
        );
    }
    if gems.has(Gem::SafePgMigrations) {
        notes.push(
            "safe-pg-migrations runs each file without Rails' transaction: where a run is killed between a step and its row \
             in schema_migrations, the step runs again, and one that SQL does says that it is done"
                .to_owned(),
        );
    } else if sends_otherwise(gems) {
        notes.push(
            "strong_migrations is safe by default: what it would do in other statements and transactions is in steps of its \
             own here, or SQL"
                .to_owned(),
        );
    }
    notes
}

/// What a gem sends for a migration that stays as it is.
fn as_it_is(gems: &Gems, text: &str) -> Option<String> {
    let gem = [Gem::SafePgMigrations, Gem::StrongMigrations].into_iter().find(|gem| gems.has(*gem))?;
    let methods = effects(text).into_iter().filter_map(|effect| match effect.kind {
        EffectKind::Schema(call) if is_insured(&call.method, gems.has(Gem::SafePgMigrations)) => Some(call.method),
        _ => None,
    });
    let methods: BTreeSet<String> = methods.filter(|_| sends_otherwise(gems)).collect();
    let methods: Vec<String> = methods.into_iter().collect();
    (!methods.is_empty())
        .then(|| format!("{} makes {} safe while it runs, so it stays as it is", gem.name(), methods.join(" and ")))
}

/// What a file does.
fn effects(text: &str) -> Vec<Effect> {
    let run = MigrationClass::read(SourceFile::new("", text), None).ok().and_then(|class| class.up);
    run.map(|run| run.effects).unwrap_or_default()
}

/// The methods at which a gem stops, and that are left to their author.
fn left(gems: &Gems, bodies: &[Body]) -> BTreeSet<(Gem, String)> {
    let mut left = BTreeSet::new();
    for body in bodies {
        // What the place adds to its name is not Ruby.
        for effect in effects(&body.text.replace('\0', "_")) {
            if let EffectKind::Schema(call) = &effect.kind
                && !effect.is_assured
                && let Some(gem) = left_to_its_author(call, gems)
            {
                left.insert((gem, call.method.clone()));
            }
        }
    }
    left
}
