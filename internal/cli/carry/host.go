package carry

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// host runs the controller for one update until the update has ended, or wanted has ended and
// the calls that were under way have returned.
func (c *Carrier) host(wanted, ctx context.Context, update string) (upgrade.Result, error) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(wanted, stop)()
	defer c.keepStatus(ctx, update)()
	o, paused := c.options(ctx, update), false
	o.Observe = func(_ string, result upgrade.Result, err error) {
		c.observe(ctx, result, err)
		paused = c.tellPaused(result, err, paused)
	}
	return controller.Run(working, o)
}

// leave lets Cluster Autoscaler run, and writes down that nobody works on the update.
func (c *Carrier) leave(ctx context.Context) (upgrade.Result, error) {
	defer c.keepStatus(ctx, c.Update.Name)()
	o := c.options(ctx, c.Update.Name)
	o.Observe = func(_ string, result upgrade.Result, err error) { c.observe(ctx, result, err) }
	return controller.Leave(ctx, o)
}

func (c *Carrier) options(ctx context.Context, update string) controller.Options {
	return controller.Options{
		Update: update,
		Cloud:  func(group *v1alpha1.NodeGroup) (controller.Cloud, error) { return c.cloudFor(ctx, group) },
		Cluster: controller.Cluster{
			Nodes: c.Cluster.Nodes(), Pods: c.Cluster.Pods(), Autoscaler: c.Cluster.Autoscaler(), Workloads: c.Cluster.Workloads(), Parallel: kube.Parallel,
			Records: c.Cluster.Records, Cache: c.Cluster.Cache(), Live: c.Cluster.Live(),
		},
		Check:       c.checks(update),
		Identity:    c.Engine,
		UntilPaused: c.UntilPaused,
	}
}

// cloudFor is the engine's side of the cloud of a node group. Each pass begins with it.
func (c *Carrier) cloudFor(ctx context.Context, group *v1alpha1.NodeGroup) (controller.Cloud, error) {
	c.tried.Store(true)
	if c.Cloud == nil {
		cloud, err := c.Reach(ctx, group.Spec.Region)
		if err != nil {
			return controller.Cloud{}, err
		}
		c.Cloud = cloud
	}
	return controller.Cloud{
		Groups: c.Cloud.Groups, WarmPools: c.Cloud.Groups, Identity: c.Cloud, Activities: c.Cloud.Groups,
		Templates: c.Cloud.Templates, Images: c.Cloud.Images,
	}, nil
}

// CarryOut works on the update until it has ended or is paused, and then on the
// one that rolls it back, if there is one. When wanted ends, it leaves the update: the last
// result says Paused if all is as it has to be while nobody works.
func (c *Carrier) CarryOut(wanted, ctx context.Context) (upgrade.Result, error) {
	defer context.AfterFunc(wanted, c.sayEnding)()
	last, err := c.work(wanted, ctx)
	untouched := !c.tried.Load() && c.Update.Status.Phase == ""
	switch {
	case wanted.Err() == nil, ctx.Err() != nil, last.Done, untouched:
		return last, err
	case c.IsLast != nil && !c.IsLast():
		return last, err
	}
	return c.leave(ctx)
}

// sayEnding says, once for all groups, that the command has heard that it is to end.
func (c *Carrier) sayEnding() {
	if c.IsLast != nil { // the controller says that itself
		return
	}
	c.ending.Do(func() {
		c.Print.Say("Ending: finishing the calls that are under way, then resuming Cluster Autoscaler. This takes at most %s; press Ctrl-C again to leave now.", text.Duration(exit.LeaveWithin))
	})
}

func (c *Carrier) work(wanted, ctx context.Context) (upgrade.Result, error) {
	for wanted.Err() == nil {
		last, err := c.host(wanted, ctx, c.Update.Name)
		if err != nil || !last.Done {
			return last, err
		}
		var updates v1alpha1.NodeGroupUpdateList // as the engine saw them when it handed over
		err = c.Cluster.Cache().List(ctx, &updates)
		next := find.RollbackOf(updates.Items, c.Update.Name)
		if err != nil || next == nil {
			return last, err
		}
		c.Say("Update %s is %s. Update %s is rolling it back.", c.Update.Name, last.Record.Run.Verdict.Status, next.Name)
		c.Update = next
	}
	return upgrade.Result{}, nil
}

// observe shows what a pass did and saw.
func (c *Carrier) observe(ctx context.Context, result upgrade.Result, err error) {
	c.tell(result.Events, result.Record.Run)
	passed := result.Record.Update.Name != ""
	if trouble := c.troubles.news(passed, err); trouble != "" {
		c.Say("%s", trouble)
	}
	if passed {
		c.showStatus(ctx, result.Record.Update.Name)
	}
}

// tell shows what happened in a pass, and the waits that have lasted for a while.
func (c *Carrier) tell(happened []upgrade.Event, run upgrade.Run) {
	var events []view.Event
	for _, e := range happened {
		events = append(events, view.Event(e))
	}
	c.Print.Events(c.Label, append(events, c.waits.News(run, time.Now())...))
}

// tellPaused tells a person when somebody pauses or resumes the update while
// this command works on it.
func (c *Carrier) tellPaused(result upgrade.Result, err error, before bool) (paused bool) {
	if err != nil || c.UntilPaused {
		return before
	}
	paused = isPaused(result, before)
	switch {
	case paused && !before:
		c.sayPaused(result.Record.Run.PausedForHealth())
	case !paused && before:
		c.Say("Update %s continues.", c.Update.Name)
	}
	return paused
}

// isPaused reports whether the update is paused after a pass. A pass of a paused update may still
// change something, for example mark a node that has just joined: that resumes nothing.
func isPaused(result upgrade.Result, before bool) bool {
	return result.Paused || before && result.Record.IsPaused()
}

// sayPaused says why the update is paused, and how to continue it.
func (c *Carrier) sayPaused(stopped bool) {
	why := "Somebody paused update " + c.Update.Name + "."
	if stopped {
		why = "Update " + c.Update.Name + " is paused for bad health."
	}
	c.Say("%s To continue it, run: nodelift resume update %s", why, c.Update.Name)
}

// keepStatus draws the status line every second until end is called: the times in it
// change between the passes.
func (c *Carrier) keepStatus(ctx context.Context, name string) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var shower sync.WaitGroup
	shower.Go(func() {
		every := time.NewTicker(time.Second)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				c.showStatus(ctx, name)
			}
		}
	})
	return func() {
		cancel()
		shower.Wait()
	}
}

// showStatus draws the status line from what the watch has seen: a line that is drawn
// again in a moment is not worth a request.
func (c *Carrier) showStatus(ctx context.Context, name string) {
	if !c.CanRedraw() {
		return
	}
	var update v1alpha1.NodeGroupUpdate
	var group v1alpha1.NodeGroup
	watched := c.Cluster.Cache()
	if watched.Get(ctx, client.ObjectKey{Name: name}, &update) == nil && watched.Get(ctx, client.ObjectKey{Name: c.Name}, &group) == nil {
		c.Status(c.line.Line(update, group, time.Now()))
	}
}

// checks are the checks of an update, nil if this command has just made them itself.
func (c *Carrier) checks(update string) func(context.Context, *v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
	if update == c.Checked {
		return nil
	}
	return check.Of(c.Connection).Check
}
