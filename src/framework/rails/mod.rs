//! Rails: migrations are Ruby files, whose schema methods Active Record turns into SQL.
//!
//! [`operations`] has the SQL that each schema method stands for, [`value`] what their arguments are.

pub mod operations;
pub mod ruby;
pub mod value;
