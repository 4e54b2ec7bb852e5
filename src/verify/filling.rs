//! Rows that are made up from the catalog alone.

mod partitions;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;

use super::rows::{Column, columns};
use super::{Doing, VerifyError, message_of};
use values::{candidates, literals, spoiled, value};

/// Which rows to make.
#[derive(Debug, Clone)]
pub struct Filling<'a> {
    /// Rows in every table.
    pub rows: u32,
    /// Another seed gives other values.
    pub seed: u32,
    /// Tables of the framework's own, which stay as they are.
    pub ledgers: &'a [&'a str],
    /// Only these tables; `None` for all.
    pub only: Option<&'a BTreeSet<String>>,
    /// What is wrong with them.
    pub kind: Rows,
}

/// What is wrong with rows, as far as the schema before a migration allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// Nothing: no NULL, no duplicate, no orphan.
    #[default]
    Good,
    /// Every third value of a nullable column is NULL.
    Nulls,
    /// Two rows have the same value where nothing forbids it.
    Duplicates,
    /// No row has the number of a row in another table where nothing asks for it.
    Orphans,
}

/// What became of an attempt to fill a database.
#[derive(Debug, Default)]
pub struct Filled {
    /// The tables that got rows, with the values of their columns.
    pub tables: BTreeMap<String, Values>,
    /// The tables that stayed empty, each with the reason.
    pub empty: Vec<(String, String)>,
}

/// Columns, each with an SQL expression over `n` for its value in row `n`. Serial columns are not among them.
pub type Values = Vec<(String, String)>;

const PARENTS: &str = "
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid";

/// Tables that inherit from another one and are no partitions.
const CHILDREN: &str = "
    SELECT DISTINCT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE relkind = 'r' AND NOT relispartition AND reloptions IS NULL";

/// Fills tables, parents first.
///
/// The value of a column follows from its type and the number of the row, so foreign keys (also those that a migration
/// will add) find their parents and unique keys hold. Serial columns take their default, so their sequences advance. Where
/// a CHECK refuses such values, others are tried, among them the literals of the CHECK itself. A table that refuses them all
/// stays empty and is named.
///
/// # Errors
/// [`VerifyError::Sql`] when the server goes away.
pub fn fill(client: &mut Client, filling: &Filling<'_>) -> Result<Filled, VerifyError> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in columns(client, filling.ledgers)? {
        if filling.only.is_none_or(|only| only.contains(&column.table)) {
            tables.entry(column.table.clone()).or_default().push(column);
        }
    }
    let parents = parents(client)?;
    // A child of as many blocks as its parent would hide a walk that ends with the parent's.
    let children = client.query(CHILDREN, &[]).doing("reading inheritance")?;
    let children: Vec<String> = children.iter().map(|row| row.get(0)).collect();
    set_on(client, &children, "SET (fillfactor = 10)")?;
    let mut filled = Filled::default();
    while let Some(next) = next_table(&tables, &parents) {
        let Some(columns) = tables.remove(&next) else { break };
        match fill_table(client, &next, &columns, filling)? {
            Ok(values) => drop(filled.tables.insert(next, values)),
            Err(why) => filled.empty.push((next, why)),
        }
    }
    set_on(client, &children, "RESET (fillfactor)")?;
    Ok(filled)
}

fn set_on(client: &mut Client, tables: &[String], what: &str) -> Result<(), VerifyError> {
    let statement = |table: &String| format!("ALTER TABLE {table} {what}");
    tables.iter().map(statement).try_for_each(|sql| client.batch_execute(&sql).doing(sql))
}

