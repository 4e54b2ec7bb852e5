-- The sizes of all tables, as one JSON value in one row. It reads the catalog and what the statistics collector counted, never a table.
-- A parent counts what its partitions and children hold, because an operation on it is one on them.
WITH RECURSIVE tables AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
), tree AS (
  SELECT oid AS root, oid FROM tables
  UNION
  SELECT tree.root, i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), known AS (
  SELECT tree.root, c.relkind, pg_relation_size(c.oid) AS heap, pg_total_relation_size(c.oid) AS total,
    -- as the planner does: as dense as when it was last looked at, else as it was counted; a partitioned table holds none itself
    CASE WHEN c.relkind <> 'r' THEN 0
         WHEN c.reltuples > 0 AND c.relpages > 0 THEN
           c.reltuples::float8 / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int)
         ELSE greatest(s.n_live_tup, 0) END AS rows,
    CASE WHEN c.relkind = 'r' THEN coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) ELSE 0 END AS writes,
    -- nobody has looked at a table that has pages and no rows
    c.relkind = 'r' AND pg_relation_size(c.oid) > 0 AND c.reltuples <= 0 AND coalesce(s.n_live_tup, 0) = 0
      AND s.last_analyze IS NULL AND s.last_autoanalyze IS NULL AND s.last_vacuum IS NULL AND s.last_autovacuum IS NULL AS unknown
  FROM tree JOIN pg_class c ON c.oid = tree.oid LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
), sums AS (
  SELECT root, sum(rows) AS rows, sum(total) AS bytes, sum(writes) AS writes, bool_or(unknown) AS unknown FROM known GROUP BY root
)
SELECT json_build_object(
  'version', 1,
  'tables', coalesce((
    SELECT json_agg(json_build_object('schema', nspname, 'name', relname, 'bytes', bytes,
      'rows', CASE WHEN NOT unknown THEN round(rows)::bigint END,
      'writes_per_second', round((writes / greatest(extract(epoch FROM now() - since), 1))::numeric, 2)
    ) ORDER BY nspname, relname)
    FROM tables JOIN sums ON sums.root = tables.oid,
      LATERAL (SELECT coalesce(d.stats_reset, pg_postmaster_start_time()) AS since
               FROM pg_stat_database d WHERE d.datname = current_database()) counted
  ), '[]'),
  'longest_transaction_seconds', (
    SELECT round(extract(epoch FROM max(now() - xact_start))) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'
  )
)
