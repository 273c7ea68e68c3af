# shellcheck shell=sh
# Several nodes of one region, each in a directory of its own below the test's:
# ours (node_conf, node_start) and derper (derper_start).  Functions act on the
# node NAME.  Used with common.sh.
#
# BENCH_BIN names the directory of derper, as `make bench' builds it.

REGION=${REGION:-relay.test}

# region_begin NAME...: the same as region_make, for tests with the Go client.
region_begin() {
	e2e_need_interop
	region_make "$@"
}

# region_make NAME...: a certificate for each, a mesh key, ports.  NODES are the
# names.
region_make() {
	NODES="$*"
	make_ca
	e2e_random_hex >mesh.key
	chmod 600 mesh.key
	for _node; do
		mkdir -p "$_node/state"
		make_cert "$_node/node" "$REGION" ec
		echo 0 >"$_node/listen"
		set_port "$_node" 0
	done
}

# set_port NAME PORT, port NAME: its TLS port, 0 until it is known.
set_port() {
	echo "$2" >"$1/port"
}

port() {
	cat "$1/port"
}

# with NAME...: the lines of a mesh block for these nodes; links go to the
# address CUT.
with() {
	for _other; do
		echo "with \"$REGION\" port $(port "$_other")" \
		    "address ${CUT:-127.0.0.1}"
	done
}

# node_conf NAME [LINE]...: its derpd.conf, with these lines in the mesh block.
# WORKERS and EXTRA as in e2e_conf.
node_conf() {
	_node=$1
	shift
	_listen=127.0.0.1
	[ -z "${CUT:-}" ] || _listen=0.0.0.0
	{
		echo "hostname \"$REGION\""
		echo "listen on $_listen port $(cat "$_node/listen") tls"
		echo "listen on 127.0.0.1 port 0"
		echo "certificate \"$PWD/$_node/node.crt\"" \
		    "key \"$PWD/$_node/node.key\""
		echo "relay { key \"$PWD/$_node/derper.key\""
		echo "workers $WORKERS"
		echo "fronts 1"
		[ -z "$RELAY" ] || echo "$RELAY"
		echo "}"
		echo "mesh {"
		echo "key file \"$PWD/mesh.key\""
		[ $# -eq 0 ] || echo "ca file \"$PWD/ca.pem\""
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo "}"
		echo "control \"$PWD/$_node/sock\""
		echo "statedir \"$PWD/$_node/state\""
		e2e_users
		[ -z "$EXTRA" ] || echo "$EXTRA"
	} >"$_node/derpd.conf"
}

# node_start NAME: start it, and learn its ports.
node_start() {
	_node=$1
	: >"$_node/log"
	"$DERPD" -d -f "$_node/derpd.conf" >"$_node/log" 2>&1 &
	echo $! >"$_node/pid"
	echo $! >>pids
	wait_until "$_node is ready" grep -q 'derpd .* ready: ' "$_node/log"
	set_port "$_node" "$(node_port "$_node" tls)"
	node_port "$_node" plain >"$_node/plain"
}

# node_port NAME KIND: the port that it listens on.
node_port() {
	sed -n "s/.*listening on .*:\([0-9][0-9]*\) *($2).*/\1/p" "$1/log" |
	    head -n 1
}

# node_ctl NAME COMMAND...: derpctl.
node_ctl() {
	_node=$1
	shift
	"$DERPCTL" -s "$PWD/$_node/sock" "$@"
}

# node_again NAME: start a node that has ended, at the same port, with links to
# all others.
node_again() {
	port "$1" >"$1/listen"
	region_with "$1"
	node_start "$1"
}

# node_kill NAME SIGNAL: end it.
node_kill() {
	kill -"$2" "$(cat "$1/pid")"
	wait "$(cat "$1/pid")"
}

# node_stop NAME: end it with 0, and a clean log.
node_stop() {
	kill -TERM "$(cat "$1/pid")" || node_fail "$1" "$1 is gone"
	wait "$(cat "$1/pid")" || node_fail "$1" "$1 does not end with 0"
	node_check_log "$1"
}

# node_check_log NAME: no sanitizer reports; no child died, but with DEATHS.
node_check_log() {
	! grep -E 'Sanitizer|runtime error:' "$1/log" >&2 ||
	    node_fail "$1" "a sanitizer reported"
	[ -n "$DEATHS" ] ||
	    ! grep -E 'ended by signal|ended with status|killed' "$1/log" >&2 ||
	    node_fail "$1" "a child of $1 died"
}

# node_fail NAME WHY: fail, with the logs of all.
node_fail() {
	shift
	for _node in $NODES; do
		tail -n 40 "$_node/log" | sed "s|^|$_node: |" >&2
	done
	atf_fail "$*"
}

# node_metric NAME METRIC: its value.
node_metric() {
	# shellcheck disable=SC2086	# words
	${NODE_RUN:-} curl -sS -m 15 \
	    "http://127.0.0.1:$(cat "$1/plain")/debug/varz" |
	    awk -v name="$2" '$1 == name { print $2 }'
}

# node_counts NAME LOCAL REMOTE: it has so many keys of its own and far ones.
node_counts() {
	[ "$(node_metric "$1" derp_clients_local)" = "$2" ] &&
	    [ "$(node_metric "$1" derp_clients_remote)" = "$3" ]
}

# region_start: start all nodes of ours, each linked with each other.
region_start() {
	for _name in $NODES; do
		node_conf "$_name"
		node_start "$_name"
	done
	for _name in $NODES; do
		region_with "$_name"
		run node_ctl "$_name" reload
	done
	for _name in $NODES; do
		wait_until "$_name has its links" linked "$_name"
	done
}

# region_with NAME: its configuration, with links to all others.
region_with() {
	_lines=
	for _other in $NODES; do
		[ "$_other" = "$1" ] || _lines="$_lines
$(with "$_other")"
	done
	node_conf "$1" "$_lines"
}

# linked NAME: all its links are up.
linked() {
	node_ctl "$1" -j mesh >"$1/mesh.out" || return 1
	! grep -Eq '"state": ?"(down|dialing)"' "$1/mesh.out" &&
	    grep -Eq '"state": ?"up"' "$1/mesh.out"
}

# region_go CASE [OPTION]...: the Go client at all nodes.
region_go() {
	_case=$1
	shift
	run "$INTEROP" -host "$REGION" -nodes "$(region_nodes)" \
	    -case "$_case" "$@"
}

# region_nodes: the argument of -nodes.
region_nodes() {
	_list=
	for _name in $NODES; do
		_list="$_list${_list:+,}127.0.0.1:$(port "$_name")=$(pin_of \
		    "$_name")"
	done
	echo "$_list"
}

# pin_of NAME: the pin of its certificate.
pin_of() {
	printf 'sha256-raw:%s' "$(openssl x509 -in "$1/node.crt" -outform DER |
	    openssl dgst -sha256 -r | cut -d' ' -f1)"
}

