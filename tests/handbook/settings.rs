//! The settings as a table, from their schema.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// A row for each key, those of a table behind its own.
pub fn table() -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/v1/settings.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut table = String::from("| key | takes | default | what it is |\n|---|---|---|---|\n");
    for (key, setting) in schema["properties"].as_object().context("properties")? {
        let inner = &resolved(&schema, setting)["properties"];
        match inner.as_object().filter(|_| key != "rules") {
            None => row(&mut table, &schema, &name(key), setting)?,
            Some(inner) => {
                for (one, setting) in inner {
                    row(&mut table, &schema, &format!("[{key}] {one}"), setting)?;
                }
            }
        }
    }
    Ok(table)
}

/// A table of which people choose the keys is written as one.
fn name(key: &str) -> String {
    match key {
        "environment" | "values" | "renames" | "rules" => format!("[{key}]"),
        _ => key.to_owned(),
    }
}

fn row(table: &mut String, schema: &Value, key: &str, setting: &Value) -> Result<()> {
    let default = match &setting["default"] {
        Value::Null => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        Value::Array(list) if list.is_empty() => "`[]`".to_owned(),
        value => format!("`{value}`"),
    };
    let what = setting["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
    let takes = takes(resolved(schema, setting));
    writeln!(table, "| `{key}` | {takes} | {default} | {what} |")?;
    Ok(())
}

/// Where the schema says it elsewhere, that.
fn resolved<'a>(schema: &'a Value, setting: &'a Value) -> &'a Value {
    setting["$ref"].as_str().and_then(|to| schema.pointer(to.trim_start_matches('#'))).unwrap_or(setting)
}

fn takes(setting: &Value) -> String {
    let words = |values: &Value| {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        values.map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
    };
    if setting["enum"].is_array() {
        return words(&setting["enum"]);
    }
    if let Some(variants) = setting["oneOf"].as_array() {
        return variants.iter().map(|one| format!("`{}`", one["const"])).collect::<Vec<_>>().join(", ");
    }
    match (setting["type"].as_str().unwrap_or_default(), setting["examples"].is_array()) {
        ("string", true) => format!("text, such as {}", words(&setting["examples"])),
        ("string", false) => "text".to_owned(),
        ("integer", _) => match (setting["minimum"].as_u64(), setting["maximum"].as_u64()) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) if least > 0 => format!("a number from {least}"),
            _ => "a number".to_owned(),
        },
        ("array", _) => "a list of texts".to_owned(),
        (_, _) => "a table".to_owned(),
    }
}
