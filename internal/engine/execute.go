package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// executor carries actions out and notes what comes of them.
type executor struct {
	upgrade.World
	record     upgrade.Record
	answers    map[string]upgrade.Answer // of the eviction API, by pod UID
	evicted    []upgrade.Pod
	deleted    []upgrade.Pod
	created    upgrade.TemplateVersion // a version that was made
	terminated []string                // instances whose termination was requested
	cordoned   []string                // nodes
	resumed    []string                // scaling processes
	suspended  []string                // scaling processes
	events     []upgrade.Event
	now        time.Time
}

// act carries the plan out, and reports whether a call failed. A call that fails becomes a wait; the
// others go on. Nodes are changed first, some at a time: in a large group there are many. Instances
// that keep their places are terminated last, in one call. One that gives its place back is
// terminated by itself, because the ledger counts it.
func act(ctx context.Context, at *executor, s *state, p *plan.Plan) (failed bool) {
	var nodes, others, ends []plan.Step
	var together []plan.Terminate
	for _, st := range p.Steps {
		switch a := st.Action.(type) {
		case plan.SetMarks, plan.RemoveMarks, plan.LabelImage:
			nodes = append(nodes, st)
		case plan.Terminate:
			if !a.Shrink {
				ends, together = append(ends, st), append(together, a)
				continue
			}
			others = append(others, st)
		default:
			others = append(others, st)
		}
	}
	failed = at.tell(s, p, nodes, at.parallel(ctx, nodes))
	if at.isLate(s) {
		return failed
	}
	for _, st := range others {
		failed = at.tell(s, p, []plan.Step{st}, []error{at.ask(ctx, s, p, st.Action)}) || failed
	}
	return at.tell(s, p, ends, at.terminate(ctx, together)) || failed
}

// isLate reports whether the process was suspended since the cloud was read, as after SIGSTOP or in
// a laptop asleep: somebody else may work by now, and a number that is sent would undo what they
// set. The next pass looks again.
func (at *executor) isLate(s *state) bool {
	return !s.GroupGone && !s.Group.Read.IsZero() && at.Now().Sub(s.Group.Read) > 2*upgrade.Interval
}

// parallel takes steps at the same time, as far as the world allows, and returns what came of each.
func (at *executor) parallel(ctx context.Context, steps []plan.Step) []error {
	came := make([]error, len(steps))
	call := func(i int) { came[i] = at.do(ctx, steps[i].Action) }
	if at.Parallel == nil {
		for i := range steps {
			call(i)
		}
		return came
	}
	at.Parallel(len(steps), call)
	return came
}

// do makes one call to the world. Calls that change nodes may be made in parallel and note nothing.
func (at *executor) do(ctx context.Context, action plan.Action) (err error) {
	update := at.record.Update
	switch a := action.(type) {
	case plan.Resize:
		return at.Groups.Resize(ctx, update.Group, a.From, a.To)
	case plan.SetMinimum:
		return at.Groups.SetMinimum(ctx, update.Group, a.Least)
	case plan.UseTemplate:
		return at.Templates.Use(ctx, update.Group, a.Ref)
	case plan.CreateTemplate:
		at.created, err = at.Templates.CreateVersion(ctx, a.From, a.Image, "nodelift-"+update.UID)
		return err
	case plan.SetProcesses:
		return at.setProcesses(ctx, a)
	case plan.Terminate:
		return at.terminate(ctx, []plan.Terminate{a})[0]
	case plan.SetMarks:
		return at.Nodes.Mark(ctx, a.Node, update.NodeGroup, a.Marks)
	case plan.RemoveMarks:
		return at.Nodes.Unmark(ctx, a.Node, a.Marks)
	case plan.LabelImage:
		return at.Nodes.LabelImage(ctx, a.Node, a.Image)
	case plan.Evict:
		at.evict(ctx, a.Pods)
		return nil
	case plan.DeletePod:
		return at.deletePod(ctx, a.Pod)
	case plan.SuspendAutoscaler:
		return at.Autoscaler.Suspend(ctx, update.NodeGroup)
	case plan.ResumeAutoscaler:
		return at.Autoscaler.Resume(ctx, update.NodeGroup)
	case plan.RollBack:
		return at.Records.RollBack(ctx)
	}
	return fmt.Errorf("the engine does not know the action %T", action)
}

