//! The statements of `upgrade()` as calls, with the SQL that each sends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::effects::{COMMITS, Effect, EffectKind, Place};
use super::revision::{BodyStatement, Function, Revision};
use super::scope::Project;
use super::sent::Sent;
use super::{ALEMBIC, SIGN};
use crate::framework::header::Undo;
use crate::framework::migration::{Call, Migration, Sending};
use crate::framework::{FrameworkError, Variables};
use crate::operation::{ColumnOperation, ConstraintOperation, IndexOperation, Operation, TableOperation};
use crate::plan::Phase;
use crate::source::{ByteSpan, SourceFile};
use crate::sql::{Located, PieceKind, read_statement, split};

/// Reads what a revision's `upgrade()` sends.
///
/// # Errors
/// As [`Revision::read`].
pub(super) fn read(name: &str, source: SourceFile, variables: &Variables) -> Result<Migration, FrameworkError> {
    let revision = revision(source, variables)?;
    let calls = revision.upgrade.as_ref().map(|function| calls(&revision.source.text, function)).unwrap_or_default();
    let downgrade = revision.downgrade.as_ref().and_then(|function| downgrade(&revision.source.text, function));
    let title = title(&revision);
    let mut migration = Migration::of_calls(name.to_owned(), revision.source, SIGN, ALEMBIC.runner, calls);
    migration.title = title;
    migration.variables = variables.clone();
    migration.downgrade = downgrade;
    Ok(migration)
}

/// What `downgrade()` sends, where it sends something.
fn downgrade(file: &str, function: &Function) -> Option<Undo> {
    let sends: Vec<Sending> = calls(file, function).into_iter().flat_map(|call| call.sends).collect();
    match sends.iter().any(|sending| sending.sql.is_empty()) {
        true => Some(Undo::Impossible),
        false => (!sends.is_empty()).then(|| Undo::By(sends.into_iter().map(|sending| sending.sql).collect())),
    }
}

/// Reads a revision, with what its project's modules say of the names in it.
///
/// # Errors
/// As [`Revision::read`].
pub(super) fn revision(source: SourceFile, variables: &Variables) -> Result<Revision, FrameworkError> {
    thread_local! {
        /// The projects that this thread has looked into: revisions of one folder share their modules.
        static PROJECTS: RefCell<HashMap<(Utf8PathBuf, Variables), Rc<Project>>> = RefCell::default();
    }
    let folder = source.path.parent().unwrap_or(Utf8Path::new("")).to_owned();
    let project = PROJECTS.with_borrow_mut(|projects| {
        let read = |(folder, variables): &(Utf8PathBuf, Variables)| {
            Rc::new(Project::of(folder).with_variables(variables.as_ref().clone()))
        };
        Rc::clone(projects.entry((folder, variables.clone())).or_insert_with_key(read))
    });
    Revision::read_in(source, &project)
}

/// What a revision is about: its message, without a full stop and what safestep has put behind it: a phase, the number of a step.
pub(super) fn title(revision: &Revision) -> String {
    let message = revision.message();
    let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let of_phase = match message.rsplit_once(STEP).filter(|(_, rest)| is_number(rest)) {
        Some((message, _)) => message,
        None if message.is_empty() => return revision.id.clone(),
        None => message,
    };
    let is_phase = |rest: &str| Phase::ALL.iter().any(|phase| rest == phase.word());
    let of_phase_words = of_phase.strip_suffix(PHASE).and_then(|rest| rest.rsplit_once(", "));
    match of_phase_words.filter(|(_, rest)| is_phase(rest)) {
        Some((message, _)) => message.to_owned(),
        None if of_phase.len() < message.len() => of_phase.to_owned(),
        None => message.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(message).to_owned(),
    }
}

/// What stands between the message of a revision and the number of a step.
pub(super) const STEP: &str = ", step ";
/// What stands behind the name of a phase.
pub(super) const PHASE: &str = " phase";

/// The statements of a function that send something; those that need what an earlier one got from the database are one with it.
fn calls(file: &str, function: &Function) -> Vec<Call> {
    groups(function).into_iter().map(|statements| call(file, function, statements)).collect()
}

