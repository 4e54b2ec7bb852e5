//! What a step uses, and which steps must wait for which.

use std::collections::BTreeSet;

use super::step::Step;
use crate::operation::{
    Constraint, ConstraintKind, ForeignKey, Ident, IndexColumn, Operation, QualifiedName, TypeName,
};
use crate::schema::Schema;

/// Something that steps use together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Table(String, String),
    /// A column's existence and type.
    Column(String, String, Ident),
    Default(String, String, Ident),
    Nullability(String, String, Ident),
    /// The values in a column.
    Data(String, String, Ident),
    Constraint(String, String, Ident),
    Index(String, String),
    Type(String, String),
    /// The primary key and unique constraints of a table, which foreign keys stand on.
    Keys(String, String),
}

/// What a step uses, computed against the catalog before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    reads: BTreeSet<Resource>,
    writes: BTreeSet<Resource>,
    /// Nothing passes it.
    barrier: bool,
    /// It makes these columns of a table unique.
    unique_on: Option<(QualifiedName, Vec<Ident>)>,
    /// It is a foreign key that points at these columns of a table (none written: its primary key).
    points_at: Option<(QualifiedName, Vec<Ident>)>,
    /// It builds an index that leads with this column.
    builds: Option<(QualifiedName, Ident)>,
    /// It drops an index that leads with this column.
    drops: Option<(QualifiedName, Ident)>,
}

fn pair(name: &QualifiedName) -> (String, String) {
    (name.schema.as_ref().map_or("public", Ident::as_str).to_owned(), name.name.as_str().to_owned())
}

impl Uses {
    /// Nothing passes it, in either direction.
    pub fn everything() -> Self {
        Uses { barrier: true, ..Uses::default() }
    }

    /// True when `later` must run after `self` if it stands after it in the source.
    pub(super) fn must_precede(&self, later: &Uses) -> bool {
        let shares = |a: &BTreeSet<Resource>, b: &BTreeSet<Resource>| !a.is_disjoint(b);
        let keys = match (&self.unique_on, &later.points_at) {
            (Some((unique, columns)), Some((parent, wanted))) => {
                crate::schema::same(unique, parent)
                    && (wanted.is_empty() || columns.is_empty() || wanted.iter().all(|c| columns.contains(c)))
            }
            _ => false,
        };
        self.barrier
            || later.barrier
            || keys
            || shares(&self.writes, &later.writes)
            || shares(&self.writes, &later.reads)
            || shares(&self.reads, &later.writes)
    }

    /// True when `self` builds an index that can serve the queries of the one that `other` drops.
    pub(super) fn replaces_index_of(&self, other: &Uses) -> bool {
        self.builds.is_some() && self.builds == other.drops
    }

    fn table(&mut self, table: &QualifiedName) -> (String, String) {
        let (schema, name) = pair(table);
        self.reads.insert(Resource::Table(schema.clone(), name.clone()));
        (schema, name)
    }

    fn reads_columns(&mut self, table: &QualifiedName, columns: &[Ident]) {
        let (s, t) = self.table(table);
        for column in columns {
            self.reads.insert(Resource::Column(s.clone(), t.clone(), column.clone()));
            self.reads.insert(Resource::Data(s.clone(), t.clone(), column.clone()));
        }
    }

    fn reads_type(&mut self, ty: &TypeName) {
        let (s, t) = pair(&ty.name());
        self.reads.insert(Resource::Type(s, t));
    }

    /// A foreign key stands on the keys of the table that it points at.
    fn stands_on(&mut self, key: &ForeignKey) {
        let (s, t) = pair(&key.references);
        self.reads.insert(Resource::Keys(s, t));
        self.reads_columns(&key.references, &key.referenced);
    }

