#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check against real programs: relays and reverse proxies that are well
# set up have no fault, others exactly the one that they were given.
#
# BENCH_BIN names the directory of derper and headscale.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"
# shellcheck source=regress/check/net.sh
. "$(atf_get_srcdir)/net.sh"
# shellcheck source=regress/e2e/headscale.sh
. "$(atf_get_srcdir)/../e2e/headscale.sh"

# real_case NAME DESCRIPTION
real_case() {
	e2e_case "$1" 120 "$2"
	eval "$1_cleanup() {
		e2e_cleanup
		e2e_namespace_end
	}"
	CASES="${CASES:-} $1"
}

# begin [NAME=ADDRESS/ADDRESS,...]: a network in which relay.test is HERE.
begin() {
	net_begin
	names "relay.test=$HERE${1:+,$1}"
}

# good ARGUMENT...: no fault.
good() {
	check '' -c ca.pem "$@"
}

need_peer() {
	[ -x "${BENCH_BIN:-/nonexistent}/$1" ] ||
	    atf_skip "no $1 in BENCH_BIN (${BENCH_BIN:-unset})"
}

# need_program NAME: set PROGRAM to its path.
need_program() {
	PROGRAM=$(PATH=$PATH:/usr/sbin command -v "$1") ||
	    atf_skip "there is no $1"
}

# map_of FILE NAME...: a map of one region with these nodes, of which clients
# may use port 80, by MAP_IPV4 if it is set.
map_of() {
	_file=$1
	shift
	{
		printf '{"Regions":{"900":{"RegionID":900,"RegionCode":"t",'
		printf '"RegionName":"T","Nodes":['
		_comma=
		for _node; do
			printf '%s{"Name":"%s","RegionID":900,' "$_comma" \
			    "$_node"
			printf '"HostName":"%s","CanPort80":true%s}' "$_node" \
			    "${MAP_IPV4:+,\"IPv4\":\"$MAP_IPV4\"}"
			_comma=,
		done
		printf ']}}}\n'
	} >"$_file"
}

# derper_at PORT HOST OPTION...: run it.
derper_at() {
	_port=$1 _host=$2
	shift 2
	server "$BENCH_BIN/derper" -a ":$_port" -c "$PWD/derper.json" \
	    -hostname "$_host" -certmode manual -certdir "$PWD/certs" "$@"
	wait_until "derper listens" there "$_port"
}

derper() {
	derper_at 443 relay.test "$@"
}

real_case derper "derper"
derper_body() {
	begin
	need_peer derper
	make_ca
	mkdir certs
	make_cert certs/relay.test relay.test ec
	derper
	good relay.test
	map_of map.json relay.test
	good map.json
	good -S 5.5.6.3 relay.test
	# A machine with one of the families.
	ip -n "$NS" -6 route del default
	ip -n "$NS" -6 addr flush dev out0
	check +no-route -c ca.pem relay.test
	quiet
	derper -stun=false
	check stun-closed -c ca.pem relay.test
	quiet
	derper -verify-clients -socket "$PWD/none.sock"
	check login-refused -c ca.pem relay.test
}

real_case derper_pin "derper with a certificate that it made, at another port"
derper_pin_body() {
	begin
	need_peer derper
	mkdir certs
	derper_at 8443 5.5.6.1 -http-port -1
	wait_until "derper tells its pin" said 'sha256-raw:'
	_pin=$(grep -o 'sha256-raw:[0-9a-f]*' server.log | head -n 1)
	check '' -p "$_pin" 5.5.6.1:8443
	cat >map.json <<-end
	{"Regions": {"900": {"RegionID": 900, "RegionCode": "t",
	"RegionName": "T", "Nodes": [{"Name": "900a", "RegionID": 900,
	"HostName": "5.5.6.1", "IPv4": "5.5.6.1", "IPv6": "none",
	"DERPPort": 8443, "CertName": "$_pin"}]}}}
	end
	check '' map.json
	check cert-self-signed 5.5.6.1:8443
	sed 's/"DERPPort": 8443, //' map.json >other.json
	check port-closed other.json
}

real_case derpd "derpd, its map, admission, a certificate without its chain"
derpd_body() {
	begin
	map_of map.json relay.test
	MESH='' EXTRA="map \"$PWD/map.json\""
	relay_conf here "$HERE"
	relay_run here
	good relay.test
	good https://relay.test/derpmap/default
	quiet
	: >clients
	EXTRA="admit { keys \"$PWD/clients\" }"
	relay_conf here "$HERE"
	relay_run here
	check login-refused -c ca.pem relay.test
}

