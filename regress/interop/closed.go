package main

// Clients that the server closes while they are connected.

import (
	"fmt"

	"tailscale.com/derp"
)

// closed prints the keys of its clients, and after the signal what became of
// each: "KEY connected", or "KEY closed: REASON" with the reason of the last
// Health frame.
func closed(t *T) {
	stop := told()
	peers := t.ring(t.clients)
	for _, p := range peers {
		fmt.Printf("key %s\n", p.public())
	}
	t.ready()
	<-stop
	for _, p := range peers {
		fmt.Printf("%s %s\n", p.public(), p.fate())
	}
}

func (p *peer) fate() string {
	reason := ""
	_ = p.SendPing([8]byte{'f'}) // fails when it is closed
	for {
		m, err := p.tryNext()
		if err != nil {
			return "closed: " + reason
		}
		switch m := m.(type) {
		case derp.PongMessage:
			return "connected"
		case derp.HealthMessage:
			reason = m.Problem
		}
	}
}