    fn drops_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                self.reads_columns(table, &key.columns);
                self.stands_on(key);
            }
            ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
                self.reads_columns(table, columns);
                let (s, t) = pair(table);
                self.writes.insert(Resource::Keys(s, t));
            }
            ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } | ConstraintKind::NotNull { .. } => {}
        }
    }

    fn adds_constraint(&mut self, table: &QualifiedName, constraint: &Constraint, schema: &Schema) {
        let (s, t) = self.table(table);
        self.writes.insert(Resource::Constraint(s.clone(), t.clone(), schema.constraint_name(table, constraint)));
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                self.reads_columns(table, &key.columns);
                self.stands_on(key);
                self.points_at = Some((key.references.clone(), key.referenced.clone()));
            }
            ConstraintKind::Unique { columns, using_index, .. }
            | ConstraintKind::PrimaryKey { columns, using_index, .. } => {
                self.reads_columns(table, columns);
                self.unique_on = Some((table.clone(), columns.clone()));
                self.writes.insert(Resource::Keys(s.clone(), t));
                if let Some(index) = using_index {
                    self.writes.insert(Resource::Index(s, index.as_str().to_owned()));
                }
            }
            ConstraintKind::Check { expression } => {
                let columns = crate::sql::expression::parse(expression).map(|e| e.columns());
                let columns: Vec<Ident> = match columns {
                    Some(columns) => columns.into_iter().collect(),
                    None => schema
                        .table(table)
                        .map(|t| t.columns.iter().map(|c| c.name.clone()).collect())
                        .unwrap_or_default(),
                };
                self.reads_columns(table, &columns);
            }
            ConstraintKind::NotNull { column } => self.reads_columns(table, std::slice::from_ref(column)),
            ConstraintKind::Exclude { .. } => self.barrier = true,
        }
    }
}

/// What an operation uses. `schema` is the catalog before it.
pub fn uses(operation: &Operation, schema: &Schema) -> Uses {
    let mut uses = Uses::default();
    match operation {
        Operation::CreateTable(create) => {
            let (s, t) = pair(&create.name);
            uses.writes.insert(Resource::Table(s, t));
            create.like.iter().chain(&create.inherits).chain(&create.partition_of).for_each(|p| drop(uses.table(p)));
            create.columns.iter().for_each(|c| uses.reads_type(&c.ty));
            let inline = create.columns.iter().flat_map(|c| &c.constraints);
            for constraint in create.constraints.iter().chain(inline) {
                if let ConstraintKind::ForeignKey(key) = &constraint.kind {
                    uses.table(&key.references);
                    uses.points_at = Some((key.references.clone(), key.referenced.clone()));
                }
            }
        }
        Operation::DropTable { names, .. } => names.iter().map(pair).for_each(|(s, t)| {
            uses.writes.insert(Resource::Table(s, t));
        }),
        Operation::CreateEnum { name, .. } | Operation::AddEnumValue { name, .. } => {
            let (s, t) = pair(name);
            uses.writes.insert(Resource::Type(s, t));
        }
        Operation::CreateIndex(index) => {
            let (s, t) = uses.table(&index.table);
            let columns: Vec<Ident> = index.columns.iter().filter_map(|c| c.column.clone()).collect();
            uses.reads_columns(&index.table, &columns);
            if index.columns.iter().any(|c| c.column.is_none()) || index.predicate.is_some() {
                let all =
                    schema.table(&index.table).map(|t| t.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>());
                all.into_iter().flatten().for_each(|c| {
                    uses.reads.insert(Resource::Column(s.clone(), t.clone(), c));
                });
            }
            uses.builds = leading(&index.table, &index.columns);
            uses.unique_on = index.unique.then(|| (index.table.clone(), columns));
            let name = index.name.clone().unwrap_or_else(|| schema.index_name(index));
            uses.writes.insert(Resource::Index(s, name.as_str().to_owned()));
        }
        Operation::DropIndex { names, .. } => {
            for name in names {
                if let Some(index) = schema.index(name) {
                    uses.table(&index.table.clone());
                    uses.drops = leading(&index.table, &index.columns);
                }
                let (s, t) = pair(name);
                uses.writes.insert(Resource::Index(s, t));
            }
        }
        Operation::RenameIndex { index, to, .. } => {
            let (s, t) = pair(index);
            uses.writes.insert(Resource::Index(s.clone(), t));
            uses.writes.insert(Resource::Index(s, to.as_str().to_owned()));
        }
        other => on_columns(other, schema, &mut uses),
    }
    uses
}

/// The column that an index leads with.
fn leading(table: &QualifiedName, columns: &[IndexColumn]) -> Option<(QualifiedName, Ident)> {
    let column = columns.first()?.column.clone()?;
    Some((table.clone(), column))
}

