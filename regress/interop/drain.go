package main

// Clients of a machine that drains.

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// drain: each client is told to go elsewhere at once, and closed.  Prints for
// how long they were closed, from the first to the last, and how far apart the
// two connections of one key were.
func drain(t *T) {
	peers := t.ring(t.clients)
	twin := t.dialOpt("twin", options{key: peers[0].key})
	ws, err := t.reach(client{name: "ws", how: "ws", key: key.NewNode()})
	if err != nil {
		t.failf("%v", err)
	}
	peers = append(peers, twin, ws)
	t.ready()
	ends := make([]time.Time, len(peers))
	errs := make([]error, len(peers))
	var wg sync.WaitGroup
	for i, p := range peers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ends[i], errs[i] = p.drained()
		}()
	}
	wg.Wait()
	first, last := ends[0], ends[0]
	for i := range peers {
		if errs[i] != nil {
			t.failf("%v", errs[i])
		}
		if ends[i].Before(first) {
			first = ends[i]
		}
		if ends[i].After(last) {
			last = ends[i]
		}
	}
	fmt.Printf("spread %d\n", last.Sub(first).Milliseconds())
	fmt.Printf("twins %d\n", ends[0].Sub(ends[len(ends)-2]).Abs().
		Milliseconds())
}

// drained waits for Restarting and the end, and returns the time of the former.
func (p *peer) drained() (time.Time, error) {
	var at time.Time
	for {
		m, err := p.tryNext()
		if err != nil {
			if at.IsZero() || errors.Is(err, errNothing) {
				return at, err
			}
			return at, nil
		}
		r, ok := m.(derp.ServerRestartingMessage)
		if !ok {
			continue
		}
		if !at.IsZero() || r.ReconnectIn != 0 || r.TryFor != 0 {
			return at, fmt.Errorf("%s: reconnect in %v, try for %v",
				p.name, r.ReconnectIn, r.TryFor)
		}
		at = time.Now()
	}
}

// drainRegion: a client of a region of two nodes, which is at the first, is at
// the second when that one drains.  derphttp dials as Tailscale's client does.
func drainRegion(t *T) {
	both := t.regionNodes()
	region := *both[0]
	region.Nodes = append([]*tailcfg.DERPNode{}, both[0].Nodes[0],
		both[1].Nodes[0])
	second := t.dialNode("second", both[1])
	c := derphttp.NewRegionClient(key.NewNode(), t.clientLog,
		netmon.NewStatic(), func() *tailcfg.DERPRegion { return &region })
	c.TLSConfig = t.tlsConfig()
	defer c.Close()
	limit := time.AfterFunc(3*wait, func() { c.Close() })
	defer limit.Stop()
	at := key.NodePublic{}
	for {
		m, _, err := c.RecvDetail()
		if err == derphttp.ErrClientClosed {
			t.failf("it has not found the second node")
		}
		if err != nil {
			// Tailscale's client waits longer than this.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if _, ok := m.(derp.ServerInfoMessage); !ok {
			continue
		}
		switch now := c.ServerPublicKey(); {
		case at.IsZero():
			at = now
			if now == second.http.ServerPublicKey() {
				t.failf("it is at the second node at once")
			}
			t.ready()
		case now == second.http.ServerPublicKey():
			t.logf("it has moved to the second node")
			return
		default:
			t.failf("it is at the first node again")
		}
	}
}
