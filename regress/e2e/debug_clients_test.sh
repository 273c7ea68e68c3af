#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The clients that /debug/clients/ shows, to whom, and whether derper would show
# the same.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# need PROGRAM...: skip without one of them.
need() {
	for _p in "$@"; do
		command -v "$_p" >/dev/null || atf_skip "needs $_p"
	done
}

# get QUERY: print the page of derpd.
get() {
	curl -s -m 30 "http://127.0.0.1:$PLAIN_PORT/debug/clients/$1" ||
	    e2e_fail "/debug/clients/$1 is not answered"
}

# is QUERY FILTER VALUE: what jq finds in the page is this value.
is() {
	_got=$(get "$1" | jq -cr "$2")
	[ "$_got" = "$3" ] || e2e_fail "$1: $2 is $_got, not $3"
}

# status QUERY: print the status of the answer.
status() {
	curl -s -m 10 -o /dev/null -w '%{http_code}' \
	    "http://127.0.0.1:$PLAIN_PORT/debug/clients/$1"
}

# clients: start the clients of raw_list.c, which stay.
listed_clients() {
	raw_begin -m mesh.key listed
}

e2e_case page 60 "clients by filter, order and page"
page_body() {
	need curl jq
	e2e_paths
	for WORKERS in 1 3; do
		e2e_start
		is '?format=json' .conns 0
		is '?all&format=json' .clients '[]'
		listed_clients
		is '?format=json' '[.conns, .keys]' '[5,4]'
		is '?all&format=json' '[.query, .conns, .keys, .remaining]' \
		    '["all clients",5,4,0]'
		is '?all&format=json&sort=rx' '[.clients[].rxBytes]' \
		    '[0,1,50,300,1400]'
		is '?all&format=json&sort=-txpkts' '[.clients[].txPkts]' \
		    '[4,3,0,0,0]'
		is '?app=alpha&app=&format=json&sort=conn' \
		    '[.clients[].appName]' '["alpha","","alpha",""]'
		is '?cidr=127.0.0.0/8&format=json' .conns 5
		is '?cidr=::/0&format=json' '[.conns, .keys]' '[0,0]'
		_key=$(get '?all&format=json&sort=-rx' |
		    jq -r '.clients[0].key')
		is "?key=$_key&format=json&sort=conn" \
		    '[.keys, (.clients[] | .dup, .active)]' \
		    '[1,true,false,true,true]'
		is '?all&format=json&sort=tx' \
		    '.clients[-1] | [.home, .meshPeer, .prober, .senders]' \
		    '[true,false,false,3]'
		# All pages of one client, by the links.
		_next='?all&format=json&limit=1&sort=-ip' _seen=
		while [ "$_next" != null ]; do
			get "$_next" >one.json
			_seen="$_seen $(jq -r '.clients[].connNum' one.json)"
			_next=$(jq -r .next one.json)
		done
		# shellcheck disable=SC2086	# five words
		[ "$(printf '%s\n' $_seen | sort -u | wc -l)" -eq 5 ] ||
		    e2e_fail "the pages show$_seen"
		get '?all' >page.html
		grep -q 'Showing 5 of 5 matching connections (4 node' \
		    page.html || e2e_fail "the page lacks its count"
		grep -q '&lt;b&gt; &amp; &#34;x&#34;</a>' page.html ||
		    e2e_fail "a name is not escaped"
		grep -q '<b>' page.html && e2e_fail "a name is markup"
		[ "$(status '?ip=x')" = 400 ] || e2e_fail "ip=x is served"
		raw_end
		e2e_stop
	done
}

e2e_case who 60 "only this machine and the configured ones see them"
who_body() {
	e2e_paths
	LISTEN="listen on 127.0.0.1 port 0 tls
listen on 127.0.0.1 port 0 proxy from { 127.0.0.2 }"
	e2e_start
	raw -c 0 proxy-clients
	EXTRA='debug from { 192.0.2.64/27 2001:db8::/32 }'
	e2e_conf
	run ctl reload
	raw -c 1 proxy-clients
	EXTRA=
	e2e_conf
	run ctl reload
	raw -c 0 proxy-clients
	e2e_stop
}

e2e_case dead_worker 60 "a worker that dies makes the list incomplete"
dead_worker_body() {
	need curl jq
	e2e_paths
	# shellcheck disable=SC2034	# of common.sh
	WORKERS=2 DEATHS=yes
	e2e_start
	_relay=$(e2e_children relay | head -n 1)
	kill -STOP "$_relay"
	get '?all&format=json' >page.json &
	_curl=$!
	echo "$_curl" >>pids
	sleep 1
	kill -KILL "$_relay"
	wait "$_curl" || e2e_fail "there was no answer"
	[ "$(jq -c '[.incomplete, .conns]' page.json)" = '[true,0]' ] ||
	    e2e_fail "the page is $(cat page.json)"
	wait_until "the worker is replaced" whole
	e2e_stop
}

