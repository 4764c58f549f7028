package simulation

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	// lateBy is how much longer a late event takes: passes are made before it.
	lateBy = 11 * time.Second
	// mayBeLate bounds the delays that may be long or short: a longer one always is long.
	mayBeLate = 20 * time.Second
	// freezeFor is how long an overtaken process is frozen: longer than its reads count as fresh.
	freezeFor = 12 * time.Second
)

// chooser takes the choices of a world and notes which others there were.
type chooser struct {
	w      *World
	script Choices // that are still to come
	left   Deviations
	point  int
	// offers are the choices that come up after the last one of the script, each at most
	// once for each of its effects in a pass.
	offers  Choices
	offered map[string]bool
	// impossible are the choices of the script that there were not when their points came up.
	impossible Choices
	silent     bool // nothing is noted: the situation has been seen
}

// newChooser has a world ask for its choices from now on.
func newChooser(w *World, script Choices, most Deviations) *chooser {
	c := &chooser{w: w, script: slices.Clone(script), left: most, offered: map[string]bool{}}
	w.random = rand.New(constant(0x5555555555555555)) // what decides is chosen
	w.choices, w.calls.choose, w.delay = c, c.fault, c.delay
	if slices.ContainsFunc(script, func(choice Choice) bool { return choice.Option == StaleAnswer }) {
		w.lag = maxStaleness
	}
	return c
}

// take counts a point and returns what the script says about it, "" for the ordinary.
func (c *chooser) take(options func() map[Option]string) Option {
	c.point++
	switch {
	case len(c.script) == 0:
		c.offer(options)
		return ""
	case c.script[0].Point != c.point:
		return ""
	}
	chosen := c.script[0]
	c.script = c.script[1:]
	c.left, _ = c.left.less(chosen.Option)
	c.w.tell("choice %d:%s", chosen.Point, chosen.Option)
	if _, ok := options()[chosen.Option]; !ok {
		c.impossible = append(c.impossible, chosen)
	}
	return chosen.Option
}

// offer notes the options of the present point, by the names of their effects: what has the
// same effect in the same pass is offered once, what has no name always.
func (c *chooser) offer(options func() map[Option]string) {
	if c.silent || c.left == (Deviations{}) {
		return
	}
	all := options()
	for _, o := range allOptions() {
		effect, ok := all[o]
		if _, left := c.left.less(o); !ok || !left || c.offered[string(o)+effect] {
			continue
		}
		c.offered[string(o)+effect] = effect != ""
		c.offers = append(c.offers, Choice{c.point, o})
	}
}

func allOptions() []Option {
	return []Option{
		FailsBefore, ReplyLost, DiesBefore, DiesAfter, StaleAnswer, Overtaken, CtrlC,
		PersonPauses, PersonCancels, PersonRestores, PersonRollsBack, Late, Slow,
	}
}

// beginPass begins a pass: what was offered in the one before may have another effect now.
func (c *chooser) beginPass() { clear(c.offered) }

// delay returns how long something takes: as long as it is said to, or longer.
func (c *chooser) delay(d time.Duration) time.Duration {
	if d <= 0 || d > mayBeLate {
		return d
	}
	if c.take(func() map[Option]string { return map[Option]string{Late: ""} }) == Late {
		return d + lateBy
	}
	return d
}

// fault returns what happens to a call.
func (c *chooser) fault(call Call) (Fault, bool) {
	if call.Method == "Records.Load" {
		c.people()
	}
	n := len(c.w.calls.log)
	switch c.take(func() map[Option]string { return c.ofCall(call) }) {
	case FailsBefore:
		return Fault{Call: n}, true
	case ReplyLost:
		return Fault{Call: n, After: true}, true
	case DiesBefore:
		return Fault{Call: n, Death: true}, true
	case DiesAfter:
		return Fault{Call: n, Death: true, After: true}, true
	case StaleAnswer:
		return Fault{Call: n, Stale: true}, true
	case Overtaken:
		c.w.Freeze(freezeFor, true)
	case Slow:
		if next, ok := c.w.Next(); ok {
			c.w.Advance(next)
		}
	}
	return Fault{}, false
}

// ofCall returns the options of a call. Reads that a pass begins with have the same effect
// when they fail; so have two deaths without a write between them.
func (c *chooser) ofCall(call Call) map[Option]string {
	writes := strconv.Itoa(c.w.calls.writes)
	options := map[Option]string{
		FailsBefore: writes + " " + failureOf(call.Method),
		DiesBefore:  writes,
	}
	if call.Write {
		options[ReplyLost] = ""
		options[DiesAfter] = strconv.Itoa(c.w.calls.writes + 1)
		if c.w.process.successor == nil && !c.w.process.lease.lost {
			options[Overtaken] = ""
		}
	}
	if call.Write || call.Method == "Pods.OccupancyNow" {
		if next, ok := c.w.Next(); ok && next.Sub(c.w.now) <= mayBeLate {
			options[Slow] = next.String()
		}
	}
	if c.mayBeStale(call.Method) {
		options[StaleAnswer] = writes + " " + call.Method
	}
	return options
}

// failureOf names what it has as an effect that a call of a method fails.
func failureOf(method string) string {
	switch method {
	case "Records.Load", "Groups.Group":
		return "nothing is read"
	case "Nodes.Nodes", "Autoscaler.State", "Pods.Occupancy", "Pods.Unschedulable":
		return "the group is read"
	}
	return method
}

// mayBeStale reports whether a stale answer of a method would differ from a true one.
func (c *chooser) mayBeStale(method string) bool {
	cloud := c.w.cloud
	switch method {
	case "Groups.Group":
		return cloud.previous != nil && c.w.now.Sub(cloud.changedAt) < maxStaleness
	case "Templates.Resolve":
		return c.w.now.Sub(cloud.template.newestMadeAt) < maxStaleness
	}
	return false
}

// people does what people do before a pass reads what they want.
func (c *chooser) people() {
	switch c.take(c.ofPeople) {
	case PersonPauses:
		c.w.Pause()
	case PersonCancels:
		c.w.Cancel()
	case PersonRestores:
		c.w.CancelAndRestoreTemplate()
	case PersonRollsBack:
		c.w.RollBack()
	case CtrlC:
		c.w.EndProcess(0)
	}
}

// ofPeople returns what people can do now.
func (c *chooser) ofPeople() map[Option]string {
	options, update := map[Option]string{}, c.w.records.update
	if !c.w.process.isEnding() {
		options[CtrlC] = ""
	}
	if !update.PauseRequested {
		options[PersonPauses] = ""
	}
	if !update.Cancelled {
		options[PersonCancels], options[PersonRestores] = "", ""
	}
	if update.RolledBackBy == "" && update.Rollback == nil && update.Scaling == nil {
		options[PersonRollsBack] = ""
	}
	return options
}

// constant is a source of one number, so that chance has no memory.
type constant uint64

// Uint64 implements rand.Source.
func (c constant) Uint64() uint64 { return uint64(c) }
