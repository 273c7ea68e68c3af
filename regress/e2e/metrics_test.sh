#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The text of /debug/varz, as Prometheus parses it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case form 60 "each metric is described once, before its values"
form_body() {
	e2e_paths
	cat >map.json <<-END
	{"Regions":{"900":{"RegionID":900,"RegionCode":"a","RegionName":"A",
	"Nodes":[{"Name":"1","RegionID":900,"HostName":"$HOST_NAME"}]}}}
	END
	EXTRA="map \"$PWD/map.json\" { }
stun { listen on 127.0.0.1 port 0 }"
	WORKERS=2
	e2e_start
	raw coalesced
	wait_until "the metrics of STUN and the map are there" complete
	# Errors that promtool reports: values without TYPE and HELP, two values
	# of one name and labels, values that are not numbers.
	awk '
	function bad(why) {
		printf "line %d: %s: %s\n", NR, why, $0
		failed = 1
	}
	$1 == "#" && $2 == "HELP" {
		if ($3 in help || NF < 4)
			bad("described twice, or with nothing")
		help[$3] = 1
		next
	}
	$1 == "#" && $2 == "TYPE" {
		if (!($3 in help) || $3 in type)
			bad("no HELP before it, or two")
		if ($4 !~ /^(counter|gauge|histogram)$/)
			bad("type")
		type[$3] = $4
		now = $3
		next
	}
	{
		name = $1
		sub(/\{.*/, "", name)
		if (type[now] == "histogram")
			sub(/_(bucket|sum|count)$/, "", name)
		if (name != now)
			bad("not below its TYPE")
		if (NF != 2 || $2 !~ /^-?[0-9]+(\.[0-9]+)?$/)
			bad("value")
		if ($1 in seen)
			bad("twice")
		seen[$1] = 1
		n++
	}
	END {
		if (n < 60) {
			printf "%d values\n", n
			failed = 1
		}
		exit(failed)
	}' varz || e2e_fail "the metrics can not be read"
	e2e_stop
}

complete() {
	curl -sS -m 5 "http://127.0.0.1:$PLAIN_PORT/debug/varz" >varz &&
	    grep -q '^stun_requests{' varz && grep -q '^derpmap_good{' varz
}

atf_init_test_cases() {
	atf_add_test_case form
}
