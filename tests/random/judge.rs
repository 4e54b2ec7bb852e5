//! Naive beside rewritten on a real server.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use postgres::{Client, Error};
use safestep::operation::Operation;
use safestep::report::HazardReport;
use safestep::sql::{read_statement, split};
use safestep::verify::between::{Between, Moment, can_be_stopped};
use safestep::verify::catalog::Catalog;

use super::case::{Case, Form, Part};
use super::rewritten::{Finding, Rewritten, rewritten};
use super::rows_of::{Numbered, RowsOf};
use super::said::{Names, ReportedLock, Said};
use super::trace::{self, Ended, Held, InUse};
use crate::bench;
use crate::bench::blocker::fills;
use crate::bench::server::{Database, LEDGERS, Server};

/// Two databases that are used again and again.
pub struct Judge {
    pub(super) naive: Database,
    pub(super) sequence: Database,
}

/// What a case came to when nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing is rewritten.
    Unchanged,
    /// Both succeed and leave the same.
    Same,
    /// The naive migration fails.
    Fails,
    /// The schema before does not run: no case at all.
    Nothing,
}

/// A rule that only says that a wait is not bounded says nothing of a scan.
const NOT_ABOUT_SCANS: [&str; 2] = ["missing-lock-timeout", "several-tables"];

/// How often the naive migration is run again to see what differs from run to run: one of a hundred random numbers is the
/// same twice.
const AGAIN: usize = 3;

/// Longer than anything here takes that ends.
pub(super) const PATIENCE: &str = "SET statement_timeout = '10s'; SET client_min_messages = error";

impl Judge {
    pub fn new(server: &Server) -> Result<Judge> {
        Ok(Judge { naive: server.create()?, sequence: server.create()? })
    }

    /// The case of a seed, of which the server takes nearly every statement.
    pub fn case(&self, seed: u64) -> Result<Case> {
        let mut client = self.naive.connect()?;
        reset(&mut client)?;
        client.batch_execute(PATIENCE)?;
        client.batch_execute("BEGIN")?;
        let mut failed = None;
        let case = Case::of(seed, &mut |_: Part, sql: &str| {
            let sent = client.batch_execute("SAVEPOINT before").and_then(|()| match client.batch_execute(sql) {
                Ok(()) => client.batch_execute("RELEASE before").map(|()| true),
                Err(_) => client.batch_execute("ROLLBACK TO before; RELEASE before").map(|()| false),
            });
            sent.unwrap_or_else(|error| {
                failed = Some(error);
                false
            })
        });
        failed.map_or(Ok(()), Err).context("making a case")?;
        Ok(case.on(self.naive.major))
    }

    /// Runs both and compares.
    pub fn judge(&self, case: &Case, thorough: bool) -> Result<Result<Verdict, Finding>> {
        let rewritten = match rewritten(case)? {
            Ok(rewritten) => rewritten,
            Err(finding) => return Ok(Err(finding)),
        };
        for database in [&self.naive, &self.sequence] {
            if !prepare(database, case)? {
                return Ok(Ok(Verdict::Nothing));
            }
        }
        if rewritten.pieces.is_empty() {
            let found = self.unreported(case, &rewritten)?;
            let found = found.map_or_else(|| self.refused_for_nothing(case, &rewritten), |found| Ok(Some(found)))?;
            return Ok(found.map_or(Ok(Verdict::Unchanged), Err));
        }
        let mut other = self.naive.connect()?;
        let before = Moment::read(&mut other, LEDGERS)?;
        if let Err(why) = send_naive(&self.naive, case)? {
            return Ok(self.must_keep(&rewritten, &why)?.map_or(Ok(Verdict::Fails), Err));
        }
        let between = Between::of(&before, Moment::read(&mut other, LEDGERS)?);
        let known = columns(&mut self.sequence.connect()?)?;
        let seen = match self.run(case, &rewritten, between)? {
            Ok(seen) => seen,
            Err(failed) => return Ok(Err(failed)),
        };
        // What ends wrong weighs more than what was seen on the way.
        let found = self.compare(case, &known, thorough)?.or(seen);
        let found = found.map_or_else(|| self.goes_on(case, &rewritten), |found| Ok(Some(found)))?;
        let found = found.map_or_else(|| self.as_the_runner_does(case, &rewritten), |found| Ok(Some(found)))?;
        // the last one: it runs the naive migration with other rows
        let found = found.map_or_else(|| self.loses(case, &rewritten, &known), |found| Ok(Some(found)))?;
        Ok(found.map_or(Ok(Verdict::Same), Err))
    }

