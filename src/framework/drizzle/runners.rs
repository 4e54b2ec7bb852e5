//! Two migrators at once: pods that start together. Drizzle has no lock of its own, and each migrator has read the ledger
//! before the other one wrote to it, so both run the same files.
//!
//! - What may run again does nothing the second time, and takes no lock then: it cannot stand in the way of what the other
//!   migrator is at (`../rerun.rs`).
//! - A concurrent build is looked for before one begins (`plpgsql/index.rs`): two on one table wait for each other, and
//!   PostgreSQL ends one of them when it is nearly done.
//! - What must not run twice takes an advisory lock and asks the ledger (`plpgsql/once.rs`). The lock belongs to the
//!   transaction that writes the ledger's row. One of the session would outlive a run that fails in a pool's connection,
//!   and behind a transaction pooler it would stay on a connection that nobody finds again.
//!
//! The second migrator then finds nothing to do and records the file once more, as Drizzle does without any rewrite: no
//! migrator minds a row that is there twice.
//!
//! Which row is a file's own is known only when the file has its place in the folder. Until then it has gaps.

use std::collections::HashMap;

use camino::Utf8Path;

use super::super::ledger::Ledger as _;
use super::super::page::Written;
use super::super::plpgsql::{Once, Recorded, unless_recorded};
use super::super::{FrameworkError, LaidOut, Placed};
use super::{journal, ledger};
use crate::operation::{DataOperation, Operation};
use crate::plan::Step;
use crate::plan::rerun::changes_rows;
use crate::source::directives;
use crate::sql::literal;

/// Gaps: no file that is read can hold a NUL byte.
const PLACE: &str = "\0place\0";
const PLACE_AS_TEXT: &str = "\0place as text\0";
const ROW: &str = "\0row\0";

/// Statements of a unit as chunks: those that would do something again without an error, where two
/// migrators run them, stand in a block that asks the ledger.
pub(super) fn once(written: Vec<Written<'_>>) -> Vec<String> {
    let recorded = Recorded { place: PLACE, place_as_text: PLACE_AS_TEXT, row: ROW };
    let mut chunks: Vec<String> = Vec::new();
    // The block that the next statements may join: the comments in front of it, and what is in it.
    let mut open: Option<(String, Vec<Once>)> = None;
    let close = |open: &mut Option<(String, Vec<Once>)>, chunks: &mut Vec<String>| {
        let block = open.take().map(|(comments, statements)| comments + &unless_recorded(&statements, &recorded));
        chunks.extend(block);
    };
    for Written { text, statement, steps, .. } in written {
        let (comments, statement) = text.split_at(statement);
        // A comment that silences a rule speaks for the statement behind it: that is the block, with nothing else in it.
        let silences = !directives(comments).is_empty();
        let form = form(statement, &steps);
        if form.is_none() || silences {
            close(&mut open, &mut chunks);
        }
        match (form, &mut open) {
            (None, _) => chunks.push(text),
            (Some(form), None) => open = Some((comments.to_owned(), vec![form(statement.trim().to_owned())])),
            (Some(form), Some((_, statements))) => statements.push(form(text.trim().to_owned())),
        }
        if silences {
            close(&mut open, &mut chunks);
        }
    }
    close(&mut open, &mut chunks);
    chunks
}

/// The form in which a statement stands in a block; `None` where a second run fails by itself or changes nothing.
fn form(statement: &str, steps: &[&Step]) -> Option<fn(String) -> Once> {
    let end = statement.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(statement.len());
    let has = |word: &str| statement.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
    match statement[..end].to_ascii_uppercase().as_str() {
        // FOUND is a variable of every PL/pgSQL block.
        "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE" if !has("RETURNING") && !has("FOUND") => Some(Once::Plain),
        // SELECT … INTO makes its table once.
        "SELECT" | "WITH" if steps.iter().any(|step| step.runs_query()) => None,
        // What a session goes by from there on is no change of the database.
        "SELECT" if has("set_config") || has("advisory") => None,
        "DO" if !steps.iter().any(|step| may_change_rows(&step.operation)) => None,
        "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE" | "MERGE" | "WITH" | "SELECT" | "DO" | "CALL" | "EXECUTE"
        | "COPY" => Some(Once::Executed),
        _ => None,
    }
}

fn may_change_rows(operation: &Operation) -> bool {
    changes_rows(operation)
        || matches!(operation, Operation::Data(DataOperation::Select { .. }) | Operation::Opaque { .. })
}

