//! The volatility of expressions: what `ADD COLUMN … DEFAULT` asks before it decides to rewrite the table.
//!
//! PostgreSQL evaluates a default once and keeps the value in the catalog unless `contain_volatile_functions` says no
//! (`src/backend/commands/tablecmds.c`, `ATExecAddColumn`; documentation, ALTER TABLE, Notes).

use crate::operation::{Ident, QualifiedName, SqlFragment};
use crate::schema::Schema;
use crate::sql::expression;

/// How often an expression can change its value (documentation, 36.7 Function Volatility Categories).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Never: a constant, or an immutable function of constants.
    Constant,
    /// Not within one statement: `now()`, `CURRENT_USER`.
    Stable,
    /// With every row, or not known.
    Volatile,
}

/// How deep SQL functions that call each other are followed.
const MAX_INLINING: usize = 8;

/// The volatility of an expression. What is not understood, and a function that is not known, is volatile.
pub fn volatility(expression: &SqlFragment, schema: &Schema) -> Volatility {
    at_depth(expression, schema, 0)
}

fn at_depth(expression: &SqlFragment, schema: &Schema, depth: usize) -> Volatility {
    let Some(parsed) = expression::parse(expression) else {
        return Volatility::Volatile;
    };
    let words = parsed.columns();
    let session_words = words.iter().filter(|c| STABLE.contains(&c.as_str())).map(|_| Volatility::Stable);
    let functions = parsed.functions();
    let calls = functions.iter().map(|name| function(name, schema, depth));
    calls.chain(session_words).max().unwrap_or(Volatility::Constant)
}

/// The volatility of a function by the name it is called by, in lower case, without `pg_catalog.`.
fn function(name: &str, schema: &Schema, depth: usize) -> Volatility {
    let own = qualified(name);
    if let Some(definition) = schema.function(&own) {
        return user_function(definition.as_str(), schema, depth);
    }
    // Extensions put their functions into a schema of the user's choice.
    let plain = own.name.as_str();
    if VOLATILE.contains(&plain) {
        Volatility::Volatile
    } else if STABLE.contains(&plain) {
        Volatility::Stable
    } else if IMMUTABLE.contains(&plain) {
        Volatility::Constant
    } else {
        Volatility::Volatile
    }
}

/// True for a function of PostgreSQL or of a usual extension whose volatility is known.
pub(super) fn is_known_function(name: &str) -> bool {
    [VOLATILE, STABLE, IMMUTABLE].iter().any(|known| known.contains(&name))
}

fn qualified(name: &str) -> QualifiedName {
    match name.rsplit_once('.') {
        Some((schema, name)) => QualifiedName { schema: Some(Ident::new(schema)), name: Ident::new(name) },
        None => QualifiedName::unqualified(Ident::new(name)),
    }
}

/// The label of a user's function; without one it is volatile, unless PostgreSQL replaces the call by its body: a SQL
/// function of one SELECT (`inline_function`, `src/backend/optimizer/util/clauses.c`). Measured: 12 and later.
fn user_function(definition: &str, schema: &Schema, depth: usize) -> Volatility {
    let (outside, body) = without_body(definition);
    let words: Vec<String> =
        outside.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_ascii_uppercase).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    if has("IMMUTABLE") {
        return Volatility::Constant;
    }
    if has("STABLE") {
        return Volatility::Stable;
    }
    let inlined = words.windows(2).any(|pair| pair == ["LANGUAGE", "SQL"])
        && !["STRICT", "SETOF", "TABLE", "DEFINER", "SET", "INPUT"].into_iter().any(has);
    match body.as_deref().and_then(selected) {
        Some(expression) if inlined && depth < MAX_INLINING => at_depth(&expression, schema, depth + 1),
        _ => Volatility::Volatile,
    }
}

