//! What filling existing rows in batches does beside filling them: it is an UPDATE, which the naive form is not.

use super::{Applicability, Hazard, Site, dotted, listed};
use crate::operation::{ColumnOperation, DataOperation, Ident, Operation, QualifiedName, Rows, SqlFragment};
use crate::schema::{RelationKind, same};

/// The hazard where the rows are not filled in batches, because that would do what the naive form does not.
pub(super) fn refused(site: &Site<'_>, table: &QualifiedName, column: &Ident, naive: &Hazard) -> Option<Hazard> {
    let foreign = site.schema.children(table).into_iter().find(|child| child.kind == RelationKind::Foreign);
    if let Some(child) = foreign {
        let help = format!("left as it is: {} is a foreign table, whose rows are another server's", child.name);
        return Some(Hazard { applicability: Applicability::Manual, help, ..naive.clone() });
    }
    let fired = fired(site, table, column).filter(|_| !site.settings.fire_triggers)?;
    Some(Hazard {
        applicability: Applicability::NeedsInput,
        message: format!(
            "may {fired} fire for every row that is filled? {} is filled by UPDATE, in batches",
            dotted(table, column)
        ),
        help: "[backfill] triggers = \"fire\" in safestep.toml; until then the migration is left as it is".into(),
        ..naive.clone()
    })
}

/// The triggers and rules that fire for every row that is filled, in words.
pub(super) fn fired(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Option<String> {
    let fired: Vec<String> = site
        .schema
        .fired_by_update(table, column)
        .iter()
        .map(|d| match &d.on {
            Some(on) => format!("{} on {on}", d.what),
            None => d.what.clone(),
        })
        .collect();
    (!fired.is_empty()).then(|| listed(&fired))
}

/// What a reader should know of triggers where rows are filled.
pub(super) fn note(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Option<String> {
    if let Some(fired) = fired(site, table, column) {
        return Some(format!("filling {} fires {fired} for every row", dotted(table, column)));
    }
    let known = site.schema.table(table).is_some_and(|table| table.is_sure());
    (!known).then(|| {
        format!(
            "the migrations do not make {table}: safestep takes it that no trigger or rule on it fires when rows are \
             filled by UPDATE"
        )
    })
}

/// A column whose NULLs get a literal, and in the very next statement it is NOT NULL; not where it gets a default behind them.
/// `at` is the item that fills them.
pub(super) fn before_not_null<'a>(site: &Site<'a>, at: usize) -> Option<(&'a Ident, &'a SqlFragment)> {
    let (fill, set) = (site.items.get(at)?, site.items.get(at + 1)?);
    let Operation::Data(DataOperation::Update { table, rows: Rows::Picked(rows), sets: Some(sets), literal, .. }) =
        &fill.operation
    else {
        return None;
    };
    let Operation::Column(ColumnOperation::SetNotNull { table: of, column }) = &set.operation else { return None };
    let is_its_own = same(&of.name, table) && *sets == [column.clone()] && rows.columns == [column.clone()];
    let is_fill = rows.nulls_only && !rows.joined && fill.fixed.is_none();
    let value = literal.as_ref()?;
    // Once for each batch is something else than once.
    let is_seen_by_nobody = fired(site, table, column).is_none()
        && site.schema.children(table).iter().all(|child| child.kind != RelationKind::Foreign);
    // Until then new rows may have none, so the column gets it first, and what fills the NULLs follows.
    let gets_default = site.items[at + 1..].iter().any(|item| {
        matches!(
            &item.operation,
            Operation::Column(ColumnOperation::SetDefault { table: of, column: own, .. })
                if same(&of.name, table) && own == column
        )
    });
    (!gets_default && is_its_own && is_fill && is_seen_by_nobody).then_some((column, value))
}
