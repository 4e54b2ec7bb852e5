//! How long a run over a folder takes, by the number of migrations in it: `cargo bench --bench folder`.
//!
//! `all` rewrites every migration, `newest` only the last one: the case of a pull request, where the rest is history.

use std::fs;

use camino::Utf8PathBuf;
use divan::Bencher;
use safestep::pipeline::{Options, Scope, ScopeOptions, resolve, run};
use safestep::project::Config;
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
    Options { config: Config::default(), base }
}
