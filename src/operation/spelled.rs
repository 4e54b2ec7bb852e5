//! What a clause means, beside how its author wrote it.

use std::ops::Deref;

use super::SqlFragment;

/// A clause by its meaning, with its author's spelling as long as nothing changed it. Two are equal when they mean the same.
/// Dereferences to the meaning, which cannot be changed under the spelling.
#[derive(Debug, Clone)]
pub struct Spelled<T> {
    meaning: T,
    spelling: Option<SqlFragment>,
}

impl<T> Spelled<T> {
    /// A clause as it was read, with the slice that it was read from.
    pub fn as_written(meaning: T, spelling: SqlFragment) -> Self {
        Spelled { meaning, spelling: Some(spelling) }
    }

    /// How its author wrote it; `None` for a clause that no source has.
    pub fn spelling(&self) -> Option<&SqlFragment> {
        self.spelling.as_ref()
    }
}

/// A clause that no source has: it is printed from its meaning.
impl<T> From<T> for Spelled<T> {
    fn from(meaning: T) -> Self {
        Spelled { meaning, spelling: None }
    }
}

impl<T> Deref for Spelled<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.meaning
    }
}

impl<T: PartialEq> PartialEq for Spelled<T> {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}
impl<T: Eq> Eq for Spelled<T> {}
