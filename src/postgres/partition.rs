//! Does a CHECK prove a partition's bounds? Then ATTACH PARTITION does not scan (`PartConstraintImpliedByRelConstraint`).

use super::constraint::is_not_null;
use crate::operation::{ConstraintKind, Ident, QualifiedName, SqlFragment};
use crate::schema::Schema;

/// True when a valid CHECK of the table says what the bounds say (`inside`), or their contrary (for the DEFAULT
/// partition). Only the form that the documentation shows is understood: `k >= a AND k < b` for
/// `FOR VALUES FROM (a) TO (b)`, and `NOT (…)` of it; anything else counts as not proved.
pub(super) fn bounds_proved(schema: &Schema, table: &QualifiedName, bounds: &SqlFragment, inside: bool) -> bool {
    let Some((from, to)) = range(bounds.as_str()) else {
        return false;
    };
    let constraints = schema.table(table).into_iter().flat_map(|t| &t.constraints);
    constraints.filter(|c| c.is_proved()).any(|c| match &c.constraint.kind {
        ConstraintKind::Check { expression } if inside => {
            let key = key_within(expression.as_str(), &from, &to);
            key.is_some_and(|key| is_not_null(schema, 12, table, &key))
        }
        ConstraintKind::Check { expression } => {
            let negated = expression.as_str().trim().get(..3).is_some_and(|w| w.eq_ignore_ascii_case("not"));
            negated && key_within(&expression.as_str().trim()[3..], &from, &to).is_some()
        }
        _ => false,
    })
}

/// `FOR VALUES FROM (a) TO (b)` of one key column → `a` and `b`.
fn range(bounds: &str) -> Option<(String, String)> {
    let text = compact(bounds);
    let prefix = text.get(..14).filter(|p| p.eq_ignore_ascii_case("forvaluesfrom("))?;
    let values = text[prefix.len()..].strip_suffix(')')?;
    let border = values.to_ascii_lowercase().find(")to(")?;
    let (from, to) = (&values[..border], &values[border + 4..]);
    let plain = |v: &str| !v.contains([',', '(', ')']) && !v.to_ascii_lowercase().ends_with("value");
    (plain(from) && plain(to)).then(|| (from.to_owned(), to.to_owned()))
}

/// The column `k` of `k >= from AND k < to [AND k IS NOT NULL]`, in any order.
fn key_within(check: &str, from: &str, to: &str) -> Option<Ident> {
    let mut check = check.trim();
    while let Some(inner) =
        check.strip_prefix('(').and_then(|c| c.strip_suffix(')')).filter(|c| !c.contains(['(', ')']))
    {
        check = inner.trim();
    }
    let words: Vec<String> = check.split_whitespace().map(str::to_ascii_lowercase).collect();
    if check.contains(['(', ')'])
        || words.iter().any(|w| w == "or" || w == "not" && !words.join(" ").contains("is not null"))
    {
        return None;
    }
    let parts = conjuncts(check);
    let key = parts.iter().find_map(|p| p.strip_suffix(&format!(">={from}")))?;
    let below = parts.iter().any(|p| *p == format!("{key}<{to}"));
    below.then(|| Ident::from_sql(key))
}

/// What stands between the ANDs, each without white space.
fn conjuncts(check: &str) -> Vec<String> {
    let lower = check.to_ascii_lowercase();
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, and) in lower.match_indices(" and ") {
        parts.push(compact(&check[start..at]));
        start = at + and.len();
    }
    parts.push(compact(&check[start..]));
    parts
}

/// Without white space.
fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
