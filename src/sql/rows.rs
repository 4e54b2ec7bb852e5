//! Which rows an UPDATE or DELETE picks, as far as its own text tells.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Query, Select, SetExpr, UnaryOperator, Visit, Visitor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::cursor::Cursor;
use super::expression;
use crate::operation::{Condition, Rows, SqlFragment};

/// Reads on from behind the table of `UPDATE t` or `DELETE FROM t` to the end. `with` is what stands before, from WITH on.
pub(super) fn rows(c: &mut Cursor<'_>, with: &str) -> Rows {
    c.skip_until(0, |c| c.at("FROM") || c.at("USING") || c.at("WHERE") || c.at("RETURNING"));
    let mut joined = None;
    if c.eat("FROM") || c.eat("USING") {
        let start = c.position();
        c.skip_until(0, |c| c.at("WHERE") || c.at("RETURNING"));
        joined = Some(c.fragment_from(start));
    }
    let mut condition = None;
    if c.eat("WHERE") {
        let start = c.position();
        c.skip_until(0, |c| c.at("RETURNING"));
        condition = Some(c.fragment_from(start));
    }
    c.rest();
    picked(condition.as_ref(), joined.as_ref(), with)
}

/// What the source of a MERGE picks, from USING on.
pub(super) fn merged(c: &mut Cursor<'_>) -> Rows {
    c.skip_until(0, |c| c.at("USING"));
    c.eat("USING");
    let start = c.position();
    c.skip_until(0, |c| c.at("ON"));
    let source = c.fragment_from(start);
    c.rest();
    picked(None, Some(&source), "")
}

fn picked(condition: Option<&SqlFragment>, joined: Option<&SqlFragment>, with: &str) -> Rows {
    // The rows of a query that the statement joins may be few as well.
    let narrow_source = joined.is_some_and(|from| is_narrow_text(&format!("{with} SELECT * FROM {from}")));
    let read = condition.and_then(expression::parse);
    let columns = read.as_ref().map(|e| e.columns().into_iter().collect()).unwrap_or_default();
    let expr = read.as_ref().map(expression::Expression::tree);
    if joined.is_none() && (condition.is_none() || expr.is_some_and(is_constant)) {
        return Rows::All;
    }
    Rows::Picked(Condition {
        columns,
        narrow: narrow_source || expr.is_some_and(is_narrow),
        nulls_only: joined.is_none() && expr.is_some_and(asks_for_nulls),
        joined: joined.is_some(),
    })
}

/// True when a comparison with a constant may leave few rows.
fn is_narrow(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_narrow(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => is_narrow(left) || is_narrow(right),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => is_narrow(left) && is_narrow(right),
        Expr::BinaryOp { op: BinaryOperator::NotEq, .. } => false,
        Expr::BinaryOp { left, right, .. } | Expr::IsNotDistinctFrom(left, right) => {
            is_constant(left) != is_constant(right)
        }
        Expr::AnyOp { left, right, .. } => is_constant(left) != is_constant(right),
        Expr::InList { list, negated: false, .. } => list.iter().all(is_constant),
        Expr::Between { low, high, negated: false, .. } => is_constant(low) && is_constant(high),
        Expr::Like { pattern, negated: false, .. }
        | Expr::ILike { pattern, negated: false, .. }
        | Expr::SimilarTo { pattern, negated: false, .. } => is_constant(pattern),
        Expr::InSubquery { subquery, negated: false, .. } | Expr::Exists { subquery, negated: false } => {
            is_narrow_query(subquery)
        }
        _ => false,
    }
}

/// True for what has the same value in every row: no column, no query over rows but a scalar one.
fn is_constant(expr: &Expr) -> bool {
    struct Columns;
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    matches!(expr, Expr::Subquery(_)) || expr.visit(&mut Columns).is_continue()
}

/// A query that says how many rows it wants, lists them, or compares with a constant.
fn is_narrow_query<T: Visit>(query: &T) -> bool {
    struct Narrow;
    impl Visitor for Narrow {
        type Break = ();
        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
            let listed = matches!(*query.body, SetExpr::Values(_));
            if listed || query.limit_clause.is_some() || query.fetch.is_some() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            if select.selection.as_ref().is_some_and(is_narrow) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }
    query.visit(&mut Narrow).is_break()
}

fn is_narrow_text(query: &str) -> bool {
    Parser::parse_sql(&PostgreSqlDialect {}, query).is_ok_and(|read| is_narrow_query(&read))
}

/// `a IS NULL AND b IS NULL`.
fn asks_for_nulls(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => asks_for_nulls(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => asks_for_nulls(left) && asks_for_nulls(right),
        Expr::IsNull(inner) => !is_constant(inner),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match expr.as_ref() {
            Expr::Nested(inner) => matches!(inner.as_ref(), Expr::IsNotNull(_)),
            other => matches!(other, Expr::IsNotNull(_)),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::operation::{Operation, Rows};
    use crate::sql::read_statement;

    /// `all`, or what is known of the condition.
    fn told(statement: &str) -> String {
        let read = read_statement(statement).operations.remove(0).operation;
        let (Operation::Update { rows, .. } | Operation::Delete { rows, .. }) = read else { return "other".into() };
        let Rows::Picked(condition) = rows else { return "all".into() };
        let words = [(condition.narrow, "narrow"), (condition.nulls_only, "nulls"), (condition.joined, "joined")];
        words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_an_update_picks() {
        for (statement, picked) in [
            ("UPDATE t SET a = 1", "all"),
            ("UPDATE t SET a = 1 WHERE true", "all"),
            ("UPDATE t SET a = 1 WHERE 1 = 1", "all"),
            ("UPDATE t SET a = 1 WHERE b = 2", "narrow"),
            ("UPDATE t SET a = 1 WHERE b IN (1, 2) OR c LIKE 'x%'", "narrow"),
            ("UPDATE t SET a = 1 WHERE b = 2 OR c", ""),
            ("UPDATE t SET a = 1 WHERE b <> 2", ""),
            ("UPDATE t SET a = 1 WHERE flag", ""),
            ("UPDATE t SET a = 1 WHERE a IS NULL", "nulls"),
            ("UPDATE t SET a = 1 WHERE a IS NULL AND b > now() - interval '1 day'", "narrow"),
            ("UPDATE t SET a = u.a FROM u WHERE t.u = u.id", "joined"),
            ("UPDATE t SET a = u.a FROM u WHERE t.u = u.id AND u.kind = 'x'", "narrow joined"),
            ("UPDATE t SET a = v.a FROM (VALUES (1, 2)) AS v(id, a) WHERE t.id = v.id", "narrow joined"),
            ("UPDATE t SET a = v.a FROM (SELECT id, max(a) AS a FROM u GROUP BY id) v WHERE t.id = v.id", "joined"),
            ("UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT 500)", "narrow"),
            ("UPDATE t SET a = 1 WHERE id IN (SELECT t FROM u)", ""),
            ("UPDATE t SET a = 1 WHERE id = (SELECT max(id) FROM t)", "narrow"),
            ("WITH v AS (SELECT id FROM u LIMIT 5) UPDATE t SET a = 1 FROM v WHERE t.id = v.id", "narrow joined"),
            ("DELETE FROM t USING u WHERE t.u = u.id", "joined"),
            ("DELETE FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.u)", ""),
            ("DELETE FROM t", "all"),
            ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 1", "joined"),
        ] {
            assert_eq!(told(statement), picked, "{statement}");
        }
    }
}
