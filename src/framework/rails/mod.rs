//! Rails: migrations are Ruby files, whose schema methods Active Record turns into SQL.
//!
//! [`ruby`] reads the language, [`migration_class`] what a file says of itself and what its methods do ([`effects`], [`scope`]).
//! [`operations`] has the SQL that each schema method stands for, [`value`] what their arguments are.
//! `schema_file` has what Rails wrote down.
//! [`gems`] that see to migrations change what is sent (`insurance`), stop at it (`assurance`) or add methods (`online_migrations`).
//! `folder` finds the files by what [`project`] says of the application, [`names`] and [`version`] say what files are called.
//!
//! A sequence becomes a file for each block: `file` is the original's class with other methods, `idiom` writes `up` (`guarded` that of a
//! file of several blocks), `downgrade` the way back, `writer` statements with `directive`, operations as schema methods, `helpers` the methods around them, and `place` gives it its version.
//! `deferral` says where phases wait, and `models` what the application has in its tables.

mod assurance;
mod calls;
mod code;
mod database_yml;
mod deferral;
mod directive;
mod downgrade;
pub mod effects;
mod file;
mod folder;
pub mod gems;
mod generators;
mod guarded;
pub mod helpers;
mod idiom;
mod insurance;
mod ledger;
mod listing;
pub mod migration_class;
mod models;
pub mod names;
mod online_migrations;
pub mod operations;
mod place;
pub mod project;
mod remarks;
pub mod ruby;
mod schema_file;
pub mod scope;
mod steps;
pub mod value;
pub mod version;
mod writer;
mod written;

use super::Framework;
use crate::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

/// Rails, with what its runner does by default.
pub static RAILS: Framework = Framework {
    name: "rails",
    create_command: "bin/rails generate migration",
    comment_sign: SIGN,
    runner: Runner {
        sends: Sends::Calls,
        begins: Begins::File,
        leaves: Leaves::ByFile,
        resumes: Resumes::AtFile,
        second: SecondRunner::LockedOut,
    },
    folder: &folder::VersionedFiles,
    idiom: &idiom::Classes,
    place: &place::BehindTheFirst,
    deferral: Some(&deferral::BesideMigrations),
};

/// What begins a comment in Ruby.
const SIGN: &str = "#";
