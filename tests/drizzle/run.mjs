#!/usr/bin/env node
// Runs migrations folders with the real Drizzle, one after the other, in one process; it ends with its input.
//
//   node run.mjs TREE POSTGRES_ONLY_TREE
//
// The trees hold drizzle-kit, drizzle-orm and drivers (scripts/tools); the second one no driver but postgres, because
// drizzle-kit takes pg when it finds it. Each line of standard input is a request, each line of standard output its answer:
//
//   { "run": DRIVER, "folder": F, "url": U }    ->  { "ok": true } or { "ok": false, "error": TEXT }
//   { "pglite": [RUN, RUN] }                    ->  { "ok": true, "left": [LEFT, LEFT] }: what each run leaves in PGlite
//     RUN: in an empty database, in order, until one fails: FOLDER (it is migrated), { "rows": U } (the rows of a database
//     on a server), { "chunks": TEXTS } (each sent by itself)
//     LEFT: { "catalog": LINES, "rows": { TABLE: ROWS } }, and "error" where one failed
//   { "kit": ARGUMENTS, "folder": F, "schema": TS }  ->  { "ok", "error": what it printed }
//
// DRIVER: kit, kit-postgres (drizzle-kit migrate over pg, over postgres-js); pg, pg-client, postgres, postgres-1
// (drizzle-orm migrate() over a node-postgres pool or client, a postgres-js pool or a single connection).
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [all, postgresOnly] = process.argv.slice(2).map(tree => resolve(tree))
const require = createRequire(join(all, 'package.json'))
const load = name => import(pathToFileURL(require.resolve(name)).href)

