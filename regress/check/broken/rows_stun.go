package main

import (
	"net"
	"net/http"
	"net/netip"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stun"
)

// stunRow changes how STUN answers.
func stunRow(name, want string, answer func(s *stunSocket, req []byte,
	from *net.UDPAddr)) row {
	return row{"stun", name, want, func(_ *world, r *relay) []string {
		r.stun = answer
		return nil
	}}
}

// told answers with another mapped address.
func told(f func(s *stunSocket, from netip.AddrPort) netip.AddrPort) func(
	*stunSocket, []byte, *net.UDPAddr) {
	return func(s *stunSocket, req []byte, from *net.UDPAddr) {
		if b := answer(req, f(s, unmapped(from))); b != nil {
			s.c.WriteTo(b, from)
		}
	}
}

func private(s *stunSocket, from netip.AddrPort) netip.AddrPort {
	if s.addr.Is4() {
		return netip.MustParseAddrPort("10.0.0.7:40000")
	}
	return netip.MustParseAddrPort("[fd00::7]:40000")
}

// fromElsewhere answers from another address of the machine.
func fromElsewhere(w *world, r *relay) []string {
	o := w.relay("elsewhere-" + r.name)
	other := map[bool]*net.UDPConn{}
	for _, a := range []netip.Addr{o.v4, o.v6} {
		c, err := listenUDP(a, 3478)
		must(err)
		other[a.Is4()] = c
	}
	r.stun = func(s *stunSocket, req []byte, from *net.UDPAddr) {
		if b := answer(req, unmapped(from)); b != nil {
			other[s.addr.Is4()].WriteTo(b, from)
		}
	}
	return nil
}

// fromOtherPort answers from another port.
func fromOtherPort(_ *world, r *relay) []string {
	other := map[bool]*net.UDPConn{}
	for _, a := range r.addrs() {
		c, err := listenUDP(a, 3479)
		must(err)
		other[a.Is4()] = c
	}
	r.stun = func(s *stunSocket, req []byte, from *net.UDPAddr) {
		if b := answer(req, unmapped(from)); b != nil {
			other[s.addr.Is4()].WriteTo(b, from)
		}
	}
	return nil
}

var stunRows = []row{
	{"stun", "off", "stun-closed", func(_ *world, r *relay) []string {
		r.stunOff = true
		return nil
	}},
	{"stun", "off-in-map", "", func(w *world, r *relay) []string {
		r.stunOff = true
		return w.mapFile(r.node(node{"STUNPort": -1}))
	}},
	stunRow("silent", "stun-silent", func(*stunSocket, []byte,
		*net.UDPAddr) {
	}),
	stunRow("silent-v6", "stun-silent", func(s *stunSocket, req []byte,
		from *net.UDPAddr) {
		if b := answer(req, unmapped(from)); s.addr.Is4() && b != nil {
			s.c.WriteTo(b, from)
		}
	}),
	stunRow("first-lost", "", func(s *stunSocket, req []byte,
		from *net.UDPAddr) {
		if b := answer(req, unmapped(from)); s.n > 1 && b != nil {
			s.c.WriteTo(b, from)
		}
	}),
	stunRow("malformed", "stun-broken", func(s *stunSocket, req []byte,
		from *net.UDPAddr) {
		if b := answer(req, unmapped(from)); b != nil {
			s.c.WriteTo(b[:len(b)-7], from)
		}
	}),
	stunRow("other-transaction", "stun-broken", func(s *stunSocket,
		_ []byte, from *net.UDPAddr) {
		s.c.WriteTo(stun.Response(stun.NewTxID(), unmapped(from)), from)
	}),
	stunRow("private", "stun-mapped", told(private)),
	// The private address is the client's own: nothing has changed it.
	{"stun", "own-private", "", func(w *world, r *relay) []string {
		return []string{"-c", w.dir + "/ca.pem", "-S", "10.5.5.9",
			r.name}
	}},
	{"stun", "from-elsewhere", "stun-elsewhere", fromElsewhere},
	{"stun", "from-other-port", "stun-elsewhere", fromOtherPort},
	{"stun", "stun-only", "", func(w *world, r *relay) []string {
		r.raw = func(c net.Conn) { c.Close() }
		return w.mapFile(r.node(node{"STUNOnly": true}))
	}},
}

// port80Row has another server at port 80, of a relay whose map says that it
// can be used.
func port80Row(name, want string, can bool, h http.Handler) row {
	return row{"port80", name, want, func(w *world, r *relay) []string {
		r.port80, r.no80 = h, h == nil
		return w.mapFile(r.node(node{"CanPort80": can}))
	}}
}

var port80Rows = []row{
	port80Row("good80", "", true, good80("good80.test")),
	port80Row("closed80", "port80-closed", true, nil),
	port80Row("other80", "port80-other", true, web("nginx/1.22.1", 404,
		page)),
	port80Row("portal80", "port80-other", true, web("portal", 200, page)),
	port80Row("no-challenge80", "port80-challenge", true, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del(derpserver.NoContentChallengeHeader)
			derpserver.ServeNoContent(w, r)
		})),
	port80Row("closed80-not-in-map", "", false, nil),
	port80Row("other80-not-in-map", "", false, web("nginx/1.22.1", 404,
		page)),
}
