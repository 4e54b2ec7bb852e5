use std::collections::BTreeMap;
use std::fs;

use camino::Utf8Path;

use super::super::super::super::migration::Migration;
use super::super::super::super::{Body, Found, Incoming, Placed};
use super::super::super::DRIZZLE;
use super::super::in_its_place;
use super::place;
use crate::plan::{Runner, Sends, Sequence};
use crate::source::SourceFile;

/// What becomes of a folder whose journal has these entries when some migrations become several files, by path.
fn placed(journal: &str, files: &[&str], parts: &[(&str, usize)]) -> Result<BTreeMap<String, String>, String> {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(temporary.path()).unwrap();
    fs::create_dir(folder.join("meta")).unwrap();
    fs::write(folder.join("meta/_journal.json"), journal).unwrap();
    for (at, tag) in files.iter().enumerate() {
        fs::write(folder.join(format!("{tag}.sql")), *tag).unwrap();
        let prefix = tag.split('_').next().unwrap();
        let prev = at.checked_sub(1).map_or("0".into(), |before| format!("id of {}", files[before]));
        let text = format!("{{\"prevId\" : \"{prev}\",\"x\":[1],\n\"id\": \"id of {tag}\"}}\n");
        fs::write(folder.join(format!("meta/{prefix}_snapshot.json")), text).unwrap();
    }
    let migrations: Vec<Migration> = parts.iter().map(|(tag, _)| migration(folder, tag)).collect();
    let bodies: Vec<Vec<Body>> =
        parts.iter().map(|(tag, parts)| (0..*parts).map(|at| body(tag, at, *parts)).collect()).collect();
    let sequence = Sequence::default();
    let replaces = migrations.iter().zip(&bodies);
    let incoming: Vec<Incoming> = replaces
        .map(|(migration, bodies)| Incoming {
            replaces: Some(migration),
            sequence: &sequence,
            bodies,
            behind: None,
            not_before: None,
        })
        .collect();
    let mut placed: Vec<Placed> = incoming.iter().map(in_its_place).collect();
    let text = |text: String| text.replace(folder.as_str(), "");
    let found = |tag: &&str| Found::next((*tag).to_owned(), folder.join(format!("{tag}.sql")));
    let history: Vec<Found> = files.iter().map(found).collect();
    let in_scope = |found: &Found| found.name != "0002_settled";
    let without =
        place(folder, &history, &in_scope, &incoming, &mut placed).map_err(|error| text(error.to_string()))?;
    if let Some(no_room) = without.first() {
        return Err(text(no_room.why.clone()));
    }
    let mut after = BTreeMap::new();
    for replaced in &placed {
        let beside = replaced.companions.after.iter().map(|(path, content)| (path.to_string(), content.clone()));
        let files = replaced.files.iter().map(|file| (file.path.to_string(), file.content.clone()));
        after.extend(files.chain(beside).map(|(path, content)| (text(path), content)));
        after.extend(replaced.notes.iter().map(|note| ("note".to_owned(), note.clone())));
    }
    Ok(after)
}

fn migration(folder: &Utf8Path, tag: &str) -> Migration {
    let source = SourceFile::new(folder.join(format!("{tag}.sql")), tag);
    Migration::of_sql(tag.into(), source, Runner { sends: Sends::Files, ..DRIZZLE.runner }).unwrap()
}

fn body(tag: &str, at: usize, parts: usize) -> Body {
    let words = (at + 1 < parts).then(|| format!("part_{}", at + 1));
    Body { words, text: format!("{tag} {at}"), block: at }
}

#[test]
fn the_journal_keeps_every_other_byte() {
    let journal = "{\"dialect\":\"pg\", \"entries\" : [\n\t{\"tag\":\"0000_a\",\"idx\":0, \"when\": 100000},\n\t\
                   {\"tag\":\"0001_b\", \"mine\":{\"when\":1},\"when\":900000,\n\t \"idx\":1},\n\t\
                   {\"when\": 950000, \"tag\":\"0002_b\",\"idx\":2}\n ] , \"version\" : \"7\"}\n";
    let files = placed(journal, &["0000_a", "0001_b", "0002_b"], &[("0001_b", 3)]).unwrap();
    assert_eq!(
        files["/meta/_journal.json"],
        "{\"dialect\":\"pg\", \"entries\" : [\n\t{\"tag\":\"0000_a\",\"idx\":0, \"when\": 100000},\n\t\
         {\"tag\":\"0001_part_1\", \"mine\":{\"when\":1},\"when\":898000,\n\t \"idx\":1},\n\t\
         {\"tag\":\"0002_part_2\", \"mine\":{\"when\":1},\"when\":899000,\n\t \"idx\":2},\n\t\
         {\"tag\":\"0003_b\", \"mine\":{\"when\":1},\"when\":900000,\n\t \"idx\":3},\n\t\
         {\"when\": 950000, \"tag\":\"0004_b\",\"idx\":4}\n ] , \"version\" : \"7\"}\n"
    );
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "/0001_part_1.sql",
            "/0002_part_2.sql",
            "/0003_b.sql",
            "/0004_b.sql",
            "/meta/0001_snapshot.json",
            "/meta/0002_snapshot.json",
            "/meta/0003_snapshot.json",
            "/meta/0004_snapshot.json",
            "/meta/_journal.json",
            "note",
        ]
    );
    assert_eq!(files["/0004_b.sql"], "0002_b");
    assert_eq!(files["note"], "0002_b is 0004_b from now on: the ledger does not know names");
    // A chain: each names the one before it, and what came behind still finds its own.
    let value = |number: &str, key: &str| {
        let value: serde_json::Value = serde_json::from_str(&files[&format!("/meta/{number}_snapshot.json")]).unwrap();
        value[key].as_str().unwrap().to_owned()
    };
    assert_eq!(value("0001", "prevId"), "id of 0000_a");
    assert_eq!(value("0002", "prevId"), value("0001", "id"));
    assert_eq!(value("0003", "prevId"), value("0002", "id"));
    assert_eq!(value("0003", "id"), "id of 0001_b");
    assert_eq!(value("0004", "prevId"), "id of 0001_b");
    assert_ne!(value("0001", "id"), value("0002", "id"));
    assert!(files["/meta/0001_snapshot.json"].contains("\",\"x\":[1],\n\"id\": \""));
}

