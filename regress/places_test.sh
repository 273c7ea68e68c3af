#! /usr/bin/env atf-sh
# shellcheck shell=sh
# What it takes to add an option, a message, a counter, a frame, a role and a
# fault that derpctl check finds: the patches of regress/places/ add one of each.
# A patch changes as many files as the table below "To add" in ARCHITECTURE.md
# says, and what it adds works.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/e2e/common.sh"
# shellcheck source=regress/check/net.sh
. "$(atf_get_srcdir)/check/net.sh"

ALL="option message counter frame role fault"

# The tests that hold tables against manuals and against the code, and the test
# of what starts processes.
TESTS="derpd/conf/conf_man_test derpd/conf/conf_print_test
    derpd/parent/procs_test derpd/relay/derp/session_test
    derpd/conn/stats_test lib/ipc/messages_test lib/ipc/msg_test
    lib/ipc/relayconf_test lib/net/frame_test lib/check/faults_test"

top() {
	(cd "$(atf_get_srcdir)/.." && pwd)
}

# places NAME: the files that its patch changes, without the folder of the new
# thing itself, which is where it makes files.
places() {
	awk '/^--- / { new = $2 == "/dev/null" }
	/^\+\+\+ / && !new { sub(/^b\//, "", $2); print $2 }
	' "$TOP/regress/places/$1.patch"
}

atf_test_case count
count_head() {
	atf_set descr "the places of a new thing are as many as is said"
}
count_body() {
	TOP=$(top)
	for _name in $ALL; do
		_said=$(sed -n "s/^| $_name | \([0-9]*\) |.*/\1/p" \
		    "$TOP/ARCHITECTURE.md")
		[ -n "$_said" ] ||
		    atf_fail "ARCHITECTURE.md has no row for: $_name"
		places "$_name" >files
		_is=$(grep -c . files)
		[ "$_is" -eq "$_said" ] || {
			cat files
			atf_fail "$_name: $_is files, ARCHITECTURE.md: $_said"
		}
	done
}

# What was built of the tree is copied along: what no patch touches is not
# compiled again.  Optimizing would take longer than all the rest.
copy_and_build() {
	mkdir tree
	(cd "$TOP" && find configure Makefile build.mk config.mk sources.mk \
	    depend.mk compat lib derpd derpctl stund derpmapd acme-helper derpbridge \
	    man etc regress -type f ! -name '*_test' ! -name '*_fuzz' \
	    ! -path 'regress/interop/*' ! -path 'regress/mutants/*' \
	    ! -path 'regress/fuzz/*' ! -path 'regress/records/target/*' |
	    tar -cf - -T -) | (cd tree && tar -xpf -)
	cd tree || exit 1
	for _name in $ALL; do
		patch -p1 -s -f <"$TOP/regress/places/$_name.patch" ||
		    atf_fail "regress/places/$_name.patch is stale"
	done
	# shellcheck disable=SC2086	# words
	{ sh etc/sources && "${MAKE:-make}" -f build.mk -j 2 WARN= \
	    CFLAGS="-std=c11 -O0 -fPIE" all $TESTS; } >../build.log 2>&1 ||
	    { tail -n 30 ../build.log; atf_fail "the copy is not built"; }
	cd .. || exit 1
}

# run_case PROGRAM CASE
run_case() {
	rm -rf work
	mkdir work
	(cd work && "$COPY/$1" -s "$COPY/${1%/*}" "$2") >test.out 2>&1 ||
	    { cat test.out; atf_fail "$1:$2"; }
}

example_ready() {
	grep -q 'example ready' derpd.log
}

# A relay that has the example of a fault: it is found, and no other.
find_fault() {
	sh "$TOP/regress/interop/build.sh" "$COPY/regress/check/broken/broken" \
	    "$COPY/regress/check/broken" >go.log 2>&1
	case $? in
	0)	;;
	77)	return ;;
	*)	cat go.log
		atf_fail "the copy's broken servers are not built" ;;
	esac
	net_begin
	run inside "$BROKEN" -dir "$PWD" -derpctl "$DERPCTL" -group http \
	    -row example-server
}

e2e_case works 600 "what the patches add works"
works_cleanup() {
	e2e_cleanup
	e2e_namespace_end
}
works_body() {
	TOP=$(top)
	[ -f "$TOP/config.mk" ] || atf_skip "the tree is not built"
	command -v patch >/dev/null 2>&1 || atf_skip "needs patch"
	! grep -q __asan_init "$TOP/derpd/derpd" ||
	    atf_skip "with the address sanitizer it would take too long"
	copy_and_build
	COPY=$PWD/tree
	for _test in $TESTS; do
		for _case in $("$COPY/$_test" -l |
		    sed -n 's/^ident: //p'); do
			run_case "$_test" "$_case"
		done
	done
	run_case regress/e2e/programs_test.sh libraries
	# The role runs, and lives on when it is asked for signs of life.
	SRC=$COPY/regress/e2e
	DERPD=$COPY/derpd/derpd
	DERPCTL=$COPY/derpctl/derpctl
	RAWDERP=$TOP/regress/e2e/rawderp
	WORKERS=1 CERTS='' RELAY='sample 5' MESH=1 DEATHS='' LISTEN=''
	ANSWERS=http-upgrades
	EXTRA='child timeout 1'
	e2e_start
	wait_until "the example is ready" example_ready
	_pid=$(e2e_children example)
	sleep 3
	if [ -z "$_pid" ] || [ "$_pid" != "$(e2e_children example)" ]; then
		e2e_fail "the example does not stay"
	fi
	e2e_stop
	BROKEN=$COPY/regress/check/broken/broken
	find_fault
}

atf_init_test_cases() {
	atf_add_test_case count
	atf_add_test_case works
}
