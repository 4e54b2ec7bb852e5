//! Which types become which by themselves: what a column takes from a query, and what `ALTER COLUMN … TYPE` does without USING.

use super::*;
use crate::operation::{SqlFragment, TypeName};
use crate::schema::same;

/// How far a cast of PostgreSQL's own goes (`pg_cast.castcontext`; documentation, CREATE CAST).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cast {
    /// There is none.
    Never,
    /// Where it is written.
    Explicit,
    /// Also where a column is given a value.
    Assigned,
}

/// A family of types within which values are assigned freely, of those that are common in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Bool,
    Uuid,
    Json,
    Moment,
    Time,
    Bytes,
    Xml,
    Enum,
}

impl Schema {
    /// From one type to another; `None` where the types are not known well enough.
    pub(super) fn cast(&self, from: &TypeName, to: &TypeName) -> Option<Cast> {
        let is_same = || !from.is_built_in() && same(from.name(), to.name()) && from.is_array() == to.is_array();
        if from.canonical() == to.canonical() || is_same() {
            return Some(Cast::Assigned);
        }
        if self.own_casts {
            return None;
        }
        let (one, other) = (self.family_of_type(from)?, self.family_of_type(to)?);
        // What is text takes anything by its output function, also an array as a whole.
        if !to.is_array() && other == Family::Text {
            return Some(Cast::Assigned);
        }
        if from.is_array() != to.is_array() {
            let is_text = one == Family::Text && !from.is_array();
            return Some(if is_text { Cast::Explicit } else { Cast::Never });
        }
        let is_from = |name: &str| from.canonical().trim_end_matches("[]") == name;
        let is_to = |name: &str| to.canonical().trim_end_matches("[]") == name;
        Some(match (one, other) {
            (Family::Enum, Family::Enum) => Cast::Never,
            (Family::Moment, Family::Moment) => Cast::Assigned,
            (Family::Moment, Family::Time) if !is_from("date") => Cast::Assigned,
            _ if one == other => Cast::Assigned,
            (_, Family::Text) => Cast::Assigned,
            (Family::Text, _) => Cast::Explicit,
            (Family::Number, Family::Bool) if is_from("int4") => Cast::Explicit,
            (Family::Bool, Family::Number) if is_to("int4") => Cast::Explicit,
            (Family::Json, Family::Number | Family::Bool) if is_from("jsonb") => Cast::Explicit,
            // From 18 on integers and bytea are cast to each other.
            (Family::Number, Family::Bytes) | (Family::Bytes, Family::Number) => Cast::Explicit,
            _ => Cast::Never,
        })
    }

    fn family_of_type(&self, ty: &TypeName) -> Option<Family> {
        let element = ty.canonical().trim_end_matches("[]");
        Some(match element {
            "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" => Family::Number,
            "text" | "varchar" | "bpchar" => Family::Text,
            "bool" => Family::Bool,
            "uuid" => Family::Uuid,
            "json" | "jsonb" => Family::Json,
            "date" | "timestamp" | "timestamptz" => Family::Moment,
            "time" => Family::Time,
            "bytea" => Family::Bytes,
            "xml" => Family::Xml,
            _ if !ty.is_built_in() && self.enum_type(ty.name()).is_some() => Family::Enum,
            _ => return None,
        })
    }

    /// The type of a default, as far as its text tells: that of its column where it is a literal in quotes.
    pub(super) fn type_of_default(&self, default: &SqlFragment, column: &TypeName) -> Option<TypeName> {
        let text = default.as_str().trim();
        let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let inside = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match text.to_ascii_lowercase().as_str() {
            "true" | "false" => Some(TypeName::new("bool")),
            _ if is_number => Some(TypeName::new(if text.contains('.') { "numeric" } else { "int4" })),
            lower if lower.starts_with("nextval(") => Some(TypeName::new("int8")),
            _ if inside.is_some_and(|inside| !inside.replace("''", "").contains('\'')) => Some(column.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cast;
    use crate::operation::TypeName;
    use crate::schema::Schema;

    #[test]
    fn an_enum_is_the_same_under_its_schema_too() {
        let mut schema = Schema::default();
        let made = crate::sql::read_statement("CREATE TYPE mood AS ENUM ('sad')").operations;
        made.iter().for_each(|located| schema.apply(&located.operation));
        for (from, to, cast) in [
            ("mood[]", "\"public\".\"mood\"[]", Some(Cast::Assigned)),
            ("mood", "mood[]", Some(Cast::Never)),
            ("text", "mood", Some(Cast::Explicit)),
            ("mood", "text", Some(Cast::Assigned)),
            ("mood", "int", Some(Cast::Never)),
        ] {
            assert_eq!(schema.cast(&TypeName::new(from), &TypeName::new(to)), cast, "{from} to {to}");
        }
    }

    #[test]
    fn what_becomes_what() {
        // each tried on PostgreSQL 12, 15 and 18
        for (from, to, cast) in [
            ("int", "bigint", Some(Cast::Assigned)),
            ("numeric(10,2)", "int", Some(Cast::Assigned)),
            ("int", "text", Some(Cast::Assigned)),
            ("text", "int", Some(Cast::Explicit)),
            ("int", "boolean", Some(Cast::Explicit)),
            ("bigint", "boolean", Some(Cast::Never)),
            ("boolean", "int", Some(Cast::Explicit)),
            ("timestamptz", "date", Some(Cast::Assigned)),
            ("timestamptz", "int", Some(Cast::Never)),
            ("text", "jsonb", Some(Cast::Explicit)),
            ("json", "jsonb", Some(Cast::Assigned)),
            ("int", "uuid", Some(Cast::Never)),
            ("text[]", "text", Some(Cast::Assigned)),
            ("text", "text[]", Some(Cast::Explicit)),
            ("text[]", "int[]", Some(Cast::Explicit)),
            ("int[]", "bigint[]", Some(Cast::Assigned)),
            ("int", "int[]", Some(Cast::Never)),
            ("int", "mood", None),
        ] {
            assert_eq!(Schema::default().cast(&TypeName::new(from), &TypeName::new(to)), cast, "{from} to {to}");
        }
    }
}
