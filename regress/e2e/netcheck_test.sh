#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Tailscale's own STUN, netcheck and map fetchers, against relay, STUN and map
# of one derpd.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

have_ipv6() {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null ||
	    ifconfig lo0 2>/dev/null | grep -q 'inet6 ::1'
}

# serve [STUN-STATEMENTS]: relay and STUN, with IPv4.
serve() {
	e2e_need_interop
	HOST_NAME=localhost
	serve_conf 127.0.0.1 0 0 0 "${1:-}"
	e2e_start
}

# serve_both [STUN-STATEMENTS]: with IPv6 too, on the same ports, because a node
# of a map has only one of each.
serve_both() {
	have_ipv6 || atf_skip "there is no IPv6 loopback here"
	serve "${1:-}"
	_stun=$(e2e_port '(stun)')
	e2e_stop
	serve_conf "127.0.0.1 ::1" "$TLS_PORT" "$PLAIN_PORT" "$_stun" "${1:-}"
	e2e_start
}

# serve_conf ADDRESSES TLS-PORT PLAIN-PORT STUN-PORT STUN-STATEMENTS
serve_conf() {
	LISTEN='' _stun_listen=''
	for _a in $1; do
		LISTEN="$LISTEN
listen on $_a port $2 tls
listen on $_a port $3"
		_stun_listen="$_stun_listen
	listen on $_a port $4"
	done
	EXTRA="stun {
	$_stun_listen
	probe every 1
	$5
}"
}

answering() {
	ctl -j status | jq -e '.stun.answering'
}

# give_map FILTER: serve the map of our node, changed by a jq filter.
give_map() {
	ctl map node | jq "$1" >node.json
	jq '{Regions: {"900": {RegionID: 900, RegionCode: "own",
	    RegionName: "Own", Nodes: [.]}}}' node.json >map.json
	run ctl map check map.json
	EXTRA="$EXTRA
map \"$PWD/map.json\""
	# The configuration names the ports of the open sockets.
	e2e_conf
	run ctl reload
}

# chooses [STUN-STATEMENTS]: the clients find all services, with IPv4.
chooses() {
	serve "${1:-}"
	give_map '. + {IPv6: "none"}'
	wait_until "STUN answers" answering
	interop map-get,stun,netcheck
	e2e_stop
}

# chooses_both [STUN-STATEMENTS]: with both address families.
chooses_both() {
	e2e_need_interop
	serve_both "${1:-}"
	give_map '. + {IPv4: "127.0.0.1", IPv6: "::1"}'
	wait_until "STUN answers" answering
	interop map-get,stun,netcheck
	e2e_stop
}

e2e_case one_worker 120 "netcheck chooses our region from our map"
one_worker_body() {
	chooses
}

e2e_case three_workers 120 "the same with three relay workers and two of stund"
three_workers_body() {
	e2e_paths
	WORKERS=3
	chooses 'workers 2'
}

e2e_case both 120 "the same over IPv4 and IPv6"
both_body() {
	chooses_both
}

e2e_case both_three_workers 120 "over both, with three relay workers"
both_three_workers_body() {
	e2e_paths
	WORKERS=3
	chooses_both 'workers 2'
}

e2e_case off 120 "without STUN netcheck finds the relay over HTTPS"
off_body() {
	e2e_need_interop
	HOST_NAME=localhost
	e2e_start
	give_map '. + {IPv6: "none"}'
	[ "$(jq .STUNPort node.json)" = -1 ] ||
	    e2e_fail "the node has STUN: $(cat node.json)"
	interop netcheck-https
	e2e_stop
}

silent() {
	ctl -j status | jq -e '.stun.answering | not'
}

# served_pin: the pin of the presented certificate.
served_pin() {
	printf 'sha256-raw:'
	openssl s_client -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" </dev/null 2>/dev/null |
	    openssl x509 -outform DER | openssl dgst -sha256 -r | cut -c1-64
}

# With only a temporary certificate, STUN does not answer.
e2e_case silent 120 "while STUN is silent netcheck finds us over HTTPS"
silent_body() {
	e2e_paths
	CERTS='acme { contact "a@relay.test"
directory "https://127.0.0.1:9/d" }'
	serve
	PIN=$(served_pin)
	give_map ". + {IPv6: \"none\", CertName: \"$PIN\"}"
	jq -e '.STUNPort > 0' node.json || e2e_fail "the node has no STUN"
	silent || e2e_fail "STUN answers with a temporary certificate"
	interop netcheck-https -pin "$PIN"
	CERTS=''
	e2e_conf
	run ctl reload
	PIN=$(served_pin)
	jq --arg p "$PIN" '.Regions."900".Nodes[0].CertName = $p' map.json \
	    >map.new
	mv map.new map.json
	wait_until "STUN answers with a certificate" answering
	run ctl reload
	interop netcheck -pin "$PIN"
	e2e_stop
}

