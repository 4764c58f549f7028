package view

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// scalingProgress says how many nodes of a scaling have been drained or launched: 2 of 3
// nodes.
func scalingProgress(u v1alpha1.NodeGroupUpdate) string {
	s := u.Status.Scaling
	if s == nil {
		return ""
	}
	var counts v1alpha1.Counts
	if u.Status.Counts != nil {
		counts = *u.Status.Counts
	}
	done, all := counts.Shrunk, s.From.DesiredSize-s.To.DesiredSize
	if all < 0 {
		done, all = counts.Launched, -all
	}
	return fmt.Sprintf("%d of %s", done, text.Count(int(all), "node"))
}

// sizesWords are sizes with their changes: desired 3 -> 5, minimum 1, maximum 6.
func sizesWords(s v1alpha1.Scaled) string {
	change := func(from, to int32) string {
		if from == to {
			return fmt.Sprint(from)
		}
		return fmt.Sprintf("%d -> %d", from, to)
	}
	return fmt.Sprintf("desired %s, minimum %s, maximum %s", change(s.From.DesiredSize, s.To.DesiredSize), change(s.From.MinSize, s.To.MinSize), change(s.From.MaxSize, s.To.MaxSize))
}

// nodesWords says how many nodes were replaced or drained.
func (s Summary) nodesWords() [2]string {
	if s.Scaling != nil {
		return [2]string{"Nodes drained", fmt.Sprint(s.Counts.Shrunk)}
	}
	return [2]string{"Nodes replaced", fmt.Sprint(s.Counts.Replaced)}
}

// sizesAdvice says what to write where the group is declared, so that its next apply does
// not undo the scaling.
func (s Summary) sizesAdvice() string {
	if s.Sizes == nil {
		return ""
	}
	return "\nWrite this where the group is declared (Terraform, CloudFormation), or the next apply undoes it without a drain:\n" +
		text.Rows("  ", [][2]string{
			{"Desired size", fmt.Sprint(s.Sizes.DesiredSize)},
			{"Minimum size", fmt.Sprint(s.Sizes.MinSize)},
			{"Maximum size", fmt.Sprint(s.Sizes.MaxSize)},
		})
}

// scalingLeft is TimeLeft for a scaling that shrinks the group.
func scalingLeft(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) (time.Duration, bool) {
	began, ended := phaseSpan(u, phaseScaleDown, now)
	if began.IsZero() || u.Status.Verdict != nil || u.Status.Counts == nil || u.Status.Counts.Shrunk == 0 {
		return 0, false
	}
	last := lastGone(u, now)
	pace := worked(u, began, earlier(last, ended)) / time.Duration(u.Status.Counts.Shrunk)
	toGo := time.Duration(surplus(g))
	left := max(pace*toGo-worked(u, last, now), pace*(toGo-1))
	return left, left > 0
}
