#!/bin/bash
# Installs the real Drizzle and its drivers from npm:  setup.sh DIR KIT_VERSION ORM_VERSION
#   DIR/all            pg, postgres, pglite
#   DIR/postgres-only  postgres: drizzle-kit takes pg when it finds it
# Versions are exact: "^1.0.0-rc.5" would take a later commit build with another snapshot format.
set -euo pipefail
[ $# = 3 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
install() { # TREE PACKAGE...
  local tree=$1/$2
  mkdir -p "$tree"
  echo '{ "private": true }' >"$tree/package.json"
  npm install --prefix "$tree" --no-audit --no-fund --loglevel=error --save-exact "drizzle-kit@$kit" "drizzle-orm@$orm" "${@:3}"
}
dir=$1 kit=$2 orm=$3
install "$dir" all pg@8.23.1 postgres@3.4.9 @electric-sql/pglite@0.5.16 tsx@4.23.15
install "$dir" postgres-only postgres@3.4.9 tsx@4.23.15
