#!/bin/sh
# Static checks; called by `make lint' in the top directory as
# lint.sh SOURCES MANUALS SCRIPTS, each a list in one argument, with
# WARN and INCLUDES in the environment.  Warnings of both compilers, then
# cppcheck, mandoc and shellcheck: those of them that are there.  Then which
# headers are included, what state a worker has, whether names are those of
# their folders (names.sh), which folders include each other (circles.sh), and
# how long lines are.  Exits 1 if something was found.
set -u
cppflags="$(sed -n 's/^CPPFLAGS = //p' config.mk) $INCLUDES"
sources=$1 manuals=$2 scripts=$3
bad=0

# The lists and the compiler flags are several words each.
# shellcheck disable=SC2046,SC2086
compile() {
	for f in $sources; do
		set -- $WARN
		# The code of the parser generator has warnings of its own.
		[ "$f" != lib/grammar/parse.c ] || set -- -Wall
		eval "\"\$cc\" -std=c11 $cppflags -DDERPD_BUILD='\"\"' -O2 \
		    -fsyntax-only \"\$@\" \"\$f\"" || bad=1
	done
}

have() {
	command -v "$1" >/dev/null 2>&1 && return 0
	echo "lint: no $1 here"
	return 1
}

for cc in gcc clang; do
	if have $cc; then
		echo "lint: warnings of $cc"
		compile
	fi
done

if have cppcheck; then
	echo "lint: cppcheck"
	# It must see the macros of queue.h, and would take the whole system's
	# headers with them; it takes a realloc() that failed for one that
	# freed, and doesn't see that conn_records() forgets what c->src names.
	# A reader of a message fills its struct, the writer of the same row gets
	# another one: cppcheck knows both by their line in messages.def alone,
	# and takes the first for the second (ctuuninitvar).
	queue=$(mktemp -d "${TMPDIR:-/tmp}/lint.XXXXXX") || exit 1
	mkdir "$queue/sys"
	for f in /usr/include/bsd/sys/queue.h /usr/include/sys/queue.h; do
		if [ -f "$f" ]; then
			cp "$f" "$queue/sys"
			break
		fi
	done
	# shellcheck disable=SC2046,SC2086
	cppcheck --quiet --std=c11 --enable=warning,portability \
	    --inline-suppr --suppress=missingIncludeSystem \
	    --suppress=doubleFree:lib/sandbox/sandbox_allowed_test.c \
	    --suppress=autoVariables:derpd/conn/records.c \
	    --suppress=ctuuninitvar:lib/ipc/messages.def \
	    --error-exitcode=1 -I"$queue" -Icompat $INCLUDES -D__linux__ \
	    -DDERPD_BUILD='""' \
	    $(echo "$sources" | sed 's,lib/grammar/parse\.c,,') ||
	    bad=1
	rm -rf "$queue"
fi

if have mandoc; then
	echo "lint: manuals"
	for f in $manuals; do
		# Other manuals need not be installed here.
		mandoc -Tlint -Wstyle "$f" >lint.out 2>&1
		grep -v -e "referenced manual not found" \
		    -e "outdated mandoc.db" lint.out && bad=1
	done
	rm -f lint.out
fi

if have shellcheck; then
	echo "lint: scripts"
	# shellcheck disable=SC2046,SC2086
	shellcheck -x -P SCRIPTDIR $scripts || bad=1
fi

# What a folder belongs to: a program, or lib, which all may use, or derpd/conn,
# which front and relay may use.  Tests may look into any program, and so may
# fixtures and fakes, which tests alone have.
echo "lint: headers of other programs"
headers=$(find lib compat derpd stund derpmapd acme-helper derpbridge derpctl -name '*.h' |
    tr '\n' ' ')
find lib compat derpd stund derpmapd acme-helper derpbridge derpctl -name '*.[chy]' |
    grep -v -e '_test\.c$' -e 'fixture\.h$' \
	-e '/fake[a-z]*\.[ch]$' -e '/parse\.[ch]$' |
    xargs grep -H '^#include "' | awk -v headers="$headers" \
    -v programs=" $(echo derpd/*/main.c) " '
function owner(path,  part) {
	split(path, part, "/")
	if (part[1] != "derpd")
		return part[1]
	if (part[2] == "conn")
		return part[2]
	return index(programs, " derpd/" part[2] "/main.c ") ? part[2] : "derpd"
}
BEGIN {
	n = split(headers, path, " ")
	for (i = 1; i <= n; i++) {
		name = path[i]
		sub(/.*\//, "", name)
		if (name in where)
			printf "%s and %s have one name\n", path[i], where[name]
		bad += name in where
		where[name] = path[i]
	}
}
{
	file = $0
	sub(/:#include.*/, "", file)
	split($0, quoted, "\"")
	if (!(quoted[2] in where))
		next
	of = owner(where[quoted[2]])
	by = owner(file)
	if (of == "conn" && (by == "front" || by == "relay" ||
	    by == "metrics"))
		next
	# The parent keeps the pages of counters.
	if (quoted[2] == "stats.h" && by == "derpd")
		next
	if (of != "lib" && of != "compat" && of != by) {
		printf "%s includes %s\n", file, where[quoted[2]]
		bad++
	}
}
END { exit(bad != 0) }' || bad=1

# What a front or a relay worker changes hangs off its struct.  What is of the
# process all the same is named here, with its reason:
#   tlsctx.c, tlsfetch.c  functions that stand in for libssl's and libcrypto's,
#                         which call them with arguments of their own alone
#   tlskey.c              libcrypto's EC methods have no argument of ours
# Not position independent, so that a constant with a pointer is constant.
if have gcc && have nm; then
	echo "lint: state of a process"
	objects=$(mktemp -d "${TMPDIR:-/tmp}/lint.XXXXXX") || exit 1
	for f in $sources; do
		case $f in
		*_test.c)	continue;;
		derpd/conn/*|derpd/front/*|derpd/relay/*|derpd/metrics/*) ;;
		*)		continue;;
		esac
		# shellcheck disable=SC2086
		eval "gcc -std=c11 $cppflags -DDERPD_BUILD='\"\"' -O0 \
		    -fno-pie -fno-common -c -o \"\$objects/o\" \"\$f\"" &&
		    nm -P "$objects/o" | awk -v f="$f" '
		$2 ~ /^[bBdDC]$/ {
			sub(/\.[0-9]*$/, "", $1)
			at = f " " $1
			if (at == "derpd/front/tlsctx.c process" ||
			    at == "derpd/front/tlsfetch.c process" ||
			    at == "derpd/front/tlskey.c installed")
				next
			print f ": " $1 " can change and has no owner"
			bad = 1
		}
		END { exit(bad) }' || bad=1
	done
	rm -rf "$objects"
fi

echo "lint: names and their folders"
sh regress/names.sh || bad=1

echo "lint: circles of folders"
sh regress/circles.sh || bad=1

echo "lint: lines of more than 80 columns"
# shellcheck disable=SC2046,SC2086
for f in $sources $headers; do
	[ "$f" != lib/grammar/parse.c ] || continue
	expand "$f" | awk -v f="$f" 'length($0) > 80 {
		printf "%s:%d: %d columns\n", f, NR, length($0)
		bad = 1
	}
	END { exit(bad) }' || bad=1
done

[ "$bad" -eq 0 ] && echo "lint: nothing found"
exit "$bad"
