//! Which files say what an application has in the database: as they are on disk, or as they were at a commit.

use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;

use super::projects::is_installed;
use crate::framework::FrameworkError;
use crate::framework::deferral::{Anywhere, Deferral, Texts, on_disk};
use crate::project::{Commit, WorkTree};
use crate::source::read_text;

/// The files with the model, as they are on disk.
///
/// # Errors
/// When one cannot be read, or is not what the framework writes.
pub fn model_on_disk(deferral: &dyn Deferral, migrations: &Utf8Path) -> Result<Texts, FrameworkError> {
    match deferral.anywhere(migrations) {
        Some(files) => Ok(found_on_disk(&files)),
        None => deferral.model_files(migrations, &on_disk),
    }
}

/// The same as they were at a commit.
///
/// # Errors
/// As [`model_on_disk`], and what git says.
pub fn model_at(
    deferral: &dyn Deferral,
    migrations: &Utf8Path,
    (git, commit): (&WorkTree, &Commit),
) -> Result<Texts, FrameworkError> {
    let read = |path: &Utf8Path| match git.contents_at(commit, path) {
        Ok(source) => Ok(source.map(|source| source.text)),
        Err(error) => Err(FrameworkError::Unusable { path: path.to_owned(), why: error.to_string() }),
    };
    let Some(Anywhere { below, ending, words }) = deferral.anywhere(migrations) else {
        return deferral.model_files(migrations, &read);
    };
    let unusable =
        |error: crate::project::GitError| FrameworkError::Unusable { path: below.clone(), why: error.to_string() };
    let paths = git.with_words_at(commit, &below, ending, words).map_err(unusable)?;
    let texts = paths.into_iter().map(|path| Ok(read(&path)?.map(|text| (path, text))));
    texts.filter_map(Result::transpose).collect()
}

/// What is ignored, hidden or installed is nobody's model, and neither is what cannot be read.
fn found_on_disk(Anywhere { below, ending, words }: &Anywhere) -> Texts {
    let mut walk = WalkBuilder::new(below);
    walk.follow_links(false).sort_by_file_name(Ord::cmp).filter_entry(|entry| !is_installed(entry));
    let files = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok());
    let of_kind = paths.filter(|path| path.as_str().ends_with(ending));
    let texts = of_kind.filter_map(|path| read_text(&path).map(|text| (path, text)));
    texts.filter(|(_, text)| words.iter().any(|word| text.contains(word))).collect()
}
