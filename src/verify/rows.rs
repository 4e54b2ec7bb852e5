//! Rows that are made up from the catalog alone, read back, and compared.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use serde_json::Value;

use super::{Doing, VerifyError, told};

/// One column of one user table.
#[derive(Clone, Debug)]
struct Column {
    /// Schema-qualified and quoted where necessary.
    table: String,
    name: String,
    /// Its number in the table. A column that was dropped and added again has a higher one.
    number: i16,
    /// As PostgreSQL prints it, without length: `character varying`, `"Role"[]`.
    type_name: String,
    /// The longest text it takes, when that is bounded.
    length: Option<i32>,
    /// Of its type or of its elements: the first label of an enum, as SQL.
    label: Option<String>,
    default: String,
    /// `GENERATED`: nothing can be put in.
    generated: bool,
    not_null: bool,
}

/// All that a comparison needs to know about the rows of a database.
pub struct Contents {
    columns: Vec<Column>,
    rows: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// The last value that each sequence gave.
    sequences: BTreeMap<String, Option<i64>>,
}

/// What became of an attempt to fill a database.
#[derive(Debug, Default)]
pub struct Filled {
    /// The tables that got rows.
    pub tables: usize,
    /// The tables that stayed empty, each with the reason.
    pub empty: Vec<(String, String)>,
}

const COLUMNS: &str = "
    SELECT attrelid::regclass::text, attname::text, attnum, format_type(atttypid, NULL),
           CASE WHEN atttypmod > 4 AND t.typname IN ('varchar', 'bpchar') THEN atttypmod - 4 END,
           (SELECT quote_literal(enumlabel) FROM pg_enum WHERE enumtypid IN (t.oid, t.typelem) ORDER BY enumsortorder LIMIT 1),
           coalesce(pg_get_expr(adbin, adrelid), ''), attgenerated <> '' OR attidentity = 'a', attnotnull
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = relnamespace AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    JOIN pg_type t ON t.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND NOT relispartition AND relname <> ALL ($1)
    ORDER BY attrelid, attnum";

const PARENTS: &str = "
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid";

/// Fills every table with `count` rows without a NULL, parents first.
///
/// The value of a column follows from its type and the number of the row, so foreign keys (also those that a migration
/// will add) find their parents and unique keys hold. Serial columns take their default, so their sequences advance. A
/// table that refuses such rows, because of a CHECK for instance, stays empty and is named.
///
/// # Errors
/// [`VerifyError::Sql`] when the server goes away.
pub fn insert(client: &mut Client, count: u32, ledgers: &[&str]) -> Result<Filled, VerifyError> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in columns(client, ledgers)? {
        tables.entry(column.table.clone()).or_default().push(column);
    }
    let parents = client.query(PARENTS, &[]).doing("reading foreign keys")?;
    let parents: Vec<(String, String)> = parents.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut filled = Filled::default();
    while let Some(next) = next_table(&tables, &parents) {
        let Some(columns) = tables.remove(&next) else { break };
        match insertion(&next, &columns, count) {
            Ok(statement) => match client.batch_execute(&statement) {
                Ok(()) => filled.tables += 1,
                Err(error) if error.is_closed() => return Err(error).doing(statement),
                Err(error) => filled.empty.push((next, told(&error))),
            },
            Err(reason) => filled.empty.push((next, reason)),
        }
    }
    Ok(filled)
}

/// A table whose parents are filled; in a circle of foreign keys any of it.
fn next_table(tables: &BTreeMap<String, Vec<Column>>, parents: &[(String, String)]) -> Option<String> {
    let waits = |table: &String| parents.iter().any(|(child, parent)| child == table && tables.contains_key(parent));
    tables.keys().find(|table| !waits(table)).or_else(|| tables.keys().next()).cloned()
}

