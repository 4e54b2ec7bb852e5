//! A migration's file: the class in it, and what its methods do.

use std::ops::Range;

use super::effects::{Class as Known, Direction, Effect, EffectKind, effects};
use super::helpers::Own;
use super::operations::Version;
use super::ruby::{Argument, Call, Class, Expression, ExpressionKind, Method, Program};
use super::scope::{Bound, Names};
use super::value::Value;
use crate::source::{ByteSpan, SourceFile};

/// A migration's file, read.
#[derive(Debug, Clone)]
pub struct MigrationClass {
    /// The file.
    pub source: SourceFile,
    /// The name of its class, as it is written.
    pub name: String,
    /// The version in brackets; without brackets 4.2, and `None` where it is computed.
    pub bracket: Option<Version>,
    /// `disable_ddl_transaction!`
    pub opts_out: bool,
    /// What it does forward, in order.
    pub up: Option<Run>,
    /// What taking it back does, in order.
    pub down: Option<Run>,
    /// Statements of the class's body that run when the file is loaded, and do something.
    pub when_loaded: Vec<ByteSpan>,
}

/// What a migration does in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// It is `change`, which Active Record takes back itself.
    pub is_change: bool,
    /// From `def` to `end`.
    pub span: ByteSpan,
    /// Its statements; those of blocks that an earlier rewrite put around some are its own.
    pub body: Vec<BodyStatement>,
    /// What it does to the database, in order.
    pub effects: Vec<Effect>,
}

/// A statement of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyStatement {
    /// White space and comments before it.
    pub leading: ByteSpan,
    /// From its first byte to its last, with the lines of its heredocs.
    pub span: ByteSpan,
    /// The rest of its last line: a comment behind it, and the line's end.
    pub behind: ByteSpan,
    /// What it does to the database, by index.
    pub effects: Range<usize>,
    /// The method's own names that it uses.
    pub uses: Vec<String>,
    /// The names that it gives a value.
    pub binds: Vec<String>,
    /// It may end the method.
    pub may_return: bool,
    /// A block of an earlier rewrite, all of which is one transaction in a file that has none of its own.
    pub is_transaction: bool,
}

/// Why a file does nothing that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoClass {
    /// In a few words.
    pub why: String,
}

impl MigrationClass {
    /// Reads a file. `primary_key_type` is what the project's generators are told of primary keys: `nil` where they are told
    /// nothing, `None` where nobody knows.
    ///
    /// # Errors
    /// When no class of a migration is in it.
    pub fn read(source: SourceFile, primary_key_type: Option<Value>) -> Result<MigrationClass, (SourceFile, NoClass)> {
        let program = Program::read(&source.text);
        let file = source.text.as_str();
        let Some(class) = migration_class(file, &program.statements) else {
            let why = match program.error {
                Some(error) => error.what.to_owned(),
                None => "no class of a migration".to_owned(),
            };
            return Err((source, NoClass { why }));
        };
        let known = Known { primary_key_type, ..known(file, &program.statements, class) };
        let method = |names: &[&str]| {
            let is_named = |(_, method): &(ByteSpan, &Method)| names.contains(&method.name.slice(file));
            // A method that is defined twice is what it was defined as last.
            methods(class).filter(is_named).last()
        };
        let (change, up, down) = (method(&["change"]), method(&["up"]), method(&["down"]));
        let opts_out = class.body.statements.iter().any(|member| is_opt_out(file, member));
        let run = |method: Option<(ByteSpan, &Method)>, direction, is_change| {
            method.map(|(span, method)| run(file, &known, opts_out, (span, method), direction, is_change))
        };
        // `change` wins where there is more.
        let is_change = change.is_some();
        let forward = run(change.or(up), Direction::Up, is_change);
        let back = run(change.or(down), Direction::Down, is_change);
        let name = class.name.span.slice(file).to_owned();
        let bracket = bracket(file, &known, class);
        let loaded = class.body.statements.iter().filter(|member| runs_when_loaded(file, member));
        let when_loaded = loaded.map(Expression::extent).collect();
        drop(known); // it borrows the file
        Ok(MigrationClass { name, bracket, opts_out, up: forward, down: back, when_loaded, source })
    }
}

/// The class of a migration: the first one that comes from something called so.
fn migration_class<'a>(file: &str, statements: &'a [Expression]) -> Option<&'a Class> {
    statements.iter().find_map(|statement| match &statement.kind {
        ExpressionKind::Class(class) => match &class.superclass {
            Some(superclass) if superclass.span.slice(file).to_lowercase().contains("migration") => Some(&**class),
            // A module around it.
            _ => migration_class(file, &class.body.statements),
        },
        _ => None,
    })
}

