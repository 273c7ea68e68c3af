#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A relay without TLS behind reverse proxies, and the samples of etc/proxy.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# derp FROM: the relay has one port, without TLS, and no certificate.
derp() {
	LISTEN='listen on 127.0.0.1 port 0 derp'
	[ $# -eq 0 ] || LISTEN="$LISTEN proxy from { $1 }"
	CERTS='# no certificate'
}

# derp_start: start the relay; set PID and DERP_PORT.
derp_start() {
	e2e_conf
	: >derpd.log
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" derp_listens
	DERP_PORT=$(e2e_port '(derp)')
	wait_until "derpd answers" get /derp/probe
}

derp_listens() {
	e2e_gone "$PID" && e2e_fail "derpd did not start"
	[ -n "$(e2e_port '(derp)')" ]
}

# get PATH OPTION...: a request to the relay; its head is in `head'.
get() {
	_path=$1
	shift
	curl -sS -m 10 -D head -o body "$@" "http://127.0.0.1:$DERP_PORT$_path"
}

# status PATH STATUS OPTION...: it has this status.
status() {
	_path=$1 _status=$2
	shift 2
	get "$_path" -H "Host: $HOST_NAME" "$@" || e2e_fail "$_path: no answer"
	grep -q "^HTTP/1.1 $_status " head ||
	    e2e_fail "$_path: not $_status: $(cat head)"
}

e2e_case alone 60 "a relay with neither TLS nor certificate serves all"
alone_body() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	cp "$SRC/../../etc/derp-map.json" .
	derp
	EXTRA="map \"$PWD/derp-map.json\"
stun {
	listen on 127.0.0.1 port 0
	probe every 1
}"
	derp_start
	status / 200
	grep -qi '^strict-transport' head && e2e_fail "there is no TLS here"
	status /derp/probe 200
	status /generate_204 204
	status /robots.txt 200
	status /derp 426
	wait_until "the map is served" status /derpmap/default 200
	cmp -s body derp-map.json || e2e_fail "another map"
	status /.well-known/acme-challenge/x 200
	status /unknown 200
	# Everybody may come through the proxy.
	status /debug/varz 403
	status /debug/clients/ 403
	wait_until "the probe of the relay succeeds" answers true
	run ctl status
	grep -q "127.0.0.1:$DERP_PORT derp" run.out ||
	    e2e_fail "status does not say what the port is for"
	run ctl health
	run ctl cert
	run ctl map node
	grep -q '"HostName":"relay.test"' run.out ||
	    e2e_fail "the node has no name"
	grep -q 'CertName\|DERPPort\|"IPv4"' run.out &&
	    e2e_fail "the node is not that of a proxy"
	e2e_stop
}

answers() {
	ctl -j status | grep -q "\"answering\":$1"
}

# upgrade OPTION...: begin a session; the relay waits for ClientInfo.
upgrade() {
	get /derp -m 1 -N -H 'Upgrade: DERP' -H 'Connection: Upgrade' \
	    -H "Host: $HOST_NAME" "$@"
}

e2e_case upgrades 60 "a session begins with 101, or at once if asked to"
upgrades_body() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	derp
	derp_start
	upgrade
	grep -q '^HTTP/1.1 101 ' head || e2e_fail "no upgrade: $(cat head)"
	grep -q '^Derp-Public-Key: [0-9a-f]\{64\}' head ||
	    e2e_fail "no key: $(cat head)"
	upgrade --http0.9 -H 'Derp-Fast-Start: 1'
	# ServerKey: 40 bytes, which begin with the magic.
	[ "$(head -c 9 body | od -An -tx1 | tr -d ' \n')" = \
	    010000002844455250 ] || e2e_fail "no fast start"
	e2e_stop
}

e2e_case optional 60 "the header of a reverse proxy is optional, but valid"
optional_body() {
	e2e_paths
	command -v curl >/dev/null || atf_skip "needs curl"
	derp 127.0.0.1
	derp_start
	status /derp/probe 200
	status /derp/probe 200 --haproxy-protocol
	printf 'PROXY TCP4 junk\r\n' | curl -sS -m 5 \
	    "telnet://127.0.0.1:$DERP_PORT" >/dev/null 2>&1
	wait_until "junk is refused" grep -q \
	    'no PROXY header: .* client=127.0.0.1:' derpd.log
	e2e_stop
}

# says PATTERN: derpd -n accepts the configuration, and prints this.
says() {
	e2e_conf
	run "$DERPD" -n -f derpd.conf
	grep -q "$1" run.out || e2e_fail "not said: $1"
}

