//! What a rewritten revision's files keep of their author's Python: names that their statements need, comments, imports.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The files of a folder with this one revision after a rewrite, the first step first.
fn rewritten(head: &str, upgrade: &str, downgrade: &str) -> Result<Vec<String>> {
    rewritten_behind("    pass\n", head, upgrade, downgrade)
}

/// The same behind a revision with this `upgrade()`.
fn rewritten_behind(first: &str, head: &str, upgrade: &str, downgrade: &str) -> Result<Vec<String>> {
    Ok(written_behind(first, head, upgrade, downgrade)?.1)
}

/// The same with the folder, which goes when it is dropped.
fn written_behind(first: &str, head: &str, upgrade: &str, downgrade: &str) -> Result<(tempfile::TempDir, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    let versions = folder.path().join("versions");
    fs::create_dir(&versions)?;
    fs::write(folder.path().join("env.py"), "")?;
    let text = format!(
        "\"\"\"add a\n\nRevision ID: abc\nRevises:\n\"\"\"\n{head}\nrevision = \"abc\"\ndown_revision = \"first\"\n\n\n\
         def upgrade():\n{upgrade}\n\ndef downgrade():\n{downgrade}"
    );
    fs::write(versions.join("abc_add_a.py"), text)?;
    let first = format!("{OP}\nrevision = \"first\"\ndown_revision = None\n\n\ndef upgrade():\n{first}");
    fs::write(versions.join("first.py"), first)?;
    let ran = Command::new(env!("CARGO_BIN_EXE_safestep"))
        .args(["rewrite", "--all", "--write", "versions/abc_add_a.py"])
        .current_dir(folder.path())
        .output()?;
    ensure!(ran.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&ran.stderr));
    let chain = in_order(&versions)?;
    ensure!(chain[0].contains("revision = \"first\""), "{}", chain[0]);
    Ok((folder, chain[1..].to_vec()))
}

/// By the chain of `down_revision`.
fn in_order(folder: &Path) -> Result<Vec<String>> {
    let paths = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let texts = paths.iter().map(|entry| fs::read_to_string(entry.path())).collect::<Result<Vec<_>, _>>()?;
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.rsplit(" = ").next().unwrap_or_default().to_owned()
    };
    let (mut chain, mut before) = (Vec::new(), "None".to_owned());
    while let Some(next) = texts.iter().find(|text| value(text, "down_revision") == before) {
        before = value(next, "revision");
        chain.push(next.clone());
    }
    ensure!(chain.len() == texts.len(), "the files are no chain: {texts:?}");
    Ok(chain)
}

/// The lines of `upgrade()` that are not safestep's own SQL.
fn upgrade_of(file: &str) -> Result<&str> {
    let (_, function) = file.split_once("def upgrade():\n").context("no upgrade()")?;
    Ok(function.split("\n\n\ndef downgrade").next().unwrap_or(function))
}

const OP: &str = "import sqlalchemy as sa\nfrom alembic import op\n";

#[test]
fn comments_stay_with_their_statements() -> Result<()> {
    let upgrade = "    # why we do this\n    op.add_column(\"users\", sa.Column(\"a\", sa.Integer()))  # behind\n    # second\n    \
                   op.create_index(\"ix_a\", \"users\", [\"a\"])\n    # the end\n";
    let downgrade =
        "    # first the index\n    op.drop_index(\"ix_a\")\n    op.drop_column(\"users\", \"a\")  # then it\n";
    let files = rewritten(OP, upgrade, downgrade)?;
    let [column, index] = files.as_slice() else { anyhow::bail!("{} files", files.len()) };
    for (comment, file, other) in [
        ("# why we do this", column, index),
        ("# behind", column, index),
        ("# second", index, column),
        ("# the end", index, column),
        ("# first the index", index, column),
        ("# then it", column, index),
    ] {
        assert_eq!((file.matches(comment).count(), other.contains(comment)), (1, false), "{comment}\n{file}\n{other}");
    }
    assert!(index.contains("Revises: ") && !index.contains("Revises:\n"), "{index}");
    Ok(())
}

#[test]
fn statements_that_stay_together_keep_their_names() -> Result<()> {
    let upgrade = "    op.add_column(\"users\", sa.Column(\"a\", sa.Integer()))\n    found = \"SELECT id FROM users\"\n    \
                   one = \"UPDATE users SET a = 1 WHERE id = {}\"\n    conn = op.get_bind()\n    \
                   rows = conn.execute(sa.text(found)).fetchall()\n    for row in rows:\n        \
                   conn.execute(sa.text(one.format(row.id)))\n    print(f\"{len(rows)} users\")\n    \
                   op.create_index(\"ix_a\", \"users\", [\"a\"])\n";
    let files = rewritten(OP, upgrade, "    pass\n")?;
    let [_, rows, index] = files.as_slice() else { anyhow::bail!("{} files", files.len()) };
    for line in ["found = ", "one = ", "conn = op.get_bind()", "rows = conn", "for row in rows", "print(f"] {
        assert!(upgrade_of(rows)?.contains(line) && !upgrade_of(index)?.contains(line), "{line}\n{rows}\n{index}");
    }
    assert!(!rows.contains("op.execute(\"\")"), "{rows}");
    Ok(())
}

