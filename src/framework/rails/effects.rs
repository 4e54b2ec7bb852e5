//! What a method does to the database: the calls in it, in the order in which they run.
//!
//! Simple Ruby is followed at sight: constants, conditions and loops over what is written in the file, methods of the class,
//! the blocks that only stand around schema methods. What needs more than reading is opaque, with the reason, and so is the
//! whole statement of the method that it stands in.

mod calls;
mod guard;
mod harmless;
mod sent;
mod statements;

use std::collections::HashMap;

use guard::Guard;

use super::helpers::Own;
use super::ruby::{Block, Expression, Method};
use super::scope::{Names, Scope};
use super::value::{BlockCall, Call as SchemaCall, Value, Why};
use crate::framework::text::Text;
use crate::source::ByteSpan;

/// Something that a method does to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The call, or the statement that is not understood, with the lines of its heredocs.
    pub span: ByteSpan,
    /// The statement of the method's body that it stands in, by index.
    pub statement: usize,
    /// What it does.
    pub kind: EffectKind,
    /// A gem's `safety_assured` stands around it.
    pub is_assured: bool,
    /// In a method that is taken back: it is what is taken back. Otherwise it runs as it is.
    pub is_reverted: bool,
    /// A block of `reversible`, by number: what it does runs in order even where all else is taken back from the last to the
    /// first.
    pub block: Option<usize>,
    /// It runs in a `transaction` of its author's.
    pub in_transaction: bool,
    /// What was written around it by an earlier rewrite bounds how long it waits for its locks.
    pub is_bounded: bool,
    /// Its author asks the catalog first whether there is something to do.
    pub is_guarded: bool,
    /// What was written around it by an earlier rewrite asks the database for this first.
    pub condition: Option<String>,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectKind {
    /// It calls a schema method.
    Schema(SchemaCall),
    /// It sends SQL.
    Sql(Text),
    /// It drops the index of this name if it is INVALID.
    DropInvalidIndex(String),
    /// Nobody knows without running it; why.
    Opaque(Why),
}

/// Which way a migration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Forward.
    Up,
    /// Back: `change` is taken back, `down` does what it says.
    Down,
}

/// What a class has that its methods use.
#[derive(Debug, Clone, Default)]
pub struct Class<'a> {
    /// Its constants.
    pub constants: Scope<'a>,
    /// Its methods, by name.
    pub methods: HashMap<&'a str, &'a Method>,
    /// Those of them that a rewrite wrote.
    pub own: HashMap<&'a str, Own>,
    /// What the project's generators are told of primary keys, where that is known.
    pub primary_key_type: Option<Value>,
}

/// A statement may end the method that it stands in.
pub(super) fn may_return(file: &str, statement: &Expression) -> bool {
    harmless::leaves(file, statement)
}

/// How many statements are followed, loops and methods included.
const MAX_STATEMENTS: usize = 20_000;

/// The effects of some statements, the body of a method.
pub fn effects<'a>(
    file: &'a str,
    class: &Class<'a>,
    statements: &[&'a Expression],
    direction: Direction,
    is_change: bool,
) -> Vec<Effect> {
    let mut reader = Reader {
        file,
        class,
        own: Scope::default(),
        effects: Vec::new(),
        table: None,
        statement: 0,
        around: Around { is_reverted: is_change && direction == Direction::Down, ..Around::default() },
        blocks: 0,
        depth: 0,
        left: MAX_STATEMENTS,
        jump: None,
        blocks_of_methods: Vec::new(),
        guard: None,
        conditions: Vec::new(),
    };
    for (index, statement) in statements.iter().enumerate() {
        reader.statement = index;
        if reader.jump.is_none() {
            reader.follow_whole(statement);
        }
    }
    reader.effects
}

struct Reader<'r, 'a> {
    file: &'a str,
    class: &'r Class<'a>,
    own: Scope<'a>,
    effects: Vec<Effect>,
    /// What is called on the table of a block.
    table: Option<Vec<BlockCall>>,
    statement: usize,
    around: Around,
    blocks: usize,
    depth: usize,
    left: usize,
    jump: Option<Jump>,
    /// The blocks that the methods that are being followed were called with, and the names that these see.
    blocks_of_methods: Vec<(Option<&'a Block>, Scope<'a>)>,
    /// The condition that a call must be bound to, where one is followed.
    guard: Option<Guard>,
    /// The conditions of an earlier rewrite that were met so far.
    conditions: Vec<String>,
}

/// What stands around a call.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    is_assured: bool,
    is_reverted: bool,
    block: Option<usize>,
    in_transaction: bool,
    is_bounded: bool,
    /// The condition of an earlier rewrite, by index.
    condition: Option<usize>,
}

/// What ends a block early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jump {
    Return,
    Next,
    Break,
}

impl<'a> Reader<'_, 'a> {
    fn names(&self) -> Names<'_, 'a> {
        Names {
            file: self.file,
            constants: &self.class.constants,
            own: &self.own,
            methods: &self.class.methods,
            is_reverting: Some(self.around.is_reverted),
            primary_key_type: self.class.primary_key_type.as_ref(),
            depth: 0,
        }
    }

    fn value(&self, expression: &Expression) -> Value {
        self.names().value(expression)
    }

    /// Follows a statement of the method itself: it is understood as a whole or not at all.
    fn follow_whole(&mut self, statement: &'a Expression) {
        let (effects, around) = (self.effects.len(), self.around);
        if let Err(why) = self.follow(statement) {
            self.effects.truncate(effects);
            (self.around, self.depth, self.table, self.jump) = (around, 0, None, None);
            self.guard = None;
            if let Some((_, own)) = self.blocks_of_methods.drain(..).next() {
                self.own = own;
            }
            self.own.forget_changed(self.file, statement);
            self.push(statement, EffectKind::Opaque(why));
        }
    }

    fn push(&mut self, expression: &Expression, kind: EffectKind) {
        let Around { is_assured, is_reverted, block, in_transaction, is_bounded, condition } = self.around;
        self.effects.push(Effect {
            span: expression.extent(),
            statement: self.statement,
            kind,
            is_assured,
            is_reverted,
            block,
            in_transaction,
            is_bounded,
            is_guarded: self.guard.is_some(),
            condition: condition.map(|at| self.conditions[at].clone()),
        });
    }
}
