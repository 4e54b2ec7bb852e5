//! `ADD`, `DROP`, `VALIDATE`, `ALTER`, `RENAME CONSTRAINT`.
//!
//! Locks: `AlterTableGetLockLevel` (`src/backend/commands/tablecmds.c`) and the documentation of ALTER TABLE, Notes.

use super::LockMode;
use super::tally::Tally;
use crate::operation::{
    Constraint, ConstraintAlteration, ConstraintKind, ConstraintOperation, Enforcement, ForeignKey, Ident, IndexColumn,
    NullsOrder, QualifiedName, SortOrder, TableRef,
};
use crate::schema::{Age, ConstraintState, Index, Schema, Table, same};
use crate::sql::expression;

/// Counts what an operation on a constraint does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &ConstraintOperation) {
    match operation {
        ConstraintOperation::Add { table, constraint } => add(tally, table, constraint),
        ConstraintOperation::Drop { table, name, if_exists: true, .. }
            if tally.schema.lacks_constraint(table, name) =>
        {
            tally.lock(table, LockMode::AccessExclusive)
        }
        ConstraintOperation::Drop { table, name, cascade, .. } => drop(tally, table, name, *cascade),
        ConstraintOperation::Validate { table, name } => validate(tally, table, name),
        ConstraintOperation::Rename { table, name, .. } => rename(tally, table, name),
        ConstraintOperation::Alter { table, name, alteration } => alter(tally, table, name, alteration),
    }
}

/// `ADD CONSTRAINT`. Newer servers lock the inheriting children of any that is not said of ONLY, also where the constraint is not
/// theirs (`find_all_inheritors` in `ATPrepCmd`; measured on 12 to 18). The oldest server in use says nothing against a newer one, so
/// it counts everywhere.
fn add(tally: &mut Tally<'_>, table: &TableRef, constraint: &Constraint) {
    match &constraint.kind {
        ConstraintKind::Check { .. } => add_check(tally, table, constraint),
        ConstraintKind::NotNull { column } => add_not_null(tally, table, constraint, column),
        ConstraintKind::ForeignKey(fk) => add_foreign_key(tally, table, constraint, fk),
        ConstraintKind::Exclude(_) => {
            tally.lock_family(table, table.only, LockMode::AccessExclusive);
            tally.build(table, table.only);
        }
        ConstraintKind::Unique { using_index, .. } => match using_index {
            Some(index) => add_using_index(tally, table, index, false),
            None => add_key(tally, table, &[]),
        },
        ConstraintKind::PrimaryKey { columns, using_index, .. } => match using_index {
            Some(index) => add_using_index(tally, table, index, true),
            None => add_key(tally, table, columns),
        },
    }
}

/// ACCESS EXCLUSIVE, and a scan unless NOT VALID. A NO INHERIT check leaves the children's rows alone.
fn add_check(tally: &mut Tally<'_>, table: &TableRef, constraint: &Constraint) {
    let alone = constraint.no_inherit;
    tally.lock_family(table, table.only, LockMode::AccessExclusive);
    if constraint.checks_rows() {
        tally.scan(table, table.only || alone);
    }
}

/// `ADD NOT NULL c` (18): as SET NOT NULL, or nothing but the catalog with NOT VALID.
fn add_not_null(tally: &mut Tally<'_>, table: &TableRef, constraint: &Constraint, column: &Ident) {
    if constraint.not_valid {
        tally.lock_family(table, table.only, LockMode::AccessExclusive);
    } else {
        set_not_null(tally, table, column);
    }
}

/// `SET NOT NULL`: ACCESS EXCLUSIVE and a scan of every table whose column may hold a NULL, unless from 12 on a valid
/// CHECK excludes it (`NotNullImpliedByRelConstraints`).
pub(super) fn set_not_null(tally: &mut Tally<'_>, table: &TableRef, column: &Ident) {
    let declared = tally.schema.column(table, column).is_some_and(|c| c.not_null && c.sure);
    let children_hold_it = declared && (tally.is_partitioned(table) || tally.version >= 18);
    tally.lock_family(table, table.only || children_hold_it, LockMode::AccessExclusive);
    if children_hold_it {
        return;
    }
    let children = tally.schema.children(table);
    if table.only && tally.is_partitioned(table) && !children.is_empty() {
        tally.fails(); // "constraint must be added to child tables too"
    }
    for heap in tally.heaps(table, table.only) {
        if !is_not_null(tally.schema, tally.version, &heap, column) {
            tally.scan(&heap, true);
        }
    }
}

