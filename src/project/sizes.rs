//! `[tables] rows` written into a `safestep.toml` that somebody else wrote: all else in it stays as it is.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, Item, Table, value};

/// The text with these numbers of rows in the place of those that it has, each under its table's name. `None` where the text is
/// no TOML, or something in it has a name that a table should have.
pub fn with_row_counts(text: &str, rows: &BTreeMap<String, i64>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true); // `[tables.rows]` says it
        Item::Table(table)
    };
    let tables = document.entry("tables").or_insert_with(implicit).as_table_like_mut()?;
    let counts = tables.entry("rows").or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()?;
    let gone: Vec<String> =
        counts.iter().map(|(name, _)| name.to_owned()).filter(|name| !rows.contains_key(name)).collect();
    gone.iter().for_each(|name| drop(counts.remove(name)));
    for (name, count) in rows {
        match counts.get_mut(name).and_then(Item::as_value_mut) {
            // The comment behind it stays.
            Some(known) => {
                let decor = known.decor().clone();
                *known = (*count).into();
                *known.decor_mut() = decor;
            }
            None => drop(counts.insert(name, value(*count))),
        }
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Option<String> {
        let rows = [("orders", 80_000_000), ("app.countries", 195)];
        with_row_counts(text, &rows.map(|(name, count)| (name.to_owned(), count)).into())
    }

    #[test]
    fn row_counts_come_in() {
        let rows = "[tables.rows]\n\"app.countries\" = 195\norders = 80000000\n";
        assert_eq!(with("").as_deref(), Some(rows));
        assert_eq!(with("postgres = 15 # oldest\n"), Some(format!("postgres = 15 # oldest\n\n{rows}")));
        assert_eq!(
            with("[tables]\nsmall = [\"a\"] # us\n\n[rules]\nx = \"off\"\n"),
            Some(format!("[tables]\nsmall = [\"a\"] # us\n\n{rows}\n[rules]\nx = \"off\"\n"))
        );
    }

    #[test]
    fn those_that_were_there_go() {
        assert_eq!(
            with("[tables]\nrows = { orders = 1, gone = 5 }\n").as_deref(),
            Some("[tables]\nrows = { orders = 80000000, \"app.countries\" = 195 }\n")
        );
        assert_eq!(
            with("[tables.rows]\norders = 1 # big\ngone = 2\n").as_deref(),
            Some("[tables.rows]\norders = 80000000 # big\n\"app.countries\" = 195\n")
        );
        assert_eq!(with("tables = 1"), None);
        assert_eq!(with("[tables"), None);
    }
}
