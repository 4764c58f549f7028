package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Auto Scaling takes instances from the group's warm pool before it launches others, whichever template
// version they are of. So those of the old one are terminated as soon as the group launches the new one,
// before the surge: otherwise the surge would consist of them. Auto Scaling fills the pool up again.

// rollWarmPool has the outdated instances of the warm pool replaced. No node is added and no drain starts
// before they are gone; what is in flight goes on once AWS was asked. More may come later: instances that
// were launched a moment before the group used the new version, and nodes that return to the pool
// (ReuseOnScaleIn).
func rollWarmPool(s *state, p *plan.Plan) plan.Decision {
	outdated := s.OutdatedInPool()
	if len(outdated) == 0 {
		return plan.Nothing
	}
	limit := s.Update.Policy.JoinTimeout
	waited := s.replaceWarm(p, outdated, "outdated")
	switch {
	case waited >= limit:
		return p.Fail(upgrade.NodeCreationFailure, idsOf(outdated), "%s of the warm pool, which Auto Scaling would put into service, not replaced within %s: %s. "+
			"%s, then retry", text.Count(len(outdated), "outdated instance"), text.Duration(limit), text.List(idsOf(outdated), 3), s.howToEndWarm(outdated))
	case len(p.Steps) == 0:
		return plan.Nothing
	}
	return plan.Act
}

// restoreWarmPool leaves no instance in the warm pool that the end of the update does not want there. After
// a success these are outdated ones, which a node that was removed last may have become. Once the launch
// template is restored they are those of the target, since they become no usable nodes. At the limit it
// gives up.
func restoreWarmPool(s *state, p *plan.Plan) plan.Decision {
	wrong, why := s.wrongWarm()
	if len(wrong) == 0 || s.replaceWarm(p, wrong, why) >= s.Update.Policy.JoinTimeout {
		return plan.Nothing
	}
	return plan.Act
}

func (s *state) wrongWarm() (wrong []upgrade.Instance, why string) {
	if s.EndsWell() {
		return s.OutdatedInPool(), "outdated"
	}
	return s.TargetInPool(), "the launch template was restored"
}

// nameWrongWarm names the instances of the warm pool that could not be replaced.
func (s *state) nameWrongWarm(p *plan.Plan) {
	if wrong, why := s.wrongWarm(); len(wrong) > 0 {
		p.Warn("NotRestored", "%s of the warm pool not replaced (%s): %s. %s", text.Count(len(wrong), "instance"), why, text.List(idsOf(wrong), 3), s.howToEndWarm(wrong))
	}
}

// awaitReturning waits for outdated nodes that are terminating, because they may return to the pool.
func awaitReturning(s *state, p *plan.Plan) plan.Decision {
	returning := s.ReturningToPool(func(m *fleet.Member) bool { return m.Outdated && !s.IsScaling() })
	if len(returning) == 0 {
		return plan.Nothing
	}
	limit := s.Update.Policy.JoinTimeout
	waited := p.WaitFor(plan.WarmPool, limit, "waiting for %s to be gone: it may return to the warm pool (ReuseOnScaleIn)", text.List(idsOf(returning), 3))
	if waited < limit {
		return plan.Wait
	}
	return plan.Nothing
}

// replaceWarm terminates instances of the warm pool, and returns for how long that has been waited for.
func (s *state) replaceWarm(p *plan.Plan, wrong []upgrade.Instance, why string) time.Duration {
	all := make([]plan.WarmInstance, len(wrong))
	for n, i := range wrong {
		all[n] = plan.WarmInstance{ID: i.ID, Stopped: i.Lifecycle.IsStopped()}
	}
	words := text.Count(len(all), "instance") + " of the warm pool (" + text.List(idsOf(wrong), 3) + ")"
	action := plan.TerminateWarm{Instances: all}
	key, asked := s.isOnItsWay(action)
	if asked && len(s.Run.Drains) > 0 { // what is in flight goes on meanwhile
		p.WaitFor(key, upgrade.ConfirmAfter, "asked AWS to terminate %s", words)
	} else {
		p.Do(action, "WarmPoolReplaced", "", "replacing %s: %s; Auto Scaling fills the pool up again", words, why)
	}
	return p.WaitFor(plan.WarmPool, s.Update.Policy.JoinTimeout, "waiting for %s to be gone: %s", words, why)
}

// howToEndWarm says what people can do about instances of the warm pool that could not be replaced.
func (s *state) howToEndWarm(instances []upgrade.Instance) string {
	for _, i := range instances {
		if node := s.WarmNode(i); node != "" {
			return "Pods may run on node " + node + " (" + i.ID + "): cordon and drain it, and keep the kubelets of the pool from joining"
		}
	}
	return "Terminate them (aws ec2 terminate-instances) or delete the warm pool"
}

func idsOf(instances []upgrade.Instance) []string {
	ids := make([]string, len(instances))
	for n, i := range instances {
		ids[n] = i.ID
	}
	return ids
}

// terminateWarm terminates instances of the warm pool. The pods of those that run are read right before
// the call: a kubelet that nothing keeps from joining may have been given some.
func (at *executor) terminateWarm(ctx context.Context, a plan.TerminateWarm) error {
	nodes, now, err := at.warmNodes(ctx, a)
	if err != nil {
		return err
	}
	var idle []string
	var busy error
	for _, i := range a.Instances {
		node := nodes[i.ID]
		if pods := podsToMove(now.Pods[node]); node != "" && len(pods) > 0 {
			busy = &notEmptyError{node: node, why: "its instance " + i.ID + " is in the warm pool, and it runs " + strings.Join(pods, ", ") + "; cordon and drain it"}
			continue
		}
		idle = append(idle, i.ID)
	}
	if len(idle) == 0 {
		return busy
	}
	if err := at.WarmPools.TerminateWarm(ctx, at.record.Update.Group, idle); err != nil {
		return err
	}
	return busy
}

// warmNodes returns which of the instances that run are nodes, by instance, and what runs there now.
func (at *executor) warmNodes(
	ctx context.Context, a plan.TerminateWarm,
) (nodes map[string]string, now upgrade.Occupancy, err error) {
	var running []string
	for _, i := range a.Instances {
		if !i.Stopped {
			running = append(running, i.ID)
		}
	}
	if len(running) == 0 {
		return nil, now, nil
	}
	if nodes, err = at.Nodes.Joined(ctx, running); err != nil || len(nodes) == 0 {
		return nodes, now, err
	}
	now, err = at.Pods.OccupancyNow(ctx, slices.Sorted(maps.Values(nodes)))
	return nodes, now, err
}

// podsToMove names the pods that must move.
func podsToMove(pods []upgrade.Pod) []string {
	var ids []string
	for _, pod := range pods {
		if pod.MustMove() {
			ids = append(ids, pod.ID())
		}
	}
	slices.Sort(ids)
	return ids
}
