//! Whether a statement that changes rows names each column that it works with: then it does the same beside a column that it
//! does not name.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    AssignmentTarget, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor, Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::operation::{Ident, SqlFragment};

/// False where a row is read or written as a whole: `*`, `TABLE t`, `NATURAL JOIN`, a table's name as a value, an INSERT that
/// lists no columns; and for what cannot be read.
pub fn names_its_columns(statement: &str) -> bool {
    if statement.to_ascii_lowercase().contains("natural") {
        return false; // it joins by all columns that two tables share
    }
    let Ok(read) = Parser::parse_sql(&PostgreSqlDialect {}, statement) else { return false };
    let mut seen = Seen::default();
    !read.iter().any(takes_whole_rows) && read.visit(&mut seen).is_continue() && seen.tables.is_disjoint(&seen.values)
}

/// What an UPDATE sets.
pub(super) struct Updated {
    /// The columns, by their names.
    pub columns: Vec<Ident>,
    /// Those of them that get no NULL.
    pub never_null: Vec<Ident>,
    /// What the only one gets, where that is a literal.
    pub literal: Option<SqlFragment>,
}

/// What an UPDATE sets; `None` for anything else and for what cannot be read.
pub(super) fn updated(statement: &str) -> Option<Updated> {
    let read = Parser::parse_sql(&PostgreSqlDialect {}, statement).ok()?;
    let [Statement::Update(update)] = read.as_slice() else { return None };
    let (mut columns, mut never_null) = (Vec::new(), Vec::new());
    for assignment in &update.assignments {
        let targets = match &assignment.target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names.as_slice(),
        };
        for target in targets {
            let [part] = target.0.as_slice() else { return None }; // a field of a composite
            let name = part.as_ident()?;
            let column = match name.quote_style {
                Some(_) => Ident::new(&name.value),
                None => Ident::from_sql(&name.value),
            };
            if targets.len() == 1 && is_never_null(&assignment.value) {
                never_null.push(column.clone());
            }
            columns.push(column);
        }
    }
    let literal = match update.assignments.as_slice() {
        [one] if columns.len() == 1 => literal(&one.value),
        _ => None,
    };
    Some(Updated { columns, never_null, literal })
}

/// A number, a string without escapes, or a boolean.
fn literal(value: &Expr) -> Option<SqlFragment> {
    let Expr::Value(value) = value else { return None };
    match &value.value {
        Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) => {
            Some(SqlFragment::new(&value.to_string()))
        }
        _ => None,
    }
}

/// A literal, the time, a random value, or one of them behind others in COALESCE.
fn is_never_null(value: &Expr) -> bool {
    const NEVER: [&str; 7] = [
        "now",
        "current_timestamp",
        "current_date",
        "clock_timestamp",
        "random",
        "gen_random_uuid",
        "uuid_generate_v4",
    ];
    match value {
        Expr::Value(value) => !matches!(value.value, Value::Null | Value::Placeholder(_)),
        Expr::TypedString(_) => true,
        Expr::Cast { expr, .. } | Expr::Nested(expr) | Expr::UnaryOp { expr, .. } => is_never_null(expr),
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            match &function.args {
                FunctionArguments::List(list) if name == "coalesce" => list.args.iter().any(|argument| {
                    matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) if is_never_null(value))
                }),
                FunctionArguments::List(_) | FunctionArguments::None => NEVER.contains(&name.as_str()),
                FunctionArguments::Subquery(_) => false,
            }
        }
        _ => false,
    }
}

fn takes_whole_rows(statement: &Statement) -> bool {
    match statement {
        Statement::Insert(insert) => insert.columns.is_empty() || any_wildcard(insert.returning.as_deref()),
        Statement::Update(update) => any_wildcard(update.returning.as_deref()),
        Statement::Delete(delete) => any_wildcard(delete.returning.as_deref()),
        _ => true,
    }
}

fn any_wildcard(items: Option<&[SelectItem]>) -> bool {
    let is_wildcard = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    items.unwrap_or_default().iter().any(is_wildcard)
}

/// `to_json(t.*)`
fn takes_a_row(arguments: &FunctionArguments) -> bool {
    let FunctionArguments::List(list) = arguments else { return false };
    let is_row = |argument: &FunctionArg| {
        let (FunctionArg::Unnamed(value)
        | FunctionArg::Named { arg: value, .. }
        | FunctionArg::ExprNamed { arg: value, .. }) = argument;
        matches!(value, FunctionArgExpr::QualifiedWildcard(_))
    };
    list.args.iter().any(is_row)
}

