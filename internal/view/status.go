package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// StatusLine is an update in one line: phase, progress, time left, and what it is waiting
// for.
func StatusLine(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) string {
	return statusLine(u, g, now, lasting(u, now))
}

// lasting says how long a wait has lasted, as far as its limit counts that.
func lasting(u v1alpha1.NodeGroupUpdate, now time.Time) func(since time.Time) time.Duration {
	return func(since time.Time) time.Duration { return worked(u, since, now) }
}

// statusLine is StatusLine with how long a wait has lasted.
func statusLine(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time, lasts func(since time.Time) time.Duration) string {
	parts := []string{phaseWords(u.Status.Phase)}
	if progress := progressWords(u); progress != "" {
		parts = append(parts, progress)
	}
	if left, ok := TimeLeft(u, g, now); ok {
		parts = append(parts, "about "+text.Rough(left)+" left")
	}
	line := strings.Join(parts, ", ")
	if waits := u.Status.Waits; len(waits) > 0 {
		line += ": " + waitWords(waits[0], lasts)
	}
	return line
}

// progressWords says how many outdated nodes have been replaced: 4 of 12 nodes.
func progressWords(u v1alpha1.NodeGroupUpdate) string {
	if u.Spec.Scaling != nil {
		return scalingProgress(u)
	}
	if u.Status.Baseline == nil {
		return ""
	}
	var replaced int32
	if u.Status.Counts != nil {
		replaced = u.Status.Counts.Replaced
	}
	return fmt.Sprintf("%d of %s", replaced, text.Count(int(u.Status.Baseline.Outdated), "node"))
}

// waitWords is a wait with how long it has lasted and its limit.
func waitWords(w v1alpha1.Wait, lasts func(since time.Time) time.Duration) string {
	if w.Since == nil {
		return w.Message
	}
	var limit time.Duration
	if w.Limit != nil {
		limit = w.Limit.Duration
	}
	return Waiting(w.Message, lasts(w.Since.Time), limit)
}

// Waiting is a wait with how long it has lasted and its limit, if that is not 0: … (41s of
// 15m).
func Waiting(message string, since, limit time.Duration) string {
	if limit == 0 {
		return fmt.Sprintf("%s (%s)", message, text.Rough(since))
	}
	return fmt.Sprintf("%s (%s of %s)", message, text.Rough(since), text.Rough(limit))
}

// phaseWords is a phase as people write it.
func phaseWords(phase string) string {
	switch phase {
	case "":
		return "Beginning"
	case "ScaleUp":
		return "Scale up"
	case phaseScaleDown:
		return "Scale down"
	}
	return phase
}

// Standing says how far an update has come that nobody is working on: at 4 of 12 nodes.
func Standing(u v1alpha1.NodeGroupUpdate) string {
	if progress := progressWords(u); progress != "" {
		return "at " + progress
	}
	return "before the first node"
}
