package main

// A client that stays: it reads all that comes, and notices when its session
// ends.

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/derp"
	"tailscale.com/types/key"
)

// A client is one key's connection.
type client struct {
	l    *load
	name string
	way  way
	addr string // where it logs in
	key  key.NodePrivate
	slow bool // it reads less than it is sent

	watch   bool
	mu      sync.Mutex
	present map[key.NodePublic]bool // what a watcher was told

	conn  atomic.Pointer[conn] // nil: its session has ended
	epoch atomic.Uint32        // number of its session
	flows map[uint32]*flow     // whose packets come here
	pings chan [8]byte         // pings that are not answered
	pongs chan [8]byte         // answers to pings
	done  chan struct{}
}

// newClient: a client without a session.
func (l *load) newClient(name string, w way, k key.NodePrivate) *client {
	c := &client{l: l, name: name, way: w, addr: l.o.addr, key: k,
		flows: map[uint32]*flow{}, done: make(chan struct{}),
		pings: make(chan [8]byte, 1024)}
	l.clients = append(l.clients, c)
	return c
}

func (c *client) public() key.NodePublic { return c.key.Public() }

func (c *client) String() string { return c.name + " (" + string(c.way) + ")" }

// login opens the session.
func (c *client) login() error {
	if c.watch {
		c.mu.Lock()
		c.present = map[key.NodePublic]bool{}
		c.mu.Unlock()
	}
	s, err := c.l.open(c.addr, c.way, c.key, c.watch, c.slow)
	if err != nil {
		return err
	}
	for len(c.pings) > 0 {
		<-c.pings
	}
	c.epoch.Add(1)
	c.conn.Store(s)
	return nil
}

// run reads until the run ends; an end of the session before is a finding, and
// the client logs in once more.
func (c *client) run() {
	defer close(c.done)
	for {
		err := c.read(c.conn.Load())
		if c.l.closing.Load() {
			return
		}
		c.l.ended.Add(1)
		c.l.allowed("%v: the session ended: %v", c, err)
		for c.login() != nil {
			c.l.relogins.Add(1)
			time.Sleep(50 * time.Millisecond)
			if c.l.closing.Load() {
				return
			}
		}
	}
}

// read handles what comes until the session ends, and says why.
func (c *client) read(s *conn) error {
	defer s.end()
	defer c.conn.CompareAndSwap(s, nil)
	for n := 1; ; n++ {
		m, err := s.Recv()
		if err != nil {
			return err
		}
		c.got(m)
		if c.slow && n%64 == 0 && !c.l.stopping.Load() {
			time.Sleep(300 * time.Millisecond)
		}
	}
}

func (c *client) got(m derp.ReceivedMessage) {
	if c.l.closing.Load() {
		return
	}
	switch m := m.(type) {
	case derp.ReceivedPacket:
		c.l.packet(c, m)
	case derp.PeerGoneMessage:
		if c.watch {
			c.told(m.Peer, false)
			return
		}
		c.l.gone.Add(1)
		c.l.allowed("%v: PeerGone of %s, reason %d", c,
			m.Peer.ShortString(), m.Reason)
	case derp.PeerPresentMessage:
		c.told(m.Key, true)
	case derp.PongMessage:
		c.pong([8]byte(m))
	case derp.ServerRestartingMessage:
		c.l.restarting.Add(1)
		c.l.allowed("%v: told that the server restarts", c)
	}
}

// told: a watcher hears of a client that comes or goes.
func (c *client) told(k key.NodePublic, here bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if here {
		c.present[k] = true
		return
	}
	delete(c.present, k)
	if c.l.stays[k] {
		c.l.gone.Add(1)
		c.l.allowed("%v: told that %s has gone", c, k.ShortString())
	}
}

// knows: a watcher has been told of the clients that are there and no others.
// It returns what is wrong, or "".
func (c *client) knows(want map[key.NodePublic]bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	missing, more := 0, 0
	for k := range want {
		if !c.present[k] {
			missing++
		}
	}
	for k := range c.present {
		if !want[k] {
			more++
		}
	}
	if missing+more == 0 {
		return ""
	}
	return fmt.Sprintf("%v: was not told of %d clients, and of %d that "+
		"are not there", c, missing, more)
}

// ping sends a ping; its answer is due.
func (c *client) ping(data [8]byte) {
	s := c.conn.Load()
	if s == nil || len(c.pings) == cap(c.pings) {
		return
	}
	c.pings <- data
	if s.SendPing(data) != nil {
		s.end()
	}
}

// pong: the pings are answered in their order.
func (c *client) pong(data [8]byte) {
	select {
	case want := <-c.pings:
		if data == want {
			return
		}
	default:
	}
	c.l.pongs.Add(1)
	c.l.allowed("%v: a pong that is not due", c)
}
