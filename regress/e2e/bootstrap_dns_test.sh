#! /usr/bin/env atf-sh
# shellcheck shell=sh
# bootstrap-dns: what clients are told, while the resolver answers and while it
# does not, and that derper tells the same.  Names are in a hosts file that only
# the daemon under test sees.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# hosts LINE...: the hosts file has these lines.  It is written in place: a new
# file would not be seen.
hosts() {
	printf '%s\n' '127.0.0.1 localhost' "$@" >hosts
}

# with_hosts LINE...: derpd sees this hosts file, and a resolver that refuses.
with_hosts() {
	e2e_paths
	e2e_need_root "mounts a hosts file of its own"
	hosts "$@"
	echo 'nameserver 127.0.0.1' >resolv.conf
	cat >seeing <<-END
	#!/bin/sh
	exec unshare -m sh -c 'mount --bind "$PWD/hosts" /etc/hosts &&
	    mount --bind "$PWD/resolv.conf" /etc/resolv.conf && exec "\$@"' \\
	    sh "\$@"
	END
	chmod +x seeing
	./seeing grep -q "$2" /etc/hosts 2>/dev/null ||
	    atf_skip "can't mount a hosts file here"
	printf '#!/bin/sh\nexec "%s/seeing" "%s" "$@"\n' "$PWD" "$DERPD" >derpd
	chmod +x derpd
	DERPD=$PWD/derpd
	export DERPD
}

# ask [QUERY]: print the answer to /bootstrap-dns.
ask() {
	curl -sSk -m 10 "https://127.0.0.1:$TLS_PORT/bootstrap-dns$1"
}

# object NAME ADDRESS [NAME ADDRESS]...: print the answer with these.
object() {
	printf '{'
	_comma=
	while [ $# -gt 0 ]; do
		printf '%s\n\t"%s": [\n\t\t"%s"\n\t]' "$_comma" "$1" "$2"
		_comma=,
		shift 2
	done
	printf '\n}'
}

# told QUERY NAME ADDRESS...: the answer is exactly this.
told() {
	_query=$1
	shift
	object "$@" >wanted
	ask "$_query" >got && cmp -s wanted got
}

# all_tell QUERY NAME ADDRESS...: the same, of every front.
all_tell() {
	_k=0
	while [ "$_k" -lt 12 ]; do
		told "$@" || return 1
		_k=$((_k + 1))
	done
}

want_told() {
	all_tell "$@" || e2e_fail "told $1: $(cat got)"
}

status_has() {
	ctl status >status.out && grep -q "$1" status.out
}

e2e_case answers 60 "clients are told addresses, while the resolver fails too"
answers_body() {
	with_hosts '192.0.2.7 control.example.org' '2001:db8::7 a.example.org' \
	    '192.0.2.9 hidden.example.org'
	WORKERS=2
	EXTRA='bootstrap-dns {
	name "control.example.org"
	name "a.example.org"
	name "none.example.org"
	unpublished name "hidden.example.org"
	refresh every 1
}'
	e2e_start
	wait_until "the names are resolved" all_tell '' a.example.org 2001:db8::7 \
	    control.example.org 192.0.2.7
	wait_until "the hidden one too" all_tell '?q=hidden.example.org' \
	    hidden.example.org 192.0.2.9
	for _q in '' '?q=control.example.org' '?q=none.example.org' '?q=' \
	    '?q=idden.example.org' '?q=other&q=hidden.example.org'; do
		want_told "$_q" a.example.org 2001:db8::7 control.example.org \
		    192.0.2.7
	done
	for _q in '?q=hidden.example.org' '?q=%68idden%2Eexample.org' \
	    '?a=b&q=hidden.example.org'; do
		want_told "$_q" hidden.example.org 192.0.2.9
	done
	curl -sSk -I -m 10 "https://127.0.0.1:$TLS_PORT/bootstrap-dns" >head.out ||
	    e2e_fail "HEAD"
	grep -qi '^connection: close' head.out || e2e_fail "head: $(cat head.out)"
	grep -qi '^content-type: application/json' head.out ||
	    e2e_fail "head: $(cat head.out)"
	status_has '^bootstrap-dns  hidden.example.org (unpublished)$' ||
	    e2e_fail "status: $(cat status.out)"
	grep -q '^  addresses    192.0.2.9$' status.out ||
	    e2e_fail "status: $(cat status.out)"
	wait_until "the name without an address is shown" \
	    status_has '^  error        can.t resolve: '
	[ "$(metric bootstrap_dns_requests)" -ge 100 ] ||
	    e2e_fail "requests: $(grep bootstrap varz)"
	if [ "$(metric bootstrap_dns_published_hits)" -ne 12 ] ||
	    [ "$(metric bootstrap_dns_published_misses)" -ne 12 ] ||
	    [ "$(metric bootstrap_dns_unpublished_hits)" -lt 36 ] ||
	    [ "$(metric bootstrap_dns_unpublished_misses)" -lt 24 ]; then
		e2e_fail "counters: $(grep bootstrap varz)"
	fi
	# The resolver fails: all stays.  It is logged once.
	hosts
	wait_until "the failure is logged" \
	    logged 'control.example.org: can'"'"'t resolve'
	logged 'its last addresses stay' || e2e_fail "another line is logged"
	want_told '' a.example.org 2001:db8::7 control.example.org 192.0.2.7
	hosts '192.0.2.8 control.example.org' '2001:db8::8 a.example.org'
	wait_until "the new addresses are told" told '' a.example.org \
	    2001:db8::8 control.example.org 192.0.2.8
	wait_until "that is logged" \
	    logged 'bootstrap-dns: control.example.org is resolved again'
	[ "$(grep -c 'control.example.org: can.t resolve' derpd.log)" -eq 1 ] ||
	    e2e_fail "the failure is logged more than once"
	e2e_stop
}

