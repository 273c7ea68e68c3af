#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check against broken set-ups: each has one fault, and exactly that
# must be found.  The rows are in broken/, this runs them by groups.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"
# shellcheck source=regress/check/net.sh
. "$(atf_get_srcdir)/net.sh"

GROUPS_OF_ROWS="names tcp tls cert http login echo stun port80 map mesh"

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

atf_init_test_cases() {
	for group in $GROUPS_OF_ROWS; do
		atf_add_test_case "$group"
	done
}
