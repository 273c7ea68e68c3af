# shellcheck shell=sh
# Shared by the tests of the whole service with Pebble.

# shellcheck source=regress/acme/pebble.sh
. "$(atf_get_srcdir)/pebble.sh"
# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"

# derpd with an acme section, for the names given besides HOST_NAME.
# shellcheck disable=SC2034	# e2e_conf uses them
with_acme() {
	: "${RAWDERP:=$(atf_get_srcdir)/../e2e/rawderp}"
	SRC=
	e2e_paths
	LISTEN=${ACME_LISTEN:-"listen on 127.0.0.1 port 0 tls
listen on 127.0.0.1 port $HTTP"}
	for _n; do
		LISTEN="$LISTEN
hostname \"$_n\""
	done
	CERTS="acme {
	contact \"admin@$HOST_NAME\"
	directory \"$DIRECTORY\"
	ca file \"$PWD/ca.crt\"
	${ACME:-profile \"default\"}
}"
	# The helper reads the CA certificates as its own user.
	chmod 755 . && chmod 644 ca.crt
	e2e_users >/dev/null
	WORKERS=2
	e2e_conf
	derpd_launch
}

# Like e2e_launch, with a detailed log.
derpd_launch() {
	: >derpd.log
	"$DERPD" -dv -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd listens" e2e_listening
	TLS_PORT=$(e2e_port '(tls)')
	PLAIN_PORT=$(e2e_port '(plain)')
	wait_until "derpd is ready" grep -q "derpd 1.0 ready" derpd.log
}

logged() {
	grep -Eq "$1" derpd.log
}

# The certificate that is served: its issuer, and its serial number.
served() {
	openssl s_client -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" </dev/null 2>/dev/null |
	    openssl x509 -noout -issuer -serial
}

served_by_pebble() {
	served | grep -q "Pebble"
}

# derpctl for this derpd; its output is in ctl.out and ctl.err.
ask_derpd() {
	"${DERPCTL:-$SRC/derpctl/derpctl}" -s derpd.sock "$@" >ctl.out 2>ctl.err
}

ask_good() {
	ask_derpd "$@" || e2e_fail "derpctl $*: $(cat ctl.err)"
}
