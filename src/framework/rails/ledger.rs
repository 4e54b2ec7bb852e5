//! `schema_migrations`: a row for each version that is applied, and nothing else.

use std::collections::HashSet;

use super::steps::steps_of;
use crate::framework::ledger::{Applied, Ledger, Row};
use crate::framework::migration::Migration;
use crate::operation::Ident;
use crate::sql::literal;

pub(super) const TABLES: &[&str] = &["schema_migrations", "ar_internal_metadata"];

/// The version of a migration, before which its name may have its database.
fn version(migration: &Migration) -> &str {
    migration.name.rsplit_once('/').map_or(&migration.name, |(_, version)| version)
}

pub(super) struct RailsLedger {
    /// The table with the rows, and the other one.
    pub tables: [String; 2],
}

impl RailsLedger {
    fn rows_of(rows: &[Row]) -> impl Iterator<Item = &str> {
        rows.iter().filter_map(|row| row.first()?.as_deref())
    }
}

impl Ledger for RailsLedger {
    fn tables(&self) -> Vec<&str> {
        self.tables.iter().map(String::as_str).collect()
    }

    fn place(&self) -> String {
        Ident::new(self.tables[0].clone()).to_string()
    }

    fn rows(&self) -> String {
        format!("SELECT version FROM {} ORDER BY length(version), version", self.place())
    }

    /// A row holds no more than a version, which the first step of a sequence keeps: where those behind it never ran, it may be
    /// the naive migration that did, or only the first step. The schema tells.
    fn applied(&self, rows: &[Row], folder: &[Migration]) -> Vec<Applied> {
        let ran: HashSet<&str> = RailsLedger::rows_of(rows).collect();
        let applied = |row: &str| {
            let own = folder.iter().find(|migration| version(migration) == row);
            let name = own.map_or(row, |migration| &migration.name);
            let is_missing = |at: &usize| !ran.contains(version(&folder[*at]));
            let is_changed = steps_of(name, folder).iter().any(is_missing);
            Applied { name: name.to_owned(), finished: true, is_changed }
        };
        RailsLedger::rows_of(rows).map(applied).collect()
    }

    fn unknown(&self, name: &str) -> String {
        format!(
            "{name} ran on this database, and no file here has this version: `bin/rails db:migrate` takes no notice of that, \
             `bin/rails db:rollback` stops at it when it is the highest"
        )
    }

    /// Rails takes `2053462845 * Zlib.crc32(current_database)` for the time of a run (`ActiveRecord::Migrator#generate_migrator_advisory_lock_id`).
    fn lock(&self) -> String {
        "WITH RECURSIVE bits (step, crc) AS (
  SELECT 0, 4294967295::bigint
  UNION ALL
  SELECT step + 1, CASE WHEN crc & 1 = 1 THEN (crc >> 1) # 3988292384 ELSE crc >> 1 END
  FROM (
    SELECT step, CASE WHEN step % 8 = 0 THEN crc # get_byte(name, step / 8) ELSE crc END AS crc
    FROM bits, convert_to(current_database(), 'UTF8') AS name WHERE step < 8 * length(name)
  ) AS byte
)
SELECT pg_try_advisory_xact_lock(2053462845 * (SELECT crc # 4294967295 FROM bits ORDER BY step DESC LIMIT 1))"
            .into()
    }

    /// Rows for the steps; the first one has the version that is there.
    fn adoption(&self, old: &str, new: &[&Migration]) -> Option<String> {
        let missing: Vec<String> =
            new.iter().filter(|one| one.name != old).map(|one| format!("({})", literal(version(one)))).collect();
        (!missing.is_empty()).then(|| {
            format!("INSERT INTO {} (version) VALUES {} ON CONFLICT DO NOTHING", self.place(), missing.join(", "))
        })
    }
}
