//! What Ruby is made of, as far as migrations use it. In Ruby everything is an expression, statements too.

use crate::framework::text::Text;
use crate::source::ByteSpan;

/// An expression and where it stands; parentheses around it are one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// From its first byte to its last. The lines of a heredoc are not in it.
    pub span: ByteSpan,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A name by itself: a local variable, or a call without anything.
    Name,
    /// `User`.
    Constant,
    /// `Base::Name`, and `::Name` without a base.
    Scoped(Option<Box<Expression>>, ByteSpan),
    /// `@name`, `@@name`, `$name`.
    Variable,
    /// `nil`, `true`, `false`, `self`, `__FILE__`, …
    Keyword,
    /// A number.
    Number,
    /// A literal with quotes, or a symbol.
    Quoted(Quoted),
    /// `[…]`, `%w[…]` and `%i[…]`.
    Array(Vec<Expression>),
    /// `{…}`; the braces of a hash at the end of arguments may be left out.
    Hash(Vec<Pair>),
    /// `receiver.name(arguments) { block }`, in every form.
    Call(Box<Call>),
    /// `value[…]`.
    Index(Box<Expression>, Vec<Argument>),
    /// `->(parameters) { … }`.
    Lambda(Box<Block>),
    /// `-value`, `!value`, `not value`, `defined? value`, …: the operator, and the value.
    Unary(ByteSpan, Box<Expression>),
    /// `left operator right`: also `&&`, `||`, `and`, `or`, `..`.
    Binary(Box<Expression>, ByteSpan, Box<Expression>),
    /// A range without its begin or its end.
    HalfRange(ByteSpan, Box<Expression>),
    /// `a = value`, `a, *b = values`, `a ||= value`: what gets it, the operator, and the value.
    Assign(Vec<Expression>, ByteSpan, Box<Expression>),
    /// `*value`, `**value`, `&value`; some may stand alone.
    Splat(ByteSpan, Option<Box<Expression>>),
    /// `a, b` where several values are allowed without brackets.
    List(Vec<Expression>),
    /// `(…; …)`.
    Parentheses(Vec<Expression>),
    /// `if`, `unless`, and `test ? a : b`.
    If(Box<If>),
    /// `while`, `until`: the word, the condition, the body.
    While(ByteSpan, Box<Expression>, Vec<Expression>),
    /// `for targets in values`.
    For(Vec<Expression>, Box<Expression>, Vec<Expression>),
    /// `case`.
    Case(Box<Case>),
    /// `begin … end`, and `value rescue other`.
    Begin(Box<Body>),
    /// `def`.
    Method(Box<Method>),
    /// `class`, `module`, `class << self`.
    Class(Box<Class>),
    /// `return`, `break`, `next`, `redo`, `retry`: the word, and the values.
    Jump(ByteSpan, Vec<Argument>),
    /// `alias`, `undef`, `BEGIN`, patterns, and what is not understood.
    Unread,
}

/// A literal: its parts, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// What it makes.
    pub kind: QuotedKind,
    /// Its parts. Strings side by side, and heredocs, are one string.
    pub parts: Vec<Part>,
    /// Where the lines of heredocs stand, with their closing words.
    pub heredocs: Vec<ByteSpan>,
}

/// What a literal with quotes makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotedKind {
    /// A string.
    String,
    /// A symbol.
    Symbol,
    /// A regular expression.
    Regex,
    /// What a command of the shell prints.
    Command,
}

/// A part of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Characters.
    Text(Text),
    /// `#{…}`: from its `#` to its brace, and its statements.
    Field(ByteSpan, Vec<Expression>),
}

/// `key => value`, `key: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key; `**value` has none.
    pub key: Option<Expression>,
    /// The value; with `key:` alone it is what has that name.
    pub value: Option<Expression>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// By position; `*values`, `&block` are a [`ExpressionKind::Splat`].
    Value(Expression),
    /// `key: value`, `key => value`, `**values` without braces.
    Pair(Pair),
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What it is called on.
    pub receiver: Option<Expression>,
    /// The method; empty for `value.(…)`.
    pub name: ByteSpan,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// Its block.
    pub block: Option<Block>,
}

/// `{ |parameters| … }`, `do |parameters| … end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// From its brace to its brace, or from `do` to `end`; for a lambda from its arrow.
    pub span: ByteSpan,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it does.
    pub body: Body,
}

/// Statements with what `rescue` and `ensure` say of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The statements.
    pub statements: Vec<Expression>,
    /// Each `rescue`.
    pub rescues: Vec<Rescue>,
    /// Behind `else`.
    pub otherwise: Vec<Expression>,
    /// Behind `ensure`.
    pub ensure: Vec<Expression>,
}

/// `rescue Error => name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    /// The classes.
    pub classes: Vec<Expression>,
    /// What gets the error.
    pub name: Option<Expression>,
    /// What is done then.
    pub body: Vec<Expression>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct If {
    /// `if`, `unless`, `elsif`, or `?`.
    pub word: ByteSpan,
    /// What is asked.
    pub test: Expression,
    /// What is done when it is true; for `unless` when it is not.
    pub then: Vec<Expression>,
    /// What is done else; an `elsif` is an `if` in it.
    pub otherwise: Vec<Expression>,
}

/// `case subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What is compared; `None` for `case` with conditions.
    pub subject: Option<Expression>,
    /// Each `when`: its values, and what is done. A pattern behind `in` is one value that is not read.
    pub branches: Vec<(Vec<Expression>, Vec<Expression>)>,
    /// Behind `else`.
    pub otherwise: Vec<Expression>,
}

/// A method that is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// `self` in `def self.up`.
    pub of: Option<Expression>,
    /// Its name.
    pub name: ByteSpan,
    /// From `def` to its parameters' end.
    pub head: ByteSpan,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// What it does.
    pub body: Body,
}

/// A class or a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// `class` or `module`.
    pub word: ByteSpan,
    /// Its name; of `class << self` what stands behind the arrows.
    pub name: Expression,
    /// What it comes from.
    pub superclass: Option<Expression>,
    /// From its first word to the end of its name or superclass.
    pub head: ByteSpan,
    /// What stands in it.
    pub body: Body,
}

/// A parameter of a method or a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name; empty for `*` and the like alone.
    pub name: ByteSpan,
    /// How it takes arguments.
    pub kind: ParameterKind,
    /// What it is without an argument.
    pub default: Option<Expression>,
}

/// How a parameter takes arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position.
    Plain,
    /// `name:`.
    Named,
    /// `*name`.
    Rest,
    /// `**name`.
    NamedRest,
    /// `&name`.
    Block,
    /// `(a, b)`.
    Parts(Vec<Parameter>),
    /// Behind a semicolon: the block's own variable.
    Local,
}
