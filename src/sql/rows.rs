//! Which rows an UPDATE or DELETE picks, as far as its own text tells.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Query, Select, SetExpr, TableFactor, UnaryOperator, Visit, Visitor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::cursor::Cursor;
use super::expression;
use crate::operation::{Condition, Rows, SqlFragment};

/// Reads on from behind the table of `UPDATE t` or `DELETE FROM t` to the end. `with` is what stands before, from WITH on.
pub(super) fn rows(c: &mut Cursor<'_>, with: &str) -> Rows {
    let start = c.position();
    c.skip_until(0, |c| c.at("FROM") || c.at("USING") || c.at("WHERE") || c.at("RETURNING"));
    let mut joined = None;
    if c.eat("FROM") || c.eat("USING") {
        let start = c.position();
        c.skip_until(0, |c| c.at("WHERE") || c.at("RETURNING"));
        joined = Some(c.fragment_from(start));
    }
    let tables = format!("{with} {}", &c.text[..c.span_from(start).end]);
    let mut condition = None;
    if c.eat("WHERE") {
        let start = c.position();
        c.skip_until(0, |c| c.at("RETURNING"));
        condition = Some(c.fragment_from(start));
    }
    c.rest();
    picked(condition.as_ref(), joined.as_ref(), with, &Names::of(&tables))
}

/// What the source of a MERGE picks, from USING on.
pub(super) fn merged(c: &mut Cursor<'_>) -> Rows {
    c.skip_until(0, |c| c.at("USING"));
    c.eat("USING");
    let start = c.position();
    c.skip_until(0, |c| c.at("ON"));
    let source = c.fragment_from(start);
    c.rest();
    picked(None, Some(&source), "", &Names::of(""))
}

fn picked(condition: Option<&SqlFragment>, joined: Option<&SqlFragment>, with: &str, names: &Names) -> Rows {
    // The rows of a query that the statement joins may be few as well.
    let narrow_source = joined.is_some_and(|from| names.is_narrow_text(&format!("{with} SELECT * FROM {from}")));
    let read = condition.and_then(expression::parse);
    let columns = read.as_ref().map(|e| e.columns().into_iter().collect()).unwrap_or_default();
    let expr = read.as_ref().map(expression::Expression::tree);
    if joined.is_none() && (condition.is_none() || expr.is_some_and(|expr| names.is_constant(expr))) {
        return Rows::All;
    }
    Rows::Picked(Condition {
        columns,
        narrow: narrow_source || expr.is_some_and(|expr| names.within(expr).is_narrow(expr)),
        nulls_only: joined.is_none() && expr.is_some_and(|expr| names.asks_for_nulls(expr)),
        joined: joined.is_some(),
    })
}

/// The names that columns can be qualified with; in a `DO` block any other qualifier is a variable, such as a loop's record.
struct Names(BTreeSet<String>);

impl Names {
    /// Every word of a text: more names than there are tables only make a condition look wider.
    fn of(text: &str) -> Names {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        Names(text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect())
    }

    /// These and the tables of the queries in a condition.
    fn within<T: Visit>(&self, tree: &T) -> Names {
        let mut tables = Tables::default();
        let _ = tree.visit(&mut tables);
        let mut names = Names::of(&tables.0);
        names.0.extend(self.0.iter().cloned());
        names
    }

