//! What a framework wrote down of the schema, laid over what replaying gives.
//!
//! Where both speak of the same thing, what was written down is taken. Nothing becomes safer by it: what it adds or says
//! otherwise is not [`Column::sure`], a column is NOT NULL only where both say so, and what it does not know stays.

use std::collections::BTreeSet;
use std::fmt;
use std::mem::discriminant;

use super::{Age, Column, ConstraintState, EnumType, Index, Key, List, RelationKind, Schema, Table, key, same};
use crate::operation::{
    Constraint, ConstraintKind, ForeignKey, Generated, MatchType, ReferentialActions, SqlFragment, TypeName,
};
use crate::sql::render;

/// Where the two do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `column users.name`.
    pub object: String,
    /// What was written down: `NOT NULL`.
    pub written: String,
    /// What replaying gives: `nullable`; empty where the first says it all.
    pub replayed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} there", self.object, self.written)?;
        if self.replayed.is_empty() { Ok(()) } else { write!(f, ", {} here", self.replayed) }
    }
}

const MISSING: &str = "missing";
const PRESENT: &str = "present";

impl Schema {
    /// Lays `written`, the schema that a framework wrote down for this moment, over the catalog, and says where the two
    /// do not agree. What only the catalog knows is no difference.
    pub fn reconcile(&mut self, written: &Schema) -> Vec<Difference> {
        self.reconciled = true;
        let mut found = Vec::new();
        // That a table is not known says it of all that is on it.
        let mut implied = Vec::new();
        let mut unknown = BTreeSet::new();
        for (name, table) in &written.tables {
            if self.edit(name, |own| reconcile_columns(own, table, &mut found)).is_some() {
                self.reconcile_constraints(name, table, &mut found);
            } else {
                found.push(missing(format!("table {}", table.name)));
                unknown.insert(name.clone());
                self.put_table(unproved_table(table));
                self.reconcile_constraints(name, table, &mut implied);
            }
        }
        for (name, index) in written.indexes.iter().filter(|(_, index)| index.constraint.is_none()) {
            let is_implied = unknown.contains(&key(&index.table));
            self.reconcile_index(name, index, if is_implied { &mut implied } else { &mut found });
        }
        for (name, written) in &written.enums {
            self.reconcile_enum(name, written, &mut found);
        }
        found
    }

    fn reconcile_constraints(&mut self, name: &Key, written: &Table, found: &mut Vec<Difference>) {
        for state in &written.constraints {
            let object = format!("{} {} of {}", word(&state.constraint), state.name, written.name);
            let Some(own) = self.tables.get(name) else { return };
            let unique_index = self.indexes.get(&key(&written.name.sibling(state.name.clone())));
            if let Some(at) = counterpart(&own.constraints, state) {
                let known = own.constraints.at(at);
                let (before, after) = (says(&known.constraint), says(&state.constraint));
                if plain(&before) == plain(&after) || has_parameter(&after) {
                    continue;
                }
                found.push(Difference { object, written: after, replayed: before });
                // What is behind a key proves no more than the key.
                let index = key(&written.name.sibling(known.name.clone()));
                self.edit_index(&index, |index| index.sure = false);
                self.edit_constraints(name, |own| {
                    own.constraints.change_at(at, |own| {
                        own.constraint.kind = state.constraint.kind.clone();
                        own.sure = false;
                    });
                });
            } else if unique_index.is_some_and(|i| i.unique && same(&i.table, &written.name)) {
                continue; // it does the same
            } else {
                found.push(missing(object));
                let unproved = ConstraintState { age: Age::Existing, sure: false, ..state.clone() };
                self.edit_constraints(name, |own| own.constraints.push(unproved));
            }
            if let ConstraintKind::PrimaryKey { columns, index_parameters, .. }
            | ConstraintKind::Unique { columns, index_parameters, .. } = &state.constraint.kind
            {
                let index = written.name.sibling(state.name.clone());
                self.put_unproved_index(Index::of_key(index, &written.name, columns, &index_parameters.include));
            }
        }
    }

    fn reconcile_index(&mut self, name: &Key, written: &Index, found: &mut Vec<Difference>) {
        let object = format!("index {} of {}", written.name, written.table);
        let Some(own) = self.indexes.get(name) else {
            found.push(missing(object));
            self.put_unproved_index(written.clone());
            return;
        };
        if alike(own, written) {
            return;
        }
        let text = |index: &Index| {
            let unique = if index.unique { "UNIQUE " } else { "" };
            let list = index.columns.iter().map(render::index_column).collect::<Vec<_>>().join(", ");
            let predicate = index.predicate.as_ref().map_or(String::new(), |p| format!(" WHERE {p}"));
            format!("{unique}({list}){predicate}")
        };
        found.push(Difference { object, written: text(written), replayed: text(own) });
        let (constraint, age) = (own.constraint.clone(), own.age);
        self.put_index(Index { constraint, age, sure: false, ..written.clone() });
    }

