//! The SQL that our reading gives for a revision is what the real Alembic sends (`alembic upgrade --sql`).

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use safestep::framework::alembic::effects::EffectKind;
use safestep::framework::alembic::revision::{Function, Revision};
use safestep::framework::alembic::scope::Convention;
use safestep::source::SourceFile;
use serde_json::Value;

use bench::alembic::{Projects, revisions, run};

#[test]
fn statements_are_what_alembic_sends() -> Result<()> {
    let files = revisions()?;
    let printed = run("SAFESTEP_TEST_ALEMBIC", "offline.py", &files)?;
    let (mut same, mut opaque, mut different) = (0, BTreeMap::new(), Vec::new());
    let mut untold = 0;
    let mut projects = Projects::default();
    for (file, line) in files.iter().zip(printed.lines()) {
        let told: Value = serde_json::from_str(line)?;
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)?;
        let revision = match Revision::read_in(SourceFile::new(name.clone(), text), &projects.of(file)?) {
            Ok(revision) => revision,
            Err(error) => {
                different.push(error.to_string());
                continue;
            }
        };
        // The names that constraints get are told only where the models can be imported.
        let convention = projects.of(file)?.convention();
        let is_untold = told["has_metadata"] == Value::Bool(false) && matches!(convention, Convention::Known(_));
        for (function, key) in [(&revision.upgrade, "upgrade"), (&revision.downgrade, "downgrade")] {
            let Some(expected) = told[key].as_array().filter(|_| !is_untold) else {
                untold += 1;
                continue;
            };
            let expected: Vec<String> = expected.iter().filter_map(Value::as_str).map(spaced).collect();
            let got = function.as_ref().map_or(Ok(Vec::new()), statements).map(ordered);
            let expected = ordered(expected);
            match got {
                Ok(got) if got == expected => same += got.len(),
                Ok(got) => {
                    let at = got.iter().zip(&expected).position(|(got, expected)| got != expected);
                    let at = at.unwrap_or(got.len().min(expected.len()));
                    different.push(format!(
                        "{name} {key}\n  ours:    {:?}\n  Alembic: {:?}",
                        got.get(at),
                        expected.get(at)
                    ));
                }
                Err(why) => {
                    opaque.entry(why).or_insert_with(Vec::new).push(name.clone());
                }
            }
        }
    }
    println!("{same} statements are the same; {untold} functions need a database, or fail");
    let mut opaque: Vec<_> = opaque.into_iter().collect();
    opaque.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    for (why, files) in opaque {
        println!("{} opaque: {why} ({})", files.len(), files[0]);
    }
    ensure!(different.is_empty(), "{} functions differ:\n{}", different.len(), different.join("\n"));
    ensure!(same > 50, "only {same} statements");
    Ok(())
}

/// All statements of a function, or why one is not known.
fn statements(function: &Function) -> Result<Vec<String>, String> {
    let mut statements = Vec::new();
    for effect in &function.effects {
        match &effect.kind {
            EffectKind::Sql(sent) if sent.iter().any(|sent| !sent.parameters.is_empty()) => {
                return Err("values that are known only when it runs".to_owned());
            }
            EffectKind::Sql(sent) => statements.extend(sent.iter().map(|sent| spaced(&sent.sql.value))),
            EffectKind::Opaque(why) | EffectKind::Unsure(why, _) => return Err(why.clone()),
        }
    }
    Ok(statements)
}

/// Alembic makes the indexes of a table in no certain order, Python has none in a set of rows, and what looks first looks
/// nowhere in offline mode.
fn ordered(statements: Vec<String>) -> Vec<String> {
    let mut statements: Vec<String> =
        statements.into_iter().map(|text| text.replace("DROP TYPE IF EXISTS", "DROP TYPE")).collect();
    let is_any = |text: &&String| {
        ["CREATE INDEX", "CREATE UNIQUE INDEX", "INSERT INTO"].iter().any(|start| text.starts_with(start))
    };
    for run in statements.chunk_by_mut(|one, other| [one, other].iter().all(is_any)) {
        run.sort();
    }
    statements
}

/// With single blanks: Alembic's offline mode writes other ones than are sent.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
