# shellcheck shell=sh
# headscale and tailscaled, as verify_test.sh and others start them.
#
# BENCH_BIN names the directory of headscale, tailscale and tailscaled, as `make
# bench-wan' builds them.

need_peers() {
	e2e_paths
	for _p in headscale tailscale tailscaled; do
		[ -x "${BENCH_BIN:-/nonexistent}/$_p" ] ||
		    atf_skip "no $_p in BENCH_BIN (${BENCH_BIN:-unset})"
	done
	for _p in curl jq openssl timeout; do
		command -v "$_p" >/dev/null || atf_skip "there is no $_p"
	done
}

hs() {
	"$BENCH_BIN/headscale" -c hs.yaml "$@" 2>>hs.err
}

# ts COMMAND...: tailscale, for our tailscaled.
ts() {
	"$BENCH_BIN/tailscale" --socket="$PWD/ts.sock" "$@"
}

# A map without a relay that anybody could reach.
write_map() {
	cat >map.yaml <<-end
	regions:
	  900:
	    regionid: 900
	    regioncode: none
	    regionname: none
	    nodes:
	      - name: 900a
	        regionid: 900
	        hostname: localhost
	        ipv4: 127.0.0.1
	        derpport: 1
	        stunport: -1
	end
}

# headscale_settings: what every hs.yaml has, beside its addresses, TLS and derp.
headscale_settings() {
	cat <<-end
	noise: {private_key_path: $PWD/noise.key}
	prefixes: {v4: 100.64.0.0/10, v6: fd7a:115c:a1e0::/48}
	disable_check_updates: true
	database: {type: sqlite, sqlite: {path: $PWD/hs.db}}
	log: {level: info}
	dns:
	  magic_dns: false
	  base_domain: t.test
	  override_local_dns: false
	  nameservers: {global: []}
	unix_socket: $PWD/hs.sock
	unix_socket_permission: "0770"
	end
}

# write_conf PORT PORT PORT: the configuration, with TLS if SCHEME is https.
write_conf() {
	write_map
	_tls=
	[ "$SCHEME" = http ] || _tls="tls_cert_path: $PWD/hs.crt
tls_key_path: $PWD/hs.key"
	cat >hs.yaml <<-end
	server_url: $SCHEME://localhost:$1
	listen_addr: 127.0.0.1:$1
	metrics_listen_addr: 127.0.0.1:$2
	grpc_listen_addr: 127.0.0.1:$3
	$_tls
	derp:
	  server: {enabled: false}
	  urls: []
	  paths: [$PWD/map.yaml]
	  auto_update_enabled: false
	$(headscale_settings)
	end
	HS_URL=$SCHEME://localhost:$1
}

hs_answers() {
	curl -sS --fail -m 5 --cacert ca.pem "$HS_URL/health"
}

# headscale_start http|https: start it; set HS_URL, and AUTH_KEY for nodes.
headscale_start() {
	SCHEME=$1
	[ -f ca.pem ] || {
		make_ca
		make_cert hs localhost ec
	}
	# shellcheck disable=SC2046	# a word a port
	write_conf $("$SRC/../acme/acmedrive" ports 3)
	headscale_run
	run hs users create u
	_uid=$(hs users list -o json | jq -r '.[0].id')
	AUTH_KEY=$(hs preauthkeys create -u "$_uid" --reusable -o json |
	    jq -r .key)
	[ -n "$AUTH_KEY" ] || fail_hs "there is no key for nodes"
}

# headscale_run: start it with what it has.
headscale_run() {
	"$BENCH_BIN/headscale" -c hs.yaml serve >>hs.log 2>&1 &
	HS_PID=$!
	echo "$HS_PID" >>pids
	wait_until "headscale answers" hs_answers
}

headscale_kill() {
	kill "$HS_PID"
	wait "$HS_PID"
}

headscale_stop() {
	headscale_kill
	rm -f hs.db* noise.key
}

fail_hs() {
	for _f in hs.log hs.err ts.log; do
		[ ! -f "$_f" ] || sed "s/^/$_f: /" "$_f" | tail -n 20 >&2
	done
	e2e_fail "$@"
}

# tailscaled_start: a node of headscale; set NODE_KEY.
tailscaled_start() {
	mkdir -p ts
	SSL_CERT_FILE=$PWD/ca.pem TS_NO_LOGS_NO_SUPPORT=1 \
	    "$BENCH_BIN/tailscaled" --tun=userspace-networking --port=0 \
	    --state="$PWD/ts/state" --statedir="$PWD/ts" \
	    --socket="$PWD/ts.sock" >ts.log 2>&1 &
	TS_PID=$!
	echo "$TS_PID" >>pids
	wait_until "tailscaled has its socket" [ -S ts.sock ]
	timeout 60 "$BENCH_BIN/tailscale" --socket="$PWD/ts.sock" up \
	    --login-server="$HS_URL" --authkey="$AUTH_KEY" --hostname=node \
	    --netfilter-mode=off --accept-dns=false >up.log 2>&1 || {
		cat up.log >&2
		fail_hs "the node is not up"
	}
	NODE_KEY=$(ts status --json | jq -r .Self.PublicKey)
	echo "node $NODE_KEY"
}

# node_private: print the private key of the node.
node_private() {
	jq -r '.[]' ts/state | while read -r _entry; do
		echo "$_entry" | base64 -d 2>/dev/null
	done | tr -d ' \n' |
	    sed -n 's/.*"PrivateNodeKey":"\(privkey:[0-9a-f]*\)".*/\1/p'
}

tailscaled_stop() {
	kill "$TS_PID"
	wait "$TS_PID"
	rm -rf ts ts.sock
}