    fn put_unproved_index(&mut self, index: Index) {
        if !self.indexes.contains_key(&key(&index.name)) {
            self.put_index(Index { age: Age::Existing, sure: false, ..index });
        }
    }

    /// A label that was only written down is not taken over, as it may still have to be added; one that was taken out of
    /// the model is still in the type.
    fn reconcile_enum(&mut self, name: &Key, written: &EnumType, found: &mut Vec<Difference>) {
        let object = format!("enum {}", name.name());
        let Some(own) = self.enums.get_mut(name) else {
            found.push(missing(object));
            // Whether a label is there already decides what a transaction may do with it, so none is taken for known.
            let labels = Vec::new();
            self.enums.insert(name.clone(), EnumType { age: Age::Existing, labels, ..written.clone() });
            return;
        };
        let unknown = written.labels.iter().filter(|label| !own.labels.contains(label));
        found.extend(unknown.map(|label| missing(format!("label {label} of {object}"))));
        let both =
            |of: &[String], other: &[String]| of.iter().filter(|l| other.contains(l)).cloned().collect::<Vec<_>>();
        let (there, here) = (both(&written.labels, &own.labels), both(&own.labels, &written.labels));
        if there != here {
            found.push(Difference { object, written: "in another order".into(), replayed: String::new() });
            let rest = own.labels.iter().filter(|l| !written.labels.contains(l)).cloned();
            own.labels = there.into_iter().chain(rest).collect();
        }
    }
}

/// The constraint that a written one stands for. A primary key's name is PostgreSQL's own unless somebody gave one, and
/// names that were cut at 63 bytes may meet.
fn counterpart(own: &List<ConstraintState>, written: &ConstraintState) -> Option<usize> {
    let kind = |c: &ConstraintState| discriminant(&c.constraint.kind);
    let is_primary = matches!(written.constraint.kind, ConstraintKind::PrimaryKey { .. });
    let alike = |c: &ConstraintState| match is_primary {
        true => plain(&says(&c.constraint)) == plain(&says(&written.constraint)),
        false => c.name == written.name,
    };
    let of_kind = |c: &ConstraintState| kind(c) == kind(written);
    let exact = own.iter().position(|c| of_kind(c) && alike(c));
    exact.or_else(|| own.iter().position(of_kind).filter(|_| is_primary))
}

fn missing(object: String) -> Difference {
    Difference { object, written: PRESENT.into(), replayed: MISSING.into() }
}

/// A table that the history does not make. Others than the written columns may be there.
fn unproved_table(written: &Table) -> Table {
    let columns = written.columns.iter().map(unproved_column).collect();
    Table {
        age: Age::Existing,
        kind: RelationKind::Table,
        columns,
        columns_known: false,
        constraints: List::default(),
        ..written.clone()
    }
}

fn unproved_column(written: &Column) -> Column {
    Column { age: Age::Existing, not_null: false, sure: false, ..written.clone() }
}

fn reconcile_columns(own: &mut Table, written: &Table, found: &mut Vec<Difference>) {
    for column in &written.columns {
        let object = format!("{}.{}", written.name, column.name);
        if own.columns.has(&column.name) {
            own.columns.change(&column.name, |known| reconcile_column(known, column, &object, found));
            continue;
        }
        if own.columns_known {
            found.push(missing(object));
        }
        own.columns.push(unproved_column(column));
    }
}

fn reconcile_column(own: &mut Column, written: &Column, object: &str, found: &mut Vec<Difference>) {
    let mut differ = |written: String, replayed: String| {
        found.push(Difference { object: object.to_owned(), written, replayed });
    };
    if own.not_null != written.not_null {
        let word = |not_null| if not_null { "NOT NULL" } else { "nullable" }.to_owned();
        differ(word(written.not_null), word(own.not_null));
        own.not_null = false;
    }
    if !same_type(&own.ty, &written.ty) {
        differ(written.ty.to_string(), own.ty.to_string());
        own.ty = written.ty.clone();
        own.sure = false;
    }
    let default = |column: &Column| column.default.as_ref().map(|d| value(d.as_str()));
    if !same_default(default(own), default(written)) {
        let text = |default: &Option<SqlFragment>| {
            default.as_ref().map_or("without a default".into(), |d| format!("DEFAULT {d}"))
        };
        differ(text(&written.default), text(&own.default));
        own.default.clone_from(&written.default);
        own.sure = false;
    }
    // What is generated here and not there was made by hand; the other way round the record is all there is.
    if own.generated.is_none() && written.generated.is_some() {
        differ(generated(written).into(), "an ordinary column".into());
        own.generated.clone_from(&written.generated);
        own.sure = false;
    }
}

