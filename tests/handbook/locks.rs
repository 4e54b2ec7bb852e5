//! What was measured (`tests/matrix/matrix.json`), as tables.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Fewer rows than these have no heading of their own.
const FEW: usize = 4;

/// A table for each kind of statement.
pub fn tables() -> Result<String> {
    let matrix: BTreeMap<String, Value> = serde_json::from_str(include_str!("../matrix/matrix.json"))?;
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in matrix.values() {
        groups.entry(heading(row["sql"].as_str().context("sql")?)).or_default().push(row);
    }
    let (many, few): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, rows)| rows.len() >= FEW);
    let others = few.into_iter().flat_map(|(_, rows)| rows).collect();
    let mut text = String::new();
    for (heading, rows) in many.into_iter().chain([("Other statements".to_owned(), others)]) {
        writeln!(text, "## {heading}\n\n| statement | PostgreSQL | locks | its time |\n|---|---|---|---|")?;
        rows.into_iter().try_for_each(|row| rows_of(&mut text, row))?;
        text.push('\n');
    }
    ensure!(text.matches("\n| ").count() > 500, "only a part of the measurements is there");
    Ok(text)
}

/// What a statement is called: `ALTER TABLE … ADD COLUMN`.
fn heading(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let is_keyword = |word: &&&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let first: Vec<&str> = words.iter().take(2).take_while(|word| is_keyword(word)).copied().collect();
    let first = first.join(" ");
    if first != "ALTER TABLE" {
        return first;
    }
    let rest = words.iter().skip(2).skip_while(|word| !is_keyword(word) || ["ONLY", "IF", "EXISTS"].contains(*word));
    let rest: Vec<&str> = rest.take(2).take_while(|word| is_keyword(word)).copied().collect();
    format!("{first} … {}", rest.join(" "))
}

fn rows_of(text: &mut String, row: &Value) -> Result<()> {
    let mut statement = code(row["sql"].as_str().context("sql")?);
    if let Some(before) = row["before"].as_str().filter(|before| !before.is_empty()) {
        statement += &format!("<br>**before:** {}", code(before));
    }
    for (versions, measured) in row["measured"].as_object().context("measured")? {
        let locks = measured["lock"].as_object().into_iter().flatten();
        let locks = locks.filter_map(|(on, lock)| Some(format!("{} on {}", lock.as_str()?, code(on))));
        let locks = locks.collect::<Vec<_>>().join("<br>");
        writeln!(text, "| {statement} | {} | {locks} | {} |", range(versions), time(measured)?)?;
    }
    Ok(())
}

/// `12 13 14` as `12 to 14`.
fn range(versions: &str) -> String {
    match (versions.split(' ').next(), versions.rsplit(' ').next()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        _ => versions.to_owned(),
    }
}

fn time(measured: &Value) -> Result<String> {
    let verdict = measured["verdict"].as_str().context("verdict")?;
    let work = match (measured["rewrite"].as_bool(), measured["scan"].as_array().is_some_and(|on| !on.is_empty())) {
        (Some(true), _) => ": rewrites the table",
        (_, true) => ": reads all rows",
        _ => "",
    };
    let word = match verdict {
        "SAFE" | "BRIEF" => "instant",
        "ONLINE" | "ONLINE+BRIEF" => "goes on",
        "UNSAFE" => "**blocks**",
        "DML" => "rows",
        "ERROR" => "refused",
        other => anyhow::bail!("a new verdict: {other}"),
    };
    let outside = measured["in_transaction"] == false && verdict != "ERROR";
    Ok(format!("{word}{work}{}", if outside { "; not in a transaction" } else { "" }))
}

/// Code in a cell of a table.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