fn on_columns(operation: &Operation, schema: &Schema, uses: &mut Uses) {
    use Resource::{Column, Constraint, Data, Default, Nullability};
    let Some(table) = operation.table().cloned() else {
        uses.barrier = true;
        return;
    };
    let (s, t) = uses.table(&table);
    match operation {
        Operation::AddColumn { column, .. } => {
            for resource in [Column, Default, Nullability, Data] {
                uses.writes.insert(resource(s.clone(), t.clone(), column.name.clone()));
            }
            uses.reads_type(&column.ty);
            column.constraints.iter().for_each(|c| uses.adds_constraint(&table, c, schema));
        }
        Operation::SetDefault { column, .. } | Operation::DropDefault { column, .. } => {
            uses.writes.insert(Default(s.clone(), t.clone(), column.clone()));
            uses.reads.insert(Column(s, t, column.clone()));
            if let Some(state) = schema.column(&table, column) {
                uses.reads_type(&state.ty);
            }
        }
        Operation::SetNotNull { column, .. } | Operation::DropNotNull { column, .. } => {
            uses.writes.insert(Nullability(s.clone(), t.clone(), column.clone()));
            uses.reads.insert(Column(s.clone(), t.clone(), column.clone()));
            uses.reads.insert(Data(s, t, column.clone()));
        }
        Operation::Backfill(backfill) => {
            uses.writes.insert(Data(s.clone(), t.clone(), backfill.column.clone()));
            uses.reads.insert(Column(s.clone(), t.clone(), backfill.column.clone()));
            uses.reads.insert(Default(s, t, backfill.column.clone()));
        }
        Operation::AddConstraint { constraint, .. } => uses.adds_constraint(&table, constraint, schema),
        Operation::ValidateConstraint { name, .. } => {
            uses.writes.insert(Constraint(s, t, name.clone()));
        }
        Operation::DropConstraint { name, .. } => {
            uses.writes.insert(Constraint(s.clone(), t.clone(), name.clone()));
            uses.writes.insert(Resource::Index(s, name.as_str().to_owned()));
            match schema.constraint(&table, name) {
                Some(state) => uses.drops_constraint(&table, &state.constraint),
                None => uses.barrier = true,
            }
        }
        Operation::RenameConstraint { name, to, .. } => {
            uses.writes.insert(Constraint(s.clone(), t.clone(), name.clone()));
            uses.writes.insert(Constraint(s, t, to.clone()));
        }
        Operation::SetType { column, .. } | Operation::DropColumn { column, .. } => {
            for resource in [Column, Default, Nullability, Data] {
                uses.writes.insert(resource(s.clone(), t.clone(), column.clone()));
            }
            uses.writes.insert(Resource::Keys(s, t));
        }
        // Whole-table changes, data and everything else: in place, nothing passes.
        Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::SetSchema { .. }
        | Operation::SetTableAttribute { .. }
        | Operation::AttachPartition { .. }
        | Operation::DetachPartition { .. }
        | Operation::RenameColumn { .. }
        | Operation::SetColumnAttribute { .. }
        | Operation::AlterConstraint { .. }
        | Operation::CreateIndex(_)
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AlterIndex { .. }
        | Operation::AttachIndex { .. }
        | Operation::Reindex { .. }
        | Operation::CreateEnum { .. }
        | Operation::AddEnumValue { .. }
        | Operation::RenameEnumValue { .. }
        | Operation::RenameType { .. }
        | Operation::DropType { .. }
        | Operation::CreateDomain { .. }
        | Operation::AlterDomain { .. }
        | Operation::CreateObject { .. }
        | Operation::AlterObject { .. }
        | Operation::DropObject { .. }
        | Operation::RefreshMaterializedView { .. }
        | Operation::Comment { .. }
        | Operation::Grant { .. }
        | Operation::Insert { .. }
        | Operation::Update { .. }
        | Operation::Delete { .. }
        | Operation::Truncate { .. }
        | Operation::Select { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction(_)
        | Operation::LockTable { .. }
        | Operation::Vacuum { .. }
        | Operation::Analyze { .. }
        | Operation::Cluster { .. }
        | Operation::Opaque { .. } => uses.barrier = true,
    }
}

/// True when `index` is a build that a foreign key should wait for: it leads with the key's own columns.
pub(super) fn serves_foreign_key(index: &Step, key: &Step) -> bool {
    let (Operation::CreateIndex(index), Operation::AddConstraint { table, constraint }) =
        (&index.operation, &key.operation)
    else {
        return false;
    };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return false };
    let leading: Vec<_> = index.columns.iter().take(key.columns.len()).map(|c| c.column.as_ref()).collect();
    crate::schema::same(&index.table, table)
        && index.predicate.is_none()
        && leading.len() == key.columns.len()
        && key.columns.iter().all(|c| leading.contains(&Some(c)))
}
