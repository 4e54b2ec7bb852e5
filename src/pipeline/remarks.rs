//! What a project says beside its migrations, as it concerns each of them.

use camino::Utf8Path;

use super::findings::Findings;
use super::relative;
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError, Remark};

/// The remarks of a project, as sentences.
#[derive(Default)]
pub(super) struct Remarks {
    /// Why nothing may be rewritten, where that is so.
    obstacle: Option<String>,
    /// What to know of a migration that is rewritten.
    pub notes: Vec<String>,
}

impl Remarks {
    /// Read once for all migrations; what cannot be used goes to `errors`.
    pub(super) fn of(
        framework: &Framework,
        history: &[Found],
        base: &Utf8Path,
        errors: &mut Vec<FrameworkError>,
    ) -> Remarks {
        let remarks = framework.folder.remarks(history).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        let sentence =
            |remark: &Remark| format!("{}:{} {}", relative(&remark.path, base), remark.position, remark.what);
        let (forbid, others): (Vec<&Remark>, Vec<&Remark>) = remarks.iter().partition(|remark| remark.forbids);
        Remarks {
            obstacle: forbid.first().map(|first| sentence(first)),
            notes: others.into_iter().map(sentence).collect(),
        }
    }

    /// What to know of a migration that leaves the run's transaction already, where the project lets none do that.
    pub(super) fn on_blocks(&self, migration: &Migration) -> Option<String> {
        let leaves = migration.sent.iter().any(|sent| sent.is_outside);
        let why = self.obstacle.as_ref().filter(|_| leaves)?;
        Some(format!("{} leaves the run's transaction and cannot here: {why}", migration.name))
    }

    /// What was found, left as it is where nothing may be rewritten.
    pub(super) fn heed(&self, findings: Findings) -> Findings {
        match &self.obstacle {
            Some(why) if findings.is_rewritten() => findings.left(why),
            _ => findings,
        }
    }
}
