//! What people and machines see: one file per output, each printing the same [`Report`](crate::report::Report) and deciding nothing.
//!
//! - [`text`] for a person at a terminal,
//! - [`json`] for programs (the stable contract and its schema),
//! - [`patch`] for `git apply`,
//! - [`markdown`] for the comment on a pull request,
//! - [`sarif`], [`github`], [`gitlab`] and [`junit`] for what CI services show of a check.
//!
//! What two of them say in the same way lives beside them: `tree` (the files that go, come and change),
//! `timeline` (who waits before and after) and `summary` (counts and the sentence that holds them).

pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod patch;
pub mod preflight;
pub mod proof;
pub mod sarif;
pub mod sizes;
pub mod status;
pub mod text;
pub mod traffic;

mod summary;
mod timeline;
mod tree;

#[cfg(test)]
pub(crate) mod example;

pub use text::{Mode, Scope, TextOptions};
