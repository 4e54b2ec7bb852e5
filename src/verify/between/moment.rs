//! A committed catalog at one moment, as far as others feel it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use postgres::Client;

use super::super::ledgers::Ledgers;
use super::super::{Doing, VerifyError};

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Relation,
    Column,
    Default,
    NotNull,
    PrimaryKey,
    Unique,
    Index,
    ForeignKey,
    Check,
    Exclusion,
    RowSecurity,
    Policy,
    Trigger,
    Rule,
    Function,
    Type,
    Label,
    Grant,
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    pub kind: Kind,
    /// The relation it belongs to, or its own name.
    pub relation: String,
    pub detail: String,
    /// Columns and expressions, sorted.
    pub parts: BTreeSet<String>,
}

/// Who reads rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    /// The account that runs the migration.
    Plain,
    /// A role that may read everything and does not pass by row security.
    Secured,
}

/// What others see of a database at one moment.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    pub(super) facts: BTreeSet<Fact>,
    /// How many rows a reader sees of a relation; not there when it cannot be read.
    pub(super) rows: BTreeMap<(Reader, String), i64>,
    /// Relation and column by their numbers; relations themselves have column 0.
    pub(super) names: BTreeMap<(u32, i16), (String, String)>,
}

/// Kind, relation, detail, parts. `{ours}` leaves out what belongs to the system; `n` is its `pg_namespace`. A NOT NULL is one
/// too when a CHECK says so, validated or not: new rows obey it.
const FACTS: [(Kind, &str); 19] = [
    (Kind::Relation, "SELECT c.oid::regclass::text, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END, '{}'::text[]
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {ours}"),
    (Kind::Column, "SELECT c.oid::regclass::text, a.attname::text, '{}'::text[] FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {ours}"),
    (Kind::Default, "SELECT c.oid::regclass::text, a.attname::text, '{}'::text[] FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND (a.atthasdef OR a.attidentity <> '') AND {ours}"),
    (Kind::NotNull, "SELECT c.oid::regclass::text, a.attname::text, '{}'::text[] FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {ours}
        AND (a.attnotnull OR EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = c.oid AND o.contype = 'c' AND o.conkey = ARRAY[a.attnum]
             AND regexp_replace(pg_get_constraintdef(o.oid), ' NO(T VALID| INHERIT)', '', 'g') = format('CHECK ((%I IS NOT NULL))', a.attname)))"),
    (Kind::PrimaryKey, "SELECT c.oid::regclass::text, '', '{}'::text[] FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE o.contype = 'p' AND {ours}"),
    (Kind::Unique, "SELECT c.oid::regclass::text, coalesce(pg_get_expr(i.indpred, c.oid), ''),
          ARRAY(SELECT pg_get_indexdef(i.indexrelid, at, true) FROM generate_series(1, i.indnkeyatts) at)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisunique AND i.indisvalid AND {ours}"),
    // Of an index on (a, b) one on (a, b, c) is as good; the parts are the columns that it begins with.
    (Kind::Index, "SELECT c.oid::regclass::text, coalesce(pg_get_expr(i.indpred, c.oid), '') || CASE WHEN m.amname <> 'btree' THEN m.amname ELSE '' END,
          ARRAY(SELECT at || ' ' || pg_get_indexdef(i.indexrelid, at, true) FROM generate_series(1, i.indnkeyatts) at)
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisvalid AND {ours}"),
    (Kind::ForeignKey, "SELECT c.oid::regclass::text, o.confrelid::regclass::text,
          ARRAY(SELECT format('%I = %I', a.attname, b.attname) FROM unnest(o.conkey, o.confkey) AS pair(mine, theirs)
            JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = mine JOIN pg_attribute b ON b.attrelid = o.confrelid AND b.attnum = theirs)
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE o.contype = 'f' AND {ours}"),
    (Kind::Check, "SELECT c.oid::regclass::text, regexp_replace(pg_get_constraintdef(o.oid), ' NOT VALID$', ''), '{}'::text[]
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE o.contype = 'c' AND {ours}"),
    (Kind::Exclusion, "SELECT c.oid::regclass::text, '', ARRAY(SELECT pg_get_indexdef(i.indexrelid, at, true) FROM generate_series(1, i.indnkeyatts) at)
        FROM pg_constraint o JOIN pg_index i ON i.indexrelid = o.conindid JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE o.contype = 'x' AND {ours}"),
    (Kind::RowSecurity, "SELECT c.oid::regclass::text, '', '{}'::text[] FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity AND {ours}"),
    (Kind::Policy, "SELECT c.oid::regclass::text, p.polname::text, '{}'::text[] FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {ours}"),
    (Kind::Trigger, "SELECT c.oid::regclass::text, t.tgname::text, '{}'::text[] FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND {ours}"),
    (Kind::Rule, "SELECT c.oid::regclass::text, r.rulename::text, '{}'::text[] FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND {ours}"),
    (Kind::Function, "SELECT p.oid::regprocedure::text, '', '{}'::text[] FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {ours}"),
    (Kind::Type, "SELECT t.oid::regtype::text, '', '{}'::text[] FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r') AND {ours}"),
    (Kind::Label, "SELECT t.oid::regtype::text, e.enumlabel::text, '{}'::text[] FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {ours}"),
    (Kind::Grant, "SELECT c.oid::regclass::text, format('%s to %s', g.privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END), '{}'::text[]
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))) g
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {ours}"),
    (Kind::Grant, "SELECT p.oid::regprocedure::text, format('%s to %s', g.privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END), '{}'::text[]
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g WHERE {ours}"),
];

const OURS: &str = "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

const NAMES: &str = "SELECT c.oid, a.number, c.oid::regclass::text, a.name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT attnum AS number, attname::text AS name FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                        UNION ALL SELECT 0::int2, '') a
    WHERE c.relkind IN ('r', 'p') AND {ours}";

/// From PostgreSQL 14 on there is a role that reads everything and is under row security.
const SECURED: &str = "pg_read_all_data";

impl Fact {
    /// Whether it goes with another one: all that is on a relation with that, what is said of a column with the column, and
    /// the index with the rule that it upholds.
    pub(super) fn hangs_on(&self, other: &Fact) -> bool {
        let without_place = |part: &String| part.split_once(' ').map_or(part.clone(), |(_, part)| part.to_owned());
        self.relation == other.relation
            && match (other.kind, self.kind) {
                (Kind::Relation, kind) => kind != Kind::Relation,
                (Kind::Column, Kind::NotNull | Kind::Default) => self.detail == other.detail,
                (Kind::Unique, Kind::Index) => {
                    self.detail == other.detail
                        && self.parts.iter().map(without_place).collect::<BTreeSet<_>>() == other.parts
                }
                _ => false,
            }
    }
}

impl Moment {
    /// Reads the committed catalog, and counts rows as two readers see them. What a framework keeps for itself is left out.
    ///
    /// # Errors
    /// [`VerifyError::Sql`] when the server goes away.
    pub fn read(client: &mut Client, ledgers: &[&str]) -> Result<Moment, VerifyError> {
        client.batch_execute("SET search_path = ''").doing("reading the catalog")?;
        let ledgers = Ledgers::read(client, ledgers)?;
        let mut moment = Moment::default();
        for row in client.query(&facts(), &[]).doing("reading the catalog")? {
            let kind = FACTS[usize::try_from(row.get::<_, i32>(0)).unwrap_or_default()].0;
            let parts = row.get::<_, Vec<String>>(3).into_iter().collect();
            let fact = Fact { kind, relation: row.get(1), detail: row.get(2), parts };
            if !ledgers.has(&fact.relation) {
                moment.facts.insert(fact);
            }
        }
        for row in client.query(&NAMES.replace("{ours}", OURS), &[]).doing("reading names")? {
            moment.names.insert((row.get(0), row.get(1)), (row.get(2), row.get(3)));
        }
        moment.count(client)?;
        client.batch_execute("RESET search_path").doing("reading the catalog")?;
        Ok(moment)
    }

    fn count(&mut self, client: &mut Client) -> Result<(), VerifyError> {
        let may = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, 'MEMBER'))";
        let has_secured: bool = client.query_one(may, &[&SECURED]).doing("reading roles")?.get(0);
        let relations: Vec<String> = self.relations().map(str::to_owned).collect();
        let readers = [(Reader::Plain, "NONE"), (Reader::Secured, SECURED)];
        for (reader, role) in readers.into_iter().take(1 + usize::from(has_secured)) {
            for (relation, rows) in counted(client, role, &relations)? {
                self.rows.insert((reader, relation), rows);
            }
        }
        Ok(())
    }

    /// Tables and views.
    pub(super) fn relations(&self) -> impl Iterator<Item = &str> {
        let relations = self.of_kind(Kind::Relation).filter(|fact| fact.detail != "sequence");
        relations.map(|fact| fact.relation.as_str())
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }

    /// Whether something is there, or what does the same.
    pub(super) fn holds(&self, fact: &Fact) -> bool {
        let same = |other: &&Fact| other.relation == fact.relation && (other.detail == fact.detail);
        self.facts.contains(fact)
            || match fact.kind {
                Kind::Unique => self
                    .of_kind(Kind::Unique)
                    .filter(|other| other.detail.is_empty() || same(other))
                    .any(|other| other.relation == fact.relation && other.parts.is_subset(&fact.parts)),
                // one that is replaced says something else of the same columns
                Kind::Exclusion => {
                    self.of_kind(Kind::Exclusion).filter(same).any(|other| !other.parts.is_disjoint(&fact.parts))
                }
                Kind::Index => self.of_kind(Kind::Index).filter(same).any(|other| other.parts.is_superset(&fact.parts)),
                _ => false,
            }
    }
}

fn facts() -> String {
    let one = |(at, (_, query)): (usize, &(Kind, &str))| {
        let rest = query.strip_prefix("SELECT ").unwrap_or(query);
        format!("SELECT {at}, {rest}").replace("{ours}", OURS)
    };
    FACTS.iter().enumerate().map(one).collect::<Vec<_>>().join("\nUNION ALL ")
}

/// How many rows a role sees of each relation that it can read.
fn counted(client: &mut Client, role: &str, relations: &[String]) -> Result<Vec<(String, i64)>, VerifyError> {
    let rows = |client: &mut Client, some: &[String]| -> Result<Option<Vec<(String, i64)>>, VerifyError> {
        if some.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let count = |relation: &String| format!("(SELECT count(*) FROM {relation})");
        let query = format!("SELECT ARRAY[{}]", some.iter().map(count).collect::<Vec<_>>().join(", "));
        let mut transaction = client.transaction().doing("BEGIN")?;
        let as_reader = format!("SET LOCAL ROLE {role}; SET LOCAL statement_timeout = '10s'");
        transaction.batch_execute(&as_reader).doing("becoming a reader")?;
        match transaction.query_one(&query, &[]) {
            Ok(row) => Ok(Some(some.iter().cloned().zip(row.get::<_, Vec<i64>>(0)).collect())),
            Err(error) if error.is_closed() => Err(error).doing("counting rows"),
            Err(_) => Ok(None), // a view or policy that does not work, an empty materialized view
        }
    };
    if let Some(all) = rows(client, relations)? {
        return Ok(all);
    }
    let mut readable = Vec::new();
    for relation in relations {
        readable.extend(rows(client, std::slice::from_ref(relation))?.into_iter().flatten());
    }
    Ok(readable)
}

impl fmt::Display for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Reader::Plain => "a reader",
            Reader::Secured => "a reader under row security",
        })
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Fact { kind, relation, detail, parts } = self;
        let parts = parts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let partial = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
        match kind {
            Kind::Relation => write!(formatter, "{detail} {relation}"),
            Kind::Column => write!(formatter, "column {relation}.{detail}"),
            Kind::Default => write!(formatter, "the default of {relation}.{detail}"),
            Kind::NotNull => write!(formatter, "NOT NULL of {relation}.{detail}"),
            Kind::PrimaryKey => write!(formatter, "the primary key of {relation}"),
            Kind::Unique => write!(formatter, "unique ({parts}){partial} of {relation}"),
            Kind::Index => write!(formatter, "an index on ({parts}){partial} of {relation}"),
            Kind::ForeignKey => write!(formatter, "the foreign key of {relation} to {detail} ({parts})"),
            Kind::Check => write!(formatter, "{detail} of {relation}"),
            Kind::Exclusion => write!(formatter, "EXCLUDE ({parts}) of {relation}"),
            Kind::RowSecurity => write!(formatter, "row security of {relation}"),
            Kind::Policy => write!(formatter, "policy {detail} on {relation}"),
            Kind::Trigger => write!(formatter, "trigger {detail} on {relation}"),
            Kind::Rule => write!(formatter, "rule {detail} on {relation}"),
            Kind::Function => write!(formatter, "function {relation}"),
            Kind::Type => write!(formatter, "type {relation}"),
            Kind::Label => write!(formatter, "label {detail} of {relation}"),
            Kind::Grant => write!(formatter, "the grant of {detail} on {relation}"),
        }
    }
}
