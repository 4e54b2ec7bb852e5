//! Columns, constraints and the indexes behind them, as they enter the catalog.

use super::links::Tie;
use super::names::{column_part, free_object_name};
use super::{Age, Column, ConstraintState, Index, RelationKind, Schema, Table, key, mentions};
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, Generated, Ident, IndexColumn, IndexDefinition,
    IndexKey, QualifiedName, SqlFragment, TypeName,
};
use crate::sql::expression;

impl Schema {
    /// Adds a column and the constraints written beside it.
    pub(super) fn put_column(&mut self, table: &QualifiedName, definition: &ColumnDefinition) {
        let column = self.new_column(table, definition);
        self.touch(table);
        if self.column(table, &definition.name).is_none() {
            self.owns_sequence(table, &column);
        }
        self.push_column(&key(table), column);
        for constraint in &definition.constraints {
            self.put_constraint(table, constraint);
        }
    }

    /// A column as its definition makes it.
    pub(super) fn new_column(&self, table: &QualifiedName, definition: &ColumnDefinition) -> Column {
        let serial = definition.is_serial();
        let numbered = serial || definition.is_identity();
        let sequence = numbered.then(|| match &definition.generated {
            Some(Generated::Identity(identity)) => self.identity_sequence(table, &definition.name, identity),
            _ => self.sequence_name(table, &definition.name),
        });
        let primary = definition.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::PrimaryKey { .. }));
        let default = match sequence.as_ref().filter(|_| serial) {
            Some(sequence) => {
                Some(SqlFragment::new(&format!("nextval('{}'::regclass)", table.sibling(sequence.clone()))))
            }
            None => definition.default.clone(),
        };
        Column {
            name: definition.name.clone(),
            ty: stored_type(&definition.ty),
            collated: definition.collation.is_some(),
            not_null: definition.not_null || serial || primary || definition.is_identity(),
            default,
            generated: definition.generated.clone(),
            age: Age::New,
            sequence,
            sure: true,
            is_local: true,
        }
    }

    /// Adds a constraint under the name that PostgreSQL gives it, with the index behind it.
    pub(super) fn put_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let name = self.constraint_name(table, constraint);
        let mut constraint = constraint.clone();
        self.put_backing_index(table, &name, &mut constraint);
        self.touch(table);
        self.edit_flags(&key(table), |state| match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } => {
                columns.iter().for_each(|name| state.column_mut(name, |c| c.not_null = true));
            }
            ConstraintKind::NotNull { column } => {
                state.column_mut(column, |c| c.not_null = !constraint.not_valid);
            }
            _ => {}
        });
        let valid = constraint.checks_rows();
        let state = ConstraintState { name, valid, constraint, age: Age::New, sure: true, is_local: true };
        self.push_constraint(&key(table), state);
    }

    /// UNIQUE and PRIMARY KEY: a new index, or an existing one that takes the constraint's name.
    fn put_backing_index(&mut self, table: &QualifiedName, name: &Ident, constraint: &mut Constraint) {
        let (columns, using) = match &mut constraint.kind {
            ConstraintKind::Unique { columns, using_index, .. }
            | ConstraintKind::PrimaryKey { columns, using_index, .. } => (columns, using_index),
            _ => return,
        };
        if let Some(taken) = using.clone() {
            if let Some(mut index) = self.take_index(&key(&table.sibling(taken))) {
                *using = None;
                *columns = index.columns.iter().filter_map(|c| c.column().cloned()).collect();
                index.name = table.sibling(name.clone());
                index.constraint = Some(name.clone());
                self.touch(&index.name);
                self.put_index(index);
            }
            return;
        }
        let index = Index::of_key(table.sibling(name.clone()), table, columns);
        self.touch(&index.name);
        self.put_index(index);
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
            ConstraintKind::Unique { columns, index_parameters, .. } => {
                let names = columns.iter().chain(&index_parameters.include).map(|c| c.as_str().to_owned());
                (column_part(numbered(names).iter().map(String::as_str)), "key")
            }
            ConstraintKind::PrimaryKey { .. } => (String::new(), "pkey"),
            ConstraintKind::ForeignKey(fk) => (joined(&fk.columns), "fkey"),
            ConstraintKind::Exclude(exclusion) => {
                let names = numbered(key_names(&exclusion.index.columns));
                (column_part(names.iter().map(String::as_str)), "excl")
            }
            ConstraintKind::NotNull { column } => (column.as_str().to_owned(), "not_null"),
        };
        free_object_name(&table.name, &columns, label, |name| self.is_taken(table, name))
    }

    /// True when only the server can tell which name a foreign key gets that has none: a key of the same columns points at a
    /// partitioned table, and its copies, which point at the partitions, are numbered among these names, since 18 otherwise than
    /// before (`addFkRecurseReferenced` in `src/backend/commands/tablecmds.c`).
    pub fn is_name_open(&self, table: &QualifiedName, constraint: &Constraint) -> bool {
        let ConstraintKind::ForeignKey(new) = &constraint.kind else { return false };
        let has_copies = |other: &ConstraintState| match &other.constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                let partitioned = |of: &Table| of.kind == RelationKind::Partitioned;
                key.columns == new.columns && self.table(&key.references).is_some_and(partitioned)
            }
            _ => false,
        };
        constraint.name.is_none() && self.table(table).is_some_and(|of| of.constraints.iter().any(has_copies))
    }

    /// The name that `CREATE INDEX ON t (…)` gets.
    pub fn index_name(&self, index: &CreateIndex) -> Ident {
        let included = index.parameters.include.iter().map(|column| column.as_str().to_owned());
        let parts = numbered(key_names(&index.columns).chain(included));
        free_object_name(&index.table.name, &column_part(parts.iter().map(String::as_str)), "idx", |name| {
            self.is_taken(&index.table, name)
        })
    }

    /// True when a relation or constraint of that name exists beside the table.
    pub fn is_taken(&self, table: &QualifiedName, name: &Ident) -> bool {
        let wanted = key(&table.sibling(name.clone()));
        self.is_relation(&key(&table.sibling(name.clone()))) || self.links.leads_anywhere(Tie::Constraint(wanted))
    }

    /// The one column a CHECK reads, or nothing: that is what its name is made of.
    fn only_column(&self, table: &QualifiedName, check: &SqlFragment) -> String {
        let columns = expression::parse(check).map(|e| e.columns()).unwrap_or_default();
        let all_known = self.table(table).is_some_and(|t| t.columns_known);
        let mut known = columns.iter().filter(|c| !all_known || self.column(table, c).is_some());
        match (known.next(), known.next()) {
            (Some(only), None) => only.as_str().to_owned(),
            _ => String::new(),
        }
    }
}

