//! The plpgsql around statements: the block that tries again, the guards that let a step run twice, the batches.
//!
//! Every block was run on PostgreSQL 12 to 18. A `COMMIT` between attempts is legal because the block is alone in its
//! query string, and needed: without it the loop's first snapshot would hold up every concurrent index build.

use super::LayoutSettings;
use crate::operation::{Backfill, ConstraintKind, Ident, ObjectKind, Operation, QualifiedName};
use crate::sql::{one_line, render};

/// `'…'` with its quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A dollar tag that does not stand in the body.
fn tag(body: &str) -> String {
    let mut tag = "$safestep$".to_owned();
    let mut number = 0;
    while body.contains(&tag) {
        number += 1;
        tag = format!("$safestep{number}$");
    }
    tag
}

/// Statements under strong locks: each attempt waits at most `lock_timeout` for each lock, and rolls back as a whole.
pub fn retried(statements: &[String], settings: &LayoutSettings) -> String {
    let body: String = statements
        .iter()
        .flat_map(|s| s.lines().map(|line| format!("      {line}\n").replace("      \n", "\n")))
        .collect();
    let tag = tag(&body);
    let Some(lock_timeout) = &settings.lock_timeout else {
        let body = body.replace("\n      ", "\n  ");
        return format!("DO {tag}\nBEGIN\n  {}END\n{tag};\n", body.trim_start());
    };
    let attempts = settings.lock_attempts;
    format!(
        "DO {tag}
BEGIN
  FOR attempt IN 1..{attempts} LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '{lock_timeout}', true);

{body}
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = {attempts} THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
{tag};
"
    )
}

/// A statement that runs only where a condition holds.
pub fn only_if(condition: &str, statement: &str) -> String {
    let body = format!("  IF {condition} THEN\n    {};\n  END IF;\n", statement.trim_end().trim_end_matches(';'));
    let tag = tag(&body);
    format!("DO {tag}\nBEGIN\n{body}END\n{tag};\n")
}

/// A validation in which constraints take part whose work may be done: they are gone then, and only the `rest` is left.
pub fn validated_if_there(constraints: &[(&QualifiedName, &Ident)], all: &str, rest: Option<&str>) -> String {
    let exists = |(table, name): &(&QualifiedName, &Ident)| format!("EXISTS ({})", constraint_exists(table, name));
    let there = constraints.iter().map(exists).collect::<Vec<_>>().join("\n    AND ");
    let otherwise = rest.map(|rest| format!("  IF NOT ({there}) THEN\n    {rest}\n  END IF;\n")).unwrap_or_default();
    let body = format!("  IF {there} THEN\n    {all}\n  END IF;\n{otherwise}");
    let tag = tag(&body);
    format!("DO {tag}\nBEGIN\n{body}END\n{tag};\n")
}

/// Clears the way for a concurrent build: drops what an earlier one left INVALID under that name. A build that still
/// goes on is waited for, and the second look is there because it may have ended well.
pub fn dropped_if_invalid(index: &QualifiedName, table: &QualifiedName, settings: &LayoutSettings) -> String {
    let invalid = format!("EXISTS ({})", index_is(index, "NOT indisvalid"));
    let (wait, back) = match &settings.lock_timeout {
        Some(timeout) => (
            "  PERFORM set_config('lock_timeout', '10s', true);\n",
            format!("  PERFORM set_config('lock_timeout', '{timeout}', true);\n"),
        ),
        None => ("", String::new()),
    };
    let statement = format!(
        "IF {invalid} THEN
{wait}  LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE;
{back}  IF {invalid} THEN
    DROP INDEX {index};
  END IF;
END IF;"
    );
    retried(&[statement], settings)
}

/// Fails when the index is not there or not valid.
pub fn must_be_valid(index: &QualifiedName) -> String {
    let name = one_line(&index.to_string()).replace('%', "%%");
    let message = literal(&format!("{name} is not valid: run the same command again"));
    let body = format!(
        "  IF NOT EXISTS ({}) THEN\n    RAISE EXCEPTION {message};\n  END IF;\n",
        index_is(index, "indisvalid")
    );
    let tag = tag(&body);
    format!("DO {tag}\nBEGIN\n{body}END\n{tag};\n")
}

