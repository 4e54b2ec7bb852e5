//! Names without a schema, looked for along a `search_path`.
//!
//! PostgreSQL makes things in the first schema of the path that is there, and finds them in the first that has one of that
//! name; a temporary table comes before all others (`RangeVarGetCreationNamespace`, `RelnameGetRelid` in
//! `src/backend/catalog/namespace.c`).

use super::objects::speaks_of_table;
use super::store::keys_in;
use super::{Schema, key};
use crate::operation::{
    ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex, DataOperation,
    Ident, IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName, SessionOperation, TableAttribute,
    TableOperation, TypeName, TypeOperation, Value,
};

/// What stands in the way of a name: it could mean a thing in one schema or in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambiguous;

impl Schema {
    /// The operation with a schema before each of its names. Types that are not known, and what stands in expressions, stay as
    /// they are.
    ///
    /// # Errors
    /// Where the catalog does not tell which schema of the path a name means.
    pub fn along(&self, path: &[Ident], operation: &Operation) -> Result<Operation, Ambiguous> {
        let mut found = operation.clone();
        Along { path, schema: self }.operation(&mut found)?;
        Ok(found)
    }

    /// The history makes the schema, or something in it.
    fn has_schema(&self, schema: &Ident) -> bool {
        let made = key(&QualifiedName::unqualified(schema.clone()));
        schema.as_str() == "public"
            || self.schemas.contains(&made)
            || !keys_in(&self.tables, schema).is_empty()
            || !keys_in(&self.enums, schema).is_empty()
    }

    fn has_type(&self, name: &QualifiedName) -> bool {
        let wanted = key(name);
        self.enums.contains_key(&wanted) || self.domains.contains_key(&wanted) || self.tables.contains_key(&wanted)
    }
}

struct Along<'a> {
    path: &'a [Ident],
    schema: &'a Schema,
}

type Found = Result<(), Ambiguous>;

