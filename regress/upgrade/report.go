package main

// What a run has seen: counters, delays, and lines for what should not be.

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	mostLines = 60 // that are printed
	buckets   = 20000
)

// report has the counters of a run.
type report struct {
	lost, doubled, disorder, foreign, changed atomic.Int64
	ended, gone, restarting, refused          atomic.Int64
	pongs, silent, watch                      atomic.Int64
	logins, relogins, asked, unanswered       atomic.Int64

	delay, login, late delays

	mu    sync.Mutex
	lines int
	bad   int
}

// delays is a distribution in milliseconds.
type delays struct {
	count [buckets]atomic.Int64
	mu    sync.Mutex
	max   time.Duration
	at    time.Duration // since the beginning
	whose fmt.Stringer
}

// add: something took d.
func (d *delays) add(took, at time.Duration, whose fmt.Stringer) {
	d.count[min(buckets-1, took.Milliseconds())].Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if took > d.max {
		d.max, d.at, d.whose = took, at, whose
	}
}

// part: so many of 1000 took at most this, in milliseconds.
func (d *delays) part(permille int64) int64 {
	total := int64(0)
	for i := range d.count {
		total += d.count[i].Load()
	}
	sum := int64(0)
	for i := range d.count {
		sum += d.count[i].Load()
		if sum*1000 >= total*permille {
			return int64(i)
		}
	}
	return 0
}

func (d *delays) most() (ms int64, where string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.whose == nil {
		return d.max.Milliseconds(), ""
	}
	return d.max.Milliseconds(), fmt.Sprintf("%v, at %.2f s", d.whose,
		d.at.Seconds())
}

// watch measures how late this program itself is woken.
func (d *delays) watch() {
	const step = 5 * time.Millisecond
	begin := time.Now()
	for {
		t := time.Now()
		time.Sleep(step)
		d.add(time.Since(t)-step, time.Since(begin), nil)
	}
}

// finding prints what should not be, with the time.
func (l *load) finding(format string, args ...any) {
	l.mu.Lock()
	l.bad++
	l.mu.Unlock()
	l.print(format, args...)
}

// allowed prints it, too; with deaths it is no failure.
func (l *load) allowed(format string, args ...any) {
	if l.o.deaths {
		l.print(format, args...)
		return
	}
	l.finding(format, args...)
}

func (l *load) print(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines++
	if l.lines <= mostLines {
		fmt.Printf("%s %.3f "+format+"\n", append([]any{
			time.Now().Format("15:04:05.000"),
			time.Since(l.begin).Seconds()}, args...)...)
	}
}

func (l *load) clientLog(format string, args ...any) {
	if l.o.log {
		fmt.Printf("    "+format+"\n", args...)
	}
}

// good: nothing was seen that should not be.
func (l *load) good() bool {
	ms, where := l.delay.most()
	if l.o.maxDelay > 0 && ms > l.o.maxDelay.Milliseconds() {
		fmt.Printf("a packet took %d ms: %s\n", ms, where)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bad == 0
}

// connected counts the clients with a session.
func (l *load) connected() int {
	n := 0
	for _, c := range l.clients {
		if c.conn.Load() != nil {
			n++
		}
	}
	return n
}

// line is the result in one line.
func (l *load) line() string {
	var sent, received uint64
	for _, f := range l.flows {
		sent += f.sent.Load()
		received += f.received.Load()
	}
	slowest, where := l.delay.most()
	login, _ := l.login.most()
	late, _ := l.late.most()
	return fmt.Sprintf("seconds=%.0f clients=%d connected=%d sent=%d "+
		"received=%d lost=%d doubled=%d disorder=%d foreign=%d "+
		"changed=%d ended=%d gone=%d restarting=%d pongs=%d silent=%d "+
		"watch=%d stun=%d unanswered=%d logins=%d refused=%d relogins=%d login_max_ms=%d "+
		"login_p99_ms=%d delay_max_ms=%d delay_p999_ms=%d "+
		"delay_p99_ms=%d delay_p50_ms=%d late_max_ms=%d worst=\"%s\"",
		time.Since(l.begin).Seconds(), len(l.clients), l.connected(),
		sent, received, l.lost.Load(), l.doubled.Load(),
		l.disorder.Load(), l.foreign.Load(), l.changed.Load(),
		l.ended.Load(), l.gone.Load(), l.restarting.Load(),
		l.pongs.Load(), l.silent.Load(), l.watch.Load(),
		l.asked.Load(), l.unanswered.Load(),
		l.logins.Load(), l.refused.Load(), l.relogins.Load(), login,
		l.login.part(990), slowest, l.delay.part(999),
		l.delay.part(990), l.delay.part(500), late, where)
}

// writeState keeps the present line in a file, replaced as a whole.
func (l *load) writeState(path string) {
	for {
		if os.WriteFile(path+".new", []byte(l.line()+"\n"), 0o644) ==
			nil {
			os.Rename(path+".new", path)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