    /// True when a comparison with a constant may leave few rows.
    fn is_narrow(&self, expr: &Expr) -> bool {
        let constant = |expr: &Expr| self.is_constant(expr);
        match expr {
            Expr::Nested(inner) => self.is_narrow(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => self.is_narrow(left) || self.is_narrow(right),
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => self.is_narrow(left) && self.is_narrow(right),
            Expr::BinaryOp { op: BinaryOperator::NotEq, .. } => false,
            Expr::BinaryOp { left, right, .. } | Expr::IsNotDistinctFrom(left, right) => {
                constant(left) != constant(right)
            }
            Expr::AnyOp { left, right, .. } => constant(left) != constant(right),
            Expr::InList { list, negated: false, .. } => list.iter().all(constant),
            Expr::Between { low, high, negated: false, .. } => constant(low) && constant(high),
            Expr::Like { pattern, negated: false, .. }
            | Expr::ILike { pattern, negated: false, .. }
            | Expr::SimilarTo { pattern, negated: false, .. } => constant(pattern),
            Expr::InSubquery { subquery, negated: false, .. } | Expr::Exists { subquery, negated: false } => {
                self.is_narrow_query(subquery)
            }
            _ => false,
        }
    }

    /// True for what has the same value in every row: no column, no query over rows but a scalar one.
    fn is_constant(&self, expr: &Expr) -> bool {
        struct Columns<'a>(&'a Names);
        impl Visitor for Columns<'_> {
            type Break = ();
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                match expr {
                    Expr::Identifier(_) => ControlFlow::Break(()),
                    Expr::CompoundIdentifier(parts) => {
                        let known =
                            parts.iter().rev().nth(1).is_none_or(|q| self.0.0.contains(&q.value.to_lowercase()));
                        if known { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    }
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        matches!(expr, Expr::Subquery(_)) || expr.visit(&mut Columns(self)).is_continue()
    }

    /// A query that says how many rows it wants, lists them, or compares with a constant.
    fn is_narrow_query<T: Visit>(&self, query: &T) -> bool {
        struct Narrow<'a>(&'a Names);
        impl Visitor for Narrow<'_> {
            type Break = ();
            fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
                let listed = matches!(*query.body, SetExpr::Values(_));
                if listed || query.limit_clause.is_some() || query.fetch.is_some() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
            fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
                if select.selection.as_ref().is_some_and(|condition| self.0.is_narrow(condition)) {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
        }
        query.visit(&mut Narrow(self)).is_break()
    }

    fn is_narrow_text(&self, query: &str) -> bool {
        let read = Parser::parse_sql(&PostgreSqlDialect {}, query);
        read.is_ok_and(|read| read.iter().any(|statement| self.within(statement).is_narrow_query(statement)))
    }

    /// `a IS NULL AND b IS NULL`.
    fn asks_for_nulls(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Nested(inner) => self.asks_for_nulls(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.asks_for_nulls(left) && self.asks_for_nulls(right)
            }
            Expr::IsNull(inner) => !self.is_constant(inner),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => match expr.as_ref() {
                Expr::Nested(inner) => matches!(inner.as_ref(), Expr::IsNotNull(_)),
                other => matches!(other, Expr::IsNotNull(_)),
            },
            _ => false,
        }
    }
}

/// The text of every table in the queries of a tree, with its alias.
#[derive(Default)]
struct Tables(String);

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let alias = match table {
            TableFactor::Table { name, alias, .. } => {
                self.0 += &format!(" {name}");
                alias.as_ref()
            }
            TableFactor::Derived { alias, .. } | TableFactor::Function { alias, .. } => alias.as_ref(),
            _ => None,
        };
        self.0 += &alias.map(|alias| format!(" {alias}")).unwrap_or_default();
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use crate::operation::{DataOperation, Operation, Rows};
    use crate::sql::read_statement;

    /// `all`, or what is known of the condition.
    fn told(statement: &str) -> String {
        let read = read_statement(statement).operations.remove(0).operation;
        let Operation::Data(DataOperation::Update { rows, .. } | DataOperation::Delete { rows, .. }) = read else {
            return "other".into();
        };
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
            ("UPDATE t SET a = 1 WHERE id = loop_record.id", "narrow"),
            ("UPDATE t AS x SET a = 1 WHERE x.id = u.id", "narrow"),
            ("UPDATE t SET a = 1 WHERE EXISTS (SELECT 1 FROM u v WHERE v.id = t.u)", ""),
            ("DELETE FROM t USING u WHERE t.u = u.id", "joined"),
            ("DELETE FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.u)", ""),
            ("DELETE FROM t", "all"),
            ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 1", "joined"),
        ] {
            assert_eq!(told(statement), picked, "{statement}");
        }
    }
}
