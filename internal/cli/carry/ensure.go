package carry

import (
	"context"
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Ensure has a request carried out that was written into an update: by whoever works on
// it, or by this process once it has the Lease, after prepare. It returns the last pass of
// this process, and whether somebody else has obeyed the request.
func (c *Carrier) Ensure(wanted, life context.Context, obeyed func(*v1alpha1.NodeGroupUpdate) bool, prepare func(context.Context) error) (last upgrade.Result, elsewhere bool, err error) {
	waiting, stop := context.WithCancel(wanted)
	defer stop()
	following, stopFollowing := context.WithCancel(wanted)
	defer stopFollowing()
	name := c.Update.Name
	var follower sync.WaitGroup
	follower.Go(func() {
		if elsewhere = c.follow(following, name, obeyed); elsewhere {
			stop()
		}
	})
	err = c.Hold(waiting, life, func(ctx context.Context) (err error) {
		stopFollowing()
		if err := prepare(ctx); err != nil {
			return err
		}
		last, err = c.CarryOut(wanted, ctx)
		return err
	})
	stopFollowing()
	follower.Wait()
	c.Status("")
	return last, elsewhere, err
}

// follow looks at an update once a second, until it is as it was asked to be, or until
// ctx ends: then it is false.
func (c *Carrier) follow(ctx context.Context, name string, as func(*v1alpha1.NodeGroupUpdate) bool) bool {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		if update, err := c.Cluster.Update(ctx, name); err == nil && as(update) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-every.C:
		}
	}
}