/// Tables with all the tables that their foreign keys lead to.
///
/// # Errors
/// [`VerifyError::Sql`] when the server goes away.
pub(super) fn with_parents(client: &mut Client, tables: BTreeSet<String>) -> Result<BTreeSet<String>, VerifyError> {
    let links = parents(client)?;
    let mut all = tables;
    loop {
        let more: Vec<String> = links
            .iter()
            .filter(|(child, parent)| all.contains(child) && !all.contains(parent))
            .map(|(_, parent)| parent.clone())
            .collect();
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

fn parents(client: &mut Client) -> Result<Vec<(String, String)>, VerifyError> {
    let rows = client.query(PARENTS, &[]).doing("reading foreign keys")?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A table whose parents are filled; in a circle of foreign keys any of it.
fn next_table(tables: &BTreeMap<String, Vec<Column>>, parents: &[(String, String)]) -> Option<String> {
    let waits = |table: &String| parents.iter().any(|(child, parent)| child == table && tables.contains_key(parent));
    tables.keys().find(|table| !waits(table)).or_else(|| tables.keys().next()).cloned()
}

/// Fills one table; returns the values of its columns as SQL over `n`, or why it stays empty.
fn fill_table(
    client: &mut Client,
    table: &str,
    columns: &[Column],
    filling: &Filling<'_>,
) -> Result<Result<Values, String>, VerifyError> {
    // What the schema forbids after all, in an expression index for instance, is not tried a second time.
    let kinds = if filling.kind == Rows::Good { &[Rows::Good][..] } else { &[filling.kind, Rows::Good][..] };
    let mut why = String::new();
    for &kind in kinds {
        let mut insertion = match Insertion::of(table, columns, &Filling { kind, ..filling.clone() }) {
            Ok(insertion) => insertion,
            Err(why) => return Ok(Err(why)),
        };
        if columns.iter().any(|column| column.inherits) {
            insertion.leave_dead_rows(client)?;
            restart_sequences(client, table, columns)?;
        }
        why = match insertion.send(client, filling)? {
            Ok(()) => return Ok(Ok(insertion.values())),
            Err(why) => why,
        };
        if insertion.satisfy_checks(client)? {
            restart_sequences(client, table, columns)?;
            if insertion.send(client, filling)?.is_ok() {
                return Ok(Ok(insertion.values()));
            }
        }
        restart_sequences(client, table, columns)?;
    }
    if columns.iter().any(|column| column.of_partitions) && partitions::fill_each(client, table, columns, filling)? {
        return Ok(Ok(Values::new()));
    }
    Ok(Err(why))
}

/// What was refused has moved the table's sequences on, and row 1 is to have the number 1.
fn restart_sequences(client: &mut Client, table: &str, columns: &[Column]) -> Result<(), VerifyError> {
    let restart = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence
         WHERE seqrelid = pg_get_serial_sequence($1, $2)::regclass";
    for column in columns.iter().filter(|column| !column.is_given()) {
        client.query(restart, &[&table, &column.name]).doing("restarting a sequence")?;
    }
    Ok(())
}

/// Some 60 blocks of narrow rows.
const DEAD: u32 = 10_000;

/// An INSERT, column by column.
struct Insertion<'a> {
    table: &'a str,
    values: Vec<(&'a Column, String)>,
}

impl<'a> Insertion<'a> {
    fn of(table: &'a str, columns: &'a [Column], filling: &Filling<'_>) -> Result<Insertion<'a>, String> {
        let mut values = Vec::new();
        for column in columns.iter().filter(|column| column.is_given()) {
            match value(column) {
                Some(value) => values.push((column, spoiled(column, value, filling))),
                None if column.not_null && column.default.is_empty() => {
                    return Err(format!("{}: no value is known for type {}", column.name, column.type_name));
                }
                None => {}
            }
        }
        Ok(Insertion { table, values })
    }

    fn values(self) -> Values {
        self.values.into_iter().map(|(column, value)| (column.name.clone(), value)).collect()
    }

    fn sql(&self, first: u32, last: u32) -> String {
        if self.values.is_empty() {
            let count = (last + 1 - first) as usize;
            return format!("INSERT INTO {} DEFAULT VALUES;\n", self.table).repeat(count);
        }
        let names: Vec<String> = self.values.iter().map(|(column, _)| column.quoted()).collect();
        let values: Vec<&str> = self.values.iter().map(|(_, value)| value.as_str()).collect();
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM generate_series({first}, {last}) AS n",
            self.table,
            names.join(", "),
            values.join(", ")
        )
    }

    fn send(&self, client: &mut Client, filling: &Filling<'_>) -> Result<Result<(), String>, VerifyError> {
        attempt(client, &self.sql(filling.seed + 1, filling.seed + filling.rows))
    }

    /// Changes values until the table's CHECKs take a row; false when no combination is found.
    ///
    /// One column after another: the first value that makes another constraint than before complain, or none, stays.
    fn satisfy_checks(&mut self, client: &mut Client) -> Result<bool, VerifyError> {
        let query = "SELECT conname::text, pg_get_constraintdef(c.oid),
                 ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))
             FROM pg_constraint c WHERE contype = 'c' AND conrelid = to_regclass($1)";
        let rows = client.query(query, &[&self.table]).doing("reading checks")?;
        let checks: Vec<(String, String, Vec<String>)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        for _ in 0..=checks.len() {
            let broken = match self.answer(client)? {
                Answer::Taken => return Ok(true),
                Answer::Check(name) => name,
                Answer::Other => return Ok(false),
            };
            let Some((name, definition, columns)) = checks.iter().find(|(name, ..)| *name == broken) else {
                return Ok(false);
            };
            if !self.satisfy(client, name, definition, columns)? {
                return Ok(false);
            }
        }
        Ok(self.answer(client)? == Answer::Taken)
    }

    fn satisfy(
        &mut self,
        client: &mut Client,
        check: &str,
        definition: &str,
        columns: &[String],
    ) -> Result<bool, VerifyError> {
        let literals = literals(definition);
        for at in 0..self.values.len() {
            let (column, before) = self.values[at].clone();
            if !columns.contains(&column.name) {
                continue;
            }
            for candidate in candidates(column, &literals) {
                self.values[at].1 = candidate;
                match self.answer(client)? {
                    Answer::Taken => return Ok(true),
                    Answer::Check(broken) if broken != check => return Ok(true),
                    Answer::Check(_) | Answer::Other => {}
                }
            }
            self.values[at].1 = before;
        }
        Ok(false)
    }

    /// Makes the table's file begin with rows that are not there, so that its rows stand where its parent's file has long
    /// ended: what goes through the places of the one does not happen to reach the other.
    fn leave_dead_rows(&self, client: &mut Client) -> Result<(), VerifyError> {
        let mut transaction = client.transaction().doing("BEGIN")?;
        match transaction.batch_execute(&self.sql(1, DEAD)) {
            Err(error) if error.is_closed() => Err(error).doing("leaving dead rows"),
            _ => Ok(()),
        }
    }

    /// Whether the table takes a row, which is not kept.
    fn takes_one(&self, client: &mut Client) -> Result<bool, VerifyError> {
        let mut transaction = client.transaction().doing("BEGIN")?;
        match transaction.batch_execute(&self.sql(1, 1)) {
            Ok(()) => Ok(true),
            Err(error) if error.is_closed() => Err(error).doing("trying values"),
            Err(_) => Ok(false),
        }
    }

    /// What the server says to the first rows, which are not kept.
    fn answer(&self, client: &mut Client) -> Result<Answer, VerifyError> {
        let mut transaction = client.transaction().doing("BEGIN")?;
        let Err(error) = transaction.batch_execute(&self.sql(1, 3)) else { return Ok(Answer::Taken) };
        if error.is_closed() {
            return Err(error).doing("trying values");
        }
        let of_check = error.as_db_error().filter(|error| error.code().code() == "23514");
        Ok(of_check.and_then(|error| error.constraint()).map_or(Answer::Other, |name| Answer::Check(name.to_owned())))
    }
}

#[derive(PartialEq)]
enum Answer {
    Taken,
    /// A CHECK of this name refuses them.
    Check(String),
    /// Something else does.
    Other,
}

fn attempt(client: &mut Client, sql: &str) -> Result<Result<(), String>, VerifyError> {
    match client.batch_execute(sql) {
        Ok(()) => Ok(Ok(())),
        Err(error) if error.is_closed() => Err(error).doing("filling a table"),
        Err(error) => Ok(Err(message_of(&error))),
    }
}
