# shellcheck shell=sh
# Processes that end or hang at each step of an upgrade.
#
# A step lasts while something that it waits for is stopped:
#
#	starting	keys of the new derpd, before it begins (pause.c)
#	accepting	logins at the old fronts, not finished (held-logins)
#	holding		the last relay worker of the old derpd
#	moving		the first relay worker of the new one
#	committed	the new parent

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# pausable ROLE: its program waits at its start while ROLE.stop exists.
pausable() {
	_at=installed/libexec/derpd/derpd-$1
	mv "$_at" "$_at.real"
	cp "$SRC/../e2e/pause" "$_at"
}

# children PID ROLE: its children of this role.
children() {
	for _c in $(upgrade_processes "derpd-$2"); do
		ps -o pid= -o ppid= -p "$_c"
	done | awk -v parent="$1" '$2 == parent { print $1 }'
}

# successor: process id of the new parent.
successor() {
	for _p in $(upgrade_processes derpd); do
		[ "$_p" = "$OLD" ] || [ "$_p" = "$PID" ] || echo "$_p"
	done
}

# state_is STATE PID...: all these are there and in this state of ps.
state_is() {
	_state=$1
	shift
	[ $# -gt 0 ] || return 1
	for _p; do
		case $(ps -o stat= -p "$_p") in
		"$_state"*) ;;
		*)	return 1 ;;
		esac
	done
}

# step_is NAME: the old derpd has come to that step.
step_is() {
	grep -q "upgrade: $1\$" derpd.log
}

# stop PID...: they stop, and are in FROZEN.
stop() {
	kill -STOP "$@"
	wait_until "processes stop" state_is T "$@"
	FROZEN="$FROZEN $*"
}

# go: those that were stopped go on, if they are left.
go() {
	for _p in $FROZEN; do
		kill -CONT "$_p" 2>/dev/null
	done
	: >raw.ready.go
	FROZEN=''
}

# ask_begin: ask for the upgrade.
ask_begin() {
	"$DERPCTL" -s "$PWD/derpd.sock" upgrade >upgrade.out 2>&1 &
	ASK_PID=$!
	echo "$ASK_PID" >>pids
}

new_is_there() {
	NEW=$(successor)
	[ -n "$NEW" ] && [ -n "$(children "$NEW" "$1")" ]
}

# The steps: each begins an upgrade and returns within that step.
step_starting() {
	: >installed/libexec/derpd/derpd-keys.stop
	ask_begin
	wait_until "new keys" new_is_there keys
	wait_until "they stop" state_is T "$(children "$NEW" keys)"
	FROZEN=$(children "$NEW" keys)
	rm installed/libexec/derpd/derpd-keys.stop
}

step_accepting() {
	raw_begin -c 4 held-logins
	ask_begin
	wait_until "it accepts" step_is ACCEPTING
	wait_until "new workers" new_is_there front
}

step_holding() {
	stop "$(status_pids relay | tail -n 1)"
	ask_begin
	wait_until "it holds" step_is HOLDING
	wait_until "new workers" new_is_there front
}

step_moving() {
	step_accepting
	stop "$(children "$NEW" relay | head -n 1)"
	: >raw.ready.go
	wait_until "it moves" step_is MOVING
}

# The old parent reads the new one's word that all has come when that one is
# stopped.
step_committed() {
	step_moving
	_relay=$FROZEN
	stop "$OLD"
	kill -CONT "$_relay"
	sleep 1
	FROZEN=$OLD
	stop "$NEW"
	kill -CONT "$OLD"
	FROZEN=$NEW
	wait_until "it has committed" step_is COMMITTED
}

# begin: a daemon with two workers, and traffic.
begin() {
	upgrade_need_load upgrade
	[ -x "$SRC/../e2e/pause" ] || atf_skip "regress/e2e/pause was not built"
	upgrade_install
	pausable keys
	WORKERS=2 DEATHS=yes FROZEN=''
	OPTIONS=-v
	upgrade_start
	load_begin -deaths
	load_flows
	OLD=$PID
}

# target NAME: the process that is meant, in VICTIM, and in MAY_END how many
# sessions may end with it.
target() {
	_parent=$OLD
	case $1 in
	new-*)	_parent=$NEW ;;
	esac
	case $1 in
	*-parent) VICTIM=$_parent ;;
	*)	VICTIM=$(children "$_parent" "${1#*-}" | head -n 1) ;;
	esac
	[ -n "$VICTIM" ] || e2e_fail "there is no $1"
	MAY_END=$(clients_of "$VICTIM")
	case $1 in
	*-relay)
		# Also those of its sessions that a front has, and watchers.
		# shellcheck disable=SC2046	# a word a process
		MAY_END=$((MAY_END + 2 + $(clients_of \
		    $(upgrade_processes derpd-front)))) ;;
	esac
}

# ended_at_most: sessions of the processes that live go on.
ended_at_most() {
	_ended=$(load_value ended)
	echo "sessions ended: $_ended, at most $MAY_END"
	[ "$_ended" -le "$MAY_END" ] || {
		cat load.out >&2
		e2e_fail "$_ended sessions ended, not $MAY_END"
	}
}

# all_connected: no client is without a session.
all_connected() {
	[ "$(load_value connected)" = "$(load_value clients)" ]
}

# one_serves: one parent answers; it has its workers; others have no relay
# workers.
one_serves() {
	_serving=$(serving)
	[ -n "$_serving" ] || return 1
	for _p in $(upgrade_processes derpd); do
		_n=$(children "$_p" relay | grep -c .)
		case $_p in
		"$_serving") [ "$_n" -eq 2 ] || return 1 ;;
		*)	[ "$_n" -eq 0 ] || return 1 ;;
		esac
	done
}

# inject STEP TARGET SIGNAL: the whole of a case.
inject() {
	begin
	"step_$1"
	target "$2"
	case $1,$2 in
	# Its children end with it; what they have not sent ends, too.
	starting,old-parent|accepting,old-parent|holding,old-parent)
		MAY_END=$(load_value clients) ;;
	moving,old-parent)
		MAY_END=$(load_value clients) ;;
	# Only what can't be moved.
	committed,old-parent)
		# shellcheck disable=SC2046	# a word a process
		MAY_END=$(clients_of $(children "$OLD" front)) ;;
	esac
	kill "-$3" "$VICTIM"
	case $2,$3 in
	*,KILL)	wait_until "it ends" not_running "$VICTIM"
		go ;;
	*-parent,STOP)
		sleep 5
		go
		kill -CONT "$VICTIM" 2>/dev/null ;;
	*)	go
		# Its parent ends it, for it gives no sign of life.
		wait_until "the one that hangs is ended" \
		    not_running "$VICTIM" ;;
	esac
	wait "$ASK_PID"
	echo "derpctl upgrade exits $?: $(cat upgrade.out)"
	wait_until "one derpd serves" one_serves
	wait_until "all are connected" all_connected
	load_flows
	ended_at_most
	load_end
	# As a service manager does: it knows the first one, or the last.
	kill -TERM "$(serving)"
	[ "$2" = old-parent ] || kill -TERM "$PID" 2>/dev/null
	wait_until "all processes end" nothing_left
	e2e_check_log
}

not_running() {
	case $(ps -o stat= -p "$1") in
	''|Z*)	return 0 ;;
	esac
	return 1
}
