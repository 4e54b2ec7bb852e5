//! Constraints.

use super::access_methods::has_order;
use super::columns::cannot_refer;
use super::expressions::has_no_query;
use super::own_columns::OwnColumns;
use super::relations::same_columns;
use super::*;
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, Deferrability, ForeignKey, IndexParameters, Persistence,
};
use crate::schema::same;

impl Schema {
    pub(super) fn constraint_applies(&self, operation: &ConstraintOperation, version: u32) -> Applies {
        match operation {
            ConstraintOperation::Add { table, constraint } => self.can_add_constraint(table, constraint, version),
            ConstraintOperation::Drop { table, name, if_exists, cascade } => {
                self.can_drop_constraint(table, name, *if_exists, *cascade)
            }
            ConstraintOperation::Validate { table, name } => {
                self.has_constraint(table, name)?;
                let validated = |kind: &ConstraintKind| !is_key(kind);
                self.is_constraint(table, name, validated, "a foreign key or check constraint")
            }
            ConstraintOperation::Alter { table, name, alteration } => {
                self.has_constraint(table, name)?;
                let deferred = |kind: &ConstraintKind| matches!(kind, ConstraintKind::ForeignKey(_));
                match alteration.deferrability {
                    Some(_) => self.is_constraint(table, name, deferred, "a foreign key constraint"),
                    None => Ok(()),
                }
            }
            ConstraintOperation::Rename { table, name, to } => self.can_rename_constraint(table, name, to),
        }
    }

    pub(super) fn can_add_constraint(&self, table: &TableRef, constraint: &Constraint, version: u32) -> Applies {
        self.has_table(table)?;
        self.has_own_columns(table)?;
        self.name_of_constraint_is_free(table, constraint, version)?;
        self.fits_columns(&self.own_columns(&table.name), constraint)?;
        let state = self.table(&table.name);
        match &constraint.kind {
            ConstraintKind::PrimaryKey { using_index, columns, index_parameters, .. } => {
                self.has_no_primary_key(table)?;
                self.can_be_key(table, columns, using_index.as_ref(), index_parameters)
            }
            ConstraintKind::Unique { using_index, columns, index_parameters, .. } => {
                self.can_be_key(table, columns, using_index.as_ref(), index_parameters)
            }
            ConstraintKind::ForeignKey(fk) => {
                self.can_reference(fk, version)?;
                self.lasts_as_long(state.map(|t| t.persistence), fk)?;
                let partitioned = state.is_some_and(|t| t.kind == RelationKind::Partitioned);
                if partitioned && table.only {
                    let only = format!("cannot use ONLY for foreign key on partitioned table {}", table.name);
                    return refused(WRONG_OBJECT_TYPE, only);
                }
                match partitioned && constraint.not_valid && version < 18 {
                    true => refused(
                        WRONG_OBJECT_TYPE,
                        format!("cannot add NOT VALID foreign key on partitioned table {}", table.name),
                    ),
                    false => Ok(()),
                }
            }
            ConstraintKind::Check { .. } => {
                if constraint.no_inherit && self.is_partitioned(&table.name) {
                    let partitioned = format!("cannot add NO INHERIT constraint to partitioned table {}", table.name);
                    return refused(INVALID_TABLE_DEFINITION, partitioned);
                }
                match table.only && !constraint.no_inherit && !self.children(&table.name).is_empty() {
                    true => refused(INVALID_TABLE_DEFINITION, "constraint must be added to child tables too"),
                    false => Ok(()),
                }
            }
            ConstraintKind::NotNull { .. } | ConstraintKind::Exclude(_) => Ok(()),
        }
    }

    /// A key that an index is made for, or that takes one.
    fn can_be_key(
        &self,
        table: &TableRef,
        columns: &[Ident],
        using_index: Option<&Ident>,
        parameters: &IndexParameters,
    ) -> Applies {
        if using_index.is_some() {
            return self.can_use_index(table, using_index);
        }
        self.own_columns(&table.name).has(&parameters.include)?;
        self.can_be_placed(self.is_partitioned(&table.name), Some(parameters))?;
        self.covers_partition_key(&table.name, columns)?;
        let known = columns.iter().filter_map(|column| self.column(&table.name, column)).filter(|known| known.sure);
        known.into_iter().try_for_each(|known| has_order(&known.ty))
    }

