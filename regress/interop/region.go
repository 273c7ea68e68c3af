package main

// Several nodes of one region: what a client of one sends to a client of
// another.  -nodes lists the nodes as ADDRESS=PIN, comma separated.

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tailscale.com/derp"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// regionSettle bounds the time until all nodes know of a change.
const regionSettle = 10 * time.Second

// regionNodes returns a region with one node for each item of -nodes.
func (t *T) regionNodes() []*tailcfg.DERPRegion {
	var out []*tailcfg.DERPRegion
	for i, item := range strings.Split(t.nodes, ",") {
		addr, pin, _ := strings.Cut(item, "=")
		ip, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.failf("-nodes %s: %v", item, err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			t.failf("-nodes %s: %v", item, err)
		}
		out = append(out, &tailcfg.DERPRegion{RegionID: 900,
			RegionCode: "test", Nodes: []*tailcfg.DERPNode{{
				Name: fmt.Sprintf("900%c", 'a'+i), RegionID: 900,
				HostName: t.host, CertName: pin, IPv4: ip,
				IPv6: "none", DERPPort: n,
			}}})
	}
	return out
}

// dialNode logs in at one node.
func (t *T) dialNode(name string, region *tailcfg.DERPRegion) *peer {
	return t.dialOpt(name, options{region: region})
}

// regionText is packet number n from one client to another.
func regionText(from, to key.NodePublic, n uint64, size int) []byte {
	b := make([]byte, 72, 72+size)
	copy(b, from.AppendTo(nil))
	copy(b[32:], to.AppendTo(nil))
	binary.BigEndian.PutUint64(b[64:], n)
	for len(b) < cap(b) {
		b = append(b, byte(n)+byte(len(b)))
	}
	return b
}

// regionCheck returns the number of a packet to `to', and what is wrong with it.
func regionCheck(pkt derp.ReceivedPacket, to key.NodePublic) (uint64, string) {
	if len(pkt.Data) < 72 {
		return 0, fmt.Sprintf("a packet of %d bytes", len(pkt.Data))
	}
	n := binary.BigEndian.Uint64(pkt.Data[64:])
	want := regionText(pkt.Source, to, n, len(pkt.Data)-72)
	if string(want) != string(pkt.Data) {
		return n, fmt.Sprintf("a packet to another client, or altered: "+
			"%.80x", pkt.Data)
	}
	return n, ""
}

// meet sends from a to b until b has got a packet.
func (t *T) meet(a, b *peer) {
	deadline := time.Now().Add(regionSettle)
	for n := uint64(1); ; n++ {
		a.sendKey(b.public(), regionText(a.public(), b.public(),
			n<<32, 0))
		select {
		case m, ok := <-b.msgs:
			if !ok {
				t.failf("%s: connection ended: %v", b.name, b.err)
			}
			pkt, ok := m.(derp.ReceivedPacket)
			if !ok {
				continue
			}
			if _, bad := regionCheck(pkt, b.public()); bad != "" {
				t.failf("%s got %s", b.name, bad)
			}
			if pkt.Source == a.public() {
				return
			}
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.failf("%s can't reach %s within %v", a.name, b.name,
				regionSettle)
		}
	}
}

// wantInOrder: b gets the packets from..to-1 of a, in order and complete, and
// nothing else but late packets of meet.
func (t *T) wantInOrder(a, b *peer, from, to uint64) {
	for from < to {
		m := b.next()
		pkt, ok := m.(derp.ReceivedPacket)
		if !ok {
			t.failf("%s got %s", b.name, show(m))
		}
		n, bad := regionCheck(pkt, b.public())
		if bad != "" {
			t.failf("%s got %s", b.name, bad)
		}
		if n >= 1<<32 {
			continue
		}
		if pkt.Source != a.public() || n != from {
			t.failf("%s got packet %d of %s, wanted %d of %s",
				b.name, n, pkt.Source.ShortString(), from, a.name)
		}
		from++
	}
}

