//! A renamed column where it is named: keys, indexes, and the expressions that read it. PostgreSQL keeps numbers and
//! trees there, so they follow by themselves; here they are texts.

use super::{Key, Schema, key};
use crate::operation::{ConstraintKind, Generated, Ident, QualifiedName, SqlFragment};

impl Schema {
    pub(super) fn rename_column(&mut self, table: &QualifiedName, column: &Ident, to: &Ident) {
        self.family(table, |t| t.column_mut(column, |c| c.name = to.clone()));
        let own = key(table);
        let rename_in =
            |names: &mut Vec<Ident>| names.iter_mut().filter(|n| *n == column).for_each(|n| *n = to.clone());
        for (name, state) in &mut self.tables {
            for constraint in &mut state.constraints {
                match &mut constraint.constraint.kind {
                    ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. }
                        if *name == own =>
                    {
                        rename_in(columns)
                    }
                    ConstraintKind::ForeignKey(fk) => {
                        if *name == own {
                            rename_in(&mut fk.columns);
                        }
                        if key(&fk.references) == own {
                            rename_in(&mut fk.referenced);
                        }
                    }
                    ConstraintKind::Check { expression: text } | ConstraintKind::Exclude { definition: text }
                        if *name == own =>
                    {
                        *text = renamed(text, column, to);
                    }
                    ConstraintKind::NotNull { column: own_column } if *name == own && own_column == column => {
                        *own_column = to.clone();
                    }
                    _ => {}
                }
            }
        }
        self.rename_in_texts(&own, column, to);
    }

    /// A renamed column in generated columns and indexes.
    fn rename_in_texts(&mut self, table: &Key, column: &Ident, to: &Ident) {
        let rename = |text: &mut SqlFragment| *text = renamed(text, column, to);
        for generated in
            self.tables.get_mut(table).into_iter().flat_map(|t| &mut t.columns).filter_map(|c| c.generated.as_mut())
        {
            if let Generated::Stored(text) | Generated::Virtual(text) = generated {
                rename(text);
            }
        }
        for index in self.indexes.values_mut().filter(|i| key(&i.table) == *table) {
            for element in &mut index.columns {
                rename(&mut element.text);
                if element.column.as_ref() == Some(column) {
                    element.column = Some(to.clone());
                }
            }
            index.predicate.iter_mut().for_each(rename);
            // The table's own name stands before the first parenthesis.
            let (on, mut inside) = match index.definition.as_str().find('(') {
                Some(at) => (
                    index.definition.as_str()[..at].to_owned(),
                    SqlFragment(index.definition.as_str()[at..].to_owned()),
                ),
                None => continue,
            };
            rename(&mut inside);
            index.definition = SqlFragment(on + inside.as_str());
        }
    }
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
    SqlFragment(out)
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
