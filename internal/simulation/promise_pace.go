package simulation

import "time"

// Checks of promise 7 about the pace: an engine that has nothing to do pauses.

// pace counts what an engine does in one minute.
type pace struct {
	minute                int
	passes, calls, events int
	callsBefore           int // all calls before that minute
	told                  bool
}

// How much an engine may do in a minute: something for every second, and something for every node.
const (
	passesAMinute, passesANode = 120, 10
	eventsAMinute, eventsANode = 150, 20
	eventsAPod                 = 6 // each try to evict one
	callsAPass                 = 10
)

// checkPace counts a pass with its events.
func (o *observer) checkPace(events int) {
	minute := int(o.w.now.Sub(o.w.story.began) / time.Minute)
	p := &o.pace
	if p.minute != minute {
		*p = pace{minute: minute, callsBefore: len(o.w.calls.log)}
	}
	p.passes++
	p.events += events
	p.calls = len(o.w.calls.log) - p.callsBefore
	nodes := len(o.w.cluster.nodes) + len(o.w.cluster.lost)
	passes := passesAMinute + passesANode*nodes
	tooMany := p.passes > passes || p.calls > callsAPass*passes || p.events > eventsAMinute+eventsANode*nodes+eventsAPod*len(o.w.cluster.pods)
	if tooMany && !p.told {
		p.told = true
		o.violated(7, "%d passes, %d calls and %d events in one minute with %d nodes", p.passes, p.calls, p.events, nodes)
	}
}
