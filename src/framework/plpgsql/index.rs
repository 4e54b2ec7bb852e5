//! What stands before and behind a concurrent build.

use super::conditions::{index_on, valid_index_is};
use super::retry::{by_itself, if_then, retried};
use super::text::literal;
use crate::framework::LayoutSettings;
use crate::operation::{CreateIndex, QualifiedName};

/// Clears the way for a concurrent build: drops what an earlier one left INVALID under that name. A build that still
/// goes on is waited for, and the second look is there because it may have ended well.
pub fn dropped_if_invalid(index: &QualifiedName, table: &QualifiedName, settings: &LayoutSettings) -> String {
    let invalid = |index: String| format!("EXISTS (SELECT FROM pg_index WHERE {index} AND NOT indisvalid)");
    let there = format!("indexrelid = to_regclass({})", literal(&index.to_string()));
    let (wait, back) = match &settings.lock_timeout {
        Some(timeout) => (
            "  PERFORM set_config('lock_timeout', '10s', true);\n",
            format!("  PERFORM set_config('lock_timeout', '{timeout}', true);\n"),
        ),
        None => ("", String::new()),
    };
    let statement = format!(
        "IF {} THEN
{wait}  LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE;
{back}  IF {} THEN
    DROP INDEX {index};
  END IF;
END IF;",
        invalid(index_on(index, table)),
        invalid(there),
    );
    retried(&[vec![statement]], settings)
}

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