async function kit(tree, args, folder, { url, schema } = {}) {
  const work = mkdtempSync(join(tmpdir(), 'safestep-drizzle-'))
  try {
    symlinkSync(join(tree, 'node_modules'), join(work, 'node_modules'))
    symlinkSync(resolve(folder), join(work, 'drizzle'))
    writeFileSync(join(work, 'package.json'), '{}')
    if (schema) writeFileSync(join(work, 'schema.ts'), schema)
    writeFileSync(join(work, 'drizzle.config.js'), 'module.exports = ' + JSON.stringify(
      { dialect: 'postgresql', out: './drizzle', schema: './schema.ts', dbCredentials: { url: url ?? 'postgres://x' } }))
    const child = spawn('node_modules/.bin/drizzle-kit', [...args, '--config', 'drizzle.config.js'],
      { cwd: work, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
    let error = ''
    child.stdout.on('data', data => { error += data })
    child.stderr.on('data', data => { error += data })
    const code = await new Promise(end => child.on('close', end))
    return { ok: code === 0, error }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function withOrm(driver, folder, url) {
  const orm = driver.startsWith('pg') ? 'node-postgres' : 'postgres-js'
  const { drizzle } = await load(`drizzle-orm/${orm}`)
  const { migrate } = await load(`drizzle-orm/${orm}/migrator`)
  let client, close
  if (orm === 'node-postgres') {
    const pg = (await load('pg')).default
    client = driver === 'pg' ? new pg.Pool({ connectionString: url }) : new pg.Client({ connectionString: url })
    client.on('error', () => {})
    if (driver === 'pg-client') await client.connect()
    close = () => client.end()
  } else {
    const postgres = (await load('postgres')).default
    client = postgres(url, { onnotice: () => {}, ...(driver === 'postgres-1' && { max: 1 }) })
    close = () => client.end({ timeout: 5 })
  }
  try {
    await migrate(drizzle({ client }), { migrationsFolder: folder })
    return { ok: true }
  } catch (error) {
    return { ok: false, error: [error.message, error.cause?.message].filter(Boolean).join('\n') }
  } finally {
    await close().catch(() => {})
  }
}

// A schema of the project's own.
const OURS = `nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'drizzle')`
// Relations, columns, constraints, indexes, triggers, policies and enum labels, without the order of columns.
const CATALOG = `
  SELECT format('%s %s', relkind, c.oid::regclass) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE ${OURS}
  UNION ALL SELECT format('column %s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE ${OURS} AND attnum > 0 AND NOT attisdropped AND relkind = 'r'
  UNION ALL SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE ${OURS}
  UNION ALL SELECT format('index %s %s', indisvalid, pg_get_indexdef(indexrelid)) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    JOIN pg_namespace n ON n.oid = relnamespace WHERE ${OURS}
  UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('policy %s', to_jsonb(p)) FROM pg_policies p
  UNION ALL SELECT format('label %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
  ORDER BY 1`

const TABLES = `SELECT c.oid::regclass::text AS name, (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND ${OURS} ORDER BY 1`
const SEQUENCES = `SELECT format('%I.%I', schemaname, sequencename) AS name, last_value::text AS value FROM pg_sequences
  WHERE last_value IS NOT NULL AND schemaname <> 'drizzle'`

let lite
async function emptyLite() {
  // An instance takes seconds to start, its schemas milliseconds to drop.
  const { PGlite } = await load('@electric-sql/pglite')
  lite ??= new PGlite()
  await lite.exec('ROLLBACK; RESET ALL; SET client_min_messages = error')
  const found = await lite.query(`SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE ${OURS} OR nspname = 'drizzle'`)
  for (const { name } of found.rows) await lite.exec(`DROP SCHEMA ${name} CASCADE`)
  await lite.exec('CREATE SCHEMA public')
  return lite
}

async function copyRows(url, client) {
  const server = new (await load('pg')).default.Client({ connectionString: url })
  await server.connect()
  try {
    await client.exec('SET session_replication_role = replica')
    for (const { name, columns } of (await server.query(TABLES)).rows) {
      const { rows } = await server.query(`SELECT json_agg(t)::text AS rows FROM ${name} AS t`)
      await client.query(`INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
        SELECT ${columns} FROM json_populate_recordset(NULL::${name}, $1::json)`, [rows[0].rows ?? '[]'])
    }
    for (const { name, value } of (await server.query(SEQUENCES)).rows) await client.query('SELECT setval($1, $2)', [name, value])
    await client.exec('RESET session_replication_role')
  } finally {
    await server.end()
  }
}

async function pglite(run) {
  const { drizzle } = await load('drizzle-orm/pglite')
  const { migrate } = await load('drizzle-orm/pglite/migrator')
  const client = await emptyLite()
  const left = { rows: {} }
  try {
    for (const step of run) {
      if (step.rows) await copyRows(step.rows, client)
      else if (step.chunks) for (const chunk of step.chunks) await client.exec(chunk)
      else await migrate(drizzle({ client }), { migrationsFolder: step })
    }
  } catch (error) {
    left.error = [error.message, error.cause?.message].filter(Boolean).join('\n')
    await client.exec('ROLLBACK')
  }
  left.catalog = (await client.query(CATALOG)).rows.map(row => row.line)
  for (const { name } of (await client.query(TABLES)).rows) {
    left.rows[name] = (await client.query(`SELECT to_jsonb(t) AS row FROM ${name} AS t ORDER BY 1`)).rows.map(({ row }) => row)
  }
  return left
}

async function answer(request) {
  try {
    if (request.pglite) {
      const left = []
      for (const run of request.pglite) left.push(await pglite(run))
      return { ok: true, left }
    }
    if (request.kit) return await kit(all, request.kit, request.folder, request)
    if (request.run === 'kit') return await kit(all, ['migrate'], request.folder, request)
    if (request.run === 'kit-postgres') return await kit(postgresOnly, ['migrate'], request.folder, request)
    return await withOrm(request.run, request.folder, request.url)
  } catch (error) {
    return { ok: false, error: [error.message, error.cause?.message].filter(Boolean).join('\n') }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))))
}
process.exit() // an open PGlite would go on
