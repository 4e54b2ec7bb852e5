//! Enums, domains and other types of the user's own.

use super::{DomainAction, Ident, QualifiedName, TypeName};

/// What is done to types.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum TypeOperation {
    CreateEnum { name: QualifiedName, labels: Vec<String> },
    AddValue { name: QualifiedName, value: String, if_not_exists: bool, position: EnumPosition },
    RenameValue { name: QualifiedName, from: String, to: String },
    Rename { name: QualifiedName, to: Ident },
    Drop { names: Vec<QualifiedName>, if_exists: bool, cascade: bool },
    CreateDomain { name: QualifiedName, ty: TypeName, not_null: bool, constrained: bool },
    AlterDomain { name: QualifiedName, action: DomainAction },
}

/// Where a new enum label goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumPosition {
    /// At the end.
    Last,
    /// `BEFORE 'label'`, the label as a literal in quotes.
    Before(String),
    /// `AFTER 'label'`, the label as a literal in quotes.
    After(String),
}
