package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// LastActivity says what became of the launches since a time, of some instances or zones if there were any.
func (g *Groups) LastActivity(ctx context.Context, name string, since time.Time, about []string) (string, error) {
	activities, err := g.activities(ctx, name)
	if err != nil {
		return "", err
	}
	activities = slices.DeleteFunc(activities, func(a types.Activity) bool {
		return sdk.ToTime(a.StartTime).Before(since.Truncate(time.Second)) // AWS has no fractions
	})
	var launches []types.Activity
	for _, a := range activities {
		what := sdk.ToString(a.Description) // one that failed names no instance
		if strings.HasPrefix(what, launching) && !strings.HasPrefix(what, launching+" into warm pool") {
			launches = append(launches, a)
		}
	}
	if len(launches) == 0 {
		return "", nil
	}
	meant := slices.DeleteFunc(slices.Clone(launches), func(a types.Activity) bool { return !isAbout(a, about) })
	if len(meant) > 0 {
		return launchSentence(lastOf(meant)) + endedSentence(launches, activities, since), nil
	}
	return fmt.Sprintf("none about %s; the last launch elsewhere: %s%s",
		strings.Join(about, ", "), launchSentence(lastOf(launches)), endedSentence(launches, activities, since)), nil
}

// lastOf returns the newest activity that has failed, else the newest.
func lastOf(activities []types.Activity) types.Activity {
	if i := slices.IndexFunc(activities, hasFailed); i >= 0 {
		return activities[i]
	}
	return activities[0]
}

// isAbout reports whether a launch is of one of some instances, or in one of some zones, which its details
// name. Any is, if there are none, and so is one that failed before it had a place.
func isAbout(a types.Activity, about []string) bool {
	var place struct {
		Zone string `json:"Availability Zone"`
	}
	_ = json.Unmarshal([]byte(sdk.ToString(a.Details)), &place) // what is not JSON names no zone
	nowhere := place.Zone == "" && hasFailed(a)
	return len(about) == 0 || nowhere || slices.Contains(about, instanceOf(a, launching)) || slices.Contains(about, place.Zone)
}

// How the descriptions of activities begin.
const (
	launching   = "Launching a new EC2 instance"
	terminating = "Terminating EC2 instance"
)

// instanceOf returns the instance of an activity of a kind, "" for another activity.
func instanceOf(a types.Activity, kind string) string {
	what := strings.Replace(sdk.ToString(a.Description), kind+" from warm pool: ", kind+": ", 1)
	id, found := strings.CutPrefix(what, kind+": ")
	if !found {
		return ""
	}
	id, _, _ = strings.Cut(id, " ")
	return strings.TrimRight(id, ".")
}

// endedSentence says how many instances were launched, and how many of them Auto Scaling has ended by
// itself; "" if it was one that runs.
func endedSentence(launches, activities []types.Activity, since time.Time) string {
	var launched []string
	for _, a := range launches {
		if id := instanceOf(a, launching); id != "" {
			launched = append(launched, id)
		}
	}
	atLeast := ""
	if len(activities) == mostActivities { // there may be older ones
		atLeast = "at least "
	}
	ended, why := 0, ""
	for _, a := range activities { // the newest first
		cause := sdk.ToString(a.Cause)
		if slices.Contains(launched, instanceOf(a, terminating)) && !strings.Contains(cause, "user request") {
			ended++
			why = cmp.Or(why, withoutTime(cause))
		}
	}
	switch {
	case ended > 0:
		return fmt.Sprintf("; %s%s since %s, of which Auto Scaling ended %d, the last one because %s",
			atLeast, wereLaunched(len(launched)), since.UTC().Format("15:04:05 MST"), ended, why)
	case len(launched) > 1:
		return fmt.Sprintf("; %s%s since %s", atLeast, wereLaunched(len(launched)), since.UTC().Format("15:04:05 MST"))
	}
	return ""
}

func wereLaunched(n int) string {
	if n == 1 {
		return "1 instance was launched"
	}
	return fmt.Sprintf("%d instances were launched", n)
}

// withoutTime is a cause of AWS without the time at its start: "At 2026-09-20T12:00:03Z an instance was …".
func withoutTime(cause string) string {
	cause = regexp.MustCompile(`^At \S+ `).ReplaceAllString(cause, "")
	first, _, _ := strings.Cut(cause, ".  ")
	return strings.TrimRight(first, ". ")
}

// mostActivities is the most that AWS returns at once.
const mostActivities = 100

// activities returns the newest hundred activities, the newest first.
func (g *Groups) activities(ctx context.Context, name string) ([]types.Activity, error) {
	out, err := g.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: &name,
		MaxRecords:           sdk.Int32(mostActivities),
	})
	if err != nil {
		return nil, explain(err, "describe the scaling activities of", "group "+name)
	}
	return out.Activities, nil
}

// TerminatedElsewhere looks for an activity that detached an instance, or that terminated
// it for another cause than a user request. It returns false if there is no activity about
// the instance.
func (g *Groups) TerminatedElsewhere(ctx context.Context, name, instance string) (bool, error) {
	activities, err := g.activities(ctx, name)
	for _, a := range activities {
		switch what := sdk.ToString(a.Description); {
		case strings.HasPrefix(what, "Detaching EC2 instance: "+instance):
			return true, nil
		case strings.HasPrefix(what, "Terminating EC2 instance: "+instance):
			return !strings.Contains(sdk.ToString(a.Cause), "user request"), nil
		}
	}
	return false, err
}

func hasFailed(a types.Activity) bool {
	return a.StatusCode == types.ScalingActivityStatusCodeFailed || a.StatusCode == types.ScalingActivityStatusCodeCancelled
}

// launchSentence describes one launch. AWS repeats the reason of a failure in the
// description, so it is cut off there.
func launchSentence(a types.Activity) string {
	what, _, _ := strings.Cut(sdk.ToString(a.Description), ".  Status Reason:")
	sentence := fmt.Sprintf("%s: %s at %s", what, a.StatusCode, sdk.ToTime(a.StartTime).UTC().Format("15:04:05 MST"))
	if reason := sdk.ToString(a.StatusMessage); reason != "" {
		sentence += ": " + strings.TrimRight(reason, ". ")
	}
	return sentence
}
