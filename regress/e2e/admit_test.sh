#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Admission by a clients file, as real clients and an operator see it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

UNKNOWN="not admitted: this key is not in the relay's list"
DENIED="not admitted: the relay's list denies this key"
KICKED='the operator of this relay closed the connection'

# with_keys: the daemon admits by the file `clients'.
with_keys() {
	admit_by "keys \"$PWD/clients\""
	admit_keys
}

# verdicts VERDICT N: so many logins had this verdict.
verdicts() {
	_n=$(metric "derp_admissions{verdict=\"$1\"}")
	[ "$_n" -eq "$2" ] || e2e_fail "$1: $_n logins, not $2"
}

e2e_case login 60 "a listed key is in; another is told why, counted and logged"
login_body() {
	with_keys
	use_cert ec
	WORKERS=2
	clients "$K_alice # Alice" "deny $K_bob"
	e2e_start
	# Over each kind of connection.
	want_tries alice,alice/tls12,alice/ws,bob,eve,eve/tls12,eve/ws,eve/mesh \
	    'alice in' 'alice in' 'alice in' "bob refused: $DENIED" \
	    "eve refused: $UNKNOWN" "eve refused: $UNKNOWN" \
	    "eve refused: $UNKNOWN" 'eve in'
	grep -q "login refused: $UNKNOWN client=127.0.0.1:[0-9]* key=$K_eve" \
	    derpd.log ||
	    e2e_fail "a refusal is not logged"
	verdicts admitted 3
	verdicts denied 1
	verdicts unknown 3
	# Nobody is sent away without the text, nor left there.
	run go_client -case refused-ends -keys eve
	run ctl status
	grep -q "^admission  *clients may relay that this admits: keys $PWD/cl" \
	    run.out || e2e_fail "status does not say who may relay"
	grep -q "^  clients  *$PWD/clients, read at .* (keys: 1)\$" run.out ||
	    e2e_fail "status does not say what was read"
	e2e_stop
}

e2e_case edited 90 "an edited file lets clients in, and closes others"
edited_body() {
	with_keys
	WORKERS=2
	clients "$K_alice" "$K_bob" "$K_carol"
	e2e_start
	stay_begin alice,bob,bob,bob/ws,carol,eve/mesh
	want_tries dora "dora refused: $UNKNOWN"
	# Replaced.
	clients "$K_alice" "$K_carol" "$K_dora"
	wait_until "bob is closed" told "bob closed: $UNKNOWN"
	wait_until "all of bob is closed" three_bobs
	wait_until "dora is in" tries dora 'dora in'
	want_tries bob "bob refused: $UNKNOWN"
	logged "3 connections closed: $UNKNOWN key=$K_bob" ||
	    e2e_fail "what was closed is not logged"
	# Written in place.
	echo "deny $K_dora" >>clients.add
	grep -v "$K_dora" clients >>clients.add
	cat clients.add >clients
	wait_until "dora is denied" tries dora "dora refused: $DENIED"
	# By derpctl.
	run ctl keys remove -f clients "$K_dora"
	run ctl keys add -f clients "$K_bob" name Robert
	wait_until "bob is in again" tries bob 'bob in'
	want_tries dora "dora refused: $UNKNOWN"
	run ctl keys deny -f clients "$K_carol"
	wait_until "carol is closed" told "carol closed: $DENIED"
	stay_end alice eve
	! logged 'configuration reloaded' || e2e_fail "it was reloaded"
	e2e_stop
}

three_bobs() {
	[ "$(grep -c "^bob closed: $UNKNOWN\$" go.out)" -eq 3 ]
}

e2e_case broken 60 "a broken file is refused as a whole, with line and column"
broken_body() {
	with_keys
	clients "$K_alice" "$K_bob" "$K_dora"
	e2e_start
	stay_begin alice,bob
	_error="$PWD/clients:2:76: "
	clients "$K_eve" "$K_alice   nam Alice"
	wait_until "the error is logged" logged "$_error"
	wait_until "status has the error" status_has \
	    'changed files are not in force' "$_error"
	logged "clients and names that were read before stay in force" ||
	    e2e_fail "it does not say what is in force"
	want_tries dora,eve 'dora in' "eve refused: $UNKNOWN"
	for _command in "$DERPD -n -f derpd.conf" "ctl reload"; do
		! $_command >out 2>&1 || e2e_fail "$_command: no error"
		grep -qF "$_error" out || e2e_fail "$_command: $(cat out)"
	done
	clients "$K_alice" "$K_bob" "$K_dora" "$K_eve"
	wait_until "the mended file is in force" tries eve 'eve in'
	run ctl status
	! grep -q 'not in force' run.out || e2e_fail "the error is still there"
	# A file that is gone is broken, too.
	rm clients
	wait_until "it is logged" logged "$PWD/clients: No such file"
	want_tries dora 'dora in'
	stay_end alice bob
	e2e_stop
}

status_has() {
	ctl status >status.out
	for _text; do
		grep -qF "$_text" status.out || return 1
	done
}

e2e_case shown 60 "derpctl shows names and groups, kicks and denies"
shown_body() {
	with_keys
	WORKERS=2
	cat >names.json <<-end
	[{"id":1,"node_key":"$K_alice","given_name":"alice-laptop"},
	 {"id":2,"node_key":"$K_carol","given_name":"carol-laptop"}]
	end
	EXTRA="$EXTRA
names \"$PWD/names.json\""
	clients "$K_alice" "$K_bob name \"Bob's phone\" group staff" \
	    "$K_carol name Carol"
	e2e_start
	stay_begin alice,bob,bob,carol
	wait_until "bob has his name" shows 'Bob.s phone' staff
	wait_until "alice has her name" shows alice-laptop -
	ctl clients >out
	! grep -q carol-laptop out || e2e_fail "the other name is preferred"
	[ "$(ctl clients -g staff | grep -c '127\.0')" -eq 2 ] ||
	    e2e_fail "the group is not listed"
	_url="http://127.0.0.1:$PLAIN_PORT/debug/clients/?all&format=json"
	run curl -sS -m 15 -o list.json "$_url"
	for _text in '"name":"alice-laptop"' "\"name\":\"Bob's phone\"" \
	    '"group":"staff"'; do
		grep -qF "$_text" list.json ||
		    e2e_fail "/debug/clients/ has no $_text: $(cat list.json)"
	done
	run ctl clients kick "Bob's phone"
	grep -q "closed $K_bob .*2 connections" run.out ||
	    e2e_fail "kick does not say what it did"
	wait_until "bob is closed" told "bob closed: $KICKED"
	want_tries bob 'bob in'
	run ctl clients deny Carol
	wait_until "carol is closed" grep -q '^carol closed: ' go.out
	wait_until "carol is denied" tries carol "carol refused: $DENIED"
	grep -q "^deny $K_carol name Carol" clients || e2e_fail "$(cat clients)"
	# A name that comes later.
	echo '[]' >names.json
	wait_until "alice has no name" shows_not alice-laptop
	stay_end alice
	e2e_stop
}

# shows NAME GROUP: a client that is connected.
shows() {
	ctl clients >out && grep -q "$1  *$2 " out
}

shows_not() {
	ctl clients >out && ! grep -q "$1" out
}

atf_init_test_cases() {
	atf_add_test_case login
	atf_add_test_case edited
	atf_add_test_case broken
	atf_add_test_case shown
}