#[test]
fn what_stands_behind_a_return_that_nobody_knows_stays_there() -> Result<()> {
    let head = "import sqlalchemy as sa\nfrom alembic import op\nfrom app import is_done\n";
    let upgrade = "    if is_done():\n        return\n    op.create_index(\"ix_a\", \"users\", [\"a\"])\n    op.drop_table(\"old\")\n";
    let files = rewritten(head, upgrade, "    pass\n")?;
    assert_eq!(files.len(), 1);
    assert!(files[0].contains(upgrade), "{}", files[0]);
    Ok(())
}

#[test]
fn imports_are_those_that_the_file_needs() -> Result<()> {
    let head = "from collections.abc import Generator, Iterable\nfrom contextlib import contextmanager, suppress\n\n\
                import sqlalchemy as sa\nfrom alembic import op\n\n\n@contextmanager\ndef ids() -> Generator[int, None, None]:\n    \
                yield 1\n\n\nNAMES: Iterable = ()\n";
    let upgrade = "    op.create_index(\"ix_a\", \"users\", [\"a\"])\n    with suppress(KeyError), ids() as one:\n        \
                   op.get_bind().execute(sa.text(f\"DELETE FROM users WHERE id = {one}\"))\n";
    let files = rewritten(head, upgrade, "    pass\n")?;
    let [index, rows] = files.as_slice() else { anyhow::bail!("{} files", files.len()) };
    for line in
        ["@contextmanager\ndef ids() -> Generator", "import Generator, Iterable", "import contextmanager, suppress"]
    {
        assert!(rows.contains(line), "{line}\n{rows}");
    }
    for word in ["Generator", "contextmanager", "sqlalchemy", "suppress"] {
        assert!(!index.contains(word), "{word}\n{index}");
    }
    Ok(())
}

#[test]
fn an_import_in_the_function_is_in_each_file() -> Result<()> {
    let upgrade = "    from alembic import op\n\n    op.execute(\"UPDATE users SET a = 1\")\n    \
                   op.create_index(\"ix_a\", \"users\", [\"a\"])\n";
    let files = rewritten("", upgrade, "    from alembic import op\n\n    op.drop_index(\"ix_a\")\n")?;
    assert!(files.len() > 1, "{files:?}");
    for file in &files {
        let function = upgrade_of(file)?;
        assert!(
            function.starts_with("    from alembic import op\n") && function.matches("import op").count() == 1,
            "{file}"
        );
    }
    Ok(())
}

#[test]
fn what_comes_back_with_a_column_is_its_authors() -> Result<()> {
    let first = "    op.create_table(\"users\", sa.Column(\"id\", sa.Integer(), primary_key=True))\n    \
                 op.create_table(\"posts\", sa.Column(\"user_id\", sa.Integer()), \
                 sa.ForeignKeyConstraint([\"user_id\"], [\"users.id\"], name=\"posts_user_fkey\"))\n";
    let upgrade = "    op.drop_constraint(\"posts_user_fkey\", \"posts\", type_=\"foreignkey\")\n    \
                   op.drop_column(\"posts\", \"user_id\")\n";
    let downgrade = "    op.add_column(\"posts\", sa.Column(\"user_id\", sa.Integer()))\n    \
                     op.create_foreign_key(\"posts_user_fkey\", \"posts\", \"users\", [\"user_id\"], [\"id\"])\n";
    let (folder, _) = written_behind(first, OP, upgrade, downgrade)?;
    let waiting = folder.path().join("deferred/abc_add_a/2-contract/01_posts_drop_user_fkey_and_more/revision.py");
    let file = fs::read_to_string(&waiting).with_context(|| waiting.display().to_string())?;
    let (_, function) = file.split_once("def downgrade():\n").context("no downgrade()")?;
    ensure!(function.ends_with(downgrade), "{function}");
    Ok(())
}

/// With the names that a convention gives, which nobody sees without running the file.
#[test]
fn what_python_names_stays_in_its_call_and_says_why() -> Result<()> {
    for call in [
        "create_foreign_key(None, \"posts\", \"users\", [\"user_id\"], [\"id\"])",
        "create_index(None, \"posts\", [\"user_id\"])",
        "add_column(\"posts\", sa.Column(\"tag\", sa.Text(), index=True))",
        "add_column(\"posts\", sa.Column(\"user_id\", sa.Integer(), sa.ForeignKey(\"users.id\"), index=True))",
    ] {
        stays_in_its_call(call).with_context(|| call.to_owned())?;
    }
    Ok(())
}

fn stays_in_its_call(call: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let versions = folder.path().join("versions");
    fs::create_dir(&versions)?;
    fs::write(
        folder.path().join("env.py"),
        "from alembic import context\nfrom nowhere import metadata\n\ncontext.configure(target_metadata=metadata)\n",
    )?;
    let text = format!(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"abc\"\ndown_revision = None\n\n\n\
         def upgrade():\n    op.{call}\n\n\ndef downgrade():\n    pass\n"
    );
    fs::write(versions.join("abc_add.py"), &text)?;
    let ran = Command::new(env!("CARGO_BIN_EXE_safestep"))
        .args(["rewrite", "--write", "--all", "versions"])
        .current_dir(folder.path())
        .output()?;
    let said = String::from_utf8_lossy(&ran.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(said.contains("the metadata gives a name that only Python knows; give one in the call"), "{said}");
    let files: Vec<_> = fs::read_dir(&versions)?.collect::<Result<_, _>>()?;
    ensure!(files.len() == 1 && fs::read_to_string(files[0].path())? == text, "{files:?}");
    Ok(())
}
