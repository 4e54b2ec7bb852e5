//! Alembic: revisions are Python files, and the graph that they make says in which order they run.
//!
//! [`config`] finds the files and [`environment`] reads `env.py`; [`python`] reads the language, [`revision`] what a file
//! says of itself and what its functions do ([`effects`]); [`operations`] has the SQL that each `op` directive stands for,
//! and [`graph`] the history that each revision meets. `calls` makes a migration of `upgrade()`.
//!
//! A sequence becomes a revision for each block: `file` is the original's file with other functions and what these need (`needed`), `idiom` writes its
//! `upgrade()`, `downgrade` the other one, `written` SQL as Python holds it, and `place` puts it into the chain. What waits for a deploy
//! waits beside the revisions (`model`), and gets its name at its release (`naming`).

mod calls;
pub mod config;
mod directive;
mod downgrade;
pub mod effects;
pub mod environment;
mod file;
mod folder;
pub mod graph;
mod idiom;
mod ledger;
mod model;
mod naming;
mod needed;
mod old_column;
pub mod operations;
mod place;
pub mod python;
pub mod revision;
pub mod scope;
pub mod sent;
pub mod value;
mod version;
mod written;

use super::Framework;
use crate::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

/// Alembic, with what its runner does by default.
pub static ALEMBIC: Framework = Framework {
    name: "alembic",
    create_command: "alembic revision --autogenerate",
    comment_sign: SIGN,
    runner: Runner {
        sends: Sends::Calls,
        begins: Begins::Run,
        leaves: Leaves::ByBlock,
        resumes: Resumes::AtFile,
        second: SecondRunner::RunsToo,
    },
    folder: &folder::Revisions,
    idiom: &idiom::Functions,
    place: &place::InChain,
    deferral: Some(&model::BesideVersions),
};

/// What begins a comment in Python.
const SIGN: &str = "#";