    /// The sequence, step by step: the first thing that was seen on the way, or why it fails.
    fn run(
        &self,
        case: &Case,
        rewritten: &Rewritten,
        mut between: Between,
    ) -> Result<Result<Option<Finding>, Finding>> {
        let mut other = self.sequence.connect()?;
        let in_use = trace::with_indexes(&mut other)?;
        let mut first = None;
        let mut as_written = false;
        let is_unread = |sql: &str| {
            read_statement(sql).operations.iter().any(|read| matches!(read.operation, Operation::Opaque { .. }))
        };
        let text = case.text();
        let has_unread = split(&text).pieces.iter().any(|piece| is_unread(piece.span.slice(&text)));
        for (at, piece) in rewritten.pieces.iter().enumerate() {
            // a step in its author's words may be several pieces, and Drizzle's last transaction holds several steps
            let mut headers = piece.sql.lines().filter(|line| line.starts_with("-- Step ")).peekable();
            as_written &= headers.peek().is_none();
            as_written |= headers.any(|line| line.ends_with("as written"));
            let mut client = self.sequence.connect()?;
            client.batch_execute(PATIENCE)?;
            client.batch_execute(&piece.set)?;
            let mut gaps = Vec::new();
            let mut names = Names::behind(has_unread);
            names.read(&mut other)?;
            let mut step = || trace::step(&mut client, &piece.sql, &in_use);
            let ended = match piece.sql.matches("COMMIT;").count() > 1 && can_be_stopped(&piece.sql) {
                true => between.inside(&mut other, LEDGERS, &mut gaps, step)??,
                false => step()?,
            };
            for gap in gaps {
                let kind = format!("gap: {}", kind_of_gap(&gap));
                first.get_or_insert(Finding::new(kind, format!("within {}: {gap}", piece.name)));
            }
            match ended {
                Ended::Failed(error) => return Ok(Err(failed(&piece.name, &error))),
                // each batch of a backfill locks rows only; no build blocks writers
                Ended::Outside if fills(&piece.sql) || piece.sql.contains("CONCURRENTLY") || as_written => {}
                Ended::Outside => {
                    let what = format!("{} commits by itself, and nothing of it can be looked at", piece.name);
                    first.get_or_insert(Finding::new("not looked at", what));
                }
                Ended::Inside(seen, held) => {
                    names.read(&mut other)?;
                    if let Some(untrue) = Said::of(&piece.sql)
                        .and_then(|said| said.untrue(&piece.sql, &held, &in_use, &names, self.sequence.major))
                    {
                        first.get_or_insert(Finding { what: format!("{}: {}", piece.name, untrue.what), ..untrue });
                    }
                    // the words of a statement with a condition are not always the author's
                    let says = |table: &str| {
                        rewritten.report.hazards.iter().any(|hazard| {
                            !NOT_ABOUT_SCANS.contains(&hazard.rule.as_str())
                                && (piece.sql.contains(hazard.statement.trim_end_matches(';'))
                                    || (!hazard.rewritten
                                        && hazard.table.as_deref().is_some_and(|of| is_of(of, table))))
                        })
                    };
                    let locked = |lock: &str| lock.rsplit_once(" on ").is_some_and(|(_, relation)| says(relation));
                    if let (Some(lock), Some(table)) = (seen.strong.first(), seen.touched.first())
                        && !(as_written && (says(table) || locked(lock)))
                    {
                        let kind = if as_written { "unreported scan under a lock" } else { "scan under a lock" };
                        let what = format!("{} reads or writes rows of {table} while it holds {lock}", piece.name);
                        first.get_or_insert(Finding::new(kind, what));
                    }
                }
            }
            if at + 1 < rewritten.pieces.len() {
                for gap in between.gaps(&mut other, LEDGERS)? {
                    if self.sees_what_stays(case, &gap)? {
                        continue;
                    }
                    first.get_or_insert(Finding::new(
                        format!("gap: {}", kind_of_gap(&gap)),
                        format!("after {}: {gap}", piece.name),
                    ));
                }
            }
        }
        Ok(Ok(first))
    }

