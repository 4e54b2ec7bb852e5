use camino::Utf8PathBuf;

use super::{Model, SchemaFiles};
use crate::framework::Folder;
use crate::framework::prisma::folder::MigrationFolders;
use crate::operation::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::source::SourceFile;

const BEFORE: &str = "\
// all of it
datasource db {
  provider = \"postgresql\"
}

/* model User { old String } */
model Person {
  id    Int    @id @default(autoincrement()) // the key
  email String @map(\"e-mail\")
  pets  Pet[]

  @@map(\"User\")
}

model Pet {
\tid Int @id
\towner Person @relation(
\t\tfields: [ownerId], references: [id]
\t)
\townerId Int
}

enum Kind {
  A
  B

  @@map(\"kind\")
}
";

fn schema(sql: &str) -> Schema {
    let source = SourceFile::new(Utf8PathBuf::from("/a/migration.sql"), sql.to_owned());
    let migration = MigrationFolders.read("a", source).unwrap();
    let mut schema = Schema::default();
    migration.items.iter().for_each(|item| schema.apply(&item.operation));
    schema
}

fn name(text: &str) -> QualifiedName {
    QualifiedName::unqualified(Ident::new(text))
}

/// The lines that a column of `"User"` brings; without the column the file is again what it was.
fn added(definition: &str, more: &str) -> String {
    let sql = format!(
        "CREATE TYPE kind AS ENUM ('A', 'B'); CREATE TABLE \"User\" (id int, \"e-mail\" text, {definition}); {more}"
    );
    let schema = schema(&sql);
    let column = schema.table(&name("User")).unwrap().columns.iter().last().unwrap().name.clone();
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    if let Err(why) = files.keep_unused(&name("User"), &column, &schema) {
        return why;
    }
    assert!(!files.uses(&name("User"), &column));
    let after = files.0[0].1.clone();
    let new: Vec<&str> = after.lines().filter(|line| !BEFORE.lines().any(|old| old == *line)).collect();
    files.remove(&name("User"), &column).unwrap();
    assert_eq!(files.0[0].1, BEFORE);
    new.join("\n")
}

#[test]
fn a_field_is_added_for_a_column_and_taken_away_again() {
    for (definition, line) in [
        ("name text", "  name  String? @ignore"),
        ("\"full name\" varchar(20) NOT NULL", "  full_name_column String @map(\"full name\") @db.VarChar(20) @ignore"),
        ("n numeric(10,2) DEFAULT 1.50", "  n     Decimal? @default(1.50) @db.Decimal(10, 2) @ignore"),
        ("at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP", "  at    DateTime @default(now()) @ignore"),
        ("k kind NOT NULL DEFAULT 'A'", "  k     Kind @default(A) @ignore"),
        ("ks kind[]", "  ks    Kind[] @ignore"),
        ("s serial", "  s     Int @default(autoincrement()) @ignore"),
        ("t text DEFAULT 'x'::text", "  t     String? @default(\"x\") @ignore"),
        ("p point", "the model has no type for point"),
        ("t text DEFAULT upper('x')", "the model has no word for the default upper('x')"),
    ] {
        assert_eq!(added(definition, ""), line, "{definition}");
    }
}

#[test]
fn indexes_on_the_column_are_said() {
    for (more, lines) in [
        ("CREATE UNIQUE INDEX \"User_name_key\" ON \"User\" (name);", "  name  String? @unique @ignore"),
        ("CREATE UNIQUE INDEX u ON \"User\" (name);", "  name  String? @unique(map: \"u\") @ignore"),
        ("CREATE INDEX \"User_name_idx\" ON \"User\" (name);", "  name  String? @ignore\n  @@index([name])"),
        (
            "CREATE INDEX i ON \"User\" (\"e-mail\", name);",
            "  name  String? @ignore\n  @@index([email, name], map: \"i\")",
        ),
        ("CREATE INDEX i ON \"User\" (lower(name));", "  name  String? @ignore"),
        ("CREATE INDEX i ON \"User\" (name DESC);", "the model has no word for the index i"),
    ] {
        assert_eq!(added("name text", more), lines, "{more}");
    }
}

#[test]
fn a_field_that_is_there_is_marked() {
    let text =
        BEFORE.replace("  pets  Pet[]\n", "  pets  Pet[]\n  nick  String  @unique // old\n").replace('\n', "\r\n");
    let schema = schema(
        "CREATE TABLE \"User\" (id int, \"e-mail\" text NOT NULL, nick text); CREATE UNIQUE INDEX a ON \"User\" (nick);",
    );
    let mut files = SchemaFiles(vec![("a.prisma".into(), text.clone())]);
    assert!(files.uses(&name("User"), &Ident::new("nick")));
    files.keep_unused(&name("User"), &Ident::new("nick"), &schema).unwrap();
    let marked = "  nick  String?  @unique @ignore // old\r\n";
    assert_eq!(files.0[0].1, text.replace("  nick  String  @unique // old\r\n", marked));
    files.keep_unused(&name("User"), &Ident::new("nick"), &schema).unwrap();
    files.remove(&name("User"), &Ident::new("nick")).unwrap();
    assert_eq!(files.0[0].1, BEFORE.replace('\n', "\r\n"));
}

#[test]
fn a_table_without_a_model_is_an_error() {
    let schema = schema("CREATE TABLE other (a text);");
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    let why = files.keep_unused(&name("other"), &Ident::new("a"), &schema).unwrap_err();
    assert_eq!(why, "no model is that of other");
    assert!(!files.uses(&name("other"), &Ident::new("a")));
}
