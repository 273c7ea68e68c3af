#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Admission by a server that is asked: a small one whose answers the test
# chooses, and headscale.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/headscale.sh
. "$(atf_get_srcdir)/headscale.sh"

REFUSED='not admitted: the control server that this relay asks does not know'
REFUSED="$REFUSED this key"
FAILED="not admitted: the relay can't ask its control server; try again later"

# controller_begin [ADDRESS:PORT [ADDRESS]]: start the small server; set URL.
# What it is asked is in `asked'.
controller_begin() {
	e2e_need_interop
	rm -f asked.ready
	"$INTEROP" -addr "${1:-127.0.0.1:0}" -case controller \
	    -ready asked.ready >>asked 2>&1 &
	CONTROLLER=$!
	echo "$CONTROLLER" >>pids
	wait_until "the controller listens" [ -f asked.ready ]
	URL=http://${2:-127.0.0.1}:$(sed -n 's/^port //p' asked | tail -n 1)
}

controller_end() {
	kill "$CONTROLLER"
	wait "$CONTROLLER"
}

# answer STATUS [BODY]: its answers from now on.
answer() {
	echo "$*" >answer.new
	mv answer.new answer
}

yes_all() {
	answer 200 '{"Allow":true}'
}

no_all() {
	answer 200 '{"Allow":false}'
}

# source_is STATE [TEXT]: of the first source, in derpctl status.
source_is() {
	ctl status >status.out
	grep "^  url .*: $1" status.out | grep -qF -- "${2:-}"
}

questions() {
	grep -c '^POST' asked
}

e2e_case question 60 "the question is derper's, and answers are as derper has them"
question_body() {
	controller_begin
	admit_by "url \"$URL/verify?relay=1\"" 'cache yes 60 no 0' 'remember 0'
	admit_keys
	yes_all
	e2e_start
	want_tries alice,alice/ws,eve/mesh 'alice in' 'alice in' 'eve in'
	want_tries alice 'alice in'
	grep '^POST' asked >got
	echo "POST /verify?relay=1 ${URL#http://} exact" \
	    "{\"NodePublic\":\"$K_alice\",\"Source\":\"127.0.0.1\"}" >want
	cmp -s got want || e2e_fail "it was asked: $(cat asked)"
	no_all
	want_tries alice,bob 'alice in' "bob refused: $REFUSED"
	answer 403 forbidden
	want_tries bob "bob refused: $REFUSED"
	for _answer in '500 {"Allow":true}' '200 yes' '200 {"Allow":"true"}' \
	    '200 {"Allow":true' '302 {"Allow":true}' '429 later'; do
		answer "$_answer"
		wait_until "$_answer" tries bob "bob refused: $FAILED"
		no_all
		wait_until "it answers again" tries bob "bob refused: $REFUSED"
	done
	e2e_stop
}

e2e_case cleartext 60 "a server on another address is asked over plain HTTP"
cleartext_body() {
	e2e_need_interop
	e2e_namespace
	run ip -n "$NS" addr add 192.0.2.1/32 dev lo
	in_namespace DERPD
	in_namespace INTEROP
	in_namespace RAWDERP
	controller_begin 192.0.2.1:0 192.0.2.1
	admit_by "url \"$URL/verify\"" 'cache yes 0 no 0' 'remember 0'
	admit_keys
	yes_all
	e2e_conf
	if "$DERPD" -n -f derpd.conf >out 2>&1; then
		e2e_fail "it is asked although cleartext is not written"
	fi
	grep -q 'or of another one in cleartext: ' out ||
	    e2e_fail "not said: $(cat out)"
	EXTRA=
	admit_by "url \"$URL/verify\" cleartext" 'cache yes 0 no 0' \
	    'remember 0'
	e2e_start
	want_tries alice 'alice in'
	no_all
	want_tries alice "alice refused: $REFUSED"
	e2e_stop
}

cleartext_cleanup() {
	e2e_cleanup
	e2e_namespace_end
}

e2e_case lately 90 "a server that fails: known clients are in, also over a restart"
lately_body() {
	controller_begin
	admit_keys
	yes_all
	admit_by "url \"$URL\"" 'cache yes 0 no 0' 'check every 1'
	EXTRA="$EXTRA
stun { listen on 127.0.0.1 port 0 probe every 1 }"
	e2e_start
	wait_until "STUN answers" healthy
	want_tries alice 'alice in'
	stay_begin carol,dora
	wait_until "status says that it answers" source_is ok
	# After the first ones were saved.
	want_tries nina 'nina in'
	controller_end
	want_tries alice,eve 'alice in' "eve refused: $FAILED"
	wait_until "status says that it fails" source_is failing \
	    'Connection refused'
	logged "$URL can't be asked whom to admit: " ||
	    e2e_fail "the failure is not logged"
	# The relay is well, whatever becomes of its sources.
	healthy || e2e_fail "STUN is silent"
	# Restarted, it remembers; it never asked since.
	stay_end carol dora
	e2e_stop
	e2e_launch
	want_tries alice,nina,eve 'alice in' 'nina in' "eve refused: $FAILED"
	wait_until "STUN answers" healthy
	sed -i -e 's/^admit {/admit { fail open/' derpd.conf
	run ctl reload
	want_tries eve 'eve in'
	sed -i -e 's/^admit { fail open/admit { remember 0/' derpd.conf
	run ctl reload
	want_tries alice "alice refused: $FAILED"
	# It is back, and all is well by itself.
	controller_begin "${URL#http://}"
	wait_until "eve is in again" tries alice,eve 'alice in' 'eve in'
	wait_until "status says that it answers" source_is ok
	e2e_stop
}

