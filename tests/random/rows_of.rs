//! The rows of a database, read without the library.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::Client;
use serde_json::Value;

type Row = BTreeMap<String, Value>;

/// Every table with its own rows, those of its children and partitions left to them.
pub struct RowsOf(BTreeMap<String, Vec<Row>>);

const TABLES: &str = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'm') AND nspname IN ('public', 'app') AND (relkind = 'r' OR relispopulated)";

impl RowsOf {
    pub fn read(client: &mut Client) -> Result<RowsOf> {
        client.batch_execute("SET search_path = ''")?;
        let mut all = BTreeMap::new();
        for table in client.query(TABLES, &[])? {
            let table: String = table.get(0);
            let rows = client.query(&format!("SELECT to_jsonb(r.*)::text FROM ONLY {table} r"), &[])?;
            let rows: Vec<Row> = rows.iter().map(|row| Ok(serde_json::from_str(row.get(0))?)).collect::<Result<_>>()?;
            all.insert(table, rows);
        }
        client.batch_execute("RESET search_path")?;
        Ok(RowsOf(all))
    }

    /// True when a value begins like that in any row.
    pub fn hold(&self, beginning: &str) -> bool {
        let begins = |value: &Value| match value {
            Value::String(text) => text.starts_with(beginning),
            Value::Number(number) => number.as_u64().is_some_and(|number| beginning.parse() == Ok(number)),
            _ => false,
        };
        self.0.values().flatten().flat_map(Row::values).any(begins)
    }

    fn values(&self, table: &str, column: &str) -> Vec<String> {
        let mut values: Vec<String> = self
            .0
            .get(table)
            .into_iter()
            .flatten()
            .map(|row| row.get(column).map_or_else(String::new, Value::to_string))
            .collect();
        values.sort();
        values
    }

    /// Every column of which there are values, by table.
    pub fn columns(&self) -> impl Iterator<Item = (String, String)> {
        let of = |(table, rows): (&String, &Vec<Row>)| {
            let columns: BTreeSet<&String> = rows.iter().flat_map(Row::keys).collect();
            columns.into_iter().map(|column| (table.clone(), column.clone())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of)
    }

    /// Columns that hold other values in another database, by table.
    pub fn unlike(&self, other: &RowsOf) -> BTreeSet<(String, String)> {
        let columns = self.0.iter().flat_map(|(table, rows)| {
            rows.iter().flat_map(move |row| row.keys().map(move |c| (table.clone(), c.clone())))
        });
        columns
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|(table, column)| self.values(table, column) != other.values(table, column))
            .collect()
    }

    /// How another database differs; columns in `unstable` need only hold something.
    pub fn difference(&self, other: &RowsOf, unstable: &BTreeSet<(String, String)>) -> Option<String> {
        for (table, rows) in &self.0 {
            let Some(others) = other.0.get(table) else { return Some(format!("{table} is not there")) };
            if rows.len() != others.len() {
                return Some(format!("{table} has {} rows instead of {}", others.len(), rows.len()));
            }
            let plain = |rows: &[Row]| {
                let kept = |row: &Row| {
                    let value = |(column, value): (&String, &Value)| match unstable
                        .contains(&(table.clone(), column.clone()))
                    {
                        true => format!("{column}: {}", if value.is_null() { "null" } else { "something" }),
                        false => format!("{column}: {value}"),
                    };
                    row.iter().map(value).collect::<Vec<_>>().join(", ")
                };
                let mut rows: Vec<String> = rows.iter().map(kept).collect();
                rows.sort();
                rows
            };
            let (mine, theirs) = (plain(rows), plain(others));
            if let Some((mine, theirs)) = mine.iter().zip(&theirs).find(|(a, b)| a != b) {
                return Some(format!("{table}: a row differs\n  naive    {mine}\n  sequence {theirs}"));
            }
        }
        None
    }
}

/// Rows by the numbers of their tables and columns, which no rename changes.
pub struct Numbered(BTreeMap<u32, NumberedTable>);

struct NumberedTable {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Numbered {
    pub fn read(client: &mut Client) -> Result<Numbered> {
        let query = "SELECT c.oid, c.oid::regclass::text, ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY attnum)
             FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname IN ('public', 'app')";
        let mut all = BTreeMap::new();
        for table in client.query(query, &[])? {
            let (number, name, columns): (u32, String, Vec<String>) = (table.get(0), table.get(1), table.get(2));
            let rows = Self::rows(client, number, &name)?;
            all.insert(number, NumberedTable { name, columns, rows });
        }
        Ok(Numbered(all))
    }

    fn rows(client: &mut Client, number: u32, name: &str) -> Result<Vec<Vec<Value>>> {
        // A dropped column is NULL in its place.
        let places = "SELECT string_agg(CASE WHEN attisdropped THEN 'NULL' ELSE format('to_jsonb(%I)', attname) END, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1 AND attnum > 0";
        let places: Option<String> = client.query_one(places, &[&number])?.get(0);
        let rows = client
            .query(&format!("SELECT jsonb_build_array({})::text FROM ONLY {name}", places.unwrap_or_default()), &[])?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.get(0))?)).collect()
    }

    /// What is not there any more: a table, or a row with its values. A NULL may be filled.
    pub fn lost(&self, now: &Numbered) -> Option<String> {
        self.0.iter().find_map(|(number, NumberedTable { name, columns, rows })| {
            let Some(NumberedTable { rows: others, .. }) = now.0.get(number) else {
                return Some(format!("table {name} is gone, with {} rows", rows.len()));
            };
            let is_kept = |row: &Vec<Value>, other: &Vec<Value>| {
                row.iter().zip(other).all(|(was, is)| was.is_null() || was == is)
            };
            let gone = rows.iter().find(|row| !others.iter().any(|other| is_kept(row, other)))?;
            let row: Vec<String> = columns
                .iter()
                .zip(gone.iter().filter(|value| !value.is_null()))
                .map(|(c, v)| format!("{c}: {v}"))
                .collect();
            Some(format!("{name} has no such row any more: {}", row.join(", ")))
        })
    }
}