/// Which statements stay together, by index, without those that send nothing between them.
pub(super) fn groups(function: &Function) -> Vec<std::ops::Range<usize>> {
    let body = &function.body;
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, statement) in body.iter().enumerate().filter(|(_, statement)| sends(statement) || says(statement)) {
        // Behind a COMMIT psycopg2 and asyncpg commit each statement, and psycopg does not. What stands behind a `return`
        // under a condition that nobody knows is done only sometimes.
        let effects = &function.effects[statement.effects.clone()];
        let is_unknown = |effect: &Effect| matches!(effect.kind, EffectKind::Opaque(_) | EffectKind::Unsure(..));
        if effects.iter().any(commits) || (statement.may_return && effects.iter().any(is_unknown)) {
            groups.push(at..body.len());
            break;
        }
        let needs = |earlier: &BodyStatement| {
            sends(earlier) && needed(body, at, statement).iter().any(|name| earlier.binds.contains(name))
        };
        let first = groups.iter().position(|group| body[group.clone()].iter().any(needs));
        match first {
            Some(first) => {
                groups.truncate(first + 1);
                groups[first].end = at + 1;
            }
            None if says(statement) => {}
            None => groups.push(at..at + 1),
        }
    }
    groups
}

fn sends(statement: &BodyStatement) -> bool {
    !statement.effects.is_empty()
}

/// It may tell somebody what another statement found, as `print(…)` does.
fn says(statement: &BodyStatement) -> bool {
    !sends(statement) && statement.binds.is_empty() && !statement.uses.is_empty()
}

/// `op.execute("COMMIT")` ends the transaction behind the driver's back, `bind.commit()` behind Alembic's.
fn commits(effect: &Effect) -> bool {
    let sent = match &effect.kind {
        EffectKind::Sql(sent) => sent,
        EffectKind::Opaque(why) => return why == COMMITS,
        EffectKind::Unsure(..) => return false,
    };
    let is_commit = |sent: &Sent| sent.sql.value.trim().trim_end_matches(';').trim_end().eq_ignore_ascii_case("commit");
    effect.place == Place::Transaction && sent.iter().any(is_commit)
}

/// The names that a statement uses, and those that the statements use which send nothing and give it a name.
pub(super) fn needed(body: &[BodyStatement], at: usize, statement: &BodyStatement) -> Vec<String> {
    let mut names = statement.uses.clone();
    for earlier in body[..at].iter().rev().filter(|earlier| earlier.effects.is_empty()) {
        if earlier.binds.iter().any(|bound| names.contains(bound)) {
            names.extend(earlier.uses.iter().cloned());
        }
    }
    names
}

fn call(file: &str, function: &Function, statements: std::ops::Range<usize>) -> Call {
    let body = &function.body[statements];
    let (first, last) = (&body[0], &body[body.len() - 1]);
    let effects = || body.iter().flat_map(|statement| &function.effects[statement.effects.clone()]);
    let mut sends: Vec<Sending> = effects().flat_map(sendings).collect();
    if body.len() > 1 {
        sends = vec![Sending::together(sends)];
    }
    Call {
        leading: Some(behind_mark(file, first.leading)),
        span: ByteSpan::new(first.span.start, last.span.end),
        behind: Some(last.behind),
        sends,
        directives: Vec::new(),
    }
}

/// What stands behind the comment that Alembic writes before what it generates: it speaks of the whole function.
fn behind_mark(file: &str, leading: ByteSpan) -> ByteSpan {
    let text = leading.slice(file);
    let Some(at) = text.find(MARKS[0]) else { return leading };
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    ByteSpan::new(leading.start + end, leading.end)
}

/// True for the comments that Alembic writes around what it generates; old versions wrote them without the first sign.
pub(super) fn is_mark(line: &str) -> bool {
    MARKS.iter().any(|mark| line.trim_start_matches(['#', ' ']).starts_with(mark))
}

const MARKS: [&str; 2] = ["commands auto generated by Alembic", "end Alembic commands ###"];

/// What an effect sends, one by one.
fn sendings(effect: &Effect) -> Vec<Sending> {
    let is_outside = effect.place == Place::Autocommit;
    let sent = match &effect.kind {
        EffectKind::Sql(sent) => sent,
        EffectKind::Unsure(why, sent) => return vec![unsure(why, effect.span, sent)],
        EffectKind::Opaque(why) => return vec![Sending::unknown(why, effect.span, is_outside)],
    };
    let all: Vec<Sending> = sent.iter().flat_map(|sent| statements(sent, effect.span, is_outside)).collect();
    // What the call names is named by nothing but the call.
    match all.len() > 1 && all.iter().any(|sending| sending.reading.is_named_elsewhere) {
        true => vec![together(all)],
        false => all,
    }
}

