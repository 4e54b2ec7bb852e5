//! Visiting all that stands in an expression.

use super::tree::{Argument, Block, Body, Expression, ExpressionKind, Pair, Parameter, ParameterKind, Part, Quoted};
use crate::source::ByteSpan;

type Visit<'v, 'a> = &'v mut dyn FnMut(&'a Expression);

impl Expression {
    /// Calls `visit` for this expression and all that stand in it: first itself, then its parts as they are written.
    pub fn walk<'a>(&'a self, visit: Visit<'_, 'a>) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// Calls `visit` for what stands right in it, as it is written.
    pub fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        let mut all = |parts: &'a [Expression]| parts.iter().for_each(&mut *visit);
        match &self.kind {
            ExpressionKind::Name
            | ExpressionKind::Constant
            | ExpressionKind::Variable
            | ExpressionKind::Keyword
            | ExpressionKind::Number
            | ExpressionKind::Unread => {}
            ExpressionKind::Scoped(base, _) => base.iter().for_each(|base| visit(base)),
            ExpressionKind::Quoted(quoted) => quoted.fields(visit),
            ExpressionKind::Array(parts) | ExpressionKind::List(parts) | ExpressionKind::Parentheses(parts) => {
                all(parts)
            }
            ExpressionKind::Hash(pairs) => pairs.iter().for_each(|pair| pair.children(visit)),
            ExpressionKind::Call(call) => {
                call.receiver.iter().for_each(&mut *visit);
                call.arguments.iter().for_each(|argument| argument.children(visit));
                call.block.iter().for_each(|block| block.children(visit));
            }
            ExpressionKind::Index(of, arguments) => {
                visit(of);
                arguments.iter().for_each(|argument| argument.children(visit));
            }
            ExpressionKind::Lambda(block) => block.children(visit),
            ExpressionKind::Unary(_, value) | ExpressionKind::HalfRange(_, value) => visit(value),
            ExpressionKind::Binary(left, _, right) => {
                visit(left);
                visit(right);
            }
            ExpressionKind::Assign(targets, _, value) => {
                all(targets);
                visit(value);
            }
            ExpressionKind::Splat(_, value) => value.iter().for_each(|value| visit(value)),
            ExpressionKind::If(of) => {
                // What a condition behind a statement asks stands behind it.
                let is_behind = of.then.first().is_some_and(|then| then.span.start < of.test.span.start);
                if !is_behind {
                    visit(&of.test);
                }
                of.then.iter().for_each(&mut *visit);
                if is_behind {
                    visit(&of.test);
                }
                of.otherwise.iter().for_each(visit);
            }
            ExpressionKind::While(_, test, body) => {
                let is_behind = body.first().is_some_and(|first| first.span.start < test.span.start);
                if !is_behind {
                    visit(test);
                }
                body.iter().for_each(&mut *visit);
                if is_behind {
                    visit(test);
                }
            }
            ExpressionKind::For(targets, values, body) => {
                all(targets);
                visit(values);
                body.iter().for_each(visit);
            }
            ExpressionKind::Case(case) => {
                case.subject.iter().for_each(&mut *visit);
                for (values, body) in &case.branches {
                    values.iter().chain(body).for_each(&mut *visit);
                }
                case.otherwise.iter().for_each(visit);
            }
            ExpressionKind::Begin(body) => body.children(visit),
            ExpressionKind::Method(method) => {
                method.of.iter().for_each(&mut *visit);
                method.parameters.iter().for_each(|parameter| parameter.children(visit));
                method.body.children(visit);
            }
            ExpressionKind::Class(class) => {
                visit(&class.name);
                class.superclass.iter().for_each(&mut *visit);
                class.body.children(visit);
            }
            ExpressionKind::Jump(_, values) => values.iter().for_each(|value| value.children(visit)),
        }
    }

    /// From its first byte to its last, with the lines of the heredocs that begin in it.
    pub fn extent(&self) -> ByteSpan {
        let mut extent = self.span;
        self.walk(&mut |part| {
            if let ExpressionKind::Quoted(quoted) = &part.kind {
                quoted.heredocs.iter().for_each(|lines| extent.end = extent.end.max(lines.end));
            }
        });
        extent
    }

    /// `A::B` as it is written, when it is nothing but a constant.
    pub fn constant(&self, file: &str) -> Option<String> {
        match &self.kind {
            ExpressionKind::Constant => Some(self.span.slice(file).to_owned()),
            ExpressionKind::Scoped(None, name) => Some(name.slice(file).to_owned()),
            ExpressionKind::Scoped(Some(base), name) => Some(base.constant(file)? + "::" + name.slice(file)),
            _ => None,
        }
    }
}

impl Quoted {
    fn fields<'a>(&'a self, visit: Visit<'_, 'a>) {
        for part in &self.parts {
            if let Part::Field(_, statements) = part {
                statements.iter().for_each(&mut *visit);
            }
        }
    }
}

impl Argument {
    /// Calls `visit` for what stands right in it.
    pub fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        match self {
            Argument::Value(value) => visit(value),
            Argument::Pair(pair) => pair.children(visit),
        }
    }
}

impl Pair {
    fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        self.key.iter().chain(&self.value).for_each(visit);
    }
}

impl Block {
    /// Calls `visit` for what stands right in it.
    pub fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        self.parameters.iter().for_each(|parameter| parameter.children(visit));
        self.body.children(visit);
    }
}

impl Body {
    /// Calls `visit` for its statements, in order, those behind `rescue` and `ensure` included.
    pub fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        self.statements.iter().for_each(&mut *visit);
        for rescue in &self.rescues {
            rescue.classes.iter().chain(&rescue.name).chain(&rescue.body).for_each(&mut *visit);
        }
        self.otherwise.iter().chain(&self.ensure).for_each(visit);
    }
}

impl Parameter {
    fn children<'a>(&'a self, visit: Visit<'_, 'a>) {
        self.default.iter().for_each(&mut *visit);
        if let ParameterKind::Parts(parts) = &self.kind {
            parts.iter().for_each(|part| part.children(visit));
        }
    }
}
