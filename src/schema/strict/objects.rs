//! Views, triggers, policies and what else has a name.

use super::*;
use crate::operation::{ObjectKind, ObjectOperation, SqlFragment};
use crate::schema::objects::{renamed_to, speaks_of_table};
use crate::schema::{Dependent, same};
use crate::sql::{OnUpdate, on_update};

impl Schema {
    pub(super) fn object_applies(&self, operation: &ObjectOperation) -> Applies {
        match operation {
            ObjectOperation::Create { kind, name: Some(name), or_replace, on, definition } => {
                self.can_create_object(*kind, name, *or_replace, on.as_ref(), definition.as_str())
            }
            ObjectOperation::Drop {
                kind: kind @ (ObjectKind::View | ObjectKind::MaterializedView),
                names,
                if_exists,
                cascade,
                ..
            } => names.iter().try_for_each(|name| self.can_drop_view(*kind, name, names, *if_exists, *cascade)),
            ObjectOperation::Drop { kind, names, on, if_exists, cascade } => {
                names.iter().try_for_each(|name| self.can_drop_object(*kind, name, on.as_ref(), *if_exists, *cascade))
            }
            ObjectOperation::SetSchema { kind, name, to } => self.can_set_schema(*kind, name, to),
            ObjectOperation::RefreshMaterializedView { name, .. } => {
                self.has_relation(name)?;
                match self.kind_of(name).is_some_and(Kind::is_table) {
                    true => refused(NOT_SUPPORTED, format!("{name} is not a materialized view")),
                    false => self.is_a(name, "a materialized view", |kind| kind == Kind::MaterializedView),
                }
            }
            ObjectOperation::Alter { kind, name: Some(name), action, on } => {
                self.can_alter_object(*kind, name, action, on.as_ref())
            }
            ObjectOperation::Comment { name: Some(table), part, definition } if speaks_of_table(definition) => {
                self.can_comment(table, part.as_ref(), definition.as_str())
            }
            ObjectOperation::Create { .. }
            | ObjectOperation::Alter { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. }
            | ObjectOperation::ShareAccess { .. } => Ok(()),
        }
    }

