# shellcheck shell=sh
# Shared by the end-to-end tests: each has a daemon of its own in its working
# directory, on free ports, monitored while it runs and stopped at the end.
#
# A test declares its cases with e2e_case and calls e2e_start and e2e_stop in a
# body.  DERPD, DERPCTL, RAWDERP, MEMSCAN and INTEROP in the environment name
# programs to use in place of those of this build.

: "${HOST_NAME:=relay.test}"
BOUND=200			# polls of 0.1 s for every event

# e2e_case NAME SECONDS DESCRIPTION: a test case with a time-out and clean-up.
e2e_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$3"
	eval "$1_head() {
		atf_set descr \"\$$1_descr\"
		atf_set timeout $2
	}"
	eval "$1_cleanup() { e2e_cleanup; }"
}

# Set up paths; called first in each body (by e2e_conf).
e2e_paths() {
	[ -n "${SRC:-}" ] && return
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	: "${DERPD:=$SRC/../../derpd/derpd}"
	: "${DERPCTL:=$SRC/../../derpctl/derpctl}"
	: "${RAWDERP:=$SRC/rawderp}"
	: "${MEMSCAN:=$SRC/memscan}"
	: "${INTEROP:=$SRC/../interop/interop}"
	[ -x "$DERPD" ] || atf_fail "$DERPD is not there: run make first"
	: "${ANSWERS:=http-upgrades}"
	WORKERS=1 FRONTS='' CERTS='' RELAY='' EXTRA='' MESH=1 DEATHS='' LISTEN=''
}

e2e_need_interop() {
	e2e_paths
	[ -x "$INTEROP" ] ||
	    atf_skip "the Go client was not built (regress/interop/build.sh)"
}

e2e_need_root() {
	[ "$(id -u)" -eq 0 ] || atf_skip "needs root: $1"
}

# e2e_namespace: make the network namespace NS, with a loopback interface.
e2e_namespace() {
	e2e_need_root "a network namespace"
	command -v ip >/dev/null || atf_skip "there is no ip"
	NS=e2e$$
	ip netns add "$NS" 2>/dev/null || atf_skip "no network namespaces"
	echo "$NS" >namespaces
	ip -n "$NS" link set lo up
}

e2e_namespace_end() {
	[ ! -f namespaces ] || ip netns del "$(cat namespaces)" 2>/dev/null
	return 0
}

# in_namespace VARIABLE: make it name a script that runs its program there.
in_namespace() {
	_program=
	eval "_program=\$$1"
	cat >"$1" <<-end
	#!/bin/sh
	exec ip netns exec $NS "$_program" "\$@"
	end
	chmod 755 "$1"
	eval "$1=\$PWD/$1"
}

# Skip with the address sanitizer, which changes the use of memory and makes
# calls of its own.
e2e_need_plain() {
	! grep -q __asan_init "$DERPD" ||
	    atf_skip "not with the address sanitizer: $1"
}

# Print the reason and the daemon's log, and fail.
e2e_fail() {
	[ -f derpd.log ] && sed 's/^/derpd.log: /' derpd.log | tail -n 60 >&2
	atf_fail "$*"
}

# Run a command; print its output and fail if it fails.
run() {
	if ! "$@" >run.out 2>&1; then
		cat run.out >&2
		e2e_fail "failed: $*"
	fi
	cat run.out
}

# wait_until WHAT COMMAND...: poll the command until it succeeds.
wait_until() {
	_what=$1
	shift
	_n=0
	until "$@" >/dev/null 2>&1; do
		_n=$((_n + 1))
		[ "$_n" -le "$BOUND" ] || e2e_fail "waited in vain: $_what"
		sleep 0.1
	done
}

# free_port: print a port that nobody uses, below those that systems give to
# clients.
free_port() {
	_port=$(($(od -An -N2 -tu2 /dev/urandom) % 20000 + 10000))
	while :; do
		curl -s -m 5 -o /dev/null "http://127.0.0.1:$_port/"
		[ $? -ne 7 ] || break	# it is refused
		_port=$((_port + 1))
	done
	echo "$_port"
}

