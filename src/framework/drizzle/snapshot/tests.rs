use super::super::DRIZZLE;
use super::*;
use crate::sql::render;

/// Where the samples are that drizzle-kit generated.
fn samples(generation: &str) -> Vec<Utf8PathBuf> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(generation);
    let entries = folder.read_dir_utf8().unwrap();
    let mut samples: Vec<Utf8PathBuf> = entries.map(|entry| entry.unwrap().path().join("drizzle")).collect();
    samples.sort();
    samples
}

/// What each snapshot of a folder says otherwise than the migrations up to its own, with that one's index, and how many
/// snapshots there are.
fn differences(folder: &Utf8Path) -> (Vec<(usize, String)>, usize) {
    let history = DRIZZLE.folder.list(folder).unwrap();
    let records = DRIZZLE.folder.written_schemas(&history);
    let mut schema = Schema::default();
    let (mut found, mut read) = (Vec::new(), 0);
    for (at, entry) in history.iter().enumerate() {
        schema.begin_migration();
        let migration = DRIZZLE.read(entry).unwrap();
        migration.items.iter().for_each(|item| schema.apply(&item.operation));
        if records.file(at).is_some() {
            read += 1;
            let recorded = records.after(at).unwrap();
            found.extend(schema.clone().reconcile(&recorded).iter().map(|difference| (at, difference.to_string())));
        }
    }
    (found, read)
}

#[test]
fn a_snapshot_says_what_replaying_says() {
    let (mut all, mut before) = (Vec::new(), Vec::new());
    for generation in ["drizzle-031", "drizzle-1rc"] {
        for sample in samples(generation) {
            let name = sample.parent().and_then(Utf8Path::file_name).unwrap();
            let (found, read) = differences(&sample);
            let last = DRIZZLE.folder.list(&sample).unwrap().len() - 1;
            for (at, difference) in found {
                all.push(format!("{generation} {name}: {difference}"));
                before.extend((at < last).then_some(difference));
            }
            // A rename is in no snapshot of 1.0.0-rc.5, so what comes after it is not known.
            let renames = ["rename_field_as_rename", "table_rename", "enum_rename"];
            let expected = match generation == "drizzle-1rc" && renames.contains(&name) {
                true => 1,
                false => DRIZZLE.folder.list(&sample).unwrap().len(),
            };
            assert_eq!(read, expected, "{sample}");
        }
    }
    // The last migrations of these were written by hand into what `generate --custom` had made: the snapshot is a copy of
    // the one before.
    let by_hand = [
        "drizzle-031 enum_rename: users.role is role there, \"public\".\"kind\" here",
        "drizzle-031 enum_rename: enum role is present there, missing here",
        "drizzle-031 hand_column_again: posts.user_id is integer there, bigint here",
        "drizzle-031 hand_column_gone: posts.user_id is present there, missing here",
        "drizzle-031 hand_column_gone: users.name is present there, missing here",
        "drizzle-031 hand_copied_then_gone: users.name is present there, missing here",
        "drizzle-031 hand_fill_nulls: users.name is nullable there, NOT NULL here",
        "drizzle-031 hand_made_again: posts.user_id is present there, missing here",
        "drizzle-031 hand_own_commit: users.name is nullable there, NOT NULL here",
        "drizzle-031 hand_read_then_gone: users.name is present there, missing here",
        "drizzle-031 hand_rename_circle: CHECK two of users is (\"last\" <> '') there, (\"first\" <> 'x') here",
        "drizzle-031 hand_renamed_after: users.name is present there, missing here",
        "drizzle-031 hand_renamed_after: enum mood is present there, missing here",
        "drizzle-031 hand_rows_first: users.name is nullable there, NOT NULL here",
        "drizzle-031 hand_rows_last: users.name is nullable there, NOT NULL here",
        "drizzle-031 hand_table_gone: table posts is present there, missing here",
        "drizzle-031 hand_table_gone: table users is present there, missing here",
        "drizzle-031 hand_two_checks: users.name is nullable there, NOT NULL here",
        "drizzle-031 rename_field_as_create: users.name is present there, missing here",
        "drizzle-031 rename_field_as_rename: users.name is present there, missing here",
        "drizzle-031 table_rename: table users is present there, missing here",
        "drizzle-1rc hand_rows_between: users.name is NOT NULL there, nullable here",
        "drizzle-1rc rename_field_as_create: users.name is present there, missing here",
    ];
    assert_eq!(all, by_hand);
    assert!(before.is_empty(), "{before:?}");
}

