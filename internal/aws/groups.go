package aws

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Groups are the Auto Scaling groups of one account and region. Its methods
// may be called from any goroutine.
type Groups struct {
	region  string
	scaling *autoscaling.Client
	facts   *facts
	answers *answers
	now     func() time.Time
}

var (
	_ upgrade.Groups     = (*Groups)(nil)
	_ upgrade.Activities = (*Groups)(nil)
)

func newGroups(region string, scaling *autoscaling.Client, compute *ec2.Client, now func() time.Time) *Groups {
	return &Groups{region: region, scaling: scaling, facts: newFacts(compute), answers: newAnswers(), now: now}
}

// Group returns the group with all its instances. An instance that EC2 does not
// know of yet, because it was launched a moment ago, has no image and no time
// of launch: Image is "" and Launched zero until an answer has them.
func (g *Groups) Group(ctx context.Context, name string, fresh bool) (upgrade.Group, error) {
	now := g.now()
	if kept, ok := g.answers.kept(name, now); ok && !fresh {
		return kept, nil
	}
	changes := g.answers.changes(name)
	raw, err := g.describe(ctx, name)
	if err != nil {
		return upgrade.Group{}, err
	}
	known, err := g.facts.of(ctx, name, memberIDs(raw))
	if err != nil {
		return upgrade.Group{}, err
	}
	group := groupFrom(raw, known)
	group.Read = now
	g.answers.keep(group, changes)
	return group, nil
}

// describe returns the group as Auto Scaling does, in one call.
func (g *Groups) describe(ctx context.Context, name string) (types.AutoScalingGroup, error) {
	groups, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return types.AutoScalingGroup{}, explain(err, "describe", "group "+name)
	}
	if len(groups) == 0 {
		return types.AutoScalingGroup{}, fmt.Errorf("group %s in %s: %w", name, g.region, upgrade.ErrNotFound)
	}
	return groups[0], nil
}

// list returns the groups of all pages.
func (g *Groups) list(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput) ([]types.AutoScalingGroup, error) {
	in.MaxRecords = sdk.Int32(100)
	var groups []types.AutoScalingGroup
	for pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(g.scaling, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		groups = append(groups, page.AutoScalingGroups...)
	}
	return groups, nil
}
