//! # add-enum-value
//!
//! `ALTER TYPE … ADD VALUE` is instant and locks no table, but the new label cannot be used before its transaction has
//! committed: a default or an insert with it in the same migration fails (55P04), and in a later one too where all that is pending
//! runs in one transaction, as in Drizzle and Alembic. Where nothing there uses the label it is left where it is.
//!
//! ## Instead
//!
//! A transaction of its own.
//!
//! ```sql
//! CREATE TYPE role AS ENUM ('USER');
//! CREATE TABLE t (a role);
//! -- in a migration:
//! ALTER TYPE role ADD VALUE 'OWNER';
//! ALTER TABLE t ALTER COLUMN a SET DEFAULT 'OWNER';
//! -- becomes:
//! ALTER TYPE role ADD VALUE IF NOT EXISTS 'OWNER';   -- commits before the label is used
//! ALTER TABLE t ALTER COLUMN a SET DEFAULT 'OWNER';
//! ```
//!
//! ## Why it is safe
//!
//! Committed by itself the label is usable by everything that follows, on every version. It can be run again.
//!
//! ## Watch
//!
//! A label cannot be removed again. Code that is still running may meet it before it knows it: deploy code that understands
//! the label before anything writes it.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TYPE, Notes.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{
    ColumnOperation, DataOperation, Item, ObjectOperation, Operation, QualifiedName, TypeOperation,
};
use crate::plan::{Transaction, Undo, snake_case};
use crate::schema::{Age, mentions};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Type(TypeOperation::AddValue { name, value, position, .. }) = site.operation() else { return None };
    let here = &site.items[site.at];
    let uses = |at: usize| may_use(&site.items[at], site.texts[at], name, value);
    let used = (site.at + 1..site.items.len()).any(|at| site.items[at].shares_transaction_with(here) && uses(at));
    if !(used || here.is_used_later)
        || here.fixed.is_some()
        || site.schema.enum_type(name).is_some_and(|e| e.age == Age::New)
    {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Safe,
        table: None,
        lock: None,
        message: match used {
            true => format!("{value} cannot be used before this has committed, and a statement beside it may use it"),
            false => format!("{value} cannot be used before this has committed, and a later migration uses it"),
        },
        label: match used {
            true => "shares a transaction with what may use it".into(),
            false => "shares a transaction with a later migration when both are pending".into(),
        },
        help: "a transaction of its own".into(),
    };
    let mut steps = site.steps();
    let label = crate::operation::Ident::new(value.trim_matches('\''));
    steps.step(
        Operation::Type(TypeOperation::AddValue {
            name: name.clone(),
            value: value.clone(),
            if_not_exists: true,
            position: position.clone(),
        }),
        format!("{}_add_{}", snake_case(&name.name), snake_case(&label)),
        "usable by the steps after it",
        Undo::Impossible("a label cannot be removed".into()),
    );
    let mut steps = steps.done();
    steps.iter_mut().for_each(|step| step.transaction = Transaction::Own);
    Some(Outcome::rewritten(hazard, steps))
}

/// True for what names the label, turns text into the type, or runs what its text does not show.
fn may_use(item: &Item, text: &str, name: &QualifiedName, value: &str) -> bool {
    let casts = matches!(
        item.operation,
        Operation::Column(ColumnOperation::SetType { .. })
            | Operation::Data(DataOperation::Update { .. } | DataOperation::Insert { from_query: true, .. })
    );
    let label = value.trim_matches('\'').to_lowercase();
    match item.operation {
        Operation::Type(TypeOperation::AddValue { .. } | TypeOperation::RenameValue { .. })
        | Operation::Object(ObjectOperation::Comment { .. }) => false,
        Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }) => true,
        _ => mentions(text, &label) || (casts && mentions(text, name.name.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_label_that_nothing_uses_stays_where_it_is() {
        check(
            "add-enum-value",
            "
            ALTER TYPE role ADD VALUE 'OWNER';
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_label_that_is_inserted_is_committed_before() {
        check(
            "add-enum-value",
            "
            CREATE TYPE role AS ENUM ('USER');
            CREATE TABLE t (a role);
            -- in a migration:
            ALTER TYPE role ADD VALUE 'OWNER' BEFORE 'USER';
            INSERT INTO t VALUES ('OWNER');
            -- becomes:
            ALTER TYPE role ADD VALUE IF NOT EXISTS 'OWNER' BEFORE 'USER';
            INSERT INTO t VALUES ('OWNER');
            ",
        );
    }
}
