package simulation

import (
	"container/heap"
	"time"
)

// clock is virtual time with an agenda of what is going to happen.
type clock struct {
	now    time.Time
	agenda agenda
	added  uint64
}

// Now is the virtual time.
func (c *clock) Now() time.Time { return c.now }

// Next returns when something is going to happen next, and whether anything is.
func (c *clock) Next() (time.Time, bool) {
	if len(c.agenda) == 0 {
		return time.Time{}, false
	}
	return c.agenda[0].at, true
}

// Advance turns the clock to a time, never back, and runs all that is due until
// then in its order.
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

// AdvanceBy turns the clock by a duration.
func (c *clock) AdvanceBy(d time.Duration) { c.Advance(c.now.Add(d)) }

// after puts something on the agenda.
func (c *clock) after(d time.Duration, do func()) {
	c.added++
	heap.Push(&c.agenda, agendaItem{at: c.now.Add(max(d, 0)), number: c.added, do: do})
}

// agendaItem is an entry of the agenda. What is due at the same time happens in
// the order in which it was put there.
type agendaItem struct {
	at     time.Time
	number uint64
	do     func()
}

// agenda is a heap of what is going to happen.
type agenda []agendaItem

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].number < a[j].number
}

// Push is heap.Interface's.
func (a *agenda) Push(x any) { *a = append(*a, x.(agendaItem)) }

// Pop is heap.Interface's.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = agendaItem{}
	*a = (*a)[:last]
	return x
}
