//! What an INSERT puts into which columns, by sqlparser.

use std::collections::HashMap;

use sqlparser::ast::{
    ConflictTarget, Expr, FromTable, ObjectName, OnInsert, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, Statement, TableAlias, TableFactor, TableObject, TableWithJoins, Value as Literal,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::expression::identifier;
use crate::operation::{Given, Ident, QualifiedName, TypeName, Value};

/// A longer one brings rows along, of which the first tells no more than the statement's failure would.
const LONG: usize = 20_000;

/// Reads an INSERT, or a WITH around one; `None` where it cannot be told what it puts where.
pub(super) fn given(statement: &str) -> Option<Given> {
    if statement.len() > LONG {
        return None;
    }
    let read = Parser::parse_sql(&PostgreSqlDialect {}, statement).ok()?;
    let [statement] = read.as_slice() else { return None };
    let (insert, names) = match statement {
        Statement::Insert(insert) => (insert, Names::default()),
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(Statement::Insert(insert)) => (insert, Names::of(query)),
            _ => return None,
        },
        _ => return None,
    };
    if !matches!(insert.table, TableObject::TableName(_)) {
        return None;
    }
    let columns: Option<Vec<Ident>> = insert.columns.iter().map(only_part).collect();
    let values = match &insert.source {
        Some(query) => names.and(query).output(query)?,
        None => return None, // DEFAULT VALUES
    };
    let conflict = match &insert.on {
        Some(OnInsert::OnConflict(conflict)) => match &conflict.conflict_target {
            Some(ConflictTarget::Columns(columns)) => Some(columns.iter().map(identifier).collect()),
            Some(ConflictTarget::OnConstraint(_)) | None => None,
        },
        _ => None,
    };
    let has_rows = insert.source.as_ref().is_some_and(|query| has_rows(query));
    Some(Given { columns: columns?, values, has_rows, conflict })
}

/// Its rows are listed, or it is a SELECT of one row.
fn has_rows(query: &Query) -> bool {
    let is_whole = query.limit_clause.is_none() && query.fetch.is_none();
    match &*query.body {
        SetExpr::Values(_) => is_whole,
        SetExpr::Select(select) => {
            is_whole && select.from.is_empty() && select.selection.is_none() && select.having.is_none()
        }
        _ => false,
    }
}

/// What the queries of a WITH are called, with what they give; `None` where that is not known.
#[derive(Default)]
struct Names(HashMap<Ident, Option<QualifiedName>>);

impl Names {
    fn of(query: &Query) -> Names {
        Names::default().and(query)
    }

    fn and(mut self, query: &Query) -> Names {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let all = if cte.alias.columns.is_empty() { self.all_of(&cte.query) } else { None };
            self.0.insert(identifier(&cte.alias.name), all);
        }
        self
    }

    /// The relation whose columns, all of them and in their order, a query gives.
    fn all_of(&self, query: &Query) -> Option<QualifiedName> {
        let (returning, from) = match &*query.body {
            SetExpr::Delete(Statement::Delete(delete)) if delete.using.is_none() => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                (delete.returning.as_deref()?, from.as_slice())
            }
            SetExpr::Update(Statement::Update(update)) if update.from.is_none() => {
                (update.returning.as_deref()?, std::slice::from_ref(&update.table))
            }
            _ => match self.output(query)?.as_slice() {
                [Value::All(relation)] => return Some(relation.clone()),
                _ => return None,
            },
        };
        match (returning, from) {
            ([SelectItem::Wildcard(_)], [table]) => self.relation(table).map(|(_, relation)| relation),
            _ => None,
        }
    }

    /// What a query gives, from its first column to its last.
    fn output(&self, query: &Query) -> Option<Vec<Value>> {
        match &*query.body {
            SetExpr::Values(values) => {
                let first = values.rows.first()?;
                Some(first.content.iter().map(of_row).collect())
            }
            SetExpr::Select(select) => select.projection.iter().map(|item| self.item(item, select)).collect(),
            _ => None,
        }
    }

    fn item(&self, item: &SelectItem, select: &Select) -> Option<Value> {
        match item {
            SelectItem::Wildcard(_) => match select.from.as_slice() {
                [only] => self.relation(only).map(|(_, relation)| Value::All(relation)),
                _ => None,
            },
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                self.called(&only_part(name)?, select).map(Value::All)
            }
            SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. } => {
                Some(self.value(value, select))
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
            | SelectItem::ExprWithAliases { .. } => None,
        }
    }

    fn value(&self, value: &Expr, select: &Select) -> Value {
        let column = match value {
            Expr::Nested(inner) => return self.value(inner, select),
            Expr::Identifier(column) => match select.from.as_slice() {
                [only] => self.relation(only).map(|(_, relation)| (relation, identifier(column))),
                _ => None,
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => self.called(&identifier(table), select).map(|of| (of, identifier(column))),
                _ => None,
            },
            other => return of_row(other),
        };
        column.map_or(Value::Other, |(relation, column)| Value::Column(relation, column))
    }

    /// The relation of that name or alias in the FROM of a query.
    fn called(&self, name: &Ident, select: &Select) -> Option<QualifiedName> {
        let factors = select
            .from
            .iter()
            .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
        let mut found = factors.filter_map(|factor| self.factor(factor)).filter(|(own, _)| own == name);
        found.next().map(|(_, relation)| relation)
    }

    /// A relation that stands in a FROM alone, under the name that it has there.
    fn relation(&self, from: &TableWithJoins) -> Option<(Ident, QualifiedName)> {
        if from.joins.is_empty() { self.factor(&from.relation) } else { None }
    }

    fn factor(&self, factor: &TableFactor) -> Option<(Ident, QualifiedName)> {
        let TableFactor::Table { name, alias, args: None, with_ordinality: false, .. } = factor else { return None };
        let relation = qualified(name)?;
        let known = self.0.get(&relation.name).filter(|_| relation.schema.is_none());
        let is_renamed = |alias: &TableAlias| !alias.columns.is_empty();
        if alias.as_ref().is_some_and(is_renamed) {
            return None;
        }
        let own = alias.as_ref().map_or_else(|| relation.name.clone(), |alias| identifier(&alias.name));
        match known {
            Some(known) => Some((own, known.clone()?)),
            None => Some((own, relation)),
        }
    }
}

