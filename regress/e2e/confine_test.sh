#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The daemon in containers: with their capabilities, filters, users and file
# systems.  It runs and a client logs in (e2e_launch), or it ends with a line
# that names the call and the way out.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

DOCKER=chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap
DOCKER=$DOCKER,setpcap,net_bind_service,sys_chroot,kill,audit_write
DROPPED=net_bind_service,setuid,setgid,sys_chroot

# begin: write derpd.conf; skip where a container can't be imitated.
begin() {
	e2e_need_root "the restrictions of a container"
	command -v setpriv >/dev/null || atf_skip "there is no setpriv"
	e2e_paths
	REAL=$DERPD
	"$SRC/without" landlock 38 true || atf_skip "no filter here"
	e2e_conf
}

# within COMMAND...: derpd is started by this command.
within() {
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$REAL" >derpd.wrapped
	chmod +x derpd.wrapped
	DERPD=$PWD/derpd.wrapped
}

# without CALLS ERRNO: the command for within.
without() {
	echo "'$SRC/without' '$1' $2"
}

# only CAPABILITIES: the command for within; none by "".
only() {
	echo "setpriv --inh-caps=-all --bounding-set=-all$(echo "$1" |
	    sed 's/[a-z_]*/,+&/g; s/,,/,/g; s/,+$//')"
}

# levels FILTER: status shows a level that jq's FILTER accepts for each child.
levels() {
	ctl -j status | jq -e "[.processes[] | select(.role != \"parent\") |
	    .sandbox | $1] | all" >levels.out ||
		e2e_fail "levels: not $1: $(ctl status)"
}

# once TEXT: the log has one line with it.
once() {
	[ "$(grep -cF -e "$1" derpd.log)" -eq 1 ] ||
	    e2e_fail "the log has $(grep -cF -e "$1" derpd.log) lines of: $1"
}

# ends TEXT...: derpd ends, with all this in one line.
ends() {
	! "$DERPD" -d -f derpd.conf >derpd.log 2>&1 || e2e_fail "derpd runs"
	cp derpd.log lines
	for _text; do
		grep -F -e "$_text" lines >rest ||
		    e2e_fail "no line has: $_text"
		mv rest lines
	done
}

# conf LINE...: derpd.conf without users, root and sandbox, and with these.
conf() {
	sed '/^user /d; /^keys user /d; /^chroot /d; /^sandbox /d' derpd.conf \
	    >conf.new
	printf '%s\n' "$@" >>conf.new
	mv conf.new derpd.conf
}

e2e_case docker 60 "Docker's capabilities and filter: nothing is missing"
docker_body() {
	begin
	within "$(without docker 1)" "$(only "$DOCKER")"
	e2e_launch
	levels 'test("user [^,]+, seccomp, landlock( without ports)?$")'
	levels 'startswith("chroot, ") or startswith("user ")'
	! grep -E "can't|refused|stays with" derpd.log ||
	    e2e_fail "something is missing"
	e2e_stop
}

hung_is_replaced() {
	[ "$(e2e_children relay)" != "$1" ] && [ -n "$(e2e_children relay)" ]
}

e2e_case dropped 90 "four capabilities: confined, and a child that hangs is killed"
dropped_body() {
	EXTRA='child timeout 1'
	begin
	within "$(without docker 1)" "$(only "$DROPPED")" --no-new-privs
	e2e_launch
	levels 'test("user [^,]+, seccomp, landlock( without ports)?$")'
	once "derpd.sock: stays with root's group (chown: Operation not permitted)"
	_relay=$(e2e_children relay)
	kill -STOP "$_relay"
	wait_until "the relay worker is replaced" hung_is_replaced "$_relay"
	wait_until "it is gone" e2e_gone "$_relay"
	DEATHS=1
	raw http-upgrades
	e2e_stop
}

# Capabilities of every child: none.
no_capabilities() {
	for _pid in $(e2e_children any); do
		grep -E '^Cap(Prm|Eff|Inh|Amb)' "/proc/$_pid/status" |
		    grep -v 0000000000000000 && return 1
	done
	return 0
}

