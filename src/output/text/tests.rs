//! Whole texts, as people see them.

use super::*;
use crate::output::example::{self, COMBO_SQL};
use crate::report::{Applicability, OpaqueReport};

fn shown(report: &Report, options: TextOptions) -> String {
    render(report, &|_| Some(COMBO_SQL.to_owned()), &options)
}

#[test]
fn a_rewrite() {
    insta::assert_snapshot!(shown(&example::combo(), TextOptions::default()), @r#"
    prisma/migrations/20261120105114_combo

    danger[set-not-null]: every read and write of "User" waits while all its rows
      are checked
      ╭─ prisma/migrations/20261120105114_combo/migration.sql:3:1
    2 │ ALTER TABLE "User" ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
    3 │ ALTER COLUMN "name" SET NOT NULL;
      │ ──────────────────────────────── ACCESS EXCLUSIVE for one full scan
      ╰─ rewritten: check NOT VALID, validate, set, drop the check (files 1, 2)

    danger[create-index]: every write to "Post" waits until the index is built
      ╭─ …/migration.sql:6:1
    6 │ CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
      │ ──────────── SHARE for the whole build
      ╰─ rewritten: CREATE INDEX CONCURRENTLY (file 3)

    danger[create-unique-index]: every write to "User" waits until the index is
      built
      ╭─ …/migration.sql:9:1
    9 │ CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
      │ ───────────────────

       … 1 more: add-foreign-key (-v shows them)

      prisma/migrations/
    - 20261120105114_combo/
    + …_01_user_add_age/           "User"   instant
    + …_02_user_validate_name/     "User"   scans, blocks nothing
    + …_03_post_author_id_index/   "Post"   builds, blocks nothing

    diff --git a/prisma/migrations/20261120105114_combo/migration.sql b/prisma/migrations/20261120105114_combo/migration.sql
    deleted file mode 100644
    --- a/prisma/migrations/20261120105114_combo/migration.sql
    +++ /dev/null
    @@ -1,12 +0,0 @@
    --- AlterTable
    -ALTER TABLE "User" ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
    -ALTER COLUMN "name" SET NOT NULL;
    -
    --- CreateIndex
    -CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
    -
    --- CreateIndex
    -CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
    -
    --- AddForeignKey
    -ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id");
    diff --git a/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql b/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql
    @@ -0,0 +1 @@
    +ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL DEFAULT 0;
    diff --git a/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql b/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql
    @@ -0,0 +1 @@
    +ALTER TABLE "User" VALIDATE CONSTRAINT "User_name_not_null";
    diff --git a/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql b/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql
    @@ -0,0 +1 @@
    +CREATE INDEX CONCURRENTLY "x" ON "Post"("authorId");

    1 migration, 4 dangers, all rewritten: 3 files that can go out in one deploy.
    Before you run it: "User"."name" must hold no NULL (preflight query in file 1).
    `safestep rewrite --write` replaces the folder.
    `safestep verify` proves it first.
    "#);
}

#[test]
fn a_rewrite_in_ascii_and_quiet() {
    let quiet = TextOptions { verbosity: -1, unicode: false, ..TextOptions::default() };
    insta::assert_snapshot!(shown(&example::combo(), quiet), @r#"
    prisma/migrations/20261120105114_combo/migration.sql:3:1: danger[set-not-null]: every read and write of "User" waits while all its rows are checked
    prisma/migrations/20261120105114_combo/migration.sql:6:1: danger[create-index]: every write to "Post" waits until the index is built
    prisma/migrations/20261120105114_combo/migration.sql:9:1: danger[create-unique-index]: every write to "User" waits until the index is built
    prisma/migrations/20261120105114_combo/migration.sql:12:20: danger[add-foreign-key]: every write to "Post" and "User" waits

    1 migration, 4 dangers, all rewritten: 3 files that can go out in one deploy.
    "#);
    let ascii = TextOptions { unicode: false, width: 20, verbosity: 1, ..TextOptions::default() };
    assert!(shown(&example::combo(), ascii).is_ascii());
}

#[test]
fn a_check() {
    let mut report = example::combo();
    report.migrations[0].hazards.truncate(1);
    report.migrations.push(example::migration("prisma/migrations/20261121000000_calm"));
    let options = TextOptions { mode: Mode::Check, scope: Scope::New, ..TextOptions::default() };
    insta::assert_snapshot!(shown(&report, options), @r#"
    prisma/migrations/20261120105114_combo

    danger[set-not-null]: every read and write of "User" waits while all its rows
      are checked
      ╭─ prisma/migrations/20261120105114_combo/migration.sql:3:1
    2 │ ALTER TABLE "User" ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
    3 │ ALTER COLUMN "name" SET NOT NULL;
      │ ──────────────────────────────── ACCESS EXCLUSIVE for one full scan
      ╰─ rewritten: check NOT VALID, validate, set, drop the check (files 1, 2)

    1 danger in 1 of 2 new migrations
    `safestep rewrite` shows the safe form. `safestep explain RULE` says why.
    "#);
}

#[test]
fn what_several_migrations_have_in_common_is_said_once() {
    let mut report = example::combo();
    report.migrations[0].hazards.truncate(1);
    report.migrations[0].notes = vec!["of all".into(), "of this one".into()];
    for name in ["prisma/migrations/20261121000000_calm", "prisma/migrations/20261122000000_calm"] {
        let mut calm = example::migration(name);
        calm.notes = vec!["of all".into()];
        report.migrations.push(calm);
    }
    let options = TextOptions { mode: Mode::Check, ..TextOptions::default() };
    let text = shown(&report, options);
    let end = text.split_once("of 3 migrations").map(|(_, end)| end);
    insta::assert_snapshot!(end.unwrap_or_default().trim_start(), @r"
    prisma/migrations/20261120105114_combo
    note: of this one

    note for 3 migrations: of all

    `safestep rewrite` shows the safe form. `safestep explain RULE` says why.
    ");
}

#[test]
fn a_write() {
    let options = TextOptions { mode: Mode::Write, ..TextOptions::default() };
    insta::assert_snapshot!(shown(&example::phased(), options), @r#"
    prisma/migrations/20261120105114_combo

      prisma/migrations/
    - 20261120105114_combo/
    + …_01_user_add_age/           "User"   instant
    + …_02_user_validate_name/     "User"   scans, blocks nothing
    + …_03_post_author_id_index/   "Post"   builds, blocks nothing

    1 migration, 1 danger, rewritten: 3 files written, 1 removed.
      now        expand     3 files   old code runs, new code can be deployed after
                                      it
      deferred   migrate    1 file    after the deploy of code that writes
                                      "displayName"
      deferred   contract   1 file    after no running code reads "user_name"
    `safestep status` shows what is deferred.
    `safestep release` brings in the next phase.
    "#);
}

#[test]
fn what_is_left_to_the_reader_is_never_hidden() {
    let mut report = example::combo();
    let migration = &mut report.migrations[0];
    migration.files.clear();
    migration.steps.clear();
    migration.preflights.clear();
    migration.hazards.push(example::question("prisma/migrations/20261120105114_combo/migration.sql"));
    migration.hazards[3].rewritten = false;
    migration.hazards[3].applicability = Applicability::Manual;
    let opaque = |line, what: &str| OpaqueReport { file: "f".into(), line, column: 1, what: what.into() };
    migration.opaque = vec![opaque(31, "DO block"), opaque(58, "CREATE RULE")];
    migration.notes = vec!["the columns of \"User\" end up in another order".into()];
    insta::assert_snapshot!(shown(&report, TextOptions { width: 100, ..TextOptions::default() }), @r#"
    prisma/migrations/20261120105114_combo

    danger[set-not-null]: every read and write of "User" waits while all its rows are checked
      ╭─ prisma/migrations/20261120105114_combo/migration.sql:3:1
    2 │ ALTER TABLE "User" ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
    3 │ ALTER COLUMN "name" SET NOT NULL;
      │ ──────────────────────────────── ACCESS EXCLUSIVE for one full scan
      ╰─ rewritten: check NOT VALID, validate, set, drop the check (files 1, 2)

    danger[create-index]: every write to "Post" waits until the index is built
      ╭─ …/migration.sql:6:1
    6 │ CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
      │ ──────────── SHARE for the whole build
      ╰─ rewritten: CREATE INDEX CONCURRENTLY (file 3)

    danger[add-foreign-key]: every write to "Post" and "User" waits
       ╭─ …/migration.sql:12:20
    12 │ ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "Us…
       │                    ──────────────────────────────

       … 1 more: create-unique-index (-v shows them)

    needs input[add-required-column]: what do existing rows of "Order" get in "status"?
       ╰─ --value Order.status="'pending'"
          or in safestep.toml: [values] "Order.status" = "'pending'"

    1 migration, 5 dangers, 3 rewritten, 1 needs input, 1 left to you.
    left as it is: 2 statements that safestep does not read (DO block at 31:1, CREATE RULE at 58:1).
      Nothing about them is promised.
    note: the columns of "User" end up in another order
    "#);
}

#[test]
fn nothing_dangerous_is_one_line() {
    let calm = |count| example::report(vec![example::migration("db/1.sql"); count]);
    let options = TextOptions::default();
    assert_eq!(shown(&calm(0), options), "no migrations.\n");
    assert_eq!(shown(&calm(1), options), "1 migration, nothing dangerous.\n");
    assert_eq!(shown(&calm(3), options), "3 migrations, nothing dangerous.\n");
    let check = TextOptions { mode: Mode::Check, scope: Scope::New, ..options };
    assert_eq!(shown(&calm(3), check), "3 new migrations, nothing dangerous.\n");
}

#[test]
fn a_guarded_file_is_a_small_change() {
    let mut migration = example::migration("db/1.sql");
    migration.files = vec![example::modified("db/1.sql", "a\n", "b\n")];
    insta::assert_snapshot!(shown(&example::report(vec![migration]), TextOptions::default()), @r#"
    db/1.sql

      db/
    ~ 1.sql

    diff --git a/db/1.sql b/db/1.sql
    --- a/db/1.sql
    +++ b/db/1.sql
    @@ -1 +1 @@
    -a
    +b

    1 migration, nothing dangerous: 1 file to change.
    `safestep rewrite --write` makes these changes.
    `safestep verify` proves it first.
    "#);
}

#[test]
fn many_of_a_rule_are_counted() {
    let hazard = example::hazard("add-foreign-key", "f", (1, 1, 2), "m");
    let mut hazards = vec![&hazard; 12];
    let other = example::hazard("create-index", "f", (1, 1, 2), "m");
    hazards.push(&other);
    assert_eq!(
        more(&hazards, &TextOptions::default()),
        "   … 13 more: add-foreign-key ×12, create-index (-v shows them)\n"
    );
}

#[test]
fn a_terminal_is_never_steered_by_what_is_read() {
    let evil = "x\u{1b}]0;owned\u{7}\u{202e}";
    let mut report = example::combo();
    let migration = &mut report.migrations[0];
    migration.path = evil.into();
    migration.name = evil.into();
    migration.notes = vec![evil.into()];
    migration.opaque = vec![OpaqueReport { file: evil.into(), line: 1, column: 1, what: evil.into() }];
    migration.preflights[0].condition = evil.into();
    migration.preflights[0].query = evil.into();
    for hazard in &mut migration.hazards {
        (hazard.message, hazard.label, hazard.help) = (evil.into(), evil.into(), evil.into());
        hazard.file = evil.into();
    }
    for file in &mut migration.files {
        file.path = evil.into();
        file.before = Some(evil.into());
    }
    for step in &mut migration.steps {
        (step.file, step.duration, step.tables) = (evil.into(), evil.into(), vec![evil.into()]);
    }
    for mode in [Mode::Rewrite, Mode::Check, Mode::Write] {
        for verbosity in [-1, 0, 1] {
            let options = TextOptions { mode, verbosity, ..TextOptions::default() };
            let text = render(&report, &|_| Some(evil.to_owned()), &options);
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        }
    }
}

#[test]
fn any_width_and_any_place_are_survived() {
    let mut report = example::phased();
    for (line, column) in [(0, 0), (1, 1), (usize::MAX, usize::MAX), (3, 400)] {
        for hazard in &mut report.migrations[0].hazards {
            (hazard.line, hazard.column, hazard.end_line, hazard.end_column) = (line, column, 0, 0);
        }
        for width in [0, 1, 20, 80, usize::MAX] {
            for unicode in [true, false] {
                shown(&report, TextOptions { width, unicode, verbosity: 1, ..TextOptions::default() });
            }
        }
    }
}