fn journal(entries: &[(i64, i64, &str)]) -> String {
    let entry = |(idx, when, tag): &(i64, i64, &str)| format!("{{\"idx\":{idx},\"when\":{when},\"tag\":\"{tag}\"}}");
    format!("{{\"entries\":[{}]}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
}

#[test]
fn times_in_tags_go_back_by_seconds() {
    for (first, second, parts) in [
        ("20251231235958_a", "20260101000001_b", ["20251231235959_part_1", "20260101000000_part_2"]),
        ("1767225590_a", "1767225601_b", ["1767225599_part_1", "1767225600_part_2"]),
    ] {
        let text = journal(&[(0, 0, first), (1, 9_000_000, second)]);
        let files = placed(&text, &[first, second], &[(second, 3)]).unwrap();
        for name in parts.iter().chain([&second]) {
            assert!(files.contains_key(&format!("/{name}.sql")), "{name}: {:?}", files.keys());
        }
        let expected =
            journal(&[(0, 0, first), (1, 8_998_000, parts[0]), (2, 8_999_000, parts[1]), (3, 9_000_000, second)]);
        assert_eq!(files["/meta/_journal.json"], expected);
    }
}

#[test]
fn without_room_before_it_the_times_lie_behind_it() {
    let tags = ["0000_a", "0001_b", "0002_c"];
    let text = journal(&[(0, 100_000, tags[0]), (1, 101_500, tags[1]), (2, 200_000, tags[2])]);
    let files = placed(&text, &tags, &[(tags[1], 3)]).unwrap();
    let expected = journal(&[
        (0, 100_000, tags[0]),
        (1, 101_500, "0001_part_1"),
        (2, 102_500, "0002_part_2"),
        (3, 103_500, "0003_b"),
        (4, 200_000, "0004_c"),
    ]);
    assert_eq!(files["/meta/_journal.json"], expected);
}

#[test]
fn several_migrations_are_split_at_once() {
    let tags = ["0000_a", "0001_b", "0002_c", "0003_d"];
    let text = journal(&[(0, 0, tags[0]), (1, 10_000, tags[1]), (2, 20_000, tags[2]), (3, 30_000, tags[3])]);
    let files = placed(&text, &tags, &[(tags[1], 2), (tags[2], 1), (tags[3], 2)]).unwrap();
    let expected = journal(&[
        (0, 0, tags[0]),
        (1, 9_000, "0001_part_1"),
        (2, 10_000, "0002_b"),
        (3, 20_000, "0003_c"),
        (4, 29_000, "0004_part_1"),
        (5, 30_000, "0005_d"),
    ]);
    assert_eq!(files["/meta/_journal.json"], expected);
    assert_eq!((files["/0003_c.sql"].as_str(), files["/0005_d.sql"].as_str()), ("0002_c 0", "0003_d 1"));
}

#[test]
fn where_there_is_no_room_nothing_is_guessed() {
    for (entries, split, why) in [
        (
            vec![(0, 1000, "0000_a"), (1, 2000, "0001_b"), (2, 2500, "0002_c")],
            "0001_b",
            "0001_b is too close to the migrations beside it for 3 parts a second apart",
        ),
        (
            vec![(0, 0, "0000_a"), (1, 90_000, "0005_b")],
            "0005_b",
            "0005_b would have to be number 3, and its tag does not say 1 that way",
        ),
        (
            vec![(0, 0, "0000_a"), (0, 90_000, "0001_b")],
            "0001_b",
            "the `idx` of 0001_b is not above that of 0000_a, so parts have no numbers",
        ),
        (
            vec![(0, 0, "20260101000000_a"), (1, 90_000, "20260101000002_b")],
            "20260101000002_b",
            "20260101000000 for the first part of 20260101000002_b is not behind 20260101000000_a",
        ),
        (
            vec![(0, 0, "0000_a"), (1, 90_000, "0001_b"), (2, 95_000, "0002_settled")],
            "0001_b",
            "0002_settled behind it would have to be renamed, and is not part of this run",
        ),
        (vec![(0, 0, "a"), (1, 90_000, "b")], "b", "b would have to be number 3, and its tag does not say 1 that way"),
    ] {
        let tags: Vec<&str> = entries.iter().map(|(_, _, tag)| *tag).collect();
        let error = placed(&journal(&entries), &tags, &[(split, 3)]).unwrap_err();
        assert_eq!(error, why);
    }
    let first = placed(&journal(&[(0, 90_000, "0000_a")]), &["0000_a"], &[("0000_a", 2)]).unwrap_err();
    assert_eq!(first, "there is no snapshot before it that the parts could begin with");
}

#[test]
fn what_replaces_nothing_comes_behind_the_last() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(temporary.path()).unwrap();
    fs::create_dir(folder.join("meta")).unwrap();
    fs::write(folder.join("meta/0001_snapshot.json"), "{\"id\":\"b\",\"prevId\":\"a\"}").unwrap();
    let sequence = Sequence::default();
    let body = |words: &str| Body { words: Some(words.to_owned()), text: words.to_owned(), block: 0 };
    let incoming = [["drop_x", "drop_y"], ["drop_z", "drop_w"]].map(|words| words.map(body));
    let incoming: Vec<Incoming> = incoming
        .iter()
        .map(|bodies| Incoming { replaces: None, sequence: &sequence, bodies, behind: None, not_before: None })
        .collect();
    let mut placed = vec![Placed::default(); 2];
    fs::write(folder.join("meta/_journal.json"), journal(&[(0, 0, "0000_a"), (1, 90_000, "0001_b")])).unwrap();
    assert_eq!(place(folder, &[], &|_| true, &incoming, &mut placed).unwrap(), []);
    let names: Vec<&str> = placed.iter().flat_map(|placed| &placed.files).map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["0002_drop_x", "0003_drop_y", "0004_drop_z", "0005_drop_w"]);
    let companions: Vec<_> = placed.iter().flat_map(|placed| &placed.companions.after).collect();
    let of = |file: &str| companions.iter().find(|(path, _)| path.ends_with(file)).unwrap().1.as_str();
    let expected = journal(&[
        (0, 0, "0000_a"),
        (1, 90_000, "0001_b"),
        (2, 91_000, "0002_drop_x"),
        (3, 92_000, "0003_drop_y"),
        (4, 93_000, "0004_drop_z"),
        (5, 94_000, "0005_drop_w"),
    ]);
    assert_eq!(of("_journal.json"), expected);
    let value = |file: &str, key: &str| serde_json::from_str::<serde_json::Value>(of(file)).unwrap()[key].clone();
    assert_eq!(value("0002_snapshot.json", "prevId"), "b");
    assert_eq!(value("0004_snapshot.json", "prevId"), value("0003_snapshot.json", "id"));
}

