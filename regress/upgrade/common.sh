# shellcheck shell=sh
# Shared by the tests of derpd that is replaced while it runs: traffic beside it
# (load), an installation that is replaced, and what there has to be of derpd
# meanwhile.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"

: "${LOAD_OPTIONS:=-pairs 12 -idle 60 -connectors 2 -rate 50}"

# upgrade_case NAME SECONDS DESCRIPTION: as e2e_case; no process is left.
upgrade_case() {
	e2e_case "$@"
	eval "$1_cleanup() {
		e2e_cleanup
		upgrade_kill
	}"
}

# upgrade_need_load COMMAND: skip what needs this command of derpctl.
upgrade_need_load() {
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	: "${RAWDERP:=$SRC/../e2e/rawderp}"
	: "${LOAD:=$SRC/load}"
	TOP=$(cd "$SRC/../.." && pwd)
	SRC=''
	e2e_paths
	[ -x "$LOAD" ] ||
	    atf_skip "the Go clients were not built (regress/interop/build.sh)"
	"$DERPCTL" --help | grep -q "$1" ||
	    atf_skip "there is no derpctl $1"
}

# upgrade_start: start a daemon with fixed ports, which answers STUN, has a map,
# and LINE, if that is set, in derpd.conf.
upgrade_start() {
	use_cert ec
	LISTEN="listen on 127.0.0.1 port $(free_port) tls
listen on 127.0.0.1 port $(free_port)"
	cp "$TOP/etc/derp-map.json" map.json
	EXTRA="stun { listen on 127.0.0.1 port $(free_port) }
map \"$PWD/map.json\" { }
${LINE:-}"
	# Longer than a busy machine may delay a client that is slow.
	RELAY='write timeout 10000'
	e2e_start
	wait_until "derpd is ready" logged ' ready: '
	map_get >map.first
}

# map_get: print the map that is served.
map_get() {
	curl -sS -m 15 --cacert ca.pem --resolve \
	    "$HOST_NAME:$TLS_PORT:127.0.0.1" \
	    "https://$HOST_NAME:$TLS_PORT/derpmap/default" ||
	    e2e_fail "there is no map"
}

# map_same: the map is the one of the start.
map_same() {
	map_get >map.now
	cmp map.first map.now || e2e_fail "the map has changed"
}

# Traffic

# load_begin [OPTION...]: the traffic begins; all clients are in.
load_begin() {
	rm -f load.ready load.state
	_stun=$(e2e_port '(stun)')
	[ -z "$_stun" ] || set -- -stun "127.0.0.1:$_stun" "$@"
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

# An installation

# upgrade_install [BUILD [PROGRAM...]]: install what was built in ./installed,
# as a package does: each file is replaced.  With BUILD, which is a digit, it
# is another build than that of the tree: the programs tell another id.  With
# PROGRAMs these alone are replaced.
upgrade_install() {
	_id=$(sed -n 's/^BUILD = //p' "$TOP/sources.mk")
	_new=${1:-}${_id#?}
	[ -n "${1:-}" ] || _new=$_id
	[ $# -eq 0 ] || shift
	mkdir -p installed/sbin installed/libexec/derpd
	if [ $# -eq 0 ]; then
		# shellcheck disable=SC2046	# a word a program
		set -- derpd/derpd derpctl/derpctl \
		    $(e2e_programs | tr ' ' '\n' | grep -v derpbridge)
	fi
	for _p; do
		_to=installed/libexec/derpd/${_p##*/}
		case ${_p##*/} in
		derpd|derpctl) _to=installed/sbin/${_p##*/} ;;
		esac
		LC_ALL=C sed "s/$_id/$_new/g" "$TOP/$_p" >"$_to.new"
		chmod 755 "$_to.new"
		mv "$_to.new" "$_to"
	done
	DERPD=$PWD/installed/sbin/derpd
	DERPCTL=$PWD/installed/sbin/derpctl
}

# upgrade_processes [NAME]: process ids of all that run of the installation, or
# of this program.
upgrade_processes() {
	_name=${1:-[^ ]*}
	# shellcheck disable=SC2012	# these names are numbers
	ls -l /proc/[0-9]*/exe 2>/dev/null | sed -n \
	    -e '/\/derpctl/d' -e 's/ (deleted)$//' -e 's/\.real$//' \
	    -e "s,.* /proc/\([0-9]*\)/exe -> $PWD/installed/[^ ]*/$_name$,\1,p"
}

upgrade_kill() {
	for _p in $(upgrade_processes ''); do
		kill -KILL "$_p" 2>/dev/null
	done
	return 0
}

# The control socket

# answers_begin: from now on `derpctl status' is asked for all the time.
answers_begin() {
	rm -f answers.end answers
	while [ ! -e answers.end ]; do
		if ctl -j status >status.now 2>&1; then
			sed -n 's/.*"uptime":[0-9]*,"pid":\([0-9]*\).*/\1/p' \
			    status.now
		else
			echo "failed at $(date +%T): $(head -n 1 status.now)"
		fi
		sleep 0.1
	done >answers &
	ANSWERS_PID=$!
	echo "$ANSWERS_PID" >>pids
}

# answers_stop: NFAILED questions had no answer.
answers_stop() {
	: >answers.end
	wait "$ANSWERS_PID"
	NFAILED=$(grep -c failed answers)
}

# answers_end: there always was an answer.
answers_end() {
	answers_stop
	[ "$NFAILED" -eq 0 ] || {
		sort answers | uniq -c >&2
		e2e_fail "derpctl status had no answer"
	}
}

# What runs

# status_pids [ROLE]: process ids of the derpd that serves, or of this role;
# that of the parent is first.
status_pids() {
	_role=${1:-[a-z-]*}
	ctl -j status | tr '{' '\n' | sed -n \
	    "s/.*\"role\":\"$_role\".*\"pid\":\([0-9]*\).*/\1/p"
}

# serving: process id of the parent that answers.
serving() {
	status_pids parent
}

# clients_of PID...: how many connections to derpd's TLS port these have.
clients_of() {
	_n=0
	for _p; do
		_n=$((_n + $(ss -Htnp state established \
		    "sport = :$TLS_PORT" | grep -c "pid=$_p,")))
	done
	echo "$_n"
}

# nothing_left: derpd has ended, and all its processes with it.
nothing_left() {
	[ -z "$(upgrade_processes '')" ]
}
