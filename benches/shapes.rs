//! How long a run takes by the shape of what it reads: `cargo bench --bench shapes`, or `… -- growing` for one of them.
//!
//! The growing schema has 100,000 migrations too when `SAFESTEP_BENCH_HUGE` is set.

use std::fs;

use camino::Utf8PathBuf;
use divan::Bencher;
use safestep::pipeline::{Options, Scope, ScopeOptions, Wanted, each, resolve, run};
use safestep::project::{Baseline, Config};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// A Prisma folder with these migrations.
struct Folder {
    _temporary: TempDir,
    scope: Scope,
    options: Options,
}

impl Folder {
    fn new(migrations: impl Iterator<Item = String>) -> Folder {
        let temporary = TempDir::with_prefix("safestep-bench-").expect("a temporary folder");
        let base = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("its name is UTF-8");
        let folder = base.join("prisma/migrations");
        fs::create_dir_all(&folder).expect("prisma/migrations");
        fs::write(folder.join("migration_lock.toml"), "provider = \"postgresql\"\n").expect("migration_lock.toml");
        for (at, text) in migrations.enumerate() {
            let migration = folder.join(format!("{:014}_change", 20_200_101_000_000_u64 + at as u64));
            fs::create_dir(&migration).expect("a migration's folder");
            fs::write(migration.join("migration.sql"), text).expect("migration.sql");
        }
        let scope = resolve(&folder, &ScopeOptions { all: true, ..ScopeOptions::default() }).expect("the migrations");
        Folder {
            _temporary: temporary,
            scope,
            options: Options { config: Config::default(), base, baseline: Baseline::default() },
        }
    }

    /// What `safestep check` does, without the printing.
    fn check(&self) -> usize {
        let (mut hazards, scope) = (0, &self.scope);
        let mut take = |outcome: safestep::pipeline::Outcome| hazards += outcome.report.hazards.len();
        let wanted = Wanted::Hazards;
        each(scope.framework, &scope.history, &|_| true, &self.options, wanted, &|_, _| {}, &mut take);
        hazards
    }

    /// What `safestep rewrite` does, without the printing.
    fn rewrite(&self) -> usize {
        let scope = &self.scope;
        run(scope.framework, &scope.history, &|_| true, &self.options, &|_, _| {}).changes().len()
    }
}

/// A schema that grows by a table of twenty columns every two migrations.
fn growing_schema(count: usize) -> Folder {
    Folder::new((0..count).map(|at| if at % 2 == 0 { new_table(at / 2) } else { change(at / 2) }))
}

fn new_table(number: usize) -> String {
    let types = ["TEXT NOT NULL", "INTEGER", "TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP", "DECIMAL(10,2)", "TEXT[]"];
    let columns: String = (0..18).map(|at| format!("    \"field{at}\" {},\n", types[at % types.len()])).collect();
    format!(
        "-- CreateTable\nCREATE TABLE \"Table{number}\" (\n    \"id\" SERIAL NOT NULL,\n    \"parentId\" INTEGER,\n{columns}\n    \
         CONSTRAINT \"Table{number}_pkey\" PRIMARY KEY (\"id\")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \
         \"Table{number}_field0_key\" ON \"Table{number}\"(\"field0\");\n\n-- CreateIndex\nCREATE INDEX \
         \"Table{number}_field1_idx\" ON \"Table{number}\"(\"field1\");\n"
    )
}

fn change(number: usize) -> String {
    let parent = number.saturating_sub(1);
    format!(
        "-- DropIndex\nDROP INDEX \"Table{number}_field1_idx\";\n\n-- AlterTable\nALTER TABLE \"Table{number}\" ALTER COLUMN \
         \"field1\" SET NOT NULL;\n\n-- AddForeignKey\nALTER TABLE \"Table{number}\" ADD CONSTRAINT \
         \"Table{number}_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"Table{parent}\"(\"id\") ON DELETE SET NULL ON \
         UPDATE CASCADE;\n"
    )
}

