package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/view"
)

// plansText is the plan of several groups as people read it: what they have in
// common, a table, and what was found in each.
func plansText(all []Plan, how string) string {
	rows := append(all[0].rows(), [2]string{"Groups", how})
	header := []string{"GROUP", "NODES", "OUTDATED", "IMAGE", "STRATEGY", "SURGE", "DRAINS", "WHAT"}
	var table [][]string
	for _, p := range all {
		table = append(table, p.row())
	}
	for _, column := range []string{"IMAGE", "STRATEGY", "DRAINS"} {
		i := slices.Index(header, column)
		if same := sameIn(table, i); same != "" {
			rows = append(rows, [2]string{column[:1] + strings.ToLower(column[1:]), same})
			header, table = slices.Delete(header, i, i+1), withoutColumn(table, i)
		}
	}
	for _, of := range []struct {
		name, how string
		list      func(Plan) []string
	}{
		{"Warm pool", "", func(p Plan) []string { return p.warmOf() }},
		{"Suspends", "", func(p Plan) []string { return p.Suspends }},
		{"Marks", ", until the end", func(p Plan) []string { return p.Marks }},
		{"Installs", "", func(p Plan) []string { return p.Installs }},
	} {
		for _, what := range union(all, of.list) {
			rows = append(rows, [2]string{of.name, what + of.how})
		}
	}
	text := "\n" + text.Rows("", rows) + "\n" + view.Table(header, table)
	for _, p := range all {
		if p.NodeGroup != p.Group {
			text += "\n" + p.NodeGroup + " is the Auto Scaling group " + p.Group
		}
	}
	text = strings.TrimSuffix(text, "\n") + "\n"
	for _, p := range all {
		text += findingWords(p.NodeGroup+" "+p.what(), p.Refusals)
		text += findingWords("Warnings for "+p.NodeGroup, p.Warnings)
	}
	return text
}

// warmOf says of which group it is what becomes of the warm pool.
func (p Plan) warmOf() []string {
	if words := p.warmWords(); words != "" {
		return []string{p.NodeGroup + ": " + words}
	}
	return nil
}

// none is a cell for which there is nothing to say.
const none = "-"

// sameIn is what a column says, "" if it is not the same in all rows that say
// something.
func sameIn(table [][]string, column int) string {
	same := ""
	for _, row := range table {
		switch cell := row[column]; {
		case cell == none || cell == same:
		case same == "":
			same = cell
		default:
			return ""
		}
	}
	return same
}

// withoutColumn is a table without one of its columns.
func withoutColumn(table [][]string, column int) [][]string {
	var narrower [][]string
	for _, row := range table {
		narrower = append(narrower, slices.Delete(slices.Clone(row), column, column+1))
	}
	return narrower
}

// row is the plan in one row of a table.
func (p Plan) row() []string {
	row := []string{p.NodeGroup, none, none, none, none, none, none, p.what()}
	if p.To.ID != "" {
		row[1], row[2] = fmt.Sprint(p.Nodes), fmt.Sprint(p.Outdated)
		row[3] = p.From.brief() + " -> " + p.To.brief()
		if p.From == p.To {
			row[3] = p.To.brief()
		}
	}
	if p.To.ID != "" && !p.NothingToDo {
		row[4], row[5], row[6] = string(p.Policy.Strategy), fmt.Sprint(p.Surge), fmt.Sprintf("%d at a time, up to %s each", p.AtOnce, text.Duration(p.Policy.DrainTimeout))
	}
	return row
}

// what says what will be done.
func (p Plan) what() string {
	switch {
	case p.LeftOut:
		return "will be skipped"
	case len(p.Refusals) > 0:
		return "cannot be upgraded"
	case p.Update != "":
		return "continues " + p.Standing
	case p.NothingToDo && p.Owed:
		return "restores what it owes"
	case p.NothingToDo:
		return "nothing to do"
	}
	return "will be upgraded"
}

// brief is what tells the image from others.
func (i planImage) brief() string { return cmp.Or(i.Release, i.Version, i.Name, i.ID) }

// union is what the plans that something is done for have in their lists, each
// once.
func union(all []Plan, list func(Plan) []string) []string {
	var together []string
	for _, p := range all {
		for _, what := range list(p) {
			if !p.NothingToDo && !slices.Contains(together, what) {
				together = append(together, what)
			}
		}
	}
	return together
}
