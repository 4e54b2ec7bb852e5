//! Snapshots: the schema as drizzle-kit wrote it down beside a migration.
//!
//! Versions 5 to 7 (0.x) nest columns and keys in their tables, version 8 and a version 9 of type `base` list every object
//! as a row: both hold the whole schema. The other snapshots of version 9 hold what changed (`chain`). Tables, columns,
//! keys, constraints, indexes and enums are read; views, policies, roles and sequences are as replaying gives them.

mod chain;
mod nested;
mod rows;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::Value;

use super::super::{Found, FrameworkError, WrittenSchemas};
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, CreateTable, ForeignKey, Generated, Ident, IndexColumn,
    Operation, Persistence, QualifiedName, SqlFragment, TypeName,
};
use crate::schema::Schema;
use crate::source::SourceFile;

use super::{SNAPSHOT, journal};

/// What is read of the file of any version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    version: String,
    tables: Option<nested::Ordered<nested::Table>>,
    enums: Option<nested::Ordered<nested::Enum>>,
    ddl: Option<Vec<rows::Row>>,
}

/// The snapshots of a folder, as far as each holds the schema after its migration.
pub(super) fn written_schemas(history: &[Found]) -> Box<dyn WrittenSchemas> {
    let folder = history.first().and_then(|found| found.file.parent());
    match folder.is_some_and(|folder| journal::of(folder).is_file()) {
        true => Box::new(Whole { files: history.iter().map(of_entry).collect() }),
        false => {
            let files: Vec<Utf8PathBuf> = history.iter().map(|found| found.file.with_file_name(SNAPSHOT)).collect();
            Box::new(chain::Chain::read(&files))
        }
    }
}

/// `meta/0004_snapshot.json` of `0004_name.sql`: the same prefix up to the first underscore, whatever it is made of.
fn of_entry(found: &Found) -> Option<Utf8PathBuf> {
    let (prefix, _) = found.name.split_once('_')?;
    let file = found.file.parent()?.join(format!("meta/{prefix}_snapshot.json"));
    file.is_file().then_some(file)
}

/// Snapshots that each hold a whole schema.
struct Whole {
    files: Vec<Option<Utf8PathBuf>>,
}

impl WrittenSchemas for Whole {
    fn file(&self, at: usize) -> Option<&Utf8Path> {
        self.files.get(at)?.as_deref()
    }

    fn after(&self, at: usize) -> Result<Schema, FrameworkError> {
        self.file(at).map_or_else(|| Ok(Schema::default()), read)
    }
}

/// The schema that one file holds.
fn read(path: &Utf8Path) -> Result<Schema, FrameworkError> {
    let snapshot: Snapshot = parse(path)?;
    let unusable = |why: String| FrameworkError::Unusable { path: path.to_owned(), why };
    let operations = match snapshot.version.as_str() {
        "5" | "6" | "7" => {
            let tables = snapshot.tables.ok_or_else(|| unusable("has no tables".into()))?;
            nested::operations(tables, snapshot.enums.unwrap_or_default())
        }
        "8" | "9" => rows::operations(snapshot.ddl.ok_or_else(|| unusable("has no ddl".into()))?),
        other => return Err(unusable(format!("snapshot version {other} is not known here"))),
    };
    Ok(schema(&operations))
}

fn parse<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> Result<T, FrameworkError> {
    let text = SourceFile::read(path)?.text;
    serde_json::from_str(&text).map_err(|error| FrameworkError::Unusable {
        path: path.to_owned(),
        why: format!("is not what drizzle-kit writes: {error}"),
    })
}

fn schema(operations: &[Operation]) -> Schema {
    let mut schema = Schema::default();
    operations.iter().for_each(|operation| schema.apply(operation));
    schema.begin_migration();
    schema
}

/// A name whose schema is written only where it is not `public`.
fn qualified(schema: Option<&str>, name: &str) -> QualifiedName {
    let schema = schema.filter(|schema| !schema.is_empty() && *schema != "public");
    QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) }
}

fn idents(names: &[String]) -> Vec<Ident> {
    names.iter().map(Ident::new).collect()
}

fn create_enum(schema: Option<&str>, name: &str, values: &[String]) -> Operation {
    let labels = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    Operation::CreateEnum { name: qualified(schema, name), labels }
}

fn create_table(name: QualifiedName, columns: Vec<ColumnDefinition>, constraints: Vec<Constraint>) -> Operation {
    Operation::CreateTable(CreateTable {
        name,
        if_not_exists: false,
        persistence: Persistence::Permanent,
        columns,
        constraints,
        like: Vec::new(),
        inherits: Vec::new(),
        partition_of: None,
        bounds: None,
        partitioned: false,
        as_query: false,
    })
}

/// A column as every version describes it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    type_schema: Option<String>,
    #[serde(default)]
    not_null: bool,
    /// How many `[]` a row's type has; the nested form writes them.
    #[serde(default)]
    dimensions: usize,
    default: Option<Value>,
    generated: Option<GeneratedAs>,
    identity: Option<Value>,
    /// The nested form only.
    #[serde(default)]
    primary_key: bool,
}

#[derive(Clone, Deserialize)]
struct GeneratedAs {
    #[serde(rename = "as")]
    expression: String,
}

