//! Constraints, made by themselves (`sa.UniqueConstraint(…)`) or by a directive (`op.create_unique_constraint(…)`).

use super::clause::{clause, condition};
use super::names::{list, quoted, table};
use super::types::own_name;
use crate::framework::alembic::value::{Arguments, Made, Value, Why};

/// A constraint of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraint {
    pub name: Option<String>,
    /// From its first word up to what [`Constraint::options`] says.
    pub definition: String,
    /// What follows it: `DEFERRABLE`, `NOT VALID`, ….
    pub options: String,
    /// The columns of a primary key.
    pub primary_key: Option<Vec<String>>,
    /// The columns of a foreign key.
    pub foreign_key: Vec<String>,
    /// What a naming convention calls its kind: `pk`, `uq`, `ck`, `fk`, or nothing.
    pub kind: &'static str,
    /// No naming convention changes its name.
    pub is_name_final: bool,
    /// Its columns, for its name.
    pub columns: Vec<String>,
    /// The table that it references, and its columns.
    pub referred: Option<(String, Vec<String>)>,
    /// It is left out of `CREATE TABLE` (and Alembic never adds it).
    pub is_left_out: bool,
}

const OPTIONS: &[&str] = &[
    "name",
    "deferrable",
    "initially",
    "info",
    "comment",
    "use_alter",
    "link_to_name",
    "match",
    "onupdate",
    "ondelete",
    "postgresql_not_valid",
    "postgresql_nulls_not_distinct",
    "postgresql_include",
    "columns",
    "refcolumns",
    "sqltext",
    "schema",
    "using",
    "where",
    "ops",
    "column",
    "postgresql_ignore_search_path",
    "source_schema",
    "referent_schema",
];

