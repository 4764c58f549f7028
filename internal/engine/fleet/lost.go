package fleet

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// A member without a node may run pods all the same. Somebody deletes the Node object, so that the
// kubelet registers again, or it goes before its instance, as in a Spot interruption. Kubernetes
// deletes the pods of a node that does not exist, past every budget, when it has been missing for
// 40 s (pod garbage collection); the kubelet stops their containers within their grace periods.

// lostFor is how long a Node is missing before the pods of its instance count as ended, in addition
// to their grace period: it is several times what pod garbage collection takes.
const lostFor = 5 * time.Minute

// maxWithoutNode bounds how many members without a node are noted. Of the others nobody knows since
// when they have none, so they are waited for.
const maxWithoutNode = 500

// noteWithoutNode notes the members that have no node now, or had none a moment ago. One that had a
// node in the pass before this one has lost it.
func (f *Fleet) noteWithoutNode() {
	known := f.Run
	if back := f.Update.Rollback; back != nil && f.LastPass.IsZero() { // it takes over what the other update saw
		known.WithoutNode = back.WithoutNode
	}
	var noted []upgrade.WithoutNode
	for i := range f.Members {
		m := &f.Members[i]
		if w := f.withoutNode(m, known.WithoutNodeOf(m.ID)); w != nil && !m.Lifecycle.IsTerminating() && len(noted) < maxWithoutNode {
			noted = append(noted, *w)
		}
	}
	f.Run.WithoutNode = noted
}

// withoutNode is what to note of a member, nil for nothing, by what was noted before.
func (f *Fleet) withoutNode(m *Member, before *upgrade.WithoutNode) *upgrade.WithoutNode {
	now := upgrade.WithoutNode{Instance: m.ID, Since: f.Now, Lost: wasThere(m, f.LastPass)}
	switch {
	case m.Node != nil && wasThere(m, f.Now) && (before == nil || !before.Lost || f.haveEnded(*before)):
		return nil
	case before != nil && before.Back && m.Node == nil: // it has lost the node that it had
		now.Lost, now.Grace = true, before.Grace
	case before != nil:
		now = *before
	}
	now.Back = m.Node != nil
	return &now
}

// listedWithin is how long after its launch an instance is listed at the latest, as describes may
// be old. Until then it is noted even if it has a node, because one that is not noted may not have
// been listed.
const listedWithin = time.Minute

// wasThere reports whether a member was listed at a time.
func wasThere(m *Member, at time.Time) bool {
	return !m.Launched.IsZero() && at.Sub(m.Launched) > listedWithin
}

// NoteGraces notes the longest grace period of the pods that are bound to lost nodes. Call it when
// Occupancy was read.
func (f *Fleet) NoteGraces() {
	noted := make([]upgrade.WithoutNode, len(f.Run.WithoutNode))
	for i, w := range f.Run.WithoutNode {
		for _, pod := range f.Occupancy.Pods[f.ByID[w.Instance].NodeName] {
			if pod.MustMove() && !w.Back {
				w.Grace = max(w.Grace, pod.Grace)
			}
		}
		noted[i] = w
	}
	f.Run.WithoutNode = noted
}

// HasLostNode reports whether a member has no node and had one before.
func (f *Fleet) HasLostNode(m *Member) bool {
	if m.Node != nil {
		return false
	}
	w := f.Run.WithoutNodeOf(m.ID)
	return w != nil && w.Lost
}

// MayRunUnlisted reports whether pods may run on a member although none are listed: it has lost its
// node some minutes ago, even if it has one again, or nobody knows because the update had not begun
// then.
func (f *Fleet) MayRunUnlisted(m *Member) bool {
	w := f.Run.WithoutNodeOf(m.ID)
	switch {
	case m.Node != nil:
		return w != nil && w.Lost && !f.haveEnded(*w)
	case w == nil:
		return f.MayHaveLostNode(m)
	}
	return f.MayHaveLostNode(m) && !f.haveEnded(*w)
}

// haveEnded reports whether the pods of a lost node must have ended.
func (f *Fleet) haveEnded(w upgrade.WithoutNode) bool { return f.Now.Sub(w.Since) >= lostFor+w.Grace }

// MayHaveLostNode reports whether a member has no node and had one, or may have had one before the
// update began.
func (f *Fleet) MayHaveLostNode(m *Member) bool {
	if m.Node != nil || m.Launched.IsZero() {
		return false
	}
	w := f.Run.WithoutNodeOf(m.ID)
	return w == nil || w.Lost || wasThere(m, f.Run.Started)
}

// LostSince is since when a member has no node, as far as is known.
func (f *Fleet) LostSince(m *Member) time.Time {
	if w := f.Run.WithoutNodeOf(m.ID); w != nil {
		return w.Since
	}
	return f.Now
}

// LostLimit is how long after a member has lost its node its pods count as ended.
func (f *Fleet) LostLimit(m *Member) time.Duration {
	limit := lostFor
	if w := f.Run.WithoutNodeOf(m.ID); w != nil {
		limit += w.Grace
	}
	return limit
}
