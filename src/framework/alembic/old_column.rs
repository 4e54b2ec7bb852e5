//! A column that a rename leaves behind, and that a later phase drops: what brings it back beside the new one, with its values and
//! what keeps the two in step.

use crate::framework::inverse::subjects;
use crate::operation::{
    Backfill, ColumnDefinition, ColumnOperation, DataOperation, Ident, ObjectKind, ObjectOperation, Operation, TableRef,
};
use crate::plan::Step;
use crate::schema::same;
use crate::sql::render;

/// An old column and the new one.
pub(super) struct OldColumn<'a> {
    table: &'a TableRef,
    column: &'a Ident,
    to: &'a Ident,
    /// What runs before it goes.
    now: &'a [&'a Step],
}

/// The old columns that these steps drop, where those that run `now` fill another one with their values.
pub(super) fn old_columns<'a>(now: &'a [&'a Step], steps: impl Iterator<Item = &'a Step>) -> Vec<OldColumn<'a>> {
    let dropped = steps.filter_map(|step| match &step.operation {
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => Some((table, column)),
        _ => None,
    });
    let with_new = dropped.filter_map(|(table, column)| {
        let value = column.to_string();
        let filled = now.iter().find_map(|step| match &step.operation {
            Operation::Data(DataOperation::Backfill(Backfill { table: other, column: to, value: own, .. }))
                if same(other, &table.name) && own.as_str() == value =>
            {
                Some(to)
            }
            _ => None,
        });
        Some(OldColumn { table, column, to: filled?, now })
    });
    with_new.collect()
}

impl OldColumn<'_> {
    /// What a rename there or back is about.
    pub fn subjects(&self) -> Vec<String> {
        let (table, column, to) = (self.table.clone(), self.column.clone(), self.to.clone());
        subjects(&Operation::Column(ColumnOperation::Rename { table, column, to }))
    }

    /// What the column itself is about.
    pub fn own_subjects(&self) -> Vec<String> {
        let (table, column) = (self.table.clone(), self.column.clone());
        subjects(&Operation::Column(ColumnOperation::Drop { table, column, if_exists: false, cascade: false }))
    }

    /// The statements that bring the column back with its values.
    pub fn statements(&self) -> Vec<String> {
        let Some(definition) = self.of_new(|operation| match operation {
            ColumnOperation::Add { column, .. } => Some(column.clone()),
            _ => None,
        }) else {
            return Vec::new();
        };
        let of = |operation: ColumnOperation| render::statement(&Operation::Column(operation));
        let (table, column) = (self.table.clone(), self.column.clone());
        let own = ColumnDefinition { name: column.clone(), ..definition };
        let add = of(ColumnOperation::Add { table: table.clone(), column: own, if_not_exists: true });
        let default = self.of_new(|operation| match operation {
            ColumnOperation::SetDefault { default, .. } => Some(default.clone()),
            _ => None,
        });
        let default = default.and_then(|default| {
            of(ColumnOperation::SetDefault { table: table.clone(), column: column.clone(), default })
        });
        let fill = Some(format!("UPDATE {} SET {} = {}", self.table.name, self.column, self.to));
        let is_set = self.of_new(|operation| matches!(operation, ColumnOperation::SetNotNull { .. }).then_some(()));
        let takes_null = |step: &&Step| match &step.operation {
            Operation::Column(ColumnOperation::DropNotNull { table, column }) => {
                same(&table.name, &self.table.name) && column == self.column
            }
            _ => false,
        };
        let not_null = is_set.filter(|()| !self.now.iter().copied().any(|step| takes_null(&step)));
        let not_null = not_null.and_then(|()| of(ColumnOperation::SetNotNull { table, column }));
        [add, default, fill, not_null].into_iter().flatten().collect()
    }

    /// What a step that runs before says of the new column.
    fn of_new<T>(&self, says: impl Fn(&ColumnOperation) -> Option<T>) -> Option<T> {
        self.now.iter().find_map(|step| match &step.operation {
            Operation::Column(operation) if same(&operation.table().name, &self.table.name) => {
                let column = match operation {
                    ColumnOperation::Add { column, .. } => &column.name,
                    ColumnOperation::SetDefault { column, .. } | ColumnOperation::SetNotNull { column, .. } => column,
                    _ => return None,
                };
                (column == self.to).then(|| says(operation)).flatten()
            }
            _ => None,
        })
    }
}

/// The functions and triggers again that these steps drop and that `now` makes.
pub(super) fn triggers<'a>(now: &[&Step], steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let dropped: Vec<(ObjectKind, String)> = steps
        .filter_map(|step| match &step.operation {
            Operation::Object(ObjectOperation::Drop { kind, names, .. }) => Some((*kind, names.first()?.to_string())),
            _ => None,
        })
        .collect();
    let is_wanted = |step: &&&Step| match &step.operation {
        Operation::Object(ObjectOperation::Create { kind, name: Some(name), .. }) => {
            dropped.contains(&(*kind, name.to_string()))
        }
        _ => false,
    };
    now.iter().filter(is_wanted).filter_map(|step| render::statement(&step.operation)).collect()
}
