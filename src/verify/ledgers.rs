//! The tables in which a framework writes down what it has run: they are neither filled nor compared.

use postgres::Client;

use super::{Doing, VerifyError};

/// The tables of these names, with their indexes and sequences, as `regclass` says them.
const RELATIONS: &str = "
    SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relname = ANY ($1)
    UNION ALL SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = ANY ($1)
    UNION ALL SELECT s.oid::regclass::text FROM pg_depend d JOIN pg_class s ON s.oid = d.objid JOIN pg_class c ON c.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND s.relkind = 'S' AND c.relname = ANY ($1)";

/// What there is of a framework's ledgers in a database.
pub(super) struct Ledgers(Vec<String>);

impl Ledgers {
    /// Those of tables with these names, in a session whose search path is empty.
    pub(super) fn read(client: &mut Client, tables: &[&str]) -> Result<Ledgers, VerifyError> {
        let rows = client.query(RELATIONS, &[&tables]).doing("reading the ledger's tables")?;
        Ok(Ledgers(rows.iter().map(|row| row.get(0)).collect()))
    }

    /// One of their relations.
    pub(super) fn has(&self, relation: &str) -> bool {
        self.0.iter().any(|own| own == relation)
    }

    /// An object that is one of their relations, or on one: `column public.runs.at`, `constraint runs_pkc on public.runs`.
    pub(super) fn has_object(&self, object: &str) -> bool {
        let is_of = |rest: &str| rest.is_empty() || rest.starts_with('.');
        self.0
            .iter()
            .any(|own| object.rsplit_once(own.as_str()).is_some_and(|(kind, rest)| kind.ends_with(' ') && is_of(rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::Ledgers;

    #[test]
    fn what_has_its_name_in_its_own_is_no_ledger() {
        let ledgers = Ledgers(vec!["public.runs".into(), "public.runs_pkc".into()]);
        for object in [
            "table public.runs",
            "column public.runs.version_num",
            "constraint runs_pkc on public.runs",
            "index public.runs_pkc",
            "comment on table public.runs",
        ] {
            assert!(ledgers.has_object(object), "{object}");
        }
        for object in
            ["table public.test_runs", "table public.runs_of_tests", "column public.t.runs", "index public.runs_at"]
        {
            assert!(!ledgers.has_object(object), "{object}");
        }
    }
}