/// `DROP NOT NULL`: ACCESS EXCLUSIVE, from 18 on only on the table itself where there is nothing to drop (`ATExecDropNotNull`).
pub(super) fn drop_not_null(tally: &mut Tally<'_>, table: &TableRef, column: &Ident) {
    let nothing = tally.schema.column(table, column).is_some_and(|c| !c.not_null && c.sure);
    tally.lock_family(table, table.only || (nothing && tally.version >= 18), LockMode::AccessExclusive);
    if !nothing && tally.version >= 18 {
        tally.lock_heirs(table, LockMode::AccessExclusive);
    }
}

/// True when the column is NOT NULL, or proved to be by a valid CHECK that PostgreSQL looks at (12+).
pub(super) fn is_not_null(schema: &Schema, version: u32, table: &QualifiedName, column: &Ident) -> bool {
    schema.is_surely_not_null(table, column) || (version >= 12 && proving_check(schema, table, column).is_some())
}

/// The valid CHECK, of the table or inherited from a parent, that lets SET NOT NULL skip its scan on 12 and later.
pub fn proving_check<'a>(schema: &'a Schema, table: &QualifiedName, column: &Ident) -> Option<&'a ConstraintState> {
    let proves = |c: &&ConstraintState| match &c.constraint.kind {
        ConstraintKind::Check { expression } => {
            let parsed = expression::parse(expression);
            c.is_proved() && parsed.is_some_and(|e| e.proves_not_null(column))
        }
        _ => false,
    };
    let inherited = |c: &&ConstraintState| !c.constraint.no_inherit;
    let own = schema.table(table)?;
    own.constraints.iter().find(proves).or_else(|| {
        let parents = ancestors(schema, own);
        let checks = parents.into_iter().flat_map(|t| &t.constraints);
        checks.filter(inherited).find(proves)
    })
}

/// The tables above a partition or inheriting table.
fn ancestors<'a>(schema: &'a Schema, table: &Table) -> Vec<&'a Table> {
    let mut found: Vec<&Table> = Vec::new();
    let mut open = table.parents.clone();
    while let Some(name) = open.pop() {
        let new = schema.table(&name).filter(|t| !found.iter().any(|f| same(&f.name, &t.name)));
        if let Some(parent) = new {
            open.extend(parent.parents.iter().cloned());
            found.push(parent);
        }
    }
    found
}

/// SHARE ROW EXCLUSIVE on both tables (triggers are made on both) and a scan of both, unless NOT VALID.
fn add_foreign_key(tally: &mut Tally<'_>, table: &TableRef, constraint: &Constraint, fk: &ForeignKey) {
    let partitioned = tally.is_partitioned(table);
    tally.lock_family(table, table.only && !partitioned, LockMode::ShareRowExclusive);
    lock_referenced(tally, &fk.references, LockMode::ShareRowExclusive);
    if partitioned && constraint.not_valid && tally.version < 18 {
        tally.fails(); // "cannot add NOT VALID foreign key on partitioned table"
    }
    let partitions = tally.schema.children(table);
    let same_keys: Vec<_> = partitions.iter().map(|t| equal_key(tally.schema, &t.name, constraint)).collect();
    let adopted = !same_keys.is_empty() && same_keys.iter().all(|key| key.is_some_and(ConstraintState::is_proved));
    let any = same_keys.iter().flatten().any(|key| key.valid || tally.version >= 18);
    if any {
        // The partition's own triggers on the referenced table are dropped.
        lock_referenced(tally, &fk.references, LockMode::AccessExclusive);
    }
    if constraint.checks_rows() && !adopted {
        validate_rows(tally, table, !partitioned, fk);
    }
}

/// The referenced table and, when it is partitioned, its partitions.
pub(super) fn lock_referenced(tally: &mut Tally<'_>, referenced: &QualifiedName, mode: LockMode) {
    let only = !tally.is_partitioned(referenced);
    tally.lock_family(referenced, only, mode);
}

