#!/bin/sh
# Check that each name has the prefix of its folder; called by `make lint' and
# by names_test.sh in the top directory of a built tree: names.sh [TABLE].
#
# The table (etc/prefixes) has the prefixes of each folder.  No prefix is in two
# folders.  Functions and variables that the linker sees, and the structs, enums
# and types of headers, begin with a prefix of their folder; macros and enum
# constants of headers with one of its prefixes of constants.  No struct, union
# or enum is defined twice in the whole tree.  Tests and what they share
# (fixtures, fakes, regress/) need no prefix, nor do macros that are undefined
# behind the rows of a table that use them; compat/ has the system's names.
# Prints a line for each name that is wrong; exits 1 if there was one.
set -u
table=${1:-etc/prefixes}
folders="lib derpd derpctl stund derpmapd acme-helper derpbridge"
bad=0

# named: filter a list of files: keep those whose names are checked.
named() {
	grep -v -e '_test\.[cho]$' -e '/fake[a-z_]*\.[cho]$' \
	    -e 'fixture\.[cho]$' -e 'peer\.h$' -e '/synctrace\.h$' \
	    -e '/sandbox_refused\.h$' -e '/parse\.[cho]$'
}

# awk functions for all checks below: read the table, find the folder of a file.
lib='
function read_table(  line, n, part, i) {
	while ((getline line < table) > 0) {
		sub(/#.*/, "", line)
		n = split(line, part, " ")
		if (n == 0)
			continue
		known[part[1]] = 1
		for (i = 2; i <= n; i++) {
			if (part[i] in owner && part[i] !~ /^=/ && tells) {
				printf "%s: %s is of %s and of %s\n", table,
				    part[i], owner[part[i]], part[1]
				bad = 1
			}
			owner[part[i]] = part[1]
		}
	}
}
function folder(path) {
	while (sub(/\/[^\/]*$/, "", path))
		if (path in known)
			return path
	return ""
}
# 1 if the name has a prefix of that folder, or is a prefix without its "_".
function fits(name, dir,  p) {
	for (p in owner)
		if (owner[p] == dir && (index(name, p) == 1 || name "_" == p))
			return 1
	return 0
}
function must(file, what, name,  dir) {
	dir = folder(file)
	if (("=" name) in owner || name ~ /^(_|yy|YY)/)
		return
	if (dir == "") {
		printf "%s: no row for its folder in %s\n", file, table
		bad = 1
	} else if (!fits(name, dir)) {
		printf "%s: %s %s has no prefix of %s\n", file, what, name, dir
		bad = 1
	}
}'

# Symbols.  "=" in the table marks names of the system and of libraries that we
# replace.
# shellcheck disable=SC2086
objects=$(find $folders -name '*.c' | named | sort | while read -r f; do
	[ ! -f "${f%.c}.o" ] || echo "${f%.c}.o"
done)
if [ -z "$objects" ]; then
	echo "names: there are no objects: run make first"
	exit 1
fi
# One word for each object.
# shellcheck disable=SC2086
nm -gPA $objects | awk -v table="$table" "$lib"'
BEGIN { read_table() }
$3 ~ /^[TDBRCGS]$/ && $2 != "main" {
	sub(/:.*/, "", $1)
	sub(/\[.*/, "", $1)
	must($1, "symbol", $2)
}
END { exit(bad) }' || bad=1

# Structs, unions, enums, types and constants.
{
	# shellcheck disable=SC2086
	find $folders regress -name '*.[chy]' | grep -v '/parse\.[ch]$' |
	    sort | sed 's/^/all /'
	# shellcheck disable=SC2086
	find $folders -name '*.h' | named | sort | sed 's/^/header /'
	# shellcheck disable=SC2086
	find $folders -name '*.h' -o -name '*.def' | sed 's/^/rows /'
} | awk -v table="$table" "$lib"'
# The next line of the file without comments and strings.
function next_line(file,  line, out, i) {
	if ((getline line < file) <= 0)
		return 0
	number++
	out = ""
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	while (line != "") {
		if (in_comment) {
			if ((i = index(line, "*/")) == 0)
				break
			line = substr(line, i + 2)
			in_comment = 0
		} else {
			if ((i = index(line, "/*")) == 0) {
				out = out line
				break
			}
			out = out substr(line, 1, i - 1) " "
			line = substr(line, i + 2)
			in_comment = 1
		}
	}
	text = out
	in_macro = directive && line_goes_on
	directive = in_macro || text ~ /^[ \t]*#/
	line_goes_on = text ~ /\\[ \t]*$/
	return 1
}
# struct, union and enum, a definition or a mention.
function tags(file, header,  rest, name, before) {
	if (directive)
		return
	rest = text
	while (match(rest, /(struct|union|enum)[ \t]+[A-Za-z_][A-Za-z_0-9]*/)) {
		before = substr(rest, RSTART - 1, RSTART > 1)
		name = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/^[a-z]+[ \t]+/, "", name)
		if (before ~ /[A-Za-z_0-9]/)
			continue
		if (header)
			mentioned[name] = 1
		else if (rest ~ /^[ \t]*\{/)
			define(file, name)
	}
	while (match(text, /(TAILQ|STAILQ|LIST|SLIST)_HEAD\([a-z_]+,/)) {
		name = substr(text, RSTART, RLENGTH - 1)
		text = substr(text, RSTART + RLENGTH)
		sub(/.*\(/, "", name)
		if (header)
			mentioned[name] = 1
		else
			define(file, name)
	}
}
function define(file, name) {
	if (name in where) {
		printf "%s:%d: %s is defined at %s too\n", file, number, name,
		    where[name]
		bad = 1
	}
	where[name] = file ":" number
}
function constants(file,  name) {
	if (match(text, /^#[ \t]*define[ \t]+[A-Za-z_0-9]+/)) {
		name = substr(text, RSTART, RLENGTH)
		sub(/.*[ \t]/, "", name)
		# A macro that is undefined after its rows is not checked.
		if (name !~ /_H$/)
			macro[file, name] = 1
	}
	if (directive)
		return
	if (text ~ /(^|[ \t])enum[^;(]*\{/) {
		in_enum = 1
		sub(/.*\{/, "", text)
	}
	if (!in_enum)
		return
	gsub(/=[^,}]*/, "", text)
	while (match(text, /[A-Za-z_][A-Za-z_0-9]*|\}/)) {
		name = substr(text, RSTART, RLENGTH)
		text = substr(text, RSTART + RLENGTH)
		if (name == "}") {
			in_enum = 0
			return
		}
		must(file, "constant", name)
	}
}
# The name at the end of a typedef, or in the middle of one of a function.
function types(file,  name) {
	if (!in_typedef && text !~ /^typedef/)
		return
	if (!in_typedef) {
		typedef = ""
		depth = 0
	}
	in_typedef = 1
	while (match(text, /[{};]/)) {
		name = substr(text, RSTART, 1)
		if (depth == 0)
			typedef = typedef substr(text, 1, RSTART - 1)
		text = substr(text, RSTART + 1)
		depth += (name == "{") - (name == "}")
		if (name == ";" && depth == 0) {
			in_typedef = 0
			if (match(typedef, /\(\*[ \t]*[A-Za-z_0-9]+\)/))
				typedef = substr(typedef, RSTART, RLENGTH)
			sub(/[ \t]*(\[[^]]*\]|\))?[ \t]*$/, "", typedef)
			sub(/.*[^A-Za-z_0-9]/, "", typedef)
			must(file, "type", typedef)
			return
		}
	}
	if (depth == 0)
		typedef = typedef text " "
}
BEGIN { tells = 1; read_table() }
{
	if ($1 == "rows") {
		while ((getline text < $2) > 0)
			if (text ~ /^#[ \t]*undef/) {
				sub(/^#[ \t]*undef[ \t]+/, "", text)
				undefined[text] = 1
			}
		close($2)
		next
	}
	number = in_comment = in_enum = in_typedef = 0
	directive = line_goes_on = 0
	while (next_line($2)) {
		line = text
		tags($2, $1 == "header")
		if ($1 == "header") {
			text = line
			types($2)
			text = line
			constants($2)
		}
	}
	close($2)
}
END {
	for (key in macro) {
		split(key, part, SUBSEP)
		if (!(part[2] in undefined))
			must(part[1], "macro", part[2])
	}
	for (name in mentioned)
		if (name in where) {
			file = where[name]
			sub(/:[0-9]*$/, "", file)
			if (file !~ /^regress\// && file !~ /(_test\.[ch]|(fixture|peer)\.h|synctrace\.h|\/fake[a-z_]*\.[ch]|sandbox_refused\.h)$/)
				must(file, "tag", name)
		}
	exit(bad)
}' || bad=1

exit "$bad"
