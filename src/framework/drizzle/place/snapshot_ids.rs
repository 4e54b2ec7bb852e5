//! The snapshots of the parts of a migration: each names the one before it, and the last is the migration's own.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::super::super::{CompanionFiles, FrameworkError};
use super::super::json;
use crate::source::{ByteSpan, SourceFile};

/// A snapshot with the two values that chain it.
pub(super) struct Snapshot {
    text: String,
    id: (String, ByteSpan),
    prev_id: (String, ByteSpan),
}

pub(super) fn path(folder: &Utf8Path, tag: &str) -> Utf8PathBuf {
    let prefix = tag.split('_').next().unwrap_or(tag);
    folder.join("meta").join(format!("{prefix}_snapshot.json"))
}

impl Snapshot {
    /// `None` when there is none.
    fn read(path: &Utf8Path) -> Result<Option<Snapshot>, FrameworkError> {
        if !path.is_file() {
            return Ok(None);
        }
        let text = SourceFile::read(path)?.text;
        let value = json::locate(&text);
        let string = |key: &str| {
            let span = value.as_ref()?.get(key)?.span;
            Some((serde_json::from_str::<String>(span.slice(&text)).ok()?, span))
        };
        match (string("id"), string("prevId")) {
            (Some(id), Some(prev_id)) => Ok(Some(Snapshot { text, id, prev_id })),
            _ => Err(FrameworkError::Unusable {
                path: path.to_owned(),
                why: "has no `id` and `prevId` as drizzle-kit writes them: run `drizzle-kit up`".into(),
            }),
        }
    }

    fn with(&self, id: &str, prev_id: &str) -> String {
        let changes = vec![(self.id.1, format!("\"{id}\"")), (self.prev_id.1, format!("\"{prev_id}\""))];
        json::replaced(&self.text, changes)
    }
}

/// Puts copies of the snapshot before a migration under the parts' tags, and its own, behind them, under the last one.
/// `earlier` are the tags of the migrations before it, as they are now.
///
/// # Errors
/// Why the parts can have no snapshots.
pub(super) fn of_parts(
    folder: &Utf8Path,
    tag: &str,
    parts: &[String],
    earlier: &[&str],
    companions: &mut CompanionFiles,
) -> Result<(), String> {
    let own_path = path(folder, tag);
    let read = |path: &Utf8Path| Snapshot::read(path).map_err(|error| error.to_string());
    let Some(own) = read(&own_path)? else { return Ok(()) };
    let before = earlier.iter().rev().map(|tag| path(folder, tag)).find(|path| path.is_file());
    let before_path = before.ok_or("there is no snapshot before it that the parts could begin with")?;
    let before = read(&before_path)?.filter(|before| before.id.0 == own.prev_id.0);
    let Some(before) = before else {
        let name = |path: &Utf8Path| path.file_name().unwrap_or_default().to_owned();
        let (own, before) = (name(&own_path), name(&before_path));
        return Err(format!("the `prevId` of {own} is not the `id` of {before} (`drizzle-kit check`)"));
    };
    let mut prev_id = own.prev_id.0.clone();
    let Some((last, copies)) = parts.split_last() else { return Ok(()) };
    for (at, part) in copies.iter().enumerate() {
        let id = id(tag, at + 1, &own.id.0);
        companions.after.push((path(folder, part), before.with(&id, &prev_id)));
        prev_id = id;
    }
    companions.after.push((path(folder, last), own.with(&own.id.0, &prev_id)));
    companions.before.push((own_path, own.text));
    Ok(())
}

/// The snapshot that the next one names.
pub(super) struct Last {
    snapshot: Snapshot,
    id: String,
}

impl Last {
    /// That of a migration, where it has one.
    pub(super) fn of(folder: &Utf8Path, tag: &str) -> Option<Last> {
        let snapshot = Snapshot::read(&path(folder, tag)).ok()??;
        let id = snapshot.id.0.clone();
        Some(Last { snapshot, id })
    }

    /// The same schema behind it, for a migration of that tag.
    pub(super) fn copy(&mut self, folder: &Utf8Path, tag: &str) -> (Utf8PathBuf, String) {
        let id = id(tag, 0, &self.id);
        let prev_id = std::mem::replace(&mut self.id, id.clone());
        (path(folder, tag), self.snapshot.with(&id, &prev_id))
    }
}

/// A UUID of version 8 (RFC 9562: of one's own making), the same for the same input.
fn id(tag: &str, part: usize, of: &str) -> String {
    let hash = Sha256::digest(format!("safestep {tag} {part} {of}").as_bytes());
    let mut hex: Vec<char> =
        hash.iter().take(16).flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<_>>()).collect();
    hex[12] = '8';
    hex[16] = ['8', '9', 'a', 'b'][usize::from(hash[8] % 4)];
    let part = |from: usize, to: usize| hex[from..to].iter().collect::<String>();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
