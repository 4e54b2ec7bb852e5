//! Rows for a partitioned table whose partitions do not take the usual values: each partition gets some that its bounds allow.

use postgres::Client;

use super::super::rows::Column;
use super::super::{Doing, VerifyError};
use super::values::{candidates, literals};
use super::{Filling, Insertion};

const LEAVES: &str = "SELECT relid::regclass::text, coalesce(pg_get_partition_constraintdef(relid), '')
     FROM pg_partition_tree($1::text::regclass) WHERE isleaf ORDER BY 1";

/// So many combinations of values are tried for a partition.
const ATTEMPTS: usize = 200;

/// Fills the partitions one by one; false when none of them takes rows.
pub(super) fn fill_each(
    client: &mut Client,
    table: &str,
    columns: &[Column],
    filling: &Filling<'_>,
) -> Result<bool, VerifyError> {
    let leaves = client.query(LEAVES, &[&table]).doing("reading partitions")?;
    let mut filled = false;
    for leaf in &leaves {
        let (leaf, constraint): (String, String) = (leaf.get(0), leaf.get(1));
        let Ok(mut insertion) = Insertion::of(&leaf, columns, filling) else { return Ok(false) };
        let literals = literals(&constraint);
        let names = |column: &Column| constraint.contains(&column.name) || constraint.contains(&column.quoted());
        let keys: Vec<usize> = (0..insertion.values.len()).filter(|at| names(insertion.values[*at].0)).collect();
        let mut attempts = ATTEMPTS;
        if insertion.settle(client, &keys, &literals, &mut attempts)? {
            // where the value is the key there is place for one
            let one = Filling { rows: 1, ..filling.clone() };
            filled |= insertion.send(client, filling)?.is_ok() || insertion.send(client, &one)?.is_ok();
        }
    }
    Ok(filled)
}

impl Insertion<'_> {
    /// Changes the values of these columns until the partition takes a row.
    fn settle(
        &mut self,
        client: &mut Client,
        keys: &[usize],
        literals: &[String],
        attempts: &mut usize,
    ) -> Result<bool, VerifyError> {
        let Some((&key, others)) = keys.split_first() else {
            *attempts = attempts.saturating_sub(1);
            return self.takes_one(client);
        };
        let (column, usual) = self.values[key].clone();
        let bounds = literals.iter().filter(|literal| !literal.starts_with('\''));
        let mut tried: Vec<String> = bounds.map(|bound| format!("({bound} + n - 1)")).collect();
        tried.push(usual);
        tried.extend(candidates(column, literals));
        for value in tried {
            self.values[key].1 = value;
            if *attempts > 0 && self.settle(client, others, literals, attempts)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
