package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// change is a command that changes what an update is to do, and sees to it that
// this is done: by whoever works on the update, or by itself where nobody does.
type change struct {
	access
	process Process
	verb    string // of the command: pause
	yes     bool
	dryRun  bool
	timeout time.Duration
	output  string
}

func (o *change) addFlags(cmd *cobra.Command, asks bool) {
	flags := cmd.Flags()
	flags.SortFlags = false
	if asks {
		flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be done and change nothing at all")
		flags.BoolVar(&o.yes, "yes", false, "do not ask (required without a terminal)")
	}
	flags.Var(limitFlag(&o.timeout, 0, forever), "timeout", "how long to stay; 0s means until it is done")
	flags.Var(choiceFlag(&o.output, "text", "json"), "output", "how to print what happens")
	o.addCloudFlags(flags)
	o.addClusterFlags(flags)
}

// intent is what a change comes to for one update.
type intent struct {
	group  *v1alpha1.NodeGroup
	update *v1alpha1.NodeGroupUpdate // to be worked on
	plan   *changePlan               // shown before people are asked; nil asks nobody
	agreed bool                      // people agreed to the plan before, and are not asked again
	// write writes the intent. It returns the update to be worked on, which may be
	// another one then.
	write func(context.Context) (*v1alpha1.NodeGroupUpdate, error)
	// obeyed reports whether somebody else has done what was asked for, and reports
	// is the update whose end is told then, "" for the same.
	obeyed  func(*v1alpha1.NodeGroupUpdate) bool
	reports string
	// still: the work of this process ends when the update is paused.
	still bool
}

// run is the command from its first call to its last. find says what there is to
// do, or why there is nothing; until its intent is written nothing is changed.
func (o *change) run(ctx context.Context, find func(context.Context, *connection) (*intent, error)) error {
	s, err := o.open()
	if err != nil {
		return untouched(ctx, err)
	}
	todo, err := find(ctx, s)
	if err != nil {
		return untouched(ctx, err)
	}
	c := &carrier{
		command: &command{connection: s, process: o.process, print: newPrinter(o.process, o.output), engine: identity()},
		name:    todo.group.Name, asks: true, untilStill: todo.still,
	}
	if more, err := o.agreed(ctx, c, todo); !more || err != nil {
		return err
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if c.update, err = todo.write(life); err != nil {
		return err
	}
	wanted, cancel := staying(ctx, o.timeout)
	defer cancel()
	who, err := c.cluster.Announced(life)
	if err != nil {
		return err
	}
	if who != "" {
		return o.ended(wanted, c, o.leave(wanted, life, c, todo))
	}
	return o.ended(wanted, c, o.see(wanted, life, c, todo))
}

// agreed shows the plan, if there is one, and reports whether to carry it out.
func (o *change) agreed(ctx context.Context, c *carrier, todo *intent) (bool, error) {
	if todo.plan == nil || todo.agreed && !o.dryRun {
		return true, nil
	}
	c.print.change(*todo.plan, o.dryRun)
	if o.dryRun {
		c.say("\nNothing was changed (--dry-run).")
		return false, nil
	}
	if o.yes {
		return true, nil
	}
	err := agree(ctx, o.process)
	return err == nil, err
}

// leave leaves what was asked for to the controller in the cluster, and shows it.
func (o *change) leave(wanted, life context.Context, c *carrier, todo *intent) error {
	c.say("The controller in the cluster works on update %s; Ctrl-C only ends this command.", c.update.Name)
	if err := c.watch(wanted, c.update.Name != todo.update.Name, todo.obeyed); err != nil {
		return err
	}
	return c.report(life, c.update.Name)
}

// staying is a context that ends by Ctrl-C, or with timedOut after a time that is
// not 0. It has no deadline: right before one the client refuses calls, with an error
// of its own.
func staying(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if timeout == 0 {
		return ctx, func() { cancel(nil) }
	}
	over := time.AfterFunc(timeout, func() { cancel(timedOut{timeout}) })
	return ctx, func() {
		over.Stop()
		cancel(nil)
	}
}

// see sees to it that what was asked for is done.
func (o *change) see(wanted, life context.Context, c *carrier, todo *intent) error {
	waiting, stop := context.WithCancel(wanted)
	defer stop()
	var follower sync.WaitGroup
	obeyed := false
	name := c.update.Name
	follower.Go(func() {
		if obeyed = c.follow(waiting, name, todo.obeyed); obeyed {
			stop()
		}
	})
	var last upgrade.Result
	err := c.hold(waiting, life, func(ctx context.Context) (err error) {
		stop()
		if c.cloud, err = o.cloudOf(ctx, todo.group); err != nil {
			return fmt.Errorf("update %s: the request to %s it is recorded, but nobody is working on it, and this command cannot do it: %w", c.update.Name, o.verb, err)
		}
		if err := c.cluster.Start(ctx); err != nil {
			return err
		}
		last, err = c.carryOut(ctx, wanted.Done())
		return err
	})
	stop()
	follower.Wait()
	c.status("")
	ended := c.update.Name
	if ended == name { // somebody else may have done the rest before this command had the Lease
		ended = cmp.Or(todo.reports, name)
	}
	switch {
	case last.Done, last.Paused && wanted.Err() == nil, obeyed:
		return c.report(life, ended)
	case err != nil && wanted.Err() == nil:
		return err
	}
	return c.left(life, last.Paused)
}

// cloudOf connects to the cloud of a node group.
func (o *change) cloudOf(ctx context.Context, group *v1alpha1.NodeGroup) (*aws.Cloud, error) {
	region := o.region
	if region == "" {
		region = group.Spec.Region
	}
	return aws.New(ctx, aws.Options{Region: region, Profile: o.profile, Version: o.process.Version})
}

// follow watches an update on which somebody else may work, and reports whether it
// came to be as it was asked to.
func (s *connection) follow(ctx context.Context, name string, as func(*v1alpha1.NodeGroupUpdate) bool) bool {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		if update, err := s.cluster.Update(ctx, name); err == nil && as(update) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-every.C:
		}
	}
}

