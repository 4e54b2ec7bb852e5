//! Alembic: revisions are Python files, and the graph that they make says in which order they run.
//!
//! [`config`] finds the files and [`environment`] reads `env.py`; [`python`] reads the language, [`revision`] what a file
//! says of itself and what its functions do ([`effects`]); [`operations`] has the SQL that each `op` directive stands for,
//! and [`graph`] the history that each revision meets.

pub mod config;
pub mod effects;
pub mod environment;
pub mod graph;
pub mod operations;
pub mod python;
pub mod revision;
pub mod scope;
pub mod sent;
pub mod value;