fn statements(sent: &Sent, call: ByteSpan, is_outside: bool) -> Vec<Sending> {
    if !sent.parameters.is_empty() {
        return vec![Sending::unknown(
            &format!("SQL with values from {}", sent.parameters.join(", ")),
            call,
            is_outside,
        )];
    }
    let text = &sent.sql.value;
    let script = split(text);
    let of_piece = |piece: &crate::sql::Piece| {
        let place = |span: ByteSpan| sent.sql.place(span);
        if piece.kind != PieceKind::Statement {
            return Sending::unknown("text that is no SQL", place(piece.span), is_outside);
        }
        if sent.unless_there {
            let sql = unless_there(piece.span.slice(text));
            let reading = read_statement(&sql);
            let spans = vec![call; reading.operations.len()];
            return Sending { sql, reading, spans, is_outside, is_unsure: false };
        }
        let mut reading = script.read(piece, text);
        if sent.has_unknown_names {
            // The metadata names its constraint or index, and nobody sees how.
            reading.is_named_elsewhere = reading.operations.iter().any(|located| is_unnamed(&located.operation));
            reading.operations.iter_mut().for_each(|located| without_guessed_name(&mut located.operation));
            // The metadata names its constraint or index, and nobody sees how.
            reading.is_named_elsewhere = reading.operations.iter().any(|located| is_unnamed(&located.operation));
        }
        let from = piece.span.start;
        let of = |located: &Located| place(ByteSpan::new(from + located.span.start, from + located.span.end));
        let spans = reading.operations.iter().map(of).collect();
        let sql = piece.span.slice(text).trim_end().trim_end_matches(';').to_owned() + ";";
        Sending { sql, reading, spans, is_outside, is_unsure: false }
    };
    script.pieces.iter().map(of_piece).collect()
}

/// `checkfirst=True`: nothing is made where it is there.
fn unless_there(statement: &str) -> String {
    let statement = statement.trim_end().trim_end_matches(';');
    format!("DO $check$ BEGIN {statement}; EXCEPTION WHEN duplicate_object THEN NULL; END $check$;")
}

/// What may run or not, or more than once: the whole statement is one, and nobody knows what it sends.
fn unsure(why: &str, statement: ByteSpan, sent: &[(ByteSpan, Sent)]) -> Sending {
    let all = sent.iter().flat_map(|(call, sent)| {
        // What a value stands for in it makes no other statement of it.
        let known = Sent { parameters: Vec::new(), ..sent.clone() };
        statements(&known, *call, false)
    });
    let mut sending = Sending::unknown(why, statement, false);
    (sending.reading.has_logic, sending.is_unsure) = (true, true);
    for Sending { reading, spans, .. } in all {
        let nowhere = |located: Located| Located { operation: if_needed(located.operation), span: ByteSpan::new(0, 0) };
        sending.reading.operations.extend(reading.operations.into_iter().map(nowhere));
        sending.spans.extend(spans);
    }
    sending
}

/// Nobody knows how the metadata names it.
fn without_guessed_name(operation: &mut Operation) {
    match operation {
        Operation::Index(IndexOperation::Create(index)) => index.name = None,
        other => if_there(other),
    }
}

/// What makes something of which the metadata may give the name.
fn is_unnamed(operation: &Operation) -> bool {
    match operation {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => constraint.name.is_none(),
        Operation::Index(IndexOperation::Create(_)) => true,
        _ => false,
    }
}

/// Nobody knows whether what is taken away has that name.
fn if_there(operation: &mut Operation) {
    if let Operation::Constraint(ConstraintOperation::Drop { if_exists, .. })
    | Operation::Index(IndexOperation::Drop { if_exists, .. }) = operation
    {
        *if_exists = true;
    }
}

/// What is made or taken away under a condition may be there already, or gone.
fn if_needed(mut operation: Operation) -> Operation {
    if_there(&mut operation);
    match &mut operation {
        Operation::Table(TableOperation::Create(create)) => create.if_not_exists = true,
        Operation::Table(TableOperation::Drop { if_exists, .. })
        | Operation::Column(ColumnOperation::Drop { if_exists, .. }) => *if_exists = true,
        Operation::Column(ColumnOperation::Add { if_not_exists, .. }) => *if_not_exists = true,
        Operation::Index(IndexOperation::Create(index)) => index.if_not_exists = true,
        _ => {}
    }
    operation
}

/// Statements between which Python looks at what the database answered, or to which it gives names: they stay as they are.
fn together(sends: Vec<Sending>) -> Sending {
    let mut all = Sending::together(sends);
    if all.is_unsure {
        let operations = std::mem::take(&mut all.reading.operations).into_iter();
        let needed = |located: Located| Located { operation: if_needed(located.operation), ..located };
        all.reading.operations = operations.map(needed).collect();
    }
    all
}
