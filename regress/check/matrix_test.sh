#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check against broken set-ups: each has one fault, and exactly that
# must be found.  The rows are in broken/, this runs them by groups.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"
# shellcheck source=regress/check/net.sh
. "$(atf_get_srcdir)/net.sh"

GROUPS_OF_ROWS="names tcp tls cert http login echo stun port80 map mesh several"

for group in $GROUPS_OF_ROWS; do
	e2e_case "$group" 180 "exactly one fault in each row of $group"
	eval "${group}_body() { rows_of $group; }
	${group}_cleanup() {
		e2e_cleanup
		e2e_namespace_end
	}"
done

# rows_of GROUP: run its rows.
rows_of() {
	net_begin
	inside "$BROKEN" -dir "$PWD" -derpctl "$DERPCTL" -group "$1" ||
	    atf_fail "rows of $1 failed"
}

# wanted: the findings of all rows, and of real_test.sh.
wanted() {
	"$BROKEN" -list | cut -d ' ' -f 3- | tr ' ' '\n' | sed 's/^+//' |
	    grep '^[a-z]'
	sed -n 's/^	check \([a-z0-9-]*\) -c .*/\1/p' "$SRC/real_test.sh"
}

# defined LEVEL: the faults or notes of the checker.
defined() {
	sed -n "s/^CHECKFAULT([A-Z0-9_]*, $1, \"\(.*\)\",.*/\1/p" \
	    "$SRC/../../lib/check/faults.def" | sort
}

# Faults that no set-up here has: a router that answers with ICMP, a port that
# is closed between two connections.
UNBUILT="port-unreachable port-unsteady"

atf_test_case covered
covered_head() {
	atf_set descr "each fault that derpctl check knows is in a row"
}
covered_body() {
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	: "${BROKEN:=$SRC/broken/broken}"
	[ -x "$BROKEN" ] || atf_skip "the Go program was not built"
	wanted | sort -u >rows
	{
		defined FAULT
		defined NOTE
	} | sort >known
	atf_check comm -23 rows known
	# shellcheck disable=SC2086	# a word a fault
	printf '%s\n' $UNBUILT | sort >unbuilt
	defined FAULT | comm -23 - rows | comm -23 - unbuilt >missing
	atf_check cat missing
}

atf_init_test_cases() {
	atf_add_test_case covered
	for group in $GROUPS_OF_ROWS; do
		atf_add_test_case "$group"
	done
}
