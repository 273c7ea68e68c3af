#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A map that is too large to go out in one piece.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# large_map: a good map, nearly as large as one may be.
large_map() {
	awk -v n=490 'BEGIN {
		pad = sprintf("%900s", "")
		gsub(/ /, "y", pad)
		printf "{\"Regions\": {"
		for (i = 900; i < 900 + n; i++) {
			if (i > 900)
				printf ","
			printf "\"%d\": {\"RegionID\": %d, \"RegionCode\": " \
			    "\"r%d\", \"RegionName\": \"r\", " \
			    "\"Pad\": \"%s\", ", i, i, i, pad
			printf "\"Nodes\": [{\"Name\": \"%da\", " \
			    "\"RegionID\": %d, \"HostName\": " \
			    "\"other.test\"}]}\n", i, i
		}
		print "}}"
	}'
}

# serves WORKERS: start with a large map, which is in map.a, too.
serves() {
	e2e_paths
	WORKERS=$1
	# Who reads slowly here takes nothing for some seconds; and what the
	# kernel holds unsent fits into its window, so that TCP sees progress.
	RELAY='write timeout 10000
	unsent limit 16K'
	large_map >map.a
	cp map.a map.json
	EXTRA="map \"$PWD/map.json\" { }"
	e2e_start
}

e2e_case bodies 120 "maps and bodies of requests on one connection"
bodies_body() {
	serves 2
	raw -M map.a large-bodies
	e2e_stop
}

e2e_case slow 120 "who takes a map slowly gets it, as long as it takes"
slow_body() {
	serves 1
	raw -M map.a large-slow
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case bodies
	atf_add_test_case slow
}
