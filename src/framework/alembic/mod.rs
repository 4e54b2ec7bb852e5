//! Alembic: revisions are Python files, and the graph that they make says in which order they run.

pub mod python;
