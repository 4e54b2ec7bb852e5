//! The schema methods at which a gem stops outside of `safety_assured`, for the sake of what they lock or read: the ones that
//! safestep looks at itself. What code that runs would feel (a column that goes, a name that changes) is for its author to assure.

use std::collections::BTreeSet;

use super::gems::{Gem, Gems};
use super::value::{Arguments, Call, Receiver, Value};

/// What a file made before a call: there a gem stops at less.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    tables: BTreeSet<String>,
    columns: BTreeSet<(String, String)>,
}

impl Made {
    /// Takes note of a call.
    pub(super) fn by(&mut self, call: &Call) {
        let name = |at: usize| call.arguments.positional.get(at).and_then(Value::name).map(str::to_owned);
        match (call.method.as_str(), name(0), name(1)) {
            ("create_table", Some(table), _) => {
                self.tables.insert(table);
            }
            ("add_column", Some(table), Some(column)) => {
                self.columns.insert((table, column));
            }
            _ => {}
        }
    }
}

/// A gem stops at a call: strong_migrations' `Checks`, online_migrations' `CommandChecker`. A call on the connection is looked at
/// by none.
pub(super) fn is_stopped_at(call: &Call, made: &Made, gems: &Gems) -> bool {
    let is_assured = gems.has(Gem::SafePgMigrations) && ASSURED_BY_SAFE_PG.contains(&call.method.as_str());
    let is_bare = call.receiver == Receiver::Migration;
    is_bare && !is_assured && gems.stopping().any(|gem| stops(gem, call, made, gems))
}

/// What safe-pg-migrations puts into `safety_assured` itself (`StrongMigrationsIntegration::SAFE_METHODS`).
const ASSURED_BY_SAFE_PG: [&str; 7] = [
    "execute",
    "add_index",
    "add_reference",
    "add_belongs_to",
    "change_column_null",
    "add_foreign_key",
    "add_check_constraint",
];

/// The gem that stops at a call for the sake of the code that runs: only its author knows of that.
pub(super) fn left_to_its_author(call: &Call, gems: &Gems) -> Option<Gem> {
    let is_it = matches!(
        call.method.as_str(),
        "remove_column"
            | "remove_columns"
            | "remove_timestamps"
            | "remove_reference"
            | "remove_belongs_to"
            | "rename_column"
            | "rename_table"
            | "rename_schema"
            | "rename_enum_value"
            | "change_column"
            | "change_table"
    );
    let is_forced = call.method == "create_table" && is_on(&call.arguments, "force");
    gems.stopping().next().filter(|_| (is_it || is_forced) && call.receiver == Receiver::Migration)
}

/// A gem stops at SQL that is sent as it is.
pub(super) fn is_stopped_at_sql(gems: &Gems) -> bool {
    !gems.disabled.contains("execute") && !gems.has(Gem::SafePgMigrations) && gems.stopping().next().is_some()
}

fn stops(gem: Gem, call: &Call, made: &Made, gems: &Gems) -> bool {
    let arguments = &call.arguments;
    let (of, on) = (table(arguments), |check: &str| !gems.disabled.contains(check));
    let is_strong = gem == Gem::StrongMigrations;
    let is_new = made.tables.contains(of);
    let is_exempt = is_new || (!is_strong && gems.small_tables.contains(of));
    let is_sent_otherwise = is_strong && gems.is_safe_by_default;
    let is_valid = |options: &Arguments| options.named("validate") != Some(&Value::Boolean(false));
    match call.method.as_str() {
        "add_index" => {
            let is_wide = is_strong && width(arguments) > 3 && !is_on(arguments, "unique");
            let is_wide = is_wide && on("add_index_columns");
            is_wide || (!is_concurrent(arguments) && !is_exempt && !is_sent_otherwise && on("add_index"))
        }
        "remove_index" => !is_concurrent(arguments) && !is_exempt && !is_sent_otherwise && on("remove_index"),
        "add_foreign_key" => {
            // Of a new table strong_migrations says nothing: the other one is in use.
            is_valid(arguments) && (is_strong || !is_exempt) && !is_sent_otherwise && on("add_foreign_key")
        }
        "add_check_constraint" => is_valid(arguments) && !is_exempt && !is_sent_otherwise && on("add_check_constraint"),
        "add_unique_constraint" => {
            let has_columns = arguments.positional.len() > 1 && arguments.named("using_index").is_none();
            has_columns && !is_exempt && on("add_unique_constraint")
        }
        "add_exclusion_constraint" => !is_exempt && on("add_exclusion_constraint"),
        "add_reference" | "add_belongs_to" => {
            let is_index_slow = match arguments.named("index") {
                None => true,
                Some(Value::Hash(options)) => !options
                    .iter()
                    .any(|(key, value)| key.name() == Some("algorithm") && value.name() == Some("concurrently")),
                Some(other) => other.is_true(),
            };
            let is_key_valid = match arguments.named("foreign_key") {
                None => false,
                Some(Value::Hash(options)) => !options
                    .iter()
                    .any(|(key, value)| key.name() == Some("validate") && *value == Value::Boolean(false)),
                Some(other) => other.is_true(),
            };
            (is_index_slow || is_key_valid) && (is_strong || !is_exempt) && !is_sent_otherwise && on("add_reference")
        }
        // Where a CHECK proves it they let it pass.
        "change_column_null" => {
            let forbids = arguments.positional.get(2) == Some(&Value::Boolean(false));
            let check = if is_strong { "change_column_null_postgresql" } else { "change_column_null" };
            forbids && (is_strong || !is_exempt) && !is_sent_otherwise && on(check)
        }
        "change_column_default" => {
            let column = arguments.positional.get(1).and_then(Value::name).unwrap_or_default();
            let is_new = is_new || made.columns.contains(&(of.to_owned(), column.to_owned()));
            gems.inserts_partially && !is_new && on("change_column_default")
        }
        "add_column" => {
            let ty = arguments.positional.get(2).and_then(Value::name).unwrap_or_default();
            // online_migrations asks whether a function is volatile, strong_migrations only of a uuid; beside
            // safe-pg-migrations it does not ask.
            let asks = is_strong && !gems.has(Gem::SafePgMigrations);
            match arguments.named("default") {
                Some(Value::Proc(_)) => asks && on("add_column_default_callable"),
                Some(Value::Text(text)) => {
                    asks && ty == "uuid" && text.value.contains("()") && on("add_column_default")
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn table(arguments: &Arguments) -> &str {
    arguments.positional.first().and_then(Value::name).unwrap_or_default()
}

fn is_on(arguments: &Arguments, option: &str) -> bool {
    arguments.named(option).is_some_and(Value::is_true)
}

fn is_concurrent(arguments: &Arguments) -> bool {
    arguments.named("algorithm").and_then(Value::name) == Some("concurrently")
}

/// The columns of an index.
fn width(arguments: &Arguments) -> usize {
    match arguments.positional.get(1) {
        Some(Value::Array(columns)) => columns.len(),
        _ => 1,
    }
}
