//! A repository of several projects: one command at its root finds them all, each as its own configuration says.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use bench::folder::Folder;

/// What `from` of the project's own tree holds, as `to` of the folder.
fn copy(folder: &Folder, from: &str, to: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let mut places = vec![root.clone()];
    while let Some(place) = places.pop() {
        for entry in fs::read_dir(&place)? {
            let path = entry?.path();
            match path.is_dir() {
                true => places.push(path),
                false => {
                    let inside = path.strip_prefix(&root)?.to_str().context("a name in UTF-8")?;
                    folder.write(&format!("{to}/{inside}"), fs::read(&path)?)?;
                }
            }
        }
    }
    Ok(())
}

/// An Alembic, a Rails and a Prisma project, and one that somebody else wrote and was installed.
fn repository() -> Result<Folder> {
    let folder = Folder::empty()?;
    copy(&folder, "examples/alembic", "apps/api")?;
    copy(&folder, "examples/rails", "apps/web")?;
    copy(&folder, "examples/prisma", "packages/db/prisma")?;
    copy(&folder, "examples/prisma", "node_modules/other/prisma")?;
    Ok(folder)
}

const INDEX: &str = "CREATE INDEX i ON t (a);\n";

/// The migrations of a report on everything there, by framework and path.
fn found(folder: &Folder, arguments: &[&str]) -> Result<Vec<String>> {
    let ended = folder.safestep(&[&["check", "--all", "--format", "json"], arguments].concat())?;
    let report: serde_json::Value = serde_json::from_str(&ended.out).with_context(|| ended.err.clone())?;
    let migrations = report["migrations"].as_array().context("migrations")?;
    let text = |migration: &serde_json::Value, key: &str| migration[key].as_str().unwrap_or_default().to_owned();
    Ok(migrations.iter().map(|migration| text(migration, "framework") + " " + &text(migration, "path")).collect())
}

#[test]
fn all_projects_are_found_from_the_root() -> Result<()> {
    let folder = repository()?;
    let all = [
        "alembic apps/api/alembic/versions/f38554ad452a_init.py",
        "alembic apps/api/alembic/versions/83502fcf520f_combo_many.py",
        "rails apps/web/db/migrate/20260101000000_create_tables.rb",
        "rails apps/web/db/migrate/20261120105114_add_things.rb",
        "prisma packages/db/prisma/migrations/20261101090000_init",
        "prisma packages/db/prisma/migrations/20261120105114_combo_many",
    ];
    ensure!(found(&folder, &[])? == all, "{:#?}", found(&folder, &[])?);
    ensure!(found(&folder, &["apps"])? == all[..4]);
    ensure!(found(&folder, &["packages/db"])? == all[4..]);
    ensure!(found(&folder, &["packages/db", "."])? == [&all[4..], &all[..4]].concat(), "each is there once");
    ensure!(found(&folder, &["--framework", "rails"])? == all[2..4]);
    Ok(())
}

#[test]
fn the_root_may_be_a_project_itself() -> Result<()> {
    let folder = repository()?;
    copy(&folder, "examples/rails", ".")?;
    folder.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n")?;
    folder.write("prisma/migrations/20260101000000_init/migration.sql", INDEX)?;
    let found = found(&folder, &[])?;
    let count = |start: &str| found.iter().filter(|name| name.starts_with(start)).count();
    ensure!(count("rails db/migrate") == 2 && count("rails apps/web") == 2, "{found:#?}");
    ensure!(count("prisma prisma/") == 1 && count("prisma packages/db/") == 2 && found.len() == 9, "{found:#?}");
    Ok(())
}

#[test]
fn they_are_rewritten_in_one_write() -> Result<()> {
    let folder = repository()?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let ended = folder.safestep(&["rewrite", "--all", "--check"])?;
    ensure!(ended.status == 0, "something is left: {}", ended.out);
    let other = folder.path().join("node_modules/other/prisma/migrations/20261120105114_combo_many/migration.sql");
    ensure!(other.is_file(), "what was installed was rewritten");
    for (place, files) in
        [("apps/api/alembic/versions", 7), ("apps/web/db/migrate", 11), ("packages/db/prisma/migrations", 8)]
    {
        let there = fs::read_dir(folder.path().join(place))?.count();
        ensure!(there >= files, "{place} has {there} entries");
    }
    Ok(())
}

#[test]
fn each_project_has_its_own_configuration() -> Result<()> {
    let folder = repository()?;
    folder.write("packages/db/safestep.toml", "lock_timeout = \"3s\"\n")?;
    folder.write("safestep.toml", "lock_timeout = \"2s\"\n")?;
    let written = folder.safestep(&["rewrite", "--all"])?.out;
    ensure!(written.contains("'3s'") && written.contains("'2s'") && !written.contains("'100ms'"), "{written}");
    Ok(())
}

