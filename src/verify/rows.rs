//! Rows, read and compared.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use serde_json::Value;

use super::{Doing, VerifyError};

/// One column of one user table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Schema-qualified and quoted where necessary.
    pub table: String,
    pub name: String,
    /// Its number in the table. A column that was dropped and added again has a higher one.
    pub number: i16,
    /// As PostgreSQL prints it, without length: `character varying`, `"Role"[]`.
    pub type_name: String,
    /// The longest text it takes, when that is bounded.
    pub length: Option<i32>,
    /// Of its type or of its elements: the first label of an enum, as SQL.
    pub label: Option<String>,
    pub default: String,
    /// `GENERATED`: nothing can be put in.
    pub generated: bool,
    pub not_null: bool,
    /// Part of a unique index or a primary key.
    pub unique: bool,
    /// Part of a foreign key.
    pub refers: bool,
    /// Of a table that inherits from another one.
    pub inherits: bool,
    /// Of a table whose rows are in its partitions.
    pub of_partitions: bool,
}

/// All that a comparison needs to know about the rows of a database.
#[derive(Clone)]
pub struct Contents {
    columns: Vec<Column>,
    rows: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// The last value that each sequence gave.
    sequences: BTreeMap<String, Option<i64>>,
    /// Numbers that a batch handed out before it was taken back are a gap.
    has_gaps: bool,
    /// Columns with other values each time, by table: the migration draws them at random or from the clock.
    unstable: BTreeSet<(String, String)>,
}

const COLUMNS: &str = "
    SELECT attrelid::regclass::text, attname::text, attnum, format_type(atttypid, NULL),
           CASE WHEN atttypmod > 4 AND t.typname IN ('varchar', 'bpchar') THEN atttypmod - 4 END,
           (SELECT quote_literal(enumlabel) FROM pg_enum WHERE enumtypid IN (t.oid, t.typelem) ORDER BY enumsortorder LIMIT 1),
           coalesce(pg_get_expr(adbin, adrelid), ''), attgenerated <> '' OR attidentity = 'a', attnotnull,
           EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND attnum = ANY (indkey)),
           EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = attrelid AND attnum = ANY (conkey)),
           EXISTS (SELECT FROM pg_inherits WHERE inhrelid = attrelid), relkind = 'p'
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = relnamespace AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    JOIN pg_type t ON t.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND {of} AND relname <> ALL ($1)
    ORDER BY attrelid, attnum";

const SEQUENCES: &str = "
    SELECT name, last_value FROM pg_sequences CROSS JOIN LATERAL format('%I.%I', schemaname, sequencename) AS name
    WHERE NOT EXISTS (SELECT FROM pg_depend JOIN pg_class t ON t.oid = refobjid
                      WHERE objid = name::regclass AND deptype IN ('a', 'i') AND t.relname = ANY ($1))";

/// The columns of the tables that rows are put into, table by table: of a partitioned table, not of its partitions.
pub(super) fn columns(client: &mut Client, ledgers: &[&str]) -> Result<Vec<Column>, VerifyError> {
    columns_where(client, ledgers, "NOT relispartition")
}

fn columns_where(client: &mut Client, ledgers: &[&str], of: &str) -> Result<Vec<Column>, VerifyError> {
    let ledgers: Vec<String> = ledgers.iter().map(|&ledger| ledger.to_owned()).collect();
    let rows = client.query(&COLUMNS.replace("{of}", of), &[&ledgers]).doing("reading columns")?;
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
        unique: row.get(9),
        refers: row.get(10),
        inherits: row.get(11),
        of_partitions: row.get(12),
    };
    Ok(rows.iter().map(column).collect())
}

/// Reads every row of every table that holds rows: a partition and a child have their own.
///
/// # Errors
/// [`VerifyError::Sql`] when the server goes away.
pub fn read(client: &mut Client, ledgers: &[&str]) -> Result<Contents, VerifyError> {
    let columns = columns_where(client, ledgers, "relkind = 'r'")?;
    let mut rows = BTreeMap::new();
    for table in columns.iter().map(|column| &column.table) {
        if !rows.contains_key(table) {
            rows.insert(table.clone(), table_rows(client, table)?);
        }
    }
    let ledgers: Vec<&str> = ledgers.to_vec();
    let sequences = client.query(SEQUENCES, &[&ledgers]).doing("reading sequences")?;
    let sequences = sequences.iter().map(|row| (row.get(0), row.get(1))).collect();
    Ok(Contents { columns, rows, sequences, has_gaps: false, unstable: BTreeSet::new() })
}

fn table_rows(client: &mut Client, table: &str) -> Result<Vec<BTreeMap<String, Value>>, VerifyError> {
    let query = format!("SELECT to_jsonb(this_row.*)::text FROM ONLY {table} AS this_row");
    let rows = client.query(&query, &[]).doing(format!("reading {table}"))?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(row.get(0)).ok()).collect())
}