real_case mesh "two nodes of a region, with links and without"
mesh_body() {
	begin "a.test=$HERE,b.test=$THERE"
	map_of map.json a.test b.test
	e2e_random_hex >mesh.key
	chmod 600 mesh.key
	MESH=''
	_links="mesh { key file \"$PWD/mesh.key\" ca file \"$PWD/ca.pem\""
	EXTRA="$_links
	with \"b.test\" port 443 }"
	relay_conf a "$HERE" a.test
	EXTRA="$_links
	with \"a.test\" port 443 }"
	relay_conf b "$THERE" b.test
	server "$DERPD" -d -f a/derpd.conf
	server "$DERPD" -d -f b/derpd.conf
	wait_until "the nodes have links" linked a b
	good map.json
	quiet
	EXTRA=''
	relay_conf a "$HERE" a.test
	relay_conf b "$THERE" b.test
	relay_run a
	server "$DERPD" -d -f b/derpd.conf
	wait_until "both listen" both_ready
	check mesh-broken -c ca.pem map.json
}

# linked DIRECTORY...: each of them has its link.
linked() {
	for _dir; do
		"$DERPCTL" -s "$PWD/$_dir/derpd.sock" mesh | grep -q ' up' ||
		    return 1
	done
}

both_ready() {
	[ "$(grep -c 'derpd .* ready: ' server.log)" -eq 2 ]
}

# behind: a relay without TLS at 127.0.0.1:8080, for a proxy with its
# certificate; relay.test has IPv4 alone.
behind() {
	HERE=5.5.6.1
	begin
	MESH=''
	LISTEN='listen on 127.0.0.1 port 8080 derp proxy from { 127.0.0.1 }'
	CERTS='# no certificate'
	make_ca
	make_cert relay relay.test ec
	cat relay.crt relay.key >relay.pem
	relay_conf here 5.5.6.1/127.0.0.1
	relay_run here
}

# sample FILE: print etc/proxy/FILE, for this relay.
sample() {
	sed -e "s,relay\.example\.org,relay.test," \
	    -e "s,/etc/ssl/relay\.crt,$PWD/relay.crt," \
	    -e "s,/etc/ssl/private/relay\.key,$PWD/relay.key," \
	    -e "s,/etc/ssl/private/relay\.pem,$PWD/relay.pem," \
	    "$SRC/../../etc/proxy/$1"
}

