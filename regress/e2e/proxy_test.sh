#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Load balancers before the daemon, which name their clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# from PREFIXES: listen on the loopback addresses behind these load balancers.
from() {
	LISTEN="listen on 127.0.0.1 port 0 tls proxy from { $1 }
listen on 127.0.0.1 port 0 proxy from { $1 }"
}

e2e_case headers 60 "headers of all kinds, and what is none"
headers_body() {
	e2e_paths
	from "198.51.100.0/24 127.0.0.2 ::1"
	for WORKERS in 1 3; do
		e2e_start
		raw proxy-headers proxy-refused proxy-forwarded proxy-plain
		grep -q 'connection closed: no PROXY .* client=127.0.0.2:' \
		    derpd.log || e2e_fail "nothing was logged"
		e2e_stop
	done
}

e2e_case slow 60 "a header must be whole in time"
slow_body() {
	e2e_paths
	from 127.0.0.2
	e2e_start
	raw proxy-slow
	e2e_stop
}

e2e_case limits 60 "limits are those of the clients, not of a load balancer"
limits_body() {
	e2e_paths
	from 127.0.0.2
	RELAY='max unfinished 20 per source 3'
	e2e_start
	raw proxy-limits
	grep -q 'max unfinished per .* reached client=192.0.2.77' \
	    derpd.log || e2e_fail "the client was not named"
	e2e_stop
}

e2e_case source_rate 60 "the rate of a source is not that of a load balancer"
source_rate_body() {
	e2e_paths
	from 127.0.0.2
	e2e_start
	# Set by a reload, so that the start itself is not affected.
	RELAY='source rate 1 burst 3'
	e2e_conf
	run ctl reload
	raw proxy-limits
	grep -q 'closed: its source is above .* client=192.0.2.77' \
	    derpd.log || e2e_fail "the client was not named"
	e2e_stop
}

# refused_without: a connection from 127.0.0.2 without a header is closed.
refused_without() {
	! curl -s -o /dev/null -m 5 --interface 127.0.0.2 \
	    "http://127.0.0.1:$PLAIN_PORT/generate_204"
}

e2e_case reload 60 "load balancers come and go by a reload"
reload_body() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	WORKERS=2
	e2e_start
	_tls=$TLS_PORT
	refused_without && e2e_fail "a header is expected"
	# The sockets are those of port 0: the addresses must stay the same.
	from 127.0.0.2
	e2e_conf
	run ctl reload
	refused_without || e2e_fail "no header is expected"
	raw proxy-headers proxy-refused
	from 127.0.0.3
	e2e_conf
	run ctl reload
	refused_without && e2e_fail "a header is still expected"
	# A broken one changes nothing.
	from 127.0.0.3/24
	e2e_conf
	ctl reload && e2e_fail "a broken prefix was accepted"
	refused_without && e2e_fail "the broken one is in force"
	LISTEN=
	e2e_conf
	run ctl reload
	refused_without && e2e_fail "a header is expected for ever"
	[ "$(grep -c 'listening on .*(tls)' derpd.log)" -eq 1 ] ||
	    e2e_fail "the sockets were opened again"
	e2e_stop
}

# A front that starts later has the load balancers, too.
e2e_case restart 60 "a new front knows the load balancers"
restart_body() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	# shellcheck disable=SC2034	# of common.sh
	DEATHS=yes
	from 127.0.0.2
	e2e_start
	_front=$(e2e_children front)
	kill -KILL "$_front"
	wait_until "there is another front" new_front "$_front"
	raw proxy-headers proxy-refused
	e2e_stop
}

new_front() {
	_pid=$(e2e_children front)
	[ -n "$_pid" ] && [ "$_pid" != "$1" ] &&
	    "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" http-upgrades
}

# The address that the probe comes from may be that of a load balancer.
e2e_case health 60 "the probe of the relay begins with a header if it must"
health_body() {
	e2e_paths
	EXTRA='stun {
	listen on 127.0.0.1 port 0
	probe every 1
}'
	e2e_start
	wait_until "STUN answers" answers true
	from 127.0.0.0/8
	e2e_conf
	run ctl reload
	sleep 3
	answers true || e2e_fail "the relay counts as unhealthy"
	LISTEN=
	e2e_conf
	run ctl reload
	sleep 3
	answers true || e2e_fail "the relay counts as unhealthy"
	grep unhealthy derpd.log && e2e_fail "it was unhealthy for a moment"
	e2e_stop
}

