package engine

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// A rollback is an update whose target is what was there before another one. It
// takes over what that one has borrowed, as it is, and gives it back at its own
// end: nodes that the other one has not replaced yet are up to date and lose
// their marks, those that it has launched are outdated. See decision 6.

// resolveBack resolves the target of a rollback: the launch template version that
// the group used before the other update, and its image. ErrNotFound if one of
// them is gone, or if the other update never found out what its own target means.
func (s *state) resolveBack(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	back := s.Update.Rollback
	if back.Undone == nil || back.Undone.Before.Number == 0 {
		return fmt.Errorf("update %s, which is to be rolled back, does not exist or has changed nothing, so that there is nothing to go back to: %w", back.Of, upgrade.ErrNotFound)
	}
	before := back.Undone.Before
	ref := upgrade.TemplateRef{ID: before.ID, Name: before.Name, Version: strconv.FormatInt(before.Number, 10)}
	if r.Template, err = w.Templates.Resolve(ctx, ref); err != nil {
		return fmt.Errorf("version %d of launch template %s, which the group used before update %s: %w", before.Number, before.ID, back.Of, err)
	}
	if r.Image, err = w.Images.Image(ctx, before.Image); err != nil {
		return fmt.Errorf("the image that the group used before update %s: %w", back.Of, err)
	}
	r.ByTemplate = back.Undone.ByTemplate
	r.Followed = cmp.Or(r.Followed, back.Undone.Followed)
	return nil
}

// awaitUndone lets the update that is rolled back stop first: two at once would
// borrow from the same ledger. A scaling does not stop for that, and its ledger is
// left alone.
func awaitUndone(s *state, p *plan) {
	switch back := s.Update.Rollback; {
	case back != nil && back.Scaling && !s.Run.Begun():
		p.leave(upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: upgrade.NotPermitted, Message: fmt.Sprintf(
			"update %s changed only the sizes of the group, which cannot be rolled back: scale it back instead", back.Of)}}})
	case s.undoneUnderWay():
		p.wait("rollback", 0, "waiting for update %s to stop; it hands over in its next pass", s.Update.Rollback.Of)
		p.block()
	}
}

// handOver ends an update that is rolled back. What it has borrowed passes to the
// update that undoes it; only a node that was about to go with its place is let
// go, as nobody there has it in flight.
func handOver(s *state, p *plan) {
	by := s.Update.RolledBackBy
	if by == "" {
		return
	}
	if sizes := s.Ledger.Sizes; sizes != nil && sizes.ShrinkInstance != "" {
		p.owe(func(l *upgrade.Ledger) { l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, "" })
	}
	p.enter(upgrade.Done)
	p.record.Run.Drains = nil
	if p.record.Run.Verdict == nil {
		p.record.Run.Verdict = &upgrade.Verdict{Status: upgrade.Cancelled, At: s.Now}
	}
	if s.Ledger.Owes() {
		p.record.Run.Owed = []string{"update " + by + " takes over and will restore the group's settings"}
	}
	p.say("RolledBack", "update %s rolls this one back and will restore what was borrowed", by)
}

// rollsBack reports whether a failure is answered with a rollback: if people want
// that and there is something to undo, but not if the group used the target before, as
// a retry's does, if somebody else has changed the template or the group is gone, and
// never a rollback itself.
func (s *state) rollsBack(code string) bool {
	if r := s.Run.Resolved; r != nil && r.Before.Same(r.Template) {
		return false
	}
	return s.Update.Policy.RollbackOnFailure && s.Update.Rollback == nil && !s.IsScaling() && s.Ledger.Owes() && code != upgrade.Conflict && code != upgrade.ResourceNotFound
}

// turnBack has an update that failed rolled back, if that was asked for.
func turnBack(s *state, p *plan) {
	if s.Run.Verdict.RollBack && s.Update.RolledBackBy == "" {
		p.do(rollBack{}, "RollingBack", "", "rolling back because the update failed (rollbackOnFailure)")
	}
}