healthy() {
	ctl -j status | grep -q '"answering":true'
}

e2e_case checked 60 "connected clients are asked about again"
checked_body() {
	controller_begin
	yes_all
	admit_by "url \"$URL\"" 'cache yes 0 no 0' 'check every 1'
	WORKERS=2
	e2e_start
	stay_begin alice/mesh,bob,bob,carol/ws
	# A failure closes nobody.
	answer 500
	_n=$(questions)
	wait_until "it is asked in vain" asked_more $((_n + 2))
	controller_end
	wait_until "status says that it fails" source_is failing
	! grep closed go.out || e2e_fail "a failure has closed a client"
	no_all
	controller_begin "${URL#http://}"
	wait_until "bob is closed" told "bob closed: $REFUSED"
	wait_until "carol is closed" told "carol closed: $REFUSED"
	wait_until "each of them" told_twice
	stay_end alice
	e2e_stop
}

asked_more() {
	[ "$(questions)" -ge "$1" ]
}

told_twice() {
	[ "$(grep -c '^bob closed' go.out)" -eq 2 ]
}

e2e_case verify_dies 90 "derpd-verify is killed: logins wait; it hangs: as a failure"
verify_dies_body() {
	controller_begin
	yes_all
	admit_by "url \"$URL\"" 'cache yes 0 no 0'
	DEATHS=yes
	e2e_start
	stay_begin alice,bob
	for _client in carol dora; do
		_verify=$(e2e_children verify)
		kill -KILL "$_verify"
		want_tries "$_client" "$_client in"
	done
	wait_until "status counts its restarts" restarted_twice
	# It may wait for the resolver: it is not replaced so soon.
	_verify=$(e2e_children verify)
	kill -STOP "$_verify"
	want_tries carol,eve 'carol in' "eve refused: $FAILED"
	kill -CONT "$_verify"
	wait_until "it answers again" tries eve 'eve in'
	stay_end alice bob
	e2e_stop
}

restarted_twice() {
	ctl status | grep -q '^verify.*  2  '
}

e2e_case silent 90 "a server that does not answer holds up nobody for long"
silent_body() {
	controller_begin
	answer 0
	admit_by "url \"$URL\"" "keys \"$PWD/clients\"" 'fail open'
	admit_keys
	clients "$K_alice"
	e2e_start
	# A key of the file waits for no server.
	want_tries alice 'alice in'
	! grep -q POST asked || e2e_fail "it was asked about a listed key"
	try bob,carol,dora,eve
	grep -q 'bob in' tried || e2e_fail "fail open: $(cat tried)"
	wait_until "status says that it fails" source_is failing
	# By now the server is known to fail: few questions are sent.
	_n=$(questions)
	try f1,f2,f3,f4,f5,f6,f7,f8,f9,g1,g2,g3,g4,g5,g6,g7,g8,g9
	[ "$(grep -c ' in$' tried)" -eq 18 ] || e2e_fail "not in: $(cat tried)"
	[ "$(questions)" -le $((_n + 6)) ] ||
	    e2e_fail "$(($(questions) - _n)) questions about 18 clients"
	e2e_stop
}

e2e_case headscale 120 "headscale and another server, any and all; headscale is down"
headscale_body() {
	need_peers
	e2e_need_interop
	use_cert ec
	make_cert hs localhost ec
	headscale_start https
	tailscaled_start
	NODE=$(node_private)
	hs nodes list -o json >names.json
	kill "$TS_PID"
	controller_begin
	no_all
	admit_by "url \"$HS_URL/verify\" ca file \"$PWD/ca.pem\"" \
	    "url \"$URL\"" 'cache yes 0 no 0' 'check every 1' 'sources any'
	EXTRA="$EXTRA
names \"$PWD/names.json\""
	WORKERS=2
	e2e_start
	want_tries "$NODE,eve" 'node in' "eve refused: $REFUSED"
	yes_all
	want_tries "$NODE,eve" 'node in' 'eve in'
	sed -i -e 's/sources any/sources all/' derpd.conf
	run ctl reload
	want_tries "$NODE,eve" 'node in' "eve refused: $REFUSED"
	no_all
	want_tries "$NODE" "node refused: $REFUSED"
	yes_all
	# It is connected, and headscale goes away and comes back.
	stay_begin "eve/mesh,$NODE"
	wait_until "it has headscale's name" named_node
	headscale_kill
	wait_until "status says that it fails" source_is failing
	want_tries "$NODE,bob" 'node in' "bob refused: $FAILED"
	! grep closed go.out || e2e_fail "a failure has closed a client"
	headscale_run
	wait_until "headscale is asked again" tries bob "bob refused: $REFUSED"
	# Removed there.
	run hs nodes delete -i "$(jq -r '.[0].id' names.json)" --force
	wait_until "the node is closed" told "node closed: $REFUSED"
	stay_end eve
	e2e_stop
	headscale_stop
}

named_node() {
	ctl clients | grep -q ' node '
}

atf_init_test_cases() {
	atf_add_test_case question
	atf_add_test_case cleartext
	atf_add_test_case lately
	atf_add_test_case checked
	atf_add_test_case verify_dies
	atf_add_test_case silent
	atf_add_test_case headscale
}
