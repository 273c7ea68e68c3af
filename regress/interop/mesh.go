package main

// The rights of mesh nodes, which other clients do not have.

import (
	"net/netip"

	"tailscale.com/derp"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

func (t *T) dialMesh(name string, watch bool) *peer {
	return t.dialOpt(name, options{mesh: t.mesh, watch: watch})
}

// wantPresent waits for PeerPresent of k, and skips those of other keys, since
// a server in use has other clients.
func (p *peer) wantPresent(k key.NodePublic) derp.PeerPresentMessage {
	for {
		m := p.next()
		if pp, ok := m.(derp.PeerPresentMessage); ok && pp.Key == k {
			return pp
		}
		if g, ok := m.(derp.PeerGoneMessage); ok && g.Peer == k {
			p.t.failf("%s got %s, wanted PeerPresent", p.name, show(m))
		}
	}
}

func (p *peer) wantGoneOf(k key.NodePublic) {
	for {
		m := p.next()
		if pp, ok := m.(derp.PeerPresentMessage); ok && pp.Key == k {
			p.t.failf("%s got %s, wanted PeerGone", p.name, show(m))
		}
		if g, ok := m.(derp.PeerGoneMessage); ok && g.Peer == k {
			if g.Reason != derp.PeerGoneReasonDisconnected {
				p.t.failf("%s got %s", p.name, show(m))
			}
			return
		}
	}
}

// localAddr is the peer's address as the server sees it.
func (p *peer) localAddr() netip.AddrPort {
	a, err := p.http.LocalAddr()
	if err != nil {
		p.t.failf("%s: %v", p.name, err)
	}
	return a
}

// meshWatch: present peers first, then every login and disconnect.
func meshWatch(t *T) {
	a := t.dial("a")
	w := t.dialMesh("watcher", true)
	if pp := w.wantPresent(a.public()); pp.IPPort != a.localAddr() {
		t.failf("a is said to be at %v, is at %v", pp.IPPort,
			a.localAddr())
	}
	t.logf("heard of one who was there")

	k := key.NewNode()
	b1 := t.dialOpt("b1", options{key: k})
	if pp := w.wantPresent(k.Public()); pp.IPPort != b1.localAddr() ||
		pp.Flags != derp.PeerPresentIsRegular {
		t.failf("got %s, b1 is at %v", show(pp), b1.localAddr())
	}
	b2 := t.dialOpt("b2", options{key: k})
	w.wantPresent(k.Public())
	t.logf("heard of both connections of one key")
	b1.close()
	b2.close()
	w.wantGoneOf(k.Public())
	t.logf("heard that they left")

	w2 := t.dialMesh("watcher 2", true)
	w2.wantPresent(a.public())
	w.wantPresent(w2.public())
	w2.close()
	w.wantGoneOf(w2.public())
	a.close()
	w.wantGoneOf(a.public())
	t.logf("watchers are peers too")
}

// meshFlags: the flags of PeerPresent for each kind of client.
func meshFlags(t *T) {
	w := t.dialMesh("watcher", true)
	if pp := w.wantPresent(w.public()); pp.Flags !=
		derp.PeerPresentIsMeshPeer {
		t.failf("of itself: %s", show(pp))
	}
	p := t.dialOpt("prober", options{prober: true})
	if pp := w.wantPresent(p.public()); pp.Flags !=
		derp.PeerPresentIsProber {
		t.failf("of a prober: %s", show(pp))
	}
	r := t.dial("regular")
	if pp := w.wantPresent(r.public()); pp.Flags !=
		derp.PeerPresentIsRegular {
		t.failf("of a regular client: %s", show(pp))
	}
	n := t.dialNotIdeal("not ideal")
	if pp := w.wantPresent(n.public()); pp.Flags !=
		derp.PeerPresentNotIdeal {
		t.failf("of a client of another node: %s", show(pp))
	}
	t.logf("mesh, prober, regular and not-ideal were told apart")
}

// dialNotIdeal uses a region whose first node is not this server.
func (t *T) dialNotIdeal(name string) *peer {
	region := t.region(t.pin)
	first := &tailcfg.DERPNode{Name: "900x", RegionID: 900,
		HostName: "elsewhere.invalid", STUNOnly: true}
	region.Nodes = []*tailcfg.DERPNode{first, region.Nodes[0]}
	return t.dialOpt(name, options{region: region})
}

// meshForward: a forwarded packet is delivered under its source's key.
func meshForward(t *T) {
	m, b := t.dialMesh("mesh peer", false), t.dial("b")
	src := key.NewNode().Public()
	for i, n := range []int{0, 1, 1400, 65536} {
		pkt := fill(uint64(i), n)
		if err := m.ForwardPacket(src, b.public(), pkt); err != nil {
			t.failf("can't forward: %v", err)
		}
		b.wantPacket(src, pkt)
	}
	for _, pkt := range [][]byte{[]byte("not disco"), disco(80)} {
		k := key.NewNode().Public()
		if err := m.ForwardPacket(src, k, pkt); err != nil {
			t.failf("can't forward: %v", err)
		}
		if len(pkt) == 80 {
			m.wantGone(k, derp.PeerGoneReasonNotHere)
		}
	}
	m.settle()
	t.logf("delivered; not here was told for disco alone")
}

// meshClosePeer: every connection of the key is closed, and no other.
func meshClosePeer(t *T) {
	m, a := t.dialMesh("mesh peer", false), t.dial("a")
	k := key.NewNode()
	b1 := t.dialOpt("b1", options{key: k})
	b2 := t.dialOpt("b2", options{key: k})
	if err := m.ClosePeer(k.Public()); err != nil {
		t.failf("can't ask: %v", err)
	}
	b1.wantClosed()
	b2.wantClosed()
	if err := m.ClosePeer(key.NewNode().Public()); err != nil {
		t.failf("can't ask: %v", err)
	}
	m.settle()
	a.settle()
	t.logf("both connections of a key were closed, no other")
}

// meshRefused: without the key, or with a wrong one, mesh frames end the
// connection; a wrong key alone does not.
func meshRefused(t *T) {
	wrong, err := key.ParseDERPMesh("00112233445566778899aabbccddeeff" +
		"00112233445566778899aabbccddeeff")
	if err != nil {
		t.failf("%v", err)
	}
	other := t.dial("other")
	for _, o := range []options{{}, {mesh: wrong}} {
		a := t.dialOpt("forwarder", o)
		exchange(a, other)
		a.ForwardPacket(key.NewNode().Public(), other.public(), nil)
		a.wantClosed()
		other.wantGone(a.public(), derp.PeerGoneReasonDisconnected)
		a = t.dialOpt("closer", o)
		a.ClosePeer(other.public())
		a.wantClosed()
		o.watch = true
		if a, err = t.tryDial("watcher", o); err == nil {
			a.wantClosed()
		}
	}
	other.settle()
	t.logf("ForwardPacket, ClosePeer and WatchConns were refused")
}
