//! # rename-table
//!
//! `RENAME TO` and `SET SCHEMA` are instant, but the code that is still running asks for the old name and fails from that moment on.
//! Prisma writes a rename as `DROP TABLE` and `CREATE TABLE`: then all rows are lost as well.
//!
//! ## Instead
//!
//! Where only the code is to have another name, change no database: map the new name to the old table in the model (in Prisma
//! `@@map`). Where the table itself is to be renamed, an updatable view takes the old name in the same transaction, and goes after
//! the deploy of the code that uses the new one. A drop and a create are a rename only where you say so: `--rename t=u`, or
//! `[renames]` in safestep.toml; then its keys, indexes and sequences get the names that the new table gives them. In a framework
//! whose later phases cannot wait beside its migrations, safestep reports the rename and passes it through.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
//! -- in a migration:
//! ALTER TABLE t RENAME TO u;
//! -- becomes:
//! BEGIN;
//! ALTER TABLE t RENAME TO u;
//! CREATE VIEW t AS SELECT * FROM u;
//! GRANT … ON t TO …;                          -- who owns u owns t, and who may use u may use t
//! COMMIT;                                     -- what follows waits for the deploy
//! DROP VIEW IF EXISTS t;
//! ```
//!
//! Where a view or another table takes the name in the same transaction it says nothing.
//!
//! ```sql
//! ALTER TABLE t RENAME TO u;
//! CREATE VIEW t AS SELECT * FROM u;
//! -- is left alone
//! ```
//!
//! ## Why it is safe
//!
//! Such a view is the table under another name: what old code reads, inserts, updates and deletes there are the same rows, with the
//! same defaults, keys and triggers. Both change in one transaction, which waits a tenth of a second at most for its lock and tries
//! again. From PostgreSQL 15 on who asks the view asks the table as himself, so that row security stays what it is; before that a
//! table with row security is not renamed in this way.
//!
//! ## Watch
//!
//! Through a view PostgreSQL refuses `COPY … FROM`, `TRUNCATE`, `ON CONFLICT ON CONSTRAINT`, before 17 `MERGE`, and a `GROUP BY` that
//! names the primary key alone. What asks the catalog for the table by its old name (`pg_get_serial_sequence`, a publication's
//! subscriber) finds a view.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE; CREATE VIEW, Updatable Views.

use super::old_name::OldName;
use super::{Applicability, Hazard, Outcome, Severity, Site, table_pair};
use crate::operation::{Item, ObjectKind, ObjectOperation, Operation, TableOperation};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, kind) = match site.operation() {
        Operation::Table(TableOperation::Rename { table, .. }) => (&table.name, ObjectKind::Table),
        Operation::Object(ObjectOperation::SetSchema { kind, name, .. }) => (name, *kind),
        _ => return table_pair::apply(site),
    };
    if kind != ObjectKind::Table || site.schema.is_new(table) || takes_its_name(site.items, site.at).is_some() {
        return None;
    }
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("running code that uses {table} breaks at once"),
        label: "the old name is gone from here on".into(),
        help,
    };
    let left = "left as it is: keep a view under the old name until no running code uses it";
    let Operation::Table(TableOperation::Rename { to, .. }) = site.operation() else {
        return Some(Outcome::reported(hazard(left.into())));
    };
    if !site.settings.has_swaps {
        return Some(Outcome::reported(hazard(left.into())));
    }
    let to = table.sibling(to.clone());
    let name = OldName { name: table, to: &to };
    if let Err(why) = name.refused(site, &[]) {
        return Some(Outcome::reported(hazard(format!("{left}; {why}"))));
    }
    let mut steps = site.steps();
    steps.add(site.pass_through());
    name.keep(&mut steps);
    name.end(&mut steps);
    let help = format!("a view has the old name until no running code uses it: {to} is there at once");
    Some(Outcome { deferral: Some(name.deferral(site)), ..Outcome::rewritten(hazard(help), steps.done()) })
}

