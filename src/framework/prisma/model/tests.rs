use camino::Utf8PathBuf;

use super::{Model, SchemaFiles};
use crate::framework::Folder;
use crate::framework::deferral::NotKept;
use crate::framework::prisma::folder::MigrationFolders;
use crate::operation::{Ident, QualifiedName};
use crate::plan::Owned;
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

fn owned(table: &str, column: &str) -> Owned {
    Owned::Column { table: name(table), column: Ident::new(column), becomes: None }
}

/// The lines that a column of `"User"` brings; without the column the file is again what it was.
fn added(definition: &str, more: &str) -> String {
    let sql = format!(
        "CREATE TYPE kind AS ENUM ('A', 'B'); CREATE TABLE \"User\" (id int, \"e-mail\" text, {definition}); {more}"
    );
    let schema = schema(&sql);
    let column = schema.table(&name("User")).unwrap().columns.iter().last().unwrap().name.clone();
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    let owned = owned("User", column.as_str());
    if let Err(not_kept) = files.keep_unused(std::slice::from_ref(&owned), "m", &schema) {
        return not_kept.why;
    }
    assert!(!files.uses(&owned, "m"));
    let after = files.0[0].1.clone();
    let new: Vec<&str> = after.lines().filter(|line| !BEFORE.lines().any(|old| old == *line)).collect();
    files.remove(&[owned]).unwrap();
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
    let nick = owned("User", "nick");
    assert!(files.uses(&nick, "m"));
    files.keep_unused(std::slice::from_ref(&nick), "m", &schema).unwrap();
    let marked = "  nick  String?  @unique @ignore // old\r\n";
    assert_eq!(files.0[0].1, text.replace("  nick  String  @unique // old\r\n", marked));
    files.keep_unused(std::slice::from_ref(&nick), "m", &schema).unwrap();
    files.remove(&[nick]).unwrap();
    assert_eq!(files.0[0].1, BEFORE.replace('\n', "\r\n"));
}

#[test]
fn a_table_without_a_model_is_an_error() {
    let schema = schema("CREATE TABLE other (a text);");
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    let other = owned("other", "a");
    let not_kept = files.keep_unused(std::slice::from_ref(&other), "m", &schema).unwrap_err();
    assert_eq!(not_kept, NotKept { at: 0, why: "no model is that of other".into() });
    assert!(!files.uses(&other, "m"));
}

/// What tables and columns that go leave in the file; without them it is again what it was.
fn kept_until_then(sql: &str, all: &[Owned]) -> String {
    let schema = schema(sql);
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    if let Err(not_kept) = files.keep_unused(all, "m", &schema) {
        return not_kept.why;
    }
    assert!(all.iter().all(|owned| !files.uses(owned, "m")), "{}", files.0[0].1);
    let after = files.0[0].1.clone();
    let new: Vec<&str> = after.lines().filter(|line| !BEFORE.lines().any(|old| old == *line)).collect();
    files.remove(all).unwrap();
    assert_eq!(files.0[0].1, BEFORE);
    new.join("\n")
}

#[test]
fn a_table_is_kept_with_its_relations_and_types() {
    let sql = "
        CREATE TYPE \"Mood\" AS ENUM ('SAD', 'GLAD');
        CREATE TABLE \"User\" (id serial PRIMARY KEY, \"e-mail\" text);
        CREATE TABLE \"_post\" (id int, \"user id\" int NOT NULL, mood \"Mood\" DEFAULT 'SAD', self int,
          CONSTRAINT pk PRIMARY KEY (id));
        CREATE UNIQUE INDEX u ON \"_post\" (mood, self);
        ALTER TABLE \"_post\" ADD CONSTRAINT \"_post_self_fkey\" FOREIGN KEY (self) REFERENCES \"_post\" (id)
          ON DELETE SET NULL ON UPDATE CASCADE;
        ALTER TABLE \"_post\" ADD CONSTRAINT f FOREIGN KEY (\"user id\") REFERENCES \"User\" (id);";
    let all = [Owned::Table { table: name("_post") }, Owned::Type { name: name("Mood") }];
    let lines = kept_until_then(sql, &all);
    let expected = r#"  f post_table[] @relation("f") @ignore
enum Mood {
  SAD
  GLAD
model post_table {
  id             Int @id(map: "pk")
  user_id_column Int @map("user id")
  mood           Mood? @default(SAD)
  self           Int?
  post_self_fkey_relation post_table? @relation("post_self_fkey_relation", fields: [self], references: [id], onDelete: SetNull, onUpdate: Cascade)
  post_self_fkey_relation_from post_table[] @relation("post_self_fkey_relation")
  f Person @relation("f", fields: [user_id_column], references: [id], onDelete: NoAction, onUpdate: NoAction, map: "f")
  @@unique([mood, self], map: "u")
  @@map("_post")
  @@ignore"#;
    assert_eq!(lines, expected);
}

#[test]
fn a_name_from_before_is_in_use_as_long_as_a_model_has_it() {
    let mut files = SchemaFiles(vec![("a.prisma".into(), BEFORE.to_owned())]);
    let old = Owned::Name { name: name("User"), table: name("Account") };
    assert!(files.uses(&old, "2_rename"));
    let model = BEFORE.replacen("@@map(\"User\")", "@@map(\"Account\")", 1);
    assert_ne!(model, BEFORE);
    files = SchemaFiles(vec![("a.prisma".into(), model.clone())]);
    assert!(!files.uses(&old, "2_rename"));
    assert_eq!(files.mapped(&old).as_deref(), Some("delete it and write `@@map(\"User\")` in the model"));
    files.keep_unused(std::slice::from_ref(&old), "2_rename", &schema("CREATE TABLE \"Account\" (a int);")).unwrap();
    files.remove(&[old]).unwrap();
    assert_eq!(files.0[0].1, model);
}

#[test]
fn the_only_table_is_kept_as_well() {
    let before = "datasource db {\n  provider = \"postgresql\"\n}\n";
    let mut files = SchemaFiles(vec![("a.prisma".into(), before.to_owned())]);
    let all = [Owned::Table { table: name("t") }];
    files.keep_unused(&all, "m", &schema("CREATE TABLE t (a int);")).unwrap();
    assert_eq!(files.0[0].1, format!("{before}\nmodel t {{\n  a Int?\n\n  @@ignore\n}}\n"));
    files.remove(&all).unwrap();
    assert_eq!(files.0[0].1, before);
}
