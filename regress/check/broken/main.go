// Broken builds relays with one fault each, and runs `derpctl check' against
// them: it must find exactly that fault.
//
// The shell test regress/check/matrix_test.sh runs it in a network namespace
// of its own, where all addresses of 5.5.5.0/24 and 2a00:5555::/64 are local,
// all others silent, and resolv.conf names 127.0.0.1:
//
//	broken -derpctl PATH -group tls	run the rows of one group
//	broken -list			print groups and rows
//	broken -dns NAME=ADDRESS,... serve	names for relays made by others
//	broken -derpctl PATH -want FAULT,... check ARGUMENT...
//					one check of what others made
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	var (
		derpctl = flag.String("derpctl", "", "derpctl to run")
		dir     = flag.String("dir", ".", "directory for files")
		group   = flag.String("group", "", "rows to run")
		only    = flag.String("row", "", "one row of them")
		list    = flag.Bool("list", false, "print the rows")
		hold    = flag.Bool("hold", false, "serve the rows, run nothing")
		names   = flag.String("dns", "", "NAME=ADDRESS,... to serve")
		want    = flag.String("want", "", "faults, comma separated")
		verbose = flag.Bool("v", false, "log what the servers say")
	)
	flag.Parse()
	if !*verbose {
		log.SetOutput(nothing{})
	}
	w, err := newWorld(*dir, *derpctl)
	if err != nil {
		fail(err)
	}
	switch {
	case *list:
		for _, r := range rows() {
			fmt.Println(r.group, r.name, r.want)
		}
	case flag.Arg(0) == "serve":
		err = serveNames(w, *names)
	case flag.Arg(0) == "check":
		err = w.checkOthers(*want, flag.Args()[1:])
	default:
		err = w.runRows(*group, *only, *hold)
	}
	if err != nil {
		fail(err)
	}
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }

func fail(err error) {
	fmt.Fprintf(os.Stderr, "broken: %v\n", err)
	os.Exit(1)
}

// serveNames answers for NAME=ADDRESS/ADDRESS,... until it is ended.
func serveNames(w *world, names string) error {
	for _, entry := range strings.Split(names, ",") {
		name, addrs, _ := strings.Cut(entry, "=")
		w.names.set(name, addrs)
	}
	if err := w.names.serve(); err != nil {
		return err
	}
	untilSignal()
	return nil
}

func untilSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
	<-c
}
