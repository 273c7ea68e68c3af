#! /usr/bin/env atf-sh
# shellcheck shell=sh
# STUN as a whole: derpd with its stund over real sockets.  Tests of the relay's
# health are in health_test.sh, except for its effect on clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

ID=b7e7a701bc34d686fa87dfae
BARE=000100002112a442$ID
# A Tailscale client's request: SOFTWARE "tailnode", FINGERPRINT.
TAILNODE=000100142112a442${ID}802200087461696c6e6f6465802800049e8df0ce
CHANGE=000100082112a442${ID}0003000400000006
REFUSED=011100102112a442${ID}0009000400000414000a000200030000

# success ADDRESS HEX: the pattern of stunask's line for an answer from ADDRESS
# that contains its own address, XORed, as HEX.
success() {
	case $1 in
	*:*) _head=01010018 _attr=002000140002 ;;
	*) _head=0101000c _attr=002000080001 ;;
	esac
	echo "^${_head}2112a442$ID$_attr....$2 $1 "
}

# ask ADDRESS HEX...: print the answers from the port of that address.
ask() {
	_to=$1
	shift
	"$STUNASK" -t "${MS:-20000}" "$_to" "$(stun_port "$_to")" "$@" \
	    >answer || e2e_fail "stunask failed"
	cat answer
}

# expect PATTERN ADDRESS HEX...: the only answer matches PATTERN.
expect() {
	_want=$1
	shift
	ask "$@"
	[ "$(wc -l <answer):$(grep -c "$_want" answer)" = 1:1 ] ||
	    e2e_fail "expected one answer like $_want"
}

# stun_port ADDRESS: of the socket there, else of the wildcard's.
stun_port() {
	case $1 in
	*:*) _a="\[$1\]" _w='\[::\]' ;;
	*) _a=$1 _w='0\.0\.0\.0' ;;
	esac
	sed -n -e "s/.*listening on $_a:\([0-9]*\) (stun)/\1/p" \
	    -e "s/.*listening on $_w:\([0-9]*\) (stun)/\1/p" derpd.log |
	    head -n 1
}

stun_paths() {
	e2e_paths
	: "${STUNASK:=$SRC/stunask}"
}

# stun_conf LINES: write a configuration with only STUN.
stun_conf() {
	stun_paths
	mkdir -p state
	{
		echo "hostname \"$HOST_NAME\""
		echo "stun {"
		echo "$1"
		echo "}"
		echo "control \"$PWD/derpd.sock\""
		echo "statedir \"$PWD/state\""
		e2e_users
	} >derpd.conf
}

# stun_start LINES: write that and start.
stun_start() {
	stun_conf "$1"
	stun_launch "$DERPD"
}

stun_launch() {
	"$@" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd is ready" stun_ready
}

stun_ready() {
	kill -0 "$PID" 2>/dev/null || e2e_fail "derpd did not start"
	grep -q 'derpd .* ready' derpd.log
}

# stun_relay LINES: start with a relay, too.
stun_relay() {
	stun_paths
	# Some tests stop a process for longer than the default child timeout.
	EXTRA="child timeout 60
stun {
$1
}"
	e2e_start
}

need_ipv6() {
	"$STUNASK" -t 0 ::1 9 00 >/dev/null 2>&1 || atf_skip "no IPv6 here"
}

# status PATTERN: derpctl status, as JSON, matches.
status() {
	ctl -j status >status.json && grep -q "$1" status.json
}

BOTH='	listen on 127.0.0.1 port 0
	listen on ::1 port 0'

e2e_case alone 60 "STUN alone, without a relay: both families, every length"
alone_body() {
	stun_start "$BOTH"
	need_ipv6
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$TAILNODE"
	_six=2112a442${ID%ae}af
	expect "$(success ::1 "$_six")" ::1 "$BARE"
	expect "$(success ::1 "$_six")" ::1 "$TAILNODE"
	expect "^$REFUSED 127.0.0.1 " 127.0.0.1 "$CHANGE"
	expect "^$REFUSED ::1 " ::1 "$CHANGE"
	wait_until "the counter is told" status '"answered":4,'
	status '"answering":true,"why":""' ||
	    e2e_fail "status does not report that it answers"
	ctl status | grep 'state *answering' || e2e_fail "status without STUN"
	e2e_stop
}

# A request follows the junk: when it is answered, the junk was ignored.
e2e_case junk 60 "junk gets no answer, and does no harm"
junk_body() {
	stun_start "$BOTH"
	_long=$(head -c 1600 /dev/zero | od -An -v -tx1 | tr -d ' \n')
	for _junk in 00 "${BARE%??}" "${BARE}00" "${BARE}00000000" \
	    "000100002112a443$ID" "001100002112a442$ID" \
	    "0101000c2112a442${ID}002000080001a147e112a643" \
	    "000100082112a442${ID}8022000900000000" \
	    "${TAILNODE%?}0" "00010000$ID" "$_long" "${BARE}$_long"; do
		expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$_junk" \
		    "$BARE"
	done
	e2e_stop
}

