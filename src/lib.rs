//! safestep
pub mod disk;
pub mod operation;
pub mod output;
pub mod plan;
pub mod postgres;
pub mod project;
pub mod rewrite;
pub mod schema;
pub mod source;
pub mod sql;
