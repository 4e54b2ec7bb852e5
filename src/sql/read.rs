//! One statement → its operations, each with its slice of the statement.

use super::cursor::{Cursor, Tokens};
use super::do_block;
use super::grant::grant;
use super::guard;
use super::read_alter::{alter_other, alter_table, alter_type, object_kind, rest};
use super::read_create::{create_table, is_temporary};
use super::read_data::data;
use super::read_index::{alter_index, create_index};
use super::read_session::session;
use super::reading::{Located, Reading};
use super::setting;
use super::split::{Piece, Script};
use super::token::Token;
use crate::operation::{
    Ident, IndexOperation, ObjectKind, ObjectOperation, Operation, Persistence, QualifiedName, SqlFragment,
    TableOperation, TypeOperation,
};
use crate::source::ByteSpan;

/// Parentheses deeper than this are not read (the statement passes through).
const MAX_DEPTH: usize = 500;

/// Reads one statement. Never fails: what is not understood is one [`Operation::Opaque`] over the whole statement.
pub fn read_statement(text: &str) -> Reading {
    read_at_depth(text, 0)
}

impl Script {
    /// Reads a statement of this script, as [`read_statement`] does, from the tokens that splitting gave.
    pub fn read(&self, piece: &Piece, text: &str) -> Reading {
        let text = piece.span.slice(text);
        read_tokens(text, Some(&self.tokens[piece.tokens.clone()]), 0)
    }
}

/// Reads a statement that stands in so many `DO` blocks.
fn read_at_depth(text: &str, depth: usize) -> Reading {
    let tokens = Tokens::of(text);
    read_tokens(text, tokens.as_ref().map(|tokens| &tokens.tokens[..]), depth)
}

/// `tokens` is `None` where something in the text never ends.
fn read_tokens(text: &str, tokens: Option<&[Token]>, depth: usize) -> Reading {
    let whole = ByteSpan { start: 0, end: text.trim_end().trim_end_matches(';').trim_end().len() };
    let plain = Reading::plain;
    if parentheses(text) > MAX_DEPTH {
        return plain(vec![Located {
            operation: Operation::Opaque { what: "deeply nested statement".into(), is_program: false },
            span: whole,
        }]);
    }
    let mut cursor = Cursor::new(text, tokens.unwrap_or_default());
    if tokens.is_none() {
        return plain(vec![opaque(cursor, whole)]);
    }
    if cursor.at("DO") {
        if let Some(block) = do_block::read(text, &mut cursor, depth, read_at_depth) {
            return block;
        }
        let verbs = guard::verbs(text);
        let what = if verbs.is_empty() { "DO block".to_owned() } else { format!("DO block with {verbs}") };
        return plain(vec![Located { operation: Operation::Opaque { what, is_program: false }, span: whole }]);
    }
    let mut attempt = cursor.clone();
    let read = if attempt.eat("ALTER TABLE") {
        alter_table(&mut attempt)
    } else {
        statement(&mut attempt).map(|operation| vec![Located { operation, span: whole }])
    };
    plain(read.filter(|_| attempt.is_done()).unwrap_or_else(|| vec![opaque(cursor, whole)]))
}

