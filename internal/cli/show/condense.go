package show

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/view"
)

// condenser turns the events of one node group into those that a person can follow when
// the group has a hundred nodes:
//
//   - Of each node that is drained there are two lines: it is draining, and it is gone,
//     with what was counted meanwhile.
//   - A mark that several nodes get in one pass is one line with a count.
//   - Sizes that are raised one by one are one line, from the first to the last.
//
// Everything else stays, above all each warning. The zero condenser is ready for use.
type condenser struct {
	deleted map[string]int    // pods that force has deleted, by node
	shrunk  map[string]string // the change of the desired size that came with a termination, by node
	resized []view.Event      // sizes that were changed one by one, until another event or some time follows
}

// resizePause is how long to wait for the next size before a change is shown.
const resizePause = 2 * time.Second

// pass returns what to show of the events of one pass.
func (c *condenser) pass(events []view.Event, now time.Time) []view.Event {
	var shown []view.Event
	for i, e := range events {
		if e.Reason == "Resizing" && !e.Warning {
			c.resized = append(c.resized, e)
			continue
		}
		if e, ok := c.condense(e, events[:i], events[i+1:]); ok {
			shown = append(append(shown, c.rest()...), e)
		}
	}
	if n := len(c.resized); n > 0 && now.Sub(c.resized[n-1].Time) >= resizePause {
		shown = append(shown, c.rest()...)
	}
	return shown
}

// condense returns an event as it is shown, and whether it is. before and after are the
// other events of the same pass.
func (c *condenser) condense(e view.Event, before, after []view.Event) (view.Event, bool) {
	switch {
	case e.Reason == "NodeGone":
		return c.gone(e), true
	case e.Warning:
		return e, true
	}
	switch e.Reason {
	case "PodEvicted", "NodeLabelled", "NodeCordoned":
		return e, false
	case "PodDeleted":
		c.deleted = noted(c.deleted, e.Node, c.deleted[e.Node]+1)
		return e, false
	case "NodeTerminated":
		if _, change, ok := strings.Cut(e.Message, "; "); ok {
			c.shrunk = noted(c.shrunk, e.Node, change)
		}
		return e, false
	case "NodeTainted":
		return withMore(e, after), times(e, before) == 0 && times(e, after) > 0
	case "ScaleDownDisabled", "MarksRemoved":
		return withMore(e, after), times(e, before) == 0
	}
	return e, true
}

// gone adds to the last event of a node what was left out before.
func (c *condenser) gone(e view.Event) view.Event {
	if n := c.deleted[e.Node]; n > 0 {
		e.Message += fmt.Sprintf("; %s deleted by force", text.Count(n, "pod"))
	}
	if change := c.shrunk[e.Node]; change != "" {
		e.Message += "; " + change
	}
	delete(c.deleted, e.Node)
	delete(c.shrunk, e.Node)
	return e
}

// rest returns the changes of sizes that were not shown yet: one from the first size
// to the last, if each began where the one before it ended.
func (c *condenser) rest() []view.Event {
	var shown []view.Event
	for _, e := range c.resized {
		if last := len(shown) - 1; last >= 0 {
			if joined, ok := joinSizes(shown[last].Message, e.Message); ok {
				shown[last].Message = joined
				continue
			}
		}
		shown = append(shown, e)
	}
	c.resized = nil
	return shown
}

// joinSizes makes one change of two: "desired size 3 -> 4" and "desired size 4 -> 5"
// are "desired size 3 -> 5". It is not ok if they are not about the same sizes.
func joinSizes(first, second string) (joined string, ok bool) {
	froms, tos := strings.Split(first, ", "), strings.Split(second, ", ")
	if len(froms) != len(tos) {
		return "", false
	}
	for i := range froms {
		start, middle, _ := strings.Cut(froms[i], " -> ")
		again, end, _ := strings.Cut(tos[i], " -> ")
		name := start[:strings.LastIndex(start, " ")+1]
		if again != name+middle {
			return "", false
		}
		froms[i] = start + " -> " + end
	}
	return strings.Join(froms, ", "), true
}

// withMore adds to an event for how many more nodes the same was done.
func withMore(e view.Event, after []view.Event) view.Event {
	if n := times(e, after); n > 0 {
		e.Message += fmt.Sprintf("; the same for %s", text.Count(n, "more node"))
	}
	return e
}

// times counts the events with the same reason that are no warnings.
func times(e view.Event, events []view.Event) int {
	others := slices.DeleteFunc(slices.Clone(events), func(other view.Event) bool { return other.Reason != e.Reason || other.Warning })
	return len(others)
}

// noted is a map with one more entry. The map may be nil.
func noted[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}
