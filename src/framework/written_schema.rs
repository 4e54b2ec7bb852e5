//! The schema that a framework wrote down beside its migrations.

use camino::Utf8Path;

use super::FrameworkError;
use crate::schema::Schema;

/// The schemas that a framework wrote down beside the migrations of a history, each by its migration's index.
pub trait WrittenSchemas: Sync {
    /// The file that holds the schema after a migration; `None` where nothing does.
    fn file(&self, at: usize) -> Option<&Utf8Path>;
    /// The schema after it, as far as the framework knows it; empty where there is no file.
    ///
    /// # Errors
    /// When the file is not what the framework writes.
    fn after(&self, at: usize) -> Result<Schema, FrameworkError>;
}

/// Of a framework that writes no schema down, or none that can be read.
pub struct Unwritten;

impl WrittenSchemas for Unwritten {
    fn file(&self, _at: usize) -> Option<&Utf8Path> {
        None
    }

    fn after(&self, _at: usize) -> Result<Schema, FrameworkError> {
        Ok(Schema::default())
    }
}
