#!/bin/sh
# Apply faults to the code, one at a time, and check that a test notices each;
# called by `make mutants' in the top directory.  The faults are the patches
# in this directory; README describes them.  The work is done in a copy of the
# tree, build-mutants.
#
# M in the environment: a shell pattern for the names of the faults to try,
# without .patch (for example "queue-*").  The default is all faults.
#
# Prints a line for each: "noticed"; "UNNOTICED", a test that it names passes
# with the fault; "stale", the patch or its test must be brought up to date.
# Exits 1 if one was not noticed.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
copy=$top/build-mutants
make=${MAKE:-make}
pattern=${M:-*}
: "${JOBS:=2}"

# Build quietly, with the log in build-mutants/mutants.log, and without warnings,
# since a fault may leave a variable unused.
build() {
	sh etc/sources &&
	"$make" -f build.mk -j "$JOBS" WARN= "$@" >>mutants.log 2>&1
}

# files PATCH: print the files that it changes.
files() {
	sed -n 's,^+++ b/\([^	]*\).*,\1,p' "$1"
}

tests_of() {
	sed -n 's/^# Test: *//p' "$1"
}

# targets TEST...: print the targets that these tests need.
targets() {
	for _t; do
		_prog=${_t%%:*}
		case $_prog in
		regress/fuzz/*) echo fuzz-programs ;;
		*.sh) echo e2e-programs ;;
		*) echo "$_prog" ;;
		esac
	done
}

# result TEST: passed, failed, skipped or none.
result() {
	rm -f mutants.db
	kyua --logfile=kyua.log test --results-file="$copy/mutants.db" \
	    "$1" >test.out 2>&1
	_r=$(sed -n 's/^.*  ->  \([a-z_]*\).*/\1/p' test.out)
	case $_r in
	passed|expected_failure) echo passed ;;
	failed|broken) echo failed ;;
	skipped) echo skipped ;;
	*) echo none ;;
	esac
}

# sound TEST: true if it passes without a fault; checked once.
sound() {
	grep -qxF "$1" sound && return 0
	# One word for each target.
	# shellcheck disable=SC2046
	build $(targets "$1") || return 1
	why="$1: $(result "$1") without the fault"
	[ "$why" = "$1: passed without the fault" ] || return 1
	echo "$1" >>sound
}

# Restore the originals, newer than the objects built from changed files.
revert() {
	while read -r _f; do
		rm -f "$_f.orig" "$_f.rej"
		[ -f "saved/$_f" ] || continue
		cp "saved/$_f" "$_f"
	done <changed
	rm -rf saved
	mkdir saved
}

# apply PATCH: 0, or 1 with the reason in `why'.
apply() {
	for _f in $(files "$1"); do
		if [ ! -f "$_f" ]; then
			why="there is no $_f"
			return 1
		fi
		mkdir -p "saved/$(dirname "$_f")"
		cp "$_f" "saved/$_f"
		echo "$_f" >>changed
	done
	patch -p1 -N -t -s <"$1" >patch.out 2>&1 && return 0
	why="does not apply: $(head -n 1 patch.out)"
	return 1
}

# try PATCH: prints nothing; the verdict is in `verdict' and `why'.
try() {
	verdict=stale
	tests=$(tests_of "$1")
	why="names no test"
	[ -n "$tests" ] || return
	why="does not build, see mutants.log"
	for _test in $tests; do
		sound "$_test" || return
	done
	apply "$1" || return
	why="does not build with the fault, see mutants.log"
	# One word for each target.
	# shellcheck disable=SC2046,SC2086
	build $(targets $tests) || return
	verdict=noticed
	why=
	for _test in $tests; do
		case $(result "$_test") in
		failed) ;;
		passed)
			verdict=UNNOTICED
			why="$why$_test "
			;;
		*)
			verdict=stale
			why="$_test: no result with the fault"
			return
			;;
		esac
	done
	[ -n "$why" ] || why=$(echo "$tests" | tr '\n' ' ')
	why=${why% }
}

sh regress/copy-build.sh "$copy" || exit 1
cd "$copy" || exit 1
# Objects of an earlier run may contain its last fault.
if [ -f changed ]; then
	sort -u changed | while read -r f; do
		[ ! -f "$f" ] || touch "$f"
	done
fi
rm -rf saved
mkdir saved
: >sound
: >mutants.log
# All tests of the Kyuafiles must exist; programs of a test are rebuilt.
echo "mutants: building $copy"
if ! build tests; then
	tail -n 20 mutants.log >&2
	echo "mutants: does not build even without a fault" >&2
	exit 1
fi
: >changed
# Without these, tests are skipped, which is printed.
for what in interop/interop records/records acme/bin; do
	[ ! -e "$top/regress/$what" ] ||
	    ln -sfn "$top/regress/$what" "regress/$what"
done

trap 'revert; exit 1' HUP INT TERM
noticed=0 unnoticed=0 stale=0
for patch in "$top"/regress/mutants/*.patch; do
	name=$(basename "$patch" .patch)
	# A pattern, not quoted.
	# shellcheck disable=SC2254
	case $name in
	$pattern) ;;
	*) continue ;;
	esac
	try "$patch"
	revert
	printf '%-9s  %s  (%s)\n' "$verdict" "$name" "$why"
	case $verdict in
	noticed) noticed=$((noticed + 1)) ;;
	UNNOTICED) unnoticed=$((unnoticed + 1)) ;;
	stale) stale=$((stale + 1)) ;;
	esac
done
echo "$noticed noticed, $unnoticed unnoticed, $stale stale"
[ $((noticed + unnoticed + stale)) -gt 0 ] || echo "mutants: none like $pattern"
[ "$noticed" -gt 0 ] && [ $((unnoticed + stale)) -eq 0 ]