e2e_case nothing 90 "no capability: what to write, and with that it runs"
nothing_body() {
	begin
	within "$(without docker 1)" "$(only '')"
	ends "can't chroot to " CAP_SYS_CHROOT '`chroot off'
	conf 'user "nobody"' 'keys user "daemon"' 'chroot off'
	ends "can't become user daemon (setgroups)" CAP_SETUID \
	    '`keys user "root"'
	conf 'user "root"' 'keys user "root"' 'chroot off'
	e2e_launch
	levels 'test("^user root, seccomp, landlock( without ports)?$")'
	e2e_stop
	# Root with all capabilities gives them up, too.
	DERPD=$REAL
	e2e_launch
	no_capabilities || e2e_fail "a child has a capability"
	e2e_stop
}

e2e_case no_chroot 60 "chroot off: the user is still changed"
no_chroot_body() {
	begin
	conf 'user "nobody"' 'keys user "daemon"' 'chroot off'
	within "$(only setuid,setgid)"
	e2e_launch
	levels 'test("^user [^,]+, seccomp, landlock( without ports)?$")'
	e2e_stop
}

e2e_case ordinary 60 "an ordinary user without a name, and without root"
ordinary_body() {
	begin
	within "$(without docker 1)" setpriv --reuid=54321 --regid=54321 \
	    --clear-groups --bounding-set=-all
	chown -R 54321:54321 .
	setpriv --reuid=54321 --regid=54321 --clear-groups test -x "$REAL" ||
	    atf_skip "other users can't reach $REAL"
	e2e_launch
	levels 'test("^seccomp, landlock( without ports)?$")'
	once 'not started by root'
	e2e_stop
}

e2e_case one_id 60 "a user namespace with root alone"
one_id_body() {
	begin
	unshare -U -r true || atf_skip "no user namespaces here"
	within unshare -U -r
	e2e_launch
	levels 'test("^(chroot, )?user root, seccomp, landlock( without .*)?$")'
	no_capabilities || e2e_fail "a child has a capability"
	once 'user, keys user: this user namespace has no other user than root'
	run "$DERPD" -n -f derpd.conf
	e2e_stop
	conf 'user "root"' 'keys user "root"' "chroot \"$PWD/empty\""
	e2e_launch
	! logged 'user namespace' || e2e_fail "it warns of what is meant"
	e2e_stop
}

# with_ids N: derpd is root of a user namespace with N ids, as newuidmap makes
# it.
with_ids() {
	cat >ids <<END
here=\$(readlink /proc/self/ns/user) pid=\$\$
{
	while [ "\$(readlink /proc/\$pid/ns/user)" = "\$here" ]; do
		sleep 0.05
	done
	echo "0 0 $1" >/proc/\$pid/gid_map
	echo "0 0 $1" >/proc/\$pid/uid_map
} &
exec unshare -U sh -c '
	until grep -q . /proc/self/uid_map; do sleep 0.05; done
	exec setpriv --reuid=0 --regid=0 --clear-groups "\$@"' - "\$@"
END
	sh ./ids true || atf_skip "no user namespaces here"
	within sh "'$PWD/ids'"
}

e2e_case ids 60 "a user namespace with ids: the children's users, or not"
ids_body() {
	begin
	with_ids 65536
	e2e_launch
	levels 'test("user [^,]+, seccomp, landlock( without ports)?$")'
	levels 'contains("user root") | not'
	! logged 'user namespace' || e2e_fail "a user namespace is no matter"
	e2e_stop
	with_ids 10
	conf 'user "nobody"' 'keys user "daemon"' 'chroot off'
	ends 'user "nobody": the user namespace lacks the id' \
	    '/proc/self/uid_map' '`user "NAME"'
}

e2e_case read_only 60 "a read-only root: with an empty directory, and without"
read_only_body() {
	begin
	_at=$PWD
	cat >mounts <<END
mount --bind . . && cd . && mount -o remount,ro,bind / &&
exec "\$@"
END
	unshare -m sh ./mounts true || atf_skip "no mounts here"
	within unshare -m sh "'$_at/mounts'"
	e2e_launch
	levels 'test("user [^,]+, seccomp, landlock( without ports)?$")'
	e2e_stop
	conf 'user "nobody"' 'keys user "daemon"' 'chroot "/no-such-directory"'
	ends "chroot /no-such-directory" "(mkdir: Read-only file system)" \
	    '`chroot off'
}