answers() {
	ctl -j status | grep -q "\"answering\":$1"
}

# free_ports: set LB and INNER to TCP ports, those of a derpd that has ended.
free_ports() {
	e2e_start
	LB=$PLAIN_PORT INNER=$TLS_PORT
	e2e_stop
}

# balance NAME COMMAND...: run a load balancer, which listens at port LB and
# connects from 127.0.0.2.  A Go client works through it, and has its own
# address.
balance() {
	_name=$1
	shift
	"$@" >lb.log 2>&1 &
	_lb=$!
	echo "$_lb" >>pids
	_relay=$TLS_PORT
	TLS_PORT=$LB
	wait_until "$_name passes connections on" curl -skf -o /dev/null \
	    "https://127.0.0.1:$LB/derp/probe"
	interop self,sizes,dup,gone
	interop_begin hold -clients 5
	ctl -j clients >list
	cat list
	grep -q '"address":"127\.0\.0\.1:' list ||
	    e2e_fail "no client with the address that $_name saw"
	grep -q '"address":"127\.0\.0\.2:' list &&
	    e2e_fail "a client with the address of $_name"
	interop_end
	TLS_PORT=$_relay
	kill "$_lb"
	wait "$_lb"
}

e2e_case nginx 120 "Go clients through nginx: their addresses are known"
nginx_body() {
	e2e_need_interop
	_mod=/usr/lib/nginx/modules/ngx_stream_module.so
	_nginx=$(PATH=$PATH:/usr/sbin command -v nginx) ||
	    atf_skip "needs nginx"
	[ -r "$_mod" ] || atf_skip "needs nginx's module stream"
	free_ports
	from 127.0.0.2
	e2e_start
	cat >nginx.conf <<END
load_module $_mod;
pid $PWD/nginx.pid;
error_log stderr;
daemon off;
worker_processes 1;
events { }
stream {
	server {
		listen 127.0.0.1:$LB;
		proxy_pass 127.0.0.1:$TLS_PORT;
		proxy_bind 127.0.0.2;
		proxy_protocol on;
	}
}
END
	balance nginx "$_nginx" -p "$PWD" -e stderr -c "$PWD/nginx.conf"
	e2e_stop
}

e2e_case haproxy 120 "Go clients through HAProxy: their addresses are known"
haproxy_body() {
	e2e_need_interop
	_haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) ||
	    atf_skip "needs haproxy"
	free_ports
	from 127.0.0.2
	e2e_start
	cat >haproxy.conf <<END
listen derp
	mode tcp
	bind 127.0.0.1:$LB
	timeout connect 5s
	timeout client 10m
	timeout server 10m
	source 127.0.0.2
	server relay 127.0.0.1:$TLS_PORT send-proxy-v2 check-send-proxy check inter 200
END
	balance haproxy "$_haproxy" -db -f haproxy.conf
	grep -i 'is DOWN' lb.log && e2e_fail "HAProxy's checks failed"
	e2e_stop
}

# A load balancer that terminates TLS names the client in the request alone.
e2e_case terminated 120 "Go clients through HAProxy that terminates TLS"
terminated_body() {
	e2e_need_interop
	_haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) ||
	    atf_skip "needs haproxy"
	use_cert ec
	free_ports
	cat relay.crt relay.key >lb.pem
	from 127.0.0.2
	e2e_start
	cat >haproxy.conf <<END
defaults
	timeout connect 5s
	timeout client 10m
	timeout server 10m
	source 127.0.0.2
listen outer
	mode http
	bind 127.0.0.1:$LB ssl crt $PWD/lb.pem alpn http/1.1
	option forwardfor
	server inner 127.0.0.1:$INNER ssl verify none
listen inner
	mode tcp
	bind 127.0.0.1:$INNER
	server relay 127.0.0.1:$TLS_PORT send-proxy
END
	balance haproxy "$_haproxy" -db -f haproxy.conf
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case headers
	atf_add_test_case slow
	atf_add_test_case limits
	atf_add_test_case source_rate
	atf_add_test_case reload
	atf_add_test_case restart
	atf_add_test_case health
	atf_add_test_case nginx
	atf_add_test_case haproxy
	atf_add_test_case terminated
}
