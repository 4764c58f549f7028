package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// patience is how long an update may take to stand still, for which both the
// cloud and the cluster have to answer.
const patience = 30 * time.Second

// host runs the controller for one update, until that has ended or, after halt
// was closed, stands still.
func (u *upgrading) host(ctx context.Context, update string, halt <-chan struct{}) (upgrade.Result, error) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() {
		select {
		case <-ctx.Done():
		case <-halt:
			time.AfterFunc(patience, giveUp)
		}
	}()
	return controller.Run(ctx, controller.Options{
		Update: update,
		Cloud: func(*v1alpha1.NodeGroup) (controller.Cloud, error) {
			return controller.Cloud{Groups: u.cloud.Groups, Templates: u.cloud.Templates, Images: u.cloud.Images}, nil
		},
		Cluster: controller.Cluster{
			Nodes: u.cluster.Nodes(), Pods: u.cluster.Pods(), Autoscaler: u.cluster.Autoscaler(),
			Records: u.cluster.Records, Cache: u.cluster.Cache(), Live: u.cluster.Live(),
		},
		Identity: identity(),
		Observe:  func(_ string, result upgrade.Result, err error) { u.observe(ctx, result, err) },
		Halt:     halt,
	})
}

// observe shows what a pass did and saw.
func (u *upgrading) observe(ctx context.Context, result upgrade.Result, err error) {
	for _, e := range result.Events {
		u.print.event(view.Event(e))
	}
	for _, e := range u.waits.news(result.Record.Run.Waits, time.Now()) {
		u.print.event(e)
	}
	passed := result.Record.Update.Name != ""
	if trouble := u.troubles.news(passed, err); trouble != "" {
		u.print.say("%s", trouble)
	}
	if u.process.canRedraw() && passed {
		if update, group, err := u.read(ctx, result.Record.Update.Name); err == nil {
			u.print.status(view.StatusLine(*update, *group, time.Now()))
		}
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
