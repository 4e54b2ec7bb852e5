//! Ruby as far as migrations use it: text ⇄ expressions, each with its slice of the file.
//!
//! `lexer` cuts a file into tokens without losing a byte (`grammar/rails.pest`), `literal` reads what stands in quotes;
//! `parser` goes over the tokens, and `statement`, `compound`, `operator`, `call`, `block` and `atom` make of them what they are
//! named after.
//! What is not understood keeps its place as [`ExpressionKind::Unread`]. Nothing here knows Rails.

mod atom;
mod block;
mod call;
mod compound;
mod lexer;
mod literal;
mod operator;
mod parser;
mod program;
mod statement;
mod tokens;
mod tree;
mod walk;

pub use program::Program;
pub use tokens::RubyError;
pub use tree::{
    Argument, Block, Body, Call, Case, Class, Expression, ExpressionKind, If, Method, Pair, Parameter, ParameterKind,
    Part, Quoted, QuotedKind, Rescue,
};

use grammar::{Grammar, Rule};

/// The parser that pest makes of `grammar/rails.pest`; its rules are documented there.
#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/rails.pest"]
    pub(super) struct Grammar;
}
