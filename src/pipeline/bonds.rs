//! What a migration's author wrote to be seen together, and what lives in one session: it commits as one.

use std::collections::BTreeMap;

use super::access::Access;
use crate::framework::migration::Migration;
use crate::operation::{
    ColumnAttribute, ColumnOperation, Fixed, Ident, ObjectKind, ObjectOperation, Operation, SessionOperation,
    TableAttribute, TableOperation, TransactionControl,
};
use crate::plan::{Duration, Step, Transaction};
use crate::postgres::idempotence::changes_rows;
use crate::schema::{Key, Schema, key, mentions};
use crate::sql::temporary;

/// Pairs of steps, by index, that are one transaction: what a rewrite makes so, renames, what is taken from and given to one grantee, an object and
/// who may use it (`access`), what works with one temporary object, what one SET decides, what silences a trigger and lets it
/// fire again, a statement with logic, and what copies with what takes
/// away there (`copies`, by item). The soft ones are those that are waived where they cost too much.
pub(super) fn bonds(
    migration: &Migration,
    steps: &[Step],
    before: &Schema,
    copies: &[(usize, usize)],
    soft: bool,
) -> Vec<(usize, usize)> {
    let mut found = with_copies(steps, copies);
    let mut access = Access::default();
    let mut last: BTreeMap<Bond, usize> = BTreeMap::new();
    let mut temporaries: Vec<(&Ident, usize)> = Vec::new(); // of the session, with what made or named them last
    let mut silenced: Vec<(&TableAttribute, Key, usize)> = Vec::new(); // triggers and rules that do not fire for a while
    let mut taken_over: Vec<Key> = Vec::new(); // names of tables that others have got by now
    let mut decides: Option<usize> = None; // what decides how the transaction goes on, or the last that it decided
    // Of tables only the temporary ones are asked for here.
    let makes_temporary = |step: &Step| {
        matches!(
            &step.operation,
            Operation::Table(TableOperation::Create(create))
                if create.persistence.is_temporary()
        )
    };
    let mut schema = (before.has_temporary_tables() || steps.iter().any(makes_temporary)).then(|| before.clone());
    for (at, step) in steps.iter().enumerate() {
        let is_set = migration.items[step.from].fixed == Some(Fixed::Session);
        if is_set && step.transaction != Transaction::Outside {
            found.extend(last.insert(Bond::Settings, at).map(|before| (before, at)));
        } else {
            last.remove(&Bond::Settings);
        }
        if at > 0
            && (are_rows_of_one(migration, &steps[at - 1], step) || are_one_program(migration, &steps[at - 1], step))
        {
            found.push((at - 1, at));
        }
        if at > 0 && step.joined && steps[at - 1].item == step.item {
            found.push((at - 1, at));
        }
        if let Some(before) =
            decides.filter(|before| changes_rows(&step.operation) && shares(migration, &steps[*before], step))
        {
            found.push((before, at));
            decides = Some(at);
        }
        if decides_for_its_transaction(migration.slice(step.from), step) {
            decides = Some(at);
        }
        found.extend(access.bonds_of(at, &step.operation, soft).into_iter().map(|made| (made, at)));
        for bond in bonds_of(migration, step, schema.as_ref()) {
            if let Some(before) = last.insert(bond, at) {
                found.push((before, at));
            }
        }
        match &step.operation {
            Operation::Table(TableOperation::Rename { table, to }) => {
                let name = table.name.sibling(to.clone());
                taken_over.extend(before.table(&name).map(|_| key(&name)));
            }
            // What is written under the name meanwhile would go with it.
            Operation::Table(TableOperation::Drop { names, .. })
                if names.iter().any(|name| taken_over.contains(&key(name))) =>
            {
                found.extend(last.insert(Bond::Renames, at).map(|renamed| (renamed, at)));
            }
            _ => {}
        }
        let text = migration.slice(step.from);
        for (name, last) in &mut temporaries {
            if mentions(text, name.as_str()) {
                found.push((std::mem::replace(last, at), at));
            }
        }
        temporaries.extend(temporary(&step.operation, text).map(|name| (name, at)));
        if let Operation::Table(TableOperation::SetAttribute { table, attribute }) = &step.operation {
            match fires(attribute) {
                Some(true) => {
                    let own = |(earlier, of, _): &(&TableAttribute, Key, usize)| {
                        *of == key(table) && is_about_one(earlier, attribute)
                    };
                    found.extend(silenced.extract_if(.., |one| own(one)).map(|(_, _, before)| (before, at)));
                }
                Some(false) => silenced.push((attribute, key(table), at)),
                None => {}
            }
        }
        if let Some(schema) = &mut schema {
            schema.apply(&step.operation);
        }
    }
    found
}

/// Whether triggers or rules fire from here on.
fn fires(attribute: &TableAttribute) -> Option<bool> {
    match attribute {
        TableAttribute::ToggleTrigger(toggle) | TableAttribute::ToggleRule(toggle) => Some(toggle.fires),
        _ => None,
    }
}

/// They say something of the same trigger or rule.
fn is_about_one(one: &TableAttribute, other: &TableAttribute) -> bool {
    let (one, other) = match (one, other) {
        (TableAttribute::ToggleTrigger(one), TableAttribute::ToggleTrigger(other))
        | (TableAttribute::ToggleRule(one), TableAttribute::ToggleRule(other)) => (&one.name, &other.name),
        _ => return false,
    };
    one.is_none() || other.is_none() || one == other
}

