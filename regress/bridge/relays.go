package main

// Which relay a pair of peers uses, and the connections to relays.

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"log"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// fnv32 hashes the parts, one after the other.
func fnv32(parts ...[]byte) uint32 {
	h := fnv.New32a()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum32()
}

func bigEndian(v uint32) []byte {
	return binary.BigEndian.AppendUint32(nil, v)
}

// rendezvous returns the region in which two peers meet, with its nodes in the
// order in which both try them.
func rendezvous(m *tailcfg.DERPMap, a, b key.NodePublic) *tailcfg.DERPRegion {
	x, y := a.Raw32(), b.Raw32()
	if slices.Compare(x[:], y[:]) > 0 {
		x, y = y, x
	}
	seed := bigEndian(fnv32(x[:], y[:]))
	var best *tailcfg.DERPRegion
	var most uint32
	for _, id := range m.RegionIDs() {
		score := fnv32(seed, bigEndian(uint32(id)))
		if best == nil || score > most {
			best, most = m.Regions[id], score
		}
	}
	region := *best
	region.Nodes = slices.Clone(best.Nodes)
	sort.SliceStable(region.Nodes, func(i, j int) bool {
		p, q := region.Nodes[i].Name, region.Nodes[j].Name
		s, t := fnv32(seed, []byte(p)), fnv32(seed, []byte(q))
		return s > t || s == t && p < q
	})
	return &region
}

// packet is one from a relay.
type packet struct {
	from key.NodePublic
	data []byte
}

// relays are connections to relays: one for each peer, all with the same key,
// or, if shared, one for each order of nodes.
type relays struct {
	key    key.NodePrivate
	own    key.NodePublic
	derps  *tailcfg.DERPMap
	shared bool
	got    chan packet

	mu    sync.Mutex
	links map[string]*derphttp.Client
	peers map[key.NodePublic]*derphttp.Client
}

func newRelays(private key.NodePrivate, file string, shared bool) (*relays,
	error) {
	r := &relays{key: private, own: private.Public(), shared: shared,
		derps: new(tailcfg.DERPMap), got: make(chan packet, 1024),
		links: map[string]*derphttp.Client{},
		peers: map[key.NodePublic]*derphttp.Client{}}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, r.derps); err != nil {
		return nil, err
	}
	if len(r.derps.Regions) == 0 {
		return nil, errors.New("the map has no regions")
	}
	return r, nil
}

// open returns the connection for this peer and begins it if there is none.
func (r *relays) open(peer key.NodePublic) *derphttp.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.peers[peer]
	if c == nil {
		c = r.begin(peer)
		r.peers[peer] = c
	}
	return c
}

func (r *relays) begin(peer key.NodePublic) *derphttp.Client {
	region := rendezvous(r.derps, r.own, peer)
	name := peer.String()
	if r.shared {
		var nodes []string
		for _, n := range region.Nodes {
			nodes = append(nodes, n.Name)
		}
		name = strings.Join(nodes, " ")
	}
	if c := r.links[name]; c != nil {
		return c
	}
	c := derphttp.NewRegionClient(r.key, log.Printf, netmon.NewStatic(),
		func() *tailcfg.DERPRegion { return region })
	c.SetCanAckPings(true)
	r.links[name] = c
	go r.receive(c)
	return c
}

// receive keeps the connection up, as the agents of the fleet do: a second
// after an error of reading, five after one of connecting.
func (r *relays) receive(c *derphttp.Client) {
	for {
		if err := c.Connect(context.Background()); err != nil {
			log.Printf("derp: %v", err)
			time.Sleep(5 * time.Second)
			continue
		}
		m, err := c.Recv()
		if err != nil {
			log.Printf("derp: %v", err)
			time.Sleep(time.Second)
			continue
		}
		switch m := m.(type) {
		case derp.PingMessage:
			c.SendPong([8]byte(m))
		case derp.ReceivedPacket:
			// What is not read in time is dropped, as by UDP.
			select {
			case r.got <- packet{m.Source, slices.Clone(m.Data)}:
			default:
			}
		}
	}
}

// send sends a packet to a peer over its relay.
func (r *relays) send(peer key.NodePublic, data []byte) error {
	return r.open(peer).Send(peer, data)
}
