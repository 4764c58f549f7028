package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Hook is a lifecycle hook: it holds launching or terminating instances until somebody
// completes it, at most for Heartbeat unless that is renewed.
type Hook struct {
	Name      string
	Launching bool // or terminating
	Heartbeat time.Duration
}

// addAutomation adds what changes a group automatically. A missing permission is noted in
// Unknown, which becomes a warning and does not stop the upgrade.
func (g *Groups) addAutomation(ctx context.Context, d *Details) error {
	for _, read := range []func(context.Context, *Details) error{g.addPolicies, g.addScheduled, g.addHooks} {
		err := read(ctx, d)
		if errors.Is(err, upgrade.ErrForbidden) {
			d.Unknown = append(d.Unknown, err.Error())
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Groups) addPolicies(ctx context.Context, d *Details) error {
	pages := autoscaling.NewDescribePoliciesPaginator(g.scaling, &autoscaling.DescribePoliciesInput{AutoScalingGroupName: &d.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain(err, "describe the scaling policies of", "group "+d.Name)
		}
		for _, p := range page.ScalingPolicies {
			if p.Enabled == nil || *p.Enabled {
				d.Policies = append(d.Policies, sdk.ToString(p.PolicyName))
			}
		}
	}
	return nil
}

func (g *Groups) addScheduled(ctx context.Context, d *Details) error {
	pages := autoscaling.NewDescribeScheduledActionsPaginator(g.scaling, &autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: &d.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain(err, "describe the scheduled actions of", "group "+d.Name)
		}
		for _, action := range page.ScheduledUpdateGroupActions {
			d.Scheduled = append(d.Scheduled, scheduledWords(action))
		}
	}
	return nil
}

// scheduledWords says when a scheduled action is due and what it sets.
func scheduledWords(a types.ScheduledUpdateGroupAction) string {
	words := []string{sdk.ToString(a.ScheduledActionName)}
	if a.StartTime != nil {
		words = append(words, "at "+a.StartTime.UTC().Format("2006-01-02 15:04 MST"))
	}
	for _, size := range []struct {
		name string
		n    *int32
	}{{"minimum", a.MinSize}, {"maximum", a.MaxSize}, {"desired", a.DesiredCapacity}} {
		if size.n != nil {
			words = append(words, fmt.Sprintf("%s %d", size.name, *size.n))
		}
	}
	return strings.Join(words, " ")
}

func (g *Groups) addHooks(ctx context.Context, d *Details) error {
	out, err := g.scaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &d.Name})
	if err != nil {
		return explain(err, "describe the lifecycle hooks of", "group "+d.Name)
	}
	for _, h := range out.LifecycleHooks {
		d.Hooks = append(d.Hooks, Hook{
			Name:      sdk.ToString(h.LifecycleHookName),
			Launching: strings.HasSuffix(sdk.ToString(h.LifecycleTransition), "_LAUNCHING"),
			Heartbeat: time.Duration(sdk.ToInt32(h.HeartbeatTimeout)) * time.Second,
		})
	}
	return nil
}

// nameIn returns the name in the ARN of a target group:
// …:targetgroup/NAME/1234567890abcdef.
func nameIn(arn string) string {
	if parts := strings.Split(arn, "/"); len(parts) == 3 {
		return parts[1]
	}
	return arn
}
