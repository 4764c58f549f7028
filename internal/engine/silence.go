package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// While most nodes of the group or of a zone are silent, nothing is drained or terminated: their
// pods may be running (decision 18).

// checkReports is what people have to look at then.
const checkReports = "Check what is between the nodes and the API server (private endpoint, security groups, network ACLs, DNS) and the log of a kubelet"

// awaitReports waits until most nodes report again, up to the join limit. The time counts against no
// other limit, because nothing was tried in it.
func awaitReports(s *state, p *plan.Plan) plan.Decision {
	silence, limit := s.MostlySilent(), s.Update.Policy.JoinTimeout
	since := s.Run.Since(plan.Silence, s.Now)
	switch {
	case silence == nil && since.Before(s.Now):
		p.Say("NodesReport", "most nodes report again; continuing")
		return p.Remember(func(r *upgrade.Run) {
			within := func(g upgrade.Gap) bool { return !g.From.Before(since) }
			r.Gaps = append(slices.DeleteFunc(slices.Clone(r.Gaps), within), upgrade.Gap{From: since, To: s.Now})
			plan.EndWaits(r, plan.Silence)
		})
	case silence == nil:
		return plan.Nothing
	case s.waitForReports(p) < limit:
		return plan.Wait
	}
	return p.Fail(upgrade.Unreachable, nil, "%s, for %s. They may still run their pods, so nothing is drained or terminated. %s, then retry%s", silence, text.Duration(limit), checkReports, s.keptSize())
}

// awaitReportsToShrink is awaitReports for a scaling, which adds nodes whatever is silent.
func awaitReportsToShrink(s *state, p *plan.Plan) plan.Decision {
	if s.StillToRemove() <= 0 && len(s.Run.Drains) == 0 {
		return plan.Nothing
	}
	return awaitReports(s, p)
}

// keepSilent removes no node to restore a size while most are silent: it waits for them, but not a
// second time, and then keeps the nodes.
func keepSilent(s *state, p *plan.Plan) plan.Decision {
	if s.Ledger.Sizes == nil && len(s.Run.Drains) == 0 {
		return plan.Nothing
	}
	failedForIt := slices.ContainsFunc(s.Run.Verdict.Errors, func(e upgrade.Error) bool { return e.Code == upgrade.Unreachable })
	if !failedForIt && s.waitForReports(p) < s.Update.Policy.JoinTimeout {
		return plan.Wait
	}
	for _, d := range s.Run.Drains {
		s.giveUpOn(p, d, s.MostlySilent().String())
	}
	return p.Decided()
}

// waitForReports says what is waited for, and returns for how long already.
func (s *state) waitForReports(p *plan.Plan) (waited time.Duration) {
	return p.WaitFor(plan.Silence, s.Update.Policy.JoinTimeout, "%s. They may still run their pods, so nothing is drained or terminated (Kubernetes, too, evicts less or nothing while most nodes are silent). %s", s.MostlySilent(), checkReports)
}
