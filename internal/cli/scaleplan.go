package cli

import (
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// planScaling is what the sizes are and are to be.
type planScaling upgrade.Scaled

// fillScaling adds what the checks found.
func (p *plan) fillScaling(f preflight.Facts, r preflight.Report) {
	n := r.Plan
	p.Nodes, p.Sizes, p.AtOnce = n.Nodes, planSize(n.Sizes), n.MaxUnavailable
	p.Suspends, p.Marks, p.Warnings = n.Suspends, n.Marks, planFindings(r.Warnings)
	p.NothingToDo = f.Scaling.From == f.Scaling.To
	for _, z := range n.Zones {
		p.Zones = append(p.Zones, planZone{Name: z.Name, Nodes: z.Nodes})
	}
}

// scalingText is the plan of a scaling as people read it.
func (p plan) scalingText() string {
	rows := [][2]string{
		{"Account", p.Account + ", as " + p.Caller},
		{"Region", p.Region},
		{"API server", p.APIServer + ", Kubernetes " + p.Version},
		{"Cluster", p.Cluster},
		{"Group", p.Group},
		{"Nodes", p.zoneWords()},
		{"Sizes", p.Scaling.words()},
	}
	switch from, to := p.Scaling.From.Desired, p.Scaling.To.Desired; {
	case to < from:
		rows = append(rows, [2]string{"Drains", fmt.Sprintf("%s, from the fullest zone and the emptiest first; %s", nodes(from-to), p.drainWords())})
	case to > from:
		rows = append(rows, [2]string{"Adds", fmt.Sprintf("%s at once, which have %s to become usable", nodes(to-from), printDuration(p.Policy.JoinTimeout))})
	}
	for _, what := range p.Suspends {
		rows = append(rows, [2]string{"Suspends", what + ", until the end"})
	}
	for _, what := range p.Marks {
		rows = append(rows, [2]string{"Marks", what + ", until the end"})
	}
	for _, what := range p.Installs {
		rows = append(rows, [2]string{"Installs", what})
	}
	if p.Owed {
		rows = append(rows, [2]string{"Gives back", "what an earlier update still owes the group"})
	}
	return "\n" + lined(rows) + findingWords("Mind that", p.Warnings)
}

func nodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

func (p plan) zoneWords() string {
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, fmt.Sprintf("%s %d", z.Name, z.Nodes))
	}
	return fmt.Sprintf("%d (%s)", p.Nodes, strings.Join(zones, ", "))
}

// words are the sizes, with what becomes of those that change.
func (s *planScaling) words() string {
	change := func(name string, from, to int) string {
		if from == to {
			return fmt.Sprintf("%s %d", name, from)
		}
		return fmt.Sprintf("%s %d -> %d", name, from, to)
	}
	return strings.Join([]string{
		change("desired", s.From.Desired, s.To.Desired), change("minimum", s.From.Min, s.To.Min), change("maximum", s.From.Max, s.To.Max),
	}, ", ")
}

// scalingPlan is the plan of a scaling for programs.
type scalingPlan struct {
	Account     string        `json:"account"`
	Caller      string        `json:"caller"`
	Region      string        `json:"region"`
	APIServer   string        `json:"apiServer"`
	Version     string        `json:"apiServerVersion"`
	Cluster     string        `json:"cluster"`
	Group       string        `json:"autoScalingGroup"`
	Nodes       int           `json:"nodes"`
	From        planBounds    `json:"from"`
	To          planBounds    `json:"to"`
	AtOnce      int           `json:"maxUnavailable"`
	Suspends    []string      `json:"suspends,omitempty"`
	Marks       []string      `json:"marks,omitempty"`
	Installs    []string      `json:"installs,omitempty"`
	Owed        bool          `json:"owed,omitempty"`
	Warnings    []planFinding `json:"warnings,omitempty"`
	Refusals    []planFinding `json:"refusals,omitempty"`
	Update      string        `json:"update,omitempty"`
	Standing    string        `json:"standing,omitempty"`
	NothingToDo bool          `json:"nothingToDo"`
}

type planBounds struct {
	Min     int `json:"minSize"`
	Max     int `json:"maxSize"`
	Desired int `json:"desiredSize"`
}

func (p plan) scaling() scalingPlan {
	s := scalingPlan{
		Account: p.Account, Caller: p.Caller, Region: p.Region, APIServer: p.APIServer, Version: p.Version, Cluster: p.Cluster, Group: p.Group,
		Nodes: p.Nodes, AtOnce: p.AtOnce, Suspends: p.Suspends, Marks: p.Marks, Installs: p.Installs, Owed: p.Owed,
		Warnings: p.Warnings, Refusals: p.Refusals, Update: p.Update, Standing: p.Standing, NothingToDo: p.NothingToDo,
	}
	if p.Scaling != nil {
		s.From, s.To = planBounds(p.Scaling.From), planBounds(p.Scaling.To)
	}
	return s
}