impl Contents {
    /// The same of a database in which a step was taken back on its way and ran again.
    pub(super) fn with_gaps(mut self) -> Contents {
        self.has_gaps = true;
        self
    }

    /// The rows of a table, named as the catalog prints it.
    pub(super) fn rows_of(&self, table: &str) -> Option<&Vec<BTreeMap<String, Value>>> {
        self.rows.get(table)
    }

    /// The same, to be changed.
    pub(super) fn rows_mut(&mut self, table: &str) -> Option<&mut Vec<BTreeMap<String, Value>>> {
        self.rows.get_mut(table)
    }

    /// The columns of a table.
    pub(super) fn columns_of(&self, table: &str) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |column| column.table == table)
    }

    /// The type of a column, as PostgreSQL prints it.
    pub(super) fn type_of(&self, table: &str, column: &str) -> Option<&str> {
        self.columns_of(table).find(|own| own.name == column).map(|own| own.type_name.as_str())
    }

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

    /// Notes what a second run of the same migration made otherwise: such values need only be there.
    pub(super) fn differs_by_itself(&mut self, again: &Contents) {
        for column in &self.columns {
            let values = |contents: &Contents| {
                let rows = contents.rows.get(&column.table).map_or(&[][..], Vec::as_slice);
                let mut values: Vec<String> = rows.iter().map(|row| format!("{:?}", row.get(&column.name))).collect();
                values.sort();
                values
            };
            if values(self) != values(again) {
                self.unstable.insert((column.table.clone(), column.name.clone()));
            }
        }
    }

    /// How the rows differ from those that the naive migration leaves, in words; `None` when they do not.
    ///
    /// Generated values need only be there. `lost` names columns that are not compared: the naive migration loses their
    /// values, the rewrite may keep them.
    pub fn difference(&self, naive: &Contents, before: &Contents, lost: &[&str]) -> Option<String> {
        let mut generated = naive.generated_since(before);
        generated.extend(naive.unstable.iter().map(|(table, column)| (table.as_str(), column.as_str())));
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
            let mut moved = of_naive.filter(|(sequence, value)| {
                let own = self.sequences.get(*sequence).copied().flatten();
                self.sequences.get(*sequence) != Some(value)
                    && !(self.has_gaps && is_further(before.sequences[*sequence], own, **value))
            });
            moved.next().map(|(sequence, value)| {
                format!("sequence {sequence} stands at {:?} instead of {value:?}", self.sequences.get(sequence))
            })
        })
    }

    /// The row or value of `before` that is not there any more, in words; `None` when all are. New columns are allowed.
    pub fn missing(&self, before: &Contents) -> Option<String> {
        self.missing_of(before, before, false)
    }

    /// [`Contents::missing`], without the tables and columns that are not in `after` either, and where NULLs may become
    /// values: those are what a migration removes and fills.
    pub(super) fn missing_but(&self, before: &Contents, after: &Contents, nulls_may_be_filled: bool) -> Option<String> {
        self.missing_of(before, after, nulls_may_be_filled)
    }

    fn missing_of(&self, before: &Contents, after: &Contents, nulls_may_be_filled: bool) -> Option<String> {
        let stays =
            |table: &str, column: &str| after.columns.iter().any(|there| there.table == table && there.name == column);
        let tables = before.rows.iter().filter(|(table, _)| after.rows.contains_key(*table));
        tables.into_iter().find_map(|(table, expected)| {
            let columns: BTreeSet<&String> = expected.iter().flat_map(BTreeMap::keys).collect();
            let with_nulls = |column: &str| {
                nulls_may_be_filled && expected.iter().any(|row| row.get(column).is_none_or(Value::is_null))
            };
            let kept = columns.into_iter().filter(|column| stays(table, column) && !with_nulls(column));
            let columns: Vec<&String> = kept.collect();
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
    /// As SQL.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.name.replace('"', "\"\""))
    }

    /// Whether an INSERT gives it a value: generated and serial columns make their own.
    pub fn is_given(&self) -> bool {
        !self.generated && !self.default.starts_with("nextval(")
    }

    /// Whether a migration added this column, or dropped it and added it again.
    fn is_new_since(&self, before: &Contents) -> bool {
        before.columns.iter().filter(|old| old.table == self.table).all(|old| old.number < self.number)
    }
}

/// A sequence that the naive migration moves stands further on the same way.
fn is_further(before: Option<i64>, own: Option<i64>, naive: Option<i64>) -> bool {
    let first = before.unwrap_or_default();
    own.zip(naive).is_some_and(|(own, naive)| (first < naive && naive < own) || (own < naive && naive < first))
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
