#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A map from a file, as HTTP clients fetch it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# map NAME: print a valid map.
map() {
	cat <<-end
	{"Regions": {
	  "900": {"RegionID": 900, "RegionCode": "$1", "RegionName": "$1",
	    "Unknown": [1.50, {"a": null}],
	    "Nodes": [{"Name": "900a", "RegionID": 900,
	    "HostName": "$HOST_NAME"}]}
	}}
	end
}

# large_map NAME: add 300 KiB, half of which gzip saves.
large_map() {
	map "$1" | sed '$d'
	printf '}, "Pad": "%s"}\n' "$(head -c 153600 /dev/urandom |
	    od -An -v -tx1 | tr -d ' \n')"
}

# serves [STATEMENT]: write the configuration for e2e_start.
serves() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	MAP_FILE=$PWD/map.json
	map one >"$MAP_FILE"
	EXTRA="map \"$MAP_FILE\" { ${1:-} }"
}

# fetch [CURL-OPTIONS]: fetch the map as a client that trusts our certificate.
fetch() {
	curl -sS --max-time 10 --cacert "$PWD/state/self-signed.crt" \
	    --resolve "$HOST_NAME:$TLS_PORT:127.0.0.1" "$@" \
	    "https://$HOST_NAME:$TLS_PORT${URL_PATH:-/derpmap/default}"
}

# status [CURL-OPTIONS]: print only the status of the answer.
status() {
	fetch -o /dev/null -w '%{http_code}' "$@"
}

# field NAME [CURL-OPTIONS]: the value of a header field.
field() {
	_name=$1
	shift
	fetch -D - -o /dev/null "$@" | tr -d '\r' |
	    sed -n "s/^$_name: //Ip"
}

# served FILE: exactly its bytes are served.
served() {
	fetch | cmp -s - "$1"
}

# state: print derpctl's state of the map.
state() {
	ctl -j map | jq -r '.maps[0].state'
}

is_state() {
	[ "$(state)" = "$1" ]
}

equal() {
	[ "$2" = "$3" ] || e2e_fail "$1: expected '$2', got '$3'"
}

e2e_case answers 60 "the bytes of the file, with their header fields"
answers_body() {
	serves 'path "/m" max age 7'
	e2e_start
	URL_PATH=/m
	served map.json || e2e_fail "other bytes are served"
	equal type application/json "$(field Content-Type)"
	equal age "public, max-age=7" "$(field Cache-Control)"
	equal origin '*' "$(field Access-Control-Allow-Origin)"
	tag=$(field ETag)
	equal "tag, of the hash" \
	    "\"$(openssl dgst -sha256 -r map.json | cut -c 1-32)\"" "$tag"
	equal "known tag" 304 "$(status -H "If-None-Match: $tag")"
	equal "other tag" 200 "$(status -H 'If-None-Match: "x"')"
	equal "known date" 304 "$(status -H \
	    "If-Modified-Since: $(field Last-Modified)")"
	equal head 200 "$(status -I)"
	fetch -I | grep -qi "^content-length: $(wc -c <map.json)" ||
	    e2e_fail "HEAD has no length"
	fetch --compressed | cmp - map.json || e2e_fail "gzip is another map"
	equal encoding gzip "$(field Content-Encoding --compressed)"
	equal post 405 "$(status -d x)"
	equal "other host" 404 "$(status -H 'Host: other.test')"
	equal "upper case" 200 "$(status -H "Host: $(echo "$HOST_NAME" |
	    tr '[:lower:]' '[:upper:]')")"
	URL_PATH=/derpmap/default
	equal "other path" 404 "$(status)"
	e2e_stop
}

e2e_case plain_port 60 "the plain port redirects: the map is for TLS alone"
plain_port_body() {
	serves
	e2e_start
	url=http://127.0.0.1:$PLAIN_PORT/derpmap/default
	curl -sS -D - -H "Host: $HOST_NAME" "$url" | tr -d '\r' >answer
	grep -q '^HTTP/1.1 302' answer || e2e_fail "no 302: $(cat answer)"
	grep -q "^Location: https://$HOST_NAME/derpmap/default" answer ||
	    e2e_fail "elsewhere: $(cat answer)"
	! grep -q Regions answer || e2e_fail "the map is in the clear"
	equal captive 204 "$(curl -sS -o /dev/null -w '%{http_code}' \
	    "http://127.0.0.1:$PLAIN_PORT/generate_204")"
	e2e_stop
}

