package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Resize sets the maximum and desired size in one call, so that no moment has
// one without the other.
func (g *Groups) Resize(ctx context.Context, name string, size upgrade.Size) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &name,
		MaxSize:              sdk.Int32(int32(size.Max)),
		DesiredCapacity:      sdk.Int32(int32(size.Desired)),
	}
	thing := fmt.Sprintf("group %s", name)
	doing := fmt.Sprintf("set maximum size %d and desired size %d of", size.Max, size.Desired)
	return explain(g.update(ctx, in), doing, thing)
}

// update changes a group. What was known of it is forgotten even if AWS's
// answer is an error: it may have been done all the same.
func (g *Groups) update(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput) error {
	defer g.answers.drop(*in.AutoScalingGroupName)
	_, err := g.scaling.UpdateAutoScalingGroup(ctx, in)
	return err
}

// SetProcesses suspends or resumes scaling processes; both may be repeated.
func (g *Groups) SetProcesses(ctx context.Context, name string, processes []string, suspended bool) error {
	if len(processes) == 0 {
		return nil // AWS would take none for all
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
