//! `drizzle.__drizzle_migrations`, or the table that `drizzle.config` names: a row for each migration with its time and the
//! SHA-256 of its file, from 1.0 on with its name.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::super::FrameworkError;
use super::super::seconds;
use super::{config, journal};
use crate::framework::ledger::{Applied, Ledger, Obstacle, Row, sha256};
use crate::framework::migration::Migration;
use crate::sql::literal;

pub(super) const TABLE: &str = "__drizzle_migrations";
const SCHEMA: &str = "drizzle";

pub(super) struct DrizzleLedger {
    table: String,
    /// As an identifier in SQL.
    schema: String,
    times: Times,
}

/// What a migration is known by.
enum Times {
    /// Its `when` in the journal.
    Journal(Vec<(String, i64)>),
    /// Its name, from 1.0 on.
    Folders,
}

impl DrizzleLedger {
    pub fn of(folder: &Utf8Path) -> Result<DrizzleLedger, FrameworkError> {
        let times = match journal::of(folder).is_file() {
            true => Times::Journal(journal::times(folder)?),
            false => Times::Folders,
        };
        let config::LedgerPlace { table, schema } = config::ledger(folder);
        let schema = identifier(schema.as_deref().unwrap_or(SCHEMA));
        Ok(DrizzleLedger { table: table.unwrap_or_else(|| TABLE.to_owned()), schema, times })
    }

    /// The time that the ledger has for a migration, in milliseconds since 1970.
    fn time(&self, name: &str) -> Option<i64> {
        match &self.times {
            Times::Journal(times) => times.iter().find(|(tag, _)| tag == name).map(|(_, when)| *when),
            Times::Folders => name.get(..14).and_then(seconds::of).map(|seconds| seconds * 1000),
        }
    }

    /// The upgrade to 1.0 tells migrations apart by their seconds, and only within one by their hashes.
    fn shares_its_second(&self, name: &str) -> bool {
        let Times::Journal(times) = &self.times else { return false };
        let second = self.time(name).map(|time| time.div_euclid(1000));
        times.iter().any(|(tag, when)| tag != name && Some(when.div_euclid(1000)) == second)
    }

    /// The migration that a row is about.
    fn name(&self, row: &Row, folder: &[Migration]) -> String {
        let value = |at: usize| row.get(at).cloned().flatten();
        let (name, time) = (value(0), value(1).and_then(|time| time.parse::<i64>().ok()));
        // A row that 0.x wrote has milliseconds, and a name only after 1.0 ran.
        let unit = if matches!(self.times, Times::Folders) { 1000 } else { 1 };
        let same = |other: i64| time.is_some_and(|time| time.div_euclid(unit) == other.div_euclid(unit));
        let by_time = || folder.iter().map(|found| &found.name).find(|name| self.time(name).is_some_and(same));
        let known = match self.times {
            Times::Journal(_) => by_time().cloned(),
            Times::Folders => name.or_else(|| by_time().cloned()),
        };
        known.unwrap_or_else(|| format!("the migration of {}", time.unwrap_or_default()))
    }
}

impl Ledger for DrizzleLedger {
    fn tables(&self) -> Vec<&str> {
        vec![&self.table]
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn place(&self) -> String {
        format!("{}.{}", self.schema, identifier(&self.table))
    }

    fn rows(&self) -> String {
        format!("SELECT to_jsonb(l) ->> 'name', created_at, hash FROM {} AS l ORDER BY id", self.place())
    }

    fn applied(&self, rows: &[Row], folder: &[Migration]) -> Vec<Applied> {
        let hashes: BTreeMap<&str, String> =
            folder.iter().map(|on_disk| (on_disk.name.as_str(), sha256(on_disk.text()))).collect();
        let mut applied: Vec<Applied> = Vec::new();
        for row in rows {
            let name = self.name(row, folder);
            let hash = row.get(2).cloned().flatten();
            let is_changed = hashes.get(name.as_str()).is_some_and(|on_disk| Some(on_disk) != hash.as_ref());
            // Two migrators at once leave a row twice.
            match applied.iter_mut().find(|known| known.name == name) {
                Some(known) => known.is_changed &= is_changed,
                None => applied.push(Applied { name, finished: true, is_changed }),
            }
        }
        applied
    }

    /// The first run of a 1.0 migrator gives an older table its names.
    fn obstacle(&self) -> Option<Obstacle> {
        if matches!(self.times, Times::Journal(_)) {
            return None;
        }
        let place = self.place();
        let query = format!(
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = 'name'
             AND NOT attisdropped)",
            literal(&place)
        );
        let why = format!(
            "{place} has no names yet, drizzle-orm 0.x wrote it: run the 1.0 migrator once with the folder as it was \
             before the rewrite, then adopt"
        );
        Some(Obstacle { query, why })
    }

    /// The migrators take no lock of their own; one at work has written to the ledger or is about to.
    fn lock(&self) -> String {
        format!(
            "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE relation = {}::regclass AND mode = 'RowExclusiveLock'
             AND pid <> pg_backend_pid())",
            literal(&self.place())
        )
    }

    fn adoption(&self, old: &str, new: &[&Migration]) -> Option<String> {
        let place = self.place();
        if let [only] = new
            && only.name == old
        {
            let (hash, time) = (literal(&sha256(only.text())), self.time(old)?);
            return self
                .shares_its_second(old)
                .then(|| format!("UPDATE {place} SET hash = {hash} WHERE created_at = {time}"));
        }
        let time = |name: &str| self.time(name).map(|time| time.to_string());
        let (columns, is_old) = match self.times {
            Times::Journal(_) => ("hash, created_at", format!("created_at = {}", time(old)?)),
            Times::Folders => ("hash, created_at, name", format!("name = {}", literal(old))),
        };
        let row = |one: &&Migration| {
            let name_too = match self.times {
                Times::Journal(_) => String::new(),
                Times::Folders => format!(", {}", literal(&one.name)),
            };
            Some(format!("({}, {}{name_too})", literal(&sha256(one.text())), time(&one.name)?))
        };
        let rows: Vec<String> = new.iter().map(row).collect::<Option<_>>()?;
        Some(format!(
            "WITH old AS (DELETE FROM {place} WHERE {is_old} RETURNING id)
INSERT INTO {place} ({columns})
SELECT v.* FROM (VALUES {}) AS v ({columns}) WHERE EXISTS (SELECT FROM old) ORDER BY v.created_at",
            rows.join(",\n             ")
        ))
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::super::DRIZZLE;
    use super::*;
    use crate::source::SourceFile;

    fn ledger(times: &[(&str, i64)]) -> DrizzleLedger {
        let times = Times::Journal(times.iter().map(|(tag, when)| ((*tag).to_owned(), *when)).collect());
        DrizzleLedger { table: "m".into(), schema: "\"s\"".into(), times }
    }

    fn file(name: &str, text: &str) -> Migration {
        DRIZZLE.folder.read(name, SourceFile::new("m.sql", text)).unwrap()
    }

    #[test]
    fn a_file_in_place_is_told_only_where_its_second_is_shared() {
        let ledger = ledger(&[("a", 1000), ("b", 1999), ("c", 2000)]);
        let hash = sha256("text");
        let told = format!("UPDATE \"s\".\"m\" SET hash = '{hash}' WHERE created_at = 1999");
        assert_eq!(ledger.adoption("b", &[&file("b", "text")]), Some(told));
        assert_eq!(ledger.adoption("c", &[&file("c", "text")]), None);
    }
}