# users: as root, use users that every system has if ours are missing.
e2e_users() {
	[ "$(id -u)" -eq 0 ] || return
	mkdir -p empty
	echo "chroot \"$PWD/empty\""
	id _derpd >/dev/null 2>&1 || echo 'user "nobody"'
	id _derpd_keys >/dev/null 2>&1 || echo 'keys user "daemon"'
}

# e2e_conf: write derpd.conf from WORKERS, FRONTS (as many), CERTS, RELAY,
# EXTRA, MESH, LISTEN.
e2e_conf() {
	e2e_paths
	mkdir -p state
	[ -f mesh.key ] || e2e_random_hex >mesh.key
	chmod 600 mesh.key
	{
		echo "hostname \"$HOST_NAME\""
		echo "${LISTEN:-listen on 127.0.0.1 port 0 tls
listen on 127.0.0.1 port 0}"
		echo "${CERTS:-certificate self-signed}"
		echo "relay {"
		echo "	key \"$PWD/derper.key\""
		echo "	workers $WORKERS"
		echo "	fronts ${FRONTS:-$WORKERS}"
		[ -z "$RELAY" ] || echo "	$RELAY"
		echo "}"
		[ -z "$MESH" ] || echo "mesh { key file \"$PWD/mesh.key\" }"
		echo "control \"$PWD/derpd.sock\""
		echo "statedir \"$PWD/state\""
		e2e_users
		[ -z "$EXTRA" ] || echo "$EXTRA"
	} >derpd.conf
}

e2e_random_hex() {
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
	echo
}

# e2e_start: write the configuration and start; set PID, TLS_PORT, PLAIN_PORT.
e2e_start() {
	e2e_conf
	e2e_launch
}

# e2e_launch: start with the existing derpd.conf, and with OPTIONS.  ULIMIT_N
# limits the file descriptors.  ANSWERS is the case of the driver that passes once it serves.
e2e_launch() {
	: >derpd.log
	(
		# shellcheck disable=SC3045	# every shell here has it
		[ -z "${ULIMIT_N:-}" ] || ulimit -n "$ULIMIT_N"
		# shellcheck disable=SC2086	# a word an option
		exec "$DERPD" -d ${OPTIONS:-} -f derpd.conf
	) >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" e2e_listening
	TLS_PORT=$(e2e_port '(tls)')
	PLAIN_PORT=$(e2e_port '(plain)')
	wait_until "derpd answers" "$RAWDERP" -p "$TLS_PORT" \
	    -n "$HOST_NAME" "$ANSWERS"
}

# Print the port of the first "listening on" line of the given kind.
e2e_port() {
	sed -n "s/.*listening on .*:\([0-9][0-9]*\) *$1.*/\1/p" derpd.log |
	    head -n 1
}

e2e_listening() {
	if ! kill -0 "$PID" 2>/dev/null; then
		e2e_fail "derpd did not start"
	fi
	[ -n "$(e2e_port '(tls)')" ]
}

e2e_gone() {
	! kill -0 "$1" 2>/dev/null
}

# e2e_stop: SIGTERM must end the daemon with 0, and its log must be clean.
e2e_stop() {
	kill -TERM "$PID" || e2e_fail "derpd is not there any more"
	_pids=$(e2e_children any)
	wait_until "derpd stops after SIGTERM" e2e_stopped
	wait "$PID"
	_rc=$?
	[ "$_rc" -eq 0 ] || e2e_fail "derpd exits $_rc after SIGTERM, not 0"
	for _p in $_pids; do
		wait_until "process $_p ends with its parent" e2e_gone "$_p"
	done
	e2e_check_log
}

# e2e_stopped: the daemon is gone, or a zombie that waits for us.
e2e_stopped() {
	case $(ps -o stat= -p "$PID" 2>/dev/null) in
	''|Z*) return 0 ;;
	esac
	return 1
}

# Fail on a sanitizer's report or, unless DEATHS is set, on a child's death.
e2e_check_log() {
	if grep -E 'Sanitizer|runtime error:' derpd.log >&2; then
		e2e_fail "a sanitizer reported"
	fi
	[ -n "$DEATHS" ] && return
	if grep -E 'ended by signal|ended with status|killed' derpd.log >&2
	then
		e2e_fail "a child died"
	fi
}

