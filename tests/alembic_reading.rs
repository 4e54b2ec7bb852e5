//! Revision files are read as Python's own parser reads them: the same calls, with the same arguments, in the same order.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fmt::Write as _;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use camino::Utf8Path;
use safestep::framework::alembic::effects::EffectKind;
use safestep::framework::alembic::python::{Expression, ExpressionKind, Literal, Module, Part, Star, literal};
use safestep::framework::alembic::revision::Revision;
use safestep::framework::alembic::scope::Project;
use safestep::source::{ByteSpan, SourceFile};

use bench::alembic::{Projects, files, revisions, run};

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

/// How much of what revisions call is understood; the most frequent reasons where it is not.
#[test]
fn nearly_all_calls_are_understood() -> Result<()> {
    let (mut all, mut reasons) = (0, std::collections::BTreeMap::<String, usize>::new());
    let mut projects = Projects::default();
    for file in revisions()? {
        let source = SourceFile::new(file.to_string_lossy().into_owned(), std::fs::read_to_string(&file)?);
        let revision = Revision::read_in(source, &projects.of(&file)?)?;
        let text = &revision.source.text;
        let module = Module::read(text).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mut calls = Vec::new();
        for statement in &module.body {
            statement.expressions(&mut |expression| {
                if let ExpressionKind::Call(function, _) = &expression.kind
                    && is_directive(text, function)
                {
                    calls.push(expression.span);
                }
            });
        }
        for function in [&revision.upgrade, &revision.downgrade].into_iter().flatten() {
            let is_inside = |outer: ByteSpan, call: &ByteSpan| outer.start <= call.start && call.end <= outer.end;
            all += calls.iter().filter(|call| is_inside(function.span, call)).count();
            for effect in &function.effects {
                if let EffectKind::Opaque(why) = &effect.kind {
                    let count = calls.iter().filter(|call| is_inside(effect.span, call)).count();
                    *reasons.entry(why.clone()).or_default() += count;
                }
            }
        }
    }
    let opaque: usize = reasons.values().sum();
    println!("{all} calls, {opaque} of them opaque");
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (why, count) in reasons.iter().take(10) {
        println!("{count:5} {why}");
    }
    ensure!(all > 90 && opaque * 20 <= all, "{opaque} of {all} calls are opaque");
    Ok(())
}

/// `env.py` gives the functions arguments: the tables of the models are tables by their names.
#[test]
fn tables_that_env_py_gives_are_read() -> Result<()> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/alembic-reading/project/versions");
    let text = std::fs::read_to_string(folder.join("given_tables.py"))?;
    let read =
        |project: Project| Revision::read_in(SourceFile::new("given_tables.py", text.clone()), &Rc::new(project));
    let revision = read(Project::of(&folder))?;
    let sent = |revision: &Revision| -> Vec<Result<String, String>> {
        let functions = [&revision.upgrade, &revision.downgrade].into_iter().flatten();
        let effects = functions.flat_map(|function| function.effects.iter());
        let sent = effects.map(|effect| match &effect.kind {
            EffectKind::Sql(sent) => Ok(sent.iter().map(|sent| sent.sql.value.as_str()).collect::<Vec<_>>().join("; ")),
            EffectKind::Opaque(why) => Err(why.clone()),
        });
        sent.collect()
    };
    let expected = [
        "ALTER TABLE kind ADD COLUMN size INTEGER",
        "INSERT INTO kind (name) VALUES ('small')",
        "DELETE FROM kind WHERE kind.name = 'small'",
        "ALTER TABLE kind DROP COLUMN size",
    ];
    assert_eq!(sent(&revision), expected.map(|sql| Ok(sql.to_owned())));
    // Without the project, nobody knows what they are.
    let unknown = sent(&read(Project::default())?);
    assert_eq!(unknown[1], Err("a table from the parameter tables".to_owned()));
    Ok(())
}

/// A condition on an environment variable is followed where somebody says what it is.
#[test]
fn environment_variables_that_are_said_are_known() -> Result<()> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/alembic-reading/project/versions");
    let text = std::fs::read_to_string(folder.join("unknown_modules.py"))?;
    for (said, expected) in [
        (None, "opaque: a condition on the environment variable REGION"),
        (Some("eu"), "ALTER TABLE \"order\" DROP COLUMN checked"),
        (Some("us"), ""),
    ] {
        let said = said.map(|value| ("REGION".to_owned(), value.to_owned())).into_iter().collect();
        let project = Project::of(&folder).with_variables(said);
        let revision = Revision::read_in(SourceFile::new("unknown.py", text.clone()), &Rc::new(project))?;
        let effects = revision.downgrade.map(|function| function.effects).unwrap_or_default();
        let told = effects.iter().map(|effect| match &effect.kind {
            EffectKind::Sql(sent) => sent[0].sql.value.clone(),
            EffectKind::Opaque(why) => format!("opaque: {why}"),
        });
        assert_eq!(told.collect::<Vec<_>>().join("; "), expected);
    }
    Ok(())
}

/// `op.…(…)` that does something, a batch's, or a connection's `execute`.
fn is_directive(file: &str, function: &Expression) -> bool {
    let ExpressionKind::Attribute(of, name) = &function.kind else { return false };
    let name = name.slice(file);
    match of.dotted(file).as_deref() {
        Some("op" | "alembic.op") => {
            !["get_bind", "get_context", "f", "inline_literal", "batch_alter_table"].contains(&name)
        }
        Some("batch_op") => name != "f",
        _ => matches!(name, "execute" | "exec_driver_sql"),
    }
}
