//! A framework that does not exist: `001-name.toy`, a call a line, each sent by itself.

mod folder;
mod idiom;

use safestep::framework::ledger::{Applied, Ledger, Row};
use safestep::framework::migration::Migration;
use safestep::framework::{Found, Framework, FrameworkError, Incoming, Place, Placed, Placement};
use safestep::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

pub static TOY: Framework = Framework {
    name: "toy",
    create_command: "toy new",
    comment_sign: "#",
    runner: Runner {
        sends: Sends::Calls,
        begins: Begins::Nothing,
        leaves: Leaves::ByItself,
        resumes: Resumes::AtFileThatWasResolved,
        second: SecondRunner::LockedOut,
    },
    folder: &Toy,
    idiom: &Toy,
    place: &Toy,
    deferral: None,
};

struct Toy;

impl Place for Toy {
    fn place(
        &self,
        history: &[Found],
        _: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError> {
        let last = history.last().map(|found| (found.name.clone(), found.file.clone()));
        let place = |incoming: &Incoming<'_>| {
            let replaced = incoming.replaces.map(|migration| (migration.name.clone(), migration.path().clone()));
            let (name, file) = replaced.or(last.clone()).unwrap_or_default();
            let files = incoming.numbered(&name, 100, |name| file.with_file_name(format!("{name}.toy")));
            Placed { files, ..Placed::default() }
        };
        Ok(Placement::Placed(incoming.iter().map(place).collect()))
    }
}

/// A table with a name for each migration.
impl Ledger for Toy {
    fn tables(&self) -> Vec<&str> {
        vec!["toys"]
    }
    fn place(&self) -> String {
        "toys".into()
    }
    fn rows(&self) -> String {
        "SELECT name FROM toys ORDER BY number".into()
    }
    fn applied(&self, rows: &[Row], _: &[Migration]) -> Vec<Applied> {
        let names = rows.iter().filter_map(|row| row.first().cloned().flatten());
        names.map(|name| Applied { name, finished: true, is_changed: false }).collect()
    }
    fn lock(&self) -> String {
        "SELECT true".into()
    }
    fn adoption(&self, old: &str, new: &[&Migration]) -> Option<String> {
        let rows: Vec<String> = new.iter().map(|migration| format!("('{}')", migration.name)).collect();
        let old = format!("WITH old AS (DELETE FROM toys WHERE name = '{old}')");
        Some(format!("{old} INSERT INTO toys (name) VALUES {}", rows.join(", ")))
    }
}
