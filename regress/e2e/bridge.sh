# shellcheck shell=sh
# derpbridged for tests: its configuration, start and stop.

# bridge_conf [LINE...]: write bridge.conf, with these lines; MAP, if set, is its
# statement of the map.
bridge_conf() {
	e2e_paths
	: "${BRIDGED:=$SRC/../../derpbridge/derpbridged}"
	[ -n "${MAP:-}" ] || cp "$SRC/../../etc/derp-map.json" map.json
	{
		echo "${MAP:-map file \"$PWD/map.json\"}"
		echo "control \"$PWD/bridge.sock\""
		echo "statedir \"$PWD/state\""
		bridge_users
		for _line; do
			echo "$_line"
		done
	} >bridge.conf
}

bridge_users() {
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir -p empty
	echo "chroot \"$PWD/empty\""
	id _derpbridge >/dev/null 2>&1 || echo 'user "nobody"'
	id _derpbridge_keys >/dev/null 2>&1 || echo 'keys user "daemon"'
}

# bridge_start: start it in the foreground, and wait until all its processes are
# ready.
bridge_start() {
	"$BRIDGED" -d -v -f bridge.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpbridged is ready" grep -q 'derpbridged [0-9.]* ready:' \
	    derpd.log
}

# bridge_stop: stop it; it must end with 0.
bridge_stop() {
	kill -TERM "$PID"
	wait "$PID" || e2e_fail "derpbridged ended with $?"
	[ ! -e bridge.sock ] || e2e_fail "the control socket is left"
}

# readies ROLE: how often a process of the role became ready.
readies() {
	grep -c "derpbridged: $1 ready" derpd.log
}
