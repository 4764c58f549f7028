package view

import (
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// History is the table of a node group's updates, in their order: the target of each, its
// result, how long it took, who created it, and why it failed.
func History(updates []v1alpha1.NodeGroupUpdate, now time.Time) string {
	if len(updates) == 0 {
		return "No updates yet.\n"
	}
	var rows [][]string
	for _, u := range updates {
		rows = append(rows, historyRow(u, now))
	}
	return Table([]string{"ID", "BEGAN", "TARGET", "RESULT", "TOOK", "REPLACED", "BY", "WHY"}, rows)
}

func historyRow(u v1alpha1.NodeGroupUpdate, now time.Time) []string {
	began, took := "", ""
	if at := u.Status.Started; at != nil {
		began, took = at.UTC().Format("2006-01-02 15:04"), text.Rough(ended(u, now).Sub(at.Time))
	}
	target := u.Status.Target
	replaced := u.Status.Progress
	if u.Spec.Scaling != nil {
		replaced = "" // a scaling replaces none
	}
	if u.Spec.RollbackOf != "" {
		target = "back to " + target
	}
	return []string{u.Name, dash(began), dash(target), dash(string(u.Status.Status)), dash(took), dash(replaced), dash(u.Annotations[v1alpha1.AnnotationBy]), dash(why(u))}
}

// why is the reason for which an update failed.
func why(u v1alpha1.NodeGroupUpdate) string {
	if v := u.Status.Verdict; v != nil && len(v.Errors) > 0 {
		return v.Errors[0].Code + ": " + v.Errors[0].Message
	}
	return ""
}
