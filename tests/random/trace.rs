//! What a statement or a step holds and touches, seen from inside its transaction.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::{Client, Error};
use safestep::framework::plpgsql::transactions;
use safestep::sql::split;

/// Relations that were there before the migration, by their number: somebody uses them.
pub type InUse = BTreeMap<u32, (String, u32)>;

/// The locks that a transaction holds on relations in use, by number.
pub type Held = BTreeMap<u32, BTreeSet<Mode>>;

/// The modes of table locks, the weakest first, as PostgreSQL's documentation lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    const ALL: [(Mode, &str, &str); 8] = [
        (Mode::AccessShare, "AccessShareLock", "ACCESS SHARE"),
        (Mode::RowShare, "RowShareLock", "ROW SHARE"),
        (Mode::RowExclusive, "RowExclusiveLock", "ROW EXCLUSIVE"),
        (Mode::ShareUpdateExclusive, "ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
        (Mode::Share, "ShareLock", "SHARE"),
        (Mode::ShareRowExclusive, "ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
        (Mode::Exclusive, "ExclusiveLock", "EXCLUSIVE"),
        (Mode::AccessExclusive, "AccessExclusiveLock", "ACCESS EXCLUSIVE"),
    ];

    /// As a lock is called in SQL, a header or a report.
    pub fn of_words(words: &str) -> Option<Mode> {
        Mode::ALL.iter().find(|(_, _, sql)| *sql == words).map(|(mode, ..)| *mode)
    }

    /// As `pg_locks` calls it.
    fn of_catalog(name: &str) -> Option<Mode> {
        Mode::ALL.iter().find(|(_, catalog, _)| *catalog == name).map(|(mode, ..)| *mode)
    }

    pub fn words(self) -> &'static str {
        Mode::ALL.iter().find(|(mode, ..)| *mode == self).map_or("", |(_, _, sql)| sql)
    }

    /// Whether writers wait for it.
    pub fn is_strong(self) -> bool {
        self >= Mode::Share
    }
}

/// So many rows are no longer what a single row's change or check reads.
const SEVERAL: i64 = 5;

/// What was seen of a transaction so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Locks that block writers, on relations in use.
    pub strong: Vec<String>,
    /// Tables in use of which rows were read or written, or whose file is another one.
    pub touched: Vec<String>,
    /// Every lock on relations in use.
    pub held: Held,
}

/// How a step ended.
pub enum Ended {
    /// In transactions: the first that reads under a strong lock or else the last, and what each of them held.
    Inside(Seen, Vec<Held>),
    /// It commits by itself, or cannot be in a transaction block.
    Outside,
    Failed(Error),
}

/// Tables and materialized views.
pub fn in_use(client: &mut Client) -> Result<InUse> {
    relations(client, "'r', 'p', 'm'")
}

/// The same, and their indexes.
pub fn with_indexes(client: &mut Client) -> Result<InUse> {
    relations(client, "'r', 'p', 'm', 'i', 'I'")
}

