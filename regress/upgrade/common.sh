# shellcheck shell=sh
# Shared by the tests of derpd replaced while it runs: traffic beside it
# (load), and how derpd looks meanwhile.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"

: "${LOAD_OPTIONS:=-pairs 12 -idle 60 -connectors 2 -rate 50}"

upgrade_need_load() {
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	: "${RAWDERP:=$SRC/../e2e/rawderp}"
	: "${LOAD:=$SRC/load}"
	SRC=''
	e2e_paths
	[ -x "$LOAD" ] ||
	    atf_skip "the Go clients were not built (regress/interop/build.sh)"
}

# load_begin [OPTION...]: the traffic begins; all clients are in.
load_begin() {
	rm -f load.ready load.state
	# Options are words.
	# shellcheck disable=SC2086
	"$LOAD" -addr "127.0.0.1:$TLS_PORT" -plain "127.0.0.1:$PLAIN_PORT" \
	    -host "$HOST_NAME" -ca ca.pem -mesh mesh.key -ready load.ready \
	    -state load.state $LOAD_OPTIONS "$@" >load.out 2>&1 &
	LOAD_PID=$!
	echo "$LOAD_PID" >>pids
	wait_until "the clients are connected" load_ready
}

load_ready() {
	kill -0 "$LOAD_PID" 2>/dev/null || {
		cat load.out >&2
		e2e_fail "the clients can't log in"
	}
	[ -f load.ready ] && [ -f load.state ]
}

# load_value NAME: a counter of the traffic, as it is now or at its end.
load_value() {
	tail -n 1 "${LOAD_LINE:-load.state}" | tr ' ' '\n' |
	    sed -n "s/^$1=//p"
}

# load_more NAME NUMBER: the counter has got beyond it.
load_more() {
	[ "$(load_value "$1")" -gt "$2" ]
}

# load_flows: from now on packets come and clients log in.
load_flows() {
	_received=$(load_value received) _logins=$(load_value logins)
	wait_until "packets come" load_more received $((_received + 100))
	wait_until "clients log in" load_more logins $((_logins + 4))
}

# load_stop: stop it; LOAD_RC is its exit status, load.out what it saw.
load_stop() {
	kill -TERM "$LOAD_PID"
	LOAD_RC=0
	wait "$LOAD_PID" || LOAD_RC=$?
	LOAD_LINE=load.out
	tail -n 1 load.out
}

# load_end: stop it; no client has seen anything.
load_end() {
	load_stop
	[ "$LOAD_RC" -eq 0 ] || {
		cat load.out >&2
		e2e_fail "a client saw what it should not have seen"
	}
}
