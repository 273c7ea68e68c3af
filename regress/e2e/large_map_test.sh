#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A map that is too large to be sent in one piece.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# large_map: a valid map, almost as large as permitted.
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

# serves WORKERS: start with a large map, which is also in map.a.
serves() {
	e2e_paths
	WORKERS=$1
	# A slow reader here accepts nothing for some seconds.  The unsent limit
	# fits into its window, so that TCP makes progress.
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

e2e_case slow 120 "a slow reader gets the whole map, however long it takes"
slow_body() {
	serves 1
	raw -M map.a large-slow
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case bodies
	atf_add_test_case slow
}
