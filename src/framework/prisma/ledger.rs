//! `_prisma_migrations`: a row for each migration, with the SHA-256 of its file.

use std::collections::BTreeMap;

use crate::framework::ledger::{Applied, Ledger, Row, sha256};
use crate::framework::migration::Migration;

pub(super) const TABLES: &[&str] = &["_prisma_migrations"];

pub(super) struct PrismaLedger;

impl Ledger for PrismaLedger {
    fn tables(&self) -> Vec<&str> {
        TABLES.to_vec()
    }

    fn place(&self) -> String {
        "_prisma_migrations".into()
    }

    /// A migration that was tried again has a row for each time.
    fn rows(&self) -> String {
        "SELECT migration_name, bool_or(finished_at IS NOT NULL), string_agg(checksum, ' ')
         FROM _prisma_migrations WHERE rolled_back_at IS NULL GROUP BY migration_name ORDER BY min(started_at)"
            .into()
    }

    fn applied(&self, rows: &[Row], folder: &[Migration]) -> Vec<Applied> {
        let hashes: BTreeMap<&str, String> =
            folder.iter().map(|on_disk| (on_disk.name.as_str(), sha256(on_disk.text()))).collect();
        let applied = |row: &Row| {
            let value = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            let (name, checksums) = (value(0), value(2));
            let on_disk = hashes.get(name.as_str());
            let is_changed = !on_disk.is_some_and(|hash| checksums.split(' ').any(|checksum| checksum == hash));
            Applied { finished: value(1) == "t", is_changed, name }
        };
        rows.iter().map(applied).collect()
    }

    fn lock(&self) -> String {
        "SELECT pg_try_advisory_xact_lock(72707369)".into()
    }

    fn adoption(&self, old: &str, new: &[&Migration]) -> Option<String> {
        let checksum = |content: &str| format!("encode(sha256(convert_to({}, 'UTF8')), 'hex')", literal(content));
        if let [only] = new
            && only.name == old
        {
            return Some(format!(
                "UPDATE \"_prisma_migrations\" SET checksum = {} WHERE migration_name = {} AND rolled_back_at IS NULL",
                checksum(only.text()),
                literal(old)
            ));
        }
        let rows: Vec<String> = new
            .iter()
            .enumerate()
            .map(|(at, one)| format!("({}, {}, {})", at + 1, literal(&one.name), checksum(one.text())))
            .collect();
        // The old row must go: with it, `migrate dev` wants a reset.
        Some(format!(
            "WITH old AS (DELETE FROM \"_prisma_migrations\" WHERE migration_name = {} RETURNING started_at, finished_at)
INSERT INTO \"_prisma_migrations\" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
SELECT md5(random()::text || clock_timestamp()::text || v.name)::uuid::text, v.checksum, v.name,
       o.started_at + v.i * interval '1 microsecond', o.finished_at + v.i * interval '1 microsecond', 1
FROM (SELECT max(started_at) AS started_at, max(finished_at) AS finished_at FROM old) AS o,
     (VALUES {}) AS v (i, name, checksum)",
            literal(old),
            rows.join(",\n             ")
        ))
    }
}

fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    if text.contains('\\') { format!("E'{escaped}'") } else { format!("'{escaped}'") }
}
