package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// patience is how long an update may take to stand still, for which both the
// cloud and the cluster have to answer.
const patience = 30 * time.Second

// host runs the controller for one update, until that has ended or, after halt
// was closed, stands still.
func (g *groupUpgrade) host(ctx context.Context, update string, halt <-chan struct{}) (upgrade.Result, error) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() {
		select {
		case <-ctx.Done():
		case <-halt:
			time.AfterFunc(patience, giveUp)
		}
	}()
	defer g.keepStatus(ctx, update)()
	return controller.Run(ctx, controller.Options{
		Update: update,
		Cloud: func(*v1alpha1.NodeGroup) (controller.Cloud, error) {
			return controller.Cloud{Groups: g.cloud.Groups, Activities: g.cloud.Groups, Templates: g.cloud.Templates, Images: g.cloud.Images}, nil
		},
		Cluster: controller.Cluster{
			Nodes: g.cluster.Nodes(), Pods: g.cluster.Pods(), Autoscaler: g.cluster.Autoscaler(), Beside: kube.Beside,
			Records: g.cluster.Records, Cache: g.cluster.Cache(), Live: g.cluster.Live(),
		},
		Identity: identity(),
		Observe:  func(_ string, result upgrade.Result, err error) { g.observe(ctx, result, err) },
		Halt:     halt,
	})
}

// observe shows what a pass did and saw.
func (g *groupUpgrade) observe(ctx context.Context, result upgrade.Result, err error) {
	g.tried.Store(true)
	for _, e := range result.Events {
		g.print.event(g.label, view.Event(e))
	}
	for _, e := range g.waits.news(result.Record.Run, time.Now()) {
		g.print.event(g.label, e)
	}
	passed := result.Record.Update.Name != ""
	if trouble := g.troubles.news(passed, err); trouble != "" {
		g.say("%s", trouble)
	}
	if passed {
		g.showStatus(ctx, result.Record.Update.Name)
	}
}

// keepStatus shows every second how the update stands, until its result is
// called: times go on between the passes.
func (g *groupUpgrade) keepStatus(ctx context.Context, name string) (end func()) {
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
				g.showStatus(ctx, name)
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
func (g *groupUpgrade) showStatus(ctx context.Context, name string) {
	if !g.process.canRedraw() {
		return
	}
	var update v1alpha1.NodeGroupUpdate
	var group v1alpha1.NodeGroup
	watched := g.cluster.Cache()
	if watched.Get(ctx, client.ObjectKey{Name: name}, &update) == nil && watched.Get(ctx, client.ObjectKey{Name: g.name}, &group) == nil {
		g.status(view.StatusLine(update, group, time.Now()))
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
	case errors.Is(err, upgrade.ErrConflict):
		return ""
	case passed && err != nil && !t.unkept:
		t.unkept = true
		return fmt.Sprintf("%v (the upgrade goes on without)", err)
	case passed && t.last != "":
		t.last = ""
		return "The trouble is over."
	case !passed && err != nil && err.Error() != t.last:
		t.last = err.Error()
		return t.last + " (trying again)"
	}
	return ""
}
