//! Where files go: in the journal between the entries beside them, or in folders a second apart.

mod folder_times;
mod numbering;
mod snapshot_ids;

use camino::Utf8Path;

use super::super::migration::Migration;
use super::super::{Found, FrameworkError, Incoming, Place, Placed, Placement};
use super::{FILE, journal, runners};

pub(super) struct InJournalOrFolders;

impl Place for InJournalOrFolders {
    fn has_room_for_all(&self) -> bool {
        false
    }

    /// The ledger knows folders by their names; files of a journal all have times before the migration's own.
    fn others_run_again(&self, migration: &Migration) -> bool {
        migration.path().file_name() == Some(FILE)
    }

    fn place(
        &self,
        history: &[Found],
        in_scope: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError> {
        let beside = history.first().and_then(|found| found.file.parent()).unwrap_or("".as_ref());
        let has_journal = journal::of(beside).is_file();
        let mut placed: Vec<Placed> = incoming.iter().map(in_its_place).collect();
        let without = match has_journal {
            _ if incoming.iter().all(keeps_its_place) => Vec::new(),
            true => numbering::place(beside, history, in_scope, incoming, &mut placed)?,
            false => folder_times::place(history, incoming, &mut placed),
        };
        if !without.is_empty() {
            return Ok(Placement::NoRoom(without));
        }
        let folder = if has_journal { Some(beside) } else { beside.parent() };
        runners::name(folder.unwrap_or("".as_ref()), &mut placed)?;
        Ok(Placement::Placed(placed))
    }
}

fn keeps_its_place(incoming: &Incoming<'_>) -> bool {
    incoming.replaces.is_some() && incoming.bodies.len() < 2
}

/// A single body takes the place of the migration that it replaces.
fn in_its_place(incoming: &Incoming<'_>) -> Placed {
    let file = match (incoming.replaces, incoming.bodies) {
        (Some(migration), [body]) => Some(body.at(&migration.name, migration.path().clone())),
        _ => None,
    };
    Placed { files: file.into_iter().collect(), ..Placed::default() }
}

fn parent(path: &Utf8Path) -> &Utf8Path {
    path.parent().unwrap_or("".as_ref())
}
