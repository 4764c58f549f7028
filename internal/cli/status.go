package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/view"
)

const statusLong = `Status shows the state of one update, and with --wait stays until the update has ended.
It changes nothing.

Exit codes: 0 under way or Successful, 1 Failed, Cancelled or something still owed,
3 the wait timed out.`

// look is `nodelift status update`.
type look struct {
	connect.Access
	process Process
	wait    bool
	timeout time.Duration
	line    view.Steady
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
	addClusterFlags(flags, &o.Access)
	return cmd
}

func (o *look) run(ctx context.Context, id string) error {
	s, err := o.Open()
	if err != nil {
		return err
	}
	wanted, cancel := exit.Staying(ctx, o.timeout)
	defer cancel()
	line := terminal.NewStatusLine(o.process.Streams)
	said := ""
	for every := time.NewTicker(time.Second); ; {
		update, err := find.Update(wanted, s, id)
		if err == nil && (update.Ended() || !o.wait) {
			line.Clear()
			return o.finish(ctx, s, update)
		}
		if err != nil && wanted.Err() == nil {
			return err
		}
		if update != nil {
			line.Draw([]string{o.words(wanted, s, update)})
			if now := update.Status.Phase + " " + view.Standing(*update); !line.Draws() && now != said {
				said = now
				fmt.Fprintf(o.process.Err, "%s\n", o.words(wanted, s, update))
			}
		}
		select {
		case <-wanted.Done():
			line.Clear()
			return o.unfinished(wanted, id)
		case <-every.C:
		}
	}
}

// words are the update in one line.
func (o *look) words(ctx context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate) string {
	group, err := s.Cluster.NodeGroup(ctx, u.Spec.NodeGroup)
	if err != nil {
		group = &v1alpha1.NodeGroup{} // the time left is not known without
	}
	line := o.line.Line(*u, *group, time.Now())
	if alone(ctx, s, u) {
		line += "; " + aloneWords(u)
	}
	return line
}

// alone reports whether nobody works on an update that could continue.
func alone(ctx context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate) bool {
	return find.Alone(ctx, s, []v1alpha1.NodeGroupUpdate{*u})[u.Name]
}

func aloneWords(u *v1alpha1.NodeGroupUpdate) string {
	return fmt.Sprintf("nobody is working on it; to continue, run: nodelift resume update %s", u.Name)
}

// finish shows the update in full and turns its end into an exit code.
func (o *look) finish(ctx context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate) error {
	group, err := s.Cluster.NodeGroup(ctx, u.Spec.NodeGroup)
	if err != nil {
		group = &v1alpha1.NodeGroup{}
	}
	fmt.Fprint(o.process.Out, view.Describe(*u, *group, time.Now()))
	if alone(ctx, s, u) {
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

// unfinished is the error of a wait that ended before the update did.
func (o *look) unfinished(wanted context.Context, id string) error {
	return exit.Early(wanted, fmt.Errorf("update %s continues as before; to wait for it, run:\n  nodelift status update %s --wait", id, id))
}
