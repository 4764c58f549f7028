package engine

import (
	"testing"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Cluster Autoscaler is not read if it is ignored, unless it has to be resumed for an earlier update.
func TestTheAutoscalerIsReadOnlyWhereItMatters(t *testing.T) {
	for name, c := range map[string]struct {
		mode upgrade.AutoscalerMode
		owed bool
		want bool
	}{
		"With suspend Cluster Autoscaler is read.":                      {upgrade.AutoscalerSuspend, false, true},
		"With annotate it is read.":                                     {upgrade.AutoscalerAnnotate, false, true},
		"With ignore it is not read.":                                   {upgrade.AutoscalerIgnore, false, false},
		"With ignore it is read if an earlier update has suspended it.": {upgrade.AutoscalerIgnore, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{View: debts.View{Fleet: fleet.Fleet{Update: upgrade.Update{Policy: upgrade.Policy{Autoscaler: c.mode}}, Ledger: upgrade.Ledger{Autoscaler: c.owed}}}}
			if got := s.needsAutoscaler(); got != c.want {
				t.Errorf("it is read: got %t, want %t", got, c.want)
			}
		})
	}
}