/// Rows are read from both tables (`RI_Initial_Check`), from the referenced one only when there is a key to look up.
pub(super) fn validate_rows(tally: &mut Tally<'_>, table: &QualifiedName, only: bool, fk: &ForeignKey) {
    let is_filled = tally.schema.is_filled(table);
    if tally.heaps(table, only).is_empty() && !is_filled {
        return;
    }
    tally.scan(table, only);
    let all_null = |name: &Ident| {
        let column = tally.schema.column(table, name).filter(|_| !is_filled);
        column.is_some_and(|c| c.age == Age::New && c.default.is_none() && c.generated.is_none())
    };
    if !fk.columns.iter().any(all_null) {
        let only = !tally.is_partitioned(&fk.references);
        tally.scan(&fk.references, only);
    }
}

/// The table's own foreign key of the same definition, which a parent's adopts without a scan when it is valid
/// (`tryAttachPartitionForeignKey`).
pub(super) fn equal_key<'a>(
    schema: &'a Schema,
    table: &QualifiedName,
    key: &Constraint,
) -> Option<&'a ConstraintState> {
    let ConstraintKind::ForeignKey(fk) = &key.kind else { return None };
    let equal = |state: &&ConstraintState| match &state.constraint.kind {
        ConstraintKind::ForeignKey(own) => {
            own.columns == fk.columns
                && same(&own.references, &fk.references)
                && own.referenced == fk.referenced
                && own.actions == fk.actions
                && state.constraint.deferrability == key.deferrability
                && state.constraint.enforcement == key.enforcement
        }
        _ => false,
    };
    schema.table(table)?.constraints.iter().find(equal)
}

/// UNIQUE and PRIMARY KEY: ACCESS EXCLUSIVE and an index build. On a partitioned table the partitions are locked like by
/// CREATE INDEX before 18, except that making a key column NOT NULL locks them like SET NOT NULL.
fn add_key(tally: &mut Tally<'_>, table: &TableRef, primary: &[Ident]) {
    tally.lock(table, LockMode::AccessExclusive);
    let nullable = |c: &Ident| !tally.schema.column(table, c).is_some_and(|c| c.not_null);
    let recurses = primary.iter().any(nullable);
    let strong = recurses || !tally.is_partitioned(table) || tally.version >= 18;
    let mode = if strong { LockMode::AccessExclusive } else { LockMode::Share };
    for child in tally.schema.children(table) {
        if !table.only {
            tally.lock(&child.name, mode);
        }
    }
    if !(table.only && tally.is_partitioned(table)) {
        tally.build(table, !tally.is_partitioned(table));
    }
}

/// `USING INDEX`: ACCESS EXCLUSIVE, no work, except that PRIMARY KEY scans for NULLs where NOT NULL is not proved.
fn add_using_index(tally: &mut Tally<'_>, table: &TableRef, index: &Ident, primary: bool) {
    tally.lock_family(table, table.only, LockMode::AccessExclusive);
    let found = tally.schema.index(&table.sibling(index.clone()));
    if tally.is_partitioned(table) || found.is_some_and(|i| !fits_constraint(i)) {
        tally.fails();
    }
    if !primary {
        return;
    }
    let Some(found) = found else {
        tally.scan(table, false);
        return;
    };
    for column in found.columns.iter().filter_map(|c| c.column()) {
        if has_not_valid_not_null(tally.schema, table, column) {
            tally.fails(); // "incompatible NOT VALID constraint"
        }
        let as_column = TableRef { name: table.name.clone(), only: false, if_exists: false };
        set_not_null(tally, &as_column, column);
    }
}

/// Neither partial nor on expressions nor in another order (`transformIndexConstraint`).
fn fits_constraint(index: &Index) -> bool {
    let in_order = |c: &IndexColumn| c.order == SortOrder::Ascending && c.nulls == NullsOrder::Last;
    let columns = index.columns.iter().all(|c| c.column().is_some() && in_order(c));
    index.unique && index.predicate.is_none() && columns
}

fn has_not_valid_not_null(schema: &Schema, table: &QualifiedName, column: &Ident) -> bool {
    let mut constraints = schema.table(table).into_iter().flat_map(|t| &t.constraints);
    constraints
        .any(|c| matches!(&c.constraint.kind, ConstraintKind::NotNull { column: own } if own == column && !c.valid))
}

