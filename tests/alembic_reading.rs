//! Revision files are read as Python's own parser reads them: the same calls, with the same arguments, in the same order.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use safestep::framework::alembic::python::{Expression, ExpressionKind, Literal, Module, Part, Star, literal};

#[test]
fn calls_are_what_python_reads() -> Result<()> {
    let folders = match std::env::var("SAFESTEP_TEST_PYTHON") {
        Ok(folders) => std::env::split_paths(&folders).collect(),
        Err(_) => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/alembic")],
    };
    let mut files = Vec::new();
    for folder in &folders {
        python_files(folder, &mut files)?;
    }
    files.sort();
    ensure!(files.len() > 40, "only {} files in {folders:?}", files.len());
    let expected = pythons(&files)?;
    let (mut same, mut different) = (0, Vec::new());
    for (file, expected) in files.iter().zip(expected.trim_start_matches("file ").split("\nfile ")) {
        let text = std::fs::read_to_string(file)?;
        let got = ours(&file.to_string_lossy(), &text).with_context(|| file.display().to_string())?;
        let differs = got.lines().zip(expected.lines()).find(|(got, expected)| got != expected);
        match differs {
            None if got.lines().count() == expected.lines().count() => same += expected.matches("\ncall ").count(),
            _ => different.push(format!("{}: {differs:?}", file.display())),
        }
    }
    println!("{} files, {same} calls", files.len());
    ensure!(different.is_empty(), "{} files differ:\n{}", different.len(), different.join("\n"));
    Ok(())
}

fn python_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        match path.is_dir() {
            true => python_files(&path, found)?,
            false if path.extension().is_some_and(|extension| extension == "py") => found.push(path),
            false => {}
        }
    }
    Ok(())
}

fn pythons(files: &[PathBuf]) -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic/calls.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("python3 is needed to run this test")?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    python.stdin.take().context("no stdin")?.write_all(names.join("\n").as_bytes())?;
    let output = python.wait_with_output()?;
    ensure!(output.status.success(), "calls.py failed");
    Ok(String::from_utf8(output.stdout)?)
}

fn ours(name: &str, file: &str) -> Result<String> {
    let module = Module::read(file).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut calls: Vec<&Expression> = Vec::new();
    for statement in &module.body {
        statement.expressions(&mut |expression| {
            if matches!(expression.kind, ExpressionKind::Call(..)) {
                calls.push(expression);
            }
        });
    }
    calls.sort_by_key(|call| (call.span.start, std::cmp::Reverse(call.span.end)));
    let mut out = format!("{name}\n");
    for call in calls {
        writeln!(out, "call {} {}", call.span.start, call.span.end)?;
        let ExpressionKind::Call(_, arguments) = &call.kind else { continue };
        for argument in arguments {
            let name = match argument.star {
                Star::None => argument.name.map_or("-", |name| name.slice(file)),
                Star::One => "*",
                Star::Two => "**",
            };
            let value = &argument.value;
            writeln!(out, "argument {name} {} {} {}", value.span.start, value.span.end, text_of(file, value))?;
        }
    }
    Ok(out)
}

/// A string without fields as JSON writes it; `-` for anything else.
fn text_of(file: &str, value: &Expression) -> String {
    let ExpressionKind::Strings(literals) = &value.kind else { return "-".to_owned() };
    let mut text = String::new();
    for span in literals {
        let Literal::Text(parts) = literal(file, *span) else { return "-".to_owned() };
        for part in parts {
            match part {
                Part::Text(part) => text += &part.value,
                Part::Field(_) => return "-".to_owned(),
            }
        }
    }
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => json += "\\\"",
            '\\' => json += "\\\\",
            '\n' => json += "\\n",
            '\r' => json += "\\r",
            '\t' => json += "\\t",
            '\u{08}' => json += "\\b",
            '\u{0C}' => json += "\\f",
            ' '..='~' => json.push(character),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json += &format!("\\u{unit:04x}")),
        }
    }
    json + "\""
}
