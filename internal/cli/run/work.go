package run

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// work upgrades the groups, as many at the same time as was asked for, until
// they are done or a person or the timeout ends the command: then what is under
// way is paused.
func (u *upgrading) work(ctx, life context.Context, endCalls func(), todo []*groupUpgrade) error {
	wanted, cancel := exit.Staying(ctx, u.o.Timeout)
	defer cancel()
	over, stop := exit.Leave(ctx, wanted, endCalls)
	defer stop()
	defer u.TellSilence()()
	q := &queue{groups: todo, keepGoing: u.o.Choice.KeepGoing}
	var workers sync.WaitGroup
	for range min(u.o.Choice.Parallel, len(todo)) {
		workers.Go(func() {
			for g := q.next(wanted); g != nil; g = q.next(wanted) {
				q.ended(g, exit.Until(over, func() error { return g.upgrade(wanted, life) }, g.LeftAtOnce))
			}
		})
	}
	workers.Wait()
	if u.o.Choice.Several {
		u.Print.Overview(u.overview())
	}
	return u.outcome(wanted, todo)
}

// queue hands out groups one by one. After a group has failed it is empty, unless
// keepGoing is set. It is also empty when the command has to end.
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
	if g.Label != "" {
		g.Say("%v", err)
	}
	if !q.keepGoing {
		q.groups = nil
	}
}

// upgrade is the upgrade of one group, from the first write to the last call.
func (g *groupUpgrade) upgrade(wanted, life context.Context) (err error) {
	if g.Update, err = g.begin(life); err != nil || g.Update == nil {
		return err
	}
	g.Say("Update %s, %s.", g.Update.Name, view.Standing(*g.Update))
	begun := g.Update.Name
	who, err := g.Cluster.Announced(life)
	if err != nil {
		return err
	}
	if who != "" {
		return g.handOver(wanted, life)
	}
	var last upgrade.Result
	err = g.Hold(wanted, life, func(ctx context.Context) (err error) {
		last, err = g.CarryOut(wanted, ctx)
		return err
	})
	g.Status("")
	switch {
	case err == nil && last.Done:
		return g.finish(life, begun)
	case err != nil && wanted.Err() == nil:
		return err
	}
	return g.Left(life, last.Paused)
}

// handOver leaves the work to the controller in the cluster, and shows what it does.
func (g *groupUpgrade) handOver(wanted, life context.Context) error {
	if !g.o.Wait {
		g.Say("The controller in the cluster works on it; to follow it, run:\n  %s", carry.FollowLine(g.Update.Name))
		return nil
	}
	g.Say("The controller in the cluster works on it; Ctrl-C only ends this command.")
	begun := g.Update.Name
	if err := g.Watch(wanted, g.running == nil, find.HasEnded); err != nil {
		return err
	}
	return g.finish(life, begun)
}

// outcome is what the command ends with.
func (u *upgrading) outcome(wanted context.Context, todo []*groupUpgrade) error {
	if g := todo[0]; !u.o.Choice.Several && g.begun && !carry.IsStopped(g.err) {
		return g.err
	}
	var stopped []string
	done, failed, waiting := 0, 0, 0
	for _, g := range todo {
		switch {
		case carry.IsStopped(g.err):
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
	return fmt.Errorf("%d of %d groups were upgraded, %d failed, %d could not start, %d were not started (see above); run the same command again to continue",
		done, len(todo)+refused, failed, refused, waiting)
}

// ended says what is done and what is left when the command ends before the work does.
func (u *upgrading) ended(wanted context.Context, g *groupUpgrade, done int, stopped []string) error {
	if u.o.Choice.Several {
		stopped = append([]string{fmt.Sprintf("%d of %d groups are done", done, len(u.groups))}, stopped...)
	}
	if len(stopped) == 0 {
		stopped = []string{"nothing was started"}
	}
	next := "to continue, run:\n  " + g.line()
	if carry.ContinuesInCluster(g.err) && !u.o.Choice.Several {
		next = "to follow it, run:\n  " + carry.FollowLine(g.Update.Name)
	}
	return exit.Early(wanted, fmt.Errorf("%s; %s", strings.Join(stopped, "; "), next))
}

// finish shows the summary of the update that has ended. That is the one that was begun,
// or the one that rolled it back.
func (g *groupUpgrade) finish(ctx context.Context, begun string) error {
	update, group, err := g.Read(ctx)
	if err != nil {
		return err
	}
	var calls *view.Calls
	if !g.o.Choice.Several {
		calls = g.Calls()
	}
	s := view.Summarise(*update, *group, calls, time.Now())
	s.NodeGroup = g.Label
	g.summary = &s
	g.Print.Summary(s)
	switch {
	case update.Name != begun && update.Status.Status == v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s was rolled back by %s; 'nodelift describe update %s' says why", begun, update.Name, begun)
	case update.Status.Status != v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s: %s; run the same command again to start another one from here", update.Name, update.Status.Status)
	case len(update.Status.Owing) > 0:
		return fmt.Errorf("update %s is done, but not everything could be restored (see above); run the same command again to retry", update.Name)
	}
	return nil
}
