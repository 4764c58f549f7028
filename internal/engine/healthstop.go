package engine

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// paused reports whether the update is paused, by people or by bad health.
func (s *state) paused() bool { return s.Update.PauseRequested || s.Run.PausedForHealth() }

// healthWait is the key of the wait for pods and nodes to be Ready.
const healthWait = "health"

// settles holds back what would go on with the update while pods or new nodes are not
// Ready: whether they only start, or never will be, nobody can tell yet. It ends when
// they are, or when that is believed. Nodes in flight go on, and move pods meanwhile.
func (s *state) settles(p *plan) bool {
	if !s.watchesHealth() || s.Run.HealthBaseline == nil {
		return false
	}
	sick := s.healthProblem(0)
	if sick == nil {
		return false
	}
	const words = "%s. Starting no more drains until that is over; the update stops if it lasts for %s"
	if len(s.Run.Drains) > 0 { // each of which has a limit
		p.wait(healthWait+"/drains", 0, words, sick.words, text.Duration(s.Update.Policy.Health.After))
		return true
	}
	p.wait(healthWait, s.patience(), words, sick.words, text.Duration(s.Update.Policy.Health.After))
	return true
}

// patience is the limit of that wait when nothing is in flight: it may be other pods
// all the time.
func (s *state) patience() time.Duration {
	return max(s.Update.Policy.JoinTimeout, 2*s.Update.Policy.Health.After)
}

// stopIfBad stops the update when bad health has lasted.
func (s *state) stopIfBad(p *plan) {
	sick := s.healthProblem(s.Update.Policy.Health.After)
	if sick == nil && s.Elapsed(s.since(healthWait)) >= s.patience() {
		sick = s.healthProblem(0)
	}
	if sick == nil {
		return
	}
	e := upgrade.Error{Code: sick.code, Resources: sick.names, Message: upgrade.BadHealth + sick.words}
	switch s.Update.Policy.Health.Then {
	case upgrade.BadHealthCancels:
		p.end(upgrade.Verdict{Status: upgrade.Cancelled, Errors: []upgrade.Error{e}, RestoreTemplate: !s.IsScaling()})
	case upgrade.BadHealthRollsBack:
		p.end(upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{e}, RestoreTemplate: s.noneUsable(), RollBack: s.Ledger.Owes() && !s.IsScaling()})
	default:
		ends := "'nodelift rollback' or 'nodelift cancel' ends it"
		if s.IsScaling() {
			ends = "'nodelift cancel' ends it, at the size it has reached"
		}
		why := fmt.Sprintf("%s. Find out why; then 'nodelift resume update %s' continues and accepts the present health, or %s", e.Message, s.Update.Name, ends)
		p.remember(func(r *upgrade.Run) { r.HealthPauses++; r.HealthPause = &upgrade.HealthPause{At: s.Now, Why: why} })
		p.warn("BadHealth", "paused: %s", why)
	}
}
