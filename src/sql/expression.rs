//! What an expression does, by sqlparser: which functions it calls, which columns it reads, whether it proves a column NOT NULL.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{ArrayElemTypeDef, BinaryOperator, DataType, Expr, Visit, Visitor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::operation::{Ident, QualifiedName, SqlFragment};

/// An expression that was understood. A clone shares its tree.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Expr>);

/// How many expressions a thread remembers, and how long one may be in bytes: the same default or check is asked about again
/// and again.
const REMEMBERED: usize = 256;
const SHORT: usize = 256;

thread_local! {
    static SEEN: RefCell<HashMap<SqlFragment, Option<Expression>>> = RefCell::default();
}

/// Parses an expression; `None` when sqlparser does not understand it.
pub fn parse(text: &SqlFragment) -> Option<Expression> {
    if text.as_str().len() > SHORT {
        return parse_anew(text);
    }
    if let Some(known) = SEEN.with_borrow(|seen| seen.get(text).cloned()) {
        return known;
    }
    let parsed = parse_anew(text);
    SEEN.with_borrow_mut(|seen| {
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(text.clone(), parsed.clone());
    });
    parsed
}

fn parse_anew(text: &SqlFragment) -> Option<Expression> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text.as_str()).ok()?;
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token().token == sqlparser::tokenizer::Token::EOF).then(|| Expression(Arc::new(expression)))
}

#[derive(Default)]
struct Uses {
    functions: BTreeSet<String>,
    columns: BTreeSet<Ident>,
    types: Vec<QualifiedName>,
    queries: bool,
}

impl Visitor for Uses {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                let name = function.name.to_string().to_ascii_lowercase().replace('"', "");
                self.functions.insert(name.strip_prefix("pg_catalog.").map(str::to_owned).unwrap_or(name));
            }
            Expr::Identifier(ident) => {
                self.columns.insert(identifier(ident));
            }
            Expr::CompoundIdentifier(parts) => {
                self.columns.extend(parts.last().map(identifier));
            }
            Expr::Cast { data_type, .. } => self.types.extend(custom(data_type)),
            Expr::TypedString(typed) => self.types.extend(custom(&typed.data_type)),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => self.queries = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A type, or the one that an array is of, that is not PostgreSQL's own.
fn custom(ty: &DataType) -> Option<QualifiedName> {
    match ty {
        DataType::Custom(name, _) => {
            let mut parts = name.0.iter().rev().filter_map(|part| part.as_ident()).map(identifier);
            let name = QualifiedName::unqualified(parts.next()?);
            Some(QualifiedName { schema: parts.next(), ..name })
        }
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _) | ArrayElemTypeDef::AngleBracket(inner)) => {
            custom(inner)
        }
        _ => None,
    }
}

/// A name as PostgreSQL folds it.
pub(super) fn identifier(ident: &sqlparser::ast::Ident) -> Ident {
    match ident.quote_style {
        Some(_) => Ident::new(ident.value.clone()),
        None => Ident::from_sql(&ident.value),
    }
}

impl Expression {
    /// Its syntax tree.
    pub(super) fn tree(&self) -> &Expr {
        &self.0
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::default();
        let _ = self.0.visit(&mut uses);
        uses
    }

    /// The functions it calls, in lower case, `current_timestamp` and its like included.
    pub fn functions(&self) -> BTreeSet<String> {
        self.uses().functions
    }

    /// The columns it reads.
    pub fn columns(&self) -> BTreeSet<Ident> {
        self.uses().columns
    }

    /// The types that it casts to, PostgreSQL's own left out.
    pub fn types(&self) -> Vec<QualifiedName> {
        self.uses().types
    }

    /// True when it reads rows by a query.
    pub fn has_query(&self) -> bool {
        self.uses().queries
    }

    /// True when it is the literal `NULL`, possibly cast.
    pub fn is_null(&self) -> bool {
        let mut expr = self.tree();
        while let Expr::Cast { expr: inner, .. } | Expr::Nested(inner) = expr {
            expr = inner;
        }
        matches!(expr, Expr::Value(v) if v.value == sqlparser::ast::Value::Null)
    }

    /// True when a validated CHECK of it lets `SET NOT NULL` skip its scan (12+): `c IS NOT NULL` possibly AND-ed with
    /// anything, `NOT (c IS NULL)`, `c IS DISTINCT FROM NULL`. Measured; see `ConstraintImpliedByRelConstraint`.
    pub fn proves_not_null(&self, column: &Ident) -> bool {
        proves(&self.0, column)
    }
}

fn proves(expr: &Expr, column: &Ident) -> bool {
    match expr {
        Expr::Nested(inner) => proves(inner, column),
        Expr::IsNotNull(inner) => is_column(inner, column),
        Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, expr } => match unnested(expr) {
            Expr::IsNull(inner) => is_column(inner, column),
            _ => false,
        },
        Expr::IsDistinctFrom(left, right) => {
            is_column(left, column)
                && matches!(unnested(right), Expr::Value(v) if v.value == sqlparser::ast::Value::Null)
        }
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => proves(left, column) || proves(right, column),
        _ => false,
    }
}

fn unnested(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}

fn is_column(expr: &Expr, column: &Ident) -> bool {
    matches!(unnested(expr), Expr::Identifier(ident) if identifier(ident) == *column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_that_prove_not_null_are_those_postgresql_accepts() {
        for (check, proof) in [
            ("a IS NOT NULL", true),
            ("a IS NOT NULL AND b > 0", true),
            ("NOT (a IS NULL)", true),
            ("a IS DISTINCT FROM NULL", true),
            ("a > 0", false),
            ("num_nonnulls(a) = 1", false),
            ("a IS NOT NULL OR b > 0", false),
            ("(a IS NOT NULL) IS TRUE", false),
        ] {
            let expression = parse(&SqlFragment::new(check)).expect(check);
            assert_eq!(expression.proves_not_null(&Ident::new("a")), proof, "{check}");
        }
    }
}
