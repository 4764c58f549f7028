package kube

import (
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Scaling translates which sizes are asked for; nil if none are.
func Scaling(s *v1alpha1.ScalingConfig) *upgrade.Scaling {
	if s == nil {
		return nil
	}
	return &upgrade.Scaling{Min: ifSet(s.MinSize, toInt), Max: ifSet(s.MaxSize, toInt), Desired: ifSet(s.DesiredSize, toInt)}
}

func toInt(n int32) int { return int(n) }

func toScaled(s v1alpha1.Scaled) upgrade.Scaled {
	return upgrade.Scaled{From: toBounds(s.From), To: toBounds(s.To)}
}

func toBounds(s v1alpha1.Scaling) upgrade.Bounds {
	return upgrade.Bounds{Min: int(s.MinSize), Max: int(s.MaxSize), Desired: int(s.DesiredSize)}
}

// fromScaled is the inverse of toScaled.
func fromScaled(s upgrade.Scaled) v1alpha1.Scaled {
	return v1alpha1.Scaled{From: fromBounds(s.From), To: fromBounds(s.To)}
}

func fromBounds(b upgrade.Bounds) v1alpha1.Scaling {
	return v1alpha1.Scaling{MinSize: int32(b.Min), MaxSize: int32(b.Max), DesiredSize: int32(b.Desired)}
}

// describeScaling writes the target and the progress of a scaling in words.
func describeScaling(update *v1alpha1.NodeGroupUpdate, run upgrade.Run) {
	update.Status.Target = scalingWords(*update.Spec.Scaling)
	if s := run.Scaling; s != nil {
		update.Status.Progress = fmt.Sprintf("%d/%d", done(run), max(s.From.Desired-s.To.Desired, s.To.Desired-s.From.Desired))
	}
}

// done is how many nodes a scaling has drained or launched so far.
func done(run upgrade.Run) int {
	if run.Scaling.To.Desired < run.Scaling.From.Desired {
		return run.Counts.ScaledDown
	}
	return run.Counts.Launched
}

// scalingWords says which sizes are asked for.
func scalingWords(s v1alpha1.ScalingConfig) string {
	var words []string
	if n := s.DesiredSize; n != nil {
		words = append(words, text.Count(int(*n), "node"))
	}
	if n := s.MinSize; n != nil {
		words = append(words, fmt.Sprintf("minimum %d", *n))
	}
	if n := s.MaxSize; n != nil {
		words = append(words, fmt.Sprintf("maximum %d", *n))
	}
	return strings.Join(words, ", ")
}
