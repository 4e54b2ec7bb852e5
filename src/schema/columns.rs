//! Columns, constraints and the indexes behind them, as they enter the catalog.

use super::names::{column_part, free_object_name};
use super::{Age, Column, ConstraintState, Index, Key, Schema, key};
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, Ident, IndexColumn, QualifiedName, SqlFragment, TypeName,
};
use crate::sql::expression;

impl Schema {
    /// Adds a column and the constraints written beside it.
    pub(super) fn put_column(&mut self, table: &QualifiedName, definition: &ColumnDefinition) {
        let serial = definition.is_serial();
        let numbered = serial || definition.is_identity();
        let sequence = numbered.then(|| self.sequence_name(table, &definition.name));
        let primary = definition.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey { .. }));
        let default = match sequence.as_ref().filter(|_| serial) {
            Some(sequence) => {
                Some(SqlFragment::new(&format!("nextval('{}'::regclass)", table.sibling(sequence.clone()))))
            }
            None => definition.default.clone(),
        };
        let column = Column {
            name: definition.name.clone(),
            ty: stored_type(&definition.ty),
            collated: definition.options.as_str().to_uppercase().contains("COLLATE"),
            not_null: definition.not_null || serial || primary || definition.is_identity(),
            default,
            generated: definition.generated.clone(),
            age: Age::New,
            sequence,
            sure: true,
        };
        self.touch(table);
        if self.column(table, &definition.name).is_none() {
            self.sequences.extend(column.sequence.iter().map(|name| key(&table.sibling(name.clone()))));
        }
        if let Some(state) = self.tables.get_mut(&key(table))
            && !state.columns.iter().any(|c| c.name == column.name)
        {
            state.columns.push(column);
        }
        for constraint in &definition.constraints {
            self.put_constraint(table, constraint);
        }
    }

    /// Adds a constraint under the name that PostgreSQL gives it, with the index behind it.
    pub(super) fn put_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let name = self.constraint_name(table, constraint);
        let mut constraint = constraint.clone();
        self.put_backing_index(table, &name, &mut constraint);
        self.touch(table);
        if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
            self.links.reference(&fk.references, key(table));
        }
        let Some(state) = self.tables.get_mut(&key(table)) else { return };
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } => {
                state.columns.iter_mut().filter(|c| columns.contains(&c.name)).for_each(|c| c.not_null = true);
            }
            ConstraintKind::NotNull { column } => {
                state.columns.iter_mut().filter(|c| c.name == *column).for_each(|c| c.not_null = !constraint.not_valid);
            }
            _ => {}
        }
        let enforced = !constraint.options.as_str().contains("NOT ENFORCED");
        state.constraints.retain(|c| c.name != name);
        state.constraints.push(ConstraintState {
            name,
            valid: !constraint.not_valid && enforced,
            constraint,
            age: Age::New,
            sure: true,
        });
    }

    /// UNIQUE and PRIMARY KEY: a new index, or an existing one that takes the constraint's name.
    fn put_backing_index(&mut self, table: &QualifiedName, name: &Ident, constraint: &mut Constraint) {
        let (columns, using) = match &mut constraint.kind {
            ConstraintKind::Unique { columns, using_index, .. }
            | ConstraintKind::PrimaryKey { columns, using_index, .. } => (columns, using_index),
            _ => return,
        };
        if let Some(using) = using {
            if let Some(mut index) = self.indexes.remove(&key(&table.sibling(using.clone()))) {
                *columns = index.columns.iter().filter_map(|c| c.column.clone()).collect();
                index.name = table.sibling(name.clone());
                index.constraint = Some(name.clone());
                self.touch(&index.name);
                self.links.index(&index.table, key(&index.name));
                self.indexes.insert(key(&index.name), index);
            }
            return;
        }
        let index = Index::of_key(table.sibling(name.clone()), table, columns);
        self.touch(&index.name);
        self.links.index(table, key(&index.name));
        self.indexes.insert(key(&index.name), index);
    }

    /// The name a constraint has or will get.
    pub fn constraint_name(&self, table: &QualifiedName, constraint: &Constraint) -> Ident {
        if let Some(name) = &constraint.name {
            return name.clone();
        }
        let joined = |columns: &[Ident]| column_part(columns.iter().map(Ident::as_str));
        let (columns, label) = match &constraint.kind {
            ConstraintKind::Check { expression } => (self.only_column(table, expression), "check"),
            ConstraintKind::Unique { using_index: Some(index), .. }
            | ConstraintKind::PrimaryKey { using_index: Some(index), .. } => return index.clone(),
            ConstraintKind::Unique { columns, .. } => (joined(columns), "key"),
            ConstraintKind::PrimaryKey { .. } => (String::new(), "pkey"),
            ConstraintKind::ForeignKey(fk) => (joined(&fk.columns), "fkey"),
            ConstraintKind::Exclude { .. } => (String::new(), "excl"),
            ConstraintKind::NotNull { column } => (column.as_str().to_owned(), "not_null"),
        };
        free_object_name(&table.name, &columns, label, |name| self.is_taken(table, name))
    }

    /// The name that `CREATE INDEX ON t (…)` gets.
    pub fn index_name(&self, table: &QualifiedName, columns: &[IndexColumn]) -> Ident {
        let parts: Vec<String> = columns
            .iter()
            .map(|c| c.column.as_ref().map_or_else(|| expression_name(c), |n| n.as_str().to_owned()))
            .collect();
        free_object_name(&table.name, &column_part(parts.iter().map(String::as_str)), "idx", |name| {
            self.is_taken(table, name)
        })
    }

    /// The name that the sequence of a serial or identity column gets: `ChooseRelationName` asks for relations only.
    pub fn sequence_name(&self, table: &QualifiedName, column: &Ident) -> Ident {
        free_object_name(&table.name, column.as_str(), "seq", |name| self.is_relation(&table.sibling(name.clone())))
    }

    fn is_relation(&self, name: &QualifiedName) -> bool {
        let wanted = key(name);
        self.tables.contains_key(&wanted) || self.indexes.contains_key(&wanted) || self.sequences.contains(&wanted)
    }

    /// True when a relation or constraint of that name exists beside the table.
    pub fn is_taken(&self, table: &QualifiedName, name: &Ident) -> bool {
        let wanted: Key = key(&table.sibling(name.clone()));
        let constraint =
            |(schema, _): &Key, t: &super::Table| *schema == wanted.0 && t.constraints.iter().any(|c| c.name == *name);
        self.is_relation(&table.sibling(name.clone())) || self.tables.iter().any(|(k, t)| constraint(k, t))
    }

    /// The one column a CHECK reads, or nothing: that is what its name is made of.
    fn only_column(&self, table: &QualifiedName, check: &SqlFragment) -> String {
        let columns = expression::parse(check).map(|e| e.columns()).unwrap_or_default();
        let mut known = columns.iter().filter(|c| self.column(table, c).is_some() || self.table(table).is_none());
        match (known.next(), known.next()) {
            (Some(only), None) => only.as_str().to_owned(),
            _ => String::new(),
        }
    }
}

