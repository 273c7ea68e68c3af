#!/bin/sh
# Build the ACME server that the tests run: build.sh DIRECTORY
#
# Pebble and its pebble-challtestsrv, of the module in go.mod here, go into
# DIRECTORY.  Exits 0 when they are up to date, 77 with the reason when this
# machine can't build them (no Go, or no access to its modules), 1 when they do
# not compile.
set -u
output=${1:?usage: build.sh DIRECTORY}
case $output in
/*) ;;
*) output=$PWD/$output ;;
esac
cd "$(dirname "$0")" || exit 1

if [ -x "$output/pebble" ] && [ -x "$output/pebble-challtestsrv" ] &&
    [ -z "$(find go.mod -newer "$output/pebble")" ]; then
	exit 0
fi
go=${GO:-go}
if ! command -v "$go" >/dev/null 2>&1; then
	echo "acme: skipped, there is no Go ($go) on this machine"
	exit 77
fi
if ! out=$("$go" mod download 2>&1); then
	echo "acme: skipped, Go can't get the modules:" \
	    "$(printf '%s\n' "$out" | tail -n 1)"
	exit 77
fi
mkdir -p "$output" || exit 1
CGO_ENABLED=0 GOBIN=$output "$go" install -trimpath tool || exit 1
# An unchanged program keeps its date.
touch "$output/pebble" "$output/pebble-challtestsrv"