/// A definition cut into what is outside its string literals and the last literal, which is the body.
fn without_body(definition: &str) -> (String, Option<String>) {
    let (mut outside, mut body) = (String::new(), None);
    let mut rest = definition;
    while let Some(at) = next_literal(rest) {
        outside.push_str(&rest[..at]);
        outside.push(' ');
        let quote = match &rest[at..] {
            text if text.starts_with("--") || text.starts_with("/*") => {
                let end = if text.starts_with("--") { "\n" } else { "*/" };
                rest = text.find(end).map_or("", |e| &text[e + end.len()..]);
                continue;
            }
            text if text.starts_with('\'') => "'",
            text => match text[1..].find('$') {
                Some(end) => &text[..end + 2],
                None => "$",
            },
        };
        let start = at + quote.len();
        let end = rest[start..].find(quote).map_or(rest.len(), |e| start + e);
        body = rest.get(start..end).map(str::to_owned);
        rest = rest.get(end + quote.len()..).unwrap_or_default();
    }
    outside.push_str(rest);
    (outside, body)
}

/// Where the next string literal or comment begins.
fn next_literal(text: &str) -> Option<usize> {
    ["'", "$", "--", "/*"].iter().filter_map(|start| text.find(start)).min()
}

/// `SELECT expression` → the expression.
fn selected(body: &str) -> Option<SqlFragment> {
    let body = body.trim().trim_end_matches(';').trim_end();
    let select = body.get(..6).filter(|word| word.eq_ignore_ascii_case("select"))?;
    Some(SqlFragment::new(&body[select.len()..]))
}

/// Built-in and contributed functions that `pg_proc` labels volatile and that defaults call.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Those it labels stable, and the key words that read the session.
const STABLE: &[&str] = &[
    "age",
    "concat",
    "concat_ws",
    "current_catalog",
    "current_database",
    "current_date",
    "current_role",
    "current_schema",
    "current_setting",
    "current_time",
    "current_timestamp",
    "current_user",
    "date_part",
    "date_trunc",
    "format",
    "inet_client_addr",
    "jsonb_build_array",
    "jsonb_build_object",
    "json_build_array",
    "json_build_object",
    "localtime",
    "localtimestamp",
    "now",
    "pg_current_xact_id",
    "session_user",
    "statement_timestamp",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsvector",
    "transaction_timestamp",
    "txid_current",
    "user",
];

/// Those it labels immutable; casts, operators and `coalesce` are no functions.
const IMMUTABLE: &[&str] = &[
    "abs",
    "array_append",
    "array_cat",
    "array_fill",
    "array_length",
    "array_prepend",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "chr",
    "coalesce",
    "decode",
    "encode",
    "floor",
    "greatest",
    "initcap",
    "int4range",
    "int8range",
    "jsonb_array_length",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "md5",
    "mod",
    "nullif",
    "numrange",
    "power",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sha256",
    "sign",
    "split_part",
    "sqrt",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "translate",
    "trim",
    "trunc",
    "tsrange",
    "upper",
    "uuid_nil",
    "uuid_ns_dns",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_as_volatile_as_its_worst_function() {
        for (default, expected) in [
            ("42", Volatility::Constant),
            ("'{}'::jsonb", Volatility::Constant),
            ("upper('x')", Volatility::Constant),
            ("now() + interval '1 day'", Volatility::Stable),
            ("CURRENT_TIMESTAMP", Volatility::Stable),
            ("current_user", Volatility::Stable),
            ("(CURRENT_TIMESTAMP AT TIME ZONE 'utc')", Volatility::Stable),
            ("gen_random_uuid()::text", Volatility::Volatile),
            ("extensions.uuid_generate_v4()", Volatility::Volatile),
            ("coalesce(random(), now()::text::float8)", Volatility::Volatile),
            ("a_function_nobody_knows()", Volatility::Volatile),
        ] {
            assert_eq!(volatility(&SqlFragment::new(default), &Schema::default()), expected, "{default}");
        }
    }
}