e2e_case warning 60 "derpd -n warns of a port that others can listen to"
warning_body() {
	e2e_paths
	CERTS='# no certificate'
	LISTEN='listen on 0.0.0.0 port 8080 derp'
	says 'derpd.conf:2: listen with derp on an address that other'
	LISTEN='listen on * port 8080 derp proxy from { 192.0.2.1 }'
	says configuration
	grep derpd.conf: run.out && e2e_fail "it warns of a trusted network"
	LISTEN='listen on ::1 port 8080 derp'
	says configuration
	grep derpd.conf: run.out && e2e_fail "it warns of loopback"
	LISTEN='listen on * port 80'
	e2e_conf
	! "$DERPD" -n -f derpd.conf >run.out 2>&1 ||
	    e2e_fail "no clients can come"
}

# free_ports: set LB and LB_PLAIN to TCP ports, those of a derpd that has ended.
free_ports() {
	_certs=$CERTS _listen=$LISTEN
	CERTS='' LISTEN=''
	e2e_start
	e2e_stop
	LB=$TLS_PORT LB_PLAIN=$PLAIN_PORT
	CERTS=$_certs LISTEN=$_listen
}

# sample FILE: print etc/proxy/FILE, for this relay, certificate and ports.
sample() {
	sed -e "s,relay\.example\.org,$HOST_NAME," \
	    -e "s,127\.0\.0\.1:8080,127.0.0.1:$DERP_PORT," \
	    -e "s,127\.0\.0\.1:8443,127.0.0.1:$DERP_PORT," \
	    -e "s,/etc/ssl/relay\.crt,$PWD/relay.crt," \
	    -e "s,/etc/ssl/private/relay\.key,$PWD/relay.key," \
	    -e "s,/etc/ssl/private/relay\.pem,$PWD/relay.pem," \
	    -e "s,listen 443,listen 127.0.0.1:$LB," \
	    -e "s,listen 80,listen 127.0.0.1:$LB_PLAIN," \
	    -e "s,bind :443,bind 127.0.0.1:$LB," \
	    -e "s,bind :80,bind 127.0.0.1:$LB_PLAIN," \
	    "$SRC/../../etc/proxy/$1"
}

# prepare FROM: a relay behind a proxy on this machine, whose certificate the
# test's CA has signed.
prepare() {
	e2e_need_interop
	command -v curl >/dev/null || atf_skip "needs curl"
	cp "$SRC/../../etc/derp-map.json" .
	use_cert ec
	cat relay.crt relay.key >relay.pem
	EXTRA="map \"$PWD/derp-map.json\""
	derp 127.0.0.1
	free_ports
}

# lb_get URL-PATH: over the proxy.
lb_get() {
	curl -sS -f -m 10 --cacert ca.pem -D head -o body \
	    --resolve "$HOST_NAME:$LB:127.0.0.1" "https://$HOST_NAME:$LB$1"
}

# through NAME COMMAND...: run a reverse proxy at the port LB: clients work
# through it, and have their own addresses.
through() {
	_name=$1
	shift
	"$@" >lb.log 2>&1 &
	_lb=$!
	echo "$_lb" >>pids
	wait_until "$_name passes requests on" lb_get /derp/probe
	lb_get /derpmap/default || e2e_fail "no map through $_name"
	cmp -s body derp-map.json || e2e_fail "another map through $_name"
	lb_get / || e2e_fail "no page through $_name"
	grep -q 'DERP relay' body || e2e_fail "another page through $_name"
	TLS_PORT=$LB
	interop self,sizes,flood,dup,gone,websocket
	run "$DERPCTL" probe -c ca.pem -H "$HOST_NAME" 127.0.0.1 "$LB"
	interop_begin hold -clients 5 -from 127.0.0.9
	ctl -j clients >list
	grep -q '"address":"127\.0\.0\.9:' list ||
	    e2e_fail "no client with its address: $(cat list)"
	grep -q '"address":"127\.0\.0\.1:' list &&
	    e2e_fail "a client with the address of $_name: $(cat list)"
	interop_end
}

