//! Whether the models of a project use a column or a table.

use super::read::{Described, File, Name};
use crate::framework::deferral::{Texts, Usage};
use crate::operation::{Ident, QualifiedName};
use crate::plan::Owned;

/// Modules whose classes bring no columns.
const WITHOUT_COLUMNS: [&str; 9] = [
    "sqlalchemy",
    "sqlmodel",
    "flask_sqlalchemy",
    "abc",
    "typing",
    "typing_extensions",
    "enum",
    "dataclasses",
    "builtins",
];

/// What is known of the use of something.
pub(super) fn usage(files: &Texts, owned: &Owned) -> Usage {
    let files = File::of(files);
    let table = match owned {
        Owned::Column { table, .. }
        | Owned::Table { table }
        | Owned::Name { name: table, .. }
        | Owned::Type { name: table }
        | Owned::Labels { name: table, .. }
        | Owned::Shadow { table, .. } => table,
    };
    let may_name = |file: &&File| file.is_unread() && file.source.text.contains(table.name.as_str());
    if let Some(file) = files.iter().find(may_name) {
        return Usage::Used(Some(format!("{} cannot be read, which counts as in use", file.path())));
    }
    let all: Vec<Described<'_>> = files.iter().flat_map(File::described).collect();
    match owned {
        Owned::Column { table, column, .. } => of_column(&files, &all, table, column, owned),
        Owned::Table { table } => of_table(&all, table, owned),
        Owned::Name { name, .. } => of_table(&all, name, owned),
        // an enum goes with the columns that are of it
        Owned::Type { .. } | Owned::Shadow { .. } => Usage::Unused,
        Owned::Labels { .. } => Usage::Unknown(format!("whether code writes {owned}, no file tells for sure")),
    }
}

fn of_table(all: &[Described<'_>], table: &QualifiedName, owned: &Owned) -> Usage {
    let found = describing(all, table);
    let of_its_name = found.iter().find(|one| one.class.is_some() || matches!(one.name, Name::Said(_)));
    match (of_its_name, computed(all)) {
        (Some(one), _) => Usage::Used(Some(place(one, one.at))),
        (None, Some(one)) => {
            let place = place(one, one.at);
            Usage::Unknown(format!(
                "whether the model on the base branch uses {owned}: {place} computes its table's name"
            ))
        }
        // what nothing describes is used by nothing that maps it
        (None, None) => Usage::Unknown(format!(
            "no model of {owned} is on the base branch; whether other code uses it is not known"
        )),
    }
}

fn of_column(files: &[File], all: &[Described<'_>], table: &QualifiedName, column: &Ident, owned: &Owned) -> Usage {
    let found = with_relatives(all, describing(all, table));
    let has =
        |one: &&Described<'_>| one.columns.iter().find(|own| own.name == column.as_str()).map(|own| place(one, own.at));
    if found.is_empty() {
        let perhaps = all.iter().filter(|one| one.name == Name::Computed);
        let used = perhaps.filter_map(|one| has(&one)).next();
        return match used {
            Some(place) => Usage::Used(Some(format!("{place}, whose table is computed, which counts as in use"))),
            None => Usage::Unknown(format!(
                "no model of {table} is on the base branch; whether other code uses {owned} is not known"
            )),
        };
    }
    if let Some(place) = found.iter().find_map(has) {
        return Usage::Used(Some(place));
    }
    let unread = found.iter().find_map(|one| one.unread.first().map(|(at, what)| (one, at, what)));
    if let Some((one, at, what)) = unread {
        return Usage::Used(Some(format!("{} has {what}, which counts as in use", place(one, *at))));
    }
    let foreign = found.iter().find_map(|one| Some((one, one.bases.iter().find(|base| is_foreign(files, all, base))?)));
    match foreign {
        Some((one, base)) => {
            Usage::Unknown(format!("whether {base} has {owned}, of which {} is made", place(one, one.at)))
        }
        None => Usage::Unused,
    }
}

/// What describes a table by its name; where nothing does, a class whose name would give it.
pub(super) fn describing<'d, 'a>(all: &'d [Described<'a>], table: &QualifiedName) -> Vec<&'d Described<'a>> {
    let is_schema = |one: &&Described<'_>| match (&one.schema, &table.schema) {
        (Some(own), Some(schema)) => own == schema.as_str(),
        _ => true,
    };
    let is_said = |one: &&Described<'_>| matches!(&one.name, Name::Said(name) if name == table.name.as_str());
    let said: Vec<_> = all.iter().filter(is_said).filter(is_schema).collect();
    if !said.is_empty() {
        return said;
    }
    let is_meant = |one: &&Described<'_>| {
        let has_none = matches!(one.name, Name::Nothing { is_table: true } | Name::Computed);
        has_none && one.class.as_ref().is_some_and(|class| gives(class, table.name.as_str()))
    };
    all.iter().filter(is_meant).collect()
}

/// What a class is called gives that name: in lower case, with an underscore between words, in the plural or not.
fn gives(class: &str, table: &str) -> bool {
    let words = crate::plan::snake_case(&Ident::new(class));
    let single = |name: &str| name == words || name == class.to_lowercase();
    single(table) || table.strip_suffix('s').is_some_and(single)
}

/// With the classes that they are made from, and those that are made from them and have no table of their own.
fn with_relatives<'d, 'a>(all: &'d [Described<'a>], mut found: Vec<&'d Described<'a>>) -> Vec<&'d Described<'a>> {
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let mut at = 0;
    while at < found.len() {
        let one = found[at];
        let is_base = |other: &Described<'_>| {
            other.class.as_ref().is_some_and(|class| one.bases.iter().any(|base| name(base) == *class))
        };
        let is_child = |other: &Described<'_>| {
            !matches!(other.name, Name::Said(_))
                && one.class.as_ref().is_some_and(|class| other.bases.iter().any(|base| name(base) == *class))
        };
        let is_more =
            |other: &Described<'_>| other.class.is_some() && other.class == one.class && other.bases.is_empty();
        // of a base's other children nothing belongs to this table
        let is_own = matches!(one.name, Name::Said(_) | Name::Nothing { is_table: true } | Name::Computed);
        for other in all {
            let is_new = !found.iter().any(|known| std::ptr::eq(*known, other));
            if is_new && (is_base(other) || is_more(other) || (is_own && is_child(other))) {
                found.push(other);
            }
        }
        at += 1;
    }
    found
}

/// A class of a library that is not known to bring no columns.
fn is_foreign(files: &[File], all: &[Described<'_>], base: &str) -> bool {
    let first = base.split('.').next().unwrap_or_default();
    let is_ours = |file: &File| file.path().components().any(|part| part.as_str().trim_end_matches(".py") == first);
    let is_read = all.iter().any(|one| one.class.as_deref() == base.rsplit('.').next());
    // a name without a module is defined beside it; what begins with a dot is of the project
    base.contains('.')
        && !first.is_empty()
        && !is_read
        && !WITHOUT_COLUMNS.contains(&first)
        && first != "db"
        && !files.iter().any(is_ours)
}

fn computed<'d, 'a>(all: &'d [Described<'a>]) -> Option<&'d Described<'a>> {
    all.iter().find(|one| one.name == Name::Computed && one.class.is_none())
}

fn place(one: &Described<'_>, at: usize) -> String {
    format!("{}:{}", one.file.path(), one.file.source.position(at).line)
}
