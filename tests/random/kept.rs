//! What the application writes between two steps, into a column that the migration takes away.
//!
//! Where the naive migration keeps such a value (it copies it first), the sequence keeps it too, up to the last moment in
//! which it can be written: nothing is copied in one transaction and taken away in a later one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::Client;

use super::case::Case;
use super::judge::{Columns, Judge, PATIENCE, columns, prepare, send_naive};
use super::rewritten::{Finding, Rewritten};
use super::rows_of::RowsOf;

/// A value of a column that goes, in a row that stays the same.
struct Written {
    table: String,
    column: String,
    is_text: bool,
    /// The row, by its `id`.
    id: String,
    /// The column's number: another column may get its name.
    number: i16,
}

impl Written {
    /// What is written in that round: found again wherever it was copied.
    fn value(&self, number: usize, round: usize) -> String {
        match self.is_text {
            true => format!("kept-{number}-{round}-"),
            false => (31_000 + number * 50 + round).to_string(),
        }
    }

    /// True when the database took it.
    fn write(&self, client: &mut Client, number: usize, round: usize) -> bool {
        let value = self.value(number, round);
        let is_it = format!(
            "EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum = {} AND quote_ident(attname) = '{}')",
            self.table.replace('\'', "''"),
            self.number,
            self.column.replace('\'', "''")
        );
        let update =
            format!("UPDATE {} SET {} = '{value}' WHERE id::text = '{}' AND {is_it}", self.table, self.column, self.id);
        client.execute(&update, &[]).is_ok_and(|rows| rows > 0)
    }
}

impl Judge {
    /// A value that the sequence loses and the naive migration does not; `known` are the columns that were there before.
    pub(super) fn loses(&self, case: &Case, rewritten: &Rewritten, known: &Columns) -> Result<Option<Finding>> {
        let mut naive = self.naive.connect()?;
        let left: BTreeSet<_> = columns(&mut naive)?.into_keys().collect();
        let gone: Vec<_> = known.keys().filter(|column| !left.contains(*column)).collect();
        if gone.is_empty() || rewritten.pieces.len() < 2 {
            return Ok(None);
        }
        prepare(&self.naive, case)?;
        let mut written = Vec::new();
        for (table, column) in gone {
            written.extend(one(&mut naive, table, column)?);
        }
        let taken: BTreeSet<usize> = (0..written.len()).filter(|at| written[*at].write(&mut naive, *at, 0)).collect();
        if send_naive(&self.naive, case)?.is_err() {
            return Ok(None);
        }
        let rows = RowsOf::read(&mut naive)?;
        let kept: BTreeSet<usize> = taken.into_iter().filter(|at| rows.hold(&written[*at].value(*at, 0))).collect();
        if kept.is_empty() {
            return Ok(None);
        }
        prepare(&self.sequence, case)?;
        let mut other = self.sequence.connect()?;
        let mut last = BTreeMap::new();
        for (round, piece) in rewritten.pieces.iter().enumerate() {
            for at in &kept {
                if written[*at].write(&mut other, *at, round) {
                    last.insert(*at, round);
                }
            }
            let mut session = self.sequence.connect()?;
            session.batch_execute(PATIENCE)?;
            session.batch_execute(&piece.set)?;
            if session.batch_execute(&piece.sql).is_err() {
                return Ok(None); // the value does not fit
            }
        }
        let rows = RowsOf::read(&mut other)?;
        Ok(last.into_iter().find(|(at, round)| !rows.hold(&written[*at].value(*at, *round))).map(|(at, round)| {
            let Written { table, column, .. } = &written[at];
            let what = format!("what is written into {table}.{column} before {} is lost", rewritten.pieces[round].name);
            Finding::new("write lost", what)
        }))
    }
}

/// The first row of a table, when the column takes texts or numbers.
fn one(client: &mut Client, table: &str, column: &str) -> Result<Option<Written>> {
    let query = "SELECT quote_ident(a.attname), t.typcategory = 'S', a.attnum FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = $1::text::regclass AND a.attname = $2 AND t.typname IN ('text', 'varchar', 'int4', 'int8', 'int2')
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = a.attrelid AND attname = 'id')";
    let Some(row) = client.query_opt(query, &[&table, &column])? else { return Ok(None) };
    let first = client.query_opt(&format!("SELECT id::text FROM {table} ORDER BY id LIMIT 1"), &[])?;
    let written = first.and_then(|first| first.get::<_, Option<String>>(0)).map(|id| Written {
        table: table.to_owned(),
        column: row.get(0),
        is_text: row.get(1),
        number: row.get(2),
        id,
    });
    Ok(written)
}