#[test]
fn what_git_ignores_and_links_are_left_alone() -> Result<()> {
    let folder = repository()?;
    folder.git(&["init", "--quiet"])?;
    folder.write(".gitignore", "apps/web\n")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("packages"), folder.path().join("linked"))?;
    let found = found(&folder, &[])?;
    ensure!(found.len() == 4 && !found.iter().any(|name| name.contains("rails")), "{found:#?}");
    Ok(())
}

#[test]
fn another_database_is_named_and_the_rest_is_checked() -> Result<()> {
    let folder = repository()?;
    folder.write("packages/db/prisma/migrations/migration_lock.toml", "provider = \"mysql\"\n")?;
    let ended = folder.safestep(&["check", "--all"])?;
    ensure!(ended.err.contains("mysql") && ended.err.contains("left out"), "{}", ended.err);
    ensure!(ended.status == 1 && ended.out.contains("apps/web") && !ended.out.contains("packages"), "{}", ended.out);
    let ended = folder.safestep(&["check", "--all", "packages/db"])?;
    ensure!(ended.status == 2 && ended.err.contains("mysql"), "{}", ended.err);
    Ok(())
}

#[test]
fn a_project_that_cannot_be_listed_keeps_nobody_from_the_others() -> Result<()> {
    let folder = repository()?;
    folder.write("apps/api/alembic/versions/unfinished.py", "def upgrade():\n    pass\n")?;
    let ended = folder.safestep(&["check", "--all"])?;
    ensure!(ended.err.contains("unfinished.py") && ended.status == 2, "{}", ended.err);
    ensure!(ended.out.contains("apps/web") && ended.out.contains("packages/db"), "{}", ended.out);
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 2 && ended.err.contains("unfinished.py"), "{}", ended.err);
    Ok(())
}

#[test]
fn a_folder_without_any_project_says_so() -> Result<()> {
    let folder = Folder::empty()?;
    folder.write("src/main.py", "print(1)\n")?;
    let ended = folder.safestep(&["check"])?;
    ensure!(ended.status == 2 && ended.err.contains("no migrations found here"), "{}", ended.err);
    Ok(())
}

/// A repository in git with a base branch, and a migration beside it that is new.
fn on_a_branch() -> Result<Folder> {
    let folder = repository()?;
    folder.write(".gitignore", "node_modules\n")?;
    folder.write(".github/CODEOWNERS", "")?;
    folder.write(".gitlab-ci.yml", "build:\n  script: make\n")?;
    folder.write(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks: []\n")?;
    folder.write("packages/db/package.json", "{\"scripts\": {}, \"devDependencies\": {\"prisma\": \"^6\"}}\n")?;
    let new = "packages/db/prisma/migrations/20261120105114_combo_many/migration.sql";
    let text = fs::read_to_string(folder.path().join(new))?;
    fs::remove_dir_all(folder.path().join("packages/db/prisma/migrations/20261120105114_combo_many"))?;
    for command in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &["commit", "--quiet", "--message=first"],
        &["remote", "add", "origin", "."],
        &["fetch", "--quiet", "origin"],
        &["checkout", "--quiet", "-b", "change"],
    ] {
        folder.git(command)?;
    }
    folder.write(new, text)?;
    Ok(folder)
}

/// How a line of a shell ends in the folder, where `safestep` and the programs in `bin` are found first.
fn shell(folder: &Folder, line: &str, variables: &[(&str, &str)]) -> Result<(i32, String)> {
    let program = Path::new(env!("CARGO_BIN_EXE_safestep")).parent().context("a folder")?;
    let path = std::env::var("PATH")?;
    let path = format!("{}:{}:{path}", folder.path().join("bin").display(), program.display());
    let mut command = std::process::Command::new("bash");
    command.args(["-euc", line]).current_dir(folder.path()).env("PATH", path).envs(variables.iter().copied());
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Ok((output.status.code().unwrap_or(-1), text.into_owned()))
}

/// The line of a file that holds this, behind its key or dash.
fn line(folder: &Folder, file: &str, holds: &str) -> Result<String> {
    let text = fs::read_to_string(folder.path().join(file))?;
    let line = text.lines().find(|line| line.contains(holds)).with_context(|| format!("{holds} in {file}:\n{text}"))?;
    let line = line.trim().trim_start_matches("- ");
    Ok(line.strip_prefix("run: ").unwrap_or(line).to_owned())
}

