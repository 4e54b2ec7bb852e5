//! Rows: what a statement that changes them needs of the columns.

use super::casts::Cast;
use super::columns::SYSTEM_COLUMNS;
use super::relations::same_columns;
use super::*;
use crate::operation::{Generated, Generation, Given, TypeName, Value};
use crate::schema::Column;

impl Schema {
    pub(super) fn data_applies(&self, operation: &DataOperation) -> Applies {
        self.can_change_rows(operation)?;
        match operation {
            DataOperation::Insert { table, given, .. } => {
                self.has_relation(table)?;
                let Some(given) = given else { return Ok(()) };
                self.can_insert(table, given)?;
                if given.has_rows { self.has_what_is_required(table, given) } else { Ok(()) }
            }
            DataOperation::Delete { table, .. } => self.has_relation(table),
            DataOperation::Update { table, sets, .. } => {
                let table = TableRef::from(table.clone());
                self.has_table(&table)?;
                let sets = sets.as_deref().unwrap_or_default();
                sets.iter().try_for_each(|column| self.has_column(&table, column))?;
                match repeated(sets) {
                    Some(column) => refused(SYNTAX, format!("multiple assignments to same column {column}")),
                    None => Ok(()),
                }
            }
            DataOperation::Truncate { tables, cascade } => self.can_truncate(tables, *cascade),
            DataOperation::Backfill(fill) => {
                self.has_relation(&fill.table)?;
                self.has_column(&TableRef::from(fill.table.clone()), &fill.column)
            }
            DataOperation::Select { .. } | DataOperation::Assertion(_) => Ok(()),
        }
    }

    /// As many values as columns, and of types that these take (`transformInsertStmt`, `rewriteTargetListIU`).
    fn can_insert(&self, table: &QualifiedName, given: &Given) -> Applies {
        let named = TableRef::from(table.clone());
        given.columns.iter().try_for_each(|column| self.has_column(&named, column))?;
        if let Some(column) = repeated(&given.columns) {
            return refused(DUPLICATE_COLUMN, format!("column {column} specified more than once"));
        }
        let state = self.known_table(table);
        let targets: Option<Vec<&Column>> = match given.columns.as_slice() {
            [] => state.map(|state| state.columns.iter().collect()),
            listed => Some(listed).and_then(|listed| listed.iter().map(|name| self.column(table, name)).collect()),
        };
        let width = match given.columns.len() {
            0 => targets.as_ref().map(Vec::len),
            listed => Some(listed),
        };
        let (values, is_whole) = self.values(given)?;
        if width.is_some_and(|width| values.len() > width) {
            return refused(SYNTAX, "INSERT has more expressions than target columns");
        }
        if is_whole && values.len() < given.columns.len() {
            return refused(SYNTAX, "INSERT has more target columns than expressions");
        }
        for (column, value) in targets.iter().flatten().zip(&values) {
            self.takes(column, value)?;
        }
        match (&given.conflict, state) {
            (Some(columns), Some(_)) => self.can_conflict(table, columns),
            _ => Ok(()),
        }
    }

    /// A row of which each NOT NULL column has a value or a default, where no trigger or rule sees to that (`ExecConstraints`).
    fn has_what_is_required(&self, table: &QualifiedName, given: &Given) -> Applies {
        let Some(state) = self.known_table(table).filter(|_| self.attached_to(table).next().is_none()) else {
            return Ok(());
        };
        let (values, is_whole) = self.values(given)?;
        let place = |column: &Column| match given.columns.as_slice() {
            [] => state.columns.iter().position(|own| own.name == column.name),
            listed => listed.iter().position(|name| *name == column.name),
        };
        // A domain may have a default of its own.
        let has_value = |column: &Column| {
            column.default.is_some() || column.generated.is_some() || self.domain(column.ty.name()).is_some()
        };
        let is_lacking = |column: &&Column| match place(column).and_then(|at| values.get(at)) {
            Some(Single::Null) => true,
            Some(Single::Default) | None => !has_value(column),
            Some(Single::Of(_)) => false,
        };
        let mut required = state.columns.iter().filter(|column| column.not_null && column.sure && is_whole);
        match required.find(is_lacking) {
            Some(column) => refused("23502", format!("null value in column {} of relation {table}", column.name)),
            None => Ok(()),
        }
    }

    /// A table with all its columns known, made by the history's own statements.
    fn known_table(&self, name: &QualifiedName) -> Option<&Table> {
        let is_table = |t: &&Table| matches!(t.kind, RelationKind::Table | RelationKind::Partitioned);
        self.table(name).filter(|state| state.columns_known).filter(is_table)
    }

    /// The values one by one, as far as they are known, and whether that is all.
    fn values(&self, given: &Given) -> Result<(Vec<Single>, bool), Conflict> {
        let mut values = Vec::new();
        for value in &given.values {
            match value {
                Value::Default => values.push(Single::Default),
                Value::Null => values.push(Single::Null),
                Value::Typed(ty) => values.push(Single::Of(Some(ty.clone()))),
                Value::Other => values.push(Single::Of(None)),
                Value::Column(relation, column) => {
                    self.has_relation(relation)?;
                    // In a block it may be a variable.
                    if self.known_table(relation).is_some_and(|t| t.lacks(column))
                        && !SYSTEM_COLUMNS.contains(&column.as_str())
                    {
                        feared(UNDEFINED_COLUMN, format!("column {column} does not exist"))?;
                    }
                    values.push(Single::Of(self.column(relation, column).map(|column| column.ty.clone())));
                }
                Value::All(relation) => {
                    self.has_relation(relation)?;
                    let Some(state) = self.known_table(relation) else { return Ok((values, false)) };
                    values.extend(state.columns.iter().map(|column| Single::Of(Some(column.ty.clone()))));
                }
            }
        }
        Ok((values, true))
    }

    fn takes(&self, column: &Column, value: &Single) -> Applies {
        let ty = match value {
            Single::Default => return Ok(()),
            Single::Null => &None,
            Single::Of(ty) => ty,
        };
        match &column.generated {
            Some(Generated::Stored(_) | Generated::Virtual(_)) if column.sure => {
                return refused("428C9", format!("cannot insert into generated column {}", column.name));
            }
            // It may have become BY DEFAULT.
            Some(Generated::Identity(identity)) if column.sure && identity.generation == Generation::Always => {
                return feared("428C9", format!("cannot insert into column {}, an identity", column.name));
            }
            _ => {}
        }
        let cast = ty.as_ref().filter(|_| column.sure).and_then(|ty| self.cast(ty, &column.ty));
        match cast.is_some_and(|cast| cast < Cast::Assigned) {
            true => refused("42804", format!("column {} is of another type than the expression for it", column.name)),
            false => Ok(()),
        }
    }

    /// `ON CONFLICT (…)` names what one unique index keeps apart (`infer_arbiter_indexes`).
    fn can_conflict(&self, table: &QualifiedName, columns: &[Ident]) -> Applies {
        match self.unique_columns(table, None).iter().any(|unique| same_columns(unique, columns)) {
            true => Ok(()),
            false => refused("42P10", "no unique or exclusion constraint matches the ON CONFLICT specification"),
        }
    }
}

/// One value; its type where that is known.
enum Single {
    Default,
    Null,
    Of(Option<TypeName>),
}

fn repeated(columns: &[Ident]) -> Option<&Ident> {
    columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column)).map(|(_, column)| column)
}
