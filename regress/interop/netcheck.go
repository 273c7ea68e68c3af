package main

// Nodes use the map and STUN: request an address with Tailscale's own package,
// and let its netcheck select a home.

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"tailscale.com/net/netcheck"
	"tailscale.com/net/netmon"
	"tailscale.com/net/netns"
	"tailscale.com/net/stun"
	"tailscale.com/tailcfg"
)

// webTLS trusts the CA of the options, and verifies the name in the URL.
func (t *T) webTLS() *tls.Config {
	conf := &tls.Config{RootCAs: t.roots}
	if t.roots == nil {
		conf.InsecureSkipVerify = true
		conf.VerifyPeerCertificate = func(raw [][]byte,
			_ [][]*x509.Certificate) error {
			sum := sha256.Sum256(raw[0])
			if t.pin != "sha256-raw:"+hex.EncodeToString(sum[:]) {
				return fmt.Errorf("another certificate")
			}
			return nil
		}
	}
	return conf
}

// askSTUN sends Tailscale's own request to one address and parses the answer.
func (t *T) askSTUN(network, host string, port int) {
	conn, err := net.Dial(network, net.JoinHostPort(host,
		strconv.Itoa(port)))
	if err != nil {
		t.failf("%v", err)
	}
	defer conn.Close()
	own := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	buf := make([]byte, 1500)
	for try := 0; try < 5; try++ {
		id := stun.NewTxID()
		if _, err := conn.Write(stun.Request(id)); err != nil {
			t.failf("%v", err)
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		n, err := conn.Read(buf)
		if err != nil {
			continue
		}
		got, addr, err := stun.ParseResponse(buf[:n])
		if err != nil || got != id {
			t.failf("answer %x: %v", buf[:n], err)
		}
		want := netip.AddrPortFrom(own.Addr().Unmap(), own.Port())
		if addr != want {
			t.failf("mapped %v, own address %v", addr, want)
		}
		t.logf("%s %s: %v", network, host, addr)
		return
	}
	t.failf("no answer of %s %s", network, host)
}

// stunNodes: every address of every node in the map answers STUN.
func stunNodes(t *T) {
	asked := 0
	for _, r := range t.mustFetchMap().Regions {
		for _, n := range r.Nodes {
			port := n.STUNPort
			if port == 0 {
				port = 3478
			}
			if n.IPv4 != "" && n.IPv4 != "none" {
				t.askSTUN("udp4", n.IPv4, port)
				asked++
			}
			if n.IPv6 != "" && n.IPv6 != "none" {
				t.askSTUN("udp6", n.IPv6, port)
				asked++
			}
		}
	}
	if asked == 0 {
		t.failf("the map names no address")
	}
}

// report runs netcheck with the map of the server.
func (t *T) report(opts *netcheck.GetReportOpts) *netcheck.Report {
	// Loopback is not to be left by a route of its own.
	netns.SetEnabled(false)
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
	r, err := c.GetReport(ctx, t.mustFetchMap(), opts)
	if err != nil {
		t.failf("%v", err)
	}
	return r
}

// chosen: the region of the map is the home, and its latency is known.
func (t *T) chosen(r *netcheck.Report) *tailcfg.DERPRegion {
	for id, region := range t.mustFetchMap().Regions {
		if r.PreferredDERP == id {
			if _, ok := r.RegionLatency[id]; !ok {
				t.failf("no latency of region %d", id)
			}
			return region
		}
	}
	t.failf("region %d is preferred: %+v", r.PreferredDERP, r)
	return nil
}

// netcheckUDP: found by STUN, over each family of which the map has an address.
func netcheckUDP(t *T) {
	r := t.report(nil)
	region := t.chosen(r)
	id := region.RegionID
	if !r.UDP || !r.IPv4 {
		t.failf("no UDP, or no IPv4: %+v", r)
	}
	if _, ok := r.RegionV4Latency[id]; !ok {
		t.failf("no latency over IPv4: %+v", r)
	}
	if !r.GlobalV4.IsValid() {
		t.failf("no IPv4 address of our own: %+v", r)
	}
	want6 := region.Nodes[0].IPv6 != "none"
	_, have6 := r.RegionV6Latency[id]
	if r.IPv6 != want6 || have6 != want6 || r.GlobalV6.IsValid() != want6 {
		t.failf("IPv6 %v, with latency %v, wanted %v: %+v", r.IPv6,
			have6, want6, r)
	}
	t.logf("region %d in %v, seen as %v %v", id, r.RegionLatency[id],
		r.GlobalV4, r.GlobalV6)
}

// netcheckHTTPS: while STUN does not answer, found over HTTPS.  The first
// report is that of a node; to it, ICMP helps where it may.  The second has
// nothing but HTTPS.
func netcheckHTTPS(t *T) {
	for _, opts := range []*netcheck.GetReportOpts{
		nil, {OnlyTCP443: true},
	} {
		r := t.report(opts)
		if r.UDP {
			t.failf("STUN answered: %+v", r)
		}
		id := t.chosen(r).RegionID
		t.logf("region %d in %v, ICMP %v", id, r.RegionLatency[id],
			r.ICMPv4)
	}
}
