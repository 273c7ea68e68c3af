#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Maps from another server: openssl s_server, which serves the files of the
# working directory.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/source.sh
. "$(atf_get_srcdir)/source.sh"

# follows [STATEMENT]: write the configuration for e2e_start.
follows() {
	EXTRA="map {
	follow \"https://localhost:$SOURCE_PORT/map.json\" every 1
	ca file \"$PWD/ca.pem\"
	${1:-}
}"
}

# plain_status HOST: the status of the map of HOST on the plain port.
plain_status() {
	curl -sS --max-time 10 -o /dev/null -w '%{http_code}' \
	    -H "Host: $1" "http://127.0.0.1:$PLAIN_PORT/derpmap/default"
}

# plain_says STATUS: that status is this, for the map's host and for any other.
plain_says() {
	for _host in "$HOST_NAME" localhost 127.0.0.1; do
		[ "$(plain_status "$_host")" = "$1" ] || return 1
	done
}

# logged LINE [N]: the log contains it, N times.
logged() {
	[ "$(grep -c "$1" derpd.log)" -ge "${2:-1}" ]
}

# kept: the map on disk equals that of the other server.
kept() {
	cmp -s map.json state/map-*.json
}

e2e_case changes 120 "a map is followed through changes and failures"
changes_body() {
	e2e_paths
	source_start
	write_map map.json one
	follows
	e2e_start
	wait_until "the map is there" kept
	write_map map.json two
	wait_until "the new map is there" kept
	logged 'is in force' 2 || e2e_fail "the new map is not in force"
	echo '{"Regions":{}}' >map.json
	wait_until "a bad map is noticed" logged 'the last good map stays'
	! kept || e2e_fail "a bad map is kept"
	write_map map.json two
	wait_until "it is good again" logged 'is good again'
	kept || e2e_fail "the good map is not kept"
	source_stop
	wait_until "its end is noticed" logged 'Connection refused'
	source_start "$SOURCE_PORT"
	write_map map.json three
	wait_until "the third map is there" kept
	source_stop
	e2e_stop
}

e2e_case restart 60 "with the source down a restart serves the last good map"
restart_body() {
	e2e_paths
	source_start
	write_map map.json one
	follows
	e2e_start
	wait_until "the map is there" kept
	source_stop
	e2e_stop
	e2e_launch
	wait_until "the source is missed" logged 'Connection refused'
	kept || e2e_fail "the map is not kept"
	! logged 'is answered with 503' || e2e_fail "no map is in force"
	served "$TLS_PORT" "$HOST_NAME" got.json ||
	    e2e_fail "no map is served"
	cmp got.json map.json || e2e_fail "another map is served"
	e2e_stop
}

e2e_case drift 60 "servers with another map are named, once"
drift_body() {
	e2e_paths
	source_start
	write_map map.json one
	write_map other.json two
	follows "compare \"https://localhost:$SOURCE_PORT/other.json\""
	e2e_start
	wait_until "the drift is noticed" logged 'other.json serves another'
	e2e_stop
}

e2e_case new_port 60 "a reload to another port needs another fetch"
new_port_body() {
	e2e_paths
	source_start
	write_map map.json one
	follows
	e2e_start
	wait_until "the map is there" kept
	source_stop
	source_start
	write_map map.json two
	DEATHS=yes
	follows
	e2e_conf
	kill -HUP "$PID"
	wait_until "the new map is there" kept
	logged 'restarting for new ports' ||
	    e2e_fail "fetch was not restarted"
	e2e_stop
}

e2e_case untrusted 60 "a source without a valid certificate is rejected"
untrusted_body() {
	e2e_paths
	source_start
	write_map map.json one
	follows
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key \
	    -out ca.pem -days 30 -subj "/CN=Other CA" 2>/dev/null
	e2e_start
	wait_until "it says why" logged 'certificate verification failed'
	! kept || e2e_fail "the map was accepted"
	e2e_stop
}

e2e_case plain_port 60 "a health check sees whether there is a map yet"
plain_port_body() {
	command -v curl >/dev/null || atf_skip "needs curl"
	e2e_paths
	source_start
	source_stop
	follows
	e2e_start
	wait_until "no map is there" logged 'Connection refused'
	plain_says 503 || e2e_fail "the plain port leads to no map"
	write_map map.json one
	source_start "$SOURCE_PORT"
	wait_until "the map is there" plain_says 302
	source_stop
	e2e_stop
}

# served PORT NAME FILE: fetch the map that a derpd serves to FILE.
served() {
	{
		printf 'GET /derpmap/default HTTP/1.1\r\nHost: %s\r\n' "$2"
		printf 'Connection: close\r\n\r\n'
	} | openssl s_client -quiet -connect "127.0.0.1:$1" \
	    -servername "$2" 2>/dev/null | sed '1,/^.$/d' >"$3"
	[ -s "$3" ]
}

# alike: both serve the content of the first one's file.
alike() {
	served "$A_PORT" localhost a.json && served "$TLS_PORT" relay.test \
	    b.json && cmp -s a.json b.json && cmp -s a.json a/map.json
}

e2e_case chain 120 "a derpd that follows another serves the same bytes"
chain_body() {
	e2e_paths
	HOST_NAME=localhost
	use_cert ec
	mkdir a
	cd a || exit 1
	write_map map.json one
	EXTRA="map \"$PWD/map.json\""
	e2e_start
	A_PID=$PID A_PORT=$TLS_PORT
	cd .. || exit 1
	echo "$A_PID" >>pids
	HOST_NAME=relay.test CERTS=''
	EXTRA="map {
	follow \"https://localhost:$A_PORT/derpmap/default\" every 1
	ca file \"$PWD/ca.pem\"
}"
	e2e_start
	wait_until "both serve the first map" alike
	write_map a/map.json two
	wait_until "both serve the second map" alike
	e2e_stop
	cd a || exit 1
	PID=$A_PID
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case changes
	atf_add_test_case restart
	atf_add_test_case drift
	atf_add_test_case new_port
	atf_add_test_case untrusted
	atf_add_test_case plain_port
	atf_add_test_case chain
}
