//! The parts of a migration in the layout of 1.0: a folder for each, in the seconds around the migration's own. They have no
//! snapshot: drizzle-kit goes from one snapshot to the next and does not ask for one in each folder.

use camino::Utf8Path;

use super::super::super::{Body, Found, Incoming, LaidOut, NoRoom, Placed, seconds};
use super::super::FILE;
use super::parent;

pub(super) fn place(history: &[Found], incoming: &[Incoming<'_>], placed: &mut [Placed]) -> Vec<NoRoom> {
    let mut without = Vec::new();
    let mut last = history.last().map(|found| found.name.clone());
    for (at, (incoming, placed)) in incoming.iter().zip(placed).enumerate() {
        let files = match incoming.replaces {
            Some(_) if incoming.bodies.len() < 2 => continue,
            Some(migration) => {
                let (before, after) = beside(history, migration.path());
                around(&migration.name, migration.path(), before, after, incoming.bodies)
            }
            None => behind(last.as_deref(), history, incoming.bodies),
        };
        match files {
            Ok(files) => placed.files = files,
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

/// In the seconds behind the last migration.
fn behind(last: Option<&str>, history: &[Found], bodies: &[Body]) -> Result<Vec<LaidOut>, String> {
    let time = last.and_then(|name| name.get(..14)).and_then(seconds::of);
    let time = time.ok_or("the name of the last migration begins with no time that could be counted from")?;
    let root = history.last().map_or("".as_ref(), |found| parent(parent(&found.file)));
    Ok((time + 1..).zip(bodies).map(|(time, body)| in_second(root, &seconds::text(time), body)).collect())
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
        let incoming = [Incoming { replaces: None, sequence: &sequence, bodies: &bodies, not_before: None }];
        let file = "d/20260101235959_a/migration.sql".into();
        let history = [Found::next("20260101235959_a".into(), file)];
        let mut placed = [Placed::default()];
        assert_eq!(place(&history, &incoming, &mut placed), []);
        let paths: Vec<&str> = placed[0].files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["d/20260102000000_drop_x/migration.sql", "d/20260102000001_drop_y/migration.sql"]);
        assert_eq!(place(&[], &incoming, &mut placed).len(), 1);
    }
}
