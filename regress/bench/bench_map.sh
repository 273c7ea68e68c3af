#!/bin/sh
# Compare how the map is served with nginx and Caddy serving the same file, over
# TLS with the same P-256 certificate; called by `make bench-map' in the top
# directory.  All servers have core 0 and one worker, the load has core 1; the
# servers alternate.  Then the map is replaced 100 times under load, with derpd
# alone.
# Prints a table and writes bench-map.json.
#
# BENCH_SECS is the length of one measurement (3 s), BENCH_ROUNDS the number of
# measurements of each, whose median counts (3), BENCH_CONNS the number of
# simultaneous connections (64), BENCH_BIN see bench_lib.sh.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
secs=${BENCH_SECS:-3}
rounds=${BENCH_ROUNDS:-3}
conns=${BENCH_CONNS:-64}
www=$WORK/www
map=$www/derpmap/default
pids=

map_end() {
	for _pid in $pids; do
		kill "$_pid" 2>/dev/null
		wait "$_pid" 2>/dev/null
	done
	bench_end
}
trap map_end EXIT

if [ "$(getconf _NPROCESSORS_ONLN)" -lt 2 ]; then
	echo "bench: one core alone: server and load need one each" >&2
	exit 1
fi

# A small map: two regions with a node each.
make_map() {
	cat <<END
{
	"Regions": {
		"900": {
			"RegionID": 900,
			"RegionCode": "one",
			"RegionName": "One",
			"Nodes": [
				{
					"Name": "900a",
					"RegionID": 900,
					"HostName": "$HOST",
					"IPv4": "192.0.2.1",
					"STUNPort": 3478
				}
			]
		},
		"901": {
			"RegionID": 901,
			"RegionCode": "two",
			"RegionName": "Two",
			"Nodes": [
				{
					"Name": "901a",
					"RegionID": 901,
					"HostName": "two.example.org",
					"IPv4": "192.0.2.2",
					"IPv6": "2001:db8::2"
				}
			]
		}
	}
}
END
}

# A certificate with an intermediate one, as from a public CA.
make_chain() {
	make_cert authority
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$WORK/$HOST.key" -out "$WORK/$HOST.csr" \
	    -subj "/CN=$HOST" 2>/dev/null
	echo "subjectAltName=DNS:$HOST" >"$WORK/extensions"
	openssl x509 -req -in "$WORK/$HOST.csr" -CA "$WORK/authority.crt" \
	    -CAkey "$WORK/authority.key" -CAcreateserial -days 20 \
	    -extfile "$WORK/extensions" -out "$WORK/leaf.crt" 2>/dev/null
	cat "$WORK/leaf.crt" "$WORK/authority.crt" >"$WORK/$HOST.crt"
	chmod 600 "$WORK/$HOST.key"
}

nginx_conf() {
	cat <<END
worker_processes 1;
daemon off;
pid $WORK/nginx.pid;
error_log $WORK/nginx.log;
events { worker_connections 4096; }
http {
	access_log off;
	keepalive_requests 1000000000;
	sendfile on;
	tcp_nopush on;
	default_type application/json;
	client_body_temp_path $WORK/nginx.body;
	proxy_temp_path $WORK/nginx.proxy;
	fastcgi_temp_path $WORK/nginx.fastcgi;
	uwsgi_temp_path $WORK/nginx.uwsgi;
	scgi_temp_path $WORK/nginx.scgi;
	server {
		listen 127.0.0.1:$1 ssl;
		server_name $HOST;
		ssl_certificate $WORK/$HOST.crt;
		ssl_certificate_key $WORK/$HOST.key;
		ssl_protocols TLSv1.3;
		ssl_session_tickets off;
		root $www;
	}
}
END
}

caddy_conf() {
	cat <<END
{
	admin off
	auto_https off
	servers {
		protocols h1
	}
}
https://$HOST:$1 {
	bind 127.0.0.1
	tls $WORK/$HOST.crt $WORK/$HOST.key
	root * $www
	file_server
}
END
}

