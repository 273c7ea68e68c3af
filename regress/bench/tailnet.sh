# shellcheck shell=sh
# A small tailnet in network namespaces: headscale and the relay in `srv', real
# clients in `na' and `nb', which reach each other over the relay alone.
# Sourced by bench_wan.sh, with wide-area links (wan.c), and by the end-to-end
# test tailnet_test.sh, with plain ones; as root on Linux alone.
#
# BENCH_BIN: the directory of headscale, tailscale and tailscaled.  WORK: a
# directory for all files.  MAP_URL: the URL of headscale's DERP map; the
# default is a file (derp.paths).  TRUST: certificates that headscale trusts.
# CLIENT_TRUST: certificates that clients trust.  TUN: the device of the
# clients.

: "${TUN:=tailscale0}"
TAIL_PIDS=
NS=derpd$$			# begins the names of this run's namespaces

in_ns() {
	_ns=$NS$1
	shift
	ip netns exec "$_ns" "$@"
}

# wait_for SECONDS COMMAND...: poll it until it succeeds.
wait_for() {
	_n=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		_n=$((_n - 1))
		[ "$_n" -gt 0 ] || return 1
		sleep 0.2
	done
}

# begin NAMESPACE LOG COMMAND...: run it in the background.
begin() {
	_log=$2
	_in=$1
	shift 2
	in_ns "$_in" "$@" >"$_log" 2>&1 &
	TAIL_PIDS="$TAIL_PIDS $!"
}

# net_up "DELAY MBIT MBIT LOSS QUEUE" | "": namespaces, links, names.
net_up() {
	for _n in srv na nb; do
		ip netns add "$NS$_n" || return 1
		ip -n "$NS$_n" link set lo up
		mkdir -p "/etc/netns/$NS$_n"
		printf '127.0.0.1 localhost\n10.9.0.1 derp.test hs.test\n' \
		    >"/etc/netns/$NS$_n/hosts"
	done
	ip -n "${NS}srv" addr add 10.9.0.1/32 dev lo
	# Clients must reach each other over the relay alone.
	in_ns srv sysctl -qw net.ipv4.ip_forward=0
	_i=1
	for _x in a b; do
		if [ -n "$1" ]; then
			wan_link "$_x" "$_i" "$1" || return 1
		else
			plain_link "$_x" "$_i" || return 1
		fi
		ip -n "${NS}n$_x" route add default via "10.9.$_i.1"
		_i=$((_i + 1))
	done
}

# wan_link a|b NUMBER FIGURES
wan_link() {
	# One word for each figure.
	# shellcheck disable=SC2086
	regress/bench/wan "${NS}n$1" eth0 "10.9.$2.2/24" \
	    "${NS}srv" "v$1" "10.9.$2.1/24" $3 >"$WORK/wan.$1" 2>&1 &
	TAIL_PIDS="$TAIL_PIDS $!"
	wait_for 5 grep -q up "$WORK/wan.$1" || {
		cat "$WORK/wan.$1" >&2
		return 1
	}
}

# plain_link a|b NUMBER: with IPv6 too.
plain_link() {
	ip link add "v$1" netns "${NS}srv" type veth \
	    peer name eth0 netns "${NS}n$1" || return 1
	while read -r _where _dev _ip; do
		ip -n "$NS$_where" addr add "$_ip" dev "$_dev" || return 1
		ip -n "$NS$_where" link set "$_dev" up
	done <<-END
	srv v$1 10.9.$2.1/24
	n$1 eth0 10.9.$2.2/24
	END
	# The kernel may not support IPv6.
	ip -n "${NS}srv" addr add "fd09:$2::1/64" dev "v$1" nodad 2>/dev/null &&
	    ip -n "${NS}n$1" addr add "fd09:$2::2/64" dev eth0 nodad &&
	    printf '%s derp.test\n' "fd09:$2::1" >>"/etc/netns/${NS}n$1/hosts"
	return 0
}

net_down() {
	for _p in $TAIL_PIDS; do
		kill "$_p" 2>/dev/null
	done
	for _n in na nb srv; do
		for _p in $(ip netns pids "$NS$_n" 2>/dev/null); do
			kill "$_p" 2>/dev/null
		done
	done
	for _p in $TAIL_PIDS; do
		wait "$_p" 2>/dev/null
	done
	TAIL_PIDS=
	for _n in na nb srv; do
		ip netns del "$NS$_n" 2>/dev/null
		rm -rf "/etc/netns/${NS:?}$_n"
	done
}

