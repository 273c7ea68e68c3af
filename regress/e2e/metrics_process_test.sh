#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd-metrics: what it answers, whom, and what can't stop it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# metrics_start [LINE...]: with a map, STUN and a metrics block, whose lines
# replace the usual one; set METRICS_PORT.
metrics_start() {
	e2e_paths
	cat >map.json <<-END
	{"Regions":{"900":{"RegionID":900,"RegionCode":"a","RegionName":"A",
	"Nodes":[{"Name":"1","RegionID":900,"HostName":"$HOST_NAME"}]}}}
	END
	[ $# -gt 0 ] || set -- 'listen on 127.0.0.1 port 0'
	EXTRA="map \"$PWD/map.json\" { }
stun { listen on 127.0.0.1 port 0 probe every 1 }
metrics {
$(printf '	%s\n' "$@")
}
$EXTRA"
	e2e_start
	METRICS_PORT=$(e2e_port '(metrics)')
	wait_until "it is well" healthy
}

# get PATH [OPTION...]: request it.
get() {
	_path=$1
	shift
	curl -sS -m 5 "$@" "http://127.0.0.1:$METRICS_PORT$_path"
}

healthy() {
	[ "$(get /health)" = ok ]
}

# status PATH [OPTION...]: print the status of the answer.
status() {
	get "$@" -o body -w '%{http_code}'
}

# is NAME VALUE: a metric, with its labels, has this value.
is() {
	get /metrics >metrics &&
	    [ "$(awk -v name="$1" '$1 == name { print $2 }' metrics)" = "$2" ]
}

# wants STATUS PATH [OPTION...]
wants() {
	_wanted=$1
	shift
	_got=$(status "$@")
	[ "$_got" = "$_wanted" ] || {
		head -n 40 body >&2
		e2e_fail "$*: status $_got, not $_wanted"
	}
}

e2e_case answers 60 "each path has its answer, in its form"
answers_body() {
	metrics_start
	wants 200 / -D head
	grep -qi '^content-type: text/html' head || e2e_fail "$(cat head)"
	grep -qi "^content-security-policy: default-src 'none'" head ||
	    e2e_fail "$(cat head)"
	wants 200 /metrics -D head
	grep -qi '^content-type: text/plain; version=0.0.4' head ||
	    e2e_fail "$(cat head)"
	grep -qi '^cache-control: no-store' head || e2e_fail "$(cat head)"
	wants 200 '/health?x=1'
	[ "$(cat body)" = ok ] || e2e_fail "/health: $(cat body)"
	wants 404 /debug/varz
	wants 404 //
	wants 405 /metrics -X POST -d x -D head
	grep -qi '^allow: GET, HEAD' head || e2e_fail "$(cat head)"
	get /health -I >headers || e2e_fail "HEAD is not answered"
	grep -qi '^content-length: 3' headers ||
	    e2e_fail "$(cat headers)"
	# Several requests on one connection.
	curl -sS -m 5 -v "http://127.0.0.1:$METRICS_PORT/health" \
	    "http://127.0.0.1:$METRICS_PORT/health" >body 2>trace ||
	    e2e_fail "$(cat trace)"
	[ "$(grep -c '^ok' body)" -eq 2 ] || e2e_fail "$(cat body)"
	grep -q 'Re-using existing connection' trace ||
	    e2e_fail "the connection is not reused: $(cat trace)"
	e2e_stop
}

e2e_case form 60 "each metric is described once, and the sums are /debug/varz"
form_body() {
	e2e_paths
	WORKERS=2
	metrics_start
	raw coalesced
	wait_until "the packets are counted" is \
	    'derpd_process_up{role="front",number="1"}' 1
	get /metrics >metrics || e2e_fail "no metrics"
	awk -v least=120 -f "$SRC/prometheus.awk" metrics ||
	    e2e_fail "the metrics can not be read"
	# It exits 3 for derper's names, which are not to its taste.
	PATH=$PATH:${BENCH_BIN:-/nonexistent}
	if command -v promtool >/dev/null 2>&1; then
		# shellcheck disable=SC2094	# a word, not the file
		promtool check metrics <metrics >tool.out 2>&1
		[ $? -ne 1 ] || e2e_fail "promtool: $(head -n 9 tool.out)"
	fi
	# derper's names mean the same here.
	curl -sS -m 5 "http://127.0.0.1:$PLAIN_PORT/debug/varz" >varz
	get /metrics >metrics
	for _name in derp_accepts derp_packets_received derp_bytes_sent \
	    derp_current_connections tls_listener_accepted_connections \
	    derpmap_bytes; do
		[ "$(grep "^${_name}[ {]" varz)" = \
		    "$(grep "^${_name}[ {]" metrics)" ] ||
		    e2e_fail "$_name: $(grep "^${_name}[ {]" varz metrics)"
	done
	awk '/^derpd_relay_packets_received_total/ { n += $2 }
	    $1 == "derp_packets_received" { sum = $2 }
	    END { exit(sum == 0 || n != sum) }' metrics ||
	    e2e_fail "the workers' packets are not the sum"
	e2e_stop
}

e2e_case allowed 60 "only this machine, or who is listed, is answered"
allowed_body() {
	metrics_start 'listen on 127.0.0.1 port 0' \
	    'listen on 127.0.0.2 port 0 from { 127.0.0.9 }' \
	    'listen on 127.0.0.3 port 0 from { 127.0.0.0/8 }'
	_port=$(sed -n 's/.*listening on 127.0.0.2:\([0-9]*\) (metrics)/\1/p' \
	    derpd.log)
	other /health >body || e2e_fail "no answer"
	grep -q 'may not ask' body || e2e_fail "$(cat body)"
	[ "$(other /health -o body -w '%{http_code}')" = 403 ] ||
	    e2e_fail "not 403: $(cat body)"
	[ "$(other /health --interface 127.0.0.9)" = ok ] ||
	    e2e_fail "who is listed is not answered"
	# A reload changes who is.
	sed 's/from { 127.0.0.9 }/from { 127.0.0.1 }/' derpd.conf >new.conf
	mv new.conf derpd.conf
	run ctl reload
	[ "$(other /health)" = ok ] || e2e_fail "the reload has no effect"
	[ "$(other /health --interface 127.0.0.9 -o body \
	    -w '%{http_code}')" = 403 ] || e2e_fail "$(cat body)"
	wait_until "the reload is shown" is derpd_reload_ok 1
	# A reload that is refused is shown.
	cp derpd.conf good.conf
	echo nonsense >>derpd.conf
	ctl reload >reload.out 2>&1 && e2e_fail "nonsense was not refused"
	wait_until "the refusal is shown" is derpd_reload_ok 0
	# Another address takes another process, and the others stay.
	sed 's/listen on 127.0.0.3 port 0/listen on 127.0.0.4 port 0/' \
	    good.conf >derpd.conf
	run ctl reload
	wait_until "the old address answers" answers 127.0.0.2
	_port=$(sed -n 's/.*listening on 127.0.0.4:\([0-9]*\) (metrics)/\1/p' \
	    derpd.log)
	wait_until "the new address answers" answers 127.0.0.4
	e2e_stop
}

other() {
	_path=$1
	shift
	curl -sS -m 5 "$@" "http://127.0.0.2:$_port$_path"
}

answers() {
	[ "$(curl -sS -m 5 "http://$1:$_port/health")" = ok ]
}

e2e_case others_hang 120 "it answers while any other process hangs"
others_hang_body() {
	e2e_paths
	EXTRA='child timeout 60'
	metrics_start
	raw coalesced
	get /metrics >before
	for _role in relay front keys signer stund health derpmapd; do
		_pids=$(e2e_children "$_role")
		[ -n "$_pids" ] || e2e_fail "there is no $_role"
		# shellcheck disable=SC2086	# words
		kill -STOP $_pids
		wants 200 /metrics
		grep -q '^derp_accepts ' body || e2e_fail "$_role hangs"
		wants 200 /
		# shellcheck disable=SC2086
		kill -CONT $_pids
	done
	kill -STOP "$PID"
	wait_until "the parent's word gets old" old
	wants 200 /metrics
	# A check of health may have added a packet.
	awk '$1 == "derp_packets_received" { v[n++] = $2 + 0 }
	    END { exit(n != 2 || v[0] == 0 || v[1] < v[0]) }' before body ||
	    e2e_fail "the counters are lost"
	kill -CONT "$PID"
	wait_until "the parent speaks again" is derpd_state_age_seconds 0
	e2e_stop
}

old() {
	get /metrics | awk '$1 == "derpd_state_age_seconds" { age = $2 }
	    END { exit(age < 7) }'
}

e2e_case unwell 60 "what does not work is said by /health"
unwell_body() {
	e2e_paths
	EXTRA='child timeout 60'
	metrics_start
	_pid=$(e2e_children front)
	kill -STOP "$_pid"
	wait_until "it is not well" unhealthy
	get /health | grep -q 'probe of the relay' ||
	    e2e_fail "the reason is missing: $(get /health)"
	[ "$(status /health)" = 503 ] || e2e_fail "not 503: $(cat body)"
	get / | grep -q 'probe of the relay' || e2e_fail "not on the page"
	is derpd_healthy 0 || e2e_fail "derpd_healthy is not 0"
	kill -CONT "$_pid"
	wait_until "it is well again" healthy
	e2e_stop
}

unhealthy() {
	! healthy
}

e2e_case killed 60 "when it is killed the next one goes on with the numbers"
killed_body() {
	e2e_paths
	DEATHS=1
	metrics_start
	raw coalesced
	wait_until "STUN answers" is stun_answering 1
	get /metrics >before
	kill -KILL "$(e2e_children metrics)"
	wait_until "another one answers" is \
	    'derpd_process_restarts_total{role="metrics",number="0"}' 1
	for _name in derp_packets_received derp_accepts stun_answering; do
		# Health probes meanwhile.
		awk -v name="$_name" '$1 == name { v[n++] = $2 + 0 }
		    END { exit(n != 2 || v[0] == 0 || v[1] < v[0]) }' \
		    before metrics || e2e_fail "$_name is another number"
	done
	# Counters of STUN outlive its process, too.
	kill -KILL "$(e2e_children stund)"
	wait_until "stund is back" is \
	    'derpd_process_restarts_total{role="stund",number="0"}' 1
	e2e_stop
}

e2e_case hostile 120 "junk and many slow connections do not hurt it"
hostile_body() {
	metrics_start
	_pid=$(e2e_children metrics)
	for _junk in 'GET' 'x\r\n\r\n' 'GET / HTTP/9.9\r\n\r\n' \
	    'GET / HTTP/1.1\r\nHost : x\r\n\r\n' '\0\0\0\0\r\n\r\n' \
	    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n' \
	    'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n' \
	    '\026\003\001\002\000\001\000'; do
		# shellcheck disable=SC2059	# it is the format
		printf "$_junk" | "$SRC/tcptext" "$METRICS_PORT" >junk.out 2>&1
		grep -q '^HTTP/1.1 200' junk.out &&
		    e2e_fail "$_junk is answered: $(cat junk.out)"
		healthy || e2e_fail "it does not answer after $_junk"
	done
	# A head that has no end.
	{ printf 'GET / HTTP/1.1\r\nHost: x\r\nX: '; head -c 20000 /dev/zero |
	    tr '\0' x; } >long
	"$SRC/tcptext" "$METRICS_PORT" <long >long.out
	grep -q '^HTTP/1.1 431' long.out || e2e_fail "$(cat long.out)"
	"$SRC/slowconns" "$METRICS_PORT" 200 'GET / HT' >slow.out 2>&1 &
	_slow=$!
	echo "$_slow" >>pids
	wait_until "the slow ones are connected" grep -q connected slow.out
	_n=0
	while [ "$_n" -lt 10 ]; do
		_n=$((_n + 1))
		wants 200 /metrics
		wants 200 /health
	done
	_open=$(find "/proc/$_pid/fd" -type l 2>/dev/null | wc -l)
	[ "$_open" -lt 90 ] || e2e_fail "it has $_open descriptors"
	kill -KILL "$_slow"
	[ "$(e2e_children metrics)" = "$_pid" ] || e2e_fail "it is another one"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case answers
	atf_add_test_case form
	atf_add_test_case allowed
	atf_add_test_case others_hang
	atf_add_test_case unwell
	atf_add_test_case killed
	atf_add_test_case hostile
}
