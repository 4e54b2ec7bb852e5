use super::*;
use crate::operation::{Ident, QualifiedName};

fn column(column: &str, becomes: Option<&str>) -> Owned {
    let table = QualifiedName::unqualified(Ident::new("users"));
    Owned::Column { table, column: Ident::new(column), becomes: becomes.map(Ident::new) }
}

fn table(name: &str) -> Owned {
    Owned::Table { table: QualifiedName::unqualified(Ident::new(name)) }
}

/// The files of a folder of 1.0 as `model_files` gives them; each name stands for its snapshot.
fn files(snapshots: &[(&str, &str)]) -> Texts {
    let file = |(name, text): &(&str, &str)| (format!("d/{name}/snapshot.json").into(), (*text).to_owned());
    snapshots.iter().rev().map(file).collect()
}

const BASE: &str = r#"{ "version": "9", "type": "base", "ddl": [
    { "entityType": "tables", "schema": "public", "name": "users", "isRlsEnabled": false },
    { "entityType": "tables", "schema": "public", "name": "posts", "isRlsEnabled": false },
    { "entityType": "columns", "schema": "public", "table": "users", "name": "name", "type": "text", "typeSchema": null,
      "notNull": false, "dimensions": 0, "default": null, "generated": null, "identity": null }] }"#;
const NOTHING: &str = r#"{ "version": "9", "type": "diff", "deltas": [] }"#;
const DROPS: &str = r#"{ "version": "9", "type": "diff", "deltas": [
    { "op": "drop", "key": "columns\u0000[\"public\",\"users\",\"name\"]" },
    { "op": "drop", "key": "tables\u0000[\"public\",\"posts\"]" }] }"#;
const ADDS: &str = r#"{ "version": "9", "type": "diff", "deltas": [
    { "op": "create", "row": { "entityType": "columns", "schema": "public", "table": "users", "name": "name" } }] }"#;

#[test]
fn the_last_snapshot_that_speaks_of_it_says_whether_it_is_in_use() {
    let uses = |snapshots: &[(&str, &str)], owned: &Owned| Snapshots(files(snapshots)).uses(owned, "2_mine");
    let name = column("name", None);
    assert!(uses(&[("1_base", BASE)], &name));
    assert!(!uses(&[("1_base", BASE), ("2_mine", DROPS)], &name));
    assert!(!uses(&[("1_base", BASE), ("2_mine", DROPS), ("3_more", NOTHING)], &name));
    assert!(uses(&[("1_base", BASE), ("2_mine", DROPS), ("3_again", ADDS)], &name));
    assert!(uses(&[("1_base", BASE), ("2_mine", NOTHING)], &name), "a drop that drizzle-kit did not write");
    assert!(!uses(&[("1_base", BASE), ("2_mine", DROPS)], &table("posts")));
    assert!(uses(&[("1_base", BASE), ("2_mine", DROPS)], &table("users")));
    // of a rename nothing is written down
    let renamed = column("name", Some("full_name"));
    assert!(!uses(&[("1_base", BASE), ("2_mine", NOTHING), ("3_more", NOTHING)], &renamed));
    assert!(uses(&[("1_base", BASE)], &renamed));
    assert!(uses(&[("1_base", "{")], &name) && uses(&[], &name), "what nobody can tell");
}

#[test]
fn a_snapshot_of_a_journal_holds_everything() {
    let text = r#"{ "version": "7", "tables": { "public.users": { "name": "users", "schema": "", "columns": {
        "id": { "name": "id", "type": "serial" } } } }, "enums": { "public.mood": { "name": "mood", "schema": "public", "values": [] } } }"#;
    let model = Snapshots(vec![("d/meta/0001_snapshot.json".into(), text.into())]);
    let mood = Owned::Type { name: QualifiedName::unqualified(Ident::new("mood")) };
    let used = [column("id", None), column("name", None), table("users"), table("posts"), mood]
        .map(|owned| model.uses(&owned, "0001_x"));
    assert_eq!(used, [true, false, true, false, true]);
}

#[test]
fn what_the_model_still_has_does_not_wait() {
    let mut model = Snapshots(files(&[("1_base", BASE), ("2_mine", NOTHING)]));
    let not_kept = model.keep_unused(&[column("name", None)], "2_mine", &Schema::default()).unwrap_err();
    assert_eq!(
        not_kept.why,
        "the model still has users.name (snapshot.json): take it out of the schema files and generate the migration"
    );
    assert_eq!(Snapshots(Vec::new()).keep_unused(&[table("t")], "m", &Schema::default()).unwrap_err().at, 0);
}
