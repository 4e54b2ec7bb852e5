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
            EffectKind::Opaque(why) | EffectKind::Unsure(why, _) => Err(why.clone()),
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
        (None, "perhaps, by a condition on the environment variable REGION: ALTER TABLE \"order\" DROP COLUMN checked"),
        (Some("eu"), "ALTER TABLE \"order\" DROP COLUMN checked"),
        (Some("us"), ""),
    ] {
        let said = said.map(|value| ("REGION".to_owned(), value.to_owned())).into_iter().collect();
        let project = Project::of(&folder).with_variables(said);
        let revision = Revision::read_in(SourceFile::new("unknown.py", text.clone()), &Rc::new(project))?;
        let effects = revision.downgrade.map(|function| function.effects).unwrap_or_default();
        let told = effects.iter().map(|effect| match &effect.kind {
            EffectKind::Sql(sent) => sent[0].sql.value.clone(),
            EffectKind::Unsure(why, sent) => format!("perhaps, by {why}: {}", sent[0].1.sql.value),
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

/// Of what only running a file decides, all branches are read; a part that is not understood leaves the statement opaque.
#[test]
fn what_only_running_it_decides_is_read() -> Result<()> {
    let read = |body: &str| -> Result<Vec<String>> {
        let text = format!(
            "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"a\"\ndown_revision = None\n\n\ndef upgrade():\n    \
             bind = op.get_bind()\n    names = sa.inspect(bind).get_table_names()\n    {}\n",
            body.replace('\n', "\n    ")
        );
        let revision = Revision::read(SourceFile::new("a.py", text))?;
        let effects = revision.upgrade.map(|function| function.effects).unwrap_or_default();
        let told = effects.into_iter().map(|effect| match effect.kind {
            EffectKind::Sql(sent) => sent.into_iter().map(|sent| sent.sql.value).collect::<Vec<_>>().join("; "),
            EffectKind::Unsure(why, sent) => {
                let sent: Vec<String> = sent.into_iter().map(|(_, sent)| sent.sql.value).collect();
                format!("perhaps, by {why}: {}", sent.join("; "))
            }
            EffectKind::Opaque(why) => format!("opaque: {why}"),
        });
        Ok(told.collect())
    };
    let drop = "op.drop_table(\"a\")";
    for (body, expected) in [
        (
            format!(
                "if \"a\" in names:\n    {drop}\nelif names:\n    op.drop_table(\"b\")\nelse:\n    pass\nop.drop_table(\"c\")"
            ),
            &["perhaps, by a condition on what the inspector finds: DROP TABLE a; DROP TABLE b", "DROP TABLE c"][..],
        ),
        (
            format!("if \"a\" not in names:\n    return\n{drop}"),
            &["perhaps, by a condition on what the inspector finds: ", "DROP TABLE a"],
        ),
        (
            "for row in bind.execute(sa.text(\"SELECT id FROM a\")):\n    \
             bind.execute(sa.text(\"UPDATE a SET b = :b\"), {\"b\": row[0]})"
                .to_owned(),
            &["perhaps, by a loop over what a query finds: SELECT id FROM a; UPDATE a SET b = $1"],
        ),
        (
            "for name in (\"a\", \"b\"):\n    if name not in names:\n        continue\n    op.drop_table(name)"
                .to_owned(),
            &["perhaps, by a loop that is left early: DROP TABLE a; DROP TABLE b"],
        ),
        (format!("try:\n    {drop}\nexcept Exception:\n    raise"), &["perhaps, by try: DROP TABLE a"]),
        // Nobody knows what the one or the other branch has left.
        (
            "name = \"a\"\nif names:\n    name = \"b\"\nop.drop_table(name)".to_owned(),
            &["opaque: name, which is changed"],
        ),
        ("for name in names:\n    op.drop_table(name)".to_owned(), &["opaque: name, which is changed"]),
        // Nothing in it does anything to the database.
        (format!("if names:\n    print(names)\n{drop}"), &["DROP TABLE a"]),
    ] {
        let found = read(&body)?;
        ensure!(found == expected, "{body}\n{found:#?}");
    }
    Ok(())
}
