//! What decides what a schema method means, beside its arguments.

use std::fmt;
use std::str::FromStr;

use super::inflections::{Inflections, RAILS_OWN};
use crate::schema::Schema;

/// What decides what a schema method means, beside its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The version in brackets behind `ActiveRecord::Migration`.
    pub bracket: Version,
    /// The version of Active Record that runs it; [`Version::NEWEST`] where nothing tells.
    pub rails: Version,
    /// `table_name_prefix`.
    pub prefix: &'a str,
    /// `table_name_suffix`.
    pub suffix: &'a str,
    /// What a `datetime` is on PostgreSQL: `PostgreSQLAdapter.datetime_type` (7.0).
    pub datetime: &'a str,
    /// How the project's words are made plural and singular.
    pub inflections: &'a Inflections,
    /// The catalog that the call meets, where Active Record looks for a name or a type there.
    pub schema: Option<&'a Schema>,
}

impl<'a> Context<'a> {
    /// Of a project that configures nothing, and whose catalog nobody knows.
    pub fn of(bracket: Version, rails: Version) -> Context<'a> {
        Context {
            bracket,
            rails: rails.max(bracket),
            prefix: "",
            suffix: "",
            datetime: "timestamp",
            inflections: &RAILS_OWN,
            schema: None,
        }
    }

    /// The same where the version in brackets has no say: on the connection.
    pub(super) fn on_connection(self) -> Context<'a> {
        Context { bracket: self.rails, ..self }
    }

    /// A table's name with the prefix and the suffix.
    pub(in crate::framework::rails) fn full(&self, table: &str) -> String {
        format!("{}{table}{}", self.prefix, self.suffix)
    }

    /// The version in brackets is older.
    pub(super) fn is_before(&self, major: u16, minor: u16) -> bool {
        self.bracket < Version(major, minor)
    }

    /// The version of Active Record is older.
    pub(super) fn runs_before(&self, major: u16, minor: u16) -> bool {
        self.rails < Version(major, minor)
    }
}

/// A version of Active Record: major, minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16);

impl Version {
    /// The newest whose schema methods are known here.
    pub const NEWEST: Version = Version(8, 1);
}

impl FromStr for Version {
    type Err = ();

    /// Reads `7.2`, and `7.2.2.1` alike.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.trim().split('.').map(|part| part.parse().map_err(|_| ()));
        let (major, minor) = (parts.next().ok_or(())??, parts.next().unwrap_or(Ok(0))?);
        Ok(Version(major, minor))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
