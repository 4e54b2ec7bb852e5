//! Ruby as far as migrations use it: text ⇄ expressions, each with its slice of the file.
//!
//! What is not understood keeps its place as [`ExpressionKind::Unread`]. Nothing here knows Rails.

mod tree;

pub use tree::{
    Argument, Block, Body, Call, Case, Class, Expression, ExpressionKind, If, Method, Pair, Parameter, ParameterKind,
    Part, Quoted, QuotedKind, Rescue,
};
