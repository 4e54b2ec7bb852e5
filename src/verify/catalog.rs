//! What a database holds, object by object, and how two databases differ. The order of columns does not count.

use std::collections::BTreeMap;

use postgres::Client;

use super::ledgers::Ledgers;
use super::{Doing, VerifyError};

/// Every object by its name, with its definition in words that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog(BTreeMap<String, String>);

/// An object that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `column "User"."name"`.
    pub object: String,
    /// Its definition as the naive migration leaves it; `None` when it is not there.
    pub expected: Option<String>,
    /// Its definition on the other side.
    pub found: Option<String>,
}

/// Leaves out the system's own objects, what belongs to an extension, and temporary ones. `$n` is the alias of
/// `pg_namespace`, `$o` the object's id, `$c` its catalog.
const OURS: &str = "$n.nspname <> 'information_schema' AND $n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '$c'::regclass AND e.objid = $o AND e.deptype = 'e')";

/// One query for each kind of object: its name, its definition. Queries that an older server does not know name the
/// oldest that does.
const KINDS: [(u32, &str); 22] = [
    (0, "SELECT format('schema %I', n.nspname), coalesce(array_to_string(n.nspacl, ', '), '')
         FROM pg_namespace n WHERE {n.oid, pg_namespace}"),
    (0, "SELECT format('extension %I', extname), extversion FROM pg_extension"),
    (0, "SELECT format('%s %s', CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END, c.oid::regclass),
           concat_ws('; ', CASE c.relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END,
             'persistence ' || c.relpersistence::text, array_to_string(c.reloptions, ', '),
             pg_get_expr(c.relpartbound, c.oid),
             (SELECT 'INHERITS ' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
             CASE WHEN c.relrowsecurity THEN 'row security' END, CASE WHEN c.relforcerowsecurity THEN 'forced' END,
             'replica identity ' || c.relreplident::text, 'grants ' || nullif(array_to_string(c.relacl, ', '), ''),
             CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {c.oid, pg_class}"),
    (0, "SELECT format('column %s.%I', c.oid::regclass, a.attname),
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
             CASE WHEN a.attgenerated <> '' THEN 'GENERATED (' || a.attgenerated::text || ')' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
             CASE WHEN a.attidentity <> '' THEN 'IDENTITY ' || a.attidentity::text END,
             CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || (SELECT format('%I.%I', l.collnamespace::regnamespace, l.collname) FROM pg_collation l WHERE l.oid = a.attcollation) END,
             CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || a.attstorage::text END,
             CASE WHEN coalesce(a.attstattarget, -1) <> -1 THEN 'STATISTICS ' || a.attstattarget END,
             array_to_string(a.attoptions, ', '), 'grants ' || nullif(array_to_string(a.attacl, ', '), ''))
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND {c.oid, pg_class}"),
    (14, "SELECT format('compression %s.%I', c.oid::regclass, a.attname), a.attcompression::text
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND a.attcompression <> '' AND {c.oid, pg_class}"),
    (0, "SELECT format('constraint %I on %s', o.conname, CASE WHEN o.conrelid <> 0 THEN o.conrelid::regclass::text ELSE o.contypid::regtype::text END),
           concat_ws('; ', pg_get_constraintdef(o.oid), CASE WHEN NOT o.convalidated THEN 'not validated' END, CASE WHEN o.connoinherit THEN 'no inherit' END)
         FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE o.contype <> 't' AND {o.oid, pg_constraint}"),
    (0, "SELECT format('index %s', i.indexrelid::regclass),
           concat_ws('; ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'INVALID' END, CASE WHEN NOT i.indisready THEN 'not ready' END,
             CASE WHEN i.indisreplident THEN 'replica identity' END, CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN NOT i.indimmediate THEN 'deferred' END)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {c.oid, pg_class}"),
    (0, "SELECT format('enum %s', t.oid::regtype), string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {t.oid, pg_type} GROUP BY t.oid"),
    (0, "SELECT format('domain %s', t.oid::regtype), concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || t.typdefault)
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {t.oid, pg_type}"),
    (0, "SELECT format('type %s', t.oid::regtype), concat_ws(' ', t.typtype::text, array_to_string(t.typacl, ', '))
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
         WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND {t.oid, pg_type}"),
    (0, "SELECT format('sequence %s', c.oid::regclass),
           concat_ws(' ', format_type(s.seqtypid, NULL), 'START', s.seqstart, 'BY', s.seqincrement, 'MIN', s.seqmin, 'MAX', s.seqmax, 'CACHE', s.seqcache,
             CASE WHEN s.seqcycle THEN 'CYCLE' END,
             (SELECT 'OWNED BY ' || d.refobjid::regclass || '.' || a.attname FROM pg_depend d
              JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
             array_to_string(c.relacl, ', '))
         FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {c.oid, pg_class}"),
    (0, "SELECT format('function %s', p.oid::regprocedure), concat_ws('; ', pg_get_functiondef(p.oid), array_to_string(p.proacl, ', '))
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p', 'w') AND {p.oid, pg_proc}"),
    (0, "SELECT format('aggregate %s', p.oid::regprocedure), a::text
         FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {p.oid, pg_proc}"),
    (0, "SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass), concat_ws('; ', pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::text)
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {c.oid, pg_class}"),
    (0, "SELECT format('policy %I on %I.%I', p.policyname, p.schemaname, p.tablename),
           concat_ws('; ', p.permissive, p.cmd, array_to_string(p.roles, ', '), 'USING ' || p.qual, 'CHECK ' || p.with_check) FROM pg_policies p"),
    (0, "SELECT format('rule %I on %s', r.rulename, r.ev_class::regclass), pg_get_ruledef(r.oid)
         FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND {c.oid, pg_class}"),
    (0, "SELECT format('statistics %I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
         FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {s.oid, pg_statistic_ext}"),
    (0, "SELECT format('comment on %s', pg_describe_object(d.classoid, d.objoid, d.objsubid)), d.description
         FROM pg_description d WHERE d.objoid >= 16384
         AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')"),
    (0, "SELECT format('publication %I', p.pubname), concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
           (SELECT string_agg(prrelid::regclass::text, ', ' ORDER BY prrelid::regclass::text) FROM pg_publication_rel WHERE prpubid = p.oid)) FROM pg_publication p"),
    (0, "SELECT format('event trigger %I', evtname), concat_ws(' ', evtevent, evtenabled, evtfoid::regprocedure, array_to_string(evttags, ', ')) FROM pg_event_trigger"),
    (0, "SELECT format('default privileges of %s in %s for %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype), array_to_string(defaclacl, ', ') FROM pg_default_acl"),
    (0, "SELECT format('cast %s as %s', c.castsource::regtype, c.casttarget::regtype), concat_ws(' ', c.castcontext, c.castmethod, c.castfunc::regproc) FROM pg_cast c WHERE c.oid >= 16384
         AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_cast'::regclass AND e.objid = c.oid AND e.deptype = 'e')"),
];

impl Catalog {
    /// Reads a database of a server of that major version. Tables named in `ledgers`, and what hangs on them, are left
    /// out: a framework keeps its own books there.
    ///
    /// # Errors
    /// [`VerifyError::Sql`] when the server goes away.
    pub fn read(client: &mut Client, major: u32, ledgers: &[&str]) -> Result<Catalog, VerifyError> {
        // names without their schema would depend on the search path
        client.batch_execute("SET search_path = ''").doing("reading the catalog")?;
        let ledgers = Ledgers::read(client, ledgers)?;
        let mut objects = BTreeMap::new();
        for (_, query) in KINDS.iter().filter(|(oldest, _)| major >= *oldest) {
            for row in client.query(&with_filter(query), &[]).doing("reading the catalog")? {
                let (name, definition): (String, Option<String>) = (row.get(0), row.get(1));
                if !ledgers.has_object(&name) {
                    objects.insert(name, definition.unwrap_or_default());
                }
            }
        }
        client.batch_execute("RESET search_path").doing("reading the catalog")?;
        Ok(Catalog(objects))
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is no object.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs, by name.
    pub fn differences(&self, found: &Catalog) -> Vec<Difference> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(found.0.keys()).collect();
        let differs = |name: &&&String| self.0.get(**name) != found.0.get(**name);
        let difference = |name: &String| Difference {
            object: name.clone(),
            expected: self.0.get(name).cloned(),
            found: found.0.get(name).cloned(),
        };
        names.iter().filter(differs).map(|name| difference(name)).collect()
    }

    /// The same in words, a few lines for each.
    pub fn differences_in_words(&self, found: &Catalog) -> Vec<String> {
        let line = |difference: Difference| {
            let side = |text: Option<String>| text.unwrap_or_else(|| "(not there)".to_owned());
            format!("{} differs\n  - {}\n  + {}", difference.object, side(difference.expected), side(difference.found))
        };
        self.differences(found).into_iter().map(line).collect()
    }
}

/// Puts the filter in where a query has `{object id, catalog}`.
fn with_filter(query: &str) -> String {
    let Some((before, rest)) = query.split_once('{') else { return query.to_owned() };
    let Some((inside, after)) = rest.split_once('}') else { return query.to_owned() };
    let (object, catalog) = inside.split_once(", ").unwrap_or((inside, "pg_class"));
    let filter = OURS.replace("$n", "n").replace("$o", object).replace("$c", catalog);
    format!("{before}{filter}{after}")
}