    /// The first untrue word about a lock, in a header or in the report.
    pub fn untrue_words(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        if let Some(untrue) = self.reported_untruly(case, rewritten)? {
            return Ok(Some(untrue));
        }
        prepare(&self.sequence, case)?;
        let mut other = self.sequence.connect()?;
        let moment = Moment::read(&mut other, LEDGERS)?;
        let between = Between::of(&moment, Moment::read(&mut other, LEDGERS)?);
        let seen = self.run(case, rewritten, between)?.unwrap_or_else(Some);
        Ok(seen.filter(|finding| finding.kind == Said::UNTRUE))
    }

    /// What is reported of the naive statements, where they run in one transaction: a hazard's lock is taken on its table, and a
    /// statement that does one thing takes no stronger one.
    pub(super) fn reported_untruly(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        prepare(&self.naive, case)?;
        let mut client = self.naive.connect()?;
        let in_use = trace::with_indexes(&mut client)?;
        let mut names = Names::default();
        names.read(&mut client)?;
        client.batch_execute(PATIENCE)?;
        client.batch_execute("BEGIN")?;
        let text = case.text();
        let (mut end, mut before) = (0, Held::new());
        for chunk in case.chunks() {
            let start = end + text[end..].find(&chunk).context("a chunk of the migration")?;
            end = start + chunk.len();
            for piece in split(&chunk).pieces {
                let statement = piece.span.slice(&chunk);
                if client.batch_execute(statement).is_err() {
                    return Ok(None);
                }
                if names.read(&mut client).is_err() {
                    return Ok(None); // a statement of the author's ended the transaction
                }
                let held = trace::seen(&mut client, &in_use, &in_use, &mut BTreeMap::new())?.held;
                let first_line = 1 + text[..start + piece.span.start].matches('\n').count();
                let lines = first_line..=first_line + statement.matches('\n').count();
                let does_one_thing = read_statement(statement).operations.len() == 1;
                for hazard in rewritten.report.hazards.iter().filter(|hazard| lines.contains(&hazard.line)) {
                    let said = ReportedLock { hazard, does_one_thing };
                    if let Some(finding) = said.untrue(&held, &before, &in_use, &names) {
                        return Ok(Some(finding));
                    }
                }
                before = held;
            }
        }
        Ok(None)
    }

