//! The parts of a migration in a folder with a journal: their numbers, times and tags, and the numbers of what comes behind
//! them. The journal keeps every byte that is not about that.

use std::collections::{HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::super::super::{Body, CompanionFiles, Found, FrameworkError, Incoming, NoRoom, Placed, seconds};
use super::super::idiom::ends_in_transaction;
use super::super::names::words;
use super::super::{journal, json};
use super::snapshot_ids;
use crate::plan::rerun::Finished;
use crate::source::{ByteSpan, SourceFile};

/// Milliseconds between parts: drizzle-kit's upgrade to 1.0 tells migrations apart by their seconds.
const SECOND: i64 = 1000;

/// An entry of the journal, with the places of its values in the entry's own text.
struct Entry {
    span: ByteSpan,
    idx: (i64, ByteSpan),
    when: (i64, ByteSpan),
    tag: (String, ByteSpan),
}

/// An entry from now on.
struct New {
    idx: i64,
    when: i64,
    tag: String,
}

pub(super) fn place(
    folder: &Utf8Path,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    incoming: &[Incoming<'_>],
    placed: &mut [Placed],
) -> Result<Vec<NoRoom>, FrameworkError> {
    let path = journal::of(folder);
    let text = SourceFile::read(&path)?.text;
    let entries = read(&path, &text)?;
    let chosen: HashSet<&str> =
        history.iter().filter(|found| in_scope(found)).map(|found| found.name.as_str()).collect();
    let replaced = incoming.iter().enumerate().filter_map(|(at, one)| Some((one.replaces?.name.clone(), at)));
    let by_tag: HashMap<String, usize> = replaced.collect();
    let of = |entry: &Entry| by_tag.get(&entry.tag.0).copied();
    let is_split = |at: usize| incoming[at].bodies.len() > 1;
    let first = entries.iter().position(|entry| of(entry).is_some_and(is_split)).unwrap_or(entries.len());
    let mut numbering = Numbering { entries: &entries, last: None };
    let ascends = numbering.check(first);
    let mut renumbered: Vec<(usize, Vec<New>)> = Vec::new();
    let mut without = Vec::new();
    let mut owner = 0;
    for (at, entry) in entries.iter().enumerate().skip(first) {
        let mine = of(entry);
        let is_split = mine.is_some_and(is_split);
        owner = mine.filter(|_| is_split).unwrap_or(owner);
        let numbered = ascends.clone().and_then(|()| numbering.number(at, mine.map(|mine| &incoming[mine])));
        let numbered = numbered.and_then(|(new, notes)| {
            let tags: Vec<String> = new.iter().map(|new| new.tag.clone()).collect();
            if tags.last() != Some(&entry.tag.0) && !chosen.contains(entry.tag.0.as_str()) {
                return Err(format!("{} behind it would have to be renamed, and is not part of this run", entry.tag.0));
            }
            if is_split {
                let earlier: Vec<&str> = entries[..at].iter().map(|entry| entry.tag.0.as_str()).collect();
                let companions = &mut placed[owner].companions;
                snapshot_ids::of_parts(folder, &entry.tag.0, &tags, &earlier, companions)?;
            }
            placed[owner].notes.extend(notes);
            Ok(new)
        });
        match numbered {
            Ok(new) => {
                if !is_split && new[0].tag != entry.tag.0 {
                    rename(folder, &entry.tag.0, &new[0].tag, mine.is_none(), &mut placed[owner])?;
                }
                if let Some(mine) = mine {
                    let file = |(body, new): (&Body, &New)| body.at(&new.tag, folder.join(format!("{}.sql", new.tag)));
                    placed[mine].files = incoming[mine].bodies.iter().zip(&new).map(file).collect();
                }
                renumbered.push((at, new));
            }
            Err(why) => without.push(NoRoom { at: owner, why }),
        }
    }
    let mut snapshot = entries.iter().rev().find_map(|entry| snapshot_ids::Last::of(folder, &entry.tag.0));
    for (at, one) in incoming.iter().enumerate().filter(|(_, one)| one.replaces.is_none()) {
        owner = at;
        match numbering.behind(one) {
            Ok(new) => {
                let file = |(body, new): (&Body, &New)| body.at(&new.tag, folder.join(format!("{}.sql", new.tag)));
                placed[at].files = one.bodies.iter().zip(&new).map(file).collect();
                if let Some(last) = &mut snapshot {
                    placed[at].companions.after.extend(new.iter().map(|new| last.copy(folder, &new.tag)));
                }
                let last = entries.len() - 1;
                match renumbered.last_mut().filter(|(of, _)| *of == last) {
                    Some((_, known)) => known.extend(new),
                    None => renumbered.push((last, [New::of(&entries[last])].into_iter().chain(new).collect())),
                }
            }
            Err(why) => without.push(NoRoom { at, why }),
        }
    }
    if renumbered.is_empty() {
        return Ok(without);
    }
    let change = |(at, new): (usize, Vec<New>)| (entries[at].span, rewritten(&text, &entries, at, &new));
    let changes = renumbered.into_iter().map(change).collect();
    if without.is_empty() {
        placed[owner].companions.before.push((path.clone(), text.clone()));
        placed[owner].companions.after.push((path, json::replaced(&text, changes)));
    }
    without.dedup_by_key(|no_room| no_room.at);
    Ok(without)
}

/// The files of a migration that only gets another number; `with_sql` where it is not rewritten itself.
fn rename(folder: &Utf8Path, tag: &str, new: &str, with_sql: bool, owner: &mut Placed) -> Result<(), FrameworkError> {
    if with_sql {
        moved(&folder.join(format!("{tag}.sql")), &folder.join(format!("{new}.sql")), &mut owner.companions)?;
    }
    let (from, to) = (snapshot_ids::path(folder, tag), snapshot_ids::path(folder, new));
    if from.is_file() {
        moved(&from, &to, &mut owner.companions)?;
    }
    owner.notes.push(format!("{tag} is {new} from now on: the ledger does not know names"));
    Ok(())
}

/// A file that is not rewritten itself, under its new name.
fn moved(from: &Utf8Path, to: &Utf8Path, companions: &mut CompanionFiles) -> Result<(), FrameworkError> {
    let text = SourceFile::read(from)?.text;
    companions.before.push((from.to_owned(), text.clone()));
    companions.after.push((to.to_owned(), text));
    Ok(())
}

fn read(path: &Utf8PathBuf, text: &str) -> Result<Vec<Entry>, FrameworkError> {
    let unusable = |why: String| FrameworkError::Unusable { path: path.clone(), why };
    let value = json::locate(text);
    let listed = value.as_ref().and_then(|journal| journal.get("entries")).and_then(|entries| entries.elements());
    let entry = |(at, entry): (usize, &json::Located)| {
        let place = |key: &str| entry.get(key).map(|value| value.span);
        let number = |key: &str| place(key).and_then(|span| Some((span.slice(text).parse().ok()?, span)));
        let tag = place("tag").and_then(|span| Some((serde_json::from_str(span.slice(text)).ok()?, span)));
        let whole = "needs an `idx` and a `when` that are whole numbers, and a `tag`";
        match (number("idx"), number("when"), tag) {
            (Some(idx), Some(when), Some(tag)) => Ok(Entry { span: entry.span, idx, when, tag }),
            _ => Err(unusable(format!("entry {} {whole}", at + 1))),
        }
    };
    listed.ok_or_else(|| unusable("has no list of entries".into()))?.iter().enumerate().map(entry).collect()
}

/// The entry's text for each of its parts.
fn rewritten(text: &str, entries: &[Entry], at: usize, new: &[New]) -> String {
    let entry = &entries[at];
    let own = entry.span.slice(text);
    let place = |span: ByteSpan| ByteSpan::new(span.start - entry.span.start, span.end - entry.span.start);
    let one = |new: &New| {
        let tag = serde_json::Value::from(new.tag.as_str()).to_string();
        let changes = [(entry.idx.1, new.idx.to_string()), (entry.when.1, new.when.to_string()), (entry.tag.1, tag)];
        json::replaced(own, changes.into_iter().map(|(span, new)| (place(span), new)).collect())
    };
    // Parted as the journal parts its entries.
    let between = match (at.checked_sub(1).map(|before| &entries[before]), entries.get(at + 1)) {
        (Some(before), _) => text[before.span.end..entry.span.start].to_owned(),
        (None, Some(next)) => text[entry.span.end..next.span.start].to_owned(),
        (None, None) => {
            let before = &text[..entry.span.start];
            format!(",{}", &before[before.trim_end().len()..])
        }
    };
    new.iter().map(one).collect::<Vec<_>>().join(&between)
}

impl New {
    fn of(entry: &Entry) -> New {
        New { idx: entry.idx.0, when: entry.when.0, tag: entry.tag.0.clone() }
    }
}

/// Goes through the entries in order and gives each its new numbers.
struct Numbering<'a> {
    entries: &'a [Entry],
    /// The last new entry, once something has been split.
    last: Option<New>,
}

impl Numbering<'_> {
    /// Numbers can only grow where they grow already.
    fn check(&self, first: usize) -> Result<(), String> {
        let from = &self.entries[first.saturating_sub(1)..];
        let stays = from.windows(2).find(|two| two[1].idx.0 <= two[0].idx.0);
        stays.map_or(Ok(()), |two| {
            let (before, after) = (&two[0].tag.0, &two[1].tag.0);
            Err(format!("the `idx` of {after} is not above that of {before}, so parts have no numbers"))
        })
    }

    /// The entries that take the place of one; `incoming` is what replaces its migration where that is rewritten.
    fn number(&mut self, at: usize, incoming: Option<&Incoming<'_>>) -> Result<(Vec<New>, Vec<String>), String> {
        let entry = &self.entries[at];
        let first = self.last.as_ref().map_or(entry.idx.0, |last| entry.idx.0.max(last.idx + 1));
        let bodies = incoming.map_or(&[][..], |incoming| &incoming.bodies[..incoming.bodies.len() - 1]);
        let names = bodies.iter().filter_map(|body| body.words.clone()).collect();
        let tags = self.tags(at, first, names)?;
        // Times behind its own make a database that ran it run all parts but the first.
        let bears_half = incoming.is_none_or(|incoming| {
            let steps = incoming.sequence.units.iter().flat_map(|unit| &unit.steps);
            Finished::of(steps.clone()).only_adds(steps)
                && !incoming.bodies.last().is_some_and(|last| ends_in_transaction(&last.text))
        });
        let (times, note) = self.times(at, tags.len(), bears_half)?;
        let number = |(at, (tag, when)): (i64, (String, i64))| New { idx: first + at, when, tag };
        let new: Vec<New> = (0..).zip(tags.into_iter().zip(times)).map(number).collect();
        self.last = new.last().map(|last| New { idx: last.idx, when: last.when, tag: last.tag.clone() });
        Ok((new, note.into_iter().collect()))
    }

    /// The entries of what comes behind all others, a second apart: a time that is not above all others is skipped for ever where
    /// those ran.
    fn behind(&mut self, incoming: &Incoming<'_>) -> Result<Vec<New>, String> {
        let now = incoming.not_before.unwrap_or_default();
        let mut new = Vec::new();
        for body in incoming.bodies {
            let last = self.last.take().or_else(|| self.entries.last().map(New::of));
            let last = last.ok_or("the journal has no migration that it could come behind")?;
            let idx = last.idx + 1;
            let digits = &last.tag[..last.tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.tag.len())];
            let version = match digits.len() {
                14 => seconds::of(digits).map(|time| seconds::text(now.max(time + 1))),
                10 => digits.parse::<i64>().ok().map(|time| format!("{:010}", now.max(time + 1))),
                width if digits.parse() == Ok(last.idx) => Some(format!("{idx:0width$}")),
                _ => None,
            };
            let version =
                version.ok_or_else(|| format!("the tag {} begins with neither a number nor a time", last.tag))?;
            let tag = format!("{version}_{}", body.words.as_deref().unwrap_or("step"));
            let newest = self.entries.iter().map(|entry| entry.when.0).chain([last.when]).max().unwrap_or_default();
            let when = (newest + SECOND).max(now.saturating_mul(SECOND));
            self.last = Some(New { idx, when, tag: tag.clone() });
            new.push(New { idx, when, tag });
        }
        Ok(new)
    }

    /// The tags of the parts, the migration's own last: behind a number of its own each, or behind earlier seconds.
    fn tags(&self, at: usize, first: i64, names: Vec<String>) -> Result<Vec<String>, String> {
        let entry = &self.entries[at];
        let tag = &entry.tag.0;
        let digits = &tag[..tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len())];
        let parts = names.len();
        if digits.len() >= 10 || (digits.is_empty() && parts == 0) {
            let before = |k: usize| match digits.len() {
                14 => seconds::earlier(digits, k),
                10 => digits.parse::<u64>().ok().and_then(|time| Some(format!("{:010}", time.checked_sub(k as u64)?))),
                _ => None,
            };
            let earlier: Option<Vec<String>> = (0..parts).map(|k| before(parts - k)).collect();
            let Some(earlier) = earlier else {
                return Err(format!("the tag {tag} begins with neither a number nor a time"));
            };
            // Snapshots are read in the order of their names.
            let previous = at.checked_sub(1).map(|before| self.entries[before].tag.0.as_str());
            if let Some((first, previous)) =
                earlier.first().zip(previous).filter(|(first, previous)| previous >= &first.as_str())
            {
                return Err(format!("{first} for the first part of {tag} is not behind {previous}"));
            }
            let own = std::iter::once(tag.clone());
            return Ok(earlier.iter().zip(names).map(|(time, name)| format!("{time}_{name}")).chain(own).collect());
        }
        if first == entry.idx.0 && parts == 0 {
            return Ok(vec![tag.clone()]);
        }
        let is_number = digits.parse() == Ok(entry.idx.0) && tag[digits.len()..].starts_with('_');
        let last = first + i64::try_from(parts).unwrap_or(i64::MAX - first);
        if !is_number || last.to_string().len() > digits.len() {
            let number = entry.idx.0;
            return Err(format!("{tag} would have to be number {last}, and its tag does not say {number} that way"));
        }
        let width = digits.len();
        let own = words(tag).to_owned();
        Ok((first..)
            .zip(names.into_iter().chain([own]))
            .map(|(number, name)| format!("{number:0width$}_{name}"))
            .collect())
    }

    /// Seconds before the migration's own time, which is the last part's: databases that ran it skip them all. Where
    /// there is no room, seconds behind it, and a word about that.
    fn times(&self, at: usize, parts: usize, bears_half: bool) -> Result<(Vec<i64>, Option<String>), String> {
        let entry = &self.entries[at];
        let when = entry.when.0;
        if parts == 1 {
            return Ok((vec![when], None));
        }
        let before = match &self.last {
            Some(last) => Some(last.when),
            None => at.checked_sub(1).map(|before| self.entries[before].when.0),
        };
        let steps = (0..).take(parts).map(|k: i64| k * SECOND);
        let all = i64::try_from(parts - 1).unwrap_or(i64::MAX / SECOND) * SECOND;
        if before.is_none_or(|before| when - all > before) {
            return Ok((steps.map(|k| when - all + k).collect(), None));
        }
        if !bears_half {
            return Err(format!(
                "{} has steps that only bear to run again all together, and there are no times before its own",
                entry.tag.0
            ));
        }
        let ahead = self.entries.get(at + 1).is_none_or(|next| when + all < next.when.0);
        if before.is_some_and(|before| before < when) && ahead {
            let note = format!(
                "{} is too close to the migration before it for times between them: on a database that ran it, run \
                 `safestep adopt`",
                entry.tag.0
            );
            return Ok((steps.map(|k| when + k).collect(), Some(note)));
        }
        Err(format!("{} is too close to the migrations beside it for {parts} parts a second apart", entry.tag.0))
    }
}

#[cfg(test)]
mod tests;
