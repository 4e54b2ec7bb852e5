//! Keys that a `CREATE TABLE` names twice: PostgreSQL keeps one index and one constraint for equal column lists
//! (`transformIndexConstraints` in `src/backend/parser/parse_utilcmd.c`; the same on 12 to 18).

use crate::operation::{Constraint, ConstraintKind, CreateTable, Ident};

/// The table without what is said twice; `None` when nothing is. The primary key stays, else the first one; it takes the
/// name of the one that goes when it has none.
pub(super) fn without_redundant_keys(create: &CreateTable) -> Option<CreateTable> {
    let written = create.columns.iter().flat_map(|column| &column.constraints).chain(&create.constraints);
    if written.filter(|constraint| columns(constraint).is_some()).count() < 2 {
        return None;
    }
    let mut create = create.clone();
    let lists = create.columns.iter_mut().map(|column| &mut column.constraints).chain([&mut create.constraints]);
    let mut keys: Vec<(usize, usize)> = Vec::new();
    let mut lists: Vec<&mut Vec<Constraint>> = lists.collect();
    for (list, constraints) in lists.iter().enumerate() {
        let in_list = constraints.iter().enumerate().filter(|(_, constraint)| columns(constraint).is_some());
        keys.extend(in_list.map(|(at, _)| (list, at)));
    }
    keys.sort_by_key(|(list, at)| !matches!(lists[*list][*at].kind, ConstraintKind::PrimaryKey { .. }));
    let mut gone: Vec<(usize, usize)> = Vec::new();
    let mut named = Vec::new();
    for (number, later) in keys.iter().enumerate() {
        let same = |earlier: &&(usize, usize)| {
            !gone.contains(earlier) && is_same(&lists[earlier.0][earlier.1], &lists[later.0][later.1])
        };
        if let Some(earlier) = keys[..number].iter().find(same) {
            gone.push(*later);
            named.push((*earlier, lists[later.0][later.1].name.clone()));
        }
    }
    if gone.is_empty() {
        return None;
    }
    for ((list, at), name) in named {
        let kept = &mut lists[list][at].name;
        *kept = kept.take().or(name);
    }
    gone.sort_unstable();
    gone.iter().rev().for_each(|(list, at)| drop(lists[*list].remove(*at)));
    Some(create)
}

/// The columns of a key whose index the statement makes.
fn columns(constraint: &Constraint) -> Option<&[Ident]> {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } if !columns.is_empty() => {
            Some(columns)
        }
        _ => None,
    }
}

/// One index can be behind both.
pub(crate) fn is_same(one: &Constraint, other: &Constraint) -> bool {
    let details = |constraint: &Constraint| match &constraint.kind {
        ConstraintKind::Unique { index_parameters, nulls_not_distinct, .. } => {
            Some((index_parameters.clone(), *nulls_not_distinct))
        }
        ConstraintKind::PrimaryKey { index_parameters, .. } => Some((index_parameters.clone(), false)),
        _ => None,
    };
    columns(one) == columns(other) && details(one) == details(other) && one.deferrability == other.deferrability
}

#[cfg(test)]
mod tests {
    use crate::operation::{Ident, QualifiedName};
    use crate::schema::Schema;
    use crate::sql::read_statement;

    #[test]
    fn a_key_that_is_named_twice_has_one_name() {
        // as found in pg_constraint on PostgreSQL 12, 15 and 18
        for (table, names) in [
            ("t (a int PRIMARY KEY, CONSTRAINT k UNIQUE (a))", vec!["k"]),
            ("t (a int UNIQUE PRIMARY KEY)", vec!["t_pkey"]),
            ("t (a int CONSTRAINT one UNIQUE, CONSTRAINT two PRIMARY KEY (a))", vec!["two"]),
            (
                "t (a int UNIQUE, b int, UNIQUE (a), UNIQUE (a, b), UNIQUE (b, a))",
                vec!["t_a_b_key", "t_a_key", "t_b_a_key"],
            ),
            ("t (a int UNIQUE, UNIQUE (a) DEFERRABLE)", vec!["t_a_key", "t_a_key1"]),
        ] {
            let mut schema = Schema::default();
            for located in read_statement(&format!("CREATE TABLE {table}")).operations {
                schema.apply(&located.operation);
            }
            let table = schema.table(&QualifiedName { schema: None, name: Ident::new("t") }).unwrap().clone();
            let mut found: Vec<&str> = table.constraints.iter().map(|c| c.name.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, names, "{table:?}");
        }
    }
}
