#!/bin/sh
# Build the interop program, or another Go program of the tests:
# build.sh OUTPUT [DIRECTORY]
#
# DIRECTORY has its sources and its go.mod.  Exits 0 when OUTPUT is up to date,
# 77 with the reason when this machine can't build it (no Go, or no access to
# its modules), 1 when the program does not compile.
set -u
output=${1:?usage: build.sh OUTPUT [DIRECTORY]}
dir=${2:-$(dirname "$0")}
case $output in
/*) ;;
*) output=$PWD/$output ;;
esac
cd "$dir" || exit 1
name=${output##*/}

if [ -x "$output" ] && [ -z "$(find . -name "*.go" -newer "$output")" ]; then
	exit 0
fi
go=${GO:-go}
if ! command -v "$go" >/dev/null 2>&1; then
	echo "$name: skipped, there is no Go ($go) on this machine"
	exit 77
fi
if ! out=$("$go" mod download 2>&1); then
	echo "$name: skipped, Go can't get the modules:" \
	    "$(printf '%s\n' "$out" | tail -n 1)"
	exit 77
fi
mkdir -p "$(dirname "$output")" || exit 1
exec env CGO_ENABLED=0 "$go" build -trimpath -o "$output" .
