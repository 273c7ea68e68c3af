package main

// STUN: requests from ever new ports, each of which has to be answered.

import (
	"fmt"
	"net"
	"time"

	"tailscale.com/net/stun"
)

const (
	stunPause = 20 * time.Millisecond
	stunBound = 2 * time.Second
)

// askSTUN sends one request and waits for its answer.
func askSTUN(addr string) error {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(stunBound))
	id := stun.NewTxID()
	if _, err := c.Write(stun.Request(id)); err != nil {
		return err
	}
	buf := make([]byte, 1500)
	n, err := c.Read(buf)
	if err != nil {
		return err
	}
	got, mapped, err := stun.ParseResponse(buf[:n])
	if err != nil {
		return err
	}
	if local := c.LocalAddr().String(); got != id ||
		mapped.String() != local {
		return fmt.Errorf("asked from %s, and was told of %v", local,
			mapped)
	}
	return nil
}

// ask sends requests all the time.
func (l *load) ask() {
	for !l.stopping.Load() {
		l.asked.Add(1)
		if err := askSTUN(l.o.stun); err != nil {
			l.unanswered.Add(1)
			l.allowed("STUN: %v", err)
		}
		time.Sleep(stunPause)
	}
}