/// The names and aliases of tables, and the single names that stand as values.
#[derive(Default)]
struct Seen {
    tables: BTreeSet<String>,
    values: BTreeSet<String>,
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        stop_if(matches!(*query.body, SetExpr::Table(_) | SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_)))
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        stop_if(any_wildcard(Some(&select.projection)))
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let alias = match table {
            TableFactor::Table { name, alias, .. } => {
                let own = name.0.last().and_then(|part| part.as_ident());
                self.tables.extend(own.map(|name| name.value.to_lowercase()));
                alias.as_ref()
            }
            TableFactor::Derived { alias, .. } | TableFactor::Function { alias, .. } => alias.as_ref(),
            TableFactor::NestedJoin { .. } => None,
            _ => return ControlFlow::Break(()),
        };
        self.tables.extend(alias.map(|alias| alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => {
                self.values.insert(name.value.to_lowercase());
            }
            Expr::Function(function) => return stop_if(takes_a_row(&function.args)),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn stop_if(whole: bool) -> ControlFlow<()> {
    if whole { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[cfg(test)]
mod tests {
    use super::{Ident, names_its_columns, updated};

    #[test]
    fn columns_are_named() {
        for statement in [
            "UPDATE t SET a = b * 2 WHERE t.c IS NULL",
            "UPDATE \"User\" AS u SET a = o.b FROM orders o JOIN parts p ON p.id = o.part WHERE o.id = u.id RETURNING u.id",
            "DELETE FROM t WHERE id > 5 AND EXISTS (SELECT 1 FROM u WHERE u.t = t.id)",
            "INSERT INTO t (a, b) VALUES (1, DEFAULT), (2, 'x')",
            "INSERT INTO t (a) SELECT count(*) FROM u GROUP BY u.b ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        ] {
            assert!(names_its_columns(statement), "{statement}");
        }
    }

    #[test]
    fn an_update_says_what_it_sets() {
        let names = |columns: Vec<Ident>| columns.iter().map(|c| c.as_str().to_owned()).collect::<Vec<_>>().join(", ");
        let told = |statement: &str| {
            updated(statement).map(|updated| format!("{} | {}", names(updated.columns), names(updated.never_null)))
        };
        for (statement, columns) in [
            ("UPDATE t SET A = 1, \"B\" = c", Some("a, B | a")),
            ("UPDATE t x SET (a, b) = (SELECT c, d FROM u) FROM u WHERE u.id = x.id", Some("a, b | ")),
            (
                "UPDATE t SET a = NULL, b = -1, c = coalesce(b, 'x'), d = now(), e = '{}'::jsonb",
                Some("a, b, c, d, e | b, c, d, e"),
            ),
            ("UPDATE t SET a = lower('x'), b = NULL::text, c = coalesce(b, d), d = DEFAULT", Some("a, b, c, d | ")),
            ("UPDATE t SET a.b = 1", None),
            ("WITH gone AS (DELETE FROM u RETURNING id) UPDATE t SET a = 1", None),
            ("DELETE FROM t", None),
        ] {
            assert_eq!(told(statement).as_deref(), columns, "{statement}");
        }
    }

    #[test]
    fn an_update_may_set_one_column_to_a_literal() {
        let literal = |statement: &str| updated(statement)?.literal.map(|literal| literal.as_str().to_owned());
        for (statement, expected) in [
            ("UPDATE t SET a = 18 WHERE a IS NULL", Some("18")),
            ("UPDATE t SET a = 'it''s'", Some("'it''s'")),
            ("UPDATE t SET a = true", Some("true")),
            ("UPDATE t SET a = 1, b = 2", None),
            ("UPDATE t SET a = b", None),
            ("UPDATE t SET a = now()", None),
            ("UPDATE t SET a = NULL", None),
        ] {
            assert_eq!(literal(statement).as_deref(), expected, "{statement}");
        }
    }

    #[test]
    fn rows_are_taken_as_a_whole() {
        for statement in [
            "INSERT INTO t VALUES (1, 2)",
            "INSERT INTO t (SELECT a, b FROM u)",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t (a) SELECT to_json(u) FROM u",
            "UPDATE t AS x SET a = x::text",
            "INSERT INTO t (a) SELECT to_json(u.*) FROM u",
            "UPDATE t SET (a, b) = (SELECT u.* FROM u)",
            "UPDATE t SET a = 1 RETURNING *",
            "DELETE FROM t USING u NATURAL JOIN v WHERE t.id = u.id",
            "DELETE FROM t WHERE EXISTS (TABLE u)",
            "WITH gone AS (DELETE FROM u RETURNING id) DELETE FROM t USING gone WHERE t.id = gone.id",
            "TRUNCATE t",
            "no SQL",
        ] {
            assert!(!names_its_columns(statement), "{statement}");
        }
    }
}
