package simulation

import (
	"container/heap"
	"time"
)

// clock is virtual time with an agenda of what happens later.
type clock struct {
	now    time.Time
	agenda agenda
	added  uint64
	// delay returns how long something takes that is said to take a time. nil: that long.
	delay func(time.Duration) time.Duration
}

// Now is the virtual time.
func (c *clock) Now() time.Time { return c.now }

// Next returns the time of the next item of the agenda, and false if there is none.
func (c *clock) Next() (time.Time, bool) {
	if len(c.agenda) == 0 {
		return time.Time{}, false
	}
	return c.agenda[0].at, true
}

// Advance moves the clock to a time, never back, and runs in order all that is
// due until then.
func (c *clock) Advance(to time.Time) {
	for len(c.agenda) > 0 && !c.agenda[0].at.After(to) {
		next := heap.Pop(&c.agenda).(agendaItem)
		c.now = next.at
		next.do()
	}
	if to.After(c.now) {
		c.now = to
	}
}

// AdvanceBy moves the clock by a duration.
func (c *clock) AdvanceBy(d time.Duration) { c.Advance(c.now.Add(d)) }

// after puts something on the agenda, a duration from now.
func (c *clock) after(d time.Duration, do func()) {
	c.added++
	if c.delay != nil {
		d = c.delay(d)
	}
	heap.Push(&c.agenda, agendaItem{at: c.now.Add(max(d, 0)), number: c.added, do: do})
}

// agendaItem is something that happens at a time. Items of the same time happen
// in the order in which they were added.
type agendaItem struct {
	at     time.Time
	number uint64
	do     func()
}

// agenda is a heap of items, the next one first.
type agenda []agendaItem

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].number < a[j].number
}

// Push implements heap.Interface.
func (a *agenda) Push(x any) { *a = append(*a, x.(agendaItem)) }

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = agendaItem{}
	*a = (*a)[:last]
	return x
}
