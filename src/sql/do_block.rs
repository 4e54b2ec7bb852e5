//! `DO` blocks whose body is plain DDL: the guards that generators write, and the blocks that safestep itself writes.

use super::cursor::{Cursor, TokenKind, Tokens};
use super::read::{Located, Reading, read_at_depth};
use crate::operation::Operation;
use crate::source::ByteSpan;

/// Reads a `DO` block for the operations it holds; `None` when something in it is not understood.
pub(super) fn read(text: &str, c: &mut Cursor<'_>, depth: usize) -> Option<Reading> {
    if depth > 0 {
        return None;
    }
    c.need("DO")?;
    if c.eat("LANGUAGE") && !c.eat("PLPGSQL") {
        return None;
    }
    let token = c.next().filter(|t| t.kind == TokenKind::Dollar)?;
    if c.eat("LANGUAGE") && !c.eat("PLPGSQL") {
        return None;
    }
    let quoted = token.span.slice(text);
    let tag = quoted[1..].find('$')? + 2;
    let offset = token.span.start + tag;
    let mut body = Body {
        text: &quoted[tag..quoted.len() - tag],
        offset,
        operations: Vec::new(),
        has_logic: false,
        bounds_lock_waits: false,
    };
    let tokens = Tokens::of(body.text)?;
    body.block(&mut tokens.cursor(), 0)?;
    c.is_done().then_some(Reading {
        operations: body.operations,
        in_do: true,
        has_logic: body.has_logic,
        bounds_lock_waits: body.bounds_lock_waits,
    })
}

struct Body<'a> {
    text: &'a str,
    /// Where the body starts in the statement, in bytes.
    offset: usize,
    operations: Vec<Located>,
    /// It does more than keep an operation from running twice.
    has_logic: bool,
    bounds_lock_waits: bool,
}

/// `NOT EXISTS (SELECT … FROM pg_constraint …)`: the guard of something that is to be added once.
fn asks_the_catalog(condition: &str) -> bool {
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let one = !condition.contains(" and not exists") && !condition.contains(" or ");
    one && condition.starts_with("not exists")
        && ["from pg_", "from information_schema."].iter().any(|from| condition.contains(from))
}

/// `EXISTS (SELECT … FROM pg_index WHERE … AND NOT indisvalid)`.
fn asks_for_an_invalid_index(condition: &str) -> bool {
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    condition.starts_with("exists (select from pg_index where indexrelid = to_regclass(")
        && condition.ends_with(" and not indisvalid)")
}

/// An operation that a rewrite guards by itself against running twice.
fn adds(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AddConstraint { .. }
            | Operation::AddColumn { .. }
            | Operation::CreateIndex(_)
            | Operation::CreateEnum { .. }
            | Operation::AddEnumValue { .. }
            | Operation::CreateTable(_)
    )
}

/// Nesting deeper than this is nobody's guard.
const MAX_NESTING: usize = 16;