fn relations(client: &mut Client, kinds: &str) -> Result<InUse> {
    let query = format!(
        "SELECT c.oid, c.oid::regclass::text, coalesce(pg_relation_filenode(c.oid), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ({kinds}) AND nspname IN ('public', 'app')"
    );
    Ok(client.query(&query, &[])?.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
}

/// Runs a step in a transaction and commits it, and looks at it behind each of its statements: what is read before a lock is
/// taken is not read under it. What cannot be in a transaction runs without. A block of several transactions runs one by one and
/// then, with nothing left to do, as it is.
pub fn step(client: &mut Client, sql: &str, in_use: &InUse) -> Result<Ended> {
    let transactions = transactions(sql);
    let mut held = Vec::new();
    for transaction in &transactions {
        match one(client, transaction, in_use)? {
            Ended::Inside(seen, of_it) if seen.strong.is_empty() || seen.touched.is_empty() => held.extend(of_it),
            ended => return Ok(ended),
        }
    }
    match transactions.is_empty() {
        true => one(client, sql, in_use),
        false => Ok(client.batch_execute(sql).map_or_else(Ended::Failed, |()| Ended::Inside(Seen::default(), held))),
    }
}

fn one(client: &mut Client, sql: &str, in_use: &InUse) -> Result<Ended> {
    let sequences = sequences(client)?;
    client.batch_execute("SET enable_seqscan = off; BEGIN")?; // a row that is looked up is not a scan
    let mut counted = BTreeMap::new();
    let mut worst = Seen::default();
    let mut held = Held::new();
    for piece in split(sql).pieces {
        let files = self::in_use(client)?;
        if let Err(error) = client.batch_execute(piece.span.slice(sql)) {
            client.batch_execute("ROLLBACK")?;
            client.batch_execute(&sequences)?;
            let outside = error.code().is_some_and(|code| ["25001", "2D000"].contains(&code.code()));
            return Ok(match outside {
                true => client.batch_execute(sql).map_or_else(Ended::Failed, |()| Ended::Outside),
                false => Ended::Failed(error),
            });
        }
        let seen = seen(client, in_use, &files, &mut counted)?;
        held.clone_from(&seen.held);
        if worst.strong.is_empty() || worst.touched.is_empty() {
            worst = seen;
        }
    }
    Ok(match client.batch_execute("COMMIT") {
        Ok(()) => Ended::Inside(worst, vec![held]),
        Err(error) => Ended::Failed(error), // a deferred constraint
    })
}

/// What sets the sequences to what they are: a transaction that is taken back leaves them where it got to.
fn sequences(client: &mut Client) -> Result<String> {
    let query = "SELECT oid::regclass::text FROM pg_catalog.pg_class WHERE relkind = 'S' AND relpersistence <> 't'";
    let mut restore = String::new();
    for sequence in client.query(query, &[])? {
        let sequence: String = sequence.get(0);
        let state = client.query_one(&format!("SELECT last_value, is_called FROM {sequence}"), &[])?;
        let (last, is_called): (i64, bool) = (state.get(0), state.get(1));
        restore += &format!("SELECT pg_catalog.setval($name${sequence}$name$, {last}, {is_called});");
    }
    Ok(restore)
}

/// Looks at the transaction that is open. `files` are the relations before it, `counted` what was seen of each table before.
pub fn seen(client: &mut Client, in_use: &InUse, files: &InUse, counted: &mut BTreeMap<u32, i64>) -> Result<Seen> {
    let mut seen = Seen::default();
    // once a type or table is in doubt the search path may be anything
    let locks = "SELECT relation, mode FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND granted AND locktype = 'relation'";
    for row in client.query(locks, &[])? {
        let (relation, lock): (u32, String) = (row.get(0), row.get(1));
        if let (Some((name, _)), Some(mode)) = (in_use.get(&relation), Mode::of_catalog(&lock)) {
            if mode.is_strong() {
                seen.strong.push(format!("{lock} on {name}"));
            }
            seen.held.entry(relation).or_default().insert(mode);
        }
    }
    let counters =
        "SELECT relid, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del
         FROM pg_catalog.pg_stat_xact_user_tables";
    for row in client.query(counters, &[])? {
        let (table, count): (u32, i64) = (row.get(0), row.get(1));
        let before = counted.insert(table, count).unwrap_or_default();
        if let Some((name, _)) = in_use.get(&table).filter(|_| count - before >= SEVERAL) {
            seen.touched.push(name.clone());
        }
    }
    let is_empty = "SELECT c.oid FROM pg_catalog.pg_class c WHERE relkind IN ('r', 'm') AND pg_catalog.pg_relation_size(c.oid) = 0";
    let empty: Vec<u32> = client.query(is_empty, &[])?.iter().map(|row| row.get(0)).collect();
    for (table, (name, file)) in self::in_use(client)? {
        let rewritten = files.get(&table).is_some_and(|(_, before)| *before != file);
        // TRUNCATE gives a table an empty file, whatever was in the old one
        if rewritten && in_use.contains_key(&table) && !empty.contains(&table) && !seen.touched.contains(&name) {
            seen.touched.push(name);
        }
    }
    Ok(seen)
}
