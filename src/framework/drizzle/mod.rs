//! Drizzle: `NAME.sql` listed in `meta/_journal.json` up to 0.x, `NAME/migration.sql` beside `snapshot.json` from 1.0 on.
//!
//! The migrators run everything pending in one transaction and send each file chunk by chunk, cut at a literal marker.
//! What is applied is told by a journal's time (0.x) or a folder's name (1.x), never by a file's content: a sequence takes
//! the place of its migration's content, and nothing else in the folder changes. With a file for each step, the last one has
//! the migration's time or name, so that a database that ran the migration knows it.

mod config;
mod folder;
mod idiom;
mod journal;
mod json;
mod ledger;
mod model;
mod names;
mod place;
mod runners;
mod snapshot;

use super::{Framework, header};
use crate::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

/// The framework.
pub static DRIZZLE: Framework = Framework {
    name: "drizzle",
    create_command: "drizzle-kit generate",
    comment_sign: header::SQL,
    runner: RUNNER,
    folder: &folder::Listed,
    idiom: &idiom::Chunks,
    place: &place::InJournalOrFolders,
    deferral: Some(&model::BesideMigrations),
};

const RUNNER: Runner = Runner {
    sends: Sends::Chunks(SEPARATOR),
    begins: Begins::Run,
    leaves: Leaves::ByCommit,
    resumes: Resumes::AtBeginningOfFile,
    second: SecondRunner::RunsToo,
};

/// Cuts a file into what is sent to the server one by one; the migrators look for exactly this text, anywhere.
const SEPARATOR: &str = "--> statement-breakpoint";
const FILE: &str = "migration.sql";
const SNAPSHOT: &str = "snapshot.json";
