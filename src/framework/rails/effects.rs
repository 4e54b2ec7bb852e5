//! What a method does to the database: the calls in it, in the order in which they run.
//!
//! Simple Ruby is followed at sight: constants, conditions and loops over what is written in the file, methods of the class,
//! the blocks that only stand around schema methods. What needs more than reading is opaque, with the reason, and so is the
//! whole statement of the method that it stands in.

mod guard;
mod harmless;

use std::collections::HashMap;

use guard::Guard;

use super::helpers::{self, Own};
use super::ruby::{Block, Body, Call, Expression, ExpressionKind, If, Method};
use super::scope::{Bound, Names, Scope, is_connection, truth};
use super::value::{Arguments, BlockCall, Call as SchemaCall, Receiver, Value, Why};
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
/// How deep calls of methods are followed.
const MAX_DEPTH: usize = 8;

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
}

/// What stands around a call.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    is_assured: bool,
    is_reverted: bool,
    block: Option<usize>,
    in_transaction: bool,
    is_bounded: bool,
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
        let Around { is_assured, is_reverted, block, in_transaction, is_bounded } = self.around;
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
        });
    }

    fn statements(&mut self, statements: &'a [Expression]) -> Result<(), Why> {
        for statement in statements {
            if self.jump.is_none() {
                self.follow(statement)?;
            }
        }
        Ok(())
    }

    fn body(&mut self, body: &'a Body) -> Result<(), Why> {
        if !body.rescues.is_empty() {
            return Err("rescue".to_owned());
        }
        self.statements(&body.statements)?;
        self.statements(&body.ensure)
    }

    /// Follows what an expression does, in the order in which Ruby does it.
    fn follow(&mut self, expression: &'a Expression) -> Result<(), Why> {
        self.left = self.left.checked_sub(1).ok_or("too many statements")?;
        match &expression.kind {
            ExpressionKind::Call(call) => self.call(expression, call),
            ExpressionKind::Name => self.name(expression),
            ExpressionKind::Assign(targets, operator, value) => self.assign(targets, *operator, value),
            ExpressionKind::If(of) => self.condition(expression, of),
            ExpressionKind::Parentheses(statements) => self.statements(statements),
            ExpressionKind::Begin(body) if body.rescues.is_empty() => self.body(body),
            ExpressionKind::For(targets, values, body) => {
                self.follow(values)?;
                let items = match self.value(values) {
                    Value::Array(items) => items,
                    other => return self.harmless(expression, &format!("a loop over {}", other.kind())),
                };
                for item in items {
                    self.own.assign_all(self.file, targets, item);
                    self.statements(body)?;
                    if self.leaves_loop() {
                        break;
                    }
                }
                Ok(())
            }
            ExpressionKind::Case(case) => self.case(expression, case),
            ExpressionKind::Binary(left, operator, right)
                if matches!(operator.slice(self.file), "&&" | "||" | "and" | "or") =>
            {
                self.follow(left)?;
                let is_and = matches!(operator.slice(self.file), "&&" | "and");
                match truth(&self.value(left)) {
                    Some(is_true) if is_true == is_and => self.follow(right),
                    Some(_) => Ok(()),
                    None => self.harmless(right, "a condition"),
                }
            }
            ExpressionKind::Jump(word, values) => {
                for value in values {
                    let mut parts = Vec::new();
                    value.children(&mut |part| parts.push(part));
                    parts.into_iter().try_for_each(|part| self.follow(part))?;
                }
                self.jump = match word.slice(self.file) {
                    "return" => Some(Jump::Return),
                    "next" => Some(Jump::Next),
                    "break" => Some(Jump::Break),
                    other => return Err(other.to_owned()),
                };
                Ok(())
            }
            ExpressionKind::While(word, ..) => self.harmless(expression, word.slice(self.file)),
            ExpressionKind::Begin(_) => self.harmless(expression, "rescue"),
            ExpressionKind::Unread => Err("Ruby that is not read".to_owned()),
            ExpressionKind::Class(_) | ExpressionKind::Method(_) | ExpressionKind::Lambda(_) => Ok(()),
            _ => {
                let mut parts = Vec::new();
                expression.children(&mut |part| parts.push(part));
                parts.into_iter().try_for_each(|part| self.follow(part))
            }
        }
    }

    fn assign(&mut self, targets: &'a [Expression], operator: ByteSpan, value: &'a Expression) -> Result<(), Why> {
        self.follow(value)?;
        match (operator.slice(self.file), targets) {
            ("=", [target]) if is_connection(&self.names(), value) => {
                self.own.set(target.span.slice(self.file), Bound::Connection);
            }
            ("=", _) => {
                let value = self.value(value);
                self.own.assign_all(self.file, targets, value);
            }
            (operator, [target]) => {
                let (left, right) = (self.value(target), self.value(value));
                let result = match (operator, left, right) {
                    ("||=", Value::Nil | Value::Boolean(false), right) => right,
                    ("||=", left, _) if left.unknown().is_none() => left,
                    ("+=" | "<<=", Value::Text(mut left), Value::Text(right)) => {
                        left.append(&right);
                        Value::Text(left)
                    }
                    ("+=", Value::Array(left), Value::Array(right)) => Value::Array([left, right].concat()),
                    (operator, ..) => Value::Unknown(format!("what {operator} makes")),
                };
                self.own.assign(self.file, target, result);
            }
            _ => return Err("an assignment".to_owned()),
        }
        Ok(())
    }

    fn condition(&mut self, expression: &'a Expression, of: &'a If) -> Result<(), Why> {
        self.follow(&of.test)?;
        let value = self.value(&of.test);
        match truth(&value) {
            Some(is_true) => {
                let is_taken = is_true != (of.word.slice(self.file) == "unless");
                self.statements(if is_taken { &of.then } else { &of.otherwise })
            }
            None => match Guard::of(&self.names(), of) {
                Some(guard) if self.guard.is_none() && !self.around.is_reverted => {
                    self.guarded(of, guard, &format!("a condition on {}", value.kind()))
                }
                _ => self.harmless(expression, &format!("a condition on {}", value.kind())),
            },
        }
    }

    /// Statements that are done only if the catalog has what they need, or not yet what they make. Each must be bound to that.
    fn guarded(&mut self, of: &'a If, guard: Guard, why: &str) -> Result<(), Why> {
        if of.then.iter().any(|statement| harmless::leaves(self.file, statement)) {
            return Err(why.to_owned());
        }
        self.guard = Some(guard);
        let done = self.statements(&of.then);
        self.guard = None;
        done.map_err(|_| why.to_owned())
    }

    fn case(&mut self, expression: &'a Expression, case: &'a super::ruby::Case) -> Result<(), Why> {
        let Some(subject) = &case.subject else { return self.harmless(expression, "case") };
        self.follow(subject)?;
        let subject = self.value(subject);
        let is_plain = |value: &Value| matches!(value, Value::Text(_) | Value::Symbol(_) | Value::Number(_));
        if !is_plain(&subject) {
            return self.harmless(expression, &format!("a condition on {}", subject.kind()));
        }
        for (values, body) in &case.branches {
            for value in values {
                let value = self.value(value);
                if !is_plain(&value) {
                    return self.harmless(expression, &format!("a condition on {}", value.kind()));
                }
                if value.name() == subject.name() && value.kind() == subject.kind() {
                    return self.statements(body);
                }
            }
        }
        self.statements(&case.otherwise)
    }

    /// A statement that is not followed: nothing, when no call in it can do anything to the database.
    fn harmless(&mut self, expression: &'a Expression, why: &str) -> Result<(), Why> {
        self.own.forget_changed(self.file, expression);
        match harmless::is_harmless(&self.names(), expression) && !harmless::leaves(self.file, expression) {
            true => Ok(()),
            false => Err(why.to_owned()),
        }
    }

    /// A name by itself: a variable, or a call without anything.
    fn name(&mut self, expression: &'a Expression) -> Result<(), Why> {
        let name = expression.span.slice(self.file);
        if self.own.get(name).is_some() || harmless::is_harmless_name(name) {
            return Ok(());
        }
        match self.class.methods.get(name).copied() {
            Some(method) => self.method(method, &Arguments::default(), None),
            None => Err(format!("a call of {name}")),
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

    fn block(&mut self, block: &'a Block, around: Around) -> Result<(), Why> {
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

    fn leaves_loop(&mut self) -> bool {
        match self.jump {
            Some(Jump::Next) => self.jump = None,
            Some(Jump::Break) => {
                self.jump = None;
                return true;
            }
            Some(Jump::Return) => return true,
            None => {}
        }
        false
    }

    fn call(&mut self, expression: &'a Expression, call: &'a Call) -> Result<(), Why> {
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

    fn arguments(&mut self, call: &'a Call) -> Result<Arguments, Why> {
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

    fn schema(
        &mut self,
        expression: &Expression,
        method: &str,
        receiver: Receiver,
        mut arguments: Arguments,
        block: Option<Vec<BlockCall>>,
    ) -> Result<(), Why> {
        if let Some(guard) = &self.guard {
            guard.binds(method, &mut arguments)?;
        }
        let unknown_in_block = block.iter().flatten().find_map(|call| call.arguments.unknown());
        if let Some(why) = arguments.unknown().or(unknown_in_block) {
            return Err(why.to_owned());
        }
        let call = SchemaCall { method: method.to_owned(), receiver, arguments, block, span: expression.extent() };
        self.push(expression, EffectKind::Schema(call));
        Ok(())
    }

    /// A method that an earlier rewrite wrote.
    fn helper(&mut self, expression: &'a Expression, call: &'a Call, own: Own) -> Result<(), Why> {
        let around = self.around;
        match (own, &call.block) {
            (Own::Retry, Some(block)) => self.block(block, Around { is_bounded: true, ..around }),
            (Own::WithoutTimeouts, Some(block)) => self.block(block, around),
            (Own::DropInvalidIndex, None) => match &self.arguments(call)?.positional[..] {
                [Value::Text(index)] => {
                    self.push(expression, EffectKind::DropInvalidIndex(index.value.clone()));
                    Ok(())
                }
                _ => Err(helpers::DROP_INVALID_INDEX.to_owned()),
            },
            _ => Err("a method of a rewrite".to_owned()),
        }
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

    fn table_block(&mut self, block: &'a Block) -> Result<Vec<BlockCall>, Why> {
        let [table] = &block.parameters[..] else {
            return match block.body.statements.is_empty() {
                true => Ok(Vec::new()),
                false => Err("a block without a table".to_owned()),
            };
        };
        if self.table.is_some() {
            return Err("a table in a table".to_owned());
        }
        self.own.set(table.name.slice(self.file), Bound::Table);
        let effects = self.effects.len();
        self.table = Some(Vec::new());
        let done = self.block(block, self.around);
        let calls = self.table.take().unwrap_or_default();
        done?;
        match self.effects.len() == effects {
            true => Ok(calls),
            false => Err("another call in the block of a table".to_owned()),
        }
    }

    /// `t.string :name`
    fn table(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        if call.block.is_some() {
            return Err(format!("a block of {name}"));
        }
        let arguments = self.arguments(call)?;
        if let Some(why) = arguments.unknown() {
            return Err(why.to_owned());
        }
        let block_call = BlockCall { method: name.to_owned(), arguments, span: expression.span };
        self.table.as_mut().ok_or("a table outside of its block")?.push(block_call);
        Ok(())
    }

    /// A call on the connection.
    fn connection(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        match (name, &call.block) {
            ("transaction", Some(block)) => {
                self.arguments(call)?;
                self.block(block, Around { in_transaction: true, ..self.around })
            }
            _ if harmless::sends_sql(name) && call.block.is_none() => self.execute(expression, call, name),
            ("create_table" | "change_table" | "create_join_table" | "drop_table" | "drop_join_table", Some(block)) => {
                let arguments = self.arguments(call)?;
                let calls = self.table_block(block)?;
                self.schema(expression, name, Receiver::Connection, arguments, Some(calls))
            }
            _ if harmless::is_harmless(&self.names(), expression) => Ok(()),
            (_, Some(_)) => Err(format!("a block of {name}")),
            (_, None) => {
                let arguments = self.arguments(call)?;
                self.schema(expression, name, Receiver::Connection, arguments, None)
            }
        }
    }

    fn execute(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        if self.guard.is_some() {
            return Err(name.to_owned());
        }
        let arguments = self.arguments(call)?;
        match &arguments.positional[..] {
            // The second one is what the log says.
            [Value::Text(sql)] | [Value::Text(sql), Value::Text(_) | Value::Nil] => {
                self.push(expression, EffectKind::Sql(sql.clone()));
                Ok(())
            }
            [first, ..] => match first.unknown() {
                Some(why) => Err(format!("{name} of {why}")),
                None => Err(format!("{name} of {}", first.kind())),
            },
            [] => Err(format!("{name} of nothing")),
        }
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