/// What takes a column, a table or rows away, beside what copied it.
fn with_copies(steps: &[Step], copies: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut of_item: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|_| !copies.is_empty()) {
        of_item.entry(step.from).or_default().push(at);
    }
    let pair = |(copy, removal): &(usize, usize)| {
        let copy = of_item.get(copy)?.last()?;
        let removals = of_item.get(removal)?;
        removals.iter().find(|at| steps[**at].replaces()).map(|removal| (*copy, *removal))
    };
    copies.iter().filter_map(pair).collect()
}

/// Two statements that change rows, one right behind the other, also where both left the transaction of a lock.
fn are_rows_of_one(migration: &Migration, one: &Step, other: &Step) -> bool {
    let changes = |step: &Step| changes_rows(&step.operation) && step.duration == Duration::AsWritten;
    shares(migration, one, other) && one.transaction == Transaction::Own && changes(one) && changes(other)
}

/// What a program sends, or a `DO` block with logic does, is one by what it decides between two statements of it.
fn are_one_program(migration: &Migration, one: &Step, other: &Step) -> bool {
    let (a, b) = (&migration.items[one.from], &migration.items[other.from]);
    one.verbatim
        && other.verbatim
        && a.statement == b.statement
        && a.fixed == b.fixed
        && a.fixed.is_some_and(Fixed::is_by_program)
}

fn shares(migration: &Migration, one: &Step, other: &Step) -> bool {
    migration.items[one.from].shares_transaction_with(&migration.items[other.from])
}

/// `SET CONSTRAINTS` and `SET TRANSACTION` are about the statements behind them, up to the commit.
fn decides_for_its_transaction(text: &str, step: &Step) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    step.verbatim
        && matches!(
            step.operation,
            Operation::Session(SessionOperation::Transaction(
                TransactionControl::SetConstraints | TransactionControl::SetTransaction
            ))
        )
        && words.next().as_deref() == Some("SET")
        && matches!(words.next().as_deref(), Some("CONSTRAINTS" | "TRANSACTION"))
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    /// Renames of what is in use: between two of them neither the old nor the new code works.
    Renames,
    /// On a function (true) or anything else of that name.
    Privileges(bool, Key),
    /// On what is not named one by one, by its text.
    AllPrivileges(String),
    Temporary(Key),
    /// A prepared statement or a cursor, by its name.
    Prepared(String),
    /// Locks that the session holds until it gives them back.
    Advisory,
    /// A SET and what it decides.
    Settings,
    /// A statement with logic, which cannot be taken apart.
    Statement(usize),
    /// A column of one ALTER TABLE, by its statement: the sequence of a new identity has the type that the column had before it.
    Identity(usize, Key, Ident),
}

/// `schema` is the catalog before the step, where it has temporary tables.
fn bonds_of(migration: &Migration, step: &Step, schema: Option<&Schema>) -> Vec<Bond> {
    let mut bonds = Vec::new();
    let item = &migration.items[step.from];
    if matches!(item.fixed, Some(Fixed::Block | Fixed::Asked)) {
        bonds.push(Bond::Statement(item.statement));
    }
    match &step.operation {
        Operation::Table(TableOperation::Rename { .. })
        | Operation::Column(ColumnOperation::Rename { .. })
        | Operation::Object(ObjectOperation::SetSchema {
            kind: ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView,
            ..
        }) if step.duration != Duration::Free => {
            bonds.push(Bond::Renames);
        }
        Operation::Column(
            ColumnOperation::SetType { table, column, .. }
            | ColumnOperation::SetAttribute { table, column, attribute: ColumnAttribute::AddIdentity(_) },
        ) if step.verbatim => {
            bonds.push(Bond::Identity(migration.items[step.from].statement, key(table), column.clone()));
        }
        Operation::Object(ObjectOperation::Grant { kind, names, .. }) if !names.is_empty() => {
            bonds.extend(names.iter().map(|name| Bond::Privileges(*kind == ObjectKind::Function, key(name))));
        }
        Operation::Object(ObjectOperation::Grant { definition, .. }) => {
            bonds.extend(object_of_grant(definition.as_str()).map(Bond::AllPrivileges))
        }
        _ => {}
    }
    if step.verbatim {
        let text = migration.slice(step.from);
        let named = schema.map(|schema| schema.named_in(text)).unwrap_or_default();
        let temporary = named.into_iter().filter(|table| table.persistence.is_temporary());
        bonds.extend(temporary.map(|table| Bond::Temporary(key(&table.name))));
        bonds.extend(prepared(text).map(Bond::Prepared));
        if text.contains("pg_advisory_lock") || text.contains("pg_advisory_unlock") {
            bonds.push(Bond::Advisory);
        }
        if let Operation::Table(TableOperation::Create(create)) = &step.operation
            && create.persistence.is_temporary()
        {
            bonds.push(Bond::Temporary(key(&create.name)));
        }
    }
    bonds
}

/// The name of what a statement prepares, runs, declares or closes.
fn prepared(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let verb = words.next()?.to_ascii_uppercase();
    let name = match verb.as_str() {
        "PREPARE" | "EXECUTE" | "DEALLOCATE" | "DECLARE" | "CLOSE" => words.next()?,
        "FETCH" | "MOVE" => text.split_whitespace().next_back()?,
        _ => return None,
    };
    Some(name.trim_end_matches([';', '(']).to_lowercase())
}

/// What stands between `ON` and `TO` or `FROM`, in lower case.
fn object_of_grant(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let (_, rest) = lower.split_once(" on ")?;
    let end = [" to ", " from "].iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
    Some(rest[..end].trim().to_owned())
}