/// Tables with columns, constraints and indexes, and the enums of a schema, one a line.
fn listed(schema: &Schema) -> Vec<String> {
    let mut out = Vec::new();
    for table in schema.tables() {
        for column in &table.columns {
            let not_null = if column.not_null { " NOT NULL" } else { "" };
            let default = column.default.as_ref().map_or(String::new(), |d| format!(" DEFAULT {d}"));
            let generated = column.generated.as_ref().map_or("", |_| " GENERATED");
            out.push(format!("{}.{} {}{not_null}{default}{generated}", table.name, column.name, column.ty));
        }
        out.extend(table.constraints.iter().map(|c| render::constraint(&c.constraint)));
        out.extend(
            schema
                .indexes_of(&table.name)
                .map(|i| format!("{} ON {} {}", i.name, i.table, render::index_definition(&i.definition))),
        );
    }
    out
}

fn read_text(text: &str) -> Result<Schema, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("0000_snapshot.json")).unwrap();
    std::fs::write(&path, text).unwrap();
    read(&path).map_err(|error| error.to_string().replace(path.as_str(), "0000_snapshot.json"))
}

#[test]
fn the_nested_form_is_read_whole() {
    let schema = read_text(
        r#"{"version": "7", "id": "a", "prevId": "b", "dialect": "postgresql", "unheard_of": 1,
        "enums": {"public.role": {"name": "Role", "schema": "public", "values": ["user", "it's"]}},
        "tables": {"auth.t": {"name": "t", "schema": "auth", "columns": {
            "z": {"name": "z", "type": "serial", "primaryKey": true, "notNull": true},
            "roles": {"name": "roles", "type": "Role[]", "typeSchema": "public", "notNull": false, "default": "'{}'"},
            "n": {"name": "n", "type": "numeric(10, 2)", "notNull": true, "default": 0},
            "s": {"name": "s", "type": "text", "notNull": false, "generated": {"as": "lower(\"n\")", "type": "stored"}}},
          "indexes": {"i": {"name": "i", "columns": [
              {"expression": "n", "isExpression": false, "asc": false, "nulls": "last"},
              {"expression": "lower(\"s\")", "isExpression": true, "asc": true, "nulls": "last", "opclass": "text_ops"}],
            "isUnique": true, "where": "\"n\" > 0", "concurrently": false, "method": "btree", "with": {"fillfactor": 70}}},
          "foreignKeys": {"f": {"name": "f", "tableFrom": "t", "tableTo": "u", "columnsFrom": ["n"], "columnsTo": ["id"],
            "onDelete": "cascade", "onUpdate": "no action"}},
          "uniqueConstraints": {"u": {"name": "u", "columns": ["n"], "nullsNotDistinct": true}},
          "checkConstraints": {"c": {"name": "c", "value": "\"n\" > 1"}}}}}"#,
    )
    .unwrap();
    assert_eq!(
        listed(&schema),
        [
            "auth.t.z integer NOT NULL DEFAULT nextval('auth.t_z_seq'::regclass)",
            "auth.t.roles \"Role\"[] DEFAULT '{}'",
            "auth.t.n numeric(10, 2) NOT NULL DEFAULT 0",
            "auth.t.s text GENERATED",
            "CONSTRAINT t_pkey PRIMARY KEY (z)",
            "CONSTRAINT u UNIQUE NULLS NOT DISTINCT (n)",
            "CONSTRAINT c CHECK (\"n\" > 1)",
            "CONSTRAINT f FOREIGN KEY (n) REFERENCES u(id) ON DELETE CASCADE",
            "auth.i ON auth.t (n DESC NULLS LAST, lower(\"s\") text_ops) WITH (fillfactor = 70) WHERE \"n\" > 0",
            "auth.t_pkey ON auth.t (z)",
            "auth.u ON auth.t (n)",
        ]
    );
    let role = schema.enum_type(&qualified(None, "Role")).unwrap();
    assert_eq!(role.labels, ["'user'", "'it''s'"]);
}

#[test]
fn older_versions_name_columns_and_labels_otherwise() {
    let schema = read_text(
        r#"{"version": "5", "dialect": "pg", "enums": {"role": {"name": "role", "values": {"z": "z", "a": "a"}}},
        "tables": {"t": {"name": "t", "schema": "", "columns": {
            "r": {"name": "r", "type": "role", "primaryKey": false, "notNull": true}},
          "indexes": {"i": {"name": "i", "columns": ["r"], "isUnique": false}}}}}"#,
    )
    .unwrap();
    assert_eq!(listed(&schema), ["t.r role NOT NULL", "i ON t (r)"]);
    assert_eq!(schema.enum_type(&qualified(None, "role")).unwrap().labels, ["'z'", "'a'"]);
}

