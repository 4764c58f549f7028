package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
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
	copied     upgrade.TemplateVersion // one that was made like the one from before
	terminated []string                // instances whose termination was requested
	cordoned   []string                // nodes
	resumed    []string                // scaling processes
	suspended  []string                // scaling processes
	events     []upgrade.Event
	now        time.Time
	observed   time.Time // when the last answer arrived by which the plan was made
	sizesRead  time.Time // when the group was read
	late       bool      // actions were dropped, because what they were decided by was too old
	// done: a step had an effect, as far as its answer tells.
	done bool
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
	if at.isSuspended() {
		at.late = true
		p.WaitFor(plan.Late, 0, "this process was suspended for %s after it had read AWS; reading again before changing anything", text.Duration(at.Now().Sub(at.observed)))
		return false
	}
	if slices.ContainsFunc(p.Steps, isTermination) { // whether it still fails is known now
		p.ForgetCall(terminated)
	}
	failed = at.tell(s, p, nodes, at.parallel(ctx, nodes))
	for _, st := range others {
		failed = at.tell(s, p, []plan.Step{st}, []error{at.ask(ctx, s, p, st.Action)}) || failed
	}
	return at.tell(s, p, ends, at.terminate(ctx, together)) || failed
}

// isSuspended reports whether the process was suspended since the plan was made, as after SIGSTOP or
// in a laptop asleep: somebody else may work by now, and a number that is sent would undo what they
// set. It counts from when the last answer arrived: calls that take long do not suspend a process.
func (at *executor) isSuspended() bool {
	return !at.observed.IsZero() && at.Now().Sub(at.observed) > 2*upgrade.Interval
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
		return at.resize(ctx, a)
	case plan.SetMinimum:
		return at.Groups.SetMinimum(ctx, update.Group, a.Least)
	case plan.UseTemplate:
		return at.Templates.Use(ctx, update.Group, a.Ref)
	case plan.CreateTemplate:
		at.created, err = at.Templates.CreateVersion(ctx, a.From, a.Image, "nodelift-"+update.UID)
		return err
	case plan.CopyTemplate:
		at.copied, err = at.Templates.CreateVersion(ctx, a.From, a.From.Parameter, "nodelift-"+update.UID+"-parameter")
		return err
	case plan.SetProcesses:
		return at.setProcesses(ctx, a)
	case plan.Terminate:
		return at.terminate(ctx, []plan.Terminate{a})[0]
	case plan.TerminateWarm:
		return at.terminateWarm(ctx, a)
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

// resize sets the sizes. A number that is sent undoes what somebody has set since the group was read.
// So the group is read again if that was some seconds ago.
func (at *executor) resize(ctx context.Context, a plan.Resize) error {
	name := at.record.Update.Group
	if at.Now().Sub(at.sizesRead) > sizesAreFresh {
		group, err := at.Groups.Group(ctx, name, true)
		if err != nil {
			return err
		}
		if group.Size != a.From {
			return &changedError{group.Size, a.From}
		}
	}
	return at.Groups.Resize(ctx, name, a.From, a.To)
}

// sizesAreFresh is how old the sizes may be when others are set.
const sizesAreFresh = 2 * time.Second

// changedError says that sizes were not set because somebody has changed them.
type changedError struct{ seen, expected upgrade.Size }

func (e *changedError) Error() string {
	return fmt.Sprintf("not setting the sizes: they are %s now, and were %s when this was decided; reading again", e.seen, e.expected)
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

// tell says what came of steps, and reports whether a call of theirs failed.
func (at *executor) tell(s *state, p *plan.Plan, steps []plan.Step, came []error) (failed bool) {
	for i, err := range came {
		if marks, ok := steps[i].Action.(plan.SetMarks); ok && err == nil && slices.Contains(marks.Marks, upgrade.MarkCordon) {
			at.cordoned = append(at.cordoned, marks.Node)
		}
		at.done = at.done || err == nil && at.hadEffect(steps[i].Action)
		var notEmpty *notEmptyError
		var changed *changedError
		switch {
		case err == nil && steps[i].Event.Message != "":
			at.events = append(at.events, steps[i].Event)
		case errors.As(err, &notEmpty):
			at.say(true, "NodeNotEmpty", notEmpty.node, "%v", err)
		case errors.As(err, &changed):
			p.WaitFor(plan.Sizes, 0, "%v", err)
			at.late = true
		case err != nil:
			p.CallFailed(s.failedCall(steps[i].Event.Reason, err))
			failed = true
		}
	}
	return failed
}

// failedCall is a call or read that failed now. It has the join limit, but for credentials, which people
// renew when they are awake, and for a request that would be refused again: that is tried a few times,
// since EC2 may not know yet what was made a moment ago.
func (s *state) failedCall(reason string, err error) upgrade.FailedCall {
	call := upgrade.FailedCall{Reason: reason, Code: "Unknown", Message: err.Error(), Since: s.Now, Limit: max(s.Update.Policy.JoinTimeout, debts.LeastLimit)}
	switch {
	case errors.Is(err, upgrade.ErrCredentials):
		call.Limit = 0
	case errors.Is(err, upgrade.ErrForbidden):
		call.Code = upgrade.AccessDenied
	case errors.Is(err, upgrade.ErrRefused):
		call.Limit = debts.LeastLimit
	}
	return call
}

// hadEffect reports whether an action that did not fail may have changed anything: evictions are
// refused without failing.
func (at *executor) hadEffect(a plan.Action) bool {
	if _, ok := a.(plan.Evict); ok {
		return len(at.evicted) > 0
	}
	return true
}

func (at *executor) say(warning bool, reason, node, format string, args ...any) {
	at.events = append(at.events, upgrade.Event{Time: at.now, Warning: warning, Reason: reason, Node: node, Message: fmt.Sprintf(format, args...)})
}
