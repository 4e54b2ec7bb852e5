//! Where revisions go: the steps of a sequence come one after the other between what the revision followed and what follows
//! it, and the last one is that revision. So nothing that names it changes: databases, other revisions, deploy scripts.

use std::collections::HashSet;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::file::{CREATED, ID, PREVIOUS};
use super::folder::{DEPTH, configuration};
use super::graph::{Graph, Node};
use super::idiom::ID_LENGTH;
use super::naming::{date, file_name};
use crate::framework::migration::Migration;
use crate::framework::{Body, Found, FrameworkError, Incoming, LaidOut, NoRoom, Place, Placed, Placement};
use crate::source::SourceFile;

pub(super) struct InChain;

impl Place for InChain {
    fn place(
        &self,
        history: &[Found],
        _in_scope: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError> {
        let mut taken: HashSet<String> = history.iter().map(|found| found.name.clone()).collect();
        let mut placed = Vec::new();
        for (at, incoming) in incoming.iter().enumerate() {
            let files = match incoming.replaces {
                Some(migration) => in_place_of(migration, incoming.bodies, &mut taken),
                None => match behind_all(history, incoming, &mut taken)? {
                    Ok(files) => files,
                    Err(why) => return Ok(Placement::NoRoom(vec![NoRoom { at, why }])),
                },
            };
            placed.push(Placed { files, ..Placed::default() });
        }
        Ok(Placement::Placed(placed))
    }
}

fn in_place_of(migration: &Migration, bodies: &[Body], taken: &mut HashSet<String>) -> Vec<LaidOut> {
    let mut previous = String::new();
    let mut files = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let (id, path) = match &body.words {
            Some(words) => {
                let id = id(&migration.name, number + 1, words, taken);
                let path = path(migration.path(), &migration.name, &id, words);
                (id, path)
            }
            None => (migration.name.clone(), migration.path().clone()),
        };
        let text = body.text.replace(ID, &id).replace(PREVIOUS, &previous).replace(CREATED, &date(0));
        files.push(Body { text, ..body.clone() }.at(&id, path));
        previous = id;
    }
    files
}

/// New revisions behind the only head there is; or why there is no place for them.
fn behind_all(
    history: &[Found],
    Incoming { bodies, not_before, .. }: &Incoming<'_>,
    taken: &mut HashSet<String>,
) -> Result<Result<Vec<LaidOut>, String>, FrameworkError> {
    let nodes = history.iter().map(|found| Node::read(&SourceFile::read(&found.file)?));
    let graph = Graph::new(nodes.collect::<Result<_, FrameworkError>>()?)?;
    let heads: Vec<&Node> = graph.heads().into_iter().map(|at| &graph.nodes[at]).collect();
    let head = match heads.as_slice() {
        [only] => *only,
        [] => return Ok(Err("there is no revision that it could follow".to_owned())),
        several => {
            let ids = several.iter().map(|head| head.id.as_str()).collect::<Vec<_>>().join(", ");
            let why = "merge them first (`alembic merge heads`), for the next revision follows one";
            return Ok(Err(format!("there are {} heads ({ids}): {why}", several.len())));
        }
    };
    let beside = head.file.parent().unwrap_or("".as_ref());
    let configuration = beside.ancestors().take(DEPTH).find_map(|folder| configuration(folder).ok().flatten());
    let locations = configuration.iter().flat_map(|known| &known.version_locations);
    let folder =
        locations.filter(|location| head.file.starts_with(location)).max_by_key(|location| location.as_str().len());
    let folder = folder.map_or(beside, Utf8PathBuf::as_path);
    let now = not_before.unwrap_or_default();
    let mut previous = head.id.clone();
    let mut files = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let words = body.words.as_deref().unwrap_or("release");
        let id = id(&head.id, number + 1, words, taken);
        let path = folder.join(file_name(configuration.as_ref(), &id, words, now));
        let text = body.text.replace(ID, &id).replace(PREVIOUS, &previous).replace(CREATED, &date(now));
        files.push(Body { text, ..body.clone() }.at(&id, path));
        previous = id;
    }
    Ok(Ok(files))
}

/// An id of the kind that Alembic makes; the same for the same step. It does not begin as the revision's own does, which
/// may be given by its first letters on the command line.
fn id(revision: &str, number: usize, words: &str, taken: &mut HashSet<String>) -> String {
    let mut salt = 0;
    loop {
        let hash = Sha256::digest(format!("{revision}\n{number}\n{words}\n{salt}"));
        let id: String = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..ID_LENGTH].to_owned();
        if !id.starts_with(revision) && taken.insert(id.clone()) {
            return id;
        }
        salt += 1;
    }
}

/// The path of a step: that of the revision, with the step's id and words in place of the revision's.
fn path(original: &Utf8Path, revision: &str, id: &str, words: &str) -> Utf8PathBuf {
    let stem = original.file_stem().unwrap_or_default();
    let name = match stem.find(revision) {
        Some(at) => {
            let sign = stem[at + revision.len()..].chars().next().filter(|c| !c.is_alphanumeric()).unwrap_or('_');
            format!("{}{id}{sign}{words}.py", &stem[..at])
        }
        None => format!("{id}_{words}.py"),
    };
    original.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_as_its_revision_is() {
        for (path_of, revision, expected) in [
            ("v/1975ea83b712_add_account.py", "1975ea83b712", "v/0123456789ab_add_x.py"),
            ("v/2026_11_02_1015-1975ea83b712_add.py", "1975ea83b712", "v/2026_11_02_1015-0123456789ab_add_x.py"),
            ("v/add.py", "1975ea83b712", "v/0123456789ab_add_x.py"),
            ("v/0042-add.py", "0042", "v/0123456789ab-add_x.py"),
        ] {
            assert_eq!(path(path_of.into(), revision, "0123456789ab", "add_x"), expected);
        }
    }

    #[test]
    fn an_id_is_new_and_begins_otherwise() {
        let mut taken = HashSet::new();
        let first = id("1", 1, "x", &mut taken);
        let second = id("1", 1, "x", &mut taken);
        assert!(first != second && first.len() == ID_LENGTH && !first.starts_with('1') && !second.starts_with('1'));
        assert_eq!(id("1", 1, "x", &mut HashSet::new()), first);
    }
}
