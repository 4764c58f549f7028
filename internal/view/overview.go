package view

import (
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// Overview is the outcome of a run over several node groups.
type Overview struct {
	Groups []GroupOutcome `json:"groups"`
	Calls  Calls          `json:"calls"`
}

// GroupOutcome is the outcome for one of the groups.
type GroupOutcome struct {
	NodeGroup        string                    `json:"nodeGroup"` // what people call it
	AutoScalingGroup string                    `json:"autoScalingGroup"`
	Status           string                    `json:"status"`
	Update           string                    `json:"update,omitempty"`
	Replaced         int32                     `json:"replaced"`
	Evicted          int32                     `json:"evicted"`
	Seconds          float64                   `json:"seconds"`
	Template         *v1alpha1.TemplateVersion `json:"launchTemplate,omitempty"`
	Why              string                    `json:"why,omitempty"` // it was not upgraded
}

// Text is the overview as people read it.
func (o Overview) Text() string {
	var rows [][]string
	var why strings.Builder
	for _, g := range o.Groups {
		row := []string{g.NodeGroup, g.Status, "-", "-", "-", "-"}
		if g.Seconds > 0 {
			row[2], row[3], row[4] = fmt.Sprint(g.Replaced), fmt.Sprint(g.Evicted), text.Rough(seconds(g.Seconds))
		}
		if g.Template != nil {
			row[5] = fmt.Sprintf("%s version %d", g.Template.ID, g.Template.Number)
		}
		rows = append(rows, row)
		if g.Why != "" {
			fmt.Fprintf(&why, "%s: %s\n", g.NodeGroup, g.Why)
		}
	}
	text := Table([]string{"GROUP", "STATUS", "REPLACED", "EVICTED", "TOOK", "LAUNCH TEMPLATE"}, rows)
	if why.Len() > 0 {
		text += "\n" + why.String()
	}
	return text + "\nCalls: " + o.Calls.words() + "\n"
}
