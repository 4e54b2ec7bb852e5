//! Rewrites naive migrations into sequences of small production-safe files for PostgreSQL.
//!
//! The flow, room by room (`ARCHITECTURE.md` has the map):
//!
//! ```text
//!  files ─► read ─► operations ─► rewrite ─► steps ─► sequence ─► lay out ─► file changes ─► diff │ write │ report
//!        (framework)   (schema: what the history built)   (plan)   (framework)
//! ```
//!
//! 1. [`framework`] finds and reads migrations; [`sql`] turns their text into [`operation`]s, each with its slice.
//! 2. [`schema`] replays the history; [`postgres`] knows what each operation costs.
//! 3. [`rewrite`] replaces dangerous operations by steps; [`plan`] orders and groups them.
//! 4. [`framework`] lays the sequence out in files; [`disk`] writes them, all or none; [`output`] prints.
//!
//! [`pipeline`] is the only place where these meet.

pub mod adopt;
pub mod cli;
pub mod deferred;
pub mod disk;
pub mod framework;
pub mod operation;
pub mod output;
pub mod pipeline;
pub mod plan;
pub mod postgres;
pub mod project;
pub mod report;
pub mod review;
pub mod rewrite;
pub mod schema;
pub mod setup;
pub mod source;
pub mod sql;
pub mod verify;