# map_file: the map as a file for headscale.
map_file() {
	cat >"$WORK/map.yaml" <<END
regions:
  900:
    regionid: 900
    regioncode: bench
    regionname: bench
    nodes:
      - name: 900a
        regionid: 900
        hostname: derp.test
        ipv4: 10.9.0.1
        stunport: -1
END
}

headscale_conf() {
	if [ -n "${MAP_URL:-}" ]; then
		_map="urls: [$MAP_URL], paths: [], auto_update_enabled: true"
	else
		map_file
		_map="urls: [], paths: [$WORK/map.yaml]"
		_map="$_map, auto_update_enabled: false"
	fi
	cat >"$WORK/hs.yaml" <<END
server_url: http://hs.test:8085
listen_addr: 0.0.0.0:8085
metrics_listen_addr: 127.0.0.1:9095
grpc_listen_addr: 127.0.0.1:50443
noise: {private_key_path: $WORK/noise.key}
prefixes: {v4: 100.64.0.0/10, v6: fd7a:115c:a1e0::/48, allocation: sequential}
derp: {server: {enabled: false}, $_map, update_frequency: 2s}
disable_check_updates: true
database: {type: sqlite, sqlite: {path: $WORK/hs.db}}
log: {level: info}
dns: {magic_dns: false, base_domain: t.test, override_local_dns: false, nameservers: {global: []}}
unix_socket: $WORK/hs.sock
unix_socket_permission: "0770"
END
}

headscale() {
	in_ns srv "$BENCH_BIN/headscale" -c "$WORK/hs.yaml" "$@" 2>/dev/null
}

# ts a|b COMMAND...: the client's command line.
ts() {
	_x=$1
	shift
	in_ns "n$_x" "$BENCH_BIN/tailscale" --socket="$WORK/$_x/sock" "$@"
}

# headscale_up: the control server; sets AUTH_KEY for clients.
headscale_up() {
	rm -f "$WORK"/hs.db* "$WORK/noise.key"
	headscale_conf
	begin srv "$WORK/hs.log" env ${TRUST:+"SSL_CERT_FILE=$TRUST"} \
	    "$BENCH_BIN/headscale" -c "$WORK/hs.yaml" serve
	wait_for 20 in_ns srv curl -s -o /dev/null http://hs.test:8085/health ||
	    { tail -n 5 "$WORK/hs.log" >&2; return 1; }
	headscale users create u >/dev/null || return 1
	_uid=$(headscale users list -o json | jq -r '.[0].id')
	AUTH_KEY=$(headscale preauthkeys create -u "$_uid" --reusable -o json |
	    jq -r .key)
}

# client_up a|b
client_up() {
	rm -rf "${WORK:?}/$1"
	mkdir -p "$WORK/$1"
	begin "n$1" "$WORK/$1.log" env \
	    ${CLIENT_TRUST:+"SSL_CERT_FILE=$CLIENT_TRUST"} \
	    TS_NO_LOGS_NO_SUPPORT=1 "$BENCH_BIN/tailscaled" \
	    --tun="$TUN" --state="$WORK/$1/s" --socks5-server=127.0.0.1:1055 \
	    --statedir="$WORK/$1" --socket="$WORK/$1/sock"
	wait_for 10 test -S "$WORK/$1/sock" || return 1
	timeout 40 ip netns exec "${NS}n$1" "$BENCH_BIN/tailscale" \
	    --socket="$WORK/$1/sock" up \
	    --login-server=http://hs.test:8085 --authkey="$AUTH_KEY" \
	    --hostname="node-$1" --netfilter-mode=off --accept-dns=false \
	    >"$WORK/$1.up" 2>&1 || { cat "$WORK/$1.up" >&2; return 1; }
}

# tailnet_up: control server and both clients; sets PEER, the address of b.
tailnet_up() {
	headscale_up && client_up a && client_up b || return 1
	PEER=$(ts b ip -4)
	wait_for 30 ts a ping -c 1 --timeout 2s --until-direct=false "$PEER"
}
