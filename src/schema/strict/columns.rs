//! Columns.

use super::*;
use crate::operation::{ColumnAttribute, ColumnDefinition, ColumnOperation, ConstraintKind, Generated, TypeName};
use crate::schema::{Dependent, mentions, same};

impl Schema {
    pub(super) fn column_applies(&self, operation: &ColumnOperation, version: u32) -> Applies {
        match operation {
            ColumnOperation::Add { table, column, if_not_exists } => {
                self.can_add_column(table, column, *if_not_exists, version)
            }
            ColumnOperation::Drop { table, column, if_exists, cascade } => {
                self.can_drop_column(table, column, *if_exists, *cascade)
            }
            ColumnOperation::Rename { table, column, to } => self.can_rename_column(table, column, to),
            ColumnOperation::SetNotNull { table, column } => self.has_column(table, column),
            ColumnOperation::SetDefault { table, column, .. } | ColumnOperation::DropDefault { table, column } => {
                self.can_change_default(table, column)
            }
            ColumnOperation::SetAttribute { table, column, attribute: ColumnAttribute::AddIdentity } => {
                self.can_add_identity(table, column)
            }
            ColumnOperation::SetAttribute { table, column, .. } => self.has_column(table, column),
            ColumnOperation::DropNotNull { table, column } => self.can_drop_not_null(table, column),
            ColumnOperation::SetType { table, column, ty, collation, .. } => {
                takes_collation(ty, collation.as_ref())?;
                self.can_set_type(table, column, ty)
            }
        }
    }

    pub(super) fn can_add_column(
        &self,
        table: &TableRef,
        column: &ColumnDefinition,
        if_not_exists: bool,
        version: u32,
    ) -> Applies {
        self.has_table(table)?;
        if let Some(state) = self.table(&table.name) {
            if state.columns.get(&column.name).is_some_and(|c| c.sure) {
                let exists = format!("column {} of relation {} already exists", column.name, table.name);
                return if if_not_exists { Ok(()) } else { refused(DUPLICATE_COLUMN, exists) };
            }
            if table.only && !self.children(&table.name).is_empty() {
                return refused(INVALID_TABLE_DEFINITION, "column must be added to child tables too");
            }
            let is_partition = |parent| self.table(parent).is_some_and(|p| p.kind == RelationKind::Partitioned);
            if state.parents.iter().any(is_partition) {
                return refused(WRONG_OBJECT_TYPE, "cannot add column to a partition");
            }
        }
        takes_collation(&column.ty, column.collation.as_ref())?;
        for constraint in &column.constraints {
            match &constraint.kind {
                ConstraintKind::ForeignKey(fk) if !same(&fk.references, &table.name) => {
                    self.can_reference(fk, version)?;
                    self.lasts_as_long(self.table(&table.name).map(|t| t.persistence), fk)?
                }
                _ => {}
            }
            self.name_of_constraint_is_free(table, constraint)?;
        }
        Ok(())
    }