/// The methods of a class that Active Record may call: also those of `class << self`, and `def self.up`.
fn methods(class: &Class) -> impl Iterator<Item = (ByteSpan, &Method)> {
    let own = class.body.statements.iter();
    let members = own.flat_map(|member| match &member.kind {
        ExpressionKind::Class(inner) if inner.superclass.is_none() && inner.name.kind == ExpressionKind::Keyword => {
            inner.body.statements.iter().collect()
        }
        _ => vec![member],
    });
    members.filter_map(|member| match &member.kind {
        ExpressionKind::Method(method) => Some((member.span, &**method)),
        // `private def name`
        ExpressionKind::Call(call) => match &call.arguments[..] {
            [Argument::Value(Expression { kind: ExpressionKind::Method(method), span })] => Some((*span, &**method)),
            _ => None,
        },
        _ => None,
    })
}

/// What the methods of a class use of it.
fn known<'a>(file: &'a str, statements: &'a [Expression], class: &'a Class) -> Known<'a> {
    let mut known = Known::default();
    for (span, method) in methods(class) {
        let name = method.name.slice(file);
        known.methods.insert(name, method);
        match Own::of(name, span.slice(file)) {
            Some(own) => drop(known.own.insert(name, own)),
            None => drop(known.own.remove(name)),
        }
    }
    for statement in statements.iter().chain(&class.body.statements) {
        let ExpressionKind::Assign(targets, _, value) = &statement.kind else { continue };
        let own = super::scope::Scope::default();
        let names = Names {
            file,
            constants: &known.constants,
            own: &own,
            methods: &known.methods,
            is_reverting: None,
            primary_key_type: None,
            depth: 0,
        };
        let value = names.value(value);
        if let [Expression { kind: ExpressionKind::Constant, span }] = &targets[..] {
            known.constants.set(span.slice(file), Bound::Value(value));
        }
    }
    known
}

/// The version behind the name of what a class comes from.
fn bracket(file: &str, known: &Known<'_>, class: &Class) -> Option<Version> {
    let ExpressionKind::Index(_, arguments) = &class.superclass.as_ref()?.kind else { return Some(Version(4, 2)) };
    let [Argument::Value(version)] = &arguments[..] else { return None };
    let own = super::scope::Scope::default();
    let names = Names {
        file,
        constants: &known.constants,
        own: &own,
        methods: &known.methods,
        is_reverting: None,
        primary_key_type: None,
        depth: 0,
    };
    match names.value(version) {
        Value::Number(version) => version.parse().ok(),
        Value::Text(version) => version.value.parse().ok(),
        _ => None,
    }
}

fn is_opt_out(file: &str, member: &Expression) -> bool {
    const OPT_OUT: &str = "disable_ddl_transaction!";
    match &member.kind {
        ExpressionKind::Name => member.span.slice(file) == OPT_OUT,
        ExpressionKind::Call(call) => call.receiver.is_none() && call.name.slice(file) == OPT_OUT,
        _ => false,
    }
}

/// A schema method, or a block around some, in the body of the class.
fn runs_when_loaded(file: &str, member: &Expression) -> bool {
    const BEGINS: [&str; 7] = ["add_", "remove_", "create_", "drop_", "change_", "rename_", "execute"];
    let ExpressionKind::Call(call) = &member.kind else { return false };
    let name = call.name.slice(file);
    call.receiver.is_none() && (call.block.is_some() || BEGINS.iter().any(|begin| name.starts_with(begin)))
}

fn run<'a>(
    file: &'a str,
    known: &Known<'a>,
    opts_out: bool,
    (span, method): (ByteSpan, &'a Method),
    direction: Direction,
    is_change: bool,
) -> Run {
    if !method.body.rescues.is_empty() || !method.body.ensure.is_empty() {
        // What is rescued is one with what rescues it.
        let start = method.body.statements.first().map_or(method.head.end, |first| first.span.start);
        let end = span.end - "end".len();
        let whole = ByteSpan::new(start, start + file[start..end].trim_end().len());
        let kind = EffectKind::Opaque("rescue".to_owned());
        let effect = Effect {
            span: whole,
            statement: 0,
            kind,
            is_assured: false,
            is_reverted: false,
            block: None,
            in_transaction: false,
            is_bounded: false,
            is_guarded: false,
            condition: None,
        };
        let statement = BodyStatement {
            leading: ByteSpan::new(method.head.end, start),
            span: whole,
            behind: ByteSpan::new(whole.end, whole.end),
            effects: 0..1,
            uses: Vec::new(),
            binds: Vec::new(),
            may_return: false,
            is_transaction: false,
        };
        return Run { is_change, span, body: vec![statement], effects: vec![effect] };
    }
    let mut written = Written { file, known, opts_out, statements: Vec::new(), places: Vec::new() };
    let head = method.head.start + method.head.slice(file).trim_end().len();
    written.take(&method.body.statements, head, false);
    let Written { statements, places, .. } = written;
    let of: Vec<&Expression> = statements.iter().map(|(statement, ..)| *statement).collect();
    let mut effects = effects(file, known, &of, direction, is_change);
    for effect in &mut effects {
        effect.is_bounded |= statements.get(effect.statement).is_some_and(|(_, is_bounded, _)| *is_bounded);
    }
    let mut from = 0;
    let mut own: Vec<String> = Vec::new();
    let mut body = Vec::new();
    for (index, (statement, place)) in of.iter().zip(places).enumerate() {
        let count = effects[from..].iter().take_while(|effect| effect.statement == index).count();
        let uses = used(file, statement, &own);
        let binds = bound(file, statement);
        own.extend(binds.iter().cloned());
        let may_return = super::effects::may_return(file, statement);
        let (leading, behind) = place;
        let span = statement.extent();
        let is_transaction = statements[index].2;
        let effects = from..from + count;
        body.push(BodyStatement { leading, span, behind, effects, uses, binds, may_return, is_transaction });
        from += count;
    }
    Run { is_change, span, body, effects }
}