e2e_case edits 120 "changes are detected, whichever way they are made"
edits_body() {
	serves
	WORKERS=3
	e2e_start
	served map.json || e2e_fail "other bytes are served"
	map written >"$MAP_FILE"
	wait_until "a file that was written" served map.json
	map renamed >new.json
	cp new.json keep.json
	mv new.json map.json
	wait_until "a file that was renamed" served keep.json
	map linked >linked.json
	ln -s linked.json link
	mv link map.json
	wait_until "a symbolic link" served linked.json
	map far >linked.json
	wait_until "the far end of a link" served linked.json
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		served linked.json || e2e_fail "a worker has another map"
	done
	rm map.json
	wait_until "a file that is gone" is_state "last good"
	served linked.json || e2e_fail "the last good map is not served"
	map again >map.json
	wait_until "a file that is back" served map.json
	equal state good "$(state)"
	e2e_stop
}

e2e_case bad_edit 120 "a bad edit changes nothing, also not a restart"
bad_edit_body() {
	serves
	e2e_start
	cp map.json good.json
	sed 's/"900a"/7/' good.json >map.json
	wait_until "the fault is noticed" is_state "last good"
	served good.json || e2e_fail "the last good map is not served"
	ctl map | grep -q 'map.json:[0-9]*:[0-9]*: Regions.900.Nodes\[0\].Name'\
': expected a string, found 7' || e2e_fail "the fault is not shown"
	kill -HUP "$PID"
	wait_until "a reload with it" grep -q 'configuration reloaded' derpd.log
	served good.json || e2e_fail "not after a reload"
	e2e_stop
	e2e_launch
	served good.json || e2e_fail "not after a restart"
	equal state "last good" "$(state)"
	map mended >map.json
	wait_until "the file is good again" served map.json
	e2e_stop
}

e2e_case no_file 60 "the file is replaced by something else"
no_file_body() {
	serves
	e2e_start
	cp map.json good.json
	for _make in 'mkfifo map.json' 'mkdir map.json'; do
		rm -f map.json
		$_make || e2e_fail "$_make"
		wait_until "it is noticed" shows_error 'expected a regular file'
		served good.json || e2e_fail "the last good map is not served"
		rm -rf map.json
		wait_until "it is gone" shows_error 'No such file'
		map again >new.json
		mv new.json map.json
		wait_until "a file is there again" served map.json
		cp map.json good.json
	done
	e2e_stop
}

# shows_error TEXT: derpctl map prints this error.
shows_error() {
	ctl map | grep -q "map.json: $1"
}

e2e_case first_bad 60 "without a good map there is no start"
first_bad_body() {
	serves
	echo '{"Regions": {' >map.json
	e2e_conf
	! "$DERPD" -n -f derpd.conf >out 2>&1 || e2e_fail "-n is content"
	grep -q 'map.json:2:1: not JSON' out || e2e_fail "$(cat out)"
	! "$DERPD" -d -f derpd.conf >out 2>&1 || e2e_fail "it started"
	grep -q 'is not good, and there is no older copy' out ||
	    e2e_fail "$(cat out)"
}

e2e_case map_only 60 "a machine that serves only the map"
map_only_body() {
	serves
	e2e_conf
	sed '/^relay {/,/^}/d; /^mesh/d' derpd.conf >map-only.conf
	cp map-only.conf derpd.conf
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" e2e_listening
	TLS_PORT=$(e2e_port '(tls)')
	wait_until "the map" served map.json
	[ ! -e derper.key ] || e2e_fail "it made a relay key"
	for URL_PATH in / /derp /derp/probe /derpmap/other; do
		equal "$URL_PATH" 404 "$(status)"
	done
	URL_PATH=/generate_204
	equal captive 204 "$(status)"
	e2e_stop
}

e2e_case several 60 "several maps, a reload that adds one, one that fails"
several_body() {
	serves
	map two >two.json
	e2e_start
	EXTRA="$EXTRA
map \"$PWD/two.json\" { host \"two.test\" }"
	e2e_conf
	run ctl reload
	served map.json || e2e_fail "the first map is away"
	fetch -H 'Host: two.test' | cmp - two.json ||
	    e2e_fail "the second map is not there"
	echo nothing >three.json
	EXTRA="$EXTRA
map \"$PWD/three.json\" { path \"/three\" }"
	e2e_conf
	! ctl reload >out 2>&1 || e2e_fail "a bad new map was accepted"
	grep -q 'three.json:1:1: not JSON' out || e2e_fail "$(cat out)"
	fetch -H 'Host: two.test' | cmp - two.json ||
	    e2e_fail "the refused reload changed something"
	e2e_stop
}

