package main

// Sessions that stay open while a shell test acts on the server.  SIGTERM or
// SIGINT ends the case, which then prints its result.

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"tailscale.com/derp"
)

// told returns a channel that SIGTERM or SIGINT closes.
func told() <-chan struct{} {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	done := make(chan struct{})
	go func() {
		<-sig
		close(done)
	}()
	return done
}

// ring logs in n clients, each of which sends to the next.
func (t *T) ring(n int) []*peer {
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = t.dial(fmt.Sprintf("client %d", i))
	}
	return peers
}

// hold: packets go round a ring of clients until a signal stops it.  Any lost
// packet and any broken connection is a failure.
func hold(t *T) {
	stop := told()
	peers := t.ring(t.clients)
	rounds := 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for i, p := range peers {
			p.send(peers[(i+1)%len(peers)], fill(uint64(rounds), 200))
		}
		for i, p := range peers {
			p.wantPacket(peers[(i+len(peers)-1)%len(peers)].public(),
				fill(uint64(rounds), 200))
		}
		rounds++
		if rounds == 1 {
			t.ready()
		}
		select {
		case <-stop:
			t.logf("%d clients, %d rounds, none lost, none broken",
				len(peers), rounds)
			return
		case <-tick.C:
		}
	}
}

// survive: clients whose connection breaks log in again with their key.  After
// the signal all must be logged in and packets must go round; prints the number
// of broken connections.
func survive(t *T) {
	stop := told()
	peers := t.ring(t.clients)
	t.ready()
	<-stop
	broken := 0
	for i, p := range peers {
		if !p.alive() {
			broken++
			peers[i] = t.again(p)
		}
	}
	for i, p := range peers {
		q := peers[(i+1)%len(peers)]
		p.send(q, []byte("round"))
		q.wantPacket(p.public(), []byte("round"))
	}
	fmt.Printf("broken %d of %d\n", broken, len(peers))
}

// alive: the server answers this connection.
func (p *peer) alive() bool {
	if err := p.SendPing([8]byte{'a'}); err != nil {
		return false
	}
	for {
		m, err := p.tryNext()
		if err != nil {
			return false
		}
		if _, ok := m.(derp.PongMessage); ok {
			return true
		}
	}
}

// again logs in with the key of a broken connection.
func (t *T) again(p *peer) *peer {
	p.close()
	limit := time.Now().Add(wait)
	for {
		q, err := t.tryDial(p.name, options{key: p.key})
		if err == nil {
			return q
		}
		if time.Now().After(limit) {
			t.failf("%s can't log in again: %v", p.name, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// restarting: the server sends Restarting, then closes.
func restarting(t *T) {
	peers := t.ring(t.clients)
	t.ready()
	var wg sync.WaitGroup
	errs := make([]error, len(peers))
	for i, p := range peers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = p.waitRestart()
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.failf("%v", err)
		}
	}
	t.logf("%d clients were told of the restart and closed", len(peers))
}

func (p *peer) waitRestart() error {
	m, err := p.tryNext()
	if err != nil {
		return err
	}
	r, ok := m.(derp.ServerRestartingMessage)
	if !ok {
		return fmt.Errorf("%s got %s, wanted Restarting", p.name, show(m))
	}
	if r.ReconnectIn > 30*time.Second || r.TryFor > time.Minute {
		return fmt.Errorf("%s: reconnect in %v, try for %v", p.name,
			r.ReconnectIn, r.TryFor)
	}
	if m, err := p.tryNext(); err == nil {
		return fmt.Errorf("%s got %s, wanted the end", p.name, show(m))
	}
	return nil
}

// login: log in once, within the bound; for tests that wait for a server to
// be able to do it again.
func login(t *T) {
	limit := time.Now().Add(wait)
	for {
		a, err := t.tryDial("a", options{})
		if err == nil {
			a.settle()
			t.logf("logged in")
			return
		}
		if time.Now().After(limit) {
			t.failf("can't log in: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
