#!/bin/sh
# Installs what the tests need (Debian's tools, an Etherpad, storage servers;
# kept for the next time) and runs all of them. Arguments go to go test.
set -eu
cd "$(dirname "$0")"

command -v go >/dev/null || { echo "test.sh needs Go 1.26 or later: https://go.dev/dl" >&2; exit 1; }

.ci/install gcc libc6-dev age zstd jq python3 restic
sh internal/testserver/install-storage.sh
sh internal/testserver/install-etherpad.sh

# "small" links four of rclone's back ends instead of all: minutes less to
# compile, and those four are the ones that the program has to talk to in tests.
# The race detector watches everything but the arithmetic of curve25519, which
# shares nothing: watching it took half the time of every test that seals; and
# SQLite, which is translated from C, and whose memory one connection uses alone.
[ $# -gt 0 ] || set -- ./...
exec go test -race -gcflags=crypto/internal/fips140/edwards25519/field=-race=false -gcflags=github.com/ncruces/go-sqlite3-wasm/...=-race=false -tags small -timeout 20m "$@"
