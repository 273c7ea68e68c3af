# shellcheck shell=sh
# Shared by the tests with Pebble: an ACME directory on free ports with its own
# CA, and Pebble's default nonce rejection and delays.
#
# PEBBLE_BIN and ACMEDRIVE in the environment replace the programs of this
# build.

BOUND=300			# polls of 0.1 s: for all that must happen

# acme_case NAME SECONDS DESCRIPTION: a test case with a time-out and clean-up.
acme_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$3"
	eval "$1_head() {
		atf_set descr \"\$$1_descr\"
		atf_set timeout $2
	}"
	eval "$1_cleanup() { acme_cleanup; }"
}

acme_cleanup() {
	[ -f pids ] || return 0
	while read -r _pid; do
		# Another process may have got the number meanwhile.
		if [ ! -d /proc/self ] ||
		    grep -qs "$PWD" "/proc/$_pid/environ"; then
			kill -KILL "$_pid" 2>/dev/null
		fi
	done <pids
	return 0
}

acme_paths() {
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	: "${ACMEDRIVE:=$SRC/acmedrive}"
	: "${PEBBLE_BIN:=$SRC/bin}"
	[ -x "$PEBBLE_BIN/pebble" ] ||
	    atf_skip "Pebble was not built (regress/acme/build.sh)"
	command -v curl >/dev/null 2>&1 || atf_skip "there is no curl"
	RETRY_AUTHZ=1 RETRY_ORDER=1 EAB='' VALIDITY=7776000
	PEBBLE_ENV=''
}

acme_fail() {
	for _f in pebble.log drive.out drive.err; do
		[ -f "$_f" ] && tail -n 30 "$_f" | sed "s/^/$_f: /" >&2
	done
	atf_fail "$*"
}

# wait_until WHAT COMMAND...: poll the command until it succeeds.
wait_until() {
	_what=$1
	shift
	_n=0
	until "$@" >/dev/null 2>&1; do
		_n=$((_n + 1))
		[ "$_n" -le "$BOUND" ] || acme_fail "waited in vain: $_what"
		sleep 0.1
	done
}

# A CA and a certificate for Pebble's own HTTPS.
pebble_cert() {
	[ -f https.crt ] && return
	{
		openssl req -x509 -newkey ec -pkeyopt \
		    ec_paramgen_curve:P-256 -nodes -days 3 \
		    -subj "/CN=test authority" -keyout ca.key -out ca.crt &&
		openssl req -new -newkey ec -pkeyopt \
		    ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
		    -keyout https.key -out https.csr &&
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' \
		    >https.ext &&
		openssl x509 -req -in https.csr -CA ca.crt -CAkey ca.key \
		    -days "${HTTPS_DAYS:-2}" -extfile https.ext -out https.crt
	} >openssl.out 2>&1 || atf_fail "$(cat openssl.out)"
}

# pebble_start: start both programs, Pebble with PEBBLE_ENV in its environment.
# Sets DIRECTORY, MANAGE (Pebble's), CHALL (pebble-challtestsrv's), HTTP (the
# port of the validation), TLS (the same by TLS-ALPN-01), OTHER, a free port.
# HTTP is kept if it is set.
# With RELAY_ANSWERS pebble-challtestsrv does not answer on HTTP.
pebble_start() {
	pebble_cert
	# Try again if another process took a port meanwhile.
	for _try in 1 2 3; do
		# shellcheck disable=SC2046	# a word a port
		set_ports $("$ACMEDRIVE" ports 7)
		pebble_launch && return
	done
	acme_fail "pebble does not start"
}

# shellcheck disable=SC2034	# the tests use them
set_ports() {
	ACME_PORT=$1 MANAGE=$2 CHALL=$3 DNS=$4 OTHER=$6 TLS=$7
	: "${HTTP:=$5}"
	[ -z "${RELAY_ANSWERS:-}" ] || ANSWER=127.0.0.1:$OTHER
	DIRECTORY=https://localhost:$ACME_PORT/dir
}