impl Index {
    /// The index behind a primary key or unique constraint of that name.
    pub(super) fn of_key(name: QualifiedName, table: &QualifiedName, columns: &[Ident]) -> Self {
        let element = |c: &Ident| IndexColumn { column: Some(c.clone()), text: SqlFragment::new(&c.to_string()) };
        let columns: Vec<IndexColumn> = columns.iter().map(element).collect();
        let list = columns.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(", ");
        Index {
            constraint: Some(name.name.clone()),
            name,
            table: table.clone(),
            unique: true,
            predicate: None,
            definition: SqlFragment::new(&format!("{table} ({list})")),
            columns,
            age: Age::New,
            sure: true,
        }
    }
}

/// The name of an expression's column in an index: a function's own name, else `expr`.
fn expression_name(column: &IndexColumn) -> String {
    let word: String = column.text.as_str().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let called = column.text.as_str()[word.len()..].trim_start().starts_with('(');
    if called && !word.is_empty() { word.to_lowercase() } else { "expr".to_owned() }
}

/// The type that a column really has: serials are integers.
pub(super) fn stored_type(ty: &TypeName) -> TypeName {
    match ty.canonical().as_str() {
        "serial" => TypeName::new("integer"),
        "bigserial" => TypeName::new("bigint"),
        "smallserial" => TypeName::new("smallint"),
        _ => ty.clone(),
    }
}
