package main

// A run: who takes part, its beginning and its end.

import (
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/types/key"
)

const (
	settleBound = 20 * time.Second // until all that was sent has come
	atOnce      = 16               // logins at the beginning
	slowRate    = 500              // packets a second to slow clients
)

// load is the state of a run.
type load struct {
	o      options
	begin  time.Time
	roots  *x509.CertPool
	mesh   key.DERPMesh
	random []byte

	clients  []*client
	watchers []*client
	flows    []*flow
	stays    map[key.NodePublic]bool // those that stay, here

	stopping atomic.Bool // nobody sends or logs in any more
	closing  atomic.Bool // sessions end
	working  sync.WaitGroup
	report
}

func newLoad(o options) *load {
	l := &load{o: o, begin: time.Now(), random: make([]byte,
		randomLen+maxLarge), stays: map[key.NodePublic]bool{}}
	r := rand.NewChaCha8([32]byte{'l', 'o', 'a', 'd'})
	r.Read(l.random)
	return l
}

// cast decides who takes part.
func (l *load) cast() {
	for i := range l.o.pairs + l.o.flood {
		w, rate := tls13, l.o.rate
		switch {
		case i < l.o.tls12:
			w = tls12
		case i < l.o.tls12+l.o.ws:
			w = ws
		case i >= l.o.pairs:
			rate = l.o.floodBytes / ((minPacket + maxPacket) / 2)
		}
		a := l.newClient(fmt.Sprintf("a%d", i), w, key.NewNode())
		b := l.newClient(fmt.Sprintf("b%d", i), tls13, key.NewNode())
		if l.o.other != "" {
			b.addr = l.o.other
		}
		there, back := l.addFlow(a, b, rate), l.addFlow(b, a, rate)
		if i < l.o.pairs && i%5 == 4 {
			// As many bytes in a few large packets.
			there.most, back.most = maxLarge, maxLarge
			there.rate *= float64(maxPacket) / maxLarge
			back.rate = there.rate
		}
	}
	for i := range l.o.slow {
		from := l.newClient(fmt.Sprintf("fast%d", i), tls13,
			key.NewNode())
		to := l.newClient(fmt.Sprintf("slow%d", i), tls13,
			key.NewNode())
		to.slow = true
		l.addFlow(from, to, slowRate).lossy = true
	}
	for i := range l.o.duplicates {
		from := l.newClient(fmt.Sprintf("from%d", i), tls13,
			key.NewNode())
		k := key.NewNode()
		var same []*client
		for j := range 3 {
			same = append(same, l.newClient(
				fmt.Sprintf("same%d.%d", i, j), tls13, k))
		}
		// The one that logged in last has the packets.
		l.addFlow(from, same[2], l.o.rate, same[:2]...)
	}
	for i := range l.o.idle {
		w := tls13
		switch i % 20 {
		case 0:
			w = tls12
		case 1:
			w = ws
		}
		l.newClient(fmt.Sprintf("idle%d", i), w, key.NewNode())
	}
	for i := range l.o.watchers {
		c := l.newClient(fmt.Sprintf("watcher%d", i), tls13,
			key.NewNode())
		c.watch = true
		l.watchers = append(l.watchers, c)
	}
}

// start logs all in, and begins to send.
func (l *load) start() error {
	l.cast()
	for _, c := range l.clients {
		if c.addr == l.o.addr {
			l.stays[c.public()] = true
		}
	}
	if err := l.loginAll(); err != nil {
		return err
	}
	for _, c := range l.clients {
		go c.run()
	}
	for _, f := range l.flows {
		l.work(func() { f.send(l) })
	}
	for i := range l.o.connectors {
		l.work(func() { l.connect(i) })
	}
	if l.o.stun != "" {
		l.work(l.ask)
	}
	go l.late.watch()
	if l.o.state != "" {
		go l.writeState(l.o.state)
	}
	return nil
}

