//! How the catalog's maps find an object: by schema and name.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::operation::{Ident, QualifiedName};

/// Schema and name; an unwritten schema is `public`. Ordered by both as text.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// `None` is `public`, the usual case: nothing is counted or kept for it.
    schema: Option<Arc<str>>,
    name: Arc<str>,
}

const PUBLIC: &str = "public";

impl Key {
    /// The key that comes before every other one of that schema.
    pub(super) fn first_of(schema: &Ident) -> Self {
        Key { schema: Some(schema.shared()), name: Arc::default() }
    }

    /// The key that comes before every other one.
    pub(super) fn first() -> Self {
        Key { schema: Some(Arc::default()), name: Arc::default() }
    }

    /// The schema's name.
    pub(super) fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or(PUBLIC)
    }

    /// True in `public`, written or not.
    pub(super) fn is_public(&self) -> bool {
        self.schema() == PUBLIC
    }

    /// `public` against `public` is nearly every comparison.
    fn cmp_schemas(&self, other: &Self) -> Ordering {
        match (&self.schema, &other.schema) {
            (None, None) => Ordering::Equal,
            _ => self.schema().cmp(other.schema()),
        }
    }

    /// The object's own name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The key of another object in the same schema.
    pub(super) fn sibling(&self, name: &Ident) -> Self {
        Key { schema: self.schema.clone(), name: name.shared() }
    }
}

/// The key of the object that a name means.
pub(crate) fn key(name: &QualifiedName) -> Key {
    let schema = name.schema.as_ref().filter(|schema| schema.as_str() != PUBLIC);
    Key { schema: schema.map(Ident::shared), name: name.name.shared() }
}

/// True when two names mean the same object.
pub fn same(a: &QualifiedName, b: &QualifiedName) -> bool {
    let [one, other] = [a, b].map(|name| name.schema.as_ref().map_or(PUBLIC, Ident::as_str));
    a.name == b.name && one == other
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_schemas(other).then_with(|| self.name.cmp(&other.name))
    }
}
impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.cmp_schemas(other).is_eq()
    }
}
impl Eq for Key {}
