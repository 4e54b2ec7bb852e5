//! `ALTER DOMAIN`.

use super::{Ident, SqlFragment};

/// What `ALTER DOMAIN` does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum DomainAction {
    SetDefault(SqlFragment),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint(DomainConstraint),
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    RenameConstraint {
        name: Ident,
        to: Ident,
    },
    ValidateConstraint(Ident),
    /// `OWNER TO`.
    Owner(SqlFragment),
    Rename(Ident),
    SetSchema(Ident),
}

impl DomainAction {
    /// The domain takes fewer values than before.
    pub fn constrains(&self) -> bool {
        matches!(self, DomainAction::SetNotNull | DomainAction::AddConstraint(_))
    }

    /// Existing rows are looked at.
    pub fn checks_rows(&self) -> bool {
        match self {
            DomainAction::SetNotNull | DomainAction::ValidateConstraint(_) => true,
            DomainAction::AddConstraint(constraint) => !constraint.not_valid,
            DomainAction::SetDefault(_)
            | DomainAction::DropDefault
            | DomainAction::DropNotNull
            | DomainAction::DropConstraint { .. }
            | DomainAction::RenameConstraint { .. }
            | DomainAction::Owner(_)
            | DomainAction::Rename(_)
            | DomainAction::SetSchema(_) => false,
        }
    }
}

/// A constraint of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainConstraint {
    /// Its name; `None` leaves it to PostgreSQL.
    pub name: Option<Ident>,
    /// The expression of a `CHECK`; `None` for `NOT NULL` (17).
    pub check: Option<SqlFragment>,
    /// `NOT VALID`: existing rows are not checked.
    pub not_valid: bool,
}