// loginAll: those of one key log in one after the other.
func (l *load) loginAll() error {
	var wg sync.WaitGroup
	errs := make(chan error, len(l.clients))
	slots := make(chan struct{}, atOnce)
	for i := 0; i < len(l.clients); {
		n := 1
		for i+n < len(l.clients) &&
			l.clients[i+n].public() == l.clients[i].public() {
			n++
		}
		same := l.clients[i : i+n]
		i += n
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for _, c := range same {
				if err := c.login(); err != nil {
					errs <- fmt.Errorf("%v: %w", c, err)
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// work runs something that ends when the run is stopping.
func (l *load) work(f func()) {
	l.working.Go(f)
}

// connect connects anew in one of several ways, all the time.
func (l *load) connect(n int) {
	for i := n; !l.stopping.Load(); i++ {
		begin := time.Now()
		what, err := l.connectOnce(i)
		l.logins.Add(1)
		if err != nil {
			l.refused.Add(1)
			l.allowed("a new connection (%s), begun %v ago: %v",
				what, time.Since(begin).Round(
					time.Millisecond), err)
		} else {
			l.login.add(time.Since(begin), time.Since(l.begin),
				what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *load) connectOnce(i int) (fmt.Stringer, error) {
	switch i % 8 {
	case 1:
		return text(tls12), l.try(tls12)
	case 3:
		return text(ws), l.try(ws)
	case 5:
		return text("HTTPS"), l.probe("https://"+l.o.host+
			"/derp/probe", l.o.addr, 200)
	case 7:
		if l.o.plain != "" {
			return text("HTTP"), l.probe("http://"+l.o.host+
				"/generate_204", l.o.plain, 204)
		}
	}
	return text(tls13), l.try(tls13)
}

type text string

func (t text) String() string { return string(t) }

// end stops all, looks at what is left, and returns the result in one line.
func (l *load) end() string {
	l.stopping.Store(true)
	l.working.Wait()
	limit := time.Now().Add(settleBound)
	if l.o.deaths {
		limit = time.Now().Add(time.Second)
	}
	for !l.settled() && time.Now().Before(limit) {
		time.Sleep(10 * time.Millisecond)
	}
	for _, f := range l.flows {
		n := f.sent.Load() - f.received.Load()
		if n != 0 && !f.lossy {
			l.lost.Add(int64(n))
			l.allowed("%v: %d of %d packets are lost", f, n,
				f.sent.Load())
		}
	}
	l.alive()
	l.informed()
	line := l.line()
	l.closing.Store(true)
	for _, c := range l.clients {
		if s := c.conn.Load(); s != nil {
			s.end()
		}
	}
	return line
}

// settled: all that was sent and may not be lost has come.
func (l *load) settled() bool {
	for _, f := range l.flows {
		if !f.lossy && f.sent.Load() != f.received.Load() {
			return false
		}
	}
	return true
}

// alive: the server answers each session.
func (l *load) alive() {
	limit := time.Now().Add(settleBound)
	for i, c := range l.clients {
		c.ping([8]byte{'e', 'n', 'd', byte(i >> 8), byte(i)})
	}
	for _, c := range l.clients {
		for len(c.pings) > 0 && time.Now().Before(limit) {
			time.Sleep(time.Millisecond)
		}
		if n := len(c.pings); n > 0 || c.conn.Load() == nil {
			l.silent.Add(1)
			l.finding("%v: no session, or %d pings without an "+
				"answer", c, n)
		}
	}
}

// informed: watchers know who is there.
func (l *load) informed() {
	limit := time.Now().Add(settleBound)
	for _, c := range l.watchers {
		for c.knows(l.stays) != "" && time.Now().Before(limit) {
			time.Sleep(10 * time.Millisecond)
		}
		if wrong := c.knows(l.stays); wrong != "" {
			l.watch.Add(1)
			l.finding("%s", wrong)
		}
	}
}
