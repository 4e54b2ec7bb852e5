//! What does nothing to the database, or only asks it.

mod names;

use crate::framework::rails::ruby::{Argument, Body, Expression, ExpressionKind};
use crate::framework::rails::scope::{Names, is_connection};
use crate::framework::rails::value::Value;
use names::asks;
pub(super) use names::{is_harmless_method, is_harmless_name, sends_sql};

/// No call in an expression can do anything to the database.
pub(super) fn is_harmless(names: &Names<'_, '_>, expression: &Expression) -> bool {
    let own = expression.span.slice(names.file);
    let is_own_harmless = match &expression.kind {
        ExpressionKind::Unread => false,
        ExpressionKind::Name => {
            names.own.get(own).is_some()
                || is_harmless_name(own)
                || own == "connection"
                || !matches!(names.value(expression), Value::Unknown(_))
        }
        ExpressionKind::Call(call) => {
            let name = call.name.slice(names.file);
            let is_known = !matches!(names.value(expression), Value::Unknown(_) | Value::Array(_) | Value::Proc(_));
            let is_harmless = match &call.receiver {
                None => is_harmless_name(name),
                Some(receiver) if is_connection(names, receiver) => is_harmless_name(name) || asks(name),
                Some(receiver) => match names.value(receiver) {
                    // A method of a known value changes at most that.
                    Value::Unknown(_) => is_harmless_method(name),
                    _ => true,
                },
            };
            is_known || is_harmless
        }
        ExpressionKind::Class(_) | ExpressionKind::Method(_) => return true,
        _ => true,
    };
    let mut parts_are_harmless = true;
    expression.children(&mut |part| parts_are_harmless = parts_are_harmless && is_harmless(names, part));
    is_own_harmless && parts_are_harmless
}

/// It may end the method that it stands in.
pub(super) fn leaves(file: &str, expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Jump(word, _) => matches!(word.slice(file), "return" | "next" | "break" | "redo" | "retry"),
        ExpressionKind::Class(_) | ExpressionKind::Method(_) | ExpressionKind::Lambda(_) => false,
        ExpressionKind::Call(call) => {
            // `next` in a block ends the block.
            let in_block = call.block.as_ref().is_some_and(|block| body_returns(file, &block.body));
            let in_arguments = call.arguments.iter().any(|argument| argument_leaves(file, argument));
            call.receiver.as_ref().is_some_and(|receiver| leaves(file, receiver)) || in_arguments || in_block
        }
        _ => {
            let mut any = false;
            expression.children(&mut |part| any = any || leaves(file, part));
            any
        }
    }
}

fn argument_leaves(file: &str, argument: &Argument) -> bool {
    let mut any = false;
    argument.children(&mut |part| any = any || leaves(file, part));
    any
}

fn body_returns(file: &str, body: &Body) -> bool {
    let mut any = false;
    body.children(&mut |statement| {
        statement.walk(&mut |part| {
            any = any || matches!(&part.kind, ExpressionKind::Jump(word, _) if word.slice(file) == "return");
        });
    });
    any
}
