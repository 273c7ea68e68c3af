# shellcheck shell=sh disable=SC2034	# SOURCE_PORT, for tests
# A server of maps, for tests of who requests them: openssl s_server, which
# serves the files of the working directory.

# write_map FILE NAME: write a valid map, and move it in place.
write_map() {
	cat >"$1.new" <<-end
	{"Regions":{"900":{"RegionID":900,"RegionCode":"$2",
	"RegionName":"$2","Nodes":[{"Name":"900a","RegionID":900,
	"HostName":"$HOST_NAME"}]}}}
	end
	mv "$1.new" "$1"
}

# source_start [PORT]: start the other server; set SOURCE_PID, SOURCE_PORT.
source_start() {
	if [ ! -f ca.pem ]; then
		make_ca
		make_cert source localhost ec
	fi
	openssl s_server -accept "127.0.0.1:${1:-0}" -cert source.crt \
	    -key source.key -WWW </dev/null >source.log 2>&1 &
	SOURCE_PID=$!
	echo "$SOURCE_PID" >>pids
	wait_until "the other server listens" source_listens
	# It prints the port only if it chose the port itself.
	SOURCE_PORT=${1:-$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' source.log)}
}

# source_listens: it has printed the whole line.
source_listens() {
	grep -q '^ACCEPT' source.log &&
	    [ "$(tail -c 1 source.log | wc -l)" -eq 1 ]
}

source_stop() {
	kill "$SOURCE_PID"
	wait "$SOURCE_PID" 2>/dev/null
}
