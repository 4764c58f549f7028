package cli

import (
	"cmp"
	"fmt"
	"strings"

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
	Refusals    []planFinding  `json:"refusals,omitempty"`
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

// words is the image with what is known of it.
func (i planImage) words() string {
	known := cmp.Or(i.Release, i.Version, i.Name)
	if known == "" {
		return i.ID
	}
	return i.ID + " (" + known + ")"
}

type planFinding struct {
	Rule     string   `json:"rule"`
	Sentence string   `json:"sentence"`
	Things   []string `json:"things,omitempty"`
}

// newPlan puts together what was found.
func (s *session) newPlan(o *upgradeOptions, f preflight.Facts, r preflight.Report) plan {
	n := r.Plan
	p := plan{
		Account: s.identity.Account, Caller: s.identity.ARN, Region: s.cloud.Region,
		APIServer: s.cluster.Host(), Version: s.version, Cluster: o.cluster, Group: f.Group.Name,
		Nodes: n.Nodes, Outdated: n.Outdated, Kubelets: n.Kubelets, From: planImage(n.From), To: planImage(n.To),
		Template: templateWords(f, n), AtOnce: n.MaxUnavailable, Surge: n.Surge, Bound: n.Bound, Sizes: planSize(n.Sizes),
		Policy: o.policy, Suspends: n.Suspends, NothingToDo: n.NothingToDo(),
		Warnings: planFindings(r.Warnings), Refusals: planFindings(r.Refusals),
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

// text is the plan as people read it.
func (p plan) text() string {
	rows := [][2]string{
		{"Account", p.Account + ", as " + p.Caller},
		{"Region", p.Region},
		{"API server", p.APIServer + ", Kubernetes " + p.Version},
		{"Cluster", p.Cluster},
		{"Group", p.Group},
		{"Nodes", p.nodeWords()},
		{"Image", p.From.words() + " -> " + p.To.words()},
		{"Kubernetes", strings.Join(p.Kubelets, ", ") + " -> " + cmp.Or(p.To.Version, "unknown")},
		{"Template", p.Template},
		{"Surge", p.surgeWords()},
		{"Drains", p.drainWords()},
	}
	for _, what := range p.Suspends {
		rows = append(rows, [2]string{"Suspends", what + ", until the end"})
	}
	for _, what := range p.Installs {
		rows = append(rows, [2]string{"Installs", what})
	}
	if p.Owed {
		rows = append(rows, [2]string{"Gives back", "what an earlier update still owes the group"})
	}
	return "\n" + lined(rows) + findingWords("Mind that", p.Warnings)
}

func (p plan) nodeWords() string {
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, fmt.Sprintf("%s %d of %d", z.Name, z.Outdated, z.Nodes))
	}
	return fmt.Sprintf("%d of %d are outdated (%s)", p.Outdated, p.Nodes, strings.Join(zones, ", "))
}

func (p plan) surgeWords() string {
	return fmt.Sprintf("%d nodes more before the first drain, %d at most (now desired %d, maximum %d)",
		p.Surge, p.Bound, p.Sizes.Desired, p.Sizes.Max)
}

func (p plan) drainWords() string {
	after := "then the upgrade fails"
	if p.Policy.Force {
		after = "then pods are deleted past their budgets"
	}
	return fmt.Sprintf("%d at the same time, each up to %s, %s; %s from cordon to termination",
		p.AtOnce, printDuration(p.Policy.DrainTimeout), after, printDuration(p.Policy.CordonWait))
}

// findingWords lists findings below a title.
func findingWords(title string, found []planFinding) string {
	if len(found) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s:\n", title)
	for _, f := range found {
		fmt.Fprintf(&b, "  - %s\n", f.Sentence)
	}
	return b.String()
}

// lined lines up names and what belongs to them.
func lined(rows [][2]string) string {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%-*s  %s\n", width, row[0], row[1])
	}
	return b.String()
}
