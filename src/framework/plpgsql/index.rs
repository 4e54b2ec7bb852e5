//! What stands before and behind a concurrent build.

use super::retry::{by_itself, if_then, retried};
use crate::framework::LayoutSettings;
use crate::operation::{CreateIndex, QualifiedName};
use crate::postgres::idempotence::{index_on, valid_index_is};
use crate::sql::literal;

/// Clears the way for a concurrent build: waits for another build on the table, and drops what an earlier one left INVALID
/// under that name.
///
/// Of two builds on one table the second waits for the first one's lock with a snapshot that the first one waits for:
/// PostgreSQL ends one of them, and mostly the one that is nearly done. So whoever has that lock or waits for it is looked
/// for (but for autovacuum, which has no user and gives way), and not waited for in a lock. Of two that look at once one
/// finds the advisory lock taken; and who has just sent this very block, and nothing since, is about to send the build.
pub fn before_build(index: &QualifiedName, table: &QualifiedName, settings: &LayoutSettings) -> String {
    let invalid = |index: String| format!("EXISTS (SELECT FROM pg_index WHERE {index} AND NOT indisvalid)");
    let there = format!("indexrelid = to_regclass({})", literal(&index.to_string()));
    let lock_timeout = settings.lock_timeout.clone().unwrap_or_else(|| "100ms".to_owned());
    let name = literal(&table.to_string());
    let message = literal(&format!(
        "another session builds an index on {table} or vacuums it: run the same command again when it is done"
    ));
    let looks = format!(
        "IF NOT pg_try_advisory_xact_lock(hashtext({name})) OR EXISTS (
  SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = to_regclass({name}) AND mode = 'ShareUpdateExclusiveLock'
    AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()) OR EXISTS (
  SELECT FROM pg_stat_activity WHERE state = 'idle' AND left(query, 200) = left(current_query(), 200)
    AND datname = current_database() AND pid <> pg_backend_pid() AND state_change > clock_timestamp() - interval '5 s') THEN
  RAISE lock_not_available USING MESSAGE = {message};
END IF;"
    );
    // Long enough to make autovacuum give way, which it does after deadlock_timeout.
    let drops = format!(
        "IF {} THEN
  PERFORM set_config('lock_timeout', '2s', true);
  LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE;
  PERFORM set_config('lock_timeout', '{lock_timeout}', true);
  IF {} THEN
    DROP INDEX {index};
  END IF;
END IF;",
        invalid(index_on(index, table)),
        invalid(there),
    );
    let attempts = settings.lock_attempts.max(PATIENCE);
    let settings = LayoutSettings { lock_timeout: Some(lock_timeout), lock_attempts: attempts, ..settings.clone() };
    retried(&[vec![looks, drops]], &settings)
}

/// Attempts, about a second each, until a runner that waits for another one gives up.
const PATIENCE: u32 = 600;

/// Fails when the index is not there, not valid, or another one than the build makes.
pub fn must_be_valid(index: &QualifiedName, build: &CreateIndex) -> String {
    let message = literal(
        &format!(
            "{index} is not valid, or not the index that this file builds: drop it and run the same command again"
        )
        .replace('%', "%%"),
    );
    let missing = format!("NOT EXISTS ({})", valid_index_is(index, build));
    by_itself(&if_then(&missing, &format!("RAISE EXCEPTION {message};")))
}
