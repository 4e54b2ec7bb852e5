use camino::{Utf8Path, Utf8PathBuf};
use safestep::framework::ledger::Ledger;
use safestep::framework::migration::{Call, Migration};
use safestep::framework::{Folder, Found, FrameworkError, stand_for_by_name};
use safestep::source::{ByteSpan, SourceFile};

use super::{TOY, Toy};

impl Folder for Toy {
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.list(path).is_ok_and(|found| !found.is_empty()).then(|| path.to_owned())
    }
    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
        let unlistable = |source| FrameworkError::Unlistable { path: folder.to_owned(), source };
        let files = folder.read_dir_utf8().map_err(unlistable)?.flatten().map(|entry| entry.into_path());
        let mut files: Vec<Utf8PathBuf> = files.filter(|file| self.is_listed_by(file)).collect();
        files.sort();
        let found = |file: Utf8PathBuf| Found::next(file.file_stem().unwrap_or_default().to_owned(), file);
        Ok(files.into_iter().map(found).collect())
    }
    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        file.extension() == Some("toy")
    }
    /// `make-index NAME …` in a line, or lines of SQL between `sql` and `end`.
    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        let (mut calls, mut at) = (Vec::new(), 0);
        for line in source.text.split_inclusive('\n') {
            let span = ByteSpan::new(at, at + line.trim_end().len());
            at += line.len();
            if let Some(rest) = line.strip_prefix("make-index ") {
                calls.push(Call::of(span, format!("CREATE INDEX {};", rest.trim_end())));
            } else if line == "sql\n" {
                let (sql, _) = source.text[at..].split_once("\nend").unwrap_or_default();
                let end = at + sql.len() + "\nend".len();
                calls.push(Call::of(ByteSpan::new(span.start, end), sql.to_owned()));
            }
        }
        Ok(Migration::of_calls(name.to_owned(), source, "#", TOY.runner, calls))
    }
    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
        stand_for_by_name(original, originals, folder)
    }
    fn ledger(&self, _: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        Ok(Box::new(Toy))
    }
}