/// The samples of the tests, over and over.
fn repeated_samples(count: usize) -> Folder {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut paths = Vec::new();
    let mut folders = vec![Utf8PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().expect("the samples") {
            let path = entry.expect("a sample").path().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name() == Some("migration.sql") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    assert!(!paths.is_empty(), "no samples in {folder}");
    let texts: Vec<String> = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    Folder::new(texts.into_iter().cycle().take(count))
}

/// A table, and a migration that changes it by many statements.
fn one_migration(statements: impl Iterator<Item = String>) -> Folder {
    Folder::new([new_table(0) + &new_table(1), statements.collect()].into_iter())
}

fn sizes() -> Vec<usize> {
    let huge = std::env::var_os("SAFESTEP_BENCH_HUGE").map(|_| 100_000);
    [200, 1_000, 10_000].into_iter().chain(huge).collect()
}

#[divan::bench(args = sizes(), sample_count = 5, sample_size = 1)]
fn growing(bencher: Bencher, count: usize) {
    let folder = growing_schema(count);
    assert!(folder.check() >= count, "each change has two hazards and more");
    bencher.bench_local(|| folder.check());
}

#[divan::bench(args = [200, 1_000, 10_000], sample_count = 5, sample_size = 1)]
fn samples(bencher: Bencher, count: usize) {
    let folder = repeated_samples(count);
    bencher.bench_local(|| folder.check());
}

#[divan::bench(args = [100, 400, 1_600], sample_count = 5, sample_size = 1)]
fn foreign_keys_on_one_column(bencher: Bencher, count: usize) {
    let key = |at| {
        format!(
            "ALTER TABLE \"Table0\" ADD CONSTRAINT \"key{at}\" FOREIGN KEY (\"parentId\") REFERENCES \"Table1\"(\"id\");\n"
        )
    };
    let folder = one_migration((0..count).map(key));
    bencher.bench_local(|| folder.rewrite());
}

#[divan::bench(args = [300, 3_000], sample_count = 5, sample_size = 1)]
fn indexes(bencher: Bencher, count: usize) {
    let index = |at| format!("CREATE INDEX \"index{at}\" ON \"Table{}\"(\"field{}\");\n", at % 2, at % 18);
    let folder = one_migration((0..count).map(index));
    bencher.bench_local(|| folder.rewrite());
}

#[divan::bench(args = [300, 3_000, 12_000], sample_count = 5, sample_size = 1)]
fn unique_indexes(bencher: Bencher, count: usize) {
    let index = |at| format!("CREATE UNIQUE INDEX \"index{at}\" ON \"Table{}\"(\"field{}\");\n", at % 2, at % 18);
    let folder = one_migration((0..count).map(index));
    bencher.bench_local(|| folder.rewrite());
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn columns(bencher: Bencher, count: usize) {
    let column = |at| format!("ALTER TABLE \"Table0\" ADD COLUMN \"new{at}\" TEXT;\n");
    let folder = one_migration((0..count).map(column));
    bencher.bench_local(|| folder.rewrite());
}

/// A statement about a table, by the table's name and the statement's number.
type Statement = fn(&str, usize) -> String;

/// What one statement of a long migration does, on one table or each on a table of its own.
const SHAPES: [(&str, Statement); 22] = [
    ("add column", |t, at| format!("ALTER TABLE {t} ADD COLUMN \"new{at}\" TEXT;\n")),
    ("add required column", |t, at| {
        format!("ALTER TABLE {t} ADD COLUMN \"new{at}\" UUID NOT NULL DEFAULT gen_random_uuid();\n")
    }),
    ("drop column", |t, at| format!("ALTER TABLE {t} DROP COLUMN \"field{at}\";\n")),
    ("set default", |t, at| format!("ALTER TABLE {t} ALTER COLUMN \"field{at}\" SET DEFAULT '1';\n")),
    ("set not null", |t, at| format!("ALTER TABLE {t} ALTER COLUMN \"field{at}\" SET NOT NULL;\n")),
    ("create index", |t, at| format!("CREATE INDEX \"index{at}\" ON {t}(\"field{at}\");\n")),
    ("create unique index", |t, at| format!("CREATE UNIQUE INDEX \"index{at}\" ON {t}(\"field{at}\");\n")),
    ("add foreign key", |t, at| {
        format!(
            "ALTER TABLE {t} ADD CONSTRAINT \"key{at}\" FOREIGN KEY (\"field{at}\") REFERENCES \"Table0\"(\"id\");\n"
        )
    }),
    ("add check", |t, at| format!("ALTER TABLE {t} ADD CONSTRAINT \"check{at}\" CHECK (\"field{at}\" <> '');\n")),
    ("rename column", |t, at| format!("ALTER TABLE {t} RENAME COLUMN \"field{at}\" TO \"named{at}\";\n")),
    ("update", |t, at| format!("UPDATE {t} SET \"field{at}\" = NULL WHERE \"id\" > {at};\n")),
    ("insert", |t, at| format!("INSERT INTO {t} (\"field{at}\") VALUES ('{at}');\n")),
    ("create table", |_, at| format!("CREATE TABLE \"New{at}\" (\"id\" SERIAL PRIMARY KEY, \"name\" TEXT);\n")),
    ("create view", |t, at| format!("CREATE VIEW \"view{at}\" AS SELECT \"id\", \"field{at}\" FROM {t};\n")),
    ("add value", |_, at| format!("ALTER TYPE \"Mood\" ADD VALUE 'label{at}';\n")),
    ("drop index", |_, at| format!("DROP INDEX \"old{at}\";\n")),
    ("one after the other", |t, at| SHAPES[at % 16].1(t, at)),
    ("replace index", |t, at| format!("DROP INDEX \"old{at}\";\nCREATE INDEX \"index{at}\" ON {t}(\"field{at}\");\n")),
    ("replace unique index", |t, at| {
        format!("DROP INDEX \"old{at}\";\nCREATE UNIQUE INDEX \"index{at}\" ON {t}(\"field{at}\");\n")
    }),
    ("replace foreign key", |t, at| {
        format!(
            "ALTER TABLE {t} DROP CONSTRAINT \"old{at}\";\nALTER TABLE {t} ADD CONSTRAINT \"old{at}\" FOREIGN KEY \
             (\"field{at}\") REFERENCES \"Table0\"(\"id\") ON DELETE CASCADE;\n"
        )
    }),
    ("fill and require", |t, at| {
        format!(
            "UPDATE {t} SET \"field{at}\" = lower(\"field{at}\");\nALTER TABLE {t} ALTER COLUMN \"field{at}\" SET NOT NULL;\n"
        )
    }),
    ("delete and make unique", |t, at| {
        format!(
            "DELETE FROM {t} WHERE \"field{at}\" IS NULL;\nCREATE UNIQUE INDEX \"index{at}\" ON {t}(\"field{at}\");\n"
        )
    }),
];

/// A migration of so many statements of one shape, behind one that makes what they are about.
fn statements(shape: &str, tables: usize, count: usize) -> Folder {
    let (_, statement) = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape of the list");
    let table = |at: usize| format!("\"Wide{}\"", at % tables);
    let columns = |number: usize| -> String {
        (0..count).filter(|at| at % tables == number).map(|at| format!(", \"field{at}\" TEXT")).collect()
    };
    let made =
        |number: usize| format!("CREATE TABLE {} (\"id\" SERIAL PRIMARY KEY{});\n", table(number), columns(number));
    let old = |at: usize| {
        let (table, unique) = (table(at), if shape == "replace unique index" { "UNIQUE " } else { "" });
        match shape {
            "drop index" | "replace index" | "one after the other" | "replace unique index" => {
                format!("CREATE {unique}INDEX \"old{at}\" ON {table}(\"field{at}\");\n")
            }
            "replace foreign key" => format!(
                "ALTER TABLE {table} ADD CONSTRAINT \"old{at}\" FOREIGN KEY (\"field{at}\") REFERENCES \"Table0\"(\"id\");\n"
            ),
            _ => String::new(),
        }
    };
    let first = new_table(0)
        + "CREATE TYPE \"Mood\" AS ENUM ('one');\n"
        + &(0..tables).map(made).collect::<String>()
        + &(0..count).map(old).collect::<String>();
    Folder::new([first, (0..count).map(|at| statement(&table(at), at)).collect()].into_iter())
}

#[divan::bench(args = SHAPES.map(|(name, _)| name), consts = [500, 1_000], sample_count = 2, sample_size = 1)]
fn on_one_table<const COUNT: usize>(bencher: Bencher, shape: &str) {
    let folder = statements(shape, 1, COUNT);
    bencher.bench_local(|| folder.rewrite());
}

#[divan::bench(args = SHAPES.map(|(name, _)| name), consts = [500, 1_000], sample_count = 2, sample_size = 1)]
fn on_many_tables<const COUNT: usize>(bencher: Bencher, shape: &str) {
    let folder = statements(shape, COUNT, COUNT);
    bencher.bench_local(|| folder.rewrite());
}

/// Views that go before a column of theirs changes and are made anew behind it: each must be back when the transaction commits.
#[divan::bench(args = [50, 100, 200], sample_count = 2, sample_size = 1)]
fn views_made_anew(bencher: Bencher, count: usize) {
    let view = |at: usize| format!("CREATE VIEW \"view{at}\" AS SELECT \"id\", \"field{at}\" FROM \"Wide\";\n");
    let columns: String = (0..count).map(|at| format!(", \"field{at}\" INTEGER")).collect();
    let made = format!("CREATE TABLE \"Wide\" (\"id\" SERIAL PRIMARY KEY{columns});\n");
    let anew = |at: usize| {
        let change = format!("ALTER TABLE \"Wide\" ALTER COLUMN \"field{at}\" SET DATA TYPE BIGINT;\n");
        format!("DROP VIEW \"view{at}\";\n") + &change + &view(at)
    };
    let first = made + &(0..count).map(view).collect::<String>();
    let folder = Folder::new([first, (0..count).map(anew).collect()].into_iter());
    bencher.bench_local(|| folder.rewrite());
}

#[divan::bench(args = [2, 20], sample_count = 5, sample_size = 1)]
fn insert_of_megabytes(bencher: Bencher, megabytes: usize) {
    let row = |at: usize| format!("    ({at}, 'some text for row {at}', '2026-01-01 00:00:00', 12.50, NULL)");
    let rows: Vec<String> = (0..megabytes * 1_000_000 / row(100_000).len()).map(row).collect();
    let insert = format!(
        "INSERT INTO \"Table0\" (\"id\", \"field0\", \"field2\", \"field3\", \"field1\") VALUES\n{};\n",
        rows.join(",\n")
    );
    let folder = one_migration(std::iter::once(insert));
    bencher.bench_local(|| folder.rewrite());
}
