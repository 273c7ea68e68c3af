#! /usr/bin/env atf-sh
# shellcheck shell=sh
# What preflight.sh says of this system, and of one that lacks something.

# system: a system in the folder `root' that has all.
system() {
	SRC=$(cd "$(atf_get_srcdir)" && pwd)
	mkdir -p root/proc/self root/proc/net root/etc root/dev root/tmp
	echo 'Name: sh' >root/proc/self/status
	echo '  |-- 127.0.0.1' >root/proc/net/fib_trie
	echo '00000000000000000000000000000001 01 80 10 80 lo' \
	    >root/proc/net/if_inet6
	printf '# 127.0.0.1 localhost\n127.0.0.1\tbox localhost # us\n' \
	    >root/etc/hosts
	printf 'daemon:x:1:1::/:\nnobody:x:65534:65534::/:\n' >root/etc/passwd
	for _d in null urandom ptmx; do
		ln -s "/dev/$_d" "root/dev/$_d"
	done
}

preflight() {
	ROOT=$PWD/root TMPDIR=/tmp sh "$SRC/preflight.sh" 2>err
}

# lacks PATTERN: one thing is missing, which is named; then it is there again.
lacks() {
	! preflight || atf_fail "not missed: $1"
	[ "$(wc -l <err)" -eq 2 ] || atf_fail "not one: $(cat err)"
	grep -q "^check: $1" err || atf_fail "not $1: $(cat err)"
	rm -rf root
	system
}

atf_test_case here
here_head() {
	atf_set descr "this system has all that the tests need"
}
here_body() {
	sh "$(atf_get_srcdir)/preflight.sh" || atf_fail "it lacks something"
}

atf_test_case missing
missing_head() {
	atf_set descr "what is missing is named, with the cure"
}
missing_body() {
	system
	preflight || atf_fail "something is missing: $(cat err)"
	if [ "$(uname -s)" = Linux ]; then
		rm -r root/proc/self
		lacks '/proc is not mounted: mount -t proc'
		: >root/proc/net/fib_trie
		lacks 'the loopback interface has no 127.0.0.1: ip link'
		rm root/proc/net/if_inet6
		lacks 'the loopback interface has no ::1: ip link'
	fi
	echo '127.0.0.1 localhost.example' >root/etc/hosts
	lacks '/etc/hosts does not have localhost .*: echo'
	rm root/etc/hosts
	lacks '/etc/hosts does not have localhost .*: echo'
	rm root/dev/ptmx
	lacks '/dev/ptmx is missing: mount'
	rmdir root/tmp
	lacks '/tmp is not writable: chmod'
	[ "$(id -u)" -eq 0 ] || return 0
	sed -i /daemon/d root/etc/passwd
	lacks 'there is no user daemon: useradd'
}

atf_init_test_cases() {
	atf_add_test_case here
	atf_add_test_case missing
}
