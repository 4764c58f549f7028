package cli

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// change is a command that changes what an update is to do, and sees to it that
// this is done: by whoever works on the update, or by itself where nobody does.
type change struct {
	connect.Access
	process Process
	verb    string // of the command: pause
	yes     bool
	dryRun  bool
	timeout time.Duration
	show    show.Options
}

func (o *change) addFlags(cmd *cobra.Command, asks bool) {
	flags := cmd.Flags()
	flags.SortFlags = false
	if asks {
		flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be done and change nothing at all")
		flags.BoolVar(&o.yes, "yes", false, "do not ask (required without a terminal)")
	}
	flags.Var(limitFlag(&o.timeout, 0, forever), "timeout", "how long to stay; 0s means until it is done")
	addShowFlags(flags, &o.show)
	addCloudFlags(flags, &o.Access)
	addClusterFlags(flags, &o.Access)
}

// intent is what a change comes to for one update.
type intent struct {
	group  *v1alpha1.NodeGroup
	update *v1alpha1.NodeGroupUpdate // to be worked on
	plan   *show.ChangePlan          // shown before people are asked; nil asks nobody
	agreed bool                      // people agreed to the plan before, and are not asked again
	// write writes the intent. It returns the update to be worked on, which may be
	// another one then.
	write func(context.Context) (*v1alpha1.NodeGroupUpdate, error)
	// obeyed reports whether somebody else has done what was asked for, and reports
	// is the update whose end is told then, "" for the same.
	obeyed  func(*v1alpha1.NodeGroupUpdate) bool
	reports string
	// untilPaused: the work of this process ends when the update is paused.
	untilPaused bool
}

// run is the command from its first call to its last. look says what there is to
// do, or why there is nothing; until its intent is written nothing is changed.
func (o *change) run(ctx context.Context, look func(context.Context, *connect.Connection) (*intent, error)) error {
	s, err := o.Open()
	if err != nil {
		return exit.Untouched(ctx, err)
	}
	todo, err := look(ctx, s)
	if err != nil {
		return exit.Untouched(ctx, err)
	}
	c := &carry.Carrier{
		Command: &carry.Command{Connection: s, Streams: o.process.Streams, Print: show.New(o.process.Streams, o.show), Engine: carry.Identity()},
		Name:    todo.group.Name, Asks: true, UntilPaused: todo.untilPaused,
	}
	if more, err := o.agreed(ctx, c, todo); !more || err != nil {
		return err
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if c.Update, err = todo.write(life); err != nil {
		return err
	}
	wanted, cancel := exit.Staying(ctx, o.timeout)
	defer cancel()
	who, err := c.Cluster.Announced(life)
	if err != nil {
		return err
	}
	if who != "" {
		return o.ended(wanted, c, o.leave(wanted, life, c, todo))
	}
	return o.ended(wanted, c, o.see(wanted, life, c, todo))
}

// agreed shows the plan, if there is one, and reports whether to carry it out.
func (o *change) agreed(ctx context.Context, c *carry.Carrier, todo *intent) (bool, error) {
	if todo.plan == nil || todo.agreed && !o.dryRun {
		return true, nil
	}
	c.Print.Change(*todo.plan, o.dryRun)
	if o.dryRun {
		c.Say("\nNothing was changed (--dry-run).")
		return false, nil
	}
	if o.yes {
		return true, nil
	}
	err := terminal.Agree(ctx, o.process.Streams)
	return err == nil, err
}

// leave leaves what was asked for to the controller in the cluster, and shows it.
func (o *change) leave(wanted, life context.Context, c *carry.Carrier, todo *intent) error {
	c.Say("The controller in the cluster works on update %s; Ctrl-C only ends this command.", c.Update.Name)
	if err := c.Watch(wanted, c.Update.Name != todo.update.Name, todo.obeyed); err != nil {
		return err
	}
	return c.Report(life, c.Update.Name)
}

// see sees to it that what was asked for is done.
func (o *change) see(wanted, life context.Context, c *carry.Carrier, todo *intent) error {
	waiting, stop := context.WithCancel(wanted)
	defer stop()
	var follower sync.WaitGroup
	obeyed := false
	name := c.Update.Name
	follower.Go(func() {
		if obeyed = carry.Follow(waiting, c.Connection, name, todo.obeyed); obeyed {
			stop()
		}
	})
	var last upgrade.Result
	err := c.Hold(waiting, life, func(ctx context.Context) (err error) {
		stop()
		if c.Cloud, err = o.cloudOf(ctx, todo.group); err != nil {
			return fmt.Errorf("update %s: the request to %s it is recorded, but nobody is working on it, and this command cannot do it: %w", c.Update.Name, o.verb, err)
		}
		if err := c.Cluster.Start(ctx); err != nil {
			return err
		}
		last, err = c.CarryOut(ctx, wanted.Done())
		return err
	})
	stop()
	follower.Wait()
	c.Status("")
	ended := c.Update.Name
	if ended == name { // somebody else may have done the rest before this command had the Lease
		ended = cmp.Or(todo.reports, name)
	}
	switch {
	case last.Done, last.Paused && wanted.Err() == nil, obeyed:
		return c.Report(life, ended)
	case err != nil && wanted.Err() == nil:
		return err
	}
	return c.Left(life, last.Paused)
}

// cloudOf connects to the cloud of a node group.
func (o *change) cloudOf(ctx context.Context, group *v1alpha1.NodeGroup) (*aws.Cloud, error) {
	region := o.Region
	if region == "" {
		region = group.Spec.Region
	}
	return aws.New(ctx, aws.Options{Region: region, Profile: o.Profile, Version: o.process.Version})
}

// ended gives the error of a command that was ended before the update was its code.
func (o *change) ended(wanted context.Context, c *carry.Carrier, err error) error {
	if !carry.IsStopped(err) {
		return err
	}
	next := fmt.Sprintf("to continue, run:\n  nodelift %s update %s", o.nextVerb(), c.Update.Name)
	if carry.ContinuesInCluster(err) {
		next = "to follow it, run:\n  " + carry.FollowLine(c.Update.Name)
	}
	return exit.Early(wanted, fmt.Errorf("%w; %s", err, next))
}

// nextVerb is the verb that continues what this one has started. A request that was
// written once is not written again.
func (o *change) nextVerb() string {
	if o.verb == "cancel" || o.verb == "pause" {
		return o.verb
	}
	return "resume"
}

// patch changes what an update is asked to do.
func patch(ctx context.Context, s *connect.Connection, update *v1alpha1.NodeGroupUpdate, change func(*v1alpha1.NodeGroupUpdateSpec)) error {
	before := update.DeepCopy()
	change(&update.Spec)
	if err := s.Cluster.Live().Patch(ctx, update, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change update %s: %w", update.Name, err)
	}
	return nil
}
