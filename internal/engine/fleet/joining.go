package fleet

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// IsAwaited reports whether the update waits for a member: it is not usable yet, and its
// instance was launched less than the join limit ago or EC2 does not know the launch time yet.
func (f *Fleet) IsAwaited(m *Member) bool {
	return f.IsJoining(m) && (m.Launched.IsZero() || f.Elapsed(m.Launched) < f.Update.Policy.JoinTimeout)
}

// MayJoin reports whether a member that is up to date is not usable yet and still has time to
// become so.
func (f *Fleet) MayJoin(m *Member) bool {
	return f.IsJoining(m) && !m.Outdated && f.Elapsed(f.JoiningSince(m)) < f.Update.Policy.JoinTimeout
}

// IsJoining reports whether a member is not usable for a reason that passes by itself. A Ready
// node that a person cordoned is not joining: it becomes usable when the person uncordons it.
func (f *Fleet) IsJoining(m *Member) bool {
	if m.Usable {
		return false
	}
	return m.Node == nil || !m.Node.Ready || !m.Node.Has(upgrade.MarkCordon)
}

// JoiningSince is when the time that a member has to become usable began: its launch, the start
// of the update, the loss of its node, the last change of that node's Ready condition, or when it was
// first seen with a taint or without a resource that it needs, whichever is latest. A node from before
// the update that is not Ready has had its time since it stopped being Ready, even if that was before
// the update began.
func (f *Fleet) JoiningSince(m *Member) time.Time {
	since := upgrade.Later(m.Launched, f.Run.Started)
	switch {
	case f.HasLostNode(m):
		return upgrade.Later(since, f.LostSince(m))
	case m.Node != nil && !m.Node.Ready && m.Launched.Before(f.Run.Started):
		return upgrade.Later(m.Launched, m.Node.ReadySince) // a later launch than that is a start from the warm pool
	case m.Node != nil:
		since = upgrade.Later(since, m.Node.ReadySince)
	}
	if m.Lacking {
		since = upgrade.Later(since, f.Run.Since(LackingKey(m.ID), f.Now))
	}
	return since
}

// Usefulness ranks a member for removal in a scaling, or after an update that failed or was
// cancelled. The lowest is removed first: 0 did not become usable in time, 1 is still joining
// although the update failed, 2 is worth as much as any other.
func (f *Fleet) Usefulness(m *Member) int {
	switch {
	case f.EndsWell() && !f.IsScaling() || !f.IsJoining(m):
		return 2
	case !f.MayJoin(m):
		return 0
	case !f.EndsWell() && f.Run.Verdict.Status == upgrade.Failed:
		return 1
	}
	return 2
}

// IsUseless reports whether a new member has to be replaced although the update failed. That is
// so with MINIMAL alone, which has no surge to remove: the member was there at the verdict and
// did not become usable in time. Ask for members that are up to date only after the verdict.
func (f *Fleet) IsUseless(m *Member) bool {
	return m != nil && f.IsMinimal() && !m.Outdated && f.Run.Verdict.Status == upgrade.Failed && m.Launched.Before(f.Run.Verdict.At) && f.Usefulness(m) == 0
}
