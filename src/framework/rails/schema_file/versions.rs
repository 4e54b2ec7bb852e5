//! The versions that a schema file holds: `schema.rb` the last one, `structure.sql` all of them.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::Definition;
use crate::framework::rails::ruby::Program;
use crate::source::ByteSpan;
use crate::sql::{PieceKind, split};

/// The last version that a file holds.
pub(super) fn last(path: &Utf8Path, text: &str, ledger: &str) -> Option<u64> {
    match path.extension() {
        Some("sql") => listed(text, ledger).into_iter().map(|(_, version)| version).max(),
        _ => in_ruby(text).map(|(_, version)| version),
    }
}

/// The file's text where migrations got other versions, or several; `None` where nothing in it changes.
pub(in crate::framework::rails) fn raised(
    path: &Utf8Path,
    text: &str,
    ledger: &str,
    versions: &BTreeMap<u64, Vec<u64>>,
) -> Option<String> {
    let changes = match path.extension() {
        Some("sql") => raised_in_list(&listed(text, ledger), versions),
        _ => in_ruby(text).and_then(|(span, version)| {
            // `schema:load` takes every file below it for done.
            let last = *versions.get(&version)?.iter().max()?;
            Some((span, in_the_style_of(span.slice(text), last)))
        }),
    };
    let changes: Vec<(ByteSpan, String)> = changes.into_iter().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in changes {
        out += &text[at..span.start];
        out += &new;
        at = span.end;
    }
    out += &text[at..];
    (out != text).then_some(out)
}

/// The number behind `version:`.
fn in_ruby(text: &str) -> Option<(ByteSpan, u64)> {
    let program = Program::read(text);
    let number = Definition::find(text, &program.statements)?.version(text)?;
    let version = number.span.slice(text).replace('_', "").parse().ok()?;
    Some((number.span, version))
}

/// `2024_01_02_000000` where the old one is written so.
fn in_the_style_of(old: &str, version: u64) -> String {
    let digits = version.to_string();
    match old.contains('_') && digits.len() == 14 {
        true => format!("{}_{}_{}_{}", &digits[..4], &digits[4..6], &digits[6..8], &digits[8..]),
        false => digits,
    }
}

/// The versions behind `INSERT INTO "schema_migrations" (version) VALUES`, each with its quotes.
fn listed(text: &str, ledger: &str) -> Vec<(ByteSpan, u64)> {
    let script = split(text);
    let is_list = |statement: &str| statement.starts_with("INSERT INTO") && statement.contains(ledger);
    let pieces = script.pieces.iter().filter(|piece| piece.kind == PieceKind::Statement);
    let lists = pieces.map(|piece| piece.span).filter(|span| is_list(span.slice(text)));
    let mut listed = Vec::new();
    for list in lists {
        let mut at = list.start;
        while let Some(found) = text[at..list.end].find("('") {
            let start = at + found;
            let Some(end) = text[start..list.end].find("')").map(|end| start + end + 2) else { break };
            if let Ok(version) = text[start + 2..end - 2].parse() {
                listed.push((ByteSpan::new(start, end), version));
            }
            at = end;
        }
    }
    listed
}

/// The place of the list, with what stands there afterwards.
fn raised_in_list(listed: &[(ByteSpan, u64)], versions: &BTreeMap<u64, Vec<u64>>) -> Option<(ByteSpan, String)> {
    if !listed.iter().any(|(_, version)| versions.contains_key(version)) {
        return None;
    }
    let (first, last) = (listed.first()?, listed.last()?);
    let mut all: Vec<u64> = Vec::new();
    for (_, version) in listed {
        match versions.get(version) {
            Some(new) => all.extend(new),
            None => all.push(*version),
        }
    }
    // Since 7.1 the last one stands first.
    all.sort_unstable();
    if first.1 > last.1 {
        all.reverse();
    }
    let lines: Vec<String> = all.iter().map(|version| format!("('{version}')")).collect();
    Some((ByteSpan::new(first.0.start, last.0.end), lines.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(file: &str, text: &str) -> Option<String> {
        let versions = BTreeMap::from([(20_240_102_000_000, vec![20_240_102_000_000, 20_240_102_000_001])]);
        raised(Utf8Path::new(file), text, "schema_migrations", &versions)
    }

    #[test]
    fn the_last_version_of_schema_rb_is_raised_in_its_style() {
        let file =
            |version: &str| format!("# {version}\nActiveRecord::Schema[7.2].define(version: {version}) do\nend\n");
        let style = |text: &str| raise("db/schema.rb", &file(text));
        let comment = "# 2024_01_02_000000\nActiveRecord::Schema[7.2].define(version: 2024_01_02_000001) do\nend\n";
        assert_eq!(style("2024_01_02_000000").as_deref(), Some(comment));
        assert_eq!(style("2024_01_03_000000"), None);
        let old = "ActiveRecord::Schema.define(version: 20240102000000) do\nend\n";
        let new = "ActiveRecord::Schema.define(version: 20240102000001) do\nend\n";
        assert_eq!(raise("db/schema.rb", old).as_deref(), Some(new));
    }

    #[test]
    fn all_versions_stand_in_structure_sql_in_its_order() {
        let falling = "SELECT 1;\n\nINSERT INTO \"schema_migrations\" (version) VALUES\n('20240103000000'),\n('20240102000000'),\n('20240101000000');\n\n";
        let raised = raise("db/structure.sql", falling).unwrap();
        assert!(
            raised.contains("('20240103000000'),\n('20240102000001'),\n('20240102000000'),\n('20240101000000');\n\n")
        );
        let rising =
            "INSERT INTO \"schema_migrations\" (version) VALUES\n('20240101000000'),\n('20240102000000');\n\n\n";
        let raised = raise("db/structure.sql", rising).unwrap();
        assert!(raised.ends_with("('20240101000000'),\n('20240102000000'),\n('20240102000001');\n\n\n"));
        assert_eq!(raise("db/structure.sql", &rising.replace("20240102", "20230102")), None);
    }
}
