package aws

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// answers keeps the last answer about each group for upgrade.Interval. A change
// that this process makes is applied to it if AWS accepts the change, so that no
// call is needed to see it; otherwise the answer is forgotten.
type answers struct {
	mu   sync.Mutex
	last map[string]upgrade.Group
	// changed counts our own changes of a group, so that an answer that was on
	// its way during one is not kept.
	changed map[string]int
	// asked is when somebody last wanted to know of a group.
	asked map[string]time.Time
}

func newAnswers() *answers {
	return &answers{last: map[string]upgrade.Group{}, changed: map[string]int{}, asked: map[string]time.Time{}}
}

// kept returns the last answer if at the time now it is younger than age.
func (a *answers) kept(name string, now time.Time, age time.Duration) (upgrade.Group, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	group, ok := a.last[name]
	if !ok || now.Sub(group.Read) >= age {
		return upgrade.Group{}, false
	}
	return cloned(group), true
}

// changes is what keep has to be given for answers that are asked for now.
func (a *answers) changes() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.changed)
}

// follow notes that somebody wants to know of a group, and returns all that
// somebody wanted to know of lately.
func (a *answers) follow(name string, now time.Time) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[name] = now
	maps.DeleteFunc(a.asked, func(_ string, at time.Time) bool { return now.Sub(at) > 2*upgrade.Interval })
	return slices.Sorted(maps.Keys(a.asked))
}

// keep remembers an answer if the group was not changed while it was on its way.
func (a *answers) keep(group upgrade.Group, changes map[string]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed[group.Name] == changes[group.Name] {
		a.last[group.Name] = cloned(group)
	}
}

// accepted keeps what was known of a group before a change of ours, with that
// change, which AWS has accepted.
func (a *answers) accepted(group upgrade.Group) { a.keep(group, a.changes()) }

// drop forgets what is known of a group because we change it.
func (a *answers) drop(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed[name]++
	delete(a.last, name)
}

// cloned protects an answer from callers that sort or filter theirs in place.
func cloned(group upgrade.Group) upgrade.Group {
	group.Zones = slices.Clone(group.Zones)
	group.Suspended = slices.Clone(group.Suspended)
	group.Instances = slices.Clone(group.Instances)
	return group
}
