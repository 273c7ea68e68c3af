package main

// An admission controller, as derper asks one with --verify-client-url.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"tailscale.com/tailcfg"
)

// controller listens on -addr (port 0: any) until a signal, and prints the
// port, and a line for each question: the method, the path, the type of the
// body, "exact" if the body is byte for byte what derper makes of its content,
// and the body.  The answer is in the file `answer': the status and the body.
func controller(t *T) {
	stop := told()
	l, err := net.Listen("tcp", t.addr)
	if err != nil {
		t.failf("%v", err)
	}
	fmt.Printf("port %d\n", l.Addr().(*net.TCPAddr).Port)
	t.ready()
	go http.Serve(l, http.HandlerFunc(asked))
	<-stop
}

func asked(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 65536))
	fmt.Printf("%s %s %s %s %s\n", r.Method, r.URL.RequestURI(), r.Host,
		exact(body), body)
	text, err := os.ReadFile("answer")
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var status int
	_, rest, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	fmt.Sscan(string(text), &status)
	if status == 0 {
		time.Sleep(10 * time.Second) // longer than derpd waits
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	io.WriteString(w, rest)
}

// exact compares a question with what Tailscale's type makes of it.
func exact(body []byte) string {
	var q tailcfg.DERPAdmitClientRequest
	if err := json.Unmarshal(body, &q); err != nil {
		return "wrong"
	}
	again, err := json.Marshal(&q)
	if err != nil || !bytes.Equal(again, body) {
		return "other"
	}
	return "exact"
}
