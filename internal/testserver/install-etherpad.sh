#!/bin/sh
# Installs Etherpad 1.8.14 for the tests, into their cache: 150 MB from the npm
# registry and some minutes, the first time only. It is quick when it is there.
set -eu
cd "$(dirname "$0")/../.."

version=1.8.14
cache=${PADSYNC_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/padsync-test}
etherpad=$cache/etherpad-$version
[ ! -e "$etherpad/installed" ] || exit 0

command -v npm >/dev/null || .ci/install nodejs npm

echo "Downloading Etherpad $version: minutes, the first time only"
mkdir -p "$cache"
work=$(mktemp -d "$cache/etherpad-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
# No package's own scripts are run: Etherpad needs none of them.
npm install --prefix "$work/npm" --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error "ep_etherpad-lite@$version"

# It starts only from a tree that looks like a checkout of its sources.
mkdir -p "$work/etherpad/node_modules" "$work/etherpad/var"
mv "$work/npm/node_modules/ep_etherpad-lite" "$work/etherpad/src"
mv "$work/npm/node_modules" "$work/etherpad/src/node_modules"
ln -s ../src "$work/etherpad/node_modules/ep_etherpad-lite"

# At every start it asks npm for its plugins, which takes seconds. It has none.
npm=$work/etherpad/src/node_modules/.bin/npm
rm -f "$npm"
cat >"$npm" <<'END'
#!/usr/bin/env node
const path = require('path');
const root = path.resolve(__dirname, '../../..');
console.log(process.argv.includes('ls')
  ? JSON.stringify({dependencies: {'ep_etherpad-lite': {path: path.join(root, 'node_modules/ep_etherpad-lite')}}})
  : '6.14.15');
END
chmod +x "$npm"

touch "$work/etherpad/installed"
rm -rf "$etherpad" # an unfinished one
mv "$work/etherpad" "$etherpad"
