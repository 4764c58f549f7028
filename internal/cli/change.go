package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// change is a command that changes what an update is asked to do: pause, resume, cancel,
// roll back, retry. Then it has that done, by whoever works on the update, or by itself
// if nobody does.
type change struct {
	connect.Access
	process Process
	verb    string // of the command: pause
	yes     bool
	dryRun  bool
	timeout time.Duration
	show    show.Options
	clouds  *connect.Clouds // nil until the first is asked for
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

// intent is what a change means for one update.
type intent struct {
	group  *v1alpha1.NodeGroup
	update *v1alpha1.NodeGroupUpdate // to be worked on
	plan   *show.ChangePlan          // is shown before people are asked; without one nobody is asked
	agreed bool                      // people agreed to the plan before, and are not asked again
	// write writes the intent and returns the update to be worked on from then on, which
	// may be a new one.
	write func(context.Context) (*v1alpha1.NodeGroupUpdate, error)
	// obeyed reports whether somebody else has carried the intent out. Then reports is the
	// update whose end is shown, "" for the one that is worked on.
	obeyed  func(*v1alpha1.NodeGroupUpdate) bool
	reports string
	// untilPaused ends the work of this process when the update is paused.
	untilPaused bool
}

// run is the command from its first call to its last. look says what there is to
// do, or why there is nothing; until its intent is written nothing is changed.
func (o *change) run(ctx context.Context, look func(context.Context, *connect.Connection) (*intent, error)) error {
	var s *connect.Connection
	var todo *intent
	err := exit.Until(ctx, func() (err error) {
		if s, err = o.Open(); err == nil {
			todo, err = look(ctx, s)
		}
		if err == nil {
			err = o.refuseElsewhere(ctx, s, todo.group)
		}
		return err
	}, ctx.Err)
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
	return o.carryOut(ctx, c, todo)
}

// carryOut writes the intent and has it carried out.
func (o *change) carryOut(ctx context.Context, c *carry.Carrier, todo *intent) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	wanted, cancel := exit.Staying(ctx, o.timeout)
	defer cancel()
	over, stop := exit.Leave(ctx, wanted, end)
	defer stop()
	defer c.TellSilence()()
	return o.ended(wanted, c, exit.Until(over, func() (err error) {
		if c.Update, err = todo.write(life); err != nil {
			return err
		}
		who, err := c.Cluster.Announced(life)
		switch {
		case err != nil:
			return err
		case who != "":
			return o.handOver(wanted, life, c, todo)
		}
		return o.ensure(wanted, life, c, todo)
	}, c.LeftAtOnce))
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

// handOver leaves the request to the controller in the cluster, and shows what it does.
func (o *change) handOver(wanted, life context.Context, c *carry.Carrier, todo *intent) error {
	c.Say("The controller in the cluster works on update %s; Ctrl-C only ends this command.", c.Update.Name)
	if err := c.Watch(wanted, c.Update.Name != todo.update.Name, todo.obeyed); err != nil {
		return err
	}
	return c.Report(life, c.Update.Name)
}

// ensure has the request carried out: by whoever works on the update, or by this
// process once it has the Lease.
func (o *change) ensure(wanted, life context.Context, c *carry.Carrier, todo *intent) error {
	begun := c.Update.Name
	last, obeyed, err := c.Ensure(wanted, life, todo.obeyed, func(ctx context.Context) (err error) {
		if c.Cloud, err = o.cloudOf(ctx, todo.group); err != nil {
			return fmt.Errorf("update %s: the request to %s it is recorded, but nobody is working on it, and this command cannot do it: %w", c.Update.Name, o.verb, err)
		}
		return c.Cluster.Start(ctx)
	})
	ended := c.Update.Name
	if ended == begun { // somebody else may have done the rest before this command had the Lease
		ended = cmp.Or(todo.reports, begun)
	}
	switch {
	case last.Done, last.Paused && wanted.Err() == nil, obeyed:
		return c.Report(life, ended)
	case err != nil && wanted.Err() == nil:
		return err
	}
	return c.Left(life, last.Paused)
}

// identityLimit is how long to wait for AWS to say whose credentials these are. Without an answer, the
// work itself finds out.
const identityLimit = 10 * time.Second

// refuseElsewhere refuses a request that this command would have to carry out, but with credentials
// that are not those of the node group's account.
func (o *change) refuseElsewhere(ctx context.Context, s *connect.Connection, group *v1alpha1.NodeGroup) error {
	if worker, err := find.Worker(ctx, s, group.Name); err == nil && worker != "" {
		return nil
	}
	_, err := o.cloudBefore(ctx, group)
	return err
}

// cloudBefore is cloudOf before anything was written.
func (o *change) cloudBefore(ctx context.Context, group *v1alpha1.NodeGroup) (*aws.Cloud, error) {
	cloud, err := o.cloudOf(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("%w (nothing was changed)", err)
	}
	return cloud, nil
}

// cloudOf connects to the cloud of a node group. It is an error if the credentials are known to be
// those of another account.
func (o *change) cloudOf(ctx context.Context, group *v1alpha1.NodeGroup) (*aws.Cloud, error) {
	if err := find.RightRegion(group, o.Region); err != nil {
		return nil, err
	}
	if o.clouds == nil {
		o.MFA = &connect.MFA{Streams: o.process.Streams}
		o.clouds = &connect.Clouds{Access: o.Access, Version: o.process.Version}
	}
	cloud, err := o.clouds.Of(ctx, group.Spec.Region)
	if err != nil || group.Status.AutoScalingGroupARN == "" {
		return cloud, err
	}
	asking, cancel := context.WithTimeout(ctx, identityLimit)
	defer cancel()
	who, err := cloud.Identity(asking)
	if err != nil {
		return cloud, nil
	}
	return cloud, find.RightAccount(group, who.ARN)
}

// ended adds to the error of a command that ended before the update what to run next,
// and the exit code.
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

// nextVerb is the verb that continues what this one has started. What a retry or a
// rollback has written is resumed, not written again.
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
