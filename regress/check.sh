#!/bin/sh
# Run all tests with kyua and print how many passed; called by `make check' in
# the top directory when everything is built.  Exits 1 when one failed.
#
# TESTS in the environment names the tests to run, in kyua's terms (for
# example "lib derpd/relay/derp/queue_test").  BENCH_BIN is a directory with
# headscale, tailscale and tailscaled, for e2e/tailnet_test.sh.
set -u
out=$(sh regress/interop/build.sh "$PWD/regress/interop/interop" 2>&1)
case $? in
0)	;;
77)	echo "$out" ;;
*)	echo "$out" >&2
	echo "check: the Go client does not build" >&2
	exit 1 ;;
esac

# The first time this compiles rustls: about 20 seconds of CPU time.
out=$(sh regress/records/build.sh "$PWD/regress/records/records" 2>&1)
case $? in
0)	;;
77)	echo "$out" ;;
*)	echo "$out" >&2
	echo "check: the client with rustls does not build" >&2
	exit 1 ;;
esac

out=$(sh regress/acme/build.sh "$PWD/regress/acme/bin" 2>&1)
case $? in
0)	;;
77)	echo "$out" ;;
*)	echo "$out" >&2
	echo "check: the ACME server does not build" >&2
	exit 1 ;;
esac

# Where `make bench-wan' leaves the real clients; kyua changes HOME.
: "${BENCH_BIN:=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/derpd-bench}"
export BENCH_BIN

# For a build with sanitizers.
LSAN_OPTIONS=suppressions=$PWD/regress/lsan.supp:print_suppressions=0
export LSAN_OPTIONS

rm -f check.db
# One word for each test.
# shellcheck disable=SC2086
kyua --logfile=check.log test --results-file="$PWD/check.db" ${TESTS:-} |
    tee check.out | sed '/^Results file id/,$d'
# Print the output of the tests that failed.
kyua --logfile=check.log report --results-file="$PWD/check.db" --verbose \
    --results-filter=broken,failed 2>/dev/null | awk '
/^===> (Broken|Failed|Summary)/	{ on = 0; next }
/^===> /	{ on = /:/ }
/^(Start|End) time:|^Duration:|^Metadata:/	{ next }
/^    [a-z_]* (=|is empty)/	{ next }
on && NF != 0'

awk '
/  ->  / {
	n = split($0, a, "  ->  ")
	split(a[n], w, /[: ]/)
	c[w[1]]++
}
END {
	passed = c["passed"] + c["expected_failure"]
	failed = c["failed"] + c["broken"]
	total = passed + failed + c["skipped"]
	if (total == 0) {
		print "no test ran" >"/dev/stderr"
		failed = 1
	}
	printf "%d passed, %d failed, %d skipped\n", passed, failed,
	    c["skipped"]
	exit(failed != 0)
}' check.out