# last_has LINE: the consumer's last line contains this.
last_has() {
	tail -n 1 go.out | grep -q "$1"
}

# hash_said: print the hash in the consumer's last line.
hash_said() {
	tail -n 1 go.out | sed 's/.*, map //'
}

said_other() {
	[ "$(hash_said)" != "$1" ]
}

# write_map FILE NAME: write a valid map, and move it in place.
write_map() {
	cat >"$1.new" <<-end
	{"Regions":{"900":{"RegionID":900,"RegionCode":"$2",
	"RegionName":"$2","Nodes":[{"Name":"900a","RegionID":900,
	"HostName":"localhost"}]}}}
	end
	mv "$1.new" "$1"
}

# first_conf PORT: write the configuration of the server that reads the file.
first_conf() {
	HOST_NAME=localhost
	LISTEN="listen on 127.0.0.1 port $1 tls"
	CERTS="certificate \"$PWD/a.crt\" key \"$PWD/a.key\""
	EXTRA="map \"$PWD/a/map.json\""
}

# first_start: start it in a directory of its own; set A_PID, A_PORT.
first_start() {
	cd a || exit 1
	e2e_start
	A_PID=$PID A_PORT=$TLS_PORT
	cd .. || exit 1
	echo "$A_PID" >>pids
}

# second_conf PORT: write that of the server that follows the first one.
second_conf() {
	HOST_NAME=relay.test
	LISTEN="listen on 127.0.0.1 port $1 tls"
	CERTS="certificate \"$PWD/b.crt\" key \"$PWD/b.key\""
	EXTRA="map {
	follow \"https://localhost:$A_PORT/derpmap/default\" every 1
	ca file \"$PWD/ca.pem\"
}"
}

e2e_case list 180 "clients of two servers that come and go have the map"
list_body() {
	e2e_need_interop
	HOST_NAME=localhost
	make_ca
	make_cert a localhost ec
	make_cert b relay.test ec
	mkdir a
	write_map a/map.json one
	first_conf 0
	first_start
	second_conf 0
	e2e_start
	B_PORT=$TLS_PORT
	wait_until "the second server has the map" \
	    cmp a/map.json state/map-*.json
	A_URL=https://localhost:$A_PORT/derpmap/default
	B_URL=https://relay.test:$B_PORT/derpmap/default
	interop_begin consumer -maps "$A_URL,$B_URL"
	last_has "from $A_URL" || e2e_fail "the first one does not count"
	hash=$(hash_said)

	# The first machine crashes.
	kill -KILL "$A_PID"
	wait_until "the second server is taken" last_has "from $B_URL"
	[ "$(hash_said)" = "$hash" ] || e2e_fail "it serves other bytes"
	e2e_stop
	wait_until "none is left" last_has "from none"
	[ "$(hash_said)" = "$hash" ] || e2e_fail "the good map is lost"

	# The second one starts without its source.
	second_conf "$B_PORT"
	e2e_start
	wait_until "the second server is back" last_has "from $B_URL"
	[ "$(hash_said)" = "$hash" ] || e2e_fail "it forgot the map"
	B_PID=$PID
	first_conf "$A_PORT"
	first_start
	wait_until "the first server is back" last_has "from $A_URL"
	write_map a/map.json two
	wait_until "the new map is taken" said_other "$hash"
	hash=$(hash_said)
	wait_until "the second server has the new map" \
	    cmp a/map.json state/map-*.json
	cd a || exit 1
	PID=$A_PID
	e2e_stop
	cd .. || exit 1
	wait_until "the second server is taken" last_has "from $B_URL"
	[ "$(hash_said)" = "$hash" ] || e2e_fail "it serves an old map"
	interop_end
	PID=$B_PID
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case one_worker
	atf_add_test_case three_workers
	atf_add_test_case both
	atf_add_test_case both_three_workers
	atf_add_test_case off
	atf_add_test_case silent
	atf_add_test_case list
}
