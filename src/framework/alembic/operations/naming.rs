//! Names from a naming convention, as SQLAlchemy makes them (`sqlalchemy/sql/naming.py`).

use std::cell::Cell;

use super::constraint::Constraint;
use crate::framework::alembic::scope::Convention;
use crate::framework::alembic::value::Why;

/// What gives constraints their names.
#[derive(Debug)]
pub struct Namer<'c> {
    convention: &'c Convention,
    /// Something has a name that nobody knows.
    is_unknown: Cell<bool>,
}

impl<'c> Namer<'c> {
    /// One with this convention.
    pub fn new(convention: &'c Convention) -> Namer<'c> {
        Namer { convention, is_unknown: Cell::new(false) }
    }

    /// Whether something has a name that nobody knows.
    pub fn is_unknown(&self) -> bool {
        self.is_unknown.get()
    }

    fn template(&self, kind: &str) -> Option<&'c str> {
        match self.convention {
            Convention::Known(pairs) => pairs.iter().rev().find(|(own, _)| own == kind).map(|(_, of)| of.as_str()),
            Convention::None | Convention::Unknown => None,
        }
    }

    /// Gives a constraint of a table the name that it gets.
    ///
    /// # Errors
    /// When SQLAlchemy refuses to name it, or the convention has a token that is not known.
    pub(super) fn name(&self, constraint: &mut Constraint, schema: Option<&str>, table: &str) -> Result<(), Why> {
        if *self.convention == Convention::Unknown && constraint.name.is_none() && !constraint.kind.is_empty() {
            self.is_unknown.set(true);
        }
        let Some(template) = self.template(constraint.kind) else { return Ok(()) };
        if constraint.is_name_final || (constraint.name.is_some() && !template.contains("constraint_name")) {
            return Ok(());
        }
        let name = filled(template, |token| match token {
            "table_name" => Ok(table.to_owned()),
            "constraint_name" => constraint
                .name
                .clone()
                .ok_or_else(|| "a constraint without the name that the naming convention needs".to_owned()),
            "referred_table_name" => {
                let referred = constraint.referred.as_ref().map(|(table, _)| table.clone());
                referred.ok_or_else(|| format!("a naming convention with {token}"))
            }
            _ => column_token(token, constraint, schema, table),
        })?;
        constraint.name = Some(name);
        Ok(())
    }

    /// The name of an index of one column: `index=True`, or one without a name.
    ///
    /// # Errors
    /// As [`Namer::name`].
    pub(super) fn index(&self, schema: Option<&str>, table: &str, column: &str) -> Result<String, Why> {
        let template = match self.convention {
            Convention::None => "ix_%(column_0_label)s",
            Convention::Unknown => {
                self.is_unknown.set(true);
                "ix_%(column_0_label)s"
            }
            Convention::Known(_) => self.template("ix").ok_or("an index without a name")?,
        };
        let index = Constraint { columns: vec![column.to_owned()], ..Constraint::default() };
        filled(template, |token| match token {
            "table_name" => Ok(table.to_owned()),
            _ => column_token(token, &index, schema, table),
        })
    }
}

/// `column_0_name`, `column_0_N_name`, `column_0N_name`, `referred_column_0_name`, and `_key` and `_label`.
fn column_token(token: &str, of: &Constraint, schema: Option<&str>, table: &str) -> Result<String, Why> {
    let unknown = || format!("a naming convention with {token}");
    let (columns, rest) = match token.strip_prefix("referred_column_") {
        Some(rest) => (&of.referred.as_ref().ok_or_else(unknown)?.1, rest),
        None => (&of.columns, token.strip_prefix("column_").ok_or_else(unknown)?),
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let at: usize = rest[..digits].parse().map_err(|_| unknown())?;
    let (joint, what) = match &rest[digits..] {
        rest if rest.starts_with("_N_") => (Some("_"), &rest[3..]),
        rest if rest.starts_with("N_") => (Some(""), &rest[2..]),
        rest => (None, rest.strip_prefix('_').ok_or_else(unknown)?),
    };
    let schema = schema.map(|schema| format!("{}_", schema.replace('.', "_"))).unwrap_or_default();
    let part = |column: &String| match what {
        "name" | "key" => Ok(column.clone()),
        "label" => Ok(format!("{schema}{table}_{column}")),
        _ => Err(unknown()),
    };
    match joint {
        Some(joint) => Ok(columns.iter().map(part).collect::<Result<Vec<_>, _>>()?.join(joint)),
        None => columns.get(at).map_or(Ok(String::new()), part),
    }
}

/// A template with its `%(token)s` filled in.
fn filled(template: &str, token: impl Fn(&str) -> Result<String, Why>) -> Result<String, Why> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        let inside = rest[at..].strip_prefix("%(").and_then(|inside| inside.split_once(")s"));
        let (name, after) = inside.ok_or("a naming convention with a % format")?;
        out += &token(name)?;
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(template: &str, name: Option<&str>) -> Result<Option<String>, Why> {
        let convention = Convention::Known(vec![("fk".to_owned(), template.to_owned())]);
        let mut constraint = Constraint {
            kind: "fk",
            name: name.map(str::to_owned),
            columns: vec!["a".to_owned(), "b".to_owned()],
            referred: Some(("users".to_owned(), vec!["id".to_owned(), "no".to_owned()])),
            ..Constraint::default()
        };
        Namer::new(&convention).name(&mut constraint, Some("app"), "t").map(|()| constraint.name)
    }

    #[test]
    fn tokens_are_filled_in() {
        for (template, name) in [
            ("fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "fk_t_a_users"),
            ("%(column_1_name)s_%(column_2_name)s_%(referred_column_1_name)s", "b__no"),
            ("%(column_0_N_name)s %(column_0N_name)s %(column_0_label)s", "a_b ab app_t_a"),
        ] {
            assert_eq!(named(template, None), Ok(Some(name.to_owned())));
        }
        assert!(named("%(own)s", None).is_err() && named("%(constraint_name)s", None).is_err());
    }

    #[test]
    fn a_name_is_changed_only_by_a_convention_that_speaks_of_it() {
        assert_eq!(named("fk_%(table_name)s", Some("x")), Ok(Some("x".to_owned())));
        assert_eq!(named("fk_%(table_name)s_%(constraint_name)s", Some("x")), Ok(Some("fk_t_x".to_owned())));
    }
}
