//! The names that operations make and free, in the name spaces that PostgreSQL keeps them in: tables, indexes, views and
//! sequences share one for each schema, and what is behind a key has the key's name there.

use crate::operation::{
    ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, QualifiedName, TableOperation, TypeOperation,
};
use crate::schema::Schema;

/// A name in its name space.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// Of a table, index, view or sequence.
    Relation(QualifiedName),
    /// Of a type or domain.
    Type(QualifiedName),
    /// Of a table's column.
    Column(QualifiedName, Ident),
    /// Of a table's constraint.
    Constraint(QualifiedName, Ident),
    /// Of an enum's label.
    Label(QualifiedName, String),
}

/// An unwritten schema is `public`.
fn full(name: &QualifiedName) -> QualifiedName {
    let schema = name.schema.clone().unwrap_or_else(|| Ident::new("public"));
    QualifiedName { schema: Some(schema), name: name.name.clone() }
}

fn relation(name: &QualifiedName) -> Name {
    Name::Relation(full(name))
}

fn column(table: &QualifiedName, column: &Ident) -> Name {
    Name::Column(full(table), column.clone())
}

/// The names of a constraint, where it has one.
fn constraint(table: &QualifiedName, constraint: &Constraint) -> Vec<Name> {
    constraint.name.as_ref().map(|name| named(table, name, constraint)).unwrap_or_default()
}

/// The same, or else of the name that PostgreSQL gives it where that is free: what is dropped to make room for it had that.
fn made_constraint(table: &QualifiedName, constraint: &Constraint) -> Vec<Name> {
    named(table, &Schema::default().constraint_name(table, constraint), constraint)
}

fn named(table: &QualifiedName, name: &Ident, constraint: &Constraint) -> Vec<Name> {
    let mut names = vec![Name::Constraint(full(table), name.clone())];
    if is_backed(&constraint.kind) {
        names.push(relation(&table.sibling(name.clone())));
    }
    names
}

fn is_backed(kind: &ConstraintKind) -> bool {
    match kind {
        ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude(_) => true,
        ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull { .. } => false,
    }
}

/// The name by which a guard knows that the operation is done.
pub fn own_name(operation: &Operation) -> Vec<Name> {
    match operation {
        Operation::Table(TableOperation::Create(create)) => vec![relation(&create.name)],
        Operation::Index(IndexOperation::Create(index)) => {
            index.name.iter().map(|name| relation(&index.table.sibling(name.clone()))).collect()
        }
        Operation::Column(ColumnOperation::Add { table, column: new, .. }) => vec![column(table, &new.name)],
        Operation::Constraint(ConstraintOperation::Add { table, constraint: new }) => constraint(table, new),
        Operation::Type(TypeOperation::CreateEnum { name, .. } | TypeOperation::CreateDomain { name, .. }) => {
            vec![Name::Type(full(name))]
        }
        Operation::Type(TypeOperation::AddValue { name, value, .. }) => vec![Name::Label(full(name), value.clone())],
        Operation::Object(ObjectOperation::Create { kind, name: Some(name), .. }) => match kind {
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence => vec![relation(name)],
            ObjectKind::Type | ObjectKind::Domain => vec![Name::Type(full(name))],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Every name that the operation gives to something.
pub fn makes(operation: &Operation) -> Vec<Name> {
    let mut names = own_name(operation);
    match operation {
        Operation::Table(TableOperation::Create(create)) => {
            let inline = create.columns.iter().flat_map(|column| &column.constraints);
            names.extend(create.constraints.iter().chain(inline).flat_map(|c| made_constraint(&create.name, c)));
        }
        Operation::Column(ColumnOperation::Add { table, column, .. }) => {
            names.extend(column.constraints.iter().flat_map(|c| made_constraint(table, c)));
        }
        Operation::Constraint(ConstraintOperation::Add { table, constraint: new }) if new.name.is_none() => {
            names.extend(made_constraint(table, new));
        }
        _ => {}
    }
    names.extend(freed_by_renaming(operation).into_iter().map(|(_, to)| to));
    names
}

/// The names that the operation frees because what had them is gone.
pub fn drops(operation: &Operation) -> Vec<Name> {
    match operation {
        Operation::Table(TableOperation::Drop { names, .. }) | Operation::Index(IndexOperation::Drop { names, .. }) => {
            names.iter().map(relation).collect()
        }
        Operation::Column(ColumnOperation::Drop { table, column: old, .. }) => vec![column(table, old)],
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            vec![Name::Constraint(full(table), name.clone()), relation(&table.sibling(name.clone()))]
        }
        Operation::Type(TypeOperation::Drop { names, .. }) => names.iter().map(|name| Name::Type(full(name))).collect(),
        _ => Vec::new(),
    }
}

/// The names that the operation frees because what had them has another one now.
pub fn freed_by_renaming(operation: &Operation) -> Vec<(Name, Name)> {
    let relations = |from: &QualifiedName, to: &QualifiedName| (relation(from), relation(to));
    match operation {
        Operation::Table(TableOperation::Rename { table, to }) => vec![relations(table, &table.sibling(to.clone()))],
        Operation::Index(IndexOperation::Rename { index, to, .. }) => {
            vec![relations(index, &index.sibling(to.clone()))]
        }
        Operation::Column(ColumnOperation::Rename { table, column: from, to }) => {
            vec![(column(table, from), column(table, to))]
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            let of = |name: &Ident| Name::Constraint(full(table), name.clone());
            vec![(of(name), of(to)), relations(&table.sibling(name.clone()), &table.sibling(to.clone()))]
        }
        Operation::Type(TypeOperation::Rename { name, to }) => {
            vec![(Name::Type(full(name)), Name::Type(full(&name.sibling(to.clone()))))]
        }
        Operation::Type(TypeOperation::RenameValue { name, from, to }) => {
            vec![(Name::Label(full(name), from.clone()), Name::Label(full(name), to.clone()))]
        }
        Operation::Object(ObjectOperation::SetSchema { kind, name, to }) => {
            let moved = QualifiedName { schema: Some(to.clone()), name: name.name.clone() };
            match kind {
                ObjectKind::Type | ObjectKind::Domain => vec![(Name::Type(full(name)), Name::Type(full(&moved)))],
                _ => vec![relations(name, &moved)],
            }
        }
        // An index takes the name of the constraint that it becomes.
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            match (&constraint.kind, &constraint.name) {
                (
                    ConstraintKind::Unique { using_index: Some(index), .. }
                    | ConstraintKind::PrimaryKey { using_index: Some(index), .. },
                    Some(name),
                ) if index != name => vec![relations(&table.sibling(index.clone()), &table.sibling(name.clone()))],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