/// Fills the gaps of all files with the ledger's place and with what each file is recorded as.
pub(super) fn name(folder: &Utf8Path, placed: &mut [Placed]) -> Result<(), FrameworkError> {
    let has_gap = |file: &LaidOut| file.content.contains(ROW);
    if !placed.iter().flat_map(|placed| &placed.files).any(has_gap) {
        return Ok(());
    }
    let times = times(folder, placed)?;
    let place = ledger::DrizzleLedger::of(folder)?.place();
    for file in placed.iter_mut().flat_map(|placed| &mut placed.files).filter(|file| has_gap(file)) {
        let row = match &times {
            Some(times) => recorded_at(times, &file.name),
            None => format!("name = {}", literal(&file.name)),
        };
        let content = file.content.replace(PLACE_AS_TEXT, &literal(&place)).replace(PLACE, &place);
        file.content = content.replace(ROW, &row);
    }
    Ok(())
}

/// The times of the journal as it is going to be; `None` where migrations are known by their names.
fn times(folder: &Utf8Path, placed: &[Placed]) -> Result<Option<HashMap<String, i64>>, FrameworkError> {
    let path = journal::of(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let new = placed.iter().flat_map(|placed| &placed.companions.after).find(|(changed, _)| *changed == path);
    let times = match new {
        Some((_, text)) => journal::times_in(&path, text)?,
        None => journal::times(folder)?,
    };
    Ok(Some(times.into_iter().collect()))
}

/// A time that another migration has too says nothing.
fn recorded_at(times: &HashMap<String, i64>, tag: &str) -> String {
    match times.get(tag) {
        Some(when) if times.values().filter(|other| *other == when).count() == 1 => format!("created_at = {when}"),
        _ => "false".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_second_run_would_do_again_asks_the_ledger() {
        let form = |text: &str| match form(text, &[]).map(|form| form(String::new())) {
            Some(Once::Plain(_)) => "plain",
            Some(Once::Executed(_)) => "executed",
            None => "as written",
        };
        for (text, expected) in [
            ("UPDATE t SET a = a * 100;", "plain"),
            ("INSERT INTO t VALUES (1)", "plain"),
            ("DELETE FROM t WHERE a = 1 RETURNING b;", "executed"),
            ("UPDATE t SET found = true;", "executed"),
            ("SELECT setval('t_id_seq', 7);", "executed"),
            ("with moved as (delete from a returning *) insert into b select * from moved", "executed"),
            ("CALL double_all();", "executed"),
            ("SELECT pg_catalog.set_config('search_path', '', false);", "as written"),
            ("CREATE VIEW v AS SELECT 1;", "as written"),
            ("DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); END $$;", "as written"),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
    }

    #[test]
    fn comments_stay_with_their_statement_and_silence_it_alone() {
        let written = [
            "-- first\nUPDATE a SET x = 1;\n",
            "\n-- second\nUPDATE b SET x = 1;\n",
            "\n-- safestep: ignore small\nUPDATE c SET x = 1;\n",
            "\nUPDATE d SET x = 1;\n",
            "\nCREATE VIEW v AS SELECT 1;\n",
        ];
        let written = written.map(|text| Written {
            comments: String::new(),
            text: text.to_owned(),
            statement: text.find(|c: char| c.is_ascii_uppercase()).unwrap(),
            steps: Vec::new(),
            in_words: true,
        });
        let chunks = once(Vec::from(written));
        let of_author = |chunk: &String| {
            let block = chunk.split_once("DO $safestep$").map(|(front, block)| {
                (front.trim().to_owned(), block.split_once("  END IF;\n\n").map(|(_, own)| own.replace("  ", "")))
            });
            block.map_or_else(
                || chunk.trim().to_owned(),
                |(front, own)| format!("{front} | {}", own.unwrap_or_default()),
            )
        };
        assert_eq!(
            chunks.iter().map(of_author).collect::<Vec<_>>(),
            [
                "-- first | UPDATE a SET x = 1;\n-- second\nUPDATE b SET x = 1;\nEND\n$safestep$;\n",
                "-- safestep: ignore small | UPDATE c SET x = 1;\nEND\n$safestep$;\n",
                " | UPDATE d SET x = 1;\nEND\n$safestep$;\n",
                "CREATE VIEW v AS SELECT 1;",
            ]
        );
    }

    #[test]
    fn a_time_that_two_migrations_share_tells_nothing() {
        let times = HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 2)]);
        assert_eq!(
            ["a", "b", "c", "d"].map(|tag| recorded_at(&times, tag)),
            ["created_at = 1", "false", "false", "false"]
        );
    }
}
