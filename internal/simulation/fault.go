package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Fault is what goes wrong with one call of the engine.
type Fault struct {
	Call  int  // which one, counted from 1
	After bool // the call is done first, and its reply is lost
	Death bool // the process dies; otherwise the call returns an error
	// For is how long this and all calls like it are refused, as by throttling.
	For time.Duration
	// Stale lets the call return what was true before the last change, if that is
	// staleness ago at most. Only describes of AWS are ever stale.
	Stale bool
}

// maxStaleness is how long a describe may not show a change.
const maxStaleness = 10 * time.Second

// death is the panic by which a process dies in the middle of a pass.
type death struct{ fault Fault }

// errFault is what a call returns whose request or reply is lost.
var errFault = errors.New("the connection was reset")

// Call is one call that an engine made.
type Call struct {
	Method string // Groups.Resize
	At     time.Time
	// Writes is how many calls had changed something before, Write whether this
	// one may have.
	Writes int
	Write  bool
}

// calls keeps the engine's calls and lets some of them go wrong.
type calls struct {
	log    []Call
	writes int
	faults []Fault
	flaky  float64
	// Until when all calls of a method are refused.
	refused map[string]time.Time
	stale   bool // the call under way
	failed  int
	deaths  int
	random  *rand.Rand // its own, so that the world's chances stay the same
	// before is what happens right before a call that is still to come.
	before map[int][]func(*World)
}

func newCalls(config Config) calls {
	return calls{flaky: config.Flaky, refused: map[string]time.Time{}, before: map[int][]func(*World){}, random: rand.New(rand.NewPCG(config.Seed, 1))}
}

// Inject lets calls go wrong.
func (w *World) Inject(faults ...Fault) {
	w.calls.faults = append(w.calls.faults, faults...)
	if slices.ContainsFunc(faults, func(f Fault) bool { return f.Stale }) {
		w.lag = max(w.lag, maxStaleness)
	}
}

// FaultCounts is how many calls have gone wrong, and how many of them by a death.
func (w *World) FaultCounts() (faults, deaths int) { return w.calls.failed, w.calls.deaths }

// Calls are all the calls that engines have made.
func (w *World) Calls() []Call { return w.calls.log }

// call does what an engine asks for, unless a fault comes between, or the process
// may not change anything any more.
func (w *World) call(ctx context.Context, method string, do func() error) error {
	fault, ok := w.calls.next(Call{Method: method, At: w.now, Write: true})
	w.runBefore(ctx)
	if ok && !fault.After {
		return w.fail(method, fault)
	}
	err := upgrade.Fenced(ctx)
	if err == nil {
		w.observer.checkWrite(method)
		err = do()
		w.calls.writes++
	}
	if ok {
		return w.fail(method, fault)
	}
	return err
}

// callWithAnswer is call with an answer.
func callWithAnswer[T any](ctx context.Context, w *World, method string, do func() (T, error)) (T, error) {
	var answer, none T
	err := w.call(ctx, method, func() (err error) {
		answer, err = do()
		return err
	})
	if err != nil {
		return none, err
	}
	return answer, nil
}

// read is a call that changes nothing.
func read[T any](ctx context.Context, w *World, method string, do func() (T, error)) (T, error) {
	fault, ok := w.calls.next(Call{Method: method, At: w.now})
	w.runBefore(ctx)
	if ok && !fault.Stale {
		var none T
		return none, w.fail(method, fault)
	}
	w.calls.stale = fault.Stale
	defer func() { w.calls.stale = false }()
	return do()
}

func (w *World) fail(method string, fault Fault) error {
	when := "before"
	if fault.After {
		when = "after"
	}
	if fault.Death {
		w.tell("the process dies %s call %d, %s", when, fault.Call, method)
		panic(death{fault})
	}
	return fmt.Errorf("%s: %w", method, errFault)
}

// next notes a call and says whether and how it goes wrong.
func (c *calls) next(call Call) (Fault, bool) {
	call.Writes = c.writes
	c.log = append(c.log, call)
	fault, ok := c.due(call)
	if ok {
		c.failed++
	}
	if fault.Death {
		c.deaths++
	}
	if fault.For > 0 {
		c.refused[call.Method] = call.At.Add(fault.For)
	}
	return fault, ok
}

// due is the fault of the newest call.
func (c *calls) due(call Call) (Fault, bool) {
	for _, f := range c.faults {
		if f.Call == len(c.log) {
			return f, true
		}
	}
	if call.At.Before(c.refused[call.Method]) {
		return Fault{Call: len(c.log)}, true
	}
	if c.flaky > 0 && c.random.Float64() < c.flaky {
		return c.randomFault(call), true
	}
	return Fault{}, false
}

// randomFault is a fault by chance.
func (c *calls) randomFault(call Call) Fault {
	fault := Fault{Call: len(c.log)}
	switch c.random.IntN(7) {
	case 0, 1:
		fault.Death = true
	case 2:
		fault.For = time.Duration(1+c.random.IntN(120)) * time.Second
		return fault
	case 3:
		fault.Stale = !call.Write
	}
	fault.After = c.random.IntN(2) == 0
	return fault
}
