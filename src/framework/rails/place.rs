//! Where the files of a sequence go: the first takes the place of the migration, the others stand behind it, below the next
//! migration of that database. Rails knows a migration by its version alone, so a database that ran the migration goes on
//! with the second file.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::file::SUFFIX;
use super::listing::{migrations, version};
use super::names::{FileName, Named, step_words, suffix_of_class};
use super::project::Project;
use super::schema_file;
use super::version::{Wanted, behind, versions};
use crate::framework::seconds;
use crate::framework::{
    Body, CompanionFiles, Found, FrameworkError, Incoming, LaidOut, NoRoom, Place, Placed, Placement,
};
use crate::source::SourceFile;

pub(super) struct BehindTheFirst;

impl Place for BehindTheFirst {
    /// The next migration may be too near.
    fn has_room_for_all(&self) -> bool {
        false
    }

    fn place(
        &self,
        history: &[Found],
        in_scope: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError> {
        let mut placed: Vec<Placed> = vec![Placed::default(); incoming.len()];
        for (at, released) in incoming.iter().enumerate().filter(|(_, one)| one.replaces.is_none()) {
            placed[at].files = behind_all(history, released);
        }
        let mut without = Vec::new();
        for migrations in by_database(history, in_scope, incoming) {
            let wanted: Vec<Wanted> = migrations.iter().map(|one| one.wanted).collect();
            let all = match versions(&wanted) {
                Ok(all) => all,
                Err((at, next)) => {
                    let is_several = |one: &&Migrated| one.incoming.is_some() && one.wanted.files > 1;
                    let first = migrations[..=at].iter().rev().find(is_several).and_then(|one| one.incoming);
                    let why = format!("{next} is the version of the next migration, and leaves no room before it");
                    without.extend(first.map(|at| NoRoom { at, why }));
                    continue;
                }
            };
            let mut names: BTreeSet<String> =
                migrations.iter().filter_map(|one| Some(file_name(&one.file)?.words.to_owned())).collect();
            let mut pushed_by = None;
            let mut changed = Changed::default();
            for (one, versions) in migrations.iter().zip(all) {
                pushed_by = one.incoming.or(pushed_by);
                let is_moved = versions.first() != Some(&one.wanted.version);
                if let Some(by) = pushed_by.filter(|_| is_moved || versions.len() > 1) {
                    changed.by.insert(one.wanted.version, by);
                    changed.versions.insert(one.wanted.version, versions.clone());
                }
                match (one.incoming, pushed_by) {
                    (Some(at), _) => placed[at].files = files(one, incoming[at].bodies, &versions, &mut names),
                    (None, Some(by)) if is_moved => moved(one, versions[0], &mut placed[by])?,
                    (None, _) => {}
                }
            }
            if let Some(first) = migrations.first() {
                written_down(&first.file, &changed, &mut placed)?;
            }
        }
        Ok(if without.is_empty() { Placement::Placed(placed) } else { Placement::NoRoom(without) })
    }
}

/// Migrations of a database that get other versions, or several.
#[derive(Default)]
struct Changed {
    versions: BTreeMap<u64, Vec<u64>>,
    /// The sequences that are why.
    by: BTreeMap<u64, usize>,
}

/// What Rails wrote down holds the new versions where it held the old ones: a database that is loaded from it has nothing
/// more to run.
fn written_down(file: &Utf8Path, changed: &Changed, placed: &mut [Placed]) -> Result<(), FrameworkError> {
    let Some(project) = Project::around(file) else { return Ok(()) };
    let Some(written) = project.database_of(file).and_then(|database| schema_file::of_database(&project, database))
    else {
        return Ok(());
    };
    let text = SourceFile::read(&written.path)?.text;
    let raised = schema_file::raised(&written.path, &text, &project.ledger, &changed.versions);
    let by = changed.by.range(..=written.version).next_back();
    if let (Some(raised), Some((_, by))) = (raised, by) {
        let name = written.path.file_name().unwrap_or_default();
        placed[*by].notes.push(format!("{name} holds the versions of the new files"));
        placed[*by].companions.before.push((written.path.clone(), text));
        placed[*by].companions.after.push((written.path, raised));
    }
    Ok(())
}

/// A migration on disk, and what comes in its place.
struct Migrated {
    /// What stands before the version in its name.
    prefix: String,
    file: Utf8PathBuf,
    incoming: Option<usize>,
    wanted: Wanted,
}

/// The migrations of each database, in their order.
fn by_database(
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    incoming: &[Incoming<'_>],
) -> Vec<Vec<Migrated>> {
    let replaced: BTreeMap<&Utf8Path, usize> =
        incoming.iter().enumerate().filter_map(|(at, one)| Some((one.replaces?.path().as_path(), at))).collect();
    let mut all: BTreeMap<Vec<Utf8PathBuf>, Vec<Migrated>> = BTreeMap::new();
    let mut add = |name: &str, file: &Utf8Path, is_new: bool| {
        let Some(version) = version(file) else { return };
        let project = Project::around(file);
        let folders =
            project.as_ref().and_then(|project| project.database_of(file)).map(|database| database.folders.clone());
        let at = replaced.get(file).copied();
        let files = at.map_or(1, |at| incoming[at].bodies.len());
        let wanted = Wanted { version, files, is_new };
        let prefix = name.rsplit_once('/').map(|(before, _)| format!("{before}/")).unwrap_or_default();
        all.entry(folders.unwrap_or_default()).or_default().push(Migrated {
            prefix,
            file: file.to_owned(),
            incoming: at,
            wanted,
        });
    };
    for found in history {
        add(&found.name, &found.file, in_scope(found));
    }
    let listed: HashSet<&Utf8Path> = history.iter().map(|found| found.file.as_path()).collect();
    for migration in incoming.iter().filter_map(|one| one.replaces) {
        if !listed.contains(migration.path().as_path()) {
            add(&migration.name, migration.path(), true);
        }
    }
    let mut all: Vec<_> = all.into_iter().collect();
    for (folders, migrated) in &mut all {
        // Folders of the same database that were not named.
        let mut named: HashSet<Utf8PathBuf> = migrated.iter().map(|one| one.file.clone()).collect();
        for file in folders.iter().flat_map(|folder| migrations(folder)) {
            if named.insert(file.clone())
                && let Some(version) = version(&file)
            {
                let wanted = Wanted { version, files: 1, is_new: false };
                migrated.push(Migrated { prefix: String::new(), file, incoming: None, wanted });
            }
        }
        migrated.sort_by_key(|one| one.wanted.version);
    }
    all.into_iter().map(|(_, migrated)| migrated).collect()
}

/// The files of a phase that is released, behind all migrations of the database that it belongs to, in the folder of the migration
/// that it comes from.
fn behind_all(history: &[Found], released: &Incoming<'_>) -> Vec<LaidOut> {
    let Some(beside) = released.behind.or_else(|| history.last()) else { return Vec::new() };
    let own =
        by_database(history, &|_| true, &[]).into_iter().find(|all| all.iter().any(|one| one.file == beside.file));
    let all = own.unwrap_or_default();
    let names: BTreeSet<&str> = all.iter().filter_map(|one| Some(file_name(&one.file)?.words)).collect();
    let highest = all.iter().map(|one| one.wanted.version).max().unwrap_or_default();
    let now = released.not_before.and_then(|now| seconds::text(now).parse().ok()).unwrap_or_default();
    let versions = behind(highest, now, released.bodies.len());
    let prefix = beside.name.rsplit_once('/').map_or_else(String::new, |(before, _)| format!("{before}/"));
    let place = |(body, version): (&Body, u64)| {
        let words = body.words.as_deref().unwrap_or_default();
        let more = if names.contains(words) { format!("_of_{version}") } else { String::new() };
        let path = beside.file.with_file_name(format!("{version}_{words}{more}.rb"));
        let text = body.text.replace(SUFFIX, &suffix_of_class(&more));
        Body { text, ..body.clone() }.at(&format!("{prefix}{version}"), path)
    };
    released.bodies.iter().zip(versions).map(place).collect()
}

fn file_name(file: &Utf8Path) -> Option<FileName<'_>> {
    match Named::of(file.file_name()?) {
        Named::Migration(name) => Some(name),
        Named::Illegal | Named::Other => None,
    }
}

fn files(one: &Migrated, bodies: &[Body], versions: &[u64], names: &mut BTreeSet<String>) -> Vec<LaidOut> {
    let Some(own) = file_name(&one.file) else { return Vec::new() };
    let place = |(number, (body, version)): (usize, (&Body, &u64))| {
        let words = match number {
            0 => own.words.to_owned(),
            _ => step_words(own.words, number + 1, *version, |words| names.contains(words)),
        };
        names.insert(words.clone());
        let path = match number {
            0 if *version == one.wanted.version => one.file.clone(),
            _ => own.beside(&one.file, *version, &words),
        };
        let text = body.text.replace(SUFFIX, &suffix_of_class(&words[own.words.len()..]));
        Body { text, ..body.clone() }.at(&format!("{}{version}", one.prefix), path)
    };
    bodies.iter().zip(versions).enumerate().map(place).collect()
}

/// A migration that a sequence is in the way of gets another version; nothing else in it changes.
fn moved(one: &Migrated, version: u64, by: &mut Placed) -> Result<(), FrameworkError> {
    let Some(own) = file_name(&one.file) else { return Ok(()) };
    let text = SourceFile::read(&one.file)?.text;
    let path = own.beside(&one.file, version, own.words);
    let name = |path: &Utf8Path| path.file_name().unwrap_or_default().to_owned();
    by.notes.push(format!("{} becomes {}: a step has its version", name(&one.file), name(&path)));
    let CompanionFiles { before, after } = &mut by.companions;
    before.push((one.file.clone(), text.clone()));
    after.push((path, text));
    Ok(())
}
