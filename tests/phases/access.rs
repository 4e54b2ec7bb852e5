//! Who may do what with a table that is renamed may do it with the view that has its old name.

use anyhow::{Result, ensure};

use crate::bench::prisma::{Project, Sample};
use crate::bench::server::{Database, Server};
use crate::succeeds;

/// Some role of every server that is no superuser and owns nothing.
const ROLE: &str = "pg_monitor";

/// The first phase of a renamed table.
fn first_phase() -> Result<String> {
    let project = Project::naive(&Sample::declared("rename_table_by_hand"))?;
    succeeds(project.safestep(&["rewrite", "--write", "--all"])?)?;
    let files = project.sequence()?;
    let rename = files.values().find(|sql| sql.contains("RENAME TO \"Article\""));
    Ok(rename.cloned().unwrap_or_default())
}

fn before(server: &Server) -> Result<Database> {
    Sample::declared("rename_table_by_hand").history_with_rows(server, 5)
}

#[test]
fn the_view_has_the_tables_owner_and_privileges() -> Result<()> {
    let sql = first_phase()?;
    for major in [12, 15, 18] {
        let database = before(&Server::of(major)?)?;
        let mut client = database.connect()?;
        client.batch_execute(&format!(
            r#"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_read_all_stats;
               ALTER TABLE "Post" OWNER TO pg_signal_backend;
               GRANT CREATE ON SCHEMA public TO pg_signal_backend;
               GRANT INSERT, UPDATE ON "Post" TO {ROLE} WITH GRANT OPTION;
               GRANT SELECT ("id") ON "Post" TO {ROLE};
               GRANT DELETE ON "Post" TO PUBLIC"#
        ))?;
        client.batch_execute(&sql)?;
        let row = client.query_one(
            &format!(
                r#"SELECT has_table_privilege('{ROLE}', '"Post"', 'INSERT WITH GRANT OPTION'), has_table_privilege('{ROLE}', '"Post"', 'SELECT'),
                     has_column_privilege('{ROLE}', '"Post"', 'id', 'SELECT'), has_table_privilege('pg_read_all_stats', '"Post"', 'DELETE'),
                     has_table_privilege('pg_read_all_stats', '"Post"', 'SELECT'), relowner::regrole::text FROM pg_class WHERE oid = '"Post"'::regclass"#
            ),
            &[],
        )?;
        let may: Vec<bool> = (0..5).map(|at| row.get(at)).collect();
        ensure!(may == [true, false, true, true, false], "PostgreSQL {major}: {may:?}");
        ensure!(row.get::<_, String>(5) == "pg_signal_backend", "PostgreSQL {major}: the owner");
    }
    Ok(())
}

#[test]
fn row_security_goes_by_who_asks_or_keeps_the_name() -> Result<()> {
    let sql = first_phase()?;
    let policy = format!(
        r#"ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON "Post" USING ("id" = 1); GRANT SELECT ON "Post" TO {ROLE};
           GRANT USAGE ON SCHEMA public TO {ROLE}"#
    );
    for major in [15, 18] {
        let database = before(&Server::of(major)?)?;
        let mut client = database.connect()?;
        client.batch_execute(&policy)?;
        client.batch_execute(&sql)?;
        client.batch_execute(&format!("SET ROLE {ROLE}"))?;
        let seen: i64 = client.query_one(r#"SELECT count(*) FROM "Post""#, &[])?.get(0);
        ensure!(seen == 1, "PostgreSQL {major}: {seen} rows");
    }
    let database = before(&Server::of(12)?)?;
    let mut client = database.connect()?;
    client.batch_execute(&policy)?;
    let refused = client.batch_execute(&sql).map_err(|error| safestep::verify::message_of(&error));
    ensure!(refused.as_ref().is_err_and(|why| why.contains("has row security")), "{refused:?}");
    let kind: i8 = client.query_one(r#"SELECT relkind FROM pg_class WHERE oid = '"Post"'::regclass"#, &[])?.get(0);
    ensure!(kind == i8::try_from(b'r')?, "the table is there as before");
    Ok(())
}
