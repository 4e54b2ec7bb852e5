//! What the first line of a step says of its locks, beside what the step really held.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::Client;
use safestep::report::HazardReport;

use super::rewritten::Finding;
use super::trace::{Held, InUse, Mode};

/// The locks of a step, as its first line has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// One set of tables after the other, each in a transaction of its own, with the strongest lock on one of them.
    Waits(Vec<(Vec<String>, Mode)>),
    /// Reads and writes go on.
    GoesOn(Mode),
    /// Nobody waits.
    Nothing,
}

impl Said {
    /// The kind of what is found of a header.
    pub const UNTRUE: &'static str = "the header is untrue";

    /// What the first lines of the steps of a piece say; nothing where one of them is in its author's words, or where none is
    /// a step of its own.
    pub fn of(sql: &str) -> Option<Said> {
        let mut lines = sql.lines().filter(|line| line.starts_with("-- ")).filter_map(Said::of_line);
        let first = lines.next()??;
        lines.try_fold(first, |said, next| match (said, next?) {
            // one transaction of several steps
            (Said::Waits(a), Said::Waits(b)) => {
                let all: Vec<_> = a.into_iter().chain(b).collect();
                let strongest = all.iter().map(|(_, mode)| *mode).max()?;
                Some(Said::Waits(vec![(all.into_iter().flat_map(|(tables, _)| tables).collect(), strongest)]))
            }
            (Said::Waits(waits), _) | (_, Said::Waits(waits)) => Some(Said::Waits(waits)),
            (said, _) => Some(said),
        })
    }

    /// `None` for a line that is no first line, `Some(None)` for one that promises nothing.
    fn of_line(line: &str) -> Option<Option<Said>> {
        if line.starts_with("-- Step ") && line.ends_with(": as written") {
            return Some(None); // the step that begins a file
        }
        let (title, what) = line.rsplit_once(" · ")?;
        let is_title = title.starts_with("-- Step ") || !title.contains(" · ");
        if !is_title {
            return None;
        }
        if what == "as written" {
            return Some(None);
        }
        if what == "locks nothing that is in use" || what.starts_with("fills rows in batches ") {
            return Some(Some(Said::Nothing));
        }
        if let Some((_, rest)) = what.split_once("; reads and writes go on (") {
            return Some(Mode::of_words(rest.split(')').next()?).map(Said::GoesOn));
        }
        let waits = what
            .strip_prefix("instant, waits at most ")
            .and_then(|rest| rest.split_once(" for "))
            .map(|(_, waits)| waits)
            .or_else(|| what.strip_prefix("instant once it has "))?;
        Some(Said::waits(waits))
    }

    /// `a and b (LOCK), then c (LOCK) at a time` or `a, then b at a time (LOCK)`.
    fn waits(text: &str) -> Option<Said> {
        let text = text.strip_suffix(" at a time").unwrap_or(text);
        let (text, of_all) = match text.rsplit_once(" at a time (") {
            Some((text, lock)) => (text, Some(lock.strip_suffix(')')?)),
            None => (text, None),
        };
        let parts = unquoted(text, ", then ").into_iter().map(|part| {
            let (tables, lock) = match of_all {
                Some(lock) => (part, lock),
                None => {
                    let (tables, lock) = part.rsplit_once(" (")?;
                    (tables, lock.strip_suffix(')')?)
                }
            };
            Some((unquoted(tables, " and ").into_iter().map(str::to_owned).collect(), Mode::of_words(lock)?))
        });
        parts.collect::<Option<Vec<_>>>().map(Said::Waits)
    }

