//! Values that a sequence carries over where the naive migration loses them: of a column that is split into new ones, and of what is
//! renamed by a drop and an add.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use postgres::Client;
use serde_json::Value;

use super::rows::Contents;
use super::{Doing, VerifyError};
use crate::framework::migration::Migration;
use crate::operation::{ColumnOperation, Ident, Operation, QualifiedName, TableOperation};

/// What the author says of the values in a migration that drops and adds.
pub trait Said {
    /// The expression over the row before that gives an added column its value.
    fn value(&self, table: &QualifiedName, column: &Ident) -> Option<String>;
    /// The name that a dropped column gets by an add.
    fn column_renamed_to(&self, table: &QualifiedName, column: &Ident) -> Option<String>;
    /// The name that a dropped table gets by a create.
    fn table_renamed_to(&self, table: &QualifiedName) -> Option<String>;
}

/// Something that has values of what goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// A column, and the expression over the row before that gives its value.
    Column {
        /// Its table, as SQL.
        table: String,
        /// Its name.
        column: String,
        /// The expression.
        value: String,
    },
    /// All rows of a table, both as SQL.
    Table {
        /// The table that goes.
        from: String,
        /// The one that has its rows.
        to: String,
    },
}

impl Carried {
    /// What is carried over where a migration is rewritten as its author says.
    pub fn of(naive: &Migration, said: &dyn Said) -> Vec<Carried> {
        let operations = || naive.items.iter().map(|item| &item.operation);
        let dropped = |table: &QualifiedName| -> Vec<&Ident> {
            let of_table = operations().filter_map(|operation| match operation {
                Operation::Column(ColumnOperation::Drop { table: other, column, .. }) if other.name == *table => {
                    Some(column)
                }
                _ => None,
            });
            of_table.collect()
        };
        let mut all = Vec::new();
        for operation in operations() {
            match operation {
                Operation::Column(ColumnOperation::Add { table, column, .. }) => {
                    let dropped = dropped(&table.name);
                    let is_new_name = |old: &&&Ident| {
                        said.column_renamed_to(&table.name, old).as_deref() == Some(column.name.as_str())
                    };
                    let old_name = dropped.iter().find(is_new_name).map(|old| old.to_string());
                    let value = || said.value(&table.name, &column.name).filter(|_| !dropped.is_empty());
                    all.extend(old_name.or_else(value).map(|value| Carried::Column {
                        table: table.name.to_string(),
                        column: column.name.as_str().to_owned(),
                        value,
                    }));
                }
                Operation::Table(TableOperation::Drop { names, .. }) => {
                    let renamed = |from: &QualifiedName| {
                        let to = said.table_renamed_to(from)?;
                        let to = QualifiedName { schema: from.schema.clone(), name: Ident::new(to) };
                        Some(Carried::Table { from: from.to_string(), to: to.to_string() })
                    };
                    all.extend(names.iter().filter_map(renamed));
                }
                _ => {}
            }
        }
        all
    }
}

/// Rows as they are read, by column.
type Rows = Vec<BTreeMap<String, Value>>;

impl Contents {
    /// The same after the naive migration, with what a sequence carries over from `history`, the database before it.
    ///
    /// # Errors
    /// [`VerifyError::Sql`] when the server goes away, or an expression cannot be computed.
    pub(super) fn carrying(
        &self,
        history: &mut Client,
        before: &Contents,
        all: &[Carried],
    ) -> Result<Contents, VerifyError> {
        let mut meant = self.clone();
        for carried in all {
            match carried {
                Carried::Column { table, column, value } => {
                    let Some(key) = name_of(history, table)? else { continue };
                    let Some(ty) = self.type_of(&key, column) else { continue };
                    let values = computed(history, &key, &format!("({value})::{ty}"))?;
                    let by = self.columns_that_tell_rows(&key, before);
                    if let Some(rows) = meant.rows_mut(&key) {
                        carry(rows, column, values, &by);
                    }
                }
                Carried::Table { from, to } => {
                    let rows = name_of(history, from)?.and_then(|key| before.rows_of(&key).cloned());
                    // it is not there before; after it `to` is what the naive migration calls it
                    if let (Some(rows), Some(new)) = (rows, meant.rows_mut(to)) {
                        *new = rows;
                    }
                }
            }
        }
        Ok(meant)
    }

    /// The columns by which a row after the migration is known as one from before: those of keys where there are any.
    fn columns_that_tell_rows(&self, table: &str, before: &Contents) -> BTreeSet<String> {
        let both = |is_key: bool| -> BTreeSet<String> {
            let now = self.columns_of(table).filter(|column| !is_key || (column.unique && column.not_null));
            let stays = |name: &String| before.columns_of(table).any(|column| column.name == *name);
            now.map(|column| column.name.clone()).filter(stays).collect()
        };
        match both(true) {
            keys if keys.is_empty() => both(false),
            keys => keys,
        }
    }
}

/// A table as the catalog prints its name.
fn name_of(client: &mut Client, table: &str) -> Result<Option<String>, VerifyError> {
    let row = client.query_one("SELECT to_regclass($1)::text", &[&table]).doing("looking for a table")?;
    Ok(row.get(0))
}

/// Each row of a table with the value of an expression.
fn computed(
    client: &mut Client,
    table: &str,
    value: &str,
) -> Result<Vec<(BTreeMap<String, Value>, Value)>, VerifyError> {
    let query = format!(
        "SELECT to_jsonb(this_row.*)::text, coalesce(to_jsonb({value}), 'null')::text FROM ONLY {table} AS this_row"
    );
    let rows = client.query(&query, &[]).doing(format!("computing {value}"))?;
    let read =
        |row: &postgres::Row| Some((serde_json::from_str(row.get(0)).ok()?, serde_json::from_str(row.get(1)).ok()?));
    Ok(rows.iter().filter_map(read).collect())
}

/// Gives each row the value of the one that it was.
fn carry(rows: &mut Rows, column: &str, values: Vec<(BTreeMap<String, Value>, Value)>, by: &BTreeSet<String>) {
    let key = |row: &BTreeMap<String, Value>| format!("{:?}", by.iter().map(|name| row.get(name)).collect::<Vec<_>>());
    let mut known: BTreeMap<String, VecDeque<Value>> = BTreeMap::new();
    for (row, value) in values {
        known.entry(key(&row)).or_default().push_back(value);
    }
    for row in rows {
        if let Some(value) = known.get_mut(&key(row)).and_then(VecDeque::pop_front) {
            row.insert(column.to_owned(), value);
        }
    }
}
