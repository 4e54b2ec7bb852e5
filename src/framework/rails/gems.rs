//! The gems that see to an application's migrations while they run: which of them are locked, and what they are told.
//!
//! strong_migrations and online_migrations stop at a schema method that they take for dangerous, outside of `safety_assured`.
//! safe-pg-migrations sends other statements than Active Record, and so does strong_migrations where it is told to.

use std::collections::BTreeSet;

use super::operations::Version;

/// A gem that sees to migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gem {
    /// `strong_migrations`.
    StrongMigrations,
    /// `online_migrations`.
    OnlineMigrations,
    /// `safe-pg-migrations`.
    SafePgMigrations,
}

impl Gem {
    /// What it is called in a `Gemfile.lock`.
    pub fn name(self) -> &'static str {
        match self {
            Gem::StrongMigrations => "strong_migrations",
            Gem::OnlineMigrations => "online_migrations",
            Gem::SafePgMigrations => "safe-pg-migrations",
        }
    }

    const ALL: [Gem; 3] = [Gem::StrongMigrations, Gem::OnlineMigrations, Gem::SafePgMigrations];
}

/// The gems of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gems {
    locked: BTreeSet<Gem>,
    /// `StrongMigrations.safe_by_default`: it sends other statements instead of stopping.
    pub is_safe_by_default: bool,
    /// `check_down`: they look at what is taken back, too.
    pub checks_down: bool,
    /// `start_after`: no older migration is looked at.
    pub start_after: u64,
    /// `disable_check`: the checks that are off.
    pub disabled: BTreeSet<String>,
    /// `small_tables` of online_migrations.
    pub small_tables: BTreeSet<String>,
    /// `partial_inserts`: an INSERT names only the columns whose values differ from their defaults, so code that runs is wrong
    /// about a default that changes.
    pub inserts_partially: bool,
}

impl Gems {
    /// What an application says: `is_locked` knows its `Gemfile.lock`, `files` are the Ruby files that configure it.
    pub(super) fn read(is_locked: impl Fn(&str) -> bool, rails: Option<Version>, files: &[String]) -> Gems {
        let lines = || files.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.starts_with('#'));
        let last = |name: &str| lines().filter_map(|line| assigned(line, name)).next_back();
        let is_on = |name: &str| last(name) == Some("true");
        let number = |name: &str| last(name).and_then(|value| value.replace('_', "").parse().ok());
        let partial = last("partial_inserts").or(last("partial_writes")).map(|value| value == "true");
        let defaults = lines().find_map(|line| line.split_once("load_defaults")).map(|(_, value)| value.trim());
        // Where the number is not plain, it is the one of the Rails that runs.
        let defaults = defaults.map(|value| value.parse().ok().or(rails).unwrap_or(Version::NEWEST));
        Gems {
            locked: Gem::ALL.into_iter().filter(|gem| is_locked(gem.name())).collect(),
            is_safe_by_default: is_on("safe_by_default"),
            checks_down: is_on("check_down"),
            start_after: number("start_after").unwrap_or_default(),
            disabled: lines().filter_map(|line| words(line.split_once("disable_check")?.1).next()).collect(),
            small_tables: last("small_tables").into_iter().flat_map(words).collect(),
            inserts_partially: partial.unwrap_or(defaults.is_none_or(|version| version < Version(7, 0))),
        }
    }

    /// A gem is locked.
    pub fn has(&self, gem: Gem) -> bool {
        self.locked.contains(&gem)
    }

    /// The gems that are locked.
    pub fn all(&self) -> impl Iterator<Item = Gem> + '_ {
        self.locked.iter().copied()
    }

    /// The gems that know `safety_assured`, and stop at what they take for dangerous outside of it.
    pub fn stopping(&self) -> impl Iterator<Item = Gem> + '_ {
        self.all().filter(|gem| *gem != Gem::SafePgMigrations)
    }
}

/// What is assigned to a setting in a line: `StrongMigrations.check_down = true`, `config.check_down = true`.
fn assigned<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (before, behind) = line.split_once(name)?;
    let value = behind.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='))?;
    before.ends_with('.').then(|| value.split(" #").next().unwrap_or(value).trim())
}

/// The names in a list of strings or symbols.
fn words(list: &str) -> impl Iterator<Item = String> + '_ {
    let list = list.strip_prefix("%w").or(list.strip_prefix("%i")).unwrap_or(list);
    let words = list.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
    words.filter(|word| !word.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Gems {
        Gems::read(|gem| gem == "strong_migrations", Some(Version(7, 2)), &[text.to_owned()])
    }

    #[test]
    fn what_they_are_told_is_read_where_it_is_plain() {
        let gems = read(
            "StrongMigrations.start_after = 2024_01_02_000000\n# StrongMigrations.safe_by_default = true\n\
             StrongMigrations.check_down = true # both ways\nStrongMigrations.disable_check(:add_index)\n\
             config.small_tables = [:plans, \"prices\"]\n",
        );
        assert!(gems.has(Gem::StrongMigrations) && !gems.has(Gem::OnlineMigrations));
        assert!(gems.checks_down && !gems.is_safe_by_default);
        assert_eq!(gems.start_after, 20_240_102_000_000);
        assert!(gems.disabled.contains("add_index"));
        assert_eq!(gems.small_tables.iter().collect::<Vec<_>>(), ["plans", "prices"]);
        assert!(read("StrongMigrations.safe_by_default = true").is_safe_by_default);
    }

    #[test]
    fn partial_inserts_are_off_since_the_defaults_of_7_0() {
        for (text, expected) in [
            ("", true),
            ("config.load_defaults 6.1", true),
            ("config.load_defaults 7.0", false),
            ("config.load_defaults Rails::VERSION::STRING.to_f", false),
            ("config.load_defaults 6.1\nRails.application.config.active_record.partial_inserts = false", false),
        ] {
            assert_eq!(read(text).inserts_partially, expected, "{text}");
        }
    }
}