    /// `known` are the columns that were there before.
    pub(super) fn compare(&self, case: &Case, known: &Columns, thorough: bool) -> Result<Option<Finding>> {
        let (mut naive, mut sequence) = (self.naive.connect()?, self.sequence.connect()?);
        let expected = Catalog::read(&mut naive, self.naive.major, LEDGERS)?;
        let differences = expected.differences(&Catalog::read(&mut sequence, self.sequence.major, LEDGERS)?);
        if let Some(first) = differences.first() {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "(not there)".into());
            let how = match (&first.expected, &first.found) {
                (Some(_), None) => "missing",
                (None, Some(_)) => "extra",
                _ => "other",
            };
            let kind = first.object.split(' ').next().unwrap_or_default();
            let what =
                format!("{}\n  naive    {}\n  sequence {}", first.object, side(&first.expected), side(&first.found));
            return Ok(Some(Finding::new(format!("schema: {kind} {how}"), what)));
        }
        let (naive_rows, rows) = (RowsOf::read(&mut naive)?, RowsOf::read(&mut sequence)?);
        drop(naive);
        if naive_rows.difference(&rows, &BTreeSet::new()).is_some() {
            let mut unstable = BTreeSet::new();
            for _ in 0..AGAIN {
                prepare(&self.naive, case)?;
                if send_naive(&self.naive, case)?.is_ok() {
                    unstable.extend(naive_rows.unlike(&RowsOf::read(&mut self.naive.connect()?)?));
                }
            }
            // which row of a new column gets which number is nobody's promise, nor what is generated from it
            let now = columns(&mut self.naive.connect()?)?;
            let is_new = |column: &(String, String)| {
                now.get(column).is_some_and(|is| known.get(column).is_none_or(|was| was.number != is.number))
            };
            let numbered = now.iter().filter(|(column, is)| is.numbered && is_new(column));
            let mut numbered: Vec<(String, String)> = numbered.map(|(column, _)| column.clone()).collect();
            let generated = generated(&mut self.naive.connect()?)?.into_iter();
            numbered.extend(
                generated.filter(|(_, from)| numbered.contains(from)).map(|(column, _)| column).collect::<Vec<_>>(),
            );
            // nor which one it gets where it is copied to
            let copies = naive_rows.columns().filter(|(_, column)| numbered.iter().any(|(_, own)| own == column));
            unstable.extend(copies.filter(&is_new));
            unstable.extend(numbered);
            if let Some(difference) = naive_rows.difference(&rows, &unstable) {
                return Ok(Some(Finding::new("rows differ", difference)));
            }
        }
        if thorough {
            keys_have_their_own_not_null(&self.naive)?;
            keys_have_their_own_not_null(&self.sequence)?;
            let (naive, sequence) = (bench::catalog::schema(&self.naive)?, bench::catalog::schema(&self.sequence)?);
            if let Some(difference) = bench::catalog::difference(&naive, &sequence) {
                return Ok(Some(Finding::new("pg_dump differs", difference)));
            }
        }
        Ok(None)
    }

    /// Where the naive migration fails and takes all back, the sequence fails too, and has thrown no rows away before that.
    fn must_keep(&self, rewritten: &Rewritten, why: &Error) -> Result<Option<Finding>> {
        let mut client = self.sequence.connect()?;
        let before = Numbered::read(&mut client)?;
        for piece in &rewritten.pieces {
            let mut session = self.sequence.connect()?;
            session.batch_execute(PATIENCE)?;
            session.batch_execute(&piece.set)?;
            let Err(error) = session.batch_execute(&piece.sql) else { continue };
            let lost = before.lost(&Numbered::read(&mut client)?);
            return Ok(lost.map(|lost| {
                let kind = format!("rows lost where the naive migration rolls back: {}", code(why));
                Finding::new(kind, format!("{} fails ({}): {lost}", piece.name, message_of(&error)))
            }));
        }
        // It may fill NULLs for which the naive migration has no answer, and a new label may be used after a commit.
        let may_pass = ["23502", "55P04"].contains(&code(why));
        let passes = || Finding::new(format!("passes where the naive migration fails: {}", code(why)), message_of(why));
        Ok((!may_pass).then(passes))
    }

    /// A statement of a migration that stays as it is which scans or rewrites under a lock, and no word of it.
    fn unreported(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        let mut client = self.sequence.connect()?;
        let in_use: InUse = trace::in_use(&mut client)?;
        client.batch_execute(PATIENCE)?;
        client.batch_execute("SET enable_seqscan = off; BEGIN")?;
        let mut counted = BTreeMap::new();
        let mut first = None;
        let text = case.text();
        let mut end = 0;
        for chunk in case.chunks() {
            let start = end + text[end..].find(&chunk).context("a chunk of the migration")?;
            end = start + chunk.len();
            for piece in split(&chunk).pieces {
                let statement = piece.span.slice(&chunk);
                let files = trace::in_use(&mut client)?;
                if client.batch_execute(statement).is_err() {
                    return Ok(None);
                }
                let seen = trace::seen(&mut client, &in_use, &files, &mut counted)?;
                let (Some(lock), Some(table)) = (seen.strong.first(), seen.touched.first()) else { continue };
                let line = |at: usize| 1 + text[..at].matches('\n').count();
                let first_line = line(start + piece.span.start);
                let lines = first_line..=first_line + statement.matches('\n').count();
                // one hazard may be about several statements, and what is not read is said to be left
                let says = rewritten.report.hazards.iter().any(|hazard| {
                    !NOT_ABOUT_SCANS.contains(&hazard.rule.as_str())
                        && (statement.contains(hazard.statement.trim_end_matches(';'))
                            || hazard.also.iter().any(|also| lines.contains(also))
                            || (hazard.line < first_line && speaks_of_all_behind(hazard)))
                }) || rewritten.report.opaque.iter().any(|opaque| {
                    // what is put together at run time may do anything to what stands behind it, and is said to be left
                    lines.contains(&opaque.line) || (opaque.line < first_line && opaque.what.contains("EXECUTE"))
                });
                if !says {
                    let what = format!("{statement}\nreads or writes rows of {table} while it holds {lock}");
                    let verb: Vec<&str> =
                        statement.split_whitespace().take(1 + usize::from(!statement.starts_with("UPDATE"))).collect();
                    let behind = if seen.strong.iter().any(|lock| lock.ends_with(&format!(" on {table}"))) {
                        ""
                    } else {
                        " behind another table's lock"
                    };
                    first.get_or_insert(Finding::new(format!("unreported: {}{behind}", verb.join(" ")), what));
                }
            }
        }
        Ok(first.filter(|_| client.batch_execute("COMMIT").is_ok()))
    }
}

