package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
)

const pauseLong = `Pause pauses an update: no new eviction, termination or launch starts. Taints and added
nodes stay. Cluster Autoscaler runs again while the update is paused, but may not remove
nodes of the group. Time while paused does not count against limits.

Whoever is working on the update pauses it within seconds. If nobody is, this command
does it.`

func newPause(p Process) *cobra.Command {
	o := &change{process: p, verb: "pause", show: show.Options{Output: "text"}}
	var until time.Time
	flags := func(cmd *cobra.Command) {
		cmd.Flags().Var(checked[time.Time]{&until, "time", parseMoment(time.Now), printMoment}, "until", "when it continues by itself, if somebody is working on it: 2h, 06:00 or 2026-12-01T06:00:00Z")
		o.addFlags(cmd, false)
	}
	return subjects("pause", "Pause an update", pauseLong, flags, func(ctx context.Context, what find.Subject) error {
		return o.run(ctx, func(ctx context.Context, s *connect.Connection) (*intent, error) {
			group, update, err := underWay(ctx, s, what, o.verb)
			if err != nil {
				return nil, err
			}
			return &intent{group: group, update: update, untilPaused: true, obeyed: carry.IsPaused,
				write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
					return update, patch(ctx, s, update, func(spec *v1alpha1.NodeGroupUpdateSpec) {
						spec.Paused, spec.PausedUntil = true, nil
						if !until.IsZero() {
							spec.PausedUntil = &metav1.Time{Time: until}
						}
					})
				},
			}, nil
		})
	})
}

// parseMoment reads a moment that is still to come: a time from now on, a time of
// the day by the clock of this machine, or a date with its time.
func parseMoment(now func() time.Time) func(string) (time.Time, error) {
	return func(text string) (time.Time, error) {
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return now().Add(d), nil
		}
		if clock, err := time.ParseInLocation("15:04", text, now().Location()); err == nil {
			year, month, day := now().Date()
			at := time.Date(year, month, day, clock.Hour(), clock.Minute(), 0, 0, now().Location())
			if !at.After(now()) {
				at = at.AddDate(0, 0, 1)
			}
			return at, nil
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || !at.After(now()) {
			return time.Time{}, fmt.Errorf("give a time that is to come, like 2h, 06:00 or 2026-12-01T06:00:00Z")
		}
		return at, nil
	}
}

func printMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