    /// What a constraint says of the columns of its table: they are there, and a foreign key can compare them.
    pub(super) fn fits_columns(&self, own: &OwnColumns<'_>, constraint: &Constraint) -> Applies {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => {
                own.has(columns)?;
                let again = columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column));
                match again {
                    Some((_, column)) => refused(DUPLICATE_COLUMN, format!("column {column} appears twice in a key")),
                    None => Ok(()),
                }
            }
            ConstraintKind::ForeignKey(fk) => {
                own.has(&fk.columns)?;
                if own.is_referenced_by(fk) {
                    own.has(&fk.referenced)?;
                }
                self.can_compare(own, fk)
            }
            ConstraintKind::Check { expression } => {
                own.has_what_is_read_by(expression)?;
                has_no_query(expression, "check constraint")
            }
            ConstraintKind::NotNull { column } => own.has(std::slice::from_ref(column)),
            ConstraintKind::Exclude(_) => Ok(()),
        }
    }

    pub(super) fn has_no_primary_key(&self, table: &TableRef) -> Applies {
        match self.table(&table.name).is_some_and(|t| t.primary_key().is_some()) {
            true => {
                let many = format!("multiple primary keys for table {} are not allowed", table.name);
                refused(INVALID_TABLE_DEFINITION, many)
            }
            false => Ok(()),
        }
    }

    /// The constraint is of a kind that fits.
    fn is_constraint(
        &self,
        table: &TableRef,
        name: &Ident,
        fits: impl Fn(&ConstraintKind) -> bool,
        word: &str,
    ) -> Applies {
        match self.constraint(&table.name, name).filter(|state| state.sure && !fits(&state.constraint.kind)) {
            Some(_) => {
                refused(WRONG_OBJECT_TYPE, format!("constraint {name} of relation {} is not {word}", table.name))
            }
            None => Ok(()),
        }
    }

    pub(super) fn name_of_constraint_is_free(
        &self,
        table: &TableRef,
        constraint: &Constraint,
        version: u32,
    ) -> Applies {
        let Some(name) = &constraint.name else { return Ok(()) };
        if let Some(known) = self.constraint(&table.name, name).filter(|state| state.sure)
            && !self.merges_with(table, constraint, known)
        {
            let exists = format!("constraint {name} for relation {} already exists", table.name);
            return refused(DUPLICATE_OBJECT, exists);
        }
        self.merges_in_children(table, constraint, name)?;
        self.is_no_name_of_not_null(table, name, version)?;
        let takes_over = matches!(&constraint.kind,
            ConstraintKind::Unique { using_index: Some(index), .. }
            | ConstraintKind::PrimaryKey { using_index: Some(index), .. } if index == name);
        match constraint.key_columns().is_some() && !takes_over {
            true => self.relation_is_free(&table.sibling(name.clone())),
            false => Ok(()),
        }
    }

    /// `USING INDEX` wants a unique index of the table that is neither partial nor a constraint's already.
    fn can_use_index(&self, table: &TableRef, index: Option<&Ident>) -> Applies {
        let Some(index) = index.map(|index| table.sibling(index.clone())) else { return Ok(()) };
        let Some(state) = self.index(&index) else {
            return match self.is_missing(&index) || self.has_no_index(&index) {
                true => refused(UNDEFINED_OBJECT, format!("index {index} does not exist")),
                false => Ok(()),
            };
        };
        if !same(&state.table, &table.name) {
            return refused("55000", format!("index {index} does not belong to table {}", table.name));
        }
        if state.constraint.is_some() {
            return refused("55000", format!("index {index} is already associated with a constraint"));
        }
        let plain = state.predicate.is_none() && state.columns.iter().all(|c| c.column().is_some());
        match state.unique && plain {
            true => Ok(()),
            false => refused(WRONG_OBJECT_TYPE, format!("{index} is not a unique index, or is a partial one")),
        }
    }

    /// A foreign key points at columns that are unique together (`transformFkeyCheckAttrs`).
    pub(super) fn can_reference(&self, fk: &ForeignKey, _version: u32) -> Applies {
        self.has_relation(&fk.references)?;
        self.is_table(&fk.references)?;
        let Some(table) = self.table(&fk.references).filter(|t| t.columns_known) else { return Ok(()) };
        if let Some(column) = fk.referenced.iter().find(|c| table.lacks(c)) {
            return refused(
                UNDEFINED_COLUMN,
                format!("column {column} referenced in foreign key constraint does not exist"),
            );
        }
        let unique = match fk.referenced.is_empty() {
            true => table.primary_key().is_some(),
            false => {
                self.unique_columns(&fk.references, None).iter().any(|columns| same_columns(columns, &fk.referenced))
            }
        };
        match unique {
            true => self.is_checked_at_once(fk),
            false if fk.referenced.is_empty() => {
                refused(UNDEFINED_OBJECT, format!("there is no primary key for referenced table {}", fk.references))
            }
            false => refused(
                "42830",
                format!("there is no unique constraint matching given keys for referenced table {}", fk.references),
            ),
        }
    }

    /// A key that may be broken until the transaction ends is nothing to point at (`transformFkeyCheckAttrs`).
    fn is_checked_at_once(&self, fk: &ForeignKey) -> Applies {
        let primary = self.table(&fk.references).and_then(Table::primary_key).unwrap_or_default();
        let wanted = if fk.referenced.is_empty() { primary } else { &fk.referenced };
        let serves = |index: &&crate::schema::Index| {
            let columns = index.columns.iter().map(|c| c.column().cloned()).collect::<Option<Vec<Ident>>>();
            index.unique && index.predicate.is_none() && columns.is_some_and(|columns| same_columns(&columns, wanted))
        };
        let is_deferrable = |index: &crate::schema::Index| {
            let constraint = index.constraint.as_ref().and_then(|name| self.constraint(&fk.references, name));
            constraint.is_some_and(|state| state.constraint.deferrability != Deferrability::NotDeferrable)
        };
        let mut serving = self.indexes_of(&fk.references).filter(serves).peekable();
        match serving.peek().is_some() && serving.all(is_deferrable) {
            true => refused(
                WRONG_STATE,
                format!("cannot use a deferrable unique constraint for referenced table {}", fk.references),
            ),
            false => Ok(()),
        }
    }

    /// What a table points at lasts as long as it does (`ATAddForeignKeyConstraint`).
    pub(super) fn lasts_as_long(&self, own: Option<Persistence>, fk: &ForeignKey) -> Applies {
        let other = self.table(&fk.references).filter(|t| t.columns_known).map(|t| t.persistence);
        let (Some(own), Some(other)) = (own, other) else { return Ok(()) };
        let words = match (own, other) {
            (Persistence::Permanent, Persistence::Permanent)
            | (Persistence::Unlogged, Persistence::Permanent | Persistence::Unlogged)
            | (Persistence::Temporary, Persistence::Temporary) => return Ok(()),
            (Persistence::Permanent, _) => "permanent tables may reference only permanent tables",
            (Persistence::Unlogged, _) => "unlogged tables may reference only permanent or unlogged tables",
            (Persistence::Temporary, _) => "temporary tables may reference only temporary tables",
        };
        refused(INVALID_TABLE_DEFINITION, format!("constraints on {words}"))
    }

    /// `SET LOGGED | UNLOGGED` where foreign keys point at another kind of table (`ATPrepChangePersistence`).
    pub(super) fn can_change_persistence(&self, table: &TableRef, to: Persistence, version: u32) -> Applies {
        self.has_table(table)?;
        let Some(state) = self.table(&table.name) else { return Ok(()) };
        if state.kind == RelationKind::Partitioned && version >= 18 {
            return refused(
                WRONG_OBJECT_TYPE,
                format!("SET LOGGED and SET UNLOGGED are not for the partitioned {}", table.name),
            );
        }
        if state.persistence.is_temporary() {
            let temporary = format!("cannot change logged status of table {} because it is temporary", table.name);
            return refused(INVALID_TABLE_DEFINITION, temporary);
        }
        let others: Vec<QualifiedName> = match to {
            Persistence::Permanent => self.referenced_by(&table.name).into_iter().collect(),
            _ => self.referencing(&table.name).into_iter().map(|(other, _)| other.name.clone()).collect(),
        };
        let (from, word) = match to {
            Persistence::Permanent => (Persistence::Unlogged, "logged because it references unlogged"),
            _ => (Persistence::Permanent, "unlogged because it is referenced by logged"),
        };
        let is_in_the_way = |name: &&QualifiedName| {
            let other = self.table(name).filter(|t| t.columns_known && !same(&t.name, &table.name));
            other.is_some_and(|t| t.persistence == from)
        };
        match others.iter().find(is_in_the_way) {
            Some(other) => refused(
                INVALID_TABLE_DEFINITION,
                format!("could not change table {} to {word} table {other}", table.name),
            ),
            None => Ok(()),
        }
    }

    /// As many columns as it points at, and of types that compare.
    fn can_compare(&self, own: &OwnColumns<'_>, fk: &ForeignKey) -> Applies {
        let is_own = own.is_referenced_by(fk);
        let primary = match is_own {
            true => own.primary,
            false => self.table(&fk.references).and_then(Table::primary_key).unwrap_or_default(),
        };
        let referenced = if fk.referenced.is_empty() { primary } else { &fk.referenced };
        if !referenced.is_empty() && referenced.len() != fk.columns.len() {
            return refused("42830", "number of referencing and referenced columns for foreign key disagree");
        }
        let there = |name: &Ident| match is_own {
            true => own.type_of(name),
            false => self.column(&fk.references, name).map(|column| &column.ty),
        };
        for (column, other) in fk.columns.iter().zip(referenced) {
            let (Some(ty), Some(other_ty)) = (own.type_of(column), there(other)) else { continue };
            if cannot_refer(ty, other_ty) {
                return refused(
                    "42804",
                    format!(
                        "key columns {column} and {other} of the foreign key are of incompatible types: {ty} and {other_ty}"
                    ),
                );
            }
        }
        Ok(())
    }

    pub(super) fn can_drop_constraint(
        &self,
        table: &TableRef,
        name: &Ident,
        if_exists: bool,
        cascade: bool,
    ) -> Applies {
        match self.has_constraint(table, name) {
            Err(_) if if_exists && !self.is_missing(&table.name) => return Ok(()),
            other => other?,
        }
        if self.inherits_check(&table.name, name) {
            let inherited = format!("cannot drop inherited constraint {name} of relation {}", table.name);
            return refused(INVALID_TABLE_DEFINITION, inherited);
        }
        let columns = self.constraint(&table.name, name).and_then(|state| state.constraint.key_columns());
        let Some(columns) = columns.filter(|_| !cascade) else { return Ok(()) };
        let index = table.sibling(name.clone());
        let others = self.unique_columns(&table.name, Some(&index));
        let stands = |referenced: &[Ident]| {
            same_columns(referenced, columns) && !others.iter().any(|other| same_columns(other, referenced))
        };
        match self.standing_on(&table.name, stands).first() {
            Some((other, constraint)) => {
                refused(DEPENDENT_OBJECTS, format!("constraint {constraint} on table {other} depends on index {index}"))
            }
            None => Ok(()),
        }
    }

    /// True when the table is known and has no such constraint for sure.
    pub fn lacks_constraint(&self, table: &TableRef, name: &Ident) -> bool {
        !self.is_doubtful && self.table(&table.name).is_some() && self.has_constraint(table, name).is_err()
    }

    pub(super) fn has_constraint(&self, table: &TableRef, name: &Ident) -> Applies {
        self.has_table(table)?;
        let Some(state) = self.table(&table.name).filter(|t| t.columns_known) else { return Ok(()) };
        match state.constraints.has(name) {
            true => Ok(()),
            // NOT NULL constraints have names from 18 on, which the catalog does not keep; what is inherited is the parent's.
            false if name.as_str().ends_with("_not_null") || !state.parents.is_empty() => Ok(()),
            false => refused(UNDEFINED_OBJECT, format!("constraint {name} of relation {} does not exist", table.name)),
        }
    }

    pub(super) fn can_rename_constraint(&self, table: &TableRef, name: &Ident, to: &Ident) -> Applies {
        self.has_constraint(table, name)?;
        if self.constraint(&table.name, to).is_some_and(|state| state.sure) {
            let exists = format!("constraint {to} for relation {} already exists", table.name);
            return refused(DUPLICATE_OBJECT, exists);
        }
        if self.inherits_check(&table.name, name) {
            let inherited = format!("cannot rename inherited constraint {name}");
            return refused(INVALID_TABLE_DEFINITION, inherited);
        }
        let below = || self.children(&table.name).into_iter().any(|child| self.inherits_check(&child.name, name));
        if table.only && below() {
            let children = format!("inherited constraint {name} must be renamed in child tables too");
            return refused(INVALID_TABLE_DEFINITION, children);
        }
        let key = self.constraint(&table.name, name).is_some_and(|state| state.constraint.key_columns().is_some());
        if key { self.relation_is_free(&table.sibling(to.clone())) } else { Ok(()) }
    }
}

/// A key, whose index makes sure of it at once.
fn is_key(kind: &ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } | ConstraintKind::Exclude(_))
}