impl Constraint {
    /// `sa.…Constraint(…)`.
    pub(super) fn made<'m>(made: &'m Made) -> Result<Constraint, Why> {
        let arguments = &made.arguments;
        let all = || -> Result<Vec<&'m str>, Why> {
            let name = |value: &'m Value| match value {
                Value::Text(text) => Ok(text.value.as_str()),
                Value::Made(made) if own_name(&made.path).as_deref() == Some("column") => {
                    made.arguments.needed(0, "text")
                }
                other => Err(format!("a constraint's column from {}", other.kind())),
            };
            arguments.positional.iter().map(name).collect()
        };
        match own_name(&made.path).as_deref() {
            Some("PrimaryKeyConstraint") => Constraint::primary_key(arguments, &all()?),
            Some("UniqueConstraint") => Constraint::unique(arguments, &all()?),
            Some("CheckConstraint") => {
                Constraint::check(arguments, arguments.get(0, "sqltext").ok_or("a check of nothing")?)
            }
            Some("ForeignKeyConstraint") => {
                let referenced: Vec<Reference<'_>> =
                    arguments.texts(1, "refcolumns")?.into_iter().map(reference).collect::<Result<_, _>>()?;
                let first = referenced.first().ok_or("a foreign key without columns")?;
                let target = (first.schema, first.table);
                let columns: Vec<&str> = referenced.iter().map(|reference| reference.column).collect();
                Constraint::foreign_key(arguments, &arguments.texts(0, "columns")?, target, &columns)
            }
            Some("ExcludeConstraint") => Constraint::exclude(arguments, &arguments.positional),
            Some(other) => Err(other.to_owned()),
            None => Err(made.path.clone()),
        }
    }

    /// `sa.ForeignKey(…)` in a column.
    pub(super) fn of_column(made: &Made, column: &str) -> Result<Constraint, Why> {
        let target = reference(made.arguments.needed(0, "column")?)?;
        Constraint::foreign_key(&made.arguments, &[column], (target.schema, target.table), &[target.column])
    }

    /// `PRIMARY KEY (…)`.
    pub(super) fn primary_key(arguments: &Arguments, columns: &[&str]) -> Result<Constraint, Why> {
        Ok(Constraint {
            definition: format!("PRIMARY KEY ({})", list(columns.iter().copied())),
            primary_key: Some(owned(columns)),
            kind: "pk",
            columns: owned(columns),
            ..Constraint::named(arguments)?
        })
    }

    /// `UNIQUE (…)`.
    pub(super) fn unique(arguments: &Arguments, columns: &[&str]) -> Result<Constraint, Why> {
        let nulls = match arguments.switch("postgresql_nulls_not_distinct")? {
            Some(true) => "NULLS NOT DISTINCT ",
            Some(false) => "NULLS DISTINCT ",
            None => "",
        };
        let definition = format!("UNIQUE {nulls}({})", list(columns.iter().copied()));
        Ok(Constraint { definition, kind: "uq", columns: owned(columns), ..Constraint::named(arguments)? })
    }

    /// `CHECK (…)`.
    pub(super) fn check(arguments: &Arguments, expression: &Value) -> Result<Constraint, Why> {
        let definition = format!("CHECK ({})", condition(expression)?);
        Ok(Constraint { definition, kind: "ck", ..Constraint::named(arguments)? })
    }

    /// `FOREIGN KEY(…) REFERENCES …`.
    pub(super) fn foreign_key(
        arguments: &Arguments,
        columns: &[&str],
        (schema, name): (Option<&str>, &str),
        referenced: &[&str],
    ) -> Result<Constraint, Why> {
        let mut definition = format!(
            "FOREIGN KEY({}) REFERENCES {} ({})",
            list(columns.iter().copied()),
            table(schema, name),
            list(referenced.iter().copied())
        );
        for (name, words) in [("match", "MATCH"), ("ondelete", "ON DELETE"), ("onupdate", "ON UPDATE")] {
            if let Some(action) = arguments.text(usize::MAX, name)? {
                definition += &format!(" {words} {action}");
            }
        }
        Ok(Constraint {
            definition,
            foreign_key: owned(columns),
            is_left_out: arguments.is_on("use_alter")?,
            kind: "fk",
            columns: owned(columns),
            referred: Some((name.to_owned(), owned(referenced))),
            ..Constraint::named(arguments)?
        })
    }

    /// `EXCLUDE USING … (…)`.
    pub(super) fn exclude(arguments: &Arguments, elements: &[Value]) -> Result<Constraint, Why> {
        let element = |value: &Value| match value {
            Value::List(pair) => match &pair[..] {
                [Value::Text(column), operator] => Ok(format!("{} WITH {}", quoted(&column.value), needed(operator)?)),
                [expression, operator] => Ok(format!("{} WITH {}", clause(expression)?, needed(operator)?)),
                _ => Err("an exclusion that is no pair".to_owned()),
            },
            other => Err(format!("an exclusion of {}", other.kind())),
        };
        if arguments.named("ops").is_some() {
            return Err("ops of an exclusion".to_owned());
        }
        let elements: Result<Vec<String>, Why> = elements.iter().map(element).collect();
        let using = arguments.text(usize::MAX, "using")?.unwrap_or("gist").to_lowercase();
        let mut definition = format!("EXCLUDE USING {using} ({})", elements?.join(", "));
        if let Some(condition_of) = arguments.named("where").filter(|value| !value.is_none()) {
            definition += &format!(" WHERE ({})", condition(condition_of)?);
        }
        Ok(Constraint { definition, ..Constraint::named(arguments)? })
    }

    fn named(arguments: &Arguments) -> Result<Constraint, Why> {
        arguments.only(usize::MAX, OPTIONS)?;
        let mut options = String::new();
        match arguments.named("postgresql_include") {
            None | Some(Value::None) => {}
            Some(_) => {
                let include = arguments.texts(usize::MAX, "postgresql_include")?;
                options += &format!(" INCLUDE ({})", list(include));
            }
        }
        options += match arguments.switch("deferrable")? {
            Some(true) => " DEFERRABLE",
            Some(false) => " NOT DEFERRABLE",
            None => "",
        };
        if let Some(initially) = arguments.text(usize::MAX, "initially")? {
            options += &format!(" INITIALLY {initially}");
        }
        if arguments.is_on("postgresql_not_valid")? {
            options += " NOT VALID";
        }
        let name = arguments.text(usize::MAX, "name")?.map(str::to_owned);
        let is_name_final = is_final(arguments.named("name"));
        Ok(Constraint { name, is_name_final, options, ..Constraint::default() })
    }

    /// As it stands behind `ADD` and in `CREATE TABLE`.
    pub(super) fn sql(&self) -> Result<String, Why> {
        let name = self.name.as_deref().map(checked).transpose()?;
        let name = name.map(|name| format!("CONSTRAINT {} ", quoted(name))).unwrap_or_default();
        Ok(format!("{name}{}{}", self.definition, self.options))
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Whether a name is one of `op.f(…)`.
pub(super) fn is_final(name: Option<&Value>) -> bool {
    matches!(name, Some(Value::Text(text)) if text.is_final())
}

fn needed(value: &Value) -> Result<&str, Why> {
    value.text().ok_or_else(|| value.kind())
}

/// A name that SQLAlchemy takes: PostgreSQL would cut a longer one, and SQLAlchemy refuses it.
pub(super) fn checked(name: &str) -> Result<&str, Why> {
    match name.chars().count() > 63 {
        true => Err(format!("the name {name}, which has more than 63 characters")),
        false => Ok(name),
    }
}

struct Reference<'a> {
    schema: Option<&'a str>,
    table: &'a str,
    column: &'a str,
}

/// `users.id`, `auth.users.id`.
fn reference(text: &str) -> Result<Reference<'_>, Why> {
    let (rest, column) = text.rsplit_once('.').ok_or_else(|| format!("a foreign key to {text}, without its column"))?;
    match rest.rsplit_once('.') {
        Some((schema, table)) => Ok(Reference { schema: Some(schema), table, column }),
        None => Ok(Reference { schema: None, table: rest, column }),
    }
}
