package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// autoWait stands for the deregistration delay of the group's load balancers
// until that is known.
const autoWait time.Duration = -1

// orAuto is a flag for a time that may be left to the load balancers.
func orAuto(flag checked[time.Duration]) checked[time.Duration] {
	parse, show := flag.parse, flag.print
	flag.kind = "duration|auto"
	flag.parse = func(text string) (time.Duration, error) {
		if text == "auto" {
			return autoWait, nil
		}
		d, err := parse(text)
		if err != nil {
			return d, fmt.Errorf("%w, or auto", err)
		}
		return d, nil
	}
	flag.print = func(d time.Duration) string {
		if d == autoWait {
			return "auto"
		}
		return show(d)
	}
	return flag
}

// awaitBalancers turns a wait that is left to the load balancers into the longest
// deregistration delay of those that the group registers its instances with, or
// into the usual time if there is none.
func (g *groupUpgrade) awaitBalancers(ctx context.Context) error {
	if g.o.policy.CordonWait != autoWait {
		return nil
	}
	details, err := g.cloud.Groups.Details(ctx, g.group)
	if err != nil {
		return err
	}
	delays, err := g.cloud.Balancers.Delays(ctx, details)
	if errors.Is(err, upgrade.ErrForbidden) {
		return fmt.Errorf("--cordon-wait auto needs to see the group's load balancers: %w; docs/iam-policy.json has the right, or give a time", err)
	}
	if err != nil {
		return err
	}
	own := *g.o
	own.policy.CordonWait = upgrade.DefaultPolicy().CordonWait
	if len(delays) > 0 {
		own.policy.CordonWait = delays[0].Time
	}
	g.o = &own
	return nil
}

// settled is a policy in which a wait that is not known yet is none.
func settled(policy upgrade.Policy) upgrade.Policy {
	if policy.CordonWait == autoWait {
		policy.CordonWait = 0
	}
	return policy
}
