package simulation

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of how much an engine does: no pass follows another at once unless something was
// changed, and what it does in a minute is bounded by the nodes and pods that there are.

// pace is what was done in the present minute.
type pace struct {
	minute                time.Time // when it began
	callsBefore           int       // when it began
	launchedBefore        int       // when it began
	passes, calls, events int
	inARow                int            // passes without a pause up to now
	writesBefore          int            // the last pass
	asked                 map[string]int // evictions asked for, by the UIDs of pods
}

// askedAMinute is how often the eviction of one pod is asked for in a minute at most: at once
// and, if it is refused, 2 s, 4 s, 8 s, 16 s and 30 s later, by two processes one after the other; and
// once in each pass whose record could not be saved, which comes every interval.
const askedAMinute = 2*6 + int(time.Minute/upgrade.Interval)

// noteAsked is called before the eviction of a pod is asked for.
func (o *observer) noteAsked(asked upgrade.Pod) {
	o.beginMinute()
	if o.pace.asked[asked.UID]++; o.pace.asked[asked.UID] > askedAMinute {
		o.tooMuch("the eviction of %s is asked for %d times in a minute", asked.ID(), o.pace.asked[asked.UID])
	}
}

// beginMinute begins the next minute if the present one is over.
func (o *observer) beginMinute() {
	if o.w.now.Sub(o.pace.minute) < time.Minute {
		return
	}
	o.pace = pace{
		minute: o.w.now, callsBefore: len(o.w.calls.log), launchedBefore: o.w.cloud.launched, asked: map[string]int{},
		inARow: o.pace.inARow, writesBefore: o.pace.writesBefore,
	}
	o.checkSize()
}

// checkPace is called after each pass.
func (o *observer) checkPace(result upgrade.Result) {
	o.beginMinute()
	p, writes := &o.pace, o.w.calls.writes
	p.passes++
	p.inARow++
	p.events += len(result.Events)
	p.calls = len(o.w.calls.log) - p.callsBefore
	switch {
	case result.After > 0 || result.Done || result.Paused:
		p.inARow = 0
	case writes == p.writesBefore:
		o.tooMuch("a pass changes nothing, and the next one follows at once")
	}
	p.writesBefore = writes
	o.checkMinute()
}

// checkMinute checks what was done in the present minute. Everything is done to a node or to
// a pod, a few times at most, and a pass with a pause comes once a second at most. An eviction
// that is refused is asked for again after 2 s, 4 s, 8 s and so on.
func (o *observer) checkMinute() {
	const once = 40 // what is done to the group, whatever its size
	p, things := o.pace, o.things()
	for _, c := range []struct {
		what       string
		done, most int
	}{
		{"passes without a pause", p.inARow, once + 3*things},
		{"passes in a minute", p.passes, 60 + 2*(once+3*things)},
		{"calls in a minute", p.calls, 12 * (60 + once + 3*things)},
		{"Events in a minute", p.events, once + 8*things},
	} {
		if c.done > c.most {
			o.tooMuch("%d %s, at most %d may be", c.done, c.what, c.most)
		}
	}
}

// things is how many nodes and pods there were in the present minute, or more.
func (o *observer) things() int {
	count := max(o.w.tally.Peak, len(o.w.cloud.instances)) + o.w.cloud.launched - o.pace.launchedBefore
	for _, load := range o.w.cluster.workloads {
		count += max(load.Replicas, load.podCount)
	}
	return count
}

// checkSize checks how large the record of the update is.
func (o *observer) checkSize() {
	stored, err := json.Marshal(o.w.records.run.now)
	if most := 1024 * (8 + o.things()); err != nil || len(stored) > most {
		o.tooMuch("the record of the update has %d bytes, at most %d may be; %v", len(stored), most, err)
	}
}

// tooMuch records that an engine does too much.
func (o *observer) tooMuch(format string, args ...any) {
	err := fmt.Errorf("the engine does too much: %s", fmt.Sprintf(format, args...))
	o.violations = append(o.violations, err)
	o.w.tell("%v", err)
}
