#!/bin/sh
# Installs axe-core for the tests of the page, into their cache: one file from the
# npm registry, the first time only.
set -eu
cd "$(dirname "$0")/../.."

version=4.14.1
cache=${PADSYNC_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/padsync-test}
axe=$cache/axe-$version.js
[ ! -e "$axe" ] || exit 0

command -v npm >/dev/null || .ci/install nodejs npm

mkdir -p "$cache"
work=$(mktemp -d "$cache/axe-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error "axe-core@$version"
mv "$work/node_modules/axe-core/axe.min.js" "$axe"