#[test]
fn what_comes_in_now_is_above_every_time() {
    let now = 1_800_000_000;
    for (entries, expected) in [
        (vec![(0, 5, "0000_a"), (1, 90_000, "0001_b")], "{\"idx\":2,\"when\":1800000000000,\"tag\":\"0002_x\"}"),
        // one before the last is newer than the clock
        (
            vec![(0, 1_900_000_000_000, "0000_a"), (1, 90_000, "0001_b")],
            "{\"idx\":2,\"when\":1900000001000,\"tag\":\"0002_x\"}",
        ),
        (vec![(7, 5, "20260101000000_a")], "{\"idx\":8,\"when\":1800000000000,\"tag\":\"20270115080000_x\"}"),
        (vec![(7, 5, "1700000000_a")], "{\"idx\":8,\"when\":1800000000000,\"tag\":\"1800000000_x\"}"),
        (vec![(7, 5, "20990101000000_a")], "{\"idx\":8,\"when\":1800000000000,\"tag\":\"20990101000001_x\"}"),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        fs::create_dir(folder.join("meta")).unwrap();
        fs::write(folder.join("meta/_journal.json"), journal(&entries)).unwrap();
        let sequence = Sequence::default();
        let bodies = [Body { words: Some("x".to_owned()), text: String::new(), block: 0 }];
        let incoming =
            [Incoming { replaces: None, sequence: &sequence, bodies: &bodies, behind: None, not_before: Some(now) }];
        let mut placed = vec![Placed::default()];
        assert_eq!(place(folder, &[], &|_| true, &incoming, &mut placed).unwrap(), []);
        let (_, text) = &placed[0].companions.after[0];
        assert!(text.contains(expected), "{text}");
    }
}
