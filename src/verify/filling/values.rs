//! Values by type, as SQL over the number of the row.

use super::super::rows::Column;
use super::{Filling, Rows};

/// What a CHECK compares with, as SQL.
pub(super) fn literals(definition: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = definition;
    while let Some(at) = rest.find(|c: char| c == '\'' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let is_quoted = from.starts_with('\'');
        let end = match is_quoted {
            true => from[1..].find('\'').map_or(from.len(), |end| end + 2),
            false => from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len()),
        };
        let is_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"');
        if is_quoted || !is_word {
            found.push(from[..end].to_owned());
        }
        rest = &from[end..];
    }
    found
}

/// Values that a CHECK may like better than the usual one.
pub(super) fn candidates(column: &Column, literals: &[String]) -> Vec<String> {
    let mut candidates = Vec::new();
    let type_name = &column.type_name;
    for literal in literals {
        if literal.starts_with('\'') {
            candidates.push(format!("{literal}::{type_name}"));
            continue;
        }
        match type_name.as_str() {
            "text" | "citext" | "character varying" => {
                candidates.push(format!("lpad(n::text, {literal}, 'x')"));
            }
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                candidates.extend([literal.clone(), format!("({literal} + 1)"), format!("({literal} - 1)")]);
            }
            _ => {}
        }
    }
    if matches!(type_name.as_str(), "text" | "citext" | "character varying") {
        let address = "'a' || n || '@example.org'";
        candidates.extend(
            ["'a' || n", "'A' || n", address, "'https://example.org/' || n", "'+4930' || n"].map(str::to_owned),
        );
    }
    candidates.extend(
        ["0", "1", "true", "false", "'{}'"].map(|value| format!("'{}'::{type_name}", value.trim_matches('\''))),
    );
    if !column.not_null {
        candidates.push(format!("NULL::{type_name}"));
    }
    candidates
}

/// A value with something wrong with it.
pub(super) fn spoiled(column: &Column, value: String, filling: &Filling<'_>) -> String {
    let of = |number: String| format!("(SELECT {value} FROM (SELECT {number} AS n) AS other)");
    match filling.kind {
        Rows::Nulls if !column.not_null => format!("CASE WHEN n % 3 <> 0 THEN {value} END"),
        Rows::Duplicates if !column.unique => of("(n + 1) / 2".to_owned()),
        Rows::Orphans if !column.unique && !column.refers => of(format!("n + {}", filling.rows)),
        Rows::Good | Rows::Nulls | Rows::Duplicates | Rows::Orphans => value,
    }
}

/// An SQL expression for the value of row `n`.
pub(super) fn value(column: &Column) -> Option<String> {
    let type_name = column.type_name.as_str();
    if let Some(element) = type_name.strip_suffix("[]") {
        let of_element = Column { type_name: element.to_owned(), ..column.clone() };
        return Some(format!("ARRAY[{}]::{type_name}", value(&of_element)?));
    }
    if let Some(label) = &column.label {
        return Some(format!("{label}::{type_name}"));
    }
    Some(match type_name {
        "smallint" => "(n % 32768)".to_owned(),
        "integer" | "bigint" | "numeric" | "real" | "double precision" => "n".to_owned(),
        // a number as text, so that a migration to another type can keep it
        "text" | "citext" => "n::text".to_owned(),
        "character varying" | "character" => match column.length {
            Some(length) => format!("right(n::text, {length})"),
            None => "n::text".to_owned(),
        },
        "boolean" => "n % 2 = 0".to_owned(),
        "uuid" => "lpad(n::text, 32, '0')::uuid".to_owned(),
        "bytea" => "convert_to(n::text, 'UTF8')".to_owned(),
        "json" | "jsonb" => format!("json_build_object('n', n)::{type_name}"),
        "date" => "date '2026-01-01' + n % 36500".to_owned(),
        "interval" => "n * interval '1 minute'".to_owned(),
        "inet" | "cidr" => format!("('10.' || n / 65536 % 256 || '.' || n / 256 % 256 || '.' || n % 256)::{type_name}"),
        "money" => "n::money".to_owned(),
        "tsvector" => "to_tsvector('simple', n::text)".to_owned(),
        _ if type_name.starts_with("time") => {
            format!("(timestamptz '2026-01-01 12:00:00+00' + n * interval '1 minute')::{type_name}")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn a_check_names_values_that_it_likes() {
        let check = "CHECK (((kind)::text = ANY (ARRAY['a''b'::text, 'c'::text])) AND (level2 >= 10))";
        assert_eq!(literals(check), ["'a'", "'b'", "'c'", "10"]);
    }
}
