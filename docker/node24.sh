#!/bin/sh
# Runs a TypeScript file on the Node 24 of node_modules, whatever Node the machine has: sh docker/node24.sh <file.ts> [args]
# Installs the npm packages first when they are missing or package-lock.json has changed since.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
lock=$root/package-lock.json
modules=$root/node_modules
stamp=$modules/.waygraph-lock
node=$modules/node/bin/node
want=$(cksum <"$lock")

current() {
  [ -x "$node" ] || return 1
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return 0
  # Installed by hand (npm install, npm ci) after the lock file was written: as good as by us.
  [ "$modules/.package-lock.json" -nt "$lock" ] && echo "$want" >"$stamp"
}

install() {
  command -v npm >/dev/null 2>&1 || { echo "npm is missing: install Node.js 20 or newer with npm" >&2; exit 1; }
  echo "npm packages: installing (package-lock.json is new or has changed)" >&2
  begin=$(date +%s)
  out=$(mktemp)
  if (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >"$out" 2>&1 </dev/null); then
    echo "$want" >"$stamp"
    rm -f "$out"
    echo "npm packages: installed in $(($(date +%s) - begin)) s" >&2
    return 0
  fi
  if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network' "$out"; then
    echo "npm packages: no network to the npm registry ($(grep -oE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network' "$out" | head -n 1)); connect, or set the registry in .npmrc, and run the command again" >&2
  else
    echo "npm packages: npm ci failed: $(grep -E '^npm error' "$out" | grep -vE 'complete log|debug-0\.log|^npm error code|^npm error *$' | head -n 3 | sed 's/^npm error *//' | tr '\n' ' ')" >&2
  fi
  rm -f "$out"
  exit 1
}

if ! current; then
  # Two commands at once must not both empty node_modules: the second waits here and finds the work done.
  guard=${TMPDIR:-/tmp}/waygraph-npm-$(id -u)-$(printf %s "$root" | cksum | cut -d' ' -f1)
  if command -v flock >/dev/null 2>&1; then
    (flock 9 && { current || install; }) 9>"$guard.lock"
  else
    until mkdir "$guard.d" 2>/dev/null; do
      kill -0 "$(cat "$guard.d/pid" 2>/dev/null || echo $$)" 2>/dev/null || rm -rf "$guard.d"
      sleep 1
    done
    echo $$ >"$guard.d/pid"
    trap 'rm -rf "$guard.d"' EXIT
    current || install
    rm -rf "$guard.d"
    trap - EXIT
  fi
fi

# npm's own scripts put the machine's Node first for what they start; here it is always ours.
PATH=$modules/node/bin:$modules/.bin:$PATH
export PATH
exec "$node" --disable-warning=ExperimentalWarning "$@"
