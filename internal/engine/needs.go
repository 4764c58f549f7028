package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// need is something that only some plans have to know (plan.Needs). When a plan asks for it and it
// was not read, the pass reads it and asks the rules again.
type need struct {
	isUnmet func(*state, *plan.Plan) bool
	read    func(context.Context, upgrade.World, *state, *plan.Plan) (*state, error)
}

func needs() []need {
	return []need{
		{isUnmet: needsFreshRead, read: readAgain},
		{isUnmet: needsTerminatedElsewhere, read: readTerminatedElsewhere},
		{isUnmet: needsLastActivity, read: readLastActivity},
		{isUnmet: needsConsole, read: readConsole},
	}
}

// needsFreshRead reports whether a plan has to be made again by a fresh read of the cloud: it sets
// or lowers something there, and the last read is too old or something is known to be newer.
func needsFreshRead(s *state, p *plan.Plan) bool {
	changes := func(st plan.Step) bool { return plan.ChangesCloud(st.Action) }
	asks := p.Needs.Fresh || slices.ContainsFunc(p.Steps, changes)
	return asks && (p.Needs.Newer || s.Now.Sub(s.Group.Read) >= upgrade.Freshness)
}

func readAgain(ctx context.Context, w upgrade.World, _ *state, _ *plan.Plan) (*state, error) {
	return observe(ctx, w, true)
}

func needsTerminatedElsewhere(s *state, p *plan.Plan) bool {
	return p.Needs.TerminatedElsewhere != "" && s.TerminatedElsewhere == nil
}

func readTerminatedElsewhere(ctx context.Context, w upgrade.World, s *state, p *plan.Plan) (*state, error) {
	elsewhere, err := w.Activities.TerminatedElsewhere(ctx, s.Update.Group, p.Needs.TerminatedElsewhere)
	if err != nil {
		return s, s.note(ctx, plan.ActivitiesRead, fmt.Errorf("read the scaling activities of %s: %w", s.Update.Group, err))
	}
	s.TerminatedElsewhere = &elsewhere
	return s, nil
}

func needsLastActivity(s *state, p *plan.Plan) bool {
	return p.Needs.LastActivity && s.lastActivity == nil
}

func readLastActivity(ctx context.Context, w upgrade.World, s *state, p *plan.Plan) (*state, error) {
	activity, err := w.Activities.LastActivity(ctx, s.Update.Group, s.Run.Started, p.Needs.About)
	if ctx.Err() != nil {
		return s, err
	}
	if err != nil { // it only explains
		activity = fmt.Sprintf("not known (%v)", err)
	}
	s.lastActivity = &activity
	return s, nil
}

func needsConsole(s *state, p *plan.Plan) bool {
	return p.Needs.Console != "" && s.console == nil
}

func readConsole(ctx context.Context, w upgrade.World, s *state, p *plan.Plan) (*state, error) {
	instance := p.Needs.Console
	lines, err := w.Activities.Console(ctx, instance)
	words := fmt.Sprintf(" The last lines on the console of %s: %s", instance, lines)
	switch {
	case ctx.Err() != nil:
		return s, err
	case err != nil: // it only explains
		words = fmt.Sprintf(" The console of %s could not be read: %v", instance, err)
	case lines == "":
		words = fmt.Sprintf(" Nothing is known yet of what %s has written to its console", instance)
	}
	s.console = &words
	return s, nil
}
