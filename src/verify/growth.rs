//! How long locks are held that block writers, and what that grows with.

use std::collections::BTreeSet;

use super::filling::{Filling, fill, with_parents};
use super::locks::{relations, trace};
use super::proof::Bench;
use super::{Scratch, VerifyError};
use crate::postgres::LockMode;
use crate::report::{Growth, NaiveStatement, Proof};

/// How many times more rows the second size has.
const TIMES: u32 = 10;

impl Bench<'_> {
    /// How long the naive migration and each step hold locks that block writers, with the wanted number of rows and with
    /// ten times as many. `main` is the database before the migration, without rows.
    pub(super) fn growth(&self, main: &Scratch, proof: &mut Proof) -> Result<(), VerifyError> {
        let tables = self.locked_tables(main)?;
        if tables.is_empty() {
            return Ok(());
        }
        let rows = self.wanted.rows;
        let mut growth = Growth { rows: [rows, rows.saturating_mul(TIMES)], ..Growth::default() };
        for (at, rows) in growth.rows.into_iter().enumerate() {
            let history = self.server.copy(main)?;
            fill(&mut *history.look()?, &Filling { rows, only: Some(&tables), ..self.filling() })?;
            let naive = self.server.copy(&history)?;
            let before = relations(&mut *naive.look()?)?;
            for (number, statement) in self.candidate.statements.iter().enumerate() {
                let trace = trace(&naive, "", statement, &before)?;
                if growth.naive.len() == number {
                    let locks = strong(&trace.locks);
                    growth.naive.push(NaiveStatement { sql: one_line(statement), locks, milliseconds: [0.0; 2] });
                }
                growth.naive[number].milliseconds[at] = trace.took.as_secs_f64() * 1e3;
            }
            for (step, piece) in proof.steps.iter_mut().zip(&self.candidate.pieces) {
                step.grows[at] = trace(&history, &piece.set, &piece.sql, &before)?.took.as_secs_f64() * 1e3;
            }
        }
        growth.naive.retain(|statement| !statement.locks.is_empty());
        proof.growth = Some(growth);
        Ok(())
    }

    /// The tables that the naive migration locks, with all that their foreign keys lead to.
    pub(super) fn locked_tables(&self, main: &Scratch) -> Result<BTreeSet<String>, VerifyError> {
        let database = self.server.copy(main)?;
        let before = relations(&mut *database.look()?)?;
        let mut tables = BTreeSet::new();
        for statement in &self.candidate.statements {
            tables.extend(trace(&database, "", statement, &before)?.locks.into_iter().map(|(table, _)| table));
        }
        with_parents(&mut *database.look()?, tables)
    }
}

fn strong(locks: &[(String, LockMode)]) -> Vec<String> {
    let strong = locks.iter().filter(|(_, mode)| mode.blocks_writes());
    strong.map(|(table, mode)| format!("{mode} on {table}")).collect()
}

pub(super) fn one_line(statement: &str) -> String {
    let code = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
