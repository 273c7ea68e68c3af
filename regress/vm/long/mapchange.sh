# shellcheck shell=sh
# The map changes under traffic: no packet is lost while the region stays.
#
# Each host has its own copy of the map, and gets a new one after the other.  No
# direct path is tried meanwhile, which would cost packets.

# region RELAY [NODE]: print its region, of which the node has this name.
region() {
	case $1 in
	relay)	_id=901 ;;
	relay2)	_id=902 ;;
	esac
	printf '"%d":{"RegionID":%d,"RegionCode":"%s",' "$_id" "$_id" "$1"
	printf '"RegionName":"%s","Nodes":[{"Name":"%s",' "$1" "${2:-$_id}"
	printf '"RegionID":%d,"HostName":"%s.test",' "$_id" "$1"
	printf '"IPv4":"%s"}]}' "$(address "$1")"
}

# bridge_of NAMESPACE: start derpbridged there, with a map of its own.
bridge_of() {
	mkdir -p "state-$1"
	cat >"bridge-$1.conf" <<-end
	map file "$PWD/map-$1.json"
	control "$PWD/bridge-$1.sock"
	statedir "$PWD/state-$1"
	interface "wg0" { direct never }
	end
	bridge_start "$1"
}

# in_force NAMESPACE: print how many maps have been in force.
in_force() {
	grep -c 'the map of .* is in force' "bridge-$1.log"
}

more() {
	[ "$(in_force "$1")" -gt "$2" ]
}

# new_map NAMESPACE REGIONS: give it that map, and wait until it is in force.
new_map() {
	_maps=$(in_force "$1")
	echo "{\"Regions\":{$2}}" >"new-$1.json"
	mv "new-$1.json" "map-$1.json"
	within 60 "the new map of $1 is in force" more "$1" "$_maps"
}

# via NAMESPACE: print the node and the region that relay.
via() {
	"$BUILD/derpctl/derpctl" -s "$PWD/bridge-$1.sock" bridge status |
	    sed -n 's/.* relayed .* \([^ ]*\), region \(90[12]\).*/\1 \2/p'
}

# is_via NODE REGION: both hosts use it.
is_via() {
	[ "$(via a)" = "$*" ] && [ "$(via b)" = "$*" ]
}

# numbered: begin pings both ways, five a second.
numbered() {
	ip netns exec a ping -i 0.2 -W 10 10.77.0.2 >numbered-a 2>&1 &
	_ping_a=$!
	ip netns exec b ping -i 0.2 -W 10 10.77.0.1 >numbered-b 2>&1 &
	_ping_b=$!
}

# ended: end them.
ended() {
	kill -INT "$_ping_a" "$_ping_b"
	wait "$_ping_a" "$_ping_b"
}

# missing HOST: print the numbers of pings from there that have no answer; the
# last three may still be under way.
missing() {
	_sent=$(sed -n 's/ packets transmitted.*//p' "numbered-$1")
	sed -n 's/.* seq=\([0-9]*\) .*/\1/p' "numbered-$1" | sort -n |
	    awk -v sent="$_sent" '
		{ for (; want < $1; want++) print want; want = $1 + 1 }
		END { for (; want < sent - 3; want++) print want }'
}

# changed WHAT REGIONS NODE REGION: the map changes to these regions, at a and
# then at b; the pair meets there, and has lost nothing.
changed() {
	numbered
	sleep 1
	new_map a "$2"
	sleep 3
	new_map b "$2"
	within 30 "$1: the pair meets at $3" is_via "$3" "$4"
	# The node that was left is held for 15 seconds.
	sleep 18
	must is_via "$3" "$4"
	ended
	for _host in a b; do
		_lost=$(missing "$_host" | tr '\n' ' ')
		[ -z "$_lost" ] || fail "$1: lost from $_host: $_lost"
		grep -q ' DUP' "numbered-$_host" &&
		    fail "$1: an answer came twice to $_host"
		echo "$1: $(grep transmitted "numbered-$_host")"
	done
}

pair
relay
relay relay2
for host in a b; do
	echo "{\"Regions\":{$(region relay),$(region relay2)}}" \
	    >"map-$host.json"
	bridge_of "$host"
done
cut
must pings a 10.77.0.2
# The keys of the pair decide which region it has.
id=$(via a)
id=${id#* }
case $id in
901)	home=relay other=relay2 ;;
902)	home=relay2 other=relay ;;
*)	fail "no relay is used: $(via a)" ;;
esac
changed "a region is removed" "$(region "$home")" "$id" "$id"
changed "a region is added" "$(region "$home"),$(region "$other")" "$id" "$id"
changed "the node is renamed" "$(region "$home" new),$(region "$other")" \
    new "$id"

# The region goes: a has the new map, b has it three seconds later.
there=$((1803 - id))
numbered
sleep 1
new_map a "$(region "$other")"
sleep 3
new_map b "$(region "$other")"
began=$(now)
within 10 "the pair meets in the other region" is_via "$there" "$there"
within 10 "pings pass" answers a 10.77.0.2
echo "the region moved: traffic again after $(since "$began")"
stays 20 "pings pass" pings a 10.77.0.2 1
ended
for host in a b; do
	lost=$(missing "$host" | wc -l)
	echo "the region moved: $lost pings lost from $host"
	[ "$lost" -lt 50 ] || fail "ten seconds of pings are lost"
done