/// A table that a message names, with or without the schema that is found first.
fn is_of(named: &str, table: &str) -> bool {
    named.strip_prefix("public.").unwrap_or(named) == table
}

/// It says of a LOCK TABLE that what stands behind it takes long.
fn speaks_of_all_behind(hazard: &HazardReport) -> bool {
    hazard.rule == "lock-table" && hazard.message.contains("until the work behind it is done")
}

/// Columns by table and name.
pub(super) type Columns = BTreeMap<(String, String), ColumnOf>;

pub(super) struct ColumnOf {
    /// It takes numbers from a sequence.
    numbered: bool,
    /// Its number in the table: a new column that takes a name over has another one.
    number: i16,
}

/// All columns.
pub(super) fn columns(client: &mut Client) -> Result<Columns> {
    let query = "SELECT format('%I.%I', n.nspname, c.relname), a.attname::text, a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid), '') LIKE 'nextval(%'
           OR EXISTS (SELECT FROM pg_depend o WHERE o.refobjid = c.oid AND o.refobjsubid = a.attnum AND o.deptype = 'a' AND o.classid = 'pg_class'::regclass), a.attnum
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname IN ('public', 'app')";
    let of = |row: &postgres::Row| ColumnOf { numbered: row.get(2), number: row.get(3) };
    Ok(client.query(query, &[])?.iter().map(|row| ((row.get(0), row.get(1)), of(row))).collect())
}

/// A column, by its table.
type Column = (String, String);

/// Generated columns, each with a column that it reads.
fn generated(client: &mut Client) -> Result<Vec<(Column, Column)>> {
    let query = "SELECT format('%I.%I', n.nspname, c.relname), a.attname::text, f.attname::text
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid = c.oid
         JOIN pg_attribute f ON f.attrelid = c.oid AND f.attnum = p.refobjsubid AND f.attnum <> a.attnum
         WHERE a.attgenerated <> ''";
    let column = |table: &String, name: String| (table.clone(), name);
    let rows = client.query(query, &[])?;
    let pair = |row: &postgres::Row| {
        let table: String = row.get(0);
        (column(&table, row.get(1)), column(&table, row.get(2)))
    };
    Ok(rows.iter().map(pair).collect())
}

/// Drops all that a case can make: what lies in no schema stays when the schemas go.
const RESET: &str = "SET client_min_messages = error;
DO $reset$
DECLARE
  gone text;
