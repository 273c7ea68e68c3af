# shellcheck shell=sh
# A small tailnet in network namespaces: headscale and the relay in `srv', real
# clients in `na' and `nb', whose only way to each other is the relay, over two
# wide-area links (wan.c).  Sourced by bench_wan.sh; as root on Linux alone.
#
# The DERP map is a file that headscale reads (derp.paths).

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

# net_up "DELAY MBIT MBIT LOSS QUEUE": namespaces, links, names.
net_up() {
	for _n in srv na nb; do
		ip netns add "$NS$_n" || return 1
		ip -n "$NS$_n" link set lo up
		mkdir -p "/etc/netns/$NS$_n"
		printf '127.0.0.1 localhost\n10.9.0.1 derp.test hs.test\n' \
		    >"/etc/netns/$NS$_n/hosts"
	done
	ip -n "${NS}srv" addr add 10.9.0.1/32 dev lo
	# The way between the clients shall be the relay's.
	in_ns srv sysctl -qw net.ipv4.ip_forward=0
	_i=1
	for _x in a b; do
		# One word a figure.
		# shellcheck disable=SC2086
		regress/bench/wan "${NS}n$_x" eth0 "10.9.$_i.2/24" \
		    "${NS}srv" "v$_x" "10.9.$_i.1/24" $1 >"$WORK/wan.$_x" 2>&1 &
		TAIL_PIDS="$TAIL_PIDS $!"
		wait_for 5 grep -q up "$WORK/wan.$_x" || {
			cat "$WORK/wan.$_x" >&2
			return 1
		}
		ip -n "${NS}n$_x" route add default via "10.9.$_i.1"
		_i=$((_i + 1))
	done
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

headscale_conf() {
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
	cat >"$WORK/hs.yaml" <<END
server_url: http://hs.test:8085
listen_addr: 0.0.0.0:8085
metrics_listen_addr: 127.0.0.1:9095
grpc_listen_addr: 127.0.0.1:50443
noise: {private_key_path: $WORK/noise.key}
prefixes: {v4: 100.64.0.0/10, v6: fd7a:115c:a1e0::/48, allocation: sequential}
derp: {server: {enabled: false}, urls: [], paths: [$WORK/map.yaml], auto_update_enabled: false, update_frequency: 24h}
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

# tailnet_up: control server and both clients, with a kernel device each.
tailnet_up() {
	rm -f "$WORK"/hs.db* "$WORK/noise.key"
	headscale_conf
	begin srv "$WORK/hs.log" "$BENCH_BIN/headscale" -c "$WORK/hs.yaml" serve
	wait_for 20 in_ns srv curl -s -o /dev/null http://hs.test:8085/health ||
	    { tail -n 5 "$WORK/hs.log" >&2; return 1; }
	headscale users create u >/dev/null || return 1
	_uid=$(headscale users list -o json | jq -r '.[0].id')
	_key=$(headscale preauthkeys create -u "$_uid" --reusable -o json |
	    jq -r .key)
	for _x in a b; do
		rm -rf "${WORK:?}/$_x"
		mkdir -p "$WORK/$_x"
		begin "n$_x" "$WORK/$_x.log" env SSL_CERT_FILE="$WORK/$HOST.crt" \
		    TS_NO_LOGS_NO_SUPPORT=1 "$BENCH_BIN/tailscaled" \
		    --tun=tailscale0 --state="$WORK/$_x/s" \
		    --statedir="$WORK/$_x" --socket="$WORK/$_x/sock"
		wait_for 10 test -S "$WORK/$_x/sock" || return 1
		timeout 40 ip netns exec "${NS}n$_x" "$BENCH_BIN/tailscale" \
		    --socket="$WORK/$_x/sock" up \
		    --login-server=http://hs.test:8085 --authkey="$_key" \
		    --hostname="$_x" --netfilter-mode=off --accept-dns=false \
		    >"$WORK/$_x.up" 2>&1 || { cat "$WORK/$_x.up" >&2; return 1; }
	done
	PEER=$(ts b ip -4)
	wait_for 30 ts a ping -c 1 --timeout 2s --until-direct=false "$PEER"
}