func (at *executor) setProcesses(ctx context.Context, a plan.SetProcesses) error {
	if err := at.Groups.SetProcesses(ctx, at.record.Update.Group, a.Processes, a.Suspended); err != nil {
		return err
	}
	if a.Suspended {
		at.suspended = append(at.suspended, a.Processes...)
	} else {
		at.resumed = append(at.resumed, a.Processes...)
	}
	return nil
}

func (at *executor) evict(ctx context.Context, pods []upgrade.Pod) {
	for i, answer := range at.Pods.Evict(ctx, pods) {
		pod := pods[i]
		at.answers[pod.UID] = answer
		switch answer.Outcome {
		case upgrade.Accepted:
			at.evicted = append(at.evicted, pod)
			at.say(false, "PodEvicted", pod.Node, "evicting %s from %s", pod.ID(), pod.Node)
		case upgrade.Gone:
		default:
			at.say(true, "EvictionRefused", pod.Node, "eviction of %s from %s was refused: %s", pod.ID(), pod.Node, drain.Refusal(answer))
		}
	}
}

func (at *executor) deletePod(ctx context.Context, pod upgrade.Pod) error {
	if err := at.Pods.Delete(ctx, pod); err != nil {
		return err
	}
	at.deleted = append(at.deleted, pod)
	return nil
}

// terminate terminates instances, all with or all without their places, in one call, and returns
// what came of each. It reads the nodes' pods once more, right before the call: promise 4 holds
// against pods that arrived since the cordon.
func (at *executor) terminate(ctx context.Context, all []plan.Terminate) []error {
	came := make([]error, len(all))
	left, err := at.remaining(ctx, all)
	var empty []string
	for i, a := range all {
		if pods := left[a.Drain.Node]; len(pods) > 0 {
			came[i] = &notEmptyError{node: a.Drain.Node, pods: pods}
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
	at.terminated = append(at.terminated, instances...)
	return at.Groups.Terminate(ctx, at.record.Update.Group, instances, shrink)
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

// notEmptyError says that a node was not terminated because pods came.
type notEmptyError struct {
	node string
	pods []string
}

func (e *notEmptyError) Error() string {
	return "not terminating node " + e.node + ": it runs " + strings.Join(e.pods, ", ") + " again"
}

// tell says what came of steps, and reports whether a call of theirs failed.
func (at *executor) tell(s *state, p *plan.Plan, steps []plan.Step, came []error) (failed bool) {
	for i, err := range came {
		if marks, ok := steps[i].Action.(plan.SetMarks); ok && err == nil && slices.Contains(marks.Marks, upgrade.MarkCordon) {
			at.cordoned = append(at.cordoned, marks.Node)
		}
		var notEmpty *notEmptyError
		switch {
		case err == nil && steps[i].Event.Message != "":
			at.events = append(at.events, steps[i].Event)
		case errors.As(err, &notEmpty):
			at.say(true, "NodeNotEmpty", notEmpty.node, "%v", err)
		case err != nil:
			s.callFailed(p, steps[i], err)
			failed = true
		}
	}
	return failed
}

// callFailed makes a wait of a call that fails. It has the join limit, but for credentials, which
// people renew when they are awake.
func (s *state) callFailed(p *plan.Plan, step plan.Step, err error) {
	call := upgrade.FailedCall{Reason: step.Event.Reason, Code: "Unknown", Message: fmt.Sprintf("%v; retrying", err), Limit: s.Update.Policy.JoinTimeout}
	switch {
	case errors.Is(err, upgrade.ErrCredentials):
		call.Limit = 0
	case errors.Is(err, upgrade.ErrForbidden):
		call.Code = upgrade.AccessDenied
	}
	p.CallFailed(call)
}

// nothingAccepted reports whether evictions were asked for and none was accepted.
func (at *executor) nothingAccepted() bool { return len(at.answers) > 0 && len(at.evicted) == 0 }

func (at *executor) say(warning bool, reason, node, format string, args ...any) {
	at.events = append(at.events, upgrade.Event{Time: at.now, Warning: warning, Reason: reason, Node: node, Message: fmt.Sprintf(format, args...)})
}
