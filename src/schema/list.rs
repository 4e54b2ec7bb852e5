//! The columns and the constraints of a table: in their order, and found by their names.

use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use super::{Age, Column, ConstraintState, common};
use crate::operation::Ident;

/// So many are looked through one by one; more are looked up.
const FEW: usize = 32;

/// What a table may have several of, each under its name.
pub trait Named {
    /// Its name.
    fn name(&self) -> &Ident;
}

impl Named for Column {
    fn name(&self) -> &Ident {
        &self.name
    }
}

impl Named for ConstraintState {
    fn name(&self) -> &Ident {
        &self.name
    }
}

/// They, in order. A clone shares each of them, and what is changed in either is copied then.
#[derive(Debug, Clone)]
pub struct List<T> {
    all: Vec<Arc<T>>,
    /// Where the first of each name is, once they are many.
    places: Option<Arc<HashMap<Ident, usize>>>,
}

impl<T: Named + Clone> List<T> {
    /// They, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.all.iter())
    }

    /// The first of that name.
    pub fn get(&self, name: &Ident) -> Option<&T> {
        self.place(name).map(|at| &*self.all[at])
    }

    /// True when one has that name.
    pub fn has(&self, name: &Ident) -> bool {
        self.place(name).is_some()
    }

    /// The one at a place.
    pub(super) fn at(&self, at: usize) -> &T {
        &self.all[at]
    }

    /// The last one.
    pub(super) fn last(&self) -> Option<&T> {
        self.all.last().map(|one| &**one)
    }

    fn place(&self, name: &Ident) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(name).copied(),
            None => self.all.iter().position(|one| one.name() == name),
        }
    }

    /// Adds one as the last.
    pub(super) fn push(&mut self, one: T) {
        self.push_shared(Arc::new(one));
    }

    /// The same with one that other lists may have too.
    pub(super) fn push_shared(&mut self, one: Arc<T>) {
        if let Some(places) = &mut self.places {
            Arc::make_mut(places).entry(one.name().clone()).or_insert(self.all.len());
        }
        self.all.push(one);
        if self.places.is_none() && self.all.len() > FEW {
            self.look_up();
        }
    }

    /// Takes away all but those that `stays` says.
    pub(super) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        if !self.iter().all(&stays) {
            self.all.retain(|one| stays(one));
            self.look_up();
        }
    }

    /// Changes the first of that name.
    pub(super) fn change(&mut self, name: &Ident, change: impl FnOnce(&mut T)) {
        if let Some(at) = self.place(name) {
            self.change_at(at, change);
        }
    }

    /// Changes those that `which` says.
    pub(super) fn change_all(&mut self, which: impl Fn(&T) -> bool, mut change: impl FnMut(&mut T)) {
        for at in 0..self.all.len() {
            if which(&self.all[at]) {
                self.change_at(at, &mut change);
            }
        }
    }

    pub(super) fn change_at(&mut self, at: usize, change: impl FnOnce(&mut T)) {
        let before = self.places.is_some().then(|| self.all[at].name().clone());
        let one = Arc::make_mut(&mut self.all[at]);
        change(one);
        if before.is_some_and(|before| before != *one.name()) {
            self.look_up();
        }
    }

    /// Room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.all.reserve_exact(more);
    }

    fn look_up(&mut self) {
        self.places = (self.all.len() > FEW).then(|| {
            let places = self.all.iter().enumerate().rev();
            Arc::new(places.map(|(at, one)| (one.name().clone(), at)).collect())
        });
    }
}

impl List<Column> {
    /// They were there before the migration at hand.
    pub(super) fn get_older(&mut self) {
        for column in self.all.iter_mut().filter(|column| column.age == Age::New) {
            match common::older(column) {
                Some(older) => *column = older,
                None => Arc::make_mut(column).age = Age::Existing,
            }
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List { all: Vec::new(), places: None }
    }
}

impl<T: Named + Clone> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut list = List { all: all.into_iter().map(Arc::new).collect(), places: None };
        list.look_up();
        list
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, another): (&Arc<T>, &Arc<T>)| Arc::ptr_eq(one, another) || one == another;
        self.all.len() == other.all.len() && self.all.iter().zip(&other.all).all(same)
    }
}
impl<T: Eq> Eq for List<T> {}

/// Walks through a [`List`].
#[derive(Debug)]
pub struct Iter<'a, T>(slice::Iter<'a, Arc<T>>);

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;
    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|one| &**one)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}
impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<'a, T: Named + Clone> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct One(Ident, usize);

    impl Named for One {
        fn name(&self) -> &Ident {
            &self.0
        }
    }

    /// What looking through them one by one finds.
    fn found(list: &List<One>, name: &Ident) -> Option<usize> {
        list.iter().find(|one| one.0 == *name).map(|one| one.1)
    }

    #[test]
    fn few_and_many_are_found_alike() {
        let name = |number: usize| Ident::new(format!("n{number}"));
        let mut list: List<One> = (0..FEW).map(|at| One(name(at), at)).collect();
        let before = list.clone();
        (FEW..3 * FEW).for_each(|at| list.push(One(name(at % (2 * FEW)), at)));
        list.change(&name(3), |one| one.0 = name(900));
        list.change_all(|one| one.1 % 7 == 0, |one| one.0 = name(one.1 + 700));
        list.retain(|one| one.1 % 5 != 0);
        for number in 0..1000 {
            assert_eq!(list.get(&name(number)).map(|one| one.1), found(&list, &name(number)), "n{number}");
        }
        assert_eq!(before, (0..FEW).map(|at| One(name(at), at)).collect());
        list.retain(|one| one.1 < 4);
        assert_eq!(list.iter().map(|one| one.1).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(list.has(&name(900)) && !list.has(&name(3)));
    }
}
