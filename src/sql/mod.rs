//! SQL text ⇄ operations.
//!
//! [`split`] cuts a script into statements without losing a byte (`grammar/sql.pest`); [`read_statement`] understands one
//! statement as operations, each with its slice; [`expression`] asks sqlparser what an expression does; [`render`]
//! writes operations that a rewrite made. What is not understood comes back as [`Operation::Opaque`](crate::operation::Operation::Opaque).
//!
//! sqlparser alone would not do: its tree has no spans for types, defaults and options (nothing could be kept as it
//! was written), and it refuses some valid PostgreSQL. So statements are read from tokens, expressions by sqlparser.

mod cursor;
mod do_block;
pub mod expression;
mod grant;
mod guard;
mod inserted;
mod literal;
mod one_line;
mod passes;
mod read;
mod read_alter;
mod read_constraint;
mod read_create;
mod read_data;
mod read_index;
mod read_session;
mod reading;
pub mod render;
mod repeatable;
mod rows;
mod sequence;
mod setting;
mod split;
mod temporary;
mod token;
mod trigger;
mod whole_rows;
mod with;

pub use literal::{dollar_tag, literal};
pub use one_line::one_line;
pub use passes::{Subcommands, pass};
pub use read::read_statement;
pub use reading::{Located, Reading};
pub use repeatable::{drops_if_exists, fills_nulls, with_if_not_exists};
pub use sequence::{counted_with, owned_by, sequence_name};
pub use setting::{Change, change, sets_when_called, sets_within};
pub use split::{Piece, PieceKind, Script, comments, literals, split};
pub use temporary::temporary;
pub use trigger::{OnUpdate, on_update};
pub use whole_rows::names_its_columns;
pub use with::changes_rows_within;

use grammar::{Grammar, Rule};

/// The parser that pest makes of `grammar/sql.pest`; its rules are documented there.
#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/sql.pest"]
    pub(super) struct Grammar;
}
