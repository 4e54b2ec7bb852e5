//! Replaying what is neither a table nor an index: enums and other types, views, functions, triggers and what depends on them.

use super::links::Tie;
use super::store::{forget, keys_in, remember};
use super::{
    Age, ConstraintState, Dependent, Domain, EnumType, Index, Key, List, RelationKind, Schema, Table, key, mentions,
    same,
};
use crate::operation::{
    ColumnOperation, ConstraintKind, DomainAction, EnumPosition, Ident, ObjectKind, ObjectOperation, Operation,
    Persistence, QualifiedName, SqlFragment, Toggle, TypeOperation,
};
use crate::sql::{OnUpdate, on_update, render};

impl Schema {
    pub(super) fn apply_to_type(&mut self, operation: &TypeOperation) {
        match operation {
            TypeOperation::CreateEnum { name, labels } => {
                self.touch(name);
                self.type_is_made(name);
                self.enums.insert(key(name), EnumType { labels: labels.clone(), age: Age::New, added: Vec::new() });
            }
            TypeOperation::AddValue { name, value, position, .. } => {
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
            TypeOperation::RenameValue { name, from, to } => {
                let labels = self.enums.get_mut(&key(name)).map(|e| &mut e.labels);
                labels.into_iter().flatten().filter(|l| *l == from).for_each(|l| *l = to.clone());
            }
            TypeOperation::Rename { name, to } => self.rename_type(name, &name.sibling(to.clone())),
            TypeOperation::Drop { names, cascade, .. } => names.iter().for_each(|name| self.drop_type(name, *cascade)),
            TypeOperation::CreateDomain { name, ty, constrained, .. } => {
                self.type_is_made(name);
                self.domains.insert(key(name), Domain { ty: ty.clone(), constrained: *constrained });
            }
            TypeOperation::AlterDomain { name, action: DomainAction::Rename(to) } => {
                self.rename_type(name, &name.sibling(to.clone()))
            }
            TypeOperation::AlterDomain { name, action: DomainAction::SetSchema(schema) } => {
                self.rename_type(name, &QualifiedName { schema: Some(schema.clone()), name: name.name.clone() })
            }
            TypeOperation::AlterDomain { name, action } => {
                if let Some(domain) = self.domains.get_mut(&key(name)) {
                    domain.constrained |= action.constrains();
                }
            }
        }
    }

    pub(super) fn apply_to_object(&mut self, operation: &ObjectOperation) {
        match operation {
            ObjectOperation::Create { kind, name, on, definition, .. } => {
                let is_cast = |text: &str| text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("CAST "));
                self.own_casts |= *kind == ObjectKind::Other && is_cast(definition.as_str());
                self.create_object(*kind, name.as_ref(), on.as_ref(), definition)
            }
            ObjectOperation::Alter { kind, name: Some(name), action, on } => {
                self.alter_object(*kind, name, action, on.as_ref())
            }
            ObjectOperation::Drop { kind, names, on, cascade, .. } => {
                self.drop_object(*kind, names, on.as_ref(), *cascade)
            }
            ObjectOperation::SetSchema { kind, name, to } => self.set_schema(*kind, name, to),
            ObjectOperation::Comment { name: Some(name), part: None, .. } => {
                self.edit_index(&key(name), |index| index.is_marked = true)
            }
            ObjectOperation::Alter { .. }
            | ObjectOperation::RefreshMaterializedView { .. }
            | ObjectOperation::Comment { .. }
            | ObjectOperation::Grant { .. }
            | ObjectOperation::ShareAccess { .. } => {}
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
        if self.other_types.remove(&old).is_some() {
            self.other_types.insert(key(to));
        }
        self.gone_types.insert(old.clone());
        self.type_is_made(to);
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

    /// A type of that name is there.
    fn type_is_made(&mut self, name: &QualifiedName) {
        forget(&mut self.gone_types, &key(name));
    }

    fn tables_using(&self, ty: &Key) -> Vec<Key> {
        self.links.of(Tie::Uses(ty.clone())).cloned().collect()
    }

    pub(super) fn drop_type(&mut self, name: &QualifiedName, cascade: bool) {
        let gone = key(name);
        self.enums.remove(&gone);
        self.domains.remove(&gone);
        self.other_types.remove(&gone);
        self.gone_types.insert(gone.clone());
        if cascade {
            let casting = self.defaults_of_type(name).map(|(table, column)| (table.clone(), column.clone()));
            for (table, column) in casting.collect::<Vec<_>>() {
                let table = table.into();
                self.apply(&Operation::Column(ColumnOperation::DropDefault { table, column }));
            }
            // with a column go its constraints and indexes, as they do where it is named
            for name in self.tables_using(&gone) {
                let Some(table) = self.tables.get(&name).cloned() else { continue };
                for column in table.columns.iter().filter(|column| key(column.ty.name()) == gone) {
                    self.apply(&Operation::Column(ColumnOperation::Drop {
                        table: table.name.clone().into(),
                        column: column.name.clone(),
                        if_exists: true,
                        cascade: true,
                    }));
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
                self.put_sequence(&key(name));
                return self.alter_sequence(name, definition);
            }
            ObjectKind::Type => {
                self.type_is_made(name);
                return remember(&mut self.other_types, &key(name));
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
                partition_key: Vec::new(),
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
                ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Table => {
                    self.drop_relation(name, cascade)
                }
                ObjectKind::Schema if cascade => {
                    let schema = &name.name;
                    keys_in(&self.tables, schema).iter().for_each(|name| drop(self.take_table(name)));
                    keys_in(&self.indexes, schema).iter().for_each(|name| drop(self.take_index(name)));
                    keys_in(&self.enums, schema).iter().for_each(|name| drop(self.enums.remove(name)));
                    keys_in(&self.domains, schema).iter().for_each(|name| drop(self.domains.remove(name)));
                    let own = |name: &&Key| name.schema() == schema.as_str();
                    for set in [&mut self.sequences, &mut self.other_types] {
                        let gone: Vec<Key> = set.iter().filter(own).cloned().collect();
                        gone.iter().for_each(|name| forget(set, name));
                    }
                }
                ObjectKind::Sequence => self.drop_sequence(name),
                ObjectKind::Function => {
                    self.take_function(name);
                    if cascade {
                        self.drop_what_calls(&name.name);
                    }
                }
                ObjectKind::Domain => self.drop_type(name, cascade),
                _ => {}
            }
            self.dependents.remove_named(&key(name), |d| on.is_none() || d.on.as_ref().map(key) == on.map(key));
        }
    }

    /// What CASCADE takes along with a relation or a column of it: views that read it, policies and triggers that name the column.
    /// Their texts only let it be feared, so that a view may be there still, and may not.
    pub(super) fn drop_what_reads(&mut self, name: &QualifiedName, column: Option<&Ident>) {
        let reading: Vec<Dependent> = match column {
            Some(column) => self.dependents(name, column).into_iter().cloned().collect(),
            None => self.views_of(name).cloned().collect(),
        };
        for dependent in reading {
            if !dependent.what.contains("view ") {
                let is_bound = column.is_some_and(|column| is_bound(&dependent, column));
                self.dependents.remove_named(&key(&dependent.name), |d| is_bound && d.on == dependent.on);
            } else if self.table(&dependent.name).is_some() {
                self.drop_relation(&dependent.name, true);
                self.presume_relation(&dependent.name);
            }
        }
    }

    /// The statistics objects of a table, or those of one of its columns, which go with it.
    pub(super) fn drop_statistics(&mut self, table: &QualifiedName, column: Option<&Ident>) {
        let is_it = |d: &Dependent| d.what.starts_with("statistics");
        let of_table = self.dependents.of(&key(table)).into_iter().filter(|d| is_it(d));
        let gone = of_table.filter(|d| column.is_none_or(|column| mentions(d.definition.as_str(), column.as_str())));
        for name in gone.map(|d| key(&d.name)).collect::<Vec<_>>() {
            self.dependents.remove_named(&name, is_it);
        }
    }

    /// What goes with a function: triggers, policies, rules and views that call it, checks, defaults and indexes as well.
    fn drop_what_calls(&mut self, function: &Ident) {
        let calls = |text: &SqlFragment| calls(text.as_str(), function.as_str());
        let dependents = self.dependents.mentioning(function.as_str()).into_iter();
        let calling: Vec<Dependent> = dependents.filter(|d| calls(&d.definition)).cloned().collect();
        for dependent in calling {
            match dependent.what.contains("view ") {
                true => self.drop_relation(&dependent.name, true),
                false => self.dependents.remove_named(&key(&dependent.name), |d| d.on == dependent.on),
            }
        }
        let is_called = |state: &ConstraintState| match &state.constraint.kind {
            ConstraintKind::Check { expression } => calls(expression),
            _ => false,
        };
        let of_table = |table: &&Table| {
            table.constraints.iter().any(is_called)
                || table.columns.iter().any(|c| c.default.as_ref().is_some_and(calls))
        };
        let tables: Vec<Key> = self.tables().filter(of_table).map(|table| key(&table.name)).collect();
        for table in tables {
            self.edit_constraints(&table, |t| t.constraints.retain(|state| !is_called(state)));
            self.edit(&table, |t| {
                t.columns.change_all(|c| c.default.as_ref().is_some_and(calls), |c| c.default = None)
            });
        }
        let of_index = |index: &Index| {
            let columns = index.columns.iter().any(|column| calls(&SqlFragment::new(&render::index_column(column))));
            columns || index.predicate.as_ref().is_some_and(calls)
        };
        let indexes = self.indexes.iter().filter(|(_, index)| of_index(index));
        let indexes: Vec<Key> = indexes.map(|(name, _)| name.clone()).collect();
        indexes.iter().for_each(|name| drop(self.take_index(name)));
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

    /// Views, sequences, triggers, policies and rules that are renamed.
    fn alter_object(
        &mut self,
        kind: ObjectKind,
        name: &QualifiedName,
        action: &SqlFragment,
        on: Option<&QualifiedName>,
    ) {
        let Some(to) = renamed_to(action) else {
            if kind == ObjectKind::Sequence {
                self.alter_sequence(name, action);
            }
            return;
        };
        match kind {
            ObjectKind::View | ObjectKind::MaterializedView => self.rename_table(name, &name.sibling(to)),
            ObjectKind::Sequence => self.rename_sequence(name, &name.sibling(to)),
            ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
                let on = on.map(key);
                self.dependents.edit_named(&key(name), |d| {
                    if d.on.as_ref().map(key) == on {
                        let word = d.what.split(' ').next().unwrap_or_default();
                        d.what = format!("{word} {to}");
                        d.name = name.sibling(to.clone());
                    }
                });
            }
            _ => {}
        }
    }
}

/// True when the dependent's own clause names the column: a policy's expressions, a trigger's WHEN or UPDATE OF.
pub(super) fn is_bound(dependent: &Dependent, column: &Ident) -> bool {
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

/// A comment on a table, a column or a table's constraint.
pub(super) fn speaks_of_table(definition: &SqlFragment) -> bool {
    let text = definition.as_str().to_ascii_uppercase();
    let word = text.split_whitespace().next().unwrap_or_default();
    matches!(word, "TABLE" | "COLUMN") || (word == "CONSTRAINT" && !text.contains(" ON DOMAIN "))
}

/// The new name that `RENAME TO` gives.
pub(crate) fn renamed_to(action: &SqlFragment) -> Option<Ident> {
    let (verb, rest) = action.as_str().split_once(char::is_whitespace)?;
    let (to, name) = rest.trim_start().split_once(char::is_whitespace)?;
    let renames = verb.eq_ignore_ascii_case("RENAME") && to.eq_ignore_ascii_case("TO");
    renames.then(|| Ident::from_sql(name.trim()))
}

/// True when a function of that name is called in a text.
pub(super) fn calls(text: &str, function: &str) -> bool {
    let (text, name) = (text.to_lowercase(), function.to_lowercase());
    text.match_indices(&name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + found.len()..].trim_start_matches('"').trim_start();
        behind.starts_with('(') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
    })
}
