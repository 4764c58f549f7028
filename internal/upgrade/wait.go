package upgrade

import (
	"slices"
	"time"
)

// Since returns when the timer of a wait started, now if it is not running.
func (r Run) Since(key WaitKey, now time.Time) time.Time {
	if since, running := r.TimerOf(key); running {
		return since
	}
	return now
}

// Awaits reports whether the timer of a wait is running.
func (r Run) Awaits(key WaitKey) bool {
	return slices.ContainsFunc(r.Timers, func(t Timer) bool { return t.Key == key })
}

// TimerOf returns when the timer of a wait started, and whether it is running.
func (r Run) TimerOf(key WaitKey) (since time.Time, running bool) {
	for _, t := range r.Timers {
		if t.Key == key {
			return t.Since, true
		}
	}
	return time.Time{}, false
}

// WaitKey identifies a wait: it is the same as long as it is the same wait. The engine makes them.
type WaitKey string

// Timer is when a wait began.
type Timer struct {
	Key   WaitKey
	Since time.Time
}

// FailedCall is a call to AWS or Kubernetes that fails and is tried again.
type FailedCall struct {
	Reason  string // of the event that says that the call was made; a read has a name of its own
	Code    string // what the update fails with: AccessDenied or Unknown
	Message string
	Since   time.Time
	Limit   time.Duration // 0: none
}

// Wait is something that an update waits for, for people. Nothing is decided by it.
type Wait struct {
	Key     WaitKey
	Message string // what it waits for and what to do
	Since   time.Time
	Limit   time.Duration // 0: none
}
