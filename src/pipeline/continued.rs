//! Files that go on with a sequence that safestep wrote.

use crate::framework::migration::Migration;
use crate::framework::{Found, FrameworkError, header};
use crate::source::SourceFile;

/// The file before those that are read next.
#[derive(Default)]
pub(super) struct Before {
    text: String,
    continued: bool,
}

impl Before {
    /// True for each file that goes on with a sequence that safestep wrote, the files before it there: what those made is
    /// still as new as in the migration that they replace.
    pub(super) fn continued(&mut self, read: &[Result<Migration, FrameworkError>]) -> Vec<bool> {
        let mut before = self.text.as_str();
        let mut continued = Vec::new();
        for migration in read {
            let text = migration.as_ref().map_or("", |migration| migration.source.text.as_str());
            self.continued = header::follows(before, text) && (self.continued || header::begins(before));
            before = text;
            continued.push(self.continued);
        }
        self.text = before.to_owned();
        continued
    }
}

/// The same of one file, in a history that is not read yet.
pub(super) fn continues_on_disk(history: &[Found], at: usize) -> bool {
    let text = |at: usize| SourceFile::read(&history[at].file).map(|source| source.text).unwrap_or_default();
    let mut here = text(at);
    for at in (0..at).rev() {
        let before = text(at);
        if !header::follows(&before, &here) || header::begins(&before) {
            return header::follows(&before, &here);
        }
        here = before;
    }
    false
}
