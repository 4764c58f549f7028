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

// Fault makes one call of the engine go wrong.
type Fault struct {
	Call  int  // which one, counted from 1
	After bool // the call takes effect first, and its reply is lost
	Death bool // the process dies; otherwise the call returns an error
	// For is how long this call and all calls of the same method fail, as by throttling.
	For time.Duration
	// Stale makes the call return what was true before the last change, if that was
	// at most maxStaleness ago. Only describes of AWS can be stale.
	Stale bool
}

// maxStaleness is how long a describe may not show a change.
const maxStaleness = 10 * time.Second

// death is the panic by which a process dies in the middle of a pass.
type death struct{ fault Fault }

// errFault is the error of a call whose request or reply was lost.
var errFault = errors.New("the connection was reset")

// Call is one call that an engine made.
type Call struct {
	Method string // Groups.Resize
	At     time.Time
	// Writes is the number of calls before it that changed something. Write is set if
	// this one may change something, too.
	Writes int
	Write  bool
}

// calls records the calls of the engine and makes some of them go wrong.
type calls struct {
	log    []Call
	writes int
	faults []Fault
	flaky  float64
	// refused says until when all calls of a method fail.
	refused map[string]time.Time
	// cloudDownUntil is when the cloud answers again.
	cloudDownUntil time.Time
	stale          bool // the current call returns old data
	failed         int
	deaths         int
	random         *rand.Rand // of its own, so that faults do not change the rest of the world
	// before is what happens right before a call, by the number of the call.
	before map[int][]func(*World)
	// choose returns the fault of a call where it is chosen, nil where it is not.
	choose func(Call) (Fault, bool)
}

func newCalls(config Config) calls {
	return calls{
		flaky: config.Flaky, refused: map[string]time.Time{}, before: map[int][]func(*World){},
		random: rand.New(rand.NewPCG(config.Seed, 1)),
	}
}

// Inject makes calls go wrong.
func (w *World) Inject(faults ...Fault) {
	w.calls.faults = append(w.calls.faults, faults...)
	if slices.ContainsFunc(faults, func(f Fault) bool { return f.Stale }) {
		w.lag = max(w.lag, maxStaleness)
	}
}

// Forbid makes all calls of a method fail for some time from now.
func (w *World) Forbid(method string, length time.Duration) {
	w.tell("%s fails from now for %s", method, length)
	w.calls.refused[method] = w.now.Add(length)
}

// CloudDown makes every call of the cloud fail for a time, as when credentials have expired.
func (w *World) CloudDown(length time.Duration) {
	w.tell("the cloud answers no call for %s", length)
	w.calls.cloudDownUntil = w.now.Add(length)
}

// FaultCounts returns how many calls have gone wrong, and how many of them killed
// the process.
func (w *World) FaultCounts() (faults, deaths int) { return w.calls.failed, w.calls.deaths }

// Calls returns all calls that engines have made.
func (w *World) Calls() []Call { return w.calls.log }

// call carries out a call of an engine that may change something, unless a fault
// comes first or the process has lost its Lease.
func (w *World) call(ctx context.Context, method string, do func() error) error {
	fault, ok := w.calls.next(Call{Method: method, At: w.now, Write: true})
	w.runBefore(ctx)
	if ok && !fault.After {
		return w.fail(method, fault)
	}
	defer w.answerArrives(method)
	err := upgrade.Fenced(ctx)
	if err == nil {
		w.observer.checkWrite(method)
		if err = w.arrive(ctx, method, true); err == nil {
			err = do()
		}
		w.calls.writes++
	}
	if ok {
		return w.fail(method, fault)
	}
	return err
}

// callWithAnswer is call for a method with an answer.
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

// read carries out a call that changes nothing, unless a fault comes first.
func read[T any](ctx context.Context, w *World, method string, do func() (T, error)) (T, error) {
	fault, ok := w.calls.next(Call{Method: method, At: w.now})
	w.runBefore(ctx)
	if ok && !fault.Stale {
		var none T
		return none, w.fail(method, fault)
	}
	if err := w.arrive(ctx, method, false); err != nil {
		var none T
		return none, err
	}
	w.calls.stale = fault.Stale
	defer w.answerArrives(method)
	defer func() { w.calls.stale = false }()
	return do()
}

// answerArrives moves the clock to when the answer of a call arrives. What is due until then
// happens in the middle of the pass.
func (w *World) answerArrives(method string) { w.AdvanceBy(w.config.CallTakes[method]) }

func (w *World) fail(method string, fault Fault) error {
	if !isOfCloud(method) && w.process.isEnding() {
		w.process.clusterFailed = true
	}
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

// next records a call, and returns its fault if it goes wrong.
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

// due returns the fault of the newest call, if it has one.
func (c *calls) due(call Call) (Fault, bool) {
	for _, f := range c.faults {
		if f.Call == len(c.log) {
			return f, true
		}
	}
	if c.choose != nil {
		return c.choose(call)
	}
	if call.At.Before(c.refused[call.Method]) || isOfCloud(call.Method) && call.At.Before(c.cloudDownUntil) {
		return Fault{Call: len(c.log)}, true
	}
	if c.flaky > 0 && c.random.Float64() < c.flaky {
		return c.randomFault(call), true
	}
	return Fault{}, false
}

// randomFault returns some fault.
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
