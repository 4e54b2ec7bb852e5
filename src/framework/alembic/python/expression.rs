//! Expressions, each with where it stands.

use crate::source::ByteSpan;

/// An expression and where it stands; parentheses around it do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// From its first byte to its last.
    pub span: ByteSpan,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A name; `True`, `False` and `None` too.
    Name,
    /// A number.
    Number,
    /// String literals side by side, which are one string.
    Strings(Vec<ByteSpan>),
    /// `value.name`.
    Attribute(Box<Expression>, ByteSpan),
    /// `function(…)`.
    Call(Box<Expression>, Vec<Argument>),
    /// `value[…]`.
    Subscript(Box<Expression>, Vec<Expression>),
    /// `[…]`.
    List(Vec<Expression>),
    /// `(…, …)`, or without parentheses.
    Tuple(Vec<Expression>),
    /// `{…}`.
    Set(Vec<Expression>),
    /// `{key: value}`; `**value` has no key.
    Dict(Vec<(Option<Expression>, Expression)>),
    /// `-value`, `+value`, `~value`, `not value`: the operator, and the value.
    Unary(ByteSpan, Box<Expression>),
    /// `left operator right`; of comparisons only those of two values.
    Binary(Box<Expression>, ByteSpan, Box<Expression>),
    /// `value if test else other`, in this order.
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `*value`.
    Starred(Box<Expression>),
    /// `value for … in … if …` in brackets of any kind: what it makes each time (of a dictionary the key, too), and its loops.
    Comprehension(Vec<Expression>, Vec<Round>),
    /// Lambdas, slices, chains of comparisons, …: what stands in it, in order.
    Other(Vec<Expression>),
}

/// `for target in values if tests`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// What gets each value.
    pub target: Expression,
    /// The values.
    pub values: Expression,
    /// What must be true.
    pub tests: Vec<Expression>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The name before `=`, where there is one.
    pub name: Option<ByteSpan>,
    /// Whether it stands for several arguments.
    pub star: Star,
    /// Its value.
    pub value: Expression,
}

/// The stars before an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Star {
    /// None: one argument.
    None,
    /// `*`: arguments by position.
    One,
    /// `**`: arguments by name.
    Two,
}

impl Expression {
    /// Calls `visit` for this expression and all that stand in it: first itself, then its parts in order.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        visit(self);
        match &self.kind {
            ExpressionKind::Name | ExpressionKind::Number | ExpressionKind::Strings(_) => {}
            ExpressionKind::Attribute(value, _) | ExpressionKind::Unary(_, value) | ExpressionKind::Starred(value) => {
                value.walk(visit);
            }
            ExpressionKind::Call(function, arguments) => {
                function.walk(visit);
                arguments.iter().for_each(|argument| argument.value.walk(visit));
            }
            ExpressionKind::Subscript(value, index) => {
                value.walk(visit);
                index.iter().for_each(|part| part.walk(visit));
            }
            ExpressionKind::List(parts)
            | ExpressionKind::Tuple(parts)
            | ExpressionKind::Set(parts)
            | ExpressionKind::Other(parts) => parts.iter().for_each(|part| part.walk(visit)),
            ExpressionKind::Comprehension(parts, rounds) => {
                parts.iter().for_each(|part| part.walk(visit));
                for round in rounds {
                    round.target.walk(visit);
                    round.values.walk(visit);
                    round.tests.iter().for_each(|test| test.walk(visit));
                }
            }
            ExpressionKind::Dict(pairs) => {
                for (key, value) in pairs {
                    key.iter().for_each(|key| key.walk(visit));
                    value.walk(visit);
                }
            }
            ExpressionKind::Binary(left, _, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            ExpressionKind::Conditional(value, test, other) => {
                value.walk(visit);
                test.walk(visit);
                other.walk(visit);
            }
        }
    }

    /// `a.b.c` as it is written, when it is nothing but names and dots.
    pub fn dotted(&self, file: &str) -> Option<String> {
        match &self.kind {
            ExpressionKind::Name => Some(self.span.slice(file).to_owned()),
            ExpressionKind::Attribute(value, name) => Some(value.dotted(file)? + "." + name.slice(file)),
            _ => None,
        }
    }
}