impl Along<'_> {
    fn operation(&self, operation: &mut Operation) -> Found {
        match operation {
            Operation::Table(operation) => self.table_operation(operation),
            Operation::Column(operation) => {
                match operation {
                    ColumnOperation::Add { column, .. } => self.column(column)?,
                    ColumnOperation::SetType { ty, .. } => self.ty(ty),
                    ColumnOperation::Drop { .. }
                    | ColumnOperation::Rename { .. }
                    | ColumnOperation::SetNotNull { .. }
                    | ColumnOperation::DropNotNull { .. }
                    | ColumnOperation::SetDefault { .. }
                    | ColumnOperation::DropDefault { .. }
                    | ColumnOperation::SetAttribute { .. } => {}
                }
                self.relation(&mut operation.table_mut().name)
            }
            Operation::Constraint(operation) => {
                if let ConstraintOperation::Add { constraint, .. } = operation {
                    self.constraint(constraint)?;
                }
                self.relation(&mut operation.table_mut().name)
            }
            Operation::Index(operation) => self.index_operation(operation),
            Operation::Type(operation) => self.type_operation(operation),
            Operation::Object(operation) => self.object_operation(operation),
            Operation::Data(operation) => self.data_operation(operation),
            Operation::Session(SessionOperation::LockTable { tables, .. }) => self.relations(tables),
            Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_))
            | Operation::Opaque { .. } => Ok(()),
        }
    }

    fn table_operation(&self, operation: &mut TableOperation) -> Found {
        match operation {
            TableOperation::Create(create) => {
                let like = create.like.iter_mut().map(|like| &mut like.table);
                let mut sources = like.chain(&mut create.inherits).chain(&mut create.partition_of);
                sources.try_for_each(|name| self.relation(name))?;
                create.columns.iter_mut().try_for_each(|column| self.column(column))?;
                create.constraints.iter_mut().try_for_each(|constraint| self.constraint(constraint))?;
                if create.persistence.is_temporary() { Ok(()) } else { self.made(&mut create.name) }
            }
            TableOperation::Drop { names: tables, .. }
            | TableOperation::Vacuum { tables, .. }
            | TableOperation::Analyze { tables } => self.relations(tables),
            TableOperation::Rename { table, .. } => self.relation(&mut table.name),
            TableOperation::SetAttribute { table, attribute } => {
                if let TableAttribute::Inherit(parent) | TableAttribute::NoInherit(parent) = attribute {
                    self.relation(parent)?;
                }
                self.relation(&mut table.name)
            }
            TableOperation::AttachPartition { table, partition, .. }
            | TableOperation::DetachPartition { table, partition, .. } => {
                self.relation(partition)?;
                self.relation(&mut table.name)
            }
            TableOperation::Cluster { table } => table.iter_mut().try_for_each(|table| self.relation(table)),
        }
    }

    fn index_operation(&self, operation: &mut IndexOperation) -> Found {
        match operation {
            IndexOperation::Create(index) => self.table_of_index(index),
            IndexOperation::Drop { names, .. } => names.iter_mut().try_for_each(|name| self.index(name)),
            IndexOperation::Rename { index, .. } | IndexOperation::Alter { index, .. } => self.index(index),
            IndexOperation::AttachPartition { index, partition } => {
                self.index(partition)?;
                self.index(index)
            }
            IndexOperation::Reindex { kind: ObjectKind::Index, name: Some(name), .. } => self.index(name),
            IndexOperation::Reindex { kind: ObjectKind::Table, name: Some(name), .. } => self.relation(name),
            IndexOperation::Reindex { .. } => Ok(()),
        }
    }

    fn type_operation(&self, operation: &mut TypeOperation) -> Found {
        match operation {
            TypeOperation::CreateEnum { name, .. } | TypeOperation::CreateDomain { name, .. } => self.made(name),
            TypeOperation::AddValue { name, .. }
            | TypeOperation::RenameValue { name, .. }
            | TypeOperation::Rename { name, .. }
            | TypeOperation::AlterDomain { name, .. } => self.user_type(name),
            TypeOperation::Drop { names, .. } => names.iter_mut().try_for_each(|name| self.user_type(name)),
        }
    }

    fn object_operation(&self, operation: &mut ObjectOperation) -> Found {
        match operation {
            ObjectOperation::Create { kind, name, on, .. } => {
                on.iter_mut().try_for_each(|table| self.relation(table))?;
                match name {
                    Some(name) if has_schema(*kind) => self.made(name),
                    _ => Ok(()),
                }
            }
            ObjectOperation::Alter { kind, name, on, .. } => {
                on.iter_mut().try_for_each(|table| self.relation(table))?;
                name.iter_mut().try_for_each(|name| self.object(*kind, name))
            }
            ObjectOperation::Drop { kind, names, on, .. } => {
                on.iter_mut().try_for_each(|table| self.relation(table))?;
                names.iter_mut().try_for_each(|name| self.object(*kind, name))
            }
            ObjectOperation::SetSchema { kind, name, .. } => self.object(*kind, name),
            ObjectOperation::RefreshMaterializedView { name, .. } => self.relation(name),
            // What else a comment speaks of is named as it is written.
            ObjectOperation::Comment { name: Some(name), definition, .. } if speaks_of_table(definition) => {
                self.relation(name)
            }
            ObjectOperation::Comment { .. } | ObjectOperation::Grant { .. } | ObjectOperation::ShareAccess { .. } => {
                Ok(())
            }
        }
    }

    fn data_operation(&self, operation: &mut DataOperation) -> Found {
        match operation {
            DataOperation::Insert { table, given, .. } => {
                let read = given.iter_mut().flat_map(|given| &mut given.values).filter_map(|value| match value {
                    Value::Column(relation, _) | Value::All(relation) => Some(relation),
                    Value::Default | Value::Null | Value::Typed(_) | Value::Other => None,
                });
                if read.into_iter().any(|relation| self.relation(relation).is_err()) {
                    *given = None;
                }
                self.relation(table)
            }
            DataOperation::Update { table, .. } | DataOperation::Delete { table, .. } => self.relation(table),
            DataOperation::Truncate { tables, .. } => self.relations(tables),
            DataOperation::Backfill(backfill) => self.relation(&mut backfill.table),
            DataOperation::Select { .. } | DataOperation::Assertion(_) => Ok(()),
        }
    }

    fn column(&self, column: &mut ColumnDefinition) -> Found {
        self.ty(&mut column.ty);
        column.constraints.iter_mut().try_for_each(|constraint| self.constraint(constraint))
    }

    fn constraint(&self, constraint: &mut Constraint) -> Found {
        match &mut constraint.kind {
            ConstraintKind::ForeignKey(key) => self.relation(&mut key.references),
            _ => Ok(()),
        }
    }

    fn table_of_index(&self, index: &mut CreateIndex) -> Found {
        let mut table = QualifiedName::clone(&index.table);
        self.relation(&mut table)?;
        if table != *index.table {
            index.table = table.into();
        }
        Ok(())
    }

    fn object(&self, kind: ObjectKind, name: &mut QualifiedName) -> Found {
        match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence => {
                self.relation(name)
            }
            ObjectKind::Index => self.index(name),
            ObjectKind::Type | ObjectKind::Domain => self.user_type(name),
            ObjectKind::Function => self.there(name, |name| self.schema.function(name).is_some()),
            ObjectKind::Statistics => self.there(name, |name| self.schema.definition_of(name).is_some()),
            ObjectKind::Schema
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Rule
            | ObjectKind::Extension
            | ObjectKind::Publication
            | ObjectKind::Other => Ok(()),
        }
    }

    fn relations(&self, names: &mut [QualifiedName]) -> Found {
        names.iter_mut().try_for_each(|name| self.relation(name))
    }

    fn relation(&self, name: &mut QualifiedName) -> Found {
        let is_temporary =
            name.schema.is_none() && self.schema.table(name).is_some_and(|table| table.persistence.is_temporary());
        match is_temporary {
            true => Ok(()),
            false => self.there(name, |name| self.schema.is_relation(&key(name))),
        }
    }

    fn index(&self, name: &mut QualifiedName) -> Found {
        self.there(name, |name| self.schema.index(name).is_some())
    }

    fn user_type(&self, name: &mut QualifiedName) -> Found {
        self.there(name, |name| self.schema.has_type(name))
    }

    /// A user's type gets its schema where it is known; any other stays as it is.
    fn ty(&self, ty: &mut TypeName) {
        let mut name = ty.name().clone();
        let is_known =
            |name: &QualifiedName| self.schema.enum_type(name).is_some() || self.schema.domain(name).is_some();
        if name.schema.is_some() || ty.text().to_ascii_uppercase().starts_with("U&") {
            return;
        }
        let schema = self.path.iter().find(|schema| {
            name.schema = Some((*schema).clone());
            is_known(&name)
        });
        if let Some(schema) = schema {
            *ty = TypeName::new(&format!("{schema}.{}", ty.text()));
        }
    }

    /// Something that is there.
    fn there(&self, name: &mut QualifiedName, is_there: impl Fn(&QualifiedName) -> bool) -> Found {
        if name.schema.is_some() {
            return Ok(());
        }
        // The system's own come first.
        if name.name.as_str().starts_with("pg_") {
            return Err(Ambiguous);
        }
        let within = |schema: &Ident| QualifiedName { schema: Some(schema.clone()), name: name.name.clone() };
        *name = match self.path {
            [] => return Err(Ambiguous),
            [only] => within(only),
            // Of a schema that the history never speaks of nobody knows what is in it.
            several => {
                let known = several.iter().take_while(|schema| self.schema.has_schema(schema));
                known.map(within).find(|name| is_there(name)).ok_or(Ambiguous)?
            }
        };
        Ok(())
    }

    /// Something that is made.
    fn made(&self, name: &mut QualifiedName) -> Found {
        if name.schema.is_some() {
            return Ok(());
        }
        let first = self.path.first().filter(|first| self.path.len() == 1 || self.schema.has_schema(first));
        name.schema = Some(first.ok_or(Ambiguous)?.clone());
        Ok(())
    }
}

