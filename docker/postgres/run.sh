#!/bin/sh
# Makes the cluster at the first start, beside and renamed, so that it is there whole or not at all; then becomes the server.
set -eu
folder=/var/lib/waygraph/postgres
if [ ! -s "$folder/PG_VERSION" ]; then
  rm -rf "$folder.new"
  password=$(mktemp)
  printf %s "$POSTGRES_ADMIN_PASSWORD" >"$password"
  initdb -D "$folder.new" -U "$POSTGRES_ADMIN_USER" "--pwfile=$password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  rm -f "$password"
  mv "$folder.new" "$folder"
fi
# A container starts with a fresh process table: the lock of the last run names a process that is somebody else now.
rm -f "$folder/postmaster.pid"
exec postgres -D "$folder" "$@"
