package main

import (
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// names is the DNS of the namespace.  What has no entry does not exist.
type names struct {
	mu    sync.Mutex
	addrs map[string][]netip.Addr
	fails map[string]bool // SERVFAIL
}

// set gives a name addresses, separated by slashes.
func (n *names) set(name, addrs string) {
	var list []netip.Addr
	for _, a := range strings.Split(addrs, "/") {
		list = append(list, netip.MustParseAddr(a))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs[name] = list
}

// fail makes the resolver fail for a name.
func (n *names) fail(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fails[name] = true
}

func (n *names) serve() error {
	c, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 2048)
		for {
			k, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if b := n.answer(buf[:k]); b != nil {
				c.WriteTo(b, from)
			}
		}
	}()
	return nil
}

func (n *names) answer(b []byte) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	n.mu.Lock()
	defer n.mu.Unlock()
	addrs, ok := n.addrs[name]
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: h.ID, Response: true,
			RecursionDesired: h.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	switch {
	case n.fails[name]:
		m.RCode = dnsmessage.RCodeServerFailure
	case !ok:
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addrs {
		rh := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: rh,
				Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: rh,
				Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
