//! What a project says beside its migrations, as it concerns each of them.

use camino::Utf8Path;

use super::findings::Findings;
use super::relative;
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

    /// What was found, left as it is where nothing may be rewritten.
    pub(super) fn heed(&self, findings: Findings) -> Findings {
        match &self.obstacle {
            Some(why) if findings.is_rewritten() => findings.left(why),
            _ => findings,
        }
    }
}
