//! Sequences: who owns them and which defaults count with them.

use super::*;
use crate::operation::{Generated, SqlFragment};
use crate::schema::objects::renamed_to;
use crate::schema::{Column, same};
use crate::sql::owned_by;

impl Schema {
    pub(super) fn can_alter_sequence(&self, sequence: &QualifiedName, action: &SqlFragment) -> Applies {
        self.is_a(sequence, "a sequence", |kind| kind == Kind::Sequence)?;
        if let Some(to) = renamed_to(action) {
            return self.relation_is_free(&sequence.sibling(to));
        }
        let Some((owner, column)) = owned_by(action) else { return Ok(()) };
        let is_identity = |c: &Column| matches!(c.generated, Some(Generated::Identity(_)));
        if let Some((table, column)) = self.column_that_owns(sequence).filter(|(_, column)| is_identity(column)) {
            let linked = format!("cannot change ownership of identity sequence of {}.{}", table.name, column.name);
            return refused(NOT_SUPPORTED, linked);
        }
        if let Some(table) = owner.as_ref().filter(|_| self.sequences.contains(&key(sequence))) {
            // a name without a schema is that of a table beside the sequence, where there is one
            let beside = sequence.sibling(table.name.clone());
            let is_elsewhere = || self.table(table).is_some_and(Table::is_sure) && self.table(&beside).is_none();
            if !same(table, &beside) && (table.schema.is_some() || is_elsewhere()) {
                return refused(WRONG_STATE, "sequence must be in same schema as table it is linked to");
            }
        }
        match (owner, column) {
            (Some(table), Some(column)) => self.has_column(&table.into(), &column),
            _ => Ok(()),
        }
    }

    pub(super) fn can_drop_sequence(&self, sequence: &QualifiedName, if_exists: bool, cascade: bool) -> Applies {
        match self.has_relation(sequence) {
            Err(_) if if_exists => return Ok(()),
            other => other?,
        }
        self.is_a(sequence, "a sequence", |kind| kind == Kind::Sequence)?;
        let identity = |c: &Column| matches!(c.generated, Some(Generated::Identity(_))) && c.sure;
        if let Some((table, column)) = self.column_that_owns(sequence).filter(|(_, column)| identity(column)) {
            let requires = format!("column {} of table {} requires sequence {sequence}", column.name, table.name);
            return refused(DEPENDENT_OBJECTS, requires);
        }
        if cascade { Ok(()) } else { self.nothing_counts_with(sequence, |_| false) }
    }

    /// No default of a table that stays counts with a sequence that goes.
    pub(super) fn nothing_counts_with(
        &self,
        sequence: &QualifiedName,
        goes: impl Fn(&(&Table, &Column)) -> bool,
    ) -> Applies {
        let counting = self.columns_counting_with(sequence).into_iter();
        match counting.filter(|(_, column)| column.sure).find(|one| !goes(one)) {
            Some((table, column)) => {
                let depends = format!("default value for column {} of table {}", column.name, table.name);
                refused(DEPENDENT_OBJECTS, format!("{depends} depends on sequence {sequence}"))
            }
            None => Ok(()),
        }
    }

    /// The sequences that go with some columns of a table are counted with by nothing that stays.
    pub(super) fn owned_sequences_can_go(
        &self,
        table: &QualifiedName,
        columns: impl Fn(&Ident) -> bool,
        goes: impl Fn(&(&Table, &Column)) -> bool,
    ) -> Applies {
        let owned = self.table(table).into_iter().flat_map(|t| &t.columns).filter(|column| columns(&column.name));
        let sequences = owned.filter_map(|column| column.sequence.clone()).map(|name| table.sibling(name));
        let own = |one: &(&Table, &Column)| same(&one.0.name, table) && columns(&one.1.name);
        sequences.into_iter().try_for_each(|name| self.nothing_counts_with(&name, |one| own(one) || goes(one)))
    }
}
