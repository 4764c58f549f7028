package aws

import (
	"context"
	"maps"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// warmPool returns the warm pool of a group, nil if it has none. DescribeAutoScalingGroups says only
// that there is one and how many instances it has. It comes first, so that an instance that changes
// between the two is in both answers, where it counts as a member, or in none.
func (g *Groups) warmPool(ctx context.Context, raw types.AutoScalingGroup) (*upgrade.WarmPool, error) {
	config := raw.WarmPoolConfiguration
	if config == nil {
		return nil, nil
	}
	name := sdk.ToString(raw.AutoScalingGroupName)
	instances, err := g.listWarm(ctx, name)
	if err != nil {
		return nil, explain(err, "describe the warm pool of", "group "+name)
	}
	// They are known under a name of their own: EC2 sets the launch time of one again that is started.
	known, err := g.facts.of(ctx, ofWarmPool(name), memberIDs(instances))
	if err != nil {
		return nil, err
	}
	pool := &upgrade.WarmPool{Reuse: config.InstanceReusePolicy != nil && sdk.ToBool(config.InstanceReusePolicy.ReuseOnScaleIn)}
	members := memberIDs(raw.Instances)
	for _, i := range instances {
		if id := sdk.ToString(i.InstanceId); !slices.Contains(members, id) {
			pool.Instances = append(pool.Instances, instanceFrom(i, known[id]))
		}
	}
	return pool, nil
}

// ofWarmPool is the name under which what EC2 knows about a warm pool is remembered.
func ofWarmPool(group string) string { return group + "/warm-pool" }

// withoutStopped leaves out what EC2 says of instances that come from the warm pool and were not started
// yet: it sets their launch time then.
func (g *Groups) withoutStopped(raw types.AutoScalingGroup, known map[string]fact) map[string]fact {
	var stopped []string
	for _, i := range raw.Instances {
		state := known[sdk.ToString(i.InstanceId)].state
		if i.LifecycleState == types.LifecycleStatePending && (state == ec2Stopped || state == ec2Stopping) {
			stopped = append(stopped, sdk.ToString(i.InstanceId))
		}
	}
	if len(stopped) == 0 {
		return known
	}
	g.facts.forget(sdk.ToString(raw.AutoScalingGroupName), stopped)
	known = maps.Clone(known)
	maps.DeleteFunc(known, func(id string, _ fact) bool { return slices.Contains(stopped, id) })
	return known
}

// listWarm returns the instances of a warm pool, fifty per call.
func (g *Groups) listWarm(ctx context.Context, name string) ([]types.Instance, error) {
	var instances []types.Instance
	for pages := autoscaling.NewDescribeWarmPoolPaginator(g.scaling, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: &name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		instances = append(instances, page.Instances...)
	}
	return instances, nil
}

// TerminateWarm terminates instances of the group's warm pool in EC2:
// TerminateInstanceInAutoScalingGroup "cannot be called on instances in a warm pool" (its documentation).
// EC2 does not ask whether one has gone into service meanwhile. So those are left out that a read of this
// moment does not show in the pool any more, and the call is not repeated by itself.
func (g *Groups) TerminateWarm(ctx context.Context, name string, instances []string) error {
	there, err := g.listWarm(ctx, name)
	if err != nil {
		return explain(err, "describe the warm pool of", "group "+name)
	}
	var warm []string
	for _, i := range there {
		lifecycle := upgrade.Lifecycle(i.LifecycleState)
		if id := sdk.ToString(i.InstanceId); slices.Contains(instances, id) && lifecycle.InWarmPool() && !lifecycle.IsTerminating() {
			warm = append(warm, id)
		}
	}
	defer g.answers.drop(name)
	defer g.facts.forget(ofWarmPool(name), warm) // their state is another one now
	for batch := range slices.Chunk(warm, terminations) {
		_, err := g.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: batch}, func(o *ec2.Options) {
			o.Retryer = sdk.NopRetryer{}
		})
		if err != nil && !isNotFound(code(err), message(err)) {
			return explain(err, "terminate "+text.List(batch, 3)+" of", "the warm pool of group "+name)
		}
	}
	return nil
}

// MayTerminateWarm asks EC2 whether these credentials may terminate an instance of the group's warm pool,
// if it has one. Nothing is terminated. It is upgrade.ErrForbidden without the permission.
func (g *Groups) MayTerminateWarm(ctx context.Context, group upgrade.Group) error {
	there := group.InWarmPool()
	if len(there) == 0 {
		return nil
	}
	_, err := g.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{there[0].ID}, DryRun: sdk.Bool(true)})
	if code := code(err); code == "DryRunOperation" || isNotFound(code, message(err)) { // AWS's word for yes
		return nil
	}
	return explain(err, "try to terminate instances of", "the warm pool of group "+group.Name)
}