pebble_config() {
	cat <<-END
	{ "pebble": {
		"listenAddress": "127.0.0.1:$ACME_PORT",
		"managementListenAddress": "127.0.0.1:$MANAGE",
		"certificate": "https.crt",
		"privateKey": "https.key",
		"httpPort": $HTTP,
		"tlsPort": $TLS,
		"ocspResponderURL": "",
		"domainBlocklist": ["blocked.test"],
		"retryAfter": { "authz": $RETRY_AUTHZ, "order": $RETRY_ORDER },
		$EAB
		"keyAlgorithm": "ecdsa",
		"profiles": {
			"default": {
				"description": "as usual",
				"validityPeriod": $VALIDITY
			},
			"shortlived": {
				"description": "six days",
				"validityPeriod": 518400
			}
		}
	} }
	END
}

pebble_launch() {
	pebble_config >pebble.json
	"$PEBBLE_BIN/pebble-challtestsrv" -dnsserver "127.0.0.1:$DNS" \
	    -management "127.0.0.1:$CHALL" -doh '' -https01 '' -tlsalpn01 '' \
	    -http01 "${ANSWER-127.0.0.1:$HTTP}" -defaultIPv6 '' \
	    >chall.log 2>&1 &
	CHALL_PID=$!
	echo "$CHALL_PID" >>pids
	pebble_again
}

# Start Pebble itself, on the same ports.
pebble_again() {
	# One word for each variable.
	# shellcheck disable=SC2086
	env $PEBBLE_ENV "$PEBBLE_BIN/pebble" -config pebble.json \
	    -dnsserver "127.0.0.1:$DNS" >>pebble.log 2>&1 &
	PEBBLE_PID=$!
	echo "$PEBBLE_PID" >>pids
	_n=0
	until curl -s --cacert ca.crt "$DIRECTORY" >dir.json 2>&1 &&
	    curl -s "http://127.0.0.1:$CHALL/" >/dev/null 2>&1; do
		_n=$((_n + 1))
		kill -0 "$PEBBLE_PID" 2>/dev/null || return 1
		kill -0 "$CHALL_PID" 2>/dev/null || return 1
		[ "$_n" -le "$BOUND" ] || return 1
		sleep 0.1
	done
}

pebble_stop() {
	kill "$PEBBLE_PID"
	wait "$PEBBLE_PID"
}

# drive [OPTIONS] JOB NAME...: run a job; its last line is in drive.out.
drive() {
	"$ACMEDRIVE" -v -d "$DIRECTORY" -C ca.crt -m "$CHALL" -k account.key \
	    -K cert.key -o chain.pem "$@" >drive.out 2>drive.err
}

# good [OPTIONS] JOB NAME...: it must succeed.
good() {
	drive "$@" || acme_fail "failed: $*"
	if grep -E 'Sanitizer|runtime error:' drive.err >&2; then
		acme_fail "a sanitizer reported"
	fi
}

# bad END PATTERN [OPTIONS] JOB NAME...: it must fail with this outcome and a
# line that matches the pattern.
bad() {
	_end=$1 _pattern=$2
	shift 2
	if drive "$@"; then
		acme_fail "succeeded: $*"
	fi
	grep -Eq "^$_end .*$_pattern" drive.out ||
	    acme_fail "expected $_end, $_pattern"
	if grep -E 'Sanitizer|runtime error:' drive.err >&2; then
		acme_fail "a sanitizer reported"
	fi
}

# names_of FILE: the alternative names of the first certificate, in one line.
names_of() {
	openssl x509 -in "$1" -noout -ext subjectAltName | sed -n '2s/ //gp'
}

# chall PATH JSON: send a request to pebble-challtestsrv.
chall() {
	curl -sf -d "$2" "http://127.0.0.1:$CHALL/$1" >/dev/null ||
	    acme_fail "pebble-challtestsrv refuses $1"
}
