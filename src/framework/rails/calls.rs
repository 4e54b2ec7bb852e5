//! The statements of a migration's method as calls, with the SQL that each sends.

use super::effects::{Effect, EffectKind};
use super::gems::{Gem, Gems};
use super::generators;
use super::insurance::{insured, leaves_transaction};
use super::migration_class::{BodyStatement, MigrationClass, NoClass, Run};
use super::names::Named;
use super::online_migrations;
use super::operations::{Condition, Context, RAILS_OWN, Sent, Version, rollback, statements};
use super::project::Project;
use super::value::Why;
use super::{RAILS, SIGN};
use crate::framework::FrameworkError;
use crate::framework::header::Undo;
use crate::framework::migration::{Call, Migration, Sending};
use crate::framework::plpgsql::{by_itself, only_if};
use crate::framework::text::Text;
use crate::operation::{Operation, QualifiedName, TableOperation};
use crate::schema::Schema;
use crate::source::{ByteSpan, Directive, DirectiveOrigin, DirectiveScope, RuleSelection, SourceFile};
use crate::sql::{Located, Piece, PieceKind, read_statement, split};

/// Reads what a migration sends.
///
/// # Errors
/// None by now: what is not understood is opaque.
pub(super) fn read(name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
    Ok(read_on(name, source, None))
}

/// The same where it meets a catalog, when Active Record asks it for something; `None` where it asks nothing.
pub(super) fn read_against(migration: &Migration, before: &Schema) -> Option<Migration> {
    let is_unknown = migration.statements.iter().any(|statement| statement.sql.as_deref() == Some(""));
    let asks = is_unknown || migration.downgrade == Some(Undo::Impossible);
    let source = || SourceFile::new(migration.path().clone(), migration.text());
    asks.then(|| read_on(&migration.name, source(), Some(before.clone())))
}

/// Reads a migration that meets a catalog.
fn read_on(name: &str, source: SourceFile, schema: Option<Schema>) -> Migration {
    let title = title(name, &source);
    let project = Project::around(&source.path);
    let class = match class(source, project.as_deref()) {
        Ok(class) => class,
        Err((source, none)) => {
            let all = ByteSpan::new(0, source.text.trim_end().len());
            let calls = vec![opaque(&none.why, all)];
            let mut migration = Migration::of_calls(name.to_owned(), source, SIGN, RAILS.runner, calls);
            migration.title = title;
            return migration;
        }
    };
    let context = context(&class, project.as_deref());
    let none = Gems::default();
    let gems = project.as_ref().map_or(&none, |project| &project.gems);
    let opts_out = class.opts_out || leaves_transaction(gems);
    let mut sender = Sender { context, opts_out, schema, gems, new_tables: Vec::new() };
    let mut calls: Vec<Call> =
        class.when_loaded.iter().map(|span| opaque("a call in the body of the class", *span)).collect();
    calls.extend(class.up.iter().flat_map(|run| sender.calls(run)));
    calls.sort_by_key(|call| call.span.start);
    let downgrade = class.down.as_ref().and_then(|run| sender.downgrade(run));
    let mut migration = Migration::of_calls(name.to_owned(), class.source, SIGN, RAILS.runner, calls);
    migration.title = title;
    migration.downgrade = downgrade;
    migration
}

fn class(source: SourceFile, project: Option<&Project>) -> Result<MigrationClass, (SourceFile, NoClass)> {
    MigrationClass::read(source, project.map(|project| generators::primary_key_type(&project.root)).unwrap_or_default())
}

fn context<'a>(class: &MigrationClass, project: Option<&'a Project>) -> Context<'a> {
    let rails = project.and_then(|project| project.rails).unwrap_or(Version::NEWEST);
    Context {
        prefix: project.map_or("", |project| &project.prefix),
        suffix: project.map_or("", |project| &project.suffix),
        datetime: project.map_or("timestamp", |project| &project.datetime),
        inflections: project.map_or(&RAILS_OWN, |project| &project.inflections),
        ..Context::of(class.bracket.unwrap_or(rails), rails)
    }
}

/// What a migration is about: the words of its file's name, without the number that safestep gave a step.
fn title(name: &str, source: &SourceFile) -> String {
    let Named::Migration(file) = Named::of(source.path.file_name().unwrap_or_default()) else { return name.to_owned() };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match file.words.rsplit_once("_step_") {
        Some((words, number)) if is_number(number) => words.to_owned(),
        _ => file.words.to_owned(),
    }
}

