//! The order in which PostgreSQL runs the subcommands of one ALTER TABLE, which is not the order in which they are written.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{
    ColumnAttribute, ColumnOperation, ConstraintKind, ConstraintOperation, Ident, Operation, TableOperation,
};

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

/// The subcommands of an `ALTER TABLE` so far, as far as another one behind them matters: however many they are, the next one
/// is compared with what is known of all of them.
#[derive(Debug, Default)]
pub struct Subcommands<'a> {
    /// By their passes.
    by_pass: BTreeMap<u8, Alike<'a>>,
    retypes: bool,
    /// All of them may stand beside a type that changes.
    bear_a_retype: All,
    refers_or_validates: bool,
    /// All of them are attributes, or none is.
    are_attributes: All,
}

/// Subcommands of one pass.
#[derive(Debug, Default)]
struct Alike<'a> {
    /// The columns whose defaults change.
    defaults: BTreeSet<&'a Ident>,
    has_dropped_constraint: bool,
    has_others: bool,
}

/// What is true of some, and what of all.
#[derive(Debug, Default, Clone, Copy)]
struct All {
    some: bool,
    some_not: bool,
}

impl All {
    fn and(self, one: bool) -> All {
        All { some: self.some | one, some_not: self.some_not | !one }
    }
}

impl<'a> Subcommands<'a> {
    /// Puts one behind them.
    pub fn push(&mut self, next: &'a Operation) {
        let alike = self.by_pass.entry(pass(next)).or_default();
        match next {
            Operation::Column(
                ColumnOperation::SetDefault { column, .. } | ColumnOperation::DropDefault { column, .. },
            ) => drop(alike.defaults.insert(column)),
            Operation::Constraint(ConstraintOperation::Drop { .. }) => alike.has_dropped_constraint = true,
            _ => alike.has_others = true,
        }
        self.retypes |= retypes(next);
        self.bear_a_retype = self.bear_a_retype.and(bears_a_retype(next));
        self.refers_or_validates |= refers_or_validates(next);
        self.are_attributes = self.are_attributes.and(is_attribute(next));
    }

    /// True when `next` does as the last subcommand of an `ALTER TABLE` behind them what it does in a statement of its own behind
    /// theirs: in the same order, and seeing what they made. A type that changes has what is said of its column checked anew, so
    /// that a NOT NULL that is proved would be scanned for, and a constraint be validated.
    pub fn can_be_followed_by(&self, next: &Operation) -> bool {
        let later = self.by_pass.range(pass(next) + 1..);
        let bear_a_retype = self.bear_a_retype.and(bears_a_retype(next));
        let are_attributes = self.are_attributes.and(is_attribute(next));
        later.map(|(_, alike)| alike).all(|alike| alike.commute_with(next))
            && !(self.refers_or_validates || refers_or_validates(next))
            && !((self.retypes || retypes(next)) && bear_a_retype.some_not)
            && !(are_attributes.some && are_attributes.some_not)
    }

    /// True when `next` may run before each of them, which are of the same table, as well as behind it.
    pub fn commute_with(&self, next: &Operation) -> bool {
        self.by_pass.values().all(|alike| alike.commute_with(next))
    }
}

impl Alike<'_> {
    fn commute_with(&self, next: &Operation) -> bool {
        match next {
            Operation::Column(ColumnOperation::Add { column, .. }) => {
                !self.has_dropped_constraint && !self.has_others && !self.defaults.contains(&column.name)
            }
            // What proves a NOT NULL is there longer.
            Operation::Column(ColumnOperation::SetNotNull { .. }) => !self.has_others && self.defaults.is_empty(),
            _ => false,
        }
    }
}

fn retypes(operation: &Operation) -> bool {
    matches!(operation, Operation::Column(ColumnOperation::SetType { .. }))
}

fn bears_a_retype(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Column(
            ColumnOperation::SetType { .. } | ColumnOperation::SetDefault { .. } | ColumnOperation::DropDefault { .. }
        )
    )
}

fn is_attribute(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Table(TableOperation::SetAttribute { .. })
            | Operation::Column(ColumnOperation::SetAttribute { .. })
            | Operation::Constraint(ConstraintOperation::Alter { .. })
    )
}

fn refers_or_validates(operation: &Operation) -> bool {
    matches!(operation, Operation::Constraint(ConstraintOperation::Validate { .. })) || refers(operation)
}

/// A column that comes with REFERENCES: its rows, all NULL, are looked at where another column of the statement has a default
/// (`skipValidation` in `transformAlterTableStmt`).
fn refers(operation: &Operation) -> bool {
    let Operation::Column(ColumnOperation::Add { column, .. }) = operation else { return false };
    column.constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
}

/// Puts the subcommands of one ALTER TABLE into the order in which they run.
pub(super) fn in_order_of_passes<T>(subcommands: &mut [T], operation: impl Fn(&T) -> &Operation) {
    subcommands.sort_by_key(|one| pass(operation(one)));
}

#[cfg(test)]
mod tests {
    use super::Subcommands;
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
            let (first_one, mut before) = (operation(first), Subcommands::default());
            before.push(&first_one);
            assert_eq!(before.can_be_followed_by(&operation(second)), can, "{first}, {second}");
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
