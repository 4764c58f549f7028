package simulation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// groups is what an engine sees of Auto Scaling.
type groups struct{ w *World }

// checkName refuses every name but that of the group.
func (c *cloud) checkName(name string) error {
	if name != c.w.config.Update.Group || c.deleted || c.w.now.Before(c.hiddenUntil) {
		return fmt.Errorf("group %s: %w", name, upgrade.ErrNotFound)
	}
	return nil
}

func (g groups) Group(ctx context.Context, name string, fresh bool) (upgrade.Group, error) {
	c, p := g.w.cloud, g.w.process
	if !fresh && p.seen != nil && g.w.now.Sub(p.seen.Read) < g.w.config.Interval {
		err := upgrade.UseCredentials(ctx, upgrade.AccountOf(p.seen.ARN).ID)
		return copyGroup(*p.seen), err // from the adapter's memory: no call
	}
	return read(ctx, g.w, "Groups.Group", func() (upgrade.Group, error) {
		answer, err := c.answer(name)
		if err != nil {
			return upgrade.Group{}, err
		}
		p.seen = &answer
		return copyGroup(answer), nil
	})
}

// answer is what a describe returns with the present credentials.
func (c *cloud) answer(name string) (upgrade.Group, error) {
	with := c.w.credentials
	switch err := c.checkName(name); {
	case with.sameName != nil:
		there := copyGroup(*with.sameName)
		there.Read = c.w.now
		return there, nil
	case with.account != ownAccount:
		return upgrade.Group{}, fmt.Errorf("group %s: %w", name, upgrade.ErrNotFound)
	case err != nil:
		return upgrade.Group{}, err
	}
	return c.describeWithLag(), nil
}

// describeWithLag returns what a describe shows: for a while after a change perhaps
// the group from before it.
func (c *cloud) describeWithLag() upgrade.Group {
	stale := func() bool {
		since := c.w.now.Sub(c.changedAt)
		return c.w.calls.stale && since < maxStaleness || since < c.w.config.Lag && c.w.random.IntN(2) == 0
	}
	if c.previous != nil && stale() {
		past := copyGroup(*c.previous)
		past.Read = c.w.now
		return past
	}
	c.w.observer.described()
	return c.describe()
}

// copyGroup copies a group together with its instances.
func copyGroup(g upgrade.Group) upgrade.Group {
	g.Instances = slices.Clone(g.Instances)
	if g.WarmPool != nil {
		pool := *g.WarmPool
		pool.Instances = slices.Clone(pool.Instances)
		g.WarmPool = &pool
	}
	return g
}

func (g groups) LastActivity(ctx context.Context, name string, since time.Time, about []string) (string, error) {
	return read(ctx, g.w, "Groups.LastActivity", func() (string, error) {
		return g.w.cloud.activitySince(since, about), g.w.cloud.checkName(name)
	})
}

func (g groups) Console(ctx context.Context, instance string) (string, error) {
	return read(ctx, g.w, "Groups.Console", func() (string, error) { return g.w.cloud.consoleOf(instance), nil })
}

func (g groups) TerminatedElsewhere(ctx context.Context, name, instance string) (bool, error) {
	return read(ctx, g.w, "Groups.TerminatedElsewhere", func() (bool, error) {
		return g.w.cloud.removedByOthers[instance], g.w.cloud.checkName(name)
	})
}

func (g groups) Resize(ctx context.Context, name string, from, to upgrade.Size) error {
	accepted := func(known upgrade.Group) *upgrade.Group {
		known.Size = known.Size.Sent(from, to)
		return &known
	}
	return g.change(ctx, "Groups.Resize", name, accepted, func() error {
		size := g.w.cloud.size.Sent(from, to)
		g.w.observer.checkResize(size)
		return g.w.cloud.resize(size)
	})
}

// change makes a change. The adapter's memory of the group is updated if the
// change was accepted, and dropped otherwise.
func (g groups) change(ctx context.Context, method, name string, accepted func(upgrade.Group) *upgrade.Group, do func() error) error {
	c, p := g.w.cloud, g.w.process
	known := p.seen
	p.seen = nil
	err := g.w.call(ctx, method, func() error {
		if err := c.checkName(name); err != nil {
			return err
		}
		return do()
	})
	if err == nil && known != nil {
		p.seen = accepted(*known)
	}
	return err
}

// resize sets the sizes as UpdateAutoScalingGroup does.
func (c *cloud) resize(size upgrade.Size) error {
	if size.Desired > size.Max || size.Desired < c.min || size.Max < c.min {
		return fmt.Errorf("ValidationError: desired size %d has to be between the minimum %d and the maximum %d",
			size.Desired, c.min, size.Max)
	}
	c.keepPrevious()
	c.size = size
	c.w.tally.Peak = max(c.w.tally.Peak, size.Desired)
	c.reconcileSoon()
	return nil
}

func (g groups) SetMinimum(ctx context.Context, name string, minimum int) error {
	return g.w.call(ctx, "Groups.SetMinimum", func() error {
		c := g.w.cloud
		if err := c.checkName(name); err != nil {
			return err
		}
		if minimum > c.size.Max {
			return fmt.Errorf("ValidationError: the minimum %d is above the maximum %d", minimum, c.size.Max)
		}
		g.w.process.seen = nil
		c.keepPrevious()
		g.w.observer.checkMinimum(minimum)
		c.min = minimum
		return nil
	})
}

func (g groups) SetProcesses(ctx context.Context, name string, processes []string, suspended bool) error {
	return g.w.call(ctx, "Groups.SetProcesses", func() error {
		if err := g.w.cloud.checkName(name); err != nil {
			return err
		}
		g.w.process.seen = nil
		g.w.cloud.keepPrevious()
		g.w.cloud.setProcesses(processes, suspended)
		return nil
	})
}

func (c *cloud) setProcesses(processes []string, suspended bool) {
	isOne := func(p string) bool { return slices.Contains(processes, p) }
	c.suspended = slices.DeleteFunc(slices.Clone(c.suspended), isOne)
	if suspended {
		c.suspended = append(c.suspended, processes...)
	}
	c.reconcileSoon()
}

func (g groups) Terminate(ctx context.Context, name string, ids []string, shrink bool) error {
	before := g.w.cloud.size.Desired
	accepted := func(known upgrade.Group) *upgrade.Group {
		if shrink && before-g.w.cloud.size.Desired < len(ids) { // the answer of AWS shows it
			return nil
		}
		known = known.Terminating(ids, shrink)
		return &known
	}
	return g.change(ctx, "Groups.Terminate", name, accepted, func() error { return g.w.cloud.terminateAll(ids, shrink) })
}

// terminateAll terminates those of the instances that exist and are not terminating,
// or none if the desired size would fall below the minimum.
func (c *cloud) terminateAll(ids []string, shrink bool) error {
	var all []*instance
	for _, id := range ids {
		c.w.observer.checkTermination(c.find(id), shrink)
		if i := c.find(id); i != nil && !i.isTerminating() {
			all = append(all, i)
		}
	}
	if shrink && len(all) > 0 && c.size.Desired-len(all) < c.min {
		return fmt.Errorf("ValidationError: terminating %d instances without replacement would take the desired size %d "+
			"below the minimum %d", len(all), c.size.Desired, c.min)
	}
	c.keepPrevious()
	for _, i := range all {
		i.terminatedByEngine, i.returns = true, shrink && c.reuses()
		c.terminate(i)
	}
	if shrink {
		c.size.Desired -= len(all)
	}
	c.reconcileSoon()
	return nil
}
