package main

import (
	"fmt"
	"net"
	"sync"
)

// A counter counts the connections of a relay.
type counter struct {
	mu              sync.Mutex
	open, most, all int
}

const (
	mayBeOpen  = 3  // two, and one whose end has not been noticed yet
	mayComeAll = 15 // to each address
)

func (n *counter) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%d connections, %d at once", n.all, n.most)
}

// check tells whether a stranger's relay would mind.
func (n *counter) check(addrs int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.most <= mayBeOpen && n.all <= mayComeAll*addrs {
		return nil
	}
	return fmt.Errorf("%d connections, %d at once", n.all, n.most)
}

// A countingListener counts what it accepts.
type countingListener struct {
	net.Listener
	n *counter
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.n.mu.Lock()
	defer l.n.mu.Unlock()
	l.n.all++
	l.n.open++
	l.n.most = max(l.n.most, l.n.open)
	return &countedConn{Conn: c, n: l.n}, nil
}

// A countedConn has ended when one side has closed it.
type countedConn struct {
	net.Conn
	n    *counter
	once sync.Once
}

func (c *countedConn) end() {
	c.once.Do(func() {
		c.n.mu.Lock()
		defer c.n.mu.Unlock()
		c.n.open--
	})
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if ne, ok := err.(net.Error); err != nil && !(ok && ne.Timeout()) {
		c.end()
	}
	return n, err
}

func (c *countedConn) Close() error {
	c.end()
	return c.Conn.Close()
}