fn generated(column: &Column) -> &'static str {
    match column.generated {
        Some(Generated::Identity(_)) => "an identity column",
        Some(Generated::Stored(_) | Generated::Virtual(_)) => "a generated column",
        None => "an ordinary column",
    }
}

/// Types that are named alike; a schema that is not written says nothing.
fn same_type(a: &TypeName, b: &TypeName) -> bool {
    let (one, other) = (a.name(), b.name());
    let schemas = one.schema.is_none() || other.schema.is_none() || one.schema == other.schema;
    a == b || (schemas && one.name == other.name && a.is_array() == b.is_array() && a.modifiers() == b.modifiers())
}

/// Two serial columns may count with sequences of other names, as after a table was renamed.
fn same_default(a: Option<String>, b: Option<String>) -> bool {
    let counts = |text: &Option<String>| text.as_ref().is_some_and(|t| t.starts_with("nextval"));
    let null = |text: &Option<String>| text.as_ref().is_none_or(|t| t == "null");
    a == b || (counts(&a) && counts(&b)) || (null(&a) && null(&b))
}

fn word(constraint: &Constraint) -> &'static str {
    match constraint.kind {
        ConstraintKind::Check { .. } => "CHECK",
        ConstraintKind::Unique { .. } => "UNIQUE",
        ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
        ConstraintKind::ForeignKey(_) => "FOREIGN KEY",
        ConstraintKind::Exclude(_) => "EXCLUDE",
        ConstraintKind::NotNull { .. } => "NOT NULL",
    }
}

/// A constraint in words that can be compared.
fn says(constraint: &Constraint) -> String {
    let list =
        |columns: &[crate::operation::Ident]| columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match &constraint.kind {
        ConstraintKind::Check { expression } => format!("({expression})"),
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            format!("({})", list(columns))
        }
        ConstraintKind::ForeignKey(fk) => {
            let ForeignKey { columns, references, referenced, .. } = fk;
            // What a framework writes down has no MATCH.
            let actions = ReferentialActions { matching: MatchType::Simple, ..ReferentialActions::clone(&fk.actions) };
            let actions = render::referential_actions(&actions);
            let actions = if actions.is_empty() { actions } else { format!(" {actions}") };
            format!("({}) → {}({}){actions}", list(columns), references.name, list(referenced))
        }
        ConstraintKind::Exclude(exclusion) => render::exclusion(exclusion),
        ConstraintKind::NotNull { column } => column.to_string(),
    }
}

fn alike(a: &Index, b: &Index) -> bool {
    let predicate = |index: &Index| index.predicate.as_ref().map(|p| plain(p.as_str()));
    let unsaid = b.predicate.as_ref().is_some_and(|p| has_parameter(p.as_str()));
    let element = |x: &crate::operation::IndexColumn, y: &crate::operation::IndexColumn| {
        x.column().is_some_and(|own| y.column() == Some(own))
            || plain(&render::index_column(x)) == plain(&render::index_column(y))
    };
    a.unique == b.unique
        && same(&a.table, &b.table)
        && (unsaid || predicate(a) == predicate(b))
        && a.columns.len() == b.columns.len()
        && a.columns.iter().zip(&b.columns).all(|(x, y)| element(x, y))
}

/// A parameter in a definition (`"role" = $1`) is an accident of whoever wrote it down: no server takes that.
fn has_parameter(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
}

/// A default to compare: without the cast of a constant, and `'1'` as `1`.
fn value(text: &str) -> String {
    let text = text.trim();
    let constant = match text.strip_prefix('\'').and_then(|t| t.rsplit_once("'::")) {
        Some((inside, ty)) if !ty.contains('\'') => format!("'{inside}'"),
        _ => text.to_owned(),
    };
    let inside = constant.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
    match inside.filter(|inside| inside.parse::<f64>().is_ok() || matches!(*inside, "true" | "false")) {
        Some(inside) => inside.to_owned(),
        None => plain(&constant),
    }
}

/// SQL without what is no matter when two texts are compared: white space, parentheses, double quotes, case, and the table
/// before a column.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where the word begins that is being read.
    let mut word = 0;
    for c in text.chars().filter(|c| *c != '"') {
        if c == '.' && out[word..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            out.truncate(word);
        } else if c.is_alphanumeric() || c == '_' {
            out.extend(c.to_lowercase());
        } else {
            if !c.is_whitespace() && !matches!(c, '(' | ')') {
                out.push(c);
            }
            word = out.len();
        }
    }
    out
}

#[cfg(test)]
mod tests;
