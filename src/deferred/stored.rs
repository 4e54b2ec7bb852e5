//! `sequence.toml`: what waits, as it is on disk.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::DeferredError;
use crate::operation::{Ident, QualifiedName};
use crate::plan::{Check, Owned};
use crate::source::{SourceFile, is_there};

/// The name of the file.
pub const FILE: &str = "sequence.toml";
/// The version of its form.
const VERSION: u32 = 1;

/// A sequence with phases that wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The version of the file's form.
    pub version: u32,
    /// The framework that it was made for.
    pub framework: String,
    /// The migration that it came from; its folder has that name.
    pub migration: String,
    /// Its name in the framework's ledger, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded: Option<String>,
    /// The migration before that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The SHA-256 of the migration, in hexadecimal digits.
    pub sha256: String,
    /// The migration as its author wrote it.
    pub original: String,
    /// The columns that are its own until its last phase is done.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<StoredColumn>,
    /// The tables that are its own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tables: Vec<StoredName>,
    /// The names of tables that have another one by now.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub names: Vec<StoredRename>,
    /// The types that are its own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub types: Vec<StoredName>,
    /// The enums that lose labels.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub enums: Vec<StoredLabels>,
    /// Its phases, in order.
    pub phases: Vec<StoredPhase>,
}

/// A column that belongs to a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredColumn {
    /// Its table's schema, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The column that takes its place, where one does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub becomes: Option<String>,
    /// The column whose name it takes, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub takes: Option<String>,
}

/// A table or type that belongs to a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredName {
    /// Its schema, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

/// An enum that loses labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredLabels {
    /// Its schema, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The labels that go.
    pub labels: Vec<String>,
    /// The type that takes its name.
    pub second: String,
}

/// A name that views have until it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredRename {
    /// The schema of both, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// What the table is called now.
    pub becomes: String,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPhase {
    /// `expand`, `migrate` or `contract`.
    pub phase: String,
    /// Whether it is among the migrations.
    pub state: PhaseState,
    /// Its files: by their names among the migrations, or in its own folder while it waits.
    pub files: Vec<String>,
    /// What must be deployed before it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deploy: Vec<String>,
    /// What a database must say before it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<StoredCheck>,
    /// How to go back while it waits.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub undo: Vec<String>,
}

/// Where a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseState {
    /// Among the migrations.
    Released,
    /// In its own folder.
    Waiting,
}

/// A query that must find nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCheck {
    /// What is true when it finds nothing.
    pub condition: String,
    /// The query.
    pub query: String,
}

impl From<&Check> for StoredCheck {
    fn from(check: &Check) -> Self {
        StoredCheck { condition: check.condition.clone(), query: check.query.clone() }
    }
}

impl From<&StoredColumn> for Owned {
    fn from(stored: &StoredColumn) -> Self {
        let table = qualified(stored.schema.as_deref(), &stored.table);
        let named = |name: &String| Ident::new(name.as_str()).styled_like(&table.name);
        let (column, becomes) = (named(&stored.column), stored.becomes.as_ref().map(named));
        match stored.takes.as_ref().map(named) {
            Some(of) => Owned::Shadow { table, column, of },
            None => Owned::Column { table, column, becomes },
        }
    }
}

impl From<&StoredLabels> for Owned {
    fn from(stored: &StoredLabels) -> Self {
        let of = |name: &str| qualified(stored.schema.as_deref(), name);
        Owned::Labels { name: of(&stored.name), labels: stored.labels.clone(), second: of(&stored.second) }
    }
}

impl From<&StoredRename> for Owned {
    fn from(stored: &StoredRename) -> Self {
        let of = |name: &str| qualified(stored.schema.as_deref(), name);
        Owned::Name { name: of(&stored.name), table: of(&stored.becomes) }
    }
}

impl From<&QualifiedName> for StoredName {
    fn from(name: &QualifiedName) -> Self {
        StoredName { schema: schema_of(name), name: name.name.as_str().to_owned() }
    }
}

impl StoredName {
    fn name(&self) -> QualifiedName {
        qualified(self.schema.as_deref(), &self.name)
    }
}

fn qualified(schema: Option<&str>, name: &str) -> QualifiedName {
    QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) }
}

fn schema_of(name: &QualifiedName) -> Option<String> {
    name.schema.as_ref().map(|schema| schema.as_str().to_owned())
}

impl Sequence {
    /// A new one.
    pub fn new(framework: &str, migration: &str, after: Option<&str>, original: &str) -> Sequence {
        Sequence {
            version: VERSION,
            framework: framework.to_owned(),
            migration: migration.to_owned(),
            recorded: None,
            after: after.map(str::to_owned),
            sha256: crate::framework::ledger::sha256(original),
            original: original.to_owned(),
            columns: Vec::new(),
            tables: Vec::new(),
            names: Vec::new(),
            types: Vec::new(),
            enums: Vec::new(),
            phases: Vec::new(),
        }
    }

