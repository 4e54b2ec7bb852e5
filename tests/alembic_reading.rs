//! Revision files are read as Python's own parser reads them: the same calls, with the same arguments, in the same order.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use safestep::framework::alembic::python::{Expression, ExpressionKind, Literal, Module, Part, Star, literal};

use bench::alembic::{files, run};

#[test]
fn calls_are_what_python_reads() -> Result<()> {
    let files = files()?;
    let expected = run("SAFESTEP_TEST_PYTHON", "calls.py", &files)?;
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
