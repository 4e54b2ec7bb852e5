//! Small hand-made reports for the tests of this room.

use crate::report::*;

/// The source that [`combo`] is about.
pub const COMBO_SQL: &str = "\
-- AlterTable
ALTER TABLE \"User\" ADD COLUMN     \"age\" INTEGER NOT NULL DEFAULT 0,
ALTER COLUMN \"name\" SET NOT NULL;

-- CreateIndex
CREATE INDEX \"Post_authorId_idx\" ON \"Post\"(\"authorId\");

-- CreateIndex
CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");

-- AddForeignKey
ALTER TABLE \"Post\" ADD CONSTRAINT \"Post_authorId_fkey\" FOREIGN KEY (\"authorId\") REFERENCES \"User\"(\"id\");
";

/// A Prisma migration with four dangers, all rewritten into three files.
pub fn combo() -> Report {
    let mut migration = migration("prisma/migrations/20261120105114_combo");
    let file = "prisma/migrations/20261120105114_combo/migration.sql";
    migration.hazards = vec![
        HazardReport {
            label: "ACCESS EXCLUSIVE for one full scan".into(),
            table: Some("\"User\"".into()),
            lock: Some("ACCESS EXCLUSIVE".into()),
            help: "rewritten: check NOT VALID, validate, set, drop the check (files 1, 2)".into(),
            ..hazard(
                "set-not-null",
                file,
                (3, 1, 33),
                "every read and write of \"User\" waits while all its rows are checked",
            )
        },
        HazardReport {
            label: "SHARE for the whole build".into(),
            table: Some("\"Post\"".into()),
            lock: Some("SHARE".into()),
            help: "rewritten: CREATE INDEX CONCURRENTLY (file 3)".into(),
            ..hazard("create-index", file, (6, 1, 13), "every write to \"Post\" waits until the index is built")
        },
        hazard("create-unique-index", file, (9, 1, 20), "every write to \"User\" waits until the index is built"),
        hazard("add-foreign-key", file, (12, 20, 50), "every write to \"Post\" and \"User\" waits"),
    ];
    let name = |suffix: &str| format!("prisma/migrations/20261120105114_combo_{suffix}/migration.sql");
    migration.steps = vec![
        StepReport {
            lock: Some("ACCESS EXCLUSIVE on \"User\"".into()),
            ..step(&name("01_user_add_age"), &["\"User\""], "instant")
        },
        StepReport { number: 2, ..step(&name("02_user_validate_name"), &["\"User\""], "scans, blocks nothing") },
        StepReport { number: 3, ..step(&name("03_post_author_id_index"), &["\"Post\""], "builds, blocks nothing") },
    ];
    migration.files = vec![
        deleted(file, COMBO_SQL),
        created(&name("01_user_add_age"), "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER NOT NULL DEFAULT 0;\n"),
        created(&name("02_user_validate_name"), "ALTER TABLE \"User\" VALIDATE CONSTRAINT \"User_name_not_null\";\n"),
        created(&name("03_post_author_id_index"), "CREATE INDEX CONCURRENTLY \"x\" ON \"Post\"(\"authorId\");\n"),
    ];
    migration.preflights = vec![PreflightReport {
        condition: "\"User\".\"name\" must hold no NULL".into(),
        query: "SELECT \"id\" FROM \"User\" WHERE \"name\" IS NULL;".into(),
        file: name("01_user_add_age"),
        step: 1,
    }];
    report(vec![migration])
}

/// A migration whose later phases wait for deploys.
pub fn phased() -> Report {
    let mut report = combo();
    let migration = &mut report.migrations[0];
    migration.hazards.truncate(1);
    migration.hazards[0].applicability = Applicability::Phased;
    migration.preflights.clear();
    let phase = |phase: &str, files, gate: &str| PhaseReport { phase: phase.into(), files, gate: gate.into() };
    migration.phases = vec![
        phase("expand", 3, ""),
        phase("migrate", 1, "the deploy of code that writes \"displayName\""),
        phase("contract", 1, "no running code reads \"user_name\""),
    ];
    report
}

/// A report on migrations of a Prisma project.
pub fn report(migrations: Vec<MigrationReport>) -> Report {
    Report { version: 1, framework: "prisma".into(), migrations }
}

/// A migration about which there is nothing to say.
pub fn migration(path: &str) -> MigrationReport {
    MigrationReport {
        framework: "prisma".into(),
        path: path.into(),
        name: path.rsplit('/').next().unwrap_or_default().into(),
        hazards: vec![],
        steps: vec![],
        files: vec![],
        phases: vec![],
        preflights: vec![],
        opaque: vec![],
        notes: vec![],
    }
}

/// A rewritten danger on one line, from a column to the column after it.
pub fn hazard(
    rule: &str,
    file: &str,
    (line, column, end_column): (usize, usize, usize),
    message: &str,
) -> HazardReport {
    HazardReport {
        rule: rule.into(),
        severity: Severity::Danger,
        level: Level::Error,
        applicability: Applicability::Safe,
        file: file.into(),
        line,
        column,
        end_line: line,
        end_column,
        also: Vec::new(),
        statement: String::new(),
        table: None,
        lock: None,
        message: message.into(),
        label: String::new(),
        help: String::new(),
        rewritten: true,
        rows: None,
        estimated_seconds: None,
        explain_url: format!("safestep explain {rule}"),
        fingerprint: format!("{:032x}", line),
    }
}

/// A hazard that waits for an answer.
pub fn question(file: &str) -> HazardReport {
    HazardReport {
        applicability: Applicability::NeedsInput,
        rewritten: false,
        help: "--value Order.status=\"'pending'\"      or in safestep.toml: [values] \"Order.status\" = \"'pending'\""
            .into(),
        ..hazard("add-required-column", file, (2, 1, 5), "what do existing rows of \"Order\" get in \"status\"?")
    }
}

/// A transactional step of the first phase.
pub fn step(file: &str, tables: &[&str], duration: &str) -> StepReport {
    StepReport {
        number: 1,
        name: "user_add_age".into(),
        file: file.into(),
        phase: "expand".into(),
        transaction: "in-tx".into(),
        lock: None,
        tables: tables.iter().map(|&table| table.into()).collect(),
        duration: duration.into(),
        rows: None,
        estimated_seconds: None,
        sql: String::new(),
        why: String::new(),
        undo: String::new(),
        from_line: 1,
    }
}

/// A file that comes.
pub fn created(path: &str, after: &str) -> FileReport {
    FileReport { path: path.into(), action: FileAction::Create, before: None, after: Some(after.into()) }
}

/// A file that goes.
pub fn deleted(path: &str, before: &str) -> FileReport {
    FileReport { path: path.into(), action: FileAction::Delete, before: Some(before.into()), after: None }
}

/// A file that changes.
pub fn modified(path: &str, before: &str, after: &str) -> FileReport {
    FileReport { path: path.into(), action: FileAction::Modify, before: Some(before.into()), after: Some(after.into()) }
}
