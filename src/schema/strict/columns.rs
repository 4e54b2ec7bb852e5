//! Columns.

use super::casts::Cast;
use super::expressions::{is_immutable, reads_no_column};
use super::*;
use crate::operation::{
    ColumnAttribute, ColumnDefinition, ColumnOperation, ConstraintKind, Generated, SqlFragment, TypeName,
};
use crate::schema::columns::stored_type;
use crate::schema::objects::is_bound;
use crate::schema::{Column, Dependent, mentions, same};

impl Schema {
    pub(super) fn column_applies(&self, operation: &ColumnOperation, version: u32) -> Applies {
        match operation {
            ColumnOperation::Add { table, column, if_not_exists } => {
                self.can_add_column(table, column, *if_not_exists, version)
            }
            ColumnOperation::Drop { table, column, if_exists, cascade } => {
                self.can_drop_column(table, column, *if_exists, *cascade, version)
            }
            ColumnOperation::Rename { table, column, to } => self.can_rename_column(table, column, to),
            ColumnOperation::SetNotNull { table, column } => {
                self.has_own_columns(table)?;
                self.has_column(table, column)?;
                match table.only && self.is_partitioned(&table.name) && !self.children(&table.name).is_empty() {
                    true => refused(INVALID_TABLE_DEFINITION, "constraint must be added to child tables too"),
                    false => Ok(()),
                }
            }
            ColumnOperation::SetDefault { table, column, default } => {
                self.can_change_default(table, column)?;
                reads_no_column(default, &self.own_columns(&table.name))?;
                match self.column(&table.name, column).filter(|known| known.sure) {
                    Some(known) => {
                        self.takes_default(column, &known.ty, default)?;
                        self.is_label(&known.ty, default)
                    }
                    None => Ok(()),
                }
            }
            ColumnOperation::DropDefault { table, column } => self.can_change_default(table, column),
            ColumnOperation::SetAttribute { table, column, attribute } => {
                self.can_set_attribute(table, column, attribute)
            }
            ColumnOperation::DropNotNull { table, column } => self.can_drop_not_null(table, column),
            ColumnOperation::SetType { table, column, ty, collation, using } => {
                takes_collation(ty, collation.as_ref())?;
                self.can_set_type(table, column, ty)?;
                self.can_cast(table, column, ty, using.as_ref())
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
        self.has_own_columns(table)?;
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
            let below = self.children(&table.name).into_iter().filter_map(|child| child.columns.get(&column.name));
            if let Some(other) = below.filter(|own| own.sure).find(|own| own.ty != stored_type(&column.ty)) {
                return refused("42804", format!("a child table has a different type for column {}", other.name));
            }
        }
        self.can_be_defined(column)?;
        for constraint in &column.constraints {
            match &constraint.kind {
                ConstraintKind::ForeignKey(fk) if !same(&fk.references, &table.name) => {
                    self.can_reference(fk, version)?;
                    self.lasts_as_long(self.table(&table.name).map(|t| t.persistence), fk)?
                }
                ConstraintKind::PrimaryKey { .. } => self.has_no_primary_key(table)?,
                _ => {}
            }
            self.name_of_constraint_is_free(table, constraint, version)?;
        }
        is_no_system_column(&column.name)?;
        let own = self.own_columns_and(&table.name, column);
        column.constraints.iter().try_for_each(|constraint| self.fits_columns(&own, constraint))?;
        let has_children = !self.children(&table.name).is_empty();
        if has_children && column.is_identity() && (version < 17 || !self.is_partitioned(&table.name)) {
            let children = "cannot recursively add identity column to table that has child tables";
            return refused(INVALID_TABLE_DEFINITION, children);
        }
        column.default.iter().try_for_each(|default| reads_no_column(default, &own))?;
        for keys in column.constraints.iter().filter_map(|constraint| constraint.key_columns()) {
            self.covers_partition_key(&table.name, keys)?;
            self.can_be_placed(self.is_partitioned(&table.name), None)?;
        }
        match &column.generated {
            Some(Generated::Stored(text) | Generated::Virtual(text)) => {
                own.has_what_is_read_by(text)?;
                is_immutable(text, "column generation expression")
            }
            _ => Ok(()),
        }
    }

    /// The type, the default and the identity of a column that is new.
    pub(super) fn can_be_defined(&self, column: &ColumnDefinition) -> Applies {
        takes_collation(&column.ty, column.collation.as_ref())?;
        self.can_have_type(&column.ty, column.default.as_ref())?;
        if column.default.is_some() && (column.is_serial() || column.generated.is_some()) {
            return refused(
                SYNTAX,
                format!("column {} has both a default and a sequence or an expression", column.name),
            );
        }
        if column.is_identity() {
            is_integer(&column.ty)?;
        }
        column.default.iter().try_for_each(|default| self.takes_default(&column.name, &column.ty, default))
    }

    /// The default becomes the column's type by itself (`cookDefault`).
    fn takes_default(&self, column: &Ident, ty: &TypeName, default: &SqlFragment) -> Applies {
        let ty = stored_type(ty);
        let of_default = self.type_of_default(default, &ty);
        let cast = of_default.as_ref().and_then(|of_default| self.cast(of_default, &ty));
        match (cast.filter(|cast| *cast < Cast::Assigned), of_default) {
            (Some(_), Some(other)) => {
                refused("42804", format!("column {column} is of type {ty} but default expression is of type {other}"))
            }
            _ => Ok(()),
        }
    }

    /// `SET DEFAULT` and `DROP DEFAULT`.
    fn can_change_default(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_column(table, column)?;
        match self.own_column(table, column).and_then(|known| known.generated.as_ref()) {
            Some(Generated::Identity(_)) => refused(SYNTAX, format!("column {column} is an identity column")),
            Some(Generated::Stored(_) | Generated::Virtual(_)) => {
                refused(SYNTAX, format!("column {column} is a generated column"))
            }
            None => Ok(()),
        }
    }

    fn can_set_attribute(&self, table: &TableRef, column: &Ident, attribute: &ColumnAttribute) -> Applies {
        self.has_column(table, column)?;
        let Some(known) = self.own_column(table, column) else { return Ok(()) };
        let is_identity = matches!(known.generated, Some(Generated::Identity(_)));
        let no_identity = || refused(WRONG_STATE, format!("column {column} is not an identity column"));
        match attribute {
            ColumnAttribute::AddIdentity(_) if is_identity => {
                refused(WRONG_STATE, format!("column {column} is already an identity column"))
            }
            ColumnAttribute::AddIdentity(_) if known.default.is_some() => {
                refused(WRONG_STATE, format!("column {column} already has a default value"))
            }
            ColumnAttribute::AddIdentity(_) if !known.not_null => {
                refused(WRONG_STATE, format!("column {column} must be declared NOT NULL before identity can be added"))
            }
            ColumnAttribute::AddIdentity(_) => is_integer(&known.ty),
            ColumnAttribute::DropIdentity { if_exists: false } | ColumnAttribute::ChangeIdentity if !is_identity => {
                no_identity()
            }
            ColumnAttribute::DropExpression { if_exists: false } | ColumnAttribute::SetExpression
                if known.generated.is_none() || is_identity =>
            {
                refused(WRONG_STATE, format!("column {column} is not a generated column"))
            }
            ColumnAttribute::DropIdentity { .. }
            | ColumnAttribute::ChangeIdentity
            | ColumnAttribute::DropExpression { .. }
            | ColumnAttribute::SetExpression
            | ColumnAttribute::Statistics
            | ColumnAttribute::Storage
            | ColumnAttribute::Compression => Ok(()),
        }
    }

    /// A column that the history's statements made, of a table that has it from no other one.
    fn own_column(&self, table: &TableRef, column: &Ident) -> Option<&Column> {
        let state = self.table(&table.name).filter(|state| state.parents.is_empty())?;
        state.columns.get(column).filter(|known| known.sure)
    }

    fn can_drop_column(
        &self,
        table: &TableRef,
        column: &Ident,
        if_exists: bool,
        cascade: bool,
        version: u32,
    ) -> Applies {
        match self.has_column(table, column) {
            Err(_) if if_exists && !self.is_missing(&table.name) => return Ok(()),
            other => other?,
        }
        self.has_own_columns(table)?;
        self.is_its_own(table, column, "drop")?;
        self.is_not_parted_by(&table.name, column, "drop")?;
        if cascade {
            return Ok(());
        }
        // what a child has from it goes along
        let goes_along = |other: &Table, own: &Ident| {
            let inherits = self.children(&table.name).into_iter().any(|child| same(&child.name, &other.name));
            inherits && !table.only && own == column && other.columns.get(own).is_some_and(|own| !own.is_local)
        };
        self.owned_sequences_can_go(&table.name, |name| name == column, |(other, own)| goes_along(other, &own.name))?;
        if let Some((other, constraint)) = self.standing_on(&table.name, |columns| columns.contains(column)).first()
            && !same(other, &table.name)
        {
            let depends = format!("constraint {constraint} on table {other} depends on column {column}");
            return refused(DEPENDENT_OBJECTS, depends);
        }
        let borrowers = self.borrowers(&table.name, |own| own == column);
        if let Some((other, own)) = borrowers.into_iter().find(|(other, own)| !goes_along(other, own)) {
            let depends = format!("default value for column {own} of table {} depends on column {column}", other.name);
            return refused(DEPENDENT_OBJECTS, depends);
        }
        let generated = |c: &&super::super::Column| {
            use crate::operation::Generated::{Stored, Virtual};
            matches!(&c.generated, Some(Stored(text) | Virtual(text)) if mentions(text.as_str(), column.as_str()))
        };
        // Before 15 such a column goes along.
        if let Some(other) =
            self.table(&table.name).and_then(|t| t.columns.iter().find(generated)).filter(|_| version >= 15)
        {
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
        is_no_system_column(to)?;
        self.is_changed_in_children_too(table, column, "renamed")?;
        let below = || self.children(&table.name).into_iter().find_map(|child| child.columns.get(to));
        match self.column(&table.name, to).or_else(below) {
            Some(_) => refused(DUPLICATE_COLUMN, format!("column {to} of relation {} already exists", table.name)),
            None => Ok(()),
        }
    }

    pub(super) fn can_drop_not_null(&self, table: &TableRef, column: &Ident) -> Applies {
        self.has_column(table, column)?;
        self.has_own_columns(table)?;
        if self.own_column(table, column).is_some_and(|known| matches!(known.generated, Some(Generated::Identity(_)))) {
            return refused(SYNTAX, format!("column {column} is an identity column"));
        }
        let parents = self.table(&table.name).map(|t| t.parents.as_slice()).unwrap_or_default();
        let is_bound = |parent: &&QualifiedName| {
            let above = self.table(parent).filter(|above| above.kind == RelationKind::Partitioned);
            above.and_then(|above| above.columns.get(column)).is_some_and(|above| above.not_null && above.sure)
        };
        if let Some(parent) = parents.iter().find(is_bound) {
            return refused(
                INVALID_TABLE_DEFINITION,
                format!("column {column} is marked NOT NULL in parent table {parent}"),
            );
        }
        let primary = self.table(&table.name).and_then(Table::primary_key);
        match primary.is_some_and(|columns| columns.contains(column)) {
            true => refused(INVALID_TABLE_DEFINITION, format!("column {column} is in a primary key")),
            false => Ok(()),
        }
    }

    pub(super) fn can_set_type(&self, table: &TableRef, column: &Ident, ty: &TypeName) -> Applies {
        self.has_column(table, column)?;
        self.has_own_columns(table)?;
        self.type_is_there(ty.name())?;
        self.is_its_own(table, column, "alter")?;
        self.is_not_parted_by(&table.name, column, "alter type of")?;
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
        let computed = |c: &&Column| match &c.generated {
            Some(Generated::Stored(text) | Generated::Virtual(text)) => mentions(text.as_str(), column.as_str()),
            _ => false,
        };
        let own = self.table(&table.name).into_iter().flat_map(|t| &t.columns);
        if let Some(other) = own.filter(|c| c.sure && c.name != *column).find(computed) {
            let used = format!("cannot alter type of a column used by generated column {}", other.name);
            return refused(NOT_SUPPORTED, used);
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

    /// The values and the default become the new type by themselves, or USING says how the values do (`ATPrepAlterColumnType`,
    /// `ATExecAlterColumnType`).
    fn can_cast(&self, table: &TableRef, column: &Ident, ty: &TypeName, using: Option<&SqlFragment>) -> Applies {
        let Some(known) = self.column(&table.name, column).filter(|known| known.sure) else { return Ok(()) };
        let ty = stored_type(ty);
        let cast = |from: &TypeName| self.cast(from, &ty).is_none_or(|cast| cast == Cast::Assigned);
        if using.is_none() && !cast(&known.ty) {
            return refused("42804", format!("column {column} cannot be cast automatically to type {ty}"));
        }
        let default = known.default.as_ref().and_then(|default| self.type_of_default(default, &known.ty));
        match default.is_some_and(|of_default| !cast(&of_default)) {
            true => refused("42804", format!("default for column {column} cannot be cast automatically to type {ty}")),
            false => Ok(()),
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

/// No table has a column of that name beside the system's (`check_for_column_name_collision`).
pub(super) fn is_no_system_column(name: &Ident) -> Applies {
    match SYSTEM_COLUMNS.contains(&name.as_str()) {
        true => refused(DUPLICATE_COLUMN, format!("column name {name} conflicts with a system column name")),
        false => Ok(()),
    }
}

/// The columns that every table has.
pub(super) const SYSTEM_COLUMNS: &[&str] = &["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

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

/// Only values that are text are sorted by a collation (`typcollation`).
pub(super) fn takes_collation(ty: &TypeName, collation: Option<&QualifiedName>) -> Applies {
    let element = ty.canonical().trim_end_matches("[]");
    let is_text = !ty.is_built_in() || matches!(element, "text" | "varchar" | "bpchar" | "name");
    match collation.is_some() && !is_text {
        true => refused("42804", format!("collations are not supported by type {ty}")),
        false => Ok(()),
    }
}

/// What an identity counts in.
fn is_integer(ty: &TypeName) -> Applies {
    match matches!(ty.canonical(), "int2" | "int4" | "int8") || !ty.is_built_in() {
        true => Ok(()),
        false => refused("22023", "identity column type must be smallint, integer, or bigint"),
    }
}
