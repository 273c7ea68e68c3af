#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The variables and flags of derper, as a user gives them: derpd -E, and derpctl
# convert.  What is printed is a configuration that derpd takes.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# env_certs: a certificate as derper -certmode manual has it.
env_certs() {
	e2e_paths
	mkdir -p certs
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" \
	    -addext "subjectAltName=DNS:$1" -keyout "certs/$1.key" \
	    -out "certs/$1.crt" 2>/dev/null || e2e_fail "no certificate"
	chmod 600 "certs/$1.key"
}

# env_vars: print the variables of a small set-up.
env_vars() {
	cat <<-END
	# the relay
	DERP_DOMAIN='relay.example.org'
	DERP_ADDR=127.0.0.1:443
	DERP_CERT_MODE=manual
	DERP_CERTS="$PWD/certs"
	DERP_CONFIG_PATH=$PWD/derper.key
	DERP_STUN_PORT=-1	# off
	DERP_TCP_USER_TIMEOUT=1m30s
	DERP_HOME=blank
	END
}

e2e_case convert 60 "derpctl convert prints what derpd -n takes"
convert_body() {
	env_certs relay.example.org
	env_vars >.env
	run "$DERPCTL" convert env .env >env.conf
	grep -q 'user timeout 90000' env.conf || e2e_fail "no user timeout"
	grep -v '^#' env.conf >env.lines.all
	run "$DERPCTL" convert derper -- -hostname relay.example.org \
	    -a 127.0.0.1:443 -certmode manual -certdir "$PWD/certs" \
	    -c "$PWD/derper.key" -stun=false -tcp-user-timeout 1m30s \
	    --home=blank >flags.conf
	run "$DERPCTL" convert derper -- -hostname relay.example.org \
	    -a 9.9.9.9:443 -http-port -1 -acme-ip-certs -stun=false \
	    -c "$PWD/derper.key" >acme.conf
	grep -q '^hostname "9.9.9.9"' acme.conf || e2e_fail "$(cat acme.conf)"
	for f in env flags acme; do
		grep -v '^#' "$f.conf" | grep -v '^statedir' >"$f.lines"
		{
			cat "$f.lines"
			echo "statedir \"$PWD/state\""
			e2e_users
		} >"$f.conf"
		run "$DERPD" -n -f "$f.conf" >"$f.out"
	done
	run cmp env.lines flags.lines
	# A boolean that is neither true nor false does not count.
	echo 'DERP_VERIFY_CLIENTS=yes' >>.env
	run "$DERPCTL" convert env .env >out
	grep -q '^# DERP_VERIFY_CLIENTS: "yes" does not count' out ||
	    e2e_fail "not named: $(cat out)"
	grep -v '^#' out | cmp -s - env.lines.all || e2e_fail "it counts"
	# What is wrong is named, and nothing is printed.
	echo 'DERP_STUN_PORT=no' >>.env
	if "$DERPCTL" convert env .env >out 2>err; then
		e2e_fail "accepted: $(cat out)"
	fi
	[ ! -s out ] || e2e_fail "printed: $(cat out)"
	grep -q 'DERP_STUN_PORT: "no": expected a port' err ||
	    e2e_fail "not named: $(cat err)"
}

# env_derpd ARGUMENT...: derpd with the variables of .env alone.
env_derpd() {
	(
		set -a
		# shellcheck disable=SC1091	# made above
		. ./.env
		exec "$DERPD" "$@"
	)
}

e2e_case options 60 "derpd -E has no file, and answers DERP_PRINT_VERSION"
options_body() {
	env_certs relay.example.org
	env_vars >.env
	if env_derpd -E -f derpd.conf >out 2>&1; then
		e2e_fail "-E with -f is accepted"
	fi
	grep -q 'without -D and -f' out || e2e_fail "not said: $(cat out)"
	# Without our users root gets an error behind the configuration.
	env_derpd -E -n -v >out 2>err || grep -q 'no such user' err ||
	    e2e_fail "$(cat err)"
	grep -q "^statedir \"$PWD/derpd\"" out || e2e_fail "$(cat out err)"
	[ ! -d derpd ] || e2e_fail "derpd -n made the state directory"
	echo DERP_HTTP_PROT=8080 >>.env
	env_derpd -E -n >out 2>&1 || :
	grep -q 'DERP_HTTP_PROT is not known and ignored: did you mean DERP_HTT' \
	    out || e2e_fail "not said: $(cat out)"
	echo DERP_PRINT_VERSION=true >>.env
	env_derpd -E >out 2>err || e2e_fail "$(cat err)"
	# shellcheck disable=SC2031	# of another subshell
	[ "$(cat out)" = "$("$DERPD" -V)" ] || e2e_fail "$(cat out)"
}

# plain_user COMMAND...: as an ordinary user.
plain_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid nobody --regid nogroup --clear-groups "$@"
	else
		"$@"
	fi
}

e2e_case background 60 "derpd -E in the background, as an ordinary user"
background_body() {
	env_certs relay.example.org
	# A directory that another user reaches.
	mktemp -d /tmp/derpd-env.XXXXXX >dir
	cd "$(cat dir)" || e2e_fail "no directory"
	chmod 755 .
	mv "$OLDPWD/certs" .
	[ "$(id -u)" -ne 0 ] || chown -R nobody .
	# shellcheck disable=SC2031	# of another subshell
	plain_user test -x "$DERPD" 2>/dev/null ||
	    atf_skip "an ordinary user can't run the programs here"
	[ ! -w /var/run ] || [ "$(id -u)" -eq 0 ] ||
	    atf_skip "this user may write to /var/run"
	env_vars | sed -e "s/:443/:$(free_port)/" >.env
	echo DERP_HTTP_PORT=-1 >>.env
	echo DERP_VERIFY_CLIENTS=yes >>.env
	(
		set -a
		# shellcheck disable=SC1091	# made above
		. ./.env
		# shellcheck disable=SC2031	# of another subshell
		plain_user "$DERPD" -E >out 2>&1
	) || e2e_fail "derpd -E: $(cat out)"
	for _line in 'DERP_VERIFY_CLIENTS: "yes" does not count' \
	    "derpctl -s $PWD/derpd/derpd.sock"; do
		grep -q -e "$_line" out || e2e_fail "not said: $(cat out)"
	done
	# shellcheck disable=SC2031	# of another subshell
	_ctl="$DERPCTL -s $PWD/derpd/derpd.sock"
	# shellcheck disable=SC2086	# words
	_pid=$($_ctl -j status | sed -n 's/.*"pid":\([0-9]*\),"config".*/\1/p')
	[ -n "$_pid" ] || e2e_fail "no process id in the status"
	echo "$_pid" >>"$OLDPWD/pids"
	# shellcheck disable=SC2086	# words
	run $_ctl reload
	kill -TERM "$_pid"
	wait_until "it ends" [ ! -e derpd/derpd.sock ]
}

background_cleanup() {
	e2e_cleanup
	[ ! -f dir ] || rm -rf "$(cat dir)"
}

atf_init_test_cases() {
	atf_add_test_case convert
	atf_add_test_case options
	atf_add_test_case background
}
