//! `SET` and its relatives: what they set, and what that decides.

use super::cursor::{Cursor, Tokens};
use super::token::TokenKind;
use crate::operation::{DataOperation, Decides, Ident, Operation, SessionOperation, Setting};

/// What a statement does to the settings of its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A parameter has a value from here on.
    Set(Setting),
    /// It has the value that it has in any session.
    Reset(String),
    /// All have.
    ResetAll,
    /// It decides something, and what it is set to cannot be told or not be said again.
    Unclear(String),
}

/// What an operation does to the settings of its session; `None` where it decides nothing that a statement does.
pub fn change(operation: &Operation) -> Option<Change> {
    match operation {
        Operation::Session(SessionOperation::SetParameter { name, value, local }) => of_parameter(name, value, *local),
        Operation::Data(DataOperation::Select { definition }) if definition.as_str().contains("set_config") => {
            Some(Change::Unclear("set_config".into()))
        }
        Operation::Data(DataOperation::Select { definition }) if is_discard_all(definition.as_str()) => {
            Some(Change::ResetAll)
        }
        _ => None,
    }
}

/// True when a statement that is not read as a `SET` sets a parameter all the same, one that decides something: it calls
/// `set_config`, or a block of it puts a `SET` together. `text` runs as it stands; the body of a function does not.
pub fn sets_within(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let literal = |text: &str| Some(text.trim_start().strip_prefix('\'')?.split_once('\'')?.0.to_owned());
    let called = lower.match_indices("set_config").filter_map(|(at, name)| {
        let arguments = lower[at + name.len()..].trim_start().strip_prefix('(')?;
        Some(literal(arguments).is_none_or(|parameter| decides(&parameter).is_some()))
    });
    let put_together = lower.match_indices("'set ").map(|(at, start)| {
        let mut words = lower[at + start.len()..].split(|c: char| !is_word(c) && c != '.').filter(|w| !w.is_empty());
        let parameter = words.find(|word| !["local", "session"].contains(word));
        parameter.is_none_or(|parameter| decides(parameter).is_some())
    });
    called.chain(put_together).any(|decides| decides)
}

/// True when a call of the function that this defines may leave a parameter set that decides something. What its own `SET` clause
/// sets is put back when it returns.
pub fn sets_when_called(definition: &str) -> bool {
    let lower = definition.to_ascii_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    // A statement of the body begins there; elsewhere SET is a clause.
    let begins = |before: &str| {
        let before = before.trim_end();
        let word = before.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
        before.ends_with([';', '$', '\'']) || ["begin", "then", "else", "loop", "atomic"].contains(&word)
    };
    let said = lower.match_indices("set").filter_map(|(at, word)| {
        let (before, behind) = (&lower[..at], &lower[at + word.len()..]);
        (begins(before) && behind.starts_with(char::is_whitespace)).then_some(())?;
        let mut words = behind.split(|c: char| !is_word(c) && c != '.').filter(|word| !word.is_empty());
        Some(words.find(|word| !["local", "session"].contains(word)).is_some_and(|word| match word {
            "time" => true,
            _ => decides(word).is_some(),
        }))
    });
    sets_within(definition) || said.into_iter().any(|decides| decides)
}

fn is_discard_all(text: &str) -> bool {
    text.split_whitespace().map(str::to_ascii_uppercase).eq(["DISCARD", "ALL"].map(str::to_owned))
}

/// At `SET` or `RESET`; not `SET TRANSACTION` and `SET CONSTRAINTS`. A value of no text is `RESET`'s.
pub(super) fn set(c: &mut Cursor<'_>) -> Option<Operation> {
    if c.eat("RESET") {
        let name = name(c)?;
        return c
            .is_done()
            .then(|| Operation::Session(SessionOperation::SetParameter { name, value: String::new(), local: false }));
    }
    c.need("SET")?;
    let local = c.eat("LOCAL");
    if !local && !c.at("SESSION AUTHORIZATION") {
        c.eat("SESSION");
    }
    let name = name(c)?;
    let _ = c.eat("TO") || c.eat_symbol("=");
    let value = c.rest().as_str().to_owned();
    let value = if value.eq_ignore_ascii_case("default") { String::new() } else { value };
    Some(Operation::Session(SessionOperation::SetParameter { name, value, local }))
}

