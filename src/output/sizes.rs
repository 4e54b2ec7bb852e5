//! How big the tables are, for a person at a terminal.

use super::summary::{plural, thousands};
use super::text::{Role, Style, TextOptions};
use crate::report::{Sizes, TableSize};
use crate::source::visible;

/// How many tables are shown without `--verbose`.
const SHOWN: usize = 20;
/// A transaction that is open for longer is worth a word, in seconds.
const LONG: f64 = 60.0;

impl Sizes {
    /// The biggest tables first; those with at most `small_rows` rows are small.
    pub fn render(&self, small_rows: u64, options: &TextOptions) -> String {
        let style = Style::new(options.color, options.unicode);
        let mut tables: Vec<&TableSize> = self.tables.iter().collect();
        tables.sort_by_key(|table| (std::cmp::Reverse((table.rows, table.bytes)), table.key()));
        let shown = if options.verbosity > 0 { tables.len() } else { SHOWN.min(tables.len()) };
        let names: Vec<String> = tables[..shown].iter().map(|table| visible(&table.key()).into_owned()).collect();
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("table".len());
        let head = format!("{:widest$}  {:>14}  {:>9}  {:>9}", "table", "rows", "size", "writes/s");
        let mut out = format!("{}\n", style.paint(Role::Dim, &head));
        for (table, name) in tables.iter().zip(&names) {
            let rows = table.rows.map_or("not analysed".to_owned(), thousands);
            let size = bytes(table.bytes);
            let small = if table.rows.is_some_and(|rows| rows <= small_rows) { "  small" } else { "" };
            out += &format!("{name:widest$}  {rows:>14}  {size:>9}  {:>9.1}{small}\n", table.writes_per_second);
        }
        if shown < tables.len() {
            out += &format!("… and {} more (-v shows all)\n", tables.len() - shown);
        }
        let small = self.tables.iter().filter(|table| table.rows.is_some_and(|rows| rows <= small_rows)).count();
        let unknown = self.tables.iter().filter(|table| table.rows.is_none()).count();
        out += &format!("\n{}: {small} small, changed directly", plural(self.tables.len(), "table"));
        if unknown > 0 {
            out += &format!("; {unknown} not analysed yet, which count as big");
        }
        out.push('\n');
        if let Some(seconds) = self.longest_transaction_seconds.filter(|seconds| *seconds > LONG) {
            out += &format!("a transaction is open for {}: a concurrent build would wait for it\n", spoken(seconds));
        }
        out
    }
}

/// In the unit in which a person would say it.
fn spoken(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// In the biggest unit of which there is one.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1024.0, unit + 1);
    }
    if unit == 0 || size >= 10.0 { format!("{size:.0} {}", UNITS[unit]) } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_tables() {
        let table = |schema: &str, name: &str, rows, bytes| TableSize {
            schema: schema.into(),
            name: name.into(),
            rows,
            bytes,
            writes_per_second: 12.34,
        };
        let sizes = Sizes {
            version: 1,
            tables: vec![
                table("app", "countries", Some(195), 49_152),
                table("public", "orders", Some(80_000_000), 13_743_895_347),
                table("public", "new", None, 8_192),
            ],
            longest_transaction_seconds: Some(7_200.0),
        };
        insta::assert_snapshot!(sizes.render(100_000, &TextOptions::default()), @"
        table                    rows       size   writes/s
        orders             80,000,000      13 GB       12.3
        app.countries             195      48 kB       12.3  small
        new              not analysed     8.0 kB       12.3

        3 tables: 1 small, changed directly; 1 not analysed yet, which count as big
        a transaction is open for 2 h: a concurrent build would wait for it
        ");
    }
}
