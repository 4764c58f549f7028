package ring

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// When a process dies.
type death int

const (
	notNow death = iota
	beforeSending
	afterSending
)

// fate is what happens to one request.
type fate struct {
	there, back time.Duration // how long request and reply travel
	refused     error         // it never arrives
	lost        bool          // the reply never arrives
	watchLasts  time.Duration // until the connection breaks
	dies        death         // of the process
	pause       time.Duration // of the process, right before it sends
}

// roughness says how much goes wrong in a world: probabilities for each request.
type roughness struct {
	refused, lost, slow float64
	dies, pauses        float64 // for requests that change something
	slowest             time.Duration
	orphans             time.Duration // the latest that requests of a dead process arrive
	lag                 time.Duration // the most that watches are behind, mostly much less
	stale               time.Duration // the most that describes are old
	deaths, suspensions int           // the most of each
}

// roughnessOf decides how rough a world is.
func roughnessOf(d *dice) roughness {
	c := d.about("roughness")
	pick := func(of ...float64) float64 { return of[c.IntN(len(of))] }
	last := func(of ...time.Duration) time.Duration { return of[c.IntN(len(of))] }
	return roughness{
		refused: pick(0, 0.003, 0.02), lost: pick(0, 0.003, 0.02), slow: pick(0, 0.003, 0.02),
		dies: pick(0, 0.02, 0.08), pauses: pick(0, 0.01, 0.04),
		slowest: last(10*time.Second, 45*time.Second),
		orphans: last(time.Second, 5*time.Second, 15*time.Second),
		lag:     last(0, 300*time.Millisecond, 5*time.Second, time.Minute),
		stale:   last(0, 0, 3*time.Second, 15*time.Second),
		deaths:  c.IntN(6), suspensions: c.IntN(5),
	}
}

// fates decides what happens to requests.
type fates struct {
	*World

	mu                  sync.Mutex
	deaths, suspensions int // so far
}

var (
	errRefused = errors.New("connection refused")
	errOutage  = errors.New("no route to host")
)

// of decides what happens to a request.
func (f *fates) of(p *process, c *call) fate {
	if c.isDiscovery() {
		return fate{}
	}
	dice := f.dice.about("%s %s", p.name, c.name)
	fate := fate{there: dice.between(time.Millisecond, 20*time.Millisecond), back: dice.between(time.Millisecond, 20*time.Millisecond)}
	if strings.HasPrefix(c.name, "aws") {
		fate.back += dice.between(30*time.Millisecond, 300*time.Millisecond)
	}
	if c.watch {
		fate.watchLasts = dice.between(20*time.Second, 20*time.Minute)
	}
	switch {
	case f.directed != nil:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.directed(c, &fate)
		return fate
	case f.isCalm():
		return fate
	}
	if f.outage(p, c) {
		fate.refused, fate.there = errOutage, dice.between(0, 20*time.Second)
	}
	if dice.happens(f.slow) {
		fate.there += dice.between(time.Second, f.slowest)
	}
	if dice.happens(f.slow) {
		fate.back += dice.between(time.Second, f.slowest)
	}
	if dice.happens(f.refused) {
		fate.refused = errRefused
	}
	fate.lost = dice.happens(f.lost) && !c.watch
	if c.changes && c.Method != http.MethodGet {
		f.accident(p, c, dice, &fate)
	}
	return fate
}

// worth is how much likelier an accident is at calls that are rare, and matter most.
func worth(c *call) float64 {
	switch {
	case strings.HasPrefix(c.name, "aws TerminateInstance"):
		return 15
	case strings.HasPrefix(c.name, "aws"):
		return 5
	default:
		return 1
	}
}

// accident may let the process die or be suspended at this moment.
func (f *fates) accident(p *process, c *call, dice *choice, fate *fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !p.working():
	case dice.happens(f.dies*worth(c)) && f.deaths < f.roughness.deaths:
		f.deaths++
		fate.dies = beforeSending
		if dice.happens(0.7) {
			fate.dies = afterSending
			fate.there += dice.between(0, f.orphans)
		}
	case dice.happens(f.pauses*worth(c)) && f.suspensions < f.roughness.suspensions:
		f.suspensions++
		fate.pause = dice.between(3*time.Second, 90*time.Second)
	}
}