/// `DROP CONSTRAINT`: ACCESS EXCLUSIVE, also on the tables that inherit it (keys are not inherited, only shared by partitions,
/// and what is NO INHERIT is neither); a foreign key's triggers are dropped from the referenced table as well, a key's foreign
/// keys with CASCADE.
fn drop(tally: &mut Tally<'_>, table: &TableRef, name: &Ident, cascade: bool) {
    let state = tally.schema.constraint(table, name);
    let kind = state.map(|c| &c.constraint.kind);
    let is_inherited = matches!(kind, None | Some(ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. }))
        && !state.is_some_and(|c| c.constraint.no_inherit);
    let alone = table.only || !(is_inherited || tally.is_partitioned(table));
    tally.lock_family(table, alone, LockMode::AccessExclusive);
    if is_inherited {
        tally.lock_heirs(table, LockMode::AccessExclusive);
    }
    match kind {
        Some(ConstraintKind::ForeignKey(fk)) => lock_referenced(tally, &fk.references, LockMode::AccessExclusive),
        Some(ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. }) | None if cascade => {
            let own = state.and_then(|c| c.constraint.key_columns());
            let primary = tally.schema.table(table).and_then(Table::primary_key);
            // a key that is unknown may be the one, and so may one that is another's twin
            let may_stand_on_it = |fk: &ForeignKey| {
                let referenced = if fk.referenced.is_empty() { primary } else { Some(fk.referenced.as_slice()) };
                own.zip(referenced).is_none_or(|(own, wanted)| {
                    own.len() == wanted.len() && own.iter().all(|column| wanted.contains(column))
                })
            };
            for (other, state) in tally.schema.referencing(table) {
                if matches!(&state.constraint.kind, ConstraintKind::ForeignKey(fk) if may_stand_on_it(fk)) {
                    tally.lock(&other.name, LockMode::AccessExclusive);
                }
            }
        }
        Some(
            ConstraintKind::Check { .. }
            | ConstraintKind::Unique { .. }
            | ConstraintKind::PrimaryKey { .. }
            | ConstraintKind::Exclude(_)
            | ConstraintKind::NotNull { .. },
        )
        | None => {}
    }
}

/// `VALIDATE CONSTRAINT`: SHARE UPDATE EXCLUSIVE on the table, ROW SHARE on a referenced one, and a scan of both.
fn validate(tally: &mut Tally<'_>, table: &TableRef, name: &Ident) {
    let state = tally.schema.constraint(table, name);
    if state.is_some_and(ConstraintState::is_proved) {
        tally.lock(table, LockMode::ShareUpdateExclusive);
        return;
    }
    match state.map(|c| &c.constraint.kind) {
        Some(ConstraintKind::ForeignKey(fk)) => {
            let only = !tally.is_partitioned(table);
            tally.lock_family(table, only, LockMode::ShareUpdateExclusive);
            validate_rows(tally, table, only, fk);
        }
        _ => {
            tally.lock_family(table, table.only, LockMode::ShareUpdateExclusive);
            tally.scan(table, table.only);
        }
    }
}

/// `ALTER CONSTRAINT`: ACCESS EXCLUSIVE, on the partitions too, whose foreign keys follow their parent's; ENFORCED (18) checks every row of a foreign key and is refused for a CHECK.
fn alter(tally: &mut Tally<'_>, table: &TableRef, name: &Ident, alteration: &ConstraintAlteration) {
    tally.lock_family(table, !tally.is_partitioned(table), LockMode::AccessExclusive);
    let state = tally.schema.constraint(table, name);
    if let Some(enforcement) = alteration.enforcement {
        match state.map(|c| &c.constraint.kind) {
            Some(ConstraintKind::Check { .. }) => tally.fails(),
            Some(ConstraintKind::ForeignKey(fk)) => {
                lock_referenced(tally, &fk.references, LockMode::ShareRowExclusive);
                if enforcement == Enforcement::Enforced {
                    validate_rows(tally, table, false, fk);
                }
            }
            _ => tally.scan(table, false),
        }
    }
    if alteration.inherit == Some(true) {
        tally.lock_family(table, false, LockMode::AccessExclusive);
        tally.scan(table, false);
    }
}

/// `RENAME CONSTRAINT`: ACCESS EXCLUSIVE, on the children only for what they inherit.
fn rename(tally: &mut Tally<'_>, table: &TableRef, name: &Ident) {
    let inherited = tally
        .schema
        .constraint(table, name)
        .is_none_or(|c| matches!(c.constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. }));
    tally.lock_family(table, table.only || !inherited, LockMode::AccessExclusive);
}