#[test]
fn what_is_no_snapshot_is_an_error_with_its_reason() {
    for (text, error) in [
        ("{", "0000_snapshot.json: is not what drizzle-kit writes: EOF while parsing an object at line 1 column 1"),
        (r#"{"version": "4", "tables": {}}"#, "0000_snapshot.json: snapshot version 4 is not known here"),
        (r#"{"version": "7"}"#, "0000_snapshot.json: has no tables"),
        (r#"{"version": "9", "type": "diff", "deltas": []}"#, "0000_snapshot.json: has no ddl"),
    ] {
        assert_eq!(read_text(text).unwrap_err(), error);
    }
}

/// A folder of 1.x migrations, each with its SQL and its snapshot.
fn folders(migrations: &[(&str, &str, &str)]) -> (tempfile::TempDir, Vec<Found>) {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    for (name, sql, snapshot) in migrations {
        std::fs::create_dir(root.join(name)).unwrap();
        std::fs::write(root.join(name).join("migration.sql"), sql).unwrap();
        std::fs::write(root.join(name).join("snapshot.json"), snapshot).unwrap();
    }
    let history = DRIZZLE.folder.list(root).unwrap();
    (folder, history)
}

#[test]
fn changes_are_summed_up_until_something_is_renamed() {
    let base = r#"{"version": "9", "type": "base", "id": "1", "prevIds": ["0"], "ddl": [
        {"entityType": "tables", "schema": "public", "name": "t"},
        {"entityType": "columns", "schema": "public", "table": "t", "name": "a", "type": "text", "notNull": false},
        {"entityType": "indexes", "schema": "public", "table": "t", "name": "i", "columns": [{"value": "a"}]},
        {"entityType": "views", "schema": "public", "name": "v"}]}"#;
    let alter = r#"{"version": "9", "type": "diff", "id": "2", "prevIds": ["1"], "deltas": [
        {"op": "alter", "key": "columns\u0000[\"public\",\"t\",\"a\"]", "set": {"notNull": true}},
        {"op": "drop", "key": "indexes\u0000[\"public\",\"i\"]"},
        {"op": "create", "row": {"entityType": "columns", "schema": "public", "table": "t", "name": "b", "type": "text",
            "dimensions": 1, "notNull": false}}]}"#;
    let rename = r#"{"version": "9", "type": "diff", "id": "3", "prevIds": ["2"], "deltas": []}"#;
    let gone = r#"{"version": "9", "type": "diff", "id": "4", "prevIds": ["3"], "deltas": [
        {"op": "drop", "key": "columns\u0000[\"public\",\"t\",\"b\"]"}]}"#;
    let (_folder, history) = folders(&[
        ("20260101000000_a", "CREATE TABLE t (a text);", base),
        ("20260101000001_b", "ALTER TABLE t ADD b text[];", alter),
        ("20260101000002_c", "ALTER TABLE t RENAME a TO c;", rename),
        ("20260101000003_d", "ALTER TABLE t DROP b;", gone),
    ]);
    let records = DRIZZLE.folder.written_schemas(&history);
    let known: Vec<bool> = (0..4).map(|at| records.file(at).is_some()).collect();
    assert_eq!(known, [true, true, false, false]);
    assert_eq!(listed(&records.after(0).unwrap()), ["t.a text", "i ON t (a)"]);
    assert_eq!(listed(&records.after(1).unwrap()), ["t.a text NOT NULL", "t.b text[]"]);
}

#[test]
fn a_snapshot_of_a_branch_is_not_the_schema_before_the_merge() {
    let snapshot = |id: &str, before: &str| {
        format!(
            "{{\"version\": \"8\", \"id\": \"{id}\", \"prevIds\": [{before}], \"dialect\": \"postgres\", \"ddl\": []}}"
        )
    };
    let texts = [snapshot("1", "\"0\""), snapshot("2", "\"1\""), snapshot("3", "\"1\""), snapshot("4", "\"2\", \"3\"")];
    let names = ["20260101000000_a", "20260101000001_b", "20260101000002_c", "20260101000003_merge"];
    let migrations: Vec<(&str, &str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (*name, "SELECT 1;", text.as_str())).collect();
    let (_folder, history) = folders(&migrations);
    let records = DRIZZLE.folder.written_schemas(&history);
    let known: Vec<bool> = (0..4).map(|at| records.file(at).is_some()).collect();
    assert_eq!(known, [true, true, false, true]);
}