    /// Gives it something to have to itself.
    pub fn own(&mut self, owned: &Owned) {
        match owned {
            Owned::Column { table, column, becomes } => self.columns.push(StoredColumn {
                schema: schema_of(table),
                table: table.name.as_str().to_owned(),
                column: column.as_str().to_owned(),
                becomes: becomes.as_ref().map(|name| name.as_str().to_owned()),
                takes: None,
            }),
            Owned::Shadow { table, column, of } => self.columns.push(StoredColumn {
                schema: schema_of(table),
                table: table.name.as_str().to_owned(),
                column: column.as_str().to_owned(),
                becomes: None,
                takes: Some(of.as_str().to_owned()),
            }),
            Owned::Table { table } => self.tables.push(table.into()),
            Owned::Name { name, table } => self.names.push(StoredRename {
                schema: schema_of(name),
                name: name.name.as_str().to_owned(),
                becomes: table.name.as_str().to_owned(),
            }),
            Owned::Type { name } => self.types.push(name.into()),
            Owned::Labels { name, labels, second } => self.enums.push(StoredLabels {
                schema: schema_of(name),
                name: name.name.as_str().to_owned(),
                labels: labels.clone(),
                second: second.name.as_str().to_owned(),
            }),
        }
    }

    /// What it has to itself until its last phase is done: tables and their types come first.
    pub fn owns(&self) -> Vec<Owned> {
        let tables = self.tables.iter().map(|table| Owned::Table { table: table.name() });
        let names = self.names.iter().map(Owned::from);
        let types = self.types.iter().map(|ty| Owned::Type { name: ty.name() });
        let enums = self.enums.iter().map(Owned::from);
        tables.chain(names).chain(types).chain(enums).chain(self.columns.iter().map(Owned::from)).collect()
    }

    /// The text of its file.
    ///
    /// # Errors
    /// Those of the TOML writer; a sequence holds nothing that it cannot write.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let head = "# Written by safestep: `safestep status` reads it, `safestep release` changes it. RUNBOOK.md is for people.\n";
        Ok(head.to_owned() + &toml::to_string_pretty(self)?)
    }

    fn read(path: &Utf8Path) -> Result<Sequence, DeferredError> {
        let source = SourceFile::read(path)?;
        let unusable = |why: String| DeferredError::Unusable { path: path.to_owned(), why };
        let sequence: Sequence = toml::from_str(&source.text).map_err(|error| unusable(error.to_string()))?;
        if sequence.version != VERSION {
            let why = format!("version {} is not one that this safestep reads ({VERSION})", sequence.version);
            return Err(unusable(why));
        }
        let folder = path.parent().and_then(Utf8Path::file_name).unwrap_or_default();
        match sequence.migration == folder {
            true => Ok(sequence),
            false => Err(unusable(format!("it is of {}, and its folder is called {folder}", sequence.migration))),
        }
    }

    /// The next phase that waits, by index.
    pub fn next(&self) -> Option<usize> {
        self.phases.iter().position(|phase| phase.state == PhaseState::Waiting)
    }

    /// The folder of a phase: `2-contract`.
    pub fn phase_folder(&self, at: usize) -> String {
        format!("{}-{}", at + 1, self.phases[at].phase)
    }
}

/// The sequences of a folder, by name; none where there is no such folder.
///
/// # Errors
/// When something there is not what safestep wrote.
pub fn sequences(folder: &Utf8Path) -> Result<Vec<(Utf8PathBuf, Sequence)>, DeferredError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unlistable = |source| DeferredError::Unlistable { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().map_err(unlistable)? {
        let entry = entry.map_err(unlistable)?;
        let file = entry.path().join(FILE);
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_there(&file) {
            found.push((entry.path().to_owned(), Sequence::read(&file)?));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        assert_eq!(sequences(&root.join("deferred")).unwrap(), []);
        let own = root.join("20260101_a");
        std::fs::create_dir(&own).unwrap();
        let original = "-- '''\nALTER TABLE \"T\"\r\n\tDROP COLUMN \"ä\\\";\n";
        let mut sequence = Sequence::new("prisma", "20260101_a", None, original);
        sequence.columns.push(StoredColumn {
            schema: None,
            table: "T".into(),
            column: "ä\\".into(),
            becomes: None,
            takes: None,
        });
        sequence.phases.push(StoredPhase {
            phase: "contract".into(),
            state: PhaseState::Waiting,
            files: vec!["01_a".into()],
            deploy: vec!["nobody".into()],
            checks: Vec::new(),
            undo: vec!["deploy the code before".into()],
        });
        std::fs::write(own.join(FILE), sequence.text().unwrap()).unwrap();
        assert_eq!(sequences(&root).unwrap(), [(own.clone(), sequence.clone())]);
        assert_eq!((sequence.next(), sequence.phase_folder(0)), (Some(0), "1-contract".into()));
        for (text, why) in [
            ("version = 1", "missing field `framework`"),
            (&sequence.text().unwrap().replace("version = 1", "version = 2"), "version 2 is not one"),
            (&sequence.text().unwrap().replace("20260101_a", "b"), "it is of b, and its folder is called 20260101_a"),
        ] {
            std::fs::write(own.join(FILE), text).unwrap();
            let error = sequences(&root).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("sequence.toml"), "{error}");
        }
    }
}
