//! Where files go: `NAME` for a single one, `NAME_NN_words` for several, and behind the last migration what replaces none.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::migration::Migration;
use super::super::seconds;
use super::super::{Body, Found, FrameworkError, Incoming, LaidOut, Place, Placed, Placement};
use super::FILE;

/// The longest folder name in bytes: the ledger's column and most file systems.
const MAX_NAME: usize = 255;

pub(super) struct ByName;

impl Place for ByName {
    fn place(
        &self,
        history: &[Found],
        _in_scope: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError> {
        let mut last = history.last().map(|found| found.name.clone());
        let mut placed = Vec::new();
        for incoming in incoming {
            let files = match incoming.replaces {
                Some(migration) => in_place_of(migration, incoming),
                None => behind(last.as_deref().unwrap_or_default(), history, incoming),
            };
            if incoming.replaces.is_none() {
                last = files.last().map(|file| file.name.clone()).or(last);
            }
            placed.push(Placed { files, ..Placed::default() });
        }
        Ok(Placement::Placed(placed))
    }
}

fn in_place_of(migration: &Migration, incoming: &Incoming<'_>) -> Vec<LaidOut> {
    let folder = migration.path().parent().and_then(Utf8Path::parent).map(Utf8Path::to_owned).unwrap_or_default();
    let mut files = incoming.numbered(&migration.name, MAX_NAME, |name| path(&folder, name));
    if let [body, ..] = incoming.bodies
        && others_stand_beside(migration.path())
    {
        files[0] = body.at(&migration.name, path(&folder, &migration.name));
    }
    files
}

/// In the seconds behind the last migration, or from now on; without a time in its name, behind it by name.
fn behind(last: &str, history: &[Found], incoming: &Incoming<'_>) -> Vec<LaidOut> {
    let of_last = history.last().and_then(|found| found.file.parent()?.parent());
    let folder = of_last.map(Utf8Path::to_owned).unwrap_or_default();
    let time = last.get(..14).and_then(seconds::of);
    let first = time.map(|time| incoming.not_before.map_or(time + 1, |now| now.max(time + 1)));
    let file = |(at, body): (usize, &Body)| {
        let words = body.words.as_deref().unwrap_or("step");
        let version = match first {
            Some(first) => seconds::text(first + i64::try_from(at).unwrap_or_default()),
            None => format!("{last}_{:02}", at + 1),
        };
        let name = format!("{version}_{words}");
        body.at(&name, path(&folder, &name))
    };
    incoming.bodies.iter().enumerate().map(file).collect()
}

/// True when the migration's folder holds more than the migration, such as a `down.sql`: then the folder stays, as the
/// first of the sequence, because Prisma refuses a folder without a `migration.sql`.
pub(super) fn others_stand_beside(file: &Utf8Path) -> bool {
    let entries = file.parent().and_then(|folder| folder.read_dir_utf8().ok());
    entries.into_iter().flatten().flatten().any(|entry| entry.file_name() != FILE)
}

fn path(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    folder.join(name).join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::NAME;
    use crate::plan::Sequence;

    #[test]
    fn what_replaces_nothing_comes_behind_the_last() {
        let sequence = Sequence::default();
        let bodies = ["drop_x", "drop_y"].map(|words| Body { words: Some(words.into()), text: NAME.into(), block: 0 });
        let incoming =
            [Incoming { replaces: None, sequence: &sequence, bodies: &bodies, behind: None, not_before: None }];
        for (last, expected) in [
            ("20260101235959_a", ["20260102000000_drop_x", "20260102000001_drop_y"]),
            ("a", ["a_01_drop_x", "a_02_drop_y"]),
        ] {
            let history = [Found::next(last.into(), format!("m/{last}/migration.sql").into())];
            let placed = ByName.place(&history, &|_| true, &incoming).unwrap();
            let Placement::Placed(placed) = placed else { panic!("{placed:?}") };
            let files = placed[0].files.iter();
            let files: Vec<(String, &str)> = files.map(|file| (file.path.to_string(), file.content.as_str())).collect();
            let expected = expected.map(|name| (format!("m/{name}/migration.sql"), name));
            assert_eq!(files, expected);
        }
    }
}
