#!/bin/sh
# Installs the storage servers that the tests start: Apache, OpenSSH and, into
# the cache of the tests, versitygw. It is quick when all are there.
set -eu
cd "$(dirname "$0")/../.."

.ci/install apache2-bin openssh-server

# sshd wants this folder when root starts it; Debian makes it at boot.
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

version=v1.8.0
bin=${PADSYNC_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/padsync-test}/bin
if ! go version -m "$bin/versitygw" 2>/dev/null | grep -q "versitygw[[:space:]]$version"; then
	echo "Compiling versitygw $version, an S3 server: minutes, the first time only"
	mkdir -p "$bin"
	GOBIN=$bin GOFLAGS='' go install "github.com/versity/versitygw/cmd/versitygw@$version"
fi
