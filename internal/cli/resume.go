package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
)

const resumeLong = `Resume continues an update that somebody paused, that is paused for bad health, or that
nobody is working on any more. After a pause for bad health it accepts the health of
that moment: only what gets worse pauses it again.

Whoever is working on the update continues it. If nobody is, this command works on it
until it has ended.`

func newResume(p Process) *cobra.Command {
	o := &change{process: p, verb: "resume", show: show.Options{Output: "text"}}
	flags := func(cmd *cobra.Command) { o.addFlags(cmd, false) }
	return subjects("resume", "Continue an update that is paused or that nobody is working on", resumeLong, flags, func(ctx context.Context, what find.Subject) error {
		return o.run(ctx, func(ctx context.Context, s *connect.Connection) (*intent, error) {
			group, update, err := underWay(ctx, s, what, o.verb)
			if err != nil {
				return nil, err
			}
			if worker, err := find.Worker(ctx, s, group.Name); err != nil || worker != "" && !update.Spec.Paused && !update.Stopped() {
				return nil, orElse(err, fmt.Errorf("update %s is not paused: %s is working on it", update.Name, worker))
			}
			return &intent{group: group, update: update, obeyed: workedOnSince(update.Status.LastPass),
				write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
					return update, patch(ctx, s, update, func(spec *v1alpha1.NodeGroupUpdateSpec) {
						spec.Paused, spec.PausedUntil = false, nil
						spec.AcceptedStops = max(spec.AcceptedStops, update.Status.Stops)
					})
				},
			}, nil
		})
	})
}

// workedOnSince reports whether an update is worked on: not only its status says so, as it does after its
// process was killed, but a pass was made since another one.
func workedOnSince(last *metav1.MicroTime) func(*v1alpha1.NodeGroupUpdate) bool {
	return func(u *v1alpha1.NodeGroupUpdate) bool {
		return carry.IsWorkedOn(u) && (u.Ended() || !u.Status.LastPass.Equal(last))
	}
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