# up NAME PORT COMMAND...: run a server, wait for its map; sets NAME_pid and
# NAME_port.
up() {
	_name=$1 _port=$2
	shift 2
	taskset -c 0 "$@" >"$WORK/$_name.out" 2>&1 &
	_pid=$!
	pids="$pids $_pid"
	_ask="--resolve $HOST:$_port:127.0.0.1 -o /dev/null -w %{http_code}"
	# shellcheck disable=SC2086	# many words
	until [ "$(curl -sk -m 2 $_ask \
	    "https://$HOST:$_port/derpmap/default")" = 200 ]; do
		if ! kill -0 "$_pid" 2>/dev/null; then
			cat "$WORK/$_name.out" >&2
			echo "bench: $_name did not start" >&2
			exit 1
		fi
		sleep 0.1
	done
	eval "${_name}_pid=\$_pid ${_name}_port=\$_port"
}

# ask NAME OPTION...: measure; the line is in LINE.
ask() {
	eval "_pid=\$${1}_pid _port=\$${1}_port"
	shift
	LINE=$(taskset -c 1 regress/bench/mapload -P "$_pid" "$@" "$HOST" \
	    127.0.0.1 "$_port") || echo "bench: not all went well: $LINE" >&2
}

# median NAME MODE KEY: over the rounds.
median() {
	awk -v s="$1" -v m="$2" -v k="$3" '$1 == s && $2 == m {
		for (i = 3; i <= NF; i++)
			if (split($i, v, "=") == 2 && v[1] == k)
				print v[2]
	}' "$WORK/lines" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] + 0 }'
}

chmod 755 "$WORK"
mkdir -p "$www/derpmap"
make_map >"$map"
make_chain
servers=derpd
_p=$(free_port)
{
	derpd_conf 1 "$_p"
	echo "map \"$map\""
} >"$WORK/derpd.conf"
up derpd "$_p" "$PWD/derpd/derpd" -d -f "$WORK/derpd.conf"
if command -v nginx >/dev/null 2>&1; then
	_p=$(free_port)
	nginx_conf "$_p" >"$WORK/nginx.conf"
	up nginx "$_p" nginx -c "$WORK/nginx.conf" -p "$WORK"
	servers="$servers nginx"
else
	echo "bench: no nginx here (Debian: nginx-light)" >&2
fi
if need_program caddy github.com/caddyserver/caddy/v2/cmd/caddy latest; then
	_p=$(free_port)
	caddy_conf "$_p" >"$WORK/Caddyfile"
	up caddy "$_p" env XDG_DATA_HOME="$WORK" XDG_CONFIG_HOME="$WORK" \
	    "$BENCH_BIN/caddy" run --config "$WORK/Caddyfile"
	servers="$servers caddy"
fi

: >"$WORK/lines"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	for mode in get new x25519; do
		for s in $servers; do
			case $mode in
			x25519)	ask "$s" -m new -x -n "$conns" -d "$secs" ;;
			*)	ask "$s" -m "$mode" -n "$conns" -d "$secs" ;;
			esac
			echo "$s $mode $LINE" >>"$WORK/lines"
			echo "$s $mode $LINE"
		done
	done
done
ask derpd -m check -n 32 -d 20 -r 100 -f "$map"
echo "derpd $LINE"

row() {
	printf '%s' "$1"
	for mode in get new x25519; do
		printf '\t%s\t%s' "$(median "$1" "$mode" per_s)" \
		    "$(median "$1" "$mode" server_us)"
	done
	echo
}
for s in $servers; do
	row "$s"
done >"$WORK/table"
jq -Rn --arg date "$(date -u +%FT%TZ)" --arg check "$LINE" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" '
{date: $date, cpu: $cpu, replaced: $check, results: [inputs | split("\t") |
    {server: .[0], get_per_s: (.[1] | tonumber),
    get_cpu_us: (.[2] | tonumber), new_per_s: (.[3] | tonumber),
    new_cpu_us: (.[4] | tonumber), new_x25519_per_s: (.[5] | tonumber),
    new_x25519_cpu_us: (.[6] | tonumber)}]}
' <"$WORK/table" >bench-map.json
echo
awk -F'\t' '
function ratio(what, n, other, target) {
	if (v[other, n] > 0)
		printf "%s: %.2f times %s, %.2f by CPU time (target %s)\n", \
		    what, v["derpd", n] / v[other, n], other, \
		    v[other, n + 1] / v["derpd", n + 1], target
}
BEGIN {
	printf "%-8s %9s %7s %9s %7s %9s %7s\n", "server", "GET/s", "CPU us",
	    "new TLS/s", "CPU us", "X25519", "CPU us"
}
{
	printf "%-8s %9d %7.1f %9d %7.1f %9d %7.1f\n", $1, $2, $3, $4, $5, \
	    $6, $7
	for (i = 2; i <= 7; i++)
		v[$1, i] = $i
}
END {
	ratio("GET/s", 2, "nginx", "1")
	ratio("new TLS/s", 4, "caddy", "1.4")
	ratio("new TLS/s, X25519 alone", 6, "caddy", "none")
}' "$WORK/table"
echo "written to bench-map.json"
