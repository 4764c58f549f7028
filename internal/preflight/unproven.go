package preflight

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Running is a template version that nodes of the group run and that the group does not launch any more.
type Running struct {
	Version upgrade.TemplateVersion
	Nodes   int
	Differs []string // from the version that the group launches, in words, besides the image
	Gone    bool     // it does not exist any more
}

// unproven warns about a launch template version that no node runs: that nodes work now says nothing
// about it.
func unproven(f Facts) []Finding {
	r := f.Running
	if r.Nodes == 0 || !f.makesVersion() || len(r.Differs) == 0 && !r.Gone {
		return nil
	}
	differs := "which does not exist any more, so that nobody can compare them"
	if !r.Gone {
		differs = "which differs in its " + text.List(r.Differs, 5)
	}
	return one(Finding{
		Rule: "VersionNotRun",
		What: fmt.Sprintf("%d of %s run version %d of launch template %s, %s; the group launches version %d of %s",
			r.Nodes, text.Count(len(f.instances()), "node"), r.Version.Number, r.Version.ID, differs, f.Template.Number, f.Template.ID),
		Why:  fmt.Sprintf("no node has shown yet that version %d works", f.Template.Number),
		Next: "check what it says, or begin with one node (--canary 1)",
	})
}

// RunningVersion is the version that most members run, if that is not the one that the group launches.
func RunningVersion(g upgrade.Group, launches upgrade.TemplateVersion) (version upgrade.TemplateVersion, nodes int) {
	counts := map[upgrade.TemplateVersion]int{}
	for _, i := range g.Instances {
		v := upgrade.TemplateVersion{ID: i.Template.ID, Number: i.Template.Number}
		if i.Lifecycle.IsTerminating() || v.ID == "" {
			continue
		}
		if v.Same(launches) {
			return upgrade.TemplateVersion{}, 0 // some node has shown that it works
		}
		counts[v]++
	}
	for v, n := range counts {
		if n > nodes || n == nodes && v.Number > version.Number {
			version, nodes = v, n
		}
	}
	return version, nodes
}
