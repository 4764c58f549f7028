package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// action is one call to the world. All are safe to repeat: they set absolute
// values, and what is already done or gone is no error.
type action interface {
	// do makes the call and notes at the executor what it learned.
	do(ctx context.Context, at *executor) error
}

// changesCloud reports whether an action sets or lowers something in the cloud. Such an
// action is decided from a fresh read. A termination without its place is not: the fresh read
// was that by which the drain began, and the pods are read again right before the call.
func changesCloud(a action) bool {
	switch a := a.(type) {
	case resize, setMinimum, useTemplate, createTemplate, setProcesses:
		return true
	case terminate:
		return a.shrink
	}
	return false
}

// executor is where actions are carried out and what comes of them.
type executor struct {
	upgrade.World
	record  upgrade.Record
	answers map[string]upgrade.Answer // of the eviction API, by pod UID
	evicted []upgrade.Pod
	deleted []upgrade.Pod
	created upgrade.TemplateVersion // a version that was made
	asked   []string                // instances whose termination was asked for
	// cordoned are the nodes that were cordoned.
	cordoned []string
	events   []upgrade.Event
	now      time.Time
}

// unheard reports whether evictions were asked for and none was accepted.
func (at *executor) unheard() bool { return len(at.answers) > 0 && len(at.evicted) == 0 }

func (at *executor) say(warning bool, reason, node, format string, args ...any) {
	at.events = append(at.events, upgrade.Event{Time: at.now, Warning: warning, Reason: reason, Node: node, Message: fmt.Sprintf(format, args...)})
}

type resize struct{ from, to upgrade.Size }

func (a resize) do(ctx context.Context, at *executor) error {
	return at.Groups.Resize(ctx, at.record.Update.Group, a.from, a.to)
}

type setMinimum struct{ least int }

func (a setMinimum) do(ctx context.Context, at *executor) error {
	return at.Groups.SetMinimum(ctx, at.record.Update.Group, a.least)
}

type useTemplate struct{ ref upgrade.TemplateRef }

func (a useTemplate) do(ctx context.Context, at *executor) error {
	return at.Templates.Use(ctx, at.record.Update.Group, a.ref)
}

type createTemplate struct {
	from  upgrade.TemplateVersion
	image string
}

// do makes the version under a token of the update, so that one whose number
// was not noted any more is found again instead of being made twice.
func (a createTemplate) do(ctx context.Context, at *executor) (err error) {
	at.created, err = at.Templates.CreateVersion(ctx, a.from, a.image, "nodelift-"+at.record.Update.UID)
	return err
}

type setProcesses struct {
	processes []string
	suspended bool
}

func (a setProcesses) do(ctx context.Context, at *executor) error {
	return at.Groups.SetProcesses(ctx, at.record.Update.Group, a.processes, a.suspended)
}

// terminate ends an instance. Without its place that is decided from any read:
// the fresh one was that by which its drain began, its pods are read again right
// before the call, and one that is gone is done.
type terminate struct {
	drain  upgrade.Drain
	shrink bool
	// leave reports whether a pod that is still there may go with its node:
	// deleted by force and past its grace period, or on a silent kubelet.
	leave func(upgrade.Pod) bool
}

// do ends the one instance.
func (a terminate) do(ctx context.Context, at *executor) error {
	return at.terminate(ctx, []terminate{a})[0]
}

// terminate ends instances, all with or all without their places, in one call.
// It reads the nodes' pods once more, right before the call: promise 4 holds
// against pods that arrived since the cordon. It returns what came of each.
func (at *executor) terminate(ctx context.Context, all []terminate) []error {
	came := make([]error, len(all))
	left, err := at.remaining(ctx, all)
	var empty []string
	for i, a := range all {
		if pods := left[a.drain.Node]; len(pods) > 0 {
			came[i] = &notEmptyError{node: a.drain.Node, pods: pods}
		} else if err == nil {
			empty = append(empty, a.drain.Instance)
		}
	}
	if len(empty) > 0 {
		at.asked = append(at.asked, empty...)
		err = at.Groups.Terminate(ctx, at.record.Update.Group, empty, all[0].shrink)
	}
	for i := range came {
		if came[i] == nil {
			came[i] = err
		}
	}
	return came
}

// remaining are the pods that still have to move, by node.
func (at *executor) remaining(ctx context.Context, all []terminate) (map[string][]string, error) {
	var nodes []string
	for _, a := range all {
		if a.drain.Node != "" {
			nodes = append(nodes, a.drain.Node)
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
		for _, pod := range now.Pods[a.drain.Node] {
			if pod.MustMove() && !a.leave(pod) {
				left[a.drain.Node] = append(left[a.drain.Node], pod.ID())
			}
		}
		slices.Sort(left[a.drain.Node])
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

type setMarks struct {
	node  string
	marks []upgrade.Mark
}

func (a setMarks) do(ctx context.Context, at *executor) error {
	return at.Nodes.Mark(ctx, a.node, at.record.Update.NodeGroup, a.marks)
}

type removeMarks struct {
	node  string
	marks []upgrade.Mark
}

func (a removeMarks) do(ctx context.Context, at *executor) error {
	return at.Nodes.Unmark(ctx, a.node, a.marks)
}

type labelImage struct{ node, image string }

func (a labelImage) do(ctx context.Context, at *executor) error {
	return at.Nodes.LabelImage(ctx, a.node, a.image)
}

type evict struct{ pods []upgrade.Pod }

func (a evict) do(ctx context.Context, at *executor) error {
	for i, answer := range at.Pods.Evict(ctx, a.pods) {
		pod := a.pods[i]
		at.answers[pod.UID] = answer
		switch answer.Outcome {
		case upgrade.Accepted:
			at.evicted = append(at.evicted, pod)
			at.say(false, "PodEvicted", pod.Node, "evicting %s from %s", pod.ID(), pod.Node)
		case upgrade.Gone:
		default:
			at.say(true, "EvictionRefused", pod.Node, "eviction of %s from %s was refused: %s", pod.ID(), pod.Node, refusalWords(answer))
		}
	}
	return nil
}

type deletePod struct{ pod upgrade.Pod }

func (a deletePod) do(ctx context.Context, at *executor) error {
	if err := at.Pods.Delete(ctx, a.pod); err != nil {
		return err
	}
	at.deleted = append(at.deleted, a.pod)
	return nil
}

type suspendAutoscaler struct{}

func (suspendAutoscaler) do(ctx context.Context, at *executor) error {
	return at.Autoscaler.Suspend(ctx, at.record.Update.NodeGroup)
}

type resumeAutoscaler struct{}

func (resumeAutoscaler) do(ctx context.Context, at *executor) error {
	return at.Autoscaler.Resume(ctx, at.record.Update.NodeGroup)
}

type rollBack struct{}

func (rollBack) do(ctx context.Context, at *executor) error { return at.Records.RollBack(ctx) }
