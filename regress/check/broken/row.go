package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// A row is a set-up with at most one fault.
type row struct {
	group, name string
	want        string // faults and notes that must be found; "": none
	// build changes the good relay, and returns the arguments for
	// derpctl check; nil: the name of the relay.
	build func(w *world, r *relay) []string
}

const (
	atOnce   = 6 // rows
	rowLimit = 100 * time.Second
)

func rows() []row {
	return slices.Concat(nameRows, tcpRows, tlsRows, certRows, httpRows,
		loginRows, echoRows, stunRows, port80Rows, mapRows, meshRows,
		severalRows)
}

// A setUp is a row whose servers run.
type setUp struct {
	row
	relay *relay
	args  []string // for derpctl check
}

// runRows runs the rows of a group, some at once.
func (w *world) runRows(group, only string, hold bool) error {
	if err := w.begin(); err != nil {
		return err
	}
	var selected []setUp
	for _, r := range rows() {
		if r.group != group && group != "" || r.name != only && only != "" {
			continue
		}
		s, err := w.build(r)
		if err != nil {
			return fmt.Errorf("%s: %v", r.name, err)
		}
		selected = append(selected, s)
	}
	if len(selected) == 0 {
		return fmt.Errorf("no such row")
	}
	if hold {
		untilSignal()
		return nil
	}
	return w.checkRows(selected)
}

func (w *world) begin() error {
	if err := w.names.serve(); err != nil {
		return err
	}
	return writePEM(w.file("ca.pem", ""), w.root.cert.Raw)
}

// build starts the servers of a row.
func (w *world) build(r row) (setUp, error) {
	s := setUp{row: r, relay: w.relay(r.name + ".test")}
	if r.build != nil {
		s.args = r.build(w, s.relay)
	}
	if s.args == nil {
		s.args = []string{"-c", w.dir + "/ca.pem", s.relay.name}
	}
	return s, s.relay.start()
}

func (w *world) checkRows(selected []setUp) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		bad  int
		slot = make(chan struct{}, atOnce)
	)
	for _, s := range selected {
		wg.Add(1)
		slot <- struct{}{}
		go func() {
			defer wg.Done()
			begin := time.Now()
			out, err := w.check(s.want, s.args)
			<-slot
			if err == nil {
				err = s.relay.n.check(len(s.relay.addrs()))
			}
			mu.Lock()
			defer mu.Unlock()
			took := time.Since(begin).Seconds()
			if err == nil {
				fmt.Printf("pass %s (%.1f s, %v)\n", s.name, took,
					&s.relay.n)
				return
			}
			bad++
			fmt.Printf("FAIL %s (%.1f s): %v\n%s", s.name, took, err, out)
		}()
	}
	wg.Wait()
	if bad != 0 {
		return fmt.Errorf("%d of %d rows failed", bad, len(selected))
	}
	return nil
}

// What derpctl -j check prints, as far as it is needed here.
type report struct {
	Places []struct {
		Findings []struct {
			Name, Level, Where, What string
		}
		Failed string
	}
}

// check runs derpctl; it must find what is wanted, and no other fault.  It
// returns what derpctl printed.
func (w *world) check(want string, args []string) ([]byte, error) {
	ctx, cancel := limited()
	defer cancel()
	c := exec.CommandContext(ctx, w.derpctl,
		append([]string{"-j", "check"}, args...)...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	c.WaitDelay = time.Second // for children that hold the output
	err := c.Run()
	status := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		return nil, err
	}
	all := append(out.Bytes(), errs.Bytes()...)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return all, fmt.Errorf("exit %d, no JSON: %v", status, err)
	}
	return all, compare(want, r, status)
}

// compare tells in what the findings differ from those that are wanted: faults,
// `+note' for notes, and `!failed' for what could not be checked.  Where no
// fault is wanted, there must be no other note either.
func compare(want string, r report, status int) error {
	var faults, notes, diff []string
	failed := false
	for _, p := range r.Places {
		for _, f := range p.Findings {
			if f.Level == "fault" {
				faults = append(faults, f.Name)
			} else {
				notes = append(notes, f.Name)
			}
		}
		failed = failed || p.Failed != ""
	}
	wanted, left := strings.Fields(want), slices.Clone(faults)
	wantFailed := false
	nfaults := 0
	for _, f := range wanted {
		note, isNote := strings.CutPrefix(f, "+")
		i := slices.Index(left, f)
		switch {
		case f == "!failed":
			wantFailed = true
		case isNote && !slices.Contains(notes, note):
			diff = append(diff, "no note "+note)
		case isNote:
		case i == -1:
			diff = append(diff, "not found: "+f)
		default:
			nfaults++
			for i != -1 { // at several addresses it is one fault
				left = slices.Delete(left, i, i+1)
				i = slices.Index(left, f)
			}
		}
	}
	for _, f := range left {
		diff = append(diff, "unexpected: "+f)
	}
	if nfaults == 0 {
		for _, n := range notes {
			if !slices.Contains(wanted, "+"+n) {
				diff = append(diff, "unexpected note: "+n)
			}
		}
	}
	if failed != wantFailed {
		diff = append(diff, fmt.Sprintf("failed: %v", failed))
	}
	expect := 0
	switch {
	case nfaults != 0:
		expect = 1
	case wantFailed:
		expect = 2
	}
	if status != expect {
		diff = append(diff, fmt.Sprintf("exit %d, not %d", status, expect))
	}
	if diff == nil {
		return nil
	}
	return errors.New(strings.Join(diff, "; "))
}

// checkOthers checks relays that other programs serve.
func (w *world) checkOthers(want string, args []string) error {
	out, err := w.check(strings.ReplaceAll(want, ",", " "), args)
	if err != nil {
		return fmt.Errorf("derpctl check %s: %v\n%s",
			strings.Join(args, " "), err, out)
	}
	return nil
}

// limited bounds one run of derpctl.
func limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), rowLimit)
}
