//! Replaying what is neither a table nor an index: enums and other types, views, functions, triggers and what depends on them.

use super::links::Tie;
use super::store::keys_in;
use super::{Age, Dependent, EnumType, Key, List, RelationKind, Schema, Table, key, same};
use crate::operation::{EnumPosition, Ident, ObjectKind, Operation, Persistence, QualifiedName, SqlFragment, Toggle};
use crate::sql::{OnUpdate, on_update};

impl Schema {
    pub(super) fn apply_enum(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateEnum { name, labels } => {
                self.touch(name);
                self.enums.insert(key(name), EnumType { labels: labels.clone(), age: Age::New, added: Vec::new() });
            }
            Operation::AddEnumValue { name, value, position, .. } => {
                self.touch(name);
                let Some(state) = self.enums.get_mut(&key(name)) else { return };
                if state.labels.contains(value) {
                    return;
                }
                let place = |label: &String| state.labels.iter().position(|l| l == label);
                let at = match position {
                    EnumPosition::Last => None,
                    EnumPosition::Before(label) => place(label),
                    EnumPosition::After(label) => place(label).map(|at| at + 1),
                };
                state.labels.insert(at.unwrap_or(state.labels.len()), value.clone());
                state.added.push(value.clone());
            }
            Operation::RenameEnumValue { name, from, to } => {
                let labels = self.enums.get_mut(&key(name)).map(|e| &mut e.labels);
                labels.into_iter().flatten().filter(|l| *l == from).for_each(|l| *l = to.clone());
            }
            _ => {}
        }
    }

    pub(super) fn rename_type(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let old = key(from);
        if let Some(state) = self.enums.remove(&old) {
            self.touch(to);
            self.enums.insert(key(to), state);
        }
        if let Some(state) = self.domains.remove(&old) {
            self.domains.insert(key(to), state);
        }
        for table in self.tables_using(&old) {
            self.edit(&table, |t| {
                t.columns.change_all(
                    |column| key(column.ty.name()) == old,
                    |column| {
                        let suffix = if column.ty.is_array() { "[]" } else { "" };
                        column.ty = crate::operation::TypeName::new(&format!("{to}{suffix}"));
                    },
                );
            });
        }
    }

    fn tables_using(&self, ty: &Key) -> Vec<Key> {
        self.links.of(Tie::Uses(ty.clone())).cloned().collect()
    }

    pub(super) fn drop_type(&mut self, name: &QualifiedName, cascade: bool) {
        let gone = key(name);
        self.enums.remove(&gone);
        self.domains.remove(&gone);
        if cascade {
            // with a column go its constraints and indexes, as they do where it is named
            for name in self.tables_using(&gone) {
                let Some(table) = self.tables.get(&name).cloned() else { continue };
                for column in table.columns.iter().filter(|column| key(column.ty.name()) == gone) {
                    self.apply(&Operation::DropColumn {
                        table: table.name.clone().into(),
                        column: column.name.clone(),
                        if_exists: true,
                        cascade: true,
                    });
                }
            }
        }
    }

    pub(super) fn create_object(
        &mut self,
        kind: ObjectKind,
        name: Option<&QualifiedName>,
        on: Option<&QualifiedName>,
        definition: &SqlFragment,
    ) {
        let Some(name) = name else { return };
        let word = match kind {
            ObjectKind::View => "view",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Policy => "policy",
            ObjectKind::Rule => "rule",
            ObjectKind::Publication => "publication",
            ObjectKind::Statistics => "statistics",
            ObjectKind::Sequence => {
                self.sequences.insert(key(name));
                return;
            }
            ObjectKind::Schema => return drop(self.schemas.insert(key(name))),
            ObjectKind::Table => return self.create_foreign_table(name, on),
            ObjectKind::Function => {
                self.put_function(name, definition.clone());
                if !definition.as_str().to_uppercase().contains("BEGIN ATOMIC") {
                    return;
                }
                "function"
            }
            _ => return,
        };
        if matches!(kind, ObjectKind::View | ObjectKind::MaterializedView) {
            let kind = if kind == ObjectKind::View { RelationKind::View } else { RelationKind::MaterializedView };
            let view = Table {
                name: name.clone(),
                kind,
                age: Age::New,
                persistence: Persistence::Permanent,
                columns: List::default(),
                columns_known: false,
                constraints: List::default(),
                parents: Vec::new(),
                is_default_partition: false,
                row_security: false,
            };
            self.touch(name);
            self.put_table(view);
        }
        self.dependents.remove_named(&key(name), |d| d.on.as_ref().map(key) == on.map(key));
        self.dependents.push(Dependent {
            what: format!("{word} {name}"),
            name: name.clone(),
            definition: definition.clone(),
            on: on.cloned(),
            fires: true,
        });
    }

    fn create_foreign_table(&mut self, name: &QualifiedName, parent: Option<&QualifiedName>) {
        self.touch(name);
        self.assume_table(name);
        self.edit(&key(name), |table| {
            (table.kind, table.age) = (RelationKind::Foreign, Age::New);
            table.parents.extend(parent.cloned());
        });
    }

    /// `ENABLE | DISABLE TRIGGER | RULE`.
    pub(super) fn toggle(&mut self, kind: &str, table: &QualifiedName, toggle: &Toggle) {
        let named = |d: &Dependent| toggle.name.as_ref().is_none_or(|name| d.name.name == *name);
        self.dependents.edit_on(&key(table), |d| {
            if d.what.starts_with(kind) && named(d) {
                d.fires = toggle.fires;
            }
        });
    }

    pub(super) fn drop_object(
        &mut self,
        kind: ObjectKind,
        names: &[QualifiedName],
        on: Option<&QualifiedName>,
        cascade: bool,
    ) {
        for name in names {
            if kind == ObjectKind::Schema {
                self.schemas.remove(&key(name));
            }
            match kind {
                ObjectKind::View | ObjectKind::MaterializedView => self.drop_relation(name, cascade),
                ObjectKind::Schema if cascade => {
                    let schema = &name.name;
                    keys_in(&self.tables, schema).iter().for_each(|name| drop(self.take_table(name)));
                    keys_in(&self.indexes, schema).iter().for_each(|name| drop(self.take_index(name)));
                    keys_in(&self.enums, schema).iter().for_each(|name| drop(self.enums.remove(name)));
                }
                ObjectKind::Sequence => drop(self.sequences.remove(&key(name))),
                ObjectKind::Function => self.take_function(name),
                ObjectKind::Domain => self.drop_type(name, cascade),
                _ => {}
            }
            self.dependents.remove_named(&key(name), |d| on.is_none() || d.on.as_ref().map(key) == on.map(key));
        }
    }

    /// The triggers and rules that an UPDATE of the column in every row of the table and its children would fire: their
    /// own, and those of the partitioned tables above, which their partitions have too.
    pub fn fired_by_update<'a>(&'a self, table: &QualifiedName, column: &Ident) -> Vec<&'a Dependent> {
        let mut tables: Vec<QualifiedName> = vec![table.clone()];
        tables.extend(self.children(table).iter().map(|child| child.name.clone()));
        let mut above = self.table(table).map(|t| t.parents.clone()).unwrap_or_default();
        while let Some(parent) = above.pop().and_then(|name| self.table(&name)) {
            if parent.kind == RelationKind::Partitioned && !tables.iter().any(|known| same(known, &parent.name)) {
                tables.push(parent.name.clone());
                above.extend(parent.parents.iter().cloned());
            }
        }
        let exists = |name: &Ident| self.column(table, name).is_some();
        let fires = |d: &&Dependent| match on_update(d.definition.as_str()) {
            OnUpdate::Nothing => false,
            OnUpdate::Any => d.fires,
            // A column that has another name by now may be this one.
            OnUpdate::Of(columns) => d.fires && columns.iter().any(|name| name == column || !exists(name)),
        };
        tables.iter().flat_map(|table| self.attached_to(table)).filter(fires).collect()
    }

    /// Views and schemas that are renamed.
    pub(super) fn alter_object(&mut self, operation: &Operation) {
        let Operation::AlterObject { kind, name: Some(name), action, on } = operation else { return };
        let Some(to) = action
            .as_str()
            .get(..10)
            .filter(|a| a.eq_ignore_ascii_case("RENAME TO "))
            .map(|_| Ident::from_sql(action.as_str()[10..].trim()))
        else {
            return;
        };
        if matches!(kind, ObjectKind::View | ObjectKind::MaterializedView) {
            self.rename_table(name, &name.sibling(to));
        } else if *kind == ObjectKind::Domain {
            self.rename_type(name, &name.sibling(to));
        } else if *kind == ObjectKind::Sequence && self.sequences.remove(&key(name)).is_some() {
            self.sequences.insert(key(&name.sibling(to)));
        } else if matches!(kind, ObjectKind::Trigger | ObjectKind::Rule) {
            let on = on.as_ref().map(key);
            self.dependents.edit_named(&key(name), |d| {
                if d.on.as_ref().map(key) == on {
                    d.what = d.what.replace(&name.to_string(), &to.to_string());
                    d.name = name.sibling(to.clone());
                }
            });
        }
    }
}
