//! A renamed column where it is named: keys, indexes, and the expressions that read it. PostgreSQL keeps numbers and
//! trees there, so they follow by themselves; here they are texts.

use std::collections::BTreeSet;

use super::links::Tie;
use super::{ConstraintState, Index, Key, Schema, Table, key};
use crate::operation::{
    ConstraintKind, Exclusion, Generated, Ident, IndexDefinition, IndexKey, QualifiedName, Spelled, SqlFragment,
};

impl Schema {
    pub(super) fn rename_column(&mut self, table: &QualifiedName, column: &Ident, to: &Ident) {
        let rename = |t: &mut Table| t.column_mut(column, |c| c.name = to.clone());
        self.family(table, |schema, t| schema.edit_flags(t, rename));
        let own = key(table);
        self.edit_flags(&own, |t| rename_in_table(t, column, to));
        let pointing: Vec<Key> = self.links.of(Tie::References(own.clone())).cloned().collect();
        for other in pointing {
            self.edit_flags(&other, |t| {
                let points = |state: &ConstraintState| matches!(&state.constraint.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == own);
                t.constraints.change_all(points, |state| {
                    if let ConstraintKind::ForeignKey(fk) = &mut state.constraint.kind {
                        rename_in(&mut fk.referenced, column, to);
                    }
                });
            });
        }
        for index in self.index_keys(&own) {
            self.edit_index(&index, |index| rename_in_index(index, column, to));
        }
        self.rename_in_dependents(table, column, to);
    }

    /// Views keep reading a table that has another name.
    pub(super) fn rename_in_views(&mut self, table: &QualifiedName, from: &Ident, to: &Ident) {
        if from != to {
            self.dependents.edit_of(&key(table), |dependent| {
                if dependent.on.is_none() && dependent.what.contains("view ") {
                    dependent.definition = renamed(&dependent.definition, from, to);
                }
            });
        }
    }

    /// So do its policies and triggers, and views of no other table: of a column that two tables have, a text does not tell
    /// whose it is.
    fn rename_in_dependents(&mut self, table: &QualifiedName, column: &Ident, to: &Ident) {
        // a view's text begins with its own name
        let reads_one = |d: &super::Dependent| {
            let named = self.named_in(d.definition.as_str());
            named.into_iter().filter(|named| !super::same(&named.name, &d.name)).count() == 1
        };
        let of_one: BTreeSet<QualifiedName> = self
            .dependents
            .of(&key(table))
            .into_iter()
            .filter(|d| d.on.is_some() || (d.what.contains("view ") && reads_one(d)))
            .map(|d| d.name.clone())
            .collect();
        self.dependents.edit_of(&key(table), |dependent| {
            if of_one.contains(&dependent.name) {
                dependent.definition = renamed(&dependent.definition, column, to);
            }
        });
    }
}

fn rename_in(names: &mut [Ident], from: &Ident, to: &Ident) {
    names.iter_mut().filter(|name| *name == from).for_each(|name| *name = to.clone());
}

/// A renamed column in its table's constraints and generated columns.
fn rename_in_table(table: &mut Table, column: &Ident, to: &Ident) {
    let reads = |state: &ConstraintState| super::columns::uses_column(&state.constraint, column);
    table.constraints.change_all(reads, |state| match &mut state.constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            rename_in(columns, column, to)
        }
        ConstraintKind::ForeignKey(fk) => rename_in(&mut fk.columns, column, to),
        ConstraintKind::Check { expression: text } => *text = renamed(text, column, to),
        ConstraintKind::Exclude(exclusion) => {
            let index = index_renamed(&exclusion.index, column, to);
            let meaning = Exclusion { index, operators: exclusion.operators.clone() };
            *exclusion = match exclusion.spelling() {
                Some(spelling) => Spelled::as_written(meaning, renamed_in_parentheses(spelling, column, to)),
                None => meaning.into(),
            };
        }
        ConstraintKind::NotNull { column: own } => rename_in(std::slice::from_mut(own), column, to),
    });
    table.partition_key.iter_mut().for_each(|element| rename_in_key(element, column, to));
    table.columns.change_all(
        |column| column.generated.is_some(),
        |own| {
            if let Some(Generated::Stored(text) | Generated::Virtual(text)) = &mut own.generated {
                *text = renamed(text, column, to);
            }
        },
    );
}

/// A renamed column in an index of its table.
fn rename_in_index(index: &mut Index, column: &Ident, to: &Ident) {
    let meaning = index_renamed(&index.definition, column, to);
    index.definition = match index.definition.spelling() {
        Some(spelling) => Spelled::as_written(meaning, renamed_in_parentheses(spelling, column, to)),
        None => meaning.into(),
    };
}

fn rename_in_key(key: &mut IndexKey, column: &Ident, to: &Ident) {
    match key {
        IndexKey::Column(own) => rename_in(std::slice::from_mut(own), column, to),
        IndexKey::Expression(expression) => *expression = renamed(expression, column, to),
    }
}

fn index_renamed(definition: &IndexDefinition, column: &Ident, to: &Ident) -> IndexDefinition {
    let mut meaning = definition.clone();
    for element in &mut meaning.columns {
        rename_in_key(&mut element.key, column, to);
    }
    rename_in(&mut meaning.parameters.include, column, to);
    meaning.predicate.iter_mut().for_each(|predicate| *predicate = renamed(predicate, column, to));
    meaning
}

/// The access method stands before the first parenthesis.
fn renamed_in_parentheses(spelling: &SqlFragment, column: &Ident, to: &Ident) -> SqlFragment {
    let text = spelling.as_str();
    let (before, inside) = text.split_at(text.find('(').unwrap_or(text.len()));
    SqlFragment::untrimmed(&format!("{before}{}", renamed(&SqlFragment::untrimmed(inside), column, to)))
}

/// The expression with every reference to `from` replaced by `to`. String literals, function names and the names of
/// types after `::` stay as they are.
fn renamed(expression: &SqlFragment, from: &Ident, to: &Ident) -> SqlFragment {
    let text = expression.as_str();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        let is_name = first == '"' || (is_part(first) && !first.is_ascii_digit());
        let is_column = !after.trim_start().starts_with('(') && !out.ends_with(':');
        if is_name && is_column && Ident::from_sql(word) == *from {
            out.push_str(&to.to_string());
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    SqlFragment::untrimmed(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_renamed_and_nothing_else() {
        let check = SqlFragment::new("a IS NOT NULL AND \"a\" <> 'a' AND a(t.a) > 0 AND ab::a = A");
        let after = renamed(&check, &Ident::new("a"), &Ident::new("B"));
        assert_eq!(after.as_str(), "\"B\" IS NOT NULL AND \"B\" <> 'a' AND a(t.\"B\") > 0 AND ab::a = \"B\"");
    }
}
