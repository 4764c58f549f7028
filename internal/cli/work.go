package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// work hosts the engine until the update has ended, or until a person or the
// timeout ends the command: then the update is left standing still.
func (u *upgrading) work(ctx, life context.Context, update *v1alpha1.NodeGroupUpdate) error {
	wanted, cancel := u.wanted(ctx)
	defer cancel()
	u.print.say("Update %s, %s.", update.Name, view.Standing(*update))
	var last upgrade.Result
	err := u.hold(wanted, life, update, func(ctx context.Context) (err error) {
		last, err = u.host(ctx, update.Name, wanted.Done())
		return err
	})
	u.print.status("")
	if err == nil && last.Done {
		return u.finish(life, update.Name)
	}
	if wanted.Err() == nil {
		return u.paused(life, update.Name, err)
	}
	return u.left(wanted, life, update, last.Halted)
}

// wanted is a context that ends when the command has to: by Ctrl-C, or with
// timedOut by its timeout.
func (u *upgrading) wanted(ctx context.Context) (context.Context, context.CancelFunc) {
	if u.o.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, u.o.timeout, timedOut{u.o.timeout})
}

// timedOut is why a wait ended.
type timedOut struct{ after time.Duration }

func (t timedOut) Error() string { return "the wait timed out after " + printDuration(t.after) }

// hold works while it has the node group's Lease. The work itself is told to
// stand still and ends by itself; only the wait for the Lease ends at once.
func (u *upgrading) hold(wanted, life context.Context, update *v1alpha1.NodeGroupUpdate, work func(context.Context) error) error {
	waiting, giveUp := context.WithCancel(life)
	defer giveUp()
	stop := context.AfterFunc(wanted, giveUp)
	defer stop()
	return u.cluster.Hold(waiting, kube.Holding{
		Group:    update.Spec.NodeGroup,
		Identity: identity(),
		Waiting: func(holder string) {
			u.elsewhere.Store(&holder)
			u.print.say("%s works on node group %s: waiting until it ends, or has been silent for 15s.", holder, update.Spec.NodeGroup)
		},
	}, func(ctx context.Context) error {
		stop()
		u.elsewhere.Store(nil)
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

// finish sums up an update that has ended.
func (u *upgrading) finish(ctx context.Context, name string) error {
	update, group, err := u.read(ctx, name)
	if err != nil {
		return err
	}
	u.print.summary(view.Summarise(*update, *group, u.calls(), time.Now()))
	switch {
	case update.Status.Status != v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s: %s; the same line starts another one, which goes on from here", name, update.Status.Status)
	case len(update.Status.Owing) > 0:
		return fmt.Errorf("update %s is done, but not everything could be given back (see above); the same line tries again", name)
	}
	return nil
}

// paused says why an update stands still that this command was not told to
// leave: somebody has paused it.
func (u *upgrading) paused(ctx context.Context, name string, trouble error) error {
	update, _, err := u.read(ctx, name)
	if trouble != nil || err != nil {
		return errors.Join(trouble, err)
	}
	return fmt.Errorf("update %s is paused and stands still %s; nobody works on it; take the pause off and go on with:\n"+
		"  kubectl patch nodegroupupdate %s --type merge --patch '{\"spec\":{\"paused\":false}}'\n  %s",
		name, view.Standing(*update), name, u.o.again(targetOf(update)))
}

// left says how things stand when the command ends before the update does.
func (u *upgrading) left(wanted, life context.Context, update *v1alpha1.NodeGroupUpdate, halted bool) error {
	ctx, cancel := context.WithTimeout(life, patience)
	defer cancel()
	if now, _, err := u.read(ctx, update.Name); err == nil {
		update = now
	}
	how := "stands still " + view.Standing(*update) + "; nobody works on it"
	switch holder := u.elsewhere.Load(); {
	case holder != nil:
		how = "is " + view.Standing(*update) + "; " + *holder + " works on it"
	case !halted:
		how = "was left " + view.Standing(*update) + " before it could be made to stand still, so that Cluster Autoscaler " +
			"may still be suspended; nobody works on it"
	}
	ending := fmt.Errorf("update %s %s; go on with:\n  %s", update.Name, how, u.o.again(targetOf(update)))
	var timeout timedOut
	if errors.As(context.Cause(wanted), &timeout) {
		return coded{exitTimeout, fmt.Errorf("%w: %w", timeout, ending)}
	}
	return coded{exitInterrupted, ending}
}

// read returns an update and its node group as they are now.
func (u *upgrading) read(ctx context.Context, name string) (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup, error) {
	update, err := u.cluster.Update(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	group, err := u.cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if errors.Is(err, upgrade.ErrNotFound) {
		return update, &v1alpha1.NodeGroup{}, nil
	}
	return update, group, err
}

func (u *upgrading) calls() view.Calls {
	all, mutating := u.cloud.Calls.Total()
	return view.Calls{AWS: all, AWSMutating: mutating, Kubernetes: u.cluster.Calls().Total()}
}
