//! The rows that a migration leaves alone, at a moment between two steps.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::Client;
use serde_json::Value;

use super::case::Case;
use super::judge::{Judge, prepare, send_naive};

type Row = BTreeMap<String, Value>;

impl Judge {
    /// Fewer rows than before and after are no gap where each row that the naive migration leaves alone is seen: some go, and
    /// those that are to come are not there yet. A row is all of its values. `gap` says who sees fewer rows of what.
    pub(super) fn sees_what_stays(&self, case: &Case, gap: &str) -> Result<bool> {
        let Some((reader, rest)) = gap.split_once(" sees fewer rows of ") else { return Ok(false) };
        let Some((relation, _)) = rest.split_once(" than ") else { return Ok(false) };
        let role = if reader.contains("row security") { "pg_read_all_data" } else { "NONE" };
        let seen = |client: &mut Client| rows(client, role, relation);
        let (Some(now), Some(after)) = (seen(&mut self.sequence.connect()?), seen(&mut self.naive.connect()?)) else {
            return Ok(false);
        };
        prepare(&self.naive, case)?;
        let before = seen(&mut self.naive.connect()?);
        if send_naive(&self.naive, case)?.is_err() {
            return Ok(false);
        }
        let Some(before) = before else { return Ok(false) };
        let columns = |rows: &[Row]| rows.iter().flat_map(Row::keys).cloned().collect::<BTreeSet<String>>();
        let common: BTreeSet<String> = columns(&before).intersection(&columns(&after)).cloned().collect();
        let (before, after, now) = (counted(&before, &common), counted(&after, &common), counted(&now, &common));
        Ok(before.iter().all(|(row, count)| {
            let stays = (*count).min(after.get(row).copied().unwrap_or_default());
            now.get(row).copied().unwrap_or_default() >= stays
        }))
    }
}

/// What a role sees of a relation; `None` where it cannot read it.
fn rows(client: &mut Client, role: &str, relation: &str) -> Option<Vec<Row>> {
    client.batch_execute(&format!("SET search_path = ''; SET ROLE {role}")).ok()?;
    let rows = client.query(&format!("SELECT to_jsonb(r.*)::text FROM {relation} r"), &[]).ok()?;
    rows.iter().map(|row| serde_json::from_str(row.get(0)).ok()).collect()
}

/// How often each row is there, by these columns.
fn counted(rows: &[Row], columns: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let values: Vec<String> =
            columns.iter().map(|column| row.get(column).map_or_else(String::new, Value::to_string)).collect();
        *counts.entry(values.join(", ")).or_default() += 1;
    }
    counts
}