# nginx: run it with proxy.conf.
nginx() {
	{
		echo "pid $PWD/nginx.pid; error_log stderr; daemon off;"
		[ "$(id -u)" -ne 0 ] || echo "user root;"
		cat proxy.conf
	} | awk -v dir="$PWD" '{ print }
	/^http {/ {
		print "access_log off;"
		n = split("client_body proxy fastcgi uwsgi scgi", t, " ")
		for (i = 1; i <= n; i++)
			print t[i] "_temp_path " dir "/" t[i] ".tmp;"
	}' >nginx.run
	server "$PROGRAM" -c "$PWD/nginx.run"
	wait_until "nginx listens" there 443
}

real_case nginx "nginx: our sample; no upgrade, no relay behind, no relay"
nginx_body() {
	need_program nginx
	behind
	MAP_IPV4=$HERE
	map_of map.json relay.test
	sample nginx.conf >proxy.conf
	nginx
	good relay.test
	good map.json
	quiet_proxy
	sample nginx.conf | grep -v 'Upgrade\|upgrade' >proxy.conf
	nginx
	check no-upgrade -c ca.pem relay.test
	quiet_proxy
	sample nginx.conf | sed 's/:8080/:8081/' >proxy.conf
	nginx
	check proxy-backend -c ca.pem relay.test
	quiet_proxy
	sample nginx.conf | sed '/proxy_/d; /location \//a\
	return 404;' >proxy.conf
	nginx
	check not-relay -c ca.pem relay.test
}

# quiet_proxy: end the server that was started last.
quiet_proxy() {
	_pid=$(tail -n 1 pids)
	kill "$_pid"
	wait "$_pid"
	sed '$d' pids >pids.new
	mv pids.new pids
	wait_until "the proxy has ended" not_there 443
}

not_there() {
	! there "$@"
}

real_case stream "nginx passes TLS on: our sample, a certificate of the relay"
stream_body() {
	need_program nginx
	[ -r /usr/lib/nginx/modules/ngx_stream_module.so ] ||
	    atf_skip "needs nginx's module stream"
	HERE=5.5.6.1
	begin
	MESH=''
	LISTEN='listen on 127.0.0.1 port 8443 tls proxy from { 127.0.0.1 }
listen on 5.5.6.1 port 80'
	relay_conf here 5.5.6.1/127.0.0.1
	relay_run here
	map_of map.json relay.test
	sample nginx-stream.conf >proxy.conf
	nginx
	good relay.test
	good map.json
	quiet_proxy
	sample nginx-stream.conf | sed 's/8443/8444/' >proxy.conf
	nginx
	check tls-closed -c ca.pem relay.test
}

real_case caddy "Caddy: our sample"
caddy_body() {
	need_program caddy
	behind
	MAP_IPV4=$HERE
	map_of map.json relay.test
	sample Caddyfile | sed "s,^relay.test {,&\\
	tls $PWD/relay.crt $PWD/relay.key," >proxy.conf
	server env HOME="$PWD" XDG_DATA_HOME="$PWD" XDG_CONFIG_HOME="$PWD" \
	    "$PROGRAM" run --adapter caddyfile --config "$PWD/proxy.conf"
	wait_until "Caddy listens" there 443 80
	good relay.test
	good map.json
}

real_case haproxy "HAProxy: our sample; a PROXY header wanted, h2 alone"
haproxy_body() {
	need_program haproxy
	behind
	MAP_IPV4=$HERE
	map_of map.json relay.test
	sample haproxy.cfg >proxy.conf
	server "$PROGRAM" -db -f "$PWD/proxy.conf"
	wait_until "HAProxy listens" there 443
	good relay.test
	good map.json
	quiet_proxy
	sample haproxy.cfg | sed 's,bind :443,& accept-proxy,' >proxy.conf
	server "$PROGRAM" -db -f "$PWD/proxy.conf"
	wait_until "HAProxy listens" there 443
	check wants-proxy -c ca.pem relay.test
	quiet_proxy
	sample haproxy.cfg | sed 's,alpn http/1.1,alpn h2 proto h2,' >proxy.conf
	server "$PROGRAM" -db -f "$PWD/proxy.conf"
	wait_until "HAProxy listens" there 443
	check h2-alone -c ca.pem relay.test
}

# headscale VERIFY: run it with its embedded relay.
headscale() {
	cat >hs.yaml <<-end
	server_url: https://relay.test:443
	listen_addr: "[::]:443"
	metrics_listen_addr: 127.0.0.1:9090
	grpc_listen_addr: 127.0.0.1:50443
	tls_cert_path: $PWD/relay.crt
	tls_key_path: $PWD/relay.key
	derp:
	  server:
	    enabled: true
	    region_id: 999
	    region_code: headscale
	    region_name: Headscale
	    verify_clients: $1
	    stun_listen_addr: "[::]:3478"
	    private_key_path: $PWD/derp.key
	    automatically_add_embedded_derp_region: true
	  urls: []
	  paths: []
	  auto_update_enabled: false
	$(headscale_settings)
	end
	server "$BENCH_BIN/headscale" -c hs.yaml serve
	wait_until "headscale listens" there 443
}

real_case headscale "headscale's embedded relay"
headscale_body() {
	begin
	need_peer headscale
	make_ca
	make_cert relay relay.test ec
	cat >derp.yaml <<-end
	regions:
	  999:
	    regionid: 999
	    regioncode: headscale
	    regionname: Headscale
	    nodes:
	      - name: 999a
	        regionid: 999
	        hostname: relay.test
	end
	headscale false
	good relay.test
	if grep -q '^YAML = libyaml' "$SRC/../../config.mk"; then
		good derp.yaml
	else
		check '!failed' -c ca.pem derp.yaml
	fi
	quiet
	headscale true
	check login-refused -c ca.pem relay.test
}

real_case figures "a map of 30 regions: how long, how many connections"
figures_body() {
	_names=
	for _i in $(seq 901 930); do
		_names="$_names,r$_i.relay.test=5.5.5.$((_i - 900))"
	done
	begin "${_names#,}"
	make_ca
	mkdir here
	make_cert here/relay relay.test ec 'DNS:relay.test,DNS:*.relay.test'
	{
		printf '{"Regions":{'
		for _i in $(seq 901 930); do
			printf '"%s":{"RegionID":%s,"RegionCode":"r%s",' \
			    "$_i" "$_i" "$_i"
			printf '"RegionName":"R%s","Nodes":[{"Name":"%sa",' \
			    "$_i" "$_i"
			printf '"RegionID":%s,"HostName":' "$_i"
			printf '"r%s.relay.test"}]}' "$_i"
			[ "$_i" = 930 ] || printf ,
		done
		printf '}}\n'
	} >map.json
	run "$DERPCTL" map check map.json
	MESH=''
	LISTEN='listen on 0.0.0.0 port 443 tls
listen on 0.0.0.0 port 80'
	relay_conf here 0.0.0.0/::
	relay_run here
	_before=$(connections) _time=$(date +%s%N)
	good map.json
	_ms=$((($(date +%s%N) - _time) / 1000000))
	_n=$(($(connections) - _before))
	echo "30 regions: $_ms ms, $_n connections"
	[ "$_n" -le 450 ] || atf_fail "$_n connections are many"
	[ "$_ms" -le 60000 ] || atf_fail "$_ms ms are long"
}

# connections: TCP connections that were accepted in the namespace so far.
connections() {
	inside cat /proc/net/snmp | awk '/^Tcp: [0-9]/ { print $7 }'
}

atf_init_test_cases() {
	for _case in $CASES; do
		atf_add_test_case "$_case"
	done
}