/// A parameter's name, those with words of their own under the one that `pg_settings` has.
fn name(c: &mut Cursor<'_>) -> Option<String> {
    for (words, name) in [
        ("TIME ZONE", "timezone"),
        ("SESSION AUTHORIZATION", "session_authorization"),
        ("XML OPTION", "xmloption"),
        ("NAMES", "client_encoding"),
        ("SCHEMA", "search_path"),
    ] {
        if c.eat(words) {
            return Some(name.to_owned());
        }
    }
    Some(c.name()?.to_string().to_ascii_lowercase())
}

/// `SELECT [pg_catalog.]set_config('name', 'value', is_local)` with nothing else: a `SET`.
pub(super) fn set_config(c: &mut Cursor<'_>) -> Option<Operation> {
    let mut call = c.clone();
    call.need("SELECT")?;
    let function = call.name().filter(|_| call.at_symbol("("))?;
    let is_it =
        function.name.as_str() == "set_config" && function.schema.is_none_or(|schema| schema.as_str() == "pg_catalog");
    let mut arguments = call.parenthesised().filter(|_| is_it && call.is_done())?;
    let name = plain_string(&mut arguments)?.to_ascii_lowercase();
    arguments.eat_symbol(",").then_some(())?;
    let value = plain_string(&mut arguments)?;
    arguments.eat_symbol(",").then_some(())?;
    let local = arguments.eat_one(&["TRUE", "FALSE"])? == "TRUE";
    arguments.is_done().then_some(())?;
    // Its value is the text of a list.
    let value = if name == "search_path" && !value.is_empty() { value } else { quoted(&value) };
    *c = call;
    Some(Operation::Session(SessionOperation::SetParameter { name, value, local }))
}

