//! Python's statements, as far as revision files need them.

use super::{Argument, Expression, ExpressionKind};
use crate::source::ByteSpan;

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From its first token to its last, with everything that stands in it.
    pub span: ByteSpan,
    /// What it is.
    pub kind: StatementKind,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// An expression by itself, such as a call.
    Expression(Expression),
    /// `a = b = value`, and `a: type = value`.
    Assign {
        /// What gets the value, in order.
        targets: Vec<Expression>,
        /// The type that is written behind a colon.
        annotation: Option<Expression>,
        /// The value; a mere annotation has none.
        value: Option<Expression>,
    },
    /// `a += value`.
    Augment {
        /// What is changed.
        target: Expression,
        /// By what.
        value: Expression,
    },
    /// `import …` and `from … import …`.
    Import(Vec<Imported>),
    /// `pass`.
    Pass,
    /// `return`, `raise`, `assert`, `del`, …, and decorators: the word, and what stands behind it.
    Word(ByteSpan, Vec<Expression>),
    /// `with`, `for`, `if`, `while`, `try`, `match`, with all that belongs to them; a function or a class.
    Compound(Vec<Clause>),
    /// Not understood.
    Unread,
}

/// A name that an import brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The module or what is in it, with dots: `sqlalchemy.dialects.postgresql`; `*` at its end for everything.
    pub path: String,
    /// The name that it has here.
    pub name: String,
}

/// A line that ends in a colon, and what is indented below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What stands behind the `@` of lines before it.
    pub decorators: Vec<Expression>,
    /// From its first word to its colon.
    pub head: ByteSpan,
    /// What its head says.
    pub header: Header,
    /// Its statements.
    pub body: Vec<Statement>,
}

/// The head of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// `with value as name, …:`
    With(Vec<(Expression, Option<Expression>)>),
    /// `for target in values:`
    For(Expression, Expression),
    /// `if`, `elif`, `while`.
    Test(ByteSpan, Expression),
    /// `else`, `try`, `finally`.
    Plain(ByteSpan),
    /// `def name(…)`.
    Function {
        /// Its name.
        name: ByteSpan,
        /// Its parameters, in order.
        parameters: Vec<Parameter>,
    },
    /// `class name(…)`: its name, and what stands in the parentheses.
    Class(ByteSpan, Vec<Argument>),
    /// `except …`, `match …`, `case …`: not read any further.
    Other,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: ByteSpan,
    /// What it is without an argument.
    pub default: Option<Expression>,
}

impl Statement {
    /// It gives a name a value, or takes it away.
    pub fn binds_name(&self, file: &str, name: &str) -> bool {
        self.binds(file).iter().any(|own| own == name)
    }

    /// The names that it gives a value, or takes away, wherever in it, but for those of functions and classes inside it.
    pub fn binds(&self, file: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut targets = |target: &Expression| {
            target.walk(&mut |part| {
                if part.kind == ExpressionKind::Name {
                    names.push(part.span.slice(file).to_owned());
                }
            });
        };
        match &self.kind {
            StatementKind::Assign { targets: all, .. } => all.iter().for_each(targets),
            StatementKind::Augment { target, .. } => targets(target),
            StatementKind::Import(imported) => names.extend(imported.iter().map(|one| one.name.clone())),
            StatementKind::Word(word, values) if word.slice(file) == "del" => values.iter().for_each(targets),
            _ => {
                for clause in self.clauses() {
                    match &clause.header {
                        Header::For(target, _) => targets(target),
                        Header::With(items) => {
                            items.iter().filter_map(|(_, name)| name.as_ref()).for_each(&mut targets)
                        }
                        _ => {}
                    }
                }
                for clause in self.clauses() {
                    match &clause.header {
                        Header::Function { name, .. } | Header::Class(name, _) => {
                            names.push(name.slice(file).to_owned());
                        }
                        _ => names.extend(clause.body.iter().flat_map(|inner| inner.binds(file))),
                    }
                }
            }
        }
        names
    }

    /// Something in it is not understood.
    pub fn has_unread(&self) -> bool {
        self.kind == StatementKind::Unread
            || self.clauses().iter().any(|clause| clause.body.iter().any(Statement::has_unread))
    }

    /// The clauses of a statement that has some.
    pub fn clauses(&self) -> &[Clause] {
        match &self.kind {
            StatementKind::Compound(clauses) => clauses,
            _ => &[],
        }
    }

    /// Calls `visit` for the expressions that stand in it, from the first to the last, each with what is in it.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match &self.kind {
            StatementKind::Expression(expression) => expression.walk(visit),
            StatementKind::Assign { targets, annotation, value } => {
                let all = targets.iter().chain(annotation).chain(value);
                all.for_each(|expression| expression.walk(visit));
            }
            StatementKind::Augment { target, value } => {
                target.walk(visit);
                value.walk(visit);
            }
            StatementKind::Word(_, values) => values.iter().for_each(|value| value.walk(visit)),
            StatementKind::Compound(clauses) => {
                for clause in clauses {
                    clause.decorators.iter().for_each(|decorator| decorator.walk(visit));
                    clause.header.expressions(visit);
                    clause.body.iter().for_each(|statement| statement.expressions(visit));
                }
            }
            StatementKind::Import(_) | StatementKind::Pass | StatementKind::Unread => {}
        }
    }
}

impl Header {
    fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match self {
            Header::With(items) => {
                for (value, name) in items {
                    value.walk(visit);
                    name.iter().for_each(|name| name.walk(visit));
                }
            }
            Header::For(target, values) => {
                target.walk(visit);
                values.walk(visit);
            }
            Header::Test(_, test) => test.walk(visit),
            Header::Function { parameters, .. } => {
                parameters
                    .iter()
                    .filter_map(|parameter| parameter.default.as_ref())
                    .for_each(|value| value.walk(visit));
            }
            Header::Class(_, bases) => bases.iter().for_each(|base| base.value.walk(visit)),
            Header::Plain(_) | Header::Other => {}
        }
    }
}
