//! `DO` blocks whose body is plain DDL: the guards that generators write, and the blocks that safestep itself writes.

use std::ops::Range;

use super::cursor::{Cursor, Tokens};
use super::guard::{
    adds, asks_for_a_valid_index, asks_for_an_invalid_index, asks_for_rows, asks_the_catalog, counter, is_assertion,
    verbs,
};
use super::reading::{Located, Reading};
use super::render;
use super::token::TokenKind;
use crate::operation::{DataOperation, IndexOperation, Operation, SessionOperation, SqlFragment};
use crate::source::ByteSpan;

/// Reads a statement that stands in so many `DO` blocks.
type ReadStatement = fn(&str, usize) -> Reading;

/// Reads a `DO` block for the operations it holds, its statements with `read_statement`; `None` when something in it is not
/// understood.
pub(super) fn read(text: &str, c: &mut Cursor<'_>, depth: usize, read_statement: ReadStatement) -> Option<Reading> {
    if depth > MAX_DEPTH {
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
    if quoted[1..].starts_with(render::ACCESS) {
        return c.is_done().then(|| Reading { in_do: true, has_logic: true, ..Reading::plain(Vec::new()) });
    }
    let mut body = Body {
        depth,
        read_statement,
        text: &quoted[tag..quoted.len() - tag],
        offset,
        operations: Vec::new(),
        has_logic: false,
        is_known: false,
        commits_before: Vec::new(),
        caught: Vec::new(),
        turns: Vec::new(),
        has_committed: false,
        bounds_lock_waits: false,
    };
    let tokens = Tokens::of(body.text)?;
    body.block(&mut tokens.cursor(), 0)?;
    if body.operations.is_empty() && body.has_logic && !body.is_known {
        return None; // it asks, raises or calls something: whatever that is, it is not nothing
    }
    c.is_done().then_some(Reading {
        operations: body.operations,
        in_do: true,
        has_logic: body.has_logic,
        is_asked: false,
        is_named_elsewhere: false,
        commits_before: body.commits_before,
        caught: body.caught,
        bounds_lock_waits: body.bounds_lock_waits,
    })
}

/// What begins the statement that fills a batch of rows, whose text is put together for each table.
const BATCH: &str = "$safestep_fill";

/// Blocks in blocks deeper than this are not read.
const MAX_DEPTH: usize = 1;

struct Body<'a> {
    /// How many blocks it stands in.
    depth: usize,
    read_statement: ReadStatement,
    text: &'a str,
    /// Where the body starts in the statement, in bytes.
    offset: usize,
    operations: Vec<Located>,
    /// It does more than keep an operation from running twice.
    has_logic: bool,
    /// All that it does beside its operations is known: it clears away what a build left behind, fails where one is not
    /// done, or fills rows in batches.
    is_known: bool,
    /// The operations before which it commits, by index.
    commits_before: Vec<usize>,
    /// The operations whose errors do not end the block, or that may not run.
    caught: Vec<(Range<usize>, String)>,
    /// What the loops around count with, and the operations that begin a branch of a `CASE` on it.
    turns: Vec<(Option<&'a str>, Vec<usize>)>,
    /// The last statement was COMMIT.
    has_committed: bool,
    bounds_lock_waits: bool,
}

/// Every error.
const OTHERS: &str = "others";

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
                let conditions = c.span_from(start).slice(self.text).to_ascii_lowercase();
                self.caught.push((before..self.operations.len(), conditions.clone()));
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

    /// What a handler does is not part of the migration's schema: what it holds is only named.
    fn handler(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        let (start, before) = (c.position(), self.operations.len());
        self.statements(c, nesting, &["WHEN", "END"])?;
        if self.operations.len() > before {
            self.operations.truncate(before);
            let span = c.span_from(start);
            self.not_read(span, "handler", span.slice(self.text));
        }
        Some(())
    }

    /// A part of the block that is not understood: it stays, and so does the rest of the block.
    fn not_read(&mut self, span: ByteSpan, what: &str, text: &str) {
        self.has_logic = true;
        let verbs = verbs(text);
        let with = if verbs.is_empty() { String::new() } else { format!(" with {verbs}") };
        let operation = Operation::Opaque { what: format!("{what} in a DO block{with}"), is_program: false };
        let span = ByteSpan { start: self.offset + span.start, end: self.offset + span.end };
        self.operations.push(Located { operation, span });
    }

    fn statements(&mut self, c: &mut Cursor<'_>, nesting: usize, until: &[&str]) -> Option<()> {
        if nesting > MAX_NESTING {
            return None;
        }
        while !until.iter().any(|word| c.at(word)) {
            let commits = c.at("COMMIT");
            self.one(c, nesting)?;
            self.has_committed = commits;
        }
        Some(())
    }

    fn one(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        if c.at("BEGIN") || c.at("DECLARE") {
            return self.block(c, nesting);
        }
        let before = self.operations.len();
        let is_open = ["IF", "CASE", "FOR", "FOREACH", "WHILE"].iter().any(|word| c.at(word));
        let ends = ["RETURN", "EXIT", "CONTINUE"].iter().any(|word| c.at(word));
        self.statement(c, nesting)?;
        if is_open && self.operations.len() > before {
            self.caught.push((before..self.operations.len(), OTHERS.to_owned()));
        }
        if ends {
            self.caught.push((before..usize::MAX, OTHERS.to_owned()));
        }
        Some(())
    }

    fn statement(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        if c.eat("IF") {
            return self.condition(c, nesting);
        }
        if c.at("FOR") || c.at("FOREACH") || c.at("WHILE") || c.at("LOOP") {
            return self.loops(c, nesting);
        }
        if c.eat("CASE") {
            return self.choice(c, nesting);
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
            if nesting == 1 && c.at("COMMIT") {
                self.commits_before.push(self.operations.len());
            }
            return self.skip_statement(c);
        }
        if c.at("EXECUTE") {
            return self.executed(c);
        }
        self.nested(c)
    }

    /// Behind `IF`: `… THEN … [ELSE …] END IF;`, a guard, what clears away what a build left, an assertion, or logic.
    fn condition(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        let (start, before) = (c.position(), self.operations.len());
        c.skip_until(1, |c| c.at("THEN"));
        let condition = c.span_from(start).slice(self.text);
        let is_guard = asks_the_catalog(condition);
        c.need("THEN")?;
        if asks_for_an_invalid_index(condition) {
            return self.leftover(c, nesting);
        }
        if asks_for_a_valid_index(condition) && self.is_only_raised(c) {
            (self.has_logic, self.is_known) = (true, true);
            self.skip_statement(c)?;
            c.need("END IF")?;
            return self.semicolon(c);
        }
        if let Some(query) = asks_for_rows(condition).filter(|_| is_assertion(c)) {
            let start = self.offset + start + condition.find(query).unwrap_or_default();
            let definition = SqlFragment::new(query);
            let operation = Operation::Data(DataOperation::Select { definition });
            self.operations.push(Located { operation, span: ByteSpan::new(start, start + query.len()) });
            self.has_logic = true;
            self.skip_statement(c)?;
            c.need("END IF")?;
            return self.semicolon(c);
        }
        let branches = ["END IF", "ELSE", "ELSIF", "ELSEIF"];
        self.statements(c, nesting + 1, &branches)?;
        while c.eat_one(&["ELSE", "ELSIF", "ELSEIF"]).is_some_and(|word| {
            if word != "ELSE" {
                c.skip_until(1, |c| c.at("THEN"));
                c.eat("THEN");
            }
            true
        }) {
            self.has_logic = true;
            self.statements(c, nesting + 1, &branches)?;
        }
        c.need("END IF")?;
        let inside = &self.operations[before..];
        self.has_logic |= !is_guard || inside.len() > 1 || !inside.iter().all(|o| adds(&o.operation));
        self.semicolon(c)
    }

    /// Behind `CASE`: `[part] WHEN … THEN … END CASE;`. The branches of one on a loop's counter are the loop's turns.
    fn choice(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        self.has_logic = true;
        let start = c.position();
        c.skip_until(0, |c| c.at("WHEN"));
        let what = Some(c.span_from(start).slice(self.text).trim());
        let turn = self.turns.iter().position(|(counter, _)| *counter == what);
        while c.eat_one(&["WHEN", "ELSE"]).is_some_and(|word| {
            if word == "WHEN" {
                c.skip_until(1, |c| c.at("THEN"));
                c.eat("THEN");
            }
            true
        }) {
            if let Some(turn) = turn {
                self.turns[turn].1.push(self.operations.len());
            }
            self.statements(c, nesting + 1, &["WHEN", "ELSE", "END CASE"])?;
        }
        c.need("END CASE")?;
        self.semicolon(c)
    }

    /// `[FOR part IN 1..2] LOOP … END LOOP;`. Where each turn ends with a COMMIT and does another branch of a `CASE part`,
    /// no two branches share a transaction.
    fn loops(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        self.has_logic = true;
        let start = c.position();
        c.skip_until(0, |c| c.at("LOOP"));
        let counter = counter(c.span_from(start).slice(self.text));
        c.need("LOOP")?;
        self.turns.push((counter, Vec::new()));
        self.statements(c, nesting + 1, &["END LOOP"])?;
        let (_, branches) = self.turns.pop()?;
        if self.has_committed {
            self.commits_before.extend(branches);
        }
        c.need("END LOOP")?;
        self.semicolon(c)
    }

    /// What is done to an index that no build finished: the index is no part of the schema yet.
    fn leftover(&mut self, c: &mut Cursor<'_>, nesting: usize) -> Option<()> {
        let before = self.operations.len();
        self.statements(c, nesting + 1, &["END IF"])?;
        c.need("END IF")?;
        let about_it = |o: &Located| {
            matches!(
                o.operation,
                Operation::Session(SessionOperation::LockTable { .. }) | Operation::Index(IndexOperation::Drop { .. })
            )
        };
        let is_clearing = self.operations[before..].iter().all(about_it);
        self.operations.truncate(before);
        (self.has_logic, self.is_known) = (true, true);
        is_clearing.then_some(())?;
        self.semicolon(c)
    }

    /// Nothing but `RAISE EXCEPTION '…'` stands before END IF.
    fn is_only_raised(&self, c: &Cursor<'_>) -> bool {
        let mut c = c.clone();
        c.eat("RAISE EXCEPTION") && c.string().is_some() && c.eat_symbol(";") && c.at("END IF")
    }

    /// `EXECUTE '…'`: the statement in the string, where it is one string without a quote in it.
    fn executed(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        self.has_logic = true;
        let start = c.position();
        c.eat("EXECUTE");
        let at = c.position();
        let literal = c.clone().string().filter(|_| {
            let mut after = c.clone();
            after.next();
            after.at_symbol(";")
        });
        self.skip_statement(c)?;
        let span = c.span_from(start);
        if span.slice(self.text).trim_start_matches("EXECUTE").trim_start().starts_with(BATCH) {
            self.is_known = true;
            return Some(());
        }
        let plain =
            literal.as_deref().and_then(|l| l.strip_prefix('\'')?.strip_suffix('\'')).filter(|l| !l.contains('\''));
        match plain {
            Some(statement) => {
                let operations = (self.read_statement)(statement, MAX_DEPTH + 1).operations;
                let base = self.offset + at + 1;
                self.operations.extend(operations.into_iter().map(|located| Located {
                    operation: located.operation,
                    span: ByteSpan { start: base + located.span.start, end: base + located.span.end },
                }));
            }
            None => self.not_read(span, "EXECUTE", span.slice(self.text)),
        }
        Some(())
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
        let reading = (self.read_statement)(span.slice(self.text), self.depth + 1);
        self.has_logic |= reading.has_logic;
        let before = self.operations.len();
        let caught = reading.caught.into_iter();
        self.caught.extend(caught.map(|(range, by)| (before + range.start..range.end.saturating_add(before), by)));
        for located in reading.operations {
            if let Operation::Opaque { what, .. } = &located.operation {
                self.not_read(span, what, "");
                continue;
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
    use crate::operation::Operation;
    use crate::sql::read_statement;

    #[test]
    fn what_can_be_seen_of_a_block_is_read_and_the_rest_is_named() {
        let told = |body: &str| {
            let operations = read_statement(&format!("DO $$ BEGIN {body} END $$;")).operations;
            let words = operations.into_iter().map(|located| match located.operation {
                Operation::Opaque { what, .. } => what,
                operation => format!("{operation:?}").split([' ', '(']).take(2).collect::<Vec<_>>().join(" "),
            });
            words.collect::<Vec<_>>().join(", ")
        };
        for (body, operations) in [
            (
                "IF a THEN ALTER TABLE t ADD b int; ELSIF c THEN DROP TABLE u; ELSE UPDATE t SET b = 1; END IF;",
                "Column Add, Table Drop, Data Update",
            ),
            (
                "CASE a WHEN 1 THEN ALTER TABLE t ADD b int; WHEN 2, 3 THEN DROP TABLE u; ELSE NULL; END CASE;",
                "Column Add, Table Drop",
            ),
            ("EXECUTE 'ALTER TABLE t ALTER b SET NOT NULL';", "Column SetNotNull"),
            ("EXECUTE format('REINDEX INDEX %I', i); DROP TABLE t;", "EXECUTE in a DO block with REINDEX, Table Drop"),
            (
                "DROP TABLE t; EXCEPTION WHEN others THEN CREATE TABLE t (); ",
                "Table Drop, handler in a DO block with CREATE TABLE",
            ),
            ("FOREACH i IN ARRAY a LOOP FROBNICATE i; END LOOP;", "FROBNICATE I in a DO block"),
            (
                "DO $in$ BEGIN CREATE TYPE e AS ENUM (); EXCEPTION WHEN duplicate_object THEN NULL; END $in$;",
                "Type CreateEnum",
            ),
            ("RAISE NOTICE 'it is %', (SELECT change());", "DO block"),
            ("IF EXISTS (SELECT FROM t WHERE a IS NULL) THEN RAISE EXCEPTION 'not yet'; END IF;", "DO block"),
            (
                "IF EXISTS (SELECT FROM t WHERE a IS NULL) THEN RAISE EXCEPTION USING ERRCODE = 'x', MESSAGE = 'not yet'; END IF;",
                "Data Select",
            ),
            ("PERFORM change();", "DO block"),
            ("NULL;", ""),
        ] {
            assert_eq!(told(body), operations, "{body}");
        }
        let unread = &read_statement("DO $$ <<outer>> BEGIN ALTER TABLE t ADD b int; END $$;").operations[0];
        assert_eq!(unread.operation, Operation::Opaque { what: "DO block with ALTER TABLE".into(), is_program: false });
    }

    #[test]
    fn what_commits_one_by_one_shares_no_transaction() {
        let commits = |body: &str| {
            let reading = read_statement(&format!("DO $$ BEGIN {body} END $$;"));
            format!("{:?}", reading.commits_before)
        };
        let parts = "CASE part WHEN 1 THEN DROP TABLE a; DROP TABLE b; WHEN 2 THEN DROP TABLE c; END CASE;";
        let attempts = format!("FOR attempt IN 1..3 LOOP BEGIN {parts} EXIT; END; COMMIT; END LOOP;");
        assert_eq!(commits(&format!("FOR part IN 1..2 LOOP {attempts} COMMIT; END LOOP;")), "[0, 2]");
        assert_eq!(commits(&format!("FOR part IN 1..2 LOOP {parts} COMMIT; END LOOP;")), "[0, 2]");
        assert_eq!(commits(&format!("FOR part IN 1..2 LOOP {parts} END LOOP;")), "[]");
        assert_eq!(commits(&format!("FOR other IN 1..2 LOOP {parts} COMMIT; END LOOP;")), "[]");
        assert_eq!(commits("DROP TABLE a; COMMIT; DROP TABLE b;"), "[1]");
        assert_eq!(commits("DROP TABLE a; IF x THEN COMMIT; END IF; DROP TABLE b;"), "[]");
    }

    #[test]
    fn a_look_at_a_build_does_nothing_else() {
        let index = "IF NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('i') AND indisvalid) THEN";
        let read = |body: &str| read_statement(&format!("DO $$ BEGIN {index} {body} END IF; END $$;")).operations;
        assert_eq!(read("RAISE EXCEPTION 'i is not valid';"), []);
        for body in ["RAISE EXCEPTION '%', change();", "PERFORM change();", "RAISE NOTICE 'no'; PERFORM change();"] {
            assert_eq!(read(body).len(), 1, "{body}");
        }
    }

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
            "BEGIN CASE a WHEN 1 THEN ALTER TABLE t ADD COLUMN a int; END CASE; END",
            "BEGIN ALTER TABLE t ADD COLUMN a int; EXCEPTION WHEN others THEN NULL; END",
            "BEGIN CREATE TYPE e AS ENUM (); ALTER TABLE t ADD COLUMN a e; EXCEPTION WHEN \
                 duplicate_object THEN NULL; END",
        ];
        for body in logic {
            assert!(has_logic(body), "{body}");
        }
    }
}
