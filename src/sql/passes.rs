//! The order in which PostgreSQL runs the subcommands of one ALTER TABLE, which is not the order in which they are written.

use crate::operation::{ColumnAttribute, ConstraintKind};
use crate::operation::{ColumnOperation, ConstraintOperation, Operation, TableOperation};

/// The pass in which a subcommand runs (`AT_PASS_…` and `ATPrepCmd`, `ATParseTransformCmd` in
/// `src/backend/commands/tablecmds.c`): what is dropped goes first (a default and NOT NULL too), then types change, columns
/// come, columns become NOT NULL, keys come, then other constraints and defaults; the rest, VALIDATE among it, comes last.
/// Within a pass they run as they are written. Other operations are not subcommands, and all of one pass.
pub fn pass(operation: &Operation) -> u8 {
    match operation {
        Operation::Column(operation) => match operation {
            ColumnOperation::Drop { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::DropDefault { .. } => 0,
            ColumnOperation::SetType { .. } => 1,
            ColumnOperation::Add { .. } => 2,
            ColumnOperation::SetNotNull { .. } => 4,
            ColumnOperation::SetDefault { .. } => 6,
            ColumnOperation::SetAttribute { attribute, .. } => match attribute {
                ColumnAttribute::DropExpression { .. } | ColumnAttribute::DropIdentity { .. } => 0,
                ColumnAttribute::SetExpression => 3,
                ColumnAttribute::AddIdentity(_) => 6,
                ColumnAttribute::ChangeIdentity
                | ColumnAttribute::Statistics
                | ColumnAttribute::Storage
                | ColumnAttribute::Compression => 7,
            },
            ColumnOperation::Rename { .. } => 7,
        },
        Operation::Constraint(ConstraintOperation::Drop { .. }) => 0,
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => match &constraint.kind {
            ConstraintKind::NotNull { .. } => 4,
            ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude(_) => 5,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_) => 6,
        },
        _ => 7,
    }
}

/// True when `next` does as the last subcommand of an `ALTER TABLE` behind `before` what it does in a statement of its own behind
/// theirs: in the same order, and seeing what they made. A type that changes has what is said of its column checked anew, so
/// that a NOT NULL that is proved would be scanned for, and a constraint be validated.
pub fn can_follow(before: &[&Operation], next: &Operation) -> bool {
    let retypes = |operation: &Operation| matches!(operation, Operation::Column(ColumnOperation::SetType { .. }));
    let bears_it = |operation: &Operation| {
        matches!(
            operation,
            Operation::Column(
                ColumnOperation::SetType { .. }
                    | ColumnOperation::SetDefault { .. }
                    | ColumnOperation::DropDefault { .. }
            )
        )
    };
    let all = || before.iter().copied().chain([next]);
    let is_attribute = |operation: &Operation| {
        matches!(
            operation,
            Operation::Table(TableOperation::SetAttribute { .. })
                | Operation::Column(ColumnOperation::SetAttribute { .. })
                | Operation::Constraint(ConstraintOperation::Alter { .. })
        )
    };
    before.iter().all(|one| pass(one) <= pass(next) || commute(one, next))
        && !all().any(|one| matches!(one, Operation::Constraint(ConstraintOperation::Validate { .. })) || refers(one))
        && (!all().any(retypes) || all().all(bears_it))
        && (!all().any(is_attribute) || all().all(is_attribute))
}

/// A column that comes with REFERENCES: its rows, all NULL, are looked at where another column of the statement has a default
/// (`skipValidation` in `transformAlterTableStmt`).
fn refers(operation: &Operation) -> bool {
    let Operation::Column(ColumnOperation::Add { column, .. }) = operation else { return false };
    column.constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
}

/// True when `next` may run before `one` of the same table as well as behind it.
pub fn commute(one: &Operation, next: &Operation) -> bool {
    match (one, next) {
        (
            Operation::Column(
                ColumnOperation::SetDefault { column: of, .. } | ColumnOperation::DropDefault { column: of, .. },
            ),
            Operation::Column(ColumnOperation::Add { column, .. }),
        ) => *of != column.name,
        // What proves a NOT NULL is there longer.
        (
            Operation::Constraint(ConstraintOperation::Drop { .. }),
            Operation::Column(ColumnOperation::SetNotNull { .. }),
        ) => true,
        _ => false,
    }
}

