//! A migration naive and rewritten, each run by the real runner on a copy of the same database.

use anyhow::{Context, Result, bail};

use super::comparison::Verdict;
use super::proof::must_keep;
use super::server::Database;

/// What a run left.
pub struct Side {
    /// Where it ran.
    pub database: Database,
    /// What it said when it failed.
    pub error: Option<String>,
}

/// Both forms on copies of a database.
pub struct Sides {
    /// The naive one.
    pub naive: Side,
    /// Its rewrite.
    pub rewritten: Side,
}

impl Sides {
    /// How both ended, in words.
    fn report(&self) -> String {
        let side = |name: &str, side: &Side| match &side.error {
            None => format!("{name} succeeds"),
            Some(error) => format!("{name} fails:\n{}", error.trim()),
        };
        format!("{}, {}", side("naive", &self.naive), side("rewritten", &self.rewritten))
    }

    /// Which of them ended well.
    fn ended_well(&self) -> (bool, bool) {
        (self.naive.error.is_none(), self.rewritten.error.is_none())
    }
}

/// A migration naive and rewritten, with the runner of both.
pub trait Pair {
    /// A database at the migration before, with `rows` rows in every table.
    fn history(&self, rows: u32) -> Result<Database>;
    /// Both forms on copies of that.
    fn sides(&self, history: &Database) -> Result<Sides>;
    /// Fails unless both, which ended well, left the same, and all else that is promised of a rewrite holds.
    fn must_be_the_same(&self, history: &Database, sides: &Sides) -> Result<()>;
    /// Fails unless the rewrite does what the naive form, which failed, cannot do in its runner's transaction.
    fn must_be_possible(&self, history: &Database, sides: &Sides) -> Result<()>;

    /// Runs both, with rows and where both fail there without, and compares them. `is_possible_rewritten`: the naive form cannot
    /// run in its runner's transaction.
    fn verdict(&self, rows: u32, is_possible_rewritten: bool) -> Result<Verdict> {
        let history = self.history(rows)?;
        let sides = self.sides(&history)?;
        match sides.ended_well() {
            (true, true) => {
                self.must_be_the_same(&history, &sides)?;
                Ok(Verdict::Same)
            }
            (false, true) if is_possible_rewritten => {
                self.must_be_possible(&history, &sides)?;
                Ok(Verdict::Possible)
            }
            (false, false) => {
                must_keep(&history, &sides.rewritten.database)?;
                let empty = self.history(0)?;
                let sides = self.sides(&empty)?;
                match sides.ended_well() {
                    (true, true) => self.must_be_the_same(&empty, &sides).context("on empty tables")?,
                    (false, false) => return Ok(Verdict::Fails),
                    _ => bail!("on empty tables: {}", sides.report()),
                }
                Ok(Verdict::FailsOnRows)
            }
            _ => bail!("{}", sides.report()),
        }
    }
}
