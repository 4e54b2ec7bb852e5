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
