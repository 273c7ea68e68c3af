package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
)

// The world has what all rows share: a DNS, a CA, addresses.
type world struct {
	dir     string
	derpctl string
	names   *names
	root    *authority // in ca.pem
	inter   *authority
	other   *authority // that nobody trusts
	mu      sync.Mutex
	last    byte // of the addresses
}

func newWorld(dir, derpctl string) (*world, error) {
	w := &world{dir: dir, derpctl: derpctl, last: 9, names: &names{
		addrs: map[string][]netip.Addr{}, fails: map[string]bool{}}}
	w.root = newAuthority("Test Root", nil)
	w.inter = newAuthority("Test Intermediate", w.root)
	w.other = newAuthority("Another Root", nil)
	return w, nil
}

// relay returns a good relay with addresses of its own, not started yet.
func (w *world) relay(name string) *relay {
	w.mu.Lock()
	w.last++
	n := w.last
	w.mu.Unlock()
	r := &relay{name: name,
		v4:     netip.AddrFrom4([4]byte{5, 5, 5, n}),
		v6:     netip.MustParseAddr(fmt.Sprintf("2a00:5555::%x", n)),
		server: newServer(),
		cert:   w.issue(name, spec{}),
		port80: good80(name),
	}
	r.meta = [][]byte{r.server.MetaCert()}
	w.names.set(name, r.v4.String()+"/"+r.v6.String())
	return r
}

// alone gives the relay IPv4 alone: one address less that must time out.
func (r *relay) alone(w *world) []string {
	r.only = "4"
	w.names.set(r.name, r.v4.String())
	return nil
}

// file writes a file of the world, and returns its path.
func (w *world) file(name, text string) string {
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		panic(err)
	}
	return path
}

// A node of a map.
type node map[string]any

// node describes the relay as a map does.
func (r *relay) node(with node) node {
	n := node{"Name": r.name, "RegionID": 900, "HostName": r.name}
	for k, v := range with {
		n[k] = v
	}
	return n
}

// derpMap is a map of one region.
func derpMap(nodes ...node) string {
	b, err := json.MarshalIndent(map[string]any{
		"Regions": map[string]any{"900": map[string]any{
			"RegionID": 900, "RegionCode": "t", "RegionName": "Test",
			"Nodes": nodes}}}, "", "\t")
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}
