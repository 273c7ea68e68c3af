#!/bin/sh
# Build the client with rustls: build.sh OUTPUT
#
# Exits 0 when OUTPUT is up to date, 77 with the reason when this machine can't
# build it (no cargo, an old one, or no access to its crates), 1 when the
# program does not compile.  The crates are compiled once (about 20 seconds of
# CPU time), in the folder target.
set -u
output=${1:?usage: build.sh OUTPUT}
case $output in
/*) ;;
*) output=$PWD/$output ;;
esac
cd "$(dirname "$0")" || exit 1

if [ -x "$output" ] && [ -z "$(find . -maxdepth 1 \( -name 'Cargo.*' \
    -o -name '*.rs' \) -newer "$output")" ]; then
	exit 0
fi
if ! command -v cargo >/dev/null 2>&1; then
	echo "records: skipped, there is no cargo on this machine"
	exit 77
fi
# rustls names the oldest compiler that it is for.
if ! rustc --version 2>/dev/null |
    awk '{ split($2, v, "."); exit !(v[1] == 1 && v[2] >= 71) }'; then
	echo "records: skipped, rustls needs Rust 1.71"
	exit 77
fi
if ! out=$(cargo fetch --locked -q 2>&1); then
	echo "records: skipped, cargo can't get the crates:" \
	    "$(printf '%s\n' "$out" | tail -n 1)"
	exit 77
fi
mkdir -p "$(dirname "$output")" || exit 1
cargo build --locked --offline -q --target-dir target || exit 1
cp target/debug/records "$output.new" && mv "$output.new" "$output"