# conf BLOCK: write the configuration with this block, and reload it.
conf() {
	sed '/^bootstrap-dns/,/^}/d' derpd.conf >new.conf
	printf '%s\n' "$1" >>new.conf
	cat new.conf >derpd.conf
	ctl reload >/dev/null || e2e_fail "the reload fails"
}

no_resolve() {
	[ -z "$(e2e_children derpd-resolve)" ] && ! status_has 'resolve '
}

empty() {
	[ -z "$(ask '')" ]
}

e2e_case reload 60 "a reload adds and removes names"
reload_body() {
	with_hosts '192.0.2.1 one.example.org' '192.0.2.2 two.example.org'
	e2e_start
	empty || e2e_fail "without names: $(ask '')"
	conf 'bootstrap-dns { name "one.example.org" }'
	wait_until "the name is told" told '' one.example.org 192.0.2.1
	conf 'bootstrap-dns {
	name "one.example.org"
	name "two.example.org"
}'
	wait_until "both are told" told '' one.example.org 192.0.2.1 \
	    two.example.org 192.0.2.2
	# A name that stays keeps what is known of it.
	hosts
	conf 'bootstrap-dns {
	name "two.example.org"
	unpublished name "one.example.org"
}'
	wait_until "one of them is told" told '' two.example.org 192.0.2.2
	want_told '?q=one.example.org' one.example.org 192.0.2.1
	conf ''
	wait_until "no name is told" empty
	wait_until "the process has ended" no_resolve
	e2e_stop
}

# resolves OLD: there is a process, another one than before.
resolves() {
	_new=$(e2e_children resolve)
	[ -n "$_new" ] && [ "$_new" != "$1" ]
}

front_is_new() {
	_new=$(e2e_children front)
	[ -n "$_new" ] && [ "$_new" != "$1" ] &&
	    told '' one.example.org 192.0.2.1
}

e2e_case restart 120 "another resolve and another front know the addresses"
restart_body() {
	with_hosts '192.0.2.1 one.example.org'
	DEATHS=yes
	EXTRA='bootstrap-dns { name "one.example.org" }'
	e2e_start
	wait_until "the name is told" told '' one.example.org 192.0.2.1
	# From here on it can't be resolved any more.
	hosts
	_pid=$(e2e_children front)
	kill -KILL "$_pid"
	wait_until "the next front tells it" front_is_new "$_pid"
	_pid=$(e2e_children resolve)
	kill -KILL "$_pid"
	wait_until "there is another resolve" resolves "$_pid"
	wait_until "it has failed" logged 'its last addresses stay'
	want_told '' one.example.org 192.0.2.1
	e2e_stop
}

e2e_case local 60 "the resolver works in the sandbox; no relay is needed"
local_body() {
	e2e_paths
	e2e_conf
	sed -e '/^relay/,/^}/d' -e '/^mesh/d' derpd.conf >new.conf
	{
		cat new.conf
		echo 'bootstrap-dns { name "localhost" }'
	} >derpd.conf
	"$DERPD" -n -f derpd.conf >check.out 2>&1 ||
	    e2e_fail "the configuration: $(cat check.out)"
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" e2e_listening
	TLS_PORT=$(e2e_port '(tls)')
	wait_until "the name is told" local_told
	e2e_stop
}

local_told() {
	ask '' | grep -q '"127.0.0.1"'
}

# from PORT QUERY CURL-OPTION...: print the answer of that port.  derper wants
# its name.
from() {
	_at=$1 _for=$2
	shift 2
	curl -sSk -m 10 "$@" --resolve "$HOST_NAME:$_at:127.0.0.1" \
	    "https://$HOST_NAME:$_at/bootstrap-dns$_for"
}

