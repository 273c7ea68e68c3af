package main

// What nodes and control servers do with the map and with STUN: get the map as
// they get it, ask STUN with Tailscale's own package, and let its netcheck
// choose a home.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"tailscale.com/net/netcheck"
	"tailscale.com/net/netmon"
	"tailscale.com/net/netns"
	"tailscale.com/net/stun"
	"tailscale.com/tailcfg"
)

const mapPath = "/derpmap/default"

// httpClient goes to the server under test, whatever the URL says, and trusts
// what the options name.
func (t *T) httpClient() *http.Client {
	conf := &tls.Config{ServerName: t.host, RootCAs: t.roots}
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
	return &http.Client{Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: conf,
			DialContext: func(ctx context.Context, network,
				_ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, t.addr)
			}}}
}

// fetchMap does what consumers do: a plain GET, 200, JSON, regions in it.
func (t *T) fetchMap(c *http.Client) (*tailcfg.DERPMap, []byte, error) {
	resp, err := c.Get("https://" + t.host + mapPath)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != 200 {
		return nil, nil, fmt.Errorf("status %s", resp.Status)
	}
	var m tailcfg.DERPMap
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, nil, err
	}
	if len(m.Regions) == 0 {
		return nil, nil, fmt.Errorf("no regions")
	}
	return &m, body, nil
}

func (t *T) mustFetchMap() *tailcfg.DERPMap {
	m, _, err := t.fetchMap(t.httpClient())
	if err != nil {
		t.failf("the map: %v", err)
	}
	return m
}

// mapGet: many consumers at once see the same bytes, over connections that stay
// and over new ones.
func mapGet(t *T) {
	_, first, err := t.fetchMap(t.httpClient())
	if err != nil {
		t.failf("%v", err)
	}
	errs := make(chan error)
	const consumers, polls = 16, 20
	for range consumers {
		go func() {
			c := t.httpClient()
			for i := range polls {
				_, body, err := t.fetchMap(c)
				if err == nil && !bytes.Equal(body, first) {
					err = fmt.Errorf("other bytes")
				}
				if err != nil {
					errs <- err
					return
				}
				if i%5 == 0 {
					c.CloseIdleConnections()
				}
			}
			errs <- nil
		}()
	}
	for range consumers {
		if err := <-errs; err != nil {
			t.failf("%v", err)
		}
	}
	t.logf("%d consumers, %d polls each, %d bytes", consumers, polls,
		len(first))
}

// askSTUN asks one address with Tailscale's own request and parser.
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

// report lets netcheck look at the map that the server gives out.
func (t *T) report() *netcheck.Report {
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
	r, err := c.GetReport(ctx, t.mustFetchMap(), nil)
	if err != nil {
		t.failf("%v", err)
	}
	return r
}

// chosen: the region of the map is the home, and its latency is known.
func (t *T) chosen(r *netcheck.Report) int {
	for id := range t.mustFetchMap().Regions {
		if r.PreferredDERP == id {
			if _, ok := r.RegionLatency[id]; !ok {
				t.failf("no latency of region %d", id)
			}
			return id
		}
	}
	t.failf("region %d is preferred: %+v", r.PreferredDERP, r)
	return 0
}

// netcheckUDP: found by STUN.
func netcheckUDP(t *T) {
	r := t.report()
	id := t.chosen(r)
	if !r.UDP || !r.IPv4 {
		t.failf("no UDP, or no IPv4: %+v", r)
	}
	if _, ok := r.RegionV4Latency[id]; !ok {
		t.failf("no latency over IPv4: %+v", r)
	}
	_, v6 := r.RegionV6Latency[id]
	t.logf("region %d in %v, IPv6 %v", id, r.RegionLatency[id], v6)
}

// netcheckHTTPS: with STUN silent, found by asking over HTTPS.
func netcheckHTTPS(t *T) {
	r := t.report()
	if r.UDP {
		t.failf("STUN answered: %+v", r)
	}
	id := t.chosen(r)
	t.logf("region %d in %v", id, r.RegionLatency[id])
}