whole() {
	get '?all&format=json' | jq -e 'has("incomplete") | not'
}

# derper's pages without what is different by nature.
norm() {
	jq -S 'del(.clients[]? | .connNum, .remote, .connectedAt, .connected) |
	    if has("next") then .next |= gsub("after(conn)?=[^&]*"; "") else .
	    end'
}

# derper_get QUERY: print the page of derper.
derper_get() {
	curl -s -m 30 "http://127.0.0.1:$_plain/debug/clients/$1"
}

derper_answers() {
	[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' \
	    "http://127.0.0.1:$_plain/generate_204")" = 204 ]
}

# Ports that nobody uses, in _tls and _plain.
two_ports() {
	_tls=$(free_port) _plain=$(free_port)
	while [ "$_plain" = "$_tls" ]; do
		_plain=$(free_port)
	done
}

e2e_case derper 90 "the same pages as derper"
derper_body() {
	need curl jq openssl
	DERPER=${DERPER:-${BENCH_BIN:-/nonexistent}/derper}
	[ -x "$DERPER" ] || atf_skip "needs derper in \$BENCH_BIN"
	grep -q afterconn "$DERPER" || atf_skip "this derper lists no clients"
	use_cert ec
	e2e_start
	mkdir certs
	cp relay.crt "certs/$HOST_NAME.crt"
	cp relay.key "certs/$HOST_NAME.key"
	two_ports
	TS_DERP_SENDER_CARDINALITY=true "$DERPER" -a "127.0.0.1:$_tls" \
	    -http-port "$_plain" -stun=false \
	    -hostname "$HOST_NAME" -certmode manual -certdir certs \
	    -c "$PWD/other.key" -mesh-psk-file mesh.key >derper.log 2>&1 &
	echo $! >>pids
	wait_until "derper answers" derper_answers
	listed_clients
	_own=$RAW_PID
	(
		TLS_PORT=$_tls
		listed_clients
		echo "$RAW_PID" >other.pid
	)
	_sorts='key -key conn -conn connected -connected rx -rx tx -tx rxpkts
	    -rxpkts txpkts -txpkts'
	for _s in $_sorts; do
		echo "?all=1&sort=$_s"
		echo "?all=1&sort=$_s&limit=2"
	done >queries
	_key=$(get '?all&format=json&sort=-rx' | jq -r '.clients[0].key')
	cat >>queries <<-EOF
	?all
	?all&sort=key&after=$_key
	?all&sort=-key&after=$_key
	?all&sort=rx&after=50
	?all&sort=-rx&after=50&afterconn=8999999999999999
	?all&sort=tx&after=0
	?all&sort=txpkts&after=0&afterconn=0
	?all&sort=connected&after=1h
	?all&sort=-connected&after=1h
	?all&sort=connected&after=0
	?all&sort=ip&after=127.0.0.1
	?all&sort=-ip&after=127.0.0.1
	?all&sort=ip&after=[::1]:5
	?key=$_key
	?key=$_key&sort=conn&limit=1
	?ip=127.0.0.1
	?ip=::ffff:127.0.0.1&sort=conn
	?ip=::1
	?cidr=127.0.0.0/8
	?cidr=127.1.2.3/8&limit=1
	?cidr=::/0
	?app=alpha&sort=conn
	?app=alpha&app=
	?app=
	?ip=127.0.0.1&app=nobody
	?ip=x
	?cidr=127.0.0.1
	?key=x
	?all&ip=127.0.0.1
	?all&sort=x
	?all&limit=0
	?all&after=x
	EOF
	while read -r _q; do
		[ "$(curl -s -g -o ours -w '%{http_code} %{content_type}' \
		    "http://127.0.0.1:$PLAIN_PORT/debug/clients/$_q&format=json")" \
		    = "$(curl -s -g -o theirs -w '%{http_code} %{content_type}' \
		    "http://127.0.0.1:$_plain/debug/clients/$_q&format=json")" ] ||
		    e2e_fail "$_q: $(cat ours), derper: $(cat theirs)"
		grep -q '^{' theirs || continue
		norm <ours >ours.json
		norm <theirs >theirs.json
		cmp -s ours.json theirs.json ||
		    e2e_fail "$_q: $(diff ours.json theirs.json | tr "\n" " ")"
	done <queries
	is '?format=json' '[.conns, .keys]' \
	    "$(derper_get '?format=json' | jq -c '[.conns, .keys]')"
	RAW_PID=$_own
	raw_end
	RAW_PID=$(cat other.pid)
	pkill -TERM -P "$RAW_PID"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case page
	atf_add_test_case who
	atf_add_test_case dead_worker
	atf_add_test_case derper
}
