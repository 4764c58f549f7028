package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// describe writes the part of an update's status that is only for people: EKS's word, the
// target and the progress in words, and the conditions.
func describe(update *v1alpha1.NodeGroupUpdate, record upgrade.Record) {
	run := record.Run
	// A pass that marks a node of a paused update leaves it paused.
	record.Update.Paused = record.Update.Paused || record.IsPaused() && isShownPaused(update)
	update.Status.Status = statusOf(run)
	update.Status.Type = update.Type()
	update.Status.Target = targetOf(record)
	switch {
	case update.Spec.Scaling != nil:
		describeScaling(update, run)
	case run.Baseline != nil:
		update.Status.Progress = fmt.Sprintf("%d/%d", run.Counts.Replaced, run.Baseline.Outdated)
	}
	update.Status.Message = messageOf(record)
	if record.Update.Fault == nil {
		update.Status.Settings = inForce(record)
	}
	update.Status.ObservedGeneration = update.Generation
	for _, c := range []metav1.Condition{succeeded(run), progressing(record), blocked(run), restored(run)} {
		c.Reason = toReason(c.Reason)
		c.ObservedGeneration = update.Generation
		c.LastTransitionTime = metav1.NewTime(run.LastPass) // if it changes; the API keeps whole seconds
		meta.SetStatusCondition(&update.Status.Conditions, c)
	}
}

// isShownPaused reports whether the status says that the update is paused.
func isShownPaused(update *v1alpha1.NodeGroupUpdate) bool {
	return !update.Ended() && meta.IsStatusConditionFalse(update.Status.Conditions, v1alpha1.ConditionProgressing)
}

func statusOf(run upgrade.Run) v1alpha1.UpdateStatus {
	if run.Phase == upgrade.Done && run.Verdict != nil {
		return v1alpha1.UpdateStatus(run.Verdict.Status)
	}
	return v1alpha1.UpdateInProgress
}

// messageOf is what people want to know first: why an update ended as it did, or what it is
// waiting for.
func messageOf(record upgrade.Record) string {
	run := record.Run
	switch {
	case run.Phase == upgrade.Done && run.Verdict != nil && len(run.Verdict.Errors) > 0:
		var all []string
		for _, e := range run.Verdict.Errors {
			all = append(all, e.Message)
		}
		return strings.Join(append(all, run.Owed...), "; ")
	case run.Phase == upgrade.Done:
		return strings.Join(run.Owed, "; ")
	case record.Update.Fault == nil && run.PausedForHealth():
		return run.HealthPause.Why
	case record.Update.Fault == nil && isLeft(record):
		return leftMessage(record)
	case record.Update.Fault == nil && record.Update.Paused:
		return pausedMessage
	case len(run.Waits) > 0:
		return run.Waits[0].Message
	}
	return ""
}

// isLeft reports whether the last process that worked on an update has left it, and people have not
// paused it.
func isLeft(record upgrade.Record) bool {
	return record.Update.Paused && record.Update.Leaving && !record.Update.PauseRequested
}

func leftMessage(record upgrade.Record) string {
	return fmt.Sprintf("nobody is working on it; to continue, run: nodelift resume update %s", record.Update.Name)
}

// pausedMessage is the message of an update that somebody has paused.
const pausedMessage = "paused; it continues when spec.paused is false and a controller or command works on it ('nodelift resume' does both)"

// inForce is the settings that an update goes by. It keeps the strategy that it began with.
func inForce(record upgrade.Record) *v1alpha1.SettingsInForce {
	p, run := record.Update.Policy, record.Run
	strategy := p.Strategy
	if slices.Contains(upgrade.Strategies(), run.Strategy) { // a status may have been edited by hand
		strategy = run.Strategy
	}
	settings := Settings(p)
	if record.Update.Scaling != nil { // it replaces no node
		strategy, settings.NodeOrder = "", ""
	}
	return &v1alpha1.SettingsInForce{
		Strategy:       v1alpha1.Strategy(strategy),
		MaxUnavailable: new(intstr.Parse(p.MaxUnavailable.String())),
		Settings:       settings,
	}
}