/// What a literal without escapes says.
fn plain_string(c: &mut Cursor<'_>) -> Option<String> {
    let literal = c.string()?;
    Some(literal.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn of_parameter(name: &str, value: &str, local: bool) -> Option<Change> {
    if name == "all" && value.is_empty() {
        return Some(Change::ResetAll);
    }
    let decides = decides(name)?;
    if value.is_empty() || is_usual(name, value) {
        return Some(Change::Reset(name.to_owned()));
    }
    let unclear = Some(Change::Unclear(name.to_owned()));
    let Some(decides) = decides else { return unclear };
    let decides = match decides {
        Decides::Names(_) => match path(value) {
            Some(path) => Decides::Names(path),
            None => return unclear,
        },
        other => other,
    };
    let says = match name {
        "role" => "ROLE ",
        "session_authorization" => "SESSION AUTHORIZATION ",
        "timezone" => "TIME ZONE ",
        "xmloption" => "XML OPTION ",
        _ => "",
    };
    let clause = match says {
        "" => format!("{name} TO {value}"),
        says => format!("{says}{value}"),
    };
    // What is said again stands in one line.
    match clause.contains(['\n', '\r']) || clause.contains("--") {
        true => unclear,
        false => Some(Change::Set(Setting { name: name.to_owned(), clause, decides, local })),
    }
}

/// The schemas of a `search_path`, without the system's own; `None` where they depend on the role or the session.
fn path(value: &str) -> Option<Vec<Ident>> {
    let tokens = Tokens::of(value)?;
    let mut c = tokens.cursor();
    let mut schemas = Vec::new();
    loop {
        let schema = match c.peek()?.kind {
            TokenKind::String => Ident::new(plain_string(&mut c)?),
            _ => c.ident()?,
        };
        if schema.as_str().contains('$') || schema.as_str().starts_with("pg_temp") {
            return None;
        }
        let is_system = schema.as_str() == "pg_catalog";
        if is_system && schemas.is_empty() {
            return None; // what is made would go there
        }
        if !schema.as_str().is_empty() && !is_system {
            schemas.push(schema);
        }
        if !c.eat_symbol(",") {
            return c.is_done().then_some(schemas);
        }
    }
}

/// The value that a parameter has where nobody sets it.
fn is_usual(name: &str, value: &str) -> bool {
    let value = value.trim_matches('\'').to_ascii_lowercase();
    let usual = match name {
        "check_function_bodies" | "row_security" | "standard_conforming_strings" | "escape_string_warning" => {
            return ["on", "true", "1", "yes"].contains(&value.as_str());
        }
        "default_table_access_method" => "heap",
        "default_tablespace" => "",
        "session_replication_role" => "origin",
        "xmloption" => "content",
        "role" => "none",
        "timezone" => return ["local", "default"].contains(&value.as_str()),
        _ => return false,
    };
    value == usual
}

/// What a parameter decides. The outer `None`: nothing that a statement of a migration does; the inner one: so much that it
/// cannot be said again beside a statement.
fn decides(parameter: &str) -> Option<Option<Decides>> {
    let harmless = parameter.ends_with("_timeout")
        || [
            "client_",
            "log_",
            "debug_",
            "enable_",
            "max_parallel_",
            "jit",
            "vacuum_",
            "geqo",
            "from_collapse",
            "join_collapse",
        ]
        .iter()
        .any(|family| parameter.starts_with(family))
        || [
            "application_name",
            "escape_string_warning",
            "log_min_messages",
            "maintenance_work_mem",
            "parallel_setup_cost",
            "parallel_tuple_cost",
            "random_page_cost",
            "seq_page_cost",
            "synchronous_commit",
            "temp_buffers",
            "temp_tablespaces",
            "work_mem",
        ]
        .contains(&parameter);
    if harmless {
        return None;
    }
    Some(match parameter {
        "search_path" => Some(Decides::Names(Vec::new())),
        "role" | "session_authorization" => Some(Decides::Who),
        "session_replication_role" | "row_security" => Some(Decides::Rows),
        "array_nulls"
        | "bytea_output"
        | "datestyle"
        | "default_text_search_config"
        | "extra_float_digits"
        | "intervalstyle"
        | "lc_monetary"
        | "lc_numeric"
        | "lc_time"
        | "timezone"
        | "transform_null_equals"
        | "xmlbinary"
        | "xmloption" => Some(Decides::Values),
        // A parameter of an extension or of the application's own: functions ask for it.
        own if own.contains('.') => Some(Decides::Values),
        "default_tablespace" => Some(Decides::Storage),
        "default_table_access_method" | "default_toast_compression" | "default_with_oids" => Some(Decides::Tables),
        "check_function_bodies" => Some(Decides::Functions),
        // They say how the text itself is read, or how its transaction runs.
        "backslash_quote" | "standard_conforming_strings" => None,
        of_transactions if of_transactions.contains("transaction_") => None,
        _ => Some(Decides::Anything),
    })
}

#[cfg(test)]
mod tests {
    use super::{Change, change};
    use crate::operation::Decides;
    use crate::sql::read_statement;

    fn changes(text: &str) -> String {
        let operation = read_statement(text).operations.remove(0).operation;
        match change(&operation) {
            Some(Change::Set(setting)) => match setting.decides {
                Decides::Names(path) => format!("{} = {path:?}", setting.clause),
                decides => format!("{} decides {decides:?}", setting.clause),
            },
            Some(other) => format!("{other:?}"),
            None => "nothing".into(),
        }
    }

    #[test]
    fn a_function_may_leave_something_set() {
        for (definition, sets) in [
            (
                "f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$",
                true,
            ),
            ("f() RETURNS text LANGUAGE sql AS 'SELECT set_config(''role'', ''app'', true)'", true),
            ("f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  SET LOCAL search_path TO app;\nEND $$", true),
            ("f() RETURNS void LANGUAGE sql AS $$ SET SESSION timezone = 'UTC' $$", true),
            ("f() RETURNS void LANGUAGE sql SET search_path = app AS $$ UPDATE t SET role = 1 $$", false),
            ("f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET lock_timeout = '1s'; END $$", false),
        ] {
            assert_eq!(super::sets_when_called(definition), sets, "{definition}");
        }
    }

    #[test]
    fn what_is_no_set_may_set_something() {
        for (text, sets) in [
            ("DO $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$", true),
            ("INSERT INTO log SELECT pg_catalog.SET_CONFIG ( 'role', 'app', true)", true),
            ("DO $$ BEGIN PERFORM set_config(name, value, false) FROM parameters; END $$", true),
            ("DO $$ BEGIN EXECUTE format('SET LOCAL search_path TO %I', 'app'); END $$", true),
            ("DO $$ BEGIN EXECUTE 'set ' || name || ' to 1'; END $$", true),
            ("DO $$ BEGIN PERFORM set_config('lock_timeout', '100ms', true); END $$", false),
            ("DO $$ BEGIN EXECUTE format('SET statement_timeout = %s', n); END $$", false),
            ("UPDATE t SET a = 'set_config'", false),
        ] {
            assert_eq!(super::sets_within(text), sets, "{text}");
        }
    }

    #[test]
    fn a_setting_is_told_from_its_many_forms() {
        for (text, told) in [
            (
                "SET search_path TO app, \"Other One\", pg_catalog;",
                "search_path TO app, \"Other One\", pg_catalog = [app, \"Other One\"]",
            ),
            ("SET search_path = 'app'", "search_path TO 'app' = [app]"),
            ("SET SCHEMA 'app';", "search_path TO 'app' = [app]"),
            ("SET search_path TO ''", "search_path TO '' = []"),
            ("SELECT pg_catalog.set_config('search_path', '', false);", "search_path TO '' = []"),
            ("select set_config('search_path', 'app, \"B\"', true)", "search_path TO app, \"B\" = [app, \"B\"]"),
            ("SET search_path TO \"$user\", public", "Unclear(\"search_path\")"),
            ("SET search_path TO DEFAULT", "Reset(\"search_path\")"),
            ("RESET search_path", "Reset(\"search_path\")"),
            ("RESET ALL;", "ResetAll"),
            ("DISCARD ALL;", "ResetAll"),
            ("SET LOCAL TIME ZONE 'UTC'", "TIME ZONE 'UTC' decides Values"),
            ("SET timezone TO 'UTC'", "TIME ZONE 'UTC' decides Values"),
            ("SET ROLE app", "ROLE app decides Who"),
            ("SET ROLE NONE", "Reset(\"role\")"),
            ("SET SESSION AUTHORIZATION app", "SESSION AUTHORIZATION app decides Who"),
            ("SET SESSION AUTHORIZATION DEFAULT", "Reset(\"session_authorization\")"),
            ("SET SESSION session_replication_role = replica", "session_replication_role TO replica decides Rows"),
            ("SET default_tablespace = fast", "default_tablespace TO fast decides Storage"),
            ("SET default_tablespace = ''", "Reset(\"default_tablespace\")"),
            ("SET app.tenant = '7'", "app.tenant TO '7' decides Values"),
            ("SET standard_conforming_strings = off", "Unclear(\"standard_conforming_strings\")"),
            ("SET standard_conforming_strings = on", "Reset(\"standard_conforming_strings\")"),
            ("SET default_transaction_isolation TO serializable", "Unclear(\"default_transaction_isolation\")"),
            ("SELECT set_config('search_path', current_schema(), false)", "Unclear(\"set_config\")"),
            ("SET lock_timeout = '1s'", "nothing"),
            ("SET client_min_messages = warning", "nothing"),
        ] {
            assert_eq!(changes(text), told, "{text}");
        }
    }
}
