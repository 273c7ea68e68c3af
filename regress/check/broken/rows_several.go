package main

import (
	"net"
	"net/http"
	"time"

	"tailscale.com/derp"
)

func unanswered(*stunSocket, []byte, *net.UDPAddr) {}

// Several faults at once: all that have causes of their own are found, and what
// one explains is a note.
var severalRows = []row{
	{"several", "expired-late-clock", "cert-expired clock-off",
		func(w *world, r *relay) []string {
			r.cert = w.issue(r.name, spec{from: -90 * day, to: -2 * day})
			r.handler = dated(time.Hour)
			return nil
		}},
	{"several", "name-and-large-packets", "cert-name large-packets-lost",
		func(w *world, r *relay) []string {
			r.cert = w.issue("relay.example.net", spec{})
			r.tamper = packets(bigLost(32000))
			return r.alone(w)
		}},
	{"several", "self-signed-slow-no-pong",
		"cert-self-signed login-slow ping-unanswered",
		func(w *world, r *relay) []string {
			r.cert = w.issue(r.name, spec{self: true})
			r.tamper = func() tamper {
				slow := onFrame(derp.FrameServerInfo,
					late(4*time.Second))
				return tamper{down: func(f frame) ([]frame, bool) {
					if f.typ == derp.FramePong {
						return nil, true
					}
					return slow(f)
				}}
			}
			return r.alone(w)
		}},
	{"several", "silent-stun-of-good-relay-80", "stun-silent port80-closed",
		func(w *world, r *relay) []string {
			r.stun, r.no80 = unanswered, true
			return w.mapFile(r.node(node{"CanPort80": true}))
		}},
	{"several", "closed-and-no-stun", "port-closed +stun-silent-too",
		func(w *world, r *relay) []string {
			r.raw, r.only = func(net.Conn) {}, "none"
			return nil
		}},
	{"several", "not-relay-and-silent-stun", "not-relay +stun-silent-too",
		func(_ *world, r *relay) []string {
			r.stun = unanswered
			r.handler = instead(web("nginx/1.22.1", 404, page))
			return nil
		}},
	{"several", "one-address-expired", "cert-expired",
		func(w *world, r *relay) []string {
			o := w.relay(r.name)
			r.only, o.only = "4", "6"
			o.cert = w.issue(r.name, spec{from: -90 * day, to: -2 * day})
			o.server = r.server
			o.meta = r.meta
			w.names.set(r.name, r.v4.String()+"/"+o.v6.String())
			must(o.start())
			return nil
		}},
	{"several", "one-node-of-two-closed", "port-closed",
		func(w *world, a *relay) []string {
			b := w.relay("b-" + a.name)
			b.raw = func(net.Conn) {}
			b.only = "none"
			return w.mapFile(a.node(nil), b.node(node{"STUNPort": -1}))
		}},
	{"several", "one-node-of-two-expired-meshed", "cert-expired",
		func(w *world, a *relay) []string {
			b := w.relay("b-" + a.name)
			b.cert = w.issue(b.name, spec{from: -90 * day, to: -2 * day})
			a.watchedBy(b)
			b.watchedBy(a)
			must(b.start())
			return w.mapFile(a.node(nil), b.node(nil))
		}},
	{"several", "all-clocks-off", "!failed",
		func(w *world, a *relay) []string {
			b, c := w.relay("b-"+a.name), w.relay("c-"+a.name)
			for _, r := range []*relay{a, b, c} {
				r.handler = dated(-time.Hour)
			}
			must(b.start())
			must(c.start())
			return []string{"-c", w.dir + "/ca.pem", a.name, b.name,
				c.name}
		}},
	{"several", "map-and-node", "map-type stun-closed",
		func(w *world, r *relay) []string {
			r.stunOff = true
			r.handler = at(mapPath, sends(derpMap(r.node(nil)),
				"Content-Type", "text/plain"))
			return r.mapURL(w)
		}},
	{"several", "late-and-good", "", func(w *world, r *relay) []string {
		r.handler = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter,
				req *http.Request) {
				time.Sleep(300 * time.Millisecond)
				next.ServeHTTP(rw, req)
			})
		}
		return nil
	}},
}
