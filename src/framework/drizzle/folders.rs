//! The parts of a migration in the layout of 1.0: a folder for each, in the seconds around the migration's own. They have no
//! snapshot: drizzle-kit goes from one snapshot to the next and does not ask for one in each folder.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::{Found, LaidOut, NoRoom, Replaced};
use super::{FILE, seconds};

pub(super) fn place(history: &[Found], replaced: &mut [Replaced<'_>]) -> Vec<NoRoom> {
    let mut without = Vec::new();
    for (number, replaced) in replaced.iter_mut().enumerate() {
        let name = &replaced.migration.name;
        let own = replaced.migration.path();
        let (before, after) = beside(history, own);
        match paths(name, own, before, after, replaced.files) {
            Ok(paths) => replaced.files.iter_mut().zip(paths).for_each(|(file, path)| file.path = path),
            Err(why) => without.push(NoRoom { at: number, why }),
        }
    }
    without
}

/// The names of the migrations that run before and after one.
fn beside<'a>(history: &'a [Found], own: &Utf8Path) -> (Option<&'a str>, Option<&'a str>) {
    let Some(at) = history.iter().position(|found| found.file == own) else { return (None, None) };
    let name = |at: usize| history.get(at).map(|found| found.name.as_str());
    (at.checked_sub(1).and_then(name), name(at + 1))
}

/// The files' places, the one that has the migration's path already in its own second and the others around it.
fn paths(
    name: &str,
    own: &Utf8Path,
    before: Option<&str>,
    after: Option<&str>,
    files: &[LaidOut],
) -> Result<Vec<Utf8PathBuf>, String> {
    if files.len() == 1 {
        return Ok(vec![own.to_owned()]);
    }
    let root = parent(&parent(own));
    let time = name.get(..14).and_then(seconds::of).ok_or("its name begins with no time that could be counted from")?;
    let place = files.iter().position(|file| file.path == own).unwrap_or(files.len() - 1);
    let mut paths = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let offset = i64::try_from(at).unwrap_or(i64::MAX) - i64::try_from(place).unwrap_or_default();
        let time = seconds::text(time + offset);
        paths.push(match at == place {
            true => own.to_owned(),
            false => root.join(format!("{time}_{}", file.path.file_name().unwrap_or_default())).join(FILE),
        });
        let is_behind = |other: &str| other.get(..14).is_some_and(|other| other < time.as_str());
        if let Some(before) = before.filter(|before| at < place && !is_behind(before)) {
            return Err(format!("there are not {place} seconds between it and {before}"));
        }
        let is_ahead = |other: &str| other.get(..14).is_some_and(|other| other > time.as_str());
        if let Some(after) = after.filter(|after| at > place && !is_ahead(after)) {
            return Err(format!("there are not {} seconds between it and {after}", files.len() - 1 - place));
        }
    }
    Ok(paths)
}

fn parent(path: &Utf8Path) -> Utf8PathBuf {
    path.parent().map(Utf8Path::to_owned).unwrap_or_default()
}
