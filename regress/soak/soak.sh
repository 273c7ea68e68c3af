#!/bin/sh
# Run random clients against a derpd with 2, 1 and 3 workers, which is reloaded,
# has its processes killed or stopped, and is restarted; called by `make
# soak' and by soak_test.sh.  All files are created in the working directory.
#
# Environment: SOAK_SECONDS is the approximate duration.  The default is 27.
# SOAK_SEED is the seed of all choices, which is printed.  The default is the
# time.  SOAK_WORKERS lists numbers of workers.  The default is "2 1 3".
# SOAK_OPTIONS are options for soak, such as -v.  DERPD names another daemon
# than that of this build.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# Functions of atf-sh that common.sh needs.
atf_get_srcdir() {
	echo "$here/../e2e"
}
atf_fail() {
	echo "soak: FAIL: $* (seed $seed)" >&2
	exit 1
}
atf_skip() {
	atf_fail "$@"
}
# shellcheck source=regress/e2e/common.sh
. "$here/../e2e/common.sh"

: "${SOAK:=$here/soak}"
: "${SOAK_SECONDS:=27}"
: "${SOAK_WORKERS:=2 1 3}"
: "${SOAK_SEED:=$(($(date +%s) % 1000000))}"
seed=$SOAK_SEED
echo "soak: seed $seed, $SOAK_SECONDS s"

# big_map NAME: a valid map of about 400 KiB.
big_map() {
	awk -v name="$1" 'BEGIN {
		pad = sprintf("%900s", "")
		gsub(/ /, "y", pad)
		printf "{\"Regions\": {"
		for (i = 900; i < 1290; i++)
			printf "%s\"%d\": {\"RegionID\": %d, \"RegionCode\": " \
			    "\"r%d\", \"RegionName\": \"%s\", \"Pad\": " \
			    "\"%s\", \"Nodes\": [{\"Name\": \"%da\", " \
			    "\"RegionID\": %d, \"HostName\": " \
			    "\"other.test\"}]}\n", (i > 900 ? "," : ""), i, i,
			    i, name, pad, i, i
		print "}}"
	}'
}

# Write the script that soak calls for an action on the daemon.
write_chaos() {
	cat >chaos.sh <<-'end'
	# What is done to the daemon PID: chaos.sh ACTION NUMBER, which picks
	# one of several fronts and relay workers.
	number=$2
	pids() {
		ps -A -o pid= -o ppid= -o args= | awk -v parent="$PID" \
		    -v role="$1" '$2 == parent {
			pid = $1
			$1 = $2 = $3 = ""
			if (index($0, role))
				print pid
		    }'
	}
	# one ROLE...: one of the processes of these roles.
	one() {
		for role; do pids "$role"; done | sort -n | awk \
		    -v n="$number" '{ p[NR] = $1 }
		    END { if (NR) print p[n % NR + 1] }'
	}
	hold() {
		[ -n "$1" ] || return 0
		kill -STOP "$1" && sleep 0.4
		kill -CONT "$1"
	}
	case $1 in
	reload)
		kill -HUP "$PID" ;;
	change)
		if grep -q 'home blank' derpd.conf; then
			sed 's/home blank/queue bytes 1M packets 1000/'
		else
			sed 's/queue bytes 1M packets 1000/home blank/'
		fi <derpd.conf >derpd.conf.new
		mv derpd.conf.new derpd.conf
		kill -HUP "$PID" ;;
	map)
		if cmp -s map.json map.a; then
			cp map.b map.new
		else
			cp map.a map.new
		fi
		mv map.new map.json ;;
	stop-worker)
		hold "$(one front relay)" ;;
	stop-*)
		hold "$(one "${1#stop-}")" ;;
	kill-*)
		kill -KILL $(one "${1#kill-}")
		sleep 0.3 ;;
	stop)
		kill -TERM "$PID" ;;
	esac
	end
}

# Counters that must be 0 when no client is connected.
no_clients() {
	curl -sS -m 5 "http://127.0.0.1:$PLAIN_PORT/debug/varz" >varz ||
	    return 1
	awk '$1 ~ /^derp_(current_connections|clients_total|watchers)$/ {
		n += $2
		seen++
	}
	END { exit(n != 0 || seen < 2) }' varz
}

