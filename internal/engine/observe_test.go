package engine

import (
	"testing"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Who leaves Cluster Autoscaler running need not know which it is, unless it is
// owed to somebody.
func TestTheAutoscalerIsReadOnlyWhereItIsSuspended(t *testing.T) {
	for name, c := range map[string]struct {
		mode upgrade.AutoscalerMode
		owed bool
		asks bool
	}{
		"suspend":                                {upgrade.AutoscalerSuspend, false, true},
		"annotate":                               {upgrade.AutoscalerAnnotate, false, false},
		"ignore":                                 {upgrade.AutoscalerIgnore, false, false},
		"ignore what an earlier update has held": {upgrade.AutoscalerIgnore, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{View: debts.View{Fleet: fleet.Fleet{Update: upgrade.Update{Policy: upgrade.Policy{Autoscaler: c.mode}}, Ledger: upgrade.Ledger{Autoscaler: c.owed}}}}
			if s.needsAutoscaler() != c.asks {
				t.Errorf("it is read: %t", !c.asks)
			}
		})
	}
}