impl Index {
    /// The columns that it keeps from repeating in all rows of its table; `None` when it is partial, has expressions or does not.
    pub(crate) fn unique_columns(&self) -> Option<impl Iterator<Item = &Ident>> {
        let whole = self.unique && self.predicate.is_none() && self.columns.iter().all(|c| c.column().is_some());
        whole.then(|| self.columns.iter().filter_map(IndexColumn::column))
    }

    /// A key column, an expression, the predicate or an included column of it reads the column.
    pub fn uses_column(&self, column: &Ident) -> bool {
        reads_column(&self.definition, column)
    }

    /// The index behind a primary key or unique constraint of that name.
    pub(super) fn of_key(name: QualifiedName, table: &QualifiedName, columns: &[Ident]) -> Self {
        let columns = columns.iter().cloned().map(|c| IndexColumn::plain(IndexKey::Column(c))).collect();
        Index {
            constraint: Some(name.name.clone()),
            name,
            table: table.clone(),
            unique: true,
            definition: IndexDefinition::of(columns).into(),
            age: Age::New,
            sure: true,
            is_marked: false,
        }
    }
}

/// A key column, an expression, the predicate or an included column reads the column.
pub(crate) fn reads_column(index: &IndexDefinition, column: &Ident) -> bool {
    let reads = |text: &SqlFragment| mentions(text.as_str(), column.as_str());
    let is_key = |c: &IndexColumn| match &c.key {
        IndexKey::Column(own) => own == column,
        IndexKey::Expression(expression) => reads(expression),
    };
    index.columns.iter().any(is_key)
        || index.parameters.include.contains(column)
        || index.predicate.as_ref().is_some_and(reads)
}

/// Whether a constraint reads a column.
pub(super) fn uses_column(constraint: &Constraint, column: &Ident) -> bool {
    match &constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => columns.contains(column),
        ConstraintKind::ForeignKey(fk) => fk.columns.contains(column),
        ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude(exclusion) => reads_column(&exclusion.index, column),
    }
}

/// Columns that have one name get numbers (`ChooseIndexColumnNames`).
fn numbered(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut different: Vec<String> = Vec::new();
    for name in names {
        let free = |candidate: &String| !different.contains(candidate);
        let candidates = std::iter::once(name.clone()).chain((1..).map(|number| format!("{name}{number}")));
        different.extend(candidates.into_iter().find(free));
    }
    different
}

/// The name of an expression's column in an index: a function's own name, else `expr`.
fn expression_name(expression: &SqlFragment) -> String {
    let text = expression.as_str();
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let called = text[word.len()..].trim_start().starts_with('(');
    if called && !word.is_empty() { word.to_ascii_lowercase() } else { "expr".to_owned() }
}

/// The type that a column really has: serials are integers.
pub(super) fn stored_type(ty: &TypeName) -> TypeName {
    match ty.canonical() {
        "serial" => TypeName::new("integer"),
        "bigserial" => TypeName::new("bigint"),
        "smallserial" => TypeName::new("smallint"),
        _ => ty.clone(),
    }
}

/// What the columns of an index are called in its name.
fn key_names(columns: &[IndexColumn]) -> impl Iterator<Item = String> {
    columns.iter().map(|column| match &column.key {
        IndexKey::Column(name) => name.as_str().to_owned(),
        IndexKey::Expression(expression) => expression_name(expression),
    })
}
