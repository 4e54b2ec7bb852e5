//! Names of files and of the classes in them.
//!
//! Active Record finds a file by `[0-9]*_*.rb` and takes it apart with `\A([0-9]+)_([_a-z0-9]*)\.?([_a-z0-9]*)?\.rb\z`
//! (`ActiveRecord::Migration::MigrationFilenameRegexp`); the words, camelized, must be the name of a class in it. How words are camelized is the
//! project's own affair (its inflections), but each word by itself: so behind a class's name stands what a plain word
//! camelizes to, and the original's spelling stays.

use camino::{Utf8Path, Utf8PathBuf};

/// The name of a migration's file, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileName<'a> {
    /// The version, as its digits stand there.
    pub version: &'a str,
    /// The words that name the class.
    pub words: &'a str,
    /// What an engine's migration has behind them: `blog` of `…_create_posts.blog.rb`.
    pub scope: Option<&'a str>,
}

/// What Active Record makes of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// A migration.
    Migration(FileName<'a>),
    /// A name that stops every migration: `IllegalMigrationNameError`.
    Illegal,
    /// It is not looked at.
    Other,
}

impl<'a> Named<'a> {
    /// Takes a name apart.
    pub fn of(name: &'a str) -> Named<'a> {
        let Some(stem) = name.strip_suffix(".rb").filter(|_| name.starts_with(|c: char| c.is_ascii_digit())) else {
            return Named::Other;
        };
        if !stem.contains('_') {
            return Named::Other;
        }
        let illegal = Named::Illegal;
        let Some((version, rest)) = stem.split_once('_') else { return illegal };
        let (words, scope) = rest.split_once('.').map_or((rest, None), |(words, scope)| (words, Some(scope)));
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_plain = |text: &str| text.chars().all(is_word);
        if !version.chars().all(|c| c.is_ascii_digit()) || !is_plain(words) || !scope.is_none_or(is_plain) {
            return illegal;
        }
        Named::Migration(FileName { version, words, scope: scope.filter(|scope| !scope.is_empty()) })
    }
}

impl FileName<'_> {
    /// The version as a number, which is what Active Record compares and records.
    pub fn number(&self) -> Option<u64> {
        self.version.parse().ok()
    }

    /// The file of that version with these words.
    pub fn beside(&self, path: &Utf8Path, version: u64, words: &str) -> Utf8PathBuf {
        let scope = self.scope.map(|scope| format!(".{scope}")).unwrap_or_default();
        path.with_file_name(format!("{version}_{words}{scope}.rb"))
    }
}

/// The words of step `number` of a migration with these words. Where another migration has that name it gets the version of its
/// own behind it, which no other has.
pub fn step_words(words: &str, number: usize, version: u64, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = format!("{words}{}", suffix_of_file(number, None));
    if is_taken(&plain) { format!("{words}{}", suffix_of_file(number, Some(version))) } else { plain }
}

fn suffix_of_file(number: usize, version: Option<u64>) -> String {
    format!("_step_{number}{}", version.map(|version| format!("_of_{version}")).unwrap_or_default())
}

/// What words behind the words of a file add to the name of its class: `_step_2` → `Step2`.
pub fn suffix_of_class(words_behind: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    words_behind.split('_').map(capitalized).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_active_record_makes_of_them() {
        let file = |version, words, scope| Named::Migration(FileName { version, words, scope });
        for (name, expected) in [
            ("20240102000000_create_posts.rb", file("20240102000000", "create_posts", None)),
            ("20240102000000_create_posts.blog.rb", file("20240102000000", "create_posts", Some("blog"))),
            ("0003_add_2fa.rb", file("0003", "add_2fa", None)),
            ("1_.rb", file("1", "", None)),
            ("20240102000000_Create.rb", Named::Illegal),
            ("20240102000000_add-index.rb", Named::Illegal),
            ("2024x_create.rb", Named::Illegal),
            ("20240102000000.rb", Named::Other),
            ("_20240102000000_create.rb", Named::Other),
            ("x1_create.rb", Named::Other),
            ("20240102000000_create.rb.deferred", Named::Other),
        ] {
            assert_eq!(Named::of(name), expected, "{name}");
        }
    }

    #[test]
    fn steps_are_named_after_their_migration() {
        let Named::Migration(file) = Named::of("0003_add_api_key.blog.rb") else { panic!() };
        let words = step_words(file.words, 2, 4, |_| false);
        assert_eq!(words, "add_api_key_step_2");
        assert_eq!(file.beside("db/migrate/0003_x.rb".into(), 4, &words), "db/migrate/4_add_api_key_step_2.blog.rb");
        let words = step_words(file.words, 2, 4, |taken| taken == "add_api_key_step_2");
        assert_eq!(words, "add_api_key_step_2_of_4");
        assert_eq!(suffix_of_class("_step_2_of_4"), "Step2Of4");
    }
}
