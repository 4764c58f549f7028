package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// text is the plan as people read it.
func (p Plan) text() string {
	if p.Scaling != nil {
		return p.scalingText()
	}
	rows := [][2]string{
		{"Nodes", p.nodeWords()},
		{"Image", p.imageWords()},
		{"Kubernetes", strings.Join(p.Kubelets, ", ") + " -> " + cmp.Or(p.To.Version, "unknown")},
		{"Template", p.Template},
		{"Strategy", p.strategyWords()},
		{"Adds", p.surgeWords()},
		{"Drains", p.drainWords()},
	}
	if words := p.warmWords(); words != "" {
		rows = slices.Insert(rows, 1, [2]string{"Warm pool", words})
	}
	if stops := HealthWords(p.Policy.Health); stops != "" {
		rows = append(rows, [2]string{"Stops", stops})
	}
	return p.about(rows)
}

// rows are the place as people read it. A command that calls no AWS has no account.
func (p Place) rows() [][2]string {
	var rows [][2]string
	if p.Account != "" {
		rows = append(rows, [2]string{"Account", p.Account + ", as " + p.Caller})
	}
	return append(rows, [][2]string{
		{"Region", p.Region},
		{"API server", p.APIServer + ", Kubernetes " + p.Version},
		{"Cluster", p.Cluster},
	}...)
}

// about is a plan whose own rows are these.
func (p Planned) about(rows [][2]string) string {
	rows = slices.Concat(p.rows(), [][2]string{{"Group", p.Group}}, rows)
	for _, what := range p.Suspends {
		rows = append(rows, [2]string{"Suspends", what})
	}
	for _, what := range p.Marks {
		rows = append(rows, [2]string{"Marks", what + ", until the end"})
	}
	for _, what := range p.Installs {
		rows = append(rows, [2]string{"Installs", what})
	}
	if p.Owed {
		rows = append(rows, [2]string{"Restores", "what an earlier update still owes the group"})
	}
	return "\n" + text.Rows("", rows) + findingWords("Warnings", p.Warnings)
}

// Nothing says that there is nothing to do.
func (p Plan) Nothing() string {
	if p.Scaling != nil {
		return fmt.Sprintf("Nothing to do: the sizes of %s are %s already.", p.Group, p.Scaling.words())
	}
	all := fmt.Sprintf("all %d nodes of %s run", p.Nodes, p.Group)
	switch p.Nodes {
	case 0:
		all = p.Group + " has no node, and launches"
	case 1:
		all = "the one node of " + p.Group + " runs"
	}
	return fmt.Sprintf("Nothing to do: %s %s already.", all, view.Image(v1alpha1.Image(p.To)))
}

func (p Plan) nodeWords() string {
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, fmt.Sprintf("%s %d of %d", z.Name, z.Outdated, z.Nodes))
	}
	return fmt.Sprintf("%d of %d are outdated (%s)", p.Outdated, p.Nodes, strings.Join(zones, ", "))
}

// warmWords say what becomes of the warm pool, "" if there is none.
func (p Plan) warmWords() string {
	switch {
	case p.WarmPool == 0:
		return ""
	case p.OutdatedWarm == 0:
		return text.Count(p.WarmPool, "instance") + ", up to date"
	}
	return fmt.Sprintf("%d of %s outdated, replaced before a node is added", p.OutdatedWarm, text.Count(p.WarmPool, "instance"))
}

// imageWords say which image takes the place of which. An earlier update may
// have left the target's in the group's launch template.
func (p Plan) imageWords() string {
	from, to := view.Image(v1alpha1.Image(p.From)), view.Image(v1alpha1.Image(p.To))
	if from == to && p.Outdated > 0 {
		return strings.Join(p.Images, ", ") + " -> " + to + ", which the group launches already"
	}
	return from + " -> " + to
}

func (p Plan) strategyWords() string {
	return fmt.Sprintf("%s, nodes in the order %s", cmp.Or(p.Policy.Strategy, upgrade.Default), cmp.Or(p.Policy.NodeOrder, upgrade.Random))
}

func (p Plan) surgeWords() string {
	first := fmt.Sprintf("%s first (%d -> %d)", text.Count(p.Surge, "node"), p.Sizes.Desired, p.Sizes.Desired+p.Surge)
	switch p.Policy.Strategy {
	case upgrade.Minimal:
		return fmt.Sprintf("no node: an outdated node is terminated before its replacement is launched (desired %d, maximum %d)", p.Sizes.Desired, p.Sizes.Max)
	case upgrade.Lean:
		return first + ", never more than are still outdated"
	}
	return fmt.Sprintf("%s, at most %d extra (%d)", first, p.Bound, p.Sizes.Desired+p.Bound)
}

func (p Plan) drainWords() string {
	after := "then the upgrade fails"
	if p.Scaling != nil {
		after = "then the scaling fails"
	}
	switch {
	case p.Policy.Force:
		after = "then pods are deleted past their budgets"
	case p.Policy.Quarantine:
		after = "then the node is quarantined and tried again at the end"
		if p.Scaling != nil {
			after = "then the node is quarantined and another one is drained"
		}
	}
	if p.Policy.RollbackOnFailure {
		after += ", and what fails is rolled back"
	}
	soak := ""
	if p.Policy.Canary > 0 {
		soak += fmt.Sprintf("; %d first, the others %s after those are replaced", p.Policy.Canary, text.Duration(p.Policy.CanarySoak))
	}
	if p.Policy.Soak > 0 {
		soak += fmt.Sprintf("; %s between batches", text.Duration(p.Policy.Soak))
	}
	return fmt.Sprintf("%d at a time, up to %s each, %s; %s from cordon to termination%s",
		p.AtOnce, text.Duration(p.Policy.DrainTimeout), after, text.Duration(p.Policy.CordonWait), soak)
}

// findingWords lists findings below a title.
func findingWords(title string, found []PlanFinding) string {
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
