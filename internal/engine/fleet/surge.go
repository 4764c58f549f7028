package fleet

import (
	"slices"
)

// Surge is how many nodes are to be added now.
func (f *Fleet) Surge() int {
	if f.IsMinimal() {
		return 0
	}
	if f.IsLean() { // AWS may still report an instance after its termination was requested: it is not left
		asked := f.TerminationsRequested()
		return f.SurgeFor(f.Where(func(m *Member) bool { return m.Outdated && !asked[m.ID] }))
	}
	return f.SurgeFor(f.Outdated())
}

// SurgeFor is the surge for these outdated members: one node for each of their zones, or
// maxUnavailable if that is more, but then not more than there are outdated members.
func (f *Fleet) SurgeFor(outdated []*Member) int {
	return max(len(CountByZone(outdated)), min(f.MaxUnavailable(), len(outdated)))
}

// MaxSurge is the most that may be added: twice the number of zones or maxUnavailable, the
// larger (EKS). Auto Scaling chooses the zone of a new instance, so it may take more instances
// than the surge to get one in every zone. LEAN adds no more than its surge.
func (f *Fleet) MaxSurge() int {
	if f.IsLean() && !f.stranded() {
		return f.Surge()
	}
	return max(2*len(f.Group.Zones), f.MaxUnavailable())
}

// stranded reports whether a rollback has added all that LEAN allows and a zone that must have a
// replacement has none. Nobody chose the strategy of a rollback (decision 6), so it then may add
// as much as DEFAULT.
func (f *Fleet) stranded() bool {
	return f.Update.Rollback != nil && f.Added() >= f.Surge() && slices.ContainsFunc(f.ZonesWithoutReplacement(), f.NeedsZoneCovered)
}

// Added is how many nodes were added to the owner's desired size.
func (f *Fleet) Added() int {
	if f.Ledger.Sizes == nil {
		return 0
	}
	return f.Ledger.Sizes.Expected.Desired - f.Ledger.Sizes.Owner.Desired
}

// StillToRemove is how many nodes have still to be chosen for removal, so that the group gets
// the owner's desired size again. Those in flight are already chosen. Sizes must be borrowed.
func (f *Fleet) StillToRemove() int {
	d := f.Ledger.Sizes
	return d.Expected.Desired - d.Owner.Desired - len(f.Run.Drains)
}