// targetOf says in words what the nodes become: what was asked for, with the image.
func targetOf(record upgrade.Record) string {
	t := record.Update.Target
	asked := cmp.Or(t.Release, t.Version, t.Image)
	if t.TemplateVersion != "" {
		asked = "template version " + t.TemplateVersion
	}
	r := record.Run.Resolved
	if r == nil || r.Image.ID == "" || r.Image.ID == asked {
		return asked
	}
	asked = cmp.Or(asked, r.Image.Release, r.Image.Version)
	return strings.TrimSpace(asked + " (" + r.Image.ID + ")")
}

func succeeded(run upgrade.Run) metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionUnknown, Reason: string(upgrade.InProgress)}
	if run.Verdict == nil {
		return c
	}
	c.Status, c.Reason = metav1.ConditionFalse, string(run.Verdict.Status)
	if run.Verdict.Status == upgrade.Successful {
		c.Status = metav1.ConditionTrue
	}
	if errors := run.Verdict.Errors; len(errors) > 0 {
		c.Reason, c.Message = errors[0].Code, errors[0].Message
	}
	return c
}

func progressing(record upgrade.Record) metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionProgressing, Status: metav1.ConditionTrue}
	c.Reason = cmp.Or(string(record.Run.Phase), string(upgrade.Setup))
	switch {
	case record.Run.Phase == upgrade.Done:
		c.Status = metav1.ConditionFalse
	case record.Run.PausedForHealth():
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, "BadHealth", record.Run.HealthPause.Why
	case isLeft(record):
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, v1alpha1.ReasonNobodyWorks, leftMessage(record)
	case record.Update.Paused:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, "Paused", pausedMessage
	case len(record.Run.Waits) > 0:
		c.Message = record.Run.Waits[0].Message
	}
	return c
}

// blocked names the first pod that blocks a drain.
func blocked(run upgrade.Run) metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionBlocked, Status: metav1.ConditionFalse, Reason: "NothingBlocks"}
	for _, drain := range run.Drains {
		if len(drain.Blocked) > 0 {
			held := drain.Blocked[0]
			c.Status, c.Reason = metav1.ConditionTrue, "PodsHeld"
			c.Message = fmt.Sprintf("pod %s on node %s: %s", held.Pod, drain.Node, held.Why)
			return c
		}
	}
	return c
}

func restored(run upgrade.Run) metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionCapacityRestored, Status: metav1.ConditionUnknown, Reason: string(upgrade.InProgress)}
	switch {
	case run.Phase != upgrade.Done:
	case len(run.Owed) > 0:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, "Owing", strings.Join(run.Owed, "; ")
	default:
		c.Status, c.Reason = metav1.ConditionTrue, "NothingOwed"
	}
	return c
}

// toReason turns any text into a reason that the API server accepts. It would refuse the
// whole status otherwise.
func toReason(reason string) string {
	return cmp.Or(strings.Join(strings.FieldsFunc(reason, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), ""), "Unknown")
}

// borrowed says in words what a ledger owes.
func borrowed(l upgrade.Ledger) []string {
	var all []string
	if s := l.Sizes; s != nil {
		all = append(all, fmt.Sprintf("its sizes (the owner's are %s)", s.Owner))
	}
	if t := l.Template; t != nil {
		all = append(all, fmt.Sprintf("its launch template version (%s before)", t.Before.Version))
	}
	if len(l.Processes) > 0 {
		all = append(all, "its scaling processes "+strings.Join(l.Processes, " and "))
	}
	if l.Autoscaler {
		all = append(all, "Cluster Autoscaler")
	}
	if l.Marks {
		all = append(all, "marks on its nodes")
	}
	return all
}

// setGroupConditions writes on the node group whether anything of it is borrowed.
func setGroupConditions(group *v1alpha1.NodeGroup, record upgrade.Record) {
	c := metav1.Condition{
		Type: v1alpha1.ConditionCapacityRestored, Status: metav1.ConditionTrue, Reason: "NothingOwed",
		ObservedGeneration: group.Generation,
	}
	if record.Ledger.Owes() {
		c.Status, c.Reason = metav1.ConditionFalse, "Owing"
		c.Message = fmt.Sprintf("update %s has changed the group for the time of the update: %s. The node group is kept, even if it is deleted, until that is restored by this update or the next one of the group",
			record.Update.Name, strings.Join(borrowed(record.Ledger), ", "))
	}
	meta.SetStatusCondition(&group.Status.Conditions, c)
}
