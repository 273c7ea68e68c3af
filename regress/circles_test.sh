#! /usr/bin/env atf-sh
# shellcheck shell=sh
# What circles.sh says of the tree, and of a copy of it with one more include.

# copy: the sources, here.
copy() {
	TOP=$(cd "$(atf_get_srcdir)/.." && pwd)
	mkdir tree
	(cd "$TOP" && find lib compat derpd stund derpmapd acme-helper derpbridge derpctl \
	    -name '*.[chy]' | tar -cf - -T - ) | (cd tree && tar -xf -)
	cd tree || exit 1
}

atf_test_case tree
tree_head() {
	atf_set descr "the folders of the tree include each other one way"
}
tree_body() {
	TOP=$(cd "$(atf_get_srcdir)/.." && pwd)
	cd "$TOP" || exit 1
	sh regress/circles.sh || atf_fail "there are circles"
}

# finds PATTERN...: circles.sh prints a line for each and fails.
finds() {
	! sh "$TOP/regress/circles.sh" >found 2>&1 || atf_fail "no circle"
	for p in "$@"; do
		grep -q "$p" found || { cat found; atf_fail "no $p"; }
	done
}

atf_test_case pair
pair_head() {
	atf_set descr "two folders that include each other"
}
pair_body() {
	copy
	sh "$TOP/regress/circles.sh" || atf_fail "something is found"
	echo '#include "peers.h"' >derpd/relay/derp/wrong_test.c
	sh "$TOP/regress/circles.sh" || atf_fail "a test is no circle"
	mv derpd/relay/derp/wrong_test.c derpd/relay/derp/wrong.c
	finds 'derp/wrong.c includes derpd/relay/cluster/peers.h' \
	    'derpd/relay/cluster/.* includes derpd/relay/derp/'
}

atf_test_case longer
longer_head() {
	atf_set descr "a circle of three folders"
}
longer_body() {
	copy
	mkdir lib/one lib/two
	echo '#include "two.h"' >lib/one/one.h
	echo '#include "json.h"' >lib/two/two.h
	sh "$TOP/regress/circles.sh" || atf_fail "a line is no circle"
	echo '#include "one.h"' >lib/json/wrong.c
	finds 'lib/one/one.h includes' 'lib/two/two.h includes' \
	    'lib/json/wrong.c includes'
}

atf_test_case table
table_head() {
	atf_set descr "a row of the table without a circle"
}
table_body() {
	copy
	rm lib/ipc/chan.c lib/ipc/child*.[ch]
	finds 'lib/ipc and lib/sandbox are no circle'
}

atf_init_test_cases() {
	atf_add_test_case tree
	atf_add_test_case pair
	atf_add_test_case longer
	atf_add_test_case table
}
