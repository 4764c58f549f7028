package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// withController adds two pods of Nodelift's own controller.
func withController(c *simulation.Config) {
	c.Workloads = append(c.Workloads, simulation.Workload{
		Kind: simulation.Deployment, Namespace: "nodelift-system", Name: "nodelift", Replicas: 2, CPU: 50, Controller: true,
		Budgets: []simulation.Budget{{Name: "nodelift", MaxUnavailable: new(1)}},
	})
}

// TestControllerGoesLast checks that the nodes with pods of the controller are drained
// last, with every strategy and in every order.
func TestControllerGoesLast(t *testing.T) {
	for _, strategy := range upgrade.Strategies() {
		for _, order := range upgrade.NodeOrders() {
			if (upgrade.Policy{Strategy: strategy, NodeOrder: order}).Check() != nil {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", strategy, order), func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(10) {
					c := withNodes(6, withStrategy(strategy), withOrder(order), withController)()
					c.Seed = seed + 1
					controllerGoesLast(t, c)
				}
			})
		}
	}
}

func controllerGoesLast(t *testing.T, c simulation.Config) {
	w := simulation.New(c)
	nodes, err := w.Engine().Nodes.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all, hosts []string
	for _, n := range nodes {
		if strings.Contains(n.Provider, "/i-other") {
			continue
		}
		all = append(all, n.Name)
		if n.Controller {
			hosts = append(hosts, n.Name)
		}
	}
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	drained := drainedOf(w, all)
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful || len(drained) != c.Nodes || len(hosts) == 0 {
		t.Fatalf("seed %d: it ends %+v, %d nodes drained, the controller was on %q", c.Seed, v, len(drained), hosts)
	}
	last := drained[len(drained)-len(hosts):]
	slices.Sort(last)
	slices.Sort(hosts)
	if diff := cmp.Diff(hosts, last); diff != "" {
		t.Errorf("seed %d: the last nodes to be drained are not those with the controller (-want +got):\n%s", c.Seed, diff)
	}
}

// drainedOf returns those of the nodes that were drained, in that order.
func drainedOf(w *simulation.World, nodes []string) []string {
	var drained []string
	for _, e := range w.Events("NodeDraining") {
		if slices.Contains(nodes, e.Node) {
			drained = append(drained, e.Node)
		}
	}
	return drained
}