/// Makes calls of what methods do.
struct Sender<'a> {
    context: Context<'a>,
    opts_out: bool,
    /// The catalog that the next call meets.
    schema: Option<Schema>,
    gems: &'a Gems,
    /// The tables that the migration has made.
    new_tables: Vec<QualifiedName>,
}

impl Sender<'_> {
    /// The statements of a method that send something; those that need what an earlier one got from the database are one with
    /// it.
    fn calls(&mut self, run: &Run) -> Vec<Call> {
        groups(run).into_iter().map(|statements| self.call(run, statements)).collect()
    }

    fn call(&mut self, run: &Run, statements: std::ops::Range<usize>) -> Call {
        let body = &run.body[statements];
        let (first, last) = (&body[0], &body[body.len() - 1]);
        let effects = || body.iter().flat_map(|statement| &run.effects[statement.effects.clone()]);
        let mut sends: Vec<Sending> = Vec::new();
        effects().for_each(|effect| sends.extend(self.sendings(effect)));
        if body.len() > 1 {
            sends = vec![Sending::together(sends)];
        } else if first.is_transaction {
            sends = in_one_transaction(sends);
        }
        let span = ByteSpan::new(first.span.start, last.span.end);
        // A statement is one in the file: what cannot be told of a part of it cannot be told of it.
        if let Some(unknown) = sends.iter().position(|sending| sending.sql.is_empty()).filter(|_| sends.len() > 1) {
            sends = vec![sends.swap_remove(unknown)];
            sends[0].spans.iter_mut().for_each(|place| *place = span);
        }
        let is_assured = effects().next().is_some() && effects().all(|effect| effect.is_assured);
        Call {
            leading: Some(first.leading),
            span,
            behind: Some(last.behind),
            sends,
            directives: if is_assured { vec![assured()] } else { Vec::new() },
        }
    }

    /// What an effect sends, one by one.
    fn sendings(&mut self, effect: &Effect) -> Vec<Sending> {
        let mut is_outside = self.opts_out && !effect.in_transaction;
        let mut sends = match &effect.kind {
            EffectKind::Opaque(why) => vec![Sending::unknown(why, effect.span, is_outside)],
            EffectKind::Sql(text) => executed(text, is_outside),
            EffectKind::DropInvalidIndex(name) => vec![of_sql(&drop_invalid_index(name), effect.span, is_outside)],
            EffectKind::Schema(call) => {
                let context = Context { schema: self.schema.as_ref(), ..self.context };
                let is_gems = self.gems.has(Gem::OnlineMigrations);
                let of_gem = is_gems.then(|| online_migrations::calls(call, effect.is_reverted, &context)).flatten();
                let sent = match effect.is_reverted {
                    _ if let Some(calls) = of_gem => calls.and_then(|calls| {
                        let sent = calls.iter().map(|call| statements(call, &context));
                        sent.collect::<Result<Vec<_>, Why>>().map(|sent| sent.concat())
                    }),
                    true => rollback(call, &context),
                    false => statements(call, &context).and_then(|sent| {
                        let is_new = |table: &QualifiedName| self.new_tables.contains(table);
                        let insured = insured(call, &sent, self.gems, is_new, &context)?;
                        // It ends the transaction for the rest of the file.
                        self.opts_out |= insured.is_some();
                        is_outside |= insured.is_some();
                        Ok(insured.unwrap_or(sent))
                    }),
                };
                match sent {
                    Ok(sent) => sent.iter().map(|sent| of_sql(&guarded(sent), effect.span, is_outside)).collect(),
                    Err(why) => vec![Sending::unknown(&why, effect.span, is_outside)],
                }
            }
        };
        if let Some(condition) = &effect.condition {
            sends = sends.into_iter().map(|sending| under(condition, sending)).collect();
        }
        for Sending { reading, .. } in &mut sends {
            reading.bounds_lock_waits |= effect.is_bounded || leaves_transaction(self.gems);
            self.new_tables.extend(reading.operations.iter().filter_map(|located| made(&located.operation)));
            reading.is_asked |= effect.is_guarded;
            if let Some(schema) = &mut self.schema {
                reading.operations.iter().for_each(|located| schema.apply(&located.operation));
            }
        }
        sends
    }

    /// What taking a migration back sends, where it sends something.
    fn downgrade(&mut self, run: &Run) -> Option<Undo> {
        match self.taken_back(run) {
            Err(_) => Some(Undo::Impossible),
            Ok(sql) => (!sql.is_empty()).then_some(Undo::By(sql)),
        }
    }

    fn taken_back(&mut self, run: &Run) -> Result<Vec<String>, Why> {
        let mut effects: Vec<&Effect> = run.effects.iter().collect();
        if run.is_change {
            // From the last to the first; but a block of `reversible` as it is written.
            let groups = effects.chunk_by(|one, next| one.block.is_some() && one.block == next.block);
            effects = groups.rev().flatten().copied().collect();
        }
        let mut sql = Vec::new();
        for effect in effects {
            if let (EffectKind::Sql(_), true) = (&effect.kind, effect.is_reverted) {
                return Err("execute".to_owned());
            }
            for sending in self.sendings(effect) {
                if sending.sql.is_empty() {
                    return Err("something that nobody knows".to_owned());
                }
                sql.push(sending.sql);
            }
        }
        Ok(sql)
    }
}

