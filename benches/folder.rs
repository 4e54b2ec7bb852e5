//! How long a run over a folder takes, by the number of migrations in it: `cargo bench --bench folder`.
//!
//! `all` rewrites every migration, `newest` only the last one: the case of a pull request, where the rest is history.

mod frameworks;

use std::fs;

use camino::Utf8PathBuf;
use divan::Bencher;
use safestep::pipeline::{Options, Scope, ScopeOptions, resolve, run};
use safestep::project::{Baseline, Config};
use tempfile::TempDir;

const SIZES: [usize; 2] = [1_000, 10_000];

fn main() {
    divan::main();
}

/// A folder of migrations such as a project gathers over the years: one in ten makes a table, the others change one.
fn folder(count: usize) -> (TempDir, Scope) {
    let temporary = TempDir::with_prefix("safestep-bench-").expect("a temporary folder");
    let root = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("its name is UTF-8");
    let migrations = root.join("prisma/migrations");
    fs::create_dir_all(&migrations).expect("prisma/migrations");
    fs::write(migrations.join("migration_lock.toml"), "provider = \"postgresql\"\n").expect("migration_lock.toml");
    for at in 0..count {
        let folder = migrations.join(format!("{:014}_change", 20_200_101_000_000_u64 + at as u64));
        fs::create_dir(&folder).expect("a migration's folder");
        fs::write(folder.join("migration.sql"), migration(at)).expect("migration.sql");
    }
    let options = ScopeOptions { all: true, ..ScopeOptions::default() };
    let scope = resolve(&migrations, &options).expect("the migrations are found");
    assert_eq!(scope.history.len(), count);
    (temporary, scope)
}

fn migration(at: usize) -> String {
    let table = format!("Table{}", at / 10);
    let made = |column: String| format!("-- AlterTable\nALTER TABLE \"{table}\" ADD COLUMN     {column};\n");
    match at % 10 {
        0 => format!(
            "-- CreateTable\nCREATE TABLE \"{table}\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT,\n    \"email\" TEXT NOT NULL,\n    \
             \"userId\" INTEGER,\n    \"createdAt\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n\n    \
             CONSTRAINT \"{table}_pkey\" PRIMARY KEY (\"id\")\n);\n"
        ),
        1 => format!("-- CreateIndex\nCREATE UNIQUE INDEX \"{table}_email_key\" ON \"{table}\"(\"email\");\n"),
        2 => format!("-- CreateIndex\nCREATE INDEX \"{table}_userId_idx\" ON \"{table}\"(\"userId\");\n"),
        3 => format!(
            "-- AddForeignKey\nALTER TABLE \"{table}\" ADD CONSTRAINT \"{table}_userId_fkey\" FOREIGN KEY (\"userId\") \
             REFERENCES \"Table0\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;\n"
        ),
        4 => format!("-- AlterTable\nALTER TABLE \"{table}\" ALTER COLUMN \"name\" SET NOT NULL;\n"),
        5 => made("\"token\" UUID NOT NULL DEFAULT gen_random_uuid()".to_owned()),
        6 => format!("-- AlterTable\nALTER TABLE \"{table}\" ALTER COLUMN \"userId\" SET DATA TYPE BIGINT;\n"),
        _ => made(format!("\"note{at}\" TEXT")),
    }
}