/// The later statement of the same transaction that gives the name that a rename frees to a view or to another table: for
/// those who use it the name was never gone. A table that is made there is empty.
pub fn takes_its_name(items: &[Item], rename: usize) -> Option<usize> {
    let Operation::Table(TableOperation::Rename { table, .. }) = &items[rename].operation else { return None };
    let makes = |operation: &Operation| match operation {
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::View, name: Some(name), .. }) => {
            same(name, &table.name)
        }
        Operation::Table(TableOperation::Rename { table: other, to }) => {
            same(&other.name.sibling(to.clone()), &table.name)
        }
        _ => false,
    };
    (rename + 1..items.len())
        .find(|at| makes(&items[*at].operation) && items[*at].shares_transaction_with(&items[rename]))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn another_schema_is_another_name() {
        check(
            "rename-table",
            "
            ALTER TABLE t SET SCHEMA s;
            -- is reported:
            -- danger: running code that uses t breaks at once
            ",
        );
    }

    #[test]
    fn a_drop_and_a_create_are_a_rename_where_somebody_says_so() {
        check(
            "rename-table",
            "
            -- in safestep.toml: renames.t = \"u\"
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (id serial, p int NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id));
            CREATE INDEX t_p_idx ON t (p);
            ALTER TABLE t ADD CONSTRAINT t_p_fkey FOREIGN KEY (p) REFERENCES p (id);
            CREATE TABLE c (t int);
            ALTER TABLE c ADD CONSTRAINT c_t_fkey FOREIGN KEY (t) REFERENCES t (id);
            -- in a migration:
            ALTER TABLE c DROP CONSTRAINT c_t_fkey;
            ALTER TABLE t DROP CONSTRAINT t_p_fkey;
            DROP TABLE t;
            CREATE TABLE u (id serial, p int NOT NULL, CONSTRAINT u_pkey PRIMARY KEY (id));
            CREATE INDEX u_p_idx ON u (p);
            ALTER TABLE u ADD CONSTRAINT u_p_fkey FOREIGN KEY (p) REFERENCES p (id);
            ALTER TABLE c ADD CONSTRAINT c_t_fkey FOREIGN KEY (t) REFERENCES u (id);
            -- becomes:
            BEGIN;
            ALTER TABLE t RENAME TO u;
            ALTER TABLE u RENAME CONSTRAINT t_pkey TO u_pkey;
            ALTER TABLE u RENAME CONSTRAINT t_p_fkey TO u_p_fkey;
            ALTER INDEX t_p_idx RENAME TO u_p_idx;
            ALTER SEQUENCE t_id_seq RENAME TO u_id_seq;
            CREATE VIEW t AS SELECT * FROM u;
            GRANT … ON t TO …;
            COMMIT;
            DROP VIEW IF EXISTS t;
            ",
        );
    }

    #[test]
    fn what_else_changes_is_a_migration_of_its_own() {
        for new in [
            "CREATE TABLE u (id int PRIMARY KEY, a text);",
            "CREATE TABLE u (id int PRIMARY KEY, b int);",
            "CREATE TABLE u (id int PRIMARY KEY, a int); CREATE INDEX u_a_idx ON u (a);",
            "CREATE TABLE u (id int PRIMARY KEY, a int); INSERT INTO u SELECT * FROM t;",
        ] {
            check(
                "rename-table",
                &format!(
                    "
                    -- in safestep.toml: renames.t = \"u\"
                    -- in a project whose phases can wait
                    CREATE TABLE t (id int PRIMARY KEY, a int);
                    -- in a migration:
                    {new}
                    DROP TABLE t;
                    -- is reported:
                    -- danger: the rows of t are lost, and running code that uses it breaks
                    "
                ),
            );
        }
    }

    #[test]
    fn a_key_that_does_not_come_again_goes_by_itself() {
        check(
            "rename-table",
            "
            -- in safestep.toml: renames.t = \"u\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY);
            CREATE TABLE c (t int);
            ALTER TABLE c ADD CONSTRAINT c_t_fkey FOREIGN KEY (t) REFERENCES t (id);
            -- in a migration:
            ALTER TABLE c DROP CONSTRAINT c_t_fkey;
            DROP TABLE t;
            CREATE TABLE u (id int PRIMARY KEY);
            -- becomes:
            ALTER TABLE c DROP CONSTRAINT c_t_fkey;
            BEGIN;
            ALTER TABLE t RENAME TO u;
            ALTER TABLE u RENAME CONSTRAINT t_pkey TO u_pkey;
            CREATE VIEW t AS SELECT * FROM u;
            GRANT … ON t TO …;
            COMMIT;
            DROP VIEW IF EXISTS t;
            ",
        );
    }

    #[test]
    fn a_view_would_pass_by_row_security() {
        check(
            "rename-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            -- in a migration:
            ALTER TABLE t RENAME TO u;
            -- is reported:
            -- danger: running code that uses t breaks at once
            ",
        );
    }

    #[test]
    fn the_name_may_go_to_something_else() {
        check(
            "rename-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int);
            -- in a migration:
            ALTER TABLE t RENAME TO u;
            CREATE TABLE t (b int);
            -- is reported:
            -- danger: running code that uses t breaks at once
            ",
        );
    }

    #[test]
    fn a_new_table_is_known_to_nobody() {
        check(
            "rename-table",
            "
            CREATE TABLE t (a int);
            ALTER TABLE t RENAME TO u;
            -- is left alone
            ",
        );
    }
}