/// Which statements stay together, by index, without those that send nothing between them.
fn groups(run: &Run) -> Vec<std::ops::Range<usize>> {
    let body = &run.body;
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, statement) in body.iter().enumerate().filter(|(_, statement)| sends(statement)) {
        // What stands behind a `return` under a condition that nobody knows is done only sometimes, and what stands behind the
        // end of Rails' own transaction is in another one.
        let effects = &run.effects[statement.effects.clone()];
        let is_unknown = |effect: &Effect| matches!(effect.kind, EffectKind::Opaque(_));
        if effects.iter().any(ends_transaction) || (statement.may_return && effects.iter().any(is_unknown)) {
            groups.push(at..body.len());
            break;
        }
        let names = needed(body, at, statement);
        let needs = |earlier: &BodyStatement| sends(earlier) && names.iter().any(|name| earlier.binds.contains(name));
        match groups.iter().position(|group| body[group.clone()].iter().any(needs)) {
            Some(first) => {
                groups.truncate(first + 1);
                groups[first].end = at + 1;
            }
            None => groups.push(at..at + 1),
        }
    }
    groups
}

fn sends(statement: &BodyStatement) -> bool {
    !statement.effects.is_empty()
}

/// The names that a statement uses, and those that the statements use which send nothing and give it a name.
fn needed(body: &[BodyStatement], at: usize, statement: &BodyStatement) -> Vec<String> {
    let mut names = statement.uses.clone();
    for earlier in body[..at].iter().rev().filter(|earlier| earlier.effects.is_empty()) {
        if earlier.binds.iter().any(|bound| names.contains(bound)) {
            names.extend(earlier.uses.iter().cloned());
        }
    }
    names
}

/// It ends the transaction that Rails began.
fn ends_transaction(effect: &Effect) -> bool {
    match &effect.kind {
        EffectKind::Schema(call) => matches!(call.method.as_str(), "commit_db_transaction" | "rollback_db_transaction"),
        EffectKind::Sql(text) => text.value.trim().trim_end_matches(';').trim_end().eq_ignore_ascii_case("commit"),
        EffectKind::DropInvalidIndex(_) | EffectKind::Opaque(_) => false,
    }
}

/// The table that an operation makes.
fn made(operation: &Operation) -> Option<QualifiedName> {
    match operation {
        Operation::Table(TableOperation::Create(create)) => Some(create.name.clone()),
        _ => None,
    }
}

/// A gem's `safety_assured`: its author has looked at what is in it.
fn assured() -> Directive {
    Directive {
        rules: RuleSelection::All,
        scope: DirectiveScope::Statement,
        origin: DirectiveOrigin::Gem,
        reason: "safety_assured".to_owned(),
    }
}

/// The statements of a string, one by one. Outside of a transaction they are one for the server.
fn executed(text: &Text, is_outside: bool) -> Vec<Sending> {
    let sql = &text.value;
    let script = split(sql);
    let of_piece = |piece: &Piece| {
        if piece.kind != PieceKind::Statement {
            return Sending::unknown("text that is no SQL", text.place(piece.span), is_outside);
        }
        let reading = script.read(piece, sql);
        let from = piece.span.start;
        let place = |located: &Located| text.place(ByteSpan::new(from + located.span.start, from + located.span.end));
        let spans = reading.operations.iter().map(place).collect();
        let sql = piece.span.slice(sql).trim_end().trim_end_matches(';').to_owned() + ";";
        Sending { sql, reading, spans, is_outside, is_unsure: false }
    };
    let sends: Vec<Sending> = script.pieces.iter().map(of_piece).collect();
    match is_outside && sends.len() > 1 {
        true => vec![Sending::together(sends)],
        false => sends,
    }
}