fn parentheses(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => {
                depth += 1;
                most = most.max(depth);
            }
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn opaque(mut cursor: Cursor<'_>, span: ByteSpan) -> Located {
    let next = || {
        let word = cursor.word();
        cursor.next();
        (!word.is_empty()).then_some(word)
    };
    let words: Vec<String> = std::iter::from_fn(next).take(2).collect();
    let what = if words.is_empty() { "text that is no SQL".to_owned() } else { words.join(" ") };
    Located { operation: Operation::Opaque { what, is_program: false }, span }
}

fn statement(c: &mut Cursor<'_>) -> Option<Operation> {
    if c.eat("CREATE") {
        return create(c);
    }
    if c.eat("ALTER") {
        return alter(c);
    }
    if c.eat("DROP") {
        return drop_object(c);
    }
    if let Some(operation) = setting::set_config(c) {
        return Some(operation);
    }
    if let Some(operation) = data(c) {
        return Some(operation);
    }
    if c.eat("COMMENT ON") {
        let (name, part) = commented(c.clone()).unzip();
        let part = part.flatten();
        return Some(Operation::Object(ObjectOperation::Comment { name, part, definition: c.rest() }));
    }
    if c.at("GRANT") || c.at("REVOKE") || c.at("SECURITY LABEL") {
        return Some(grant(c));
    }
    if c.eat("REINDEX") {
        return reindex(c);
    }
    if c.eat("REFRESH MATERIALIZED VIEW") {
        let concurrently = c.eat("CONCURRENTLY");
        let name = c.name()?;
        c.rest();
        return Some(Operation::Object(ObjectOperation::RefreshMaterializedView { name, concurrently }));
    }
    session(c)
}

/// What a comment speaks of: `TABLE t`, `COLUMN s.t.c`, `TRIGGER x ON t`.
fn commented(mut c: Cursor<'_>) -> Option<(QualifiedName, Option<Ident>)> {
    if c.eat("COLUMN") {
        let mut parts = vec![c.ident()?];
        while c.eat_symbol(".") {
            parts.push(c.ident()?);
        }
        let column = parts.pop()?;
        let table = QualifiedName::unqualified(parts.pop()?);
        return Some((QualifiedName { schema: parts.pop(), ..table }, Some(column)));
    }
    let of_table = ["CONSTRAINT", "TRIGGER", "POLICY", "RULE"];
    if of_table.iter().any(|word| c.eat(word)) {
        let part = c.ident()?;
        c.need("ON")?;
        c.eat("DOMAIN");
        return Some((c.name()?, Some(part)));
    }
    c.eat("TABLE").then_some(()).or_else(|| c.eat("INDEX").then_some(())).or_else(|| object_kind(&mut c).map(drop))?;
    Some((c.name()?, None))
}

fn create(c: &mut Cursor<'_>) -> Option<Operation> {
    let or_replace = c.eat("OR REPLACE");
    let unique = c.eat("UNIQUE");
    if c.eat("INDEX") {
        return create_index(c, unique);
    }
    let temporary = is_temporary(c);
    let persistence = match c.eat("UNLOGGED") {
        true => Persistence::Unlogged,
        false if temporary => Persistence::Temporary,
        false => Persistence::Permanent,
    };
    if c.eat("TABLE") {
        return create_table(c, persistence);
    }
    if c.at("TYPE") {
        return create_type(c);
    }
    if c.eat("DOMAIN") {
        return create_domain(c);
    }
    let start = c.position();
    if c.eat("FOREIGN TABLE") {
        return create_foreign_table(c, start);
    }
    let kind = if c.eat("DATABASE")
        || c.eat("TABLESPACE")
        || c.eat("FOREIGN")
        || c.eat("SERVER")
        || c.eat("LANGUAGE")
        || c.eat("TRANSFORM")
        || c.eat("ACCESS METHOD")
        || c.eat("CONVERSION")
    {
        ObjectKind::Other
    } else {
        let _ = c.eat("TRUSTED");
        object_kind(c)?
    };
    c.eat("IF NOT EXISTS");
    let name = c.name();
    let mut on = None;
    if matches!(kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule) {
        let target = if kind == ObjectKind::Rule { "TO" } else { "ON" };
        c.skip_until(0, |c| c.at(target));
        c.need(target)?;
        on = Some(c.name()?);
    }
    c.rest();
    Some(Operation::Object(ObjectOperation::Create { kind, name, or_replace, on, definition: c.fragment_from(start) }))
}

/// Of a foreign table only its name and its parent matter: it has no rows here.
fn create_foreign_table(c: &mut Cursor<'_>, start: usize) -> Option<Operation> {
    c.eat("IF NOT EXISTS");
    let name = Some(c.name()?);
    let mut on = None;
    if c.eat("PARTITION OF") {
        on = Some(c.name()?);
    } else if c.parenthesised().is_some() && c.eat("INHERITS") {
        on = c.parenthesised().and_then(|mut parents| parents.name());
    }
    c.rest();
    let definition = c.fragment_from(start);
    Some(Operation::Object(ObjectOperation::Create {
        kind: ObjectKind::Table,
        name,
        or_replace: false,
        on,
        definition,
    }))
}

fn create_type(c: &mut Cursor<'_>) -> Option<Operation> {
    let start = c.position();
    c.need("TYPE")?;
    let name = c.name()?;
    if c.eat("AS ENUM") {
        let inside = c.parenthesised()?;
        let mut labels = Vec::new();
        if !inside.is_done() {
            for mut part in inside.comma_parts() {
                labels.push(part.string()?);
            }
        }
        return Some(Operation::Type(TypeOperation::CreateEnum { name, labels }));
    }
    c.rest();
    Some(Operation::Object(ObjectOperation::Create {
        kind: ObjectKind::Type,
        name: Some(name),
        or_replace: false,
        on: None,
        definition: c.fragment_from(start),
    }))
}

fn create_domain(c: &mut Cursor<'_>) -> Option<Operation> {
    let name = c.name()?;
    c.eat("AS");
    let ty = c.type_name()?;
    let start = c.position();
    let (mut not_null, mut check) = (false, false);
    while !c.is_done() {
        not_null |= c.at("NOT NULL");
        check |= c.at("CHECK");
        c.skip_until(1, |c| c.at("NOT NULL") || c.at("CHECK"));
    }
    let _ = c.fragment_from(start);
    Some(Operation::Type(TypeOperation::CreateDomain { name, ty, not_null, constrained: not_null || check }))
}

fn alter(c: &mut Cursor<'_>) -> Option<Operation> {
    if c.eat("INDEX") {
        return alter_index(c);
    }
    if c.at("TYPE") {
        c.eat("TYPE");
        return alter_type(c);
    }
    if c.eat("DATABASE") || c.eat("SYSTEM") || c.eat("SERVER") || c.eat("LANGUAGE") || c.eat("FOREIGN DATA") {
        return Some(Operation::Object(ObjectOperation::Alter {
            kind: ObjectKind::Other,
            name: None,
            on: None,
            action: rest(c),
        }));
    }
    alter_other(c)
}

fn drop_object(c: &mut Cursor<'_>) -> Option<Operation> {
    if c.eat("TABLE") {
        let if_exists = c.eat("IF EXISTS");
        let names = c.names()?;
        return Some(Operation::Table(TableOperation::Drop { names, if_exists, cascade: c.cascade() }));
    }
    if c.eat("INDEX") {
        let concurrently = c.eat("CONCURRENTLY");
        let if_exists = c.eat("IF EXISTS");
        let names = c.names()?;
        return Some(Operation::Index(IndexOperation::Drop { names, concurrently, if_exists, cascade: c.cascade() }));
    }
    if c.eat("TYPE") || c.eat("DOMAIN") {
        let if_exists = c.eat("IF EXISTS");
        let names = c.names()?;
        return Some(Operation::Type(TypeOperation::Drop { names, if_exists, cascade: c.cascade() }));
    }
    if c.eat("OWNED") {
        return Some(Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::Other,
            names: Vec::new(),
            on: None,
            if_exists: false,
            cascade: c.rest().as_str().to_ascii_uppercase().contains("CASCADE"),
        }));
    }
    let kind = object_kind(c)?;
    let if_exists = c.eat("IF EXISTS");
    let names =
        if kind == ObjectKind::Function { c.name().into_iter().collect() } else { c.names().unwrap_or_default() };
    let on = if c.eat("ON") { Some(c.name()?) } else { None };
    let cascade = c.rest().as_str().to_ascii_uppercase().ends_with("CASCADE");
    Some(Operation::Object(ObjectOperation::Drop { kind, names, on, if_exists, cascade }))
}

fn reindex(c: &mut Cursor<'_>) -> Option<Operation> {
    let options = if c.at_symbol("(") { c.parenthesised()?.rest() } else { SqlFragment::new("") };
    let kind = match c.word().as_str() {
        "INDEX" => ObjectKind::Index,
        "TABLE" => ObjectKind::Table,
        _ => ObjectKind::Other,
    };
    c.next();
    let concurrently = c.eat("CONCURRENTLY") || options.as_str().to_ascii_uppercase().contains("CONCURRENTLY");
    let name = c.name();
    Some(Operation::Index(IndexOperation::Reindex { kind, name, concurrently }))
}
