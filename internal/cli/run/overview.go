package run

import (
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/view"
)

// overview sums up a run over several groups.
func (u *upgrading) overview() view.Overview {
	o := view.Overview{Calls: *u.Calls()}
	for _, g := range u.groups {
		line := view.GroupOutcome{NodeGroup: g.Label, AutoScalingGroup: g.group, Status: g.outcome()}
		if g.Update != nil {
			line.Update = g.Update.Name
		}
		if g.summary != nil {
			line.Replaced, line.Evicted = g.summary.Counts.Replaced, g.summary.Counts.Evicted
			line.Seconds, line.Template = g.summary.Seconds, g.summary.Template
		}
		switch {
		case g.err != nil:
			line.Why = g.err.Error()
		case len(g.plan.Refusals) > 0:
			line.Why = g.plan.Refusals[0].Sentence
		}
		o.Groups = append(o.Groups, line)
	}
	return o
}

// outcome is what has come of a group, in a word or two.
func (g *groupUpgrade) outcome() string {
	switch {
	case g.plan.LeftOut:
		return "Skipped"
	case carry.ContinuesInCluster(g.err):
		return "Running"
	case carry.IsStopped(g.err):
		return "Stopped"
	case g.summary != nil:
		return string(g.summary.Status)
	case g.err != nil && g.Update != nil:
		return "Not done"
	case len(g.plan.Refusals) > 0:
		return "Refused"
	case g.err != nil:
		return "Not started"
	case g.wanted() && !g.begun:
		return "Not started"
	}
	return "Up to date"
}