/// SQL that stands for a call.
fn of_sql(sql: &str, span: ByteSpan, is_outside: bool) -> Sending {
    let sql = sql.trim_end().trim_end_matches(';').to_owned() + ";";
    let reading = read_statement(&sql);
    let spans = vec![span; reading.operations.len()];
    Sending { sql, reading, spans, is_outside, is_unsure: false }
}

/// Nothing is made where it is there, and nothing is dropped where it is not.
fn guarded(sent: &Sent) -> String {
    let statement = sent.sql.trim_end().trim_end_matches(';');
    // A block is a transaction, in which one that is concurrent is refused.
    if let (Condition::IfThere, Some(index)) = (sent.condition, statement.strip_prefix("DROP INDEX ")) {
        return match index.strip_prefix("CONCURRENTLY ") {
            Some(index) => format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"),
            None => format!("DROP INDEX IF EXISTS {index}"),
        };
    }
    let errors = match sent.condition {
        Condition::Always => return sent.sql.clone(),
        Condition::UnlessThere => "duplicate_object OR duplicate_table OR duplicate_column",
        Condition::IfThere => "undefined_object OR undefined_table OR undefined_column",
    };
    format!("DO $check$ BEGIN {statement}; EXCEPTION WHEN {errors} THEN NULL; END $check$;")
}

/// What is sent only where a condition holds. What may be in no block asks itself.
fn under(condition: &str, sending: Sending) -> Sending {
    match in_a_block(&sending.sql) {
        Some(statement) => {
            let is_outside = sending.is_outside;
            Sending { is_outside, ..of_block(&only_if(condition, &statement), vec![sending]) }
        }
        None => sending,
    }
}

/// What commits together, as the one statement that does the same; as it is where there is none.
fn in_one_transaction(sends: Vec<Sending>) -> Vec<Sending> {
    let statements: Option<Vec<String>> = sends.iter().map(|sending| in_a_block(&sending.sql)).collect();
    match statements.filter(|statements| !statements.is_empty()) {
        Some(statements) => {
            vec![of_block(&by_itself(&format!("BEGIN\n{}\nEND;", statements.join("\n"))), sends)]
        }
        None => sends,
    }
}

/// A block that does what others do.
fn of_block(sql: &str, sends: Vec<Sending>) -> Sending {
    let mut reading = read_statement(sql);
    reading.bounds_lock_waits |= sends.iter().any(|sending| sending.reading.bounds_lock_waits);
    reading.is_asked |= sends.iter().any(|sending| sending.reading.is_asked);
    let is_unsure = sends.iter().any(|sending| sending.is_unsure);
    let mut spans: Vec<ByteSpan> = sends.into_iter().flat_map(|sending| sending.spans).collect();
    let last = spans.last().copied().unwrap_or(ByteSpan::new(0, 0));
    spans.resize(reading.operations.len(), last);
    Sending { sql: sql.trim_end().to_owned(), reading, spans, is_outside: true, is_unsure }
}

/// A statement as it can stand in a block; `None` for one that cannot.
fn in_a_block(sql: &str) -> Option<String> {
    let words = sql.trim_start().to_ascii_uppercase();
    if let Some(block) = sql.trim_start().strip_prefix("DO ") {
        let (tag, rest) = block.split_once('$').and_then(|(_, rest)| rest.split_once('$'))?;
        let (body, _) = rest.rsplit_once(&format!("${tag}$"))?;
        let body = body.trim().trim_end_matches(';');
        return (!words.contains("COMMIT")).then(|| format!("{body};"));
    }
    let gives_rows = ["SELECT", "WITH", "SHOW", "EXPLAIN", "VALUES"].iter().any(|word| words.starts_with(word));
    let is_apart = words.is_empty() || words.contains("CONCURRENTLY") || words.contains("VACUUM");
    (!gives_rows && !is_apart).then(|| sql.trim().trim_end_matches(';').to_owned() + ";")
}

/// As the method of that name does it.
fn drop_invalid_index(name: &str) -> String {
    let literal = name.replace('\'', "''");
    format!(
        "DO $check$ BEGIN IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{literal}') AND NOT indisvalid) \
         THEN DROP INDEX {name}; END IF; END $check$;"
    )
}

/// A statement that nobody knows without running the file.
fn opaque(why: &str, span: ByteSpan) -> Call {
    Call { leading: None, span, behind: None, sends: vec![Sending::unknown(why, span, false)], directives: Vec::new() }
}
