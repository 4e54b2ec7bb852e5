//! What a statement needs that the history does not make: it may be there, and it may not.

use super::{Schema, key};
use crate::operation::{ObjectKind, ObjectOperation, Operation, QualifiedName, SqlFragment, TypeOperation};

impl Schema {
    /// True when a statement changes, or speaks of, a type, a publication or statistics that the history does not make, and fails
    /// where that is not there. A relation that the history does not make is presumed ([`Schema::presume`]).
    pub fn is_about_unknown(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Type(
                TypeOperation::AddValue { name, .. }
                | TypeOperation::Rename { name, .. }
                | TypeOperation::RenameValue { name, .. }
                | TypeOperation::AlterDomain { name, .. },
            ) => !self.knows_type(name),
            Operation::Type(TypeOperation::Drop { names, if_exists: false, .. }) => {
                !names.iter().all(|name| self.knows_type(name))
            }
            Operation::Object(
                ObjectOperation::Alter { kind, name: Some(name), .. } | ObjectOperation::SetSchema { kind, name, .. },
            ) => self.lacks(*kind, name),
            Operation::Object(ObjectOperation::Drop { kind, names, if_exists: false, .. }) => {
                names.iter().any(|name| self.lacks(*kind, name))
            }
            Operation::Object(ObjectOperation::Comment { name: Some(name), part: None, definition }) => {
                kind_of_comment(definition).is_some_and(|kind| self.lacks(kind, name))
            }
            _ => false,
        }
    }

    fn lacks(&self, kind: ObjectKind, name: &QualifiedName) -> bool {
        let word = match kind {
            ObjectKind::Type | ObjectKind::Domain => return !self.knows_type(name),
            ObjectKind::Publication => "publication",
            ObjectKind::Statistics => "statistics",
            _ => return false,
        };
        let is_it = |what: &str| what.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
        !self.dependents.named(&key(name)).any(|dependent| is_it(&dependent.what))
    }

    /// A row type is a table's.
    fn knows_type(&self, name: &QualifiedName) -> bool {
        let own = key(name);
        self.enums.contains_key(&own)
            || self.domains.contains_key(&own)
            || self.other_types.contains(&own)
            || self.tables.contains_key(&own)
    }
}

fn kind_of_comment(definition: &SqlFragment) -> Option<ObjectKind> {
    match definition.as_str().split_whitespace().next()?.to_ascii_uppercase().as_str() {
        "TYPE" => Some(ObjectKind::Type),
        "DOMAIN" => Some(ObjectKind::Domain),
        "PUBLICATION" => Some(ObjectKind::Publication),
        "STATISTICS" => Some(ObjectKind::Statistics),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Schema;
    use crate::sql::{read_statement, split};

    #[test]
    fn what_is_not_made_is_unknown() {
        let mut schema = Schema::default();
        let made = "CREATE TYPE kind AS ENUM ('a'); CREATE DOMAIN amount AS int; CREATE TABLE t (a int, b int); \
                    CREATE PUBLICATION p FOR TABLE t; CREATE STATISTICS s ON a, b FROM t;";
        for piece in split(made).pieces {
            for located in read_statement(piece.span.slice(made)).operations {
                schema.apply(&located.operation);
            }
        }
        for (statement, unknown) in [
            ("ALTER TYPE kind ADD VALUE 'b'", false),
            ("ALTER TYPE kinds ADD VALUE 'b'", true),
            ("ALTER DOMAIN amount SET NOT NULL", false),
            ("ALTER DOMAIN amounts SET NOT NULL", true),
            ("DROP TYPE kind", false),
            ("DROP TYPE kinds", true),
            ("DROP TYPE IF EXISTS kinds", false),
            ("COMMENT ON PUBLICATION p IS 'x'", false),
            ("COMMENT ON PUBLICATION q IS 'x'", true),
            ("COMMENT ON TYPE q IS 'x'", true),
            ("ALTER PUBLICATION p ADD TABLE t", false),
            ("ALTER PUBLICATION q ADD TABLE t", true),
            ("COMMENT ON STATISTICS s IS 'x'", false),
            ("DROP STATISTICS q", true),
            ("COMMENT ON TABLE q IS 'x'", false),
            ("ALTER TABLE q ADD COLUMN a int", false),
        ] {
            let read = read_statement(statement).operations;
            assert_eq!(schema.is_about_unknown(&read[0].operation), unknown, "{statement}");
        }
    }
}
