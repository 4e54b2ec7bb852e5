//! `package.json`: a script that makes a migration, does not run it, and rewrites it.

use std::io;

use camino::Utf8Path;
use serde_json::{Map, Value, json};

use super::{Offer, modified, read};
use crate::pipeline::Project;

/// The script's name.
const NAME: &str = "migrate:create";

/// The script in the package nearest to the first project whose framework is a dependency there.
pub(super) fn script(root: &Utf8Path, projects: &[Project]) -> io::Result<Offer> {
    for project in projects {
        let command = project.framework.create_command;
        let program = command.split(' ').next().unwrap_or_default();
        for folder in project.folder.ancestors().take_while(|folder| folder.starts_with(root)) {
            let path = folder.join("package.json");
            let Some(text) = read(&path)? else { continue };
            let Ok(Value::Object(package)) = serde_json::from_str(&text) else { continue };
            if !depends_on(&package, program) {
                continue;
            }
            let line = format!("{command} && safestep rewrite --write");
            return Ok(match package.get("scripts").map(|scripts| scripts.get(NAME)) {
                Some(Some(_)) => Offer::IsThere(path),
                _ => match with_script(&text, &package, &line) {
                    Some(content) => modified(&path, &text, content),
                    None => Offer::ByHand(path, format!("\"scripts\": {{\n  \"{NAME}\": {}\n}}\n", json!(line))),
                },
            });
        }
    }
    Ok(Offer::NotAsked)
}

fn depends_on(package: &Map<String, Value>, program: &str) -> bool {
    ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|key| package.get(*key)?.as_object())
        .any(|packages| packages.contains_key(program))
}

/// The text with the script as the first one, all else as it is; `None` where that cannot be seen to be so.
fn with_script(text: &str, package: &Map<String, Value>, line: &str) -> Option<String> {
    let mut expected = package.clone();
    let scripts = expected.entry("scripts").or_insert_with(|| json!({})).as_object_mut()?;
    let is_first = scripts.is_empty();
    scripts.insert(NAME.to_owned(), json!(line));
    let entry = format!("\"{NAME}\": {}", json!(line));
    // The key may stand in a text, too: the first place that gives what is expected is the right one.
    let places = text.match_indices("\"scripts\"").filter_map(|(at, key)| {
        let open = at + key.len() + text[at + key.len()..].find('{')?;
        let is_object = text[at + key.len()..open].trim() == ":";
        is_object.then_some(open + 1)
    });
    let with = |at: usize| {
        let rest = &text[at..];
        let blanks = &rest[..rest.len() - rest.trim_start().len()];
        let (before, after) = if is_first { ("", "") } else { (blanks, ",") };
        format!("{}{before}{entry}{after}{rest}", &text[..at])
    };
    let is_right = |content: &String| serde_json::from_str(content).is_ok_and(|value: Value| value == json!(expected));
    places.map(with).find(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Option<String> {
        with_script(text, serde_json::from_str::<Value>(text).unwrap().as_object()?, "make && mend")
    }

    #[test]
    fn the_script_comes_first_and_nothing_else_changes() {
        let text = "{\n  \"name\": \"a\",\n  \"scripts\": {\n    \"test\": \"x\"\n  }\n}\n";
        let expected = "{\n  \"name\": \"a\",\n  \"scripts\": {\n    \"migrate:create\": \"make && mend\",\n    \"test\": \"x\"\n  }\n}\n";
        assert_eq!(with(text).as_deref(), Some(expected));
        let text = r#"{"description": "\"scripts\": {", "scripts": {}}"#;
        let expected = r#"{"description": "\"scripts\": {", "scripts": {"migrate:create": "make && mend"}}"#;
        assert_eq!(with(text).as_deref(), Some(expected));
        assert_eq!(with("{}"), None);
    }
}