impl Body<'_> {
    /// `[DECLARE …] BEGIN … [EXCEPTION …] END`.
    fn block(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        if c.eat("DECLARE") {
            self.has_logic = true;
            while !c.at("BEGIN") {
                self.skip_statement(c)?;
            }
        }
        c.need("BEGIN")?;
        let before = self.operations.len();
        self.statements(c, nesting + 1, &["END", "EXCEPTION"])?;
        if c.eat("EXCEPTION") {
            while c.eat("WHEN") {
                let start = c.position();
                c.skip_until(0, |c| c.at("THEN"));
                let conditions = c.span_from(start).slice(self.text).to_lowercase();
                let is_guard = conditions.split(" or ").all(|one| one.trim().starts_with("duplicate_"));
                self.has_logic |= !is_guard || self.operations.len() > before + 1;
                c.need("THEN")?;
                self.handler(c, nesting + 1)?;
            }
        }
        c.need("END")?;
        c.eat_symbol(";");
        Some(())
    }

    /// What a handler does is not part of the migration's schema: only the quiet statements are understood there.
    fn handler(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        let before = self.operations.len();
        self.statements(c, nesting, &["WHEN", "END"])?;
        (self.operations.len() == before).then_some(())
    }

    fn statements(&mut self, c: &mut Cursor<'_>, nesting: usize, until: &[&str]) -> Option<()> {
        if nesting > MAX_NESTING {
            return None;
        }
        while !until.iter().any(|word| c.at(word)) {
            self.one(c, nesting)?;
        }
        Some(())
    }

    fn one(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        if c.at("BEGIN") || c.at("DECLARE") {
            return self.block(c, nesting);
        }
        if c.eat("IF") {
            let (start, before) = (c.position(), self.operations.len());
            c.skip_until(1, |c| c.at("THEN"));
            let condition = c.span_from(start).slice(self.text);
            let is_guard = asks_the_catalog(condition);
            c.need("THEN")?;
            if asks_for_an_invalid_index(condition) {
                return self.leftover(c, nesting);
            }
            self.statements(c, nesting + 1, &["END IF", "ELSE", "ELSIF", "ELSEIF"])?;
            c.need("END IF")?;
            let inside = &self.operations[before..];
            self.has_logic |= !is_guard || inside.len() > 1 || !inside.iter().all(|o| adds(&o.operation));
            return self.semicolon(c);
        }
        if c.at("FOR") || c.at("WHILE") || c.at("LOOP") {
            self.has_logic = true;
            c.skip_until(0, |c| c.at("LOOP"));
            c.need("LOOP")?;
            self.statements(c, nesting + 1, &["END LOOP"])?;
            c.need("END LOOP")?;
            return self.semicolon(c);
        }
        if c.at("PERFORM") {
            let start = c.position();
            self.skip_statement(c)?;
            let bounds = c.span_from(start).slice(self.text).contains("set_config('lock_timeout'");
            self.bounds_lock_waits |= bounds;
            self.has_logic |= !bounds;
            return Some(());
        }
        if c.at("NULL") {
            return self.skip_statement(c);
        }
        let quiet = ["RETURN", "EXIT", "CONTINUE", "RAISE", "COMMIT", "GET DIAGNOSTICS", "ASSERT"];
        if quiet.iter().any(|word| c.at(word)) || self.is_assignment(c) || self.selects_into(c) {
            self.has_logic = true;
            return self.skip_statement(c);
        }
        if c.at("EXECUTE") {
            return None;
        }
        self.nested(c)
    }

    /// What is done to an index that no build finished: the index is no part of the schema yet.
    fn leftover(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        let before = self.operations.len();
        self.statements(c, nesting + 1, &["END IF"])?;
        c.need("END IF")?;
        let about_it = |o: &Located| matches!(o.operation, Operation::LockTable { .. } | Operation::DropIndex { .. });
        let is_clearing = self.operations[before..].iter().all(about_it);
        self.operations.truncate(before);
        self.has_logic = true;
        is_clearing.then_some(())?;
        self.semicolon(c)
    }

    fn is_assignment(&self, c: &Cursor<'_>) -> bool {
        let mut c = c.clone();
        c.ident().is_some() && (c.at_symbol(":") || c.at_symbol("="))
    }

    fn selects_into(&self, c: &Cursor<'_>) -> bool {
        let mut c = c.clone();
        if !c.eat("SELECT") {
            return false;
        }
        c.skip_until(0, |c| c.at("INTO") || c.at_symbol(";"));
        c.at("INTO")
    }

    /// A statement of SQL in the body.
    fn nested(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = c.position();
        self.skip_statement(c)?;
        let span = c.span_from(start);
        let reading = read_at_depth(span.slice(self.text), 1);
        for located in reading.operations {
            if matches!(located.operation, Operation::Opaque { .. }) {
                return None;
            }
            let base = self.offset + span.start;
            let span = ByteSpan { start: base + located.span.start, end: base + located.span.end };
            self.operations.push(Located { operation: located.operation, span });
        }
        Some(())
    }

    fn skip_statement(&self, c: &mut Cursor<'_>) -> Option<()> {
        c.skip_until(1, |c| c.at_symbol(";"));
        self.semicolon(c)
    }

    fn semicolon(&self, c: &mut Cursor<'_>) -> Option<()> {
        c.eat_symbol(";").then_some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::read_statement;

    #[test]
    fn guards_are_told_from_logic() {
        let has_logic = |body: &str| read_statement(&format!("DO $$ {body} $$;")).has_logic;
        let guards = [
            "BEGIN ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); EXCEPTION WHEN duplicate_object THEN NULL; END",
            "BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'e') THEN CREATE TYPE e AS \
                 ENUM ('a'); END IF; END",
            "BEGIN ALTER TABLE t ADD COLUMN a int; CREATE INDEX i ON t (a); END",
        ];
        for body in guards {
            assert!(!has_logic(body), "{body}");
        }
        let logic = [
            "DECLARE n int; BEGIN ALTER TABLE t ADD COLUMN a int; END",
            "BEGIN IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 't') THEN ALTER TABLE t ALTER a \
                 SET NOT NULL; END IF; END",
            "BEGIN IF NOT EXISTS (SELECT 1 FROM u) THEN ALTER TABLE t ADD COLUMN a int; END IF; END",
            "BEGIN FOR i IN 1..3 LOOP ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); END LOOP; END",
            "BEGIN ALTER TABLE t ADD COLUMN a int; EXCEPTION WHEN others THEN NULL; END",
            "BEGIN CREATE TYPE e AS ENUM (); ALTER TABLE t ADD COLUMN a e; EXCEPTION WHEN \
                 duplicate_object THEN NULL; END",
        ];
        for body in logic {
            assert!(has_logic(body), "{body}");
        }
    }
}