/// The statements of a method with their places; those in the blocks of an earlier rewrite count as the method's own, but for
/// blocks that are a transaction each.
struct Written<'r, 'a> {
    file: &'a str,
    known: &'r Known<'a>,
    opts_out: bool,
    /// Each with whether its waiting for locks is bounded, and whether it is such a block.
    statements: Vec<(&'a Expression, bool, bool)>,
    /// What stands before and behind each.
    places: Vec<(ByteSpan, ByteSpan)>,
}

impl<'a> Written<'_, 'a> {
    fn take(&mut self, statements: &'a [Expression], from: usize, is_bounded: bool) {
        let mut end = from + rest_of_line(&self.file[from..]);
        for statement in statements {
            let extent = statement.extent();
            let is_transaction = self.opts_out && self.is_transaction(statement);
            if let ExpressionKind::Call(call) = &statement.kind
                && let Call { receiver: None, name, block: Some(block), .. } = &**call
                && let Some(own @ (Own::Retry | Own::WithoutTimeouts)) = self.known.own.get(name.slice(self.file))
                && !is_transaction
            {
                let head = block.span.start + "do".len();
                self.take(&block.body.statements, head, is_bounded || *own == Own::Retry);
            } else {
                let rest = rest_of_line(&self.file[extent.end..]);
                let behind = ByteSpan::new(extent.end, extent.end + rest);
                let leading = ByteSpan::new(end.min(extent.start), extent.start);
                self.statements.push((statement, is_bounded, is_transaction));
                self.places.push((leading, behind));
            }
            end = extent.end + rest_of_line(&self.file[extent.end..]);
        }
    }

    /// A block that a rewrite wrote around what is one transaction.
    fn is_transaction(&self, statement: &Expression) -> bool {
        let ExpressionKind::Call(call) = &statement.kind else { return false };
        let is_own = |own: Own| self.known.own.values().any(|other| *other == own);
        match (&call.receiver, call.name.slice(self.file), &call.block) {
            (None, name, Some(_)) => self.known.own.get(name) == Some(&Own::Retry),
            (Some(receiver), "transaction", Some(_)) => {
                receiver.span.slice(self.file) == "connection" && is_own(Own::OnlyIf)
            }
            _ => false,
        }
    }
}

/// The length of the rest of a line, with its end: none where a statement stands in it.
fn rest_of_line(rest: &str) -> usize {
    let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let is_last = rest[..line].trim_start().starts_with('#') || rest[..line].trim().is_empty();
    if is_last { line } else { 0 }
}

/// Which of these names an expression uses.
fn used(file: &str, expression: &Expression, own: &[String]) -> Vec<String> {
    let mut uses: Vec<String> = Vec::new();
    expression.walk(&mut |part| {
        if matches!(part.kind, ExpressionKind::Name | ExpressionKind::Variable) {
            let name = part.span.slice(file);
            if own.iter().any(|own| own == name) && !uses.iter().any(|used| used == name) {
                uses.push(name.to_owned());
            }
        }
    });
    uses
}

/// The names that an expression gives a value, wherever in it.
fn bound(file: &str, expression: &Expression) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    expression.walk(&mut |part| {
        if let ExpressionKind::Assign(targets, ..) = &part.kind {
            for target in targets {
                target.walk(&mut |part| {
                    if matches!(part.kind, ExpressionKind::Name | ExpressionKind::Variable) {
                        names.push(part.span.slice(file).to_owned());
                    }
                });
            }
        }
    });
    names
}
