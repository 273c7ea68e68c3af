# shellcheck shell=sh
# Rules that people have on lo, rp_filter, and NAT do not stop the bridge.
# rules: load them into both hosts.  Connections that are older than such rules
# would not count as established.
rules() {
	at a nft -f rules
	at b nft -f rules
}

pair
for host in a b; do
	for filter in all default eth0 lo; do
		at "$host" sysctl -q -w "net.ipv4.conf.$filter.rp_filter=1"
	done
done
cat >rules <<end
table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		ct state established,related accept
		ct state invalid drop
		iif lo accept
		iif != lo ip daddr 127.0.0.0/8 drop
		iif != lo ip6 daddr ::1 drop
		ip protocol icmp accept
		ip6 nexthdr icmpv6 accept
		udp dport 51820 accept
		tcp dport 7000 accept
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
	}
	chain output {
		type filter hook output priority 0; policy accept;
		ct state invalid drop
	}
}
table ip nat {
	chain prerouting {
		type nat hook prerouting priority -100;
		fib daddr type local counter jump docker
	}
	chain output {
		type nat hook output priority -100;
		ip daddr != 127.0.0.0/8 fib daddr type local jump docker
	}
	chain postrouting {
		type nat hook postrouting priority 100;
		oifname "eth0" masquerade
		ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
	}
	chain docker {
		tcp dport 8080 dnat to 172.17.0.2:80
	}
}
end
must rules
derp_map relay
relay
bridge a
bridge b
cut
must pings b 10.77.0.1
transfer a b 10.77.0.2 256
unblock
within 100 "the peers are direct again" both_direct
# Rules that masquerade everything, lo as well.
for host in a b; do
	must at "$host" nft add rule ip nat postrouting counter masquerade
done
cut
must pings b 10.77.0.1
