//! Prisma Migrate: a migration is a folder `NAME/migration.sql`.
//!
//! Its engine sends a file whole up to 7.3 (one implicit transaction) and statement by statement from 7.4 on; it never
//! sends BEGIN, never retries, and after a failure wants `prisma migrate resolve`. A file of one statement is the only
//! shape that means the same everywhere, so a step that needs several statements is one `DO` block.

mod folder;
mod idiom;
mod ledger;
mod model;
mod place;

use super::{Framework, header};
use crate::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

/// The framework.
pub static PRISMA: Framework = Framework {
    name: "prisma",
    create_command: "prisma migrate dev --create-only",
    comment_sign: header::SQL,
    runner: RUNNER,
    folder: &folder::MigrationFolders,
    idiom: &idiom::StatementFiles,
    place: &place::ByName,
    deferral: Some(&model::BesideMigrations),
};

const RUNNER: Runner = Runner {
    sends: Sends::Files,
    begins: Begins::Nothing,
    leaves: Leaves::ByItself,
    resumes: Resumes::AtFileThatWasResolved,
    second: SecondRunner::LockedOut,
};

const FILE: &str = "migration.sql";
