//! Snapshots: the schema as drizzle-kit wrote it down beside a migration.
//!
//! Versions 5 to 7 (0.x) nest columns and keys in their tables, version 8 and a version 9 of type `base` list every object
//! as a row: both hold the whole schema. The other snapshots of version 9 hold what changed (`chain`). Tables, columns,
//! keys, constraints, indexes and enums are read; views, policies, roles and sequences are as replaying gives them.

mod chain;
mod nested;
mod rows;
mod word;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::Value;

use super::super::{Found, FrameworkError, WrittenSchemas};
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, CreateTable, ForeignKey, Generated, Ident, Identity,
    IndexColumn, IndexDefinition, IndexKey, IndexOperation, IndexParameters, NullsOrder, Operation, OperatorClass,
    Persistence, QualifiedName, ReferentialAction, ReferentialActions, SortOrder, SqlFragment, StorageParameter,
    TableOperation, TypeName, TypeOperation,
};
use crate::schema::Schema;
use crate::source::SourceFile;

use super::{SNAPSHOT, journal};
pub(super) use word::{Says, is_whole, says};

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

/// The snapshot of an entry, where it has one.
fn of_entry(found: &Found) -> Option<Utf8PathBuf> {
    of_tag(found.file.parent()?, &found.name).filter(|file| file.is_file())
}

/// `meta/0004_snapshot.json` of `0004_name`: the same prefix up to the first underscore, whatever it is made of.
pub(super) fn of_tag(folder: &Utf8Path, tag: &str) -> Option<Utf8PathBuf> {
    let (prefix, _) = tag.split_once('_')?;
    Some(folder.join(format!("meta/{prefix}_snapshot.json")))
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
    schema_in(path, &SourceFile::read(path)?.text)
}

/// The schema that the text of a file holds.
fn schema_in(path: &Utf8Path, text: &str) -> Result<Schema, FrameworkError> {
    let snapshot: Snapshot = parse_text(path, text)?;
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
    parse_text(path, &SourceFile::read(path)?.text)
}

fn parse_text<T: serde::de::DeserializeOwned>(path: &Utf8Path, text: &str) -> Result<T, FrameworkError> {
    serde_json::from_str(text).map_err(|error| FrameworkError::Unusable {
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
    Operation::Type(TypeOperation::CreateEnum { name: qualified(schema, name), labels })
}

fn create_table(name: QualifiedName, columns: Vec<ColumnDefinition>, constraints: Vec<Constraint>) -> Operation {
    Operation::Table(TableOperation::Create(CreateTable {
        name,
        if_not_exists: false,
        persistence: Persistence::Permanent,
        columns,
        constraints,
        like: Vec::new(),
        inherits: Vec::new(),
        partition_of: None,
        bounds: None,
        partition_key: None,
        as_query: false,
    }))
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
            (None, Some(_)) => Some(Generated::Identity(Identity::default())),
            (None, None) => None,
        };
        ColumnDefinition {
            name: Ident::new(self.name),
            ty: TypeName::new(&if is_array { format!("{base}[]") } else { base }),
            storage: None,
            compression: None,
            collation: None,
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
    Constraint::new(Some(Ident::new(name)), kind)
}

fn primary_key(name: &str, columns: &[String]) -> Constraint {
    let (columns, index_parameters) = (idents(columns), IndexParameters::default());
    constraint(name, ConstraintKind::PrimaryKey { columns, index_parameters, using_index: None })
}

fn unique(name: &str, columns: &[String], nulls_not_distinct: bool) -> Constraint {
    let (columns, index_parameters) = (idents(columns), IndexParameters::default());
    constraint(name, ConstraintKind::Unique { columns, nulls_not_distinct, index_parameters, using_index: None })
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
    let actions = ReferentialActions {
        on_delete: referential_action(on.on_delete.as_deref()),
        on_update: referential_action(on.on_update.as_deref()),
        ..ReferentialActions::default()
    };
    let (columns, referenced, actions) = (idents(columns), idents(referenced), actions.into());
    constraint(name, ConstraintKind::ForeignKey(ForeignKey { columns, references, referenced, actions }))
}

/// The action as `drizzle-kit` spells it: SQL's words, in either case.
fn referential_action(words: Option<&str>) -> ReferentialAction {
    match words.unwrap_or_default().to_ascii_lowercase().as_str() {
        "cascade" => ReferentialAction::Cascade,
        "restrict" => ReferentialAction::Restrict,
        "set null" => ReferentialAction::SetNull(Vec::new()),
        "set default" => ReferentialAction::SetDefault(Vec::new()),
        _ => ReferentialAction::NoAction,
    }
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
        let mut column = IndexColumn::plain(match is_expression {
            true => IndexKey::Expression(SqlFragment::new(text)),
            false => IndexKey::Column(name),
        });
        if let Element::Whole { asc, nulls, nulls_first, opclass, .. } = self {
            // A string up to version 7, an object with a name after it.
            let class = opclass.as_ref().and_then(|class| class.as_str().or_else(|| class.get("name")?.as_str()));
            let named = |class| OperatorClass { name: qualified(None, class), parameters: None };
            column.operator_class = class.map(named);
            column.order = if *asc == Some(false) { SortOrder::Descending } else { SortOrder::Ascending };
            let first = nulls.as_deref().map(|n| n.eq_ignore_ascii_case("first")).or(*nulls_first);
            column.nulls = match first {
                Some(true) => NullsOrder::First,
                Some(false) => NullsOrder::Last,
                None => column.order.nulls(),
            };
        }
        column
    }
}

impl Index {
    fn create(&self, table: &QualifiedName) -> Operation {
        let mut definition = IndexDefinition::of(self.columns.iter().map(Element::column).collect());
        if let Some(method) = &self.method {
            definition.method = Ident::new(method.as_str());
        }
        definition.parameters.with = self.with.as_ref().map(parameters).unwrap_or_default();
        definition.predicate = self.predicate.as_deref().map(SqlFragment::new);
        Operation::Index(IndexOperation::Create(CreateIndex {
            name: Some(Ident::new(self.name.clone())),
            table: table.clone().into(),
            unique: self.is_unique,
            concurrently: false,
            if_not_exists: false,
            only: false,
            definition: definition.into(),
        }))
    }
}

/// Storage parameters: an object up to version 7, text after it.
fn parameters(with: &Value) -> Vec<StorageParameter> {
    let parameter = |name: &str, value: Option<&str>| StorageParameter {
        name: qualified(None, name.trim()),
        value: value.map(SqlFragment::new),
    };
    let of_text = |one: &str| match one.split_once('=') {
        Some((name, value)) => parameter(name, Some(value)),
        None => parameter(one, None),
    };
    match with {
        Value::String(text) => text.split(',').filter(|one| !one.trim().is_empty()).map(of_text).collect(),
        Value::Object(map) => {
            let one = |(name, value): (&String, &Value)| match value {
                Value::String(text) => parameter(name, Some(text)),
                other => parameter(name, Some(&other.to_string())),
            };
            map.iter().map(one).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
