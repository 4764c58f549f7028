package aws

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// answers keeps the last answer about each group for upgrade.Interval. A change that this
// process makes is applied to the answer if AWS accepts it, so that no call is needed to
// see it; otherwise the answer is forgotten.
type answers struct {
	mu   sync.Mutex
	last map[string]answer
	// changed counts our own changes of a group, so that an answer that was in flight
	// during a change is not kept.
	changed map[string]int
	// wanted is when each group was last asked for.
	wanted map[string]time.Time
	asked  int // how many questions have been asked
}

// answer is what AWS said about a group when the nth question was asked, and the credentials with
// which that was.
type answer struct {
	upgrade.Group
	credentials string
	question    int
}

// question is a call that is about to be made.
type question struct {
	number  int
	changed map[string]int // by then
}

func newAnswers() *answers {
	return &answers{last: map[string]answer{}, changed: map[string]int{}, wanted: map[string]time.Time{}}
}

// kept returns the last answer if it is younger than age at the time now.
func (a *answers) kept(name string, now time.Time, age time.Duration) (answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	last, ok := a.last[name]
	if !ok || now.Sub(last.Read) >= age {
		return answer{}, false
	}
	last.Group = cloned(last.Group)
	return last, true
}

// since returns the last answer if it was asked for after the first n questions.
func (a *answers) since(name string, n int) (answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	last, ok := a.last[name]
	last.Group = cloned(last.Group)
	return last, ok && last.question > n
}

// questions returns how many questions have been asked.
func (a *answers) questions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// ask counts a question.
func (a *answers) ask() question {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	return question{number: a.asked, changed: maps.Clone(a.changed)}
}

// follow notes that a group was asked for, and returns all groups that were recently asked
// for.
func (a *answers) follow(name string, now time.Time) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wanted[name] = now
	maps.DeleteFunc(a.wanted, func(_ string, at time.Time) bool { return now.Sub(at) > 2*upgrade.Interval })
	return slices.Sorted(maps.Keys(a.wanted))
}

// keep remembers an answer if the group was not changed while it was in flight.
func (a *answers) keep(group upgrade.Group, to question, credentials string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed[group.Name] == to.changed[group.Name] {
		a.last[group.Name] = answer{cloned(group), credentials, to.number}
	}
}

// accepted keeps what was known about a group, with a change of ours that AWS has accepted.
// It counts as the answer to no question.
func (a *answers) accepted(known answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last[known.Name] = answer{Group: cloned(known.Group), credentials: known.credentials}
}

// drop forgets what is known about a group because we change it.
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
	if group.WarmPool != nil {
		pool := *group.WarmPool
		pool.Instances = slices.Clone(pool.Instances)
		group.WarmPool = &pool
	}
	return group
}
