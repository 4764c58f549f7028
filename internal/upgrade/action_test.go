package upgrade

import (
	"context"
	"errors"
	"testing"
)

// crowded is a node's pods as the API server has them right before a
// termination, and the instances that were ended.
type crowded struct {
	Pods
	Groups
	pods  []Pod
	ended []string
}

func (c *crowded) OccupancyNow(_ context.Context, node string) (Occupancy, error) {
	return Occupancy{Pods: map[string][]Pod{node: c.pods}}, nil
}

func (c *crowded) Terminate(_ context.Context, _ string, instances []string, _ bool) error {
	c.ended = append(c.ended, instances...)
	return nil
}

// Promise 4: what runs on a node is read again right before it is terminated.
func TestAnInstanceIsEndedOnlyIfItsNodeIsStillEmpty(t *testing.T) {
	nobody := func(Pod) bool { return false }
	for name, c := range map[string]struct {
		pods  []Pod
		leave func(Pod) bool
		ended int
	}{
		"an empty node":                             {nil, nobody, 1},
		"a DaemonSet's pod and a finished one":      {[]Pod{{Name: "agent", Stays: true}, {Name: "job", Finished: true}}, nobody, 1},
		"a pod that came since the cordon":          {[]Pod{{Name: "web-1"}}, nobody, 0},
		"a pod that may go with its node, by force": {[]Pod{{Name: "web-1"}}, func(Pod) bool { return true }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			world := &crowded{pods: c.pods}
			at := &site{World: World{Pods: world, Groups: world}}
			err := terminate{drain: Drain{Instance: "i-1", Node: "node-1"}, leave: c.leave}.do(t.Context(), at)
			if len(world.ended) != c.ended || len(at.asked) != c.ended {
				t.Errorf("%d instances were ended and %d noted, want %d", len(world.ended), len(at.asked), c.ended)
			}
			var notEmpty *notEmptyError
			if errors.As(err, &notEmpty) != (c.ended == 0) {
				t.Errorf("the answer is %v", err)
			}
		})
	}
}
