//! Which values of which rows a step changes, and which it looks at: steps of one table that have none in common may pass each
//! other where nothing else keeps together what changes rows.

use super::resource::{Resource, Uses};
use crate::operation::{Constraint, ConstraintKind, CreateIndex, Generated, Ident, Operation, QualifiedName};
use crate::schema::{Schema, key, mentions};

impl Uses {
    /// The values that a statement of the author's changes, and the defaults that it may take. What is not known of an UPDATE
    /// is taken as a change of the rows themselves.
    pub(super) fn changes_values(&mut self, operation: &Operation, text: &str, schema: &Schema) {
        let Some(table) = operation.table() else { return };
        let root = self.table(table, schema);
        let known = schema.table(table).filter(|t| t.columns_known);
        if matches!(operation, Operation::Insert { .. }) || mentions(text, "default") {
            for column in known.into_iter().flat_map(|t| &t.columns) {
                self.read(Resource::Default(root.clone(), column.name.clone()));
            }
        }
        let columns = match operation {
            Operation::Update { sets: Some(columns), .. } if is_alone(table, schema) => Some(columns.clone()),
            _ => None,
        };
        match columns {
            Some(columns) => columns.into_iter().for_each(|c| self.write(Resource::Data(root.clone(), c))),
            None => self.changes_members(table, schema),
        }
    }

    /// Rows come or go, there or in the tables around.
    pub(super) fn changes_members(&mut self, table: &QualifiedName, schema: &Schema) {
        self.rows(table, schema);
        let rows: Vec<Resource> = self.writes.iter().filter(|r| matches!(r, Resource::Rows(_))).cloned().collect();
        for resource in rows {
            if let Resource::Rows(name) = resource {
                self.write(Resource::Members(name));
            }
        }
    }

    /// It asks something of all rows of a table in these columns, and nothing else of them.
    fn looks_at(&mut self, table: &QualifiedName, columns: &[Ident], schema: &Schema) {
        self.reads_columns(table, columns, schema);
        let root = self.table(table, schema);
        self.read(Resource::Members(root));
        self.read(Resource::Members(key(table)));
    }

    /// Says of a step that looks at rows, or at none, what it looks at.
    pub(super) fn looks_at_values(&mut self, operation: &Operation, schema: &Schema) {
        self.by_columns = match operation {
            Operation::SetDefault { .. } | Operation::DropDefault { .. } => true,
            Operation::SetNotNull { table, column, .. } => {
                self.looks_at(table, std::slice::from_ref(column), schema);
                true
            }
            Operation::CreateIndex(index) => match columns_of_index(index, schema) {
                Some(_) if is_plain(index) => true,
                Some(columns) => {
                    self.looks_at(&index.table, &columns, schema);
                    true
                }
                None => false,
            },
            Operation::AddConstraint { table, constraint } => self.looks_for(table, constraint, schema),
            Operation::ValidateConstraint { table, name } => match schema.constraint(table, name) {
                Some(state) => self.looks_for(table, &state.constraint, schema),
                None => false,
            },
            _ => false,
        };
    }

    fn looks_for(&mut self, table: &QualifiedName, constraint: &Constraint, schema: &Schema) -> bool {
        let Some(columns) = columns_of_constraint(constraint) else { return false };
        self.looks_at(table, &columns, schema);
        if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
            self.looks_at(&fk.references, &fk.referenced, schema);
            return !fk.referenced.is_empty();
        }
        true
    }
}

/// Changing a row's values changes no other row and no other value.
fn is_alone(table: &QualifiedName, schema: &Schema) -> bool {
    schema.table(table).is_some_and(|state| {
        state.columns_known
            && state.parents.is_empty()
            && state.columns.iter().all(|column| matches!(column.generated, None | Some(Generated::Identity(_))))
    }) && schema.children(table).is_empty()
        && schema.referencing(table).is_empty()
}

/// The columns that a check or a foreign key looks at, where that can be told.
pub(super) fn columns_of_constraint(constraint: &Constraint) -> Option<Vec<Ident>> {
    match &constraint.kind {
        ConstraintKind::Check { expression } => {
            let columns = crate::sql::expression::parse(expression)?.columns();
            Some(columns.into_iter().collect())
        }
        ConstraintKind::ForeignKey(fk) => Some(fk.columns.clone()),
        ConstraintKind::NotNull { column } => Some(vec![column.clone()]),
        ConstraintKind::Unique { columns, using_index: None, .. } => Some(columns.clone()),
        ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude { .. } => None,
    }
}

/// The columns that an index reads, in expressions and in its predicate as well.
fn columns_of_index(index: &CreateIndex, schema: &Schema) -> Option<Vec<Ident>> {
    let state = schema.table(&index.table).filter(|t| t.columns_known)?;
    let named = |column: &&Ident| mentions(index.definition.as_str(), column.as_str());
    Some(state.columns.iter().map(|column| &column.name).filter(named).cloned().collect())
}

/// Whatever the rows hold, it can be built.
fn is_plain(index: &CreateIndex) -> bool {
    !index.unique && index.predicate.is_none() && index.columns.iter().all(|column| column.column.is_some())
}
