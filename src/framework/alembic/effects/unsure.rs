//! What may run or not, or more than once: only running the file tells.

use super::{Effect, EffectKind, Place, Reader};
use crate::framework::alembic::python::{Clause, Expression, ExpressionKind, Header, Statement, StatementKind};
use crate::framework::alembic::sent::Sent;
use crate::framework::alembic::value::{Value, Why};
use crate::source::ByteSpan;

impl<'a> Reader<'a> {
    /// A statement that is not followed: nothing, when no call in it can do anything to the database.
    pub(super) fn harmless(&mut self, statement: &'a Statement, why: &str) -> Result<(), Why> {
        let file = self.file;
        self.scope().forget_changed(file, statement);
        if self.does_nothing(statement) { Ok(()) } else { Err(why.to_owned()) }
    }

    fn does_nothing(&self, statement: &Statement) -> bool {
        let mut parts = Vec::new();
        statement.expressions(&mut |expression| parts.push(expression));
        let is_harmless = |part: &&Expression| match &part.kind {
            ExpressionKind::Call(..) => matches!(self.harmless_call(part), Ok(true)),
            ExpressionKind::Strings(literals) => self.fields_are_harmless(literals),
            _ => true,
        };
        parts.iter().all(is_harmless) && !statement.has_unread() && !may_return(self.file, statement)
    }

    /// Follows all branches of a statement of which only running it tells which is taken, or how often. What decides about the
    /// first one may be followed already.
    pub(super) fn unsure(
        &mut self,
        statement: &'a Statement,
        (clauses, is_first_followed): (&'a [Clause], bool),
        why: &str,
    ) -> Result<(), Why> {
        let file = self.file;
        if self.does_nothing(statement) {
            self.scope().forget_changed(file, statement);
            return Ok(());
        }
        let repeats = |clause: &Clause| match &clause.header {
            Header::For(..) => true,
            Header::Test(word, _) => word.slice(file) == "while",
            _ => false,
        };
        // What an earlier round has left, nobody knows in the next one.
        if clauses.iter().any(repeats) {
            self.scope().forget_changed(file, statement);
        }
        let scopes = self.scopes.clone();
        for (at, clause) in clauses.iter().enumerate() {
            self.scopes.clone_from(&scopes);
            if let Header::Test(_, test) = &clause.header
                && (at > 0 || !is_first_followed)
            {
                self.run(test)?;
            }
            self.in_doubt(&clause.body)?;
        }
        self.scopes = scopes;
        self.scope().forget_changed(file, statement);
        self.unsure.get_or_insert_with(|| why.to_owned());
        Ok(())
    }

    /// Follows a loop over known values that may be left, or goes on with the next one.
    pub(super) fn rounds(
        &mut self,
        statement: &'a Statement,
        (target, values): (&'a Expression, Vec<Value>),
        body: &'a [Statement],
    ) -> Result<(), Why> {
        let file = self.file;
        if !self.does_nothing(statement) {
            for value in values {
                self.scope().assign(file, target, value);
                self.in_doubt(body)?;
            }
            self.unsure.get_or_insert_with(|| "a loop that is left early".to_owned());
        }
        self.scope().forget_changed(file, statement);
        Ok(())
    }

    fn in_doubt(&mut self, body: &'a [Statement]) -> Result<(), Why> {
        self.doubts += 1;
        self.block(body)?;
        self.doubts -= 1;
        self.has_returned = false;
        Ok(())
    }
}

/// What an effect in the run's transaction sends; `None` outside of it.
pub(super) fn sent_in_transaction(effect: Effect) -> Option<Vec<(ByteSpan, Sent)>> {
    match effect.kind {
        EffectKind::Sql(sent) if effect.place == Place::Transaction => {
            Some(sent.into_iter().map(|sent| (effect.span, sent)).collect())
        }
        EffectKind::Sql(_) | EffectKind::Unsure(..) | EffectKind::Opaque(_) => None,
    }
}

/// A loop's body ends it, or goes on with the next round.
pub(super) fn leaves(file: &str, body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Word(word, _) => matches!(word.slice(file), "break" | "continue" | "return"),
        _ => statement.clauses().iter().any(|clause| leaves(file, &clause.body)),
    })
}

/// It may end the function that it stands in.
pub(in crate::framework::alembic) fn may_return(file: &str, statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Word(word, _) => word.slice(file) == "return",
        _ => statement.clauses().iter().any(|clause| match clause.header {
            Header::Function { .. } | Header::Class(..) => false,
            _ => clause.body.iter().any(|inner| may_return(file, inner)),
        }),
    }
}