/// A Drizzle folder with a snapshot of 100 tables (300 kB) beside each migration, as big projects have them.
fn with_snapshots(count: usize) -> (TempDir, Scope) {
    let temporary = TempDir::with_prefix("safestep-bench-").expect("a temporary folder");
    let root = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("its name is UTF-8");
    fs::create_dir_all(root.join("meta")).expect("meta");
    let (create, tables): (Vec<String>, Vec<String>) = (0..100).map(table).unzip();
    let tables = tables.join(",");
    let mut entries = Vec::new();
    for at in 0..count {
        let tag = format!("{at:04}_change");
        let sql = match at {
            0 => create.join("--> statement-breakpoint\n"),
            _ => format!("ALTER TABLE \"t{}\" ALTER COLUMN \"c{}\" SET NOT NULL;", at % 100, at / 100 % 20),
        };
        fs::write(root.join(format!("{tag}.sql")), sql).expect("a migration");
        let snapshot = format!(
            "{{\"id\": \"{at}\", \"prevId\": \"{}\", \"version\": \"7\", \"dialect\": \"postgresql\", \"tables\": {{{tables}}}, \
             \"enums\": {{}}}}",
            at as i64 - 1
        );
        fs::write(root.join(format!("meta/{at:04}_snapshot.json")), snapshot).expect("a snapshot");
        entries.push(format!("{{\"idx\": {at}, \"when\": {}, \"tag\": \"{tag}\"}}", at * 100_000));
    }
    let journal = format!("{{\"version\": \"7\", \"dialect\": \"postgresql\", \"entries\": [{}]}}", entries.join(","));
    fs::write(root.join("meta/_journal.json"), journal).expect("the journal");
    let scope = resolve(&root, &ScopeOptions { all: true, ..ScopeOptions::default() }).expect("a Drizzle folder");
    assert_eq!((scope.framework.name, scope.history.len()), ("drizzle", count));
    (temporary, scope)
}

/// A table as its statement and as a snapshot has it.
fn table(number: usize) -> (String, String) {
    let name = format!("t{number}");
    let columns: Vec<String> = (0..20).map(|column| format!("\"c{column}\" text")).collect();
    let column = |column: usize| {
        format!(
            "\"c{column}\": {{\n          \"name\": \"c{column}\",\n          \"type\": \"text\",\n          \
             \"primaryKey\": false,\n          \"notNull\": false\n        }}"
        )
    };
    let described: Vec<String> = (0..20).map(column).collect();
    (
        format!("CREATE TABLE \"{name}\" ({});", columns.join(", ")),
        format!(
            "\"public.{name}\": {{\"name\": \"{name}\", \"schema\": \"\", \"columns\": {{{}}}, \"indexes\": {{}}, \
             \"foreignKeys\": {{}}, \"compositePrimaryKeys\": {{}}, \"uniqueConstraints\": {{}}}}",
            described.join(",\n        ")
        ),
    )
}

#[divan::bench(args = [300], sample_count = 5, sample_size = 1)]
fn all_with_snapshots(bencher: Bencher, count: usize) {
    let (folder, scope) = with_snapshots(count);
    let options = options(&folder);
    bencher.bench_local(|| run(scope.framework, &scope.history, &|_| true, &options, &|_, _| {}));
}

#[divan::bench(args = [300], sample_count = 5, sample_size = 1)]
fn newest_with_snapshots(bencher: Bencher, count: usize) {
    let (folder, scope) = with_snapshots(count);
    let options = options(&folder);
    let newest = scope.history.last().expect("the folder is not empty").file.clone();
    let once = || run(scope.framework, &scope.history, &|found| found.file == newest, &options, &|_, _| {});
    let said = once().outcomes.remove(0).report.notes.join("\n");
    assert!(said.contains("NOT NULL here"), "the snapshot is not read: {said}");
    bencher.bench_local(once);
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn all(bencher: Bencher, count: usize) {
    let (folder, scope) = folder(count);
    let options = options(&folder);
    bencher.bench_local(|| run(scope.framework, &scope.history, &|_| true, &options, &|_, _| {}));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn newest(bencher: Bencher, count: usize) {
    let (folder, scope) = folder(count);
    let options = options(&folder);
    let newest = scope.history.last().expect("the folder is not empty").file.clone();
    bencher.bench_local(|| run(scope.framework, &scope.history, &|found| found.file == newest, &options, &|_, _| {}));
}

fn options(folder: &TempDir) -> Options {
    let base = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("its name is UTF-8");
    Options { config: Config::default(), base, baseline: Baseline::default() }
}
