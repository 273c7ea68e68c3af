# shellcheck shell=sh disable=SC2034
# Shared by bench.sh, bench_stun.sh and bench_wan.sh: other servers' programs, a
# certificate, and functions that start and stop servers.  Sourced in the top
# directory.
#
# Environment: BENCH_BIN, a directory with programs that are already built.  The
# default is a cache directory of the user, where they are built.

REFERENCE=v1.102.5
HOST=localhost
: "${BENCH_BIN:=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/derpd-bench}"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/derpd-bench.XXXXXX") || exit 1
SRV_PID=
SERVER_CORES=0
BEHIND_PID=
server=			# whose turn it is

bench_end() {
	end_behind
	stop_server
	rm -rf "$WORK"
}
trap bench_end EXIT
trap 'exit 1' INT TERM

# need_program NAME MODULE VERSION: build it in BENCH_BIN, with Go's module
# proxy.
need_program() {
	[ -x "$BENCH_BIN/$1" ] && return 0
	if ! command -v "${GO:-go}" >/dev/null 2>&1; then
		echo "bench: $1 can't be built: there is no Go on this machine" >&2
		return 1
	fi
	mkdir -p "$BENCH_BIN" || return 1
	echo "bench: building $2@$3 into $BENCH_BIN"
	GOBIN=$BENCH_BIN "${GO:-go}" install "$2@$3"
}

# need_cores: one for the server and one for the load.
need_cores() {
	[ "$(getconf _NPROCESSORS_ONLN)" -lt 2 ] || return 0
	echo "bench: one core alone: server and load need one each" >&2
	exit 1
}

# make_cert NAME [P-256 | RSA-2048 | RSA-4096]: NAME.crt and NAME.key in WORK,
# self-signed.
make_cert() {
	case ${2:-P-256} in
	P-256) _alg="ec -pkeyopt ec_paramgen_curve:P-256" ;;
	RSA-*) _alg="rsa:${2#RSA-}" ;;
	esac
	# One word for each argument.
	# shellcheck disable=SC2086
	openssl req -x509 -newkey $_alg -nodes \
	    -keyout "$WORK/$1.key" -out "$WORK/$1.crt" -days 30 \
	    -subj "/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null
	chmod 600 "$WORK/$1.key"
}

# free_port: print a free port of this machine.
free_port() {
	while :; do
		_p=$(od -An -N2 -tu2 /dev/urandom | awk '{ print 20000 + $1 % 12000 }')
		curl -s -m 1 -o /dev/null "http://127.0.0.1:$_p/"
		[ $? -eq 7 ] && echo "$_p" && return
	done
}

# derpd_conf WORKERS PORT [DIR]: a configuration of derpd with the common
# certificate, and its files in DIR, or in WORK.
derpd_conf() {
	_dir=${3:-$WORK}
	mkdir -p "$_dir/empty" "$_dir/state"
	chmod 755 "$_dir/empty"
	cat <<END
hostname "$HOST"
listen on ${LISTEN:-127.0.0.1} port $2 tls
certificate "$WORK/$HOST.crt" key "$WORK/$HOST.key"
relay {
	key "$_dir/derper.key"
	workers $1
}
control "$_dir/derpd.sock"
statedir "$_dir/state"
END
	derpd_users "$_dir"
}

# derpd_users [DIR]: print the users for a machine where derpd is not installed;
# DIR or WORK has the directory for chroot.
derpd_users() {
	[ "$(id -u)" -eq 0 ] || return 0
	echo "chroot \"${1:-$WORK}/empty\""
	id _derpd >/dev/null 2>&1 || echo 'user "nobody"'
	id _derpd_keys >/dev/null 2>&1 || echo 'keys user "daemon"'
}

# result NAME UNIT BETTER VALUE [GOAL]: of $server, into WORK/results; BETTER
# high or low, GOAL the highest ratio to derper that is wanted.  After a load
# that failed there is no value.
result() {
	_value=$4
	[ "$(value failed)" -eq 0 ] || _value=-
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$server" "$1" "$2" "$3" \
	    "$_value" "$(value load_busy)" "${5:--}" >>"$WORK/results"
	printf '%-8s %-46s %12s %s\n' "$server" "$1" "$_value" "$2"
}

# start_server derper|bare|derpd [WORKERS]: on SERVER_CORES; sets SRV_PID, PORT, and
# STARTED, milliseconds until a first client was logged in.
start_server() {
	LINE=
	PORT=$(free_port)
	case $1 in
	derper)
		set -- "$BENCH_BIN/derper" -a "127.0.0.1:$PORT" -http-port -1 \
		    -stun=false -certmode manual -certdir "$WORK" \
		    -hostname "$HOST" -c "$WORK/derper.json"
		;;
	bare)
		set -- regress/bench/bareloop -c "$WORK/$HOST.crt" \
		    -k "$WORK/$HOST.key" "$PORT"
		;;
	derpd)
		derpd_conf "${2:-1}" "$PORT" >"$WORK/derpd.conf"
		set -- "$PWD/derpd/derpd" -d -f "$WORK/derpd.conf"
		;;
	esac
	_begin=$(date +%s%N)
	taskset -c "$SERVER_CORES" "$@" >"$WORK/server.log" 2>&1 &
	SRV_PID=$!
	until regress/bench/derpload -m idle -n 1 -d 0 "$HOST" "$PORT" \
	    >/dev/null 2>&1; do
		if ! kill -0 "$SRV_PID" 2>/dev/null; then
			cat "$WORK/server.log" >&2
			echo "bench: the server did not start" >&2
			exit 1
		fi
	done
	STARTED=$((($(date +%s%N) - _begin) / 1000000))
}

stop_server() {
	[ -n "$SRV_PID" ] || return 0
	kill "$SRV_PID" 2>/dev/null
	wait "$SRV_PID" 2>/dev/null
	SRV_PID=
}

# load OPTION...: a measurement by derpload on core 1; its line in LINE.
load() {
	LINE=$(taskset -c 1 regress/bench/derpload -P "$SRV_PID" "$@" \
	    "$HOST" "$PORT" 2>"$WORK/load.err") || {
		echo "bench: derpload $*: $(cat "$WORK/load.err")" >&2
		LINE="failed=1"
	}
}

# load_behind OPTION...: derpload on core 1 in the background, until end_behind.
load_behind() {
	taskset -c 1 regress/bench/derpload "$@" "$HOST" "$PORT" \
	    >/dev/null 2>"$WORK/behind.err" &
	BEHIND_PID=$!
}

end_behind() {
	[ -n "$BEHIND_PID" ] || return 0
	kill "$BEHIND_PID" 2>/dev/null ||
	    echo "bench: the load beside ended: $(cat "$WORK/behind.err")" >&2
	wait "$BEHIND_PID" 2>/dev/null
	BEHIND_PID=
}

# value KEY: of LINE; "0" when there is none.
value() {
	printf '%s\n' "$LINE" | tr ' ' '\n' |
	    awk -F= -v k="$1" '$1 == k { v = $2 } END { print v + 0 }'
}
