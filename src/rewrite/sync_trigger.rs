//! A trigger that keeps columns of a table in step while old code writes the one and new code the other: two that mean the same, one
//! that follows another one, or new ones that are computed from old ones.
//!
//! On UPDATE the column that changed wins, never "the one that is not NULL"; on INSERT the new column, where it differs from its
//! default: who knows only one column leaves the other at that.

use crate::operation::{
    ColumnDefinition, Ident, ObjectKind, ObjectOperation, Operation, QualifiedName, SqlFragment, TableRef, TypeName,
    clipped,
};
use crate::plan::{Undo, snake_case};
use crate::schema::Column;
use crate::sql::dollar_tag;

use super::StepBuilder;

/// The trigger of two columns, with its function.
pub(super) struct SyncTrigger {
    table: TableRef,
    trigger: QualifiedName,
    function: QualifiedName,
    body: String,
}

/// The most bytes of a name.
const MAX_NAME: usize = 63;

impl SyncTrigger {
    /// Of the column `old` and the one called `new`, which has its type and its default.
    pub fn of(table: &TableRef, old: &Column, new: &Ident) -> SyncTrigger {
        SyncTrigger::called_by(table, new, body(old, new))
    }

    fn called_by(table: &TableRef, new: &Ident, body: String) -> SyncTrigger {
        let words = format!("{}_{}_sync", snake_case(&table.name.name), snake_case(new));
        let named = |name: &str| Ident::new(clipped(name, MAX_NAME)).styled_like(new);
        SyncTrigger {
            table: table.clone(),
            // Triggers fire in the order of their names: this one sees what others before it have changed.
            trigger: QualifiedName::unqualified(named(&format!("zzz_{words}"))),
            function: table.name.sibling(named(&words)),
            body,
        }
    }

    /// Of columns that are computed from `old` ones of their row: from what is inserted without them, and from what changes of
    /// the old ones alone.
    pub fn computing(table: &TableRef, old: &[&Column], new: &[(&ColumnDefinition, &SqlFragment)]) -> SyncTrigger {
        let first = new.first().map_or(&table.name.name, |(column, _)| &column.name);
        SyncTrigger::called_by(table, first, computed(&table.name.name, old, new))
    }

    /// What is written to `from` is written to `to` as well. One that `narrows` leaves NULL there where the type of `to` cannot hold it.
    pub fn one_way(table: &TableRef, from: &Ident, to: &Ident, narrows: bool) -> SyncTrigger {
        let copy = format!("NEW.{to} := NEW.{from};");
        let copy = match narrows {
            false => format!("  {copy}\n"),
            true => format!(
                "  BEGIN\n    {copy}\n  EXCEPTION WHEN numeric_value_out_of_range THEN\n    NEW.{to} := NULL;\n  END;\n"
            ),
        };
        SyncTrigger::called_by(table, to, format!("BEGIN\n{copy}  RETURN NEW;\nEND\n"))
    }

    /// What is written to `from` is written to `to` as well, as far as the enum of `to` has the label; else NULL is.
    pub fn by_label(table: &TableRef, from: &Ident, to: &Ident, value: &dyn Fn(&str) -> String) -> SyncTrigger {
        let body = format!("BEGIN\n  NEW.{to} := {};\n  RETURN NEW;\nEND\n", value(&format!("NEW.{from}")));
        SyncTrigger::called_by(table, to, body)
    }

    /// The function and the trigger come, in the transaction of the step before them.
    pub fn create(&self, steps: &mut StepBuilder) {
        let SyncTrigger { table, function, .. } = self;
        let words = snake_case(&function.name);
        steps.step(
            self.create_function(),
            format!("{words}_function"),
            "what the trigger runs",
            Undo::By(vec![self.drop_function()]),
        );
        steps.with_the_one_before();
        steps.step(
            self.create_trigger(),
            format!("{words}_trigger"),
            format!("from here on both columns of {} are written together", table.name),
            Undo::By(vec![self.drop_trigger()]),
        );
        steps.with_the_one_before();
    }

    /// The trigger goes, and its function with it; the column goes next, so that nothing brings it back. `slug` is the column's.
    pub fn remove(&self, steps: &mut StepBuilder, slug: &str) {
        let gone = || Undo::Impossible("what it removes is gone".into());
        steps.step(self.drop_trigger(), slug.to_owned(), "no running code writes the old column any more", gone());
        steps.step(self.drop_function(), slug.to_owned(), "nothing calls it any more", gone());
        steps.with_the_one_before();
    }

    /// Both go for a while: something else takes over in the same transaction.
    pub fn give_way(&self, steps: &mut StepBuilder, slug: &str) {
        let why = "what keeps the columns in step is turned round";
        steps.step(
            self.drop_trigger(),
            slug.to_owned(),
            why,
            Undo::By(vec![self.create_function(), self.create_trigger()]),
        );
        steps.step(self.drop_function(), slug.to_owned(), "nothing calls it any more", Undo::Nothing);
        steps.with_the_one_before();
    }

