# shellcheck shell=sh
# Shared by the tests with badhelper in place of acme-helper.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"

# The outcomes of lib/ipc/msg.h, and the jobs.
# shellcheck disable=SC2034	# the tests use them
STOPPED=1 UNREACHABLE=2 REFUSED=7 ACCOUNT=9 NEXT_KEY=10
# shellcheck disable=SC2034	# the tests use them
ISSUE=1 ARI=2 REVOKE=3 ROLL=4

# The directories of the children's programs and of badhelper's commands.
BAD=libexec/derpd

# Programs and derpd.conf for a derpd with badhelper in this directory.
# shellcheck disable=SC2034	# e2e_conf uses them
bad_files() {
	: "${RAWDERP:=$(atf_get_srcdir)/../e2e/rawderp}"
	e2e_paths
	mkdir -p sbin "$BAD" state
	chmod 700 state
	cp "$DERPD" sbin/derpd
	for _p in $(e2e_programs); do
		cp "$SRC/../../$_p" "$BAD"
	done
	cp "$SRC/badhelper" "$BAD/acme-helper"
	DERPD=$PWD/sbin/derpd
	WORKERS=${BAD_WORKERS:-1}
	CERTS="acme {
	contact \"admin@$HOST_NAME\"
	directory \"https://127.0.0.1:1/dir\"
	${ACME:-}
}
${OTHER:-}"
	e2e_users >/dev/null
	chmod 755 . sbin libexec "$BAD"
	DEATHS=yes
	e2e_conf
}

# derpd in a directory of its own, with badhelper.
bad_start() {
	bad_files
	e2e_launch
	wait_until "derpd is ready" logged "derpd 1.0 ready"
}

# helper COMMANDS: run these lines in badhelper and wait until it is done.
helper() {
	_before=$(grep -c '^done' "$BAD"/helper.log)
	fatal_to_helper "$@"
	wait_until "the helper does: $*" helper_did $((_before + $#))
}

# The same for commands that may end badhelper.
fatal_to_helper() {
	printf '%s\n' "$@" >cmd.new
	mv cmd.new "$BAD"/helper.cmd
}

helper_did() {
	[ "$(grep -c '^done' "$BAD"/helper.log)" -ge "$1" ]
}

heard() {
	grep -q "$1" "$BAD"/helper.log
}

heard_times() {
	[ "$(grep -c "$2" "$BAD"/helper.log)" -ge "$1" ]
}

logged() {
	grep -Eq "$1" derpd.log
}

logged_times() {
	[ "$(grep -Ec "$2" derpd.log)" -ge "$1" ]
}

# The key of the present order: the newest.
order_key() {
	find state -name 'acme-????????????????.key' -exec ls -t {} + |
	    head -n 1
}

# authority NAME: NAME.ca.crt and NAME.ca.key, all of the same subject.
authority() {
	run openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
	    -nodes -days 100 -subj "/CN=test authority" \
	    -keyout "$1.ca.key" -out "$1.ca.crt"
}

# leaf FILE KEY NAME DAYS: a certificate of the authority "good" in FILE, with
# the chain.
leaf() {
	printf '%s\n' "subjectAltName=DNS:$3" \
	    'authorityKeyIdentifier=keyid' >leaf.ext
	run openssl req -new -key "$2" -subj "/CN=$3" -out leaf.csr
	run openssl x509 -req -in leaf.csr -CA good.ca.crt \
	    -CAkey good.ca.key -CAcreateserial -days "$4" \
	    -extfile leaf.ext -out leaf.crt
	cat leaf.crt good.ca.crt >"$BAD/$1"
}

# A first certificate, by a correct order.
first() {
	authority good
	wait_until "a first order" heard "^job $ISSUE"
	leaf chain.pem "$(order_key)" "$HOST_NAME" 90
	helper "chain chain.pem"
	wait_until "it is in force" logged "certificate for $HOST_NAME and"
	cp state/acme.crt first.crt
	# The renewal window is requested at once.
	wait_until "the window is asked for" heard "^job $ARI"
	_now=$(date +%s)
	helper "window $((_now + 864000)) $((_now + 1728000)) x"
}

# Begin a renewal.
renew() {
	_n=$(grep -c "^job $ISSUE" "$BAD"/helper.log)
	ctl cert renew >renew.out 2>&1 &
	_ctl=$!
	wait_until "an order" heard_times $((_n + 1)) "^job $ISSUE"
}

served_first() {
	[ "$(served_serial)" = "$(openssl x509 -in first.crt -noout -serial)" ]
}