fn insertion(table: &str, columns: &[Column], count: u32) -> Result<String, String> {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for column in columns.iter().filter(|c| !c.generated && !c.default.starts_with("nextval(")) {
        match value(column) {
            Some(value) => {
                names.push(format!("\"{}\"", column.name.replace('"', "\"\"")));
                values.push(value);
            }
            None if column.not_null && column.default.is_empty() => {
                return Err(format!("{}: no value is known for type {}", column.name, column.type_name));
            }
            None => {}
        }
    }
    if names.is_empty() {
        return Ok(format!("INSERT INTO {table} DEFAULT VALUES;\n").repeat(count as usize));
    }
    let (names, values) = (names.join(", "), values.join(", "));
    Ok(format!("INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {count}) AS n"))
}

/// An SQL expression for the value of row `n`.
fn value(column: &Column) -> Option<String> {
    let type_name = column.type_name.as_str();
    if let Some(element) = type_name.strip_suffix("[]") {
        let of_element = Column { type_name: element.to_owned(), ..column.clone() };
        return Some(format!("ARRAY[{}]::{type_name}", value(&of_element)?));
    }
    if let Some(label) = &column.label {
        return Some(format!("{label}::{type_name}"));
    }
    Some(match type_name {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "n".to_owned(),
        // a number as text, so that a migration to another type can keep it
        "text" | "citext" => "n::text".to_owned(),
        "character varying" | "character" => match column.length {
            Some(length) => format!("right(n::text, {length})"),
            None => "n::text".to_owned(),
        },
        "boolean" => "n % 2 = 0".to_owned(),
        "uuid" => "lpad(n::text, 32, '0')::uuid".to_owned(),
        "bytea" => "convert_to(n::text, 'UTF8')".to_owned(),
        "json" | "jsonb" => format!("json_build_object('n', n)::{type_name}"),
        "date" => "date '2026-01-01' + n".to_owned(),
        "interval" => "n * interval '1 minute'".to_owned(),
        "inet" | "cidr" => format!("('10.0.' || n / 256 % 256 || '.' || n % 256)::{type_name}"),
        "money" => "n::money".to_owned(),
        "tsvector" => "to_tsvector('simple', n::text)".to_owned(),
        _ if type_name.starts_with("time") => {
            format!("(timestamptz '2026-01-01 12:00:00+00' + n * interval '1 minute')::{type_name}")
        }
        _ => return None,
    })
}

fn columns(client: &mut Client, ledgers: &[&str]) -> Result<Vec<Column>, VerifyError> {
    let ledgers: Vec<String> = ledgers.iter().map(|&ledger| ledger.to_owned()).collect();
    let rows = client.query(COLUMNS, &[&ledgers]).doing("reading columns")?;
    let column = |row: &postgres::Row| Column {
        table: row.get(0),
        name: row.get(1),
        number: row.get(2),
        type_name: row.get(3),
        length: row.get(4),
        label: row.get(5),
        default: row.get(6),
        generated: row.get(7),
        not_null: row.get(8),
    };
    Ok(rows.iter().map(column).collect())
}

/// Reads every row of every table.
///
/// # Errors
/// [`VerifyError::Sql`] when the server goes away.
pub fn read(client: &mut Client, ledgers: &[&str]) -> Result<Contents, VerifyError> {
    let columns = columns(client, ledgers)?;
    let mut rows = BTreeMap::new();
    for table in columns.iter().map(|column| &column.table) {
        if !rows.contains_key(table) {
            rows.insert(table.clone(), table_rows(client, table)?);
        }
    }
    let sequences = client
        .query("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences", &[])
        .doing("reading sequences")?;
    Ok(Contents { columns, rows, sequences: sequences.iter().map(|row| (row.get(0), row.get(1))).collect() })
}

fn table_rows(client: &mut Client, table: &str) -> Result<Vec<BTreeMap<String, Value>>, VerifyError> {
    let query = format!("SELECT to_jsonb(this_row.*)::text FROM {table} AS this_row");
    let rows = client.query(&query, &[]).doing(format!("reading {table}"))?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(row.get(0)).ok()).collect())
}

