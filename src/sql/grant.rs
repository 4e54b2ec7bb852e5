//! `GRANT` and `REVOKE`: what they name.

use super::cursor::Cursor;
use crate::operation::{ObjectKind, Operation, QualifiedName};

/// `GRANT`, `REVOKE` and `SECURITY LABEL`, with what they name.
pub(super) fn grant(c: &mut Cursor<'_>) -> Operation {
    let mut inner = c.clone();
    let (revokes, labels) = (c.at("REVOKE"), c.at("SECURITY"));
    inner.skip_until(1, |c| c.at("ON"));
    let named = inner.eat("ON").then(|| grant_objects(&mut inner)).flatten().filter(|_| !labels);
    let (kind, names) = named.unwrap_or((ObjectKind::Other, Vec::new()));
    Operation::Grant { revokes, kind, names, definition: c.rest() }
}

/// What stands between `ON` and `TO` or `FROM`, where each thing is named.
fn grant_objects(c: &mut Cursor<'_>) -> Option<(ObjectKind, Vec<QualifiedName>)> {
    let others = ["ALL", "DATABASE", "FOREIGN", "LANGUAGE", "LARGE OBJECT", "PARAMETER", "TABLESPACE"];
    let kind = match c.eat_one(&["FUNCTION", "PROCEDURE", "ROUTINE", "SEQUENCE", "SCHEMA", "TYPE", "DOMAIN", "TABLE"]) {
        Some("FUNCTION" | "PROCEDURE" | "ROUTINE") => ObjectKind::Function,
        Some("SEQUENCE") => ObjectKind::Sequence,
        Some("SCHEMA") => ObjectKind::Schema,
        Some("TYPE" | "DOMAIN") => ObjectKind::Type,
        Some(_) => ObjectKind::Table,
        None if others.iter().any(|word| c.at(word)) => return None,
        None => ObjectKind::Table,
    };
    let mut names = Vec::new();
    loop {
        names.push(c.name()?);
        if c.at_symbol("(") {
            c.parenthesised()?;
        }
        if !c.eat_symbol(",") {
            return (c.at("TO") || c.at("FROM")).then_some((kind, names));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::cursor::Tokens;

    #[test]
    fn what_is_named_one_by_one_is_told() {
        use ObjectKind::{Function, Other, Schema, Sequence, Table, Type};
        for (sql, revokes, kind, names) in [
            ("GRANT SELECT ON users TO app", false, Table, "users"),
            ("GRANT ALL PRIVILEGES ON TABLE a, \"s\".\"B\" TO PUBLIC WITH GRANT OPTION", false, Table, "a s.B"),
            ("REVOKE UPDATE (\"ON\", name) ON users FROM app CASCADE", true, Table, "users"),
            ("REVOKE GRANT OPTION FOR EXECUTE ON FUNCTION f(int, text), g FROM PUBLIC", true, Function, "f g"),
            ("GRANT USAGE ON SEQUENCE users_id_seq TO app", false, Sequence, "users_id_seq"),
            ("GRANT USAGE ON SCHEMA app TO app", false, Schema, "app"),
            ("GRANT USAGE ON TYPE mood TO app", false, Type, "mood"),
            ("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM app", true, Other, ""),
            ("GRANT admin TO bob", false, Other, ""),
            ("SECURITY LABEL ON TABLE users IS 'x'", false, Other, ""),
        ] {
            let tokens = Tokens::of(sql).unwrap();
            let Operation::Grant { revokes: is_revoke, kind: found, names: named, .. } = grant(&mut tokens.cursor())
            else {
                panic!("{sql}");
            };
            let of = |name: &QualifiedName| {
                name.schema
                    .iter()
                    .chain([&name.name])
                    .map(|part| part.as_str().to_owned())
                    .collect::<Vec<_>>()
                    .join(".")
            };
            let named: Vec<String> = named.iter().map(of).collect();
            assert_eq!((is_revoke, found, named.join(" ").as_str()), (revokes, kind, names), "{sql}");
        }
    }
}