// report says what came of an update.
func (c *carrier) report(ctx context.Context, name string) error {
	c.update = &v1alpha1.NodeGroupUpdate{ObjectMeta: metav1.ObjectMeta{Name: name}}
	update, group, err := c.read(ctx)
	if err != nil {
		return err
	}
	if !update.Ended() {
		c.say("Update %s is %s %s.", update.Name, standing(update), view.Standing(*update))
		return nil
	}
	c.print.summary(view.Summarise(*update, *group, c.calls(), time.Now()))
	if len(update.Status.Owing) > 0 && update.Status.Status != v1alpha1.UpdateFailed {
		return fmt.Errorf("update %s has ended, but not everything could be restored (see above); the next update of the node group retries", update.Name)
	}
	if update.Status.Status == v1alpha1.UpdateFailed {
		return fmt.Errorf("update %s: %s; 'nodelift retry update %s' continues from here", update.Name, update.Status.Status, update.Name)
	}
	return nil
}

// ended gives the error of a command that was ended before the update was its code.
func (o *change) ended(wanted context.Context, c *carrier, err error) error {
	if !isStopped(err) {
		return err
	}
	next := fmt.Sprintf("to continue, run:\n  nodelift %s update %s", o.goesOn(), c.update.Name)
	if goesOn(err) {
		next = "to follow it, run:\n  " + followLine(c.update.Name)
	}
	ending := fmt.Errorf("%w; %s", err, next)
	if wanted.Err() == nil {
		return ending
	}
	var timeout timedOut
	if errors.As(context.Cause(wanted), &timeout) {
		return coded{exitTimeout, fmt.Errorf("%w: %w", timeout, ending)}
	}
	return coded{exitInterrupted, ending}
}

// goesOn is the verb that continues what this one has started. A request that was
// written once is not written again.
func (o *change) goesOn() string {
	if o.verb == "cancel" || o.verb == "pause" {
		return o.verb
	}
	return "resume"
}

// patch changes what an update is asked to do.
func (s *connection) patch(ctx context.Context, update *v1alpha1.NodeGroupUpdate, change func(*v1alpha1.NodeGroupUpdateSpec)) error {
	before := update.DeepCopy()
	change(&update.Spec)
	if err := s.cluster.Live().Patch(ctx, update, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change update %s: %w", update.Name, err)
	}
	return nil
}

// isStill reports whether an update is paused as it is asked to be now, or has ended.
func isStill(u *v1alpha1.NodeGroupUpdate) bool {
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && meta.IsStatusConditionFalse(u.Status.Conditions, v1alpha1.ConditionProgressing)
}

// isMoving reports whether somebody works on an update as it is asked to now.
func isMoving(u *v1alpha1.NodeGroupUpdate) bool {
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionProgressing)
}

func hasEnded(u *v1alpha1.NodeGroupUpdate) bool { return u.Ended() }

func isUnderWay(u *v1alpha1.NodeGroupUpdate) bool { return !u.Ended() }

// standing is the state of an update in a few words.
func standing(u *v1alpha1.NodeGroupUpdate) string {
	if !isStill(u) {
		return "under way"
	}
	if u.Stopped() {
		return "paused for bad health"
	}
	if until := u.Spec.PausedUntil; u.Spec.Paused && until != nil {
		return "paused until " + until.UTC().Format("2006-01-02 15:04 MST")
	}
	return "paused"
}
