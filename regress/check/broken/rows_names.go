package main

import (
	"net/netip"
)

// Names and addresses.
var nameRows = []row{
	{"names", "name-unknown", "name-unknown",
		func(w *world, r *relay) []string {
			return []string{"-c", w.dir + "/ca.pem", "nosuch.test"}
		}},
	{"names", "resolver-fails", "!failed",
		func(w *world, r *relay) []string {
			w.names.fail("resolver-fails.test")
			return nil
		}},
	{"names", "name-other", "name-other", nameOther},
	{"names", "name-other-relay", "name-other",
		func(w *world, r *relay) []string {
			o := w.relay(r.name)
			must(o.start())
			return w.mapFile(r.node(node{"IPv4": r.v4.String(),
				"IPv6": r.v6.String()}))
		}},
	{"names", "ipv6-dead", "ipv6-dead",
		func(w *world, r *relay) []string {
			w.names.set(r.name, r.v4.String()+"/2a00:5557::1")
			return nil
		}},
	{"names", "ipv4-dead", "ipv4-dead",
		func(w *world, r *relay) []string {
			w.names.set(r.name, "5.5.7.1/"+r.v6.String())
			return nil
		}},
	{"names", "ipv6-refused", "ipv6-dead",
		func(w *world, r *relay) []string {
			r.only = "4"
			return nil
		}},
	{"names", "address-dead", "address-dead",
		func(w *world, r *relay) []string {
			r.only = "4"
			w.names.set(r.name, r.v4.String()+"/5.5.7.2")
			return nil
		}},
	{"names", "addresses-differ", "address-other",
		func(w *world, r *relay) []string {
			o := w.relay(r.name)
			o.only, r.only = "4", "4"
			w.names.set(r.name, r.v4.String()+"/"+o.v4.String())
			must(o.start())
			return nil
		}},
	{"names", "addresses-meshed", "",
		func(w *world, r *relay) []string {
			o := w.relay(r.name)
			o.only, r.only = "4", "4"
			w.names.set(r.name, r.v4.String()+"/"+o.v4.String())
			r.watchedBy(o)
			o.watchedBy(r)
			must(o.start())
			return nil
		}},
	{"names", "ipv4-alone", "",
		func(w *world, r *relay) []string {
			return r.alone(w)
		}},
	{"names", "ipv6-alone", "",
		func(w *world, r *relay) []string {
			r.only = "6"
			w.names.set(r.name, r.v6.String())
			return nil
		}},
	{"names", "none-in-map", "address-none",
		func(w *world, r *relay) []string {
			return w.mapFile(r.node(node{"IPv4": "none", "IPv6": "none"}))
		}},
	{"names", "ipv6-none-in-map", "",
		func(w *world, r *relay) []string {
			r.only = "4"
			return w.mapFile(r.node(node{"IPv6": "none"}))
		}},
	{"names", "private-network", "+address-private",
		func(w *world, r *relay) []string {
			b := r.v4.As4()
			b[0] = 10
			r.v4 = netip.AddrFrom4(b)
			return r.alone(w)
		}},
	{"names", "by-address", "",
		func(w *world, r *relay) []string {
			r.cert = w.issue(r.v4.String(), spec{})
			return []string{"-c", w.dir + "/ca.pem", r.v4.String()}
		}},
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// mapFile writes a map file, and returns the arguments to check it.
func (w *world) mapFile(nodes ...node) []string {
	return []string{"-c", w.dir + "/ca.pem",
		w.file(nodes[0]["Name"].(string)+".json", derpMap(nodes...))}
}

// nameOther: the map's address is served as well, but is not the name's.
func nameOther(w *world, r *relay) []string {
	o := w.relay(r.name)
	w.names.set(r.name, netip.MustParseAddr("5.5.7.3").String())
	o.server = r.server
	return w.mapFile(r.node(node{"IPv4": r.v4.String(),
		"IPv6": r.v6.String()}))
}
