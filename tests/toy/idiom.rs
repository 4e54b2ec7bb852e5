use safestep::framework::page::Commands;
use safestep::framework::statements::by_block;
use safestep::framework::{Body, Idiom, Sequenced};
use safestep::operation::Operation;
use safestep::sql::render;

use super::Toy;

impl Idiom for Toy {
    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body> {
        let make_index = |operation: &Operation| {
            Some(format!("make-index {}\n", render::statement(operation)?.strip_prefix("CREATE INDEX ")?))
        };
        let raw = |sql: &str| format!("sql\n{}\nend\n", sql.trim_end());
        by_block(of, self, &|statements| statements.calls(make_index, raw))
    }
}

impl Commands for Toy {
    fn again(&self) -> String {
        "play again".into()
    }

    fn commands_after_failed_build(&self, index: &str) -> Vec<String> {
        vec![format!("  1. DROP INDEX CONCURRENTLY IF EXISTS {index};"), "  2. play again".into()]
    }
}
