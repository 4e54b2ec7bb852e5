//! `ALTER COLUMN … TYPE`: which changes only touch the catalog, which rebuild indexes, which rewrite the table.
//!
//! The rule is `ATColumnChangeRequiresRewrite` (`src/backend/commands/tablecmds.c`): no rewrite when the conversion is
//! a relabelling, a length coercion that the planner drops (`varchar_support`, `numeric_support` and their like), or
//! timestamp ⇄ timestamptz in a UTC session. Indexes are kept when `CheckIndexCompatible` says so.

use super::tally::family;
use crate::operation::{ConstraintKind, Generated, Ident, QualifiedName, SqlFragment, TypeName};
use crate::schema::{ConstraintState, Dependent, Index, Schema, Table, mentions, reads_column};

/// The parts of an `ALTER COLUMN … TYPE` that decide what it costs.
#[derive(Debug, Clone, Copy)]
pub struct TypeAlteration<'a> {
    /// The table.
    pub table: &'a QualifiedName,
    /// The column.
    pub column: &'a Ident,
    /// The new type.
    pub to: &'a TypeName,
    /// `COLLATE`.
    pub collation: Option<&'a QualifiedName>,
    /// `USING`.
    pub using: Option<&'a SqlFragment>,
}

/// What changing a column's type does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeChange {
    /// Only the catalog changes.
    Metadata,
    /// The rows stay, but under ACCESS EXCLUSIVE indexes are built again and valid CHECKs read every row.
    MetadataBut {
        /// The indexes that are built again.
        rebuilt_indexes: Vec<QualifiedName>,
        /// The CHECKs (and foreign keys, when the new type compares otherwise) that are checked again.
        scanned_checks: Vec<Ident>,
    },
    /// PostgreSQL refuses because these depend on the column: in words, `view v`.
    FailsBecauseOf(Vec<String>),
    /// Every row is written anew and every index built again.
    Rewrite,
    /// The column's type is not known.
    Unknown,
}

/// What the conversion alone needs, whatever depends on the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversion {
    /// The bytes stay and sort as before.
    Relabel,
    /// The bytes stay, but the new type compares them in another way: its indexes have another operator class or collation.
    Reorder,
    Rewrite,
}

/// What a change of type does when the catalog is `schema`.
pub fn type_change(change: &TypeAlteration<'_>, schema: &Schema, version: u32) -> TypeChange {
    let dependents = failing_dependents(change, schema, version);
    if !dependents.is_empty() {
        return TypeChange::FailsBecauseOf(dependents);
    }
    let Some(column) = schema.column(change.table, change.column).filter(|c| c.sure) else {
        return TypeChange::Unknown;
    };
    let conversion = conversion(&column.ty, change, schema, version);
    let collated = change.collation.is_some() || column.collated;
    let conversion = match conversion {
        Conversion::Relabel if collated => Conversion::Reorder,
        other => other,
    };
    if conversion == Conversion::Rewrite {
        return TypeChange::Rewrite;
    }
    let reorder = conversion == Conversion::Reorder;
    let tables = family(schema, change.table, false);
    let rebuilt_indexes = rebuilt_indexes(schema, &tables, change.column, reorder);
    let scanned_checks = scanned_checks(&tables, change.column, reorder);
    if rebuilt_indexes.is_empty() && scanned_checks.is_empty() {
        return TypeChange::Metadata;
    }
    TypeChange::MetadataBut { rebuilt_indexes, scanned_checks }
}

/// Views, rules, policies, triggers, generated columns, BEGIN ATOMIC functions (14+), publication filters (15+): any of
/// them makes the statement fail, even a widening (`RememberAllDependentForRebuilding`).
fn failing_dependents(change: &TypeAlteration<'_>, schema: &Schema, version: u32) -> Vec<String> {
    let fails = |d: &&Dependent| match d.what.split(' ').next() {
        Some("statistics") => false,
        Some("publication") => version >= 15 && mentions(d.definition.as_str(), "where"),
        Some("function") => version >= 14,
        _ => true,
    };
    let objects = schema.dependents(change.table, change.column);
    let mut found: Vec<String> = objects.into_iter().filter(fails).map(|d| d.what.clone()).collect();
    let columns = schema.table(change.table).map(|t| &t.columns);
    for other in columns.into_iter().flatten() {
        let expression = match &other.generated {
            Some(Generated::Stored(expression) | Generated::Virtual(expression)) => expression,
            Some(Generated::Identity(_)) | None => continue,
        };
        if mentions(expression.as_str(), change.column.as_str()) {
            found.push(format!("generated column {}", other.name));
        }
    }
    found
}

