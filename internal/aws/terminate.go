package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// terminations is how many instances AWS terminates in one call.
const terminations = 100

// Terminate terminates instances of the group, a hundred per call.
//
// Lowering the desired size by a termination must not happen twice: EC2 Auto Scaling lowers
// it again for an instance that waits in Terminating. So instances that a fresh read shows
// as terminating are left out, and only the engine repeats the call.
func (g *Groups) Terminate(ctx context.Context, name string, instances []string, shrink bool) error {
	if shrink {
		last, ok := g.answers.kept(name, g.now(), upgrade.Freshness)
		group := last.Group
		if !ok {
			var err error
			if group, err = g.Group(ctx, name, true); err != nil {
				return err
			}
		}
		instances = staying(group, instances)
	}
	for batch := range slices.Chunk(instances, terminations) {
		if err := g.end(ctx, name, batch, shrink); err != nil {
			return err
		}
	}
	return nil
}

// staying returns those of the instances that are members and not terminating.
func staying(group upgrade.Group, instances []string) []string {
	var stay []string
	for _, i := range group.Instances {
		if slices.Contains(instances, i.ID) && !i.Lifecycle.IsTerminating() {
			stay = append(stay, i.ID)
		}
	}
	return stay
}

// end terminates a batch in one call where the region takes several instances, otherwise one by one. If
// AWS refuses a batch because one of the instances is gone, each is terminated in a call of its own, and
// one that is gone is done.
func (g *Groups) end(ctx context.Context, name string, batch []string, shrink bool) error {
	if len(batch) > 1 && g.oneByOne.Load() {
		return g.endEach(ctx, name, batch, shrink)
	}
	err := g.endTogether(ctx, name, batch, shrink)
	switch gone := isNotFound(code(err), message(err)); {
	case len(batch) > 1 && !gone && code(err) == validationError: // InstanceIds is of August 2026, and not in every region
		err := g.endEach(ctx, name, batch, shrink)
		g.oneByOne.CompareAndSwap(false, err == nil)
		return err
	case !gone:
		return explain(err, "terminate "+text.List(batch, 3)+" of", "group "+name)
	case len(batch) == 1:
		return nil
	case shrink:
		return fmt.Errorf("terminate %d instances of group %s: one of them is gone already; reading the group again", len(batch), name)
	}
	return g.endEach(ctx, name, batch, shrink)
}

func (g *Groups) endEach(ctx context.Context, name string, batch []string, shrink bool) error {
	for _, id := range batch {
		if err := g.end(ctx, name, []string{id}, shrink); err != nil {
			return err
		}
	}
	return nil
}

func (g *Groups) endTogether(ctx context.Context, name string, batch []string, shrink bool) error {
	known, ok := g.answers.kept(name, g.now(), upgrade.Interval)
	in := &autoscaling.TerminateInstanceInAutoScalingGroupInput{ShouldDecrementDesiredCapacity: &shrink}
	if len(batch) == 1 {
		in.InstanceId = &batch[0]
	} else {
		in.AutoScalingGroupName, in.InstanceIds = &name, batch
	}
	out, err := g.scaling.TerminateInstanceInAutoScalingGroup(ctx, in, func(o *autoscaling.Options) {
		if shrink {
			o.Retryer = sdk.NopRetryer{}
		}
	})
	g.answers.drop(name)
	if err != nil {
		return err
	}
	if ended := confirmed(out, batch, shrink); ok && len(ended) > 0 {
		known.Group = known.Terminating(ended, shrink)
		g.answers.accepted(known)
	}
	return nil
}

// confirmed returns the instances of a batch for which AWS has answered with an activity: that it takes
// all or none of a batch is not documented. With their places, only those count whose activity says that
// it has lowered the desired size.
func confirmed(out *autoscaling.TerminateInstanceInAutoScalingGroupOutput, batch []string, shrink bool) []string {
	activities := out.Activities
	if out.Activity != nil {
		activities = append(activities, *out.Activity)
	}
	var ended []string
	for _, a := range activities {
		of := func(id string) bool { return strings.Contains(sdk.ToString(a.Description), id) }
		if i := slices.IndexFunc(batch, of); i >= 0 && (!shrink || hasShrunk(a)) {
			ended = append(ended, batch[i])
		}
	}
	return ended
}

// hasShrunk reports whether AWS says that a termination has lowered the desired size. For
// an instance that was terminating already the cause is another one.
func hasShrunk(a types.Activity) bool {
	return strings.Contains(sdk.ToString(a.Cause), "user request, shrinking the capacity")
}
