//! What decides what a schema method means, beside its arguments.

use std::fmt;
use std::str::FromStr;

use crate::schema::Schema;

/// What decides what a schema method means, beside its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The version in brackets behind `ActiveRecord::Migration`.
    pub bracket: Version,
    /// The version of Active Record that runs it; as the newest that is known where nothing tells.
    pub rails: Version,
    /// `table_name_prefix`.
    pub prefix: &'a str,
    /// `table_name_suffix`.
    pub suffix: &'a str,
    /// The catalog that the call meets, where Active Record looks for a name there.
    pub schema: Option<&'a Schema>,
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