fn conversion(from: &TypeName, change: &TypeAlteration<'_>, schema: &Schema, version: u32) -> Conversion {
    let only_casts = change.using.is_none_or(|using| is_plain_cast(using.as_str(), change.column, change.to));
    let domain = schema.domain(change.to.name()).is_some();
    let constrained = is_constrained(change.to, schema);
    if from == change.to && only_casts {
        return Conversion::Relabel;
    }
    if !only_casts || constrained || from.is_array() || change.to.is_array() {
        return Conversion::Rewrite;
    }
    let to = if domain { base_type(change.to, schema) } else { change.to.clone() };
    let from = base_type(from, schema);
    let Some(utc) = is_utc(schema, version) else {
        return between(&from, &to, false);
    };
    between(&from, &to, utc)
}

/// `USING c`, `USING c::type`, `USING CAST(c AS type)`: what PostgreSQL would do without it.
fn is_plain_cast(using: &str, column: &Ident, to: &TypeName) -> bool {
    let using = unwrapped(using);
    let is_column = |text: &str| Ident::from_sql(unwrapped(text)) == *column;
    if is_column(using) {
        return true;
    }
    let inside_cast = using
        .get(..5)
        .filter(|word| word.eq_ignore_ascii_case("cast("))
        .and(using.get(5..))
        .and_then(|text| text.strip_suffix(')'));
    let cast = match inside_cast {
        Some(inside) => inside.to_ascii_lowercase().rfind(" as ").map(|at| (&inside[..at], &inside[at + 4..])),
        None => using.rsplit_once("::"),
    };
    cast.is_some_and(|(value, ty)| is_column(value) && TypeName::new(ty) == *to)
}

/// Without the parentheses around the whole.
fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')']) || inner.starts_with('(') => unwrapped(inner),
        _ => text,
    }
}

/// Domains over domains deeper than this are not followed.
const MAX_DOMAINS: usize = 16;

/// The type under a domain; any other type is itself.
fn base_type(ty: &TypeName, schema: &Schema) -> TypeName {
    let mut ty = ty.clone();
    for _ in 0..MAX_DOMAINS {
        match schema.domain(ty.name()) {
            Some(domain) => ty = domain.ty.clone(),
            None => break,
        }
    }
    ty
}

/// True for a domain with a CHECK or NOT NULL, its own or of a domain under it: its values are checked one by one.
pub(super) fn is_constrained(ty: &TypeName, schema: &Schema) -> bool {
    let mut ty = ty.clone();
    for _ in 0..MAX_DOMAINS {
        match schema.domain(ty.name()) {
            Some(domain) if domain.constrained => return true,
            Some(domain) => ty = domain.ty.clone(),
            None => return false,
        }
    }
    true
}

/// Whether the session's time zone is known to be UTC where that matters (12+, `TimestampTimestampTzRequiresRewrite`).
fn is_utc(schema: &Schema, version: u32) -> Option<bool> {
    let zone = schema.timezone.as_ref()?.to_ascii_lowercase();
    let names = ["utc", "gmt", "etc/utc", "etc/gmt", "uct", "etc/uct", "zulu", "etc/zulu", "universal"];
    Some(version >= 12 && names.contains(&zone.as_str()))
}

/// The conversion between two types that are no domains and no arrays.
fn between(from: &TypeName, to: &TypeName, utc: bool) -> Conversion {
    let (old, new) = (from.canonical(), to.canonical());
    if old == new {
        return if widens(from, to) { Conversion::Relabel } else { Conversion::Rewrite };
    }
    let unlimited = length(to).is_none();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    match (last(old).as_str(), last(new).as_str()) {
        ("varchar", "text") | ("cidr", "inet") => Conversion::Relabel,
        ("text", "varchar") if unlimited => Conversion::Relabel,
        ("text" | "varchar", "citext") | ("citext", "text") => Conversion::Reorder,
        ("citext", "varchar") if unlimited => Conversion::Reorder,
        ("int4", "oid") | ("oid", "int4") => Conversion::Reorder,
        ("int4" | "oid", name) if OID_ALIASES.contains(&name) => Conversion::Reorder,
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") if utc && precision(to) == 6 => Conversion::Reorder,
        _ => Conversion::Rewrite,
    }
}