/// A value that reads no column.
fn of_row(value: &Expr) -> Value {
    let ty = match value {
        Expr::Nested(inner) => return of_row(inner),
        Expr::Identifier(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("default") => {
            return Value::Default;
        }
        Expr::Value(literal) => match &literal.value {
            Literal::Number(number, _) if number.parse::<i32>().is_ok() => "int4",
            Literal::Number(..) => "numeric",
            Literal::Boolean(_) => "bool",
            Literal::Null => return Value::Null,
            _ => return Value::Other,
        },
        Expr::Cast { data_type, .. } => return Value::Typed(TypeName::new(&data_type.to_string())),
        _ => return Value::Other,
    };
    Value::Typed(TypeName::new(ty))
}

fn qualified(name: &ObjectName) -> Option<QualifiedName> {
    let mut parts = name.0.iter().rev().map(|part| part.as_ident().map(identifier));
    let name = parts.next()??;
    match (parts.next(), parts.next()) {
        (None, _) => Some(QualifiedName::unqualified(name)),
        (Some(schema), None) => Some(QualifiedName { schema: Some(schema?), name }),
        (Some(_), Some(_)) => None,
    }
}

fn only_part(name: &ObjectName) -> Option<Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident().map(identifier),
        _ => None, // a field of a composite
    }
}

#[cfg(test)]
mod tests {
    use super::given;
    use crate::operation::Value;

    #[test]
    fn what_goes_where() {
        for (statement, expected) in [
            (
                "INSERT INTO t VALUES (1, 'x', DEFAULT, now(), 1.5, true, '1'::text)",
                "(int4 ? default ? numeric bool text)",
            ),
            ("INSERT INTO t (a, \"B\") SELECT x, u.y FROM u", "a B (u.x u.y)"),
            ("INSERT INTO t SELECT * FROM app.u AS v ON CONFLICT DO NOTHING", "(app.u.*)"),
            ("INSERT INTO t SELECT v.*, 1 FROM u v JOIN w ON true", "(u.* int4)"),
            ("INSERT INTO t SELECT x, NULL FROM u, w", "(? null)"),
            ("INSERT INTO t SELECT * FROM u, w", "nothing"),
            ("INSERT INTO t SELECT * FROM u UNION ALL SELECT * FROM w", "nothing"),
            ("INSERT INTO t SELECT n FROM generate_series(1, 2) n", "(?)"),
            ("WITH gone AS (DELETE FROM u WHERE id > 8 RETURNING *) INSERT INTO t SELECT * FROM gone", "(u.*)"),
            ("WITH w AS (SELECT a FROM u) INSERT INTO t SELECT * FROM w", "nothing"),
            ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a, b) DO UPDATE SET a = 2", "a (int4) on a b"),
            ("INSERT INTO t DEFAULT VALUES", "nothing"),
        ] {
            let value = |value: &Value| match value {
                Value::Default => "default".to_owned(),
                Value::Null => "null".to_owned(),
                Value::Column(table, column) => format!("{table}.{column}"),
                Value::All(table) => format!("{table}.*"),
                Value::Typed(ty) => ty.canonical().to_owned(),
                Value::Other => "?".to_owned(),
            };
            let found = given(statement).map_or_else(
                || "nothing".to_owned(),
                |given| {
                    let columns: String = given.columns.iter().map(|column| format!("{} ", column.as_str())).collect();
                    let values: Vec<String> = given.values.iter().map(value).collect();
                    let on = given.conflict.map_or_else(String::new, |columns| {
                        format!(" on {}", columns.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(" "))
                    });
                    format!("{columns}({}){on}", values.join(" "))
                },
            );
            assert_eq!(found, expected, "{statement}");
        }
    }
}
