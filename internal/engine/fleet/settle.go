package fleet

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// SettleLimit is how long an update waits for nodes that come up before it measures the group. A
// rollback does not wait for long: what it rolls back may be what keeps them.
func (f *Fleet) SettleLimit() time.Duration {
	if f.Update.Rollback != nil {
		return time.Minute
	}
	return f.Update.Policy.JoinTimeout
}

// Unsettled says which node is still coming up, "" if the number of usable nodes has settled: it is
// the owner's desired size, or nothing that is missing has changed for the limit. A group that is
// measured earlier looks smaller than it is.
func (f *Fleet) Unsettled() string {
	if f.CountUsable() >= f.OwnersDesired() {
		return ""
	}
	for _, m := range f.Where(f.IsJoining) {
		if since := changed(m); since.IsZero() || f.Elapsed(since) < f.SettleLimit() {
			return fmt.Sprintf("%s (%s) is not usable yet: %s", m.Name(), m.Zone, m.NotUsable)
		}
	}
	if missing := f.OwnersDesired() - len(f.Where(func(*Member) bool { return true })); missing > 0 {
		return text.Count(missing, "instance") + " not launched yet"
	}
	return ""
}

// changed is when a member was launched or its node became Ready or not Ready, whichever is later. It
// is zero if EC2 does not know that yet.
func changed(m *Member) time.Time {
	if m.Node == nil {
		return m.Launched
	}
	return upgrade.Later(m.Launched, m.Node.ReadySince)
}
