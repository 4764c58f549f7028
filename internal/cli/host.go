package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// patience is how long an update may take to pause, for which both the
// cloud and the cluster have to answer.
const patience = 30 * time.Second

// host runs the controller for one update, until that has ended or, after halt
// was closed, is paused.
func (c *carrier) host(ctx context.Context, update string, halt <-chan struct{}) (upgrade.Result, error) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() {
		select {
		case <-ctx.Done():
		case <-halt:
			time.AfterFunc(patience, giveUp)
		}
	}()
	defer c.keepStatus(ctx, update)()
	still := false
	return controller.Run(ctx, controller.Options{
		Update: update,
		Cloud:  func(group *v1alpha1.NodeGroup) (controller.Cloud, error) { return c.cloudFor(ctx, group) },
		Cluster: controller.Cluster{
			Nodes: c.cluster.Nodes(), Pods: c.cluster.Pods(), Autoscaler: c.cluster.Autoscaler(), Workloads: c.cluster.Workloads(), Parallel: kube.Parallel,
			Records: c.cluster.Records, Cache: c.cluster.Cache(), Live: c.cluster.Live(),
		},
		Check:    c.checks(update),
		Identity: c.engine,
		Observe: func(_ string, result upgrade.Result, err error) {
			c.observe(ctx, result, err)
			still = c.tellStill(result, err, still, halt)
		},
		Leave: halt, UntilPaused: c.untilStill,
	})
}

// cloudFor is the engine's side of the cloud of a node group.
func (c *carrier) cloudFor(ctx context.Context, group *v1alpha1.NodeGroup) (controller.Cloud, error) {
	if c.cloud == nil {
		cloud, err := c.reach(ctx, group.Spec.Region)
		if err != nil {
			return controller.Cloud{}, err
		}
		c.cloud = cloud
	}
	return controller.Cloud{Groups: c.cloud.Groups, Activities: c.cloud.Groups, Templates: c.cloud.Templates, Images: c.cloud.Images}, nil
}

// carryOut works on the update until it has ended or is paused, and then on the
// one that rolls it back, if there is one.
func (c *carrier) carryOut(ctx context.Context, halt <-chan struct{}) (upgrade.Result, error) {
	for {
		last, err := c.host(ctx, c.update.Name, halt)
		if err != nil || !last.Done {
			return last, err
		}
		next, err := c.undoing(ctx, c.update.Name)
		if err != nil || next == nil {
			return last, err
		}
		c.say("Update %s is %s. Update %s is rolling it back.", c.update.Name, last.Record.Run.Verdict.Status, next.Name)
		c.update = next
	}
}

// undoing returns the update that rolls another one back and has not ended, nil
// if there is none.
func (s *connection) undoing(ctx context.Context, name string) (*v1alpha1.NodeGroupUpdate, error) {
	var updates v1alpha1.NodeGroupUpdateList // as the engine saw them when it handed over
	err := s.cluster.Cache().List(ctx, &updates)
	return undoes(updates.Items, name), err
}

func undoes(updates []v1alpha1.NodeGroupUpdate, name string) *v1alpha1.NodeGroupUpdate {
	i := slices.IndexFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool { return u.Spec.RollbackOf == name && !u.Ended() })
	if i < 0 {
		return nil
	}
	return &updates[i]
}

// observe shows what a pass did and saw.
func (c *carrier) observe(ctx context.Context, result upgrade.Result, err error) {
	c.tried.Store(true)
	for _, e := range result.Events {
		c.print.event(c.label, view.Event(e))
	}
	for _, e := range c.waits.news(result.Record.Run, time.Now()) {
		c.print.event(c.label, e)
	}
	passed := result.Record.Update.Name != ""
	if trouble := c.troubles.news(passed, err); trouble != "" {
		c.say("%s", trouble)
	}
	if passed {
		c.showStatus(ctx, result.Record.Update.Name)
	}
}

// tellStill tells a person when somebody pauses or resumes the update while
// this command works on it.
func (c *carrier) tellStill(result upgrade.Result, err error, before bool, halt <-chan struct{}) (still bool) {
	select {
	case <-halt:
		return before // it is this command that stops
	default:
	}
	switch {
	case err != nil || c.untilStill:
		return before
	case result.Paused && !before:
		c.sayStill(result.Record.Run.PausedForHealth())
	case !result.Paused && before:
		c.say("Update %s continues.", c.update.Name)
	}
	return result.Paused
}

// sayStill says why the update is paused, and how to continue it.
func (c *carrier) sayStill(stopped bool) {
	why := "Somebody paused update " + c.update.Name + "."
	if stopped {
		why = "Update " + c.update.Name + " is paused for bad health."
	}
	c.say("%s To continue it, run: nodelift resume update %s", why, c.update.Name)
}

// keepStatus shows every second how the update stands, until its result is
// called: times go on between the passes.
func (c *carrier) keepStatus(ctx context.Context, name string) (end func()) {
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

// showStatus shows how the update stands, from the watch: a line that is drawn
// again in a moment is not worth a read.
func (c *carrier) showStatus(ctx context.Context, name string) {
	if !c.process.canRedraw() {
		return
	}
	var update v1alpha1.NodeGroupUpdate
	var group v1alpha1.NodeGroup
	watched := c.cluster.Cache()
	if watched.Get(ctx, client.ObjectKey{Name: name}, &update) == nil && watched.Get(ctx, client.ObjectKey{Name: c.name}, &group) == nil {
		c.status(view.StatusLine(update, group, time.Now()))
	}
}

// troubles tells of passes that could not be made, once for each reason and once
// when it is over, and of passes of which no account could be written, once. The zero
// troubles is ready for use.
type troubles struct {
	last   string
	unkept bool
}

func (t *troubles) news(passed bool, err error) string {
	switch {
	case errors.Is(err, upgrade.ErrConflict), errors.Is(err, upgrade.ErrFenced):
		return ""
	case passed && err != nil && !t.unkept:
		t.unkept = true
		return fmt.Sprintf("%v (continuing without)", err)
	case passed && t.last != "":
		t.last = ""
		return "Recovered."
	case !passed && err != nil && err.Error() != t.last:
		t.last = err.Error()
		return t.last + " (retrying)"
	}
	return ""
}
