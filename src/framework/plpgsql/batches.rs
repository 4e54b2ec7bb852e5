//! A batched update of existing rows: it ends by itself, and goes on where it was when it is run again.

use super::text::{block, indented, tag};
use crate::framework::LayoutSettings;
use crate::operation::Backfill;
use crate::sql::literal;

/// A batched update that commits after each batch and can be run again at any point. Several fill columns of one table in
/// one pass along the same key, or over the same blocks.
pub fn batches(backfills: &[&Backfill], settings: &LayoutSettings) -> String {
    let body = match backfills.iter().all(|backfill| backfill.key.is_empty()) {
        true => by_block(backfills, settings),
        false => by_key(backfills, settings),
    };
    block(&body)
}

/// What is filled at once: rows that need all values get them together; where a column has one already, it keeps it.
fn updates<'a, 'b>(backfills: &'b [&'a Backfill]) -> impl Iterator<Item = &'b [&'a Backfill]> {
    let single = if backfills.len() > 1 { backfills } else { &[] };
    std::iter::once(backfills).chain(single.chunks(1))
}

/// `a = 1, b = 2`, and the condition of the rows that need all of them.
fn assignments(fills: &[&Backfill]) -> (String, String) {
    let sets: Vec<String> = fills.iter().map(|fill| format!("{} = {}", fill.column, fill.value)).collect();
    let todo: Vec<&str> = fills.iter().map(|fill| fill.todo.as_str()).collect();
    (sets.join(", "), todo.join(" AND "))
}

/// The same with settings for each of its transactions, a `SET LOCAL` a line.
pub fn batches_under(set: &str, backfills: &[&Backfill], settings: &LayoutSettings) -> String {
    let block = batches(backfills, settings);
    let line = |line: &str| {
        let words = line.trim();
        let begins = words == "COMMIT;" || line.trim_end() == "BEGIN";
        let indent = if words == "BEGIN" { "  " } else { &line[..line.len() - line.trim_start().len()] };
        let set = if begins { indented(set, indent) } else { String::new() };
        format!("{line}{set}")
    };
    block.split_inclusive('\n').map(line).collect()
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
fn by_key(backfills: &[&Backfill], settings: &LayoutSettings) -> String {
    let Some(Backfill { table, key, .. }) = backfills.first() else { return String::new() };
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
    let update = |fills: &[&Backfill]| {
        let (set, todo) = assignments(fills);
        format!(
            "        UPDATE {table} SET {set}
        WHERE {keys} >= {from} AND (NOT bf_more OR {keys} < {next}) AND {todo};
"
        )
    };
    let updates: String = updates(backfills).map(update).collect();
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

{updates}
{RETRY_BATCH}    PERFORM pg_sleep({pause});
{advance}  END LOOP;
END
",
        variables("from"),
        variables("next"),
    )
}

/// Walks the heap of the table and of every partition or child that it has when the block runs, by blocks.
///
/// A default can be NULL, so "until nothing changes" would never end: a walk goes once over the blocks that are there when
/// it begins. Rows that come later have the default. An UPDATE by others can move a row to where the walk has been; only
/// a walk that gave some row a value is followed by another, and after ten the odds of that are gone.
fn by_block(backfills: &[&Backfill], settings: &LayoutSettings) -> String {
    let Some(Backfill { table, .. }) = backfills.first() else { return String::new() };
    let (pause, blocks) = (settings.batch_pause, (settings.batch_size / 50).max(1));
    // TID range scans came with PostgreSQL 14; before it a range would read the whole table for each batch. A heap page
    // has room for no more than a row in 28 bytes (`MaxHeapTuplesPerPage`).
    let (range, bounds) = match settings.postgres >= 14 {
        true => (
            "ctid >= $1 AND ctid < $2",
            format!("format('(%s,0)', bf_block)::tid, format('(%s,0)', bf_block + {blocks})::tid"),
        ),
        false => (
            "ctid = ANY ($1)",
            format!(
                "ARRAY(\n              SELECT format('(%s,%s)', b, o)::tid FROM generate_series(bf_block, bf_block + {blocks} \
                 - 1) b,\n                generate_series(1, current_setting('block_size')::int / 28) o)"
            ),
        ),
    };
    let update = |fills: &[&Backfill]| {
        let (set, todo) = assignments(fills);
        let columns: Vec<String> = fills.iter().map(|fill| fill.column.to_string()).collect();
        let counts: Vec<String> = columns.iter().map(|column| format!("count({column})")).collect();
        let update = format!(
            " SET {set}
              WHERE {todo} AND {range}
              RETURNING {}) SELECT count(*), {} FROM filled ",
            columns.join(", "),
            counts.join(" + ")
        );
        let quote = tag("safestep_fill", &update);
        format!(
            "EXECUTE {quote} WITH filled AS (
              UPDATE ONLY {quote} || bf_table || {quote}{update}{quote}
            INTO bf_rows, bf_values USING {bounds};
"
        )
    };
    // An attempt that fails leaves the variables as they are.
    let (more, update) = match backfills {
        [_] => ("", update(backfills)),
        _ => {
            let counted = |fills: &[&Backfill]| {
                let update = update(fills);
                format!(
                    "{update}            bf_all_rows := bf_all_rows + bf_rows; bf_all_values := bf_all_values + bf_values;
"
                )
            };
            let updates: Vec<String> = updates(backfills).map(counted).collect();
            let begin = "bf_all_rows := 0; bf_all_values := 0;\n            ";
            (" bf_all_rows bigint; bf_all_values bigint;", format!("{begin}{}", updates.join("            ")))
        }
    };
    let all = if more.is_empty() { "" } else { "all_" };
    let regclass = literal(&table.to_string());
    format!(
        "DECLARE
  bf_table regclass; bf_block bigint; bf_blocks bigint; bf_rows bigint; bf_values bigint; bf_filled bigint;{more}
  bf_tries int;
BEGIN
  -- A row that somebody updates meanwhile can move to where this has been: it ends when a walk gives no row a value.
  FOR bf_walk IN 1..10 LOOP
    bf_filled := 0;
    FOR bf_table, bf_blocks IN
      WITH RECURSIVE family AS (
        SELECT {regclass}::regclass::oid AS oid UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = oid)
      SELECT oid, pg_relation_size(oid) / current_setting('block_size')::int
      FROM family JOIN pg_class USING (oid) WHERE relkind = 'r' ORDER BY oid
    LOOP
      bf_block := 0;
      WHILE bf_block < bf_blocks LOOP
        bf_tries := 0;
        LOOP
          BEGIN
            PERFORM set_config('lock_timeout', '2s', true);

            {update}
{}        bf_filled := bf_filled + bf_{all}values;
        bf_block := bf_block + {blocks};
        IF bf_{all}rows > 0 THEN PERFORM pg_sleep({pause}); END IF;
      END LOOP;
    END LOOP;
    EXIT WHEN bf_filled = 0;
  END LOOP;
END
",
        indented(RETRY_BATCH, "    "),
    )
}
