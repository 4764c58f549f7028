package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync/atomic"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// command is what a command works with: a cluster, a cloud, and ways to talk to
// people.
type command struct {
	*connection
	process Process
	print   printer
	board   board
	engine  string // who it is, as holder of Leases and in Events
}

// carrier carries one update out where nobody else does, and shows what happens
// to it.
type carrier struct {
	*command
	name   string                    // of the NodeGroup
	label  string                    // what people call it where there are several, else ""
	update *v1alpha1.NodeGroupUpdate // nil until it is written
	// asks: whoever works on the update is asked to change its course, and not only
	// waited for.
	asks bool
	// untilStill: the work ends when the update is paused. Else it waits to be resumed.
	untilStill bool
	// watches: the controller in the cluster works, and this command only watches.
	watches bool
	// reach connects to the cloud of a region, for who works on any node group; nil
	// where the cloud is known.
	reach func(ctx context.Context, region string) (*aws.Cloud, error)
	// checked is the update that this command has checked itself right before it
	// wrote it. Any other may be anybody's.
	checked string

	troubles troubles
	waits    waits
	// elsewhere is who works on the node group instead, nil for nobody.
	elsewhere atomic.Pointer[string]
	// tried: a pass was made, or begun.
	tried atomic.Bool
}

// say tells a person something about the group.
func (c *carrier) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.label != "" {
		text = c.label + ": " + text
	}
	c.print.say("%s", text)
}

// hold works while it has the node group's Lease. The work itself is told to
// stop and ends by itself; only the wait for the Lease ends at once.
func (c *carrier) hold(wanted, life context.Context, work func(context.Context) error) error {
	waiting, giveUp := context.WithCancel(life)
	defer giveUp()
	stop := context.AfterFunc(wanted, giveUp)
	defer stop()
	return c.cluster.Hold(waiting, kube.Holding{
		Group:    c.name,
		Identity: c.engine,
		Waiting: func(holder string) {
			c.elsewhere.Store(&holder)
			if c.asks {
				c.say("%s is working on node group %s and is told; this command takes over if it is silent for 15s.", holder, c.name)
				return
			}
			c.say("%s is working on node group %s: waiting until it ends, or has been silent for 15s.", holder, c.name)
		},
	}, func(ctx context.Context) error {
		stop()
		c.elsewhere.Store(nil)
		return work(ctx)
	})
}

// identity is who holds a Lease, for people: ann@laptop, process 4711.
func identity() string {
	name, host := "somebody", "somewhere"
	if me, err := user.Current(); err == nil {
		name = me.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("%s@%s, process %d", name, host, os.Getpid())
}

// left says what state the update is in when the command ends before the update does.
func (c *carrier) left(life context.Context, halted bool) error {
	ctx, cancel := context.WithTimeout(life, patience)
	defer cancel()
	update, group, err := c.read(ctx)
	if err != nil {
		update, group = c.update, nil
	}
	if who, err := c.cluster.Announced(ctx); err == nil && who != "" { // it came meanwhile
		c.update = update
		return stoppedError{how: "update " + update.Name + " is " + view.Standing(*update) + " and continues in the cluster", goesOn: true}
	}
	how := "stopped " + view.Standing(*update) + "; nobody is working on it"
	switch holder := c.elsewhere.Load(); {
	case holder != nil:
		how = "is " + view.Standing(*update) + "; " + *holder + " is working on it"
	case !c.tried.Load():
		how = "was not worked on and is unchanged, " + view.Standing(*update) + "; nobody is working on it"
	case !halted:
		how = leftHow(*update, group) + "; nobody is working on it"
	}
	return stoppedError{how: "update " + update.Name + " " + how}
}

// leftHow says how an update stopped that could not be paused in time. The
// ledger names what is about to be borrowed before it is; nil is not known.
func leftHow(u v1alpha1.NodeGroupUpdate, g *v1alpha1.NodeGroup) string {
	left := "stopped " + view.Standing(u) + "; could not clean up in time"
	switch {
	case g == nil || g.Status.Ledger != nil && g.Status.Ledger.Autoscaler:
		return left + ": Cluster Autoscaler may still be suspended"
	case g.Status.Ledger == nil:
		return "stopped before anything was done to the group or its nodes"
	}
	return left
}

// read returns the update and its node group as they are now.
func (c *carrier) read(ctx context.Context) (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup, error) {
	update, err := c.cluster.Update(ctx, c.update.Name)
	if err != nil {
		return nil, nil, err
	}
	group, err := c.cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if errors.Is(err, upgrade.ErrNotFound) {
		return update, &v1alpha1.NodeGroup{}, nil
	}
	return update, group, err
}