derper_start() {
	mkdir certs
	make_ca
	make_cert "certs/$HOST_NAME" "$HOST_NAME" ec
	for _try in 1 2 3 4 5; do
		_port=$(($(od -An -N2 -tu2 /dev/urandom) % 20000 + 20000))
		./seeing "$BENCH_BIN/derper" -a "127.0.0.1:$_port" \
		    -http-port -1 -stun=false -certmode manual -certdir certs \
		    -hostname "$HOST_NAME" -c "$PWD/derper.json" \
		    -bootstrap-dns-names "$1" \
		    -unpublished-bootstrap-dns-names "$2" >derper.log 2>&1 &
		_derper=$!
		echo "$_derper" >>pids
		_n=0
		until from "$_port" '' >/dev/null 2>&1; do
			_n=$((_n + 1))
			kill -0 "$_derper" 2>/dev/null || break
			[ "$_n" -lt "$BOUND" ] || break
			sleep 0.1
		done
		! kill -0 "$_derper" 2>/dev/null || return 0
	done
	cat derper.log
	e2e_fail "derper does not start"
}

# plain FILE: without the time.
plain() {
	tr -d '\r' <"$1" | grep -vi '^date:' | sort
}

# dns_counters FILE: print the counters of /bootstrap-dns that both have.
dns_counters() {
	grep '^bootstrap_dns_' "$1" | grep -v queried_domains | sort
}

# more_than FILE: print by how much counters are above those of the file.
more_than() {
	awk 'NR == FNR { was[$1] = $2; next } { print $1, $2 - was[$1] }' \
	    "$1" -
}

# both_tell: derper has resolved its names, and derpd, too.
both_tell() {
	told '' a.example.org 2001:db8::7 control.example.org 192.0.2.7 &&
	    told '?q=hidden.example.org' hidden.example.org 192.0.2.9 &&
	    from "$_port" '?q=hidden.example.org' | cmp -s got -
}

e2e_case derper 120 "the answers are derper's"
derper_body() {
	[ -x "${BENCH_BIN:-}/derper" ] ||
	    atf_skip "needs derper in the folder \$BENCH_BIN"
	with_hosts '192.0.2.7 control.example.org' '2001:db8::7 a.example.org' \
	    '192.0.2.9 hidden.example.org'
	EXTRA='bootstrap-dns {
	name "control.example.org"
	name "a.example.org"
	unpublished name "hidden.example.org"
}'
	e2e_start
	derper_start control.example.org,a.example.org hidden.example.org
	wait_until "both have the addresses" both_tell
	run curl -sSk -m 10 -o theirs.before --resolve \
	    "$HOST_NAME:$_port:127.0.0.1" "https://$HOST_NAME:$_port/debug/varz"
	metric bootstrap_dns_requests >/dev/null
	dns_counters varz >ours.before
	dns_counters theirs.before >theirs.now && mv theirs.now theirs.before
	for _q in '' '?' '?q' '?q=' '?q=control.example.org' \
	    '?q=hidden.example.org' '?q=Hidden.example.org' '?Q=hidden' \
	    '?q=%68idden.example.org' '?q=hidden+example.org' '?q=%zz' \
	    '?q=%zz&q=hidden.example.org' '?q=a;b&q=hidden.example.org' \
	    '?x=1&q=&q=hidden.example.org' '?&&q=hidden.example.org&q=x'
	do
		for _m in GET POST HEAD; do
			_form=-i
			[ "$_m" != HEAD ] || _form=-I
			from "$TLS_PORT" "$_q" -X "$_m" "$_form" >ours
			from "$_port" "$_q" -X "$_m" "$_form" >theirs
			plain ours >ours.plain
			plain theirs >theirs.plain
			diff theirs.plain ours.plain ||
			    e2e_fail "$_m $_q is answered in another way"
		done
	done
	# Each request was counted by both in the same way.
	metric bootstrap_dns_requests >/dev/null
	run curl -sSk -m 10 -o theirs.after --resolve \
	    "$HOST_NAME:$_port:127.0.0.1" "https://$HOST_NAME:$_port/debug/varz"
	dns_counters varz | more_than ours.before >ours.more
	dns_counters theirs.after | more_than theirs.before >theirs.more
	[ "$(wc -l <ours.more)" -eq 6 ] || e2e_fail "$(cat ours.more)"
	diff theirs.more ours.more || e2e_fail "the counters are others"
	kill "$_derper"
	e2e_stop
}

atf_init_test_cases() {
	for _case in answers reload restart local derper; do
		atf_add_test_case "$_case"
	done
}
