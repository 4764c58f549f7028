package fakeaws

import (
	"fmt"
	"time"
)

// The stages of a scaling activity, with the progress that each stands for.
const (
	activityRunning    = "InProgress"
	activityPreService = "PreInService"
	activityHook       = "MidLifecycleAction"
	activitySuccessful = "Successful"
	activityFailed     = "Failed"
	activityCancelled  = "Cancelled"
)

// activity is one thing that a group did or does, with the reason in words.
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

// place is where an activity happens, as Auto Scaling writes it into Details.
func place(subnetID, zone string) string {
	return fmt.Sprintf(`{"Subnet ID":%q,"Availability Zone":%q}`, subnetID, zone)
}

func (m *machine) place() string { return place(m.SubnetID, m.Zone) }

// begin records an activity that is under way.
func (g *group) begin(c *Cloud, now time.Time, description, cause, details string) *activity {
	a := &activity{
		id: c.activityID(), description: description, cause: cause,
		start: now, status: activityRunning, details: details,
	}
	g.activities = append(g.activities, a)
	return a
}

func (a *activity) over() bool { return !a.end.IsZero() }

// wait notes that a lifecycle hook holds the activity.
func (a *activity) wait() { a.status, a.progress = activityHook, 60 }

func (a *activity) succeed(now time.Time) { a.finish(activitySuccessful, "", now) }

func (a *activity) cancel(now time.Time, message string) { a.finish(activityCancelled, message, now) }

// fail ends the activity with EC2's sentence, which also goes into the
// description, where people look first.
func (a *activity) fail(now time.Time, message string) {
	a.description += ".  Status Reason: " + message
	a.finish(activityFailed, message, now)
}

// finish ends the activity; one that has ended stays as it is.
func (a *activity) finish(status, message string, now time.Time) {
	if a == nil || a.over() {
		return
	}
	a.status, a.message, a.progress, a.end = status, message, 100, now
}

// sentence is one sentence of a cause. Auto Scaling begins each with the time.
func sentence(now time.Time, format string, args ...any) string {
	return "At " + now.UTC().Format(time.RFC3339) + " " + fmt.Sprintf(format, args...)
}

// sentences joins those that are not empty, two spaces between them as AWS does.
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
