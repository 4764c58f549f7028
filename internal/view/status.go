package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// StatusLine is an update in one line: phase, progress, time left and what it
// waits for.
func StatusLine(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) string {
	parts := []string{phaseWords(u.Status.Phase)}
	if progress := progressWords(u); progress != "" {
		parts = append(parts, progress)
	}
	if left, ok := TimeLeft(u, g, now); ok {
		parts = append(parts, "about "+Span(left)+" left")
	}
	line := strings.Join(parts, ", ")
	if waits := u.Status.Waits; len(waits) > 0 {
		line += ": " + waitWords(waits[0], now)
	}
	return line
}

// progressWords is how many outdated nodes are replaced: 4 of 12 nodes.
func progressWords(u v1alpha1.NodeGroupUpdate) string {
	if u.Status.Baseline == nil {
		return ""
	}
	var replaced int32
	if u.Status.Counts != nil {
		replaced = u.Status.Counts.Replaced
	}
	return fmt.Sprintf("%d of %s", replaced, count(int(u.Status.Baseline.Outdated), "node"))
}

// waitWords is a wait with how long it lasts: …, 41s of 15m0s.
func waitWords(w v1alpha1.Wait, now time.Time) string {
	if w.Since == nil {
		return w.Message
	}
	words := fmt.Sprintf("%s (%s", w.Message, Span(now.Sub(w.Since.Time)))
	if w.Limit != nil {
		words += " of " + Span(w.Limit.Duration)
	}
	return words + ")"
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

// Standing says how an update stands that nobody works on: at 4 of 12 nodes.
func Standing(u v1alpha1.NodeGroupUpdate) string {
	if progress := progressWords(u); progress != "" {
		return "at " + progress
	}
	return "before the first node"
}