e2e_case workers 120 "two processes share the requests of one address"
workers_body() {
	stun_start "$BOTH
	workers 2"
	[ "$(e2e_children stund | wc -l)" -eq 2 ] || e2e_fail "not two stund"
	_all=0
	while [ "$_all" -lt 20 ]; do
		expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
		_all=$((_all + 1))
	done
	wait_until "both are counted" status '"answered":20,'
	# One is stopped: the other answers its own part only.
	_one=$(e2e_children stund | head -n 1)
	kill -STOP "$_one"
	_yes=0 _no=0 _all=0
	while [ "$_yes" -eq 0 ] || [ "$_no" -eq 0 ]; do
		_all=$((_all + 1))
		[ "$_all" -le 60 ] ||
		    e2e_fail "of 60 requests $_yes were answered"
		MS=300
		ask 127.0.0.1 "$BARE"
		unset MS
		if grep -q nothing answer; then
			_no=$((_no + 1))
		else
			_yes=$((_yes + 1))
		fi
	done
	kill -CONT "$_one"
	e2e_stop
}

e2e_case killed 60 "stund is restarted, and requests meanwhile wait"
killed_body() {
	DEATHS=yes
	stun_start "$BOTH"
	DEATHS=yes
	for _i in 1 2 3; do
		_old=$(e2e_children stund)
		kill -KILL "$_old"
		expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
		case $(e2e_children stund) in
		''|"$_old") e2e_fail "answered by the one that was killed" ;;
		esac
	done
	# The counters of dead processes are kept.
	wait_until "the counter goes on" status '"answered":[1-9]'
	e2e_stop
}

# reload LINES: reload with other lines within stun.
reload() {
	sed '/^stun {/,/^}/d' derpd.conf >derpd.conf.new
	printf 'stun {\n%s\n}\n' "$1" >>derpd.conf.new
	mv derpd.conf.new derpd.conf
	run ctl reload
}

# flood ADDRESS SOURCE N: print how many of N requests at once are answered.
flood() {
	"$STUNASK" -n "$3" -s "$2" -t 1000 "$1" "$(stun_port "$1")" "$BARE" |
	    grep -c '^0101'
}

# some ADDRESS MIN MAX: between MIN and MAX of 200 requests are answered.
some() {
	_n=$(flood "$1" "$1" 200)
	if [ "$_n" -lt "$2" ] || [ "$_n" -gt "$3" ]; then
		e2e_fail "$_n of 200 answered, not $2 or a few more"
	fi
}

e2e_case rate 60 "source rate: a limit for one, none for others; reloaded"
rate_body() {
	stun_start "$BOTH
	source rate 1 burst 7"
	need_ipv6
	some 127.0.0.1 7 150
	[ "$(flood 127.0.0.1 127.0.0.2 1)" -eq 1 ] ||
	    e2e_fail "another source is limited too"
	some ::1 7 150
	reload "$BOTH
	source rate 1 burst 100"
	some 127.0.0.1 100 190
	reload "$BOTH"
	some 127.0.0.1 200 200
	e2e_stop
}

# The window is 1000 requests; all of these come from loopback.
e2e_case proxy 60 "only private sources: one warning, and all are answered"
proxy_body() {
	stun_start "$BOTH"
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		some 127.0.0.1 200 200
	done
	_n=$(grep -c 'nearly all STUN requests come from private' derpd.log)
	[ "$_n" -eq 1 ] || e2e_fail "$_n warnings, not one"
	e2e_stop
}

e2e_case by_hand 60 "stund can't be started by hand"
by_hand_body() {
	e2e_paths
	for _args in '' '-x' '-x relay' '-x stund'; do
		# shellcheck disable=SC2086	# one word an argument
		if "$SRC/../../stund/stund" $_args </dev/null >out 2>&1; then
			e2e_fail "stund $_args succeeds"
		fi
		grep 'derpd' out || e2e_fail "stund $_args prints no reason"
	done
}

e2e_case stopped 120 "the relay is stopped: STUN is silent until it continues"
stopped_body() {
	stun_relay "$BOTH
	probe every 1"
	wait_until "STUN answers" status '"answering":true'
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
	_front=$(e2e_children front)
	kill -STOP "$_front"
	wait_until "STUN is silent" status '"answering":false'
	ctl status | grep 'state *silent: GET' || e2e_fail "status does not report it"
	silent
	kill -CONT "$_front"
	wait_until "STUN answers" status '"answering":true,"why":""'
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
	e2e_stop
}

# silent: no answer, and stund has logged that.
silent() {
	MS=500
	expect '^nothing$' 127.0.0.1 "$BARE"
	unset MS
	wait_until "silence is counted" status '"silent":[1-9]'
}

