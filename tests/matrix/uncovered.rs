//! The rows that the model does not predict, and why.

/// Row of `matrix.json`, reason.
pub const ROWS: &[(&str, &str)] = &[];
