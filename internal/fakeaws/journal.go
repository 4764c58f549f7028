package fakeaws

import (
	"slices"
	"time"
)

// Call is one request as the journal keeps it.
type Call struct {
	// Time is when the request came, by Config.Clock.
	Time time.Time
	// AccessKey is the caller's access key; empty for a request without one.
	AccessKey string
	// Service is ec2, autoscaling, ssm or sts; Action the operation's name.
	// Together, "service:Action", they are the permission that the call needs.
	Service, Action string
	// Error is the error code, empty for a call that succeeded.
	Error string
	// Params are the request's parameters in their flat form
	// ("InstanceId.1"), without Action and Version.
	Params map[string]string
}

// journalLimit bounds the journal of a cloud that runs for days. It is about a
// day of one call per second.
const journalLimit = 100_000

// journal keeps the latest calls, oldest first.
type journal struct{ calls []Call }

func (j *journal) add(call Call) {
	if len(j.calls) >= journalLimit {
		j.calls = slices.Delete(j.calls, 0, journalLimit/10)
	}
	j.calls = append(j.calls, call)
}

// Journal returns the latest calls, at most a hundred thousand, oldest first. What
// groups do by themselves is not in it.
func (c *Cloud) Journal() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.journal.calls)
}