// regionPairs: each client reaches each client at each other node, in order and
// without loss; who heard from one that leaves is told so, and nobody else.
func regionPairs(t *T) {
	regions := t.regionNodes()
	var peers []*peer
	burst := uint64(200)
	if t.derper {
		burst = 20 // derper's queues have 32
	}
	for i, r := range regions {
		for k := 0; k < 2; k++ {
			peers = append(peers, t.dialNode(
				fmt.Sprintf("client %d at node %d", k, i), r))
		}
	}
	for _, a := range peers {
		for _, b := range peers {
			if a != b {
				t.meet(a, b)
			}
		}
	}
	for _, a := range peers {
		for _, b := range peers {
			if a == b {
				continue
			}
			for n := uint64(0); n < burst; n++ {
				a.sendKey(b.public(), regionText(a.public(),
					b.public(), n, int(n*7)))
			}
			t.wantInOrder(a, b, 0, burst)
		}
	}
	t.logf("%d clients at %d nodes reach each other", len(peers),
		len(regions))

	// One that heard from it, and one that did not.
	quiet := t.dialNode("one that heard nothing", regions[len(regions)-1])
	loud := peers[0]
	loud.close()
	for _, p := range peers[1:] {
		for {
			m := p.next()
			if _, ok := m.(derp.ReceivedPacket); ok {
				continue
			}
			g, ok := m.(derp.PeerGoneMessage)
			if !ok || g.Peer != loud.public() ||
				g.Reason != derp.PeerGoneReasonDisconnected {
				t.failf("%s got %s, wanted PeerGone", p.name,
					show(m))
			}
			break
		}
	}
	quiet.settle()
	t.logf("those who heard from it know that one has left")
}

// A mover is a client that is connected to some node, and to another one when
// it is closed.
type mover struct {
	t       *T
	name    string
	key     key.NodePrivate
	mu      sync.Mutex
	p       *peer
	got     map[key.NodePublic]time.Time
	packets atomic.Uint64
	bad     atomic.Pointer[string]
	done    chan struct{}
}

// run connects again and again until done is closed.
func (m *mover) run(regions []*tailcfg.DERPRegion) {
	for i := rand.Intn(len(regions)); ; i++ {
		select {
		case <-m.done:
			return
		default:
		}
		p, err := m.t.tryDial(m.name, options{key: m.key,
			region: regions[i%len(regions)]})
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		m.mu.Lock()
		m.p = p
		m.mu.Unlock()
		m.receive(p)
		p.close()
	}
}

// receive handles messages until the connection ends.
func (m *mover) receive(p *peer) {
	for msg := range p.msgs {
		pkt, ok := msg.(derp.ReceivedPacket)
		if !ok {
			continue
		}
		if _, bad := regionCheck(pkt, m.key.Public()); bad != "" {
			bad = m.name + " got " + bad
			m.bad.Store(&bad)
		}
		m.packets.Add(1)
		m.mu.Lock()
		m.got[pkt.Source] = time.Now()
		m.mu.Unlock()
	}
}

// peer returns the current connection, or nil.
func (m *mover) peer() *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p
}

// heard returns when a packet of `from' came last.
func (m *mover) heard(from *mover) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got[from.key.Public()]
}

// leave closes the connection now and then.
func (m *mover) leave() {
	if p := m.peer(); p != nil && rand.Intn(40) == 0 {
		p.close()
	}
}

// send sends a packet if it is connected.
func (m *mover) send(to *mover, n uint64, size int) {
	if p := m.peer(); p != nil {
		_ = p.Send(to.key.Public(), regionText(m.key.Public(),
			to.key.Public(), n, size))
	}
}

// regionChaos: clients at all nodes send to each other while the shell test
// ends and starts nodes.  After SIGTERM, when nothing happens any more, each
// reaches each within regionSettle.
func regionChaos(t *T) {
	regions := t.regionNodes()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	var all []*mover
	done := make(chan struct{})
	for i := 0; i < t.clients; i++ {
		m := &mover{t: t, name: fmt.Sprintf("client %d", i),
			key: key.NewNode(), done: done,
			got: make(map[key.NodePublic]time.Time)}
		all = append(all, m)
		go m.run(regions)
	}
	defer close(done)
	t.ready()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for n, run := uint64(0), true; run; n++ {
		a, b := all[rand.Intn(len(all))], all[rand.Intn(len(all))]
		a.send(b, n, rand.Intn(1300))
		if n%64 == 0 {
			a.leave()
		}
		t.noneBad(all)
		select {
		case <-stop:
			run = false
		case <-tick.C:
		}
	}
	began := time.Now()
	for left := 1; left > 0; {
		left = 0
		var who string
		for _, a := range all {
			for _, b := range all {
				if a != b && !b.heard(a).After(began) {
					left++
					who = a.name + " to " + b.name
					a.send(b, 0, 0)
				}
			}
		}
		t.noneBad(all)
		if left > 0 && time.Since(began) > regionSettle {
			t.failf("%d pairs can't reach each other after %v, as "+
				"%s", left, regionSettle, who)
		}
		time.Sleep(100 * time.Millisecond)
	}
	var packets uint64
	for _, m := range all {
		packets += m.packets.Load()
	}
	t.logf("all reach each other %v after the last event; %d packets came",
		time.Since(began).Round(time.Millisecond), packets)
}

// noneBad fails if a client got what was not meant for it.
func (t *T) noneBad(all []*mover) {
	for _, m := range all {
		if bad := m.bad.Load(); bad != nil {
			t.failf("%s", *bad)
		}
	}
}