fn index_is(index: &QualifiedName, what: &str) -> String {
    format!("SELECT FROM pg_index WHERE indexrelid = to_regclass({}) AND {what}", literal(&index.to_string()))
}

/// The statements of a brief unit in a form that can run twice. `slices` are the operations as the source wrote them;
/// `settled` says when what an operation adds has done its work and is gone, `there` when what it is about is there still.
pub fn guarded(
    operations: &[(&Operation, String)],
    settled: &dyn Fn(&Operation) -> Option<String>,
    there: &dyn Fn(&Operation) -> Option<String>,
) -> Vec<String> {
    let mut statements = Vec::new();
    let mut skip = None;
    for (at, (operation, slice)) in operations.iter().enumerate() {
        if skip == Some(at) {
            continue;
        }
        if let Some((swap, with)) = swap(operation, &operations[at + 1..]) {
            statements.push(swap);
            skip = Some(at + 1 + with);
            continue;
        }
        statements.push(where_there(runs_twice(operation, slice, settled(operation)), there(operation)));
    }
    statements
}

fn where_there(statement: String, there: Option<String>) -> String {
    match there {
        Some(there) => format!("IF {there} THEN\n{}\nEND IF;", indented(&statement)),
        None => statement,
    }
}

/// The table of an operation as a condition.
pub fn table_exists(table: &QualifiedName) -> String {
    format!("to_regclass({}) IS NOT NULL", literal(&table.to_string()))
}

/// The statement of an operation that adds or renames and cannot say so itself, or that is about something that is gone
/// later, where nothing tries again around it.
pub fn once_by_itself(operation: &Operation, slice: &str, there: Option<String>) -> Option<String> {
    let needs_guard = matches!(
        operation,
        Operation::AddColumn { .. }
            | Operation::AddConstraint { .. }
            | Operation::RenameColumn { .. }
            | Operation::RenameTable { .. }
            | Operation::RenameConstraint { .. }
    );
    if (!needs_guard && there.is_none()) || slice.starts_with("DO ") {
        return None;
    }
    let statement = match needs_guard {
        true => runs_twice(operation, slice, None),
        false => format!("{};", slice.trim_end().trim_end_matches(';')),
    };
    let guarded = where_there(statement, there);
    if !guarded.starts_with("IF ") {
        return Some(guarded);
    }
    let body: String = guarded.lines().map(|line| format!("  {line}\n")).collect();
    let tag = tag(&body);
    Some(format!("DO {tag}\nBEGIN\n{body}END\n{tag};\n"))
}

/// A constraint that is dropped and whose name another one takes: run twice, the drop must not meet the new one.
fn swap(drop: &Operation, rest: &[(&Operation, String)]) -> Option<(String, usize)> {
    let Operation::DropConstraint { table, name, .. } = drop else { return None };
    let (with, from, rename) = rest.iter().enumerate().find_map(|(at, (operation, _))| match operation {
        Operation::RenameConstraint { table: other, name: from, to } if other.name == table.name && to == name => {
            Some((at, from, *operation))
        }
        _ => None,
    })?;
    let body = format!("{}\n{}", indented(&plain(drop)), indented(&plain(rename)));
    Some((format!("IF EXISTS ({}) THEN\n{body}\nEND IF;", constraint_exists(&table.name, from)), with))
}

