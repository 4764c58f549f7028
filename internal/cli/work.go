package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// work upgrades the groups, as many at the same time as was asked for, until
// they are done or a person or the timeout ends the command: then what is under
// way is left standing still.
func (u *upgrading) work(ctx, life context.Context, todo []*groupUpgrade) error {
	wanted, cancel := u.wanted(ctx)
	defer cancel()
	q := &queue{groups: todo, keepGoing: u.o.choice.keepGoing}
	var workers sync.WaitGroup
	for range min(u.o.choice.parallel, len(todo)) {
		workers.Go(func() {
			for g := q.next(wanted); g != nil; g = q.next(wanted) {
				q.ended(g, g.upgrade(wanted, life))
			}
		})
	}
	workers.Wait()
	if u.o.choice.several {
		u.print.overview(u.overview())
	}
	return u.outcome(wanted, todo)
}

// queue hands out groups one by one. It has none any more after one has failed,
// unless told to keep going, nor when the command has to end.
type queue struct {
	keepGoing bool

	mu     sync.Mutex
	groups []*groupUpgrade
}

func (q *queue) next(wanted context.Context) *groupUpgrade {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.groups) == 0 || wanted.Err() != nil {
		return nil
	}
	g := q.groups[0]
	q.groups, g.begun = q.groups[1:], true
	return g
}

func (q *queue) ended(g *groupUpgrade, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	g.err = err
	if err == nil {
		return
	}
	if g.label != "" {
		g.say("%v", err)
	}
	if !q.keepGoing {
		q.groups = nil
	}
}

// upgrade is the upgrade of one group, from the first write to the last call.
func (g *groupUpgrade) upgrade(wanted, life context.Context) (err error) {
	if g.update, err = g.begin(life); err != nil || g.update == nil {
		return err
	}
	g.say("Update %s, %s.", g.update.Name, view.Standing(*g.update))
	var last upgrade.Result
	err = g.hold(wanted, life, func(ctx context.Context) (err error) {
		last, err = g.host(ctx, g.update.Name, wanted.Done())
		return err
	})
	g.status("")
	if err == nil && last.Done {
		return g.finish(life)
	}
	if wanted.Err() == nil {
		return g.paused(life, err)
	}
	return g.left(life, last.Halted)
}

// outcome is what the command ends with.
func (u *upgrading) outcome(wanted context.Context, todo []*groupUpgrade) error {
	if g := todo[0]; !u.o.choice.several && g.begun && !isStopped(g.err) {
		return g.err
	}
	var stopped []string
	done, failed, waiting := 0, 0, 0
	for _, g := range todo {
		switch {
		case isStopped(g.err):
			stopped = append(stopped, g.err.Error())
		case g.err != nil:
			failed++
		case g.begun:
			done++
		default:
			waiting++
		}
	}
	refused := len(u.where((*groupUpgrade).refused))
	switch {
	case len(stopped) > 0 || waiting > 0 && wanted.Err() != nil:
		return u.ended(wanted, todo[0], done, stopped)
	case failed+waiting+refused == 0:
		return nil
	}
	return fmt.Errorf("%d of %d groups were upgraded, %d failed, %d could not begin, %d were not begun (see above); the same line goes on from here",
		done, len(todo)+refused, failed, refused, waiting)
}

// ended says how things stand when the command ends before the work does.
func (u *upgrading) ended(wanted context.Context, g *groupUpgrade, done int, stopped []string) error {
	if u.o.choice.several {
		stopped = append([]string{fmt.Sprintf("%d of %d groups are done", done, len(u.groups))}, stopped...)
	}
	if len(stopped) == 0 {
		stopped = []string{"nothing was begun"}
	}
	ending := fmt.Errorf("%s; go on with:\n  %s", strings.Join(stopped, "; "), g.line())
	var timeout timedOut
	if errors.As(context.Cause(wanted), &timeout) {
		return coded{exitTimeout, fmt.Errorf("%w: %w", timeout, ending)}
	}
	return coded{exitInterrupted, ending}
}

// stoppedError is an update that was left because the command had to end, and
// how it stands.
type stoppedError struct{ how string }

