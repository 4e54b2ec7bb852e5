//! Which values of which rows a step changes, and which it looks at: steps of one table that have none in common may pass each
//! other where nothing else keeps together what changes rows.

use super::resource::{Resource, Uses, taking_part};
use crate::operation::{
    ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex, DataOperation,
    Generated, Ident, IndexOperation, Operation, QualifiedName,
};
use crate::schema::{RelationKind, Schema, key, mentions, reads_column};
use crate::sql::expression;

impl Uses {
    /// The values that a statement of the author's changes, and the defaults that it may take. What is not known of an UPDATE
    /// is taken as a change of the rows themselves.
    pub(super) fn changes_values(&mut self, operation: &DataOperation, text: &str, schema: &Schema) {
        let Some(table) = operation.table() else { return };
        let root = self.table(table, schema);
        let known = schema.table(table).filter(|t| t.columns_known);
        if matches!(operation, DataOperation::Insert { .. }) || mentions(text, "default") {
            for column in known.into_iter().flat_map(|t| &t.columns) {
                self.read(Resource::Default(root.clone(), column.name.clone()));
            }
        }
        let columns = match operation {
            DataOperation::Update { sets: Some(columns), .. } if is_alone(table, schema) => Some(columns.clone()),
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
        for name in taking_part(table, schema) {
            let root = self.table(&name, schema);
            for column in schema.table(&name).into_iter().flat_map(|state| &state.columns) {
                self.write(Resource::MembersWith(root.clone(), column.name.clone()));
            }
        }
    }

    /// It asks something of all rows of a table in these columns, and nothing else of them.
    fn looks_at(&mut self, table: &QualifiedName, columns: &[Ident], schema: &Schema) {
        self.reads_columns(table, columns, schema);
        let root = self.table(table, schema);
        let is_known = |column: &Ident| schema.column(table, column).is_some_and(|c| c.sure);
        if !columns.is_empty() && columns.iter().all(is_known) {
            let with = |column: &Ident| Resource::MembersWith(root.clone(), column.clone());
            columns.iter().map(with).for_each(|resource| self.read(resource));
            return;
        }
        self.read(Resource::Members(root));
        self.read(Resource::Members(key(table)));
    }

    /// Says of a step that looks at rows, or at none, what it looks at.
    pub(super) fn looks_at_values(&mut self, operation: &Operation, text: &str, schema: &Schema) {
        self.by_columns = match operation {
            Operation::Column(ColumnOperation::SetDefault { .. } | ColumnOperation::DropDefault { .. }) => true,
            Operation::Column(ColumnOperation::Add { column, .. }) => looks_at_itself(column),
            Operation::Data(DataOperation::Backfill(fill)) if fill.fires.is_empty() => {
                match (expression::parse(&fill.value), expression::parse(&fill.todo)) {
                    (Some(value), Some(todo)) => {
                        let read: Vec<Ident> = value.columns().into_iter().chain(todo.columns()).collect();
                        self.reads_columns(&fill.table, &read, schema);
                        true
                    }
                    _ => false,
                }
            }
            Operation::Column(
                ColumnOperation::SetNotNull { table, column, .. } | ColumnOperation::DropNotNull { table, column },
            ) => {
                self.looks_at(table, std::slice::from_ref(column), schema);
                true
            }
            Operation::Index(IndexOperation::Create(index)) => match columns_of_index(index, schema) {
                Some(_) if is_plain(index) => true,
                Some(columns) => {
                    self.looks_at(&index.table, &columns, schema);
                    true
                }
                None => false,
            },
            // Whoever changes a row is held to it, also where nothing proves those that are there.
            Operation::Constraint(ConstraintOperation::Add { constraint, .. }) if is_for_new_rows(constraint, text) => {
                false
            }
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                self.looks_for(table, constraint, schema)
            }
            Operation::Constraint(ConstraintOperation::Validate { table, name }) => {
                match schema.constraint(table, name) {
                    Some(state) => self.looks_for(table, &state.constraint, schema),
                    None => false,
                }
            }
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

/// Its author wrote NOT VALID.
pub(super) fn is_for_new_rows(constraint: &Constraint, text: &str) -> bool {
    constraint.not_valid && !text.is_empty() && !matches!(constraint.kind, ConstraintKind::ForeignKey(_))
}

/// Its values, and what is asked of them, are the same whatever the other columns of a row hold, and no number is handed out.
fn looks_at_itself(column: &ColumnDefinition) -> bool {
    let of_itself = |constraint: &Constraint| {
        let is_rule = matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. });
        is_rule && columns_of_constraint(constraint).is_some_and(|read| read.iter().all(|c| *c == column.name))
    };
    column.generated.is_none() && !column.is_serial() && column.constraints.iter().all(of_itself)
}

/// Changing a row's values changes no other row and no other value, in the tables that inherit from it neither. A partition's
/// row may become another partition's.
fn is_alone(table: &QualifiedName, schema: &Schema) -> bool {
    let children = schema.children(table).into_iter().map(|child| &child.name);
    std::iter::once(table).chain(children).all(|name| {
        schema.table(name).is_some_and(|state| {
            state.columns_known
                && state.kind == RelationKind::Table
                && state.parents.len() <= 1
                && state
                    .parents
                    .iter()
                    .all(|parent| schema.table(parent).is_some_and(|p| p.kind == RelationKind::Table))
                && state.columns.iter().all(|column| matches!(column.generated, None | Some(Generated::Identity(_))))
        }) && schema.referencing(name).is_empty()
    })
}

/// The columns that a check or a foreign key looks at, where that can be told.
pub(super) fn columns_of_constraint(constraint: &Constraint) -> Option<Vec<Ident>> {
    match &constraint.kind {
        ConstraintKind::Check { expression } => {
            let columns = expression::parse(expression)?.columns();
            Some(columns.into_iter().collect())
        }
        ConstraintKind::ForeignKey(fk) => Some(fk.columns.clone()),
        ConstraintKind::NotNull { column } => Some(vec![column.clone()]),
        ConstraintKind::Unique { columns, using_index: None, .. } => Some(columns.clone()),
        ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude(_) => None,
    }
}

/// The columns that an index reads, in expressions and in its predicate as well.
fn columns_of_index(index: &CreateIndex, schema: &Schema) -> Option<Vec<Ident>> {
    let state = schema.table(&index.table).filter(|t| t.columns_known)?;
    let named = |column: &&Ident| reads_column(&index.definition, column);
    Some(state.columns.iter().map(|column| &column.name).filter(named).cloned().collect())
}

/// Whatever the rows hold, it can be built.
fn is_plain(index: &CreateIndex) -> bool {
    !index.unique && index.predicate.is_none() && index.columns.iter().all(|column| column.column().is_some())
}
