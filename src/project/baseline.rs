//! The baseline: hazards that a project has looked at and lets be, so that only new ones are told.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::source::{SourceError, SourceFile};

/// The version of the file's shape.
const VERSION: u32 = 1;

/// Hazards by their fingerprints. The file is JSON, sorted, one hazard a line: a change of it reads well in a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    hazards: BTreeMap<String, Known>,
}

/// What a person reads of a hazard in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Known {
    migration: String,
    rule: String,
    fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    hazards: Vec<Known>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read as text.
    #[error("{0}; `safestep check --baseline FILE --write-baseline` makes one")]
    Source(#[from] SourceError),
    /// The file is not a baseline.
    #[error("{path}:{line}:{column}: no baseline: {message}")]
    Invalid {
        /// The file.
        path: Utf8PathBuf,
        /// Where reading stopped.
        line: usize,
        /// Likewise.
        column: usize,
        /// What was found and what was expected.
        message: String,
    },
    /// A later safestep wrote it.
    #[error("{path}: version {version} of the baseline, and this safestep reads version {VERSION}")]
    Version {
        /// The file.
        path: Utf8PathBuf,
        /// Its version.
        version: u32,
    },
}

impl Baseline {
    /// The baseline in a file that a person named.
    ///
    /// # Errors
    /// [`BaselineError`] when the file cannot be read or used.
    pub fn read(path: &Utf8Path) -> Result<Baseline, BaselineError> {
        let source = SourceFile::read_as_named(path)?;
        let file: File = serde_json::from_str(&source.text).map_err(|error| BaselineError::Invalid {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })?;
        if file.version != VERSION {
            return Err(BaselineError::Version { path: path.to_owned(), version: file.version });
        }
        let by_fingerprint = |known: Known| (known.fingerprint.clone(), known);
        Ok(Baseline { hazards: file.hazards.into_iter().map(by_fingerprint).collect() })
    }

    /// Takes in a hazard of a migration.
    pub fn add(&mut self, migration: &str, rule: &str, fingerprint: &str) {
        let known = Known { migration: migration.into(), rule: rule.into(), fingerprint: fingerprint.into() };
        self.hazards.insert(fingerprint.to_owned(), known);
    }

    /// Whether a hazard is in it.
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.hazards.contains_key(fingerprint)
    }

    /// How many hazards it has.
    pub fn len(&self) -> usize {
        self.hazards.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.hazards.is_empty()
    }

    /// The file's text.
    ///
    /// # Errors
    /// Those of `serde_json`; strings alone raise none.
    pub fn text(&self) -> serde_json::Result<String> {
        let mut known: Vec<&Known> = self.hazards.values().collect();
        known.sort();
        let lines: Vec<String> = known.into_iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let lines: Vec<String> = lines.into_iter().map(|line| format!("\n    {line}")).collect();
        let end = if lines.is_empty() { "" } else { "\n  " };
        Ok(format!("{{\n  \"version\": {VERSION},\n  \"hazards\": [{}{end}]\n}}\n", lines.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Baseline, BaselineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("baseline.json")).unwrap();
        std::fs::write(&path, text).unwrap();
        Baseline::read(&path)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut baseline = Baseline::default();
        assert_eq!(read(&baseline.text().unwrap()).unwrap(), baseline);
        baseline.add("20260102_b", "set-not-null", "ff");
        baseline.add("20260101_\"a\"", "create-index", "00");
        let text = baseline.text().unwrap();
        assert!(text.find("set-not-null") > text.find("create-index"), "{text}");
        let again = read(&text).unwrap();
        assert_eq!(again, baseline);
        assert!(again.holds("ff") && !again.holds("fe"));
    }

    #[test]
    fn what_is_no_baseline_is_named() {
        let message = read("{\n  \"version\": 1, \"hazards\": 2 }").unwrap_err().to_string();
        assert!(message.contains("baseline.json:2:") && message.contains("no baseline"), "{message}");
        let message = read("{ \"version\": 2, \"hazards\": [] }").unwrap_err().to_string();
        assert!(message.contains("version 2"), "{message}");
    }
}
