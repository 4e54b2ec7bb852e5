//! Nothing lost: every statement of a migration is in its rewrite, or named by what replaces it.

use anyhow::{Context, Result, bail, ensure};
use safestep::operation::{Operation, SessionOperation};
use safestep::sql::{read_statement, split};
use serde_json::Value;

use super::values;

/// Fails when a statement of a migration is neither in the rewritten files nor named by what replaces it, or a value of one
/// (a literal, the body of a function) is in no file byte for byte; else the number of its statements.
pub fn lost(source: &str, report: &Value) -> Result<usize> {
    let files = report["files"].as_array().context("files")?;
    let output: String = files.iter().filter_map(|file| file["after"].as_str()).collect();
    let mut kept = source.to_owned();
    for piece in split(source).pieces {
        let statement = piece.span.slice(source);
        let operations = read_statement(statement).operations;
        if !operations.is_empty() && operations.iter().all(|located| sets_for_steps(&located.operation)) {
            kept = kept.replace(statement, "");
        }
    }
    if !files.is_empty()
        && let Some(lost) = values::lost(&kept, &output)
    {
        bail!("{lost}");
    }
    let pieces = split(source).pieces;
    for piece in pieces.iter().filter(|_| !files.is_empty()) {
        let statement = piece.span.slice(source);
        if output.contains(statement) {
            continue;
        }
        for located in read_statement(statement).operations {
            let operation = located.span.slice(statement);
            let from = line(source, piece.span.start + located.span.start);
            let to = line(source, piece.span.start + located.span.end);
            let lines = from..=to;
            if sets_for_steps(&located.operation) {
                continue;
            }
            ensure!(
                output.contains(operation) || is_reported(report, |at| lines.contains(&at)),
                "line {from}: {operation:?} is in no file, no step comes from it, and no rewritten hazard names it"
            );
        }
    }
    Ok(pieces.len())
}

/// Each step that needs it sets it for itself.
fn sets_for_steps(operation: &Operation) -> bool {
    let names = ["search_path", "role", "session_authorization"];
    matches!(
        operation,
        Operation::Session(SessionOperation::SetParameter { name, local: false, .. })
            if names.contains(&name.as_str())
    )
}

fn line(text: &str, at: usize) -> u64 {
    text[..at].matches('\n').count() as u64 + 1
}

/// Whether a step comes from such a line, or a rewritten hazard begins there.
fn is_reported(report: &Value, wanted: impl Fn(u64) -> bool) -> bool {
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let is_wanted = |value: &Value| value.as_u64().is_some_and(&wanted);
    list("steps").iter().any(|step| is_wanted(&step["from_line"]))
        || list("hazards").iter().any(|hazard| {
            let also = hazard["also"].as_array().is_some_and(|lines| lines.iter().any(is_wanted));
            hazard["rewritten"] == true && (is_wanted(&hazard["line"]) || also)
        })
}
