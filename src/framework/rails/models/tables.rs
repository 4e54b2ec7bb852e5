//! Which table is a class's (`ActiveRecord::ModelSchema`): by its name, unless it says another one.

use super::classes::ModelClass;
use crate::framework::rails::operations::{Inflections, RAILS_OWN};
use crate::framework::rails::project::Project;
use crate::operation::QualifiedName;
use crate::schema::same;

/// The tables of classes.
pub(super) struct Tables<'a> {
    classes: &'a [ModelClass],
    inflections: &'a Inflections,
    prefix: &'a str,
    suffix: &'a str,
}

impl<'a> Tables<'a> {
    pub(super) fn of(classes: &'a [ModelClass], project: Option<&'a Project>) -> Tables<'a> {
        Tables {
            classes,
            inflections: project.map_or(&RAILS_OWN, |project| &project.inflections),
            prefix: project.map_or("", |project| &project.prefix),
            suffix: project.map_or("", |project| &project.suffix),
        }
    }

    /// The table has the rows of the class, and the class does not share them with one that it comes from.
    pub(super) fn is_of(&self, class: &ModelClass, table: &QualifiedName) -> bool {
        if class.is_abstract || class.superclass.is_empty() {
            return false;
        }
        match &class.table {
            Some(named) => is_called(table, named),
            None if self.shares(class) => false,
            None => self.names(class).iter().any(|name| is_called(table, name)),
        }
    }

    /// A table that `has_and_belongs_to_many` reads, which no class stands for.
    pub(super) fn joins(&self, class: &ModelClass, table: &QualifiedName) -> bool {
        class.joined.iter().any(|(other, named)| match named {
            Some(named) => is_called(table, named),
            None => {
                let of_pair = |own: &String| {
                    let mut both = [own.as_str(), other.as_str()];
                    both.sort_unstable();
                    is_called(table, &both.join("_"))
                };
                class.table.iter().any(of_pair) || self.names(class).iter().any(of_pair)
            }
        })
    }

    /// It comes from a class that has rows.
    fn shares(&self, class: &ModelClass) -> bool {
        let last = |name: &'a str| name.rsplit("::").next().unwrap_or(name).to_owned();
        let mut others = self.classes.iter().filter(|other| other.name != class.name);
        let superclass = class.superclass.rsplit("::").next().unwrap_or_default();
        others.any(|other| last(&other.name) == superclass && !other.superclass.is_empty() && !other.is_abstract)
    }

    /// The names that its table may have: without the setting for it nobody knows whether names are made plural.
    fn names(&self, class: &ModelClass) -> Vec<String> {
        let (around, own) = class.name.rsplit_once("::").unwrap_or(("", &class.name));
        let word = underscored(own);
        let of_modules = self.around(around).find_map(|other| other.prefix.as_deref());
        let prefix = of_modules.unwrap_or(self.prefix);
        let outer = self.classes.iter().find(|other| other.name == around && !other.superclass.is_empty());
        let outer = outer.filter(|other| !other.is_abstract);
        let contained = outer.map_or_else(String::new, |other| {
            let table = other.table.clone().unwrap_or_else(|| self.inflections.plural(&underscored(last(&other.name))));
            format!("{}_", self.inflections.singular(&table))
        });
        let full = |name: &str| format!("{prefix}{contained}{name}{}", self.suffix);
        vec![full(&self.inflections.plural(&word)), full(&word)]
    }

    /// What is around a class, from the inside.
    fn around(&self, mut name: &'a str) -> impl Iterator<Item = &'a ModelClass> {
        let mut all = Vec::new();
        while !name.is_empty() {
            all.extend(self.classes.iter().filter(|other| other.name == name));
            name = name.rsplit_once("::").map_or("", |(before, _)| before);
        }
        all.into_iter()
    }
}

fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// The table has that name, which may have its schema before a dot.
fn is_called(table: &QualifiedName, name: &str) -> bool {
    let (schema, own) = name.rsplit_once('.').map_or((None, name), |(schema, own)| (Some(schema), own));
    let named =
        QualifiedName { schema: schema.map(crate::operation::Ident::new), name: crate::operation::Ident::new(own) };
    same(table, &named)
}

/// `HTMLPage` → `html_page` (`ActiveSupport::Inflector#underscore`).
fn underscored(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let is_lower = |letter: Option<&char>| letter.is_some_and(char::is_ascii_lowercase);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let ends_acronym = is_lower(letters.get(at + 1)) && before.is_ascii_alphanumeric();
                before.is_ascii_lowercase() || before.is_ascii_digit() || ends_acronym
            });
        if begins_word {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}