    /// What is untrue of it. `held` are the transactions of the step, `names` the names that relations had before or behind it.
    pub fn untrue(&self, sql: &str, held: &[Held], in_use: &InUse, names: &Names, major: u32) -> Option<Finding> {
        let name = |relation: u32| in_use.get(&relation).map_or("", |(name, _)| name.as_str());
        let finding = |what: String| {
            let first = sql.lines().find(|line| line.contains(" · ")).unwrap_or_default();
            Some(Finding::new(Said::UNTRUE, format!("{first}\n{what}")))
        };
        let strong = |held: &Held| -> Vec<(u32, Mode)> {
            let strongest = held.iter().filter_map(|(relation, modes)| Some((*relation, *modes.last()?)));
            strongest.filter(|(_, mode)| mode.is_strong()).collect()
        };
        let waits = match self {
            Said::Waits(waits) => waits,
            Said::Nothing | Said::GoesOn(_) => {
                if let Some((relation, mode)) = held.iter().flat_map(strong).next() {
                    return finding(format!("it holds {} on {}", mode.words(), name(relation)));
                }
                let Said::GoesOn(said) = self else { return None };
                let strongest = held.iter().flat_map(BTreeMap::values).flatten().max();
                return match strongest {
                    Some(mode) if mode != said => finding(format!("its strongest lock is {}", mode.words())),
                    _ => None,
                };
            }
        };
        if !sql.contains("lock_timeout") {
            return finding("nothing bounds the wait".to_owned());
        }
        if waits.len() != held.len() && held.len() != 1 {
            return finding(format!("it has {} transactions", held.len()));
        }
        let merged: Vec<(Vec<String>, Mode)> = match held.len() {
            1 => {
                let tables = waits.iter().flat_map(|(tables, _)| tables.clone()).collect();
                waits.iter().map(|(_, mode)| *mode).max().map(|mode| (tables, mode)).into_iter().collect()
            }
            _ => waits.clone(),
        };
        // what a header says is for newer servers too
        let says_any = |words: &[&str]| words.iter().any(|words| sql.contains(words));
        // before 15 those who reference a partitioned table do not wait for a new partition, nor it for the end of their column
        let of_newer_ones = major < 15 && says_any(&["PARTITION OF", "ATTACH PARTITION", "DROP COLUMN"]);
        let may_go_on = |relations: &BTreeSet<u32>| {
            let all = |set: &BTreeSet<u32>| relations.is_subset(set);
            // before 15 a partitioned table has no triggers of who references it, so none fall with that one
            let has_no_triggers = major < 15 && says_any(&["DROP TABLE"]) && all(&names.partitioned);
            // newer ones lock children for a constraint that is not theirs
            let have_no_part = major < 18 && says_any(&[" ADD "]) && all(&names.children);
            // from 18 on children are locked only where there is a NOT NULL to drop or to add
            let below = names.children.union(&names.partitions).copied().collect();
            let have_nothing = major >= 18 && says_any(&["DROP NOT NULL", "SET NOT NULL"]) && all(&below);
            names.has_unread || of_newer_ones || has_no_triggers || have_no_part || have_nothing
        };
        for ((tables, said), held) in merged.iter().zip(held) {
            let strong = strong(held);
            let mut named: BTreeSet<u32> = BTreeSet::new();
            for table in tables {
                let of_it = names.find(table, in_use);
                let waits = strong.iter().any(|(relation, _)| of_it.contains(relation));
                // who plans a query on a table waits for a new index of it as well
                let is_new = names.is_new_index(table, in_use) || names.is_new_of(table, in_use);
                if !of_it.is_empty() && !waits && !is_new && !may_go_on(&of_it) {
                    return finding(format!("nobody waits for {table}"));
                }
                named.extend(of_it);
            }
            // a name between two renames is nobody's before or behind the step
            let is_unknown = |table: &String| names.find(table, in_use).is_empty() && sql.contains(" RENAME TO ");
            let others = || strong.iter().find(|(relation, _)| !named.contains(relation));
            if let Some((relation, mode)) = others().filter(|_| !tables.iter().any(is_unknown)) {
                return finding(format!("it holds {} on {}", mode.words(), name(*relation)));
            }
            // the lock on an index that the sequence built itself, or on a view, is not among those that were looked at
            let is_unseen = |relation: &u32| !in_use.contains_key(relation);
            let may_be_stronger = tables.iter().any(|table| names.called(table).iter().any(is_unseen));
            let is_untrue = |mode: &&Mode| if may_be_stronger { *mode > said } else { *mode != said };
            if let Some(mode) = strong.iter().map(|(_, mode)| mode).max().filter(is_untrue) {
                return finding(format!("the strongest lock on {} is {}", tables.join(" and "), mode.words()));
            }
        }
        None
    }
}

/// What a report says of the lock of a naive statement.
pub struct ReportedLock<'a> {
    pub hazard: &'a HazardReport,
    /// Its statement has one operation.
    pub does_one_thing: bool,
}

impl ReportedLock<'_> {
    /// What is untrue of it. `before` was held when the statement began, `held` when it was done.
    pub fn untrue(&self, held: &Held, before: &Held, in_use: &InUse, names: &Names) -> Option<Finding> {
        let hazard = self.hazard;
        let said = Mode::of_words(hazard.lock.as_deref()?)?;
        let of_it = names.find(hazard.table.as_deref()?, in_use);
        let finding = |what: String| {
            let said = format!("{}: {} · {}", hazard.rule, hazard.statement, hazard.label);
            Some(Finding::new("the report is untrue", format!("{said}\n{what}")))
        };
        let takes = |relation: &u32| held.get(relation).is_some_and(|modes| modes.contains(&said));
        if !of_it.is_empty() && !of_it.iter().any(takes) && !names.is_new_of(hazard.table.as_deref()?, in_use) {
            return finding(format!("{} is not taken: {held:?}", said.words()));
        }
        let is_new = |(relation, mode): &(u32, Mode)| !before.get(relation).is_some_and(|modes| modes.contains(mode));
        let taken = held.iter().flat_map(|(relation, modes)| modes.iter().map(|mode| (*relation, *mode)));
        match taken.filter(is_new).max_by_key(|(_, mode)| *mode) {
            Some((relation, mode)) if self.does_one_thing && mode > said => {
                finding(format!("it takes {} on {:?}", mode.words(), in_use.get(&relation)))
            }
            _ => None,
        }
    }
}