impl Contents {
    /// The number of tables.
    pub fn tables(&self) -> usize {
        self.rows.len()
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// The columns whose values a migration made, by a default that gives another value each time.
    fn generated_since(&self, before: &Contents) -> BTreeSet<(&str, &str)> {
        const VOLATILE: [&str; 7] =
            ["nextval(", "CURRENT_", "now(", "clock_timestamp(", "random", "uuid_generate", "uuidv"];
        let generated = self.columns.iter().filter(|column| column.is_new_since(before));
        let generated = generated.filter(|column| VOLATILE.iter().any(|word| column.default.contains(word)));
        generated.map(|column| (column.table.as_str(), column.name.as_str())).collect()
    }

    /// How the rows differ from those that the naive migration leaves, in words; `None` when they do not.
    ///
    /// Generated values need only be there. `lost` names columns that are not compared: the naive migration loses their
    /// values, the rewrite may keep them.
    pub fn difference(&self, naive: &Contents, before: &Contents, lost: &[&str]) -> Option<String> {
        let generated = naive.generated_since(before);
        let lenient = |table: &str, column: &str| generated.contains(&(table, column));
        let tables = |contents: &Contents| contents.rows.keys().cloned().collect::<Vec<_>>();
        if tables(self) != tables(naive) {
            return Some(format!("tables {:?} instead of {:?}", tables(self), tables(naive)));
        }
        let table = naive.rows.iter().find_map(|(table, expected)| {
            let plain = |rows: &[BTreeMap<String, Value>]| {
                let of_row = |row| comparable(row, |column| lenient(table, column), lost);
                let mut rows: Vec<String> = rows.iter().map(of_row).collect();
                rows.sort();
                rows
            };
            first_difference(table, &plain(expected), &plain(&self.rows[table]))
        });
        table.or_else(|| {
            let of_naive = naive.sequences.iter().filter(|(sequence, _)| before.sequences.contains_key(*sequence));
            let mut moved = of_naive.filter(|(sequence, value)| self.sequences.get(*sequence) != Some(value));
            moved.next().map(|(sequence, value)| {
                format!("sequence {sequence} stands at {:?} instead of {value:?}", self.sequences.get(sequence))
            })
        })
    }

    /// The row or value of `before` that is not there any more, in words; `None` when all are. New columns are allowed.
    pub fn missing(&self, before: &Contents) -> Option<String> {
        before.rows.iter().find_map(|(table, expected)| {
            let columns: BTreeSet<&String> = expected.iter().flat_map(BTreeMap::keys).collect();
            let plain = |rows: &[BTreeMap<String, Value>]| {
                let of_row = |row: &BTreeMap<String, Value>| {
                    format!("{:?}", columns.iter().map(|c| (c, row.get(*c))).collect::<Vec<_>>())
                };
                let mut rows: Vec<String> = rows.iter().map(of_row).collect();
                rows.sort();
                rows
            };
            match self.rows.get(table) {
                Some(rows) => first_difference(table, &plain(expected), &plain(rows)),
                None => Some(format!("table {table} is gone")),
            }
        })
    }
}

impl Column {
    /// Whether a migration added this column, or dropped it and added it again.
    fn is_new_since(&self, before: &Contents) -> bool {
        before.columns.iter().filter(|old| old.table == self.table).all(|old| old.number < self.number)
    }
}

/// A row as text, with generated values reduced to "is there" and lost columns left out.
fn comparable(row: &BTreeMap<String, Value>, generated: impl Fn(&str) -> bool, lost: &[&str]) -> String {
    let kept = row.iter().filter(|(column, _)| !lost.contains(&column.as_str()));
    let values = kept.map(|(column, value)| match generated(column) && !value.is_null() {
        true => (column, Value::from("(generated)")),
        false => (column, value.clone()),
    });
    format!("{:?}", values.collect::<BTreeMap<&String, Value>>())
}

fn first_difference(table: &str, expected: &[String], found: &[String]) -> Option<String> {
    if expected.len() != found.len() {
        return Some(format!("{table} has {} rows instead of {}", found.len(), expected.len()));
    }
    let (expected, found) = expected.iter().zip(found).find(|(a, b)| a != b)?;
    Some(format!("{table}: a row differs\n  expected {expected}\n  found    {found}"))
}