e2e_cleanup() {
	[ -f pids ] || return 0
	while read -r _pid; do
		# Another process may have got the number meanwhile.
		if [ ! -d /proc/self ] ||
		    grep -qs "$PWD" "/proc/$_pid/environ"; then
			kill -KILL "$_pid" 2>/dev/null
		fi
	done <pids
	[ ! -f mounted ] || umount "$(cat mounted)"
	return 0
}

# e2e_programs: the programs that derpd starts, from the top of the tree.
e2e_programs() {
	sed -n 's/^CHILDREN = //p' "$SRC/../../sources.mk"
}

# e2e_children ROLE: process ids of the daemon's children: front, relay, keys
# or any.
e2e_children() {
	ps -A -o pid= -o ppid= -o args= | awk -v parent="$PID" -v role="$1" '
	$2 == parent {
		pid = $1
		$1 = $2 = $3 = ""
		if (role == "any" || index($0, role) != 0)
			print pid
	}'
}

# pin: the CertName of the self-signed certificate, from the log.
e2e_pin() {
	sed -n 's/.*\(sha256-raw:[0-9a-f]*\).*/\1/p' derpd.log | head -n 1
}

# interop CASES [OPTIONS]: the Go client against the daemon.
interop() {
	_cases=$1
	shift
	if [ -f ca.pem ]; then
		set -- -ca ca.pem "$@"
	else
		set -- -pin "$(e2e_pin)" "$@"
	fi
	run "$INTEROP" -addr "127.0.0.1:$TLS_PORT" -host "$HOST_NAME" \
	    -mesh mesh.key -case "$_cases" "$@"
}

# interop_begin CASE [OPTIONS]: start it in the background, and wait until it is
# ready.
interop_begin() {
	_case=$1
	shift
	if [ -f ca.pem ]; then
		set -- -ca ca.pem "$@"
	else
		set -- -pin "$(e2e_pin)" "$@"
	fi
	rm -f go.ready
	"$INTEROP" -addr "127.0.0.1:$TLS_PORT" -host "$HOST_NAME" \
	    -case "$_case" -ready go.ready "$@" >go.out 2>&1 &
	GO_PID=$!
	echo "$GO_PID" >>pids
	wait_until "the Go clients are connected" [ -f go.ready ]
}

# interop_end: stop it; it must have succeeded.
interop_end() {
	kill -TERM "$GO_PID"
	interop_wait
}

interop_wait() {
	if ! wait "$GO_PID"; then
		cat go.out >&2
		e2e_fail "the Go clients saw what they should not have seen"
	fi
	cat go.out
}

# raw CASES...: the raw-socket driver against the daemon.
raw() {
	run "$RAWDERP" -p "$TLS_PORT" ${PLAIN_PORT:+-P "$PLAIN_PORT"} \
	    -n "$HOST_NAME" -m mesh.key "$@"
}

raw_begin() {
	rm -f raw.ready
	"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" -r raw.ready "$@" \
	    >raw.out 2>&1 &
	RAW_PID=$!
	echo "$RAW_PID" >>pids
	wait_until "the raw clients are connected" [ -f raw.ready ]
}

# raw_end: the driver's parent forwards no signal: find the case's process.
raw_end() {
	pkill -TERM -P "$RAW_PID" || kill -TERM "$RAW_PID"
	if ! wait "$RAW_PID"; then
		cat raw.out >&2
		e2e_fail "the raw clients saw what they should not have seen"
	fi
	cat raw.out
}

ctl() {
	"$DERPCTL" -s "$PWD/derpd.sock" "$@"
}

# make_ca: create ca.pem and ca.key.
make_ca() {
	run openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key \
	    -out ca.pem -days 30 -subj "/CN=Test CA"
}

