#!/usr/bin/env node
// Runs migrations folders with the real Drizzle, one after the other, in one process.
//
//   node run.mjs TREE POSTGRES_ONLY_TREE
//
// The trees hold drizzle-kit, drizzle-orm and drivers (scripts/tools); the second one no driver but postgres, because
// drizzle-kit takes pg when it finds it. Each line of standard input is a request, each line of standard output its answer:
//
//   { "run": DRIVER, "folder": F, "url": U }    ->  { "ok": true } or { "ok": false, "error": TEXT }
//   { "pglite": [FOLDERS, FOLDERS] }            ->  { "ok": true, "schemas": [LINES, LINES] }: each list of folders in a
//                                                   database of its own, in order; what the catalog holds then
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

// Relations, columns, constraints, indexes and enum labels, without the order of columns.
const CATALOG = `
  SELECT format('%s %s', relkind, c.oid::regclass) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'public'
  UNION ALL SELECT format('column %s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE nspname = 'public' AND attnum > 0 AND NOT attisdropped AND relkind = 'r'
  UNION ALL SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = 'public'
  UNION ALL SELECT format('index %s %s', indisvalid, pg_get_indexdef(indexrelid)) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public'
  UNION ALL SELECT format('label %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
  ORDER BY 1`

async function pglite(folders) {
  const { PGlite } = await load('@electric-sql/pglite')
  const { drizzle } = await load('drizzle-orm/pglite')
  const { migrate } = await load('drizzle-orm/pglite/migrator')
  const client = new PGlite()
  try {
    for (const folder of folders) await migrate(drizzle({ client }), { migrationsFolder: folder })
    return (await client.query(CATALOG)).rows.map(row => row.line)
  } finally {
    await client.close()
  }
}

async function answer(request) {
  try {
    if (request.pglite) {
      const schemas = []
      for (const folders of request.pglite) schemas.push(await pglite(folders))
      return { ok: true, schemas }
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
