//! Calls: which of them are followed, and what the blocks around others mean.

use super::{Around, EffectKind, Jump, MAX_STATEMENTS, Reader, harmless};
use crate::framework::rails::helpers::{self, Own};
use crate::framework::rails::ruby::{Block, Call, Expression, ExpressionKind, Method};
use crate::framework::rails::scope::{Bound, Scope, is_connection};
use crate::framework::rails::value::{Arguments, Receiver, Value, Why};
use crate::source::ByteSpan;

/// How deep calls of methods are followed.
const MAX_DEPTH: usize = 8;

impl<'a> Reader<'_, 'a> {
    /// A name by itself: a variable, or a call without anything.
    pub(super) fn name(&mut self, expression: &'a Expression) -> Result<(), Why> {
        let name = expression.span.slice(self.file);
        if self.own.get(name).is_some() || harmless::is_harmless_name(name) {
            return Ok(());
        }
        match self.class.methods.get(name).copied() {
            Some(method) => self.method(method, &Arguments::default(), None),
            None => Err(format!("a call of {name}")),
        }
    }

    pub(super) fn call(&mut self, expression: &'a Expression, call: &'a Call) -> Result<(), Why> {
        let name = call.name.slice(self.file);
        match &call.receiver {
            None => self.own_call(expression, call, name),
            Some(receiver) if receiver.span.slice(self.file) == "self" => self.own_call(expression, call, name),
            Some(receiver) if is_connection(&self.names(), receiver) => self.connection(expression, call, name),
            Some(receiver) if receiver.kind == ExpressionKind::Name => {
                match self.own.get(receiver.span.slice(self.file)) {
                    Some(Bound::Table) => self.table(expression, call, name),
                    Some(Bound::Directions) => self.direction(call, name),
                    _ => self.other_call(expression, call, receiver, name),
                }
            }
            Some(receiver) => self.other_call(expression, call, receiver, name),
        }
    }

    pub(super) fn arguments(&mut self, call: &'a Call) -> Result<Arguments, Why> {
        for argument in &call.arguments {
            let mut parts = Vec::new();
            argument.children(&mut |part| parts.push(part));
            for part in parts {
                if !harmless::is_harmless(&self.names(), part) {
                    self.follow(part)?;
                }
            }
        }
        self.names().arguments(&call.arguments)
    }

    /// A call on the migration itself.
    fn own_call(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        if let Some(own) = self.class.own.get(name) {
            return self.helper(expression, call, *own);
        }
        if let Some(method) = self.class.methods.get(name).copied() {
            let arguments = self.arguments(call)?;
            return self.method(method, &arguments, call.block.as_ref());
        }
        let around = self.around;
        match (name, &call.block) {
            ("execute", None) => self.execute(expression, call, name),
            ("yield", None) => self.yielded(call),
            ("safety_assured" | "safety_assured!", Some(block)) => {
                self.block(block, Around { is_assured: true, ..around })
            }
            ("transaction", Some(block)) => self.block(block, Around { in_transaction: true, ..around }),
            (
                "say_with_time" | "suppress_messages" | "with_lock_retries" | "disable_statement_timeout",
                Some(block),
            ) => {
                self.arguments(call)?;
                self.block(block, around)
            }
            ("up_only", Some(block)) => match around.is_reverted {
                false => self.block(block, around),
                true => Ok(()),
            },
            ("reversible", Some(block)) => {
                let [direction] = &block.parameters[..] else { return Err("reversible".to_owned()) };
                self.own.set(direction.name.slice(self.file), Bound::Directions);
                self.blocks += 1;
                self.block(block, Around { block: Some(self.blocks), ..around })
            }
            ("revert", Some(block)) if !around.is_reverted => self.revert(block),
            ("revert", Some(block)) => {
                // What is taken back twice is done.
                self.blocks += 1;
                self.block(block, Around { is_reverted: false, block: Some(self.blocks), ..around })
            }
            ("create_table" | "change_table" | "create_join_table" | "drop_table" | "drop_join_table", Some(block)) => {
                let arguments = self.arguments(call)?;
                // What is dropped needs no columns.
                let is_dropped = name.starts_with("drop") && !around.is_reverted;
                let calls = if is_dropped { None } else { Some(self.table_block(block)?) };
                self.schema(expression, name, Receiver::Migration, arguments, calls)
            }
            ("raise" | "fail", None) => {
                let what = call.arguments.first().map_or("", |argument| {
                    let mut span = ByteSpan::new(0, 0);
                    argument.children(&mut |part| span = part.span);
                    span.slice(self.file)
                });
                Err(format!("{name} {what}").trim_end().to_owned())
            }
            (name, None) if harmless::is_harmless_name(name) => self.arguments(call).map(drop),
            (_, Some(_)) => self.harmless(expression, &format!("a block of {name}")),
            (_, None) => {
                let arguments = self.arguments(call)?;
                self.schema(expression, name, Receiver::Migration, arguments, None)
            }
        }
    }

    /// A method that an earlier rewrite wrote.
    fn helper(&mut self, expression: &'a Expression, call: &'a Call, own: Own) -> Result<(), Why> {
        let around = self.around;
        match (own, &call.block) {
            (Own::Retry, Some(block)) => self.block(block, Around { is_bounded: true, in_transaction: true, ..around }),
            (Own::WithoutTimeouts, Some(block)) => self.block(block, around),
            (Own::DropInvalidIndex, None) => match &self.arguments(call)?.positional[..] {
                [Value::Text(index)] => {
                    self.push(expression, EffectKind::DropInvalidIndex(index.value.clone()));
                    Ok(())
                }
                _ => Err(helpers::DROP_INVALID_INDEX.to_owned()),
            },
            (Own::OnlyIf, Some(block)) if around.condition.is_none() => match &self.arguments(call)?.positional[..] {
                [Value::Text(condition)] => {
                    self.conditions.push(condition.value.trim().to_owned());
                    self.block(block, Around { condition: Some(self.conditions.len() - 1), ..around })
                }
                _ => Err(helpers::ONLY_IF.to_owned()),
            },
            // It only asks.
            (Own::CheckIndex, None) => self.arguments(call).map(drop),
            _ => Err("a method of a rewrite".to_owned()),
        }
    }

    /// Follows a method of the class.
    fn method(&mut self, method: &'a Method, arguments: &Arguments, block: Option<&'a Block>) -> Result<(), Why> {
        if self.depth == MAX_DEPTH {
            return Err("methods that call each other".to_owned());
        }
        let mut own = Scope::default();
        self.names().bind_arguments(&mut own, &method.parameters, arguments)?;
        let outer = std::mem::replace(&mut self.own, own);
        self.blocks_of_methods.push((block, outer));
        self.depth += 1;
        let done = self.body(&method.body);
        self.depth -= 1;
        if let Some((_, outer)) = self.blocks_of_methods.pop() {
            self.own = outer;
        }
        self.jump = self.jump.filter(|jump| *jump != Jump::Return);
        done
    }

    pub(super) fn block(&mut self, block: &'a Block, around: Around) -> Result<(), Why> {
        let outer = std::mem::replace(&mut self.around, around);
        let done = self.body(&block.body);
        self.around = outer;
        self.jump = self.jump.filter(|jump| *jump != Jump::Next);
        done
    }

    /// `yield`: what the caller's block does, with the names that it sees.
    fn yielded(&mut self, call: &'a Call) -> Result<(), Why> {
        let arguments = self.arguments(call)?;
        let Some((Some(block), outer)) = self.blocks_of_methods.pop() else { return Err("yield".to_owned()) };
        let own = std::mem::replace(&mut self.own, outer);
        self.own.bind(self.file, &block.parameters, arguments.positional);
        let done = self.block(block, self.around);
        let outer = std::mem::replace(&mut self.own, own);
        self.blocks_of_methods.push((Some(block), outer));
        done
    }

    /// `dir.up { … }`
    fn direction(&mut self, call: &'a Call, name: &str) -> Result<(), Why> {
        let Some(block) = &call.block else { return Err(format!("{name} without a block")) };
        let is_taken = match name {
            "up" => !self.around.is_reverted,
            "down" => self.around.is_reverted,
            other => return Err(format!("{other} of reversible")),
        };
        match is_taken {
            true => self.block(block, Around { is_reverted: false, ..self.around }),
            false => Ok(()),
        }
    }

    /// `revert { … }`: what is in it is taken back, from the last to the first.
    fn revert(&mut self, block: &'a Block) -> Result<(), Why> {
        let from = self.effects.len();
        self.block(block, Around { is_reverted: true, ..self.around })?;
        let mut taken_back = self.effects.split_off(from);
        if taken_back.iter().any(|effect| effect.block.is_some()) {
            return Err("reversible in revert".to_owned());
        }
        taken_back.reverse();
        self.effects.extend(taken_back);
        Ok(())
    }

    /// A call on anything else.
    fn other_call(
        &mut self,
        expression: &'a Expression,
        call: &'a Call,
        receiver: &'a Expression,
        name: &str,
    ) -> Result<(), Why> {
        if harmless::is_harmless(&self.names(), expression) {
            self.own.forget_changed(self.file, expression);
            return Ok(());
        }
        let Some(block) = &call.block else {
            // `execute("…").to_a`: what a harmless method is called on may do something.
            if harmless::is_harmless_method(name) {
                self.follow(receiver)?;
                return self.arguments(call).map(drop);
            }
            return Err(self.refused(receiver, name));
        };
        if name == "transaction" && receiver.constant(self.file).is_some() {
            self.arguments(call)?;
            return self.block(block, Around { in_transaction: true, ..self.around });
        }
        let of = self.value(receiver);
        let items: Option<Vec<Value>> = match (name, of) {
            ("each" | "each_pair" | "map" | "each_entry" | "flat_map", of) => match of {
                Value::Array(items) => Some(items),
                Value::Hash(pairs) => {
                    Some(pairs.into_iter().map(|(key, value)| Value::Array(vec![key, value])).collect())
                }
                _ => None,
            },
            ("each_with_index", Value::Array(items)) => {
                let numbered = |(at, item): (usize, Value)| Value::Array(vec![item, Value::Number(at.to_string())]);
                Some(items.into_iter().enumerate().map(numbered).collect())
            }
            ("reverse_each", Value::Array(items)) => Some(items.into_iter().rev().collect()),
            ("each_key", Value::Hash(pairs)) => Some(pairs.into_iter().map(|(key, _)| key).collect()),
            ("each_value", Value::Hash(pairs)) => Some(pairs.into_iter().map(|(_, value)| value).collect()),
            ("times", Value::Number(count)) => {
                let count: usize = count.parse().ok().filter(|count| *count <= MAX_STATEMENTS).ok_or("a long loop")?;
                Some((0..count).map(|at| Value::Number(at.to_string())).collect())
            }
            _ => None,
        };
        let Some(items) = items else {
            return Err(self.refused(receiver, name));
        };
        self.follow(receiver)?;
        for item in items {
            self.own.bind(self.file, &block.parameters, vec![item]);
            let done = self.body(&block.body);
            done?;
            if self.leaves_loop() {
                break;
            }
        }
        Ok(())
    }

    fn refused(&self, receiver: &Expression, name: &str) -> Why {
        match self.value(receiver) {
            Value::Unknown(what) => format!("a call of {name} of {what}"),
            known => format!("a call of {name} of {}", known.kind()),
        }
    }
}
