//! Python as far as revision files use it: text ⇄ statements and expressions, each with its slice of the file.
//!
//! `tokens` cuts a file into tokens without losing a byte (`grammar/alembic.pest`) and into logical lines, as Python's
//! tokenizer does; `block` makes statements of the lines by their indentation, `parser`, `operator` and `atom` read what stands in
//! them.
//! What is not understood keeps its place as [`StatementKind::Unread`]. Nothing here knows Alembic.

mod atom;
mod block;
mod expression;
mod literal;
mod operator;
mod parser;
mod statement;
mod tokens;

pub use crate::framework::text::Text;
pub use block::{Module, expression_at};
pub use expression::{Argument, Expression, ExpressionKind, Round, Star};
pub use literal::{Literal, Part, literal};
pub use statement::{Clause, Header, Imported, Parameter, Statement, StatementKind};
pub use tokens::PythonError;

use grammar::{Grammar, Rule};

/// The parser that pest makes of `grammar/alembic.pest`; its rules are documented there.
#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/alembic.pest"]
    pub(super) struct Grammar;
}