/// The parts between separators that stand in no quoted name.
fn unquoted<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        if c == '"' {
            quoted = !quoted;
        }
        if !quoted && at >= start && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Relations by schema and name.
#[derive(Debug, Default)]
pub struct Names {
    all: BTreeSet<(String, String, u32)>,
    /// Those that inherit from another one and are no partitions, and their indexes.
    children: BTreeSet<u32>,
    partitions: BTreeSet<u32>,
    partitioned: BTreeSet<u32>,
    /// Indexes, each with its table.
    indexes: BTreeMap<u32, u32>,
    /// The migration has a statement that nobody read: a guarded step behind it may find its work done.
    has_unread: bool,
}

impl Names {
    /// None, in a migration that has a statement that nobody read, or has none.
    pub fn behind(has_unread: bool) -> Names {
        Names { has_unread, ..Names::default() }
    }

    /// Adds what they are called now.
    pub fn read(&mut self, client: &mut Client) -> Result<()> {
        let query = "SELECT nspname::text, relname::text, c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
             WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
        self.all.extend(client.query(query, &[])?.iter().map(|row| (row.get(0), row.get(1), row.get(2))));
        let with_indexes = |these: &str| {
            format!(
                "WITH these AS ({these}) SELECT oid FROM these UNION SELECT indexrelid FROM pg_catalog.pg_index JOIN these ON oid = indrelid"
            )
        };
        let below = |kind: char| {
            format!(
                "SELECT inhrelid AS oid FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class p ON p.oid = inhparent WHERE p.relkind = '{kind}'"
            )
        };
        let partitioned = "SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'p'";
        self.children.extend(client.query(&with_indexes(&below('r')), &[])?.iter().map(|row| row.get::<_, u32>(0)));
        self.partitions.extend(client.query(&with_indexes(&below('p')), &[])?.iter().map(|row| row.get::<_, u32>(0)));
        self.partitioned.extend(client.query(&with_indexes(partitioned), &[])?.iter().map(|row| row.get::<_, u32>(0)));
        let indexes = client.query("SELECT indexrelid, indrelid FROM pg_catalog.pg_index", &[])?;
        self.indexes.extend(indexes.iter().map(|row| (row.get::<_, u32>(0), row.get::<_, u32>(1))));
        Ok(())
    }

    /// Those in use that a name as SQL has it may mean.
    pub fn find(&self, name: &str, in_use: &InUse) -> BTreeSet<u32> {
        self.called(name).into_iter().filter(|relation| in_use.contains_key(relation)).collect()
    }

    /// An index that is not in use yet has the name of one.
    fn is_new_index(&self, name: &str, in_use: &InUse) -> bool {
        let called = self.called(name);
        called.iter().all(|relation| self.indexes.contains_key(relation))
            && called.iter().any(|relation| !in_use.contains_key(relation))
    }

    /// A name without a schema is also that of one that the migration made.
    fn is_new_of(&self, name: &str, in_use: &InUse) -> bool {
        let parts = unquoted(name, ".");
        let [only] = parts.as_slice() else { return false };
        let wanted = plain(only);
        self.all
            .iter()
            .any(|(schema, own, relation)| schema == "public" && *own == wanted && !in_use.contains_key(relation))
    }

    /// Who plans a query on a table locks its indexes too, so they go by each of its names as well, also one that it got when
    /// they were gone.
    fn called(&self, name: &str) -> BTreeSet<u32> {
        let parts: Vec<String> = unquoted(name, ".").into_iter().map(plain).collect();
        let is_it = |(schema, relation, _): &&(String, String, u32)| match parts.as_slice() {
            [only] => relation == only,
            [of, only] => schema == of && relation == only,
            _ => false,
        };
        let relations: BTreeSet<u32> = self.all.iter().filter(is_it).map(|(.., relation)| *relation).collect();
        let of_these = self.indexes.iter().filter(|(_, table)| relations.contains(table)).map(|(index, _)| *index);
        let indexes: BTreeSet<u32> = of_these.collect();
        relations.into_iter().chain(indexes).collect()
    }
}

/// A part of a name, without what SQL writes around it.
fn plain(part: &str) -> String {
    if let Some(coded) = part.strip_prefix("U&\"").and_then(|part| part.strip_suffix('"')) {
        return decoded(coded);
    }
    match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => part.chars().map(|c| c.to_ascii_lowercase()).collect(),
    }
}

/// `\0041` and `\+000041` are letters.
fn decoded(coded: &str) -> String {
    let mut parts = coded.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = match part.strip_prefix('+') {
            Some(long) => long.split_at(6.min(long.len())),
            None => part.split_at(4.min(part.len())),
        };
        text.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
        text.push_str(rest);
    }
    text
}
