//! SQL as a call sends it.

use super::python::Text;

/// SQL that is sent at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The text, with the places where it stands in the file.
    pub sql: Text,
    /// It is sent only when what it makes is not there yet.
    pub unless_there: bool,
    /// Values that are known only when it runs, `$1` first; what they come from, in a few words.
    pub parameters: Vec<String>,
    /// It makes something without a name, and what names it is a naming convention that nobody sees; or it drops something that
    /// may have its name from there.
    pub has_unknown_names: bool,
}

impl Sent {
    /// SQL that is known to its last character.
    pub fn known(sql: Text) -> Sent {
        Sent { sql, unless_there: false, parameters: Vec::new(), has_unknown_names: false }
    }
}