/// Puts the subcommands of one ALTER TABLE into the order in which they run.
pub(super) fn in_order_of_passes<T>(subcommands: &mut [T], operation: impl Fn(&T) -> &Operation) {
    subcommands.sort_by_key(|one| pass(operation(one)));
}

#[cfg(test)]
mod tests {
    use super::can_follow;
    use crate::sql::read_statement;

    /// The subcommands of `ALTER TABLE t …` in the order in which they run.
    fn order(subcommands: &str) -> Vec<String> {
        let statement = format!("ALTER TABLE t {subcommands}");
        let operations = read_statement(&statement).operations;
        operations.into_iter().map(|located| located.span.slice(&statement).to_owned()).collect()
    }

    #[test]
    fn statements_that_mean_the_same_as_one() {
        for (first, second, can) in [
            ("ADD COLUMN a int", "ADD COLUMN b int", true),
            ("ADD COLUMN a int", "ADD CONSTRAINT c CHECK (a > 0) NOT VALID", true),
            ("ADD COLUMN a uuid", "ALTER COLUMN a SET DEFAULT gen_random_uuid()", true),
            ("ALTER COLUMN a SET DEFAULT 1", "ADD COLUMN b int", true),
            ("ALTER COLUMN a SET DEFAULT 1", "ADD COLUMN a int", false),
            ("DROP CONSTRAINT p", "ADD CONSTRAINT p PRIMARY KEY USING INDEX i", true),
            // the check would be gone before the column is looked at
            ("ALTER COLUMN a SET NOT NULL", "DROP CONSTRAINT a_nn", false),
            ("ADD COLUMN a int", "DROP COLUMN b", false),
            ("ADD COLUMN a int DEFAULT 1", "ADD COLUMN b int REFERENCES t", false),
            ("ALTER COLUMN a TYPE text", "ALTER COLUMN a SET NOT NULL", false),
            ("ALTER COLUMN a TYPE text", "ADD CONSTRAINT c CHECK (a <> '') NOT VALID", false),
            ("ALTER COLUMN a DROP DEFAULT", "ALTER COLUMN a TYPE text", true),
            ("ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "VALIDATE CONSTRAINT c", false),
            ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY", true),
        ] {
            let operation =
                |clause: &str| read_statement(&format!("ALTER TABLE t {clause}")).operations[0].operation.clone();
            assert_eq!(can_follow(&[&operation(first)], &operation(second)), can, "{first}, {second}");
        }
    }

    #[test]
    fn subcommands_run_in_passes() {
        // each tried on PostgreSQL 12, 15 and 18
        for (written, run) in [
            ("ALTER a SET NOT NULL, ALTER a DROP NOT NULL", vec!["ALTER a DROP NOT NULL", "ALTER a SET NOT NULL"]),
            (
                "ALTER b SET DEFAULT 7, ALTER b SET NOT NULL, ALTER b DROP DEFAULT",
                vec!["ALTER b DROP DEFAULT", "ALTER b SET NOT NULL", "ALTER b SET DEFAULT 7"],
            ),
            (
                "ADD CONSTRAINT c CHECK (a > 10), DROP CONSTRAINT c",
                vec!["DROP CONSTRAINT c", "ADD CONSTRAINT c CHECK (a > 10)"],
            ),
            ("ADD COLUMN a text, DROP COLUMN a", vec!["DROP COLUMN a", "ADD COLUMN a text"]),
            (
                "ALTER n SET STORAGE EXTERNAL, ALTER n TYPE text",
                vec!["ALTER n TYPE text", "ALTER n SET STORAGE EXTERNAL"],
            ),
            (
                "ADD FOREIGN KEY (a) REFERENCES t (b), ADD UNIQUE (b)",
                vec!["ADD UNIQUE (b)", "ADD FOREIGN KEY (a) REFERENCES t (b)"],
            ),
        ] {
            assert_eq!(order(written), run, "{written}");
        }
    }
}
