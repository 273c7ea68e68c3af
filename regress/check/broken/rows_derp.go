package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"tailscale.com/derp"
)

// tamperRow puts something between the relay and its clients.
func tamperRow(group, name, want string, t func() tamper) row {
	return row{group, name, want, func(w *world, r *relay) []string {
		r.tamper = t
		return r.alone(w)
	}}
}

// onFrame calls h for frames of one type.
func onFrame(typ derp.FrameType, h hook) hook {
	return func(f frame) ([]frame, bool) {
		if f.typ == typ {
			return h(f)
		}
		return pass(f)
	}
}

func drop(frame) ([]frame, bool)     { return nil, true }
func endsHere(frame) ([]frame, bool) { return nil, false }

// down makes a tamper of one hook for what the relay sends.
func down(typ derp.FrameType, h hook) func() tamper {
	return func() tamper { return tamper{down: onFrame(typ, h)} }
}

func late(d time.Duration) hook {
	return func(f frame) ([]frame, bool) {
		time.Sleep(d)
		return pass(f)
	}
}

// flip changes one byte of the body.
func flip(at int) hook {
	return func(f frame) ([]frame, bool) {
		if len(f.body) > at {
			f.body = bytes.Clone(f.body)
			f.body[at] ^= 0x40
		}
		return pass(f)
	}
}

// then sends one more frame behind this one.
func then(more frame) hook {
	return func(f frame) ([]frame, bool) { return []frame{f, more}, true }
}

// fastFails ends connections that begin with a fast start.
func fastFails() tamper {
	return tamper{fast: func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n"+
			"Content-Length: 0\r\n\r\n")
	}}
}

var loginRows = []row{
	{"login", "no-server-key", "login-silent", silentLogin},
	tamperRow("login", "closes-after-upgrade", "login-broken",
		down(derp.FrameServerKey, endsHere)),
	tamperRow("login", "bad-magic", "login-broken",
		down(derp.FrameServerKey, flip(1))),
	tamperRow("login", "no-server-info", "login-silent",
		down(derp.FrameServerInfo, drop)),
	tamperRow("login", "sealed-for-other", "login-broken",
		down(derp.FrameServerInfo, flip(40))),
	tamperRow("login", "closes-after-login", "login-refused",
		down(derp.FrameServerInfo, endsHere)),
	tamperRow("login", "slow", "login-slow",
		down(derp.FrameServerInfo, late(4*time.Second))),
	tamperRow("login", "fast-start", "fast-start-broken", fastFails),
	tamperRow("login", "unhealthy", "server-health", down(
		derp.FrameServerInfo, then(frame{typ: derp.FrameHealth,
			body: []byte("the disk is full")}))),
	tamperRow("login", "restarting", "server-restarting", down(
		derp.FrameServerInfo, then(frame{typ: derp.FrameRestarting,
			body: []byte{0, 0, 3, 232, 0, 0, 39, 16}}))),
	{"login", "two-servers", "server-keys-differ", twoServers},
}

// silentLogin upgrades, and says nothing then.
func silentLogin(w *world, r *relay) []string {
	silent := func(c net.Conn) {
		c.SetDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, c)
	}
	r.tamper = func() tamper {
		return tamper{fast: silent, hello: func(c net.Conn) {
			r.upgrade(c)
			silent(c)
		}}
	}
	return r.alone(w)
}

// twoServers: connections go to two servers in turn that are not one relay.
func twoServers(_ *world, r *relay) []string {
	second := &relay{server: newServer()}
	r.meta = nil
	n := 0
	r.handler = func(next http.Handler) http.Handler {
		other := second.mux()
		return http.HandlerFunc(func(w http.ResponseWriter,
			req *http.Request) {
			if req.URL.Path == "/derp" {
				n++
			}
			if n%2 == 0 {
				other.ServeHTTP(w, req)
			} else {
				next.ServeHTTP(w, req)
			}
		})
	}
	return nil
}

// packets makes a tamper of a hook for packets that clients get.
func packets(h hook) func() tamper { return down(derp.FrameRecvPacket, h) }

// swap changes the order of packets that come at once.
func swap() tamper {
	var kept []frame
	pause := func() []frame {
		out := kept
		kept = nil
		return out
	}
	return tamper{pause: pause, down: onFrame(derp.FrameRecvPacket,
		func(f frame) ([]frame, bool) {
			if kept == nil {
				kept = []frame{f}
				return nil, true
			}
			return append([]frame{f}, pause()...), true
		})}
}

func bigLost(limit int) hook {
	return func(f frame) ([]frame, bool) {
		if len(f.body) > limit+32 {
			return nil, true
		}
		return pass(f)
	}
}

// cutOff ends the connection at a large packet, as a proxy with a limit does.
func cutOff(limit int) hook {
	return func(f frame) ([]frame, bool) {
		return []frame{f}, len(f.body) <= limit+32
	}
}

func doubled(f frame) ([]frame, bool) { return []frame{f, f}, true }

var echoRows = []row{
	tamperRow("echo", "lost", "packets-lost", packets(drop)),
	tamperRow("echo", "large-lost", "large-packets-lost",
		packets(bigLost(32000))),
	tamperRow("echo", "mtu-lost", "large-packets-lost", packets(bigLost(1000))),
	tamperRow("echo", "large-ends", "large-packets-lost",
		packets(cutOff(32000))),
	tamperRow("echo", "changed", "packets-changed", packets(flip(40))),
	tamperRow("echo", "other-source", "packets-other-key", packets(flip(3))),
	tamperRow("echo", "reordered", "packets-reordered", swap),
	tamperRow("echo", "no-peer-gone", "+peer-gone-missing",
		down(derp.FramePeerGone, drop)),
	tamperRow("echo", "doubled", "packets-twice", packets(doubled)),
	tamperRow("echo", "no-pong", "ping-unanswered", down(derp.FramePong, drop)),
	tamperRow("echo", "pong-ends", "session-ends",
		down(derp.FramePong, endsHere)),
	tamperRow("echo", "far-away", "", func() tamper {
		return tamper{down: late(100 * time.Millisecond)}
	}),
}
