//! Rows: made up from the catalog alone, read back, compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use postgres::Client;
use serde_json::Value;

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
    is_enum: bool,
    /// Of an array: its elements are of an enum.
    is_enum_array: bool,
    default: String,
}

/// All that a comparison needs to know about the contents of a database.
pub struct Contents {
    columns: Vec<Column>,
    rows: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// The last value that each sequence gave.
    sequences: BTreeMap<String, Option<i64>>,
}

const COLUMNS: &str = "
    SELECT attrelid::regclass::text, attname::text, attnum, format_type(atttypid, NULL), t.typtype = 'e', coalesce(e.typtype = 'e', false),
           coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = relnamespace AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'drizzle')
    JOIN pg_type t ON t.oid = atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND NOT relispartition AND relname <> '_prisma_migrations'
    ORDER BY attrelid, attnum";

const PARENTS: &str = "
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid";

/// Fills every table with `count` rows without a NULL.
///
/// The value of a column follows from its type and the number of the row, so foreign keys (also those that a migration
/// will add) find their parents and unique keys hold. Serial columns take their default, so their sequences advance.
pub fn insert(client: &mut Client, count: i32) -> Result<()> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in columns(client)? {
        tables.entry(column.table.clone()).or_default().push(column);
    }
    let parents: Vec<(String, String)> =
        client.query(PARENTS, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect();
    while !tables.is_empty() {
        let ready = tables
            .keys()
            .find(|table| !parents.iter().any(|(child, parent)| child == *table && tables.contains_key(parent)))
            .context("the foreign keys form a circle")?
            .clone();
        let statement = insertion(&ready, &tables[&ready], count)?;
        client.batch_execute(&statement).with_context(|| statement.clone())?;
        tables.remove(&ready);
    }
    Ok(())
}

fn insertion(table: &str, columns: &[Column], count: i32) -> Result<String> {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for column in columns {
        if !column.default.starts_with("nextval(") {
            names.push(format!("\"{}\"", column.name));
            values.push(value(column)?);
        }
    }
    if names.is_empty() {
        return Ok(format!("INSERT INTO {table} DEFAULT VALUES;\n").repeat(count.try_into()?));
    }
    let (names, values) = (names.join(", "), values.join(", "));
    Ok(format!("INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {count}) AS n"))
}

/// An SQL expression for the value of row `n`.
fn value(column: &Column) -> Result<String> {
    let type_name = column.type_name.as_str();
    if column.is_enum {
        return Ok(format!("enum_first(NULL::{type_name})"));
    }
    if let Some(element) = type_name.strip_suffix("[]") {
        let of_element = Column { type_name: element.to_owned(), is_enum: column.is_enum_array, ..column.clone() };
        return Ok(format!("ARRAY[{}]", value(&of_element)?));
    }
    Ok(match type_name {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "n".to_owned(),
        // a number as text, so that a migration to another type can keep it
        "text" | "character varying" | "character" => "n::text".to_owned(),
        "boolean" => "n % 2 = 0".to_owned(),
        "uuid" => "lpad(n::text, 32, '0')::uuid".to_owned(),
        "bytea" => "convert_to(n::text, 'UTF8')".to_owned(),
        "json" | "jsonb" => format!("json_build_object('n', n)::{type_name}"),
        "date" => "date '2026-01-01' + n".to_owned(),
        _ if type_name.starts_with("time") => {
            format!("(timestamptz '2026-01-01 12:00:00+00' + n * interval '1 minute')::{type_name}")
        }
        _ => bail!("{}.{}: no value known for type {type_name}", column.table, column.name),
    })
}

fn columns(client: &mut Client) -> Result<Vec<Column>> {
    Ok(client
        .query(COLUMNS, &[])
        .context("reading columns")?
        .iter()
        .map(|row| Column {
            table: row.get(0),
            name: row.get(1),
            number: row.get(2),
            type_name: row.get(3),
            is_enum: row.get(4),
            is_enum_array: row.get(5),
            default: row.get(6),
        })
        .collect())
}

/// Reads everything.
pub fn read(client: &mut Client) -> Result<Contents> {
    let columns = columns(client)?;
    let mut rows = BTreeMap::new();
    for table in columns.iter().map(|column| &column.table) {
        if !rows.contains_key(table) {
            rows.insert(table.clone(), table_rows(client, table)?);
        }
    }
    let sequences = client
        .query("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences WHERE schemaname <> 'drizzle'", &[])?
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    Ok(Contents { columns, rows, sequences })
}

