//! How a sequence reads: a file for each block, a statement for each file.

use super::super::header::shell_word;
use super::super::page::Commands;
use super::super::statements::{Statements, by_block};
use super::super::{Body, Idiom, Layout, NAME, Sequenced};
use crate::operation::{IndexOperation, Operation};
use crate::plan::Step;

pub(super) struct StatementFiles;

impl Idiom for StatementFiles {
    fn refuses_layout(&self, layout: Layout) -> Option<&'static str> {
        (layout == Layout::Phase).then_some("Prisma runs a file for each step only")
    }

    /// A deploy that finds another one at work waits in `pg_advisory_lock`, with a snapshot that a concurrent build waits for;
    /// the build dies of it, and no statement in the file can prevent it.
    fn notes(&self, of: &Sequenced<'_>) -> Vec<String> {
        let is_build = |step: &Step| {
            matches!(
                &step.operation,
                Operation::Index(IndexOperation::Create(index))
                    if index.concurrently
            )
        };
        let builds = of.sequence.units.iter().flat_map(|unit| &unit.steps).any(is_build);
        let note =
            "one `prisma migrate deploy` at a time: another one that waits makes a concurrent build fail (40P01)";
        builds.then(|| note.to_owned()).into_iter().collect()
    }

    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body> {
        let sql = |statements: &Statements| statements.sql();
        by_block(of, &MigrateResolve, &sql)
    }
}

/// How to go on with Prisma after a migration failed.
struct MigrateResolve;

impl Commands for MigrateResolve {
    fn again(&self) -> String {
        format!("prisma migrate resolve --rolled-back {NAME}, then prisma migrate deploy")
    }

    fn commands_after_failed_build(&self, index: &str) -> Vec<String> {
        let drop = shell_word(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index};"));
        vec![
            format!("  1. prisma db execute --stdin <<< {drop}"),
            format!("  2. prisma migrate resolve --rolled-back {NAME}"),
            "  3. prisma migrate deploy".to_owned(),
        ]
    }

    fn alone(&self) -> &'static str {
        "; keep it alone in this file"
    }
}
