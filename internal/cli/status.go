package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/view"
)

const statusLong = `Status shows the state of one update, and with --wait stays until the update has ended.
It changes nothing.

Exit codes: 0 under way or Successful, 1 Failed, Cancelled or something still owed,
3 the wait timed out.`

// look is `nodelift status update`.
type look struct {
	access
	process Process
	wait    bool
	timeout time.Duration
}

func newStatusUpdate(p Process) *cobra.Command {
	o := &look{process: p}
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Show the state of an update, or wait until it has ended",
		Long:  statusLong,
		Args:  idArgument(),
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.wait, "wait", false, "stay until the update has ended")
	flags.Var(limitFlag(&o.timeout, 0, forever), "timeout", "how long to stay; 0s means until the end")
	o.addClusterFlags(flags)
	return cmd
}

func (o *look) run(ctx context.Context, id string) error {
	s, err := o.open()
	if err != nil {
		return err
	}
	wanted, cancel := staying(ctx, o.timeout)
	defer cancel()
	line := newStatusLine(o.process)
	said := ""
	for every := time.NewTicker(time.Second); ; {
		update, err := s.updateNamed(wanted, id)
		if err == nil && (update.Ended() || !o.wait) {
			line.clear()
			return o.told(ctx, s, update)
		}
		if err != nil && wanted.Err() == nil {
			return err
		}
		if update != nil {
			line.draw([]string{o.words(wanted, s, update)})
			if now := update.Status.Phase + " " + view.Standing(*update); line.out == nil && now != said {
				said = now
				fmt.Fprintf(o.process.Err, "%s\n", o.words(wanted, s, update))
			}
		}
		select {
		case <-wanted.Done():
			line.clear()
			return o.unfinished(wanted, id)
		case <-every.C:
		}
	}
}

// words is the update in a line.
func (o *look) words(ctx context.Context, s *connection, u *v1alpha1.NodeGroupUpdate) string {
	group, err := s.cluster.NodeGroup(ctx, u.Spec.NodeGroup)
	if err != nil {
		group = &v1alpha1.NodeGroup{} // the time left is not known without
	}
	line := view.StatusLine(*u, *group, time.Now())
	if s.alone(ctx, u) {
		line += "; " + aloneWords(u)
	}
	return line
}

// alone reports whether nobody works on an update that could continue. Who may not see the
// Leases cannot tell, and is told nothing.
func (s *connection) alone(ctx context.Context, u *v1alpha1.NodeGroupUpdate) bool {
	if u.Ended() || u.Stopped() || u.Spec.Paused && u.Spec.PausedUntil == nil {
		return false
	}
	worker, err := s.worker(ctx, u.Spec.NodeGroup)
	return err == nil && worker == ""
}

func aloneWords(u *v1alpha1.NodeGroupUpdate) string {
	return fmt.Sprintf("nobody is working on it; to continue, run: nodelift resume update %s", u.Name)
}

// told shows the update in full and gives its end as an exit code.
func (o *look) told(ctx context.Context, s *connection, u *v1alpha1.NodeGroupUpdate) error {
	group, err := s.cluster.NodeGroup(ctx, u.Spec.NodeGroup)
	if err != nil {
		group = &v1alpha1.NodeGroup{}
	}
	fmt.Fprint(o.process.Out, view.Describe(*u, *group, time.Now()))
	if s.alone(ctx, u) {
		fmt.Fprintf(o.process.Err, "At this time %s\n", aloneWords(u))
	}
	switch {
	case !u.Ended():
		return nil
	case u.Status.Status != v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s: %s", u.Name, u.Status.Status)
	case len(u.Status.Owing) > 0:
		return fmt.Errorf("update %s is done, but not everything could be restored", u.Name)
	}
	return nil
}

// unfinished is a wait that was ended before the update was.
func (o *look) unfinished(wanted context.Context, id string) error {
	how := fmt.Errorf("update %s continues as before; to wait for it, run:\n  nodelift status update %s --wait", id, id)
	var timeout timedOut
	if errors.As(context.Cause(wanted), &timeout) {
		return coded{exitTimeout, fmt.Errorf("%w: %w", timeout, how)}
	}
	return coded{exitInterrupted, how}
}
