#!/bin/bash
# usage: DATABASE_URL=postgresql://user@host:port/db run.sh DIR MIGRATIONS [SCHEMA] [-- PRISMA ARGUMENTS]
#   DIR         where setup.sh installed Prisma          MIGRATIONS  a folder like prisma/migrations (used in place, not copied)
#   SCHEMA      a schema.prisma or a schema folder (default: an empty one); its datasource url is adapted to the Prisma version
#   arguments   default: migrate deploy.  Others: migrate status | migrate resolve --rolled-back NAME | migrate dev --name x |
#               migrate diff --from-migrations prisma/migrations --to-schema prisma/schema.prisma --exit-code (6.x: --to-schema-datamodel)
# PRISMA_STANDIN_SCRIPT=whole|split chooses how a file reaches the server (see schema-engine.mjs). PRISMA_STANDIN_LOG=FILE logs it.
# SHADOW_DATABASE_URL: optional. The exit status is Prisma's own.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=$(cd "$1" && pwd); migrations=$(cd "$2" && pwd); shift 2
schema=; [ $# -gt 0 ] && [ "$1" != -- ] && { schema=$(realpath "$1"); shift; }
[ "${1:-}" = -- ] && shift; [ $# -gt 0 ] || set -- migrate deploy
major=$(sed -n 's/.*"version": "\([0-9]*\)\..*/\1/p' "$dir/node_modules/prisma/package.json" | head -1)

project=$(mktemp -d); trap 'rm -rf "$project"' EXIT; mkdir "$project/prisma"
ln -s "$dir/node_modules" "$project/node_modules"; ln -s "$migrations" "$project/prisma/migrations"; echo '{}' > "$project/package.json"
if [ -n "$schema" ]; then cp -r "$schema" "$project/prisma/${schema##*/}"; else schema=schema.prisma
  printf 'datasource db {\n  provider = "postgresql"\n}\n' > "$project/prisma/schema.prisma"; fi
# 7.x reads the url from prisma.config.* (.mjs loads 0.4 s faster than .ts) and refuses one in the schema; 6.x wants it in the schema
# generators go: 6.x `migrate dev` would run them and install @prisma/client into the project
find "$project/prisma/${schema##*/}" -name '*.prisma' -exec sed -i -E '/^[[:space:]]*(url|directUrl|shadowDatabaseUrl)[[:space:]]*=/d; /^[[:space:]]*generator[[:space:]]/,/^[[:space:]]*}/d' {} +
if [ "$major" -ge 7 ]; then shadow=${SHADOW_DATABASE_URL:+, shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL}
  printf 'export default { schema: "prisma/%s", migrations: { path: "prisma/migrations" }, datasource: { url: process.env.DATABASE_URL%s } }\n' "${schema##*/}" "${shadow:-}" > "$project/prisma.config.mjs"
else shadow=${SHADOW_DATABASE_URL:+\\n  shadowDatabaseUrl = env("SHADOW_DATABASE_URL")}
  find "$project/prisma/${schema##*/}" -name '*.prisma' -exec sed -i -E "s/^([[:space:]]*datasource[[:space:]].*)/\1\n  url = env(\"DATABASE_URL\")${shadow:-}/" {} +; fi

# the query engine is not used here, but 6.x would download it
export PRISMA_SCHEMA_ENGINE_BINARY="$dir/schema-engine.mjs" PRISMA_QUERY_ENGINE_LIBRARY="$dir/schema-engine.mjs" PRISMA_HIDE_UPDATE_MESSAGE=1 CHECKPOINT_DISABLE=1 NO_COLOR=1 NODE_COMPILE_CACHE="$dir/compiled" PATH="$dir/node:$PATH"
cd "$project"
case "$*" in
  migrate\ dev*) # wants a terminal; a question it asks (a name, a reset) ends in status 130 or 124
    command -v script >/dev/null || { echo "migrate dev needs script(1) (apt: bsdutils or util-linux)" >&2; exit 2; }
    timeout "${PRISMA_TIMEOUT:-300}" script -qec "$(printf '%q ' ./node_modules/.bin/prisma "$@")" /dev/null < /dev/null ;;
  *) ./node_modules/.bin/prisma "$@" < /dev/null ;;
esac
