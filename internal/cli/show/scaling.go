package show

import (
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// PlanScaling is what the sizes are and are to be.
type PlanScaling upgrade.Scaled

// FillScaling adds what the checks found.
func (p *Plan) FillScaling(f preflight.Facts, r preflight.Report) {
	p.fillAny(r)
	p.NothingToDo = f.Scaling.From == f.Scaling.To
}

// scalingText is the plan of a scaling as people read it.
func (p Plan) scalingText() string {
	rows := [][2]string{{"Nodes", p.zoneWords()}, {"Sizes", p.Scaling.words()}}
	switch from, to := p.Scaling.From.Desired, p.Scaling.To.Desired; {
	case to < from:
		rows = append(rows, [2]string{"Drains", fmt.Sprintf("%s, from the fullest zone, emptiest nodes first; %s", text.Count(from-to, "node"), p.drainWords())})
	case to > from:
		rows = append(rows, [2]string{"Adds", fmt.Sprintf("%s at once, which have %s to become usable", text.Count(to-from, "node"), text.Duration(p.Policy.JoinTimeout))})
	}
	if stops := HealthWords(p.Policy.Health); stops != "" {
		rows = append(rows, [2]string{"Stops", stops})
	}
	return p.about(rows)
}

func (p Plan) zoneWords() string {
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, fmt.Sprintf("%s %d", z.Name, z.Nodes))
	}
	return fmt.Sprintf("%d (%s)", p.Nodes, strings.Join(zones, ", "))
}

// words are the sizes, with what becomes of those that change.
func (s *PlanScaling) words() string {
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
	Planned
	From   planBounds `json:"from"`
	To     planBounds `json:"to"`
	AtOnce int        `json:"maxUnavailable"`
}

type planBounds struct {
	Min     int `json:"minSize"`
	Max     int `json:"maxSize"`
	Desired int `json:"desiredSize"`
}

func (p Plan) scaling() scalingPlan {
	return scalingPlan{Planned: p.Planned, From: planBounds(p.Scaling.From), To: planBounds(p.Scaling.To), AtOnce: p.AtOnce}
}
