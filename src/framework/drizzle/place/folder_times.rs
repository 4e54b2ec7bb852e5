//! The parts of a migration in the layout of 1.0: a folder for each, in the seconds around the migration's own. They have no
//! snapshot: drizzle-kit goes from one snapshot to the next and does not ask for one in each folder. What comes behind all others
//! has the one that `generate --custom` makes.

use camino::Utf8Path;

use super::super::super::{Body, Found, Incoming, LaidOut, NoRoom, Placed, seconds};
use super::super::FILE;
use super::parent;
use super::snapshot_ids::Tips;

pub(super) fn place(history: &[Found], incoming: &[Incoming<'_>], placed: &mut [Placed]) -> Vec<NoRoom> {
    let mut without = Vec::new();
    let mut last = history.last().map(|found| found.name.clone());
    let mut tips = None;
    for (at, (incoming, placed)) in incoming.iter().zip(placed).enumerate() {
        let files = match incoming.replaces {
            Some(_) if incoming.bodies.len() < 2 => continue,
            Some(migration) => {
                let (before, after) = beside(history, migration.path());
                around(&migration.name, migration.path(), before, after, incoming.bodies)
            }
            None => behind(last.as_deref(), history, incoming),
        };
        match files {
            Ok(files) => {
                if incoming.replaces.is_none() {
                    let snapshots = tips.get_or_insert_with(|| Tips::of(history));
                    placed.companions.after.extend(files.iter().filter_map(|file| snapshots.next(file)));
                }
                placed.files = files;
            }
            Err(why) => without.push(NoRoom { at, why }),
        }
        if incoming.replaces.is_none() {
            last = placed.files.last().map(|file| file.name.clone()).or(last);
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

/// The body that keeps the migration's name in its own second and the others around it.
fn around(
    name: &str,
    own: &Utf8Path,
    before: Option<&str>,
    after: Option<&str>,
    bodies: &[Body],
) -> Result<Vec<LaidOut>, String> {
    let root = parent(parent(own));
    let time = name.get(..14).and_then(seconds::of).ok_or("its name begins with no time that could be counted from")?;
    let place = bodies.iter().position(|body| body.words.is_none()).unwrap_or(bodies.len() - 1);
    let mut files = Vec::new();
    for (at, body) in bodies.iter().enumerate() {
        let offset = i64::try_from(at).unwrap_or(i64::MAX) - i64::try_from(place).unwrap_or_default();
        let time = seconds::text(time + offset);
        files.push(match at == place {
            true => body.at(name, own.to_owned()),
            false => in_second(root, &time, body),
        });
        let is_behind = |other: &str| other.get(..14).is_some_and(|other| other < time.as_str());
        if let Some(before) = before.filter(|before| at < place && !is_behind(before)) {
            return Err(format!("there are not {place} seconds between it and {before}"));
        }
        let is_ahead = |other: &str| other.get(..14).is_some_and(|other| other > time.as_str());
        if let Some(after) = after.filter(|after| at > place && !is_ahead(after)) {
            return Err(format!("there are not {} seconds between it and {after}", bodies.len() - 1 - place));
        }
    }
    Ok(files)
}

/// In the seconds behind the last migration, or from now on.
fn behind(last: Option<&str>, history: &[Found], incoming: &Incoming<'_>) -> Result<Vec<LaidOut>, String> {
    let time = last.and_then(|name| name.get(..14)).and_then(seconds::of);
    let time = time.ok_or("the name of the last migration begins with no time that could be counted from")?;
    let first = incoming.not_before.map_or(time + 1, |now| now.max(time + 1));
    let root = history.last().map_or("".as_ref(), |found| parent(parent(&found.file)));
    Ok((first..).zip(incoming.bodies).map(|(time, body)| in_second(root, &seconds::text(time), body)).collect())
}

fn in_second(root: &Utf8Path, time: &str, body: &Body) -> LaidOut {
    let name = format!("{time}_{}", body.words.as_deref().unwrap_or_default());
    body.at(&name, root.join(&name).join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Sequence;

    #[test]
    fn what_replaces_nothing_comes_in_the_seconds_behind_the_last() {
        let sequence = Sequence::default();
        let bodies = ["drop_x", "drop_y"].map(|words| Body { words: Some(words.into()), text: "".into(), block: 0 });
        let incoming =
            |not_before| [Incoming { replaces: None, sequence: &sequence, bodies: &bodies, behind: None, not_before }];
        let file = "d/20260101235959_a/migration.sql".into();
        let history = [Found::next("20260101235959_a".into(), file)];
        for (now, expected) in [
            (None, ["20260102000000_drop_x", "20260102000001_drop_y"]),
            (seconds::of("20250101000000"), ["20260102000000_drop_x", "20260102000001_drop_y"]),
            (seconds::of("20260301120000"), ["20260301120000_drop_x", "20260301120001_drop_y"]),
        ] {
            let mut placed = [Placed::default()];
            assert_eq!(place(&history, &incoming(now), &mut placed), []);
            let paths: Vec<&str> = placed[0].files.iter().map(|file| file.path.as_str()).collect();
            assert_eq!(paths, expected.map(|name| format!("d/{name}/migration.sql")));
        }
        assert_eq!(place(&[], &incoming(None), &mut [Placed::default()]).len(), 1);
    }

    #[test]
    fn what_comes_behind_has_a_snapshot_that_names_all_tips() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let snapshot = |name: &str, version: &str, prev_ids: &str| {
            let folder = root.join(format!("{version}/{name}"));
            std::fs::create_dir_all(&folder).unwrap();
            let text = format!(
                "{{ \"version\": \"{version}\", \"dialect\": \"postgres\", \"id\": \"{name}\", \"prevIds\" : [{prev_ids}], \"ddl\": [1] }}"
            );
            std::fs::write(folder.join("snapshot.json"), text).unwrap();
            Found::next(name.to_owned(), folder.join(FILE))
        };
        let sequence = Sequence::default();
        let bodies = ["drop_x", "drop_y"].map(|words| Body { words: Some(words.into()), text: "".into(), block: 0 });
        let incoming =
            [Incoming { replaces: None, sequence: &sequence, bodies: &bodies, behind: None, not_before: None }];
        let snapshots = |history: &[Found]| -> Vec<serde_json::Value> {
            let mut placed = [Placed::default()];
            assert_eq!(place(history, &incoming, &mut placed), []);
            placed[0].companions.after.iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect()
        };
        let history = |version: &str| {
            [
                ("20260101000000_a", ""),
                ("20260101000001_b", "\"20260101000000_a\""),
                ("20260101000002_c", "\"20260101000000_a\""),
            ]
            .map(|(name, prev_ids)| snapshot(name, version, prev_ids))
        };
        let [first, second] = &snapshots(&history("9"))[..] else { panic!() };
        assert_eq!(first["prevIds"], serde_json::json!(["20260101000001_b", "20260101000002_c"]));
        assert_eq!((&first["type"], &first["deltas"]), (&"diff".into(), &serde_json::json!([])));
        assert_eq!(second["prevIds"], serde_json::json!([first["id"]]));
        // a snapshot that holds everything cannot hold what two branches have made
        assert!(snapshots(&history("8")).is_empty());
        let [first, second] = &snapshots(&history("8")[..2])[..] else { panic!() };
        assert_eq!(first["prevIds"], serde_json::json!(["20260101000001_b"]));
        assert_eq!((&first["ddl"], &second["prevIds"]), (&serde_json::json!([1]), &serde_json::json!([first["id"]])));
    }
}
