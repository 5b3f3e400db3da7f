#!/bin/sh
# Installs what the tests need (Debian's tools, an Etherpad, storage servers;
# kept for the next time) and runs all of them. Arguments go to go test.
set -eu
cd "$(dirname "$0")"

command -v go >/dev/null || { echo "test.sh needs Go 1.26 or later: https://go.dev/dl" >&2; exit 1; }

.ci/install gcc libc6-dev age zstd jq python3 restic zsh fish chromium firefox-esr systemd cron
sh internal/testserver/install-storage.sh
sh internal/testserver/install-etherpad.sh
sh internal/testserver/install-axe.sh

# "small" links four of rclone's back ends instead of all: minutes less to
# compile, and those four are the ones that the program has to talk to in tests.
# The race detector watches everything but the arithmetic of curve25519, which
# shares nothing (watching it took half the time of every test that seals), and
# SQLite, whose C is translated to Go: each of its memories is of one connection,
# and so of one goroutine at a time.
# A program that it watches waits a second when it ends, for a race that might
# still come in what nobody waits for: in a thousand runs, that is all the time.
export GORACE="${GORACE-atexit_sleep_ms=10}"
watched() {
	go test -race -gcflags=crypto/internal/fips140/edwards25519/field=-race=false \
		-gcflags=github.com/ncruces/go-sqlite3-wasm/...=-race=false -tags small -timeout 20m "$@"
}
if [ $# -gt 0 ]; then
	watched "$@"
	exit
fi

# Package documents and those below start no goroutine, so their own tests have
# no race to show, and read their hostile documents five times as fast without
# the detector. It sees them where several are read at once: in sources/*.
status=0
go test -tags small -timeout 20m ./documents/... || status=1
# shellcheck disable=SC2046 # a package's path has no spaces
watched $(go list -tags small ./... | grep -v '/padsync/documents') || status=1
exit $status
