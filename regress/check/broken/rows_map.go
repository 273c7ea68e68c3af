package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/types/key"
)

const mapPath = "/derpmap/default"

// mapRow serves a map, whose text `change' gets; the check has its URL.
func mapRow(name, want string, serve func(text string) http.HandlerFunc) row {
	return row{"map", name, want, func(w *world, r *relay) []string {
		r.handler = at(mapPath, serve(derpMap(r.node(nil))))
		return r.mapURL(w)
	}}
}

func (r *relay) mapURL(w *world) []string {
	return []string{"-c", w.dir + "/ca.pem",
		"https://" + r.name + mapPath}
}

// sends serves a text as JSON.
func sends(text string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		io.WriteString(w, text)
	}
}

// changed serves the map with something replaced.
func changed(from, to string) func(string) http.HandlerFunc {
	return func(text string) http.HandlerFunc {
		if !strings.Contains(text, from) {
			panic(from + " is not in the map")
		}
		return sends(strings.Replace(text, from, to, 1))
	}
}

func gzipped(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, text)
		z.Close()
	}
}

// cut ends in the middle of the map.
func cut(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: "+
			"application/json\r\nContent-Length: %d\r\n\r\n%s",
			len(text), text[:len(text)/2])
	}
}

// slowly sends the map in two parts, with time between them.
func slowly(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text[:10])
		w.(http.Flusher).Flush()
		time.Sleep(4 * time.Second)
		io.WriteString(w, text[10:])
	}
}

func fixed(h http.HandlerFunc) func(string) http.HandlerFunc {
	return func(string) http.HandlerFunc { return h }
}

var mapRows = []row{
	mapRow("map-good", "", func(t string) http.HandlerFunc {
		return sends(t)
	}),
	mapRow("map-404", "map-status", fixed(http.NotFound)),
	mapRow("map-500", "map-status", fixed(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(500)
	})),
	mapRow("map-html", "map-invalid", fixed(web("nginx", 200,
		page).ServeHTTP)),
	mapRow("map-as-text", "map-type", func(t string) http.HandlerFunc {
		return sends(t, "Content-Type", "text/html")
	}),
	mapRow("map-large", "map-large", func(t string) http.HandlerFunc {
		return sends(t + strings.Repeat(" ", 9<<20))
	}),
	mapRow("map-slow", "map-slow", slowly),
	mapRow("map-mute", "map-unreachable", fixed(hang)),
	mapRow("map-comma", "map-invalid", changed("\n\t\t\t]", ",\n\t\t\t]")),
	mapRow("map-region", "map-invalid", changed(`"RegionID": 900`,
		`"RegionID": 901`)),
	mapRow("map-bom", "map-invalid", changed("{", "\ufeff{")),
	mapRow("map-gzip", "map-encoding", gzipped),
	mapRow("map-cut", "map-unreachable", cut),
	mapRow("map-old", "+map-cached", func(t string) http.HandlerFunc {
		return sends(t, "Cache-Control", "public, max-age=864000", "Age",
			"432000", "Via", "1.1 cache.example.org")
	}),
	{"map", "map-redirect", "+map-redirect",
		func(w *world, r *relay) []string {
			r.handler = at("/map", sends(derpMap(r.node(nil))))
			next := r.handler
			r.handler = func(h http.Handler) http.Handler {
				return at(mapPath, http.RedirectHandler("/map",
					http.StatusFound).ServeHTTP)(next(h))
			}
			return r.mapURL(w)
		}},
	{"map", "map-file-comma", "map-invalid",
		func(w *world, r *relay) []string {
			return []string{w.file("map-file-comma.json", strings.Replace(
				derpMap(r.node(nil)), "\n\t\t\t]", ",\n\t\t\t]", 1))}
		}},
	{"map", "mirrors-differ", "map-differs", mirrors(true)},
	{"map", "mirrors-same", "", mirrors(false)},
}

// mirrors: two nodes serve the map; with the same bytes or not.
func mirrors(differ bool) func(w *world, r *relay) []string {
	return func(w *world, r *relay) []string {
		o := w.relay("b-" + r.name)
		text := derpMap(r.node(nil))
		other := text
		if differ {
			other = strings.Replace(text, `"Test"`, `"Other"`, 1)
		}
		r.handler = at(mapPath, sends(text))
		o.handler = at(mapPath, sends(other))
		must(o.start())
		return append(r.mapURL(w), "https://"+o.name+mapPath)
	}
}

// meshRow has two nodes of a region; toA and toB say whether a client at one
// node is reached from the other one.
func meshRow(name, want string, toA, toB bool) row {
	return row{"mesh", name, want, func(w *world, a *relay) []string {
		b := w.relay("b-" + a.name)
		if toA {
			a.watchedBy(b)
		}
		if toB {
			b.watchedBy(a)
		}
		must(b.start())
		return w.mapFile(a.node(nil), b.node(nil))
	}}
}

var meshRows = []row{
	meshRow("meshed", "", true, true),
	meshRow("mesh-none", "mesh-broken", false, false),
	meshRow("mesh-one-way", "mesh-broken", true, false),
}

const meshKey = "f1e2d3c4b5a697887766554433221100" +
	"00112233445566778899aabbccddeeff"

// watchedBy makes the other relay forward packets to clients of r.
func (r *relay) watchedBy(o *relay) {
	must(r.server.SetMeshKey(meshKey))
	l, err := listenTCP(r.v4, 8080)
	must(err)
	go http.Serve(l, r.mux())
	c, err := derphttp.NewClient(o.server.PrivateKey(),
		"http://"+r.v4.String()+":8080/derp", log.Printf,
		netmon.NewStatic())
	must(err)
	c.MeshKey, err = key.ParseDERPMesh(meshKey)
	must(err)
	c.WatchConnectionChanges = true
	add := func(m derp.PeerPresentMessage) {
		o.server.AddPacketForwarder(m.Key, c)
	}
	remove := func(m derp.PeerGoneMessage) {
		o.server.RemovePacketForwarder(m.Peer, c)
	}
	go c.RunWatchConnectionLoop(context.Background(), key.NodePublic{},
		nil, add, remove, func(error) {})
}
