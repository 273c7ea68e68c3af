#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Limits of clients and of groups of clients, as real clients meet them.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

QUOTA="not admitted: the quota of this client's group is used up for this month"
CROWDED="not admitted: this client's group has all the connections that it may"
CROWDED="$CROWDED have"

# start_with GROUP LINE: start with alice and dora in no group, bob and carol in
# this one.
start_with() {
	admit_by "keys \"$PWD/clients\""
	admit_keys
	clients "$K_alice" "$K_dora" "$K_bob group $1" "$K_carol group $1" "$2"
	WORKERS=2
	e2e_start
}

# poured SECONDS NAMES: they send to the first one; set N_BOB and others to the
# bytes that it got.
poured() {
	run go_client -case pour -seconds "$1" -keys "$2"
	N_BOB=$(sed -n 's/^bob \([0-9]*\)$/\1/p' run.out)
	N_CAROL=$(sed -n 's/^carol \([0-9]*\)$/\1/p' run.out)
	N_DORA=$(sed -n 's/^dora \([0-9]*\)$/\1/p' run.out)
}

e2e_case rate 60 "the clients of a group share its rate, others are free"
rate_body() {
	start_with staff 'group staff rate 200K burst 128K'
	# One that sends alone has all.
	poured 2 alice,bob
	[ "$N_BOB" -ge $((200 * 1024)) ] || e2e_fail "bob sent only $N_BOB"
	[ "$N_BOB" -le $((200 * 1024 * 4)) ] || e2e_fail "bob sent $N_BOB"
	# What the kernel holds of that connection still comes, and counts.
	poured 4 alice,bob,carol,dora
	_most=$((200 * 1024 * 6)) _least=$((200 * 1024 * 2))
	_both=$((N_BOB + N_CAROL))
	[ "$_both" -le "$_most" ] || e2e_fail "the group sent $_both bytes"
	[ "$_both" -ge "$_least" ] || e2e_fail "the group sent only $_both"
	for _n in $N_BOB $N_CAROL; do
		[ $((_n * 6)) -ge "$_both" ] ||
		    e2e_fail "$N_BOB and $N_CAROL is not shared"
	done
	[ "$N_DORA" -ge $((_most * 2)) ] || e2e_fail "dora sent only $N_DORA"
	# A file without the group lifts the limit.
	clients "$K_alice" "$K_bob group other"
	wait_until "the change is in force" logged \
	    'changed files of clients and names are in force'
	poured 2 alice,bob
	[ "$N_BOB" -ge $((_most * 2)) ] || e2e_fail "bob sent only $N_BOB"
	e2e_stop
}

e2e_case connections 60 "a group has no more connections than it may"
connections_body() {
	start_with staff 'group staff connections 2'
	stay_begin alice,bob,bob
	want_tries carol,bob,dora "carol refused: $CROWDED" \
	    "bob refused: $CROWDED" 'dora in'
	groups_row 'staff .* 1  *2  *2 ' || e2e_fail "$(cat groups.out)"
	stay_end alice bob
	wait_until "there is room again" tries carol 'carol in'
	# Those that are there stay when fewer are allowed.
	stay_begin alice,bob,bob
	sed -i -e 's/connections 2/connections 1/' clients
	wait_until "the change is in force" groups_row 'staff .* 1  *2  *1 '
	stay_end alice bob
	[ "$(metric 'derp_admissions{verdict="crowded"}')" -ge 2 ] ||
	    e2e_fail "crowded logins are not counted"
	e2e_stop
}

# groups_row PATTERN: derpctl groups has such a line.
groups_row() {
	ctl groups >groups.out && grep -q "$1" groups.out
}

e2e_case quota 60 "a quota that is used up closes and refuses, over a restart too"
quota_body() {
	start_with staff 'group staff quota 300K'
	run go_client -case pour -seconds 6 -keys alice,bob
	grep -qx "bob closed: $QUOTA" run.out || e2e_fail "bob is not closed"
	logged 'group staff has used up its quota' ||
	    e2e_fail "it is not logged"
	want_tries alice,bob,carol,dora 'alice in' "bob refused: $QUOTA" \
	    "carol refused: $QUOTA" 'dora in'
	groups_row 'staff .* 300.0K .* all$' || e2e_fail "$(cat groups.out)"
	e2e_stop
	e2e_launch
	want_tries alice,bob 'alice in' "bob refused: $QUOTA"
	groups_row 'staff .* 300.0K .* all$' || e2e_fail "$(cat groups.out)"
	# A larger one lets them in.
	sed -i -e 's/quota 300K/quota 1T/' clients
	wait_until "bob is in" tries bob 'bob in'
	groups_row 'staff .* 1.0T .* 0%$' || e2e_fail "$(cat groups.out)"
	# What was used since the last time that it was saved.
	_was=$(used)
	[ "$_was" -ge 307200 ] || e2e_fail "$_was bytes are counted"
	run go_client -case pour -seconds 1 -keys alice,bob
	wait_until "nobody sends" idle
	_used=$(used)
	[ "$_used" -gt "$_was" ] || e2e_fail "$_used bytes are counted"
	e2e_stop
	e2e_launch
	[ "$(used)" -ge "$_used" ] || e2e_fail "$(used) bytes of $_used"
	e2e_stop
}

idle() {
	groups_row 'staff  *0  *0 '
}

used() {
	ctl -j groups | sed -n 's/.*"used_month":\([0-9]*\).*/\1/p'
}

e2e_case told 60 "a file with the rate of clients: new and connected ones are told"
told_body() {
	e2e_need_interop
	rate 2097152 8388608
	RELAY="client rate file \"$PWD/rate\""
	WORKERS=2
	e2e_start
	limits_are '2097152 8388608'
	stay_begin alice,bob,carol
	rate 1048576 1
	wait_until "bob is told" told 'bob limit 1048576 65568'
	wait_until "carol is told" told 'carol limit 1048576 65568'
	limits_are '1048576 65568'
	rate 0 0
	wait_until "bob is told" told 'bob limit 0 0'
	limits_are '0 0'
	echo '{"PerClientRateLimitBytesPerSec": "much"}' >rate
	wait_until "the error is logged" logged "$PWD/rate:"
	limits_are '0 0'
	stay_end alice bob carol
	e2e_stop
}

# rate RATE BURST: the file has these.
rate() {
	echo "{\"PerClientRateLimitBytesPerSec\": $1," \
	    "\"PerClientRateBurstBytes\": $2}" >rate.new
	mv rate.new rate
}

# limits_are 'RATE BURST': what a client is told when it logs in.
limits_are() {
	run go_client -case limits -keys eve
	grep -qx "eve $1" run.out || e2e_fail "it is told another limit"
}

atf_init_test_cases() {
	atf_add_test_case rate
	atf_add_test_case connections
	atf_add_test_case quota
	atf_add_test_case told
}