# need_derper: skip without the real derper.
need_derper() {
	[ -x "${BENCH_BIN:-/nonexistent}/derper" ] ||
	    atf_skip "no derper in BENCH_BIN (${BENCH_BIN:-unset})"
}

# derper_start NAME PORT [OTHER]...: the real derper, linked with these nodes.
derper_start() {
	_node=$1
	set_port "$1" "$2"
	shift 2
	_with=
	for _other; do
		_with="$_with${_with:+,}$REGION:$(port "$_other")/127.0.0.1"
	done
	mkdir -p "$_node/certs"
	cp "$_node/node.crt" "$_node/certs/$REGION.crt"
	cp "$_node/node.key" "$_node/certs/$REGION.key"
	SSL_CERT_FILE=$PWD/ca.pem "$BENCH_BIN/derper" -c "$_node/derper.conf" \
	    -a "127.0.0.1:$(port "$_node")" -http-port -1 -stun=false \
	    -certmode manual -certdir "$_node/certs" -hostname "$REGION" \
	    -mesh-psk-file mesh.key ${_with:+-mesh-with "$_with"} \
	    >"$_node/log" 2>&1 &
	echo $! >"$_node/pid"
	echo $! >>pids
	wait_until "$_node listens" curl -s -m 2 -o /dev/null --cacert ca.pem \
	    --resolve "$REGION:$(port "$_node"):127.0.0.1" \
	    "https://$REGION:$(port "$_node")/derp/probe"
}

# region_derper: start a, of ours, and b, derper, and wait until they are linked.
region_derper() {
	node_conf a
	node_start a
	derper_start b "$(free_port)" a
	region_with a
	run node_ctl a reload
	wait_until "a has its link" linked a
	wait_until "derper has its link" grep -q 'mesh.*connected' b/log
}
