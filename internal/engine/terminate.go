package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// terminate terminates instances, all with or all without their places, in one call, and returns
// what came of each. It reads the nodes' pods once more, right before the call, and whether an instance
// without a node has become one: promise 4 holds against pods that arrived since the cordon, and against
// watches that are late.
func (at *executor) terminate(ctx context.Context, all []plan.Terminate) []error {
	came := make([]error, len(all))
	left, err := at.remaining(ctx, all)
	joined, joinErr := at.joined(ctx, all)
	err = errors.Join(err, joinErr)
	var empty []string
	for i, a := range all {
		if pods := left[a.Drain.Node]; len(pods) > 0 {
			came[i] = &notEmptyError{node: a.Drain.Node, why: "it runs " + strings.Join(pods, ", ") + " again"}
		} else if node := joined[a.Drain.Instance]; node != "" {
			came[i] = &notEmptyError{node: node, why: "its instance " + a.Drain.Instance + " has just joined the cluster"}
		} else if err == nil {
			empty = append(empty, a.Drain.Instance)
		}
	}
	if len(empty) > 0 {
		err = at.end(ctx, empty, all[0].Shrink)
	}
	for i := range came {
		if came[i] == nil {
			came[i] = err
		}
	}
	return came
}

func isTermination(st plan.Step) bool {
	_, is := st.Action.(plan.Terminate)
	return is
}

// end terminates empty instances. That a smaller size is asked for is saved before: AWS lowers the
// size once more for each request, so whoever takes over must not ask while this one may be on its way.
func (at *executor) end(ctx context.Context, instances []string, shrink bool) error {
	if shrink {
		err := at.save(ctx, func(r *upgrade.Run) {
			for i, d := range r.Drains {
				if slices.Contains(instances, d.Instance) {
					r.Drains[i].TerminationRequested = at.now
				}
			}
		})
		if err != nil {
			return fmt.Errorf("save that the termination is requested: %w", err)
		}
	}
	err := at.Groups.Terminate(ctx, at.record.Update.Group, instances, shrink)
	if !isRefused(err) {
		at.terminated = append(at.terminated, instances...)
	}
	return err
}

// remaining are the pods that still have to move, by node.
func (at *executor) remaining(ctx context.Context, all []plan.Terminate) (map[string][]string, error) {
	var nodes []string
	for _, a := range all {
		if a.Drain.Node != "" {
			nodes = append(nodes, a.Drain.Node)
		}
	}
	if len(nodes) == 0 {
		return nil, nil
	}
	now, err := at.Pods.OccupancyNow(ctx, nodes)
	if err != nil {
		return nil, err
	}
	left := map[string][]string{}
	for _, a := range all {
		node := drain.Node{Drain: a.Drain, Silent: a.Silent}
		for _, pod := range now.Pods[a.Drain.Node] {
			if pod.MustMove() && !node.Leaves(pod, at.now) {
				left[a.Drain.Node] = append(left[a.Drain.Node], pod.ID())
			}
		}
		slices.Sort(left[a.Drain.Node])
	}
	return left, nil
}

// joined are the instances without a node that are nodes by now, with their names.
func (at *executor) joined(ctx context.Context, all []plan.Terminate) (map[string]string, error) {
	var instances []string
	for _, a := range all {
		if a.Drain.Node == "" {
			instances = append(instances, a.Drain.Instance)
		}
	}
	if len(instances) == 0 {
		return nil, nil
	}
	return at.Nodes.Joined(ctx, instances)
}

// notEmptyError says that a node was not terminated because pods came, or may have come.
type notEmptyError struct{ node, why string }

func (e *notEmptyError) Error() string { return "not terminating node " + e.node + ": " + e.why }
