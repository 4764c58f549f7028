package show

import (
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Plan is what a person sees before anything changes.
type Plan struct {
	NodeGroup string `json:"nodeGroup,omitempty"` // what people call it where there are several
	Planned
	Outdated int `json:"outdated"`
	// WarmPool is how many instances the warm pool has, OutdatedWarm how many of them are replaced.
	WarmPool     int            `json:"warmPool,omitempty"`
	OutdatedWarm int            `json:"outdatedInWarmPool,omitempty"`
	Zones        []planZone     `json:"zones"`
	Kubelets     []string       `json:"kubelets"`
	From         planImage      `json:"from"`
	To           planImage      `json:"to"`
	Images       []string       `json:"outdatedImages,omitempty"`
	Template     string         `json:"launchTemplate"`
	AtOnce       int            `json:"maxUnavailable"`
	Surge        int            `json:"surge"`
	Bound        int            `json:"surgeBound"`
	Sizes        planSize       `json:"sizes"`
	Policy       upgrade.Policy `json:"-"`
	WhyWait      string         `json:"cordonWaitReason,omitempty"` // why the cordon wait is what it is, if it was left to the load balancers
	Scaling      *PlanScaling   `json:"-"`                          // nil for an upgrade
	LeftOut      bool           `json:"leftOut,omitempty"`          // somebody else upgrades the group
}

// Place says where everything happens, which a person compares before agreeing.
type Place struct {
	Account   string `json:"account"`
	Caller    string `json:"caller"`
	Region    string `json:"region"`
	APIServer string `json:"apiServer"`
	Version   string `json:"apiServerVersion"`
	Cluster   string `json:"cluster"`
	Group     string `json:"autoScalingGroup"`
}

// Planned is the part of a plan that upgrades and scalings share.
type Planned struct {
	Place
	Nodes    int           `json:"nodes"`
	Suspends []string      `json:"suspends,omitempty"`
	Marks    []string      `json:"marks,omitempty"`
	Installs []string      `json:"installs,omitempty"`
	Owed     bool          `json:"owed,omitempty"`
	Warnings []PlanFinding `json:"warnings,omitempty"`
	Refusals []PlanFinding `json:"refusals,omitempty"` // they stop it
	// Update is the one that is under way and continues, and Standing its progress.
	Update      string `json:"update,omitempty"`
	Standing    string `json:"standing,omitempty"`
	NothingToDo bool   `json:"nothingToDo"`
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
	Variant string `json:"variant,omitempty"`
}

type PlanFinding struct {
	Rule     string   `json:"rule"`
	Sentence string   `json:"sentence"`
	Things   []string `json:"things,omitempty"`
}

// planSettings are how an upgrade goes about it, in the words of a NodeGroupUpdate.
type planSettings struct {
	Strategy upgrade.Strategy `json:"strategy"`
	Force    bool             `json:"force"`
	v1alpha1.Settings
}

// settings are nil for a plan without a target: one that was refused, or that continues an
// update.
func (p Plan) settings() *planSettings {
	if p.To.ID == "" {
		return nil
	}
	return &planSettings{Strategy: p.Policy.Strategy, Force: p.Policy.Force, Settings: kube.Settings(p.Policy)}
}

// Fill adds what the checks found.
func (p *Plan) Fill(f preflight.Facts, r preflight.Report) {
	n := r.Plan
	p.fillAny(r)
	p.Outdated, p.Kubelets = n.Outdated, n.Kubelets
	p.From, p.To, p.Images, p.Template = planImage(n.From), planImage(n.To), n.OutdatedImages, templateWords(f, n)
	p.WarmPool, p.OutdatedWarm = n.WarmPool, n.OutdatedWarm
	p.Surge, p.Bound, p.NothingToDo = n.Surge, n.Bound, n.NothingToDo()
}

// fillAny adds what the checks found that upgrades and scalings share.
func (p *Plan) fillAny(r preflight.Report) {
	n := r.Plan
	p.Nodes, p.Sizes, p.AtOnce = n.Nodes, planSize(n.Sizes), n.MaxUnavailable
	p.Suspends, p.Marks, p.Warnings = n.Suspends, n.Marks, PlanFindings(r.Warnings)
	for _, z := range n.Zones {
		p.Zones = append(p.Zones, planZone(z))
	}
}

func PlanFindings(found []preflight.Finding) []PlanFinding {
	var all []PlanFinding
	for _, f := range found {
		all = append(all, PlanFinding{f.Rule, f.String(), f.Things})
	}
	return all
}

func templateWords(f preflight.Facts, n preflight.Plan) string {
	t := f.Template
	words := fmt.Sprintf("%s (%s) version %d", t.Name, t.ID, t.Number)
	if t.Parameter != "" {
		words += " with the image of " + t.ParameterWords()
	}
	switch {
	case f.Target.ByTemplate:
		words += fmt.Sprintf(" -> %d", f.Target.Template.Number)
	case n.NewTemplateVersion && t.Parameter != "":
		before := fmt.Sprintf("version %d", t.Number)
		if f.Group.Template.Follows() {
			before = f.Group.Template.Version
		}
		words += fmt.Sprintf(" -> a new version of it with %s itself; at the end %s with the parameter again, if that names %[1]s then", f.Target.Image.ID, before)
	case n.NewTemplateVersion:
		words += " -> a new version of it"
	}
	return words
}