    fn create_function(&self) -> Operation {
        let tag = dollar_tag("sync", &self.body);
        let definition = format!(
            "OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {tag}\n{}{tag}",
            self.function, self.body
        );
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::Function,
            name: Some(self.function.clone()),
            or_replace: true,
            on: None,
            definition: SqlFragment::new(&definition),
        })
    }

    fn create_trigger(&self) -> Operation {
        let SyncTrigger { table, trigger, function, .. } = self;
        let definition = format!(
            "TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {function}()",
            table.name
        );
        Operation::Object(ObjectOperation::Create {
            kind: ObjectKind::Trigger,
            name: Some(trigger.clone()),
            or_replace: false,
            on: Some(table.name.clone()),
            definition: SqlFragment::new(&definition),
        })
    }

    fn drop_trigger(&self) -> Operation {
        Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::Trigger,
            names: vec![self.trigger.clone()],
            on: Some(self.table.name.clone()),
            if_exists: true,
            cascade: false,
        })
    }

    fn drop_function(&self) -> Operation {
        Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::Function,
            names: vec![self.function.clone()],
            on: None,
            if_exists: true,
            cascade: false,
        })
    }
}

/// Whether two values of a column's type differ; where what is equal need not be the same (`1.0` and `1.00`), by their texts.
pub(super) fn differ(column: &Column, one: &str, other: &str) -> String {
    differ_as(&column.ty, one, other)
}

fn differ_as(ty: &TypeName, one: &str, other: &str) -> String {
    const EXACT: [&str; 11] =
        ["text", "varchar", "bool", "int2", "int4", "int8", "uuid", "date", "timestamp", "timestamptz", "bytea"];
    let is_enum = !ty.is_built_in() && !ty.is_array();
    match EXACT.contains(&ty.canonical()) || is_enum {
        true => format!("{one} IS DISTINCT FROM {other}"),
        false => format!("{one}::text IS DISTINCT FROM {other}::text"),
    }
}

fn body(old: &Column, new: &Ident) -> String {
    let (old_value, new_value) = (format!("NEW.{}", old.name), format!("NEW.{new}"));
    let is_written = match &old.default {
        None => format!("{new_value} IS NOT NULL"),
        // as the column stores it: a timestamp(3) is no now()
        Some(default) if old.ty.is_built_in() => differ(old, &new_value, &format!("({default})::{}", old.ty.text())),
        Some(default) => format!("{new_value} IS DISTINCT FROM {default}"),
    };
    let disagree = differ(old, &new_value, &old_value);
    let new_changed = differ(old, &new_value, &format!("OLD.{new}"));
    let old_changed = differ(old, &old_value, &format!("OLD.{}", old.name));
    format!(
        "BEGIN
  IF TG_OP = 'INSERT' THEN
    /* who knows only one of them leaves the other at its default */
    IF {is_written} AND {disagree} THEN
      {old_value} := {new_value};
    ELSE
      {new_value} := {old_value};
    END IF;
  ELSIF {new_changed} AND {disagree} THEN
    {old_value} := {new_value};
  ELSIF {old_changed} OR {new_value} IS NULL THEN
    /* also in a row that is not filled yet */
    {new_value} := {old_value};
  END IF;
  RETURN NEW;
END
"
    )
}

fn computed(table: &Ident, old: &[&Column], new: &[(&ColumnDefinition, &SqlFragment)]) -> String {
    let blocks = |condition: &dyn Fn(&ColumnDefinition) -> String| -> String {
        let block = |(column, value): &(&ColumnDefinition, &SqlFragment)| {
            let name = &column.name;
            format!(
                "    IF {} THEN\n      NEW.{name} := (SELECT {value} FROM (SELECT NEW.*) AS {table});\n    END IF;\n",
                condition(column)
            )
        };
        new.iter().map(block).collect()
    };
    let changed: Vec<String> = old
        .iter()
        .map(|column| differ(column, &format!("NEW.{}", column.name), &format!("OLD.{}", column.name)))
        .collect();
    let is_missing = |column: &ColumnDefinition| format!("NEW.{} IS NULL", column.name);
    let is_left = |column: &ColumnDefinition| {
        let (now, before) = (format!("NEW.{}", column.name), format!("OLD.{}", column.name));
        format!("NOT ({})", differ_as(&column.ty, &now, &before))
    };
    format!(
        "BEGIN
  IF TG_OP = 'INSERT' THEN
{}  ELSIF {} THEN
    /* code that does not know a column leaves it as it is */
{}  END IF;
  RETURN NEW;
END
",
        blocks(&is_missing),
        changed.join(" OR "),
        blocks(&is_left)
    )
}
