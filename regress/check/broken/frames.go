package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"tailscale.com/derp"
)

// A frame of DERP.
type frame struct {
	typ  derp.FrameType
	body []byte
}

// A hook gets a frame, and returns what goes on in its place; false ends the
// connection after them.
type hook func(f frame) ([]frame, bool)

// A tamper changes the frames of one connection; nil passes them on.
type tamper struct {
	down, up hook             // to the client, from the client
	pause    func() []frame   // down, when no frame comes for a moment
	hello    func(c net.Conn) // in place of the answer to the upgrade
	fast     func(c net.Conn) // the same for a fast start
}

func pass(f frame) ([]frame, bool) { return []frame{f}, true }

func readFrame(r *bufio.Reader) (frame, error) {
	var h [5]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return frame{}, err
	}
	f := frame{typ: derp.FrameType(h[0]),
		body: make([]byte, binary.BigEndian.Uint32(h[1:])&0xfffff)}
	_, err := io.ReadFull(r, f.body)
	return f, err
}

func (f frame) append(b []byte) []byte {
	b = append(b, byte(f.typ))
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.body)))
	return append(b, f.body...)
}

// relayFrames copies frames through a hook until one side ends.  `pause', if
// there is one, tells what goes on when no frame comes for a moment.
func relayFrames(dst io.Writer, src *bufio.Reader, from net.Conn, h hook,
	pause func() []frame) {
	if h == nil {
		h = pass
	}
	for {
		if pause != nil {
			from.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, err := src.Peek(1)
			from.SetReadDeadline(time.Time{})
			if errors.Is(err, os.ErrDeadlineExceeded) {
				for _, f := range pause() {
					dst.Write(f.append(nil))
				}
				continue
			}
		}
		f, err := readFrame(src)
		if err != nil {
			return
		}
		out, goOn := h(f)
		var b []byte
		for _, f := range out {
			b = f.append(b)
		}
		if len(b) != 0 {
			if _, err := dst.Write(b); err != nil {
				return
			}
		}
		if !goOn {
			return
		}
	}
}

// serveTampered is the handler of /derp with a man in the middle.
func (r *relay) serveTampered(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("Upgrade") == "" {
		http.Error(w, "DERP requires connection upgrade",
			http.StatusUpgradeRequired)
		return
	}
	fast := req.Header.Get(derp.FastStartHeader) == "1"
	c, brw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	t := r.tamper()
	switch {
	case fast && t.fast != nil:
		t.fast(c)
		return
	case !fast && t.hello != nil:
		t.hello(c)
		return
	case !fast:
		r.upgrade(c)
	}
	near, far := net.Pipe()
	go r.accept(far, req.RemoteAddr)
	var once sync.Once
	end := func() {
		c.Close()
		near.Close()
	}
	go func() {
		relayFrames(near, brw.Reader, c, t.up, nil)
		once.Do(end)
	}()
	relayFrames(c, bufio.NewReader(near), near, t.down, t.pause)
	once.Do(end)
}

// upgrade answers 101 as derper does.
func (r *relay) upgrade(c net.Conn) {
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: DERP\r\nConnection: Upgrade\r\n"+
		"Derp-Version: %v\r\nDerp-Public-Key: %s\r\n\r\n",
		derp.ProtocolVersion, r.server.PublicKey().UntypedHexString())
}