# The memory of each process, KiB: PID RSS, a line each.
memory() {
	for _p in $PID $(e2e_children any); do
		awk -v p="$_p" '/^VmRSS/ { print p, $2 }' "/proc/$_p/status"
	done
}

# A process does not use much more memory than before.
check_memory() {
	wait_until "all clients are gone" no_clients
	[ -r /proc/self/status ] || return 0
	memory >memory.now
	echo "soak: memory, KiB: $(awk '{ print $2 }' memory.now |
	    tr '\n' ' ')"
	if ! grep -q __asan_init "$DERPD"; then
		awk -v most="$GROWTH" 'FNR == NR { before[$1] = $2; next }
		($1 in before) && $2 > before[$1] + most {
			print "process " $1 " grew from " before[$1] " to " \
			    $2 " KiB"
			bad = 1
		}
		END { exit(bad) }' memory.first memory.now ||
		    e2e_fail "memory grows"
	fi
	# New processes are compared with their present memory.
	awk 'FNR == NR { before[$1] = $2; print; next }
	!($1 in before)' memory.first memory.now >memory.next
	mv memory.next memory.first
}
GROWTH=16384

# run_clients SECONDS [OPTIONS]: one run of random clients.
run_clients() {
	_secs=$1
	shift
	seed=$((seed + 1))
	# Options are words.
	# shellcheck disable=SC2086
	PID=$PID "$SOAK" -p "$TLS_PORT" -P "$PLAIN_PORT" -s "$seed" \
	    -t "$_secs" -m mesh.key -M map.a -M map.b -x "$PWD/chaos.sh" \
	    ${SOAK_OPTIONS:-} "$@" || e2e_fail "a client saw what can't be"
	check_log
}

# No report of a sanitizer, and only deaths that were caused here.
check_log() {
	DEATHS=1 e2e_check_log
	if grep -E 'ended by signal|ended with status' derpd.log |
	    grep -Fv "${KILLED:-(none)}" >&2; then
		e2e_fail "a child died"
	fi
}

# actions WHAT ROLE...: a list of actions.
actions() {
	_what=$1 _list=
	shift
	for _role; do
		_list=$_list,$_what-$_role
	done
	echo "${_list#,}"
}

stopped() {
	wait_until "derpd stops" e2e_stopped
	wait "$PID"
	_rc=$?
	[ "$_rc" -eq 0 ] || e2e_fail "derpd exits $_rc after SIGTERM, not 0"
	check_log
}

# round WORKERS SECONDS: a daemon with so many workers, and runs of so many
# seconds: a quiet one, some with reloads, and one with deaths.
round() {
	WORKERS=$1
	echo "soak: $WORKERS workers"
	e2e_start
	: >memory.first
	KILLED=''
	run_clients "$2"
	check_memory
	_run=0
	while [ "$_run" -le $((SOAK_SECONDS / 180)) ]; do
		run_clients "$2" -a reload,change,map,stop-worker
		check_memory
		_run=$((_run + 1))
	done
	KILLED='signal 9 ('
	run_clients "$2" -S \
	    -a "reload,map,stop-worker,$(actions stop keys signer admit mesh),$(
	    actions kill keys signer front relay admit verify mesh resolve \
	    metrics)"
	stopped
}

e2e_paths
trap e2e_cleanup EXIT
trap 'exit 1' HUP INT TERM
big_map a >map.a
big_map b >map.b
cp map.a map.json
# Longer than a busy machine may delay this program.
RELAY='write timeout 10000
	home blank'
# All are asked about, at a source that fails, and admitted.  A node of the
# region is dialled in vain.
MESH=''
EXTRA="map \"$PWD/map.json\" { }
admit { tailscaled \"$PWD/none.sock\" fail open check every 2 }
mesh {
	key file \"$PWD/mesh.key\"
	with \"127.0.0.1\" port 1
}
bootstrap-dns { name \"localhost\" refresh every 2 }
metrics { listen on 127.0.0.1 port 0 }"
write_chaos
begin=$(date +%s)
while :; do
	left=$((SOAK_SECONDS - $(date +%s) + begin))
	each=$((left / 9))
	[ "$each" -le 20 ] || each=20
	[ "$each" -ge 2 ] || each=2
	for workers in $SOAK_WORKERS; do
		round "$workers" "$each"
	done
	[ $(($(date +%s) - begin)) -lt "$SOAK_SECONDS" ] || break
done
echo "soak: nothing found in $(($(date +%s) - begin)) s"
