//! An application in small: sessions that read and write rows at a steady rate, and how long each waited.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use super::filling::{Filled, Values};
use super::rows::{Column, columns};
use super::{Doing, Scratch, VerifyError, message_of};

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Sessions; every other one writes.
    pub clients: u32,
    /// Statements per second of all sessions together.
    pub rate: u32,
    /// Rows in every table.
    pub rows: u32,
}

/// A statement that a client sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// When it was due, in seconds after the start.
    pub due: f64,
    /// From then to its answer, in seconds.
    pub waited: f64,
    pub writes: bool,
    /// What the server says, when it failed.
    pub failure: Option<String>,
}

/// Keys that are read and changed again and again.
const KEYS: u32 = 2_000;

/// What is sent to one table.
#[derive(Debug)]
struct Table {
    name: String,
    /// The key's columns, `("a", "b")`, and some of its values; none when the table has no primary key.
    key: Option<(String, Vec<String>)>,
    columns: Vec<String>,
    /// A column that is no part of the key.
    changed: Option<String>,
    /// Values of a new row; none when the rows of another table would be missed.
    inserted: Option<Vec<Value>>,
}

#[derive(Debug, Clone)]
struct Value {
    column: String,
    /// An expression over `n`.
    sql: String,
    /// The number of a row that is there, not of a new one.
    refers: bool,
}

/// The statements that an application of today's schema sends.
#[derive(Debug)]
pub(super) struct Workload {
    tables: Vec<Table>,
    load: Load,
    /// The number of the next new row.
    next: Arc<AtomicU32>,
}

/// Columns that refer to a table, and whether each value may occur once only.
const REFERENCES: &str = "
    SELECT conrelid::regclass::text, attname::text,
           EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indisunique AND indnkeyatts = 1 AND indkey[0] = attnum)
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) WHERE contype = 'f'";

const KEY: &str = "
    SELECT array_agg(format('%I', attname) ORDER BY attnum) FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indisprimary AND indrelid = to_regclass($1)";

impl Workload {
    /// What can be sent to the filled tables of a database. `migrated` is the same after the migration, without rows: its
    /// foreign keys decide which values a new row may have.
    pub fn of(
        database: &Scratch,
        migrated: &Scratch,
        filled: &Filled,
        load: Load,
        ledgers: &[&str],
    ) -> Result<Workload, VerifyError> {
        let mut client = database.look()?;
        let mut references = client.query(REFERENCES, &[]).doing("reading foreign keys")?;
        references.extend(migrated.look()?.query(REFERENCES, &[]).doing("reading foreign keys")?);
        let references: Vec<(String, String, bool)> =
            references.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let all = columns(&mut client, ledgers)?;
        let mut found = Vec::new();
        for (name, values) in &filled.tables {
            let columns: Vec<&Column> = all.iter().filter(|column| column.table == *name).collect();
            let references: Vec<(&str, bool)> = references
                .iter()
                .filter(|(table, ..)| table == name)
                .map(|(_, column, unique)| (column.as_str(), *unique))
                .collect();
            found.push(Table::of(&mut client, name, &columns, values, &references, load.rows)?);
        }
        Ok(Workload { tables: found, load, next: Arc::new(AtomicU32::new(load.rows + 1)) })
    }

    /// What code for the migrated schema sends: without what is gone there.
    pub fn deployed(&self, migrated: &Scratch, ledgers: &[&str]) -> Result<Workload, VerifyError> {
        let all = columns(&mut *migrated.look()?, ledgers)?;
        let tables = self.tables.iter().filter_map(|table| {
            let there: Vec<&Column> = all.iter().filter(|column| column.table == table.name).collect();
            (!there.is_empty()).then(|| table.of_columns(&there))
        });
        Ok(Workload { tables: tables.collect(), load: self.load, next: Arc::clone(&self.next) })
    }

    /// The tables that it reads and writes.
    pub fn tables(&self) -> Vec<String> {
        self.tables.iter().map(|table| table.name.clone()).collect()
    }

    /// Sends statements to a database until `stop` is set, and returns them all. Times count from `start`.
    ///
    /// A client that had to wait sends what has become due meanwhile at once, and that counts as waiting too: the
    /// application's users did not stop asking.
    pub fn run(&self, database: &Scratch, start: Instant, stop: &AtomicBool) -> Result<Vec<Sent>, VerifyError> {
        thread::scope(|scope| {
            let clients: Vec<_> = (0..self.load.clients)
                .map(|number| {
                    let session = database.connect();
                    scope.spawn(move || session.map(|session| self.client(session, number, start, stop)))
                })
                .collect();
            let mut sent = Vec::new();
            for client in clients {
                sent.extend(client.join().unwrap_or_else(|_| Ok(Vec::new()))?);
            }
            sent.sort_by(|a, b| a.due.total_cmp(&b.due));
            Ok(sent)
        })
    }

    fn client(&self, mut session: Client, number: u32, start: Instant, stop: &AtomicBool) -> Vec<Sent> {
        let writes = number % 2 == 1;
        let pause = f64::from(self.load.clients) / f64::from(self.load.rate);
        let mut random = Random(u64::from(number) + 1);
        let mut sent = Vec::new();
        let first = (start.elapsed().as_secs_f64() / pause).floor() as usize; // of a later phase, those before were others'
        for turn in first.. {
            let due = pause * (turn as f64 + f64::from(number) / f64::from(self.load.clients));
            let early = due - start.elapsed().as_secs_f64();
            if early > 0.0 {
                thread::sleep(Duration::from_secs_f64(early));
            }
            if stop.load(Ordering::Relaxed) || session.is_closed() {
                break;
            }
            let table = &self.tables[(turn + number as usize / 2) % self.tables.len()];
            let Some(sql) = (if writes { self.write(table, turn, &mut random) } else { Some(table.read(&mut random)) })
            else {
                continue;
            };
            let failure = session.simple_query(&sql).err().map(|error| message_of(&error));
            sent.push(Sent { due, waited: start.elapsed().as_secs_f64() - due, writes, failure });
        }
        sent
    }

