package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// AutoWait stands for the deregistration delay of the group's load balancers
// until that is known.
const AutoWait time.Duration = -1

// lookAtBalancers finds out with which load balancers the group's nodes are registered. A wait that is
// left to them becomes what they need, which has to be known for that.
func (g *groupUpgrade) lookAtBalancers(ctx context.Context) error {
	found, err := check.Of(g.Connection).Balancers(ctx, g.group)
	isAuto := g.run.o.Policy.CordonWait == AutoWait
	if err != nil && !isAuto && ctx.Err() == nil && !errors.Is(err, upgrade.ErrCredentials) {
		found.Unknown, err = append(found.Unknown, err.Error()), nil // only a warning is lost
	}
	if g.balancers = found; err != nil || !isAuto {
		return err
	}
	if denied := g.balancers.Denied; len(denied) > 0 {
		return fmt.Errorf("--cordon-wait auto needs to see the load balancers: %s; docs/rbac.yaml and docs/iam-policy.json have the permissions, or give a time",
			strings.Join(denied, "; "))
	}
	own := *g.o
	own.Policy.CordonWait, g.whyWait = g.balancers.CordonWait(upgrade.DefaultPolicy().CordonWait)
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