fn table_rows(client: &mut Client, table: &str) -> Result<Vec<BTreeMap<String, Value>>> {
    client
        .query(&format!("SELECT to_jsonb(this_row.*)::text FROM {table} AS this_row"), &[])?
        .iter()
        .map(|row| serde_json::from_str(row.get(0)).context("a row as JSON"))
        .collect()
}

impl Contents {
    /// The columns whose values a migration made, by a default that gives another value each time.
    fn generated_since(&self, before: &Contents) -> BTreeSet<(&str, &str)> {
        const VOLATILE: [&str; 6] = ["nextval(", "CURRENT_", "now(", "clock_timestamp(", "random", "uuid_generate"];
        self.columns
            .iter()
            .filter(|column| column.is_new_since(before))
            .filter(|column| VOLATILE.iter().any(|word| column.default.contains(word)))
            .map(|column| (column.table.as_str(), column.name.as_str()))
            .collect()
    }

    /// Fails when the rows differ from those of the naive migration, or a sequence stands elsewhere.
    ///
    /// Generated values need only be there. `keeps` names columns that are not compared: the naive migration loses their
    /// values, the rewrite may keep them.
    pub fn must_equal(&self, naive: &Contents, before: &Contents, keeps: &[&str]) -> Result<()> {
        let generated = naive.generated_since(before);
        let lenient = |table: &str, column: &str| generated.contains(&(table, column));
        let tables = |contents: &Contents| contents.rows.keys().cloned().collect::<Vec<_>>();
        ensure!(tables(self) == tables(naive), "tables {:?} instead of {:?}", tables(self), tables(naive));
        for (table, expected) in &naive.rows {
            let plain = |rows: &[BTreeMap<String, Value>]| {
                let mut rows: Vec<String> =
                    rows.iter().map(|row| comparable(row, |column| lenient(table, column), keeps)).collect();
                rows.sort();
                rows
            };
            first_difference(table, &plain(expected), &plain(&self.rows[table]))?;
        }
        for (sequence, value) in &naive.sequences {
            if before.sequences.contains_key(sequence) && self.sequences.get(sequence) != Some(value) {
                bail!("sequence {sequence} stands at {:?}, naive at {value:?}", self.sequences.get(sequence));
            }
        }
        Ok(())
    }

    /// Fails when a row or value of `before` is not there any more. New columns are allowed.
    pub fn must_keep(&self, before: &Contents) -> Result<()> {
        for (table, expected) in &before.rows {
            let columns: BTreeSet<&String> = expected.iter().flat_map(BTreeMap::keys).collect();
            let plain = |rows: &[BTreeMap<String, Value>]| {
                let mut rows: Vec<String> = rows
                    .iter()
                    .map(|row| format!("{:?}", columns.iter().map(|c| (c, row.get(*c))).collect::<Vec<_>>()))
                    .collect();
                rows.sort();
                rows
            };
            let rows = self.rows.get(table).with_context(|| format!("table {table} is gone"))?;
            first_difference(table, &plain(expected), &plain(rows))?;
        }
        Ok(())
    }
}

impl Column {
    /// Whether a migration added this column, or dropped it and added it again.
    fn is_new_since(&self, before: &Contents) -> bool {
        before.columns.iter().filter(|old| old.table == self.table).all(|old| old.number < self.number)
    }
}

/// A row as text, with generated values reduced to "is there" and columns of `keeps` left out.
fn comparable(row: &BTreeMap<String, Value>, generated: impl Fn(&str) -> bool, keeps: &[&str]) -> String {
    let values: BTreeMap<&String, Value> = row
        .iter()
        .filter(|(column, _)| !keeps.contains(&column.as_str()))
        .map(|(column, value)| match generated(column) && !value.is_null() {
            true => (column, Value::from("(generated)")),
            false => (column, value.clone()),
        })
        .collect();
    format!("{values:?}")
}

fn first_difference(table: &str, expected: &[String], found: &[String]) -> Result<()> {
    ensure!(expected.len() == found.len(), "{table} has {} rows instead of {}", found.len(), expected.len());
    if let Some((expected, found)) = expected.iter().zip(found).find(|(a, b)| a != b) {
        bail!("{table}: row differs\n  expected {expected}\n  found    {found}");
    }
    Ok(())
}
