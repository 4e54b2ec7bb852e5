//! Names that a migration changes: its codes know either the old ones or the new ones.

use std::collections::BTreeMap;

use super::moment::Moment;

/// A relation that gets another name, or a column of it (then with both its names).
struct Rename {
    /// The relation's name before and after.
    relation: (String, String),
    /// The column's name before and after; empty for the relation itself.
    column: (String, String),
}

/// All that a migration renames.
pub(super) struct Renames(Vec<Rename>);

impl Renames {
    /// What has another name after a migration than before it, in the same database.
    pub fn of(before: &Moment, after: &Moment) -> Renames {
        let with_names = |(number, old): (&(u32, i16), &(String, String))| {
            Some((number.1, old.clone(), after.names.get(number)?.clone()))
        };
        let is_free = |moment: &Moment, name: &(String, String)| moment.names.values().all(|other| other != name);
        // Where two change places neither name tells which is which.
        let renamed = before.names.iter().filter_map(with_names).filter(|(column, old, new)| match column {
            0 => old != new && is_free(after, old) && is_free(before, new),
            _ => {
                old.1 != new.1
                    && is_free(after, &(new.0.clone(), old.1.clone()))
                    && is_free(before, &(old.0.clone(), new.1.clone()))
            }
        });
        Renames(renamed.map(|(_, old, new)| Rename { relation: (old.0, new.0), column: (old.1, new.1) }).collect())
    }

    /// One that is done and one that is not, when there are both.
    pub fn torn(&self, now: &Moment) -> Option<String> {
        let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (relation, column) in now.names.values() {
            columns.entry(relation).or_default().push(column);
        }
        let has = |relation: &str, column: &str| columns.get(relation).is_some_and(|columns| columns.contains(&column));
        let stands = |rename: &Rename| {
            let ((old_relation, new_relation), (old, new)) = (&rename.relation, &rename.column);
            let (old, new) = match old.is_empty() {
                true => (has(old_relation, ""), has(new_relation, "")),
                false => [old, new].map(|column| has(old_relation, column) || has(new_relation, column)).into(),
            };
            (old != new).then_some(new)
        };
        let done = self.0.iter().find(|rename| stands(rename) == Some(true))?;
        let open = self.0.iter().find(|rename| stands(rename) == Some(false))?;
        let (from, to) = done.names();
        let (other, not_yet) = open.names();
        Some(format!(
            "{from} is called {to} already, and {other} is not called {not_yet} yet: neither the old nor the new code can work"
        ))
    }
}

impl Rename {
    fn names(&self) -> (String, &str) {
        match self.column.0.is_empty() {
            true => (self.relation.0.clone(), &self.relation.1),
            false => (format!("{}.{}", self.relation.0, self.column.0), &self.column.1),
        }
    }
}
