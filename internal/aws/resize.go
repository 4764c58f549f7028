package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Resize sets those of the maximum and desired size that change, in one call, so that one
// is never set without the other.
func (g *Groups) Resize(ctx context.Context, name string, from, to upgrade.Size) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &name}
	if from.Max != to.Max {
		in.MaxSize = sdk.Int32(int32(to.Max))
	}
	if from.Desired != to.Desired {
		in.DesiredCapacity = sdk.Int32(int32(to.Desired))
	}
	known, ok := g.answers.kept(name, g.now(), upgrade.Interval)
	if err := g.update(ctx, in); err != nil {
		return explain(err, fmt.Sprintf("set maximum size %d and desired size %d of", to.Max, to.Desired), "group "+name)
	}
	if ok {
		known.Size = known.Size.Sent(from, to)
		g.answers.accepted(known)
	}
	return nil
}

// SetMinimum sets the minimum size.
func (g *Groups) SetMinimum(ctx context.Context, name string, least int) error {
	err := g.update(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &name, MinSize: sdk.Int32(int32(least))})
	return explain(err, fmt.Sprintf("set minimum size %d of", least), "group "+name)
}

// update changes a group. What was known about it is forgotten even after an error, because
// the change may have been made nevertheless.
func (g *Groups) update(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput) error {
	defer g.answers.drop(*in.AutoScalingGroupName)
	_, err := g.scaling.UpdateAutoScalingGroup(ctx, in)
	return err
}

// SetProcesses suspends or resumes scaling processes. Both can be repeated.
func (g *Groups) SetProcesses(ctx context.Context, name string, processes []string, suspended bool) error {
	if len(processes) == 0 {
		return nil // AWS would understand none as all
	}
	defer g.answers.drop(name)
	if suspended {
		_, err := g.scaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{
			AutoScalingGroupName: &name, ScalingProcesses: processes,
		})
		return explain(err, fmt.Sprintf("suspend %s of", processes), "group "+name)
	}
	_, err := g.scaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{
		AutoScalingGroupName: &name, ScalingProcesses: processes,
	})
	return explain(err, fmt.Sprintf("resume %s of", processes), "group "+name)
}
