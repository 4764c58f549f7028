package engine

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// awaitsHealth reports whether the update has to wait because pods or new nodes are not Ready:
// whether they only start, or never will be Ready, nobody can tell yet. It ends when they are, or
// when bad health is confirmed. Nodes in flight continue, and move pods meanwhile.
func (s *state) awaitsHealth(p *plan.Plan) bool {
	if !s.watchesHealth() || s.Run.HealthBaseline == nil {
		return false
	}
	problem := s.healthProblem(0)
	if problem == nil {
		return false
	}
	key, limit := plan.Health, s.patience()
	if len(s.Run.Drains) > 0 { // each of which has a limit
		key, limit = plan.HealthInDrain, 0
	}
	p.WaitFor(key, limit, "%s. Starting no more drains until that is over; the update stops if it lasts for %s", problem.words, text.Duration(s.Update.Policy.Health.After))
	return true
}

// patience is the limit of that wait when nothing is in flight: it may be other pods all the time.
func (s *state) patience() time.Duration {
	return max(s.Update.Policy.JoinTimeout, 2*s.Update.Policy.Health.After)
}

// stopIfBad stops the update when bad health has lasted.
func (s *state) stopIfBad(p *plan.Plan) plan.Decision {
	problem := s.healthProblem(s.Update.Policy.Health.After)
	if problem == nil && s.Elapsed(s.Run.Since(plan.Health, s.Now)) >= s.patience() {
		problem = s.healthProblem(0)
	}
	if problem == nil {
		return plan.Nothing
	}
	e := upgrade.Error{Code: problem.code, Resources: problem.names, Message: upgrade.BadHealth + problem.words}
	switch s.Update.Policy.Health.Then {
	case upgrade.BadHealthCancels:
		return s.end(p, upgrade.Verdict{Status: upgrade.Cancelled, Errors: []upgrade.Error{e}, RestoreTemplate: !s.IsScaling()})
	case upgrade.BadHealthRollsBack:
		return s.end(p, upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{e}, RestoreTemplate: s.noneUsable(), RollBack: s.Ledger.Owes() && !s.IsScaling()})
	}
	return s.pauseForHealth(p, e)
}

func (s *state) pauseForHealth(p *plan.Plan, e upgrade.Error) plan.Decision {
	ends := "'nodelift rollback' or 'nodelift cancel' ends it"
	if s.IsScaling() {
		ends = "'nodelift cancel' ends it, at the size it has reached"
	}
	why := fmt.Sprintf("%s. Find out why; then 'nodelift resume update %s' continues and accepts the present health, or %s", e.Message, s.Update.Name, ends)
	p.Warn("BadHealth", "paused: %s", why)
	return p.Remember(func(r *upgrade.Run) { r.HealthPauses++; r.HealthPause = &upgrade.HealthPause{At: s.Now, Why: why} })
}