    /// An UPDATE or an INSERT, in turns, as far as the table takes them.
    fn write(&self, table: &Table, turn: usize, random: &mut Random) -> Option<String> {
        let insert = |random: &mut Random| {
            let values = table.inserted.as_ref()?;
            let there = random.below(self.load.rows) + 1;
            Some(table.insert(values, self.next.fetch_add(1, Ordering::Relaxed), there))
        };
        let round = turn / self.tables.len();
        match round.is_multiple_of(2) {
            true => table.update(random).or_else(|| insert(random)),
            false => insert(random).or_else(|| table.update(random)),
        }
    }
}

impl Table {
    fn of(
        client: &mut Client,
        name: &str,
        columns: &[&Column],
        values: &Values,
        references: &[(&str, bool)],
        rows: u32,
    ) -> Result<Table, VerifyError> {
        let key: Option<Vec<String>> = client.query_one(KEY, &[&name]).doing("reading primary keys")?.get(0);
        let key = match key {
            Some(names) => Some((names.join(", "), some_keys(client, name, &names, rows)?)),
            None => None,
        };
        let in_key = |column: &&&Column| {
            key.as_ref().is_some_and(|(key, _)| key.contains(&column.quoted()) || *key == column.name)
        };
        let changed = columns.iter().filter(|column| !column.generated).find(|column| !in_key(column));
        let reference = |column: &Column| references.iter().find(|(name, _)| *name == column.name);
        let only_once = columns.iter().any(|column| reference(column).is_some_and(|(_, only_once)| *only_once));
        let inserted = values.iter().filter_map(|(name, sql)| {
            let column = columns.iter().find(|column| column.name == *name)?;
            Some(Value { column: column.quoted(), sql: sql.clone(), refers: reference(column).is_some() })
        });
        let inserted: Vec<Value> = inserted.collect();
        Ok(Table {
            name: name.to_owned(),
            columns: columns.iter().map(|column| column.quoted()).collect(),
            changed: changed.map(|column| column.quoted()),
            inserted: (!inserted.is_empty() && !only_once).then_some(inserted),
            key,
        })
    }

    /// The same with these columns, as far as it has them. Who does not know a value of a new column inserts nothing.
    fn of_columns(&self, there: &[&Column]) -> Table {
        let is_there = |quoted: &&String| there.iter().any(|column| column.quoted() == **quoted);
        let needs = |column: &&&Column| {
            column.not_null
                && column.is_given()
                && column.default.is_empty()
                && !self.columns.contains(&column.quoted())
        };
        let key = self
            .key
            .as_ref()
            .filter(|(key, _)| key.split(", ").all(|name| there.iter().any(|c| c.quoted() == name || c.name == name)));
        let inserted = self.inserted.iter().flatten().filter(|value| is_there(&&value.column));
        let inserted: Vec<Value> = inserted.cloned().collect();
        let can_insert = !inserted.is_empty() && there.iter().find(needs).is_none();
        Table {
            name: self.name.clone(),
            key: key.cloned(),
            columns: self.columns.iter().filter(is_there).cloned().collect(),
            changed: self.changed.clone().filter(|column| is_there(&column)),
            inserted: can_insert.then_some(inserted),
        }
    }

    /// The condition for one of the rows.
    fn row(&self, random: &mut Random) -> Option<String> {
        let (key, values) = self.key.as_ref()?;
        let value = values.get(random.below(values.len() as u32) as usize)?;
        Some(format!("({key}) = {value}"))
    }

    fn read(&self, random: &mut Random) -> String {
        let columns = self.columns.join(", ");
        match self.row(random) {
            Some(row) => format!("SELECT {columns} FROM {} WHERE {row}", self.name),
            None => format!("SELECT {columns} FROM {} LIMIT 1", self.name),
        }
    }

    fn update(&self, random: &mut Random) -> Option<String> {
        let column = self.changed.as_ref()?;
        Some(format!("UPDATE {} SET {column} = {column} WHERE {}", self.name, self.row(random)?))
    }

    fn insert(&self, values: &[Value], new: u32, there: u32) -> String {
        let names: Vec<&str> = values.iter().map(|value| value.column.as_str()).collect();
        let of = |value: &Value| match value.refers {
            true => format!("(SELECT {} FROM (SELECT {there} AS n) AS other)", value.sql),
            false => value.sql.clone(),
        };
        let values: Vec<String> = values.iter().map(of).collect();
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM (SELECT {new} AS n) AS row",
            self.name,
            names.join(", "),
            values.join(", ")
        )
    }
}

/// Values of a table's key, as SQL.
fn some_keys(client: &mut Client, table: &str, key: &[String], rows: u32) -> Result<Vec<String>, VerifyError> {
    let parts: Vec<String> = key.iter().map(|column| format!("quote_literal({column}::text)")).collect();
    let share = (200.0 * f64::from(KEYS) / f64::from(rows.max(1))).min(100.0);
    let query = format!(
        "SELECT '(' || concat_ws(', ', {}) || ')' FROM {table} TABLESAMPLE BERNOULLI ({share}) REPEATABLE (1) LIMIT {KEYS}",
        parts.join(", ")
    );
    let rows = client.query(&query, &[]).doing(format!("reading keys of {table}"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Marsaglia's xorshift64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(end.max(1))).unwrap_or_default()
    }
}
