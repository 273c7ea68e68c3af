#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The text of /debug/varz, as Prometheus parses it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case form 60 "each metric is described once, before its values"
form_body() {
	e2e_paths
	cat >map.json <<-END
	{"Regions":{"900":{"RegionID":900,"RegionCode":"a","RegionName":"A",
	"Nodes":[{"Name":"1","RegionID":900,"HostName":"$HOST_NAME"}]}}}
	END
	EXTRA="map \"$PWD/map.json\" { }
stun { listen on 127.0.0.1 port 0 }"
	WORKERS=2
	e2e_start
	raw coalesced
	wait_until "the metrics of STUN and the map are there" complete
	awk -v least=60 -f "$SRC/prometheus.awk" varz ||
	    e2e_fail "the metrics can not be read"
	e2e_stop
}

complete() {
	curl -sS -m 5 "http://127.0.0.1:$PLAIN_PORT/debug/varz" >varz &&
	    grep -q '^stun_requests{' varz && grep -q '^derpmap_good{' varz
}

# counters FILE: the counters of /debug/varz, a line each, with their values.
counters() {
	curl -sS -m 10 "http://127.0.0.1:$PLAIN_PORT/debug/varz" >varz ||
	    e2e_fail "/debug/varz is not answered"
	awk '$1 == "#" { counts = $4 != "gauge"; next }
	    counts { print $1, $2 }' varz >"$1"
	[ -s "$1" ] || e2e_fail "there are no counters"
}

# not_less BEFORE: no counter is less than in that file.
not_less() {
	counters now
	awk 'NR == FNR { was[$1] = $2; next }
	    { n += $1 in was }
	    was[$1] > $2 { print $1, "was", was[$1] ", is", $2; bad = 1 }
	    END { exit(bad || n < 40) }' "$1" now ||
	    e2e_fail "counters went back"
}

gauge() {
	counters now
	[ "$(awk -v name="$1" '$1 == name { print $2 }' varz)" -eq "$2" ]
}

accepted() {
	awk '$1 == "tls_listener_accepted_connections" { print $2 }' "$1"
}

e2e_case restart 60 "a worker's counters go on when it is replaced"
restart_body() {
	e2e_paths
	WORKERS=3 DEATHS=yes
	e2e_start
	for _i in $(seq 30); do
		curl -s -m 5 "http://127.0.0.1:$TLS_PORT/" && e2e_fail "no TLS"
	done
	raw_begin -c 12 idle
	wait_until "all clients are counted" gauge derp_current_connections 12
	counters before
	[ "$(accepted before)" -ge 42 ] ||
	    e2e_fail "$(accepted before) connections of 42 are counted"
	# The front answers: the workers that are killed have counted some.
	for _pid in $(e2e_children relay); do
		kill -KILL "$_pid"
		_i=0
		while [ "$_i" -lt 5 ]; do
			not_less before
			mv now before
			_i=$((_i + 1))
		done
		wait_until "it is replaced" e2e_gone "$_pid"
	done
	wait_until "no connection is left" gauge derp_current_connections 0
	not_less before
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case form
	atf_add_test_case restart
}
