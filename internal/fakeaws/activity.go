package fakeaws

import (
	"fmt"
	"time"
)

// The statuses of a scaling activity.
const (
	activityRunning    = "InProgress"
	activityPreService = "PreInService"
	activityHook       = "MidLifecycleAction"
	activitySuccessful = "Successful"
	activityFailed     = "Failed"
	activityCancelled  = "Cancelled"
)

// activity is a scaling activity: what a group did or is doing, and why.
type activity struct {
	id          string
	description string
	cause       string
	start, end  time.Time
	status      string
	message     string
	progress    int
	details     string
}

// place is the location of an activity in the form of its Details.
func place(subnetID, zone string) string {
	return fmt.Sprintf(`{"Subnet ID":%q,"Availability Zone":%q}`, subnetID, zone)
}

func (m *machine) place() string { return place(m.SubnetID, m.Zone) }

// begin records an activity that is starting.
func (g *group) begin(c *Cloud, now time.Time, description, cause, details string) *activity {
	a := &activity{
		id: c.activityID(), description: description, cause: cause,
		start: now, status: activityRunning, details: details,
	}
	g.activities = append(g.activities, a)
	return a
}

func (a *activity) over() bool { return !a.end.IsZero() }

// wait records that the activity waits for a lifecycle hook.
func (a *activity) wait() { a.status, a.progress = activityHook, 60 }

func (a *activity) succeed(now time.Time) { a.finish(activitySuccessful, "", now) }

func (a *activity) cancel(now time.Time, message string) { a.explain(activityCancelled, message, now) }

func (a *activity) fail(now time.Time, message string) { a.explain(activityFailed, message, now) }

// explain ends the activity with a message. As with AWS, the description quotes it, too.
func (a *activity) explain(status, message string, now time.Time) {
	if a != nil && !a.over() {
		a.description += ".  Status Reason: " + message
	}
	a.finish(status, message, now)
}

// finish ends the activity. One that has already ended stays as it is.
func (a *activity) finish(status, message string, now time.Time) {
	if a == nil || a.over() {
		return
	}
	a.status, a.message, a.progress, a.end = status, message, 100, now
}

// sentence is one sentence of a cause. Auto Scaling puts the time in front.
func sentence(now time.Time, format string, args ...any) string {
	return "At " + now.UTC().Format(time.RFC3339) + " " + fmt.Sprintf(format, args...)
}

// sentences joins the sentences that are not empty with two spaces, as AWS does.
func sentences(all ...string) string {
	joined := ""
	for _, s := range all {
		if s == "" {
			continue
		}
		if joined != "" {
			joined += "  "
		}
		joined += s
	}
	return joined
}

// activityID is a UUID, as Auto Scaling's are.
func (c *Cloud) activityID() string {
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", c.rand.Uint32(), c.rand.IntN(1<<16),
		c.rand.IntN(1<<16), c.rand.IntN(1<<16), c.rand.Uint64()>>16)
}