/// What of that kind is in a schema.
fn has_schema(kind: ObjectKind) -> bool {
    match kind {
        ObjectKind::Table
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Index
        | ObjectKind::Sequence
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Function
        | ObjectKind::Statistics => true,
        ObjectKind::Schema
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Rule
        | ObjectKind::Extension
        | ObjectKind::Publication
        | ObjectKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read_statement;

    fn schema(text: &str) -> Schema {
        let mut schema = Schema::default();
        for statement in text.split(';').filter(|s| !s.trim().is_empty()) {
            read_statement(statement).operations.iter().for_each(|o| schema.apply(&o.operation));
        }
        schema
    }

    fn along(schema: &Schema, path: &[&str], text: &str) -> Result<String, Ambiguous> {
        let path: Vec<Ident> = path.iter().map(|schema| Ident::from_sql(schema)).collect();
        let operation = read_statement(text).operations.remove(0).operation;
        let found = schema.along(&path, &operation)?;
        Ok(crate::sql::render::statement(&found).unwrap_or_else(|| format!("{:?}", found.table())))
    }

    #[test]
    fn one_schema_decides_by_itself() {
        let schema = schema("CREATE TYPE app.mood AS ENUM ('a'); CREATE TEMP TABLE scratch (a int)");
        for (text, found) in [
            ("ALTER TABLE t ADD COLUMN m mood", "ALTER TABLE app.t ADD COLUMN m app.mood"),
            ("ALTER TABLE other.t ADD COLUMN m mood[]", "ALTER TABLE other.t ADD COLUMN m app.mood[]"),
            ("ALTER TABLE t ADD COLUMN m text", "ALTER TABLE app.t ADD COLUMN m text"),
            (
                "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES \"U\" (id)",
                "ALTER TABLE app.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.\"U\"(id)",
            ),
            ("CREATE INDEX i ON \"a\"\"b\" USING btree (c)", "CREATE INDEX i ON app.\"a\"\"b\" USING btree (c)"),
            ("CREATE INDEX i ON app.t (c)", "CREATE INDEX i ON app.t (c)"),
            ("DROP INDEX i, \"J\"", "DROP INDEX app.i, app.\"J\""),
            ("ALTER TABLE scratch DROP COLUMN a", "ALTER TABLE scratch DROP COLUMN a"),
            ("CREATE TABLE t ()", "Some(app.t)"),
        ] {
            assert_eq!(along(&schema, &["app"], text), Ok(found.to_owned()), "{text}");
        }
    }

    #[test]
    fn of_several_schemas_the_catalog_tells() {
        let schema = schema("CREATE TABLE app.t (a int); CREATE TABLE public.t (a int); CREATE TABLE u (a int)");
        let two = ["app", "public"];
        assert_eq!(along(&schema, &two, "DROP TABLE t"), Ok("DROP TABLE app.t".into()));
        assert_eq!(along(&schema, &two, "DROP TABLE u"), Ok("DROP TABLE public.u".into()));
        assert_eq!(along(&schema, &two, "DROP TABLE v"), Err(Ambiguous));
        assert_eq!(along(&schema, &two, "CREATE TABLE v ()"), Ok("Some(app.v)".into()));
        assert_eq!(along(&schema, &["new", "app"], "CREATE TABLE v ()"), Err(Ambiguous));
        assert_eq!(along(&schema, &[], "DROP TABLE t"), Err(Ambiguous));
        assert_eq!(along(&schema, &["app"], "DROP TABLE pg_class"), Err(Ambiguous));
    }
}
