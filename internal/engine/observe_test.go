package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// twoAutoscalers is a cluster in which it cannot be told which Deployment is
// Cluster Autoscaler's.
type twoAutoscalers struct{ upgrade.Autoscaler }

func (twoAutoscalers) State(context.Context) (upgrade.AutoscalerState, error) {
	return upgrade.AutoscalerState{}, errors.New("there are several Deployments of Cluster Autoscaler")
}

// nobody is a cluster without nodes.
type nobody struct{ marks }

// marks are what nobody asks of it.
type marks interface {
	Mark(context.Context, string, string, []upgrade.Mark) error
	Unmark(context.Context, string, []upgrade.Mark) error
	LabelImage(context.Context, string, string) error
}

func (nobody) Nodes(context.Context) ([]upgrade.Node, error) { return nil, nil }

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