#[test]
fn init_shows_what_it_would_write() -> Result<()> {
    let folder = on_a_branch()?;
    let before = folder.tree()?;
    let shown = folder.safestep(&["init"])?;
    ensure!(shown.status == 0 && folder.tree()? == before, "{}", shown.out);
    for part in ["safestep.toml", "package.json", ".pre-commit-config.yaml", ".github/workflows", ".gitlab-ci.yml"] {
        ensure!(shown.out.lines().any(|line| line.starts_with("diff --git") && line.contains(part)), "{part}");
    }
    let some = folder.safestep(&["init", "--only", "settings,github", "--write"])?;
    ensure!(some.status == 0 && folder.tree()?.len() == before.len() + 2, "{}", some.out);
    ensure!(folder.safestep(&["init", "--write"])?.status == 0);
    let written = folder.tree()?;
    let again = folder.safestep(&["init", "--write"])?;
    ensure!(again.out.contains("nothing to set up") && folder.tree()? == written, "{}", again.out);
    let none = Folder::empty()?;
    let ended = none.safestep(&["init"])?;
    ensure!(ended.status == 2 && ended.err.contains("no migrations found here"), "{}", ended.err);
    Ok(())
}

#[test]
fn what_init_writes_works_as_written() -> Result<()> {
    let folder = on_a_branch()?;
    ensure!(folder.safestep(&["init", "--write"])?.status == 0);
    let base = [("GITHUB_BASE_REF", "main"), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")];
    let (status, out) = shell(&folder, &line(&folder, ".github/workflows/safestep.yml", "safestep check")?, &base)?;
    ensure!(status == 1 && out.contains("::error file=packages/db") && !out.contains("apps/"), "{out}");
    let fetch = line(&folder, ".gitlab-ci.yml", "git fetch")?;
    let check = line(&folder, ".gitlab-ci.yml", "safestep check")?;
    let (status, out) = shell(&folder, &format!("{fetch}\n{check}"), &base)?;
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join("safestep.json"))?)?;
    ensure!(status == 1 && report.as_array().is_some_and(|all| !all.is_empty()), "{out}\n{report}");
    fs::remove_file(folder.path().join("safestep.json"))?;
    let hook = line(&folder, ".pre-commit-config.yaml", "entry: ")?;
    let (status, out) = shell(&folder, hook.trim_start_matches("entry: "), &base)?;
    ensure!(status == 1 && out.contains("packages/db"), "{out}");
    // The script, with a program in the place of the framework's.
    folder.write("bin/prisma", "#!/bin/sh\n[ \"$*\" = 'migrate dev --create-only' ] && touch made\n")?;
    let package: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("packages/db/package.json"))?)?;
    let script = package["scripts"]["migrate:create"].as_str().context("the script")?;
    let (status, out) = shell(&folder, &format!("chmod +x bin/prisma\n{script}"), &[])?;
    ensure!(status == 0 && folder.path().join("made").is_file(), "{out}");
    ensure!(folder.safestep(&["check"])?.status == 0, "the new migration is safe now");
    Ok(())
}

#[test]
fn the_action_and_the_hook_work_as_written() -> Result<()> {
    let folder = on_a_branch()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let build = fs::read_to_string(root.join("action.yml"))?;
    ensure!(build.contains("run: '\"$GITHUB_ACTION_PATH/scripts/action\"'"), "{build}");
    let program = env!("CARGO_BIN_EXE_safestep");
    let temp = tempfile::TempDir::new()?;
    fs::create_dir_all(temp.path().join("safestep/bin"))?;
    fs::copy(program, temp.path().join("safestep/bin/safestep"))?;
    let place = (root.to_str().context("a name")?, temp.path().to_str().context("a name")?);
    let runner = [("GITHUB_ACTION_PATH", place.0), ("RUNNER_TEMP", place.1), ("GITHUB_BASE_REF", "main")];
    let run = "\"$GITHUB_ACTION_PATH/scripts/action\"";
    let (status, out) = shell(&folder, run, &runner)?;
    ensure!(status == 1 && out.contains("::error file=packages/db") && !out.contains("apps/"), "{out}");
    let with = |more: &[(&'static str, &'static str)]| shell(&folder, run, &[&runner[..], more].concat());
    let (status, out) = with(&[("SAFESTEP_PATH", "apps")])?;
    ensure!(status == 0, "{out}");
    let (status, out) = with(&[("SAFESTEP_ARGS", "--framework prisma --all"), ("SAFESTEP_SINCE", "HEAD")])?;
    ensure!(status == 1, "{out}");
    let (status, out) = with(&[("SAFESTEP_PATH", "$(touch hostile); nowhere")])?;
    ensure!(status == 2 && !folder.path().join("hostile").exists(), "{out}");
    let (status, out) = with(&[("GITHUB_BASE_REF", "unknown")])?;
    ensure!(status == 2 && out.contains("fetch-depth: 0"), "{out}");
    let hook = fs::read_to_string(root.join(".pre-commit-hooks.yaml"))?;
    let entry = hook.lines().find_map(|line| line.trim().strip_prefix("entry: ")).context("an entry")?;
    let (status, out) = shell(&folder, entry, &[])?;
    ensure!(status == 1 && out.contains("packages/db"), "{out}");
    Ok(())
}
