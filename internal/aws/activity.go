package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// activityAge is the age up to which an activity may explain why a node is missing now.
const activityAge = time.Hour

// LastActivity returns the newest launch that failed within the last hour, otherwise the
// newest launch, in one sentence; "" if there is none.
func (g *Groups) LastActivity(ctx context.Context, name string) (string, error) {
	activities, err := g.activities(ctx, name)
	if err != nil {
		return "", err
	}
	launches := slices.DeleteFunc(activities, func(a types.Activity) bool {
		return !strings.HasPrefix(sdk.ToString(a.Description), "Launching")
	})
	since := g.now().Add(-activityAge)
	for _, launch := range launches {
		if hasFailed(launch) && !sdk.ToTime(launch.StartTime).Before(since) {
			return launchSentence(launch), nil
		}
	}
	if len(launches) == 0 {
		return "", nil
	}
	return launchSentence(launches[0]), nil
}

// activities returns the newest hundred activities, the newest first.
func (g *Groups) activities(ctx context.Context, name string) ([]types.Activity, error) {
	out, err := g.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: &name,
		MaxRecords:           sdk.Int32(100),
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
