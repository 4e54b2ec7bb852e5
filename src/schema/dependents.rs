//! What depends on tables and columns by its text: views, triggers, policies, rules, publications, statistics.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::Dependent;
use super::key::{Key, key};
use super::words::{mentions, word_of, words};

/// They, in the order in which they were made, found by their names, their tables and the words of their texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Dependents {
    all: OrdMap<u64, Arc<Dependent>>,
    next: u64,
    links: OrdSet<(Mark, u64)>,
}

/// What one is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Name(Key),
    On(Key),
    Word(Arc<str>),
}

impl Dependents {
    /// True when neither has changed since one was copied from the other.
    pub(super) fn shares_everything_with(&self, other: &Dependents) -> bool {
        self.all.ptr_eq(&other.all)
    }

    /// Adds one, as the last.
    pub(super) fn push(&mut self, dependent: Dependent) {
        let number = self.next;
        self.next += 1;
        self.put(number, dependent);
    }

    /// Removes those of that name that `goes` says.
    pub(super) fn remove_named(&mut self, name: &Key, goes: impl Fn(&Dependent) -> bool) {
        self.remove(Mark::Name(name.clone()), goes);
    }

    /// Removes those that belong to a table.
    pub(super) fn remove_on(&mut self, table: &Key) {
        self.remove(Mark::On(table.clone()), |_| true);
    }

    /// Says of those that belong to a table that they belong to another one, as its new name is.
    pub(super) fn move_to(&mut self, table: &Key, to: &crate::operation::QualifiedName) {
        for number in self.numbers(Mark::On(table.clone())) {
            if let Some(mut dependent) = self.take(number) {
                dependent.on = Some(to.clone());
                self.put(number, dependent);
            }
        }
    }

    /// Changes those that belong to a table.
    pub(super) fn edit_on(&mut self, table: &Key, change: impl FnMut(&mut Dependent)) {
        self.edit(Mark::On(table.clone()), change);
    }

    /// Changes those of that name.
    pub(super) fn edit_named(&mut self, name: &Key, change: impl FnMut(&mut Dependent)) {
        self.edit(Mark::Name(name.clone()), change);
    }

    fn edit(&mut self, mark: Mark, mut change: impl FnMut(&mut Dependent)) {
        for number in self.numbers(mark) {
            if let Some(mut dependent) = self.take(number) {
                change(&mut dependent);
                self.put(number, dependent);
            }
        }
    }

    /// All of them, in the order in which they were made.
    pub(super) fn all(&self) -> impl Iterator<Item = &Dependent> + use<'_> {
        self.all.values().map(|dependent| &**dependent)
    }

    /// Those of that name.
    pub(super) fn named(&self, name: &Key) -> impl Iterator<Item = &Dependent> + use<'_> {
        self.numbers(Mark::Name(name.clone())).into_iter().filter_map(|number| self.get(number))
    }

    /// Those whose text mentions the name.
    pub(super) fn mentioning(&self, name: &str) -> Vec<&Dependent> {
        let found: Vec<&Dependent> = match word_of(name) {
            Some(word) => self.numbers(Mark::Word(word)).into_iter().filter_map(|number| self.get(number)).collect(),
            None => self.all.values().map(|dependent| &**dependent).collect(),
        };
        found.into_iter().filter(|d| mentions(d.definition.as_str(), name)).collect()
    }

    /// Those that belong to a table, and those that belong to none and whose text mentions it.
    pub(super) fn of(&self, table: &Key) -> Vec<&Dependent> {
        self.numbers_of(table).into_iter().filter_map(|number| self.get(number)).collect()
    }

    /// Changes them.
    pub(super) fn edit_of(&mut self, table: &Key, mut change: impl FnMut(&mut Dependent)) {
        for number in self.numbers_of(table) {
            if let Some(mut dependent) = self.take(number) {
                change(&mut dependent);
                self.put(number, dependent);
            }
        }
    }

    fn numbers_of(&self, table: &Key) -> BTreeSet<u64> {
        let on = self.numbers(Mark::On(table.clone()));
        let candidates = match word_of(table.name()) {
            Some(word) => self.numbers(Mark::Word(word)),
            None => self.all.keys().copied().collect(),
        };
        let reads = |number: &u64| {
            self.get(*number).is_some_and(|d| d.on.is_none() && mentions(d.definition.as_str(), table.name()))
        };
        let reading = candidates.into_iter().filter(reads);
        on.into_iter().chain(reading).collect()
    }

    fn get(&self, number: u64) -> Option<&Dependent> {
        self.all.get(&number).map(|dependent| &**dependent)
    }

    fn numbers(&self, mark: Mark) -> Vec<u64> {
        let from = (mark.clone(), 0);
        self.links.range(from..).take_while(|(other, _)| *other == mark).map(|(_, number)| *number).collect()
    }

    fn remove(&mut self, mark: Mark, goes: impl Fn(&Dependent) -> bool) {
        for number in self.numbers(mark) {
            if self.get(number).is_some_and(&goes) {
                drop(self.take(number));
            }
        }
    }

    fn put(&mut self, number: u64, dependent: Dependent) {
        for mark in marks(&dependent) {
            self.links.insert((mark, number));
        }
        self.all.insert(number, Arc::new(dependent));
    }

    fn take(&mut self, number: u64) -> Option<Dependent> {
        let dependent = self.all.remove(&number)?;
        for mark in marks(&dependent) {
            self.links.remove(&(mark, number));
        }
        Some(Arc::unwrap_or_clone(dependent))
    }
}

fn marks(dependent: &Dependent) -> impl Iterator<Item = Mark> + use<> {
    let on = dependent.on.as_ref().map(|table| Mark::On(key(table)));
    let words = words(dependent.definition.as_str()).into_iter().map(Mark::Word);
    [Mark::Name(key(&dependent.name))].into_iter().chain(on).chain(words)
}
