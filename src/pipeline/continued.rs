//! Files that go on with a sequence that safestep wrote.

use crate::framework::header::{self, Header};
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError};

/// The file before those that are read next.
#[derive(Default)]
pub(super) struct Before {
    headers: Vec<Header>,
    continued: bool,
}

impl Before {
    /// True for each file that goes on with a sequence that safestep wrote, the files before it there: what those made is
    /// still as new as in the migration that they replace.
    pub(super) fn continued(&mut self, read: &[Result<Migration, FrameworkError>]) -> Vec<bool> {
        let mut before = self.headers.as_slice();
        let mut continued = Vec::new();
        for migration in read {
            let here = migration.as_ref().map_or(&[][..], |migration| &migration.headers);
            self.continued = header::follows(before, here) && (self.continued || header::begins(before));
            before = here;
            continued.push(self.continued);
        }
        self.headers = before.to_vec();
        continued
    }
}

/// The same of one file, in a history that is not read yet.
pub(super) fn continues_on_disk(framework: &Framework, history: &[Found], at: usize) -> bool {
    let headers = |at: usize| framework.read(&history[at]).map(|migration| migration.headers).unwrap_or_default();
    let mut here = headers(at);
    for at in (0..at).rev() {
        let before = headers(at);
        if !header::follows(&before, &here) || header::begins(&before) {
            return header::follows(&before, &here);
        }
        here = before;
    }
    false
}
