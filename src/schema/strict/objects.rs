//! Types, views, triggers, policies and what else has a name.

use super::*;
use crate::operation::{DomainAction, EnumPosition, ObjectKind, ObjectOperation, TypeOperation};

impl Schema {
    pub(super) fn type_applies(&self, operation: &TypeOperation) -> Applies {
        match operation {
            TypeOperation::CreateEnum { name, .. } | TypeOperation::CreateDomain { name, .. } => {
                self.type_is_free(name)?;
                match self.tables.contains_key(&key(name)) {
                    true => refused(DUPLICATE_OBJECT, format!("type {name} already exists")),
                    false => Ok(()),
                }
            }
            TypeOperation::AddValue { name, value, if_not_exists, position } => {
                let Some(state) = self.enum_type(name).filter(|state| !state.labels.is_empty()) else { return Ok(()) };
                if state.labels.contains(value) && !if_not_exists {
                    return refused(DUPLICATE_OBJECT, format!("enum label {value} already exists"));
                }
                match position {
                    EnumPosition::Before(label) | EnumPosition::After(label) if !state.labels.contains(label) => {
                        refused("22023", format!("{label} is not an existing enum label"))
                    }
                    _ => Ok(()),
                }
            }
            TypeOperation::RenameValue { name, from, to } => {
                let Some(state) = self.enum_type(name).filter(|state| !state.labels.is_empty()) else { return Ok(()) };
                if !state.labels.contains(from) {
                    return refused("22023", format!("{from} is not an existing enum label"));
                }
                match state.labels.contains(to) {
                    true => refused(DUPLICATE_OBJECT, format!("enum label {to} already exists")),
                    false => Ok(()),
                }
            }
            TypeOperation::Rename { name, to } => self.type_is_free(&name.sibling(to.clone())),
            TypeOperation::Drop { names, cascade: false, .. } => {
                names.iter().try_for_each(|name| self.can_drop_type(name))
            }
            TypeOperation::AlterDomain { name, action: DomainAction::Rename(to) } => {
                self.type_is_free(&name.sibling(to.clone()))
            }
            TypeOperation::Drop { .. } | TypeOperation::AlterDomain { .. } => Ok(()),
        }
    }

    fn can_drop_type(&self, name: &QualifiedName) -> Applies {
        let of_type = |table: &Table| table.column_of_type(name).map(|column| (column.clone(), table.name.clone()));
        if let Some((column, table)) = self.using_type(name).into_iter().find_map(of_type) {
            return refused(DEPENDENT_OBJECTS, format!("column {column} of table {table} depends on type {name}"));
        }
        match self.defaults_of_type(name).next() {
            Some((table, column)) => refused(
                DEPENDENT_OBJECTS,
                format!("default value for column {column} of table {table} depends on type {name}"),
            ),
            None => Ok(()),
        }
    }

    pub(super) fn object_applies(&self, operation: &ObjectOperation) -> Applies {
        match operation {
            ObjectOperation::Create { kind, name: Some(name), or_replace, on, definition } => {
                self.can_create_object(*kind, name, *or_replace, on.as_ref(), definition.as_str())
            }
            ObjectOperation::Drop { kind, names, on, if_exists, .. } => {
                names.iter().try_for_each(|name| self.can_drop_object(*kind, name, on.as_ref(), *if_exists))
            }
            ObjectOperation::SetSchema {
                kind: ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView,
                name,
                to,
            } => {
                self.has_relation(name)?;
                self.relation_is_free(&QualifiedName { schema: Some(to.clone()), name: name.name.clone() })
            }
            ObjectOperation::RefreshMaterializedView { name, .. } => self.has_relation(name),
            ObjectOperation::Create { .. }
            | ObjectOperation::SetSchema { .. }
            | ObjectOperation::Alter { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. } => Ok(()),
        }
    }

    fn can_create_object(
        &self,
        kind: ObjectKind,
        name: &QualifiedName,
        or_replace: bool,
        on: Option<&QualifiedName>,
        definition: &str,
    ) -> Applies {
        let word = definition.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("IF")).nth(1);
        let if_not_exists = word.is_some_and(|word| word.eq_ignore_ascii_case("NOT"));
        match kind {
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence if !or_replace && !if_not_exists => {
                self.relation_is_free(name)
            }
            ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
                let Some(table) = on else { return Ok(()) };
                self.has_relation(table)?;
                match !or_replace && self.has_on(kind, name, table) {
                    true => refused(DUPLICATE_OBJECT, format!("{} for {table} already exists", word_of(kind, name))),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn can_drop_object(
        &self,
        kind: ObjectKind,
        name: &QualifiedName,
        on: Option<&QualifiedName>,
        if_exists: bool,
    ) -> Applies {
        match (kind, on) {
            (ObjectKind::View | ObjectKind::MaterializedView, _) if !if_exists => self.has_relation(name),
            (ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule, Some(table)) if !if_exists => {
                self.has_relation(table)?;
                let known = self.is_closed() || self.table(table).is_some_and(|t| t.columns_known);
                match known && !self.has_on(kind, name, table) {
                    true => refused(UNDEFINED_OBJECT, format!("{} for {table} does not exist", word_of(kind, name))),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The table has a trigger, policy or rule of that name.
    fn has_on(&self, kind: ObjectKind, name: &QualifiedName, table: &QualifiedName) -> bool {
        let what = word_of(kind, name);
        let on = |on: &Option<QualifiedName>| on.as_ref().is_some_and(|on| crate::schema::same(on, table));
        self.dependents.named(&key(name)).any(|d| on(&d.on) && d.what == what)
    }
}

impl Table {
    fn column_of_type(&self, ty: &QualifiedName) -> Option<&Ident> {
        self.columns.iter().find(|c| crate::schema::same(c.ty.name(), ty)).map(|c| &c.name)
    }
}

/// As the catalog says what a dependent is.
fn word_of(kind: ObjectKind, name: &QualifiedName) -> String {
    let word = match kind {
        ObjectKind::Trigger => "trigger",
        ObjectKind::Policy => "policy",
        _ => "rule",
    };
    format!("{word} {name}")
}
