package main

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// handlerRow puts a handler around that of the relay.
func handlerRow(name, want string,
	wrap func(http.Handler) http.Handler) row {
	return row{"http", name, want, func(_ *world, r *relay) []string {
		r.handler = wrap
		return nil
	}}
}

// instead answers all with one handler.
func instead(h http.Handler) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler { return h }
}

// at answers some paths in place of the relay.
func at(path string, h http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter,
			r *http.Request) {
			if r.URL.Path == path {
				h(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// without drops header fields of requests, as a proxy does that is not told to
// pass them on.
func without(via string, fields ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter,
			r *http.Request) {
			for _, f := range fields {
				r.Header.Del(f)
			}
			w.Header().Set("Server", via)
			next.ServeHTTP(w, r)
		})
	}
}

// dated answers with a Date that is off.
func dated(off time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter,
			r *http.Request) {
			w.Header().Set("Date",
				time.Now().Add(off).UTC().Format(http.TimeFormat))
			next.ServeHTTP(w, r)
		})
	}
}

// hijacked answers the upgrade to DERP with these bytes, and ends or waits.
func hijacked(text string, wait bool) func(http.Handler) http.Handler {
	return at("/derp", func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, text)
		if wait {
			c.SetDeadline(time.Now().Add(20 * time.Second))
			io.Copy(io.Discard, c)
		}
	})
}

func hang(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(20 * time.Second):
	}
}

// wsWrong accepts a WebSocket with a wrong Sec-WebSocket-Accept.
func wsWrong(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			next.ServeHTTP(w, r)
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n"+
			"Upgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"+
			"Sec-WebSocket-Protocol: derp\r\n\r\n")
	})
}

// imaps is a mail server.
func imaps(c *tls.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, "* OK mail.test IMAP4rev1 ready\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		io.WriteString(c, "* BAD unknown command\r\n")
	}
}

func noWebSocket(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const page = "<html><body><h1>Welcome</h1></body></html>\n"

var httpRows = []row{
	handlerRow("web-404", "not-relay", instead(web("nginx/1.22.1", 404,
		page))),
	handlerRow("web-200", "not-relay", instead(web("Caddy", 200, page))),
	handlerRow("redirect", "redirected", instead(http.RedirectHandler(
		"https://www.example.org/", http.StatusMovedPermanently))),
	handlerRow("backend-down", "proxy-backend", instead(web("nginx/1.22.1",
		502, page))),
	handlerRow("backend-late", "proxy-backend", instead(web("nginx/1.22.1",
		504, page))),
	handlerRow("no-upgrade", "no-upgrade", without("nginx/1.22.1",
		"Upgrade", "Connection")),
	handlerRow("wrong-upgrade", "no-upgrade", hijacked(
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"+
			"Connection: Upgrade\r\n\r\n", true)),
	handlerRow("http-garbage", "no-upgrade", hijacked(
		"HTP/7 hello\r\n\r\n", false)),
	{"http", "imaps", "not-http", func(_ *world, r *relay) []string {
		r.raw = func(c net.Conn) {
			imaps(tls.Server(c, &tls.Config{
				Certificates: []tls.Certificate{*r.cert}}))
		}
		return nil
	}},
	{"http", "http-mute", "http-silent", func(w *world, r *relay) []string {
		r.handler = instead(http.HandlerFunc(hang))
		return r.alone(w)
	}},
	handlerRow("error-500", "no-upgrade", at("/derp",
		func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		})),
	handlerRow("backend-h2c", "no-upgrade", at("/derp", web("Caddy", 502,
		"").ServeHTTP)),
	handlerRow("backend-tls", "proxy-plain", instead(web("Caddy", 400,
		"Client sent an HTTP request to an HTTPS server.\n"))),
	handlerRow("forbidden", "http-forbidden", instead(web("nginx/1.22.1",
		403, page))),
	handlerRow("derp-disabled", "derp-disabled", at("/derp",
		func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "derp server disabled", http.StatusNotFound)
		})),
	handlerRow("no-probe", "probe-fails", at("/derp/latency-check",
		http.NotFound)),
	handlerRow("clock-day", "clock-off", dated(-day)),
	handlerRow("clock-minutes", "clock-off", dated(5*time.Minute)),
	handlerRow("clock-second", "", dated(2*time.Second)),
	handlerRow("no-websocket", "+websocket-fails", noWebSocket),
	handlerRow("websocket-accept", "+websocket-fails", wsWrong),
}
