package upgrade

import (
	"context"
	"errors"
	"testing"
)

// twoAutoscalers is a cluster in which it cannot be told which Deployment is
// Cluster Autoscaler's.
type twoAutoscalers struct{ Autoscaler }

func (twoAutoscalers) State(context.Context) (AutoscalerState, error) {
	return AutoscalerState{}, errors.New("there are several Deployments of Cluster Autoscaler")
}

// nobody is a cluster without nodes.
type nobody struct{ marks }

// marks are what nobody asks of it.
type marks interface {
	Mark(context.Context, string, string, []Mark) error
	Unmark(context.Context, string, []Mark) error
	LabelImage(context.Context, string, string) error
}

func (nobody) Nodes(context.Context) ([]Node, error) { return nil, nil }

// Who leaves Cluster Autoscaler running need not know which it is, unless it is
// owed to somebody.
func TestTheAutoscalerIsReadOnlyWhereItIsSuspended(t *testing.T) {
	for name, c := range map[string]struct {
		mode AutoscalerMode
		owed bool
		asks bool
	}{
		"suspend":                                {AutoscalerSuspend, false, true},
		"annotate":                               {AutoscalerAnnotate, false, false},
		"ignore":                                 {AutoscalerIgnore, false, false},
		"ignore what an earlier update has held": {AutoscalerIgnore, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{update: Update{Policy: Policy{Autoscaler: c.mode}}, ledger: Ledger{Autoscaler: c.owed}}
			err := s.readCluster(t.Context(), World{Nodes: nobody{}, Autoscaler: twoAutoscalers{}}, false)
			if (err != nil) != c.asks {
				t.Errorf("the read ends with %v", err)
			}
		})
	}
}