fn indented(statement: &str) -> String {
    statement.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn plain(operation: &Operation) -> String {
    render::statement(operation).map(|s| format!("{s};")).unwrap_or_default()
}

fn constraint_exists(table: &QualifiedName, name: &Ident) -> String {
    format!(
        "SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {}",
        literal(&table.to_string()),
        literal(name.as_str())
    )
}

/// A query for a column that is there.
pub fn column_exists(table: &QualifiedName, column: &Ident) -> String {
    format!(
        "SELECT FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND NOT attisdropped",
        literal(&table.to_string()),
        literal(column.as_str())
    )
}

/// A trigger's or policy's absence as a condition: they have no IF NOT EXISTS.
pub fn is_missing(operation: &Operation) -> Option<String> {
    let Operation::CreateObject { kind, name: Some(name), on: Some(table), .. } = operation else { return None };
    let (catalog, relation, column) = match kind {
        ObjectKind::Trigger => ("pg_trigger", "tgrelid", "tgname"),
        ObjectKind::Policy => ("pg_policy", "polrelid", "polname"),
        _ => return None,
    };
    Some(format!(
        "NOT EXISTS (SELECT FROM {catalog} WHERE {relation} = {}::regclass AND {column} = {})",
        literal(&table.to_string()),
        literal(name.name.as_str())
    ))
}

/// One operation as a statement that does nothing when its work is done already.
fn runs_twice(operation: &Operation, slice: &str, settled: Option<String>) -> String {
    let guard =
        |condition: String, statement: String| format!("IF {condition} THEN\n{}\nEND IF;", indented(&statement));
    let as_written = || match slice.trim_end().ends_with(';') {
        true => slice.trim_end().to_owned(),
        false => format!("{};", slice.trim_end()),
    };
    match operation {
        Operation::AddColumn { table, column, if_not_exists } => {
            let statement = |if_not_exists| {
                plain(&Operation::AddColumn { table: table.clone(), column: column.clone(), if_not_exists })
            };
            // Up to PostgreSQL 12, IF NOT EXISTS adds an inline constraint again although the column is there.
            match column.constraints.is_empty() || *if_not_exists {
                true => statement(true),
                false => guard(format!("NOT EXISTS ({})", column_exists(&table.name, &column.name)), statement(false)),
            }
        }
        Operation::AddConstraint { table, constraint } => match (&constraint.name, &constraint.kind) {
            (Some(name), _) => {
                let or_settled = settled.map(|settled| format!("\n  AND NOT {settled}")).unwrap_or_default();
                let missing = format!("NOT EXISTS ({}){or_settled}", constraint_exists(&table.name, name));
                guard(missing, plain(operation))
            }
            (None, ConstraintKind::NotNull { .. }) | (None, _) => plain(operation),
        },
        Operation::DropConstraint { table, name, cascade, .. } => plain(&Operation::DropConstraint {
            table: table.clone(),
            name: name.clone(),
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::DropColumn { table, column, cascade, .. } => plain(&Operation::DropColumn {
            table: table.clone(),
            column: column.clone(),
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::RenameConstraint { table, name, .. } => {
            guard(format!("EXISTS ({})", constraint_exists(&table.name, name)), plain(operation))
        }
        Operation::RenameColumn { table, column, .. } => {
            guard(format!("EXISTS ({})", column_exists(&table.name, column)), as_written())
        }
        Operation::RenameTable { table, .. } => guard(table_exists(&table.name), as_written()),
        Operation::RenameIndex { index, to, .. } => {
            plain(&Operation::RenameIndex { index: index.clone(), to: to.clone(), if_exists: true })
        }
        Operation::DropIndex { names, cascade, .. } => plain(&Operation::DropIndex {
            names: names.clone(),
            concurrently: false,
            if_exists: true,
            cascade: *cascade,
        }),
        Operation::DropTable { names, cascade, .. } => {
            plain(&Operation::DropTable { names: names.clone(), if_exists: true, cascade: *cascade })
        }
        Operation::DropType { names, cascade, .. } => {
            plain(&Operation::DropType { names: names.clone(), if_exists: true, cascade: *cascade })
        }
        Operation::CreateObject { or_replace: false, .. } if is_missing(operation).is_some() => {
            guard(is_missing(operation).unwrap_or_default(), as_written())
        }
        // Passed through: in the author's words.
        Operation::CreateObject { kind, .. }
        | Operation::AlterObject { kind, .. }
        | Operation::DropObject { kind, .. }
            if *kind != ObjectKind::Sequence =>
        {
            as_written()
        }
        other => render::statement(other).map(|s| format!("{s};")).unwrap_or_else(as_written),
    }
}

/// A batched update that commits after each batch and can be run again at any point.
pub fn batches(backfill: &Backfill, settings: &LayoutSettings) -> String {
    let body = if backfill.key.is_empty() { by_block(backfill, settings) } else { by_key(backfill, settings) };
    let tag = tag(&body);
    format!("DO {tag}\n{body}{tag};\n")
}

const RETRY_BATCH: &str = "        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        bf_tries := bf_tries + 1;
        IF bf_tries >= 50 THEN RAISE; END IF;
      END;
      COMMIT;
      PERFORM pg_sleep(0.5 + random());
    END LOOP;
    COMMIT;
";

/// Walks a unique key in ranges of `batch_size` rows.
fn by_key(backfill: &Backfill, settings: &LayoutSettings) -> String {
    let Backfill { table, column, value, todo, key } = backfill;
    let (batch, pause) = (settings.batch_size, settings.batch_pause);
    let variables = |prefix: &str| (1..=key.len()).map(|n| format!("bf_{prefix}{n}")).collect::<Vec<_>>().join(", ");
    let declared: String = key
        .iter()
        .enumerate()
        .map(|(n, k)| format!("  bf_from{0} {table}.{k}%TYPE; bf_next{0} {table}.{k}%TYPE;\n", n + 1))
        .collect();
    let row = |inside: String| if key.len() == 1 { inside } else { format!("({inside})") };
    let columns = key.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (keys, from, next) = (row(columns.clone()), row(variables("from")), row(variables("next")));
    let advance: String = (1..=key.len()).map(|n| format!("    bf_from{n} := bf_next{n};\n")).collect();
    format!(
        "DECLARE
{declared}  bf_more boolean;
  bf_tries int;
BEGIN
  SELECT {columns} INTO {} FROM {table} ORDER BY {columns} LIMIT 1;
  bf_more := FOUND;
  WHILE bf_more LOOP
    SELECT {columns} INTO {} FROM {table} WHERE {keys} >= {from} ORDER BY {columns} OFFSET {batch} LIMIT 1;
    bf_more := FOUND;
    bf_tries := 0;
    LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '2s', true);

        UPDATE {table} SET {column} = {value}
        WHERE {keys} >= {from} AND (NOT bf_more OR {keys} < {next}) AND {todo};

{RETRY_BATCH}    PERFORM pg_sleep({pause});
{advance}  END LOOP;
END
",
        variables("from"),
        variables("next"),
    )
}

/// Walks the heap by blocks, again and again until nothing is left: for tables without a key.
fn by_block(backfill: &Backfill, settings: &LayoutSettings) -> String {
    let Backfill { table, column, value, todo, .. } = backfill;
    let pause = settings.batch_pause;
    let blocks = (settings.batch_size / 50).max(1);
    // TID range scans came with PostgreSQL 14; before it a range would read the whole table for each batch.
    let range = match settings.postgres >= 14 {
        true => "ctid >= format('(%s,0)', bf_block)::tid AND ctid < format('(%s,0)', bf_block + \
             bf_step)::tid"
            .to_owned(),
        false => "ctid = ANY (ARRAY(SELECT format('(%s,%s)', b, o)::tid FROM generate_series(bf_block, \
             bf_block + bf_step - 1) b, generate_series(1, 291) o))"
            .to_owned(),
    };
    let regclass = literal(&table.to_string());
    format!(
        "DECLARE
  bf_step CONSTANT bigint := {blocks};
  bf_block bigint; bf_blocks bigint; bf_rows bigint; bf_changed bigint; bf_tries int;
BEGIN
  LOOP
    bf_changed := 0;
    bf_block := 0;
    bf_blocks := pg_relation_size({regclass}::regclass) / current_setting('block_size')::bigint;
    WHILE bf_block < bf_blocks LOOP
    bf_tries := 0;
    LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '2s', true);

        UPDATE {table} SET {column} = {value}
        WHERE {range} AND {todo};

        GET DIAGNOSTICS bf_rows = ROW_COUNT;
{RETRY_BATCH}    bf_changed := bf_changed + bf_rows;
    bf_block := bf_block + bf_step;
    PERFORM pg_sleep({pause});
    END LOOP;
    EXIT WHEN bf_changed = 0;
  END LOOP;
END
"
    )
}