# fetch_on: fetch until the file `enough' exists.  Append a line to failures for
# each partial map, and to fetched.N for each whole one.
fetch_on() {
	_n=$1
	shift
	while [ ! -e enough ]; do
		fetch "$@" >"got.$_n" 2>"err.$_n" || cat "err.$_n" >>failures
		if jq -e '.Regions["900"].RegionName == .Name and
		    (.Pad | length) == 307200' "got.$_n" >/dev/null 2>&1; then
			echo whole >>"fetched.$_n"
		else
			head -c 300 "got.$_n" >>failures
		fi
	done
}

# named_map NAME: a large map with the name at its start and its end.
named_map() {
	large_map "$1" | sed "s/^{\"Regions\"/{\"Name\": \"$1\", \"Regions\"/"
}

# enough_of N: each fetcher got that many maps.
enough_of() {
	for _f in 1 2 3; do
		[ -f "fetched.$_f" ] &&
		    [ "$(wc -l <"fetched.$_f")" -ge "$1" ] || return 1
	done
}

e2e_case replaced 120 "a large map that is replaced again and again is whole"
replaced_body() {
	serves
	named_map number-0 >map.json
	WORKERS=2
	e2e_start
	served map.json || e2e_fail "other bytes are served"
	fetch_on 1 &
	_fetchers=$!
	fetch_on 2 --compressed &
	_fetchers="$_fetchers $!"
	fetch_on 3 --limit-rate 2M &
	_fetchers="$_fetchers $!"
	echo "$_fetchers" | tr ' ' '\n' >>pids
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		named_map "number-$_i" >new.json
		cp new.json last.json
		mv new.json map.json
		wait_until "map $_i" served last.json
	done
	wait_until "each has fetched some" enough_of 5
	touch enough
	for _p in $_fetchers; do
		wait "$_p"
	done
	[ ! -s failures ] || e2e_fail "failed: $(head -c 600 failures)"
	e2e_stop
}

# slow_has N FILE: the Nth map of the slow client equals FILE.
slow_has() {
	cmp "raw.ready.$1" "$2" || e2e_fail "map $1 is not that of $2"
}

e2e_case slow 120 "a slow reader gets a whole map, then the newest one"
slow_body() {
	serves
	large_map first >map.json
	cp map.json first.json
	e2e_start
	served map.json || e2e_fail "other bytes are served"
	raw_begin map-slow
	for _i in 1 2 3 4; do
		large_map "number-$_i" >new.json
		cp new.json last.json
		mv new.json map.json
		wait_until "map $_i" served last.json
	done
	raw_end
	slow_has 1 first.json
	slow_has 2 last.json
	e2e_stop
}

e2e_case killed 120 "killed processes are restarted, and the map stays"
killed_body() {
	serves
	EXTRA="$EXTRA
stun { listen on 127.0.0.1 port 0 }"
	DEATHS=yes
	e2e_start
	for _role in derpmapd stund health front relay; do
		_old=$(e2e_children "$_role" | head -n 1)
		kill -KILL "$_old"
		wait_until "another $_role" another "$_role" "$_old"
		wait_until "the map after $_role" served map.json
	done
	map after >map.json
	wait_until "a change after all" served map.json
	e2e_stop
}

# another ROLE OLD: there is a child of this role with another process id.
another() {
	_new=$(e2e_children "$1" | head -n 1)
	[ -n "$_new" ] && [ "$_new" != "$2" ]
}

e2e_case full_disk 60 "a full disk keeps no map, and serves it all the same"
full_disk_body() {
	e2e_need_root "a file system of its own"
	serves
	mkdir state
	mount -t tmpfs -o size=64k,mode=755 none state 2>/dev/null ||
	    atf_skip "can't mount a tmpfs here"
	echo "$PWD/state" >mounted
	e2e_start
	served map.json || e2e_fail "other bytes are served"
	dd if=/dev/zero of=state/fill bs=1k count=100 2>/dev/null
	{ map big | sed '$d'; yes ' ' | head -n 5000; echo '}}'; } >new.json
	cp new.json last.json
	mv new.json map.json
	wait_until "the map" served last.json
	grep -q 'is served, but no copy is kept for the next start' derpd.log ||
	    e2e_fail "nothing is logged"
	# shellcheck disable=SC2012	# names of our own
	equal "files kept" 1 "$(ls state/map-* | wc -l)"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case answers
	atf_add_test_case plain_port
	atf_add_test_case edits
	atf_add_test_case bad_edit
	atf_add_test_case no_file
	atf_add_test_case first_bad
	atf_add_test_case map_only
	atf_add_test_case several
	atf_add_test_case replaced
	atf_add_test_case slow
	atf_add_test_case killed
	atf_add_test_case full_disk
}