# redirects: the proxy's plain port answers the captive portal check.
redirects() {
	[ "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' \
	    -H "Host: $HOST_NAME" -H 'X-Tailscale-Challenge: ts_x' \
	    -D head "http://127.0.0.1:$LB_PLAIN/generate_204")" = 204 ] ||
	    e2e_fail "no captive portal check: $(cat head)"
	grep -qi '^X-Tailscale-Response: response ts_x' head ||
	    e2e_fail "the captive portal check is not answered: $(cat head)"
	curl -sS -m 10 -o /dev/null -D head -H "Host: $HOST_NAME" \
	    "http://127.0.0.1:$LB_PLAIN/x?y"
	grep -q "^HTTP/1.1 302 " head ||
	    e2e_fail "browsers are not redirected: $(cat head)"
	grep -qi "^Location: https://$HOST_NAME/x?y" head ||
	    e2e_fail "browsers are redirected elsewhere: $(cat head)"
}

# denies: clients that come through the proxy see no debug pages.
denies() {
	[ "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' --cacert ca.pem \
	    --resolve "$HOST_NAME:$LB:127.0.0.1" \
	    "https://$HOST_NAME:$LB/debug/varz")" = 403 ] ||
	    e2e_fail "everybody sees /debug/varz"
}

e2e_case nginx 300 "etc/proxy/nginx.conf: nginx terminates TLS"
nginx_body() {
	prepare
	_nginx=$(PATH=$PATH:/usr/sbin command -v nginx) ||
	    atf_skip "needs nginx"
	derp_start
	{
		echo "pid $PWD/nginx.pid; error_log stderr; daemon off;"
		sample nginx.conf | awk -v dir="$PWD" '{ print }
		/^http {/ {
			print "access_log off;"
			n = split("client_body proxy fastcgi uwsgi scgi", t, " ")
			for (i = 1; i <= n; i++)
				print t[i] "_temp_path " dir "/" t[i] ".tmp;"
		}'
	} >lb.conf
	through nginx "$_nginx" -p "$PWD" -e stderr -c "$PWD/lb.conf"
	redirects
	denies
	e2e_stop
}

e2e_case nginx_stream 300 "etc/proxy/nginx-stream.conf: nginx passes TLS on"
nginx_stream_body() {
	prepare
	_nginx=$(PATH=$PATH:/usr/sbin command -v nginx) ||
	    atf_skip "needs nginx"
	[ -r /usr/lib/nginx/modules/ngx_stream_module.so ] ||
	    atf_skip "needs nginx's module stream"
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\""
	LISTEN="listen on 127.0.0.1 port 0 tls proxy from { 127.0.0.1/32 }"
	e2e_conf
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" e2e_listening
	DERP_PORT=$(e2e_port '(tls)')
	{
		echo "pid $PWD/nginx.pid; error_log stderr; daemon off;"
		sample nginx-stream.conf
	} >lb.conf
	through nginx "$_nginx" -p "$PWD" -e stderr -c "$PWD/lb.conf"
	e2e_stop
}

e2e_case caddy 300 "etc/proxy/Caddyfile: Caddy terminates TLS"
caddy_body() {
	prepare
	command -v caddy >/dev/null || atf_skip "needs caddy"
	derp_start
	{
		cat <<END
{
	admin off
	auto_https disable_redirects
	http_port $LB_PLAIN
	https_port $LB
	default_bind 127.0.0.1
}
END
		sample Caddyfile | awk -v dir="$PWD" -v name="$HOST_NAME" '
		{ print }
		$1 == name { print "tls " dir "/relay.crt " dir "/relay.key" }'
	} >lb.conf
	through Caddy env "XDG_DATA_HOME=$PWD" "XDG_CONFIG_HOME=$PWD" \
	    caddy run --config lb.conf --adapter caddyfile
	redirects
	denies
	e2e_stop
}

e2e_case haproxy 300 "etc/proxy/haproxy.cfg: HAProxy terminates TLS"
haproxy_body() {
	prepare
	_haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) ||
	    atf_skip "needs haproxy"
	derp_start
	sample haproxy.cfg >lb.conf
	through HAProxy "$_haproxy" -db -f lb.conf
	redirects
	denies
	e2e_stop
}

# The same with a header of the PROXY protocol in place of X-Forwarded-For.
e2e_case header 300 "a reverse proxy may name clients by the PROXY protocol"
header_body() {
	prepare
	_haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) ||
	    atf_skip "needs haproxy"
	derp_start
	sample haproxy.cfg | sed -e '/option forwardfor/d' \
	    -e "s,127.0.0.1:$DERP_PORT,& send-proxy-v2," >lb.conf
	through HAProxy "$_haproxy" -db -f lb.conf
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case alone
	atf_add_test_case upgrades
	atf_add_test_case optional
	atf_add_test_case warning
	atf_add_test_case nginx
	atf_add_test_case nginx_stream
	atf_add_test_case caddy
	atf_add_test_case haproxy
	atf_add_test_case header
}
