#! /usr/bin/env atf-sh
# shellcheck shell=sh
# names.sh accepts the tree, and reports wrong files in a copy of it.

# copy: copy the sources and the table here, without objects.
copy() {
	TOP=$(cd "$(atf_get_srcdir)/.." && pwd)
	mkdir tree
	(cd "$TOP" && find lib derpd derpctl stund derpmapd acme-helper derpbridge regress \
	    etc/prefixes -name '*.[chy]' -o -name '*.def' -o -name prefixes |
	    tar -cf - -T - ) | (cd tree && tar -xf -)
	cd tree || exit 1
	# names.sh needs at least one object.
	object stund/known.c <<-END
	int stund_known(void);
	int stund_known(void) { return (0); }
	END
}

# object FILE: write standard input to the file and compile it.
object() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
	cc -c -o "${1%.c}.o" "$1" || atf_fail "can't compile $1"
}

# says LINE...: names.sh prints exactly these lines.
says() {
	printf '%s\n' "$@" | sort >wanted
	! sh "$TOP/regress/names.sh" >found 2>&1 || atf_fail "nothing is found"
	sort -o found found
	diff wanted found || atf_fail "something else is found"
}

fine() {
	sh "$TOP/regress/names.sh" >found 2>&1 ||
	    { cat found; atf_fail "something is found"; }
}

atf_test_case tree
tree_head() {
	atf_set descr "every name of the tree is its folder's"
}
tree_body() {
	TOP=$(cd "$(atf_get_srcdir)/.." && pwd)
	cd "$TOP" || exit 1
	sh regress/names.sh || atf_fail "there are wrong names"
}

atf_test_case symbols
symbols_head() {
	atf_set descr "functions and variables of the linker"
}
symbols_body() {
	copy
	fine
	object lib/json/wrong.c <<-END
	int ipc_wrong(void);
	static int hidden(void) { return (1); }
	int ipc_wrong(void) { return (hidden()); }
	int json_right;
	int wrong;
	END
	says "lib/json/wrong.o: symbol ipc_wrong has no prefix of lib/json" \
	    "lib/json/wrong.o: symbol wrong has no prefix of lib/json"
	rm lib/json/wrong.*
	object derpd/parent/map/wrong.c <<-END
	int parent_wrong;
	int mapset_right;
	END
	says "derpd/parent/map/wrong.o: symbol parent_wrong has no prefix of\
 derpd/parent/map"
	# Names of tests and files that are no sources are not checked.
	mv derpd/parent/map/wrong.c derpd/parent/map/wrong_test.c
	mv derpd/parent/map/wrong.o derpd/parent/map/wrong_test.o
	cp derpd/parent/map/wrong_test.o derpd/parent/map/stale.o
	fine
	object derpd/new/wrong.c <<-END
	int new_wrong;
	END
	says "derpd/new/wrong.o: no row for its folder in etc/prefixes"
}

atf_test_case tags
tags_head() {
	atf_set descr "structs, unions and enums"
}
tags_body() {
	copy
	# In a header, also for a struct whose members are defined elsewhere.
	cat >lib/json/wrong.h <<-END
	struct wrong {
		int	 x;	/* struct not_this { */
	};
	struct opaque;
	struct json_right { int y; };
	END
	echo 'struct opaque { int x; };' >lib/json/wrong.c
	says "lib/json/wrong.c: tag opaque has no prefix of lib/json" \
	    "lib/json/wrong.h: tag wrong has no prefix of lib/json"
	rm lib/json/wrong.h
	# Two definitions, even if each has the right prefix.
	echo 'enum opaque { A };' >stund/wrong_test.c
	says "stund/wrong_test.c:1: opaque is defined at lib/json/wrong.c:1 too"
	rm stund/wrong_test.c
	fine
}

atf_test_case types
types_head() {
	atf_set descr "types of headers"
}
types_body() {
	copy
	cat >lib/json/wrong.h <<-END
	typedef int (*wrong_cb)(struct json *j, void *arg);
	typedef struct { int inner; } wrong_t;
	typedef unsigned int json_right;
	END
	says "lib/json/wrong.h: type wrong_cb has no prefix of lib/json" \
	    "lib/json/wrong.h: type wrong_t has no prefix of lib/json"
}

atf_test_case constants
constants_head() {
	atf_set descr "macros and enum constants of headers"
}
constants_body() {
	copy
	cat >lib/json/wrong.h <<-END
	#ifndef WRONG_H
	#define WRONG_H
	#define ROW(x)	x
	#undef ROW
	enum json_right { JSON_RIGHT = 1 << 2, MSG_WRONG };
	#define JSON_SIZE	(1 + 2)
	#endif
	END
	says "lib/json/wrong.h: constant MSG_WRONG has no prefix of lib/json"
	sed 's/MSG_WRONG/JSON_TOO/; s/JSON_SIZE/WRONG/' lib/json/wrong.h >x
	mv x lib/json/wrong.h
	says "lib/json/wrong.h: macro WRONG has no prefix of lib/json"
}

atf_test_case table
table_head() {
	atf_set descr "a prefix is in one folder"
}
table_body() {
	copy
	echo "stund	json_" >>etc/prefixes
	sh "$TOP/regress/names.sh" >found 2>&1 && atf_fail "nothing is found"
	grep -qx "etc/prefixes: json_ is of lib/json and of stund" found ||
	    { cat found; atf_fail "it does not name both folders"; }
}

atf_init_test_cases() {
	atf_add_test_case tree
	atf_add_test_case symbols
	atf_add_test_case tags
	atf_add_test_case types
	atf_add_test_case constants
	atf_add_test_case table
}
