//! The snapshots of the parts of a migration: each names the one before it, and the last is the migration's own. And those of
//! what comes behind all others.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::super::{CompanionFiles, Found, FrameworkError, LaidOut};
use super::super::{SNAPSHOT, json};
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

/// The snapshots of folders that no other one names: the next one names them.
pub(super) struct Tips {
    ids: Vec<String>,
    /// The last snapshot, and its text.
    last: Option<(Chained, String)>,
}

/// What a snapshot of 1.0 is chained by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chained {
    version: String,
    dialect: String,
    id: String,
    #[serde(default)]
    prev_ids: Vec<String>,
}

impl Tips {
    pub(super) fn of(history: &[Found]) -> Tips {
        let files = history.iter().map(|found| found.file.with_file_name(SNAPSHOT)).filter(|file| file.is_file());
        let texts = files.filter_map(|file| SourceFile::read(&file).ok());
        let mut ids: Vec<String> = Vec::new();
        let mut last = None;
        for text in texts.map(|source| source.text) {
            let Ok(snapshot) = serde_json::from_str::<Chained>(&text) else { continue };
            ids.retain(|id| !snapshot.prev_ids.contains(id));
            ids.push(snapshot.id.clone());
            last = Some((snapshot, text));
        }
        Tips { ids, last }
    }

    /// The snapshot of the next migration, which changes nothing that drizzle-kit knows, as `generate --custom` writes it; `None`
    /// where the folder has none.
    pub(super) fn next(&mut self, file: &LaidOut) -> Option<(Utf8PathBuf, String)> {
        let (last, text) = self.last.as_ref()?;
        let id = id(&file.name, 0, &last.id);
        let ids: Vec<String> = self.ids.iter().map(|id| format!("    {}", Value::from(id.as_str()))).collect();
        let prev_ids = format!("[\n{}\n  ]", ids.join(",\n"));
        let text = match last.version == "9" {
            true => format!(
                "{{\n  \"type\": \"diff\",\n  \"version\": \"9\",\n  \"dialect\": {},\n  \"id\": \"{id}\",\n  \
                 \"prevIds\": {prev_ids},\n  \"footprints\": [],\n  \"deltas\": []\n}}",
                Value::from(last.dialect.as_str())
            ),
            // what two branches have made is in none of their snapshots
            false if self.ids.len() > 1 => return None,
            false => {
                let whole = json::locate(text)?;
                let places = [(whole.get("id")?.span, format!("\"{id}\"")), (whole.get("prevIds")?.span, prev_ids)];
                json::replaced(text, places.into())
            }
        };
        self.ids = vec![id];
        Some((file.path.with_file_name(SNAPSHOT), text))
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
