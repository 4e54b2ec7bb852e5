//! What is said to fail and does not.

use anyhow::Result;

use super::case::Case;
use super::judge::{Judge, prepare, send_naive};
use super::rewritten::{Finding, Rewritten};

/// Newer servers take statements that the oldest one refuses, which is the one that is asked about.
const LIKE_THE_OLDEST: u32 = 15;

impl Judge {
    /// A statement of a migration that passes is said to fail.
    pub(super) fn refused_for_nothing(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        let mut hazards = rewritten.report.hazards.iter();
        let is_said_of_it = |message: &str| message.starts_with("this fails");
        let refused = hazards.find(|hazard| hazard.rule == "failing-statement" && is_said_of_it(&hazard.message));
        let Some(refused) = refused.filter(|_| self.naive.major <= LIKE_THE_OLDEST) else { return Ok(None) };
        prepare(&self.naive, case)?;
        let passes = send_naive(&self.naive, case)?.is_ok();
        Ok(passes.then(|| Finding::new("said to fail", format!("{}: {}", refused.statement, refused.message))))
    }
}
