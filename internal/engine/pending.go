package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// pendingFor is how long a pod has had no room before people are told, and
	// pendingAgain after which time they are told again.
	pendingFor   = time.Minute
	pendingAgain = 15 * time.Minute
)

// tellPending warns of pods that have no room while Cluster Autoscaler, which
// would make some, is suspended: an HPA may have added them meanwhile.
func tellPending(s *state, p *plan) {
	pods := s.unschedulableForCapacity()
	asleep := s.autoscaler.IsSuspendedBy(s.Update.NodeGroup) && s.autoscaler.Replicas == 0
	if len(pods) == 0 || !asleep || s.Run.Verdict != nil || s.Elapsed(s.Run.PendingPodsReported) < pendingAgain {
		return
	}
	if slices.ContainsFunc(s.Members, func(m fleet.Member) bool { return !m.Lifecycle.IsTerminating() && s.MayJoin(&m) }) {
		return // with room, perhaps
	}
	p.remember(func(r *upgrade.Run) { r.PendingPodsReported = s.Now })
	p.warn("PodsPending", "%s%s, while Cluster Autoscaler (%s) is suspended: raise the group's desired size (the update adopts that), or cancel it and run it again with --autoscaler annotate",
		pendingWords(pods[0]), text.More(len(pods)-1), s.autoscaler.Name)
}

// unschedulableForCapacity returns the pods that have come since the update began and have had
// no node for a while because none has room.
func (s *state) unschedulableForCapacity() []upgrade.Pod {
	return slices.DeleteFunc(slices.Clone(s.unschedulable), func(pod upgrade.Pod) bool {
		room := strings.Contains(pod.Unschedulable, "Insufficient ") || strings.Contains(pod.Unschedulable, "Too many pods")
		return !room || pod.Created.Before(s.Run.Started) || s.Now.Sub(pod.Created) < pendingFor
	})
}

// missing names a pod that a budget counts on and that has no node to go to, or "".
func (s *state) missing(b upgrade.Budget) string {
	for _, pod := range s.unschedulable {
		if slices.Contains(pod.Budgets, b.ID()) {
			return "; " + pendingWords(pod) + s.addsNone()
		}
	}
	return ""
}

// addsNone says of MINIMAL what a pod without a node cannot hope for.
func (s *state) addsNone() string {
	if !s.IsMinimal() {
		return ""
	}
	fewer := ""
	if s.MaxUnavailable() > 1 {
		fewer = "drain fewer at once, "
	}
	return ", and MINIMAL adds none: make room, " + fewer + "or use DEFAULT, which does"
}

// pendingWords says why a pod has no node.
func pendingWords(p upgrade.Pod) string {
	return "pod " + p.ID() + " is Pending: the scheduler finds no node for it (" + p.Unschedulable + ")"
}
