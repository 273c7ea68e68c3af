package main

// The client reaches a relay with nothing but a node of a map, which `derpctl
// node' prints or a person writes.

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"tailscale.com/net/netcheck"
	"tailscale.com/net/netmon"
	"tailscale.com/net/netns"
	"tailscale.com/tailcfg"
)

// readNode reads the node of -node and makes the region that it is in.
func (t *T) readNode() *tailcfg.DERPRegion {
	text, err := os.ReadFile(t.node)
	if err != nil {
		t.failf("%v", err)
	}
	var n tailcfg.DERPNode
	if err := json.Unmarshal(text, &n); err != nil {
		t.failf("%s: %v", t.node, err)
	}
	return &tailcfg.DERPRegion{RegionID: n.RegionID, RegionCode: "x",
		RegionName: "X", Nodes: []*tailcfg.DERPNode{&n}}
}

// nodeRelay: two clients exchange packets with nothing but the node.
func nodeRelay(t *T) {
	// Loopback is not to be left by a route of its own.
	netns.SetEnabled(false)
	o := options{region: t.readNode()}
	exchange(t.dialOpt("a", o), t.dialOpt("b", o))
	t.logf("two clients exchanged packets by the node")
}

// nodeSTUN: netcheck finds the region by STUN exactly when the node has STUN.
func nodeSTUN(t *T) {
	netns.SetEnabled(false)
	region := t.readNode()
	ctx, cancel := context.WithTimeout(context.Background(),
		30*time.Second)
	defer cancel()
	c := &netcheck.Client{
		NetMon: netmon.NewStatic(), Logf: t.clientLog,
		Verbose: t.verbose, SkipExternalNetwork: true,
	}
	if err := c.Standalone(ctx, ""); err != nil {
		t.failf("%v", err)
	}
	r, err := c.GetReport(ctx, &tailcfg.DERPMap{
		Regions: map[int]*tailcfg.DERPRegion{region.RegionID: region},
	}, nil)
	if err != nil {
		t.failf("%v", err)
	}
	if want := region.Nodes[0].STUNPort != -1; r.UDP != want {
		t.failf("STUN answers: %v, wanted %v: %+v", r.UDP, want, r)
	}
	t.logf("STUN answers: %v", r.UDP)
}
