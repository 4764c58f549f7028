package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// keepSizes holds the ledger of sizes against what the group reports. What was
// sent and is not there yet is sent again; a change that is not ours is taken
// over into the owner's sizes as a difference.
func keepSizes(s *state, p *plan) {
	d := s.Ledger.Sizes
	if d == nil || s.GroupGone {
		return
	}
	switch seen := s.Group.Size; {
	case d.Pending != nil && seen == *d.Pending:
		p.owe(func(l *upgrade.Ledger) { applied(l.Sizes) })
	case seen != d.Expected || s.shrunkUnseen():
		s.unexpectedSize(p, seen)
	case d.Unexpected != nil:
		p.owe(func(l *upgrade.Ledger) { l.Sizes.Unexpected, l.Sizes.UnexpectedSince = nil, time.Time{} })
	case d.Pending != nil && d.ShrinkInstance == "":
		p.do(resize{d.Expected, *d.Pending}, "Resizing", "", "%s", sizeChange(d.Expected, *d.Pending))
	}
}

// shrunkUnseen reports whether the instance whose termination was to lower the
// desired size is going, though the size is still what it was: either the read
// is stale, or AWS or a person took the instance away first, or somebody raised the size by
// one at the same time.
func (s *state) shrunkUnseen() bool {
	d := s.Ledger.Sizes
	return d.ShrinkInstance != "" && s.gone(d.ShrinkInstance)
}

// unexpectedSize remembers a reading that fits nothing, and adopts it when it is confirmed.
func (s *state) unexpectedSize(p *plan, seen upgrade.Size) {
	d := s.Ledger.Sizes
	if d.Unexpected == nil || *d.Unexpected != seen {
		p.owe(func(l *upgrade.Ledger) { l.Sizes.Unexpected, l.Sizes.UnexpectedSince = &seen, s.Now })
		return
	}
	since := s.Now.Sub(d.UnexpectedSince)
	if since < upgrade.ConfirmAfter {
		p.wait("sizes", 0, "AWS reports the sizes %s instead of %s; reading again before treating that as somebody's change", seen, d.Expected)
		p.lookIn(upgrade.ConfirmAfter - since)
		return
	}
	if seen == d.Expected && d.ShrinkInstance != "" { // and it is going
		switch {
		case s.terminatedElsewhere == nil:
			p.checkActivityFor = d.ShrinkInstance
			return
		case *s.terminatedElsewhere:
			p.owe(func(l *upgrade.Ledger) { *l.Sizes = upgrade.Sizes{Owner: d.Owner, Expected: d.Expected} })
			p.warn("NodeTakenAway", "%s was terminated by AWS or somebody else before Nodelift did it; removing another node instead", d.ShrinkInstance)
			return
		}
	}
	p.owe(func(l *upgrade.Ledger) { adopt(l.Sizes, seen, s.Group.Min, s.shrunkUnseen()) })
	p.warn("SizesChanged", "sizes changed externally (%s -> %s); the owner's sizes are now %s", d.Expected, seen, p.record.Ledger.Sizes.Owner)
}

// sizeChange says which sizes change, as "desired size 3 -> 4".
func sizeChange(from, to upgrade.Size) string {
	var changes []string
	if from.Desired != to.Desired {
		changes = append(changes, fmt.Sprintf("desired size %d -> %d", from.Desired, to.Desired))
	}
	if from.Max != to.Max {
		changes = append(changes, fmt.Sprintf("maximum size %d -> %d", from.Max, to.Max))
	}
	return strings.Join(changes, ", ")
}

// settled reports whether sizes may be changed: nothing is on its way and
// nothing is strange.
func (s *state) settled() bool {
	d := s.Ledger.Sizes
	return d != nil && d.Pending == nil && d.Unexpected == nil
}

// applied notes that what was on its way has arrived.
func applied(d *upgrade.Sizes) {
	*d = upgrade.Sizes{Owner: d.Owner, Expected: *d.Pending}
}

// send notes sizes that are to be set next.
func send(d *upgrade.Sizes, size upgrade.Size, shrink string) {
	d.Pending, d.ShrinkInstance = &size, shrink
}

// adopt takes over what somebody else has set. With something on its way the
// change may have been made before or after it arrived: the reading that gives
// the owner the larger size is taken, but a maximum that is one of ours nobody has
// changed. shrunk: our own termination has lowered the desired size already.
func adopt(d *upgrade.Sizes, seen upgrade.Size, least int, shrunk bool) {
	base := d.Expected
	if d.Pending != nil {
		base = upgrade.Size{Max: min(base.Max, d.Pending.Max), Desired: min(base.Desired, d.Pending.Desired)}
	}
	if shrunk {
		base = *d.Pending
	}
	if seen.Max == d.Expected.Max || d.Pending != nil && seen.Max == d.Pending.Max {
		base.Max = seen.Max
	}
	user := upgrade.Size{
		Max:     adoptOne(d.Owner.Max, base.Max, seen.Max),
		Desired: max(adoptOne(d.Owner.Desired, base.Desired, seen.Desired), least),
	}
	user.Max = max(user.Max, user.Desired)
	*d = upgrade.Sizes{Owner: user, Expected: seen}
}

// adoptOne reads one number. What was added is added to the owner's number.
// What was taken away may be meant as a difference or as the number itself,
// and may take no more than our own surge: the larger reading is taken.
func adoptOne(user, base, seen int) int {
	if seen >= base {
		return user + seen - base
	}
	return max(user+seen-base, min(user, seen))
}