func (e stoppedError) Error() string { return e.how }

func isStopped(err error) bool { return errors.As(err, new(stoppedError)) }

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
func (g *groupUpgrade) hold(wanted, life context.Context, work func(context.Context) error) error {
	waiting, giveUp := context.WithCancel(life)
	defer giveUp()
	stop := context.AfterFunc(wanted, giveUp)
	defer stop()
	return g.cluster.Hold(waiting, kube.Holding{
		Group:    g.name,
		Identity: identity(),
		Waiting: func(holder string) {
			g.elsewhere.Store(&holder)
			g.say("%s works on node group %s: waiting until it ends, or has been silent for 15s.", holder, g.name)
		},
	}, func(ctx context.Context) error {
		stop()
		g.elsewhere.Store(nil)
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
func (g *groupUpgrade) finish(ctx context.Context) error {
	update, group, err := g.read(ctx)
	if err != nil {
		return err
	}
	var calls *view.Calls
	if !g.o.choice.several {
		calls = g.calls()
	}
	s := view.Summarise(*update, *group, calls, time.Now())
	s.NodeGroup = g.label
	g.summary = &s
	g.print.summary(s)
	switch {
	case update.Status.Status != v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s: %s; the same line starts another one, which goes on from here", update.Name, update.Status.Status)
	case len(update.Status.Owing) > 0:
		return fmt.Errorf("update %s is done, but not everything could be given back (see above); the same line tries again", update.Name)
	}
	return nil
}

// paused says why an update stands still that this command was not told to
// leave: somebody has paused it.
func (g *groupUpgrade) paused(ctx context.Context, trouble error) error {
	update, _, err := g.read(ctx)
	if trouble != nil || err != nil {
		return errors.Join(trouble, err)
	}
	return fmt.Errorf("update %s is paused and stands still %s; nobody works on it; take the pause off and go on with:\n"+
		"  kubectl patch nodegroupupdate %s --type merge --patch '{\"spec\":{\"paused\":false}}'\n  %s",
		update.Name, view.Standing(*update), update.Name, g.line())
}

// left says how things stand when the command ends before the update does.
func (g *groupUpgrade) left(life context.Context, halted bool) error {
	ctx, cancel := context.WithTimeout(life, patience)
	defer cancel()
	update, group, err := g.read(ctx)
	if err != nil {
		update, group = g.update, nil
	}
	how := "stands still " + view.Standing(*update) + "; nobody works on it"
	switch holder := g.elsewhere.Load(); {
	case holder != nil:
		how = "is " + view.Standing(*update) + "; " + *holder + " works on it"
	case !g.tried.Load():
		how = "was not worked on and stands as before, " + view.Standing(*update) + "; nobody works on it"
	case !halted:
		how = leftHow(*update, group) + "; nobody works on it"
	}
	return stoppedError{"update " + update.Name + " " + how}
}

// leftHow says how an update was left that could not be made to stand still. The
// ledger names what is about to be borrowed before it is; nil is not known.
func leftHow(u v1alpha1.NodeGroupUpdate, g *v1alpha1.NodeGroup) string {
	left := "was left " + view.Standing(u) + ", not made to stand still in time"
	switch {
	case g == nil || g.Status.Ledger != nil && g.Status.Ledger.Autoscaler:
		return left + ", so that Cluster Autoscaler may still be suspended"
	case g.Status.Ledger == nil:
		return "was left before anything was done to the group or its nodes"
	}
	return left
}

// read returns the update and its node group as they are now.
func (g *groupUpgrade) read(ctx context.Context) (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup, error) {
	update, err := g.cluster.Update(ctx, g.update.Name)
	if err != nil {
		return nil, nil, err
	}
	group, err := g.cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if errors.Is(err, upgrade.ErrNotFound) {
		return update, &v1alpha1.NodeGroup{}, nil
	}
	return update, group, err
}

func (u *upgrading) calls() *view.Calls {
	var c view.Calls
	c.AWS, c.AWSMutating = u.cloud.Calls.Total()
	c.Kubernetes, c.KubernetesMutating = u.cluster.Calls().Total()
	return &c
}