impl Column {
    /// `is_enum` tells a user's type where the snapshot does not give its schema.
    fn definition(self, is_enum: impl Fn(&str) -> bool) -> ColumnDefinition {
        let element = self.ty.find('[').map_or(self.ty.as_str(), |at| &self.ty[..at]);
        let own = self.type_schema.is_some() || is_enum(element);
        let base = if own { qualified(self.type_schema.as_deref(), element).to_string() } else { element.to_owned() };
        let is_array = self.dimensions > 0 || element.len() < self.ty.len();
        let generated = match (self.generated, self.identity) {
            (Some(generated), _) => Some(Generated::Stored(SqlFragment::new(&generated.expression))),
            (None, Some(_)) => Some(Generated::Identity(SqlFragment::new("GENERATED AS IDENTITY"))),
            (None, None) => None,
        };
        ColumnDefinition {
            name: Ident::new(self.name),
            ty: TypeName::new(&if is_array { format!("{base}[]") } else { base }),
            options: SqlFragment::new(""),
            not_null: self.not_null,
            default: self.default.as_ref().and_then(literal),
            generated,
            constraints: Vec::new(),
        }
    }
}

/// A default: SQL text, or a number or truth value as JSON has them.
fn literal(value: &Value) -> Option<SqlFragment> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(SqlFragment::new(text)),
        other => Some(SqlFragment::new(&other.to_string())),
    }
}

fn constraint(name: &str, kind: ConstraintKind) -> Constraint {
    Constraint { name: Some(Ident::new(name)), kind, not_valid: false, options: SqlFragment::new("") }
}

fn primary_key(name: &str, columns: &[String]) -> Constraint {
    let columns = idents(columns);
    constraint(name, ConstraintKind::PrimaryKey { columns, index_options: SqlFragment::new(""), using_index: None })
}

fn unique(name: &str, columns: &[String], nulls_not_distinct: bool) -> Constraint {
    let (columns, index_options) = (idents(columns), SqlFragment::new(""));
    constraint(name, ConstraintKind::Unique { columns, nulls_not_distinct, index_options, using_index: None })
}

fn check(name: &str, expression: &str) -> Constraint {
    constraint(name, ConstraintKind::Check { expression: SqlFragment::new(expression) })
}

/// What a foreign key does when the row that it points at goes or changes.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actions {
    on_delete: Option<String>,
    on_update: Option<String>,
}

fn foreign_key(
    name: &str,
    columns: &[String],
    references: QualifiedName,
    referenced: &[String],
    on: &Actions,
) -> Constraint {
    let action = |event: &str, action: &Option<String>| {
        let action = action.as_deref().filter(|action| !action.is_empty());
        action.map(|action| format!("ON {event} {action}"))
    };
    let actions: Vec<String> =
        action("DELETE", &on.on_delete).into_iter().chain(action("UPDATE", &on.on_update)).collect();
    let (columns, referenced) = (idents(columns), idents(referenced));
    let actions = SqlFragment::new(&actions.join(" "));
    constraint(name, ConstraintKind::ForeignKey(ForeignKey { columns, references, referenced, actions }))
}

/// An index as every version describes it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    name: String,
    columns: Vec<Element>,
    #[serde(default)]
    is_unique: bool,
    #[serde(alias = "using")]
    method: Option<String>,
    #[serde(rename = "where")]
    predicate: Option<String>,
    with: Option<Value>,
}

/// A column or expression of an index: a bare name up to version 6.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Element {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Whole {
        #[serde(alias = "value")]
        expression: String,
        #[serde(default)]
        is_expression: bool,
        asc: Option<bool>,
        nulls: Option<String>,
        nulls_first: Option<bool>,
        opclass: Option<Value>,
    },
}

impl Element {
    fn column(&self) -> IndexColumn {
        let (text, is_expression) = match self {
            Element::Name(name) => (name, false),
            Element::Whole { expression, is_expression, .. } => (expression, *is_expression),
        };
        let name = match text.starts_with('"') {
            true => Ident::from_sql(text),
            false => Ident::new(text.clone()),
        };
        let column = (!is_expression).then_some(name);
        let mut sql = column.as_ref().map_or_else(|| text.clone(), ToString::to_string);
        if let Element::Whole { asc, nulls, nulls_first, opclass, .. } = self {
            // A string up to version 7, an object with a name after it.
            let class = opclass.as_ref().and_then(|class| class.as_str().or_else(|| class.get("name")?.as_str()));
            class.into_iter().for_each(|class| sql.push_str(&format!(" {class}")));
            let descending = *asc == Some(false);
            let first =
                nulls.as_deref().map(|n| n.eq_ignore_ascii_case("first")).or(*nulls_first).unwrap_or(descending);
            let order = match (descending, first) {
                (false, false) => "",
                (false, true) => " NULLS FIRST",
                (true, true) => " DESC",
                (true, false) => " DESC NULLS LAST",
            };
            sql.push_str(order);
        }
        IndexColumn { column, text: SqlFragment::new(&sql) }
    }
}

impl Index {
    fn create(&self, table: &QualifiedName) -> Operation {
        let columns: Vec<IndexColumn> = self.columns.iter().map(Element::column).collect();
        let list = columns.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(", ");
        let method = self.method.as_deref().unwrap_or("btree");
        let mut definition = format!("{table} USING {method} ({list})");
        if let Some(parameters) = self.with.as_ref().and_then(parameters) {
            definition.push_str(&format!(" WITH ({parameters})"));
        }
        if let Some(predicate) = &self.predicate {
            definition.push_str(&format!(" WHERE {predicate}"));
        }
        Operation::CreateIndex(CreateIndex {
            name: Some(Ident::new(self.name.clone())),
            table: table.clone(),
            unique: self.is_unique,
            concurrently: false,
            if_not_exists: false,
            only: false,
            columns,
            include: Vec::new(),
            predicate: self.predicate.as_deref().map(SqlFragment::new),
            definition: SqlFragment::new(&definition),
        })
    }
}

/// Storage parameters: an object up to version 7, text after it.
fn parameters(with: &Value) -> Option<String> {
    let text = match with {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let one = |(key, value): (&String, &Value)| match value {
                Value::String(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            };
            map.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
