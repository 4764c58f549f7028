package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/view"
)

// plansText is the plan of several groups as people read it: what they have in
// common, a table, and what was found in each.
func plansText(all []plan, how choice) string {
	p := all[0]
	rows := [][2]string{
		{"Account", p.Account + ", as " + p.Caller},
		{"Region", p.Region},
		{"API server", p.APIServer + ", Kubernetes " + p.Version},
		{"Cluster", p.Cluster},
		{"Groups", how.words()},
	}
	for _, what := range firstOf(all, func(p plan) []string { return p.Installs }) {
		rows = append(rows, [2]string{"Installs", what})
	}
	var table [][]string
	for _, p := range all {
		table = append(table, p.row())
	}
	text := "\n" + lined(rows) + "\n" +
		view.Table([]string{"GROUP", "NODES", "OUTDATED", "IMAGE", "SURGE", "DRAINS", "WHAT", "AUTO SCALING GROUP"}, table)
	for _, p := range all {
		text += findingWords(p.NodeGroup+" "+p.what(), p.Refusals)
		text += findingWords("Mind that, in "+p.NodeGroup, p.Warnings)
	}
	return text
}

// words say how several groups are upgraded.
func (c choice) words() string {
	which, order, failure := "all", "one after the other", "it ends after the first that fails"
	if !c.all {
		which = "those with the tags " + c.selector.String()
	}
	if c.parallel > 1 {
		order = fmt.Sprintf("%d at the same time", c.parallel)
	}
	if c.keepGoing {
		failure = "it goes on after one that fails"
	}
	return strings.Join([]string{which, order, failure}, ", ")
}

// row is the plan in one row of a table.
func (p plan) row() []string {
	row := []string{p.NodeGroup, "-", "-", "-", "-", "-", p.what(), p.Group}
	if p.To.ID != "" {
		row[1], row[2] = fmt.Sprint(p.Nodes), fmt.Sprint(p.Outdated)
		row[3] = p.From.brief() + " -> " + p.To.brief()
	}
	if p.To.ID != "" && !p.NothingToDo {
		row[4], row[5] = fmt.Sprint(p.Surge), fmt.Sprintf("%d at once, %s each", p.AtOnce, printDuration(p.Policy.DrainTimeout))
	}
	return row
}

// what says what will be done.
func (p plan) what() string {
	switch {
	case p.LeftOut:
		return "is left out"
	case len(p.Refusals) > 0:
		return "cannot be upgraded"
	case p.Update != "":
		return "goes on " + p.Standing
	case p.NothingToDo && p.Owed:
		return "gives back what it owes"
	case p.NothingToDo:
		return "nothing to do"
	}
	return "is upgraded"
}

// brief is what tells the image from others.
func (i planImage) brief() string { return cmp.Or(i.Release, i.Version, i.Name, i.ID) }

// firstOf is the first of some lists that has anything in it.
func firstOf(all []plan, list func(plan) []string) []string {
	i := slices.IndexFunc(all, func(p plan) bool { return len(list(p)) > 0 })
	if i < 0 {
		return nil
	}
	return list(all[i])
}
