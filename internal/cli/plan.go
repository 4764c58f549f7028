package cli

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// plan is what a person sees before anything changes.
type plan struct {
	Account     string         `json:"account"`
	Caller      string         `json:"caller"`
	Region      string         `json:"region"`
	APIServer   string         `json:"apiServer"`
	Version     string         `json:"apiServerVersion"`
	Cluster     string         `json:"cluster"`
	Group       string         `json:"autoScalingGroup"`
	Nodes       int            `json:"nodes"`
	Outdated    int            `json:"outdated"`
	Zones       []planZone     `json:"zones"`
	Kubelets    []string       `json:"kubelets"`
	From        planImage      `json:"from"`
	To          planImage      `json:"to"`
	Template    string         `json:"launchTemplate"`
	AtOnce      int            `json:"maxUnavailable"`
	Surge       int            `json:"surge"`
	Bound       int            `json:"surgeBound"`
	Sizes       planSize       `json:"sizes"`
	Policy      upgrade.Policy `json:"-"`
	Suspends    []string       `json:"suspends,omitempty"`
	Installs    []string       `json:"installs,omitempty"`
	Owed        bool           `json:"owed,omitempty"`
	Warnings    []planFinding  `json:"warnings,omitempty"`
	NothingToDo bool           `json:"nothingToDo"`
}

type planZone struct {
	Name     string `json:"name"`
	Nodes    int    `json:"nodes"`
	Outdated int    `json:"outdated"`
}

type planSize struct {
	Max     int `json:"max"`
	Desired int `json:"desired"`
}

type planImage struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Arch    string `json:"arch,omitempty"`
	Family  string `json:"family,omitempty"`
	Version string `json:"version,omitempty"`
	Release string `json:"release,omitempty"`
}

type planFinding struct {
	Rule     string   `json:"rule"`
	Sentence string   `json:"sentence"`
	Things   []string `json:"things,omitempty"`
}

// newPlan puts together what was found.
func (s *connection) newPlan(o *upgradeOptions, f preflight.Facts, r preflight.Report) plan {
	n := r.Plan
	p := plan{
		Account: s.identity.Account, Caller: s.identity.ARN, Region: s.cloud.Region,
		APIServer: s.cluster.Host(), Version: s.version, Cluster: o.cluster, Group: f.Group.Name,
		Nodes: n.Nodes, Outdated: n.Outdated, Kubelets: n.Kubelets, From: planImage(n.From), To: planImage(n.To),
		Template: templateWords(f, n), AtOnce: n.MaxUnavailable, Surge: n.Surge, Bound: n.Bound, Sizes: planSize(n.Sizes),
		Policy: o.policy, Suspends: n.Suspends, NothingToDo: n.NothingToDo(),
		Warnings: planFindings(r.Warnings),
	}
	for _, z := range n.Zones {
		p.Zones = append(p.Zones, planZone(z))
	}
	return p
}

func planFindings(found []preflight.Finding) []planFinding {
	var all []planFinding
	for _, f := range found {
		all = append(all, planFinding{f.Rule, f.String(), f.Things})
	}
	return all
}

func templateWords(f preflight.Facts, n preflight.Plan) string {
	words := fmt.Sprintf("%s (%s) version %d", f.Template.Name, f.Template.ID, f.Template.Number)
	switch {
	case f.Target.ByTemplate:
		words += fmt.Sprintf(" -> %d", f.Target.Template.Number)
	case n.NewTemplateVersion:
		words += " -> a new version of it"
	}
	return words
}