e2e_case expired 120 "the certificate has expired: silent, but for always"
expired_body() {
	stun_paths
	make_ca
	make_cert relay "$HOST_NAME" ec
	run openssl x509 -req -in relay.csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days -1 -extfile ext -out relay.crt
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\""
	stun_relay "$BOTH
	probe every 1"
	wait_until "the probe has failed" status \
	    '"answering":false,"why":"[^"]*expired'
	silent
	reload "$BOTH
	probe every 1
	always"
	status '"always":true,"answering":true,"why":""' ||
	    e2e_fail "always is not in force"
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
	reload "$BOTH
	probe every 1"
	status '"always":false,"answering":false' ||
	    e2e_fail "always is still in force"
	MS=500
	expect '^nothing$' 127.0.0.1 "$BARE"
	e2e_stop
}

e2e_case metrics 60 "/debug/varz counts answered and ignored requests"
metrics_body() {
	stun_relay "$BOTH
	always"
	need_ipv6
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 "$BARE"
	expect "^$REFUSED ::1 " ::1 "$CHANGE"
	expect "$(success 127.0.0.1 5e12a443)" 127.0.0.1 00 "$BARE"
	for _line in 'requests{disposition="success"} 2' \
	    'requests{disposition="unknown_attribute"} 1' \
	    'requests{disposition="not_stun"} 1' \
	    'requests{disposition="unwell"} 0' \
	    'addrfamily{family="ipv4"} 2' 'addrfamily{family="ipv6"} 1'; do
		wait_until "stun_$_line" varz "^stun_$_line\$"
	done
	e2e_stop
}

varz() {
	curl -s -o varz "http://127.0.0.1:$PLAIN_PORT/debug/varz" &&
	    grep -q "$1" varz
}

# Two more namespaces: a server with several addresses, and its client.
e2e_case addresses 60 \
    "wildcard socket: a reply comes from the address of the request"
addresses_body() {
	e2e_need_root "network namespaces"
	command -v ip >/dev/null || atf_skip "there is no ip(8)"
	NS="stun$$"
	echo "$NS" >netns
	for _n in a b; do
		ip netns add "$NS-$_n" 2>ip.err ||
		    atf_skip "no network namespaces: $(cat ip.err)"
	done
	ip -n "$NS-a" link add veth0 type veth peer name veth0 \
	    netns "$NS-b" 2>ip.err || atf_skip "no veth: $(cat ip.err)"
	network
	stun_conf '	listen on * port 3478'
	stun_launch ip netns exec "$NS-a" "$DERPD"
	printf '%s\n' '#!/bin/sh' \
	    "exec ip netns exec $NS-b $STUNASK \"\$@\"" >stunask
	chmod 755 stunask
	STUNASK=./stunask
	for _to in 192.0.2.1 192.0.2.2 198.51.100.1; do
		expect "$(success "$_to" e112a623)" "$_to" "$BARE"
	done
	for _to in 2001:db8::1 2001:db8::2 2001:db8:1::1; do
		expect "$(success "$_to" "0113a9fa${ID%ae}8e")" "$_to" \
		    "$BARE"
	done
	e2e_stop
}
addresses_cleanup() {
	e2e_cleanup
	[ -f netns ] || return 0
	read -r NS <netns
	ip netns del "$NS-a" 2>/dev/null
	ip netns del "$NS-b" 2>/dev/null
	return 0
}

# The server has two addresses on the link and one elsewhere, its client one.
network() {
	for _n in a b; do
		run ip -n "$NS-$_n" link set lo up
		run ip -n "$NS-$_n" link set veth0 up
	done
	run ip -n "$NS-a" addr add 192.0.2.1/24 dev veth0
	run ip -n "$NS-a" addr add 192.0.2.2/24 dev veth0
	run ip -n "$NS-a" addr add 198.51.100.1/32 dev lo
	run ip -n "$NS-a" addr add 2001:db8::1/64 dev veth0 nodad
	run ip -n "$NS-a" addr add 2001:db8::2/64 dev veth0 nodad
	run ip -n "$NS-a" addr add 2001:db8:1::1/128 dev lo nodad
	run ip -n "$NS-b" addr add 192.0.2.97/24 dev veth0
	run ip -n "$NS-b" addr add 2001:db8::20/64 dev veth0 nodad
	run ip -n "$NS-b" route add 198.51.100.1 via 192.0.2.1
	run ip -n "$NS-b" -6 route add 2001:db8:1::1 via 2001:db8::1
}

atf_init_test_cases() {
	atf_add_test_case alone
	atf_add_test_case junk
	atf_add_test_case workers
	atf_add_test_case killed
	atf_add_test_case rate
	atf_add_test_case proxy
	atf_add_test_case by_hand
	atf_add_test_case stopped
	atf_add_test_case expired
	atf_add_test_case metrics
	atf_add_test_case addresses
}
