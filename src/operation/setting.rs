//! What a session is set to where a statement stands.

use super::Ident;

/// A parameter that a `SET` before a statement gave a value, in a form that can be said again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, in lower case.
    pub name: String,
    /// What stands behind `SET` or `SET LOCAL`: `search_path TO app`, `ROLE app`.
    pub clause: String,
    /// What it decides.
    pub decides: Decides,
    /// It ends with its transaction.
    pub local: bool,
}

/// What a parameter decides about the statements behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decides {
    /// `search_path`: which schemas names are looked for in, in that order.
    Names(Vec<Ident>),
    /// Who runs them: the owner of what is made.
    Who,
    /// Which rows are seen and whether triggers fire.
    Rows,
    /// What text means as a value, and what expressions give.
    Values,
    /// Where tables and indexes are stored.
    Storage,
    /// How new tables are stored.
    Tables,
    /// Whether the bodies of new functions are checked.
    Functions,
    /// Not known.
    Anything,
}

impl Setting {
    /// It decides what everybody's statements in the session mean, and who runs them.
    pub fn is_of_whole_session(&self) -> bool {
        matches!(self.decides, Decides::Names(_) | Decides::Who)
    }
}

/// The schemas that unqualified names are looked for in; `None` where no `SET` says so.
pub fn search_path(settings: &[Setting]) -> Option<&[Ident]> {
    settings.iter().find_map(|setting| match &setting.decides {
        Decides::Names(path) => Some(path.as_slice()),
        _ => None,
    })
}
