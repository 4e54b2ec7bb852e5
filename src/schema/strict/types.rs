//! Enums, domains and composite types.

use super::*;
use crate::operation::{DomainAction, EnumPosition, SqlFragment, TypeName, TypeOperation};

impl Schema {
    pub(super) fn type_applies(&self, operation: &TypeOperation) -> Applies {
        match operation {
            TypeOperation::CreateEnum { name, labels } => {
                self.can_create_type(name)?;
                let again = labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label));
                match again {
                    Some((_, label)) => refused("23505", format!("label {label} stands twice in enum {name}")),
                    None => Ok(()),
                }
            }
            TypeOperation::CreateDomain { name, .. } => self.can_create_type(name),
            TypeOperation::AddValue { name, value, if_not_exists, position } => {
                self.type_is_there(name)?;
                if self.other_types.contains(&key(name)) || self.domains.contains_key(&key(name)) {
                    return refused(WRONG_OBJECT_TYPE, format!("{name} is not an enum"));
                }
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
            TypeOperation::Rename { name, to } => {
                self.is_no_row_type(name)?;
                self.type_is_there(name)?;
                self.can_create_type(&name.sibling(to.clone()))
            }
            TypeOperation::Drop { names, if_exists, cascade } => names.iter().try_for_each(|name| {
                if !if_exists {
                    self.type_is_there(name)?;
                }
                self.can_drop_type(name, *cascade)
            }),
            TypeOperation::AlterDomain { name, action } => {
                self.type_is_there(name)?;
                if self.enums.contains_key(&key(name)) || self.other_types.contains(&key(name)) {
                    return refused(WRONG_OBJECT_TYPE, format!("{name} is not a domain"));
                }
                match action {
                    DomainAction::Rename(to) => self.can_create_type(&name.sibling(to.clone())),
                    _ => Ok(()),
                }
            }
        }
    }

    /// No type and no row type of a table or view has that name.
    pub(super) fn can_create_type(&self, name: &QualifiedName) -> Applies {
        self.type_is_free(name)?;
        match self.tables.contains_key(&key(name)) {
            true => refused(DUPLICATE_OBJECT, format!("type {name} already exists")),
            false => Ok(()),
        }
    }

    /// The type is there, as far as it can be known.
    pub(super) fn type_is_there(&self, name: &QualifiedName) -> Applies {
        match self.gone_types.contains(&key(name)) {
            true => refused(UNDEFINED_OBJECT, format!("type {name} does not exist")),
            false => Ok(()),
        }
    }

    /// A column's type is there, and its default, where that is a label of an enum.
    pub(super) fn can_have_type(&self, ty: &TypeName, default: Option<&SqlFragment>) -> Applies {
        if ty.is_built_in() {
            return default.map_or(Ok(()), |default| takes_literal(ty, default));
        }
        self.type_is_there(ty.name())?;
        match default {
            Some(default) if !ty.is_array() => self.is_label(ty, default),
            _ => Ok(()),
        }
    }

    /// A literal that a column of the type takes for its default.
    pub(super) fn is_label(&self, ty: &TypeName, default: &SqlFragment) -> Applies {
        let labels = self.enum_type(ty.name()).map(|state| state.labels.as_slice()).unwrap_or_default();
        let literal = literal_of(default).filter(|_| !labels.is_empty() && !ty.is_array());
        match literal.filter(|literal| !labels.iter().any(|label| label == literal)) {
            Some(label) => refused("22P02", format!("invalid input value for enum {}: {label}", ty.name())),
            None => takes_literal(ty, default),
        }
    }

    /// The row type of a table goes and is renamed with its table only.
    fn is_no_row_type(&self, name: &QualifiedName) -> Applies {
        match self.kind_of(name).filter(|kind| *kind != Kind::Index && *kind != Kind::Sequence) {
            Some(_) => refused(WRONG_OBJECT_TYPE, format!("{name} is a table's row type")),
            None => Ok(()),
        }
    }

    fn can_drop_type(&self, name: &QualifiedName, cascade: bool) -> Applies {
        if let Some(kind) = self.kind_of(name).filter(|kind| *kind != Kind::Index && *kind != Kind::Sequence) {
            let word = if kind == Kind::View { "view" } else { "table" };
            return refused(DEPENDENT_OBJECTS, format!("{word} {name} requires type {name}"));
        }
        if cascade {
            return Ok(());
        }
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
}

impl Table {
    fn column_of_type(&self, ty: &QualifiedName) -> Option<&Ident> {
        self.columns.iter().find(|c| crate::schema::same(c.ty.name(), ty)).map(|c| &c.name)
    }
}

/// The literal that a default is, in its quotes, cast or not; `None` for anything else.
/// A literal that is a number or a truth value where the type is one.
fn takes_literal(ty: &TypeName, default: &SqlFragment) -> Applies {
    let Some(literal) = literal_of(default).filter(|literal| default.as_str() == *literal && !ty.is_array()) else {
        return Ok(());
    };
    let value = literal.trim_matches('\'').trim().to_ascii_lowercase();
    let begins_with_digit = value.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    let (name, is_read) = match ty.canonical() {
        "int2" => ("smallint", begins_with_digit),
        "int4" => ("integer", begins_with_digit),
        "int8" => ("bigint", begins_with_digit),
        "bool" => {
            let words = ["true", "false", "yes", "no", "on", "off", "1", "0"];
            let is_word = !value.is_empty() && value != "o" && words.iter().any(|word| word.starts_with(&value));
            ("boolean", is_word)
        }
        _ => return Ok(()),
    };
    match is_read {
        true => Ok(()),
        false => refused("22P02", format!("invalid input syntax for type {name}: {literal}")),
    }
}

fn literal_of(default: &SqlFragment) -> Option<&str> {
    let text = default.as_str();
    let inside = text.strip_prefix('\'')?;
    let end = inside.find('\'')?;
    let behind = inside.get(end + 1..)?;
    let is_whole = behind.is_empty() || behind.starts_with("::");
    is_whole.then(|| &text[..end + 2])
}