    /// `COMMENT ON TABLE | COLUMN | CONSTRAINT`.
    fn can_comment(&self, table: &QualifiedName, part: Option<&Ident>, definition: &str) -> Applies {
        let named = TableRef::from(table.clone());
        match part {
            None => {
                self.has_relation(table)?;
                self.is_table(table)
            }
            Some(name) if definition.get(..10).is_some_and(|word| word.eq_ignore_ascii_case("CONSTRAINT")) => {
                self.has_constraint(&named, name)
            }
            Some(column) => self.has_column(&named, column),
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
            ObjectKind::View if or_replace => self.is_a(name, "a view", |kind| kind == Kind::View),
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence if !if_not_exists => {
                self.relation_is_free(name)?;
                self.type_is_free(name)
            }
            ObjectKind::Type if self.is_made_in_one(definition) => self.can_create_type(name),
            ObjectKind::Schema if !if_not_exists => match self.schemas.contains(&key(name)) {
                true => refused("42P06", format!("schema {name} already exists")),
                false => Ok(()),
            },
            ObjectKind::Function if !or_replace => self.can_create_function(name, definition),
            ObjectKind::Statistics if !if_not_exists => self.is_not_there("statistics", name),
            ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
                let Some(table) = on else { return Ok(()) };
                self.has_relation(table)?;
                self.can_have(kind, table, definition)?;
                match !or_replace && self.has_on(kind, name, table) {
                    true => refused(DUPLICATE_OBJECT, format!("{} for {table} already exists", word_of(kind, name))),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// `CREATE TYPE … AS`: a base type is made in two statements.
    fn is_made_in_one(&self, definition: &str) -> bool {
        definition.split_whitespace().any(|word| word.eq_ignore_ascii_case("AS"))
    }

    fn is_not_there(&self, word: &str, name: &QualifiedName) -> Applies {
        let what = format!("{word} {name}");
        match self.dependents.named(&key(name)).any(|d| d.on.is_none() && d.what == what) {
            true => refused(DUPLICATE_OBJECT, format!("{what} already exists")),
            false => Ok(()),
        }
    }

    /// The relation is of a kind that has such objects (`CreateTriggerFiringOn`, `RangeVarCallbackForPolicy`).
    fn can_have(&self, kind: ObjectKind, table: &QualifiedName, definition: &str) -> Applies {
        match kind {
            ObjectKind::Policy => self.is_table(table),
            ObjectKind::Trigger => {
                let has = |words: &str| definition.to_ascii_uppercase().contains(words);
                let of_view = has("INSTEAD OF");
                let row = has("FOR EACH ROW") || has("FOR ROW");
                self.is_a(table, "what such a trigger can be on", |kind| match kind {
                    Kind::View => of_view || !row,
                    Kind::Table | Kind::Partitioned => !of_view,
                    Kind::Foreign => true,
                    Kind::MaterializedView | Kind::Index | Kind::Sequence => false,
                })?;
                match on_update(definition) {
                    OnUpdate::Of(columns) => {
                        let table = TableRef::from(table.clone());
                        columns.iter().try_for_each(|column| self.has_column(&table, column))
                    }
                    OnUpdate::Nothing | OnUpdate::Any => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A function of the same name takes other arguments.
    fn can_create_function(&self, name: &QualifiedName, definition: &str) -> Applies {
        let arguments = |text: &str| {
            let (_, inside) = text.split_once('(')?;
            let mut depth = 1_u32;
            let end = inside.find(|c| {
                depth = depth + u32::from(c == '(') - u32::from(c == ')');
                depth == 0
            })?;
            Some(inside[..end].split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
        };
        let known = self.function(name).and_then(|known| arguments(known.as_str()));
        match known.is_some() && known == arguments(definition) {
            true => refused("42723", format!("function {name} already exists with same argument types")),
            false => Ok(()),
        }
    }

    fn can_alter_object(
        &self,
        kind: ObjectKind,
        name: &QualifiedName,
        action: &SqlFragment,
        on: Option<&QualifiedName>,
    ) -> Applies {
        match (kind, renamed_to(action)) {
            (ObjectKind::Sequence, _) => self.can_alter_sequence(name, action),
            (ObjectKind::View, Some(to)) => {
                self.is_a(name, "a view", |kind| kind == Kind::View)?;
                self.relation_is_free(&name.sibling(to))
            }
            (ObjectKind::MaterializedView, Some(to)) => {
                self.is_a(name, "a materialized view", |kind| kind == Kind::MaterializedView)?;
                self.relation_is_free(&name.sibling(to))
            }
            (ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule, to) => {
                let Some(table) = on else { return Ok(()) };
                self.has_relation(table)?;
                self.is_known_on(kind, name, table)?;
                match to.filter(|to| self.has_on(kind, &name.sibling(to.clone()), table)) {
                    Some(to) => {
                        refused(DUPLICATE_OBJECT, format!("{} already exists", word_of(kind, &name.sibling(to))))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn can_set_schema(&self, kind: ObjectKind, name: &QualifiedName, to: &Ident) -> Applies {
        let moved = QualifiedName { schema: Some(to.clone()), name: name.name.clone() };
        match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                self.has_relation(name)?;
                if same(name, &moved) { Ok(()) } else { self.relation_is_free(&moved) } // it is there already
            }
            ObjectKind::Type => {
                self.type_is_there(name)?;
                if same(name, &moved) { Ok(()) } else { self.can_create_type(&moved) }
            }
            _ => Ok(()),
        }
    }

    fn can_drop_view(
        &self,
        kind: ObjectKind,
        name: &QualifiedName,
        names: &[QualifiedName],
        if_exists: bool,
        cascade: bool,
    ) -> Applies {
        if !if_exists {
            self.has_relation(name)?;
        }
        let (word, kind) = match kind {
            ObjectKind::View => ("a view", Kind::View),
            _ => ("a materialized view", Kind::MaterializedView),
        };
        self.is_a(name, word, |found| found == kind)?;
        let goes = |view: &&Dependent| names.iter().any(|name| same(name, &view.name));
        match self.views_of(name).find(|view| !goes(view)).filter(|_| !cascade) {
            Some(view) => feared(DEPENDENT_OBJECTS, format!("{} depends on view {name}", view.what)),
            None => Ok(()),
        }
    }

    fn can_drop_object(
        &self,
        kind: ObjectKind,
        name: &QualifiedName,
        on: Option<&QualifiedName>,
        if_exists: bool,
        cascade: bool,
    ) -> Applies {
        match (kind, on) {
            (ObjectKind::Sequence, _) => self.can_drop_sequence(name, if_exists, cascade),
            (ObjectKind::Schema, _) if !cascade => self.can_drop_schema(&name.name),
            (ObjectKind::Function, _) if !cascade => self.no_trigger_calls(name),
            (ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule, Some(table)) if !if_exists => {
                self.has_relation(table)?;
                self.is_known_on(kind, name, table)
            }
            _ => Ok(()),
        }
    }

    /// Nothing is in the schema.
    fn can_drop_schema(&self, schema: &Ident) -> Applies {
        let inside = |name: &Key| name.schema() == schema.as_str();
        let table = self.tables_in(schema).find(|table| table.is_sure());
        let found = table.map(|table| format!("table {}", table.name)).or_else(|| {
            let types = self.enums.keys().chain(self.domains.keys()).chain(&self.other_types);
            types.into_iter().find(|name| inside(name)).map(|name| format!("type {}", name.name()))
        });
        match found {
            Some(what) => refused(DEPENDENT_OBJECTS, format!("{what} depends on schema {schema}")),
            None => Ok(()),
        }
    }

    /// A trigger's function takes no arguments, so no other function of its name can be meant.
    fn no_trigger_calls(&self, function: &QualifiedName) -> Applies {
        let returns = self.function(function).map(|definition| definition.as_str().to_ascii_uppercase());
        if !returns.is_some_and(|text| text.contains("RETURNS TRIGGER")) {
            return Ok(());
        }
        let calls = |d: &&Dependent| {
            let called = d.definition.as_str().rsplit_once(char::is_whitespace).map_or("", |(_, name)| name);
            let called = called.split('(').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
            d.what.starts_with("trigger ") && Ident::from_sql(called) == function.name
        };
        match self.dependents.mentioning(function.name.as_str()).into_iter().find(calls) {
            Some(trigger) => refused(DEPENDENT_OBJECTS, format!("{} depends on function {function}()", trigger.what)),
            None => Ok(()),
        }
    }

    /// The table has a trigger, policy or rule of that name, as far as it can be known. Partitions have those of their parents too.
    pub(super) fn is_known_on(&self, kind: ObjectKind, name: &QualifiedName, table: &QualifiedName) -> Applies {
        let state = self.table(table);
        let known = self.is_closed() || state.is_some_and(|t| t.columns_known);
        let inherits = state.is_some_and(|t| !t.parents.is_empty());
        match known && !inherits && !self.has_on(kind, name, table) {
            true => refused(UNDEFINED_OBJECT, format!("{} for {table} does not exist", word_of(kind, name))),
            false => Ok(()),
        }
    }

    /// The table has a trigger, policy or rule of that name.
    fn has_on(&self, kind: ObjectKind, name: &QualifiedName, table: &QualifiedName) -> bool {
        let what = word_of(kind, name);
        let on = |on: &Option<QualifiedName>| on.as_ref().is_some_and(|on| same(on, table));
        self.dependents.named(&key(name)).any(|d| on(&d.on) && d.what == what)
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
