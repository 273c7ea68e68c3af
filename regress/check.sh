#!/bin/sh
# Run all tests with kyua and print how many passed; called by `make check' in
# the top directory when everything is built.  Exits 1 when one failed.
#
# TESTS in the environment names the tests to run, in kyua's terms (for
# example "lib derpd/relay/derp/queue_test").  BENCH_BIN is a directory with
# headscale, tailscale and tailscaled, for e2e/tailnet_test.sh.
set -u
TOGETHER=2		# tests at once: they wait for most of their time
AGAIN=4			# at most so many tests have a second try

# go_program WHAT FILE [DIRECTORY]: build it, or say why that is not possible.
go_program() {
	_what=$1
	shift
	out=$(sh regress/interop/build.sh "$PWD/$1" ${2:+"$2"} 2>&1)
	case $? in
	0)	;;
	77)	echo "$out" ;;
	*)	echo "$out" >&2
		echo "check: $_what not build" >&2
		exit 1 ;;
	esac
}

go_program "the Go client does" regress/interop/interop
go_program "the broken servers do" regress/check/broken/broken \
    regress/check/broken
go_program "the peers in user space do" regress/bridge/bridge regress/bridge
go_program "the clients beside an upgrade do" regress/upgrade/load \
    regress/upgrade

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

# The virtual machine runs beside the first tests; those of regress/vm, which are
# among the last, take its results.
case ${TESTS:-regress/vm} in
*regress/vm*)
	sh regress/vm/results.sh all &
	;;
esac

# run NAME [TEST...]: run these tests, or all, TOGETHER at once; results go to
# NAME.out and NAME.db.
run() {
	_name=$1
	shift
	rm -f "$_name.db"
	kyua --logfile="$_name.log" -v parallelism="$TOGETHER" test \
	    --results-file="$PWD/$_name.db" "$@" |
	    tee "$_name.out" | sed '/^Results file id/,$d'
}

# Print the output of the tests of NAME that failed.
failures() {
	kyua --logfile="$1.log" report --results-file="$PWD/$1.db" --verbose \
	    --results-filter=broken,failed 2>/dev/null | awk '
	/^===> (Broken|Failed|Summary)/	{ on = 0; next }
	/^===> /	{ on = /:/ }
	/^(Start|End) time:|^Duration:|^Metadata:/	{ next }
	/^    [a-z_]* (=|is empty)/	{ next }
	on && NF != 0'
}

# One word for each test.
# shellcheck disable=SC2086
run check ${TESTS:-}
failures check

# A test that failed runs once more, with nothing beside it: what counts is the
# second result, and both are printed.  Many that fail are no matter of load.
again=$(sed -n 's/ *->  \(failed\|broken\).*//p' check.out)
: >check-again.out
# shellcheck disable=SC2086	# one word a test
set -- $again
if [ $# -gt 0 ] && [ $# -le "$AGAIN" ]; then
	echo "once more, alone: $*"
	TOGETHER=1
	run check-again "$@"
	failures check-again
	sed -n 's/ *->  passed.*/: failed beside other tests, passed alone/p' \
	    check-again.out
fi

awk '
/  ->  / {
	n = split($0, a, "  ->  ")
	split(a[n], w, /[: ]/)
	sub(/ *$/, "", a[1])
	result[a[1]] = w[1]
}
END {
	for (name in result) {
		c[result[name]]++
		if (result[name] ~ /^(failed|broken)$/)
			print name ": " result[name]
	}
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
}' check.out check-again.out