e2e_case gvisor 60 "like gVisor: no Landlock, no probe of seccomp"
gvisor_body() {
	begin
	within "$(without landlock,execveat,io_uring_setup,close_range 38)" \
	    "$(without seccomp/0=2 22)" "$(without ioctl/1=0x894b 25)" \
	    "$(without setpriority 38)"
	e2e_launch
	levels 'endswith(", seccomp, no landlock")'
	once 'sandbox: this kernel has no Landlock (landlock_create_ruleset: '
	once "can't lower the priority (setpriority)"
	e2e_stop
}

e2e_case no_seccomp 90 "seccomp is refused: by prctl, else off must be written"
no_seccomp_body() {
	begin
	within "$(without seccomp 1)"
	e2e_launch
	levels 'test("user [^,]+, seccomp, landlock( without ports)?$")'
	for _pid in $(e2e_children any); do
		grep -q '^Seccomp_filters:[[:space:]]*2' "/proc/$_pid/status" ||
		    e2e_fail "$_pid has not its own filter"
	done
	e2e_stop
	within "$(without seccomp,prctl/0=22 1)"
	ends "can't enter the sandbox seccomp" \
	    '(seccomp, prctl PR_SET_SECCOMP)' '`sandbox off'
	echo 'sandbox off' >>derpd.conf
	e2e_launch
	levels 'endswith(", sandbox off")'
	once 'sandbox off: the children are not confined'
	e2e_stop
}

e2e_case sandbox_seccomp 60 "sandbox seccomp: no Landlock, and no line about it"
sandbox_seccomp_body() {
	begin
	echo 'sandbox seccomp' >>derpd.conf
	for _errno in 1 22 38; do
		within "$(without landlock "$_errno")"
		e2e_launch
		levels 'test("user [^,]+, seccomp$")'
		! grep -i landlock derpd.log || e2e_fail "it names Landlock"
		e2e_stop
	done
}

e2e_case refused 90 "without execveat and prlimit64; not without memfd_create"
refused_body() {
	begin
	e2e_need_plain "it needs the limit of core dumps itself"
	within "$(without execveat,prlimit64/1=4 1)"	# RLIMIT_CORE
	e2e_launch
	levels 'test("user [^,]+, no limits, seccomp, landlock")'
	once "can't limit core dumps and new processes (setrlimit, prlimit64: "
	e2e_stop
	within "$(without memfd_create 1)"
	ends "can't make the memory that processes share (memfd_create" \
	    "let the container's filter allow"
}

reaped() {
	! ps -A -o ppid=,stat=,comm= | awk -v p="$1" \
	    '$1 == p && $2 ~ /^Z/ { found = 1 } END { exit !found }'
}

# first SIGNAL: derpd is process 1; it reaps what others leave, and ends.
first() {
	e2e_launch
	_first=$(ps -o pid= --ppid "$PID" | tr -d ' ')
	nsenter -t "$_first" -p -m sh -c '(sleep 0.2; exit 7) & exit 0'
	sleep 0.5
	wait_until "the orphan is reaped" reaped "$_first"
	kill "-$1" "$_first"
	wait_until "derpd ends by $1" e2e_stopped
	wait "$PID" || e2e_fail "derpd as process 1 exits $? after $1"
	e2e_check_log
}

e2e_case process_1 60 "as the first process of a container"
process_1_body() {
	begin
	unshare -p -f --mount-proc true || atf_skip "no namespaces here"
	within unshare -p -f --mount-proc
	first TERM
	first INT
}

atf_init_test_cases() {
	atf_add_test_case docker
	atf_add_test_case dropped
	atf_add_test_case nothing
	atf_add_test_case no_chroot
	atf_add_test_case ordinary
	atf_add_test_case one_id
	atf_add_test_case ids
	atf_add_test_case read_only
	atf_add_test_case gvisor
	atf_add_test_case no_seccomp
	atf_add_test_case sandbox_seccomp
	atf_add_test_case refused
	atf_add_test_case process_1
}
