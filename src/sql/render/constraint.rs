//! Constraints.

use super::index::{index_column, index_parameters};
use super::{joined, list, word};
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, Deferrability, Enforcement, Exclusion, ForeignKey, MatchType,
    ReferentialAction, ReferentialActions,
};

/// The part of an `ALTER TABLE` after the table's name, of what can be one of several and a rewrite makes.
pub(super) fn subcommand(operation: &ConstraintOperation) -> Option<String> {
    Some(match operation {
        ConstraintOperation::Add { constraint, .. } => format!("ADD {}", self::constraint(constraint)),
        ConstraintOperation::Drop { name, if_exists, cascade, .. } => {
            format!("DROP CONSTRAINT {}{name}{}", word(*if_exists, "IF EXISTS "), word(*cascade, " CASCADE"))
        }
        ConstraintOperation::Validate { name, .. } => format!("VALIDATE CONSTRAINT {name}"),
        ConstraintOperation::Rename { .. } | ConstraintOperation::Alter { .. } => return None,
    })
}

/// `[CONSTRAINT name] … [NOT VALID]` of a table.
pub fn constraint(constraint: &Constraint) -> String {
    let says = match &constraint.kind {
        ConstraintKind::Unique { using_index: Some(index), .. } => format!("UNIQUE USING INDEX {index}"),
        ConstraintKind::Unique { columns, nulls_not_distinct, index_parameters: parameters, .. } => {
            let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            format!("UNIQUE{nulls} ({}) {}", list(columns), index_parameters(parameters))
        }
        ConstraintKind::PrimaryKey { using_index: Some(index), .. } => format!("PRIMARY KEY USING INDEX {index}"),
        ConstraintKind::PrimaryKey { columns, index_parameters: parameters, .. } => {
            format!("PRIMARY KEY ({}) {}", list(columns), index_parameters(parameters))
        }
        ConstraintKind::ForeignKey(key) => format!("FOREIGN KEY ({}) {}", list(&key.columns), references(key)),
        ConstraintKind::NotNull { column } => format!("NOT NULL {column}"),
        ConstraintKind::Check { .. } | ConstraintKind::Exclude(_) => inline(constraint),
    };
    whole(constraint, says)
}

/// The same beside its column.
pub(super) fn inline_constraint(constraint: &Constraint) -> String {
    whole(constraint, inline(constraint))
}

fn inline(constraint: &Constraint) -> String {
    match &constraint.kind {
        ConstraintKind::Check { expression } => format!("CHECK ({expression})"),
        ConstraintKind::Unique { nulls_not_distinct, index_parameters: parameters, .. } => {
            let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            format!("UNIQUE{nulls} {}", index_parameters(parameters))
        }
        ConstraintKind::PrimaryKey { index_parameters: parameters, .. } => {
            format!("PRIMARY KEY {}", index_parameters(parameters))
        }
        ConstraintKind::ForeignKey(key) => references(key),
        ConstraintKind::Exclude(exclusion) => {
            exclusion.spelling().map_or_else(|| self::exclusion(exclusion), ToString::to_string)
        }
        ConstraintKind::NotNull { .. } => "NOT NULL".to_owned(),
    }
}

/// `EXCLUDE …` from its meaning.
pub fn exclusion(exclusion: &Exclusion) -> String {
    let Exclusion { index, operators } = exclusion;
    let with = |(column, operator)| format!("{} WITH {operator}", index_column(column));
    let elements: Vec<String> = index.columns.iter().zip(operators).map(with).collect();
    let parts = [
        Some("EXCLUDE".to_owned()),
        (!index.is_btree()).then(|| format!("USING {}", index.method)),
        Some(format!("({})", elements.join(", "))),
        Some(index_parameters(&index.parameters)).filter(|parameters| !parameters.is_empty()),
        index.predicate.as_ref().map(|predicate| format!("WHERE ({predicate})")),
    ];
    joined(parts.into_iter().flatten())
}

/// With its name before it and what is said of it behind it.
fn whole(constraint: &Constraint, says: String) -> String {
    let name = constraint.name.as_ref().map(|name| format!("CONSTRAINT {name}"));
    let said = |is_said: bool, words: &str| is_said.then(|| words.to_owned());
    let parts = [
        name,
        Some(says.trim().to_owned()),
        deferrability(constraint.deferrability).map(str::to_owned),
        said(constraint.no_inherit, "NO INHERIT"),
        said(constraint.enforcement == Enforcement::NotEnforced, "NOT ENFORCED"),
        said(constraint.not_valid, "NOT VALID"),
    ];
    joined(parts.into_iter().flatten())
}

fn deferrability(deferrability: Deferrability) -> Option<&'static str> {
    match deferrability {
        Deferrability::NotDeferrable => None,
        Deferrability::InitiallyImmediate => Some("DEFERRABLE"),
        Deferrability::InitiallyDeferred => Some("DEFERRABLE INITIALLY DEFERRED"),
    }
}

fn references(key: &ForeignKey) -> String {
    let columns = if key.referenced.is_empty() { String::new() } else { format!("({})", list(&key.referenced)) };
    let actions = key.actions.spelling().map_or_else(|| referential_actions(&key.actions), ToString::to_string);
    format!("REFERENCES {}{columns} {actions}", key.references)
}

/// `MATCH …`, `ON DELETE …` and `ON UPDATE …` where they say more than is meant without them, in this order.
pub fn referential_actions(actions: &ReferentialActions) -> String {
    let matching = match actions.matching {
        MatchType::Simple => None,
        MatchType::Full => Some("MATCH FULL".to_owned()),
        MatchType::Partial => Some("MATCH PARTIAL".to_owned()),
    };
    let on = |event: &str, action: &ReferentialAction| {
        (*action != ReferentialAction::NoAction).then(|| format!("ON {event} {}", referential_action(action)))
    };
    let parts = [matching, on("DELETE", &actions.on_delete), on("UPDATE", &actions.on_update)];
    joined(parts.into_iter().flatten())
}

fn referential_action(action: &ReferentialAction) -> String {
    let of = |words: &str, columns: &[crate::operation::Ident]| match columns {
        [] => words.to_owned(),
        some => format!("{words} ({})", list(some)),
    };
    match action {
        ReferentialAction::NoAction => "NO ACTION".to_owned(),
        ReferentialAction::Restrict => "RESTRICT".to_owned(),
        ReferentialAction::Cascade => "CASCADE".to_owned(),
        ReferentialAction::SetNull(columns) => of("SET NULL", columns),
        ReferentialAction::SetDefault(columns) => of("SET DEFAULT", columns),
    }
}
