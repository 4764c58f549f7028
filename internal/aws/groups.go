package aws

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
	compute *ec2.Client
	facts   *facts
	answers *answers
	now     func() time.Time
	// together is held while a call is made, so that others who ask meanwhile get its
	// answer.
	together sync.Mutex
	// oneByOne is set when the region turns out to terminate only one instance a call.
	oneByOne atomic.Bool
}

var (
	_ upgrade.Groups     = (*Groups)(nil)
	_ upgrade.WarmPools  = (*Groups)(nil)
	_ upgrade.Activities = (*Groups)(nil)
)

func newGroups(region string, scaling *autoscaling.Client, compute *ec2.Client, now func() time.Time) *Groups {
	return &Groups{region: region, scaling: scaling, compute: compute, facts: newFacts(compute), answers: newAnswers(), now: now}
}

// Group returns the group with all its instances. An instance that EC2 does not know yet,
// because it was launched a moment ago, has Image "" and a zero Launched.
//
// A group is read together with all others that were recently asked for, so several groups
// take no more calls than one. An answer that was given to other credentials than those in use is
// upgrade.ErrCredentialsChanged.
func (g *Groups) Group(ctx context.Context, name string, fresh bool) (upgrade.Group, error) {
	if _, one := upgrade.CredentialsInUse(ctx); !one {
		ctx = upgrade.WithOneCredential(ctx)
	}
	followed, before := g.answers.follow(name, g.now()), g.answers.questions()
	known := func() (answer, bool) {
		if fresh {
			return g.answers.since(name, before)
		}
		return g.answers.kept(name, g.now(), upgrade.Interval)
	}
	if last, ok := known(); ok {
		return last.Group, upgrade.UseCredentials(ctx, last.credentials)
	}
	g.together.Lock()
	defer g.together.Unlock()
	if last, ok := known(); ok { // somebody else has asked meanwhile
		return last.Group, upgrade.UseCredentials(ctx, last.credentials)
	}
	return g.ask(ctx, name, followed)
}

// namesACall is how many groups AWS lets one call name.
const namesACall = 100

// ask describes some groups, a hundred per call, keeps the answers and returns that of one.
// An error about another group does not matter to that one.
func (g *Groups) ask(ctx context.Context, name string, all []string) (upgrade.Group, error) {
	now, question := g.now(), g.answers.ask()
	var raws []types.AutoScalingGroup
	for names := range slices.Chunk(all, namesACall) {
		some, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: names})
		if err != nil {
			return upgrade.Group{}, explain(err, "describe", "group "+name)
		}
		raws = append(raws, some...)
	}
	answer, err := upgrade.Group{}, g.notFound(name)
	credentials, _ := upgrade.CredentialsInUse(ctx)
	for _, raw := range raws {
		group, incomplete := g.complete(ctx, raw, now)
		if incomplete == nil {
			g.answers.keep(group, question, credentials)
		}
		if sdk.ToString(raw.AutoScalingGroupName) == name {
			answer, err = group, incomplete
		}
	}
	return answer, err
}

// complete adds what EC2 knows about the instances.
func (g *Groups) complete(ctx context.Context, raw types.AutoScalingGroup, now time.Time) (upgrade.Group, error) {
	known, err := g.facts.of(ctx, sdk.ToString(raw.AutoScalingGroupName), memberIDs(raw.Instances))
	if err != nil {
		return upgrade.Group{}, err
	}
	known = g.withoutStopped(raw, known)
	group := groupFrom(raw, known)
	group.Read = now
	group.WarmPool, err = g.warmPool(ctx, raw)
	return group, err
}

func (g *Groups) notFound(name string) error {
	return fmt.Errorf("group %s in %s: %w", name, g.region, upgrade.ErrNotFound)
}

// describe returns the group as Auto Scaling does, in one call.
func (g *Groups) describe(ctx context.Context, name string) (types.AutoScalingGroup, error) {
	groups, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return types.AutoScalingGroup{}, explain(err, "describe", "group "+name)
	}
	if len(groups) == 0 {
		return types.AutoScalingGroup{}, g.notFound(name)
	}
	return groups[0], nil
}

// list returns the groups of all pages.
func (g *Groups) list(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput) ([]types.AutoScalingGroup, error) {
	in.MaxRecords = sdk.Int32(namesACall)
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
