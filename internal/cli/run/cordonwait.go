package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// AutoWait stands for the deregistration delay of the group's load balancers
// until that is known.
const AutoWait time.Duration = -1

// awaitBalancers turns a wait that is left to the load balancers into the longest
// deregistration delay of those that the group registers its instances with, or
// into the usual time if there is none.
func (g *groupUpgrade) awaitBalancers(ctx context.Context) error {
	if g.o.Policy.CordonWait != AutoWait {
		return nil
	}
	details, err := g.Cloud.Groups.Details(ctx, g.group)
	if err != nil {
		return err
	}
	delays, err := g.Cloud.Balancers.Delays(ctx, details)
	if errors.Is(err, upgrade.ErrForbidden) {
		return fmt.Errorf("--cordon-wait auto needs to see the group's load balancers: %w; docs/iam-policy.json has the right, or give a time", err)
	}
	if err != nil {
		return err
	}
	own := *g.o
	own.Policy.CordonWait = upgrade.DefaultPolicy().CordonWait
	if len(delays) > 0 {
		own.Policy.CordonWait = delays[0].Time
	}
	g.o = &own
	return nil
}

// Settled is a policy with no cordon wait where that is not known yet, so that it can be
// checked.
func Settled(policy upgrade.Policy) upgrade.Policy {
	if policy.CordonWait == AutoWait {
		policy.CordonWait = 0
	}
	return policy
}