# make_cert FILE NAME ec|p384|rsa [ALTNAME]: create FILE.crt and FILE.key,
# signed by the CA, for DNS:NAME or for ALTNAME.
make_cert() {
	_alt=${4:-DNS:$2}
	case $3 in
	ec) set -- "$1" "$2" ec -pkeyopt ec_paramgen_curve:P-256 ;;
	p384) set -- "$1" "$2" ec -pkeyopt ec_paramgen_curve:P-384 ;;
	*) set -- "$1" "$2" rsa:2048 ;;
	esac
	_file=$1 _name=$2
	shift 2
	run openssl req -newkey "$@" -nodes -keyout "$_file.key" \
	    -out "$_file.csr" -subj "/CN=$_name"
	chmod 600 "$_file.key"
	echo "subjectAltName=$_alt" >ext
	run openssl x509 -req -in "$_file.csr" -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 30 -extfile ext -out "$_file.crt"
}

# use_cert KIND: create a CA and one certificate for the daemon's name.
use_cert() {
	make_ca
	make_cert relay "$HOST_NAME" "$1"
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\""
}

# served_name SNI: common name of the presented certificate.
served_name() {
	openssl s_client -connect "127.0.0.1:$TLS_PORT" -servername "$1" \
	    </dev/null 2>/dev/null | openssl x509 -noout -subject |
	    sed 's/.*CN *= *//'
}

# served_serial: serial number of the presented certificate.
served_serial() {
	openssl s_client -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" </dev/null 2>/dev/null |
	    openssl x509 -noout -serial
}

# Admission: clients whose keys are made from their names (interop -keys).

# admit_by LINE...: derpd.conf has this admit block.
admit_by() {
	e2e_need_interop
	ANSWERS=http-keepalive
	EXTRA="admit {
$(printf '	%s\n' "$@")
}${EXTRA:+
$EXTRA}"
}

# admit_keys: set K_alice and others to the node keys of these names.
admit_keys() {
	# shellcheck disable=SC2046	# a word a key
	set -- $(node_key alice,bob,carol,dora,eve)
	# shellcheck disable=SC2034	# for the tests
	K_alice=$1 K_bob=$2 K_carol=$3 K_dora=$4 K_eve=$5
}

# clients LINE...: the clients file has these lines, replaced at once.
clients() {
	printf '%s\n' "$@" >clients.new
	mv clients.new clients
}

# node_key NAME: print its node key.
node_key() {
	"$INTEROP" -addr - -case public -keys "$1" | grep '^nodekey:'
}

# go_client OPTION...: the Go client, whatever becomes of it.
go_client() {
	if [ -f ca.pem ]; then
		set -- -ca ca.pem "$@"
	else
		set -- -pin "$(e2e_pin)" "$@"
	fi
	"$INTEROP" -addr "127.0.0.1:$TLS_PORT" -host "$HOST_NAME" \
	    -mesh mesh.key "$@"
}

# try NAMES: they log in; `tried' has a line for each.
try() {
	go_client -case try -keys "$1" >try.out 2>&1
	grep -v '^pass try ' try.out >tried
}

# tries NAMES LINE...: this is what becomes of them.
tries() {
	try "$1"
	shift
	printf '%s\n' "$@" >wanted
	cmp -s wanted tried
}

# want_tries NAMES LINE...: the same, and the test fails if it is another.
want_tries() {
	tries "$@" || e2e_fail "tried $1: $(cat try.out)"
}

# stay_begin NAMES: they log in and exchange packets.
stay_begin() {
	interop_begin stay -keys "$1" -mesh mesh.key
}

# told LINE: a client that stays has printed it.
told() {
	grep -qxF "$1" go.out
}

# stay_end NAME...: none of these was closed or has lost a packet.
stay_end() {
	interop_end >/dev/null
	for _name; do
		told "$_name stayed" || e2e_fail "$_name: $(cat go.out)"
	done
}

# logged TEXT: the log has it.
logged() {
	grep -qF "$1" derpd.log
}

# metric NAME: print its value from /debug/varz.
metric() {
	curl -sS -m 15 -o varz "http://127.0.0.1:$PLAIN_PORT/debug/varz" ||
	    e2e_fail "/debug/varz is not answered"
	awk -v name="$1" '$1 == name { print $2 }' varz
}