/// Types that are an oid in other clothes.
const OID_ALIASES: &[&str] = &["regclass", "regproc", "regprocedure", "regtype", "regrole", "regnamespace"];

/// True when every value of one type modifier is a value of the other, so that the length coercion is dropped.
fn widens(from: &TypeName, to: &TypeName) -> bool {
    if from.modifiers() == to.modifiers() && from.text().eq_ignore_ascii_case(to.text()) {
        return true;
    }
    match from.canonical() {
        "varchar" | "varbit" => length(to).is_none_or(|n| length(from).is_some_and(|old| old <= n)),
        "bpchar" => length(to).is_none() || length(from) == length(to),
        "numeric" => match (scaled(from), scaled(to)) {
            (_, None) => true,
            (Some((digits, scale)), Some((more, same))) => digits <= more && scale == same,
            (None, Some(_)) => false,
        },
        "timestamp" | "timestamptz" | "time" | "timetz" | "interval" => precision(from) <= precision(to),
        _ => from.modifiers() == to.modifiers(),
    }
}

/// `n` of `varchar(n)`; `char` alone is `char(1)`, `bpchar` alone has no length (documentation, 8.3).
fn length(ty: &TypeName) -> Option<i64> {
    let written = ty.modifiers().first().copied();
    let bare_char = ty.canonical() == "bpchar" && !ty.text().to_ascii_lowercase().contains("bpchar");
    written.or(bare_char.then_some(1))
}

/// Precision and scale of `numeric(p, s)`.
fn scaled(ty: &TypeName) -> Option<(i64, i64)> {
    let modifiers = ty.modifiers();
    let digits = *modifiers.first()?;
    Some((digits, modifiers.get(1).copied().unwrap_or(0)))
}

/// Digits after the second; 6 is the default and the most (documentation, 8.5).
fn precision(ty: &TypeName) -> i64 {
    ty.modifiers().first().copied().unwrap_or(6)
}

/// A partial or expression index that reads the column is always built again (its trees cannot be compared), a plain
/// one only when its operator class or collation changes (`CheckIndexCompatible`, `src/backend/commands/indexcmds.c`).
fn rebuilt_indexes(schema: &Schema, tables: &[&Table], column: &Ident, reorder: bool) -> Vec<QualifiedName> {
    let in_key = |i: &Index| i.columns.iter().any(|c| c.column() == Some(column));
    let computed = |i: &Index| i.predicate.is_some() || i.columns.iter().any(|c| c.column().is_none());
    let indexes = tables.iter().flat_map(|t| schema.indexes_of(&t.name));
    let mut rebuilt: Vec<QualifiedName> = indexes
        .filter(|i| (computed(i) && i.uses_column(column)) || (reorder && in_key(i)))
        .map(|i| i.name.clone())
        .collect();
    // The index behind an EXCLUDE is not in the catalog here; its expressions and predicate are not looked into.
    for table in tables {
        let exclusions = table.constraints.iter().filter(|c| match &c.constraint.kind {
            ConstraintKind::Exclude(exclusion) => reads_column(&exclusion.index, column),
            _ => false,
        });
        rebuilt.extend(exclusions.map(|c| table.name.sibling(c.name.clone())));
    }
    rebuilt
}

/// A valid CHECK that reads the column is added again and so checked again; a NOT VALID one is not. A foreign key is
/// checked again when its equality operator is another one (`TryReuseForeignKey`).
fn scanned_checks(tables: &[&Table], column: &Ident, reorder: bool) -> Vec<Ident> {
    let scanned = |c: &&ConstraintState| match &c.constraint.kind {
        ConstraintKind::Check { expression } => c.valid && mentions(expression.as_str(), column.as_str()),
        ConstraintKind::ForeignKey(fk) => c.valid && reorder && fk.columns.contains(column),
        ConstraintKind::Unique { .. }
        | ConstraintKind::PrimaryKey { .. }
        | ConstraintKind::Exclude(_)
        | ConstraintKind::NotNull { .. } => false,
    };
    tables.iter().flat_map(|t| t.constraints.iter().filter(scanned)).map(|c| c.name.clone()).collect()
}