    pub(super) fn can_drop_column(&self, table: &TableRef, column: &Ident, if_exists: bool, cascade: bool) -> Applies {
        match self.has_column(table, column) {
            Err(_) if if_exists && !self.is_missing(&table.name) => return Ok(()),
            other => other?,
        }
        self.is_its_own(table, column, "drop")?;
        if cascade {
            return Ok(());
        }
        if let Some((other, constraint)) = self.standing_on(&table.name, |columns| columns.contains(column)).first()
            && !same(other, &table.name)
        {
            let depends = format!("constraint {constraint} on table {other} depends on column {column}");
            return refused(DEPENDENT_OBJECTS, depends);
        }
        if let Some((other, own)) = self.borrowers(&table.name, |own| own == column).first() {
            let depends = format!("default value for column {own} of table {} depends on column {column}", other.name);
            return refused(DEPENDENT_OBJECTS, depends);
        }
        let generated = |c: &&super::super::Column| {
            use crate::operation::Generated::{Stored, Virtual};
            matches!(&c.generated, Some(Stored(text) | Virtual(text)) if mentions(text.as_str(), column.as_str()))
        };
        if let Some(other) = self.table(&table.name).and_then(|t| t.columns.iter().find(generated)) {
            let depends = format!("generated column {} depends on column {column}", other.name);
            return refused(DEPENDENT_OBJECTS, depends);
        }
        match self.dependents(&table.name, column).into_iter().find(|d| !goes_with(d)) {
            Some(dependent) if is_bound(dependent, column) => {
                refused(DEPENDENT_OBJECTS, format!("{} depends on column {column}", dependent.what))
            }
            Some(dependent) if dependent.on.is_none() => {
                feared(DEPENDENT_OBJECTS, format!("{} depends on column {column}", dependent.what))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn can_rename_column(&self, table: &TableRef, column: &Ident, to: &Ident) -> Applies {
        self.has_column(table, column)?;
        self.is_its_own(table, column, "rename")?;
        self.is_changed_in_children_too(table, column, "renamed")?;
        match self.column(&table.name, to) {
            Some(_) => refused(DUPLICATE_COLUMN, format!("column {to} of relation {} already exists", table.name)),
            None => Ok(()),
        }
    }

    pub(super) fn can_drop_not_null(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_column(table, column)?;
        let state = self.column(&table.name, column).filter(|c| c.sure);
        if state.is_some_and(|c| matches!(c.generated, Some(Generated::Identity(_)))) {
            let identity = format!("column {column} of relation {} is an identity column", table.name);
            return refused(SYNTAX_ERROR, identity);
        }
        let primary = self.table(&table.name).and_then(Table::primary_key);
        match primary.is_some_and(|columns| columns.contains(column)) {
            true => refused(INVALID_TABLE_DEFINITION, format!("column {column} is in a primary key")),
            false => Ok(()),
        }
    }

    /// A column that is generated has no default of its own.
    fn can_change_default(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_column(table, column)?;
        let state = self.column(&table.name, column).filter(|c| c.sure);
        match state.and_then(|c| c.generated.as_ref()) {
            Some(Generated::Identity(_)) => {
                refused(SYNTAX_ERROR, format!("column {column} of relation {} is an identity column", table.name))
            }
            Some(Generated::Stored(_) | Generated::Virtual(_)) => {
                refused(SYNTAX_ERROR, format!("column {column} of relation {} is a generated column", table.name))
            }
            None => Ok(()),
        }
    }

    fn can_add_identity(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_column(table, column)?;
        let Some(state) = self.column(&table.name, column).filter(|c| c.sure) else { return Ok(()) };
        let of = format!("column {column} of relation {}", table.name);
        match &state.generated {
            _ if !state.not_null => {
                refused(NOT_IN_STATE, format!("{of} must be declared NOT NULL before identity can be added"))
            }
            Some(Generated::Identity(_)) => refused(NOT_IN_STATE, format!("{of} is already an identity column")),
            _ if state.default.is_some() => refused(NOT_IN_STATE, format!("{of} already has a default value")),
            _ => Ok(()),
        }
    }

    pub(super) fn can_set_type(&self, table: &TableRef, column: &Ident, ty: &TypeName) -> Applies {
        self.has_column(table, column)?;
        self.is_its_own(table, column, "alter")?;
        self.is_changed_in_children_too(table, column, "changed")?;
        if let Some(other) = self.unlike_partner(&table.name, column, ty) {
            return refused(
                "42804",
                format!(
                    "a foreign key on {}.{column} cannot be implemented: key columns are of incompatible types: {ty} and {other}",
                    table.name
                ),
            );
        }
        let dependents = self.dependents(&table.name, column);
        match dependents.into_iter().find(|d| is_bound(d, column) || d.on.is_none() && !goes_with(d)) {
            Some(dependent) if is_bound(dependent, column) => {
                refused(NOT_SUPPORTED, format!("cannot alter type of a column used by {}", dependent.what))
            }
            Some(dependent) => {
                feared(NOT_SUPPORTED, format!("cannot alter type of a column used by {}", dependent.what))
            }
            None => Ok(()),
        }
    }

    /// A column that a parent has too changes there.
    fn is_its_own(&self, table: &TableRef, column: &Ident, verb: &str) -> Applies {
        let parents = self.table(&table.name).map(|t| t.parents.as_slice()).unwrap_or_default();
        match parents.iter().any(|parent| self.column(parent, column).is_some_and(|c| c.sure)) {
            true => refused(INVALID_TABLE_DEFINITION, format!("cannot {verb} inherited column {column}")),
            false => Ok(()),
        }
    }

    /// `ONLY` leaves the children's column as it is, which cannot be.
    fn is_changed_in_children_too(&self, table: &TableRef, column: &Ident, participle: &str) -> Applies {
        match table.only && !self.children(&table.name).is_empty() {
            true => refused(
                INVALID_TABLE_DEFINITION,
                format!("inherited column {column} must be {participle} in child tables too"),
            ),
            false => Ok(()),
        }
    }

    /// The type of a column that a foreign key compares with this one, and cannot once this one is of type `ty`.
    fn unlike_partner(&self, table: &QualifiedName, column: &Ident, ty: &TypeName) -> Option<TypeName> {
        let own = self.table(table).into_iter().flat_map(|t| &t.constraints);
        let parents = own.filter_map(|state| match &state.constraint.kind {
            ConstraintKind::ForeignKey(fk) if !same(&fk.references, table) => {
                self.opposite(&fk.columns, column, &fk.references, &fk.referenced)
            }
            _ => None,
        });
        let referencing = self.referencing(table);
        let children = referencing.iter().filter_map(|(other, state)| match &state.constraint.kind {
            ConstraintKind::ForeignKey(fk) if !same(&other.name, table) => {
                let primary = self.table(table).and_then(Table::primary_key).unwrap_or_default();
                let referenced = if fk.referenced.is_empty() { primary } else { &fk.referenced };
                self.opposite(referenced, column, &other.name, &fk.columns)
            }
            _ => None,
        });
        let mut parents = parents.filter(|parent| cannot_refer(ty, parent));
        parents.next().or_else(|| children.into_iter().find(|child| cannot_refer(child, ty)))
    }

    /// The type of the column of `others` that stands where `column` stands in `columns`.
    fn opposite(&self, columns: &[Ident], column: &Ident, table: &QualifiedName, others: &[Ident]) -> Option<TypeName> {
        let at = columns.iter().position(|c| c == column)?;
        let primary = self.table(table).and_then(Table::primary_key).unwrap_or_default();
        let others = if others.is_empty() { primary } else { others };
        Some(self.column(table, others.get(at)?)?.ty.clone())
    }
}

/// No operator of a foreign key compares the two types, of those that are common in keys.
fn cannot_equal(one: &TypeName, other: &TypeName) -> bool {
    let family = |ty: &TypeName| match ty.canonical() {
        "int2" | "int4" | "int8" | "numeric" | "serial" | "bigserial" | "smallserial" => Some(0),
        "text" | "varchar" | "bpchar" => Some(1),
        "uuid" => Some(2),
        "bool" => Some(3),
        _ => None,
    };
    matches!((family(one), family(other)), (Some(one), Some(other)) if one != other)
}

/// The key of a parent has no operator for the child's type: an integer's index knows no `numeric`.
pub(super) fn cannot_refer(child: &TypeName, parent: &TypeName) -> bool {
    let is_integer = matches!(parent.canonical(), "int2" | "int4" | "int8" | "serial" | "bigserial" | "smallserial");
    cannot_equal(child, parent) || (child.canonical() == "numeric" && is_integer)
}

/// What PostgreSQL drops with its column: statistics and the like.
fn goes_with(dependent: &Dependent) -> bool {
    dependent.what.starts_with("statistics") || dependent.what.starts_with("publication")
}

/// True when the dependent's own clause names the column: a policy's expressions, a trigger's WHEN or UPDATE OF.
fn is_bound(dependent: &Dependent, column: &Ident) -> bool {
    let text = dependent.definition.as_str();
    let upper = text.to_uppercase();
    let clause = if dependent.what.starts_with("policy") {
        ["USING", "WITH CHECK"].iter().filter_map(|word| upper.find(word)).min().and_then(|at| text.get(at..))
    } else if dependent.what.starts_with("trigger") {
        let of = upper.find("UPDATE OF").zip(upper.find(" ON ")).and_then(|(from, to)| text.get(from..to));
        let when = upper.find("WHEN").zip(upper.find("EXECUTE")).and_then(|(from, to)| text.get(from..to));
        return [of, when].into_iter().flatten().any(|clause| mentions(clause, column.as_str()));
    } else {
        None
    };
    clause.is_some_and(|clause| mentions(clause, column.as_str()))
}

/// Only values that are text are sorted by a collation (`typcollation`).
fn takes_collation(ty: &TypeName, collation: Option<&QualifiedName>) -> Applies {
    let element = ty.canonical().trim_end_matches("[]");
    let is_text = !ty.is_built_in() || matches!(element, "text" | "varchar" | "bpchar" | "name");
    match collation.is_some() && !is_text {
        true => refused("42804", format!("collations are not supported by type {ty}")),
        false => Ok(()),
    }
}
