package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/preflight"
)

// upgrading is one run of a command over the groups that it chooses, which are upgraded or
// scaled.
type upgrading struct {
	*carry.Command
	o *Request
	// groups are those that were chosen: one, or several.
	groups []*groupUpgrade
	// controller is the controller that is announced in the cluster, "" for none.
	controller string
	// commit is called before the first write: from then on Ctrl-C does not end
	// calls any more. It reports false if that was too late.
	commit func() bool
}

// prepare returns the groups to work on, which people have agreed to. There are
// none when there is nothing to do. Nothing is written before the yes.
func (u *upgrading) prepare(ctx context.Context) ([]*groupUpgrade, error) {
	if err := u.lookAtGroups(ctx); err != nil {
		return nil, fmt.Errorf("%w (nothing was changed)", err)
	}
	// Updates that are under way are continued first.
	slices.SortStableFunc(u.groups, func(a, b *groupUpgrade) int { return cmp.Compare(rank(a), rank(b)) })
	return u.agreed(ctx)
}

// lookAtGroups finds out which groups were chosen and what there is to do for each.
func (u *upgrading) lookAtGroups(ctx context.Context) error {
	if err := check.Of(u.Connection).MayLook(ctx); err != nil {
		return err
	}
	var err error
	if u.controller, err = u.Cluster.Announced(ctx); err != nil {
		return err
	}
	if u.controller == "" && !u.o.Wait {
		return errors.New("--wait=false: no controller runs in the cluster, so nobody would work on the update; leave it out, or run the command where it can stay")
	}
	if u.o.Choice.Several { // all groups get the same target, whenever their turn is
		u.o.Target, _ = preflight.Aim(u.o.Target, u.Version)
	}
	if u.groups, err = u.chosen(ctx); err != nil {
		return err
	}
	if err := u.Cluster.Start(ctx); err != nil {
		return err
	}
	for _, g := range u.groups {
		if err := g.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func rank(g *groupUpgrade) int {
	if g.running != nil {
		return 0
	}
	return 1
}

// agreed shows the plan and returns the groups to work on if people agree.
func (u *upgrading) agreed(ctx context.Context) ([]*groupUpgrade, error) {
	todo := u.where((*groupUpgrade).wanted)
	u.Print.Plans(u.plans(), u.o.Choice.words(), u.o.DryRun || len(todo) == 0)
	refused := u.refused()
	switch {
	case refused != nil && (len(todo) == 0 || !u.o.Choice.KeepGoing), len(todo) == 0:
		return nil, refused
	case u.o.DryRun:
		u.Print.Say("\nNothing was changed (--dry-run).")
		return nil, refused
	}
	isNew := func(g *groupUpgrade) bool { return g.running == nil }
	if !u.o.Yes && slices.ContainsFunc(todo, isNew) {
		if err := terminal.Agree(ctx, u.Streams); err != nil {
			return nil, err
		}
	}
	if !u.commit() {
		return nil, context.Canceled
	}
	if slices.ContainsFunc(todo, isNew) {
		return todo, u.install(ctx)
	}
	return todo, nil
}

// refused says which groups cannot be upgraded, nil if all can.
func (u *upgrading) refused() error {
	refused := u.where((*groupUpgrade).refused)
	leftOut := u.where(func(g *groupUpgrade) bool { return g.plan.LeftOut })
	switch {
	case !u.o.Choice.Several && len(refused)+len(leftOut) > 0:
		return refusal(u.groups[0].plan.Refusals)
	case len(refused) > 0:
		return fmt.Errorf("%d of %d groups cannot be upgraded (see above), and nothing was changed in them; "+
			"fix that, choose others with --selector, or give --keep-going to upgrade those that can be", len(refused), len(u.groups))
	case len(leftOut) == len(u.groups):
		return fmt.Errorf("somebody else upgrades every group that was chosen of cluster %s (see above), so nothing was changed", u.o.Cluster)
	}
	return nil
}

// where returns the groups for which keep says so.
func (u *upgrading) where(keep func(*groupUpgrade) bool) []*groupUpgrade {
	var kept []*groupUpgrade
	for _, g := range u.groups {
		if keep(g) {
			kept = append(kept, g)
		}
	}
	return kept
}

func (u *upgrading) plans() []show.Plan {
	var all []show.Plan
	for _, g := range u.groups {
		all = append(all, g.plan)
	}
	return all
}
