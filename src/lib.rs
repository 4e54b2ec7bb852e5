//! safestep
pub mod operation;
pub mod postgres;
pub mod schema;
pub mod source;
pub mod sql;