BEGIN
  FOR gone IN
    SELECT format('EVENT TRIGGER %I', evtname) FROM pg_event_trigger
    UNION ALL SELECT format('PUBLICATION %I', pubname) FROM pg_publication
    UNION ALL SELECT format('SCHEMA %I CASCADE', nspname) FROM pg_namespace
      WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    UNION ALL SELECT format('FOREIGN DATA WRAPPER %I CASCADE', fdwname) FROM pg_foreign_data_wrapper
    UNION ALL SELECT format('CAST (%s AS %s)', castsource::regtype, casttarget::regtype) FROM pg_cast
      WHERE oid >= 16384 AND castsource < 16384 AND casttarget < 16384
  LOOP
    EXECUTE 'DROP ' || gone;
  END LOOP;
END
$reset$;
CREATE SCHEMA public";

pub(super) fn reset(client: &mut Client) -> Result<()> {
    client.batch_execute(RESET).context("starting anew")
}

/// From 18 on a key that is added with USING INDEX makes an inherited NOT NULL of its columns the table's own as well; one that is
/// added without one does not. Nobody but `pg_dump` sees it.
fn keys_have_their_own_not_null(database: &Database) -> Result<()> {
    if database.major < 18 {
        return Ok(());
    }
    let mut client = database.connect()?;
    let query = "SELECT format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', a.attrelid::regclass, a.attname)
         FROM pg_index JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = ANY (indkey)
         JOIN pg_constraint n ON n.conrelid = indrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum]
         JOIN pg_class t ON t.oid = indrelid
         WHERE indisprimary AND NOT n.conislocal AND NOT t.relispartition";
    for row in client.query(query, &[])? {
        client.batch_execute(row.get(0))?;
    }
    Ok(())
}

/// The schema and the rows before; false when they do not run.
pub(super) fn prepare(database: &Database, case: &Case) -> Result<bool> {
    let mut client = database.connect()?;
    reset(&mut client)?;
    let before: String = case.before.iter().map(|statement| format!("{statement};\n")).collect();
    if client.batch_execute(&before).is_err() {
        return Ok(false);
    }
    for insert in &case.rows {
        let _ = client.batch_execute(insert); // a table may stay empty
    }
    Ok(true)
}

/// As the runner sends it.
pub(super) fn send_naive(database: &Database, case: &Case) -> Result<Result<(), Error>> {
    let mut client = database.connect()?;
    client.batch_execute(PATIENCE)?;
    if case.form == Form::Prisma {
        return Ok(client.batch_execute(&case.text()));
    }
    client.batch_execute("BEGIN")?;
    let sent = case.chunks().iter().try_for_each(|chunk| client.batch_execute(chunk));
    Ok(sent.and_then(|()| client.batch_execute("COMMIT")))
}

pub(super) fn failed(step: &str, error: &Error) -> Finding {
    let (code, text) = (code(error), message_of(error));
    // names aside
    let kind: Vec<&str> = text.split('"').step_by(2).collect();
    Finding::new(format!("sequence fails: {code} {}", kind.join("…")), format!("{step}: {text}"))
}

fn code(error: &Error) -> &str {
    error.code().map_or("", |code| code.code())
}

pub(super) fn message_of(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn kind_of_gap(gap: &str) -> &str {
    const KINDS: [&str; 21] = [
        "materialized view",
        "view",
        "sequence",
        "table",
        "column",
        "the default",
        "NOT NULL",
        "the primary key",
        "unique",
        "an index",
        "the foreign key",
        "CHECK",
        "EXCLUDE",
        "row security",
        "policy",
        "trigger",
        "rule",
        "function",
        "type",
        "label",
        "the grant",
    ];
    let known = KINDS.into_iter().find(|kind| gap.starts_with(kind));
    known.unwrap_or(match gap {
        _ if gap.contains("is called") => "names torn apart",
        _ if gap.contains("fewer rows") => "fewer rows",
        _ if gap.contains("cannot read") => "unreadable",
        _ => "other",
    })
}
