//! The parts of a migration in the layout of 1.0: a folder for each, in the seconds before the migration's own. They have no
//! snapshot: drizzle-kit goes from one snapshot to the next and does not ask for one in each folder.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::{Found, FrameworkError, Replaced};
use super::{FILE, no_room, seconds};

pub(super) fn place(history: &[Found], replaced: &mut [Replaced<'_>]) -> Result<(), FrameworkError> {
    for replaced in replaced {
        if replaced.files.len() == 1 {
            continue;
        }
        let own = replaced.migration.path().clone();
        let (folder, root) = (parent(&own), parent(&parent(&own)));
        let at = history.iter().position(|found| found.file == own);
        let before = at.and_then(|at| at.checked_sub(1)).map(|before| history[before].name.as_str());
        let parts = replaced.files.len();
        for (at, file) in replaced.files.iter_mut().take(parts - 1).enumerate() {
            let time = replaced.migration.name.get(..14).and_then(|own| seconds::earlier(own, parts - 1 - at));
            let Some(time) = time else {
                return Err(no_room(&folder, "its name begins with no time that could be counted back from"));
            };
            if let Some(before) = before.filter(|before| before.get(..14).is_none_or(|before| before >= time.as_str()))
            {
                return Err(no_room(&folder, &format!("there are not {} seconds between it and {before}", parts - 1)));
            }
            let name = format!("{time}_{}", file.path.file_name().unwrap_or_default());
            file.path = root.join(name).join(FILE);
        }
    }
    Ok(())
}

fn parent(path: &Utf8Path) -> Utf8PathBuf {
    path.parent().map(Utf8Path::to_owned).unwrap_or_default()
}
