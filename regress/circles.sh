#!/bin/sh
# Check that the folders of the tree include each other one way; called by
# `make lint' in the top directory: circles.sh.  Tests and what they share may
# include what they test.  Prints each circle with an include of each way; exits
# 1 if there is one that is not in the table, or a row of the table that is not
# needed any more.
set -u

# Two folders that include each other, and why.
table='
derpd/front derpd/front/http	struct front_conn holds the HTTP request
derpd/parent derpd/parent/acme	struct parent holds the state of ACME
derpd/parent derpd/parent/admit	struct parent holds the settings of admission
derpd/parent derpd/parent/map	struct parent holds the maps
derpd/parent derpd/parent/mesh	struct parent holds the other nodes
derpd/parent derpd/parent/mesh	struct parent holds the links to other nodes
derpd/parent derpd/parent/upgrade	struct parent holds the state of an upgrade
derpd/relay derpd/relay/cluster	struct relay holds the table of peers
derpd/relay derpd/relay/derp	struct relay_conn holds the DERP session
derpd/relay derpd/relay/move	struct relay holds the moves
derpd/relay derpd/relay/nodes	struct relay_conn holds the link to a node
lib/base lib/ipc	the size of a key hash is a bound of messages
lib/ipc lib/sandbox	a sandbox is that of a role, which children start with
'

folders="lib compat derpd stund derpmapd acme-helper derpbridge derpctl"
# shellcheck disable=SC2086
headers=$(find $folders -name '*.h' | tr '\n' ' ')
# shellcheck disable=SC2086
find $folders -name '*.[chy]' |
    grep -v -e '_test\.c$' -e 'fixture\.h$' -e 'peer\.h$' \
	-e '/fake[a-z]*\.[ch]$' -e '/parse\.[ch]$' |
    sort | xargs grep -H '^#include "' |
    awk -v headers="$headers" -v table="$table" '
function folder(path) {
	sub(/\/[^\/]*$/, "", path)
	return path
}
BEGIN {
	n = split(headers, path, " ")
	for (i = 1; i <= n; i++) {
		name = path[i]
		sub(/.*\//, "", name)
		where[name] = path[i]
	}
	n = split(table, row, "\n")
	for (i = 1; i <= n; i++)
		if (split(row[i], word, /[ \t]+/) > 2)
			known[word[1], word[2]] = known[word[2], word[1]] = 1
}
{
	file = $0
	sub(/:#include.*/, "", file)
	split($0, quoted, "\"")
	if (!(quoted[2] in where))
		next
	from = folder(file)
	to = folder(where[quoted[2]])
	if (from == to || (from, to) in example)
		next
	example[from, to] = file " includes " where[quoted[2]]
	all[from] = all[to] = 1
}
END {
	for (e in example) {
		split(e, end, SUBSEP)
		back = end[2] SUBSEP end[1]
		if (e in known && back in example)
			used[e] = 1
		else
			reach[e] = 1
	}
	for (k in known)
		if (!(k in used)) {
			split(k, end, SUBSEP)
			if (end[1] < end[2])
				printf "circles.sh: %s and %s are no circle\n",
				    end[1], end[2]
			bad = 1
		}
	for (k in all)
		for (i in all)
			for (j in all)
				if ((i, k) in reach && (k, j) in reach)
					reach[i, j] = 1
	for (e in example) {
		split(e, end, SUBSEP)
		if (!(e in used) && (end[2], end[1]) in reach) {
			printf "circle: %s\n", example[e]
			bad = 1
		}
	}
	exit(bad != 0)
}'
