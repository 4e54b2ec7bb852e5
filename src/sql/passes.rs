//! The order in which PostgreSQL runs the subcommands of one ALTER TABLE, which is not the order in which they are written.

use crate::operation::Operation::{self, *};
use crate::operation::{ColumnAttribute, ConstraintKind};

/// The pass in which a subcommand runs (`AT_PASS_…` and `ATPrepCmd`, `ATParseTransformCmd` in
/// `src/backend/commands/tablecmds.c`): what is dropped goes first (a default and NOT NULL too), then types change, columns
/// come, columns become NOT NULL, keys come, then other constraints and defaults; the rest, VALIDATE among it, comes last.
/// Within a pass they run as they are written. Other operations are not subcommands, and all of one pass.
pub fn pass(operation: &Operation) -> u8 {
    match operation {
        DropColumn { .. } | DropConstraint { .. } | DropNotNull { .. } | DropDefault { .. } => 0,
        SetColumnAttribute { attribute: ColumnAttribute::DropExpression, .. } => 0,
        SetType { .. } => 1,
        AddColumn { .. } => 2,
        SetColumnAttribute { attribute: ColumnAttribute::SetExpression, .. } => 3,
        SetNotNull { .. } => 4,
        AddConstraint { constraint, .. } => match &constraint.kind {
            ConstraintKind::NotNull { .. } => 4,
            ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude { .. } => 5,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_) => 6,
        },
        SetDefault { .. } => 6,
        SetColumnAttribute { attribute: ColumnAttribute::AddIdentity, .. } => 6,
        SetColumnAttribute { attribute: ColumnAttribute::ChangeIdentity, .. } => 7,
        _ => 7,
    }
}

/// Puts the subcommands of one ALTER TABLE into the order in which they run.
pub(super) fn in_order_of_passes<T>(subcommands: &mut [T], operation: impl Fn(&T) -> &Operation) {
    subcommands.sort_by_key(|one| pass(operation(one)));
}

#[cfg(test)]
mod tests {
    use crate::sql::read_statement;

    /// The subcommands of `ALTER TABLE t …` in the order in which they run.
    fn order(subcommands: &str) -> Vec<String> {
        let statement = format!("ALTER TABLE t {subcommands}");
        let operations = read_statement(&statement).operations;
        operations.into_iter().map(|located| located.span.slice(&statement).to_owned()).collect()
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
